"""What is computed from published counts for a method goes through the profiles of the city."""

from __future__ import annotations

import pandas as pd

from etl.confidentiality import Confidentiality
from etl.method_counts import with_computed
from etl.method_values import MethodValues
from indicators.catalogue import catalogue
from indicators.confidentiality import AS_PUBLISHED, RECOMMENDED

KNOWN = {"unemp_share": catalogue()["unemp_share"], "pop_density": catalogue()["pop_density"]}


def table(**counts: list[float | None]) -> MethodValues:
    values = pd.DataFrame(counts, index=pd.Index(["00", "01", "02"], name="area_id"), dtype=float)
    return MethodValues(
        values=values,
        statuses=values.notna().replace({True: "measured", False: "suppressed"}).astype(object),
        labels=values[[]],
    )


def computed(given: MethodValues, declared: Confidentiality | None) -> list[tuple[float | None, str]]:
    made, names = with_computed(given, ["unemp_share"], KNOWN, declared=declared)
    assert names == ("unemp_share",)
    numbers = made.values["unemp_share"].astype(object).where(made.values["unemp_share"].notna(), None)
    return list(zip(numbers, made.statuses["unemp_share"], strict=True))


def test_a_share_of_too_few_or_too_many_is_not_made_of_the_published_counts_of_a_city() -> None:
    # 30 are too few to publish; 95 % are shown as 90; the count of 02 is withheld.
    given = table(unemployed=[9, 190, None], residents_15_65=[30, 200, 300])
    assert computed(given, Confidentiality(profile=RECOMMENDED)) == [
        (None, "suppressed"),
        (90, "uncertain"),
        (None, "suppressed"),
    ]


def test_a_publication_and_a_table_of_ones_own_have_the_least_denominator_of_the_definition_only() -> None:
    given = table(unemployed=[9, 190, None], residents_15_65=[30, 200, 300])
    expected = [(None, "missing"), (95, "measured"), (None, "suppressed")]
    assert computed(given, Confidentiality(profile=AS_PUBLISHED)) == expected
    assert computed(given, None) == expected


def test_the_counts_of_the_table_stay_as_they_are() -> None:
    given = table(unemployed=[9, 190, None], residents_15_65=[30, 200, 300])
    made, _ = with_computed(given, ["unemp_share"], KNOWN, declared=Confidentiality())
    pd.testing.assert_frame_equal(made.values[["unemployed", "residents_15_65"]], given.values)
