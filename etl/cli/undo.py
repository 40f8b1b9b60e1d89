"""`sozialraum undo`: take the last load of a city back."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

import typer
from sqlalchemy import Engine

from db.queries import history
from db.queries.load_order import id_of
from etl.cities import city_names, city_profile
from etl.cli.json_output import write_json
from etl.cli.session import open_session
from etl.errors import UndoError
from etl.progress import steps
from etl.undo import undo_load

__all__ = ["undo"]

City = Annotated[
    str, typer.Argument(help=f"One of: {', '.join(city_names())}; or a city that was loaded with a manifest.")
]


def undo(
    city: City,
    load: Annotated[int, typer.Argument(help="Number of the load, the last one of the city.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change; the database stays as it is.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Undo a load: what was before is in force again, and what the load brought is kept as superseded."""
    with open_session() as session, steps(f"undo load {load} of {city}") as progress:
        report = undo_load(
            session.engine,
            _load_id(session.engine, city, load),
            undone_by=session.user,
            code_version=session.code_version,
            progress=progress,
            dry_run=dry_run,
        )
    if as_json:
        write_json({name: value for name, value in asdict(report).items() if name != "load_id"})
        return
    sys.stdout.write(report.sentence() + "\n")
    if report.in_force is not None and not dry_run:
        sys.stdout.write(f"'sozialraum compute {report.city}' computes again what rests on it\n")


def _load_id(engine: Engine, city: str, number: int) -> int:
    """Return the id of a load, or refuse a number that no load of the city has."""
    with engine.connect() as connection:
        found = id_of(connection, city, number)
        if found is not None:
            return found
        loads = history.loads(connection, city)
        if not loads:
            city_profile(city, connection)
    there = ", ".join(str(row["number"]) for row in loads[:8]) or "none"
    raise UndoError(number, f"{city} has no such load", f"the newest ones: {there}")
