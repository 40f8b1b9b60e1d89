"""How high would an index be if people lived where they do by chance? Asked before small areas are believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import xlogy

from spatial.errors import CountsError, ParameterError
from spatial.parameters import require_choice
from spatial.segregation.aspatial.chance import Chance, binomial, hypergeometric, mean_gap, support
from spatial.segregation.counts import Floats, GroupTable, are_whole, two_groups
from spatial.segregation.measure import Evaluator, Measure

__all__ = [
    "EXACT",
    "MEASURES",
    "expected_dissimilarity",
    "prepare_expected",
    "prepare_expected_dissimilarity",
    "two_groups_of_persons",
]


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
    require_choice("null", null, Chance)
    exact = EXACT[name]

    def evaluate(counts: Floats) -> Floats:
        tables = counts.reshape(-1, *counts.shape[-2:])
        values = [exact(_Margins.of(table), null) for table in tables]
        return np.asarray(values, dtype=float).reshape(counts.shape[:-2])

    return evaluate


def two_groups_of_persons(group: pd.Series | Floats, total: pd.Series | Floats) -> GroupTable:
    """Check two groups as `two_groups` does, and that nobody is counted in part, but for float noise."""
    table = two_groups(group, total)
    parts = np.asarray((~are_whole(table.counts)).any(axis=0))
    if parts.any() or not are_whole(table.counts.sum()):
        raise CountsError(
            "counts are not whole persons",
            table.area_id[parts] if parts.any() else table.area_id,
            "round them: chance deals out whole persons, fewer than 2⁵³",
        )
    return replace(table, counts=np.rint(table.counts))


# Pairs of sizes of areas that are gone through one by one, which takes seconds.
_MOST_PAIRS = 5_000


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
    if null == "hypergeometric":
        return _gini_dealt_out(city)
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


def _gini_dealt_out(city: _Margins) -> float:
    """Sum over all pairs of areas, by their sizes: given the members in both, those in one are dealt out, too."""
    n_sizes = len(city.residents)
    pairs = n_sizes * (n_sizes + 1) // 2
    if pairs > _MOST_PAIRS:
        raise ParameterError(
            "null",
            "hypergeometric",
            f"'binomial' for areas of {n_sizes} sizes: the same up to one part in twice the residents",
        )
    total = 0.0
    for one, (size, areas) in enumerate(zip(city.residents, city.areas, strict=True)):
        for other_size, other_areas in zip(city.residents[one:], city.areas[one:], strict=True):
            together = size + other_size
            how_often = areas * (areas - 1) / 2 if size == other_size else areas * other_areas
            members, _ = support(np.array([together]), city.share)
            members = members[members > 0]
            chance = hypergeometric(members, np.full(len(members), together), city.group, city.everybody)
            gap = mean_gap(members, float(size), float(together), "hypergeometric")
            total += how_often * together * float(chance @ gap)
    return total / (city.everybody**2 * city.share * (1 - city.share))


EXACT: Mapping[str, Callable[[_Margins, Chance], float]] = {
    "correlation_ratio": _correlation_ratio,
    "dissimilarity": _dissimilarity,
    "gini": _gini,
    "gorard": _gorard,
    "information_theory": _information_theory,
    "interaction": _interaction,
    "isolation": _isolation,
}


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
