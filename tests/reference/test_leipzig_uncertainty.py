"""Leipzig's published counts: the figures that the pages on uncertainty and on goals name."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from indicators.comparison import against_city, rank_intervals
from indicators.goals import segregated_areas
from indicators.growth import growth_dispersion

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "leipzig-ortsteile"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the real data of Leipzig are not on this machine"
)


@pytest.fixture(scope="module")
def counts():
    """Return counts by Ortsteil and year: unemployed, persons in benefit households, residents."""
    table = pd.read_csv(FOLDER / "indicators_long.csv.gz")
    table = table[table["occurrence"] == 1]
    wanted = {
        "unemployed": ("arbeitslose-insgesamt", "Arbeitslose insgesamt"),
        "benefit": ("bedarfsgemeinschaften", "Personen in Bedarfsgemeinschaften"),
        "residents": ("einwohner-insgesamt", "Einwohner insgesamt"),
    }
    return {
        name: table[(table["topic"] == topic) & (table["indicator"] == indicator)].pivot(
            index="ortsteil_name", columns="year", values="value"
        )
        for name, (topic, indicator) in wanted.items()
    }


@pytest.fixture(scope="module")
def state(counts):
    return pd.Series("measured", index=counts["residents"].index)


def test_ten_ortsteile_cannot_be_told_from_the_rest(counts, state):
    found = against_city(
        counts["unemployed"][2022],
        counts["residents"][2022],
        numerator_status=state,
        denominator_status=state,
    )
    assert found["comparison"].value_counts().to_dict() == {
        "below": 36,
        "above": 17,
        "not_distinguishable": 10,
    }


@pytest.mark.parametrize(("method", "places"), [("joint", 31), ("simulation", 10)])
def test_the_middle_ortsteil_may_be_at_many_places(counts, state, method, places):
    found = rank_intervals(
        counts["unemployed"][2022],
        counts["residents"][2022],
        numerator_status=state,
        denominator_status=state,
        method=method,
        rng=np.random.default_rng(1),
    )
    assert (found["rank_high"] - found["rank_low"] + 1).median() == places


def test_areas_with_many_people_in_benefit_households_became_few(counts):
    years = counts["benefit"].columns
    residents = counts["residents"][years].T.unstack()
    share = (100 * counts["benefit"] / counts["residents"][years]).T.unstack()
    states = pd.Series("measured", index=share.index)
    areas = gpd.read_file(FOLDER / "ortsteile.gpkg").query("level == 'ortsteil'").set_index("ortsteil_name")
    result = segregated_areas(
        share,
        states,
        residents,
        residents_status=states,
        threshold=20,
        hectares=areas.to_crs(25833).area / 10_000,
    )
    shown = result.summary().loc[[2008, 2013, 2018, 2022]]
    assert shown["areas"].tolist() == [17, 11, 5, 3]
    assert shown["hectares"].round().tolist() == [3844, 2049, 801, 323]
    assert shown["share"].round(1).tolist() == [32.5, 20.2, 10.5, 5.9]
    assert result.sensitivity().loc[2022].round(1).tolist() == [10.6, 8.4, 5.9, 5.9, 2.2]


def test_residents_grew_unevenly(counts, state):
    before, after = counts["residents"][2013], counts["residents"][2018]
    result = growth_dispersion(before, after, before_status=state, after_status=state)
    assert repr(result) == "GrowthDispersion(63 of 63 areas: +10.6 %, deviation 7.5 points, 1.1 by chance)"
