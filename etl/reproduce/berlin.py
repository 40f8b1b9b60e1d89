"""Berlin's Monitoring Soziale Stadtentwicklung, as published, against our computation of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from etl.reproduce.contract import Check, Reference, compared, matched, published_table
from indicators.composite import combined_classes, dynamics_index, status_index
from indicators.methods import shipped_method
from indicators.status import ValueStatus

__all__ = ["BERLIN"]

_MEASURES = {
    "percentage_unemployed": "mss_unemployed",
    "percentage_long_term_unemployed": "mss_long_term_unemployed",
    "percentage_transfer_payments_recipients": "mss_transfer_not_unemployed",
    "percentage_transfer_payments_recipients_below_15_years": "mss_child_poverty",
}
_COLUMNS = {f"s{n}_{name}": id_ for n, (name, id_) in enumerate(_MEASURES.items(), 1)} | {
    f"d{n}_{name}": f"{id_}_change" for n, (name, id_) in enumerate(_MEASURES.items(), 1)
}
# The header of table 3 names other columns than its content has (see the SOURCE.md beside it).
_INDEX_TABLE = {
    "id": "id",
    "z_d1_percentage_unemployed": "total",
    "z_d2_percentage_long_term_unemployed": "index",
}
_VALID = {2013: 434, 2017: 436, 2019: 436}  # areas that the publisher classifies
_LOST = {2013: 0, 2017: 0, 2019: 1}  # rows that table 3 has lost
_DYNAMICS = {"+": 1, "+/-": 2, "-": 3}
_NOT_PUBLISHED = ("", "0")


def _check(folder: Path, *, year: int) -> list[Check]:
    prefix = f"mss_{year}/berlin-monitoring-social-urban-development-{year}-00"
    classes = published_table(
        folder,
        f"{prefix}-1-planning-areas.csv",
        {"id": "id", "status_index": "status", "dynamic_index": "dynamics"},
    ).set_index("id")
    shares = published_table(
        folder,
        f"{prefix}-2-1-planning-areas.csv",
        {"id": "id", "inhabitants": "mss_residents"} | _COLUMNS,
    ).set_index("id")
    is_published = ~classes["status"].isin(_NOT_PUBLISHED)
    values = shares.reindex(classes.index).apply(pd.to_numeric, errors="coerce")
    measures = [name for name in values.columns if name != "mss_residents"]
    values.loc[~is_published, measures] = np.nan  # a 0 of an excluded area means "not published"
    absent = np.where(is_published.to_numpy()[:, np.newaxis], ValueStatus.MISSING, ValueStatus.SUPPRESSED)
    statuses = pd.DataFrame(
        np.where(values.notna(), ValueStatus.MEASURED, absent), index=values.index, columns=values.columns
    )
    method = shipped_method(f"berlin-mss-{year}")
    status, dynamics = status_index(values, statuses, method), dynamics_index(values, statuses, method)
    pairs = combined_classes(status, dynamics)["code"]

    valid = classes[is_published]
    numbers = published_table(folder, f"{prefix}-3-districts.csv", _INDEX_TABLE).set_index("id")
    numbers = numbers.loc[numbers.index.intersection(valid.index)].apply(pd.to_numeric, errors="coerce")
    total = status.transformed.sum(axis="columns")
    count = _VALID[year]
    known_dynamics = valid["dynamics"].map(_DYNAMICS)
    return [
        matched("Status-Klasse", "status class", valid["status"].astype(int), status.classes, count),
        matched("Dynamik-Klasse", "class of the dynamics", known_dynamics, dynamics.classes, count),
        matched("Gesamtindex", "pair of classes", valid["status"] + valid["dynamics"], pairs, count),
        matched("klassifiziert oder nicht", "classified or not", is_published, status.is_valid, len(classes)),
        # One unit of the last published digit; the sum adds up four rounded values.
        compared(
            "Status-Index",
            "status index",
            numbers["index"],
            status.index[numbers.index],
            within=1e-5,
            promised=count - _LOST[year],
        ),
        compared(
            "Statussumme",
            "status sum",
            numbers["total"],
            total[numbers.index],
            within=5e-5,
            promised=count - _LOST[year],
        ),
    ]


BERLIN = tuple(
    Reference(
        method=f"berlin-mss-{year}",
        folder="berlin-mss-lor-pre2021",
        run=partial(_check, year=year),
    )
    for year in (2013, 2017, 2019)
)
