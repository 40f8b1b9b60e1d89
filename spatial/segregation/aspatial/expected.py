"""How high would an index be if people lived where they do by chance? Asked before small areas are believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import xlogy

from spatial.errors import CountsError, ParameterError
from spatial.segregation.aspatial.chance import Chance, binomial, hypergeometric, mean_gap, support
from spatial.segregation.aspatial.evenness import prepare_gini, prepare_min_max
from spatial.segregation.aspatial.mixing import prepare_atkinson
from spatial.segregation.counts import Floats, GroupTable, two_groups
from spatial.segregation.measure import Evaluator, Measure

__all__ = [
    "MEASURES",
    "ExpectedByChance",
    "expected_dissimilarity",
    "expected_under_independence",
    "prepare_expected",
    "prepare_expected_dissimilarity",
    "two_groups_of_persons",
]

# A few megabytes of random numbers at once.
_DRAWN_AT_ONCE = 1 << 18


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ExpectedByChance:
    """What an index is on average when shares differ by chance alone, and how that was found.

    `standard_error` is the standard error of `value`, 0 when it is exact. `replicates` are the random draws
    behind it, 0 when it is exact.
    """

    index: str
    value: float
    standard_error: float
    is_exact: bool
    null: Chance
    replicates: int
    areas: int

    def __repr__(self) -> str:
        how = "exact" if self.is_exact else f"± {self.standard_error:.2g} from {self.replicates} draws"
        return f"ExpectedByChance({self.index}: {self.value:.4f}, {how}, {self.null}, {self.areas} areas)"


def expected_dissimilarity(
    group: pd.Series | Floats, total: pd.Series | Floats, *, null: Chance = "hypergeometric"
) -> float:
    r"""Compute the dissimilarity to expect when people live where they do by chance.

    .. math:: D^* = \frac{\sum_i E|X_i - n_i P|}{2 N P (1 - P)}

    with members :math:`X_i` that are dealt out, or binomial. The mean deviation has a closed form (de Moivre),
    so the value is exact and needs no random numbers.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; whole persons. [persons]
    null : {"hypergeometric", "binomial"}, default "hypergeometric"
        "hypergeometric": the members there are are dealt out among all places, so that the sums of areas and
        groups stay (Cortese, Falk and Cohen). "binomial": every resident belongs to the group with the city's
        share P, independently, and shares are compared with P (Winship).

    Returns
    -------
    float
        Above 0: chance alone separates, more so in small areas and for small groups. [unitless]
        NaN when the group, or everybody else, is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError
        If the two do not have the same areas, or one names an area twice.
    CountsError
        If a count is missing, infinite, negative or not a whole number, or the group is larger than the total.
    ParameterError
        If there are no areas, or the option is unknown.

    Notes
    -----
    The average over random draws of residents, each measured against its own share, is that of "hypergeometric"
    up to one part in N; that of "binomial" is higher by one part in twice the number of areas.

    References
    ----------
    .. [1] C. F. Cortese, R. F. Falk and J. K. Cohen (1976), Further Considerations on the Methodological
       Analysis of Segregation Indices, American Sociological Review 41, doi:10.2307/2094840.
    .. [2] C. Winship (1977), A Revaluation of Indexes of Residential Segregation, Social Forces 55,
       doi:10.2307/2577572.

    Examples
    --------
    >>> round(expected_dissimilarity(pd.Series([1, 1]), pd.Series([2, 2])), 4)
    0.3333
    >>> expected_dissimilarity(pd.Series([1, 1]), pd.Series([2, 2]), null="binomial")
    0.5
    """
    return float(prepare_expected_dissimilarity(null=null)(two_groups_of_persons(group, total).counts))


def prepare_expected_dissimilarity(*, null: Chance = "hypergeometric") -> Evaluator:
    """Return the evaluator of the expected dissimilarity."""
    return prepare_expected("dissimilarity", null)


def prepare_expected(name: str, null: Chance) -> Evaluator:
    """Return the evaluator of what an index is on average under a null model, for indices with an exact value.

    Parts of persons, which the functions refuse, are taken for values between those of whole persons: they come
    from counterfactual tables and local environments.
    """
    _check_null(null)
    exact = _EXACT[name]

    def evaluate(counts: Floats) -> Floats:
        tables = counts.reshape(-1, *counts.shape[-2:])
        values = [exact(_Margins.of(table), null) for table in tables]
        return np.asarray(values, dtype=float).reshape(counts.shape[:-2])

    return evaluate


def expected_under_independence(
    name: str,
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    null: Chance = "hypergeometric",
    shape: float = 0.5,
    rng: np.random.Generator | None = None,
    replicates: int = 500,
) -> ExpectedByChance:
    r"""Compute what an index is on average when people live where they do by chance.

    Parameters
    ----------
    name : str
        "dissimilarity", "gorard", "information_theory", "correlation_ratio", "isolation" and "interaction",
        which have an exact value, as has "gini" with `null="binomial"`; "atkinson" and "min_max", which are
        drawn.
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; whole persons. [persons]
    null : {"hypergeometric", "binomial"}, default "hypergeometric"
        As for `expected_dissimilarity`.
    shape : float between 0 and 1, default 0.5
        The shape of "atkinson".
    rng : Generator, optional
        For indices that are drawn.
    replicates : int, default 500
        Number of draws, at least 2.

    Returns
    -------
    ExpectedByChance
        NaN when the group, or everybody else, is absent. Draws without either are left out.

    Raises
    ------
    AlignmentError, CountsError, ParameterError
        As `expected_dissimilarity`; and if the index is unknown, or it is drawn and no generator is given.

    Notes
    -----
    With n areas and N residents the correlation ratio is (n - 1) / (N - 1) on average, with
    `null="binomial"` n / N. For the Gini index the two nulls agree up to one part in 2 N.

    References
    ----------
    .. [1] C. Winship (1977), A Revaluation of Indexes of Residential Segregation, Social Forces 55,
       doi:10.2307/2577572.

    Examples
    --------
    >>> expected_under_independence("correlation_ratio", pd.Series([1, 1]), pd.Series([2, 2]))
    ExpectedByChance(correlation_ratio: 0.3333, exact, hypergeometric, 2 areas)
    """
    drawn = {"atkinson": prepare_atkinson(shape=shape), "min_max": prepare_min_max(), "gini": prepare_gini()}
    if name not in _EXACT and name not in drawn:
        raise ParameterError("name", name, f"one of {', '.join(sorted({*_EXACT, *drawn}))}")
    _check_null(null)
    table = two_groups_of_persons(group, total)
    if name in _EXACT and (name, null) != ("gini", "hypergeometric"):
        value, error, replicates = float(prepare_expected(name, null)(table.counts)), 0.0, 0
    else:
        if rng is None:
            raise ParameterError("rng", None, f"a numpy Generator: {name} ({null}) is found by draws")
        if replicates < 2:
            raise ParameterError("replicates", replicates, "at least 2")
        values = _draw(table.counts, drawn[name], null, rng, replicates)
        values = values[~np.isnan(values)]
        value, error = float("nan"), float("nan")
        if len(values) > 1:
            value, error = float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
    return ExpectedByChance(
        index=name,
        value=value,
        standard_error=error,
        is_exact=replicates == 0,
        null=null,
        replicates=replicates,
        areas=len(table.area_id),
    )


def _check_null(null: Chance) -> None:
    if null not in ("hypergeometric", "binomial"):
        raise ParameterError("null", null, "'hypergeometric' or 'binomial'")


def two_groups_of_persons(group: pd.Series | Floats, total: pd.Series | Floats) -> GroupTable:
    """Check two groups as `two_groups` does, and that nobody is counted in part."""
    table = two_groups(group, total)
    parts = np.asarray((table.counts != np.rint(table.counts)).any(axis=0))
    if parts.any():
        raise CountsError(
            "counts are not whole persons", table.area_id[parts], "round them: chance deals out whole persons"
        )
    return table


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Margins:
    """What a null model keeps of a table: how many areas have how many residents, and the sums of the city."""

    residents: Floats
    areas: Floats
    group: float
    everybody: float

    @classmethod
    def of(cls, table: Floats) -> _Margins:
        residents, areas = np.unique(table.sum(axis=0), return_counts=True)
        inhabited = residents > 0
        group, rest = table.sum(axis=-1)
        return cls(
            residents=residents[inhabited],
            areas=areas[inhabited].astype(float),
            group=float(group),
            everybody=float(group + rest),
        )

    @property
    def share(self) -> float:
        return self.group / self.everybody

    @property
    def is_mixed(self) -> bool:
        return 0 < self.group < self.everybody


def _dissimilarity(city: _Margins, null: Chance) -> float:
    if not city.is_mixed:
        return float("nan")
    gap = city.areas @ mean_gap(city.residents, city.group, city.everybody, null)
    return float(gap / (2 * city.group * (1 - city.share)))


def _gorard(city: _Margins, null: Chance) -> float:
    return _dissimilarity(city, null) * (1 - city.share) if city.is_mixed else float("nan")


def _correlation_ratio(city: _Margins, null: Chance) -> float:
    if not city.is_mixed:
        return float("nan")
    kept = 1 if null == "hypergeometric" else 0
    return float((city.areas.sum() - kept) / (city.everybody - kept))


def _isolation(city: _Margins, null: Chance) -> float:
    return city.share + (1 - city.share) * _correlation_ratio(city, null) if city.is_mixed else float("nan")


def _interaction(city: _Margins, null: Chance) -> float:
    return 1 - _isolation(city, null)


def _information_theory(city: _Margins, null: Chance) -> float:
    if not city.is_mixed:
        return float("nan")
    members, area = support(city.residents, city.share)
    residents = city.residents[area]
    if null == "binomial":
        chance = binomial(members, residents, city.share)
    else:
        chance = hypergeometric(members, residents, city.group, city.everybody)
    others = residents - members
    entropy = -xlogy(members, members / residents) - xlogy(others, others / residents)
    share = city.share
    largest = -city.everybody * (share * np.log(share) + (1 - share) * np.log1p(-share))
    return float(1 - (chance * city.areas[area]) @ entropy / largest)


def _gini(city: _Margins, null: Chance) -> float:
    """Integrate W(z) (N - W(z)), with W(z) the residents of areas with a share up to z, over all shares z.

    Its mean is mean(W) (N - mean(W)) - var(W), and both are sums over areas that are independent.
    """
    if not city.is_mixed:
        return float("nan")
    if city.areas.sum() == 1:
        return 0.0
    members, area = support(city.residents, city.share)
    residents, areas = city.residents[area], city.areas[area]
    chance = binomial(members, residents, city.share)
    is_last = np.append(area[1:] != area[:-1], True)
    # The chance of a share up to this one; from each area's last number on it is 1.
    reached = np.cumsum(chance)
    reached -= np.append(0.0, reached[is_last])[area]
    reached[is_last] = 1.0
    spread = reached * (1 - reached)
    is_first = np.append(True, is_last[:-1])
    below, spread_below = np.append(0.0, reached[:-1]), np.append(0.0, spread[:-1])
    below[is_first], spread_below[is_first] = 0.0, 0.0
    shares = members / residents
    order = np.argsort(shares)
    mean = np.cumsum((areas * residents * (reached - below))[order])
    variance = np.cumsum((areas * residents**2 * (spread - spread_below))[order])
    product = mean * (city.everybody - mean) - variance
    area_between = product[:-1] @ np.diff(shares[order])
    return float(area_between / (city.group * (city.everybody - city.group)))


_EXACT: Mapping[str, Callable[[_Margins, Chance], float]] = {
    "correlation_ratio": _correlation_ratio,
    "dissimilarity": _dissimilarity,
    "gini": _gini,
    "gorard": _gorard,
    "information_theory": _information_theory,
    "interaction": _interaction,
    "isolation": _isolation,
}


def _draw(
    table: Floats, evaluate: Evaluator, null: Chance, rng: np.random.Generator, replicates: int
) -> Floats:
    residents = table.sum(axis=0)
    everybody = residents.sum()
    if not 0 < table[0].sum() < everybody:
        return np.full(replicates, np.nan)
    values = []
    step = max(1, _DRAWN_AT_ONCE // len(residents))
    for first in range(0, replicates, step):
        size = min(step, replicates - first)
        if null == "binomial":
            members = rng.binomial(
                residents.astype(np.int64), table[0].sum() / everybody, (size, len(residents))
            )
        else:
            members = rng.multivariate_hypergeometric(
                residents.astype(np.int64), int(table[0].sum()), size, method="marginals"
            )
        values.append(evaluate(np.stack([members, residents - members], axis=1)))
    return np.concatenate(values)


MEASURES = (
    Measure(
        id="expected_dissimilarity",
        title_de="Zu erwartende Dissimilarität bei zufälliger Verteilung",
        title_en="Dissimilarity expected under independence",
        dimension="evenness",
        groups="two",
        citation="Cortese, Falk and Cohen 1976, doi:10.2307/2094840; Winship 1977, doi:10.2307/2577572",
        function=expected_dissimilarity,
        prepare=prepare_expected_dissimilarity,
        known_as={"R segregation": "dissimilarity_expected"},
    ),
)
