"""Where the cells of the sample city have their centres: one point for each piece of ground, laid out as streets would.

Quarters have street grids of their own, turned against each other. Along the river, the ring and the shores points
stand in mirrored pairs, so that the border between the two cells of a pair follows the course exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree

from etl.sample_city.plan import CityPlan, Ground, Points

__all__ = ["Role", "Sites", "lay_out"]

# Cells laid out per block, by the logarithm of the blocks: some cells are joined to river, park and field blocks.
_CELLS_PER_BLOCK = ((2.48, 3.48, 4.0, 5.0, 6.0), (1.0, 1.164, 1.206, 1.24, 1.254))
# Cells in a quarter with one street grid, and how loose the grid is, by kind of ground (see `Ground`).
_QUARTER = (30, 42, 14, 40, 30, 12)
_LOOSE = (0.22, 0.11, 0.16, 0.05, 0.05, 0.10)
_RIVER_HALF = 26.0  # [m]
_RING_HALF = 21.0  # [m]


class Role(IntEnum):
    """What a cell is there for."""

    GROUND = 0
    RIVER = 1
    BANK = 2
    RING = 3
    RING_SIDE = 4
    LAKE = 5
    LAKE_SHORE = 6
    POND = 7
    POND_SHORE = 8
    STREET_SIDE = 9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sites:
    """Points of all cells, those outside the city included (they give the outline its shape).

    `order`: position along the course of river, ring or street (left side positive, right side negative); the number
    of the pond; 0 for ground. `spacing`: how far the next points are [m].
    """

    xy: Points
    role: NDArray[np.int8]
    order: NDArray[np.int64]
    spacing: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Raster:
    """A fine raster over the city and its surroundings: kind of ground, and how many cells are wanted there."""

    middles: Points
    ground: NDArray[np.int8]
    density: NDArray[np.float64]
    inside: NDArray[np.bool_]
    step: float  # [m]


@dataclass(slots=True)
class _Collected:
    """Points of the fixed courses, gathered before the ground is filled around them."""

    xy: list[Points]
    role: list[NDArray[np.int8]]
    order: list[NDArray[np.int64]]
    spacing: list[NDArray[np.float64]]
    clearance: list[NDArray[np.float64]]

    def add(
        self,
        xy: Points,
        role: Role,
        order: NDArray[np.int64] | int,
        spacing: NDArray[np.float64] | float,
        clearance: float,
    ) -> None:
        """Add points that keep ground points away by `clearance` (in metres, plus half their spacing)."""
        count = len(xy)
        self.xy.append(xy)
        self.role.append(np.full(count, role, dtype=np.int8))
        self.order.append(np.broadcast_to(np.asarray(order, dtype=np.int64), count).copy())
        self.spacing.append(np.broadcast_to(np.asarray(spacing, dtype=np.float64), count).copy())
        self.clearance.append(np.full(count, clearance))


def lay_out(plan: CityPlan, blocks: int, rng: np.random.Generator) -> Sites:
    """Lay out the points for about `blocks` blocks."""
    raster = _raster(plan)
    cells = blocks * np.interp(np.log10(blocks), *_CELLS_PER_BLOCK)
    unit = float(np.sqrt(raster.density[raster.inside].sum() * raster.step**2 / cells))
    fixed = _Collected([], [], [], [], [])
    _river(plan, fixed)
    _ring(plan, fixed)
    _street(plan, unit, fixed)
    _shore(plan.lake, Role.LAKE, Role.LAKE_SHORE, step=0.9 * unit, number=0, fixed=fixed)
    for number, pond in enumerate(plan.ponds):
        _shore(pond, Role.POND, Role.POND_SHORE, step=38.0, number=number, fixed=fixed)
    courses = np.vstack(fixed.xy)
    ground, spacing = _ground(plan, raster, unit, rng)
    free = _free_of(ground, spacing, courses, np.concatenate(fixed.clearance), plan)
    ground, spacing = ground[free], spacing[free]
    count = len(ground)
    return Sites(
        xy=np.vstack([courses, ground]),
        role=np.concatenate([*fixed.role, np.zeros(count, dtype=np.int8)]),
        order=np.concatenate([*fixed.order, np.zeros(count, dtype=np.int64)]),
        spacing=np.concatenate([*fixed.spacing, spacing]),
    )


def _raster(plan: CityPlan) -> _Raster:
    steps = np.linspace(-1.5, 1.5, 601) * plan.radius
    x, y = np.meshgrid(steps, steps)
    middles = np.column_stack([x.ravel(), y.ravel()])
    middles = middles[(plan.limit(middles) < 1.2) | (_exclave_distance(plan, middles) < 2.4)]
    ground = plan.ground(middles)
    return _Raster(
        middles=middles,
        ground=ground,
        density=plan.spacing(middles, ground) ** -2.0,
        inside=plan.is_inside(middles),
        step=float(steps[1] - steps[0]),
    )


def _resample(curve: Points, step: float, *, closed: bool) -> tuple[Points, Points, NDArray[np.float64]]:
    """Return points at equal steps along a curve, the unit normals to the left, and the length gone [m]."""
    if closed:
        curve = np.vstack([curve, curve[:1]])
    gone = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))])
    count = max(8, round(gone[-1] / step))
    along = np.linspace(0, gone[-1], count + 1)[:-1]
    points = np.column_stack([np.interp(along, gone, curve[:, 0]), np.interp(along, gone, curve[:, 1])])
    ahead, behind = np.roll(points, -1, axis=0), np.roll(points, 1, axis=0)
    tangent = ahead - behind if closed else np.asarray(np.gradient(points, axis=0))
    tangent /= np.hypot(tangent[:, 0], tangent[:, 1])[:, None]
    return points, np.column_stack([-tangent[:, 1], tangent[:, 0]]), along


def _river(plan: CityPlan, fixed: _Collected) -> None:
    points, normal, _ = _resample(plan.river, 62.0, closed=False)
    near = plan.limit(points) < 1.25
    points, normal = points[near], normal[near]
    number = np.arange(1, len(points) + 1)
    half = _RIVER_HALF * (1.0 + 0.25 * plan.patches(points * 2)[:, None].clip(-1.5, 1.5))
    fixed.add(points, Role.RIVER, number, 60.0, _RIVER_HALF * 2)
    for side in (1, -1):
        fixed.add(points + side * 2 * half * normal, Role.BANK, side * number, 60.0, _RIVER_HALF * 0.8)


def _ring(plan: CityPlan, fixed: _Collected) -> None:
    points, normal, _ = _resample(plan.ring, 58.0, closed=True)
    number = np.arange(1, len(points) + 1)
    fixed.add(points, Role.RING, number, 55.0, _RING_HALF * 2)
    for side in (1, -1):
        fixed.add(points + side * 2 * _RING_HALF * normal, Role.RING_SIDE, side * number, 55.0, _RING_HALF)


def _street(plan: CityPlan, unit: float, fixed: _Collected) -> None:
    points, normal, _ = _resample(plan.street, 0.85 * unit, closed=False)
    number = np.arange(1, len(points) + 1)
    for side in (1, -1):
        fixed.add(points + side * 0.42 * unit * normal, Role.STREET_SIDE, side * number, unit, 0.3 * unit)


def _shore(curve: Points, water: Role, shore: Role, *, step: float, number: int, fixed: _Collected) -> None:
    points, normal, _ = _resample(curve, step, closed=True)
    depth = 0.42 * step
    centre = points.mean(axis=0)
    inside = points + depth * normal  # counter-clockwise: left is inside
    fixed.add(inside, water, number, step, depth)
    fixed.add(points - depth * normal, shore, number, step, depth * 0.8)
    fills = [centre + (points - centre) * share for share in (0.66, 0.33)]
    for fill in fills:
        apart, _, _ = _resample(fill, step * 1.6, closed=True)
        fixed.add(apart, water, number, step, depth)
    fixed.add(centre[None], water, number, step, depth)


def _ground(
    plan: CityPlan, raster: _Raster, unit: float, rng: np.random.Generator
) -> tuple[Points, NDArray[np.float64]]:
    """Return the points of all street grids with their spacing."""
    parts: list[Points] = []
    spacings: list[NDArray[np.float64]] = []
    for kind in Ground:
        here = raster.ground == kind
        if not here.any():
            continue
        middles = _quarters(raster, here, _QUARTER[kind] * unit**2, rng)
        spacing = plan.spacing(middles, np.full(len(middles), kind, dtype=np.int8)) * unit
        xy, quarter = _grids(middles, spacing, _turns(plan, middles, kind, rng), _LOOSE[kind], rng)
        there = plan.ground(xy) == kind
        parts.append(xy[there])
        spacings.append(spacing[quarter[there]])
    points, spacing = np.vstack(parts), np.concatenate(spacings)
    apart = _apart(points, spacing)
    return points[apart], spacing[apart]


def _grids(
    middles: Points,
    spacing: NDArray[np.float64],
    turn: NDArray[np.float64],
    loose: float,
    rng: np.random.Generator,
) -> tuple[Points, NDArray[np.int64]]:
    """Return a turned, slightly loose street grid around each middle, and which middle each point belongs to."""
    tree = KDTree(middles)
    far = np.asarray(tree.query(middles, k=min(8, len(middles)))[0])
    reach = 1.7 * far.reshape(len(middles), -1)[:, -1] + 3 * spacing
    stretch = np.sqrt(rng.uniform(1.0, 1.6, len(middles)))
    parts, sizes = [], []
    for index, middle in enumerate(middles):
        long, short = spacing[index] * stretch[index], spacing[index] / stretch[index]
        columns, rows = int(reach[index] / long) + 1, int(reach[index] / short) + 1
        x, y = np.meshgrid(np.arange(-columns, columns + 1) * long, np.arange(-rows, rows + 1) * short)
        grid = np.column_stack([x.ravel(), y.ravel()])
        grid = grid[np.hypot(grid[:, 0], grid[:, 1]) <= reach[index]]
        grid += rng.uniform(-1, 1, grid.shape) * loose * np.array([long, short])
        cos, sin = np.cos(turn[index]), np.sin(turn[index])
        parts.append(grid @ np.array([[cos, sin], [-sin, cos]]) + middle)
        sizes.append(len(grid))
    xy = np.vstack(parts)
    quarter = np.repeat(np.arange(len(middles)), sizes)
    own = tree.query(xy)[1] == quarter
    return xy[own], quarter[own]


def _quarters(raster: _Raster, here: NDArray[np.bool_], size: float, rng: np.random.Generator) -> Points:
    """Return the middles of the quarters on one kind of ground: many where blocks are fine, evenly apart."""
    middles, density = raster.middles[here], raster.density[here]
    count = max(1, round(density.sum() * raster.step**2 / size))
    chosen = rng.choice(len(middles), size=count * 16, p=density / density.sum())
    sample = middles[chosen] + rng.uniform(-raster.step / 2, raster.step / 2, (count * 16, 2))
    found = sample[:count].copy()
    for _ in range(5):
        nearest = KDTree(found).query(sample)[1]
        number = np.maximum(np.bincount(nearest, minlength=count), 1)
        for axis in (0, 1):
            mean = np.bincount(nearest, weights=sample[:, axis], minlength=count) / number
            found[:, axis] = np.where(number > 1, mean, found[:, axis])
    return found


def _turns(plan: CityPlan, middles: Points, kind: Ground, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the direction of each street grid [radians]: towards the centre in the town, anyhow outside."""
    if kind in (Ground.ESTATE, Ground.YOUNG_ESTATE):
        estate = plan.estate if kind is Ground.ESTATE else plan.young_estate
        return np.full(len(middles), np.radians(estate.turn))
    if kind is Ground.TOWN:
        radial = np.arctan2(middles[:, 1], middles[:, 0])
        return radial + 0.3 * plan.patches(middles) + rng.normal(scale=0.12, size=len(middles))
    return 1.3 * plan.patches(middles) + rng.normal(scale=0.3, size=len(middles))


def _apart(xy: Points, spacing: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which points to keep so that none is closer to an earlier one than half its spacing."""
    keep = np.ones(len(xy), dtype=bool)
    for _ in range(3):
        rows = np.flatnonzero(keep)
        distance, neighbour = map(np.asarray, KDTree(xy[rows]).query(xy[rows], k=2))
        other = neighbour[:, 1]
        close = distance[:, 1] < 0.55 * np.minimum(spacing[rows], spacing[rows][other])
        own, others = spacing[rows], spacing[rows][other]
        drop = close & ((own < others) | ((own == others) & (rows > rows[other])))
        drop |= close & ~drop[other] & (rows > rows[other])
        if not drop.any():
            break
        keep[rows[drop]] = False
    return keep


def _free_of(
    ground: Points,
    spacing: NDArray[np.float64],
    courses: Points,
    clearance: NDArray[np.float64],
    plan: CityPlan,
) -> NDArray[np.bool_]:
    """Tell which ground points keep their distance from river, ring, street and shores."""
    distance, nearest = KDTree(courses).query(ground)
    free = distance > clearance[nearest] + 0.45 * spacing
    for shore in (plan.lake, *plan.ponds):
        polygon = shapely.Polygon(shore)
        free &= ~shapely.contains_xy(polygon, ground[:, 0], ground[:, 1])
    return free


def _exclave_distance(plan: CityPlan, xy: Points) -> NDArray[np.float64]:
    u = plan.in_radii(xy)
    return np.hypot(u[:, 0] - plan.exclave[0], u[:, 1] - plan.exclave[1]) / plan.exclave_radius
