"""Our status index against the published Monitoring Soziale Stadtentwicklung of Berlin.

Data: ../shared/data/berlin-mss-lor-pre2021 (see its SOURCE.md): table 2-1 holds the indicators, table 1 the
published classes, table 3 the published index under wrong column names.
"""

import pandas as pd
import pytest

from indicators import BERLIN_MSS_2013, BERLIN_MSS_2017, BERLIN_MSS_2019, status_index

COLUMNS = {
    "mss_unemployed": "s1_percentage_unemployed",
    "mss_long_term_unemployed": "s2_percentage_long_term_unemployed",
    "mss_transfer_not_unemployed": "s3_percentage_transfer_payments_recipients",
    "mss_child_poverty": "s4_percentage_transfer_payments_recipients_below_15_years",
}
EDITIONS = [
    (2013, BERLIN_MSS_2013, 434, 447),
    (2017, BERLIN_MSS_2017, 436, 447),
    (2019, BERLIN_MSS_2019, 436, 446),  # table 3 has lost the row of area 01011101
]


def read(folder, year, table):
    file = folder / f"mss_{year}" / f"berlin-monitoring-social-urban-development-{year}-00-{table}.csv"
    return pd.read_csv(file, dtype=str, keep_default_na=False).set_index("id")


def recomputed(folder, year, method):
    """Return the index of one edition; areas that the publisher excludes are coded 0 or empty in table 1."""
    published = read(folder, year, "1-planning-areas")["status_index"]
    raw = read(folder, year, "2-1-planning-areas").reindex(published.index)
    is_published = ~published.isin(["", "0"])
    values = pd.DataFrame({name: pd.to_numeric(raw[COLUMNS[name]]) for name in method.indicators}).where(
        is_published
    )
    statuses = pd.DataFrame("measured", index=values.index, columns=values.columns)
    statuses[~is_published] = "suppressed"
    return status_index(values, statuses, method), published[is_published].astype(int)


@pytest.mark.parametrize(("year", "method", "valid", "_"), EDITIONS)
def test_every_published_status_class_is_reproduced(berlin_folder, year, method, valid, _):
    result, published = recomputed(berlin_folder, year, method)
    assert len(published) == valid
    assert int(result.is_valid.sum()) == valid
    assert int((result.classes[published.index] == published).sum()) == valid
    assert (result.status[~result.is_valid] == "suppressed").all()


@pytest.mark.parametrize(("year", "method", "_", "rows"), EDITIONS)
def test_the_published_index_is_reproduced_to_its_last_digit(berlin_folder, year, method, _, rows):
    result, published = recomputed(berlin_folder, year, method)
    # By SOURCE.md the column named z_d1 holds the status sum, z_d2 the status index.
    table = read(berlin_folder, year, "3-districts").rename(
        columns=lambda name: {"z_d1": "total", "z_d2": "index"}.get(name[:4], name)
    )
    known = published.index.intersection(table.index)
    assert len(known) == len(published) - (447 - rows)
    # The tables are rounded to five decimals, their inputs too: 1e-5 is one unit of the last digit.
    assert (pd.to_numeric(table.loc[known, "index"]) - result.index[known]).abs().max() < 1e-5
    assert (pd.to_numeric(table.loc[known, "total"]) - result.total[known]).abs().max() < 5e-5


def test_the_sample_deviation_would_misplace_an_area(berlin_folder):
    # Why ddof is part of the method: SOURCE.md names one area in 2013 and one in 2019.
    import dataclasses

    for year, method in ((2013, BERLIN_MSS_2013), (2019, BERLIN_MSS_2019)):
        result, published = recomputed(berlin_folder, year, dataclasses.replace(method, ddof=1))
        assert int((result.classes[published.index] != published).sum()) == 1
