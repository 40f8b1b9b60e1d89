"""A delivered rate is published only as far as the counts behind it are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, box
from sqlalchemy import Engine

from etl.confidentiality import Confidentiality
from etl.confidentiality_preview import preview_delivery
from etl.delivered_rates import CheckedRates, checked_rates, rates_sentence
from etl.delivery import City, Delivery, Geography, Source
from etl.earlier import Earlier
from etl.errors import DeliveryError
from etl.loading import load
from etl.raw import RawFile
from etl.withholding import withhold
from indicators.catalogue import definition
from indicators.confidentiality import AS_PUBLISHED, RECOMMENDED
from indicators.definition import Indicator

AREAS = ("00", "01", "02", "03")
PUBLISHED = Confidentiality(profile=AS_PUBLISHED)
NO_COMPLEMENT = Confidentiality(profile=replace(RECOMMENDED, complement=False, top_percent=None))
Numbers = list[float | None]


def town(
    counts: dict[str, Numbers],
    rates: dict[str, Numbers],
    *more: Indicator,
    declared: Confidentiality | None = None,
    period: str = "2022",
) -> Delivery:
    """Four districts without a total above them; None is withheld."""
    rows = [
        ("district", area, name, value)
        for name, values in {**counts, **rates}.items()
        for area, value in zip(AREAS, values, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["geography", "area_id", "indicator_id", "value"])
    frame["value"] = frame["value"].astype(float)
    frame = frame.assign(
        period=period,
        reference_date=date(int(period), 12, 31),
        status=np.select([frame["value"].isna(), frame["value"] == 0], ["suppressed", "zero"], "measured"),
    )
    squares = [MultiPolygon([box(10 * i, 0, 10 * i + 10, 10)]) for i in range(4)]
    own = {one.id: one for one in more}
    return Delivery(
        city=City(id="town", title_de="Ort", title_en="Town", srid=25833),
        source=Source(
            id="town", title_de="Quelle", title_en="Source", publisher="p", licence="l", attribution="a"
        ),
        geographies=(
            Geography(
                id="district", parent=None, title_de="Bezirke", title_en="Districts", key_length=2,
                edition="2020", valid_from=date(2020, 1, 1),
            ),
        ),
        areas=gpd.GeoDataFrame(
            {"geography": "district", "area_id": AREAS, "parent_id": None, "name": AREAS},
            geometry=squares, crs="EPSG:25833",
        ),
        indicators=(
            *(
                Indicator(id=name, title_de=name, title_en=name, unit="persons", kind="extensive")
                for name in counts
            ),
            *(own.get(name) or definition(name).as_indicator() for name in rates),
        ),
        values=frame,
        confidentiality=declared or Confidentiality(),
    )  # fmt: skip


def rates_of(checked: CheckedRates | Delivery, name: str = "unemp_share") -> list[tuple[float | None, str]]:
    values = (checked.delivery if isinstance(checked, CheckedRates) else checked).values
    rows = values[values["indicator_id"] == name]
    numbers = rows["value"].astype(object).where(rows["value"].notna(), None)
    return list(zip(numbers, rows["status"], strict=True))


def test_a_share_of_a_withheld_count_is_withheld() -> None:
    # 2 of 120 unemployed are withheld; 120 × 1.67 % = 2 would be published beside them.
    given = town({"residents_15_65": [120, 200, 300, 400], "unemployed": [2, 20, 30, 40]},
                 {"unemp_share": [1.67, 10, 10, 10]})  # fmt: skip
    checked = checked_rates(withhold(given).delivery)
    assert rates_of(checked)[0] == (None, "suppressed")
    assert rates_of(checked)[1:] == [(10, "measured")] * 3
    assert (checked.of_withheld, checked.of_few, checked.without_counts) == (1, 0, 0)
    assert rates_of(given)[0] == (1.67, "measured")  # the input is not changed


def test_the_preview_of_a_city_counts_the_rates_that_a_load_would_withhold() -> None:
    given = town({"residents_15_65": [120, 200, 300, 400], "unemployed": [2, 20, 30, 40]},
                 {"unemp_share": [1.67, 10, 10, 10]})  # fmt: skip
    assert preview_delivery(given).told["rates_of_withheld_counts"] == 1


def test_a_share_of_too_few_is_withheld_although_both_counts_are_public() -> None:
    given = town({"residents_15_65": [99, 100, 300, 400], "unemployed": [9, 20, 30, 40]},
                 {"unemp_share": [9.1, 20, 10, 10]})  # fmt: skip
    checked = checked_rates(withhold(given).delivery)
    assert [status for _, status in rates_of(checked)] == ["suppressed", *["measured"] * 3]
    assert (checked.of_withheld, checked.of_few) == (0, 1)


@pytest.mark.parametrize("counts", [{}, {"residents_15_65": [120.0, 12.0, 300.0, 400.0]}])
def test_a_share_whose_counts_nobody_can_see_is_withheld_and_named(counts: dict[str, Numbers]) -> None:
    checked = checked_rates(town(counts, {"unemp_share": [2.5, 25, 10, 10]}))
    assert rates_of(checked) == [(None, "suppressed")] * 4
    assert (checked.without_counts, checked.unchecked) == (4, ("unemp_share",))
    assert rates_sentence(checked.told()) == (
        "; delivered rates withheld: 4 whose counts are not there (unemp_share)"
    )


def test_the_rates_of_a_publication_stay_as_they_are() -> None:
    given = town(
        {"residents_15_65": [12, 200, 300, 400]}, {"unemp_share": [25, 10, 10, 10]}, declared=PUBLISHED
    )
    checked = checked_rates(given)
    assert checked.delivery is given
    assert rates_sentence(checked.told()) == ""


def test_a_publication_too_withholds_the_rate_of_what_it_withholds() -> None:
    given = town({"residents_15_65": [120, 200, 300, 400], "unemployed": [None, 20, 30, 40]},
                 {"unemp_share": [2.5, 10, 10, 10]}, declared=PUBLISHED)  # fmt: skip
    assert rates_of(checked_rates(given))[0] == (None, "suppressed")


def test_a_count_that_needs_no_protection_need_not_be_there() -> None:
    declared = Confidentiality(exceptions={"voters": None, "eligible_voters": None})
    given = town({}, {"turnout": [70, 60, 50, 40]}, declared=declared)
    assert checked_rates(given).delivery is given


def test_the_whole_alone_decides_where_the_part_needs_no_protection() -> None:
    declared = Confidentiality(exceptions={"living_space": None})
    given = town({"residents": [12, 200, 300, 400]}, {"living_space_pc": [80, 40, 41, 42]}, declared=declared)
    # 12 residents are fewer than 100; how large their flats are together is no secret, of whom is.
    states = [status for _, status in rates_of(checked_rates(given), "living_space_pc")]
    assert states == ["suppressed", *["measured"] * 3]


def test_a_share_above_the_top_percentage_is_shown_as_the_limit() -> None:
    declared = Confidentiality(profile=replace(AS_PUBLISHED, top_percent=90.0))
    given = town({"residents_15_65": [100, 200, 300, 400], "unemployed": [95, 20, 30, 40]},
                 {"unemp_share": [95, 10, 10, 10]}, declared=declared)  # fmt: skip
    checked = checked_rates(given)
    assert rates_of(checked)[0] == (90, "uncertain")
    assert (checked.above, checked.withheld) == (1, 0)


def test_the_own_definition_of_a_source_comes_before_the_catalogue() -> None:
    own = replace(definition("unemp_share").as_indicator(), denominator="residents")
    given = town({"residents": [120, 200, 300, 400], "unemployed": [2, 20, 30, 40]},
                 {"unemp_share": [1.67, 10, 10, 10]}, own)  # fmt: skip
    assert rates_of(checked_rates(withhold(given).delivery))[0] == (None, "suppressed")


def test_a_rate_under_the_id_of_a_city_has_the_definition_of_the_same_thing() -> None:
    shared = next(one for one in (definition("unemp_share"), definition("sgb2_rate")) if one.same_as)
    own = Indicator(id=shared.same_as[0], title_de="s", title_en="s", unit="%", kind="intensive")
    checked = checked_rates(town({}, {own.id: [2.5, 10, 10, 10]}, own))
    assert checked.unchecked == (own.id,)


def test_a_delivered_balance_is_withheld_with_any_of_its_counts() -> None:
    balance = definition("mig_balance").as_indicator()
    names = dict.fromkeys(balance.counts)
    counts: dict[str, Numbers] = {name: [200, 300, 400, 500] for name in names}
    counts[str(balance.minus)] = [None, 300, 400, 500]
    checked = checked_rates(town(counts, {balance.id: [0, 1, 2, 3]}, balance, declared=NO_COMPLEMENT))
    assert [status for _, status in rates_of(checked, balance.id)] == ["suppressed", *["measured"] * 3]


def test_a_sum_of_the_catalogue_is_withheld_with_its_parts() -> None:
    # Moves are those in and out; whoever knows the rate and the residents knows the moves.
    shared = definition("mobility_vol")
    parts = definition(str(shared.numerator)).sum_of
    counts: dict[str, Numbers] = {name: [50, 60, 70, 80] for name in parts}
    counts[parts[0]] = [None, 60, 70, 80]
    counts[str(shared.denominator)] = [200, 300, 400, 500]
    checked = checked_rates(town(counts, {shared.id: [260, 400, 350, 320]}))
    assert [status for _, status in rates_of(checked, shared.id)] == ["suppressed", *["measured"] * 3]
    assert checked.of_withheld == 1


def test_a_growth_rests_on_the_count_of_both_years() -> None:
    growth = definition("pop_change_5y").as_indicator()
    now = town({"residents": [200, 300, 400, 500]}, {growth.id: [1, 2, 3, 4]}, growth)
    before = town({"residents": [None, 300, 400, 90]}, {}, period="2017")
    given = replace(now, values=pd.concat([now.values, before.values], ignore_index=True))
    # 00 was withheld in 2017, and 90 are too few for a rate.
    assert [status for _, status in rates_of(checked_rates(given), growth.id)] == [
        "suppressed", "measured", "measured", "suppressed",
    ]  # fmt: skip


def test_counts_that_are_public_already_are_counts_too() -> None:
    given = town({}, {"unemp_share": [1.67, 10, 10, 9]})
    old = town({"residents_15_65": [120, 200, 300, 40], "unemployed": [None, 20, 30, 4]}, {}).values
    checked = checked_rates(given, Earlier(load_id=1, values=old))
    assert [status for _, status in rates_of(checked)] == ["suppressed", "measured", "measured", "suppressed"]
    assert (checked.of_withheld, checked.of_few, checked.without_counts) == (1, 1, 0)


def test_a_rate_without_a_definition_and_an_average_stay() -> None:
    own = Indicator(id="noise", title_de="l", title_en="n", unit="dB", kind="intensive")
    given = town({}, {"noise": [50, 51, 52, 53], "age_mean": [40, 41, 42, 43]}, own)
    assert checked_rates(given).delivery is given


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=4, max_size=4),
)
def test_no_published_rate_and_whole_give_a_withheld_part(pairs: list[tuple[int, int]]) -> None:
    wholes: Numbers = [float(part + rest) for part, rest in pairs]
    parts: Numbers = [float(part) for part, _ in pairs]
    shares: Numbers = [100 * part / max(part + rest, 1) for part, rest in pairs]
    given = town({"residents_15_65": wholes, "unemployed": parts}, {"unemp_share": shares})
    values = checked_rates(withhold(given).delivery).delivery.values
    wide = values.pivot(index="area_id", columns="indicator_id", values="value")
    told = wide["unemp_share"].notna()
    assert wide.loc[told, ["residents_15_65", "unemployed"]].notna().all(axis=None)
    of = wide.loc[told, "residents_15_65"]
    assert ((of >= 100) | (of == 0)).all()


@pytest.mark.db
def test_a_rate_of_counts_that_nobody_defines_is_refused_with_their_names(database: Engine) -> None:
    own = replace(definition("unemp_share").as_indicator(), id="own_share", numerator="unemployd")
    file = RawFile(name="values.csv", path=Path("values.csv"), sha256="a" * 64, size=1)
    with pytest.raises(DeliveryError, match="are made of unemployd, which nobody defines"):
        load(
            database,
            town({}, {"own_share": [1, 2, 3, 4]}, own, declared=PUBLISHED),
            [file],
            loaded_by="test",
            code_version="1",
            progress=lambda *_: None,
        )
