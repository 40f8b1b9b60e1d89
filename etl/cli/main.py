"""The command line: one command, nouns after verbs, one line for every refusal."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from etl.cli.commands import COMMANDS, Command
from etl.message_text import visible

__all__ = ["app", "main"]

_INTERRUPTED = 130


class _CalledByName(TyperGroup):
    """Knows its commands by name and summary; the code of one is imported when it is called: all of it takes seconds."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the name, the command itself and its arguments."""
        name, known, rest = super().resolve_command(ctx, args)
        return name, known and _imported(next(one for one in COMMANDS if one.name == name)), rest


def _imported(command: Command) -> TyperCommand | TyperGroup:
    module, _, name = command.where.partition(":")
    found = getattr(import_module(module), name)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False)
        alone.command(name=command.name, epilog=f"Example: {command.example}")(found)
        found = alone
    return get_command(found)  # type: ignore[return-value]  # of the two kinds that typer makes


app = typer.Typer(
    name="sozialraum",
    cls=_CalledByName,
    help="Small-area social monitoring: load a city, compute, propose priority areas, serve the map.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _one in COMMANDS:
    app.command(name=_one.name, help=_one.summary)(lambda: None)


def main() -> None:
    """Run the command; a refusal is one line on standard error and exit status 1."""
    try:
        app(standalone_mode=True)
    except SystemExit as done:
        if done.code == _INTERRUPTED:  # that is what typer makes of Ctrl-C, without a word
            sys.stderr.write("sozialraum: stopped; nothing half-done was kept\n")
        raise
    except Exception as error:
        from etl.cli.refusals import refusal  # noqa: PLC0415  # knows the errors of every package

        told = refusal(error)
        if told is None:
            raise
        sys.stderr.write(f"sozialraum: {visible(' '.join(told.split()))}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
