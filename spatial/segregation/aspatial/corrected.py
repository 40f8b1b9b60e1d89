"""How high is the dissimilarity without its bias from small numbers? Asked before two cities are compared."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spatial.parameters import require_whole_number, seed_of
from spatial.segregation.aspatial.evenness import prepare_dissimilarity
from spatial.segregation.aspatial.expected import two_groups_of_persons
from spatial.segregation.aspatial.sums import absolute_sum, sum_over_areas
from spatial.segregation.counts import Floats, two_groups
from spatial.segregation.measure import Evaluator, Measure

__all__ = [
    "MEASURES",
    "bias_corrected_dissimilarity",
    "density_corrected_dissimilarity",
    "prepare_bias_corrected_dissimilarity",
    "prepare_density_corrected_dissimilarity",
]

# A few megabytes of random numbers at once.
_DRAWN_AT_ONCE = 1 << 18

# Newton's method from above doubles its digits; from the bounds that it starts with four steps give them all.
_STEPS = 4

# Squares of gaps, in variances, from which on chance takes nothing off in 16 digits.
_CERTAIN = 100.0


def bias_corrected_dissimilarity(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    rng: np.random.Generator | int,
    replicates: int = 500,
) -> float:
    r"""Measure the dissimilarity less its bias from small numbers, as found by resampling persons.

    .. math:: D_{bc} = 2 D - \frac1R \sum_{r=1}^R D_r

    Each :math:`D_r` is the dissimilarity of a group and a rest that are drawn anew, separately and as many as
    there are, with the chances :math:`a_i / A` and :math:`b_i / B`.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; whole persons. [persons]
    rng : numpy Generator or int
        Source of the random numbers; the same state, or the same whole number, gives the same value.
    replicates : int, default 500
        Number R of draws, at least 1.

    Returns
    -------
    float
        Below D; from about 0, or a little below, to 1. [unitless]
        NaN when the group, or everybody else, is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError
        If the two do not have the same areas, or one names an area twice.
    CountsError
        If a count is missing, infinite, negative or not a whole number, or the group is larger than the total.
    ParameterError
        If there are no areas, or an option is out of its range.

    Notes
    -----
    The correction takes away nearly all of the bias where the gaps between group and rest are wide against
    their random part, but only about half of it where there is no segregation at all.
    `density_corrected_dissimilarity` and `modified_dissimilarity` need no draws.

    References
    ----------
    .. [1] R. Allen, S. Burgess, R. Davidson and F. Windmeijer (2015), More Reliable Inference for the
       Dissimilarity Index of Segregation, The Econometrics Journal 18, doi:10.1111/ectj.12039.

    Examples
    --------
    >>> group, total = pd.Series([2, 3]), pd.Series([20, 20])
    >>> bias_corrected_dissimilarity(group, total, rng=1) < 0.1  # D is 0.114
    True
    """
    prepared = prepare_bias_corrected_dissimilarity(rng=rng, replicates=replicates)
    return float(prepared(two_groups_of_persons(group, total).counts))


def prepare_bias_corrected_dissimilarity(
    *, rng: np.random.Generator | int, replicates: int = 500
) -> Evaluator:
    """Return the evaluator of the bias-corrected dissimilarity.

    It takes one number from a generator, and starts from it anew for every table: what it gives does not
    depend on the order in which tables come.
    """
    replicates = require_whole_number("replicates", replicates, "a whole number of at least 1", least=1)
    seed = seed_of(rng)
    dissimilarity = prepare_dissimilarity()

    def mean_of_draws(table: Floats) -> float:
        draws = np.random.default_rng(seed)
        n_areas = table.shape[-1]
        step = max(1, _DRAWN_AT_ONCE // n_areas)
        total = 0.0
        for first in range(0, replicates, step):
            drawn = np.empty((min(step, replicates - first), 2, n_areas))
            for row, members in enumerate(table):
                drawn[:, row] = _drawn_again(members, draws, len(drawn))
            total += float(dissimilarity(drawn).sum())
        return total / replicates

    def evaluate(counts: Floats) -> Floats:
        tables = counts.reshape(-1, *counts.shape[-2:])
        observed = dissimilarity(tables)
        mean = [
            mean_of_draws(table) if np.isfinite(d) else np.nan
            for table, d in zip(tables, observed, strict=True)
        ]
        return np.asarray(2 * observed - mean).reshape(counts.shape[:-2])

    return evaluate


def _drawn_again(members: Floats, draws: np.random.Generator, size: int) -> Floats:
    """Draw as many persons, with the chances that are observed."""
    # The last chance is never used but follows from the others: it should not be a small one.
    largest = int(np.argmax(members))
    order = np.append(np.delete(np.arange(len(members)), largest), largest)
    drawn = np.empty((size, len(members)))
    drawn[:, order] = draws.multinomial(round(members.sum()), members[order] / members.sum(), size)
    return drawn


def density_corrected_dissimilarity(group: pd.Series | Floats, total: pd.Series | Floats) -> float:
    r"""Measure the dissimilarity from gaps that are shrunk by as much as chance is likely to have widened them.

    .. math:: D_{dc} = \tfrac12 \sum_i \hat\sigma_i \, \theta_i, \qquad
       \hat\sigma_i^2 = \frac{p_i (1 - p_i)}{A} + \frac{q_i (1 - q_i)}{B}

    with :math:`p_i = a_i / A` and :math:`q_i = b_i / B`. The observed gap :math:`\hat\theta_i = |p_i - q_i| /
    \hat\sigma_i` is the absolute value of a normal number with variance 1, and :math:`\theta_i \ge 0` is the
    mean that makes it most likely. It is 0 for gaps up to 1, and solves
    :math:`\theta = \hat\theta \tanh(\hat\theta \theta)` for larger ones.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; fractions are allowed. [persons]

    Returns
    -------
    float
        0 = no gap beyond chance, 1 = complete separation; never above D. [unitless]
        NaN when the group, or everybody else, is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, ParameterError
        As `spatial.segregation.aspatial.evenness.dissimilarity`.

    Notes
    -----
    The number of persons matters: the same shares among ten times as many people give a larger value, which
    comes close to D.

    References
    ----------
    .. [1] R. Allen, S. Burgess, R. Davidson and F. Windmeijer (2015), More Reliable Inference for the
       Dissimilarity Index of Segregation, The Econometrics Journal 18, doi:10.1111/ectj.12039.

    Examples
    --------
    >>> round(density_corrected_dissimilarity(pd.Series([10, 30]), pd.Series([100, 100])), 4)
    0.3125
    >>> density_corrected_dissimilarity(pd.Series([2, 3]), pd.Series([20, 20]))
    0.0
    """
    return float(_density_corrected_dissimilarity(two_groups(group, total).counts))


def _density_corrected_dissimilarity(counts: Floats) -> Floats:
    persons = counts.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(0.5 * sum_over_areas(_shrunk_gap, counts, persons[..., 0], persons[..., 1]))


def _shrunk_gap(pair: Floats, group: Floats, rest: Floats) -> Floats | float:
    first, second = pair[0] / group, pair[1] / rest
    gap = np.abs(first - second)
    # Where nothing can vary the gap is certain: its square in variances is infinite and nothing is taken off.
    square = gap * gap / (first * (1 - first) / group + second * (1 - second) / rest)
    square[gap == 0] = 0.0
    wide = square > 1
    shrunk = np.where(wide | np.isnan(gap), gap, 0.0)
    shrunk[wide] *= np.tanh(_root(square[wide]))
    return absolute_sum(shrunk)


def _root(square: Floats) -> Floats:
    """Solve u = s tanh(u), u > 0, for s > 1 by Newton's method from above."""
    square = np.minimum(square, _CERTAIN)
    root = square.copy()
    near = square < 3
    root[near] = np.sqrt(15 * (square[near] - 1) / (6 - square[near]))
    for _ in range(_STEPS):
        tangent = np.tanh(root)
        slope = 1 - square * (1 - tangent * tangent)
        root -= np.where(slope > 0, (root - square * tangent) / slope, 0.0)
    return root


def prepare_density_corrected_dissimilarity() -> Evaluator:
    """Return the evaluator of the density-corrected dissimilarity."""
    return _density_corrected_dissimilarity


MEASURES = (
    Measure(
        id="bias_corrected_dissimilarity",
        title_de="Verzerrungsbereinigte Dissimilarität",
        title_en="Bias-corrected dissimilarity",
        dimension="evenness",
        groups="two",
        low=-1.0,
        citation="Allen, Burgess, Davidson and Windmeijer 2015, doi:10.1111/ectj.12039",
        function=bias_corrected_dissimilarity,
        prepare=prepare_bias_corrected_dissimilarity,
        known_as={"PySAL segregation": "BiasCorrectedDissim"},
    ),
    Measure(
        id="density_corrected_dissimilarity",
        title_de="Zufallsbereinigte Dissimilarität (dichtekorrigiert)",
        title_en="Chance-corrected dissimilarity (density-corrected)",
        dimension="evenness",
        groups="two",
        citation="Allen, Burgess, Davidson and Windmeijer 2015, doi:10.1111/ectj.12039",
        function=density_corrected_dissimilarity,
        prepare=prepare_density_corrected_dissimilarity,
        known_as={"PySAL segregation": "DensityCorrectedDissim"},
    ),
)
