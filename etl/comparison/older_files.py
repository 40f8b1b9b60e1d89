"""Does a load bring files that were loaded before? Then corrections of later loads are taken back."""

from __future__ import annotations

from sqlalchemy import Connection

from db.queries.load_order import read_order
from db.queries.stored_series import values_replaced
from etl.comparison.wording import counted, listed
from etl.datasets.findings import Finding
from etl.delivery import Delivery

__all__ = ["older_files_findings"]


def older_files_findings(connection: Connection, delivery: Delivery, load_id: int) -> list[Finding]:
    """Return which corrections a load takes back, because its files are those of an earlier one."""
    loads = read_order(connection, delivery.city.id)
    checksum = next(one["checksum"] for one in loads if one["id"] == load_id)
    same = [
        one for one in loads if one["checksum"] == checksum and one["id"] < load_id and one["undoes"] is None
    ]
    if not same:
        return []
    numbers = {one["id"]: one["number"] for one in loads}
    replaced = values_replaced(connection, load_id)
    later = {one: count for one, count in replaced.items() if one > same[-1]["id"]}
    if not later:
        return []
    count = sum(later.values())
    brought = listed([str(numbers[one]) for one in sorted(later)])
    first = numbers[min(later)]
    what = (
        f"these are the same files as those of load {same[-1]['number']}; {counted(count, 'value')}"
        f" {'goes' if count == 1 else 'go'} back to what they were before load {first}"
    )
    what += "" if len(later) == 1 else f" (brought by loads {brought})"
    todo = f"load the newer files if this was a mistake, or take this load back: 'sozialraum undo {delivery.city.id}'"
    return [Finding(severity="warning", check="corrections", file=delivery.source.id, what=what, todo=todo)]
