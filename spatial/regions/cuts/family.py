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
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from spatial.errors import ParameterError
from spatial.regions.cuts.choice import SMALLEST_UNIT
from spatial.regions.cuts.mincut import LARGEST_TOTAL, minimum_cut, neighbours_close
from spatial.regions.cuts.objective import Objective

__all__ = ["NestedFamily", "nested_family", "threshold_within"]

# Bits kept of the largest cost, as for a single cut.
_BITS = 46

# Bits of the sum of all gains up to which a cut takes a single round of flow.
_COARSE = 29

# Thresholds that differ by less than this part of themselves are one.
_CLOSE = 1e-9


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
    objective: Objective, *, low: float = -math.inf, high: float = math.inf, is_coarse: bool = False
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
        are random samples themselves.

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
    part = replace(_free_part(objective), is_coarse=is_coarse)
    never = ~(_ever_in(part) if low == -math.inf else _inside(part, low))
    critical[part.node[never]] = -np.inf
    part = part.without(never, ~never).bounded(low, math.inf)
    if high < math.inf:
        always = _inside(part, high)
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
        inside, is_split = _cut_at(part, piece, level)
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


def threshold_within(objective: Objective, threshold: float, budget: float) -> float:
    """Raise a threshold until the best choice keeps within a budget of residents.

    Parameters
    ----------
    objective : Objective
        Costs of choosing areas.
    threshold : float
        Where to begin. [index points]
    budget : float
        Most residents of all areas that are chosen. [persons]

    Returns
    -------
    float
        The threshold itself when its best choice keeps within the budget; otherwise the lowest that does, to about
        nine digits. [index points] Where areas that are held in alone are above the budget, no threshold helps: the
        highest is returned.

    Examples
    --------
    >>> costs = Objective(
    ...     area_id=np.array(["a", "b"]), people=np.full(2, 100.0), weight=np.full(2, 100.0),
    ...     strength=np.array([1.5, 1.25]), first=np.array([0]), second=np.array([1]), price=np.zeros(1),
    ...     held_in=np.zeros(2, bool), held_out=np.zeros(2, bool))
    >>> threshold_within(costs, 1.0, 200.0), round(threshold_within(costs, 1.0, 150.0), 6)
    (1.0, 1.25)
    """
    part = _free_part(objective)
    people = objective.people
    settled = float(people[objective.held_in].sum())
    inside = _inside(part, threshold)
    if settled + people[part.node[inside]].sum() <= budget:
        return threshold
    # No area stays above the highest need of all, but for the pull of those that are held in.
    low, high = threshold, max(threshold, float(part.latest().max(initial=threshold)))
    part = part.without(~inside, inside)
    while len(part.node) and high - low > _CLOSE * max(1.0, abs(high)):
        middle = 0.5 * (low + high)
        inside = _inside(part, middle)
        within = settled + float(people[part.node[inside]].sum())
        if within > budget:
            low, part = middle, part.without(~inside, inside)
        else:
            high, settled, part = middle, within, part.without(inside, inside)
    return high


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Part:
    """Areas without an answer yet; what links them to those with one is in their constants."""

    node: NDArray[np.int64]
    weight: NDArray[np.float64]
    constant: NDArray[np.float64]
    low: NDArray[np.float64]  # the critical threshold is known to lie between these
    high: NDArray[np.float64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    price: NDArray[np.float64]
    is_coarse: bool = False

    def pieces(self) -> tuple[NDArray[np.int64], int]:
        """Return the connected piece of each area, and how many there are."""
        n = len(self.node)
        links = coo_array((np.ones(len(self.first), dtype=np.int8), (self.first, self.second)), shape=(n, n))
        count, piece = connected_components(links, directed=False)
        return piece.astype(np.int64), int(count)

    def without(self, gone: NDArray[np.bool_], is_in: NDArray[np.bool_]) -> _Part:
        """Take out areas whose answer is given; what links others to them becomes part of those' constants."""
        constant = self.constant.copy()
        for left, lost in ((self.first, self.second), (self.second, self.first)):
            edge = gone[lost]
            np.add.at(constant, left[edge], np.where(is_in[lost[edge]], -self.price[edge], self.price[edge]))
        return replace(self, constant=constant).only(~gone)

    def bounded(self, low: float, high: float) -> _Part:
        """Say between which thresholds all areas leave."""
        return replace(self, low=np.full(len(self.node), low), high=np.full(len(self.node), high))

    def latest(self) -> NDArray[np.float64]:
        """Return the threshold at which each area leaves at the latest, even when all its neighbours stay."""
        linked = np.bincount(self.first, self.price, len(self.node))
        linked += np.bincount(self.second, self.price, len(self.node))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.weight > 0, (linked - self.constant) / self.weight, -np.inf)

    def split(self, inside: NDArray[np.bool_], level: NDArray[np.float64]) -> _Part:
        """Part those who stay longer than a level from those who leave before it."""
        across = inside[self.first] != inside[self.second]
        constant = self.constant.copy()
        for ends in (self.first[across], self.second[across]):
            # Who stays longer will see the other side leave, and pays; who leaves has seen it in, and saves.
            np.add.at(constant, ends, np.where(inside[ends], self.price[across], -self.price[across]))
        return replace(
            self,
            constant=constant,
            low=np.where(inside, level, self.low),
            high=np.where(inside, self.high, level),
            first=self.first[~across],
            second=self.second[~across],
            price=self.price[~across],
        )

    def only(self, kept: NDArray[np.bool_]) -> _Part:
        """Go on with some areas, to which no other is linked any more."""
        stay = kept[self.first] & kept[self.second]
        new = np.cumsum(kept) - 1
        return _Part(
            node=self.node[kept],
            weight=self.weight[kept],
            constant=self.constant[kept],
            low=self.low[kept],
            high=self.high[kept],
            first=new[self.first[stay]],
            second=new[self.second[stay]],
            price=self.price[stay],
            is_coarse=self.is_coarse,
        )


def _free_part(objective: Objective) -> _Part:
    """Return all areas, neighbours close in memory, without those whose answer is given."""
    n_areas = len(objective.area_id)
    order = neighbours_close(n_areas, objective.first, objective.second)
    place = np.empty_like(order)
    place[order] = np.arange(n_areas)
    linked = objective.price > 0
    whole = _Part(
        node=order,
        weight=objective.weight[order],
        constant=(-objective.weight * objective.strength)[order],
        low=np.full(n_areas, -np.inf),
        high=np.full(n_areas, np.inf),
        first=place[objective.first[linked]],
        second=place[objective.second[linked]],
        price=objective.price[linked],
    )
    return whole.without((objective.held_in | objective.held_out)[order], objective.held_in[order])


def _ever_in(part: _Part) -> NDArray[np.bool_]:
    """Return who is in when the threshold is low enough: everybody with weight, and what saves them a border."""
    weighty = part.weight > 0
    if weighty.all():
        return weighty
    gain, loss = np.maximum(-part.constant, 0.0), np.maximum(part.constant, 0.0)
    loss[weighty] = 0.0
    enough = 2.0 * float(gain.sum() + loss.sum() + part.price.sum()) + 1.0
    return _cut(part, np.where(weighty, enough, gain), loss)[0]


def _inside(part: _Part, threshold: float) -> NDArray[np.bool_]:
    """Return who is in at a threshold."""
    cost = part.weight * threshold + part.constant
    return _cut(part, np.maximum(-cost, 0.0), np.maximum(cost, 0.0))[0]


def _cut_at(
    part: _Part, piece: NDArray[np.int64], level: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Cut every piece at its level; return who stays longer, and which pieces are split by more than rounding."""
    n_pieces, can = len(level), np.isfinite(level)
    cost = np.where(can[piece], part.weight * np.where(can, level, 0.0)[piece] + part.constant, 0.0)
    inside, unit = _cut(part, np.maximum(-cost, 0.0), np.maximum(cost, 0.0))
    apart = inside[part.first] != inside[part.second]
    value = np.bincount(piece, np.where(inside, cost, 0.0), n_pieces)
    value += np.bincount(piece[part.first], np.where(apart, part.price, 0.0), n_pieces)
    size, stays = np.bincount(piece, minlength=n_pieces), np.bincount(piece, inside, n_pieces)
    return inside, (value < -4 * unit * size) & (stays > 0) & (stays < size)


def _cut(
    part: _Part, gain: NDArray[np.float64], loss: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], float]:
    """Return the source side of a minimum cut, and the unit to which the costs were rounded for it."""
    total = float(gain.sum())
    if total == 0.0:
        return np.zeros(len(gain), dtype=bool), 0.0
    amounts = (gain, np.minimum(loss, 2 * total), np.minimum(part.price, 2 * total))
    largest = max(float(amount.max(initial=0.0)) for amount in amounts)
    bits = _COARSE if part.is_coarse else LARGEST_TOTAL.bit_length() - 2
    exponent = max(math.frexp(largest)[1] - _BITS, math.frexp(total)[1] - bits)
    unit = math.ldexp(1.0, max(exponent, SMALLEST_UNIT))
    whole = [np.rint(amount / unit).astype(np.int64) for amount in amounts]
    cut = minimum_cut(whole[0], whole[1], part.first, part.second, whole[2], is_ordered=True)
    return cut.source_side, unit
