"""The cases as PySAL's `segregation` computes them; each returns a number, to be compared with ours."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import libpysal
import numpy as np
from segregation import decomposition, multigroup, singlegroup
from segregation.inference import SingleValueTest

from benchmarks.segregation.city import GROUPS, synthetic_city

__all__ = ["CASES"]

Case = Callable[[gpd.GeoDataFrame], Any]


def _two(name: str) -> Case:
    return lambda city: getattr(singlegroup, name)(city, "group", "total").statistic


def _many(name: str, **options: Any) -> Case:
    return lambda city: getattr(multigroup, name)(city, GROUPS, **options).statistic


def _together(city: gpd.GeoDataFrame) -> Any:
    names = ("MultiInfoTheory", "MultiDissim", "MultiRelativeDiversity", "MultiNormExposure")
    return sum(_many(name)(city) for name in names)


def _k_nearest(city: gpd.GeoDataFrame) -> Any:
    weights = libpysal.weights.KNN.from_dataframe(city, k=24)
    return multigroup.MultiInfoTheory(city, GROUPS, w=libpysal.weights.fill_diagonal(weights)).statistic


def _simulated(index: str, null: str, replicates: int) -> Case:
    def run(city: gpd.GeoDataFrame) -> Any:
        fitted = getattr(singlegroup, index)(city, "group", "total")
        test = SingleValueTest(fitted, iterations_under_null=replicates, null_approach=null, n_jobs=2)
        return float(np.mean(test.est_sim))

    return run


def _space_and_composition(city: gpd.GeoDataFrame) -> Any:
    other = synthetic_city(len(city), seed=2)
    parts = decomposition.DecomposeSegregation(
        singlegroup.Dissim(city, "group", "total"), singlegroup.Dissim(other, "group", "total")
    )
    return parts.c_s


def _in_large_areas(case: Case) -> Case:
    """Give every area five times the residents: about 1,000, a statistical district instead of a block."""
    return lambda city: case(city.assign(group=city["group"] * 5, total=city["total"] * 5))


def _quiet(case: Case) -> Case:
    def run(city: gpd.GeoDataFrame) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return case(city)

    return run


CASES: dict[str, Case] = {
    name: _quiet(case)
    for name, case in {
        "dissimilarity": _two("Dissim"),
        "isolation": _two("Isolation"),
        "gini": _two("Gini"),
        "information_theory": _two("Entropy"),
        "multigroup_information_theory": _many("MultiInfoTheory"),
        "multigroup_dissimilarity": _many("MultiDissim"),
        "four multigroup measures at once": _together,
        "spatial_information_theory 350 m": _many("MultiInfoTheory", distance=350),
        "spatial_information_theory k=24": _k_nearest,
        "spatial_dissimilarity 350 m": _many("MultiDissim", distance=350),
        "spatial_gini 350 m": lambda city: singlegroup.Gini(city, "group", "total", distance=350).statistic,
        "systematic 100": _simulated("Dissim", "systematic", 100),
        "evenness 100": _simulated("Dissim", "evenness", 100),
        "bootstrap 100": _simulated("Dissim", "bootstrap", 100),
        "systematic H 100": _simulated("Entropy", "systematic", 100),
        "person_permutation 2": _simulated("Dissim", "person_permutation", 2),
        "person_permutation 2, 1,000 residents": _in_large_areas(
            _simulated("Dissim", "person_permutation", 2)
        ),
        "space and composition": _space_and_composition,
    }.items()
}
