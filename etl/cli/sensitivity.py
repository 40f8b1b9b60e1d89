"""`sozialraum method sensitivity`: do areas keep their class by a slightly different method, and with other chance."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from etl.cli.method_input import (
    City,
    Csv,
    File,
    Geography,
    Json,
    OwnIndicators,
    Period,
    one_form,
    print_json,
    records,
)
from etl.cli.method_source import OwnTable, ValueSource, value_source, with_names, write_csv, written_note
from etl.errors import EtlError
from etl.method_values import MethodValues, read_method_values
from indicators.composite import status_index
from indicators.explanation import Sensitivity, Simulation, simulate
from indicators.explanation import sensitivity as vary
from indicators.methods.errors import suggestion

__all__ = ["sensitivity"]


def sensitivity(
    file: File,
    values: OwnTable = None,
    city: City = None,
    period: Period = None,
    geography: Geography = None,
    indicators: OwnIndicators = None,
    weights: Annotated[float, typer.Option(min=0, help="Weights ± so many percent; 0: not varied.")] = 10,
    cuts: Annotated[
        float, typer.Option(min=0, help="Cuts ± so many points of the index; 0: not moved.")
    ] = 0.1,
    denominators: Annotated[
        Path | None,
        typer.Option(
            help="CSV with a column area_id and, by indicator, how many people each percentage rests on."
        ),
    ] = None,
    errors: Annotated[
        Path | None, typer.Option(help="The same with the standard error of each value instead.")
    ] = None,
    runs: Annotated[int, typer.Option(min=100, help="Simulated computations.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="Start of the random numbers.")] = 1,
    as_csv: Csv = False,
    as_json: Json = False,
) -> None:
    """Ask how steady the classes are: other weights, one indicator less, other cuts, chance in the values.

    With --city it is made of published values only, and the published counts say how far chance moves them. A table of
    your own is not checked for confidentiality.
    """
    one_form(as_csv=as_csv, as_json=as_json)
    given = value_source(file, values, city, geography=geography, period=period, own=indicators)
    method, table = given.method, given.table
    varied = vary(
        table.values,
        table.statuses,
        method,
        labels=table.labels,
        weights=weights / 100 or None,
        cuts=cuts or None,
    )
    simulated = _simulated(given, denominators, errors, runs=runs, seed=seed)
    areas = varied.to_frame()
    if simulated is not None:
        areas = areas.join(simulated.to_frame().drop(columns="class"))
    rank = status_index(table.values, table.statuses, method, labels=table.labels).rank
    by_rank = rank.sort_values(kind="stable", na_position="last").index
    areas = with_names(areas.loc[by_rank], given.names)
    if as_json:
        print_json(
            {
                "method": method.id,
                "weights_percent": weights,
                "cuts_points": varied.cuts_change,
                "runs": None if simulated is None else runs,
                "seed": None if simulated is None else seed,
                "drawn": [] if simulated is None else simulated.drawn,
                "fixed": list(method.indicators) if simulated is None else simulated.fixed,
                "scenarios": records(varied.scenarios.reset_index()),
                "areas": records(areas.reset_index()),
            }
            | written_note(is_published=given.is_published)
        )
    elif as_csv:
        write_csv(areas, is_published=given.is_published)
    else:
        _show_sensitivity(varied, simulated)


def _simulated(
    given: ValueSource, denominators: Path | None, errors: Path | None, *, runs: int, seed: int
) -> Simulation | None:
    """Draw the values by tables of one's own, or by what is published of a city; None where nothing is known."""
    method, table = given.method, given.table
    people, deviations = (
        None if path is None else _beside(path, method.indicators, table) for path in (denominators, errors)
    )
    per: Mapping[str, float] = {}
    if people is None and deviations is None and not given.people.empty:
        people, per = given.people, given.per
    if people is None and deviations is None:
        return None
    return simulate(
        table.values,
        table.statuses,
        method,
        labels=table.labels,
        denominators=people,
        standard_errors=deviations,
        per=per,
        runs=runs,
        rng=np.random.default_rng(seed),
    )


def _beside(path: Path, indicators: Sequence[str], table: MethodValues) -> pd.DataFrame:
    """Return the columns of a second table that are indicators of the method, on the rows of the first."""
    second = read_method_values(path, known={}).values  # people or errors, under the names of shares
    shared = [name for name in indicators if name in second]
    if not shared:
        raise EtlError(f"{path.name} has no column of an indicator; name them {', '.join(indicators)}")
    strange = [str(name) for name in second if name not in shared and name not in table.values]
    if strange:
        raise EtlError(
            f"{path.name}: column {strange[0]!r} is no indicator of the method; {suggestion(strange[0], indicators)}"
        )
    return second[shared].reindex(table.values.index)


def _show_sensitivity(varied: Sensitivity, simulated: Simulation | None) -> None:
    shown = varied.scenarios[["kind", "what", "change", "areas_kept", "areas_less_need", "areas_more_need"]]
    known = varied.stability.dropna()
    sys.stdout.write(f"{shown.to_string(index=False, float_format='{:.4g}'.format)}\n")
    sys.stdout.write(
        f"{int((known == 1).sum())} von {len(known)} Gebieten behalten ihre Klasse in allen {len(shown)} Varianten / "
        "areas keep their class in all variants\n"
    )
    if simulated is not None:
        kept = simulated.kept.dropna()
        sure, unsure = int((kept >= 0.95).sum()), int((kept < 0.5).sum())
        sys.stdout.write(
            f"{simulated.runs} Läufe mit Zufall in den Werten: {sure} von {len(kept)} Gebieten behalten ihre Klasse in "
            f"mindestens 95 %, {unsure} in weniger als der Hälfte / runs with chance in the values: areas that keep "
            "their class in at least 95 %, and in less than half\n"
        )
