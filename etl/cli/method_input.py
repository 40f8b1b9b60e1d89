"""What the commands on methods share: how a method and a table are named on the command line, and how results leave it."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from etl.errors import EtlError, FetchError
from etl.method_values import MethodValues, read_method_values
from indicators.known import known_indicators, lower_is_more_need
from indicators.methods import Method, method_names, read_method, shipped_method
from indicators.methods.errors import suggestion

__all__ = [
    "Csv",
    "File",
    "Json",
    "Values",
    "german",
    "method_and_values",
    "method_of",
    "one_form",
    "print_json",
    "records",
]

File = Annotated[
    str, typer.Argument(help="A method file, or the name of a method that comes with the product.")
]
Values = Annotated[Path, typer.Option(help="CSV with a column area_id and one for each indicator.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print one row per area as CSV.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def method_of(file: str, columns: Collection[str] | None) -> Method:
    """Return a shipped method or a file's; `columns` exist beside the known indicators, None allows all names."""
    path = Path(file)
    if not path.exists() and not path.suffix:
        if file not in method_names():
            raise EtlError(f"there is no file and no method {file!r}; {suggestion(file, method_names())}")
        return shipped_method(file)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise FetchError("file not found", file, "check the name") from error
    except UnicodeDecodeError as error:
        raise FetchError(f"{file} is not UTF-8", f"byte {error.start}", "save it as UTF-8") from error
    known = None if columns is None else {*known_indicators(), *columns}
    return read_method(text, file=path.name, known=known, lower_is_more_need=lower_is_more_need())


def method_and_values(file: str, values: Path) -> tuple[Method, MethodValues]:
    """Return a method and a table for it; the method may use every column of the table."""
    table = read_method_values(values, labels=method_of(file, None).labels)
    return method_of(file, [*table.values.columns]), table


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
