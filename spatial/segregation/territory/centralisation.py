"""Who lives nearer to the centre? Asked of a city and its centres, and of every area as the centre of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from spatial.coverage import require_metres
from spatial.errors import ParameterError
from spatial.parameters import LONGEST, require_choice, require_number, require_whole_number
from spatial.segregation.counts import Floats, two_groups
from spatial.segregation.measure import Evaluator, Measure
from spatial.segregation.places import Places

__all__ = [
    "MEASURES",
    "Centre",
    "Rule",
    "Ties",
    "absolute_centralisation",
    "prepare_absolute_centralisation",
    "prepare_relative_centralisation",
    "relative_centralisation",
]

Rule: TypeAlias = Literal["population_mean", "mean", "median", "most_populous", "densest"]

Centre: TypeAlias = (
    Rule
    | shapely.Point
    | shapely.MultiPoint
    | gpd.GeoSeries
    | Sequence[shapely.Point]
    | Sequence[float]
    | Floats
)
"""A rule by which the centre is found, or one point or several: coordinates have the shape (…, 2). [m]"""

Ties: TypeAlias = Literal["together", "area_id"]

# Distances that differ by less than this part of the coordinates differ by float noise.
_NOISE = 1e-12

# A given centre lies at most so many extents of the city away, and a city counts as at least so large [m].
_FARTHEST = 10.0
_SMALLEST_CITY = 1000.0


def absolute_centralisation(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    centre: Centre = "population_mean",
    ties: Ties = "together",
    uninhabited: Literal["leave_out", "keep"] = "leave_out",
) -> float:
    r"""Measure how near a group lives to the centre, against the land there: ACE.

    .. math:: ACE = \sum_i X_{i-1} A_i - \sum_i X_i A_{i-1}

    with the parts :math:`X_i` of the group and :math:`A_i` of the land that lie in the areas up to the i-th
    from the centre.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Areas in a projected CRS with metres, or places with sizes; the same areas in any order.
    centre : rule, point or points, default "population_mean"
        Given: a point, or several points (then the distance to the nearest counts), as shapely geometry, as a
        GeoSeries or as coordinates [m]. Found among the inhabited areas: "population_mean" (mean of the
        areas' points, weighted by residents), "mean" (not weighted), "median" (of the x and of the y),
        "most_populous" or "densest" (the area with most residents, or most per m²; of several the first by
        area id).
    ties : {"together", "area_id"}, default "together"
        Areas at the same distance make one ring, or are taken one after the other in the order of their ids.
    uninhabited : {"leave_out", "keep"}, default "leave_out"
        Whether the land of areas without residents counts.

    Returns
    -------
    float
        Above 0 = nearer to the centre than the land lies, up to 1; below 0 = further out, down to −1.
        [unitless] NaN when the group is absent.

    Raises
    ------
    AlignmentError
        If group, total and geometry do not have the same areas, or one of them names an area twice.
    CountsError
        If a count is missing, infinite or negative, or the group is larger than the total.
    CrsError, GeometryError
        If the areas cannot be measured, or are points without sizes.
    ParameterError
        If the centre is no point and no rule, or an option is unknown.

    References
    ----------
    .. [1] D. S. Massey and N. A. Denton (1988), The Dimensions of Residential Segregation, Social Forces 67,
       doi:10.1093/sf/67.2.281.
    .. [2] M. Tivadar (2019), OasisR: An R Package to Bring Some Order to the World of Segregation
       Measurement, Journal of Statistical Software 89(7), doi:10.18637/jss.v089.i07 (several centres).

    Examples
    --------
    >>> row = Places(area_id=pd.RangeIndex(3), x=np.array([0.0, 1, 2]), y=np.zeros(3), size=np.ones(3))
    >>> group, total = pd.Series([6, 3, 0]), pd.Series([10, 10, 10])
    >>> round(absolute_centralisation(group, total, geometry=row, centre=(0.0, 0.0)), 6)
    0.444444
    """
    table = two_groups(group, total)
    places = Places.of(geometry, table.area_id, "the absolute centralisation")
    evaluate = prepare_absolute_centralisation(
        places=places, centre=centre, ties=ties, uninhabited=uninhabited
    )
    return float(evaluate(table.counts))


def relative_centralisation(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    centre: Centre = "population_mean",
    ties: Ties = "together",
    radius: float | None = None,
    rings: int | None = None,
) -> float:
    r"""Measure how near a group lives to the centre, against the rest: RCE.

    .. math:: RCE = \sum_i X_{i-1} Y_i - \sum_i X_i Y_{i-1}

    with the parts :math:`X_i` of the group and :math:`Y_i` of the rest that live in the areas up to the i-th
    from the centre: the part of the group that would have to change its distance from the centre to be as
    central as the rest.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Areas or points in a projected CRS with metres; the same areas in any order.
    centre, ties
        See `absolute_centralisation`.
    radius : float, optional
        Look only at areas that are at most so far from their centre. [m]
    rings : int, optional
        Look only at the nearest inhabited areas: those at the least distance from the centre, which are the
        middle, and so many rings around them, one per further distance. 1 looks at two distances; 0 at the
        middle alone, where nobody is nearer than another: RCE is 0.

    Returns
    -------
    float
        Above 0 = nearer to the centre than the rest, up to 1; below 0 = further out, down to −1. [unitless]
        NaN when the group, or everybody else, is absent where it is looked.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError, ParameterError
        See `absolute_centralisation`; also when radius or rings are below 0.

    References
    ----------
    .. [1] O. D. Duncan and B. Duncan (1955), Residential Distribution and Occupational Stratification,
       American Journal of Sociology 60, doi:10.1086/221609.
    .. [2] D. S. Massey and N. A. Denton (1988), The Dimensions of Residential Segregation, Social Forces 67,
       doi:10.1093/sf/67.2.281.
    .. [3] M. Tivadar (2019), OasisR: An R Package to Bring Some Order to the World of Segregation
       Measurement, Journal of Statistical Software 89(7), doi:10.18637/jss.v089.i07 (several centres).

    Examples
    --------
    >>> row = Places(area_id=pd.RangeIndex(3), x=np.array([0.0, 1, 2]), y=np.zeros(3))
    >>> group, total = pd.Series([6, 3, 0]), pd.Series([10, 10, 10])
    >>> round(relative_centralisation(group, total, geometry=row, centre=(0.0, 0.0)), 6)
    0.634921
    """
    table = two_groups(group, total)
    places = Places.of(geometry, table.area_id, "the relative centralisation")
    evaluate = prepare_relative_centralisation(
        places=places, centre=centre, ties=ties, radius=radius, rings=rings
    )
    return float(evaluate(table.counts))


def prepare_absolute_centralisation(
    *,
    places: Places,
    centre: Centre = "population_mean",
    ties: Ties = "together",
    uninhabited: Literal["leave_out", "keep"] = "leave_out",
) -> Evaluator:
    """Return the evaluator of the absolute centralisation, for places in the order of the counts."""
    require_choice("uninhabited", uninhabited, ("leave_out", "keep"))
    size = places.sizes("the absolute centralisation")
    rings_of = _rings_finder(places, centre, ties)

    def value(members: Floats, rest: Floats) -> float:
        residents = members + rest
        land = size if uninhabited == "keep" else size * (residents > 0)
        rings = rings_of(residents)
        return _ahead(rings.sums(members), rings.sums(land))

    return _one_by_one(value)


def prepare_relative_centralisation(
    *,
    places: Places,
    centre: Centre = "population_mean",
    ties: Ties = "together",
    radius: float | None = None,
    rings: int | None = None,
) -> Evaluator:
    """Return the evaluator of the relative centralisation, for places in the order of the counts."""
    if radius is not None:
        radius = require_number(
            "radius", radius, "a length of at least 0 m, or None", lambda metres: metres >= 0
        )
    if rings is not None:
        rings = require_whole_number("rings", rings, "a whole number, at least 0, or None")
    rings_of = _rings_finder(places, centre, ties)

    def value(members: Floats, rest: Floats) -> float:
        around = rings_of(members + rest)
        one, other = around.sums(members), around.sums(rest)
        if radius is not None:
            near = around.distance[around.start] <= radius + around.noise
            one, other = one[near], other[near]
        if rings is not None:
            until = np.flatnonzero(one + other)[: rings + 1].max(initial=-1) + 1
            one, other = one[:until], other[:until]
        return _ahead(one, other)

    return _one_by_one(value)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Rings:
    """Areas from the centre outwards: `order` of their positions, `start` of each ring in it, their `distance`."""

    order: NDArray[np.int64]
    start: NDArray[np.int64]
    distance: Floats
    noise: float

    def sums(self, values: Floats) -> Floats:
        """Add up the values of each ring."""
        return np.asarray(np.add.reduceat(values[self.order], self.start))


def _rings_finder(places: Places, centre: Centre, ties: Ties) -> Callable[[Floats], _Rings]:
    """Return the function from the residents of the areas to the rings around the centre."""
    require_choice("ties", ties, Ties)
    by_id = places.by_id()
    if isinstance(centre, gpd.GeoSeries):
        require_metres(centre.crs, "the centre")
        places.require_same_crs("centre", centre.crs)
    if not isinstance(centre, str):
        points = _points(centre)
        _require_near(places, points)
        rings = _rings_around(places, points, by_id, ties)
        return lambda residents: rings
    if centre not in get_args(Rule):
        raise ParameterError("centre", centre, f"coordinates, points, or one of {', '.join(get_args(Rule))}")
    rule = cast(Rule, centre)
    if rule == "densest":
        places.sizes("the densest area")
    return lambda residents: _rings_around(places, _found(places, residents, by_id, rule), by_id, ties)


def _rings_around(places: Places, points: Floats, by_id: NDArray[np.int64], ties: Ties) -> _Rings:
    distance = np.full(len(places.x), np.inf)
    for x, y in points:
        np.minimum(distance, np.hypot(places.x - x, places.y - y), out=distance)
    noise = _NOISE * max(np.abs(places.x).max(), np.abs(places.y).max())
    outwards = by_id[np.argsort(distance[by_id], kind="stable")]
    begins = np.diff(distance[outwards], prepend=-np.inf) > noise
    ring = np.empty(len(outwards), dtype=np.int64)
    ring[outwards] = begins.cumsum()
    order = by_id[np.argsort(ring[by_id], kind="stable")]
    start = np.flatnonzero(begins) if ties == "together" else np.arange(len(order))
    return _Rings(order=order, start=start, distance=distance[order], noise=noise)


def _found(places: Places, residents: Floats, by_id: NDArray[np.int64], rule: Rule) -> Floats:
    """Return the centre that the rule finds; the mean of all areas when nobody lives there."""
    inhabited = residents > 0
    if not inhabited.any():
        inhabited = ~inhabited
    x, y, people = places.x[inhabited], places.y[inhabited], residents[inhabited]
    if rule in ("most_populous", "densest"):
        most = residents / places.sizes("the densest area") if rule == "densest" else residents
        # Densities that are equal by arithmetic may differ by rounding.
        first = by_id[np.argmax(most[by_id] >= most.max() * (1 - _NOISE))]
        return np.array([[places.x[first], places.y[first]]])
    if rule == "median":
        return np.array([[np.median(x), np.median(y)]])
    weights = people if rule == "population_mean" and people.any() else None
    # From the corner of the map, so that far coordinates cost no digits.
    left, bottom = x.min(), y.min()
    return np.array(
        [[left + np.average(x - left, weights=weights), bottom + np.average(y - bottom, weights=weights)]]
    )


def _points(centre: Centre) -> Floats:
    """Return the coordinates of the given centres, shape (n_centres, 2)."""
    if isinstance(centre, gpd.GeoSeries):
        centre = list(centre)
    shapes = np.atleast_1d(np.asarray(centre, dtype=object))
    if shapely.is_geometry(shapes).all():
        kinds = (shapely.GeometryType.POINT, shapely.GeometryType.MULTIPOINT)
        if not np.isin(shapely.get_type_id(shapes), kinds).all():
            raise ParameterError("centre", centre, "points")
        points = np.empty((0, 2)) if shapely.is_empty(shapes).any() else shapely.get_coordinates(shapes)
    else:
        try:
            points = np.atleast_2d(np.asarray(centre, dtype=float))
        except (TypeError, ValueError) as error:
            raise ParameterError("centre", centre, "a point, or coordinates in metres") from error
    if points.ndim != 2 or points.shape[1] != 2 or not len(points) or not (np.abs(points) < LONGEST).all():
        raise ParameterError("centre", centre, "one pair of finite coordinates, or several")
    return np.asarray(points, dtype=np.float64)


def _require_near(places: Places, points: Floats) -> None:
    """Refuse a centre that is far out of the city: in degrees, or in another CRS, all areas are equally far from it."""
    middle = np.array([places.x.mean(), places.y.mean()])
    extent = max(float(np.ptp(places.x)), float(np.ptp(places.y)), _SMALLEST_CITY)
    away = float(np.abs(points - middle).max())
    if away > _FARTHEST * extent:
        raise ParameterError(
            "centre",
            ", ".join(f"{one:.10g}" for one in points[np.abs(points - middle).max(axis=1).argmax()]),
            f"coordinates in the CRS of the areas [m]: it lies {away / 1000:.0f} km from the middle of the city",
        )


def _ahead(one: Floats, other: Floats) -> float:
    """How far the first is ahead of the second on the way outwards, both in parts of their sum."""
    so_far, so_far_other = one.cumsum(), other.cumsum()
    if not (len(one) and so_far[-1] > 0 and so_far_other[-1] > 0):
        return float("nan")
    crossed = so_far[:-1] * so_far_other[1:] - so_far[1:] * so_far_other[:-1]
    return float(np.clip(crossed.sum() / (so_far[-1] * so_far_other[-1]), -1.0, 1.0))


def _one_by_one(value: Callable[[Floats, Floats], float]) -> Evaluator:
    """Return the evaluator that calls a function with the group and the rest of each table."""

    def evaluate(counts: Floats) -> Floats:
        tables = counts.reshape(-1, *counts.shape[-2:])
        values = np.array([value(members, rest) for members, rest in tables])
        return np.asarray(values.reshape(counts.shape[:-2]))

    return evaluate


MEASURES = (
    Measure(
        id="absolute_centralisation",
        title_de="Absolute Zentralisierung (ACE)",
        title_en="Absolute centralisation (ACE)",
        dimension="centralisation",
        groups="two",
        needs=("geometry",),
        low=-1.0,
        citation="Massey and Denton 1988, doi:10.1093/sf/67.2.281",
        function=absolute_centralisation,
        prepare=prepare_absolute_centralisation,
        known_as={"PySAL segregation": "AbsoluteCentralization", "R OasisR": "ACE, ACEPoly"},
    ),
    Measure(
        id="relative_centralisation",
        title_de="Relative Zentralisierung (RCE)",
        title_en="Relative centralisation (RCE)",
        dimension="centralisation",
        groups="two",
        needs=("geometry",),
        low=-1.0,
        citation="Duncan and Duncan 1955, doi:10.1086/221609; Massey and Denton 1988, doi:10.1093/sf/67.2.281",
        function=relative_centralisation,
        prepare=prepare_relative_centralisation,
        known_as={
            "PySAL segregation": "RelativeCentralization",
            "R OasisR": "RCE, RCEPoly, RCEPolyK, ACEDuncan, ACEDuncanPoly, ACEDuncanPolyK",
        },
    ),
)
