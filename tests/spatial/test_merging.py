"""Merging areas at least cost: worked order, agreement with trying everything, and what is refused."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, ParameterError
from spatial.neighbours import NeighbourGraph
from spatial.segregation.decomposition.contributions import index_value
from spatial.segregation.decomposition.merging import merge_areas, merged_areas

quick = settings(max_examples=40, deadline=None)
tables = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60)), min_size=2, max_size=9
)


def frame(rows):
    return pd.DataFrame(rows, index=[f"{k:02d}" for k in range(len(rows))], dtype=float)


def path(n_areas):
    return NeighbourGraph(
        area_id=pd.Index([f"{k:02d}" for k in range(n_areas)]),
        first=np.arange(n_areas - 1),
        second=np.arange(1, n_areas),
        border=np.ones(n_areas - 1),
    )


def m_of(counts):
    return index_value("mutual_information", counts.to_numpy(dtype=float).T)


def test_like_areas_are_merged_first_by_hand():
    # 00 and 01 have the same mix and cost nothing. Then 02 (5 : 5) can go to these two, making 23 : 7 of
    # 18 : 2 and 5 : 5, or to 03, making 5 : 15. A merge costs people times entropy after minus before.
    def entropy(*counts):
        return -sum(c / sum(counts) * math.log(c / sum(counts)) for c in counts if c)

    counts = frame([[9, 1], [9, 1], [5, 5], [0, 10]])
    with_last = (20 * entropy(5, 15) - 10 * math.log(2)) / 40
    with_first = (30 * entropy(23, 7) - 20 * entropy(9, 1) - 10 * math.log(2)) / 40
    assert with_first < with_last
    steps = merge_areas(counts).steps
    assert steps[["area", "into"]].to_numpy().tolist() == [["01", "00"], ["02", "00"], ["03", "00"]]
    assert steps["loss"].tolist()[:2] == pytest.approx([0, with_first], abs=1e-12)
    assert steps["value"].tolist()[-1] == pytest.approx(0, abs=1e-12)
    assert steps["areas_left"].tolist() == [3, 2, 1]


def test_only_neighbours_are_merged():
    # Ends of a path are alike, but not neighbours: the middle must go to one of them first.
    steps = merge_areas(frame([[9, 1], [1, 9], [9, 1]]), path(3)).steps
    assert steps[["area", "into"]].to_numpy().tolist() == [["01", "00"], ["02", "00"]]


def test_areas_that_cannot_be_reached_stay():
    graph = NeighbourGraph(
        area_id=pd.Index(["00", "01", "02"]), first=np.array([0]), second=np.array([1]), border=np.ones(1)
    )
    sequence = merge_areas(frame([[9, 1], [1, 9], [9, 1]]), graph)
    assert len(sequence.steps) == 1
    assert merged_areas(sequence, areas_left=2).tolist() == ["00", "00", "02"]
    with pytest.raises(ParameterError, match="2 to 3"):
        merged_areas(sequence, areas_left=1)


@quick
@given(tables)
def test_every_step_is_the_cheapest_there_is(rows):
    counts = frame(rows)
    sequence = merge_areas(counts)
    for _, step in sequence.steps.iterrows():
        costs = {
            (one, two): m_of(counts)
            - m_of(counts.drop(index=two).add(counts.loc[[two]].set_axis([one]), fill_value=0))
            for k, one in enumerate(counts.index)
            for two in counts.index[k + 1 :]
        }
        if not math.isnan(m_of(counts)):
            assert step["loss"] == pytest.approx(min(costs.values()), abs=1e-9)
            assert costs[step["into"], step["area"]] == pytest.approx(min(costs.values()), abs=1e-9)
        counts.loc[step["into"]] += counts.loc[step["area"]]
        counts = counts.drop(index=step["area"])


@quick
@given(tables, st.data())
def test_merged_areas_have_the_value_that_was_promised(rows, data):
    counts = frame(rows)
    sequence = merge_areas(counts, path(len(rows)))
    left = data.draw(st.integers(1, len(rows)))
    merged = counts.groupby(merged_areas(sequence, areas_left=left)).sum()
    assert len(merged) == left
    promised = sequence.steps.set_index("areas_left")["value"].get(left, sequence.total)
    assert m_of(merged) == pytest.approx(promised, abs=1e-9, nan_ok=True)


@quick
@given(tables, st.sampled_from([0.0, 0.3, 0.8, 0.99]))
def test_more_than_the_wanted_share_is_left(rows, share):
    counts = frame(rows)
    whole = m_of(counts)
    merged = counts.groupby(merged_areas(merge_areas(counts), share=share)).sum()
    assert not whole > 1e-9 or m_of(merged) > share * whole - 1e-9


def test_areas_are_neighbours_when_near_in_entropy():
    # Entropies rise with the number: with one place, 00 and 02 are no neighbours at first.
    sequence = merge_areas(frame([[10, 0], [1, 9], [6, 4]]), nearest=1)
    assert sequence.neighbours == "1 nearest in entropy"
    assert len(sequence.steps) == 2


def test_empty_areas_cost_nothing():
    steps = merge_areas(frame([[9, 1], [0, 0], [1, 9]]), path(3)).steps
    assert steps["loss"].iloc[0] == 0
    assert steps["area"].iloc[0] == "01"


def test_bad_input_is_refused():
    counts = frame([[9, 1], [1, 9]])
    with pytest.raises(ParameterError, match="nearest"):
        merge_areas(counts, nearest=0)
    with pytest.raises(AlignmentError, match="the neighbour graph has other areas"):
        merge_areas(counts, path(3))
    for options in ({}, {"share": 0.5, "areas_left": 1}):
        with pytest.raises(ParameterError, match="one of the two"):
            merged_areas(merge_areas(counts), **options)
    with pytest.raises(ParameterError, match="from 0 to 1"):
        merged_areas(merge_areas(counts), share=95)


def test_a_result_is_one_line_and_inputs_are_not_changed():
    counts = frame([[9, 1], [1, 9]])
    before = counts.copy()
    assert repr(merge_areas(counts)) == "MergeSequence(2 areas to 1, mutual_information 0.3681)"
    pd.testing.assert_frame_equal(counts, before)
