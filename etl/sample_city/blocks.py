"""The blocks of the sample city: what each piece of ground is used for, and which pieces make one block."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from etl.sample_city.cells import grow_cells, largest_part
from etl.sample_city.parameters import CENTRE, SampleCityParameters
from etl.sample_city.plan import CityPlan, Ground, Points
from etl.sample_city.sites import Role, Sites, lay_out

__all__ = ["UNINHABITED", "Blocks", "Use", "build_blocks"]

_TILE = 900.0  # [m] size of one block of park, forest or allotments
_RIVER_RUN, _RING_RUN = 9, 7  # cells in one block of river, of the ring promenade


class Use(IntEnum):
    """What a block is used for."""

    WATER = 0
    PARK = 1
    FOREST = 2
    ALLOTMENT = 3
    INDUSTRY = 4
    PUBLIC = 5  # schools, hospitals, offices
    FIELD = 6  # a farm here and there
    OLD_TOWN = 7
    INNER = 8  # perimeter blocks around 1900
    ESTATE = 9
    GARDEN = 10  # terraces and slabs with green between them
    FAMILY = 11  # detached houses
    VILLAGE = 12
    DEVELOPMENT = 13  # disused sites, built on during the years


UNINHABITED = (Use.WATER, Use.PARK, Use.FOREST, Use.ALLOTMENT, Use.INDUSTRY, Use.PUBLIC)
_MERGED = (Use.PARK, Use.FOREST, Use.ALLOTMENT)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """All blocks, in no particular order.

    `polygons` in EPSG:25833; `middle`: a point of reference [m from the centre]; `use`: as `Use`; `size` [m²];
    `neighbours`: pairs of blocks (first < second) that share a border; `is_exclave`, `is_old_town`, `is_ring`: where.
    """

    polygons: NDArray[np.object_]
    middle: Points
    use: NDArray[np.int8]
    size: NDArray[np.float64]
    neighbours: NDArray[np.int64]
    is_exclave: NDArray[np.bool_]
    is_old_town: NDArray[np.bool_]
    is_ring: NDArray[np.bool_]
    is_estate: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.polygons)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pieces:
    """The cells of the city with what the plan says about them."""

    xy: Points
    role: NDArray[np.int8]
    order: NDArray[np.int64]
    ground: NDArray[np.int8]
    use: NDArray[np.int8]
    in_city_park: NDArray[np.bool_]


def build_blocks(plan: CityPlan, parameters: SampleCityParameters, rng: np.random.Generator) -> Blocks:
    """Build the blocks of the planned city."""
    sites = lay_out(plan, parameters.blocks, rng)
    cells = grow_cells(sites.xy, sites.spacing, plan.is_inside(sites.xy), origin=CENTRE)
    cells = largest_part(cells, plan.limit(sites.xy[cells.point]) < 1.0)
    pieces = _pieces(plan, sites, cells.point, rng)
    in_park = pieces.in_city_park | _beside(pieces.role == Role.POND, cells.neighbours)
    in_park &= pieces.role != Role.POND
    pieces.use[in_park] = Use.PARK
    block = _join(pieces, in_park, cells.neighbours, rng)
    count = int(block.max()) + 1
    first = np.full(count, -1, dtype=np.int64)
    first[block[::-1]] = np.arange(len(block))[::-1]
    polygons = _unite(cells.polygons, block, count)
    pairs = np.sort(block[cells.neighbours], axis=1)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    old_town = shapely.contains_xy(shapely.Polygon(plan.ring), pieces.xy[:, 0], pieces.xy[:, 1])
    ring_outside = (pieces.role == Role.RING_SIDE) & (pieces.order < 0)  # counter-clockwise: right is outside
    middle = shapely.get_coordinates(shapely.centroid(polygons)) - np.asarray(CENTRE)
    return Blocks(
        polygons=polygons,
        middle=middle,
        use=pieces.use[first],
        size=shapely.area(polygons),
        neighbours=np.unique(pairs, axis=0),
        is_exclave=(plan.limit(pieces.xy) >= 1.0)[first],
        is_old_town=(old_town & (pieces.role != Role.RING))[first],
        is_ring=((pieces.role == Role.RING) | ring_outside)[first],
        is_estate=(pieces.ground == Ground.ESTATE)[first],
    )


def _pieces(plan: CityPlan, sites: Sites, point: NDArray[np.int64], rng: np.random.Generator) -> _Pieces:
    xy, role, order = sites.xy[point], sites.role[point], sites.order[point]
    ground = plan.ground(xy)
    u = plan.in_radii(xy)
    distance = np.hypot(u[:, 0], u[:, 1])
    mottle, patches = plan.parks(xy), plan.patches(xy)
    kinds = np.array(
        [Use.FIELD, Use.GARDEN, Use.VILLAGE, Use.ESTATE, Use.ESTATE, Use.INDUSTRY], dtype=np.int8
    )
    use = kinds[ground]
    town = ground == Ground.TOWN
    use[town & (distance + 0.06 * patches + 0.03 * mottle > 0.40)] = Use.FAMILY
    use[town & (distance + 0.045 * patches + 0.015 * mottle < 0.285)] = Use.INNER
    use[plan.development.distance(u) < 1.0] = Use.DEVELOPMENT
    use[plan.goods_yard.distance(u) < 1.0] = Use.INDUSTRY
    lived_in = use >= Use.OLD_TOWN
    use[lived_in & (rng.uniform(size=len(use)) < 0.05)] = Use.PUBLIC
    use[town & (plan.gardens(xy) > 1.9) & (distance > 0.22)] = Use.ALLOTMENT
    use[(town | (ground == Ground.ESTATE)) & (mottle > 2.15) & (distance > 0.09)] = Use.PARK
    for park in (plan.south_park, plan.estate_park):
        use[park.distance(u) < 1.0] = Use.PARK
    use[(use == Use.FIELD) & (patches > 1.7)] = Use.FOREST
    use[_is_floodplain(plan, xy, distance, patches)] = Use.FOREST
    use[(role == Role.BANK) & (use != Use.FOREST) & (distance < 0.5) & (mottle > 0.2)] = Use.PARK
    inside_ring = shapely.contains_xy(shapely.Polygon(plan.ring), xy[:, 0], xy[:, 1])
    use[inside_ring & (use != Use.PUBLIC)] = Use.OLD_TOWN
    use[(role == Role.RING) | (role == Role.POND_SHORE) | (role == Role.LAKE_SHORE)] = Use.PARK
    use[(role == Role.RIVER) | (role == Role.LAKE) | (role == Role.POND)] = Use.WATER
    in_city_park = ((plan.city_park.distance(u) < 1.0) & (use != Use.WATER)) | (role == Role.POND_SHORE)
    use[in_city_park] = Use.PARK
    return _Pieces(xy=xy, role=role, order=order, ground=ground, use=use, in_city_park=in_city_park)


def _is_floodplain(
    plan: CityPlan, xy: Points, distance: NDArray[np.float64], patches: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell which cells belong to the riverside forest, which leaves out the inner city."""
    to_river = KDTree(plan.river[::4]).query(xy)[0] / plan.radius
    width = np.interp(distance, [0.17, 0.28, 0.6, 0.85, 1.0], [0.0, 0.045, 0.06, 0.04, 0.01]) * (
        1.0 + 0.45 * patches
    )
    return to_river < width


def _beside(chosen: NDArray[np.bool_], neighbours: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which cells share a border with a chosen one."""
    beside = np.zeros(len(chosen), dtype=bool)
    beside[neighbours[chosen[neighbours[:, 0]], 1]] = True
    beside[neighbours[chosen[neighbours[:, 1]], 0]] = True
    return beside


def _join(
    pieces: _Pieces, in_city_park: NDArray[np.bool_], neighbours: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return the block of each cell: cells with the same mark that touch are one block."""
    mark = np.arange(len(pieces.use), dtype=np.int64) + (1 << 40)  # every cell a block of its own, unless …
    tile = np.floor(pieces.xy / _TILE).astype(np.int64) + (1 << 12)
    green = np.isin(pieces.use, _MERGED)
    mark[green] = ((pieces.use[green].astype(np.int64) * (1 << 13)) + tile[green, 0]) * (1 << 13) + tile[
        green, 1
    ]
    role, order = pieces.role, pieces.order
    for kind, run in ((Role.RIVER, _RIVER_RUN), (Role.RING, _RING_RUN), (Role.RING_SIDE, 2)):
        chosen = role == kind
        mark[chosen] = (int(kind) << 35) + (order[chosen] // run) + (1 << 20)
    bank = (role == Role.BANK) & ~green
    runs = np.where(np.isin(pieces.ground[bank], (Ground.TOWN, Ground.ESTATE, Ground.VILLAGE)), 3, 8)
    mark[bank] = (9 << 36) + (pieces.use[bank].astype(np.int64) << 30) + (order[bank] // runs) + (1 << 20)
    for water in (Role.LAKE, Role.POND):
        mark[role == water] = (int(water) << 33) + order[role == water]
    mark[in_city_park] = 1
    _pair_up(mark, pieces, neighbours, rng)
    first, second = neighbours[mark[neighbours[:, 0]] == mark[neighbours[:, 1]]].T
    graph = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(len(mark), len(mark)))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _pair_up(
    mark: NDArray[np.int64], pieces: _Pieces, neighbours: NDArray[np.int64], rng: np.random.Generator
) -> None:
    """Give some neighbours of the same use one mark, so that blocks differ in size and shape."""
    first, second = neighbours.T
    alike = (pieces.use[first] == pieces.use[second]) & (pieces.role[first] == Role.GROUND)
    alike &= (pieces.role[second] == Role.GROUND) & (mark[first] >= 1 << 40) & (mark[second] >= 1 << 40)
    alike &= np.isin(pieces.ground[first], (Ground.OPEN, Ground.TOWN))
    pairs = neighbours[alike & (rng.uniform(size=len(neighbours)) < 0.05)]
    pairs = pairs[np.unique(pairs[:, 0], return_index=True)[1]]
    pairs = pairs[np.unique(pairs[:, 1], return_index=True)[1]]
    pairs = pairs[~np.isin(pairs[:, 1], pairs[:, 0])]
    mark[pairs[:, 1]] = mark[pairs[:, 0]]


def _unite(polygons: NDArray[np.object_], block: NDArray[np.int64], count: int) -> NDArray[np.object_]:
    """Return one polygon per block; corners stay where they are."""
    order = np.argsort(block, kind="stable")
    ends = np.cumsum(np.bincount(block, minlength=count))
    starts = np.concatenate([[0], ends[:-1]])
    united = polygons[order[starts]]
    for number in np.flatnonzero(ends - starts > 1):
        united[number] = shapely.coverage_union_all(polygons[order[starts[number] : ends[number]]])
    return shapely.normalize(united)
