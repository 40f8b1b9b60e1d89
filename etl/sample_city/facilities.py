"""Schools, day care centres and playgrounds of the sample city: where the plan has housing, parks and public ground.

The true counts of people have no part in it, so the place of a facility says nothing of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from etl.sample_city.blocks import Use
from etl.sample_city.parameters import SRID

__all__ = ["build_facilities"]


@dataclass(frozen=True, slots=True)
class _Sort:
    """One sort of facility: its kinds with how often each is met, blocks for each one, and where it is built.

    `weights`: how much a hectare of a use counts; other uses have none.
    """

    kinds: Mapping[str, float]
    blocks_each: float
    weights: Mapping[Use, float]


_HOUSING = {Use.OLD_TOWN: 20, Use.INNER: 30, Use.ESTATE: 34, Use.GARDEN: 26, Use.DEVELOPMENT: 24}
_SORTS = {
    "schools": _Sort(
        {"Grundschule": 0.62, "Oberschule": 0.23, "Gymnasium": 0.15}, 28.0, {Use.PUBLIC: 40, Use.VILLAGE: 1}
    ),
    "day_care": _Sort(
        {"Kita": 1.0}, 12.0, {**_HOUSING, Use.PUBLIC: 60, Use.FAMILY: 12, Use.VILLAGE: 8, Use.FIELD: 0.02}
    ),
    "playgrounds": _Sort(
        {"Spielplatz": 1.0},
        10.0,
        {**_HOUSING, Use.PUBLIC: 10, Use.PARK: 4, Use.FAMILY: 7, Use.VILLAGE: 7, Use.FIELD: 0.02},
    ),
}


def build_facilities(
    polygons: NDArray[np.object_],
    use: NDArray[np.int8],
    sub_district: NDArray[np.int64],
    sub_names: Mapping[int, str],
    rng: np.random.Generator,
) -> dict[str, gpd.GeoDataFrame]:
    """Return the facilities of each sort as points with `name` and `kind`; the blocks are sorted by key."""
    return {
        name: _one_sort(sort, polygons, use, sub_district, sub_names, rng) for name, sort in _SORTS.items()
    }


def _one_sort(
    sort: _Sort,
    polygons: NDArray[np.object_],
    use: NDArray[np.int8],
    sub_district: NDArray[np.int64],
    sub_names: Mapping[int, str],
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    weights = np.array([sort.weights.get(kind, 0.0) for kind in Use])[use] * shapely.area(polygons)
    # Blocks beside each other have keys beside each other, so equal steps through the weights spread the facilities.
    reached = np.cumsum(weights)
    steps = max(1, round(len(polygons) / sort.blocks_each))
    wanted = (np.arange(steps) + rng.uniform(0.05, 0.95, steps)) * reached[-1] / steps
    chosen = np.unique(np.searchsorted(reached, wanted))
    kinds = rng.choice(list(sort.kinds), size=len(chosen), p=list(sort.kinds.values()))
    there: dict[tuple[str, int], int] = {}
    names = []
    for kind, sub in zip(kinds.tolist(), sub_district[chosen].tolist(), strict=True):
        there[kind, sub] = there.get((kind, sub), 0) + 1
        names.append(f"{kind} {sub_names[sub]} {there[kind, sub]}")
    return gpd.GeoDataFrame(
        {"name": names, "kind": kinds.astype(object)},
        geometry=shapely.set_precision(shapely.point_on_surface(polygons[chosen]), 0.01),
        crs=SRID,
    )
