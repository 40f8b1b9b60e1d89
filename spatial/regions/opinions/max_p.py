"""Into how many regions of enough residents can a city be divided, and how alike are they inside? The max-p problem."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spatial.neighbours import NeighbourGraph
from spatial.parameters import require_number, require_whole_number, seed_of
from spatial.regions.opinions.exchange import exchange
from spatial.regions.opinions.growth import grow_regions
from spatial.regions.opinions.partition import (
    most_regions,
    opinion_of_partition,
    require_residents,
    within_squares,
)
from spatial.regions.opinions.result import SecondOpinion
from spatial.regions.opinions.subject import Contiguity, subject_of
from spatial.segregation.inference.streams import stream

__all__ = ["max_p"]


def max_p(
    need: pd.Series,
    population: pd.Series,
    graph: NeighbourGraph,
    *,
    threshold: float,
    least_residents: float,
    starts: int = 10,
    rng: np.random.Generator | int = 0,
    contiguity: Contiguity = "rook",
) -> SecondOpinion:
    """Divide the city into as many regions of enough residents as are found, each of like need (max-p).

    Regions grow from areas in random order, always by the neighbour whose need is nearest to the region's mean, until
    they have enough residents; what is left over joins the region beside it that is most alike. Of all starts the one
    with most regions is kept, of these the most alike inside, and areas on the borders change region as long as that
    lowers the sum of squares within the regions. Regions whose mean need, weighted by residents, lies above the
    threshold are the priority areas.

    Parameters
    ----------
    need : Series of float, shape (n_areas,), indexed by area_id
        Need index, higher = more need. [index points] Areas of missing need belong to a region as well; they are taken
        last and count for nothing.
    population : Series of int or float, shape (n_areas,), indexed by area_id
        Residents. [persons]
    graph : NeighbourGraph
        Neighbours of the same areas.
    threshold : float
        Mean need above which a region is a priority area. [index points]
    least_residents : float
        Of each region, above 0. [persons]
    starts : int, default 10
        Orders in which regions grow.
    rng : numpy Generator or int, default 0
        Where the random orders come from; its number is the `seed` of the result.
    contiguity : {"rook", "queen"}, default "rook"
        Whether a common border makes neighbours, or a common corner as well.

    Returns
    -------
    SecondOpinion
        On the index of `need`. Figures: `part`, the region of the division that an area lies in, and `part_need`, its
        mean need. Found: `parts`, the number of regions, and `most_parts`, which no division exceeds. The same areas in
        another order give the same regions.

    Raises
    ------
    AlignmentError, CountsError
        As in `propose`.
    ParameterError
        If an option is outside its range, or a piece of the city has too few residents for a region.

    Notes
    -----
    Both steps are heuristics: the number of regions is a lower bound of the largest one. The source measures likeness by
    absolute differences of all pairs; the sum of squares is used here so that all divisions can be compared.

    References
    ----------
    .. [1] J. C. Duque, L. Anselin and S. J. Rey (2012), The Max-p-Regions Problem, Journal of Regional Science 52,
       doi:10.1111/j.1467-9787.2011.00743.x.

    Examples
    --------
    >>> ids = pd.Index(["a", "b", "c", "d"])
    >>> row = NeighbourGraph(area_id=ids, first=np.arange(3), second=np.arange(1, 4), border=np.full(3, 50.0))
    >>> people = pd.Series(100, index=ids)
    >>> found = max_p(pd.Series([2.0, 1.8, 0.3, 0.0], index=ids), people, row, threshold=1.0, least_residents=150)
    >>> found.region.tolist(), found.found["parts"], found.found["most_parts"]
    (['1', '1', <NA>, <NA>], 2, 2)
    """
    require_number("threshold", threshold, "a finite number of index points")
    require_number(
        "least_residents", least_residents, "a finite number of persons above 0", lambda x: 0 < x < np.inf
    )
    starts = require_whole_number("starts", starts, "a whole number of at least 1", least=1)
    seed = seed_of(rng)
    subject = subject_of(need, population, graph, contiguity=contiguity)
    least = require_residents(subject, least_residents)
    neighbours = subject.neighbours()
    grown = [grow_regions(subject, neighbours, least, stream(seed, start)) for start in range(starts)]
    best = min(grown, key=lambda label: (-label.max(initial=-1), within_squares(label, subject.need)))
    return opinion_of_partition(
        subject,
        exchange(best, subject, neighbours, least, stream(seed, starts)),
        threshold,
        method="max-p",
        parameters={"least_residents": least, "starts": starts, "contiguity": contiguity},
        found={"most_parts": most_regions(subject, least)},
        seed=seed,
    )
