"""How strongly, and over how many scales, do people's surroundings look unlike the city? Distortion."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.special import spence, xlogy

from spatial.parameters import require_choice
from spatial.segregation.aspatial.information import nats
from spatial.segregation.counts import Floats, many_groups
from spatial.segregation.environments.divergence_profile import NearestFirst, divergence_along, nearest_first
from spatial.segregation.environments.neighbour_search import Positions, row_blocks
from spatial.segregation.environments.street_network import StreetNetwork
from spatial.segregation.measure import Evaluator, Measure
from spatial.segregation.places import Places
from spatial.segregation.threads import in_threads, thread_count

__all__ = [
    "MEASURES",
    "Norm",
    "Passage",
    "Weight",
    "global_distortion",
    "local_distortion",
    "prepare_global_distortion",
    "prepare_local_distortion",
]

Passage: TypeAlias = Literal["last", "every"]
Weight: TypeAlias = Literal["persons", "areas", "sum"]
Norm: TypeAlias = Literal["maximum", "none"]


def local_distortion(
    counts: pd.DataFrame | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    passage: Passage = "last",
    weight: Weight = "persons",
    norm: Norm = "maximum",
    streets: gpd.GeoSeries | gpd.GeoDataFrame | StreetNetwork | None = None,
    access: Literal["added", "ignored"] = "added",
    log_base: float = math.e,
    workers: int | None = None,
) -> pd.Series:
    r"""Measure, for each area, how long the people around it look unlike the city, over all scales.

    .. math:: \Delta_i = \frac{1}{C} \sum_k \frac{t_k}{T} \max_{l \ge k} D_i(l)

    with the divergence :math:`D_i(k)` of `divergence_profiles`, the residents :math:`t_k` of the :math:`k`-th
    area from :math:`i`, all residents :math:`T`, and the same for the most segregated city :math:`C`.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group, two or more. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Polygons or points in a projected CRS with metres; distances are between centroids.
    passage : {"last", "every"}
        *last* counts a divergence until it is passed for the last time on the way out (the focal distance of
        [1]_, averaged over all thresholds); *every* counts each step as it is.
    weight : {"persons", "areas", "sum"}
        Mean over the persons reached, mean over the inhabited areas reached, or sum over the inhabited areas.
    norm : {"maximum", "none"}
        Divide by the value of the most segregated city with these groups, in which each group lives apart, in
        rings around the smallest, for a member of the smallest; or not.
    streets, access
        Distances along streets: see `divergence_profiles`.
    log_base : float, default e
        Base of the logarithm. It cancels with `norm="maximum"`.
    workers : int, optional
        Threads; the result does not depend on them. Default: as many as the machine offers.

    Returns
    -------
    Series of float, indexed by area_id
        0 = everybody around looks like the city from the first step on. With the defaults 1 = what a member of
        the smallest group sees in the most segregated city. [unitless; with norm="none" nats]
        NaN when all people belong to one group. Empty areas have a value and do not count for others.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError
        If counts or geometry cannot be used.
    ParameterError
        If an option is unknown.

    Notes
    -----
    The time grows with the square of the number of areas: 50,000 take minutes. PySAL's `LocalDistortion` is
    `passage="every", weight="sum", norm="none"`; it grows with the number of areas, there with that of
    uninhabited ones, too.

    References
    ----------
    .. [1] M. Olteanu, J. Randon-Furling and W. A. V. Clark (2019), Segregation through the multiscalar lens,
       PNAS 116, doi:10.1073/pnas.1900192116.

    Examples
    --------
    >>> row = Places(area_id=pd.Index(["a", "b", "c"]), x=np.array([0.0, 60.0, 200.0]), y=np.zeros(3))
    >>> people = pd.DataFrame({"young": [10, 0, 30], "old": [0, 20, 0]}, index=row.area_id)
    >>> local_distortion(people, geometry=row, norm="none").round(4).tolist()
    [0.1446, 0.4047, 0.206]
    """
    table = many_groups(counts)
    places = Places.of(geometry, table.area_id, "local distortion")
    found = prepare_local_distortion(
        places=places,
        passage=passage,
        weight=weight,
        norm=norm,
        streets=streets,
        access=access,
        log_base=log_base,
        workers=workers,
    )(table.counts)
    return pd.Series(found, index=table.area_id, name="local_distortion")


def global_distortion(
    counts: pd.DataFrame | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    passage: Passage = "last",
    weight: Weight = "persons",
    norm: Norm = "maximum",
    streets: gpd.GeoSeries | gpd.GeoDataFrame | StreetNetwork | None = None,
    access: Literal["added", "ignored"] = "added",
    log_base: float = math.e,
    workers: int | None = None,
) -> float:
    r"""Measure how long the people around the residents of a city look unlike it, over all scales.

    .. math:: \Delta = \sum_i \frac{t_i}{T} \Delta_i

    with the local distortion :math:`\Delta_i`, the residents :math:`t_i` and their sum :math:`T` [1]_.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group, two or more. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Polygons or points in a projected CRS with metres; distances are between centroids.
    passage, weight, norm, streets, access, log_base, workers
        See `local_distortion`.

    Returns
    -------
    float
        0 = everybody's surroundings look like the city from the first step on. [unitless; nats with
        norm="none"] NaN when all people belong to one group. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError
        If counts or geometry cannot be used.
    ParameterError
        If an option is unknown.

    Notes
    -----
    PySAL's `GlobalDistortion` is `passage="every", weight="sum", norm="none"`.

    References
    ----------
    .. [1] C. de Bézenac, W. A. V. Clark, M. Olteanu and J. Randon-Furling (2022), Measuring and Visualizing
       Patterns of Ethnic Concentration, Geographical Analysis 54, doi:10.1111/gean.12271.

    Examples
    --------
    >>> row = Places(area_id=pd.Index(["a", "b", "c"]), x=np.array([0.0, 60.0, 200.0]), y=np.zeros(3))
    >>> people = pd.DataFrame({"young": [10, 0, 30], "old": [0, 20, 0]}, index=row.area_id)
    >>> round(global_distortion(people, geometry=row, norm="none"), 4)
    0.262
    """
    table = many_groups(counts)
    places = Places.of(geometry, table.area_id, "global distortion")
    return float(
        prepare_global_distortion(
            places=places,
            passage=passage,
            weight=weight,
            norm=norm,
            streets=streets,
            access=access,
            log_base=log_base,
            workers=workers,
        )(table.counts)
    )


def prepare_local_distortion(
    *,
    places: Places,
    passage: Passage = "last",
    weight: Weight = "persons",
    norm: Norm = "maximum",
    streets: gpd.GeoSeries | gpd.GeoDataFrame | StreetNetwork | None = None,
    access: Literal["added", "ignored"] = "added",
    log_base: float = math.e,
    workers: int | None = None,
) -> Evaluator:
    """Return the evaluator of the local distortion: counts (…, n_groups, n_areas) to values (…, n_areas)."""
    for name, value, known in (
        ("passage", passage, Passage),
        ("weight", weight, Weight),
        ("norm", norm, Norm),
    ):
        require_choice(name, value, known)
    unit = nats(log_base)
    thread_count(workers)
    nearest = nearest_first(places, streets, access)

    def value_of(counts: Floats) -> Floats:
        flat = np.asarray(counts, dtype=np.float64).reshape(-1, *counts.shape[-2:])
        found = _local(flat, nearest, passage, weight, workers)
        most = np.array([_most(total) for total in flat.sum(axis=-1)])
        scale = np.full_like(most, unit)
        if norm == "maximum":
            scale = most * (flat.any(axis=-2).sum(axis=-1) if weight == "sum" else 1)
        found /= np.where(most > 0, scale, np.nan)[:, None]
        return found.reshape(*counts.shape[:-2], counts.shape[-1])

    return value_of


def prepare_global_distortion(
    *,
    places: Places,
    passage: Passage = "last",
    weight: Weight = "persons",
    norm: Norm = "maximum",
    streets: gpd.GeoSeries | gpd.GeoDataFrame | StreetNetwork | None = None,
    access: Literal["added", "ignored"] = "added",
    log_base: float = math.e,
    workers: int | None = None,
) -> Evaluator:
    """Return the evaluator of the global distortion."""
    local = prepare_local_distortion(
        places=places,
        passage=passage,
        weight=weight,
        norm=norm,
        streets=streets,
        access=access,
        log_base=log_base,
        workers=workers,
    )

    def value_of(counts: Floats) -> Floats:
        residents = counts.sum(axis=-2)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((local(counts) * residents).sum(axis=-1) / residents.sum(axis=-1))

    return value_of


def _local(
    counts: Floats, nearest: NearestFirst, passage: Passage, weight: Weight, workers: int | None
) -> Floats:
    """Return the distortion [nats] around each area, shape (n_replicates, n_areas)."""
    n_replicates, _, n_areas = counts.shape
    found = np.zeros((n_replicates, n_areas))
    peopled = counts.sum(axis=(1, 2)) > 0

    def fill(rows: tuple[int, int]) -> None:
        order, _ = nearest.outwards(np.arange(*rows))
        for replicate in np.flatnonzero(peopled):
            found[replicate, slice(*rows)] = _distortion(counts[replicate], order, passage, weight)

    in_threads(fill, row_blocks(n_areas, n_areas), workers)
    return found


def _distortion(counts: Floats, order: Positions, passage: Passage, weight: Weight) -> Floats:
    profile, residents = divergence_along(counts, order)
    profile[residents == 0] = 0.0
    if passage == "last":
        profile = np.maximum.accumulate(profile[:, ::-1], axis=1)[:, ::-1]
    if weight == "persons":
        step = np.diff(residents, axis=1, prepend=0.0)
        return np.asarray((profile * step).sum(axis=1) / residents[:, -1])
    inhabited = np.asarray(counts.any(axis=0))
    added = np.asarray((profile * inhabited[order]).sum(axis=1))
    return added if weight == "sum" else added / np.count_nonzero(inhabited)


def _most(total: Floats) -> float:
    """Return the distortion [nats] of a member of the smallest group, when each group lives in a ring of its own.

    While the rings are added from the smallest group outwards, the divergence falls; its mean over all people is
    an integral over the share s of the people reached. In the ring of a group with share p, with the share P
    inside it, the divergence is -P/s ln s + (1 - P/s) ln((1 - P/s) / p).
    """
    if not (total > 0).sum() > 1:
        return 0.0
    ring = np.sort(total[total > 0]) / total.sum()
    outer = np.cumsum(ring)
    inner, outer, ring, centre = outer[:-1], outer[1:], ring[1:], ring[0]
    part = inner / outer
    # The integral of (1 - P/s) ln(1 - P/s) has a dilogarithm, which is spence(1 - x).
    mixing = inner * (
        np.pi**2 / 6 - spence(ring / outer) + np.log(part) + xlogy(ring / outer, ring / outer) / part
    )
    mixing -= np.log(ring) * (ring + inner * np.log(part))
    inside = inner / 2 * (np.log(inner) ** 2 - np.log(outer) ** 2)
    return float(-centre * np.log(centre) + (mixing + inside).sum())


MEASURES = (
    Measure(
        id="local_distortion",
        title_de="Lokale Verzerrung über alle Maßstäbe",
        title_en="Local distortion over all scales",
        dimension="local",
        groups="many",
        gives="per area",
        needs=("geometry",),
        citation="Olteanu, Randon-Furling and Clark 2019, doi:10.1073/pnas.1900192116",
        function=local_distortion,
        known_as={"PySAL segregation": "LocalDistortion"},
    ),
    Measure(
        id="global_distortion",
        title_de="Verzerrung über alle Maßstäbe",
        title_en="Distortion over all scales",
        dimension="spatial",
        groups="many",
        needs=("geometry",),
        citation="de Bézenac, Clark, Olteanu and Randon-Furling 2022, doi:10.1111/gean.12271",
        function=global_distortion,
        prepare=prepare_global_distortion,
        known_as={"PySAL segregation": "GlobalDistortion"},
    ),
)
