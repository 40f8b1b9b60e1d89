"""The back-tests of two rules on Leipzig 2000–2023: the figures that the page on early warning names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from etl.raw import RawStore
from etl.shipped_cities.sources import shipped_source
from indicators.alerts import Outcome, Rule, backtest, evaluate_rule, rule
from indicators.alerts.report import report
from indicators.leipzig import LEIPZIG_INDICATORS

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "leipzig-ortsteile"
SHARE = next(one for one in LEIPZIG_INDICATORS if one.id == "unemployed_per_resident")

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the real data of Leipzig are not on this machine"
)


@pytest.fixture(scope="module")
def delivery(tmp_path_factory):
    source, store = shipped_source("leipzig", FOLDER), RawStore(tmp_path_factory.mktemp("leipzig"))
    quiet = lambda _name, _share=None: None  # noqa: E731
    return source.clean(source.fetch(store, folder=FOLDER, progress=quiet), progress=quiet)


def shares(delivery, geography: str) -> pd.DataFrame:
    """Return unemployed per 100 residents with its counts."""
    rows = delivery.values[delivery.values["geography"] == geography]
    wide = rows.pivot(index=["area_id", "period"], columns="indicator_id", values=["value", "status"])
    part, whole = (wide["value", name].astype(float) for name in (SHARE.numerator, SHARE.denominator))
    known = part.notna() & (whole > 0)
    state = wide["status", SHARE.numerator].where(
        wide["status", SHARE.numerator].isin(["suppressed"]), "missing"
    )
    table = pd.DataFrame(
        {
            "value": (100 * part / whole).where(known),
            "status": np.where(known, "measured", state),
            "numerator": part.where(known),
            "denominator": whole.where(known),
        }
    )
    return table.reset_index().assign(indicator_id=SHARE.id)


@pytest.fixture(scope="module")
def values(delivery):
    return shares(delivery, "sub_district")


@pytest.fixture(scope="module")
def rising(delivery, values):
    areas = delivery.areas[delivery.areas["geography"] == "sub_district"].set_index("area_id")
    city = shares(delivery, "city")
    return backtest(rule("unemployment-rises"), values, city=city, names=areas["name"])


def test_the_rule_would_have_told_50_areas_all_in_2020(rising):
    summary = rising.summary().iloc[0]
    assert summary[["first_period", "last_period", "tested", "alerts"]].tolist() == ["2001", "2022", 1385, 50]
    assert rising.runs.loc[rising.runs["alerts"] > 0, "alerts"].to_dict() == {"2020": 50}


def test_of_these_11_lasted_two_years_fewer_than_of_all_rises(rising):
    assert (rising.precision.hits, rising.precision.cases) == (11, 50)
    assert (rising.base.hits, rising.base.cases) == (122, 358)
    assert rising.summary()["missed"].item() == 111


def test_the_report_says_that_it_was_one_event(rising):
    text = report(rising, markdown=True)
    assert "Trefferquote (bestätigte Meldungen) | 22 % (1 bis 87 %; 11 von 50)" in text
    assert "Alle Meldungen fallen in einen Zeitraum" in text
    assert "| 2020 | Connewitz | 4,5 | 3,1 | +1,3 | nein |" in text


def test_a_level_announces_all_areas_that_pass_ten_percent(values):
    level = Rule(
        id="unemployment-level",
        title_de="Mehr als 8 % arbeitslos",
        title_en="More than 8 % unemployed",
        kind="level",
        indicators=(SHARE.id,),
        direction="rising",
        threshold=8.0,
        minimum_denominator=300,
    )
    tried = backtest(level, values, outcome=Outcome(kind="beyond", limit=10.0, horizon=3))
    assert (tried.recall.hits, tried.recall.cases, tried.lead) == (10, 10, 1.0)
    assert (tried.precision.hits, tried.precision.cases) == (11, 55)
    assert (tried.base.hits, tried.base.cases) == (11, 151)
    assert tried.summary()["late"].item() == 167


def test_most_years_have_no_alert_against_the_city(values):
    told = {
        period: len(evaluate_rule(rule("unemployment-against-city"), values, period=period).alerts)
        for period in map(str, range(2002, 2023))
    }
    assert {period: number for period, number in told.items() if number} == {}


def test_of_the_areas_that_got_among_the_worst_tenth_none_was_told_before(rising):
    assert (rising.announced.hits, rising.announced.cases) == (0, 14)
    assert np.isnan(rising.lead)
