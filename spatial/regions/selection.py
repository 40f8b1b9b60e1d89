"""Which candidates become regions? The best ones that do not overlap and keep to the limits.

Of the tree of candidates those are picked that save most together: no two inside each other, each with enough and not
too many residents, no more than a number, no more residents than a budget.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatial.errors import ParameterError
from spatial.regions.component_tree import ComponentTree

__all__ = ["RegionLimits", "Selection", "select_pieces"]

# Halvings of the price of residents: the budget is met to a millionth of the range of prices.
_HALVINGS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionLimits:
    """What regions may be like: residents of each, share of the city's residents in all, number of regions."""

    least_residents: float = 0.0
    most_residents: float = math.inf
    most_share: float = 1.0
    most_regions: int | None = None

    def __post_init__(self) -> None:
        """Refuse limits that no region can keep to."""
        if not (math.isfinite(self.least_residents) and self.least_residents >= 0):
            raise ParameterError(
                "least_residents", self.least_residents, "a finite number of persons, at least 0"
            )
        if not self.most_residents >= self.least_residents or self.most_residents <= 0:
            raise ParameterError(
                "most_residents", self.most_residents, "above 0 and not below least_residents"
            )
        if not 0 < self.most_share <= 1:
            raise ParameterError("most_share", self.most_share, "a share above 0 and at most 1")
        if self.most_regions is not None and (
            isinstance(self.most_regions, bool)
            or not isinstance(self.most_regions, int)
            or self.most_regions < 1
        ):
            raise ParameterError("most_regions", self.most_regions, "a whole number of at least 1, or None")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Selection:
    """Nodes of the tree that were picked, and the price of residents that kept them within the budget.

    `resident_price` is 0 where the budget does not bind [persons × index points per person].
    """

    nodes: NDArray[np.int64]
    resident_price: float

    def __repr__(self) -> str:
        return f"Selection({len(self.nodes)} pieces, residents priced at {self.resident_price:g})"


def select_pieces(
    tree: ComponentTree, limits: RegionLimits, *, budget: float, demanded: NDArray[np.bool_] | None = None
) -> Selection:
    """Pick the pieces that save most together.

    Parameters
    ----------
    tree : ComponentTree
        Candidates.
    limits : RegionLimits
        Residents of each region, and their number.
    budget : float
        Residents of all regions together. [persons]
    demanded : array of bool, shape (n_areas,), optional
        Areas that have to lie in a region, whatever it costs.

    Returns
    -------
    Selection
        Optimal among the candidates when the budget does not bind; otherwise for the price of residents at which it
        is kept.

    Examples
    --------
    >>> two = ComponentTree(
    ...     n_areas=2, parent=np.array([2, 2, -1]), level=np.array([1.4, 1.2, 1.0]), is_piece=np.ones(3, bool),
    ...     residents=np.array([100.0, 50.0, 150.0]), cost=np.array([-40.0, -20.0, -50.0]))
    >>> select_pieces(two, RegionLimits(), budget=150).nodes.tolist()
    [0, 1]
    >>> select_pieces(two, RegionLimits(least_residents=60), budget=150).nodes.tolist()
    [2]
    """
    usable = tree.is_piece & (tree.residents >= limits.least_residents)
    usable &= (tree.residents <= limits.most_residents) & (tree.residents <= budget) & (tree.residents > 0)
    chains = _Chains.of(tree, usable)
    bonus = _bonus(tree, demanded, usable)

    def picked(price: float) -> NDArray[np.int64]:
        return chains.best(bonus - tree.cost - price * tree.residents, limits.most_regions)

    nodes = picked(0.0)
    if tree.residents[nodes].sum() <= budget:
        return Selection(nodes=nodes, resident_price=0.0)
    # At the price that eats up the best saving per resident nothing but what is demanded is left.
    low, high = 0.0, float(np.max(-tree.cost[usable] / tree.residents[usable], initial=0.0)) + 1.0
    nodes = picked(high)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        trial = picked(middle)
        if tree.residents[trial].sum() > budget:
            low = middle
        else:
            high, nodes = middle, trial
    return Selection(nodes=nodes, resident_price=high)


def _bonus(
    tree: ComponentTree, demanded: NDArray[np.bool_] | None, usable: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return, per node, a reward for demanded areas in it that no saving elsewhere outweighs."""
    if demanded is None or not demanded.any():
        return np.zeros(len(tree.parent))
    count = [*demanded.astype(float).tolist(), *([0.0] * (len(tree.parent) - tree.n_areas))]
    for node, above in enumerate(tree.parent.tolist()):
        if above >= 0:
            count[above] += count[node]
    worth = 2.0 * float(np.abs(tree.cost[usable]).sum()) + 1.0
    return worth * np.array(count)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Chains:
    """The tree without its forks: runs of usable pieces, each inside the next; what lies inside a run comes before it.

    `node` holds the pieces, run by run from `start`; `inner` the runs directly inside each run, `roots` those in none.
    """

    node: NDArray[np.int64]
    start: NDArray[np.int64]
    inner: list[list[int]]
    roots: list[int]

    @classmethod
    def of(cls, tree: ComponentTree, usable: NDArray[np.bool_]) -> _Chains:
        """Follow the pieces upwards; a run ends where another one joins."""
        below: list[list[int] | None] = [None] * len(tree.parent)
        runs: list[list[int]] = []
        inner: list[list[int]] = []
        roots: list[int] = []
        can = usable.tolist()
        for node, above in enumerate(tree.parent.tolist()):
            found = below[node] or []
            if can[node]:
                if len(found) == 1:
                    runs[found[0]].append(node)
                else:
                    inner.append(found)
                    found = [len(runs)]
                    runs.append([node])
            below[node] = None
            if above < 0:
                roots += found
            elif found:
                waiting = below[above]
                if waiting is None:
                    below[above] = found
                else:
                    longer, shorter = (waiting, found) if len(waiting) >= len(found) else (found, waiting)
                    longer.extend(shorter)
                    below[above] = longer
        lengths = np.array([len(run) for run in runs], dtype=np.int64)
        return cls(
            node=np.array([node for run in runs for node in run], dtype=np.int64),
            start=np.cumsum(lengths) - lengths,
            inner=inner,
            roots=roots,
        )

    def best(self, saving: NDArray[np.float64], most_regions: int | None) -> NDArray[np.int64]:
        """Return the pieces that save most together, none inside another, at most so many."""
        if not len(self.node):
            return np.empty(0, dtype=np.int64)
        of_node = saving[self.node]
        most = np.maximum.reduceat(of_node, self.start)
        run = np.repeat(np.arange(len(self.start)), np.diff(np.append(self.start, len(self.node))))
        # Of equally good pieces the smallest.
        place = np.flatnonzero(of_node == most[run])
        piece = self.node[place[np.unique(run[place], return_index=True)[1]]]
        if most_regions is None:
            return piece[self._any_number(most.tolist())]
        return piece[self._at_most(most.tolist(), most_regions)]

    def _any_number(self, most: list[float]) -> list[int]:
        total = [0.0] * len(most)
        is_taken = [False] * len(most)
        for run, inside in enumerate(self.inner):
            apart = math.fsum(total[one] for one in inside)
            is_taken[run] = most[run] > max(apart, 0.0)
            total[run] = most[run] if is_taken[run] else apart
        picked, open_ = [], list(self.roots)
        while open_:
            run = open_.pop()
            if is_taken[run]:
                picked.append(run)
            else:
                open_ += self.inner[run]
        return sorted(picked)

    def _at_most(self, most: list[float], most_regions: int) -> list[int]:
        """Pick by a table of the best saving with 0, 1, … regions, put together from the inside out."""
        tables: list[list[float]] = []
        for run, inside in enumerate(self.inner):
            table = _together([tables[one] for one in inside], most_regions)[-1]
            if most[run] > 0 and (len(table) < 2 or most[run] > table[1]):
                table = [table[0], most[run], *table[2:]]
            tables.append(_rising(table))
        picked: list[int] = []
        open_ = [(self.roots, most_regions)]
        while open_:
            runs, number = open_.pop()
            steps = _together([tables[run] for run in runs], most_regions)
            left = min(number, len(steps[-1]) - 1)
            for place in range(len(runs) - 1, -1, -1):
                run, table = runs[place], tables[runs[place]]
                here = next(
                    take
                    for take in range(min(left, len(table) - 1) + 1)
                    if left - take < len(steps[place])
                    and steps[place][left - take] + table[take] == steps[place + 1][left]
                )
                left -= here
                if here and most[run] == table[here]:
                    picked.append(run)
                elif here:
                    open_.append((self.inner[run], here))
        return sorted(picked)


def _together(tables: list[list[float]], most_regions: int) -> list[list[float]]:
    """Return the best saving with 0, 1, … regions of the first 0, 1, … tables."""
    steps = [[0.0]]
    for table in tables:
        before = steps[-1]
        size = min(most_regions, len(before) + len(table) - 2)
        steps.append(
            [
                max(
                    before[number - take] + table[take]
                    for take in range(len(table))
                    if 0 <= number - take < len(before)
                )
                for number in range(size + 1)
            ]
        )
    return steps


def _rising(table: list[float]) -> list[float]:
    """Leave off what further regions do not improve, so that more regions never save less."""
    kept = [table[0]]
    for saving in table[1:]:
        if saving <= kept[-1]:
            break
        kept.append(saving)
    return kept
