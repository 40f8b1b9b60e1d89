"""Where everything lies in the sample city: its limits, its river, its named places, and how fine its blocks are.

The places are the ones social planning speaks of: a large housing estate in the west, an inner east with high
need and a well-developed pocket in it, a linear high street, a centre with a ring, villages at the edge. Lengths
without a unit are in city radii from the centre, x to the east, y to the north.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from etl.sample_city.parameters import SampleCityParameters

__all__ = ["CityPlan", "Ellipse", "Ground", "SmoothField", "closed_curve", "plan_city"]

Points = NDArray[np.float64]  # shape (n, 2), [m] from the centre


class Ground(IntEnum):
    """Kind of ground; each kind is divided into quarters of its own."""

    OPEN = 0
    TOWN = 1
    VILLAGE = 2
    ESTATE = 3
    YOUNG_ESTATE = 4
    INDUSTRY = 5


@dataclass(frozen=True, slots=True)
class Ellipse:
    """A place with a soft outline: centre, half axes (city radii) and the turn of the first axis [degrees]."""

    x: float
    y: float
    a: float
    b: float
    turn: float = 0.0

    def distance(self, u: Points) -> NDArray[np.float64]:
        """Return 0 at the centre, 1 on the outline, more outside; `u` in city radii."""
        angle = np.radians(self.turn)
        dx, dy = u[:, 0] - self.x, u[:, 1] - self.y
        along = (dx * np.cos(angle) + dy * np.sin(angle)) / self.a
        across = (dy * np.cos(angle) - dx * np.sin(angle)) / self.b
        return np.hypot(along, across)

    def near(self, u: Points) -> NDArray[np.float64]:
        """Return 1 well inside, falling smoothly to 0 around the outline."""
        return 1.0 / (1.0 + np.exp(np.clip((self.distance(u) - 1.0) * 9.0, -40, 40)))


class SmoothField:
    """A smooth random surface with mean 0 and standard deviation 1; `length` is how far neighbours are alike [m]."""

    def __init__(self, rng: np.random.Generator, length: float, waves: int = 40) -> None:
        self._frequencies = rng.normal(scale=1.0 / length, size=(waves, 2))
        self._phases = rng.uniform(0, 2 * np.pi, size=waves)

    def __call__(self, xy: Points) -> NDArray[np.float64]:
        """Return the height of the surface at the points."""
        total = np.zeros(len(xy))
        for (fx, fy), phase in zip(self._frequencies, self._phases, strict=True):
            total += np.cos(xy[:, 0] * fx + xy[:, 1] * fy + phase)
        return total * np.sqrt(2.0 / len(self._phases))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CityPlan:
    """The plan of one city; methods take points in metres from the centre."""

    radius: float
    outline_waves: NDArray[np.float64]  # rows: count, strength, phase
    fingers_phase: float
    patches: SmoothField
    parks: SmoothField
    gardens: SmoothField
    river: Points  # course from south to north [m]
    street: Points  # course of the high street, from the ring outwards [m]
    ring: Points  # closed course of the ring promenade [m]
    lake: Points  # closed shore [m]
    ponds: tuple[Points, ...]  # closed shores [m]
    exclave: tuple[float, float]
    villages: Points  # centres, city radii

    estate = Ellipse(-0.50, -0.07, 0.155, 0.095, 12)
    young_estate = Ellipse(0.47, 0.13, 0.085, 0.06, -20)
    east = Ellipse(0.215, 0.055, 0.15, 0.10, 10)
    pocket = Ellipse(0.225, 0.035, 0.036, 0.032)
    creative_west = Ellipse(-0.255, 0.0, 0.075, 0.11)
    student_south = Ellipse(-0.01, -0.19, 0.10, 0.13)
    villa_quarter = Ellipse(-0.17, 0.20, 0.05, 0.06)
    development = Ellipse(0.15, -0.165, 0.11, 0.028, -48)
    industry = Ellipse(0.17, 0.70, 0.17, 0.10, 35)
    goods_yard = Ellipse(0.11, 0.30, 0.13, 0.022, 62)
    city_park = Ellipse(0.06, 0.135, 0.045, 0.032, 30)
    south_park = Ellipse(0.30, -0.30, 0.06, 0.045, -30)
    estate_park = Ellipse(-0.39, -0.01, 0.03, 0.05, 15)

    ring_radius = 0.058
    exclave_radius = 0.075
    village_radius = 0.042

    def in_radii(self, xy: Points) -> Points:
        """Return points in city radii."""
        return xy / self.radius

    def limit(self, xy: Points) -> NDArray[np.float64]:
        """Return less than 1 inside the city limits (the exclave left out), more outside."""
        angle = np.arctan2(xy[:, 1], xy[:, 0])
        reach = np.ones(len(xy))
        for count, strength, phase in self.outline_waves:
            reach += strength * np.cos(count * angle + phase)
        return np.hypot(xy[:, 0], xy[:, 1]) / (self.radius * reach) + 0.05 * self.patches(xy)

    def is_exclave(self, xy: Points) -> NDArray[np.bool_]:
        """Tell which points lie in the exclave."""
        distance = np.hypot(
            xy[:, 0] / self.radius - self.exclave[0], xy[:, 1] / self.radius - self.exclave[1]
        )
        return distance + 0.012 * self.patches(xy * 3) < self.exclave_radius

    def is_inside(self, xy: Points) -> NDArray[np.bool_]:
        """Tell which points belong to the city."""
        return (self.limit(xy) < 1.0) | self.is_exclave(xy)

    def village_distance(self, xy: Points) -> NDArray[np.float64]:
        """Return the distance from the nearest village centre, 1 at its edge; the exclave has a village too."""
        u = self.in_radii(xy)
        centres = np.vstack([self.villages, self.exclave])
        nearest = np.full(len(u), np.inf)
        for x, y in centres:
            np.minimum(nearest, np.hypot(u[:, 0] - x, u[:, 1] - y), out=nearest)
        return nearest / self.village_radius + 0.25 * self.patches(xy * 2.5)

    def ground(self, xy: Points) -> NDArray[np.int8]:
        """Return what kind of ground each point is on, as `Ground` numbers."""
        u = self.in_radii(xy)
        angle = np.arctan2(u[:, 1], u[:, 0])
        reach = 0.54 + 0.09 * np.cos(5 * angle + self.fingers_phase) + 0.06 * self.patches(xy)
        kind = np.where(np.hypot(u[:, 0], u[:, 1]) < reach, Ground.TOWN, Ground.OPEN)
        kind = np.where((self.village_distance(xy) < 1.0) & (kind == Ground.OPEN), Ground.VILLAGE, kind)
        kind = np.where(self.industry.distance(u) < 1.0, Ground.INDUSTRY, kind)
        kind = np.where(self.estate.distance(u) < 1.05, Ground.ESTATE, kind)
        return np.where(self.young_estate.distance(u) < 1.1, Ground.YOUNG_ESTATE, kind).astype(np.int8)

    def spacing(self, xy: Points, ground: NDArray[np.int8] | None = None) -> NDArray[np.float64]:
        """Return how far apart neighbouring blocks are, relative to the inner city (about 1 there)."""
        kind = self.ground(xy) if ground is None else ground
        u = self.in_radii(xy)
        distance = np.hypot(u[:, 0], u[:, 1])
        town = np.interp(distance, [0, 0.05, 0.12, 0.3, 0.6, 1.0], [0.72, 0.8, 0.95, 1.3, 1.75, 1.8])
        open_land = np.interp(distance, [0.45, 0.75], [2.8, 4.0])
        fixed = np.array([0.0, 0.0, 1.1, 1.9, 1.8, 3.0])[kind]
        return np.where(kind == Ground.TOWN, town, np.where(kind == Ground.OPEN, open_land, fixed))


def plan_city(parameters: SampleCityParameters, rng: np.random.Generator) -> CityPlan:
    """Draw the plan of a city: the named places are fixed, outline, river and patches depend on the seed."""
    radius = parameters.radius
    counts = np.array([2, 3, 5, 7, 11])
    waves = np.column_stack([counts, [0.08, 0.06, 0.05, 0.04, 0.03], rng.uniform(0, 2 * np.pi, len(counts))])
    ring = closed_curve(rng, 0.0, 0.0, CityPlan.ring_radius, wobble=0.09) * radius
    park = CityPlan.city_park
    ponds = (closed_curve(rng, park.x + 0.012, park.y + 0.004, 0.0095, wobble=0.28) * radius,)
    return CityPlan(
        radius=radius,
        outline_waves=waves,
        fingers_phase=float(rng.uniform(0, 2 * np.pi)),
        patches=SmoothField(rng, 0.11 * radius),
        parks=SmoothField(rng, 0.035 * radius),
        gardens=SmoothField(rng, 0.03 * radius),
        river=_river(rng) * radius,
        street=_high_street(rng) * radius,
        ring=ring,
        lake=closed_curve(rng, -0.33, -0.66, 0.072, wobble=0.22) * radius,
        ponds=ponds,
        exclave=(0.70, -1.22),
        villages=_villages(rng),
    )


def closed_curve(rng: np.random.Generator, x: float, y: float, size: float, *, wobble: float) -> Points:
    """Return a smooth closed curve around (x, y), counter-clockwise, without the repeated end."""
    angle = np.linspace(0, 2 * np.pi, 721)[:-1]
    distance = np.ones_like(angle)
    for count in (2, 3, 5):
        distance += wobble / count * 1.4 * np.cos(count * angle + rng.uniform(0, 2 * np.pi))
    return np.column_stack([x + size * distance * np.cos(angle), y + size * distance * np.sin(angle)])


def _river(rng: np.random.Generator) -> Points:
    y = np.linspace(-1.45, 1.45, 2901)
    x = -0.135 - 0.10 * np.sin(1.5 * y + 0.4)
    for wavelength, strength in ((0.62, 0.030), (0.29, 0.020), (0.14, 0.008)):
        # The meanders are stronger outside the town, where nobody straightened them.
        free = 0.45 + 0.9 * np.clip(np.abs(y) - 0.1, 0, 0.6)
        x += strength * free * np.sin(2 * np.pi * y / wavelength + rng.uniform(0, 2 * np.pi))
    return np.column_stack([x, y])


def _high_street(rng: np.random.Generator) -> Points:
    along = np.linspace(0, 1, 401)
    x = 0.02 - 0.13 * along
    y = 0.075 + 0.34 * along
    bend = 0.018 * np.sin(np.pi * along) + 0.004 * np.sin(5 * np.pi * along + rng.uniform(0, 6))
    return np.column_stack([x + bend, y])


def _villages(rng: np.random.Generator) -> Points:
    """Villages in the outer fields, apart from each other and from the river."""
    chosen: list[tuple[float, float]] = []
    for _ in range(4000):
        angle, distance = rng.uniform(0, 2 * np.pi), rng.uniform(0.70, 0.90)
        x, y = distance * np.cos(angle), distance * np.sin(angle)
        if abs(x + 0.135) < 0.10 or np.hypot(x + 0.33, y + 0.66) < 0.17:
            continue
        if all(np.hypot(x - other[0], y - other[1]) > 0.20 for other in chosen):
            chosen.append((x, y))
        if len(chosen) == 15:
            break
    return np.array(chosen)
