"""`sozialraum alert acknowledge`: somebody answers for an alert; and how his name is forgotten afterwards."""

from __future__ import annotations

import json
import secrets
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from db.queries import alerts
from etl.cli.session import open_session
from etl.errors import EtlError

__all__ = ["acknowledge", "forget_person"]


def acknowledge(
    number: Annotated[
        int, typer.Argument(min=1, metavar="ID", help="Number of the alert, see `alert list`.")
    ],
    revision: Annotated[
        int,
        typer.Option(
            min=1, help="Revision that was read, see `alert list`; refused if there is a newer one."
        ),
    ],
    by: Annotated[str, typer.Option(help="Who answers for it; kept with it.")],
    reason: Annotated[str, typer.Option(help="What follows from the alert, or why nothing does.")],
) -> None:
    """Note that an alert was seen, by whom, and what follows; such notes are never changed."""
    if not by.strip() or not reason.strip():
        raise EtlError("an acknowledgement needs a name and a reason; give both with --by and --reason")
    with open_session() as session, session.engine.begin() as connection:
        alerts.acknowledge(connection, number, seen=revision, by=by.strip(), reason=reason.strip())
    sys.stdout.write(f"alert {number} is acknowledged\n")


def forget_person(
    name: Annotated[str, typer.Argument(help="The name, exactly as it is stored.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Put a word that says nothing in the place of a person's name; what was noted and decided stays."""
    if not name.strip():
        raise EtlError("whom to forget? give the name as it is stored")
    with open_session() as session, session.engine.begin() as connection:
        # By chance and not from the name, so that nobody can find out by trying names.
        alias = f"person-{secrets.token_hex(4)}"
        done = alerts.forget_person(connection, name.strip(), alias=alias)
        if not (done.acknowledgements or done.rules or done.subscriptions):
            raise EtlError(
                f"nobody is called {name.strip()!r} in acknowledgements, rules and subscriptions; "
                "write the name exactly as 'sozialraum alert list' shows it"
            )
    if as_json:
        sys.stdout.write(json.dumps(asdict(done)) + "\n")
        return
    sys.stdout.write(
        f"{done.alias} stands in {done.acknowledgements:,} acknowledgement(s), {done.rules:,} rule(s), "
        f"{done.subscriptions:,} subscription(s) now\n"
    )
