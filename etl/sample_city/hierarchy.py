"""The levels of the sample city: connected districts, sub-districts and statistical districts, and everybody's key.

A region grows from its seed along shared borders, unwillingly across water and out of one kind of housing into
another, so that borders follow the river and the edges of quarters, and every region hangs together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import KDTree

from etl.sample_city.blocks import Blocks, Use
from etl.sample_city.plan import CityPlan, Points

__all__ = ["Keys", "build_hierarchy"]

# Where the districts 1 to 9 begin (city radii); district 0 is the centre. Numbered clockwise from the north-east,
# the inner west follows the west.
_DISTRICT_SEEDS = (
    (0.27, 0.36),
    (0.33, 0.04),
    (0.34, -0.30),
    (0.06, -0.36),
    (-0.30, -0.42),
    (-0.50, -0.07),
    (-0.27, 0.03),
    (-0.38, 0.36),
    (0.05, 0.42),
)
_CENTRE_REACH = 0.125  # city radii
_EXCLAVE_DISTRICT = 3
_SAMPLE = 20_000  # points that are enough to find the middle of a region
# How much a block counts when a region is divided: many people make more parts, fields and parks fewer.
_WEIGHT = np.array([0.2, 0.3, 0.2, 0.3, 0.3, 0.8, 0.3, 0.8, 1.0, 3.2, 1.0, 0.8, 0.8, 0.8])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Keys:
    """Position and keys of all blocks, sorted by key.

    `order`: position of each block in the unsorted blocks. `block_digits`: digits of the block part of a key.
    `number`: number of the block in its statistical district, from 1 on.
    `district`, `sub_district`, `statistical_district`: numbers 0–9, 0–99, 0–999 that are the keys without zeros.
    """

    order: NDArray[np.int64]
    district: NDArray[np.int64]
    sub_district: NDArray[np.int64]
    statistical_district: NDArray[np.int64]
    number: NDArray[np.int64]
    block_digits: int


def build_hierarchy(plan: CityPlan, blocks: Blocks, rng: np.random.Generator) -> Keys:
    """Divide the city into districts, sub-districts and statistical districts."""
    links = _Links(blocks)
    sub_count = int(np.clip(round(len(blocks) / 50), 20, 100))
    statistical_count = int(np.clip(round(len(blocks) / 10), 2 * sub_count, 1000))
    district = _districts(plan, blocks, links)
    fixed = np.full(len(blocks), -1, dtype=np.int64)
    fixed[blocks.is_old_town & (district == 0)] = 0
    fixed[blocks.is_ring & ~blocks.is_old_town & (district == 0)] = 1
    sub = _divide(blocks, links, district, sub_count, fixed, rng, most=10)
    sub = _numbered(sub, district, blocks.middle, fixed, sort_key=_from_centre)
    fixed = np.where(blocks.is_exclave, 0, -1)
    statistical = _divide(blocks, links, sub, statistical_count, fixed, rng, most=10)
    statistical = _numbered(statistical, sub, blocks.middle, fixed, sort_key=_clockwise)
    return _keys(statistical, blocks.middle)


class _Links:
    """The graph of neighbouring blocks; a step costs its length, counted in blocks rather than metres."""

    def __init__(self, blocks: Blocks) -> None:
        first, second = _with_bridge(blocks).T
        side = np.sqrt(blocks.size)
        length = np.hypot(*(blocks.middle[first] - blocks.middle[second]).T)
        cost = length / np.minimum(side[first], side[second]) ** 0.6
        water = (blocks.use[first] == Use.WATER) | (blocks.use[second] == Use.WATER)
        green = np.isin(blocks.use, (Use.PARK, Use.FOREST, Use.INDUSTRY))
        cost *= np.where(water, 6.0, 1.0) * np.where(green[first] | green[second], 1.6, 1.0)
        cost *= np.where(blocks.is_estate[first] != blocks.is_estate[second], 6.0, 1.0)
        lived_in = blocks.use >= Use.OLD_TOWN
        changes = (blocks.use[first] != blocks.use[second]) & lived_in[first] & lived_in[second]
        self.first, self.second, self.count = first, second, len(blocks)
        self.cost = cost * np.where(changes, 1.7, 1.0)

    def grow(self, seeds: NDArray[np.int64], within: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the seed each block is nearest to, on ways that never leave the part `within` says it is in."""
        same = within[self.first] == within[self.second]
        graph = coo_array(
            (self.cost[same], (self.first[same], self.second[same])), shape=(self.count, self.count)
        )
        _, _, sources = dijkstra(
            graph.tocsr(), directed=False, indices=seeds, min_only=True, return_predecessors=True
        )
        return sources.astype(np.int64)

    def parts(self, region: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return a number per block, equal for blocks of one region that hang together."""
        same = region[self.first] == region[self.second]
        ones = np.ones(int(same.sum()), dtype=np.int8)
        graph = coo_array((ones, (self.first[same], self.second[same])), shape=(self.count, self.count))
        return connected_components(graph, directed=False)[1].astype(np.int64)


def _with_bridge(blocks: Blocks) -> NDArray[np.int64]:
    """Return the neighbours, and for the exclave the shortest way over to the rest of the city."""
    outside = np.flatnonzero(blocks.is_exclave)
    if not len(outside):
        return blocks.neighbours
    rest = np.flatnonzero(~blocks.is_exclave)
    distance, nearest = map(np.asarray, KDTree(blocks.middle[rest]).query(blocks.middle[outside]))
    start = int(np.argmin(distance))
    bridge = np.array([[outside[start], rest[nearest[start]]]])
    return np.vstack([blocks.neighbours, np.sort(bridge, axis=1)])


def _districts(plan: CityPlan, blocks: Blocks, links: _Links) -> NDArray[np.int64]:
    u = plan.in_radii(blocks.middle)
    centre = (np.hypot(u[:, 0], u[:, 1]) < _CENTRE_REACH) | blocks.is_old_town | blocks.is_ring
    parts = links.parts(centre.astype(np.int64))
    inner = parts == parts[np.hypot(u[:, 0], u[:, 1]).argmin()]
    # What lies enclosed in the central district belongs to it.
    parts = links.parts(inner.astype(np.int64))
    inner |= parts != np.bincount(parts[~inner]).argmax()
    district = np.zeros(len(blocks), dtype=np.int64)
    lived_in = np.flatnonzero((blocks.use >= Use.OLD_TOWN) & ~inner)
    seeds = lived_in[KDTree(u[lived_in]).query(np.asarray(_DISTRICT_SEEDS))[1]]
    source = links.grow(seeds, inner.astype(np.int64))
    number = {int(seed): index + 1 for index, seed in enumerate(seeds)}
    rest = np.flatnonzero(~inner)
    district[rest] = [number.get(int(seed), _EXCLAVE_DISTRICT) for seed in source[rest]]
    district[blocks.is_exclave] = _EXCLAVE_DISTRICT
    return district


def _divide(
    blocks: Blocks,
    links: _Links,
    parent: NDArray[np.int64],
    wanted: int,
    fixed: NDArray[np.int64],
    rng: np.random.Generator,
    *,
    most: int,
) -> NDArray[np.int64]:
    """Divide each parent region into connected parts of about the same weight.

    `fixed`: blocks that form a part of their own (same number, same parent: same part), -1 for all others.
    """
    free = fixed < 0
    weight = _WEIGHT[blocks.use]
    per_part = weight.sum() / wanted
    within = np.where(free, parent, -1 - np.arange(len(parent)))
    seeds = []
    for region in np.unique(parent):
        members = np.flatnonzero((parent == region) & free)
        taken = len(np.unique(fixed[(parent == region) & ~free]))
        if not len(members):
            continue
        pieces = links.parts(np.where((parent == region) & free, 0, 1 + np.arange(len(parent))))[members]
        for piece in np.unique(pieces):
            here = members[pieces == piece]
            room = most - taken - (len(np.unique(pieces)) - 1)
            count = int(np.clip(round(weight[here].sum() / per_part), 1, max(1, min(room, len(here)))))
            taken += count - 1
            seeds.append(here[_evenly(blocks.middle[here], weight[here], count, rng)])
    part = np.empty(len(parent), dtype=np.int64)
    grown = links.grow(np.concatenate(seeds), within)
    part[free] = grown[free]
    part[~free] = len(parent) + parent[~free] * 10 + fixed[~free]
    return part


def _evenly(
    points: Points, weight: NDArray[np.float64], count: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return the positions of at most `count` points that lie in the middle of about equal shares of the weight."""
    rows = (
        np.arange(len(points)) if len(points) <= _SAMPLE else rng.choice(len(points), _SAMPLE, replace=False)
    )
    sample, share = points[rows], weight[rows]
    middles = sample[rng.choice(len(sample), count, replace=False, p=share / share.sum())]
    for _ in range(25):
        nearest = KDTree(middles).query(sample)[1]
        size = np.bincount(nearest, weights=share, minlength=count)
        for axis in (0, 1):
            total = np.bincount(nearest, weights=sample[:, axis] * share, minlength=count)
            middles[:, axis] = np.where(size > 0, total / np.maximum(size, 1e-9), middles[:, axis])
    return np.unique(KDTree(points).query(middles)[1])


def _numbered(
    part: NDArray[np.int64],
    parent: NDArray[np.int64],
    middle: Points,
    fixed: NDArray[np.int64],
    *,
    sort_key: Callable[[Points], NDArray[np.float64]],
) -> NDArray[np.int64]:
    """Return parent × 10 + number of the part in its parent: the fixed parts first, the others by `sort_key`."""
    _, position = np.unique(part, return_inverse=True)
    size = np.bincount(position)
    centre = np.column_stack([np.bincount(position, weights=middle[:, axis]) / size for axis in (0, 1)])
    owner = np.zeros(len(size), dtype=np.int64)
    owner[position] = parent
    rank = np.full(len(size), np.iinfo(np.int64).max)
    rank[position[fixed >= 0]] = fixed[fixed >= 0]
    number = np.zeros(len(size), dtype=np.int64)
    for region in np.unique(owner):
        here = np.flatnonzero(owner == region)
        number[here[np.lexsort((sort_key(centre[here]), rank[here]))]] = np.arange(len(here))
    return parent * 10 + number[position]


def _from_centre(points: Points) -> NDArray[np.float64]:
    return np.hypot(points[:, 0], points[:, 1])


def _clockwise(points: Points) -> NDArray[np.float64]:
    """Order points clockwise from the north, seen from their common middle."""
    offset = points - points.mean(axis=0)
    return np.mod(np.arctan2(offset[:, 0], offset[:, 1]), 2 * np.pi)


def _keys(statistical: NDArray[np.int64], middle: Points) -> Keys:
    """Sort the blocks by key; those of a statistical district are counted from north to south, from 1 on."""
    order = np.lexsort((middle[:, 0], -middle[:, 1], statistical))
    ordered = statistical[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    counts = np.diff(np.concatenate([starts, [len(ordered)]]))
    number = np.arange(len(ordered)) - np.repeat(starts, counts) + 1
    return Keys(
        order=order,
        district=ordered // 100,
        sub_district=ordered // 10,
        statistical_district=ordered,
        number=number,
        block_digits=max(2, len(str(int(number.max())))),
    )
