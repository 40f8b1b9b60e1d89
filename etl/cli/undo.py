"""`sozialraum undo`: take the last load of a city back."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from etl.cli.json_output import write_json
from etl.cli.session import open_session
from etl.progress import steps
from etl.undo import undo_load

__all__ = ["undo"]


def undo(
    load: Annotated[int, typer.Argument(help="Number of the load; the last one of its city.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change; the database stays as it is.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Undo a load: what was before is in force again, and what the load brought is kept as superseded."""
    with open_session() as session, steps(f"undo load {load}") as progress:
        report = undo_load(
            session.engine,
            load,
            undone_by=session.user,
            code_version=session.code_version,
            progress=progress,
            dry_run=dry_run,
        )
    if as_json:
        write_json(asdict(report))
        return
    sys.stdout.write(report.sentence() + "\n")
    if report.in_force is not None and not dry_run:
        sys.stdout.write(f"'sozialraum compute {report.city}' computes again what rests on it\n")
