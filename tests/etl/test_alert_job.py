"""An area that crosses a rule gives one alert; corrections take it back, withheld values give none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import MultiPolygon, box
from sqlalchemy import Engine, text

from db import jobs
from db.engine import connect
from db.queries import alert_rules, alerts, subscriptions
from etl import compute, worker
from etl.alert_inputs import read_rule_inputs
from etl.cities import city_profile
from etl.confidentiality import Confidentiality
from etl.delivery import City, Delivery, Geography, Source
from etl.errors import EtlError
from etl.jobs import shares
from etl.jobs.contract import Context
from etl.loading import load
from etl.raw import RawFile
from indicators.alerts import Rule
from indicators.definition import Indicator

pytestmark = pytest.mark.db

AREAS = [f"{number:02d}" for number in range(40)]
YEARS = tuple(str(year) for year in range(2013, 2023))
RULE = Rule(
    id="jobless-rise",
    title_de="Arbeitslosigkeit steigt",
    title_en="Unemployment rises",
    kind="change",
    indicators=("jobless_share",),
    direction="rising",
)
SOURCE = SimpleNamespace(city_id="town", confidentiality=Confidentiality())
PROFILE = replace(city_profile("sample"), source=SOURCE, segregation=())
INDICATORS = (
    Indicator(id="people", title_de="Einwohner", title_en="Residents", unit="persons", kind="extensive"),
    Indicator(id="jobless", title_de="Arbeitslose", title_en="Unemployed", unit="persons", kind="extensive"),
    Indicator(
        id="jobless_share",
        title_de="Arbeitslosenanteil",
        title_en="Share of unemployed",
        unit="%",
        kind="intensive",
        direction="higher_is_more_need",
        numerator="jobless",
        denominator="people",
        decimals=1,
    ),
)


def quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


def counts(years: tuple[str, ...] = YEARS, *, jump: int = 300) -> pd.DataFrame:
    """2,000 people in each of 40 districts, a tenth out of work by chance; in district 07 `jump` more in 2022."""
    rng = np.random.default_rng(7)
    table = pd.DataFrame(rng.binomial(2000, 0.1, (len(AREAS), len(YEARS))), index=AREAS, columns=YEARS)
    table.loc["07", "2022"] = table.loc["07", "2021"] + jump
    return table[list(years)]


def delivery(
    jobless: pd.DataFrame,
    *,
    withheld: tuple[tuple[str, str], ...] = (),
    edition: str = "2013",
    renamed: dict[str, str] | None = None,
) -> Delivery:
    squares = [MultiPolygon([box(10 * i, 0, 10 * i + 10, 10)]) for i in range(len(AREAS))]
    whole = MultiPolygon([box(0, 0, 10 * len(AREAS), 10)])
    areas = gpd.GeoDataFrame(
        {
            "geography": ["city"] + ["district"] * len(AREAS),
            "area_id": ["T", *AREAS],
            "parent_id": [None] + ["T"] * len(AREAS),
            "name": ["Ort", *(f"Bezirk {area}" for area in AREAS)],
        },
        geometry=[whole, *squares],
        crs="EPSG:25833",
    )
    long = jobless.rename_axis("area_id").reset_index().melt("area_id", var_name="period", value_name="value")
    rows = pd.concat(
        [long.assign(indicator_id="jobless"), long.assign(indicator_id="people", value=2000)],
        ignore_index=True,
    ).assign(geography="district", status="measured")
    sums = rows.groupby(["indicator_id", "period"], as_index=False)["value"].sum()
    rows = pd.concat([rows, sums.assign(geography="city", area_id="T", status="measured")], ignore_index=True)
    rows["value"] = rows["value"].astype(float)
    rows["reference_date"] = rows["period"].map(lambda year: date(int(year), 12, 31))
    for area, period in withheld:
        cell = (rows["area_id"] == area) & (rows["period"] == period) & (rows["indicator_id"] == "jobless")
        rows.loc[cell, ["value", "status"]] = [np.nan, "suppressed"]
    for frame in (areas, rows):
        frame["area_id"] = frame["area_id"].replace(renamed or {})
    level = {"edition": edition, "valid_from": date(int(edition), 1, 1)}
    return Delivery(
        city=City(id="town", title_de="Ort", title_en="Town", srid=25833),
        source=Source(
            id="town", title_de="Q", title_en="S", publisher="p", licence="CC0-1.0", attribution="a"
        ),
        geographies=(
            Geography(id="city", parent=None, title_de="Stadt", title_en="City", key_length=1, **level),
            Geography(
                id="district", parent="city", title_de="Bezirke", title_en="Districts", key_length=2, **level
            ),
        ),
        areas=areas,
        indicators=INDICATORS,
        values=rows,
        rejected=pd.DataFrame(columns=["file", "place", "reason", "content"]),
        repairs={},
    )


def put(engine: Engine, given: Delivery, letter: str) -> dict[str, int]:
    """Load a delivery."""
    file = RawFile(name="values.csv", path=Path("values.csv"), sha256=letter * 64, size=10)
    return load(engine, given, [file], loaded_by="test", code_version="1", progress=quiet).counts


def compute_shares(engine: Engine) -> None:
    with engine.begin() as connection:
        shares.run(
            Context(
                connection=connection,
                profile=PROFILE,
                requested_by="test",
                code_version="1",
                progress=quiet,
            )
        )


def warn(engine: Engine, code_version: str = "1", **options: object):
    return compute.compute_alerts(
        engine, PROFILE, requested_by="test", code_version=code_version, progress=quiet, **options
    )


def switch_on(engine: Engine, rule: Rule = RULE) -> None:
    with engine.begin() as connection:
        alert_rules.put(
            connection,
            city_id="town",
            rule_id=rule.id,
            geography_id="district",
            definition=rule.to_json(),
            backtest={"confirmed": 1, "refuted": 0},
        )
        alert_rules.switch_on(connection, city_id="town", rule_id=rule.id, by="A. Muster")


@pytest.fixture(scope="module")
def template(make_database: Callable[..., str]) -> str:
    """Name of a database with the town, loaded and computed, and the rule switched on."""
    engine = connect(make_database())
    put(engine, delivery(counts()), "a")
    compute_shares(engine)
    switch_on(engine)
    engine.dispose()
    return str(engine.url.database)


@pytest.fixture
def town(make_database: Callable[..., str], template: str) -> Iterator[Engine]:
    """The town of a test's own."""
    engine = connect(make_database(template=template))
    yield engine
    engine.dispose()


def told(engine: Engine, **options: object) -> dict[tuple[str, str], str]:
    with engine.connect() as connection:
        rows = alerts.read(connection, "town", limit=1000, **options)
    return {(row["area_id"], row["period"]): row["state"] for row in rows}


def reasons(engine: Engine) -> dict[tuple[str, str], str | None]:
    with engine.connect() as connection:
        rows = alerts.read(connection, "town", limit=1000)
    return {(row["area_id"], row["period"]): row["withdrawal"] for row in rows}


def switch_off(engine: Engine) -> None:
    with engine.begin() as connection:
        alert_rules.switch_off(connection, city_id="town", rule_id=RULE.id, by="A. Muster")


def test_the_district_that_crosses_the_rule_gives_one_alert_with_published_figures(town: Engine) -> None:
    outcome = warn(town)
    assert outcome.summary["raised"] == 1
    assert outcome.summary["tested"] == len(AREAS)
    assert told(town) == {("07", "2022"): "open"}
    with town.connect() as connection:
        (row,) = alerts.read(connection, "town", limit=2)
    table = counts()
    now, before = (table.loc["07", year] / 20 for year in ("2022", "2021"))  # % of 2,000
    assert row["figures"]["value"] == pytest.approx(now, abs=0.051)
    assert row["figures"]["compared_with"] == pytest.approx(before, abs=0.051)
    assert row["figures"]["q_value"] <= RULE.false_discovery_rate
    assert "Bezirk 07" in row["text_de"]
    assert row["first_run_id"] == outcome.run_id


def test_a_second_run_makes_none_even_with_other_code(town: Engine) -> None:
    first = warn(town)
    again = warn(town)
    assert (again.created, again.run_id) == (False, first.run_id)
    renewed = warn(town, code_version="2")
    assert renewed.created
    assert {name: renewed.summary[name] for name in ("raised", "revised", "withdrawn")} == {
        "raised": 0,
        "revised": 0,
        "withdrawn": 0,
    }
    assert len(told(town)) == 1


def test_noise_gives_no_alert(database: Engine) -> None:
    put(database, delivery(counts(jump=0)), "a")
    compute_shares(database)
    switch_on(database)
    assert warn(database).summary["raised"] == 0


def test_without_a_rule_that_is_on_nothing_is_done(town: Engine) -> None:
    switch_off(town)
    assert warn(town) is None
    assert told(town) == {}


def test_the_alerts_of_a_rule_that_is_off_are_looked_after_and_no_new_ones_are_raised(town: Engine) -> None:
    warn(town)
    switch_off(town)
    table = counts()
    table.loc["08", "2022"] = table.loc["08", "2021"] + 300  # the rule would find this one, too
    put(town, delivery(table), "b")
    assert told(town) == {("07", "2022"): "being_checked"}
    compute_shares(town)
    outcome = warn(town)
    assert (outcome.summary["rules"], outcome.summary["raised"]) == (0, 0)
    assert told(town) == {("07", "2022"): "open"}
    put(town, delivery(counts(jump=0)), "c")
    compute_shares(town)
    warn(town)
    assert reasons(town) == {("07", "2022"): "corrected"}


def test_a_changed_rule_leaves_what_the_earlier_one_found_in_earlier_periods(database: Engine) -> None:
    table = counts()
    table.loc["09", "2021"] = table.loc["09", "2020"] + 300
    table.loc["09", "2022"] = table.loc["09", "2021"]
    put(database, delivery(table), "a")
    compute_shares(database)
    switch_on(database)
    warn(database, period="2021")
    assert told(database) == {("09", "2021"): "open"}
    switch_on(database, replace(RULE, title_de="Steigt sehr", threshold=90.0))  # finds nothing anywhere
    assert warn(database).summary["withdrawn"] == 0
    with database.connect() as connection:
        (row,) = alerts.read(connection, "town", limit=5)
    assert (row["state"], row["revision"], row["rule_de"]) == ("open", 1, RULE.title_de)
    warn(database, period="2021")  # somebody asks what the new rule says of that year
    assert reasons(database) == {("09", "2021"): "rule_changed"}
    warn(database)
    assert reasons(database) == {("09", "2021"): "rule_changed"}


def test_alerts_of_an_indicator_that_the_city_has_no_more_are_withdrawn_with_the_reason(town: Engine) -> None:
    warn(town)
    with town.begin() as connection:  # what a later computation leaves out
        connection.execute(text("DELETE FROM value WHERE indicator_id = 'jobless_share'"))
        connection.execute(text("DELETE FROM availability WHERE indicator_id = 'jobless_share'"))
    outcome = warn(town, code_version="2")
    assert outcome.summary["withdrawn"] == 1
    assert any("no level of areas has values of jobless_share" in one for one in outcome.summary["left_out"])
    assert reasons(town) == {("07", "2022"): "not_testable"}


def test_values_that_wait_to_be_computed_take_no_alert_back(town: Engine) -> None:
    warn(town)
    table = counts()
    table.loc["20", "2020"] += 1
    put(town, delivery(table), "b")
    with pytest.raises(EtlError, match="values were loaded that wait to be computed"):
        warn(town)
    assert told(town) == {("07", "2022"): "being_checked"}


def test_new_boundaries_neither_double_an_alert_nor_leave_one_behind(town: Engine) -> None:
    warn(town)
    put(town, delivery(counts(), edition="2022"), "b")
    compute_shares(town)
    outcome = warn(town)
    assert {name: outcome.summary[name] for name in ("raised", "revised", "withdrawn")} == {
        "raised": 0,
        "revised": 0,
        "withdrawn": 0,
    }
    with town.connect() as connection:
        (row,) = alerts.read(connection, "town", limit=5)
    assert (row["state"], row["edition"], row["revision"]) == ("open", "2022", 1)
    put(town, delivery(counts(), edition="2023", renamed={"07": "77"}), "c")
    compute_shares(town)
    warn(town)
    assert told(town) == {("77", "2022"): "open", ("07", "2022"): "withdrawn"}
    assert reasons(town)["07", "2022"] == "new_boundaries"


def test_a_period_that_only_the_old_boundaries_have_is_judged_on_them(town: Engine) -> None:
    warn(town)
    later = counts()[["2021"]].rename(columns={"2021": "2023"})
    put(town, delivery(later, edition="2023"), "b")
    compute_shares(town)
    assert warn(town).summary["withdrawn"] == 0
    with town.connect() as connection:
        (row,) = alerts.read(connection, "town", limit=5)
    assert (row["state"], row["edition"], row["period"]) == ("open", "2013", "2022")


def test_a_chosen_period_is_judged_by_what_was_known_then(town: Engine) -> None:
    assert warn(town, period="2021").summary["raised"] == 0
    assert warn(town, period="2022").summary["raised"] == 1
    with pytest.raises(EtlError, match="no values for rule 'jobless-rise' in '1999'; periods: 2013, 2014"):
        warn(town, period="1999")


def test_every_subscribed_department_is_told_exactly_once(town: Engine) -> None:
    fields = {
        "city_id": "town",
        "created_by": "test",
        "webhook_url": "https://example.org",
        "secret": "s" * 64,
    }
    with town.begin() as connection:
        for department in ("Jugend", "Soziales", "Schule"):
            subscriptions.subscribe(connection, department=department, **fields)
    warn(town)
    warn(town, code_version="2")
    with town.connect() as connection:
        count = connection.execute(text("SELECT count(*) FROM webhook_delivery")).scalar_one()
    assert count == 3
    for department in ("Jugend", "Soziales", "Schule"):
        assert told(town, wanted=alerts.AlertFilter(department=department)) == {("07", "2022"): "open"}


def test_a_correction_that_ends_the_jump_withdraws_the_alert_with_the_load(town: Engine) -> None:
    warn(town)
    changed = put(town, delivery(counts(jump=0)), "b")
    assert changed["alerts_withdrawn"] == 1
    assert told(town) == {("07", "2022"): "withdrawn"}
    compute_shares(town)
    assert warn(town).summary["raised"] == 0
    assert told(town) == {("07", "2022"): "withdrawn"}


def test_a_correction_that_leaves_the_jump_brings_the_same_alert_with_the_new_figures(town: Engine) -> None:
    warn(town)
    put(town, delivery(counts(jump=290)), "b")
    compute_shares(town)
    assert warn(town).summary["revised"] == 1
    with town.connect() as connection:
        (row,) = alerts.read(connection, "town", limit=5)
    assert (row["state"], row["revision"]) == ("open", 3)
    assert row["figures"]["value"] == pytest.approx((counts().loc["07", "2021"] + 290) / 20, abs=0.051)


def test_a_value_that_is_withheld_later_is_never_shown_again(town: Engine) -> None:
    warn(town)
    put(town, delivery(counts(), withheld=(("07", "2022"), ("20", "2022"))), "b")  # one could be subtracted
    compute_shares(town)
    warn(town)
    with town.connect() as connection:
        (row,) = alerts.read(connection, "town", limit=5)
    assert (row["state"], row["figures"], row["text_de"]) == ("withdrawn", None, None)


def test_no_figure_is_kept_finer_than_it_is_told(town: Engine) -> None:
    switch_on(town, replace(RULE, id="against-city", kind="change_against_city"))
    warn(town)
    with town.connect() as connection:
        rows = alerts.read(connection, "town", limit=5)
    assert {row["rule_id"] for row in rows} == {"jobless-rise", "against-city"}
    for figures in (row["figures"] for row in rows):
        for name in ("value", "compared_with", "estimate", "ci_low", "ci_high"):
            assert figures[name] == round(figures[name], 1)  # one decimal, as the indicator
        for name in ("p_value", "q_value"):
            assert figures[name] == float(f"{figures[name]:.2g}")


def test_the_count_of_another_district_cannot_be_solved_from_the_comparison(town: Engine) -> None:
    switch_on(town, replace(RULE, id="against-city", kind="change_against_city"))
    compared = set()
    table = counts()
    for more in range(
        3
    ):  # 1 person of 78,000 in the rest of the city moves its change by 0.001 percentage points
        table.loc["20", "2022"] = 200 + more
        put(town, delivery(table), "bcd"[more])
        compute_shares(town)
        warn(town)
        with town.connect() as connection:
            (row,) = alerts.read(connection, "town", wanted=alerts.AlertFilter(rule="against-city"), limit=5)
        compared.add(row["figures"]["compared_with"])
    assert len(compared) == 1


def test_after_a_correction_elsewhere_the_alert_is_being_checked_until_it_is_looked_at_again(
    town: Engine,
) -> None:
    warn(town)
    table = counts()
    table.loc["20", "2020"] += 1
    assert "alerts_withdrawn" not in put(town, delivery(table), "b")
    assert told(town) == {("07", "2022"): "being_checked"}
    compute_shares(town)
    assert told(town) == {("07", "2022"): "being_checked"}  # the shares are new, the comparison is not
    assert warn(town).summary["withdrawn"] == 0
    assert told(town) == {("07", "2022"): "open"}


def test_what_another_district_withholds_later_hides_the_figures_that_were_compared_with_it(
    town: Engine,
) -> None:
    switch_on(town, replace(RULE, id="against-city", kind="change_against_city"))
    warn(town)
    put(town, delivery(counts(), withheld=(("20", "2022"), ("21", "2022"))), "b")
    with town.connect() as connection:
        rows = alerts.read(connection, "town", limit=5)
    assert rows
    assert all(row["state"] != "open" and row["figures"] is None for row in rows)


def test_a_city_without_a_value_is_named_as_the_reason_of_silence(database: Engine) -> None:
    put(database, delivery(counts(), withheld=(("T", "2022"), ("07", "2022"), ("08", "2022"))), "a")
    compute_shares(database)
    switch_on(database, replace(RULE, kind="change_against_city"))
    outcome = warn(database)
    assert outcome.summary["raised"] == 0
    assert any("no value of the whole city" in reason for reason in outcome.summary["left_out"])


def test_a_stored_rule_whose_model_does_not_fit_raises_nothing_and_says_why(database: Engine) -> None:
    put(database, delivery(counts()), "a")
    compute_shares(database)
    switch_on(database, replace(RULE, model="rate"))
    outcome = warn(database)
    assert outcome.summary["raised"] == 0
    assert "model is 'rate', but 'jobless_share' is no rate" in outcome.summary["left_out"][0]


def test_a_new_year_does_not_touch_the_alerts_of_the_year_before(database: Engine) -> None:
    put(database, delivery(counts(YEARS[:-1])), "a")
    compute_shares(database)
    switch_on(database)
    warn(database)
    put(database, delivery(counts()), "b")
    compute_shares(database)
    assert warn(database).summary["raised"] == 1
    assert told(database) == {("07", "2022"): "open"}


def test_withheld_and_missing_areas_are_not_tested(database: Engine) -> None:
    put(database, delivery(counts(), withheld=(("07", "2022"), ("08", "2021"))), "a")
    compute_shares(database)
    switch_on(database)
    outcome = warn(database)
    with database.connect() as connection:  # the load withholds more, so that the total gives nothing away
        known = connection.execute(
            text(
                "SELECT count(*) FROM (SELECT area_id FROM value WHERE indicator_id = 'jobless_share' AND value IS NOT NULL"
                " AND period IN ('2021', '2022') AND area_id <> 'T' GROUP BY 1 HAVING count(*) = 2) AS both_years"
            )
        ).scalar_one()
    assert len(AREAS) - 4 <= known <= len(AREAS) - 2
    assert (outcome.summary["raised"], outcome.summary["tested"]) == (0, known)


def test_the_worker_does_the_early_warning_and_says_why_it_cannot(
    town: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "city_profile", lambda _city, _connection: PROFILE)

    def ask(**parameters: object) -> object:
        with town.begin() as connection:
            jobs.request(
                connection, city_id="town", kind="alerts", parameters=parameters, requested_by="planner"
            )
        return worker.work_once(town, code_version="1", progress=quiet)

    assert ask(period="2022").summary["raised"] == 1
    assert "unknown parameter(s) threshold; known: period" in ask(threshold=1)
    switch_off(town)
    with town.begin() as connection:
        connection.execute(text("DELETE FROM alert"))
    assert "no rule is switched on" in ask()


def test_a_rule_for_what_the_city_does_not_have_is_refused_with_the_reason(town: Engine) -> None:
    with (
        town.connect() as connection,
        pytest.raises(EtlError, match="no level of areas has values of absent_share"),
    ):
        read_rule_inputs(connection, "town", replace(RULE, indicators=("absent_share",)))
    with (
        town.connect() as connection,
        pytest.raises(EtlError, match="on level 'block'; levels: district"),
    ):
        read_rule_inputs(connection, "town", RULE, geography="block")
