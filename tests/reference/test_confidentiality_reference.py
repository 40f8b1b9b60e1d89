"""Primary and secondary suppression against results that sdcTable's documentation prints.

Source of the numbers: the example table of sdcTable (100 people by region and gender, amount `val`), as its
documentation shows it. The pages of `protectTable` (0.28: the table of counts and amounts, the pattern that HITAS
withholds, its objective of 42), of `attack` (0.28: what is known before that) and of `primarySuppression` (0.34: cells
that are sensitive by the frequency rule with maxN = 2, and by the p-percent rule with p = 30). For each cell: people,
amount, and the two largest amounts, the last two taken from its published example data. Facts only; read in November
2026. https://sdctools.github.io/sdcTable/reference/
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from indicators.confidentiality import (
    RECOMMENDED,
    Dominance,
    Profile,
    Relations,
    area_sums,
    audit,
    audit_published,
    category_sums,
    grid_of,
    protect,
)

# (people, amount, largest, second largest) of everybody, men and women; the first row is the total of the regions.
CELLS = {
    "Total": ((100, 1284, 280, 19), (55, 802, 280, 18), (45, 482, 19, 18)),
    "A": ((20, 198, 18, 15), (18, 178, 18, 15), (2, 20, 11, 9)),
    "B": ((33, 344, 18, 16), (14, 140, 15, 14), (19, 204, 18, 16)),
    "C": ((22, 224, 19, 18), (12, 118, 18, 12), (10, 106, 19, 12)),
    "D": ((25, 518, 280, 18), (11, 366, 280, 11), (14, 152, 18, 16)),
}
GENDERS = ("all", "male", "female")
REGIONS = {region: "Total" for region in CELLS if region != "Total"}
# maxN = 2: cells of 1 or 2. Nothing but the count counts there.
FREQUENCY = replace(RECOMMENDED, complement=False, top_percent=None)
AMOUNTS = replace(FREQUENCY, id="amounts", minimum_count=1, protection=1)


def table(what: int) -> pd.DataFrame:
    rows = [
        {"area_id": region, "period": "1", "indicator_id": gender, "value": float(cell[what]), "cell": cell}
        for region, cells in CELLS.items()
        for gender, cell in zip(GENDERS, cells, strict=True)
    ]
    return pd.DataFrame(rows)


def people() -> pd.DataFrame:
    return table(0).drop(columns="cell")


def amounts() -> pd.DataFrame:
    frame = table(1)
    columns = {name: [cell[at] for cell in frame["cell"]] for name, at in
               (("contributors", 0), ("largest", 2), ("second_largest", 3))}  # fmt: skip
    return frame.drop(columns="cell").assign(**columns)


def relations(frame: pd.DataFrame) -> Relations:
    return area_sums(frame, REGIONS) + category_sums(frame, "all", ["male", "female"])


def sensitive(frame: pd.DataFrame, profile: Profile) -> set[tuple[str, str]]:
    result = protect(frame, relations(frame), profile)
    return {(area, gender) for area, _, gender in result.cells.key[result.is_sensitive]}


def test_the_table_adds_up_as_it_was_published() -> None:
    for what in (0, 1):
        wide = table(what).pivot(index="area_id", columns="indicator_id", values="value")
        assert (wide["male"] + wide["female"] == wide["all"]).all()
        assert wide.loc[list(REGIONS)].sum().to_dict() == wide.loc["Total"].to_dict()


def test_the_frequency_rule_finds_the_cell_that_sdctable_finds() -> None:
    assert sensitive(people(), FREQUENCY) == {("A", "female")}


def test_the_p_percent_rule_finds_the_cells_that_sdctable_finds() -> None:
    # Men of D: 366 − 280 − 11 = 75 is less than 30 % of 280, 84. Women of A: nothing is left besides the two.
    assert sensitive(amounts(), replace(AMOUNTS, p_percent=30.0)) == {("A", "female"), ("D", "male")}


def test_before_secondary_suppression_the_attack_finds_what_that_of_sdctable_finds() -> None:
    # Its bounds are 2 and 2, not protected: 20 − 18 tells it, and so does 45 − 19 − 10 − 14.
    frame = people()
    is_primary = (frame["area_id"] == "A") & (frame["indicator_id"] == "female")
    frame["status"] = "measured"
    frame.loc[is_primary, ["value", "status"]] = (float("nan"), "suppressed")
    found = audit_published(
        grid_of(frame, REGIONS, indicators=GENDERS),
        dict.fromkeys(GENDERS, FREQUENCY),
        categories=[("all", ("male", "female"))],
    ).exposed
    assert found[["area_id", "indicator_id", "low", "high"]].to_numpy().tolist() == [["A", "female", 2, 2]]


def test_the_same_cells_are_withheld_as_by_hitas() -> None:
    frame = people()
    result = protect(frame, relations(frame), FREQUENCY)
    hidden = {(area, gender) for area, _, gender in result.cells.key[result.hidden]}
    assert hidden == {("A", "male"), ("A", "female"), ("C", "male"), ("C", "female")}
    # Its objective is the sum of what is withheld: 18 + 2 + 12 + 10.
    assert frame.loc[result.hidden, "value"].sum() == 42
    assert result.cost == pytest.approx(result.lower_bound)  # no other pattern is cheaper


def test_what_hitas_withholds_leaves_the_interval_that_an_audit_finds_by_hand() -> None:
    # Men and women of A are 20, of C 22; men of both 18 + 12 = 30, women 12. Women of A may be 1 to 11: those of C are
    # the rest of 12, and no withheld count is 0 where zeros are public.
    frame = people()
    found = audit(protect(frame, relations(frame), FREQUENCY), exact=True).frame
    row = found.set_index(["area_id", "indicator_id"]).loc[("A", "female")]
    assert (row["low"], row["high"]) == (1, 11)


@pytest.mark.parametrize(
    ("largest", "percent", "expected"),
    [
        # 280 of 366 are 76.5 %, of 518 54.1 %; 11 of 20 are 55 %.
        (1, 75.0, {("D", "male")}),
        (1, 54.5, {("D", "male"), ("A", "female")}),
        # Two largest: 291 of 366 are 79.5 %, 298 of 518 are 57.5 %, 20 of 20 are all.
        (2, 75.0, {("D", "male"), ("A", "female")}),
        (2, 57.0, {("D", "male"), ("D", "all"), ("A", "female")}),
    ],
)
def test_the_dominance_rule_finds_the_cells_that_its_definition_says(
    largest: int, percent: float, expected: set[tuple[str, str]]
) -> None:
    rule = replace(AMOUNTS, dominance=Dominance(largest=largest, percent=percent))  # type: ignore[arg-type]
    assert sensitive(amounts(), rule) == expected
