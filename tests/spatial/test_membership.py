"""Graded membership: by hand, against the proposals at both thresholds, and what must hold for any city."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, CountsError, NeighbourGraph, ParameterError, propose, shared_borders
from spatial.regions import FixedAreas
from spatial.regions.margins.membership import resampled_needs, soft_membership

quick = settings(max_examples=40, deadline=None)
LEIPZIG = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "leipzig-ortsteile"
BETWEEN = {"lower_threshold": 1.0, "upper_threshold": 1.5}


def grid(rows, columns, side=100.0):
    place = np.arange(rows * columns).reshape(rows, columns)
    across = np.column_stack([place[:, :-1].ravel(), place[:, 1:].ravel()])
    down = np.column_stack([place[:-1].ravel(), place[1:].ravel()])
    pairs = np.concatenate([across, down])
    index = pd.Index([f"{i:03d}" for i in range(rows * columns)], name="area_id")
    return NeighbourGraph(
        area_id=index, first=pairs[:, 0], second=pairs[:, 1], border=np.full(len(pairs), side)
    )


def row(*need, people=100, **options):
    """Areas in a row with borders of 50 m."""
    graph = grid(1, len(need), 50.0)
    people = people if isinstance(people, list) else [people] * len(need)
    return soft_membership(
        pd.Series(need, graph.area_id, dtype=float),
        pd.Series(people, graph.area_id),
        graph,
        **({"border_price": 0.0} | BETWEEN | options),
    )


@st.composite
def cities(draw):
    """Small cities with needs and prices in tenths, so that ties happen, and three resamples of their needs."""
    rows, columns = draw(st.sampled_from([(1, 5), (2, 3), (3, 3), (2, 5)]))
    graph = grid(rows, columns, 10.0)
    n = rows * columns
    need = draw(st.lists(st.one_of(st.none(), st.integers(-20, 20)), min_size=n, max_size=n))
    need = pd.Series([np.nan if one is None else one / 10 for one in need], graph.area_id)
    noise = draw(st.lists(st.integers(-10, 10), min_size=3 * n, max_size=3 * n))
    people = draw(st.lists(st.integers(0, 30), min_size=n, max_size=n))
    given = {
        "need": need,
        "population": pd.Series(people, graph.area_id, dtype=float),
        "graph": graph,
        "border_price": draw(st.integers(0, 30)) / 10,
        "lower_threshold": -0.5,
        "upper_threshold": 0.75,
    }
    return given, need.to_numpy() + np.array(noise).reshape(3, n) / 10


def test_without_a_price_on_borders_membership_is_the_place_of_the_own_need():
    # (1.125 - 1) / 0.5 = 0.25, and so on; 1 from the upper threshold, 0 up to the lower one.
    soft = row(2.0, 1.5, 1.375, 1.125, 1.0, -3.0)
    assert soft.membership.tolist() == [1.0, 1.0, 0.75, 0.25, 0.0, 0.0]
    assert soft.zone_class.tolist() == ["core", "core", "margin", "margin", "rest", "rest"]


def test_a_border_pulls_an_area_between_two_others_into_the_margin():
    # With 10 per border the ends stay up to 1.4, the middle, whose two borders save 20, up to 0.9 + 0.2 = 1.1.
    soft = row(1.5, 0.9, 1.5, border_price=0.2)
    assert soft.membership.tolist() == pytest.approx([0.8, 0.2, 0.8])
    assert soft.core.isna().all()


def test_membership_is_the_mean_over_resamples_with_its_spread_and_the_share_that_agrees():
    # The first area draws memberships 0 and 1: mean 0.5, standard deviation 1 / √2, and never margin itself.
    # The second draws 1 and 0.9: core in the mean and in both. The third stays outside.
    draws = np.array([[1.0, 1.5, 0.0], [1.5, 1.45, 0.0]])
    soft = row(1.25, 1.5, 0.0, resamples=draws)
    assert soft.class_shares.to_numpy().tolist() == [[0.5, 0.0, 0.5], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    assert soft.membership.tolist() == pytest.approx([0.5, 0.95, 0.0])
    assert soft.deviation.tolist() == pytest.approx([0.5**0.5, 0.1 / 2**0.5, 0.0])
    assert soft.zone_class.tolist() == ["margin", "core", "rest"]
    assert soft.certainty.tolist() == [0.0, 1.0, 1.0]
    assert soft.resamples == 2


def test_without_resamples_certainty_is_unknown_and_not_one():
    soft = row(2.0, 0.0)
    assert soft.certainty.isna().all()
    assert soft.class_shares.isna().all(axis=None)
    assert soft.deviation.isna().all()
    assert soft.summary()["certainty"].isna().all()


def test_areas_that_have_to_be_in_are_one_and_those_that_have_to_be_out_zero_in_every_resample():
    why = "decided by the council"
    fixed = FixedAreas(
        inside=pd.Series({"000": why}),
        outside=pd.Series({"001": why}),
        locked=pd.Series({"003": "Grünau"}),
        reason=pd.Series({"Grünau": why}),
    )
    draws = np.tile([0.0, 2.0, 1.25, 0.0], (3, 1))
    soft = row(0.0, 2.0, 1.25, 0.0, fixed=fixed, resamples=draws)
    assert soft.membership.tolist() == [1.0, 0.0, 0.5, 1.0]
    assert soft.certainty.tolist() == [1.0, 1.0, 1.0, 1.0]
    assert soft.core.fillna("none").tolist() == ["1", "none", "none", "Grünau"]


def test_cores_are_numbered_by_residents_and_then_by_the_smallest_area_id():
    soft = row(2.0, 0.0, 2.0, 2.0, 0.0, 2.0, people=[100, 0, 100, 100, 0, 100])
    assert soft.core.fillna("-").tolist() == ["2", "-", "1", "1", "-", "3"]


def test_an_empty_area_inside_the_core_belongs_to_it_and_one_outside_does_not():
    # Nobody lives in the middle and at the end: the middle saves its two borders, the end would save none.
    soft = row(2.0, 2.0, 2.0, 0.0, 2.0, people=[100, 0, 100, 100, 0], border_price=0.2)
    assert soft.membership.tolist() == [1.0, 1.0, 1.0, 0.0, 0.0]


def test_the_map_in_force_holds_its_areas_in_resamples_as_it_does_in_the_given_values():
    # 1.125 + 0.125 = 1.25 inside the map in force, 1.375 - 0.125 = 1.25 outside.
    existing = pd.Series(["1", None], ["000", "001"])
    same = {"existing": existing, "inertia": 0.125}
    assert row(1.125, 1.375, **same).membership.tolist() == [0.5, 0.5]
    drawn = row(0.0, 0.0, resamples=np.array([[1.125, 1.375]] * 2), **same)
    assert drawn.membership.tolist() == [0.5, 0.5]


def test_an_unknown_need_is_decided_by_the_neighbours_in_every_resample():
    # In the middle of two areas of the core a border of 10 on both sides is saved, and nothing speaks against it.
    draws = np.array([[2.0, np.nan, 2.0]] * 2)
    soft = row(2.0, np.nan, 2.0, border_price=0.2, resamples=draws)
    assert soft.membership.tolist() == [1.0, 1.0, 1.0]
    assert "1 areas of unknown need" in repr(soft)


def test_a_seed_repeats_the_resamples_and_columns_may_come_in_any_order():
    graph = grid(3, 3)
    need = pd.Series(np.linspace(0.5, 2.0, 9), graph.area_id)
    error = pd.Series(0.3, graph.area_id)

    def drawn(rng):
        return resampled_needs(need, error, resamples=20, rng=rng)

    def soft(resamples, seed=0):
        people = pd.Series(50, graph.area_id)
        return soft_membership(
            need, people, graph, border_price=0.1, resamples=resamples, seed=seed, **BETWEEN
        ).membership

    pd.testing.assert_series_equal(soft(drawn), soft(drawn))
    assert not soft(drawn).equals(soft(drawn, seed=1))
    table = drawn(np.random.default_rng(0))
    pd.testing.assert_series_equal(soft(table), soft(drawn))
    pd.testing.assert_series_equal(soft(table[table.columns[::-1]]), soft(drawn))
    pd.testing.assert_series_equal(soft(table.to_numpy()), soft(drawn))


def test_resamples_have_the_mean_and_spread_that_were_asked_for():
    ids = pd.Index(["a", "b", "c"])
    drawn = resampled_needs(
        pd.Series([1.0, -2.0, np.nan], ids),
        pd.Series([0.5, 0.0, np.nan], ids),
        resamples=10_000,
        rng=np.random.default_rng(1),
    )
    # The mean of 10,000 draws has a standard error of 0.005, their standard deviation one of 0.0035: four of each.
    assert drawn["a"].mean() == pytest.approx(1.0, abs=0.02)
    assert drawn["a"].std() == pytest.approx(0.5, abs=0.014)
    assert drawn["b"].eq(-2.0).all()
    assert drawn["c"].isna().all()


def test_the_order_of_the_rows_does_not_change_what_an_area_draws():
    need = pd.Series([1.0, 2.0, 3.0], ["a", "b", "c"])
    error = pd.Series(1.0, need.index)
    here = resampled_needs(need, error, resamples=5, rng=np.random.default_rng(3))
    there = resampled_needs(need[::-1], error, resamples=5, rng=np.random.default_rng(3))
    pd.testing.assert_frame_equal(here, there[here.columns])


def test_the_summary_counts_areas_and_residents_of_every_class():
    soft = row(2.0, 1.25, 1.75, np.nan, people=[100, 50, 300, 20])
    table = soft.summary()
    assert table["areas"].to_dict() == {"core": 2, "margin": 1, "rest": 1}
    assert table["residents"].to_dict() == {"core": 400, "margin": 50, "rest": 20}
    # (100 · 2 + 300 · 1.75) / 400 = 1.8125; nobody knows the need of the rest.
    assert table["mean_need"].tolist()[:2] == [1.8125, 1.25]
    assert np.isnan(table.loc["rest", "mean_need"])
    assert soft.to_frame().loc["001", "membership"] == 0.5


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"upper_threshold": 1.0}, "more than the lower threshold"),
        ({"lower_threshold": np.nan}, "lower_threshold is nan"),
        ({"core_from": 1.5}, "core_from is 1.5"),
        ({"rest_up_to": 0.9}, "below core_from 0.9"),
        ({"seed": -1}, "seed is -1"),
        ({"border_price": -1.0}, "border_price is -1"),
        ({"resamples": np.zeros((1, 2))}, "at least 2 resamples"),
        ({"resamples": np.zeros((5, 3))}, "a column for each of 2 areas"),
    ],
)
def test_parameters_out_of_their_range_are_refused(wrong, message):
    with pytest.raises(ParameterError, match=message):
        row(1.0, 2.0, **wrong)


def test_resamples_that_do_not_fit_the_need_are_refused():
    with pytest.raises(CountsError, match=r"resample missing or infinite in 1 area\(s\): 001"):
        row(1.0, 2.0, resamples=np.array([[1.0, 2.0], [1.0, np.nan]]))
    with pytest.raises(AlignmentError, match="resamples has no row for some areas"):
        row(1.0, 2.0, resamples=pd.DataFrame({"000": [1.0, 2.0], "x": [1.0, 2.0]}))
    with pytest.raises(CountsError, match="need infinite"):
        row(1.0, np.inf)


@pytest.mark.parametrize("error", [np.nan, -0.1, np.inf])
def test_a_standard_error_that_is_none_is_refused(error):
    need = pd.Series([1.0, 2.0], ["a", "b"])
    with pytest.raises(CountsError, match=r"standard error .* 1 area\(s\): b"):
        resampled_needs(need, pd.Series([0.1, error], need.index), resamples=2, rng=np.random.default_rng(0))


@quick
@given(cities())
def test_strictly_core_is_the_proposal_at_the_upper_threshold_and_rest_what_is_not_in_the_lower_one(city):
    options, _ = city
    soft = soft_membership(**options, core_from=1.0, rest_up_to=0.0)
    same = {name: options[name] for name in ("need", "population", "graph", "border_price")}
    inner = propose(**same, threshold=options["upper_threshold"])
    outer = propose(**same, threshold=options["lower_threshold"])
    # An area whose critical threshold is the upper one itself belongs wholly, though the choice there leaves it out.
    assert (soft.zone_class[inner.region.notna()] == "core").all()
    assert (soft.zone_class[outer.region.isna()] == "rest").all()
    slightly = propose(**same, threshold=options["lower_threshold"] + 1e-6)
    assert (soft.zone_class[slightly.region.notna()] != "rest").all()
    below = propose(**same, threshold=options["upper_threshold"] - 1e-6)
    assert (soft.zone_class[below.region.isna()] != "core").all()


@quick
@given(cities(), st.data())
def test_more_need_never_lowers_a_membership_and_all_lie_between_zero_and_one(city, data):
    options, draws = city
    place = data.draw(st.integers(0, draws.shape[1] - 1))
    more = draws.copy()
    more[:, place] += data.draw(st.integers(0, 20)) / 10
    before = soft_membership(**options, resamples=draws).membership
    after = soft_membership(**options, resamples=more).membership
    assert before.between(0, 1).all()
    # Rounding of the costs: a part in 2²⁹ of all gains, for areas of one resident and more.
    assert (after >= before - 1e-5).all()


@quick
@given(cities(), st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_does_not_matter(city, seed):
    options, draws = city
    need, graph = options["need"], options["graph"]
    table = pd.DataFrame(draws, columns=need.index)
    order = np.random.default_rng(seed).permutation(len(need))
    place = np.argsort(order)
    turned = NeighbourGraph(
        area_id=graph.area_id[order],
        first=np.minimum(place[graph.first], place[graph.second]),
        second=np.maximum(place[graph.first], place[graph.second]),
        border=graph.border,
    )
    here = soft_membership(**options, resamples=table)
    there = soft_membership(**options | {"need": need.iloc[order], "graph": turned}, resamples=table)
    assert there.membership.index.tolist() == need.index[order].tolist()
    np.testing.assert_allclose(there.membership[need.index], here.membership, atol=1e-6)


@quick
@given(cities())
def test_costs_rounded_for_resamples_give_what_exact_ones_give(city):
    options, draws = city
    drawn = soft_membership(**options, resamples=draws).membership
    each = [
        soft_membership(**options | {"need": pd.Series(draw, options["need"].index)}).membership
        for draw in draws
    ]
    np.testing.assert_allclose(drawn, np.mean(each, axis=0), atol=1e-5)


@pytest.mark.skipif(
    not LEIPZIG.is_dir(), reason="the real data ../shared/data/leipzig-ortsteile are not here"
)
def test_leipzigs_named_places_come_out_as_core_and_margin():
    areas = gpd.read_file(LEIPZIG / "ortsteile.gpkg", layer="ortsteile")
    areas = areas[areas["level"] == "ortsteil"].set_index("ortsteil_nr").to_crs(25833)
    table = pd.read_csv(LEIPZIG / "indicators_long.csv.gz").query("year == 2022")

    def counts(name):
        values = table[table["indicator"] == name].set_index("ortsteil_name")["value"]
        return values.reindex(areas["ortsteil_name"]).set_axis(areas.index).astype(float)

    unemployed, people = counts("Arbeitslose insgesamt"), counts("Einwohner insgesamt")
    rate = unemployed / people
    need = (rate - rate.mean()) / rate.std(ddof=0)
    error = np.sqrt(rate * (1 - rate) / people) / rate.std(ddof=0)
    soft = soft_membership(
        need,
        people,
        shared_borders(areas),
        lower_threshold=0.75,
        upper_threshold=1.5,
        border_price=0.5,
        resamples=lambda rng: resampled_needs(need, error, resamples=100, rng=rng),
    )
    # Grünau-Mitte and -Nord, Schönau; Volkmarsdorf and Neustadt-Neuschönefeld in the east; Paunsdorf.
    core = soft.zone_class.index[soft.zone_class == "core"]
    assert core.tolist() == ["20", "21", "24", "60", "62", "65"]
    assert soft.core.nunique() == 3
    # Lausen-Grünau and Schönefeld lie in the margin, neither surely in nor surely out.
    assert (soft.zone_class[["64", "10", "11"]] == "margin").all()
    assert len(soft.to_frame()) == 63
