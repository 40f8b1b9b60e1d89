"""What the boundary benchmarks run on: synthetic cities of any size, made once and kept, and Berlin's planning areas."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.sample_city.generate import generate_blocks
from spatial.contiguity import shared_borders
from spatial.neighbours import NeighbourGraph

__all__ = ["DATA", "SURFACES", "City", "berlin", "hilly_need", "kept_city", "make_city", "smooth_need"]

SURFACES = (1, 2, 3, 4)
"""Seeds of the harder surfaces."""

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class City:
    """Need, residents and neighbours; no geometry, so that memory is that of the work. `harder`: needs with more noise."""

    need: pd.Series
    people: pd.Series
    graph: NeighbourGraph
    harder: tuple[pd.Series, ...] = ()


def make_city(blocks: int, folder: Path) -> Path:
    """Make a synthetic city (no real place) and keep what a proposal needs of it; return the file."""
    path = folder / f"city-{blocks}.npz"
    if not path.exists():
        made = generate_blocks(blocks, seed=1)
        middle = made.geometry.centroid
        graph = shared_borders(made.geometry)
        np.savez(
            path,
            area_id=made["area_id"].to_numpy(dtype=str),
            need=smooth_need(middle.x.to_numpy(), middle.y.to_numpy()),
            harder=np.array([hilly_need(made.geometry, seed) for seed in SURFACES]),
            people=made["residents_2023"].to_numpy(dtype=float),
            first=graph.first,
            second=graph.second,
            border=graph.border,
        )
    return path


def kept_city(path: Path) -> City:
    """Read a city that was made before."""
    with np.load(path) as kept:
        index = pd.Index(kept["area_id"], name="area_id")
        return City(
            need=pd.Series(kept["need"], index),
            people=pd.Series(kept["people"], index),
            graph=NeighbourGraph(
                area_id=index, first=kept["first"], second=kept["second"], border=kept["border"]
            ),
            harder=tuple(pd.Series(need, index) for need in kept["harder"]),
        )


def smooth_need(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Make a smooth surface of eight hills with noise of 0.3, standardised: need comes together in some places."""
    rng = np.random.default_rng(1)
    width = max(np.ptp(x), np.ptp(y)) / 15
    hills = np.zeros(len(x))
    for _ in range(8):
        hills += np.exp(-((x - rng.choice(x)) ** 2 + (y - rng.choice(y)) ** 2) / (2 * width**2))
    return _standardised(hills + rng.normal(0, 0.3, len(x)))


def hilly_need(areas: gpd.GeoSeries, seed: int) -> pd.Series:
    """Make the harder surface of the stability figures: noise of 0.7 of the hills' own spread."""
    rng = np.random.default_rng(seed)
    x, y = areas.centroid.x.to_numpy(), areas.centroid.y.to_numpy()
    width = max(np.ptp(x), np.ptp(y)) / 15
    hills = np.zeros(len(x))
    for _ in range(8):
        hills += np.exp(-((x - rng.choice(x)) ** 2 + (y - rng.choice(y)) ** 2) / (2 * width**2))
    return pd.Series(_standardised(hills / np.std(hills) + rng.normal(0, 0.7, len(x))), areas.index)


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return (values - values.mean()) / values.std()


def berlin(year: str) -> City:
    """Read the planning areas of an edition of Berlin's social monitoring: its status index, high is need."""
    folder = DATA / "berlin-mss-lor-pre2021"
    stem = f"mss_{year}/berlin-monitoring-social-urban-development-{year}-00"
    table, classes = (
        pd.read_csv(folder / f"{stem}-{part}-planning-areas.csv", dtype={"id": str}).set_index("id")
        for part in ("2-1", "1")
    )
    status = classes["status_index"].fillna(0).astype(int)
    used = "^s[134]_" if year == "2019" else "^s[1234]_"  # long-term unemployment was dropped in 2019
    values = table.filter(regex=used)[status > 0]
    total = ((values - values.mean()) / values.std(ddof=0)).sum(axis=1)
    areas = gpd.read_file(folder / "lor_pre2021.gpkg", layer="planungsraeume")
    # As published, the northern one of two polygons called Schlossstrasse carries the other's key.
    twice = areas.index[areas["LOR_ID"] == "06010102"]
    areas.loc[twice[np.argmax(areas.geometry[twice].centroid.y)], "LOR_ID"] = "04030417"
    geometry = areas.set_index("LOR_ID").geometry
    geometry = geometry[geometry.index.isin(table.index)]
    return City(
        need=((total - total.mean()) / total.std(ddof=0)).reindex(geometry.index),
        people=classes["inhabitants"].reindex(geometry.index).fillna(0),
        graph=shared_borders(geometry),
    )
