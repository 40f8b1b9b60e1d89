"""What happens to wrong input? Every public function is given every kind of it, and refuses by an error of its own."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal, get_args, get_origin

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatial import SpatialError, segregation, shared_borders
from spatial.segregation import Composition
from spatial.segregation.measure import Measure
from spatial.segregation.places import Places
from spatial.segregation.register import MEASURES

AREAS = pd.Index(["00", "01", "02", "03"], name="area_id")
BLOCKS = gpd.GeoSeries(
    [
        shapely.box(100 * column, 100 * row, 100 * (column + 1), 100 * (row + 1))
        for row in (0, 1)
        for column in (0, 1)
    ],
    index=AREAS,
    crs=25833,
)
GRAPH = shared_borders(BLOCKS, corners=True)
COUNTS = pd.DataFrame({"young": [9, 3, 4, 1], "old": [1, 5, 2, 8]}, index=AREAS)
LATER = pd.DataFrame({"young": [7, 4, 5, 2], "old": [2, 5, 3, 6]}, index=AREAS)
CLASSES = pd.DataFrame(
    {"a": [9, 3, 4, 1], "b": [1, 5, 2, 8], "c": [4, 4, 1, 1], "d": [2, 0, 3, 5]}, index=AREAS
)
LONG = pd.DataFrame(
    [
        ("city", "2022", area, group, count)
        for group, counts in COUNTS.assign(all=COUNTS.sum(axis=1)).items()
        for area, count in counts.items()
    ],
    columns=["geography", "period", "area_id", "group", "count"],
)
STREETS = gpd.GeoSeries(shapely.linestrings([[[50, 50], [150, 50]], [[150, 50], [150, 150]]]), crs=25833)

# What each parameter is given when it is right; a few functions need something of their own.
RIGHT: dict[str, Any] = {
    "group": COUNTS["young"],
    "total": COUNTS.sum(axis=1),
    "counts": COUNTS,
    "geometry": BLOCKS,
    "graph": GRAPH,
    "name": "dissimilarity",
    "first": COUNTS,
    "second": LATER,
    "before": COUNTS,
    "after": LATER,
    "rng": 1,
    "seed": 1,
    "bandwidth": 150.0,
}
OF_FUNCTION: dict[str, dict[str, Any]] = {
    "between_and_within": {
        "levels": pd.Series(["n", "n", "s", "s"], index=AREAS, name="district"),
        "group": "young",
    },
    "between_and_within_groups": {"families": pd.Series({"young": "people", "old": "people"})},
    "bias_corrected_dissimilarity": {"replicates": 5},
    "bootstrap": {"group": "young", "total": None, "replicates": 5},
    "compare": {"group": "young", "total": None, "replicates": 5},
    "compute": {"group": "young", "total": None},
    "contributions_of_areas": {"group": "young"},
    "estimate_from_replicates": {"observed": 0.3, "values": np.array([0.2, 0.3, 0.4])},
    "expected_value": {"group": "young", "total": None, "replicates": 5},
    "explain_change": {"group": "young"},
    "fit_margins": {"source": COUNTS, "area_total": COUNTS.sum(axis=1), "group_total": COUNTS.sum()},
    "group_and_total": {"group": "young", "total": None},
    "kernel_weight": {"distance": np.array([0.0, 50.0])},
    "merged_areas": {"sequence": segregation.merge_areas(COUNTS, GRAPH), "share": 0.5},
    "multiscalar_profile": {"name": "spatial_information_theory", "bandwidths": [150.0], "group": None},
    "randomisation_test": {"group": "young", "total": None, "replicates": 5},
    "rank_order_curve": {"counts": CLASSES, "at": [0.2, 0.5], "order": 2},
    "rank_order_information_theory": {"counts": CLASSES, "order": 2},
    "rank_order_square_root": {"counts": CLASSES, "order": 2},
    "rank_order_variance_ratio": {"counts": CLASSES, "order": 2},
    "replicate_values": {"group": "young", "total": None, "model": "evenness", "first": 0, "last": 5},
    "segregation_series": {
        "counts": LONG,
        "compositions": [Composition(name="young", groups=("young",), total="all")],
        "replicates": 5,
    },
    "significance_from_replicates": {
        "observed": 0.3,
        "values": np.array([0.2, 0.3, 0.4]),
        "model": "evenness",
    },
    "space_and_composition": {"group": "young", "total": None},
    "surface_decomposition": {"cells": 10},
}

WRONG: dict[str, Any] = {
    "text": "wrong",
    "a number as text": "1",
    "nothing": None,
    "no number": float("nan"),
    "pandas' nothing": pd.NA,
    "infinite": float("inf"),
    "huge": 1e300,
    "tiny": 1e-300,
    "negative": -1,
    "a negative part": -0.5,
    "a part": 2.5,
    "true": True,
    "complex": 1j,
    "an object": object(),
    "an empty list": [],
    "a list": [0.5],
    "texts": ["a", "b"],
    "a list of lists": [[1, 2], [3]],
    "a mapping": {"a": 1},
    "an array": np.array([1.0, 2.0]),
    "a series": pd.Series([1.0, 2.0]),
    "a frame": pd.DataFrame({"a": [1, 2]}),
    "areas without CRS": gpd.GeoSeries([shapely.box(0, 0, 1, 1)]),
}

# What looks wrong and is right: a measure may be undefined for the data that a test is about.
RIGHT_AFTER_ALL = {("observed", "no number")}

# Of these kinds there is no wrong type: a column may have any name, counts come as anything with numbers.
_ARRAYS = (pd.Series, pd.DataFrame, np.ndarray, Sequence, Mapping)


def public_functions() -> list[str]:
    return [name for name in segregation.__all__ if inspect.isfunction(getattr(segregation, name))]


def atoms(hint: Any) -> Iterator[Any]:
    """Take a type apart: unions into their members, choices into their values."""
    origin = get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        for member in get_args(hint):
            yield from atoms(member)
    elif origin is Literal:
        yield from get_args(hint)
    else:
        yield origin or hint


def parameters_of(name: str) -> dict[str, tuple[Any, ...]]:
    function = getattr(segregation, name)
    hints = typing.get_type_hints(function)
    return {
        parameter.name: tuple(atoms(hints[parameter.name]))
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    }


def right(name: str) -> dict[str, Any]:
    function = getattr(segregation, name)
    given = {
        parameter.name: RIGHT[parameter.name]
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name in RIGHT and parameter.default in (inspect.Parameter.empty,)
    }
    if "bandwidth" in inspect.signature(function).parameters:
        given["bandwidth"] = RIGHT["bandwidth"]
    own = OF_FUNCTION.get(name, {})
    return {option: value for option, value in {**given, **own}.items() if value is not None}


def is_wrong(value: Any, known: tuple[Any, ...]) -> bool:
    """Say whether a value is wrong for certain; of others it is enough that no foreign error comes out."""
    if value is None:
        return type(None) not in known
    if isinstance(value, bool):
        return not {bool, Any} & set(known) and not any(kind in known for kind in _ARRAYS)
    if isinstance(value, (int, float)) and value == value:
        if float in known or Any in known:
            return False
        return int not in known or value != int(value) if np.isfinite(value) else True
    if isinstance(value, (float, str, complex, type(pd.NA))) or type(value) is object:
        return True
    return not any(
        kind in known for kind in (*_ARRAYS, *((type(value),) if isinstance(value, gpd.GeoSeries) else ()))
    )


@pytest.mark.parametrize("name", public_functions())
def test_right_input_is_taken(name: str) -> None:
    getattr(segregation, name)(**right(name))


def kinds_for(known: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    """Leave out what is right but takes too long: as many replicates or rings as that."""
    return ((kind, value) for kind, value in WRONG.items() if kind != "huge" or int not in known)


def complaint_about(call: Callable[[], Any], refused: bool) -> str | None:
    """Say what is wrong with how wrong input was met, if anything is."""
    try:
        found = call()
    except SpatialError as error:
        return None if str(error) else "an empty message"
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"{type(error).__name__}: {error}"
    return f"taken for right, gave {found!r}"[:150] if refused else None


@pytest.mark.parametrize("name", public_functions())
def test_no_wrong_value_leaks_a_foreign_error(name: str) -> None:
    function, given = getattr(segregation, name), right(name)
    complaints = {
        (parameter, kind): complaint_about(
            partial(function, **{**given, parameter: value}),
            is_wrong(value, known) and (parameter, kind) not in RIGHT_AFTER_ALL,
        )
        for parameter, known in parameters_of(name).items()
        for kind, value in kinds_for(known)
    }
    assert not {place: told for place, told in complaints.items() if told}


@pytest.mark.parametrize("entry", [entry for entry in MEASURES if entry.prepare], ids=lambda entry: entry.id)
def test_what_inference_prepares_refuses_wrong_options_as_well(entry: Measure) -> None:
    """Options of a measure reach its evaluator directly, without the public function."""
    surroundings: dict[str, Any] = {}
    if "geometry" in entry.needs:
        surroundings["places"] = Places.of(BLOCKS, AREAS, entry.id)
    if "graph" in entry.needs:
        surroundings["graph"] = GRAPH
    table = CLASSES if entry.groups == "ordered" else COUNTS
    given = {
        option: value
        for option, value in right(entry.id).items()
        if option not in ("group", "total", "counts", "geometry", "graph")
    }

    def run(**options: Any) -> Any:
        assert entry.prepare is not None
        return entry.prepare(**surroundings, **{**given, **options})(table.to_numpy(dtype=float).T)

    run()
    complaints = {
        (parameter, kind): complaint_about(partial(run, **{parameter: value}), is_wrong(value, known))
        for parameter, known in parameters_of(entry.id).items()
        if parameter not in ("group", "total", "counts", "geometry", "graph")
        for kind, value in kinds_for(known)
    }
    assert not {place: told for place, told in complaints.items() if told}
