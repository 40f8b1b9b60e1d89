"""Where is need high in an area together with its neighbours, more than chance would have it? Getis and Ord's Gi*."""

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

__all__ = ["getis_ord"]


def getis_ord(
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
    r"""Find hot spots of need by Getis and Ord's Gi*.

    .. math:: G_i^* = \frac{\sum_{j \in N^*(i)} s_j - m_i \bar s}{S \sqrt{m_i (n - m_i) / (n - 1)}}

    with need :math:`s`, its mean :math:`\bar s` and its standard deviation :math:`S` over all n areas, and the
    :math:`m_i` areas :math:`N^*(i)`: the area itself and its neighbours. The regions are the connected pieces of hot
    areas with a q-value of at most `level`.

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
        *greater*: hot spots only. *two-sided*: cold spots as well; twice the smaller p-value.
    inference : {"permutation", "analytic"}
        Where p-values come from: draws in which the area keeps its need and its neighbours are drawn from all other
        areas without replacement; or Gi* itself, which is a standardised number, and the normal distribution.
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
        On the index of `need`. Figures: `neighbours` (of known need), `statistic` (mean need of the area and its
        neighbours, index points), `z` (Gi*), `p_value`, `q_value` (Benjamini and Hochberg, over all areas with a
        p-value), `kind` ("hot", "cold", or "mixed" where Gi* is above 0 and the neighbours alone are below what is
        expected, or the other way round), `is_significant` and `undefined` (why there is no value: no neighbour, need
        missing, or the same everywhere).

    Raises
    ------
    AlignmentError, CountsError
        As in `propose`.
    ParameterError
        If an option is outside its range.

    Notes
    -----
    The p-value of draws is (r + 1) / (n + 1) with r of n draws at least as extreme; since the area keeps its need, it
    speaks of the neighbours, and is that of local Moran but for its sign. The analytic p-value speaks of the area and
    its neighbours. This is the standardised form of 1995, which allows need below 0.

    References
    ----------
    .. [1] J. K. Ord and A. Getis (1995), Local Spatial Autocorrelation Statistics: Distributional Issues and an
       Application, Geographical Analysis 27, doi:10.1111/j.1538-4632.1995.tb00912.x.

    Examples
    --------
    Four areas in a row, need 3, 1, 0, 0: mean 1, S² = 6/4. The first with its neighbour sums up to 4, expected 2:
    (4 − 2) / √(1.5 · 2 · 2 / 3) = √2.

    >>> ids = pd.Index(["a", "b", "c", "d"])
    >>> row = NeighbourGraph(area_id=ids, first=np.arange(3), second=np.arange(1, 4), border=np.full(3, 50.0))
    >>> people = pd.Series(100, index=ids)
    >>> getis_ord(pd.Series([3.0, 1.0, 0.0, 0.0], index=ids), people, row).figures["z"].round(4).tolist()
    [1.4142, 0.8165, -1.633, -1.4142]
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
    number, members = len(areas.deviation), areas.degree + 1
    together = areas.deviation + areas.lag
    with np.errstate(invalid="ignore", divide="ignore"):
        z = together / np.sqrt(areas.variance * members * (number - members) / (number - 1))
    z[members == number] = np.nan
    p_value = np.ones(number) if areas.is_same else test.p_values(areas, np.ones(number), z)
    beside = areas.lag - areas.lag_moments()[0]
    kind = np.where(together > 0, np.where(beside > 0, "hot", "mixed"), np.where(beside > 0, "mixed", "cold"))
    return local_opinion(
        subject,
        areas,
        statistic=areas.mean + together / members,
        z=z,
        p_value=p_value,
        kind=kind,
        core="hot",
        test=test,
        method="Gi*",
        contiguity=contiguity,
    )
