"""Areas that are still without an answer, and minimum cuts among them: what every search for critical thresholds does."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from spatial.regions.cuts.choice import SMALLEST_UNIT
from spatial.regions.cuts.mincut import LARGEST_TOTAL, Cut, minimum_cut, neighbours_close
from spatial.regions.cuts.objective import Objective

__all__ = ["Known", "Part", "cut_pieces", "ever_in", "free_part", "inside_at", "least_value"]

# Bits kept of the largest cost, as for a single cut.
_BITS = 46

# Bits of the sum of all gains up to which a cut takes a single round of flow.
_COARSE = 29


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Known:
    """The best choice at one threshold: who is in, in the order of the objective's areas."""

    threshold: float
    inside: NDArray[np.bool_]

    def __repr__(self) -> str:
        return f"Known({int(self.inside.sum())} of {len(self.inside)} areas at {self.threshold:g})"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Part:
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

    def without(self, gone: NDArray[np.bool_], is_in: NDArray[np.bool_]) -> Part:
        """Take out areas whose answer is given; what links others to them becomes part of those' constants."""
        constant = self.constant.copy()
        for left, lost in ((self.first, self.second), (self.second, self.first)):
            edge = gone[lost]
            np.add.at(constant, left[edge], np.where(is_in[lost[edge]], -self.price[edge], self.price[edge]))
        return replace(self, constant=constant).only(~gone)

    def bounded(self, low: float, high: float) -> Part:
        """Say between which thresholds all areas leave."""
        return replace(self, low=np.full(len(self.node), low), high=np.full(len(self.node), high))

    def latest(self) -> NDArray[np.float64]:
        """Return the threshold at which each area leaves at the latest, even when all its neighbours stay."""
        linked = np.bincount(self.first, self.price, len(self.node))
        linked += np.bincount(self.second, self.price, len(self.node))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.weight > 0, (linked - self.constant) / self.weight, -np.inf)

    def split(self, inside: NDArray[np.bool_], level: NDArray[np.float64]) -> Part:
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

    def only(self, kept: NDArray[np.bool_]) -> Part:
        """Go on with some areas, to which no other is linked any more."""
        stay = np.flatnonzero(kept[self.first] & kept[self.second])
        new = np.cumsum(kept) - 1
        return Part(
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


def free_part(objective: Objective, within: NDArray[np.bool_] | None = None) -> Part:
    """Return all areas whose answer is not given, neighbours close in memory; those not `within` are known to be out."""
    kept = ~(objective.held_in | objective.held_out)
    if within is not None:
        kept &= within
    linked = np.flatnonzero(objective.price > 0)
    first, second, price = objective.first[linked], objective.second[linked], objective.price[linked]
    constant = -objective.weight * objective.strength
    for left, lost in ((first, second), (second, first)):
        edge = np.flatnonzero(kept[left] & ~kept[lost])
        np.add.at(constant, left[edge], np.where(objective.held_in[lost[edge]], -price[edge], price[edge]))
    inner = np.flatnonzero(kept[first] & kept[second])
    node = np.flatnonzero(kept)
    place = np.cumsum(kept) - 1
    first, second, price = place[first[inner]], place[second[inner]], price[inner]
    order = neighbours_close(len(node), first, second)
    place = np.empty_like(order)
    place[order] = np.arange(len(node))
    node = node[order]
    return Part(
        node=node,
        weight=objective.weight[node],
        constant=constant[node],
        low=np.full(len(node), -np.inf),
        high=np.full(len(node), np.inf),
        first=place[first],
        second=place[second],
        price=price,
    )


def least_value(part: Part, threshold: float) -> float:
    """Return what no choice of the part's areas goes below at a threshold, whatever was rounded for the cut."""
    cost = part.weight * threshold + part.constant
    gain, loss = np.maximum(-cost, 0.0), np.maximum(cost, 0.0)
    total = math.fsum(gain)
    if total == 0.0:
        return 0.0
    amounts = (gain, np.minimum(loss, 2 * total), np.minimum(part.price, 2 * total))
    cut, unit, whole = _cut_amounts(part, amounts)
    # Where rounding went up, the true cut may be cheaper than the one that was found: that much is given away.
    excess = math.fsum(
        math.fsum(np.maximum(one * unit - amount, 0.0)) for one, amount in zip(whole, amounts, strict=True)
    )
    return cut.value * unit - total - excess


def ever_in(part: Part) -> NDArray[np.bool_]:
    """Return who is in when the threshold is low enough: everybody with weight, and what saves them a border."""
    weighty = part.weight > 0
    if weighty.all():
        return weighty
    gain, loss = np.maximum(-part.constant, 0.0), np.maximum(part.constant, 0.0)
    loss[weighty] = 0.0
    enough = 2.0 * float(gain.sum() + loss.sum() + part.price.sum()) + 1.0
    return _cut(part, np.where(weighty, enough, gain), loss)[0]


def inside_at(part: Part, threshold: float) -> NDArray[np.bool_]:
    """Return who is in at a threshold."""
    cost = part.weight * threshold + part.constant
    return _cut(part, np.maximum(-cost, 0.0), np.maximum(cost, 0.0))[0]


def cut_pieces(
    part: Part, piece: NDArray[np.int64], level: NDArray[np.float64]
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


def _cut(part: Part, gain: NDArray[np.float64], loss: NDArray[np.float64]) -> tuple[NDArray[np.bool_], float]:
    """Return the source side of a minimum cut, and the unit to which the costs were rounded for it."""
    total = float(gain.sum())
    if total == 0.0:
        return np.zeros(len(gain), dtype=bool), 0.0
    amounts = (gain, np.minimum(loss, 2 * total), np.minimum(part.price, 2 * total))
    cut, unit, _ = _cut_amounts(part, amounts)
    return cut.source_side, unit


def _cut_amounts(
    part: Part, amounts: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
) -> tuple[Cut, float, list[NDArray[np.int64]]]:
    """Return a minimum cut for gains, losses and prices, the unit they were rounded to, and them in that unit."""
    largest = max(float(amount.max(initial=0.0)) for amount in amounts)
    bits = _COARSE if part.is_coarse else LARGEST_TOTAL.bit_length() - 2
    exponent = max(math.frexp(largest)[1] - _BITS, math.frexp(float(amounts[0].sum()))[1] - bits)
    unit = math.ldexp(1.0, max(exponent, SMALLEST_UNIT))
    whole = [np.rint(amount / unit).astype(np.int64) for amount in amounts]
    cut = minimum_cut(whole[0], whole[1], part.first, part.second, whole[2], is_ordered=True)
    return cut, unit, whole
