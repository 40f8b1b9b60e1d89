"""What do local Moran and Gi* have in common? The neighbourhoods, the test against chance, and the regions of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import ndtr
from scipy.stats import false_discovery_control

from spatial.parameters import require_choice, require_number, require_whole_number, seed_of
from spatial.regions.opinions.permutation import conditional_ranks
from spatial.regions.opinions.result import SecondOpinion, opinion_of
from spatial.regions.opinions.subject import Contiguity, Floats, Integers, Subject
from spatial.segregation.threads import thread_count

__all__ = [
    "Alternative",
    "ChanceTest",
    "Inference",
    "Neighbourhoods",
    "chance_test",
    "local_opinion",
    "neighbourhoods_of",
]

Inference: TypeAlias = Literal["permutation", "analytic"]
Alternative: TypeAlias = Literal["two-sided", "greater"]

# A variance below this part of the largest possible is rounding.
_ROUNDING = 1e-20


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Neighbourhoods:
    """The areas of known need, in the order of their ids, and who their neighbours among them are.

    `deviation` is the need less its mean over the areas [index points], `lag` the sum of it over the neighbours,
    `degree` their number. `is_same` says that the need does not vary, so that nothing can be said.
    """

    mean: float
    deviation: Floats
    links: csr_array
    degree: Integers
    lag: Floats
    is_same: bool

    @property
    def variance(self) -> float:
        """Mean square of the deviations [index points²]."""
        return float(np.mean(self.deviation**2)) if len(self.deviation) else 0.0

    def lag_moments(self) -> tuple[Floats, Floats]:
        """Return mean and variance of the lag when an area keeps its need and the others are dealt out anew."""
        others = len(self.deviation) - 1
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = -self.deviation / others
            square = (self.variance * (others + 1) - self.deviation**2) / others - mean**2
            spread = self.degree * square * (others - self.degree) / (others - 1)
        small = _ROUNDING * max(self.variance, 0.0)
        return self.degree * mean, np.where(spread > small, spread, 0.0)


def neighbourhoods_of(subject: Subject) -> Neighbourhoods:
    """Find the neighbours of known need of every area of known need.

    Parameters
    ----------
    subject : Subject
        Need and neighbours.

    Returns
    -------
    Neighbourhoods

    Examples
    --------
    >>> from spatial.neighbours import NeighbourGraph
    >>> from spatial.regions.opinions.subject import subject_of
    >>> ids = ["a", "b", "c", "d"]
    >>> row = NeighbourGraph(
    ...     area_id=pd.Index(ids), first=np.arange(3), second=np.arange(1, 4), border=np.full(3, 50.0))
    >>> city = subject_of(pd.Series([3.0, 1.0, 0.0, 0.0], ids), pd.Series(100, ids), row)
    >>> neighbourhoods_of(city).lag.tolist()
    [0.0, 1.0, -1.0, -1.0]
    """
    known = np.flatnonzero(subject.is_known)
    need = subject.need[known]
    links = subject.links(subject.is_known)[known][:, known]
    mean = float(need.mean()) if len(need) else float("nan")
    spread, largest = (float(np.ptp(need)), float(np.abs(need).max())) if len(need) else (0.0, 0.0)
    deviation = need - mean
    return Neighbourhoods(
        mean=mean,
        deviation=deviation,
        links=links,
        degree=np.diff(links.indptr).astype(np.int64),
        lag=np.asarray(links @ deviation, dtype=np.float64),
        is_same=spread <= 1e-12 * largest,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChanceTest:
    """How p-values are found: options of the local statistics, checked."""

    level: float
    inference: Inference
    alternative: Alternative
    replicates: int
    seed: int
    workers: int | None

    def p_values(self, areas: Neighbourhoods, direction: Floats, z: Floats) -> Floats:
        """Return the p-value of each neighbourhood; `direction` says which way of the lag is up, 0 for neither."""
        if self.inference == "analytic":
            above, below = ndtr(-z), ndtr(z)
        else:
            high, low = conditional_ranks(
                areas.deviation,
                areas.links,
                replicates=self.replicates,
                seed=self.seed,
                workers=self.workers,
            )
            turned = direction < 0
            above = (np.where(turned, low, high) + 1) / (self.replicates + 1)
            below = (np.where(turned, high, low) + 1) / (self.replicates + 1)
        found = above if self.alternative == "greater" else np.minimum(1.0, 2 * np.minimum(above, below))
        return np.asarray(np.where((direction == 0) | np.isnan(z), 1.0, found), dtype=np.float64)

    @property
    def smallest_p(self) -> float:
        """The smallest p-value that there can be."""
        if self.inference == "analytic":
            return 0.0
        return (1 if self.alternative == "greater" else 2) / (self.replicates + 1)

    def parameters(self, contiguity: Contiguity) -> dict[str, object]:
        """Return the options by their names."""
        drawn = {"replicates": self.replicates} if self.inference == "permutation" else {}
        return {
            "level": self.level,
            "inference": self.inference,
            "alternative": self.alternative,
            **drawn,
            "contiguity": contiguity,
        }


def chance_test(
    *,
    level: float,
    inference: Inference,
    alternative: Alternative,
    replicates: int,
    rng: np.random.Generator | int,
    workers: int | None,
) -> ChanceTest:
    """Check the options of a test against chance.

    Parameters
    ----------
    level : float
        Share of false ones that is accepted among the areas that are called unusual.
    inference : {"permutation", "analytic"}
        Whether p-values come from draws, or from exact moments and the normal distribution.
    alternative : {"two-sided", "greater"}
        What counts as unusual.
    replicates : int
        Draws per area.
    rng : numpy Generator or int
        Where the random numbers come from.
    workers : int, optional
        Threads.

    Returns
    -------
    ChanceTest

    Raises
    ------
    ParameterError
        If one of them cannot be.

    Examples
    --------
    >>> test = chance_test(
    ...     level=0.05, inference="permutation", alternative="greater", replicates=999, rng=1, workers=None)
    >>> test.smallest_p, test.seed
    (0.001, 1)
    """
    require_number("level", level, "a share between 0 and 1, for example 0.05", lambda share: 0 < share < 1)
    require_choice("inference", inference, Inference)
    require_choice("alternative", alternative, Alternative)
    expected = "a whole number of at least 19, for example 999"
    thread_count(workers)
    return ChanceTest(
        level=float(level),
        inference=inference,
        alternative=alternative,
        replicates=require_whole_number("replicates", replicates, expected, least=19),
        seed=seed_of(rng),
        workers=workers,
    )


def local_opinion(
    subject: Subject,
    areas: Neighbourhoods,
    *,
    statistic: Floats,
    z: Floats,
    p_value: Floats,
    kind: NDArray[np.str_],
    core: str,
    test: ChanceTest,
    method: str,
    contiguity: Contiguity,
) -> SecondOpinion:
    """Correct p-values for their number and make regions of the unusual areas of one kind.

    Parameters
    ----------
    subject : Subject
        What was looked at.
    areas : Neighbourhoods
        The areas of known need.
    statistic, z, p_value : array of float, shape (n_known,)
        Of the areas of known need.
    kind : array of str, shape (n_known,)
        What an area is when it is unusual.
    core : str
        The kind that makes regions: connected pieces of unusual areas of it.
    test : ChanceTest
        The test, with the level.
    method : str
        Name of the method.
    contiguity : {"rook", "queen"}
        Who is a neighbour.

    Returns
    -------
    SecondOpinion
        Figures `neighbours`, `statistic`, `z`, `p_value`, `q_value`, `kind`, `is_significant` and `undefined`. Found:
        `tested`, the number of areas with a p-value, `unusual`, those with a q-value of at most the level, and
        `at_limit`, those with the smallest p-value that so many draws can give: more draws could make it smaller.

    Examples
    --------
    >>> from spatial.neighbours import NeighbourGraph
    >>> from spatial.regions.opinions.subject import subject_of
    >>> ids = ["a", "b", "c", "d"]
    >>> row = NeighbourGraph(
    ...     area_id=pd.Index(ids), first=np.arange(3), second=np.arange(1, 4), border=np.full(3, 50.0))
    >>> city = subject_of(pd.Series([2.0, 1.8, 0.3, 0.0], ids), pd.Series(100, ids), row)
    >>> areas = neighbourhoods_of(city)
    >>> test = chance_test(
    ...     level=0.05, inference="analytic", alternative="greater", replicates=999, rng=1, workers=None)
    >>> local_opinion(
    ...     city, areas, statistic=areas.lag, z=areas.lag, p_value=np.array([0.01, 0.02, 0.9, 0.8]),
    ...     kind=np.array(["high", "high", "low", "low"]), core="high", test=test, method="by hand", contiguity="rook"
    ... ).region.tolist()
    ['1', '1', <NA>, <NA>]
    """
    known = subject.is_known
    reason = np.full(len(known), None, dtype=object)
    reason[~known] = "need missing"
    where = np.flatnonzero(known)
    reason[where[areas.degree == 0]] = "no neighbour of known need"
    if areas.is_same:
        reason[where] = "need is the same everywhere"
    is_defined = pd.isna(reason)
    of_known = is_defined[known]
    neighbours = np.zeros(len(known), dtype=np.int64)
    neighbours[where] = areas.degree
    kinds = np.full(len(known), None, dtype=object)
    kinds[is_defined] = kind[of_known]

    def everywhere(values: Floats) -> Floats:
        found = np.full(len(known), np.nan)
        found[is_defined] = values
        return found

    q_value = everywhere(false_discovery_control(p_value[of_known]))
    is_significant = q_value <= test.level
    figures = pd.DataFrame(
        {
            "neighbours": neighbours,
            "statistic": everywhere(statistic[of_known]),
            "z": everywhere(z[of_known]),
            "p_value": everywhere(p_value[of_known]),
            "q_value": q_value,
            "kind": pd.array(kinds, dtype="string"),
            "is_significant": is_significant,
            "undefined": pd.array(reason, dtype="string"),
        }
    )
    chosen = is_significant & (kinds == core)
    return opinion_of(
        subject,
        subject.region_ids(subject.pieces(chosen)),
        figures,
        method=method,
        parameters=test.parameters(contiguity),
        found={
            "tested": int(is_defined.sum()),
            "unusual": int(is_significant.sum()),
            "at_limit": int((p_value[of_known] <= test.smallest_p * (1 + 1e-12)).sum()),
        },
        seed=test.seed if test.inference == "permutation" else None,
    )
