"""`sozialraum method …`: read, check and run methods of index construction, shipped ones and a user's own."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from etl.errors import EtlError, FetchError
from etl.method_values import MethodValues, read_method_values
from etl.progress import console
from indicators.composite import CompositeIndex, combined_classes, dynamics_index, status_index
from indicators.known import known_indicators
from indicators.methods import (
    Method,
    MethodFileError,
    method_names,
    read_method,
    shipped_method,
    shipped_text,
)
from indicators.methods.errors import suggestion

__all__ = ["app"]

app = typer.Typer(
    help="Methods of index construction: files that say how an index is made.", no_args_is_help=True
)

File = Annotated[
    str, typer.Argument(help="A method file, or the name of a method that comes with the product.")
]
Csv = Annotated[bool, typer.Option("--csv", help="Print one row per area as CSV.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

_ROWS_SHOWN = 10


@app.command(name="list", epilog="Example: sozialraum method list")
def list_methods(as_json: Json = False) -> None:
    """List the methods that come with the product."""
    methods = [shipped_method(name) for name in method_names()]
    if as_json:
        _print_json([{"id": one.id, "title_de": one.title_de, "title_en": one.title_en} for one in methods])
        return
    for one in methods:
        sys.stdout.write(f"{one.id:<26} {one.title_de}\n{'':<26} {one.title_en}\n")


@app.command(epilog="Example: sozialraum method show england-imd-2019 > mine.toml")
def show(name: Annotated[str, typer.Argument(help="Name of a method that comes with the product.")]) -> None:
    """Print the file of a method, to read it or to begin an own one with."""
    sys.stdout.write(shipped_text(name))


@app.command(epilog="Example: sozialraum method check mine.toml")
def check(file: File, as_json: Json = False) -> None:
    """Check a method file; everything that is wrong is said with its line."""
    try:
        method = _method(file, ())
    except MethodFileError as error:
        if as_json:
            problems = [
                {"line": one.line, "reason": one.reason, "nearest": one.nearest} for one in error.problems
            ]
            _print_json({"file": error.file, "problems": problems})
        else:
            sys.stdout.writelines(f"{problem.sentence(error.file)}\n" for problem in error.problems)
        raise typer.Exit(1) from None
    if as_json:
        _print_json({"file": file, "problems": [], "method": method.to_dict()})
        return
    sys.stdout.write(f"{file} is complete: {method!r}\n")
    sys.stdout.write(f"needs: {', '.join(method.columns)}\n")
    if method.dynamics_columns:
        sys.stdout.write(f"dynamics need: {', '.join(method.dynamics_columns)}\n")
    if method.labels:
        sys.stdout.write(f"each area's: {', '.join(method.labels)}\n")


@app.command(epilog="Example: sozialraum method run mine.toml --values values.csv --csv")
def run(
    file: File,
    values: Annotated[Path, typer.Option(help="CSV with a column area_id and one for each indicator.")],
    earlier: Annotated[
        Path | None, typer.Option(help="The same table of the earlier period, for the dynamics.")
    ] = None,
    as_csv: Csv = False,
    as_json: Json = False,
) -> None:
    """Compute a method on a table of values."""
    if as_csv and as_json:
        raise typer.BadParameter("choose one of --csv and --json")
    names = _method(file, None).labels
    table = read_method_values(values, labels=names)
    method = _method(file, [*table.values.columns])
    before = read_method_values(earlier, labels=names) if earlier else None
    status = status_index(table.values, table.statuses, method, labels=table.labels)
    dynamics = _dynamics(method, table, before)
    areas = _areas(status, dynamics)
    if as_json:
        rows = areas.reset_index().astype(object)
        _print_json(
            {
                "method": method.id,
                "title_de": method.title_de,
                "title_en": method.title_en,
                "classes": status.summary().reset_index().to_dict("records"),
                "areas": rows.where(rows.notna(), None).to_dict("records"),
            }
        )
    elif as_csv:
        sys.stdout.write(areas.to_csv())
    else:
        _show(method, status, dynamics, areas)


def _method(file: str, columns: Any) -> Method:
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
    return read_method(text, file=path.name, known=known)


def _dynamics(method: Method, table: MethodValues, before: MethodValues | None) -> CompositeIndex | None:
    if method.dynamics is None:
        if before is not None:
            raise EtlError(f"{method.id} has no dynamics; leave --earlier out or add [dynamics] to the file")
        return None
    if method.dynamics.change == "given":
        if not set(method.dynamics_columns) <= set(table.values.columns):
            console().print("dynamics: left out, the table has no columns for them", markup=False)
            return None
        return dynamics_index(table.values, table.statuses, method, labels=table.labels)
    if before is None:
        years = method.dynamics.years
        console().print(
            f"dynamics: left out, give the table of {years} year(s) before with --earlier", markup=False
        )
        return None
    return dynamics_index(
        table.values,
        table.statuses,
        method,
        earlier_values=before.values,
        earlier_statuses=before.statuses,
        labels=table.labels,
    )


def _areas(status: CompositeIndex, dynamics: CompositeIndex | None) -> pd.DataFrame:
    table = status.to_frame()
    if dynamics is None:
        return table
    table = table.join(dynamics.to_frame().add_prefix("dynamics_"))
    if status.method.combined is not None:
        table = table.join(combined_classes(status, dynamics).add_prefix("combined_"))
    return table


def _show(
    method: Method, status: CompositeIndex, dynamics: CompositeIndex | None, areas: pd.DataFrame
) -> None:
    sys.stdout.write(f"{method.title_de}\n{method.title_en}\n\n")
    for one in (status, dynamics):
        if one is not None:
            sys.stdout.write(f"{one!r}\n")
            if one.rules is not None:
                sys.stdout.write(f"{one.summary().to_string()}\n\n")
    columns = [name for name in ("index", "rank", "label_de", "label_en", "status") if name in areas]
    sys.stdout.write(
        f"{areas[columns].head(_ROWS_SHOWN).to_string(na_rep='–', float_format='{:.4f}'.format)}\n"
    )
    if len(areas) > _ROWS_SHOWN:
        sys.stdout.write(f"… {len(areas) - _ROWS_SHOWN} more areas; --csv or --json gives all\n")


def _print_json(data: Any) -> None:
    sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")
