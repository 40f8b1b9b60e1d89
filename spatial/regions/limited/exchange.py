"""Can areas change places? One or two neighbours come in, one or two go out, in one step that keeps to all limits.

Where a budget is used up, or a region has no more residents than it must have, no single area can move: only an
exchange makes such regions better.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spatial.regions.cuts.objective import Objective
from spatial.regions.limited.adjacent import Adjacent
from spatial.regions.limits import RegionLimits

__all__ = ["exchange"]

# Moves in each direction that are looked at together: half of them by what they save, half by that per resident.
_MOVES = 400

# Pairs of moves that are tried in a pass, best first; passes, fewer where a pass looks at more areas.
_PAIRS, _PASSES, _LOOKS = 100, 60, 40_000

# Less than this part of the largest cost is rounding, not an improvement.
_NOISE = 1e-12

# Residents below which nobody would be left in a region.
_NOBODY = 1e-9


def exchange(
    label: NDArray[np.int64], objective: Objective, threshold: float, limits: RegionLimits, budget: float
) -> NDArray[np.int64]:
    """Let neighbours of regions come in and areas of them go out while that lowers the objective.

    Parameters
    ----------
    label : array of int, shape (n_areas,)
        Region of each area, -1 for none; every region is connected and keeps to the limits.
    objective : Objective
        Costs of choosing areas.
    threshold : float
        Threshold at which they are counted. [index points]
    limits : RegionLimits
        Least and most residents of a region.
    budget : float
        Residents of all regions together. [persons]

    Returns
    -------
    array of int, shape (n_areas,)
        Regions stay connected, within the limits, and as many as they were. Above 40,000 areas nothing is tried: there
        a single area is little of a budget or a region.

    Examples
    --------
    The budget allows two of the three blocks: the better ones, once one is given back.

    >>> row = Objective(
    ...     area_id=np.array(["a", "b", "c"]), people=np.full(3, 100.0), weight=np.full(3, 100.0),
    ...     strength=np.array([1.2, 1.5, 1.6]), first=np.array([0, 1]), second=np.array([1, 2]),
    ...     price=np.full(2, 9.0), held_in=np.zeros(3, bool), held_out=np.zeros(3, bool))
    >>> exchange(np.array([0, 0, -1]), row, 1.0, RegionLimits(), 200.0).tolist()
    [-1, 0, 0]
    """
    passes = min(_PASSES, _LOOKS // max(len(label), 1))
    if not passes or not (label >= 0).any():
        return label
    work = _Work(label=label.copy(), objective=objective, threshold=threshold, limits=limits, budget=budget)
    for _ in range(passes):
        if not work.one_pass():
            break
    return work.label


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Moves:
    """Ways to let one area or two neighbours in, or out; the first of them is to move nothing.

    `one` and `other` are the areas, -1 for none; `change` is what the objective changes by, `people` are their
    residents, `region` where they go to or come from.
    """

    one: NDArray[np.int64]
    other: NDArray[np.int64]
    change: NDArray[np.float64]
    people: NDArray[np.float64]
    region: NDArray[np.int64]

    def best(self) -> _Moves:
        """Keep those that save most, and those that save most per resident."""
        if len(self.one) <= _MOVES:
            return self
        rate = self.change / np.maximum(self.people, 1.0)
        kept = np.zeros(len(self.one), dtype=bool)
        kept[0] = True
        for worth in (self.change, rate):
            kept[np.argsort(worth, kind="stable")[: _MOVES // 2]] = True
        return _Moves(
            one=self.one[kept],
            other=self.other[kept],
            change=self.change[kept],
            people=self.people[kept],
            region=self.region[kept],
        )

    def areas(self, at: int) -> list[int]:
        """Return the areas of one move."""
        return [area for area in (int(self.one[at]), int(self.other[at])) if area >= 0]


@dataclass(slots=True, eq=False, kw_only=True)
class _Work:
    """The regions while they change."""

    label: NDArray[np.int64]
    objective: Objective
    threshold: float
    limits: RegionLimits
    budget: float
    cost: NDArray[np.float64] = field(init=False)
    one: NDArray[np.int64] = field(init=False)  # every border from both of its sides, by area
    other: NDArray[np.int64] = field(init=False)
    price: NDArray[np.float64] = field(init=False)
    residents: NDArray[np.float64] = field(init=False)
    at: list[int] = field(init=False)  # the regions, and what is asked area by area, as lists
    costs: list[float] = field(init=False)
    people: list[float] = field(init=False)
    links: Adjacent = field(init=False)
    around: dict[int, list[tuple[int, float]]] = field(init=False)  # what was asked for by now
    broken: dict[tuple[int, ...], bool] = field(init=False)  # whether a region falls apart without some areas
    left: float = field(init=False)
    least_gain: float = field(init=False)

    def __post_init__(self) -> None:
        objective, inside = self.objective, self.label >= 0
        links = Adjacent.of(objective)
        self.cost, self.links = objective.cost(self.threshold), links
        self.one, self.other, self.price = links.one, links.other, links.price
        self.at, self.costs, self.people = self.label.tolist(), self.cost.tolist(), objective.people.tolist()
        self.around, self.broken = {}, {}
        residents = np.bincount(self.label[inside], objective.people[inside])
        self.residents = np.asarray(residents, dtype=np.float64)
        self.left = self.budget - float(objective.people[inside].sum())
        scale = max(float(np.abs(self.cost).max()), float(self.price.max(initial=0.0)))
        self.least_gain = _NOISE * scale

    def one_pass(self) -> bool:
        """Try the best pairs of what may come in and what may go out; say whether anything was moved."""
        coming, going = self._moves()
        # At most what is saved: where the two touch, less.
        together = coming.change[:, None] + going.change[None, :]
        allowed = together < -self.least_gain
        allowed &= coming.people[:, None] - going.people[None, :] <= self.left
        same = coming.region[:, None] == going.region[None, :]
        residents = np.append(self.residents, 0.0)
        left = residents[going.region] - going.people
        enough = max(self.limits.least_residents, _NOBODY)
        # The first way to go is to move nothing, which leaves everything as large as it is.
        allowed[:, 1:] &= (left + np.where(same, coming.people[:, None], 0.0))[:, 1:] >= enough
        grown = (residents[coming.region] + coming.people)[:, None]
        most = self.limits.most_residents
        allowed[1:] &= (grown - np.where(same, going.people[None, :], 0.0))[1:] <= most
        pairs = np.flatnonzero(allowed)
        if len(pairs) > _PAIRS:
            worth = together.ravel()[pairs]
            pairs = pairs[worth <= np.partition(worth, _PAIRS - 1)[_PAIRS - 1]]
        pairs = pairs[np.argsort(together.ravel()[pairs], kind="stable")]
        is_moved = False
        for pair in pairs.tolist():
            into, out = divmod(pair, len(going.one))
            is_moved |= self._try(coming.areas(into), int(coming.region[into]), going.areas(out))
        self.label = np.array(self.at, dtype=np.int64)
        return is_moved

    def _moves(self) -> tuple[_Moves, _Moves]:
        """Return what may come in and what may go out."""
        objective, label = self.objective, self.label
        inside = label >= 0
        free = ~(objective.held_in | objective.held_out)
        pull = np.bincount(
            self.one, np.where(inside[self.other], -self.price, self.price), minlength=len(label)
        )
        change = np.where(inside, -1.0, 1.0) * (self.cost + pull)
        apart = label[self.one] != label[self.other]
        region = np.where(inside, label, self._dearest(apart & ~inside[self.one]))
        able = free & (region >= 0)
        return (
            self._ways(able & ~inside, ~inside & free, change, region).best(),
            self._ways(able & inside, inside & free, change, region).best(),
        )

    def _dearest(self, candidates: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the region that each area outside shares the dearest border with, -1 for none; of equals the first."""
        label = self.label
        at = candidates & (label[self.other] >= 0)
        count = len(self.residents)
        pair, place = np.unique(self.one[at] * count + label[self.other[at]], return_inverse=True)
        shared = np.bincount(place, self.price[at], minlength=len(pair))
        area, near = np.divmod(pair, count)
        order = np.lexsort((near, -shared, area))
        first = order[np.unique(area[order], return_index=True)[1]]
        region = np.full(len(label), -1, dtype=np.int64)
        region[area[first]] = near[first]
        return region

    def _ways(
        self,
        able: NDArray[np.bool_],
        second: NDArray[np.bool_],
        change: NDArray[np.float64],
        region: NDArray[np.int64],
    ) -> _Moves:
        """Put single areas at a border, and pairs of one with a neighbour on its side, together."""
        people = self.objective.people
        single = np.flatnonzero(able)
        pair = able[self.one] & second[self.other]
        pair &= (region[self.one] == region[self.other]) | (self.label[self.one] < 0)
        pair &= (self.one < self.other) | ~able[self.other]
        one, other = self.one[pair], self.other[pair]
        nothing = np.array([-1])
        return _Moves(
            one=np.concatenate([nothing, single, one]),
            other=np.concatenate([nothing, np.full(len(single), -1), other]),
            # The border between the two stays inside, or outside.
            change=np.concatenate(
                [[0.0], change[single], change[one] + change[other] - 2 * self.price[pair]]
            ),
            people=np.concatenate([[0.0], people[single], people[one] + people[other]]),
            region=np.concatenate([nothing, region[single], region[one]]),
        )

    def _try(self, coming: list[int], into: int, going: list[int]) -> bool:
        """Do one exchange if by now it still saves something and breaks no limit."""
        at, people = self.at, self.people
        if any(at[area] >= 0 for area in coming) or any(at[area] < 0 for area in going):
            return False
        if self._change(coming, going) >= -self.least_gain:
            return False
        out_of = at[going[0]] if going else -1
        more, less = sum(people[area] for area in coming), sum(people[area] for area in going)
        left = self.left + less - more
        if left < min(0.0, self.left):
            return False
        residents = {into: float(self.residents[into]), out_of: float(self.residents[out_of])}
        if coming:
            residents[into] += more
        if going:
            residents[out_of] -= less
        enough, most = max(self.limits.least_residents, _NOBODY), self.limits.most_residents
        if any(region >= 0 and not enough <= number <= most for region, number in residents.items()):
            return False
        if not self._hold_together(coming, into, going, out_of):
            return False
        for areas, region in ((going, -1), (coming, into)):
            for area in areas:
                at[area] = region
        for region, number in residents.items():
            if region >= 0:
                self.residents[region] = number
        self.left = left
        self.broken.clear()
        return True

    def _near(self, area: int) -> list[tuple[int, float]]:
        """Return the neighbours of an area, and what the borders with them cost."""
        found = self.around.get(area)
        if found is None:
            found = self.links.around(area)
            self.around[area] = found
        return found

    def _change(self, coming: list[int], going: list[int]) -> float:
        """Return what the objective changes by."""
        at = self.at
        after = dict.fromkeys(coming, True) | dict.fromkeys(going, False)
        change = 0.0
        for area, is_in in after.items():
            change += self.costs[area] if is_in else -self.costs[area]
            for one, price in self._near(area):
                was_in = at[one] >= 0
                cut = int(after.get(one, was_in) != is_in) - int(
                    was_in == is_in
                )  # the area was on the other side
                change += cut * (price / 2 if one in after else price)
        return change

    def _hold_together(self, coming: list[int], into: int, going: list[int], out_of: int) -> bool:
        """Say whether the regions are in one piece afterwards."""
        at = self.at
        if coming and going and into == out_of:
            return self._is_whole(out_of, going, coming)
        if coming and not any(at[near] == into for area in coming for near, _ in self._near(area)):
            return False
        if not going:
            return True
        key = tuple(going)
        if key not in self.broken:
            self.broken[key] = not self._is_whole(out_of, going, [])
        return not self.broken[key]

    def _is_whole(self, region: int, going: list[int], coming: list[int]) -> bool:
        """Say whether a region is in one piece without some of its areas, and with others."""
        at = self.at
        ends = coming + [
            near for area in going for near, _ in self._near(area) if at[near] == region and near not in going
        ]
        if not ends:
            return False
        missing = set(ends) - {ends[0]}
        seen, open_ = {ends[0], *going}, deque([ends[0]])
        while open_ and missing:
            for near, _ in self._near(open_.popleft()):
                if near not in seen and (at[near] == region or near in coming):
                    seen.add(near)
                    missing.discard(near)
                    open_.append(near)
        return not missing
