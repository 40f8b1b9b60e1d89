"""The streets of the sample city: the borders of its blocks, with bridges across the river and paths through the green."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from etl.sample_city.blocks import Use
from etl.sample_city.parameters import SRID

__all__ = ["KINDS", "build_streets"]

KINDS = ("Hauptstraße", "Straße", "Weg", "Brücke")  # the number of a kind is its position
_MAIN, _STREET, _PATH, _BRIDGE = range(len(KINDS))
_GREEN = (Use.WATER, Use.PARK, Use.FOREST, Use.ALLOTMENT, Use.FIELD)


def build_streets(
    polygons: NDArray[np.object_], use: NDArray[np.int8], statistical_district: NDArray[np.int64]
) -> gpd.GeoDataFrame:
    """Return the streets along the borders of blocks as (multi)lines with `name` and `kind`.

    Streets meet where they share a vertex. Main streets run between sub-districts, paths between green blocks; a border
    between two blocks of river leads across it. Along the outer border of the city there is no street.
    """
    ends, first, second = _inner_borders(polygons)
    sub = statistical_district // 10
    kind = np.full(len(first), _STREET)
    kind[np.isin(use[first], _GREEN) & np.isin(use[second], _GREEN)] = _PATH
    kind[sub[first] != sub[second]] = _MAIN
    kind[(use[first] == Use.WATER) & (use[second] == Use.WATER)] = _BRIDGE
    districts = np.sort(np.column_stack([statistical_district[first], statistical_district[second]]), axis=1)
    places = np.where((kind == _MAIN)[:, None], np.sort(districts // 10, axis=1), districts[:, :1])
    groups = pd.DataFrame({"kind": kind, "low": places[:, 0], "high": places[:, 1]})
    groups.loc[kind == _BRIDGE, "high"] = np.flatnonzero(kind == _BRIDGE)  # every bridge by itself
    order = np.lexsort((groups["high"], groups["low"], groups["kind"]))
    sorted_groups = groups.iloc[order]
    number = (sorted_groups != sorted_groups.shift()).any(axis=1).cumsum().to_numpy() - 1
    lines = shapely.linestrings(ends[order].reshape(-1, 2, 2))
    merged = shapely.line_merge(shapely.multilinestrings(lines, indices=number))
    told = sorted_groups[~pd.Series(number).duplicated().to_numpy()]
    return gpd.GeoDataFrame(
        {"name": _names(told), "kind": np.array(KINDS, dtype=object)[told["kind"]]},
        geometry=merged,
        crs=SRID,
    )


def _inner_borders(
    polygons: NDArray[np.object_],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the straight pieces [x, y, x, y] that two polygons share, and which two; corners are exactly the same."""
    rings, owner = shapely.get_rings(polygons, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[:-1] == ring[1:]
    pieces = np.column_stack([xy[:-1], xy[1:]])[inside]
    turned = (pieces[:, 0] > pieces[:, 2]) | ((pieces[:, 0] == pieces[:, 2]) & (pieces[:, 1] > pieces[:, 3]))
    pieces[turned] = pieces[turned][:, [2, 3, 0, 1]]
    of = owner[ring[:-1][inside]]
    order = np.lexsort((of, *pieces.T[::-1]))
    pieces, of = pieces[order], of[order]
    shared = np.flatnonzero((pieces[:-1] == pieces[1:]).all(axis=1) & (of[:-1] != of[1:]))
    return pieces[shared], of[shared], of[shared + 1]


def _names(groups: pd.DataFrame) -> list[str]:
    """Return what the streets are called: by the keys of what they lie in or between."""
    names, bridges = [], 0
    for kind, low, high in groups.itertuples(index=False):
        if kind == _MAIN:
            names.append(f"Hauptstraße {low:02}–{high:02}")
        elif kind == _BRIDGE:
            bridges += 1
            names.append(f"Brücke {bridges}")
        else:
            names.append(f"{'Straßen' if kind == _STREET else 'Wege'} in {low:03}")
    return names
