"""Where the values of a command come from: a user's own table, or what is published of a loaded city.

What comes from a city has gone through its confidentiality profile. A table of one's own has not, and everything made
of it says so.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from etl.cli.method_input import NAME_COLUMNS, known_with, method_and_city, method_and_values
from etl.index_explanations import people_behind
from etl.method_values import MethodValues
from indicators.methods import Method
from maps.exports.spreadsheet_text import guarded_table

__all__ = ["OwnTable", "ValueSource", "csv_number", "value_source", "with_names", "write_csv", "written_note"]

OwnTable = Annotated[
    Path | None,
    typer.Option(
        help="CSV with a column area_id and one for each indicator; it is not checked for confidentiality."
    ),
]

_DECIMALS = 10  # more than any source has; a double has fifteen to sixteen digits

_NOTES = {
    False: (
        "Eigene Tabelle: nicht auf Geheimhaltung geprüft; vor einer Veröffentlichung prüfen",
        "own table: not checked for confidentiality; check it before you publish",
    ),
    True: (
        "nur aus veröffentlichten Werten der Datenbank",
        "made of published values of the database only",
    ),
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ValueSource:
    """A method with its values. `people`: what shares rest on, with `per` how many each is; of a city only."""

    method: Method
    table: MethodValues
    is_published: bool
    title: str
    people: pd.DataFrame
    per: Mapping[str, float]

    def __repr__(self) -> str:
        return f"ValueSource({self.method.id}, {self.title})"

    @property
    def names(self) -> pd.Series | None:
        """Names of the areas, where they have some."""
        column = next((one for one in NAME_COLUMNS if one in self.table.labels), None)
        return None if column is None else self.table.labels[column].rename("name")


def value_source(
    file: str,
    values: Path | None,
    city: str | None,
    *,
    geography: str | None = None,
    period: str | None = None,
    own: Path | None = None,
    also: Sequence[str] = (),
) -> ValueSource:
    """Read a method and its values from a table or from a city; one of the two is given.

    `also`: further indicators of the city that are needed; a table has all its columns.
    """
    if (values is None) == (city is None) or (city is None and (geography or period)):
        raise typer.BadParameter("give either --values or --city (and --period, --geography)")
    if city is not None:
        method, found = method_and_city(file, city, own=own, geography=geography, period=period, also=also)
        people, per = people_behind(found.table.values, method.indicators, known_with(own))
        return ValueSource(
            method=method,
            table=found.table,
            is_published=True,
            title=found.period,
            people=people,
            per=per,
        )
    path = Path(values or "")
    method, table = method_and_values(file, path, own=own, keep=NAME_COLUMNS)
    return ValueSource(
        method=method,
        table=table,
        is_published=False,
        title=path.stem,
        people=pd.DataFrame(index=table.values.index),
        per={},
    )


def with_names(table: pd.DataFrame, names: pd.Series | None) -> pd.DataFrame:
    """Put the names of the areas in front, where there are some."""
    return table if names is None else names.to_frame().join(table, how="right")


def written_note(*, is_published: bool) -> dict[str, Any]:
    """Return what an export says of its confidentiality, for JSON."""
    german, english = _NOTES[is_published]
    return {"confidentiality_de": german, "confidentiality_en": english}


def write_csv(
    table: pd.DataFrame, *, is_published: bool, notes: Sequence[str] = (), index: bool = True
) -> None:
    """Print a table as CSV, after lines with # that say what it is made of."""
    sys.stdout.writelines(f"# {line}\n" for line in (*notes, *_NOTES[is_published]))
    sys.stdout.write(guarded_table(table).to_csv(index=index, float_format=csv_number))


def csv_number(number: Any) -> str:
    """Return a number without the noise of its computation: 22.5 for 22.49999999999999, 0.0 for -1e-18."""
    return repr(round(float(number), _DECIMALS) + 0.0)
