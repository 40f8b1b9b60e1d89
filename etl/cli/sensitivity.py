"""`sozialraum method sensitivity`: do areas keep their class by a slightly different method, and with other chance."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from etl.cli.method_input import Csv, File, Json, Values, method_and_values, one_form, print_json, records
from etl.errors import EtlError
from etl.method_values import MethodValues, read_method_values
from indicators.explanation import Sensitivity, Simulation, simulate
from indicators.explanation import sensitivity as vary

__all__ = ["sensitivity"]


def sensitivity(
    file: File,
    values: Values,
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
    """Ask how steady the classes are: other weights, one indicator less, other cuts, chance in the values."""
    one_form(as_csv=as_csv, as_json=as_json)
    method, table = method_and_values(file, values)
    varied = vary(
        table.values,
        table.statuses,
        method,
        labels=table.labels,
        weights=weights / 100 or None,
        cuts=cuts or None,
    )
    simulated = None
    if denominators is not None or errors is not None:
        people, deviations = (
            None if path is None else _beside(path, method.indicators, table)
            for path in (denominators, errors)
        )
        simulated = simulate(
            table.values,
            table.statuses,
            method,
            labels=table.labels,
            denominators=people,
            standard_errors=deviations,
            runs=runs,
            rng=np.random.default_rng(seed),
        )
    areas = varied.to_frame()
    if simulated is not None:
        areas = areas.join(simulated.to_frame().drop(columns="class"))
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
        )
    elif as_csv:
        sys.stdout.write(areas.to_csv())
    else:
        _show_sensitivity(varied, simulated)


def _beside(path: Path, indicators: Sequence[str], table: MethodValues) -> pd.DataFrame:
    """Return the columns of a second table that are indicators of the method, on the rows of the first."""
    second = read_method_values(path).values
    shared = [name for name in indicators if name in second]
    if not shared:
        raise EtlError(f"{path.name} has no column of an indicator; name them {', '.join(indicators)}")
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
