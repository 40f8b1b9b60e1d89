"""The rules of a profile act at every load and computation, or the profile is refused: nobody relies on idle ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from db.queries import deliveries
from etl.cities import city_profile
from etl.confidentiality import Confidentiality
from etl.delivery import Delivery
from etl.errors import DeliveryError
from etl.jobs import shares
from etl.jobs.contract import Context
from etl.loading import load
from etl.published_counts import read_published
from etl.raw import RawFile
from etl.top_coding import top_coded
from etl.value_inputs import Input, value_inputs
from etl.value_list import value_list
from etl.withholding import withhold_sensitive
from indicators.confidentiality import AS_PUBLISHED, RECOMMENDED, Dominance, Profile
from indicators.definition import AtLeast, Indicator
from indicators.methods import shipped_method

AREAS = ("00", "01", "02", "03", "04", "05")
COUNTS = {
    # 95 % of 00 are poor, 30 of 01 are too few to relate to, and nothing is small.
    "poor": [190.0, 9.0, 60.0, 70.0, 80.0, 50.0],
    "people": [200.0, 30.0, 200.0, 200.0, 400.0, 500.0],
}
SHARE = Indicator(
    id="poor_share", title_de="s", title_en="s", unit="%", kind="intensive", direction="higher_is_more_need",
    numerator="poor", denominator="people",
)  # fmt: skip
PUBLISHED = Confidentiality(profile=AS_PUBLISHED)


def quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


def count(name: str) -> Indicator:
    return Indicator(id=name, title_de=name, title_en=name, unit="persons", kind="extensive")


@pytest.fixture(scope="session")
def delivery(town_of_districts) -> Callable[..., Delivery]:
    def made(
        counts: dict[str, list[float]],
        declared: Confidentiality,
        *more: Indicator,
        period: str = "2022",
        percent: dict[str, list[float]] | None = None,
    ) -> Delivery:
        """A town of six districts, with its totals; `percent` are shares as a publisher delivers them."""
        rows = [
            ("district", area, name, value)
            for name, values in {**counts, **(percent or {})}.items()
            for area, value in zip(AREAS, values, strict=True)
        ]
        rows += [("city", "T", name, float(sum(values))) for name, values in counts.items()]
        frame = pd.DataFrame(rows, columns=["geography", "area_id", "indicator_id", "value"])
        return town_of_districts(
            frame.assign(period=period, status="measured"),
            [*counts, *more],
            districts={area: (10 * at, 10 * at + 10) for at, area in enumerate(AREAS)},
            confidentiality=declared,
        )

    return made


def store(engine: Engine, given: Delivery, version: str = "1"):
    file = RawFile(name="values.csv", path=Path("values.csv"), sha256="a" * 64, size=1)
    return load(engine, given, [file], loaded_by="test", code_version=version, progress=quiet)


def profile_of_town(declared: Confidentiality):
    source = SimpleNamespace(city_id="town", confidentiality=declared)
    return replace(city_profile("sample"), source=source, segregation=())


def compute(engine: Engine, declared: Confidentiality) -> pd.DataFrame:
    """Compute the shares and return those of the districts by area."""
    with engine.begin() as connection:
        shares.run(
            Context(
                connection=connection,
                profile=profile_of_town(declared),
                requested_by="test",
                code_version="1",
                progress=quiet,
            )
        )
        rows = connection.execute(
            text(
                "SELECT area_id, value, status::text, ci_low, ci_high, comparison::text FROM value"
                " WHERE indicator_id = 'poor_share' AND area_id <> 'T' ORDER BY area_id"
            )
        )
        return pd.DataFrame(rows.mappings().all()).set_index("area_id")


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (
            replace(RECOMMENDED, id="few-rule", dominance=Dominance(largest=1)),
            "profile 'few-rule': dominance",
        ),
        (
            replace(RECOMMENDED, id="percent-rule", p_percent=10.0),
            "'percent-rule': dominance and p % are for",
        ),
        (
            replace(RECOMMENDED, id="round", treatment="round", base=5),
            "'round': profiles that round or raise",
        ),
    ],
)
@pytest.mark.parametrize("is_exception", [False, True])
def test_a_profile_with_rules_that_cannot_act_on_a_delivery_is_refused(
    delivery, profile: Profile, words: str, is_exception: bool
) -> None:
    declared = (
        Confidentiality(exceptions={"poor": profile}) if is_exception else Confidentiality(profile=profile)
    )
    with pytest.raises(DeliveryError, match=words):
        withhold_sensitive(delivery(COUNTS, declared, SHARE))


def test_the_part_of_a_share_above_the_top_percentage_is_withheld_with_a_partner(delivery) -> None:
    guarded = withhold_sensitive(delivery(COUNTS, Confidentiality(), SHARE))
    frame = guarded.delivery.values.set_index(["indicator_id", "area_id"])
    hidden = frame.index[frame["status"] == "suppressed"].tolist()
    assert ("poor", "00") in hidden
    assert len([name for name, _ in hidden if name == "poor"]) == 2
    assert guarded.small == 1


def test_without_a_top_percentage_a_high_share_is_nothing_to_hide(delivery) -> None:
    declared = Confidentiality(profile=replace(RECOMMENDED, top_percent=None))
    given = delivery(COUNTS, declared, SHARE)
    assert withhold_sensitive(given).delivery is given


def test_delivered_shares_above_the_top_percentage_become_that_number(delivery) -> None:
    turnout = replace(SHARE, id="turnout", numerator=None, denominator=None)
    growth = replace(turnout, id="growth", form="change")
    percent = {"turnout": [95.0, 90.0, 91.5, 40.0, 50.0, 60.0], "growth": [120.0, 0.0, 1.0, 2.0, 3.0, 4.0]}
    given = delivery({}, Confidentiality(), turnout, growth, percent=percent)
    coded = top_coded(given)
    shown = coded.values.set_index(["indicator_id", "area_id"]).loc["turnout"]
    assert shown["value"].tolist() == [90, 90, 90, 40, 50, 60]
    assert shown["status"].tolist() == ["uncertain", "measured", "uncertain", *["measured"] * 3]
    assert coded.repairs == {"shares above 90 % shown as 90 %": 2}
    assert coded.values.loc[coded.values["indicator_id"] == "growth", "value"].max() == 120
    assert given.values["value"].max() == 120  # the input is not changed
    as_it_is = replace(given, confidentiality=PUBLISHED)
    assert top_coded(as_it_is) is as_it_is


@pytest.mark.db
def test_a_high_share_of_few_or_of_many_is_shown_nowhere(delivery, database: Engine) -> None:
    declared = Confidentiality()
    store(database, delivery(COUNTS, declared, SHARE))
    found = compute(database, declared)
    assert found.loc["00", "status"] == "suppressed"  # its part is withheld
    assert (
        found.loc["01", "status"] == "suppressed"
    )  # 30 people are too few to publish, not only to be reliable
    assert found.loc["04", ["value", "status"]].tolist() == [20, "measured"]
    silent = found[found["value"].isna()]
    assert silent[["ci_low", "ci_high", "comparison"]].isna().all(axis=None)
    with database.connect() as connection:
        least = connection.execute(
            text("SELECT minimum_denominator FROM city_indicator WHERE indicator_id = 'poor_share'")
        ).scalar_one()
        highest = connection.execute(
            text("SELECT max(greatest(value, ci_low)) FROM value WHERE indicator_id = 'poor_share'")
        ).scalar_one()
    assert (least, highest < 90) == (100, True)


@pytest.mark.db
def test_a_high_share_of_public_counts_is_shown_as_the_limit_and_ranked_by_it(
    delivery, database: Engine
) -> None:
    store(database, delivery(COUNTS, PUBLISHED, SHARE))
    found = compute(database, Confidentiality(profile=replace(AS_PUBLISHED, top_percent=90.0)))
    assert found.loc["00", ["value", "status"]].tolist() == [90, "uncertain"]
    assert found.loc["00", ["ci_low", "ci_high", "comparison"]].isna().all()
    with database.connect() as connection:
        table = value_list(connection, "town", "poor_share", geography="district").table
    # 90 (said), 30, 30, 35, 20 and 10 percent: 01 and 02 share the third place.
    assert table["rank"].tolist() == [1, 3, 3, 2, 5, 6]


@pytest.mark.db
def test_a_place_and_a_smoothed_value_rest_on_the_counts_that_made_the_value(
    delivery, database: Engine
) -> None:
    """The town's own counts did not come; its share is made of its districts, and so is its place."""
    filled = replace(SHARE, missing=AtLeast(0.5))
    given = delivery(COUNTS, PUBLISHED, filled)
    lost = (given.values["area_id"] == "T") & (given.values["indicator_id"] == "poor")
    values = given.values.assign(
        value=given.values["value"].mask(lost), status=given.values["status"].mask(lost, "missing")
    )
    store(database, replace(given, values=values))
    compute(database, PUBLISHED)
    with database.connect() as connection:
        row = value_list(connection, "town", "poor_share", geography="city", smoothing="global").table.loc[
            "T"
        ]
    assert row["value"] == pytest.approx(100 * 459 / 1530)
    assert (row["rank"], row["rank_low"], row["rank_high"]) == (1, 1, 1)
    assert row["smoothed"] == pytest.approx(row["value"])


def test_an_index_a_change_and_a_class_rest_on_what_they_are_made_of() -> None:
    profile = replace(profile_of_town(PUBLISHED), methods={"2022": shipped_method("berlin-mss-2017")})
    growth = profile.catalogue["pop_change_5y"].as_indicator()
    inputs = value_inputs(profile, [SHARE, growth, count("people")], "2022")
    assert inputs["poor_share"] == (Input("poor"), Input("people"))
    assert inputs["pop_change_5y"] == (Input("residents"), Input("residents", 5))
    method = shipped_method("berlin-mss-2017")
    assert {one.indicator for one in inputs["status_index"]} >= set(method.indicators)
    assert inputs["status_class"] == inputs["status_index"]
    assert set(inputs["dynamics_index"]) <= set(inputs["status_dynamics_class"])
    assert "people" not in inputs
    assert "status_index" not in value_inputs(profile, [SHARE], "2010")


@pytest.mark.db
@pytest.mark.parametrize("indicator", ["pop_change_5y", "status_index", "status_class"])
def test_the_audit_finds_a_change_or_an_index_that_is_made_of_something_withheld(
    small_city: Engine, indicator: str
) -> None:
    with small_city.begin() as connection:
        profile = city_profile("sample")
        assert read_published(connection, "sample", with_indices=True).computed_from_withheld(profile).empty
        hidden = "residents" if indicator == "pop_change_5y" else "unemployed_share"
        place = connection.execute(
            text(
                "SELECT w.geography_id, v.vintage_id, v.area_id FROM value v JOIN vintage w ON w.id = v.vintage_id"
                " WHERE v.indicator_id = 'status_index' AND v.period = '2022' AND v.value IS NOT NULL"
                " ORDER BY 2, 3 LIMIT 1"
            )
        ).one()
        where = {"vintage": place.vintage_id, "area": place.area_id}
        if indicator == "pop_change_5y":
            # Told for 2022, while the people of 2017 are withheld.
            deliveries.put_indicators(connection, "sample", [profile.catalogue[indicator]])
            for name, period, value, status in (
                ("pop_change_5y", "2022", 5.0, "measured"),
                ("residents", "2017", None, "suppressed"),
            ):
                connection.execute(
                    text(
                        "INSERT INTO value (vintage_id, indicator_id, period, area_id, reference_date, value, status,"
                        " load_id) VALUES (:vintage, :name, :period, :area, '2022-12-31', :value, :status, 1)"
                    ),
                    {**where, "name": name, "period": period, "value": value, "status": status},
                )
        else:
            connection.execute(
                text(
                    "UPDATE value SET value = NULL, ci_low = NULL, ci_high = NULL, comparison = NULL,"
                    " status = 'suppressed' WHERE (vintage_id, area_id, indicator_id, period)"
                    " = (:vintage, :area, :hidden, '2022')"
                ),
                {**where, "hidden": hidden},
            )
        found = read_published(connection, "sample", with_indices=True).computed_from_withheld(profile)
    found = found[found["indicator_id"] == indicator]
    assert found[["geography", "area_id", "period"]].to_numpy().tolist() == [
        [place.geography_id, place.area_id, "2022"]
    ]
