"""What the commands on methods share: how a method and a table are named on the command line, and how results leave it."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from db.queries import catalogue as stored
from etl.cities import city_profile
from etl.city_values import CityValues, read_city_values
from etl.cli.session import open_session
from etl.errors import EtlError, FetchError
from etl.method_counts import with_computed
from etl.method_values import MethodValues, read_method_values
from etl.progress import console
from indicators.catalogue import Catalogue, DefinitionFileError, catalogue, read_definitions
from indicators.definition import Indicator
from indicators.known import known_by_id
from indicators.methods import Method, method_names, read_method, shipped_text
from indicators.methods.errors import nearest, suggestion

__all__ = [
    "NAME_COLUMNS",
    "City",
    "Csv",
    "File",
    "Geography",
    "Json",
    "OwnIndicators",
    "Period",
    "Values",
    "earlier_values",
    "german",
    "known_with",
    "method_and_city",
    "method_and_values",
    "method_of",
    "method_text",
    "one_form",
    "own_indicators",
    "print_json",
    "records",
]

# Columns that may hold the names of the areas, the first that is there.
NAME_COLUMNS = ("name", "area_name", "title_de", "title")

File = Annotated[
    str, typer.Argument(help="A method file, or the name of a method that comes with the product.")
]
Values = Annotated[Path, typer.Option(help="CSV with a column area_id and one for each indicator.")]
City = Annotated[str | None, typer.Option(help="Instead of a table: what is published of this loaded city.")]
Period = Annotated[
    str | None, typer.Option(help="Period of the city; the newest that has it all by default.")
]
Geography = Annotated[str | None, typer.Option(help="Level of areas of the city; the finest by default.")]
OwnIndicators = Annotated[
    Path | None,
    typer.Option(
        "--indicators",
        help="TOML file with indicators of your own, which the method may use as the catalogue's.",
    ),
]
Csv = Annotated[bool, typer.Option("--csv", help="Print one row per area as CSV.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def method_text(file: str) -> str:
    """Return what stands in a method file, or in that of a shipped method."""
    path = Path(file)
    if not path.exists() and not path.suffix:
        if file not in method_names():
            raise EtlError(f"there is no file and no method {file!r}; {suggestion(file, method_names())}")
        return shipped_text(file)
    return _text_of(path)


def method_of(
    file: str, columns: Collection[str] | None, *, known: Mapping[str, Indicator] | None = None
) -> Method:
    """Return a shipped method or a file's; `columns` exist beside the `known` indicators, None allows all names."""
    text = method_text(file)
    by_id = known_by_id() if known is None else known
    return read_method(
        text,
        file=Path(file).name,
        known=None if columns is None else {*by_id, *columns},
        lower_is_more_need=[name for name, one in by_id.items() if one.direction == "lower_is_more_need"],
    )


def own_indicators(file: Path | None, within: Catalogue) -> Catalogue:
    """Return a catalogue with the indicators of a user's own file; everything wrong with the file is printed."""
    if file is None:
        return within
    try:
        return read_definitions(_text_of(file), file=file.name, within=within)
    except DefinitionFileError as error:
        if len(error.problems) > 1:
            sys.stderr.writelines(f"{problem.sentence(error.file)}\n" for problem in error.problems)
        raise


def known_with(own: Path | None) -> Mapping[str, Indicator]:
    """Return the indicators that a method may name without declaring them, with those of a user's own file."""
    return {**known_by_id(), **own_indicators(own, catalogue())}


def method_and_values(
    file: str, values: Path, *, own: Path | None = None, keep: Collection[str] = ()
) -> tuple[Method, MethodValues]:
    """Return a method and a table for it; the method may use every column, and what follows from its counts.

    `own`: a user's file of indicators. `keep`: further columns that hold names, not numbers.
    """
    known = known_with(own)
    first = method_of(file, None, known=known)
    table, computed = _completed(first, values, known, keep)
    method = method_of(file, [*table.values.columns], known=known)
    _tell_computed(computed, known)
    return method, table


def earlier_values(
    method: Method, earlier: Path, *, own: Path | None = None, keep: Collection[str] = ()
) -> MethodValues:
    """Return the table of an earlier period, with what follows from its counts."""
    return _completed(method, earlier, known_with(own), keep)[0]


def method_and_city(
    file: str,
    city: str,
    *,
    own: Path | None = None,
    geography: str | None = None,
    period: str | None = None,
    also: Sequence[str] = (),
) -> tuple[Method, CityValues]:
    """Return a method and what is published of a loaded city; which level and period is said on standard error.

    `also`: further indicators that are needed.
    """
    with open_session() as session, session.engine.connect() as connection:
        city_profile(city, connection)
        declared = {one.id: one for one in stored.indicators(connection, city, is_declared=True)}
        known = {**declared, **known_with(own)}
        method = method_of(file, (), known=known)
        found = read_city_values(
            connection, city, method, known, geography=geography, period=period, also=also
        )
    console().print(f"{city}, {found.geography}, {found.period}", markup=False)
    _tell_computed(found.computed, known)
    return method, found


def _tell_computed(computed: Collection[str], known: Mapping[str, Indicator]) -> None:
    """Say on standard error what was not given, but made from counts."""
    for name in computed:
        console().print(f"{name}: computed from {' and '.join(known[name].counts)}", markup=False)


def _completed(
    method: Method, file: Path, known: Mapping[str, Indicator], keep: Collection[str]
) -> tuple[MethodValues, tuple[str, ...]]:
    needed = {*method.columns, *method.dynamics_columns}
    units = {**known, **{own.id: own for own in method.declared}}
    table = read_method_values(file, labels=[*method.labels, *keep], needed=needed, known=units)
    known = {name: one for name, one in known.items() if name not in {own.id for own in method.declared}}
    table, computed = with_computed(table, needed, known)
    for name in method.columns:
        counts = known[name].counts if name in known else ()
        if name not in table.values and counts and nearest(name, [*map(str, table.values)]) is None:
            raise EtlError(
                f"{file.name} has no column for {name}; give it, or its counts, {' and '.join(counts)}"
            )
    return table, computed


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise FetchError("file not found", str(path), "check the name") from error
    except UnicodeDecodeError as error:
        raise FetchError(f"{path} is not UTF-8", f"byte {error.start}", "save it as UTF-8") from error


def print_json(data: Any) -> None:
    """Print as JSON, umlauts as they are."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table for JSON; what is missing is null."""
    rows = table.astype(object)
    found: list[dict[str, Any]] = rows.where(rows.notna(), None).rename(columns=str).to_dict("records")  # type: ignore[assignment]
    return found


def german(number: float, decimals: int = 3, *, sign: bool = False) -> str:
    """Return a number as German readers write it; a dash when there is none."""
    if pd.isna(number):
        return "–"
    text = f"{round(number, decimals) + 0.0:{'+' if sign else ''},.{decimals}f}"  # no minus before a zero
    return text.translate(str.maketrans(",.", ".,"))


def one_form(*, as_csv: bool, as_json: bool) -> None:
    """Refuse two forms at once."""
    if as_csv and as_json:
        raise typer.BadParameter("choose one of --csv and --json")
