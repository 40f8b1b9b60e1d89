"""At which need threshold does an area leave the best choice? All best choices, for all thresholds, exactly.

A higher threshold never brings an area in: the best choices are nested, one inside the other. Each area therefore has
one critical threshold, the end of its membership, and they tell every best choice there is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.errors import ParameterError
from spatial.regions.cuts.objective import Objective
from spatial.regions.cuts.parts import Known, Part, cut_pieces, ever_in, free_part, inside_at

__all__ = ["NestedFamily", "nested_family"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NestedFamily:
    """The best choices for all thresholds: an area is chosen while the threshold is below its critical one.

    `critical` is indexed by area_id [index points]; +∞ for areas that are held in, −∞ for those held out. Only
    thresholds from `low` to below `high` were looked at: who leaves before has −∞, who stays longer has `high`.
    `rounds` is the number of minimum cuts that were needed.
    """

    critical: pd.Series
    objective: Objective
    rounds: int
    low: float = -math.inf
    high: float = math.inf

    def __repr__(self) -> str:
        levels = np.unique(self.critical[np.isfinite(self.critical)])
        return f"NestedFamily({len(self.critical)} areas, {len(levels)} choices, {self.rounds} cuts)"

    def chosen(self, threshold: float) -> NDArray[np.bool_]:
        """Return the smallest best choice at a threshold, in the order of the objective's areas."""
        if not self.low <= threshold < self.high:
            raise ParameterError(
                "threshold",
                threshold,
                f"at least {self.low:g} and below {self.high:g}, where the family was found",
            )
        return np.asarray(self.critical.to_numpy() > threshold)


def nested_family(
    objective: Objective,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    is_coarse: bool = False,
    known: Known | None = None,
) -> NestedFamily:
    r"""Find the critical threshold of every area.

    Parameters
    ----------
    objective : Objective
        Costs of choosing areas.
    low, high : float, optional
        The thresholds to look at; fewer take less time. Default: all. [index points]
    is_coarse : bool, default False
        Whether costs are rounded to a 2²⁹th of what all areas together can gain: half the time, for values that
        are random samples themselves, or only candidates.
    known : Known, optional
        The best choice at some threshold, where it is known: less is left to look at.

    Returns
    -------
    NestedFamily
        Its critical thresholds are exact up to the rounding of the costs to about 46 bits.

    Notes
    -----
    A part of the city that is all in at a low threshold and all out at a high one changes, if at once, where both
    answers cost the same: at :math:`\tau^* = -B / A`, where :math:`A \tau + B` is what all of it costs. A minimum cut
    at :math:`\tau^*` either finds nothing better, and the part has its threshold, or splits it in two [1]_. All
    parts of a round are cut together, since nothing links them any more: the number of cuts is the depth of
    the splitting, not the number of thresholds.

    References
    ----------
    .. [1] M. J. Eisner and D. G. Severance (1976), Mathematical Techniques for Efficient Record Segmentation in Large
       Shared Databases, Journal of the ACM 23, doi:10.1145/321978.321982.
    .. [2] G. Gallo, M. D. Grigoriadis and R. E. Tarjan (1989), A Fast Parametric Maximum Flow Algorithm and
       Applications, SIAM Journal on Computing 18, doi:10.1137/0218003.

    Examples
    --------
    >>> ids = pd.Index(["a", "b", "c"])
    >>> costs = Objective(
    ...     area_id=ids, people=np.full(3, 100.0), weight=np.full(3, 100.0), strength=np.array([1.5, 0.9, 1.5]),
    ...     first=np.array([0, 1]), second=np.array([1, 2]), price=np.full(2, 10.0),
    ...     held_in=np.zeros(3, bool), held_out=np.zeros(3, bool))
    >>> nested_family(costs).critical.round(3).tolist()
    [1.4, 1.1, 1.4]
    """
    critical = np.where(objective.held_in, np.inf, np.where(objective.held_out, -np.inf, np.nan))
    if not len(critical):
        return NestedFamily(
            critical=pd.Series(critical, index=objective.area_id), objective=objective, rounds=0
        )
    # A higher threshold brings nobody in.
    within = known.inside if known is not None and low >= known.threshold else None
    if within is not None:
        critical[~within] = np.where(objective.held_in[~within], np.inf, -np.inf)
    part = replace(free_part(objective, within), is_coarse=is_coarse)
    inside = known.inside[part.node] if known is not None else np.zeros(len(part.node), dtype=bool)
    never = ~_who_stays(part, low, known, inside)
    critical[part.node[never]] = -np.inf
    part, inside = part.without(never, ~never).bounded(low, math.inf), inside[~never]
    if high < math.inf:
        always = _who_stays(part, high, known, inside)
        critical[part.node[always]] = high
        part = part.without(always, always).bounded(low, high)
    rounds = 0
    while len(part.node):
        piece, n_pieces = part.pieces()
        slope = np.bincount(piece, part.weight, n_pieces)
        constant = np.bincount(piece, part.constant, n_pieces)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            level = np.where(slope > 0, -constant / slope, np.where(constant < 0, np.inf, -np.inf))
        one_of = np.unique(piece, return_index=True)[1]
        level = np.clip(level, part.low[one_of], part.high[one_of])
        inside, is_split = cut_pieces(part, piece, level)
        settled = ~is_split[piece]
        critical[part.node[settled]] = level[piece[settled]]
        part = part.split(inside, level[piece]).only(~settled)
        rounds += 1
    return NestedFamily(
        critical=pd.Series(critical, index=objective.area_id, name="critical_threshold"),
        objective=objective,
        rounds=rounds,
        low=low,
        high=high,
    )


def _who_stays(
    part: Part, threshold: float, known: Known | None, inside: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return who is in at a threshold; `inside` says who is in at the one that is known."""
    if threshold == -math.inf:
        return ever_in(part)
    if known is None:
        return inside_at(part, threshold)
    if threshold == known.threshold:
        return inside
    # A higher threshold brings nobody in, a lower one takes nobody out.
    is_higher = threshold > known.threshold
    settled = ~inside if is_higher else inside
    found = inside.copy()
    found[~settled] = inside_at(part.without(settled, inside), threshold)
    return found
