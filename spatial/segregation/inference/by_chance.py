"""How high would an index of two groups be if people lived where they do by chance? Exactly, or from draws."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from spatial.errors import ParameterError
from spatial.parameters import require_choice, seed_of
from spatial.segregation.aspatial.chance import Chance
from spatial.segregation.aspatial.evenness import prepare_gini, prepare_min_max
from spatial.segregation.aspatial.expected import EXACT, prepare_expected, two_groups_of_persons
from spatial.segregation.aspatial.mixing import prepare_atkinson
from spatial.segregation.counts import Floats
from spatial.segregation.inference.models import Null
from spatial.segregation.inference.replicates import simulate
from spatial.segregation.inference.tails import defined, mean_and_deviation, require_replicates
from spatial.segregation.measure import Evaluator

__all__ = ["ExpectedByChance", "expected_under_independence"]

# What the exact formulas call the laws of chance, and what the same two are called where people are dealt out.
_MODEL: Final[Mapping[Chance, Null]] = {"hypergeometric": "person_permutation", "binomial": "evenness"}

# Of the indices with a formula, the one that has none under a law.
_WITHOUT_FORMULA: Final = (("gini", "hypergeometric"),)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ExpectedByChance:
    """What an index is on average when shares differ by chance alone, and how that was found.

    `standard_error` is the standard error of `value`, 0 when it is exact. `replicates` are the random draws
    behind it and `seed` is what repeats them; 0 and None when it is exact.
    """

    measure: str
    value: float
    standard_error: float
    is_exact: bool
    null: Chance
    replicates: int
    seed: int | None
    areas: int

    def __repr__(self) -> str:
        how = "exact" if self.is_exact else f"± {self.standard_error:.2g} from {self.replicates} draws"
        return f"ExpectedByChance({self.measure}: {self.value:.4f}, {how}, {self.null}, {self.areas} areas)"


def expected_under_independence(
    name: str,
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    null: Chance = "hypergeometric",
    shape: float = 0.5,
    rng: np.random.Generator | int | None = None,
    replicates: int = 500,
) -> ExpectedByChance:
    r"""Compute what an index is on average when people live where they do by chance.

    Parameters
    ----------
    name : str
        "dissimilarity", "gorard", "information_theory", "correlation_ratio", "isolation" and "interaction",
        which have an exact value, as has "gini" with `null="binomial"`; "gini" with `null="hypergeometric"`,
        "atkinson" and "min_max" are drawn and need `rng`.
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; whole persons. [persons]
    null : {"hypergeometric", "binomial"}, default "hypergeometric"
        As for `expected_dissimilarity`.
    shape : float between 0 and 1, default 0.5
        The shape of "atkinson".
    rng : numpy Generator or int, optional
        Source of randomness for indices that are drawn. The result's `seed`, given as `rng`, repeats the run.
    replicates : int, default 500
        Number of draws, at least 2.

    Returns
    -------
    ExpectedByChance
        NaN when the group, or everybody else, is absent. Draws without either are left out.

    Raises
    ------
    AlignmentError, CountsError, ParameterError
        As `expected_dissimilarity`; and if the index is unknown, or it is drawn and `rng` is not given.

    Notes
    -----
    With n areas and N residents the correlation ratio is (n - 1) / (N - 1) on average, with
    `null="binomial"` n / N.

    Why the Gini index is drawn when members are dealt out: it compares all pairs of areas, and the members of
    two areas then depend on each other, so that the exact mean takes a sum over all pairs of sizes of areas.
    `modified_gini` does that where there are few sizes. With `null="binomial"` areas are independent, the exact
    mean is one integral for any number of areas, and it agrees with the other up to one part in 2 N: take it
    where no random numbers are wanted.

    References
    ----------
    .. [1] C. Winship (1977), A Revaluation of Indexes of Residential Segregation, Social Forces 55,
       doi:10.2307/2577572.

    Examples
    --------
    >>> expected_under_independence("correlation_ratio", pd.Series([1, 1]), pd.Series([2, 2]))
    ExpectedByChance(correlation_ratio: 0.3333, exact, hypergeometric, 2 areas)
    """
    require_choice("null", null, Chance)
    drawn = _drawn(shape)
    if not isinstance(name, str) or name not in {*EXACT, *drawn}:
        raise ParameterError("name", name, f"one of {', '.join(sorted({*EXACT, *drawn}))}")
    replicates = require_replicates(replicates)
    seed = None if rng is None else seed_of(rng)
    table = two_groups_of_persons(group, total)
    is_exact = name in EXACT and (name, null) not in _WITHOUT_FORMULA
    if is_exact:
        seed, replicates = None, 0
        value, error = float(prepare_expected(name, null)(table.counts)), 0.0
    elif seed is None:
        raise ParameterError("rng", None, f"a numpy Generator or a seed: {name} ({null}) is found by draws")
    else:
        value, error = _mean(drawn[name], table.counts, null, seed, replicates)
    return ExpectedByChance(
        measure=name,
        value=value,
        standard_error=error,
        is_exact=is_exact,
        null=null,
        replicates=replicates,
        seed=seed,
        areas=len(table.area_id),
    )


def _drawn(shape: float) -> dict[str, Evaluator]:
    return {"atkinson": prepare_atkinson(shape=shape), "gini": prepare_gini(), "min_max": prepare_min_max()}


def _mean(
    evaluate: Evaluator, counts: Floats, null: Chance, seed: int, replicates: int
) -> tuple[float, float]:
    """Return the mean of the draws that define the index, and its standard error."""
    if not counts.any(axis=-1).all():
        return math.nan, math.nan
    (values,) = simulate([evaluate], counts, model=_MODEL[null], seed=seed, first=0, last=replicates)
    known = defined(values)
    value, deviation = mean_and_deviation(known)
    return (value, deviation / math.sqrt(len(known))) if len(known) > 1 else (math.nan, math.nan)
