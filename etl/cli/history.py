"""`sozialraum history` and `diff`: which source, date, boundaries and load a value has, and what a load changed."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from db.queries import history as stored
from etl.cities import city_names, city_profile
from etl.cli.json_output import write_json
from etl.cli.session import open_session

__all__ = ["diff", "history"]

City = Annotated[str, typer.Argument(help=f"One of: {', '.join(city_names())}.")]
Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
_SHOWN = 20


def history(
    city: City,
    area: Annotated[str, typer.Argument(help="Code of the area.")],
    indicator: Annotated[str, typer.Argument(help="Id of the indicator.")],
    geography: Annotated[str | None, typer.Option(help="Level, where a code occurs on several.")] = None,
    as_json: Json = False,
) -> None:
    """Say of every value an area has or had which source, reference date, boundaries and load it comes from."""
    with open_session() as session, session.engine.connect() as connection:
        city_profile(city, connection)
        rows = stored.value_history(connection, city, area, indicator, geography=geography)
    if as_json:
        write_json(rows)
        return
    for row in rows:
        sys.stdout.write(_line(row) + "\n")


def diff(
    city: City,
    older: Annotated[int, typer.Argument(help="Number of the older load.")],
    newer: Annotated[int, typer.Argument(help="Number of the newer load.")],
    csv: Annotated[bool, typer.Option("--csv", help="Print every value as CSV.")] = False,
    as_json: Json = False,
) -> None:
    """Show which delivered values differ between the states after two loads."""
    with open_session() as session, session.engine.connect() as connection:
        city_profile(city, connection)
        found = stored.differences(connection, city, older, newer)
    if csv:
        found.to_csv(sys.stdout, index=False, lineterminator="\n")
        return
    counted = found["change"].value_counts().reindex(stored.CHANGES, fill_value=0)
    if as_json:
        plain = found.astype(object)
        write_json(
            {
                "counts": {str(name): int(number) for name, number in counted.items()},
                "values": plain.where(plain.notna(), None).to_dict("records"),
            }
        )
        return
    told = ", ".join(f"{number:,} {name}" for name, number in counted.items())
    sys.stdout.write(f"{city}: from load {older} to load {newer}: {told}\n")
    for row in found.head(_SHOWN).to_dict("records"):
        before = _value(row["value_before"], row["status_before"])
        after = _value(row["value_after"], row["status_after"])
        where = f"{row['geography']} {row['area_id']}, {row['indicator_id']} {row['period']}"
        sys.stdout.write(f"{where}: {before} → {after}\n")
    if len(found) > _SHOWN:
        sys.stdout.write(f"… and {len(found) - _SHOWN:,} more; --csv prints all\n")


def _line(row: Mapping[str, Any]) -> str:
    value = _value(row["value"], row["status"])
    place = f"{row['period']} ({row['reference_date']}) on {row['geography_id']} {row['edition']}"
    if row["run_id"] is not None:
        return f"{place}: {value}; computed, run {row['run_id']} ({row['run_kind']}), {row['finished_at']:%Y-%m-%d %H:%M}"
    now = "" if row["superseded_by"] is None else f"; corrected by load {row['superseded_by']}"
    return (
        f"{place}: {value}; load {row['load_id']} of {row['loaded_at']:%Y-%m-%d %H:%M} by {row['loaded_by']},"
        f" {row['source_de']} ({row['licence']}){now}"
    )


def _value(value: float | None, status: str | None) -> str:
    if value is None or math.isnan(value):
        return status if isinstance(status, str) else "–"
    return f"{value:g}" if status == "measured" else f"{value:g} ({status})"
