"""How good can regions within limits be? Answers with areas partly in, round by round, each with a bound."""

from __future__ import annotations

import math

from spatial.regions.cuts.objective import Objective
from spatial.regions.limits import RegionLimits
from spatial.regions.programmes.programme import Relaxed, programme_within
from spatial.regions.programmes.separators import broken_conditions, neighbour_matrix

__all__ = ["relaxed_answers"]


def relaxed_answers(
    objective: Objective,
    threshold: float,
    limits: RegionLimits,
    *,
    budget: float,
    most_regions: int | None,
    value: float,
    rounds: int,
) -> list[Relaxed]:
    """Solve the programme with areas partly in, and ask in each round for the conditions that the last answer breaks.

    Parameters
    ----------
    objective : Objective
        Costs of choosing areas.
    threshold : float
        Threshold at which costs are counted. [index points]
    limits : RegionLimits
        Least and most residents of a region.
    budget : float
        Residents of all regions together. [persons]
    most_regions : int, optional
        Number of regions; None for any.
    value : float
        Objective of a choice that is known: what can only be worse is not looked at again.
        [persons × index points]
    rounds : int
        Programmes that are solved at most.

    Returns
    -------
    list of Relaxed
        One for each round. Every bound holds for all regions within the limits that are better than `value`. Fewer
        rounds when no condition is broken any more; none when nothing fits.

    Examples
    --------
    >>> import numpy as np
    >>> row = Objective(
    ...     area_id=np.array(["a", "b"]), people=np.full(2, 100.0), weight=np.full(2, 100.0),
    ...     strength=np.array([3.0, 0.5]), first=np.array([0]), second=np.array([1]), price=np.full(1, 9.0),
    ...     held_in=np.zeros(2, bool), held_out=np.zeros(2, bool))
    >>> limits = RegionLimits(least_residents=150)
    >>> found = relaxed_answers(row, 1.0, limits, budget=200.0, most_regions=None, value=0.0, rounds=3)
    >>> [round(one.bound, 6) for one in found]
    [-191.0, -150.0]
    """
    programme = programme_within(objective, threshold, limits, budget=budget, most_regions=most_regions)
    links = neighbour_matrix(objective)
    answers: list[Relaxed] = []
    while len(answers) < rounds:
        answer = programme.relaxed(math.inf)
        if answer is None or answer.bound == math.inf:
            break
        answers.append(answer)
        if len(answers) < rounds:
            broken = broken_conditions(
                answer.unknowns,
                objective,
                links,
                least_residents=limits.least_residents,
                root_at=programme.root_at,
            )
            if not len(broken.least):
                break
            programme = programme.narrowed(answer, value).asking(broken)
    return answers
