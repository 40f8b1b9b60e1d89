"""Which areas of high need lie among others of high need, more than chance would have it? Local Moran's I."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spatial.neighbours import NeighbourGraph
from spatial.regions.opinions.local_statistics import (
    Alternative,
    Inference,
    chance_test,
    local_opinion,
    neighbourhoods_of,
)
from spatial.regions.opinions.result import SecondOpinion
from spatial.regions.opinions.subject import Contiguity, subject_of

__all__ = ["local_moran"]


def local_moran(
    need: pd.Series,
    population: pd.Series,
    graph: NeighbourGraph,
    *,
    level: float = 0.05,
    alternative: Alternative = "two-sided",
    inference: Inference = "permutation",
    replicates: int = 999,
    rng: np.random.Generator | int = 0,
    contiguity: Contiguity = "rook",
    workers: int | None = None,
) -> SecondOpinion:
    r"""Find clusters of high need by local Moran's I.

    .. math:: I_i = \frac{z_i}{m_2} \frac{1}{k_i} \sum_{j \in N(i)} z_j, \qquad m_2 = \frac{1}{n} \sum_i z_i^2

    with need less its mean over the areas :math:`z` and the :math:`k_i` neighbours :math:`N(i)`. The regions are the
    connected pieces of areas that are high among high, with a q-value of at most `level`.

    Parameters
    ----------
    need : Series of float, shape (n_areas,), indexed by area_id
        Need index, higher = more need. [index points] An area of missing need is nobody's neighbour.
    population : Series of int or float, shape (n_areas,), indexed by area_id
        Residents. They count in the result; the statistic asks for areas only. [persons]
    graph : NeighbourGraph
        Neighbours of the same areas.
    level : float, default 0.05
        False discovery rate: share of false ones that is accepted among the areas that are called unusual.
    alternative : {"two-sided", "greater"}
        *greater*: I is higher than by chance, high among high or low among low. *two-sided*: lower as well, single
        areas that differ from all around; twice the smaller p-value.
    inference : {"permutation", "analytic"}
        Where p-values come from: draws in which the area keeps its need and its neighbours are drawn from all other
        areas without replacement; or the exact mean and variance of these draws, and the normal distribution.
    replicates : int, default 999
        Draws per area. No p-value is below 1 / (replicates + 1), two-sided below twice that.
    rng : numpy Generator or int, default 0
        Where the random numbers come from; its number is the `seed` of the result.
    contiguity : {"rook", "queen"}, default "rook"
        Whether a common border makes neighbours, or a common corner as well.
    workers : int, optional
        Threads; None takes all processors. The result does not depend on them.

    Returns
    -------
    SecondOpinion
        On the index of `need`. Figures: `neighbours` (of known need), `statistic` (I, unitless), `z` (standardised by
        the exact moments), `p_value`, `q_value` (Benjamini and Hochberg, over all areas with a p-value), `kind`
        ("high-high", "low-low", "high-low", "low-high": the area, then its neighbours), `is_significant` and
        `undefined` (why there is no value: no neighbour, need missing, or the same everywhere).

    Raises
    ------
    AlignmentError, CountsError
        As in `propose`.
    ParameterError
        If an option is outside its range.

    Notes
    -----
    The p-value is (r + 1) / (n + 1) with r of n draws at least as extreme; sums that are equal but for rounding are
    ties. The mean of I over areas with neighbours is close to, and without islands equal to, Moran's I of the city.
    Programmes that take n − 1 for n in :math:`m_2` give values that are lower by the factor (n − 1) / n.

    References
    ----------
    .. [1] L. Anselin (1995), Local Indicators of Spatial Association – LISA, Geographical Analysis 27,
       doi:10.1111/j.1538-4632.1995.tb00338.x.
    .. [2] R. R. Sokal, N. L. Oden and B. A. Thomson (1998), Local Spatial Autocorrelation in a Biological Model,
       Geographical Analysis 30, doi:10.1111/j.1538-4632.1998.tb00406.x.

    Examples
    --------
    Four areas in a row, need 3, 1, 0, 0: mean 1, deviations 2, 0, −1, −1, :math:`m_2` = 6/4. The last one has one
    neighbour, I = (−1 / 1.5) · (−1) = 2/3; the third one −1 / 1.5 · (0 − 1) / 2 = 1/3.

    >>> ids = pd.Index(["a", "b", "c", "d"])
    >>> row = NeighbourGraph(area_id=ids, first=np.arange(3), second=np.arange(1, 4), border=np.full(3, 50.0))
    >>> people = pd.Series(100, index=ids)
    >>> local_moran(pd.Series([3.0, 1.0, 0.0, 0.0], index=ids), people, row).figures["statistic"].round(4).tolist()
    [0.0, 0.0, 0.3333, 0.6667]
    """
    test = chance_test(
        level=level,
        inference=inference,
        alternative=alternative,
        replicates=replicates,
        rng=rng,
        workers=workers,
    )
    subject = subject_of(need, population, graph, contiguity=contiguity)
    areas = neighbourhoods_of(subject)
    own, lag = areas.deviation, areas.lag
    expected, spread = areas.lag_moments()
    direction = np.sign(np.where(np.abs(own) > 1e-12 * np.abs(own).max(initial=0.0), own, 0.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = direction * np.abs(own) * lag / (areas.variance * areas.degree)
        z = direction * (lag - expected) / np.sqrt(spread)
    z[(spread == 0) | (direction == 0)] = np.nan
    p_value = np.ones(len(own)) if areas.is_same else test.p_values(areas, direction, z)
    kind = np.char.add(np.where(own > 0, "high-", "low-"), np.where(lag > 0, "high", "low"))
    return local_opinion(
        subject,
        areas,
        statistic=statistic,
        z=z,
        p_value=p_value,
        kind=kind,
        core="high-high",
        test=test,
        method="local Moran",
        contiguity=contiguity,
    )
