"""How are whole persons dealt out to cells at random, exactly and fast? Asked by every null model and bootstrap."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from spatial.errors import ParameterError
from spatial.segregation.counts import Floats

__all__ = [
    "Deal",
    "Integers",
    "multinomial_deal",
    "permutation_of_persons",
    "require_drawable",
    "shares_deal",
]

Integers: TypeAlias = NDArray[np.int64]

Deal: TypeAlias = Callable[[np.random.Generator, int], Integers]
"""Deal that many persons out to the cells: one draw, persons per cell."""

# Below this many cells one chain of binomials is quicker than Poisson counts with a remainder.
_FEW_CELLS = 256

# Poisson counts with a mean this many standard deviations below the wanted sum stay below it 14 times in 15.
_SLACK = 1.5

# numpy draws the multivariate hypergeometric distribution for fewer persons than this.
_MOST_PERSONS = 10**9


def multinomial_deal(weights: Floats) -> Deal:
    """Prepare multinomial draws over cells.

    Independent Poisson counts are multinomial given their sum. So counts with a mean slightly below the wanted
    sum are drawn; the few persons that are still without a cell are dealt out one by one, and a draw that is
    above the wanted sum is drawn anew. That is exact for any mean, because whether a draw is kept depends on its
    sum alone, and takes half the time of one binomial per cell.

    Parameters
    ----------
    weights : array of float, shape (n_cells,)
        Chance of each cell, to any scale; at least one above 0. Cells of weight 0 stay empty.

    Returns
    -------
    Deal
        (rng, persons) to persons per cell, shape (n_cells,).

    Examples
    --------
    >>> deal = multinomial_deal(np.array([1.0, 0.0, 3.0]))
    >>> int(deal(np.random.default_rng(1), 100).sum())
    100
    """
    cells = np.flatnonzero(weights > 0)
    chance = weights[cells] / weights[cells].sum()
    bound = np.cumsum(chance)

    def few(rng: np.random.Generator, persons: int) -> Integers:
        return rng.multinomial(persons, chance)

    def many(rng: np.random.Generator, persons: int) -> Integers:
        mean = chance * max(persons - _SLACK * math.sqrt(persons), 0.0)
        while True:
            dealt: Integers = rng.poisson(mean)
            left = persons - int(dealt.sum())
            if left >= 0:
                break
        # Sorted numbers walk along the cells once instead of jumping about.
        place = np.searchsorted(bound, np.sort(rng.random(left)) * bound[-1], side="right")
        dealt += np.bincount(np.minimum(place, len(cells) - 1), minlength=len(cells))
        return dealt

    drawn = few if len(cells) < _FEW_CELLS else many
    if len(cells) == len(weights):
        return drawn

    def scattered(rng: np.random.Generator, persons: int) -> Integers:
        dealt = np.zeros(len(weights), dtype=np.int64)
        dealt[cells] = drawn(rng, persons)
        return dealt

    return scattered


def shares_deal(totals: Integers, shares: Floats) -> Callable[[np.random.Generator, Floats], None]:
    """Prepare draws in which every person gets a group by the same shares, wherever the person lives.

    Parameters
    ----------
    totals : array of int, shape (n_areas,)
        Residents of each area. [persons]
    shares : array of float, shape (n_groups,)
        Share of each group; they add to 1.

    Returns
    -------
    callable
        (rng, out): fills `out`, shape (n_replicates, n_groups, n_areas). The stream of random numbers is used
        replicate after replicate, however many are asked for at once.

    Examples
    --------
    >>> out = np.empty((1, 2, 3))
    >>> shares_deal(np.array([10, 0, 5]), np.array([0.5, 0.5]))(np.random.default_rng(1), out)
    >>> out.sum(axis=1).tolist()
    [[10.0, 0.0, 5.0]]
    """
    present = np.flatnonzero(shares > 0)

    def fill(rng: np.random.Generator, out: Floats) -> None:
        if len(present) == 2:
            first, second = present
            out[:, first] = rng.binomial(totals, shares[first], size=(len(out), len(totals)))
            np.subtract(totals, out[:, first], out=out[:, second])
        else:
            drawn = rng.multinomial(totals, shares[present], size=(len(out), len(totals)))
            out[:, present] = np.swapaxes(drawn, 1, 2)
        if len(present) < len(shares):
            out[:, shares == 0] = 0.0

    return fill


def require_drawable(persons: int) -> None:
    """Refuse so many persons that numpy cannot draw from them without replacement.

    Parameters
    ----------
    persons : int
        Persons that are dealt out together.

    Raises
    ------
    ParameterError
        If there are 10⁹ or more.

    Examples
    --------
    >>> require_drawable(600_000)
    """
    if persons >= _MOST_PERSONS:
        raise ParameterError("counts", f"{persons} persons", f"fewer than {_MOST_PERSONS} persons")


def permutation_of_persons(
    totals: Integers, members: Integers
) -> Callable[[np.random.Generator, Floats], None]:
    """Prepare draws in which all persons change places at random: both margins stay as they are.

    Dealing out the first group is one multivariate hypergeometric draw from the places of all areas, the second
    one from the places that are left, and so on: the counts of a random permutation of persons, without the
    persons.

    Parameters
    ----------
    totals : array of int, shape (n_areas,)
        Residents of each area. [persons]
    members : array of int, shape (n_groups,)
        Persons of each group in the city; the same sum. [persons]

    Returns
    -------
    callable
        (rng, out): fills `out`, shape (n_replicates, n_groups, n_areas).

    Raises
    ------
    ParameterError
        If there are 10⁹ persons or more, which numpy cannot draw.

    Examples
    --------
    >>> out = np.empty((1, 2, 3))
    >>> permutation_of_persons(np.array([4, 0, 2]), np.array([3, 3]))(np.random.default_rng(1), out)
    >>> out.sum(axis=1).tolist(), out.sum(axis=2).tolist()
    ([[4.0, 0.0, 2.0]], [[3.0, 3.0]])
    """
    require_drawable(totals.sum())

    def fill(rng: np.random.Generator, out: Floats) -> None:
        for replicate in out:
            places = totals
            for group in range(len(members) - 1):
                taken = rng.multivariate_hypergeometric(places, int(members[group]), method="marginals")
                replicate[group] = taken
                places = places - taken
            replicate[-1] = places

    return fill
