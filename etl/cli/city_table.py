"""Indicators of a loaded city as a table, for the commands that otherwise read a table of one's own."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd
import typer

from etl.city_values import read_city_columns
from etl.cli.method_input import known_with
from etl.cli.session import open_session
from etl.errors import EtlError
from etl.method_values import MethodValues
from etl.progress import console
from indicators.methods.errors import suggestion

__all__ = ["every_period", "one_period", "require_one_source"]


def require_one_source(file: Path | None, city: str | None, *, options: Collection[str | None]) -> None:
    """Refuse a table together with a city, neither of them, and options of the city without it."""
    if (file is None) == (city is None) or (city is None and any(one is not None for one in options)):
        raise typer.BadParameter("give either a table or --city (with --period, --geography)")


def one_period(
    city: str, names: Collection[str], *, geography: str | None = None, period: str | None = None
) -> MethodValues:
    """Read published values of the newest period that has them all, or of another one; which is said on standard error."""
    level, tables = _read(city, names, geography)
    chosen = max(tables) if period is None else period
    if chosen not in tables:
        raise EtlError(
            f"{city}, {level}: no published values of {', '.join(names)} for {chosen}; {suggestion(chosen, tables)}"
        )
    console().print(f"{city}, {level}, {chosen}", markup=False)
    return tables[chosen]


def every_period(city: str, names: Collection[str], *, geography: str | None = None) -> MethodValues:
    """Read published values of all periods that have them all, indexed by area_id and period."""
    level, tables = _read(city, names, geography)
    console().print(f"{city}, {level}, {', '.join(sorted(tables))}", markup=False)
    periods = sorted(tables)
    frames = {
        part: pd.concat([getattr(tables[one], part) for one in periods], keys=periods, names=["period"])
        for part in ("values", "statuses", "labels")
    }
    return MethodValues(**{part: frame.swaplevel().sort_index() for part, frame in frames.items()})


def _read(city: str, names: Collection[str], geography: str | None) -> tuple[str, dict[str, MethodValues]]:
    with open_session() as session, session.engine.connect() as connection:
        return read_city_columns(connection, city, names, known_with(None), geography=geography)
