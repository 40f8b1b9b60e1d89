"""Do outlines hold still? Noise, merged blocks and roundness, beside the plain threshold, on four synthetic surfaces."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from benchmarks.boundaries.city import DATA, SURFACES, City, hilly_need
from etl.sample_city.generate import generate_blocks
from spatial.contiguity import shared_borders
from spatial.neighbours import NeighbourGraph
from spatial.regions import outlines, propose, suggested_parameters

__all__ = ["stability_figures"]

_DRAWS = 4


def stability_figures() -> dict[str, tuple[float, float]]:
    """Return the worst of four surfaces for each figure: ours, and the plain threshold (roundness: official areas)."""
    blocks = generate_blocks(5000, seed=1)
    graph, people = shared_borders(blocks.geometry), blocks["residents_2023"]
    group = _by_fours(blocks)
    changed, common, plain_changed, plain_common, roundness = [], [], [], [], []
    for seed in SURFACES:
        city = City(need=hilly_need(blocks.geometry, seed), people=people, graph=graph)
        begin = suggested_parameters(city.need, people, graph)
        changed.append(_changed(city, begin.border_price, 0.2))
        plain_changed.append(_changed(city, 0.0, 0.0))
        coarse = _merged(city, group)
        common.append(_common(city, coarse, group, begin.border_price))
        plain_common.append(_common(city, coarse, group, 0.0))
        roundness.append(_roundness(blocks.geometry, _chosen(city, begin.border_price)))
    return {
        "residents that change side under noise [%]": (100 * max(changed), 100 * max(plain_changed)),
        "residents in common after merging 2×2 [Jaccard]": (min(common), min(plain_common)),
        "median isoperimetric quotient": (min(roundness), _official()),
    }


def _chosen(city: City, price: float) -> pd.Series:
    return propose(city.need, city.people, city.graph, threshold=1.0, border_price=price).region


def _changed(city: City, price: float, inertia: float) -> float:
    """Return the share of the residents inside that change side when noise of 0.25 is added to the need."""
    first = _chosen(city, price)
    before, shares = first.notna(), []
    for draw in range(_DRAWS):
        noisy = city.need + np.random.default_rng(draw).normal(0, 0.25, len(city.need))
        again = propose(
            noisy,
            city.people,
            city.graph,
            threshold=1.0,
            border_price=price,
            existing=first,
            inertia=inertia,
        )
        shares.append(city.people[before ^ again.region.notna()].sum() / city.people[before].sum())
    return float(np.mean(shares))


def _by_fours(blocks: gpd.GeoDataFrame) -> pd.Series:
    """Return the group of each block: strips of equal number from west to east, cut from south to north."""
    centre = blocks.geometry.centroid
    strips = int(np.sqrt(len(blocks)) / 2)
    column = pd.qcut(centre.x.rank(method="first"), strips, labels=False)
    place = centre.y.groupby(column).rank(method="first") - 1
    row = (place * strips / column.map(column.value_counts())).astype(int)
    return column.astype(str).str.zfill(3) + "-" + row.astype(str).str.zfill(3)


def _merged(city: City, group: pd.Series) -> City:
    """Return the city of groups of blocks: need weighted by residents, borders added up."""
    code, names = pd.factorize(group, sort=True)
    index, people, graph = pd.Index(names), city.people.to_numpy(dtype=float), city.graph
    residents, need = np.bincount(code, people), city.need.to_numpy()
    plain = np.bincount(code, need) / np.bincount(code)
    weighted = np.bincount(code, need * people) / np.where(residents > 0, residents, 1)
    one, other = np.sort([code[graph.first], code[graph.second]], axis=0)
    between = one != other
    pair, at = np.unique(one[between] * len(index) + other[between], return_inverse=True)
    return City(
        need=pd.Series(np.where(residents > 0, weighted, plain), index),
        people=pd.Series(residents, index),
        graph=NeighbourGraph(
            area_id=index,
            first=pair // len(index),
            second=pair % len(index),
            border=np.bincount(at, graph.border[between]).astype(float),
        ),
    )


def _common(city: City, coarse: City, group: pd.Series, price: float) -> float:
    fine, wide = _chosen(city, price).notna(), group.map(_chosen(coarse, price).notna())
    return float(city.people[fine & wide].sum() / city.people[fine | wide].sum())


def _roundness(areas: gpd.GeoSeries, region: pd.Series) -> float:
    return _quotient(outlines(areas, region))


def _quotient(shapes: gpd.GeoDataFrame) -> float:
    """Return the median of 4π × surface / perimeter²: 1 for a circle."""
    return float((4 * np.pi * shapes.area / shapes.length**2).median())


def _official() -> float:
    """Return the median of the 105 official areas, NaN where the data are not here."""
    path = DATA / "france-qpv-occitanie" / "qp.geojson"
    if not path.is_file():
        return float("nan")
    areas = gpd.read_file(path)
    return _quotient(areas.set_geometry(areas.make_valid()).to_crs(2154))
