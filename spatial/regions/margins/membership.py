"""How far does each area belong to a priority area, and how sure is that? A soft margin in place of a hard border."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.alignment import align, require_unique
from spatial.errors import CountsError, ParameterError
from spatial.neighbours import NeighbourGraph
from spatial.parameters import require_number, require_whole_number
from spatial.regions.cuts.family import nested_family
from spatial.regions.cuts.objective import Objective
from spatial.regions.cuts.pieces import pieces_of
from spatial.regions.fixed import FixedAreas
from spatial.regions.margins.soft_areas import CLASSES, SoftAreas
from spatial.regions.proposal import objective_with_fixed

__all__ = ["Resamples", "resampled_needs", "soft_membership"]

Resamples: TypeAlias = (
    pd.DataFrame | NDArray[np.float64] | Callable[[np.random.Generator], pd.DataFrame | NDArray[np.float64]]
)

_LEAST_RESAMPLES = 2

# Digits of a membership: the last ones of a critical threshold depend on the order in which costs were added.
_DIGITS = 9


def soft_membership(
    need: pd.Series,
    population: pd.Series,
    graph: NeighbourGraph,
    *,
    lower_threshold: float,
    upper_threshold: float,
    border_price: float,
    existing: pd.Series | None = None,
    inertia: float = 0.0,
    border_factor: pd.Series | None = None,
    fixed: FixedAreas | None = None,
    resamples: Resamples | None = None,
    seed: int = 0,
    core_from: float = 0.9,
    rest_up_to: float = 0.1,
) -> SoftAreas:
    r"""Grade how far each area belongs to the priority areas: core, margin and rest, with their certainty.

    Every area has a critical threshold :math:`u_i`, the highest need threshold at which it is part of the best
    choice of `propose`. Its membership is where that lies between the two thresholds,

    .. math:: \mu_i = \min\Bigl(1, \max\Bigl(0, \frac{u_i - \tau_0}{\tau_1 - \tau_0}\Bigr)\Bigr)

    and, when the values of need are uncertain, the mean over resamples of all of them.

    Parameters
    ----------
    need : Series of float, shape (n_areas,), indexed by area_id
        Need index, higher = more need. [index points] Missing need speaks neither for nor against an area.
    population : Series of int or float, shape (n_areas,), indexed by area_id
        Residents. [persons]
    graph : NeighbourGraph
        Neighbours and shared borders of the same areas. [m]
    lower_threshold, upper_threshold : float
        An area that leaves the best choice at the lower one has membership 0, one that is still part of it at
        the upper one has 1. [index points]
    border_price, existing, inertia, border_factor, fixed
        As in `propose`. Membership is 1 for areas that have to be in and for those of locked regions, 0 for those
        that have to be out.
    resamples : DataFrame, array or callable, shape (n_resamples, n_areas), optional
        Needs as they could as well have come out, one row per resample: a table with area ids as columns, an array
        in the order of `need`, or what makes either from a numpy Generator; see `resampled_needs`. Missing where
        `need` is missing. [index points] Without it membership comes from `need` alone and its certainty is unknown.
    seed : int, default 0
        For a callable.
    core_from, rest_up_to : float
        Membership from which an area is core, and up to which it is rest; margin lies between. [0–1] Without
        resamples 1 and 0 are the strict choice: margin is whoever lies between the thresholds.

    Returns
    -------
    SoftAreas
        On the index of `need`. The same areas in another order give the same membership.

    Raises
    ------
    AlignmentError
        If the inputs do not have the same areas.
    CountsError
        If the population is missing, infinite or negative, a need is infinite, or a resample is missing where the
        need is known.
    ParameterError
        If a parameter is outside its range, the thresholds are in the wrong order, or there are fewer than
        two resamples.

    Notes
    -----
    Who belongs is decided by minimum cuts, anew for every resample. More need of an area never lowers its own
    membership, nor that of any other. Limits on residents, budget and number of regions are no part of it: they
    choose among regions, membership says how well each area would fit.

    For resamples the costs are rounded to a 2²⁹th of what all areas together can gain: a cut that saves less
    may be missed.

    References
    ----------
    .. [1] G. Gallo, M. D. Grigoriadis and R. E. Tarjan (1989), A Fast Parametric Maximum Flow Algorithm and
       Applications, SIAM Journal on Computing 18, doi:10.1137/0218003.

    Examples
    --------
    Without a price on borders an area's critical threshold is its own need.

    >>> ids = pd.Index(["a", "b", "c"])
    >>> row = NeighbourGraph(
    ...     area_id=ids, first=np.array([0, 1]), second=np.array([1, 2]), border=np.array([50.0, 50.0]))
    >>> need, people = pd.Series([1.75, 1.25, 0.75], ids), pd.Series([100, 100, 100], ids)
    >>> soft = soft_membership(need, people, row, lower_threshold=1.0, upper_threshold=1.5, border_price=0.0)
    >>> soft.membership.tolist(), soft.zone_class.tolist()
    ([1.0, 0.5, 0.0], ['core', 'margin', 'rest'])
    """
    _require_range(lower_threshold, upper_threshold, core_from, rest_up_to)
    require_whole_number("seed", seed, "a whole number of at least 0")
    given = fixed or FixedAreas()

    def costs(values: pd.Series) -> Objective:
        return objective_with_fixed(
            values,
            population,
            graph,
            border_price=border_price,
            existing=existing,
            inertia=inertia,
            border_factor=border_factor,
            fixed=given,
        )

    objective = costs(need)
    draws = None if resamples is None else _draws(resamples, need, graph.area_id, seed)
    if draws is None:
        found = _grades(objective, lower_threshold, upper_threshold)[None, :]
    else:
        pull = costs(need.where(need.isna(), 0.0)).strength  # what the map in force adds to the need
        known = align(need, graph.area_id, "need").notna().to_numpy(dtype=bool)
        found = np.empty_like(draws)
        for number, draw in enumerate(draws):
            one = replace(objective, strength=np.where(known, pull + draw, 0.0))
            found[number] = _grades(one, lower_threshold, upper_threshold, is_coarse=True)
    found[:, np.asarray(graph.area_id.isin(given.locked.index))] = 1.0
    membership = found.mean(axis=0)
    classes = _class_of(membership, core_from, rest_up_to)
    shares = np.full((len(membership), len(CLASSES)), np.nan)
    deviation = np.full(len(membership), np.nan)
    if draws is not None:
        drawn = _class_of(found, core_from, rest_up_to)
        shares = np.column_stack([(drawn == place).mean(axis=0) for place in range(len(CLASSES))])
        deviation = found.std(axis=0, ddof=1)

    def per_area(values: NDArray[np.float64] | pd.Categorical[str], name: str) -> pd.Series:
        return pd.Series(values, index=graph.area_id).reindex(need.index).rename(name)

    return SoftAreas(
        membership=per_area(membership, "membership"),
        deviation=per_area(deviation, "deviation"),
        certainty=per_area(shares[np.arange(len(classes)), classes], "certainty"),
        class_shares=pd.DataFrame(shares, index=graph.area_id, columns=list(CLASSES)).reindex(need.index),
        zone_class=per_area(
            pd.Categorical.from_codes(classes, pd.Index(CLASSES), ordered=True), "zone_class"
        ),
        core=_core_regions(classes == 0, objective, given).reindex(need.index).rename("region_id"),
        need=need.copy(),
        population=align(population, need.index, "population").copy(),
        lower_threshold=lower_threshold,
        upper_threshold=upper_threshold,
        border_price=border_price,
        existing=None if existing is None else align(existing, need.index, "existing").copy(),
        inertia=inertia,
        border_factor=None if border_factor is None else border_factor.copy(),
        fixed=given,
        core_from=core_from,
        rest_up_to=rest_up_to,
        resamples=0 if draws is None else len(draws),
        seed=seed,
    )


def resampled_needs(
    need: pd.Series, standard_error: pd.Series, *, resamples: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw needs as they could as well have come out, from their standard errors.

    Parameters
    ----------
    need : Series of float, shape (n_areas,), indexed by area_id
        Need index. [index points]
    standard_error : Series of float, shape (n_areas,), indexed by area_id
        Standard error of each need, 0 where it is certain. [index points]
    resamples : int
        Number of resamples, at least 2.
    rng : numpy Generator
        Where the random numbers come from. They are dealt out in the order of the area ids, so the order of
        the rows does not matter.

    Returns
    -------
    DataFrame of float, shape (n_resamples, n_areas), with area ids as columns in the order of `need`
        Normally distributed around the need, independent between areas; missing where the need is missing.
        [index points]

    Raises
    ------
    AlignmentError
        If the inputs do not have the same areas.
    CountsError
        If a standard error is missing where the need is known, infinite or negative, or a need is infinite.
    ParameterError
        If the number of resamples is no whole number of at least 2.

    Notes
    -----
    An index that standardises its indicators depends a little on all areas. Resamples of the counts,
    computed like the index itself, take this into account, and also that indicators vary together.

    Examples
    --------
    >>> ids = pd.Index(["a", "b"])
    >>> drawn = resampled_needs(
    ...     pd.Series([1.0, np.nan], ids), pd.Series([0.0, np.nan], ids), resamples=2, rng=np.random.default_rng(1))
    >>> drawn["a"].tolist(), drawn["b"].tolist()
    ([1.0, 1.0], [nan, nan])
    """
    number = require_whole_number(
        "resamples", resamples, f"a whole number of at least {_LEAST_RESAMPLES}", least=_LEAST_RESAMPLES
    )
    require_unique(need.index, "need")
    middle = need.to_numpy(dtype=float, na_value=np.nan)
    error = align(standard_error, need.index, "standard error").to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(middle).any():
        raise CountsError(
            "need infinite", need.index[np.isinf(middle)], "leave it missing if it is not known"
        )
    wrong = ~np.isnan(middle) & ~(np.isfinite(error) & (error >= 0))
    if wrong.any():
        raise CountsError(
            "standard error missing, infinite or negative",
            need.index[wrong],
            "give 0 where the need is certain",
        )
    order = np.argsort(need.index.astype(str).to_numpy(dtype=object), kind="stable")
    noise = np.empty((number, len(need)))
    noise[:, order] = rng.standard_normal((number, len(need)))
    return pd.DataFrame(middle + noise * np.where(np.isnan(middle), 0.0, error), columns=need.index)


def _require_range(lower: float, upper: float, core_from: float, rest_up_to: float) -> None:
    for name, value in (("lower_threshold", lower), ("upper_threshold", upper)):
        require_number(name, value, "a finite number of index points")
    if not lower < upper:
        raise ParameterError("upper_threshold", upper, f"more than the lower threshold {lower:g}")
    require_number("core_from", core_from, "a membership above 0, at most 1", lambda share: 0 < share <= 1)
    require_number(
        "rest_up_to",
        rest_up_to,
        f"a membership of at least 0, below core_from {core_from:g}",
        lambda share: 0 <= share < core_from,
    )


def _grades(
    objective: Objective, lower: float, upper: float, *, is_coarse: bool = False
) -> NDArray[np.float64]:
    """Return where the critical threshold of each area lies between the two."""
    family = nested_family(objective, low=lower, high=upper, is_coarse=is_coarse)
    found = np.clip((family.critical.to_numpy() - lower) / (upper - lower), 0.0, 1.0)
    return np.round(found, _DIGITS)


def _class_of(membership: NDArray[np.float64], core_from: float, rest_up_to: float) -> NDArray[np.int8]:
    """Return the position of each membership's class in `CLASSES`."""
    return np.where(membership >= core_from, 0, np.where(membership <= rest_up_to, 2, 1)).astype(np.int8)


def _draws(given: Resamples, need: pd.Series, area_id: pd.Index, seed: int) -> NDArray[np.float64]:
    """Return the resamples in the order of the graph's areas, checked against the need."""
    drawn = given(np.random.default_rng(seed)) if callable(given) else given
    table = drawn if isinstance(drawn, pd.DataFrame) else pd.DataFrame(np.atleast_2d(drawn))
    if not isinstance(drawn, pd.DataFrame):
        if table.shape[1] != len(need):
            raise ParameterError("resamples", table.shape, f"a column for each of {len(need)} areas")
        table.columns = need.index
    if len(table) < _LEAST_RESAMPLES:
        raise ParameterError("resamples", len(table), f"at least {_LEAST_RESAMPLES} resamples")
    place = align(pd.Series(np.arange(table.shape[1]), index=table.columns), area_id, "resamples")
    values = table.to_numpy(dtype=float, na_value=np.nan)[:, place.to_numpy()]
    known = align(need, area_id, "need").notna().to_numpy(dtype=bool)
    lost = (~np.isfinite(values)).any(axis=0) & known
    if lost.any():
        raise CountsError(
            "resample missing or infinite",
            area_id[lost],
            "draw a need in every resample, or leave `need` missing",
        )
    return values


def _core_regions(core: NDArray[np.bool_], objective: Objective, fixed: FixedAreas) -> pd.Series:
    """Return the connected pieces of the core: locked ones keep their name, the others are numbered by residents."""
    names = objective.area_id
    region = fixed.locked.astype("string").reindex(names).astype("string")
    piece = pieces_of(core & region.isna().to_numpy(dtype=bool), objective)
    inside = np.flatnonzero(piece >= 0)
    inside = inside[np.argsort(names[inside].astype(str).to_numpy(dtype=object), kind="stable")]
    # Summed exactly, so that the order of the rows does not matter; among equals the smallest area id comes first.
    residents = pd.Series(objective.people[inside]).groupby(piece[inside], sort=False).agg(math.fsum)
    ranked = residents.sort_values(ascending=False, kind="stable").index.tolist()
    free = [str(one) for one in range(1, len(ranked) + len(fixed.regions) + 1)]
    free = [one for one in free if one not in set(fixed.regions)]
    name = dict(zip(ranked, free, strict=False))
    numbered = pd.Series([name[one] for one in piece[inside].tolist()], index=names[inside], dtype="string")
    return region.fillna(numbered.reindex(names))
