"""Which candidates become regions? The best ones that do not overlap and keep to the limits.

Of the tree of candidates those are picked that save most together: no two inside each other, each with enough and not
too many residents, no more than a number, no more residents than a budget.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatial.regions.cuts.component_tree import ComponentTree
from spatial.regions.limits import RegionLimits

__all__ = ["Selection", "select_pieces"]

# Halvings of the price of residents: the budget is met to a millionth of the range of prices.
_HALVINGS = 40


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
    tree: ComponentTree,
    limits: RegionLimits,
    *,
    budget: float,
    demanded: NDArray[np.bool_] | None = None,
    excluded: NDArray[np.int64] | None = None,
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
    excluded : array of int, optional
        Nodes that are not to be picked.

    Returns
    -------
    Selection
        Optimal among the candidates when the budget does not bind; otherwise for the price of residents at which it
        is kept. A piece with too many residents may be picked when it can be made up of several regions, and counts
        as so many; whether it can really be split is not known here.

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
    parts = np.maximum(np.ceil(tree.residents / limits.most_residents), 1.0)
    usable = tree.is_piece & (tree.residents >= parts * limits.least_residents)
    usable &= (
        (_largest_area(tree) <= limits.most_residents) & (tree.residents <= budget) & (tree.residents > 0)
    )
    if excluded is not None:
        usable[excluded] = False
    bonus = _bonus(tree, demanded, usable)
    chosen: list[int] = []
    price, left, regions = 0.0, budget, limits.most_regions
    # The price is the same for all: what is left over when the next piece would be too large is offered again.
    while usable.any() and (regions is None or regions > 0):
        nodes, at = _one_round(tree, usable, bonus, parts.astype(np.int64), left, regions)
        if not len(nodes):
            break
        price = price if chosen else at
        chosen += nodes.tolist()
        left -= float(tree.residents[nodes].sum())
        regions = None if regions is None else regions - int(parts[nodes].sum())
        if at == 0.0:
            break
        usable &= ~_lineage(tree, nodes) & (tree.residents <= left)
        bonus = np.zeros(len(tree.parent))
    return Selection(nodes=np.array(sorted(chosen), dtype=np.int64), resident_price=price)


def _one_round(
    tree: ComponentTree,
    usable: NDArray[np.bool_],
    bonus: NDArray[np.float64],
    parts: NDArray[np.int64],
    budget: float,
    most_regions: int | None,
) -> tuple[NDArray[np.int64], float]:
    """Return the best pieces within the budget at one price of residents, and that price."""
    chains = _Chains.of(tree, usable)

    def picked(price: float) -> NDArray[np.int64]:
        return chains.best(bonus - tree.cost - price * tree.residents, parts, most_regions)

    nodes = over = picked(0.0)
    if tree.residents[nodes].sum() <= budget:
        return nodes, 0.0
    # At the price that eats up the best saving per resident nothing but what is demanded is left.
    low, high = 0.0, float(np.max(-tree.cost[usable] / tree.residents[usable], initial=0.0)) + 1.0
    nodes = picked(high)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        trial = picked(middle)
        if tree.residents[trial].sum() > budget:
            low, over = middle, trial
        else:
            high, nodes = middle, trial
    if not len(nodes):
        # Several pieces are worth exactly the same: the one that saves most goes first, of equals the first.
        fits = over[(tree.residents[over] <= budget) & (tree.cost[over] < 0)]
        nodes = fits[np.argmin(tree.cost[fits])][None] if len(fits) else fits
    return nodes, high


def _lineage(tree: ComponentTree, nodes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which pieces are among the nodes, lie in one of them or contain one."""
    inside = np.zeros(len(tree.parent), dtype=bool)
    inside[nodes] = True
    parent = tree.parent.tolist()
    above = inside.copy()
    for node, next_ in enumerate(parent):
        if above[node] and next_ >= 0:
            above[next_] = True
    for node in range(len(parent) - 1, -1, -1):
        if parent[node] >= 0 and inside[parent[node]]:
            inside[node] = True
    return inside | above


def _largest_area(tree: ComponentTree) -> NDArray[np.float64]:
    """Return, per node, the most residents that one of its areas has."""
    largest = tree.residents.tolist()
    largest[tree.n_areas :] = [0.0] * (len(largest) - tree.n_areas)
    for node, above in enumerate(tree.parent.tolist()):
        if above >= 0 and largest[node] > largest[above]:
            largest[above] = largest[node]
    return np.array(largest)


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

    def best(
        self, saving: NDArray[np.float64], parts: NDArray[np.int64], most_regions: int | None
    ) -> NDArray[np.int64]:
        """Return the pieces that save most together, none inside another, at most so many regions."""
        if not len(self.node):
            return np.empty(0, dtype=np.int64)
        run = np.repeat(np.arange(len(self.start)), np.diff(np.append(self.start, len(self.node))))
        # Of each run, and for each number of regions, the piece that saves most; of equally good ones the smallest.
        number = parts[self.node] if most_regions is not None else np.ones(len(self.node), dtype=np.int64)
        order = np.lexsort((np.arange(len(run)), -saving[self.node], number, run))
        is_first = np.ones(len(order), dtype=bool)
        is_first[1:] = (np.diff(run[order]) != 0) | (np.diff(number[order]) != 0)
        kept = order[is_first]
        if most_regions is None:
            piece = self.node[kept]
            return piece[self._any_number(saving[piece].tolist())]
        offers: list[dict[int, int]] = [{} for _ in self.start]
        for of_run, regions, piece in zip(
            run[kept].tolist(), number[kept].tolist(), self.node[kept].tolist(), strict=True
        ):
            if regions <= most_regions:
                offers[of_run][regions] = piece
        return np.array(sorted(self._at_most(saving.tolist(), offers, most_regions)), dtype=np.int64)

    def _any_number(self, most: list[float]) -> list[int]:
        total = [0.0] * len(most)
        is_taken = [False] * len(most)
        for run, inside in enumerate(self.inner):
            apart = math.fsum(total[one] for one in inside)
            is_taken[run] = most[run] > max(apart, 0.0)
            total[run] = most[run] if is_taken[run] else apart
        picked: list[int] = []
        open_ = list(self.roots)
        while open_:
            run = open_.pop()
            if is_taken[run]:
                picked.append(run)
            else:
                open_ += self.inner[run]
        return sorted(picked)

    def _at_most(self, saving: list[float], offers: list[dict[int, int]], most_regions: int) -> list[int]:
        """Pick by a table of the best saving with 0, 1, … regions, put together from the inside out."""
        tables: list[list[float]] = []
        for run, inside in enumerate(self.inner):
            table = _together([tables[one] for one in inside], most_regions)[-1]
            for regions, piece in offers[run].items():
                table += [-math.inf] * (regions + 1 - len(table))
                table[regions] = max(table[regions], saving[piece])
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
                offer = offers[run].get(here)
                if offer is not None and saving[offer] == table[here]:
                    picked.append(offer)
                elif here:
                    open_.append((self.inner[run], here))
        return picked


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
    """Let more regions never save less, and leave off what they do not improve at the end."""
    kept = [max(table[: number + 1]) for number in range(len(table))]
    while len(kept) > 1 and kept[-1] == kept[-2]:
        kept.pop()
    return kept
