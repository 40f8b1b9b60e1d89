"""The cases as Sozialraum computes them: those of the peer, and those at which the peer gives up."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from benchmarks.segregation.city import GROUPS, synthetic_city
from spatial.contiguity import shared_borders
from spatial.neighbours import NeighbourGraph
from spatial.segregation import available, compute
from spatial.segregation.aspatial.multigroup import several
from spatial.segregation.decomposition.counterfactual import space_and_composition
from spatial.segregation.environments.multiscalar import multiscalar_profile
from spatial.segregation.inference import replicate_values
from spatial.segregation.places import Places
from spatial.segregation.register import measure

__all__ = ["CASES", "PREPARED"]

Case = Callable[[gpd.GeoDataFrame], Any]


@cache
def _graph_of(areas: int) -> NeighbourGraph:
    return shared_borders(synthetic_city(areas), method="exact")


def _two(name: str, **options: Any) -> Case:
    function = measure(name).function  # the plain function, as the peer's class is called
    return lambda city: function(city["group"], city["total"], **options)


def _many(name: str) -> Case:
    function = measure(name).function
    return lambda city: function(city[GROUPS])


_TOGETHER = (
    "multigroup_information_theory",
    "multigroup_dissimilarity",
    "relative_diversity",
    "multigroup_normalised_exposure",
)


def _copied(city: gpd.GeoDataFrame) -> float:
    """Read and write the counts once: what memory allows at best."""
    return float(city[GROUPS].to_numpy().T.copy()[0, 0])


def _around(name: str, columns: list[str] | None = None, **options: Any) -> Case:
    return lambda city: compute(name, _table(city, columns), geometry=city, **options)


def _table(city: gpd.GeoDataFrame, columns: list[str] | None) -> pd.DataFrame:
    if columns is None:
        return city[GROUPS]
    return pd.DataFrame({"group": city["group"], "rest": city["total"] - city["group"]})


def _boundary(city: gpd.GeoDataFrame) -> Any:
    graph = _graph_of(len(city))
    names = ("adjacency_dissimilarity", "border_dissimilarity", "shape_dissimilarity")
    return sum(
        compute(name, city["group"], total=city["total"], geometry=city, graph=graph) for name in names
    )


def _boundary_with_graph(city: gpd.GeoDataFrame) -> Any:
    graph = shared_borders(city, method="exact")
    names = ("adjacency_dissimilarity", "border_dissimilarity", "shape_dissimilarity")
    return sum(
        compute(name, city["group"], total=city["total"], geometry=city, graph=graph) for name in names
    )


def _proximities(city: gpd.GeoDataFrame, tolerance: float) -> Any:
    names = ("spatial_proximity", "relative_clustering", "absolute_clustering")
    names += ("distance_decay_isolation", "distance_decay_interaction")
    values = [
        compute(name, city["group"], total=city["total"], geometry=city, tolerance=tolerance)
        for name in names
    ]
    return values[0]


def _one_proximity(city: gpd.GeoDataFrame) -> Any:
    return compute("spatial_proximity", city["group"], total=city["total"], geometry=city)


def _simulated(name: str, model: str, replicates: int) -> Case:
    def run(city: gpd.GeoDataFrame) -> Any:
        values = replicate_values(
            name,
            city["group"],
            total=city["total"],
            model=model,
            rng=1,
            first=0,
            last=replicates,
            workers=2,
        )
        return float(np.mean(values))

    return run


def _in_large_areas(case: Case) -> Case:
    """Give every area five times the residents: about 1,000, a statistical district instead of a block."""
    return lambda city: case(city.assign(group=city["group"] * 5, total=city["total"] * 5))


def _permuted_boundary(replicates: int) -> Case:
    def run(city: gpd.GeoDataFrame) -> Any:
        values = replicate_values(
            "adjacency_dissimilarity",
            city["group"],
            total=city["total"],
            graph=_graph_of(len(city)),
            model="geographic_permutation",
            rng=1,
            first=0,
            last=replicates,
            workers=2,
        )
        return float(np.mean(values))

    return run


def _permuted_environments(replicates: int) -> Case:
    def run(city: gpd.GeoDataFrame) -> Any:
        values = replicate_values(
            "spatial_information_theory",
            _table(city, ["group"]),
            geometry=city,
            bandwidth=350.0,
            kernel="box",
            model="geographic_permutation",
            rng=1,
            first=0,
            last=replicates,
            workers=2,
        )
        return float(np.mean(values))

    return run


def _space_and_composition(city: gpd.GeoDataFrame) -> Any:
    other = synthetic_city(len(city), seed=2)
    first, second = (pd.DataFrame({"g": c["group"], "r": c["total"] - c["group"]}) for c in (city, other))
    return space_and_composition("dissimilarity", first, second).parts.iloc[0]


def _all_aspatial(city: gpd.GeoDataFrame) -> Any:
    """Compute every measure of counts alone, of two groups and of four, but for those made by simulation."""
    table = available()
    chosen = table[~table["needs_geometry"] & ~table["needs_graph"] & (table["gives"] == "number")]
    chosen = chosen[chosen["dimension"].isin(["evenness", "exposure"])]
    simulated = ("corrected", "modified", "expected")
    two = [n for n in chosen.index[chosen["groups"] == "two"] if not any(word in n for word in simulated)]
    values = [compute(name, city["group"], total=city["total"]) for name in two]
    return values[0] + several(city[GROUPS]).iloc[0] * 0


def _profile(city: gpd.GeoDataFrame) -> Any:
    bandwidths = np.linspace(500, 5000, 10)
    places = Places.of(city, city.index, "the profile")
    return multiscalar_profile(
        "spatial_information_theory", city[GROUPS], geometry=places, bandwidths=bandwidths
    ).values.iloc[-1, 0]


CASES: dict[str, Case] = {
    "dissimilarity": _two("dissimilarity"),
    "isolation": _two("isolation"),
    "gini": _two("gini"),
    "information_theory": _two("information_theory"),
    "multigroup_information_theory": _many("multigroup_information_theory"),
    "multigroup_dissimilarity": _many("multigroup_dissimilarity"),
    "four multigroup measures at once": lambda city: several(city[GROUPS], _TOGETHER).sum(),
    "counts copied": _copied,
    "multigroup_gini": _many("multigroup_gini"),
    "D(adj), D(w), D(s)": _boundary,
    "the same, graph found first": _boundary_with_graph,
    "spatial_proximity exact": _one_proximity,
    "SP, RCL, ACL, DPxx, DPxy within 1e-6": lambda city: _proximities(city, 1e-6),
    "spatial_information_theory 350 m": _around("spatial_information_theory", bandwidth=350.0, kernel="box"),
    "spatial_information_theory k=24": _around("spatial_information_theory", neighbours=24, kernel="box"),
    "spatial_dissimilarity 350 m": _around("spatial_dissimilarity", bandwidth=350.0, kernel="box"),
    "spatial_gini 350 m": _around("spatial_gini", ["group"], bandwidth=350.0, kernel="box"),
    "systematic 100": _simulated("dissimilarity", "systematic", 100),
    "evenness 100": _simulated("dissimilarity", "evenness", 100),
    "bootstrap 100": _simulated("dissimilarity", "bootstrap_areas", 100),
    "systematic H 100": _simulated("information_theory", "systematic", 100),
    "person_permutation 2": _simulated("dissimilarity", "person_permutation", 2),
    "systematic 1000": _simulated("dissimilarity", "systematic", 1000),
    "evenness 1000": _simulated("dissimilarity", "evenness", 1000),
    "bootstrap 1000": _simulated("dissimilarity", "bootstrap_areas", 1000),
    "systematic H 1000": _simulated("information_theory", "systematic", 1000),
    "person_permutation 1000": _simulated("dissimilarity", "person_permutation", 1000),
    "person_permutation 1000, 1,000 residents": _in_large_areas(
        _simulated("dissimilarity", "person_permutation", 1000)
    ),
    "geographic permutation D(adj) 1000": _permuted_boundary(1000),
    "geographic permutation H~ 1000": _permuted_environments(1000),
    "space and composition": _space_and_composition,
    "all aspatial": _all_aspatial,
    "spatial_information_theory 500 m": _around("spatial_information_theory", bandwidth=500.0, kernel="box"),
    "profile to 5 km": _profile,
}

# What is found once for a city and reused, and therefore made before the clock starts.
PREPARED = {
    "D(adj), D(w), D(s)": lambda city: _graph_of(len(city)),
    "geographic permutation D(adj) 1000": lambda city: _graph_of(len(city)),
}
