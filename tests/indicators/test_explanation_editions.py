"""Which part of a changed class is due to data, method and boundaries; and who went from which class to which."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.composite import status_index
from indicators.errors import DefinitionError, InputError
from indicators.explanation import CAUSES, Edition, compare_editions, shapley, transitions
from indicators.explanation.shapley import coalitions
from indicators.methods import Classes, Index, Input, Method, Minimum, Validity, shipped_method
from indicators.methods.steps import ZScore
from spatial.errors import ParameterError

MEASURES = ["mss_unemployed", "mss_long_term_unemployed", "mss_transfer_not_unemployed", "mss_child_poverty"]


def cuts(*limits, **more):
    labels = tuple(str(number + 1) for number in range(len(limits) + 1))
    return Classes(cuts=limits, labels_de=labels, labels_en=labels, **more)


def method(rules, *names, steps=(), **more):
    inputs = tuple(Input(id=name, transform=steps) for name in names or ("a",))
    index = Index(id="i", combine="sum", inputs=inputs)
    return Method(id=more.pop("id", "m"), title_de="M", title_en="M", indices=(index,), classes=rules, **more)


def edition(rules, columns, *, areas=None, steps=(), names=("a",), **more):
    values = pd.DataFrame(columns, dtype=float)
    values.index = pd.Index(areas or [f"{number:02d}" for number in range(len(values))], name="area_id")
    states = values.notna().replace({True: "measured", False: "suppressed"}).astype(object)
    one = rules if isinstance(rules, Method) else method(rules, *names, steps=steps, **more)
    return Edition(values=values, statuses=states, method=one)


def berlin(folder, year):
    file = f"mss_{year}/berlin-monitoring-social-urban-development-{year}-00-2-1-planning-areas.csv"
    shares = pd.read_csv(folder / file, dtype={"id": str}).set_index("id")
    values = shares[shares.columns[1:5]].set_axis(MEASURES, axis=1).astype(float)
    values = values.where(values.fillna(0).ne(0).any(axis=1)).assign(mss_residents=shares["inhabitants"])
    states = values.notna().replace({True: "measured", False: "suppressed"}).astype(object)
    return Edition(values=values, statuses=states, method=shipped_method(f"berlin-mss-{year}"))


# --- the value of Shapley -----------------------------------------------------------------------------------


def test_the_shares_are_the_mean_over_all_orders_of_coming_in():
    rng = np.random.default_rng(1)
    outcomes = {one: rng.normal(size=5) for one in coalitions(CAUSES)}
    expected = {cause: np.zeros(5) for cause in CAUSES}
    for order in permutations(CAUSES):
        for number, cause in enumerate(order):
            before, after = frozenset(order[:number]), frozenset(order[: number + 1])
            expected[cause] += (outcomes[after] - outcomes[before]) / 6
    for cause, share in shapley(outcomes, CAUSES).items():
        assert share == pytest.approx(expected[cause])
    total = sum(shapley(outcomes, CAUSES).values())
    assert total == pytest.approx(outcomes[frozenset(CAUSES)] - outcomes[frozenset()])


# --- data, method, boundaries -------------------------------------------------------------------------------


def test_data_alone_method_alone_and_both_by_hand():
    # The cut 10 becomes 4. 00: 5 → 25 is in class 2 by its new value alone and by the new cut alone: ½ each. 01: 3 → 30
    # needs the new value only. 02: 5 → 5 needs the new cut only. 03: 3 → 5 needs both: ½ each. 04: 1 → 2 stays.
    old = edition(cuts(10), {"a": [5, 3, 5, 3, 1]})
    new = edition(cuts(4), {"a": [25, 30, 5, 5, 2]})
    found = compare_editions(old, new)
    assert found.areas["data"].tolist() == [0.5, 1, 0, 0.5, 0]
    assert found.areas["method"].tolist() == [0.5, 0, 1, 0.5, 0]
    assert found.areas["boundaries"].tolist() == [0] * 5
    assert found.areas["kind"].tolist() == ["changed"] * 4 + ["same"]
    summary = found.summary()
    assert summary["changed"].to_dict() == {"data": 2, "method": 2, "boundaries": 0, "all": 4}
    assert summary["changed_alone"].to_dict() == {"data": 1, "method": 1, "boundaries": 0, "all": 2}
    assert found.worlds.loc["03", ["nothing", "data", "method", "data+method"]].tolist() == [1, 1, 1, 2]
    assert (
        repr(found)
        == "EditionComparison(m to m: 4 areas changed class: data 2.0, method 2.0, boundaries 0.0)"
    )
    assert "class_if_new_data+method" in found.to_frame()


def test_new_areas_move_the_others_and_are_a_change_of_the_boundaries_themselves():
    # z-scores of 0 and 2 are −1 and 1, classes 1 and 2 at the cut 0. With a third area of 10 the mean is 4: 01 falls to
    # class 1 although nothing of its own changed.
    old = edition(cuts(0), {"a": [0, 2]}, steps=(ZScore(),))
    new = edition(cuts(0), {"a": [0, 2, 10]}, steps=(ZScore(),))
    found = compare_editions(old, new)
    assert found.areas["kind"].tolist() == ["same", "changed", "only_in_new"]
    assert found.areas["boundaries"].tolist() == [0, 1, 1]
    assert found.areas.loc["02", "class_old"] is pd.NA
    assert found.summary().loc["boundaries"].tolist() == [1, 1, 1, 0]
    back = compare_editions(new, old)
    assert back.areas["kind"].tolist() == ["same", "changed", "only_in_old"]
    assert back.summary().loc["boundaries"].tolist() == [1, 1, 0, 1]


def test_an_area_that_is_withheld_in_one_edition_got_or_lost_its_class_by_its_data():
    old = edition(cuts(10), {"a": [5, 12, None, 7]})
    new = edition(cuts(10), {"a": [5, None, 12, 7]})
    found = compare_editions(old, new)
    assert found.areas["kind"].tolist() == ["same", "no_longer_classified", "newly_classified", "same"]
    assert found.areas["data"].tolist() == [0, 1, 1, 0]
    assert found.summary().loc["all"].tolist() == [0, 0, 1, 1]
    assert found.kinds().sum() == 4


def test_a_new_minimum_takes_the_class_away_by_the_method():
    rule = Validity(minimum=(Minimum(indicator="people", at_least=300),))
    columns = {"a": [1, 5, 20], "people": [200, 400, 500]}
    old = edition(method(cuts(10)), columns)
    found = compare_editions(old, edition(method(cuts(10), validity=rule), columns))
    assert found.areas["kind"].tolist() == ["no_longer_classified", "same", "same"]
    assert found.areas.loc["00", list(CAUSES)].tolist() == [0, 1, 0]


def test_an_indicator_that_only_one_edition_has_comes_and_goes_with_the_method():
    # Old: a + b at the cut 10; new: a alone. 00: 5 + 6 → 5: the method. 01: 5 + 6 → 12: class 2 before and after.
    old = edition(cuts(10), {"a": [5, 5, 1], "b": [6, 6, 1]}, names=("a", "b"))
    new = edition(cuts(10), {"a": [5, 12, 1], "b": [None] * 3})
    found = compare_editions(old, new)
    assert found.carried == ("b",)
    assert found.areas.loc["00", list(CAUSES)].tolist() == [0, 1, 0]
    assert found.areas["kind"].tolist() == ["changed", "same", "same"]


def test_a_redefined_indicator_counts_as_method():
    old, new = edition(cuts(10), {"a": [5, 1]}), edition(cuts(10), {"a": [15, 2]})
    assert compare_editions(old, new).areas.loc["00", "data"] == 1
    found = compare_editions(old, new, redefined=["a"])
    assert found.areas.loc["00", list(CAUSES)].tolist() == [0, 1, 0]
    with pytest.raises(ParameterError, match="an indicator of both methods"):
        compare_editions(old, new, redefined=["b"])


def test_editions_that_cannot_be_compared_are_refused():
    old = edition(cuts(10), {"a": [5, 1]})
    with pytest.raises(DefinitionError, match="m has 2 classes, other 3"):
        compare_editions(old, edition(method(cuts(1, 2), id="other"), {"a": [5, 1]}))
    with pytest.raises(DefinitionError, match="no classes"):
        compare_editions(old, edition(method(None), {"a": [5, 1]}))
    with pytest.raises(DefinitionError, match="its edition has no column for b"):
        compare_editions(old, edition(cuts(10), {"a": [5, 1]}, names=("a", "b")))
    with pytest.raises(InputError, match="rows differ"):
        compare_editions(replace(old, statuses=old.statuses.iloc[::-1]), old)


CELLS = st.one_of(st.none(), st.integers(0, 30))
TABLES = st.dictionaries(st.sampled_from(list("pqrstuvw")), st.tuples(CELLS, CELLS), min_size=2)


@settings(max_examples=15, deadline=None)
@given(TABLES, TABLES, st.sampled_from([5, 10, 14]), st.booleans())
def test_shares_always_add_up_to_what_is_observed(before, after, cut, drops):
    rule = Validity(minimum=(Minimum(indicator="b", at_least=3),))

    def one(cells, rules, names):
        rows = pd.DataFrame(list(cells.values()), columns=["a", "b"], dtype=float)
        rows = pd.concat([rows, pd.DataFrame({"a": [3, 8], "b": [9, 4]})], ignore_index=True)
        return edition(method(rules, *names, validity=rule), rows, areas=[*cells, "always", "there"])

    old, new = one(before, cuts(10), ("a", "b")), one(after, cuts(cut), ("a",) if drops else ("a", "b"))
    found = compare_editions(old, new)
    first, last = (status_index(e.values, e.statuses, e.method).classes for e in (old, new))
    assert found.areas["class_old"].dropna().to_dict() == first.dropna().to_dict()
    assert found.areas["class_new"].dropna().to_dict() == last.dropna().to_dict()
    is_other = found.areas["kind"].isin(["same", "never_classified"])
    total = found.areas[list(CAUSES)].sum(axis=1)
    assert total[~is_other].tolist() == pytest.approx([1] * int((~is_other).sum()))
    assert (found.areas.loc[is_other, list(CAUSES)] == 0).all(axis=None)
    summary = found.summary()
    assert summary.loc[list(CAUSES)].sum()[["changed", "appeared", "vanished"]].tolist() == pytest.approx(
        summary.loc["all", ["changed", "appeared", "vanished"]].tolist()
    )
    # Told backwards, the same causes made the same changes.
    back = compare_editions(new, old).areas.loc[found.areas.index, list(CAUSES)]
    assert back.to_numpy() == pytest.approx(found.areas[list(CAUSES)].to_numpy())


def test_berlin_2017_to_2019_data_against_method(berlin_folder):
    old, new = berlin(berlin_folder, 2017), berlin(berlin_folder, 2019)
    found = compare_editions(old, new)
    assert found.carried == ("mss_long_term_unemployed",)
    assert found.kinds().to_dict()["same"] == 394
    assert found.summary()["changed"].to_dict() == {"data": 26, "method": 16, "boundaries": 0, "all": 42}
    # By hand for an area that the method alone moved: the data of 2017 without the long-term unemployed, which the
    # method of 2019 leaves out, give its class of 2019 already.
    area = found.areas[(found.areas["data"] == 0) & (found.areas["method"] == 1)].index[0]
    names = [name for name in MEASURES if name != "mss_long_term_unemployed"]
    shares = old.values.dropna()
    z = (shares[names] - shares[names].mean()) / shares[names].std(ddof=0)
    total = z.sum(axis=1)
    index = float((total / total.std(ddof=0))[area])
    by_hand = 1 + (index > -1) + (index > 1) + (index > 1.5)
    assert by_hand == found.areas.loc[area, "class_new"] != found.areas.loc[area, "class_old"]
    # Unemployment was redefined in 2019; with its values counted as method the answer turns around.
    redefined = compare_editions(old, new, redefined=["mss_unemployed"]).summary()["changed"]
    assert redefined.to_dict() == {"data": 16.25, "method": 25.75, "boundaries": 0, "all": 42}


def test_berlin_2013_to_2017_is_all_data_and_two_areas_that_were_not_published(berlin_folder):
    old, new = berlin(berlin_folder, 2013), berlin(berlin_folder, 2017)
    found = compare_editions(old, new)
    assert found.summary()["changed"].to_dict() == {"data": 59, "method": 0, "boundaries": 0, "all": 59}
    assert found.kinds().to_dict()["newly_classified"] == 2
    published = [one.values.index[one.values[MEASURES[0]].notna()] for one in (old, new)]
    assert [len(areas) for areas in published] == [434, 436]
    # Were only the published areas handed in, the two would be a change of the boundaries.
    cut = [
        replace(one, values=one.values.loc[areas], statuses=one.statuses.loc[areas])
        for one, areas in zip((old, new), published, strict=True)
    ]
    assert compare_editions(*cut).summary().loc["boundaries", "appeared"] == 2


# --- transitions --------------------------------------------------------------------------------------------


def test_a_table_of_transitions_by_hand():
    old = edition(cuts(10, 20), {"a": [5, 5, 12, 25, None, 7, 3]}, areas=list("abcdefx"))
    new = edition(cuts(10, 20), {"a": [5, 15, 5, None, 30, 8, 4]}, areas=list("abcdefy"))
    first, second = (status_index(one.values, one.statuses, one.method) for one in (old, new))
    people = pd.Series({"a": 100, "b": 200, "c": 300, "d": 400, "e": 500, "f": None, "y": 70})
    found = transitions(first, second, population=people)
    counts = found.counts()
    assert counts.loc["1"].tolist() == [2, 1, 0, 0, 0, 1]  # a and f stay, b rises, x is gone
    assert counts.loc["2"].tolist() == [1, 0, 0, 0, 0, 0]
    assert counts.loc["3", "suppressed"] == counts.loc["suppressed", "3"] == counts.loc["absent", "1"] == 1
    assert counts.to_numpy().sum() == 8
    assert found.shares().loc["1"].tolist() == [0.5, 0.25, 0, 0, 0, 0.25]
    assert found.shares().loc["missing"].isna().all()
    assert found.areas["direction"].to_dict() == {
        "a": "same", "b": "more_need", "c": "less_need", "d": "", "e": "", "f": "same", "x": "", "y": "",
    }  # fmt: skip
    residents = found.residents()
    assert residents.loc["1", "2"] == 200
    assert np.isnan(residents.loc["1", "1"])  # f's population is unknown
    assert residents.loc["2", "2"] == 0
    rows = found.to_frame().set_index(["earlier", "later"])
    assert rows.loc[("1", "1"), "area_ids"] == "a f"
    assert rows.loc[("1", "1"), "share"] == 0.5
    assert repr(found) == "Transitions(m to m: 1 less_need, 2 same, 1 more_need, 4 without)"


def test_where_class_1_is_the_most_need_a_lower_number_is_more():
    rules = cuts(10, class_1="most_need")
    old, new = edition(rules, {"a": [5, 15]}), edition(rules, {"a": [15, 5]})
    first, second = (status_index(one.values, one.statuses, one.method) for one in (old, new))
    assert transitions(first, second).areas["direction"].tolist() == ["more_need", "less_need"]


def test_transitions_that_make_no_sense_are_refused():
    one, other, none, turned = (
        status_index(e.values, e.statuses, e.method)
        for e in (
            edition(cuts(10), {"a": [5, 15]}),
            edition(cuts(10, 20), {"a": [5, 15]}),
            edition(method(None), {"a": [5, 15]}),
            edition(cuts(10, class_1="most_need"), {"a": [5, 15]}),
        )
    )
    with pytest.raises(DefinitionError, match="2 classes, m 3"):
        transitions(one, other)
    with pytest.raises(DefinitionError, match="no classes"):
        transitions(one, none)
    with pytest.raises(DefinitionError, match="from different ends"):
        transitions(one, turned)
    with pytest.raises(InputError, match="population negative"):
        transitions(one, one, population=pd.Series({"00": -1}))
    with pytest.raises(InputError, match="no population"):
        transitions(one, one).residents()


@settings(max_examples=15, deadline=None)
@given(TABLES, TABLES)
def test_transitions_add_up_to_all_areas_and_to_both_periods(before, after):
    def one(cells):
        rows = pd.DataFrame(list(cells.values()), columns=["a", "b"], dtype=float)
        rows = pd.concat([rows, pd.DataFrame({"a": [3, 8], "b": [9, 4]})], ignore_index=True)
        made = edition(cuts(10, 20), rows, areas=[*cells, "always", "there"])
        return status_index(made.values, made.statuses, made.method)

    first, second = one(before), one(after)
    found = transitions(
        first, second, population=pd.Series(dict.fromkeys([*"pqrstuvw", "always", "there"], 10))
    )
    counts = found.counts()
    assert counts.to_numpy().sum() == len({*first.index.index, *second.index.index})
    for number in (1, 2, 3):
        assert counts.loc[str(number)].sum() == (first.classes == number).sum()
        assert counts[str(number)].sum() == (second.classes == number).sum()
    assert counts.loc["suppressed"].sum() == (first.status == "suppressed").sum()
    assert found.residents().to_numpy().tolist() == (10 * counts).to_numpy().tolist()
    rows = found.to_frame()
    assert rows["areas"].sum() == counts.to_numpy().sum()
    assert sum(len(ids.split()) for ids in rows["area_ids"]) == rows["areas"].sum()


def test_berlins_transitions_2017_to_2019(berlin_folder):
    editions = (berlin(berlin_folder, year) for year in (2017, 2019))
    first, second = (status_index(one.values, one.statuses, one.method) for one in editions)
    found = transitions(first, second)
    counts = found.counts()
    assert counts.to_numpy().sum() == 447
    assert int(np.trace(counts.iloc[:4, :4])) == 394
    assert counts.loc["suppressed", "suppressed"] == 11
