"""Replicates in pieces, on threads, again: always the same numbers; and the wrong requests."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from spatial import AlignmentError, CountsError, ParameterError
from spatial.contiguity import shared_borders
from spatial.parameters import seed_of
from spatial.segregation import compute
from spatial.segregation.inference import CHUNK, replicate_values, simulate
from spatial.segregation.inference.streams import blocks_of_replicates, in_chunks, stream

AREAS = pd.Index(["00", "01", "02", "03", "04"], name="area_id")
TABLE = pd.DataFrame({"young": [10, 30, 5, 0, 20], "other": [90, 70, 95, 20, 40]}, index=AREAS)
MODELS = (
    "evenness",
    "systematic",
    "person_permutation",
    "independence",
    "bootstrap_persons",
    "bootstrap_areas",
)


def a_row_of_squares():
    squares = [shapely.box(100 * i, 0, 100 * i + 100, 100) for i in range(5)]
    return gpd.GeoSeries(squares, index=AREAS, crs=25833)


def pieces(model, borders, seed=7, workers=1):
    return np.concatenate(
        [
            replicate_values(
                "dissimilarity", TABLE, model=model, rng=seed, first=first, last=last, workers=workers
            )
            for first, last in itertools.pairwise(borders)
        ]
    )


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(MODELS), st.lists(st.integers(0, 130), max_size=5))
def test_any_pieces_add_up_to_the_whole(model, cuts):
    # A scheduler splits, is killed, starts anew: replicate 17 has one value.
    whole = pieces(model, [0, 130])
    assert (pieces(model, [0, *sorted(cuts), 130]) == whole).all()


def test_more_replicates_keep_the_first_ones():
    assert (pieces("evenness", [0, 1000])[:200] == pieces("evenness", [0, 200])).all()


@pytest.mark.parametrize("model", MODELS)
def test_three_threads_give_the_numbers_of_one(model):
    # The trap in PySAL: seeds do not hold with several workers. Large enough for threads to be used.
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 40, size=(2, 3000)).astype(float)

    def gap(tables):
        return np.abs(tables[..., 0, :] - tables[..., 1, :]).sum(axis=-1)

    def values(workers):
        return simulate([gap], counts, model=model, seed=3, first=10, last=140, workers=workers)

    one = values(1)
    assert len(np.unique(one)) > 100
    assert (values(3) == one).all()
    assert (values(None) == one).all()


def test_replicates_of_different_chunks_and_seeds_differ():
    values = pieces("evenness", [0, 4 * CHUNK])
    assert len({values[start : start + CHUNK].tobytes() for start in range(0, 4 * CHUNK, CHUNK)}) == 4
    assert (values != pieces("evenness", [0, 4 * CHUNK], seed=8)).any()
    assert (pieces("evenness", [0, 50], seed=(7, 1)) != pieces("evenness", [0, 50], seed=(7, 2))).any()


def test_a_spatial_measure_sees_the_draws_that_an_aspatial_one_sees():
    squares = a_row_of_squares()
    values = replicate_values(
        "adjacency_dissimilarity", TABLE, model="evenness", rng=7, first=0, last=60, geometry=squares
    )
    plain = pieces("evenness", [0, 60])
    # D(adj) is D less a mean of differences between neighbours.
    assert (values < plain).all()
    assert len(np.unique(plain - values)) > 50


def test_several_measures_share_the_draws():
    counts = TABLE.to_numpy(dtype=float).T
    together = simulate(
        [lambda tables: tables[..., 0, 0], lambda tables: tables[..., 1, 0]],
        counts,
        model="evenness",
        seed=1,
        first=0,
        last=40,
    )
    assert (together.sum(axis=0) == 100).all()


def test_areas_and_graph_in_another_order_mean_the_same():
    squares = a_row_of_squares()
    wanted = {"model": "geographic_permutation", "rng": 1, "first": 0, "last": 200}
    values = replicate_values("adjacency_dissimilarity", TABLE, geometry=squares, **wanted)
    mixed = replicate_values(
        "adjacency_dissimilarity",
        TABLE,
        graph=shared_borders(squares[["03", "00", "04", "02", "01"]]),
        **wanted,
    )
    assert mixed == pytest.approx(values, abs=1e-12)


def test_moving_areas_gives_every_order_its_chance():
    squares = a_row_of_squares()
    values = replicate_values(
        "adjacency_dissimilarity",
        TABLE,
        model="geographic_permutation",
        rng=1,
        first=0,
        last=2000,
        geometry=squares,
    )
    orders = [TABLE.iloc[list(order)].set_axis(AREAS) for order in itertools.permutations(range(5))]
    exact = np.array([compute("adjacency_dissimilarity", moved, geometry=squares) for moved in orders]).round(
        9
    )
    expected = [np.count_nonzero(exact == value) * 2000 / 120 for value in np.unique(exact)]
    found = [np.count_nonzero(values.round(9) == value) for value in np.unique(exact)]
    assert sum(found) == 2000
    assert chisquare(found, expected).pvalue > 1e-4


def test_a_seed_is_a_number_or_taken_from_a_generator():
    assert seed_of(np.int64(3)) == 3
    assert seed_of(np.random.default_rng(1)) == seed_of(np.random.default_rng(1))
    rng = np.random.default_rng(1)
    assert seed_of(rng) != seed_of(rng)
    for bad in (-1, 1.5, None, "seed", True):
        with pytest.raises(ParameterError, match="rng"):
            seed_of(bad)


def test_a_stream_needs_numbers_of_at_least_zero():
    for bad in (-1, (), (1, -1)):
        with pytest.raises(ParameterError, match="seed"):
            stream(bad, 0)


def test_blocks_cover_what_is_wanted_and_do_not_depend_on_it():
    whole = list(blocks_of_replicates(CHUNK, 30_000, spatial=False))
    assert [part.start for part in whole] == list(range(0, CHUNK, 4))
    for wanted in range(CHUNK):
        parts = list(blocks_of_replicates(wanted, 30_000, spatial=False))
        assert parts == whole[: len(parts)]
        assert wanted == 0 or parts[-1].stop >= wanted
    assert list(blocks_of_replicates(3, 10**9, spatial=True)) == [slice(0, 1), slice(1, 2), slice(2, 3)]


@pytest.mark.parametrize(
    ("first", "last", "workers", "name"),
    [(-1, 5, 1, "first"), (5, 4, 1, "last"), (0, 5, 0, "workers")],
)
def test_pieces_that_cannot_be_are_refused(first, last, workers, name):
    with pytest.raises(ParameterError, match=name):
        in_chunks(lambda rng, wanted: np.zeros((1, CHUNK)), 1, 10, 1, first, last, workers)


def test_an_empty_piece_is_empty():
    assert pieces("evenness", [30, 30]).shape == (0,)


def test_an_error_in_a_thread_is_raised():
    def fails(tables):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        simulate([fails], np.ones((2, 3000)), model="evenness", seed=1, first=0, last=100, workers=2)


ONE = {"model": "evenness", "rng": 1, "first": 0, "last": 1}


def test_a_spatial_measure_without_a_map_is_refused():
    # The trap in PySAL: a spatial test without extra arguments silently tests the aspatial index.
    with pytest.raises(ParameterError, match="graph"):
        replicate_values("adjacency_dissimilarity", TABLE, **ONE)
    with pytest.raises(ParameterError, match="geometry"):
        replicate_values("delta", TABLE, **ONE)


def test_measures_that_give_more_than_a_number_are_refused():
    with pytest.raises(ParameterError, match="a measure that gives one number"):
        replicate_values("location_quotient", TABLE, **ONE)


def test_options_are_those_of_the_measure():
    squares = a_row_of_squares()
    found = replicate_values("adjacency_dissimilarity", TABLE, geometry=squares, orders=2, **ONE)
    assert found[0] != replicate_values("adjacency_dissimilarity", TABLE, geometry=squares, **ONE)[0]
    with pytest.raises(ParameterError, match="an option of dissimilarity: it has none"):
        replicate_values("dissimilarity", TABLE, orders=2, **ONE)


def test_areas_with_missing_counts_are_to_be_left_out_before():
    with pytest.raises(ParameterError, match="missing is 'leave_out', expected nothing: leave areas"):
        replicate_values("dissimilarity", TABLE, missing="leave_out", **ONE)


def test_a_piece_starts_from_numbers_and_from_no_generator():
    for bad in (np.random.default_rng(1), -1, None, 1.5):
        with pytest.raises(ParameterError, match="rng is"):
            replicate_values("dissimilarity", TABLE, **{**ONE, "rng": bad})


def test_one_of_several_groups_must_be_named():
    three = TABLE.assign(old=5)
    with pytest.raises(ParameterError, match="one of the columns"):
        replicate_values("dissimilarity", three, **ONE)
    pair = replicate_values("dissimilarity", three, group="young", against="other", **ONE)
    assert pair == replicate_values("dissimilarity", TABLE, **ONE)
    with pytest.raises(ParameterError, match="takes all columns of counts"):
        replicate_values("mutual_information", three, group="young", **ONE)


def test_a_group_and_the_total_are_a_table_too():
    found = replicate_values("dissimilarity", TABLE["young"], total=TABLE.sum(axis=1), **ONE)
    assert found == replicate_values("dissimilarity", TABLE, **ONE)


def test_missing_counts_and_other_areas_are_refused():
    with pytest.raises(CountsError, match="missing"):
        replicate_values("dissimilarity", TABLE.astype(float).replace(5, np.nan), **ONE)
    with pytest.raises(AlignmentError, match="other areas"):
        replicate_values(
            "adjacency_dissimilarity", TABLE[:4], graph=shared_borders(a_row_of_squares()), **ONE
        )
