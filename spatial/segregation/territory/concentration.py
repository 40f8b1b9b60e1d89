"""How little ground does a group live on? Asked where some live densely and others have room."""

from __future__ import annotations

from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.parameters import require_choice
from spatial.segregation.counts import Floats, by_area, two_groups
from spatial.segregation.measure import Evaluator, Measure
from spatial.segregation.places import Places

__all__ = [
    "MEASURES",
    "absolute_concentration",
    "delta",
    "prepare_absolute_concentration",
    "prepare_delta",
    "prepare_relative_concentration",
    "relative_concentration",
]

# Sizes that agree to this part are the same size; persons that miss their number by rounding alone are not
# missing.
_SAME_SIZE = 1e-9
_ROUNDING = 1e-12


def delta(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    uninhabited: Literal["leave_out", "keep"] = "leave_out",
) -> float:
    r"""Measure how unevenly a group is spread over the land.

    .. math:: \Delta = \tfrac12 \sum_i \left| \frac{x_i}{X} - \frac{a_i}{A} \right|

    with the group :math:`x_i` and the size :math:`a_i` of an area, and their sums :math:`X`, :math:`A`: the
    part of the group that would have to move to live equally densely everywhere.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Areas in a projected CRS with metres, or places with sizes; the same areas in any order.
    uninhabited : {"leave_out", "keep"}, default "leave_out"
        Whether the land of areas without residents (water, forest, industry) counts as land to live on.

    Returns
    -------
    float
        0 = the same density everywhere, near 1 = all in one small area. [unitless]
        NaN when the group is absent.

    Raises
    ------
    AlignmentError
        If group, total and geometry do not have the same areas, or one of them names an area twice.
    CountsError
        If a count is missing, infinite or negative, or the group is larger than the total.
    CrsError, GeometryError
        If the areas cannot be measured, or are points without sizes.
    ParameterError
        If an option is unknown.

    References
    ----------
    .. [1] O. D. Duncan, R. P. Cuzzort and B. Duncan (1961), Statistical Geography, Free Press.
    .. [2] D. S. Massey and N. A. Denton (1988), The Dimensions of Residential Segregation, Social Forces 67,
       doi:10.1093/sf/67.2.281.

    Examples
    --------
    >>> land = Places(area_id=pd.RangeIndex(2), x=np.zeros(2), y=np.zeros(2), size=np.array([1.0, 3.0]))
    >>> delta(pd.Series([30, 10]), pd.Series([50, 50]), geometry=land)
    0.5
    """
    table = two_groups(group, total)
    places = Places.of(geometry, table.area_id, "delta")
    return float(prepare_delta(places=places, uninhabited=uninhabited)(table.counts))


def absolute_concentration(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    last_area: Literal["whole", "part"] = "whole",
) -> float:
    r"""Measure how small the areas are where a group lives, against the smallest and largest there are: ACO.

    .. math:: ACO = 1 - \frac{\bar a_X - \bar a_1}{\bar a_2 - \bar a_1}

    with the mean size :math:`\bar a_X = \sum x_i a_i / X` of the group's areas, and of the areas of all
    residents in the smallest (:math:`\bar a_1`) and in the largest areas (:math:`\bar a_2`) that together
    hold as many residents as the group has members.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Areas in a projected CRS with metres, or places with sizes; the same areas in any order.
    last_area : {"whole", "part"}, default "whole"
        The area with which the number is reached is counted with all its residents (Massey and Denton), or
        with those that are still missing. Only with "part" the value is sure to be between 0 and 1.

    Returns
    -------
    float
        1 = all in the smallest areas, 0 = all in the largest; with "whole" it may lie outside. [unitless]
        NaN when the group, or everybody else, is absent, or all inhabited areas are equally large. Among
        areas of one size the order of the area ids decides which is counted first.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError, ParameterError
        See `delta`.

    References
    ----------
    .. [1] D. S. Massey and N. A. Denton (1988), The Dimensions of Residential Segregation, Social Forces 67,
       doi:10.1093/sf/67.2.281.

    Examples
    --------
    >>> land = Places(area_id=pd.RangeIndex(3), x=np.zeros(3), y=np.zeros(3), size=np.array([1.0, 2.0, 4.0]))
    >>> absolute_concentration(pd.Series([5, 5, 0]), pd.Series([10, 10, 10]), geometry=land)
    0.833...
    """
    table = two_groups(group, total)
    places = Places.of(geometry, table.area_id, "the absolute concentration")
    return float(prepare_absolute_concentration(places=places, last_area=last_area)(table.counts))


def relative_concentration(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    n2: Literal["group", "rest"] = "group",
    last_area: Literal["whole", "part"] = "whole",
    population: pd.Series | Floats | None = None,
) -> float:
    r"""Measure how small the areas of a group are against those of the rest: RCO.

    .. math:: RCO = \frac{\bar a_X / \bar a_Y - 1}{\bar a_1 / \bar a_2 - 1}

    with the mean sizes :math:`\bar a_X` and :math:`\bar a_Y` of the areas of the group and of the rest, and
    :math:`\bar a_1`, :math:`\bar a_2` of `absolute_concentration`.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Areas in a projected CRS with metres, or places with sizes; the same areas in any order.
    n2 : {"group", "rest"}, default "group"
        The largest areas are taken until they hold as many residents as the group has members (Massey and
        Denton), or as the rest has, so that 1 is reached when both live as far apart as they can.
    last_area : {"whole", "part"}, default "whole"
        See `absolute_concentration`.
    population : Series or array of int or float, shape (n_areas,), indexed by area_id, optional
        Residents that fill the smallest and the largest areas, when `total` holds a pair of groups only.
        Default: `total`. [persons]

    Returns
    -------
    float
        Above 0 = the group lives in smaller areas than the rest, below 0 = in larger ones. [unitless]
        NaN when the group, or everybody else, is absent, or all inhabited areas are equally large.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError, ParameterError
        See `delta`.

    References
    ----------
    .. [1] D. S. Massey and N. A. Denton (1988), The Dimensions of Residential Segregation, Social Forces 67,
       doi:10.1093/sf/67.2.281.

    Examples
    --------
    >>> land = Places(area_id=pd.RangeIndex(3), x=np.zeros(3), y=np.zeros(3), size=np.array([1.0, 2.0, 4.0]))
    >>> relative_concentration(pd.Series([5, 5, 0]), pd.Series([10, 10, 10]), geometry=land)
    0.606...
    """
    table = two_groups(group, total)
    if population is not None:
        pair = pd.Series(table.counts.sum(axis=0), index=table.area_id)
        population = two_groups(pair, by_area(population, table.area_id, "population")).counts.sum(axis=0)
    evaluate = prepare_relative_concentration(
        places=Places.of(geometry, table.area_id, "the relative concentration"),
        n2=n2,
        last_area=last_area,
        population=population,
    )
    return float(evaluate(table.counts))


def prepare_delta(*, places: Places, uninhabited: Literal["leave_out", "keep"] = "leave_out") -> Evaluator:
    """Return the evaluator of delta, for places in the order of the counts."""
    require_choice("uninhabited", uninhabited, ("leave_out", "keep"))
    size = places.sizes("delta")

    def evaluate(counts: Floats) -> Floats:
        land = size if uninhabited == "keep" else size * (counts.sum(axis=-2) > 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            gap = counts[..., 0, :] / counts[..., 0, :].sum(axis=-1, keepdims=True)
            gap -= land / land.sum(axis=-1, keepdims=True)
        return np.asarray(0.5 * np.abs(gap, out=gap).sum(axis=-1))

    return evaluate


def prepare_absolute_concentration(
    *, places: Places, last_area: Literal["whole", "part"] = "whole"
) -> Evaluator:
    """Return the evaluator of the absolute concentration, for places in the order of the counts."""
    _check_last_area(last_area)
    size = places.sizes("the absolute concentration")
    order = _by_size(places)

    def evaluate(counts: Floats) -> Floats:
        residents = counts.sum(axis=-2)
        number = counts[..., 0, :].sum(axis=-1)
        smallest = _mean_size(residents, size, order, number, last_area)
        largest = _mean_size(residents, size, order[::-1], number, last_area)
        with np.errstate(invalid="ignore", divide="ignore"):
            value = 1 - ((counts[..., 0, :] * size).sum(axis=-1) / number - smallest) / (largest - smallest)
        return np.where(largest - smallest > _SAME_SIZE * largest, value, np.nan)

    return evaluate


def prepare_relative_concentration(
    *,
    places: Places,
    n2: Literal["group", "rest"] = "group",
    last_area: Literal["whole", "part"] = "whole",
    population: pd.Series | Floats | None = None,
) -> Evaluator:
    """Return the evaluator of the relative concentration, for places in the order of the counts."""
    _check_last_area(last_area)
    require_choice("n2", n2, ("group", "rest"))
    everybody = None if population is None else _everybody(population, places)
    size = places.sizes("the relative concentration")
    order = _by_size(places)

    def evaluate(counts: Floats) -> Floats:
        residents = counts.sum(axis=-2) if everybody is None else everybody
        number = counts.sum(axis=-1)
        smallest = _mean_size(residents, size, order, number[..., 0], last_area)
        until = number[..., 0] if n2 == "group" else number[..., 1]
        largest = _mean_size(residents, size, order[::-1], until, last_area)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (counts * size).sum(axis=-1) / number
            value = (mean[..., 0] / mean[..., 1] - 1) / (smallest / largest - 1)
        return np.where(largest - smallest > _SAME_SIZE * largest, value, np.nan)

    return evaluate


def _everybody(population: pd.Series | Floats, places: Places) -> Floats:
    """Return the residents by whom areas are ranked, in the order of the counts."""
    everybody = by_area(population, places.area_id, "population")
    return np.asarray(two_groups(everybody, everybody).counts[0])


def _check_last_area(last_area: str) -> None:
    require_choice("last_area", last_area, ("whole", "part"))


def _by_size(places: Places) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Positions from the smallest area to the largest; equal sizes, up to float noise, by area id."""
    size = places.sizes("concentration")
    by_id = places.by_id()
    return np.asarray(by_id[np.argsort(np.rint(size / (_SAME_SIZE * size.max()))[by_id], kind="stable")])


def _mean_size(
    residents: Floats, size: Floats, order: np.ndarray, number: Floats, last_area: Literal["whole", "part"]
) -> Floats:
    """Mean size of area per resident over the first areas that hold a number of residents."""
    size, residents = size[order], residents[..., order]
    held, land = residents.cumsum(axis=-1), (residents * size).cumsum(axis=-1)
    short = held < number[..., np.newaxis] * (1 - _ROUNDING)
    last = np.minimum(short.sum(axis=-1, keepdims=True), len(order) - 1)
    persons = np.take_along_axis(held, last, axis=-1)[..., 0]
    ground = np.take_along_axis(land, last, axis=-1)[..., 0]
    if last_area == "part":
        ground = ground - (persons - number) * size[last[..., 0]]
        persons = number
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(ground / persons)


MEASURES = (
    Measure(
        id="delta",
        title_de="Delta (Konzentration auf der Fläche)",
        title_en="Delta (concentration on the land)",
        dimension="concentration",
        groups="two",
        needs=("geometry",),
        citation="Duncan, Cuzzort and Duncan 1961; Massey and Denton 1988, doi:10.1093/sf/67.2.281",
        function=delta,
        prepare=prepare_delta,
        known_as={"PySAL segregation": "Delta", "R OasisR": "Delta"},
    ),
    Measure(
        id="absolute_concentration",
        title_de="Absolute Konzentration (ACO)",
        title_en="Absolute concentration (ACO)",
        dimension="concentration",
        groups="two",
        needs=("geometry",),
        low=None,
        high=None,
        citation="Massey and Denton 1988, doi:10.1093/sf/67.2.281",
        function=absolute_concentration,
        prepare=prepare_absolute_concentration,
        known_as={"PySAL segregation": "AbsoluteConcentration", "R OasisR": "ACO"},
    ),
    Measure(
        id="relative_concentration",
        title_de="Relative Konzentration (RCO)",
        title_en="Relative concentration (RCO)",
        dimension="concentration",
        groups="two",
        needs=("geometry",),
        low=None,
        high=None,
        citation="Massey and Denton 1988, doi:10.1093/sf/67.2.281",
        function=relative_concentration,
        prepare=prepare_relative_concentration,
        known_as={"PySAL segregation": "RelativeConcentration", "R OasisR": "RCO"},
    ),
)
