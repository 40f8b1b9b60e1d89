"""How probable is it that chance puts so many members of a group among the residents of an area? Exactly."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from spatial.errors import ParameterError
from spatial.segregation.counts import Floats

__all__ = ["Chance", "binomial", "hypergeometric", "mean_gap", "support"]

Chance: TypeAlias = Literal["hypergeometric", "binomial"]
"""The city's members are dealt out; or every resident is a member with the city's share, independently.

Inference draws the same two as "person_permutation" and "evenness"."""

# Numbers of members that are looked at together: several arrays of 80 MB.
_MOST_NUMBERS = 10_000_000

# Beyond so many standard deviations, and persons, chances are below 1e-17 of the whole.
_DEVIATIONS, _PERSONS = 9, 20


def binomial(members: Floats, residents: Floats | float, share: Floats | float) -> Floats:
    """Return the chance of so many members when every resident is one with the same chance.

    Parameters
    ----------
    members, residents : array of float, shapes that go together
        Whole numbers with 0 <= members <= residents. [persons]
    share : float or array of float between 0 and 1, both excluded
        Chance of each resident.

    Returns
    -------
    array of float
        Exact to about 13 digits also for millions of residents, where differences of logarithms of factorials
        are not.

    References
    ----------
    .. [1] C. Loader (2000), Fast and Accurate Computation of Binomial Probabilities.

    Examples
    --------
    >>> binomial(np.array([0.0, 1.0, 2.0]), 2.0, 0.5)
    array([0.25, 0.5 , 0.25])
    """
    whole = np.asarray(residents, dtype=float)
    others = whole - members
    with np.errstate(invalid="ignore", divide="ignore"):
        logarithm = (
            _stirling_error(whole)
            - _stirling_error(members)
            - _stirling_error(others)
            - _deviance(members, whole * share)
            - _deviance(others, whole * (1 - np.asarray(share)))
            + 0.5 * np.log(whole / (2 * np.pi * members * others))
        )
        logarithm = np.where(members == 0, whole * np.log1p(-np.asarray(share)), logarithm)
        logarithm = np.where((others == 0) & (members > 0), whole * np.log(share), logarithm)
    return np.asarray(np.exp(logarithm))


def _stirling_error(count: Floats) -> Floats:
    """Return ln n! less Stirling's formula; not a number at 0."""
    few = np.minimum(count, 16.0)
    exact = gammaln(few + 1) - (few + 0.5) * np.log(few) + few - 0.5 * np.log(2 * np.pi)
    many = np.maximum(count, 16.0)
    square = many * many
    series = (
        1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square
    ) / many
    return np.asarray(np.where(count < 16, exact, series))


def _deviance(count: Floats, mean: Floats) -> Floats:
    """Return n ln(n / mean) + mean - n without losing digits where the two are close."""
    away = count - mean
    return np.asarray(count * np.log1p(away / mean) - away)


def hypergeometric(members: Floats, residents: Floats, group: float, everybody: float) -> Floats:
    """Return the chance of so many members when the residents are drawn from the city without putting back.

    Parameters
    ----------
    members, residents : array of float, shapes that go together
        Whole numbers, residents at least 1. [persons]
    group, everybody : float
        Members of the group, and residents, of the whole city. [persons]

    Returns
    -------
    array of float
        0 for what cannot be.

    References
    ----------
    .. [1] C. Loader (2000), Fast and Accurate Computation of Binomial Probabilities.

    Examples
    --------
    >>> hypergeometric(np.array([0.0, 1.0]), np.array([1.0, 1.0]), 1, 4)
    array([0.75, 0.25])
    """
    possible = (members >= 0) & (members <= group) & (residents - members <= everybody - group)
    possible &= members <= residents
    if group == everybody or np.all(residents == everybody):
        return np.asarray(possible & (members == np.minimum(residents, group)), dtype=float)
    mine = np.where(possible, members, 0.0)
    others = np.where(possible, residents - members, 0.0)
    # Any chance gives the same quotient; the part of the city that lives in the area keeps all three large.
    lives_here = np.minimum(residents / everybody, 1 - 1e-15)
    chance = binomial(mine, group, lives_here) * binomial(others, everybody - group, lives_here)
    chance /= binomial(np.minimum(residents, everybody), everybody, lives_here)
    return np.asarray(np.where(possible, chance, 0.0))


def mean_gap(residents: Floats, group: float, everybody: float, null: Chance) -> Floats:
    r"""Return how far the members in an area are from their mean, on average.

    For a binomial number de Moivre found :math:`2 \nu (1 - p) \Pr(\nu)` with :math:`\nu` the first whole number
    above the mean; for a hypergeometric one it is :math:`2 \nu (N - A - n + \nu) \Pr(\nu) / N`.

    Parameters
    ----------
    residents : array of float, shape (n,)
        Residents of the areas, whole numbers. [persons]
    group, everybody : float
        Members of the group, and residents, of the whole city. [persons]
    null : {"hypergeometric", "binomial"}
        What chance does.

    Returns
    -------
    array of float, shape (n,)
        Mean absolute deviations. [persons]

    References
    ----------
    .. [1] P. Diaconis and S. Zabell (1991), Closed Form Summation for Classical Distributions: Variations on
       a Theme of de Moivre, Statistical Science 6, doi:10.1214/ss/1177011699.

    Examples
    --------
    >>> mean_gap(np.array([2.0]), 5, 10, "binomial")
    array([0.5])
    """
    share = group / everybody
    above = np.floor(residents * share) + 1
    reachable = np.minimum(above, residents)
    if null == "binomial":
        gap = 2 * above * (1 - share) * binomial(reachable, residents, share)
    else:
        gap = 2 * above * (everybody - group - residents + above) / everybody
        gap *= hypergeometric(reachable, residents, group, everybody)
    return np.where(above <= residents, gap, 0.0)


def support(residents: Floats, share: float) -> tuple[Floats, NDArray[np.intp]]:
    """List the numbers of members that can be expected at all, area by area.

    Parameters
    ----------
    residents : array of float, shape (n,)
        Residents of the areas, whole numbers. [persons]
    share : float between 0 and 1
        The group's share in the city.

    Returns
    -------
    tuple of arrays, shape (n_numbers,)
        Numbers of members, ascending within each area, and the position of their area.

    Raises
    ------
    ParameterError
        If they are more than ten million.

    Examples
    --------
    >>> support(np.array([1.0, 2.0]), 0.5)
    (array([0., 1., 0., 1., 2.]), array([0, 0, 1, 1, 1]))
    """
    mean = residents * share
    reach = _DEVIATIONS * np.sqrt(mean * (1 - share)) + _PERSONS
    first = np.maximum(np.floor(mean - reach), 0.0)
    last = np.minimum(np.ceil(mean + reach), residents)
    wanted = float((last - first + 1).sum())
    if wanted > _MOST_NUMBERS:
        raise ParameterError(
            "counts",
            f"areas with up to {residents.max():g} residents",
            "smaller or fewer areas: so many numbers of members cannot be gone through one by one",
        )
    length = (last - first + 1).astype(np.intp)
    area = np.repeat(np.arange(len(residents)), length)
    start = np.cumsum(length) - length
    return np.arange(len(area)) - start[area] + first[area], area
