"""The CDC's Social Vulnerability Index of Pennsylvania's counties, as published, against our computation of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from etl.reproduce.contract import Check, Reference, compared, published_table
from indicators.composite import status_index
from indicators.methods import shipped_method
from indicators.status import ValueStatus

__all__ = ["CDC"]

_COUNTIES = 67
_ABSENT = -999
_NOISE = 1e-9  # of sums of numbers with four decimals


def _check(folder: Path, *, year: int) -> list[Check]:
    method = shipped_method(f"us-cdc-svi-{year}")
    themes = [f"theme{number}" for number in range(1, 5)]
    names = {name.upper(): name for name in method.indicators}
    ranks = {name.upper().replace("EP_", "EPL_"): name.replace("ep_", "epl_") for name in method.indicators}
    sums = {f"SPL_{theme.upper()}": f"spl_{theme}" for theme in [*themes, "themes"]}
    results = {f"RPL_{theme.upper()}": f"rpl_{theme}" for theme in [*themes, "themes"]}
    table = published_table(
        folder,
        f"svi_{year}_pa_county_cdc.csv",
        {"FIPS": "area_id", "ST_ABBR": "state"} | names | ranks | sums | results,
    ).set_index("area_id")
    numbers = table.drop(columns="state").apply(pd.to_numeric, errors="coerce").replace(_ABSENT, np.nan)
    values = numbers[list(method.indicators)]
    statuses = pd.DataFrame(
        np.where(values.notna(), ValueStatus.MEASURED, ValueStatus.MISSING), values.index, values.columns
    )
    result = status_index(values, statuses, method, labels=table[["state"]])
    own_ranks = result.transformed.droplevel("index", axis="columns")[list(method.indicators)]
    own_ranks.columns = list(ranks.values())
    count = len(method.indicators) * _COUNTIES
    return [
        compared(
            "Prozentränge (EPL)",
            "percentile ranks (EPL)",
            numbers[own_ranks.columns],
            own_ranks,
            within=_NOISE,
            promised=count,
        ),
        compared(
            "Summen (SPL)",
            "sums (SPL)",
            numbers[list(sums.values())],
            result.indices[list(sums.values())],
            within=_NOISE,
            promised=5 * _COUNTIES,
        ),
        compared(
            "Gesamtränge (RPL)",
            "overall ranks (RPL)",
            numbers[list(results.values())],
            result.indices[list(results.values())],
            within=_NOISE,
            promised=5 * _COUNTIES,
        ),
    ]


CDC = tuple(
    Reference(
        method=f"us-cdc-svi-{year}", folder="us-svi-pennsylvania-counties", run=partial(_check, year=year)
    )
    for year in (2018, 2020)
)
