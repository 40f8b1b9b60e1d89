"""`sozialraum segregation …`: the table of segregation over time, computed here or on a cluster."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import pandas as pd
import typer

from db.queries.segregation import series
from etl.cities import CityProfile, city_names, city_profile
from etl.cli.session import Session, open_session
from etl.compute import compute_segregation
from etl.errors import EtlError
from etl.jobs.segregation import MEASURES, SegregationParameters
from etl.journal import Journal
from etl.progress import steps
from etl.schedulers import Place, code_identity
from maps.exports.spreadsheet_text import guarded_table
from spatial.segregation.register import measure

__all__ = ["segregation"]

_COLUMNS = {
    "geography_id": "geography",
    "edition": "edition",
    "period": "period",
    "composition": "group",
    "measure": "measure",
    "value": "value",
    "ci_low": "ci_low",
    "ci_high": "ci_high",
    "corrected": "corrected",
    "expected": "expected",
    "p_value": "p_value",
    "areas": "areas",
    "areas_left_out": "areas_left_out",
    "residents": "residents",
}


def segregation(
    cities: Annotated[
        list[str],
        typer.Argument(
            help=f"One or more of: {', '.join(city_names())}; or cities that were loaded with a manifest."
        ),
    ],
    measures: Annotated[
        list[str] | None, typer.Option("--measure", help="Only this measure (may be repeated).")
    ] = None,
    groups: Annotated[
        list[str] | None, typer.Option("--group", help="Only this group (may be repeated).")
    ] = None,
    replicates: Annotated[
        int | None,
        typer.Option(min=0, help="Resamples for intervals and chance; the city's number by default."),
    ] = None,
    options: Annotated[
        list[str] | None,
        typer.Option(
            "--option", metavar="NAME=VALUE", help="Option of the measures asked for, e.g. bandwidth=500."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the resamples.")] = None,
    processes: Annotated[
        int | None,
        typer.Option(min=0, help="Processes of this machine, 0: this one; as many as are useful by default."),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Dask scheduler to compute on, e.g. tcp://host:8786."),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the table as CSV.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Print segregation per period, level, group and measure; what is not computed yet is computed first."""
    if as_csv and as_json:
        raise typer.BadParameter("choose one of --csv and --json")
    if scheduler is not None and processes is not None:
        raise typer.BadParameter("choose one of --scheduler and --processes")
    given = _options(measures or (), options or ())
    place = Place(scheduler=scheduler, processes=processes)
    with open_session() as session:
        with session.engine.connect() as connection:
            profiles = [city_profile(city, connection) for city in cities]
        for profile in profiles:
            parameters = _parameters(profile, measures or (), given, replicates, seed)
            _compute(session, profile, parameters, place)
        with session.engine.connect() as connection:
            table = pd.concat([_table(series(connection, city), city) for city in cities], ignore_index=True)
    for column, wanted in (("measure", measures), ("group", groups)):
        table = _only(table, column, wanted or ())
    _print(table, as_csv=as_csv, as_json=as_json)


def _options(wanted: Sequence[str], told: Sequence[str]) -> dict[str, dict[str, str | float]]:
    """Give every measure asked for the options that it has."""
    read: dict[str, str | float] = {}
    for one in told:
        name, sign, value = one.partition("=")
        if not (name and sign and value):
            raise typer.BadParameter(f"{one!r} is not NAME=VALUE")
        try:
            read[name] = float(value)
        except ValueError:
            read[name] = value
    known = {name: inspect.signature(measure(name).function).parameters for name in wanted}
    for option in read:
        if not any(option in parameters for parameters in known.values()):
            raise EtlError(f"--option {option}: no --measure that is asked for has it")
    return {
        name: {option: value for option, value in read.items() if option in parameters}
        for name, parameters in known.items()
        if read
    }


def _parameters(
    profile: CityProfile,
    wanted: Sequence[str],
    options: dict[str, dict[str, str | float]],
    replicates: int | None,
    seed: int | None,
) -> SegregationParameters | None:
    """Return None when the newest run, whoever chose its parameters, has all that is asked for."""
    more = tuple(name for name in dict.fromkeys(wanted) if measure(name).id not in MEASURES)
    if not more and not options and replicates is None and seed is None:
        return None
    chosen = SegregationParameters(
        measures=(*MEASURES, *more),
        options=options,
        replicates=profile.replicates if replicates is None else replicates,
    )
    return chosen if seed is None else replace(chosen, seed=seed)


def _compute(
    session: Session, profile: CityProfile, parameters: SegregationParameters | None, place: Place
) -> None:
    city = profile.source.city_id
    path = session.state / "segregation" / f"{city}.sqlite"
    with steps(f"segregation {city}") as progress, Journal(path, identity=code_identity()) as journal:
        compute_segregation(
            session.engine,
            profile,
            requested_by=session.user,
            code_version=session.code_version,
            progress=progress,
            parameters=parameters,
            place=place,
            journal=journal,
        )
        journal.discard()


def _table(rows: Sequence[dict[str, Any]], city: str) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(_COLUMNS)).rename(columns=_COLUMNS)
    table.insert(0, "city", city)
    return table


def _only(table: pd.DataFrame, column: str, wanted: Sequence[str]) -> pd.DataFrame:
    known = sorted(table[column].unique())
    absent = [name for name in wanted if name not in known]
    if absent:
        raise EtlError(f"there is no {column} {', '.join(absent)}; known: {', '.join(known)}")
    return table[table[column].isin(wanted)] if wanted else table


def _print(table: pd.DataFrame, *, as_csv: bool, as_json: bool) -> None:
    if as_csv:
        sys.stdout.write(guarded_table(table).to_csv(index=False))
    elif as_json:
        rows = table.astype(object).where(table.notna(), None).to_dict("records")
        sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
    else:
        shown = table.assign(residents=table["residents"].map("{:.0f}".format))
        sys.stdout.write(shown.to_string(index=False, float_format="{:.4f}".format, na_rep="–") + "\n")
