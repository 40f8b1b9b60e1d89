"""SKATER, Ward and max-p: worked by hand, against brute force, and always connected and within their bounds."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from spatial import NeighbourGraph, ParameterError
from spatial.regions.opinions import max_p, skater, ward

quick = settings(max_examples=60, deadline=None)
DIVIDED = pytest.mark.parametrize("divide", [skater, ward])


def graph_of(names, pairs):
    pairs = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    return NeighbourGraph(
        area_id=pd.Index(names), first=pairs[:, 0], second=pairs[:, 1], border=np.full(len(pairs), 50.0)
    )


def row(number):
    return graph_of([f"{one:02d}" for one in range(number)], [(one, one + 1) for one in range(number - 1)])


def grid(rows, columns):
    place = np.arange(rows * columns).reshape(rows, columns)
    pairs = [
        pair
        for one, other in ((place[:, :-1], place[:, 1:]), (place[:-1], place[1:]))
        for pair in zip(one.ravel().tolist(), other.ravel().tolist(), strict=True)
    ]
    return graph_of([f"{number:03d}" for number in range(rows * columns)], pairs)


def needed(graph, values, people=100):
    return (
        pd.Series(values, index=graph.area_id, dtype=float),
        pd.Series(people, index=graph.area_id, dtype=float),
    )


def parts(found):
    """The regions of the division, each as the text of its areas' last digits, in order."""
    return sorted(
        "".join(name[-1] for name in group) for group in found.figures.groupby("part").groups.values()
    )


def squares(values, label):
    return sum(((values[label == one] - values[label == one].mean()) ** 2).sum() for one in set(label))


def is_connected(graph, chosen):
    place = np.flatnonzero(chosen)
    kept = chosen[graph.first] & chosen[graph.second]
    links = coo_array(
        (np.ones(kept.sum()), (graph.first[kept], graph.second[kept])), shape=(len(chosen), len(chosen))
    )
    return connected_components(links.tocsr()[place][:, place], directed=False)[0] == 1


@DIVIDED
def test_a_row_is_divided_where_need_changes_most(divide):
    # 5 4.8 | 1 1.2 0.9 | 3: the two largest steps.
    found = divide(*needed(row(6), [5, 4.8, 1, 1.2, 0.9, 3]), row(6), threshold=2.5, regions=3)
    assert parts(found) == ["01", "234", "5"]
    # (0.1² + 0.1²) + (1 1.2 0.9 less 31/30: 0.00111 + 0.02778 + 0.01778) + 0 = 0.02 + 0.04667
    assert found.found["within_squares"] == pytest.approx(0.02 + 0.14 / 3)
    # 300 residents are region 1, below the threshold; 4.9 and 3 are above it.
    assert found.region.tolist() == ["2", "2", pd.NA, pd.NA, pd.NA, "3"]
    assert found.summary()["mean_need"].tolist() == pytest.approx([4.9, 3.0])


def test_skater_cuts_by_gain_and_not_by_the_length_of_the_link():
    # The longest link, 9 to 12, leaves one area alone: 4 · 1 / 5 · (12 − 6)² = 28.8. Cutting 5 from 8.5:
    # 2 · 3 / 5 · (4.75 − 9.83)² = 31.0 saves more.
    values = [4.5, 5, 8.5, 9, 12]
    found = skater(*needed(row(5), values), row(5), threshold=0, regions=2)
    assert parts(found) == ["01", "234"]


def test_skater_keeps_the_most_alike_links_in_its_tree():
    # A ring of four: 0–1 alike, 2–3 alike, 1–2 less than 3–0. The tree drops 3–0.
    ring = graph_of(list("0123"), [(0, 1), (1, 2), (2, 3), (0, 3)])
    found = skater(*needed(ring, [0, 0.1, 2, 3]), ring, threshold=1, regions=2)
    assert parts(found) == ["01", "23"]
    assert found.region.tolist() == [pd.NA, pd.NA, "2", "2"]


def test_skater_cuts_no_branch_with_too_few_residents():
    values = [5, 1, 1, 1, 1, 1]
    assert parts(skater(*needed(row(6), values), row(6), threshold=2, regions=2)) == ["0", "12345"]
    found = skater(*needed(row(6), values), row(6), threshold=2, regions=2, least_residents=200)
    assert parts(found) == ["01", "2345"]


def test_ward_gives_short_regions_neighbours_first():
    values = [5, 1, 1, 1, 1, 1]
    found = ward(*needed(row(6), values), row(6), threshold=2, regions=2, least_residents=200)
    # 1 and 2 cost nothing, nor does 3, which is still alone, then 4 and 5; 0 is short and has one neighbour.
    assert parts(found) == ["0123", "45"]
    assert found.region.isna().all()  # mean need 2 is not above 2


@quick
@given(st.lists(st.integers(0, 30), min_size=3, max_size=9), st.integers(1, 3))
def test_each_merge_of_ward_is_the_cheapest_there_is(values, regions):
    graph, numbers = row(len(values)), np.array(values, dtype=float)
    found = ward(*needed(graph, values), graph, threshold=0, regions=regions)
    label = np.arange(len(values))
    for _ in range(len(values) - regions):
        merged = [
            np.where(label == right, left, label) for left, right in itertools.pairwise(pd.unique(label))
        ]
        costs = [squares(numbers, one) for one in merged]
        label = merged[int(np.argmin(np.round(costs, 9)))]
    # Ties may be resolved otherwise from one merge on; the sum of squares of the greedy way then differs at most there.
    if len(set(np.abs(np.diff(values)))) == len(values) - 1:
        assert found.found["within_squares"] == pytest.approx(squares(numbers, label), abs=1e-9)
    assert found.found["parts"] == regions


def test_max_p_finds_as_many_regions_as_there_are_residents_for():
    # Twelve areas of 100 with at least 300 residents each: four regions, and not more.
    graph = grid(3, 4)
    found = max_p(*needed(graph, np.arange(12)), graph, threshold=6, least_residents=300)
    assert (found.found["parts"], found.found["most_parts"]) == (4, 4)
    assert found.figures.groupby("part").size().tolist() == [3, 3, 3, 3]


def test_max_p_puts_alike_areas_together():
    values = np.repeat([0.0, 5.0, 9.0], 4)
    found = max_p(*needed(row(12), values), row(12), threshold=4, least_residents=400)
    assert found.found["within_squares"] == pytest.approx(0.0)
    assert found.region.notna().tolist() == [False] * 4 + [True] * 8


def test_max_p_needs_enough_residents_even_if_areas_are_parts_of_persons():
    values, people = [1, 2, 3, 4], [0.1, 0.2, 0.15, 0.15]
    found = max_p(*needed(row(4), values, people), row(4), threshold=0, least_residents=0.3)
    assert found.found["parts"] == 2


@st.composite
def cities(draw):
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(2, 6))
    graph = grid(rows, columns)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    dropped = rng.random(len(graph.border)) < draw(st.sampled_from([0.0, 0.3]))
    graph = NeighbourGraph(
        area_id=graph.area_id,
        first=graph.first[~dropped],
        second=graph.second[~dropped],
        border=graph.border[~dropped],
    )
    values = rng.integers(0, 9, rows * columns).astype(float)
    values[rng.random(rows * columns) < draw(st.sampled_from([0.0, 0.2, 1.0]))] = np.nan
    people = rng.integers(0, 50, rows * columns)
    return graph, *needed(graph, values, people), rng


def asked_of(method, graph, need, people, regions, least, rng=1):
    if method is max_p:
        return max_p(need, people, graph, threshold=4, least_residents=least, starts=3, rng=rng)
    return method(need, people, graph, threshold=4, regions=regions, least_residents=least)


@quick
@given(
    cities(),
    st.sampled_from([skater, ward, max_p]),
    st.integers(1, 8),
    st.sampled_from([0.5, 10.0, 60.0, 150.0]),
)
def test_regions_are_connected_cover_the_city_and_keep_their_bounds(city, method, regions, least):
    graph, need, people, _ = city
    try:
        found = asked_of(method, graph, need, people, regions, least)
    except ParameterError as refused:
        if refused.name not in {"regions", "least_residents"}:
            raise
        return
    part = found.figures["part"]
    assert part.notna().all()
    assert found.found["parts"] == part.nunique() == (found.found["parts"] if method is max_p else regions)
    for name in part.unique():
        inside = (part == name).to_numpy()
        assert is_connected(graph, inside)
        assert people[inside].sum() >= least
        known = inside & need.notna().to_numpy()
        mean = np.average(need[known], weights=people[known]) if people[known].sum() else np.nan
        assert found.region[inside].notna().all() == (mean > 4)
        assert found.figures["part_need"][inside].to_numpy() == pytest.approx(mean, nan_ok=True)
    known = need.notna().to_numpy()
    expected = squares(need[known].to_numpy(), part[known].to_numpy()) if known.any() else 0.0
    assert found.found["within_squares"] == pytest.approx(expected, abs=1e-9)


@quick
@given(cities(), st.sampled_from([skater, ward, max_p]))
def test_the_order_of_rows_is_irrelevant(city, method):
    graph, need, people, rng = city
    pieces = graph.components()
    least = max(float(people.groupby(pieces).sum().min()) / 2, 0.25)
    if people.groupby(pieces).sum().min() < least:
        return
    regions = int(pieces.max()) + 1
    one = asked_of(method, graph, need, people, regions, least)
    mixed = [rng.permutation(len(need)) for _ in range(3)]
    graph_mixed = graph.in_order(graph.area_id[mixed[2]])
    other = asked_of(method, graph_mixed, need.iloc[mixed[0]], people.iloc[mixed[1]], regions, least)
    assert other.region.index.equals(need.index[mixed[0]])
    pd.testing.assert_frame_equal(other.to_frame().loc[need.index], one.to_frame(), check_index_type=False)


@quick
@given(cities(), st.sampled_from([0.5, 40.0, 90.0]))
def test_skater_makes_the_best_cut_of_its_tree(city, least):
    graph, need, people, _ = city
    values, residents = need.fillna(0.0).to_numpy(), people.to_numpy()  # every need is known here
    if graph.components().max() > 0:
        return
    label, tree = np.arange(len(need)), []
    apart = np.abs(values[graph.first] - values[graph.second])
    for edge in np.lexsort((graph.second, graph.first, apart)):
        one, other = label[graph.first[edge]], label[graph.second[edge]]
        if one != other:
            label[label == other] = one
            tree.append(edge)
    best = []
    for cut in tree:
        kept = np.setdiff1d(tree, [cut])
        links = coo_array(
            (np.ones(len(kept)), (graph.first[kept], graph.second[kept])), shape=(len(need),) * 2
        )
        side = connected_components(links.tocsr(), directed=False)[1]
        if min(np.bincount(side, residents)) >= least:
            best.append(squares(values, side))
    if not best:
        with pytest.raises(ParameterError):
            skater(need.fillna(0.0), people, graph, threshold=4, regions=2, least_residents=least)
        return
    found = skater(need.fillna(0.0), people, graph, threshold=4, regions=2, least_residents=least)
    assert found.found["within_squares"] == pytest.approx(min(best), abs=1e-9)


@quick
@given(cities(), st.sampled_from([10.0, 40.0, 90.0]))
def test_no_single_area_of_max_p_fits_better_elsewhere(city, least):
    graph, need, people, _ = city
    if people.groupby(graph.components()).sum().min() < least:
        return
    found = max_p(need, people, graph, threshold=4, least_residents=least, starts=2)
    label, known = pd.factorize(found.figures["part"])[0], need.notna().to_numpy()
    assert found.found["parts"] <= found.found["most_parts"]
    for one, other in zip(np.r_[graph.first, graph.second], np.r_[graph.second, graph.first], strict=True):
        if label[one] == label[other] or not known[one]:
            continue
        moved = label.copy()
        moved[one] = label[other]
        left = moved == label[one]
        if left.any() and people[left].sum() >= least and is_connected(graph, left):
            after = squares(need[known].to_numpy(), moved[known])
            assert after >= found.found["within_squares"] - 1e-6


def test_max_p_repeats_itself_with_the_same_seed_only():
    graph = grid(12, 12)
    given_ = needed(graph, np.random.default_rng(1).normal(size=144))
    one, same, other = (
        max_p(*given_, graph, threshold=0.5, least_residents=450, starts=2, rng=seed) for seed in (4, 4, 5)
    )
    pd.testing.assert_frame_equal(one.figures, same.figures)
    assert not one.figures.equals(other.figures)
    assert (one.seed, one.parameters["starts"]) == (4, 2)
    assert one.found["parts"] == 28  # 450 residents are five areas: of 144 at most 28 regions


def test_more_starts_of_max_p_are_never_worse():
    graph = grid(10, 10)
    given_ = needed(
        graph, np.random.default_rng(2).normal(size=100), np.random.default_rng(3).integers(50, 200, 100)
    )
    few, many = (
        max_p(*given_, graph, threshold=0.5, least_residents=900, starts=starts, rng=1) for starts in (1, 20)
    )
    assert many.found["parts"] >= few.found["parts"]


def test_islands_are_regions_of_their_own():
    graph = graph_of(list("abcd"), [(0, 1), (1, 2)])
    for divide in (skater, ward):
        found = divide(*needed(graph, [1, 2, 3, 9]), graph, threshold=5, regions=2)
        assert found.region.tolist() == [pd.NA, pd.NA, pd.NA, "2"]
    assert (
        max_p(*needed(graph, [1, 2, 3, 9]), graph, threshold=5, least_residents=100).region["d"] is not pd.NA
    )


def test_areas_of_unknown_need_lie_in_a_region_and_change_no_mean():
    values = [5, np.nan, 5, 1, np.nan, 1]
    for divide in (skater, ward):
        found = divide(*needed(row(6), values), row(6), threshold=2, regions=2)
        assert found.figures["part_need"].unique().tolist() == [5.0, 1.0]
        assert found.found["within_squares"] == 0.0
    nobody_knows = skater(*needed(row(3), [np.nan] * 3), row(3), threshold=2, regions=2)
    assert nobody_knows.region.isna().all()
    assert nobody_knows.figures["part_need"].isna().all()


def test_a_region_where_nobody_of_known_need_lives_is_no_priority_area():
    found = ward(*needed(row(4), [9, 9, 1, 1], [0, 0, 50, 50]), row(4), threshold=2, regions=2)
    assert found.region.isna().all()


@DIVIDED
def test_bounds_that_cannot_be_kept_are_named(divide):
    islands = graph_of(list("abcd"), [(0, 1)])
    cases = [
        (islands, 1, 0, "regions", "at least 3"),
        (islands, 3, 150, "least_residents", "at most 100: c is connected with no more residents"),
        (row(4), 5, 0, "regions", "at most 4, the number of areas"),
        (row(4), 4, 150, "regions", "at most 2 with least_residents of 150"),
        (row(4), 0, 0, "regions", "a whole number"),
        (row(4), 2, -1, "least_residents", "at least 0"),
        (row(4), 2, float("nan"), "least_residents", "at least 0"),
    ]
    for graph, regions, least, name, message in cases:
        with pytest.raises(ParameterError, match=message) as refused:
            divide(*needed(graph, [1, 2, 3, 4]), graph, threshold=0, regions=regions, least_residents=least)
        assert refused.value.name == name


@DIVIDED
def test_a_number_that_the_method_does_not_reach_is_told(divide):
    # A star: the middle with 10 residents, three arms with 100 each: at least 105 leaves one region.
    star = graph_of(list("abcd"), [(0, 1), (0, 2), (0, 3)])
    with pytest.raises(ParameterError, match="at most 1 with least_residents of 105"):
        divide(
            *needed(star, [1, 2, 3, 4], [10, 100, 100, 100]),
            star,
            threshold=0,
            regions=2,
            least_residents=105,
        )


def test_max_p_names_the_bound_that_it_cannot_keep():
    with pytest.raises(ParameterError, match="at most 400") as refused:
        max_p(*needed(row(4), [1, 2, 3, 4]), row(4), threshold=0, least_residents=401)
    assert refused.value.name == "least_residents"
    for options in ({"least_residents": 0}, {"least_residents": 100, "starts": 0}):
        with pytest.raises(ParameterError):
            max_p(*needed(row(4), [1, 2, 3, 4]), row(4), threshold=0, **options)


def test_a_threshold_is_a_number():
    for threshold in (float("nan"), float("inf"), "1"):
        with pytest.raises(ParameterError, match="threshold"):
            ward(*needed(row(4), [1, 2, 3, 4]), row(4), threshold=threshold, regions=2)
