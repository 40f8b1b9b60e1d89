"""`sozialraum method …`: read, check and run methods of index construction, shipped ones and a user's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from etl.cli.editions import compare, transitions
from etl.cli.explain import explain
from etl.cli.method_input import (
    Csv,
    File,
    Json,
    Values,
    method_and_values,
    method_of,
    one_form,
    print_json,
    records,
)
from etl.cli.sensitivity import sensitivity
from etl.errors import EtlError
from etl.method_values import MethodValues, read_method_values
from etl.progress import console
from indicators.composite import CompositeIndex, combined_classes, dynamics_index, status_index
from indicators.methods import Method, MethodFileError, method_names, shipped_method, shipped_text

__all__ = ["app"]

app = typer.Typer(
    help="Methods of index construction: files that say how an index is made.", no_args_is_help=True
)

_ROWS_SHOWN = 10


@app.command(name="list", epilog="Example: sozialraum method list")
def list_methods(as_json: Json = False) -> None:
    """List the methods that come with the product."""
    methods = [shipped_method(name) for name in method_names()]
    if as_json:
        print_json([{"id": one.id, "title_de": one.title_de, "title_en": one.title_en} for one in methods])
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
        method = method_of(file, ())
    except MethodFileError as error:
        if as_json:
            problems = [
                {"line": one.line, "reason": one.reason, "nearest": one.nearest} for one in error.problems
            ]
            print_json({"file": error.file, "problems": problems})
        else:
            sys.stdout.writelines(f"{problem.sentence(error.file)}\n" for problem in error.problems)
        raise typer.Exit(1) from None
    if as_json:
        print_json({"file": file, "problems": [], "method": method.to_dict()})
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
    values: Values,
    earlier: Annotated[
        Path | None, typer.Option(help="The same table of the earlier period, for the dynamics.")
    ] = None,
    as_csv: Csv = False,
    as_json: Json = False,
) -> None:
    """Compute a method on a table of values."""
    one_form(as_csv=as_csv, as_json=as_json)
    method, table = method_and_values(file, values)
    before = read_method_values(earlier, labels=method.labels) if earlier else None
    status = status_index(table.values, table.statuses, method, labels=table.labels)
    dynamics = _dynamics(method, table, before)
    areas = _areas(status, dynamics)
    if as_json:
        print_json(
            {
                "method": method.id,
                "title_de": method.title_de,
                "title_en": method.title_en,
                "classes": status.summary().reset_index().to_dict("records"),
                "areas": records(areas.reset_index()),
            }
        )
    elif as_csv:
        sys.stdout.write(areas.to_csv())
    else:
        _show(method, status, dynamics, areas)


app.command(epilog="Example: sozialraum method explain berlin-mss-2019 --values mss.csv --area 01011104")(
    explain
)
app.command(
    epilog="Example: sozialraum method sensitivity mine.toml --values values.csv --denominators people.csv"
)(sensitivity)
app.command(
    epilog="Example: sozialraum method compare berlin-mss-2017 berlin-mss-2019 --values 2017.csv --later 2019.csv"
)(compare)
app.command(epilog="Example: sozialraum method transitions mine.toml --values 2020.csv --values 2022.csv")(
    transitions
)


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
