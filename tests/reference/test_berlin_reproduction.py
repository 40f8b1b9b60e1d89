"""Our status and dynamics against the published Monitoring Soziale Stadtentwicklung of Berlin.

Data: ../shared/data/berlin-mss-lor-pre2021 (see its SOURCE.md): table 2-1 holds the indicators, table 1 the
published classes, table 3 the published index under wrong column names.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from etl.reproduce.register import REFERENCES
from indicators.composite import status_index
from indicators.methods import shipped_method
from indicators.methods.steps import ZScore

VALID = {2013: 434, 2017: 436, 2019: 436}


@pytest.mark.parametrize("year", VALID)
def test_every_published_class_of_status_and_dynamics_is_reproduced(berlin_folder, year):
    checks = {check.what_en: check for check in REFERENCES[f"berlin-mss-{year}"].run(berlin_folder)}
    for what in ("status class", "class of the dynamics", "pair of classes"):
        assert (checks[what].published, checks[what].agreeing) == (VALID[year], VALID[year])
    assert checks["classified or not"].agreeing == 447


@pytest.mark.parametrize("year", VALID)
def test_the_published_index_is_reproduced_to_its_last_digit(berlin_folder, year):
    checks = {check.what_en: check for check in REFERENCES[f"berlin-mss-{year}"].run(berlin_folder)}
    # The tables are rounded to five decimals, their inputs too: 1e-5 is one unit of the last digit.
    assert checks["status index"].difference < 1e-5
    assert checks["status sum"].difference < 5e-5
    # Table 3 of 2019 has lost the row of area 01011101.
    assert checks["status index"].published == VALID[year] - (year == 2019)
    assert all(check.is_kept for check in checks.values())


@pytest.mark.parametrize("year", [2013, 2019])
def test_the_sample_deviation_would_misplace_an_area(berlin_folder, year):
    # Why ddof is part of the method: SOURCE.md names one area in 2013 and one in 2019.
    method = shipped_method(f"berlin-mss-{year}")
    sample = (ZScore(ddof=1),)
    (index,) = method.indices
    inputs = tuple(replace(one, transform=sample) for one in index.inputs)
    other = replace(method, indices=(replace(index, inputs=inputs, then=sample),))
    file = f"mss_{year}/berlin-monitoring-social-urban-development-{year}-00-2-1-planning-areas.csv"
    shares = pd.read_csv(berlin_folder / file, dtype={"id": str}).set_index("id")
    columns = shares.columns[[1, 2, 3, 4] if year == 2013 else [1, 3, 4]]
    values = shares[columns].set_axis(list(method.indicators), axis=1)
    values["mss_residents"] = shares["inhabitants"]
    published = shares[columns].ne(0).any(axis=1)
    values.loc[~published, list(method.indicators)] = np.nan
    statuses = values.notna().replace({True: "measured", False: "suppressed"})
    ours, theirs = status_index(values, statuses, method), status_index(values, statuses, other)
    assert int((ours.classes != theirs.classes).sum()) == 1
