"""`sozialraum method …`: read, check and run methods of index construction, shipped ones and a user's own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from etl.cli.editions import compare, transitions
from etl.cli.explain import explain
from etl.cli.method_input import (
    NAME_COLUMNS,
    City,
    Csv,
    File,
    Geography,
    Json,
    OwnIndicators,
    Period,
    earlier_values,
    known_with,
    method_and_city,
    method_and_values,
    method_of,
    method_text,
    one_form,
    print_json,
    records,
)
from etl.cli.method_source import OwnTable, csv_number, written_note
from etl.cli.sensitivity import sensitivity
from etl.errors import EtlError
from etl.method_values import MethodValues
from etl.progress import console
from indicators.composite import CompositeIndex, combined_classes, dynamics_index, status_index
from indicators.methods import (
    Method,
    MethodFileError,
    Problem,
    method_names,
    remarks,
    shipped_method,
    shipped_text,
)
from maps.exports.spreadsheet_text import guarded_table

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
def check(file: File, indicators: OwnIndicators = None, as_json: Json = False) -> None:
    """Check a method file: what is wrong (exit status 1), and what its author should look at, each with its line."""
    known = known_with(indicators)
    try:
        method = method_of(file, (), known=known)
    except MethodFileError as error:
        if as_json:
            print_json({"file": error.file, "problems": _listed(error.problems)})
        else:
            sys.stdout.writelines(f"{problem.sentence(error.file)}\n" for problem in error.problems)
        raise typer.Exit(1) from None
    noticed = remarks(method, method_text(file), known=known)
    if as_json:
        print_json({"file": file, "problems": [], "remarks": _listed(noticed), "method": method.to_dict()})
        return
    sys.stdout.write(f"{file} is complete: {method!r}\n")
    sys.stdout.writelines(f"please look at {one.sentence(Path(file).name)}\n" for one in noticed)
    sys.stdout.write(f"needs: {', '.join(method.columns)}\n")
    if method.dynamics_columns:
        sys.stdout.write(f"dynamics need: {', '.join(method.dynamics_columns)}\n")
    if method.labels:
        sys.stdout.write(f"each area's: {', '.join(method.labels)}\n")


@app.command(
    epilog="Example: sozialraum method run mine.toml --values values.csv --csv; or: … --city leipzig --period 2022"
)
def run(
    file: File,
    values: OwnTable = None,
    city: City = None,
    period: Period = None,
    geography: Geography = None,
    indicators: OwnIndicators = None,
    earlier: Annotated[
        Path | None, typer.Option(help="The same table of the earlier period, for the dynamics.")
    ] = None,
    as_csv: Csv = False,
    as_json: Json = False,
) -> None:
    """Compute a method on a table, or on what is published of a city; areas come in the order of their ranks."""
    one_form(as_csv=as_csv, as_json=as_json)
    if city is not None and values is None and earlier is None:
        method, found = method_and_city(file, city, own=indicators, geography=geography, period=period)
        table, before = found.table, found.earlier
    elif city is None and values is not None and period is None and geography is None:
        method, table = method_and_values(file, values, own=indicators, keep=NAME_COLUMNS)
        before = (
            None if earlier is None else earlier_values(method, earlier, own=indicators, keep=NAME_COLUMNS)
        )
    else:
        raise typer.BadParameter("give either --values (and --earlier) or --city (and --period, --geography)")
    status = status_index(table.values, table.statuses, method, labels=table.labels)
    dynamics = _dynamics(method, table, before)
    areas = _in_order(_areas(status, dynamics), table, status)
    note = written_note(is_published=city is not None)
    if as_json:
        print_json(
            {
                "method": method.id,
                "title_de": method.title_de,
                "title_en": method.title_en,
                **note,
                "classes": status.summary().reset_index().to_dict("records"),
                "areas": records(areas.reset_index()),
            }
        )
    elif as_csv:  # a table for a map, which remarks between the rows would break
        console().print(note["confidentiality_en"], markup=False)
        sys.stdout.write(guarded_table(areas).to_csv(float_format=csv_number))
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


def _listed(problems: Sequence[Problem]) -> list[dict[str, object]]:
    return [{"line": one.line, "reason": one.reason, "nearest": one.nearest} for one in problems]


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
            f"dynamics: left out, there are no values of {years} year(s) before (--earlier gives them)",
            markup=False,
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


def _in_order(areas: pd.DataFrame, table: MethodValues, status: CompositeIndex) -> pd.DataFrame:
    """Sort by rank, within the units that areas are compared in; put the names of units and areas in front."""
    names = [one for one in NAME_COLUMNS if one in table.labels]
    unit = [] if status.universe is None else [str(status.universe.name)]
    named = table.labels[names[:1]].set_axis(["name"] * len(names[:1]), axis=1)
    whole = table.labels[unit].join(named).join(areas)
    return whole.sort_values([*unit, "rank"], kind="stable", na_position="last")


def _show(
    method: Method, status: CompositeIndex, dynamics: CompositeIndex | None, areas: pd.DataFrame
) -> None:
    sys.stdout.write(f"{method.title_de}\n{method.title_en}\n\n")
    for one in (status, dynamics):
        if one is not None:
            sys.stdout.write(f"{one!r}\n")
            if one.rules is not None:
                sys.stdout.write(f"{one.summary().to_string()}\n\n")
    unit = [] if status.universe is None else [str(status.universe.name)]
    wanted = (*unit, "name", "index", "rank", "label_de", "label_en", "status")
    columns = [name for name in wanted if name in areas]
    sys.stdout.write(
        f"{areas[columns].head(_ROWS_SHOWN).to_string(na_rep='–', float_format='{:.4f}'.format)}\n"
    )
    if len(areas) > _ROWS_SHOWN:
        sys.stdout.write(f"… {len(areas) - _ROWS_SHOWN} more areas; --csv or --json gives all\n")
