"""What would the share of a small area be without the noise of few people? Empirical-Bayes smoothing by name.

A smoothed value is an estimate and a choice, never a replacement: it is computed only where it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import pandas as pd
from scipy.special import betaincinv, gammaincinv

from indicators.limits import INTERVAL_LEVEL, Floats, model_limits
from indicators.shares import share
from spatial.alignment import align
from spatial.errors import ParameterError
from spatial.neighbours import NeighbourGraph

__all__ = ["Prior", "Smoothed", "empirical_bayes"]

Prior = Literal["global", "neighbourhood"]
_Counts: TypeAlias = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Smoothed:
    """Smoothed values of one date, with the raw ones beside them.

    Indexed by area_id in the order of the input: `value` (smoothed) with its interval `ci_low`, `ci_high` at the
    `level`, and `raw` [per so many], `weight` (how much of the own value is in it, 0–1), `centre` (what it is drawn
    towards) [per so many], `neighbours` (areas with a value that the centre is made of besides the own one),
    `status` (words of `ValueStatus`).
    """

    value: pd.Series
    ci_low: pd.Series
    ci_high: pd.Series
    raw: pd.Series
    weight: pd.Series
    centre: pd.Series
    neighbours: pd.Series
    status: pd.Series
    prior: Prior
    model: Literal["poisson", "binomial"]
    per: float
    level: float

    def __repr__(self) -> str:
        known = int(self.value.notna().sum())
        middle = f", median weight of the own value {self.weight.median():.2f}" if known else ""
        return f"Smoothed({self.prior}, {self.model}: {known} of {len(self.value)} areas{middle})"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: `value`, `ci_low`, `ci_high`, `raw`, `weight`, `centre`, `neighbours`, `status`."""
        names = ("value", "ci_low", "ci_high", "raw", "weight", "centre", "neighbours", "status")
        return pd.DataFrame({name: getattr(self, name) for name in names})


def empirical_bayes(
    numerator: pd.Series,
    denominator: pd.Series,
    *,
    numerator_status: pd.Series,
    denominator_status: pd.Series,
    prior: Prior = "global",
    graph: NeighbourGraph | None = None,
    contiguity: Literal["rook", "queen"] = "rook",
    model: Literal["poisson", "binomial"] = "poisson",
    per: float = 100,
    minimum_denominator: float = 0,
    level: float = INTERVAL_LEVEL,
) -> Smoothed:
    r"""Draw the values of small areas towards that of the city or of their neighbourhood (Marshall 1991).

    With rates :math:`r_i = a_i/n_i` and, over all areas or over the area and its neighbours,

    .. math:: m = \frac{\sum a_j}{\sum n_j}, \quad
              A = \max\Bigl(0, \frac{\sum n_j (r_j - m)^2}{\sum n_j} - \frac{v(m)}{\bar n}\Bigr), \quad
              \hat r_i = m + \frac{A}{A + v(m)/n_i} (r_i - m)

    with :math:`v(m) = m` (Poisson) or :math:`m(1 - m)` (binomial). With :math:`\varphi = v(m)/A` this is the mean of
    the posterior that a prior of :math:`\varphi` people with the centre's value gives, and the interval is that of
    the posterior: Gamma(:math:`m\varphi + a_i`, :math:`\varphi + n_i`) for Poisson,
    Beta(:math:`m\varphi + a_i`, :math:`(1 - m)\varphi + n_i - a_i`) for binomial.

    Parameters
    ----------
    numerator, denominator : Series of int or float, indexed by area_id
        The part and its whole, or the events and the people, of one date. [persons, households, cases]
    numerator_status, denominator_status : Series of ValueStatus or str, same index
        State of each count.
    prior : {"global", "neighbourhood"}
        What the values are drawn towards: the city, or the area with its neighbours.
    graph : NeighbourGraph
        Neighbours, of the same areas in any order; needed for "neighbourhood".
    contiguity : {"rook", "queen"}
        Whether neighbours share a border, or a corner is enough.
    model : {"poisson", "binomial"}
        How much chance there is in a count: *poisson* as published, for events and rare groups; *binomial* for
        shares that are not small, where Poisson would smooth too much.
    per : float
        100 for percent, 1000 for cases per 1,000.
    minimum_denominator : float
        Smallest whole for which an area has a value. [same unit as the denominator]
    level : float
        Share of the posterior that lies in the interval.

    Returns
    -------
    Smoothed
        On the index of the numerator. An area without a value has none here either: nothing is filled in, and a
        withheld value stays withheld. A true zero is drawn away from 0 and becomes *measured*. An area none of
        whose neighbours has a value keeps its own, with its own interval (`neighbours` 0, weight 1). Where the areas
        differ no more than chance makes them, all have the centre's value and its interval (weight 0).

    Raises
    ------
    InputError, ShareError, StatusError, DefinitionError
        As `indicators.shares.share`.
    AlignmentError
        If the graph has other areas.
    ParameterError
        If an option is unknown, the level is not between 0 and 1, or the graph is absent for "neighbourhood".

    Notes
    -----
    Means and variances are made of published values only: counts that are withheld, unknown or of too few people
    move no other area's value, so that none can be computed back.

    The interval takes centre and spread as known. They are estimates themselves, those of a neighbourhood from a
    handful of areas: it is somewhat too narrow, and says nothing of how well an area fits its neighbours.

    References
    ----------
    .. [1] R. J. Marshall (1991), Mapping disease and mortality rates using empirical Bayes estimators, Journal
       of the Royal Statistical Society C 40:283–294, doi:10.2307/2347593.
    .. [2] D. Clayton and J. Kaldor (1987), Empirical Bayes estimates of age-standardized relative risks for use in
       disease mapping, Biometrics 43:671–681, doi:10.2307/2532003.

    Examples
    --------
    >>> ids = ["00", "01", "02"]
    >>> part, whole = pd.Series([1, 60, 10], index=ids), pd.Series([10, 200, 100], index=ids)
    >>> state = pd.Series("measured", index=ids)
    >>> result = empirical_bayes(part, whole, numerator_status=state, denominator_status=state)
    >>> result.value.round(2).tolist()
    [19.9, 28.99, 13.2]
    >>> result.ci_low.round(1).tolist(), result.ci_high.round(1).tolist()
    ([8.9, 22.5, 7.8], [35.3, 36.3, 20.1])
    """
    if prior not in get_args(Prior):
        raise ParameterError("prior", prior, f"one of {', '.join(get_args(Prior))}")
    if model not in ("poisson", "binomial"):
        raise ParameterError("model", model, "'poisson' or 'binomial'")
    if not 0 < level < 1:
        raise ParameterError("level", level, "a share between 0 and 1, for example 0.95")
    raw = share(
        numerator,
        denominator,
        numerator_status=numerator_status,
        denominator_status=denominator_status,
        minimum_denominator=minimum_denominator,
        may_exceed=model == "poisson",
        per=per,
    )
    known = raw["value"].notna().to_numpy()
    index = raw.index
    part = numerator.to_numpy(dtype=float, na_value=np.nan)[known]
    whole = denominator.to_numpy(dtype=float, na_value=np.nan)[known]
    if prior == "global":
        centre, weight, counts = _global(part, whole, model)
        neighbours = np.full(len(part), max(len(part) - 1, 0))
    else:
        if graph is None:
            raise ParameterError("graph", graph, "a NeighbourGraph, for example shared_borders(areas)")
        pairs = _pairs(graph, index, known, contiguity)
        centre, weight, counts = _neighbourhood(part, whole, pairs, model)
        neighbours = np.bincount(pairs[0], minlength=len(part))
    smoothed = centre + weight * (part / whole - centre)
    low, high = _posterior(part, whole, centre, weight, counts, model, level)
    doubt = denominator_status.map(str).where(raw["status"] == "zero", raw["status"])
    return Smoothed(
        value=_spread(per * smoothed, known, index),
        ci_low=_spread(per * np.minimum(low, smoothed), known, index),
        ci_high=_spread(per * np.maximum(high, smoothed), known, index),
        raw=raw["value"],
        weight=_spread(weight, known, index),
        centre=_spread(per * centre, known, index),
        neighbours=_spread(neighbours.astype(float), known, index).astype("Int64"),
        status=doubt.astype("str"),
        prior=prior,
        model=model,
        per=per,
        level=level,
    )


def _global(part: Floats, whole: Floats, model: str) -> tuple[Floats, Floats, _Counts]:
    """Return centre, weight, and the counts the centre is made of."""
    if not len(part):
        return part, part, (part, part)
    mean = part.sum() / whole.sum()
    spread = float((whole * (part / whole - mean) ** 2).sum() / whole.sum())
    noise = _noise(np.full(len(part), mean), model)
    between = np.maximum(0.0, spread - noise / whole.mean())
    counts = np.full(len(part), float(part.sum())), np.full(len(part), float(whole.sum()))
    return np.full(len(part), mean), _own_weight(between, noise, whole), counts


def _neighbourhood(
    part: Floats, whole: Floats, pairs: tuple[np.ndarray, np.ndarray], model: str
) -> tuple[Floats, Floats, _Counts]:
    """Return centre, weight and the centre's counts from each area and its neighbours; `pairs` names both directions."""
    count = len(part)
    own = np.arange(count)
    here, there = np.r_[pairs[0], own], np.r_[pairs[1], own]
    people: Floats = np.bincount(here, whole[there], minlength=count).astype(float)
    members = np.bincount(here, minlength=count)
    cases: Floats = np.bincount(here, part[there], minlength=count).astype(float)
    mean = cases / people
    deviation = whole[there] * (part[there] / whole[there] - mean[here]) ** 2
    spread = np.bincount(here, deviation, minlength=count) / people
    noise = _noise(mean, model)
    between = np.maximum(0.0, spread - noise / (people / members))
    weight = _own_weight(between, noise, whole)
    return mean, np.where(members == 1, 1.0, weight), (cases, people)


def _posterior(
    part: Floats,
    whole: Floats,
    centre: Floats,
    weight: Floats,
    counts: _Counts,
    model: Literal["poisson", "binomial"],
    level: float,
) -> tuple[Floats, Floats]:
    """Return the limits of the posterior; at the ends, weight 0 and 1, those of the centre and of the own counts."""
    chance: Literal["rate", "share"] = "rate" if model == "poisson" else "share"
    low, high = model_limits(part, whole, model=chance, level=level)
    low_centre, high_centre = model_limits(*counts, model=chance, level=level)
    low, high = np.where(weight > 0, low, low_centre), np.where(weight > 0, high, high_centre)
    drawn = (weight > 0) & (weight < 1)
    a, n, m = part[drawn], whole[drawn], centre[drawn]
    people = n * (1 - weight[drawn]) / weight[drawn]
    for limit, tail in ((low, (1 - level) / 2), (high, (1 + level) / 2)):
        if model == "poisson":
            limit[drawn] = gammaincinv(m * people + a, tail) / (people + n)
        else:
            limit[drawn] = betaincinv(m * people + a, (1 - m) * people + np.maximum(n - a, 0), tail)
    return low, high


def _noise(mean: Floats, model: str) -> Floats:
    """Return the variance that chance gives to one person's contribution."""
    return mean if model == "poisson" else np.maximum(mean * (1 - mean), 0.0)


def _own_weight(between: Floats, noise: Floats, whole: Floats) -> Floats:
    """Return the weight of the own value; 0 where all are the same, so that there is nothing to weigh."""
    total = between + noise / whole
    return np.divide(between, total, out=np.zeros_like(total), where=total > 0)


def _pairs(
    graph: NeighbourGraph, index: pd.Index, known: np.ndarray, contiguity: Literal["rook", "queen"]
) -> tuple[np.ndarray, np.ndarray]:
    """Return all pairs of neighbours that both have a value, in both directions, as positions among them."""
    align(pd.Series(0, index=graph.area_id), index, "the neighbour graph")
    first, second = graph.in_order(index).contiguous(contiguity)
    inside = known[first] & known[second]
    position = np.cumsum(known) - 1
    one, other = position[first[inside]], position[second[inside]]
    return np.r_[one, other], np.r_[other, one]


def _spread(values: Floats, known: np.ndarray, index: pd.Index) -> pd.Series:
    full = np.full(len(index), np.nan)
    full[known] = values
    return pd.Series(full, index=index)
