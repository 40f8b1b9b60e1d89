"""A synthetic city for the benchmarks: a jittered grid of square blocks, clustered groups, a fixed seed."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

__all__ = ["GROUPS", "synthetic_city"]

GROUPS = ["a", "b", "c", "d"]
_SIDE = 100.0


def synthetic_city(areas: int, seed: int = 1) -> gpd.GeoDataFrame:
    """Return blocks of 100 m with `total`, `group` (= `a`) and the groups `a` to `d` that add up to it.

    Group shares vary smoothly over the city, with noise, as they do in real ones. About one block in fifty is
    empty.
    """
    rng = np.random.default_rng(seed)
    columns = int(np.ceil(np.sqrt(areas)))
    column, row = np.arange(areas) % columns, np.arange(areas) // columns
    across, up = column / columns, row / columns
    total = rng.integers(20, 400, areas)
    total[rng.random(areas) < 0.02] = 0
    leaning = np.stack(
        [
            1.5 * np.sin(7 * across) * np.cos(5 * up),
            1.0 * np.cos(9 * across + 3 * up),
            1.2 * np.sin(4 * up - 6 * across),
            np.full(areas, 1.0),
        ]
    )
    weights = np.exp(leaning + rng.normal(0, 0.4, leaning.shape))
    counts = rng.multinomial(total, (weights / weights.sum(axis=0)).T)
    columns_of = {name: counts[:, place].astype(float) for place, name in enumerate(GROUPS)}
    # Column by column in memory, as a table that was read from a file.
    table = pd.DataFrame(columns_of | {"group": columns_of["a"], "total": counts.sum(axis=1).astype(float)})
    left, bottom = column * _SIDE, row * _SIDE
    return gpd.GeoDataFrame(
        table, geometry=shapely.box(left, bottom, left + _SIDE, bottom + _SIDE), crs=25833
    )
