"""What is out of sight with a new edition of the boundaries: what is stored in the one before only."""

from __future__ import annotations

from sqlalchemy import Connection

from db.queries.areas import geographies
from db.queries.stored_series import stored_series
from etl.comparison.wording import counted, listed
from etl.datasets.findings import Finding
from etl.delivery import Delivery

__all__ = ["new_edition_findings"]


def new_edition_findings(connection: Connection, delivery: Delivery) -> list[Finding]:
    """Return the indicators that are delivered in the edition shown until now, and not in the new one of their level.

    Computed ones are not counted: they are computed again.
    """
    shown = {level["id"]: level for level in geographies(connection, delivery.city.id)}
    values = delivery.values[["geography", "indicator_id"]].drop_duplicates().astype(str)
    found: dict[tuple[str, str], dict[str, set[str]]] = {}
    for level in delivery.geographies:
        before = shown.get(level.id)
        if before is None or level.valid_from <= before["valid_from"]:
            continue
        if any(one["edition"] == level.edition for one in before["editions"]):
            continue
        stored = stored_series(connection, delivery.city.id, [(level.id, before["edition"])])
        given = set(values.loc[values["geography"] == level.id, "indicator_id"])
        if only := set(stored["indicator_id"]) - given:
            found.setdefault((level.edition, before["edition"]), {})[level.id] = only
    return [_told(delivery, *editions, by_level) for editions, by_level in found.items()]


def _told(delivery: Delivery, edition: str, before: str, by_level: dict[str, set[str]]) -> Finding:
    names = sorted(set().union(*by_level.values()))
    verb = "is" if len(names) == 1 else "are"
    return Finding(
        severity="note",
        check="edition",
        file=delivery.source.id,
        what=(
            f"edition {edition!r} is shown now; {counted(len(names), 'indicator')} {verb} only in edition {before!r}"
            f" of {', '.join(by_level)}: {listed(names)}"
        ),
        todo=(
            f"deliver them for the new areas, or convert them: 'sozialraum crosswalk make {delivery.city.id}"
            f" --from @{before} --to @{edition} …'"
        ),
    )
