"""`sozialraum history` and `diff`: which source, date, boundaries and load a value has, and what a load changed."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from db.queries import history as stored
from etl.cities import city_names, city_profile
from etl.cli.json_output import write_json
from etl.cli.session import open_session
from maps.exports.spreadsheet_text import guarded_table

__all__ = ["diff", "history"]

City = Annotated[
    str, typer.Argument(help=f"One of: {', '.join(city_names())}; or a city that was loaded with a manifest.")
]
Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
_SHOWN = 20


def history(
    city: City,
    area: Annotated[
        str | None, typer.Argument(help="Code of the area; without it the loads of the city are listed.")
    ] = None,
    indicator: Annotated[str | None, typer.Argument(help="Id of the indicator.")] = None,
    geography: Annotated[str | None, typer.Option(help="Level, where a code occurs on several.")] = None,
    as_json: Json = False,
) -> None:
    """Say of every value an area has or had which source, reference date, boundaries and load it comes from."""
    if area is not None and indicator is None:
        raise typer.BadParameter("name the indicator as well", param_hint="INDICATOR")
    with open_session() as session, session.engine.connect() as connection:
        _require_known(connection, city)
        if area is None or indicator is None:
            rows, line = stored.loads(connection, city), _load_line
        else:
            rows = stored.value_history(connection, city, area, indicator, geography=geography)
            line = _line
    if as_json:
        write_json(rows)
        return
    for row in rows:
        sys.stdout.write(line(row) + "\n")


def diff(
    city: City,
    older: Annotated[int, typer.Argument(help="Number of the older load.")],
    newer: Annotated[int, typer.Argument(help="Number of the newer load.")],
    csv: Annotated[bool, typer.Option("--csv", help="Print every value as CSV.")] = False,
    as_json: Json = False,
) -> None:
    """Show which delivered values differ between the states after two loads."""
    with open_session() as session, session.engine.connect() as connection:
        _require_known(connection, city)
        found = stored.differences(connection, city, older, newer)
    if csv:
        guarded_table(found).to_csv(sys.stdout, index=False, lineterminator="\n")
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


def _require_known(connection: Connection, city: str) -> None:
    """Refuse a city that nobody knows; one of which every load was undone has a history all the same."""
    if not stored.loads(connection, city):
        city_profile(city, connection)


def _load_line(row: Mapping[str, Any]) -> str:
    """Say in one line what a load was and what it changed."""
    counts = row["counts"].items()
    told = ", ".join(
        f"{name.replace('_', ' ')} {count:,}" for name, count in counts if isinstance(count, int) and count
    )
    undone = "" if row["undoes"] is None else f"; undoes load {row['undoes']}"
    return (
        f"load {row['number']} of {row['loaded_at']:%Y-%m-%d %H:%M} by {row['loaded_by']}, {row['source_id']}{undone}:"
        f" {told or '0 rows changed'}"
    )


def _line(row: Mapping[str, Any]) -> str:
    value = _value(row["value"], row["status"])
    place = f"{row['period']} ({row['reference_date']}) on {row['geography_id']} {row['edition']}"
    if row["run_id"] is not None:
        return f"{place}: {value}; computed, run {row['run_id']} ({row['run_kind']}), {row['finished_at']:%Y-%m-%d %H:%M}"
    now = ""
    if row["restored_by"] is not None:
        now += f"; in force again since load {row['restored_by']}"
    if row["undone_load"] is not None:
        now += f"; taken back by load {row['superseded_by']}, which undid load {row['undone_load']}"
    elif row["superseded_by"] is not None:
        now += f"; corrected by load {row['superseded_by']}"
    return (
        f"{place}: {value}; load {row['load']} of {row['loaded_at']:%Y-%m-%d %H:%M} by {row['loaded_by']},"
        f" {row['source_de']} ({row['licence']}){now}"
    )


def _value(value: float | None, status: str | None) -> str:
    if value is None or math.isnan(value):
        return status if isinstance(status, str) else "–"
    return f"{value:g}" if status == "measured" else f"{value:g} ({status})"
