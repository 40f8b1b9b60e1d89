"""How is a region with too many residents split? Into connected parts of allowed size, along short borders."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import depth_first_order, minimum_spanning_tree

from spatial.regions.limits import RegionLimits

__all__ = ["split_region"]

# Trees that are tried for a region, and the most even of each tree's cuts whose border is measured.
_TREES, _CUTS = 16, 12

# Trees in all, for a region and each of its parts: then the search gives up.
_PATIENCE = 60

# Parts are planned with so much of the most residents, so that a way to cut is found.
_COMFORT = 0.85

# Up to so many parts may become one more, where their number is free.
_SMALL = 4


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Piece:
    """A connected piece: residents of its areas, and its inner links with their prices."""

    people: NDArray[np.float64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    price: NDArray[np.float64]

    def only(self, side: NDArray[np.bool_]) -> _Piece:
        """Return one side of it."""
        place = np.cumsum(side) - 1
        link = side[self.first] & side[self.second]
        return _Piece(
            people=self.people[side],
            first=place[self.first[link]],
            second=place[self.second[link]],
            price=self.price[link],
        )


def split_region(
    people: NDArray[np.float64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    price: NDArray[np.float64],
    limits: RegionLimits,
    rng: np.random.Generator,
) -> NDArray[np.int64] | None:
    """Split one connected region into parts that its limits allow.

    Parameters
    ----------
    people : array of float, shape (n_areas,)
        Residents of the areas of the region. [persons]
    first, second, price : array, shape (n_links,)
        Links between them, and what separating each costs.
    limits : RegionLimits
        Least and most residents of a part. With a limit on their number, as few parts as can be; otherwise so many
        that a part is filled to about 85 %.
    rng : Generator
        Draws the spanning trees that are tried.

    Returns
    -------
    array of int, shape (n_areas,), or None
        The part of each area, 0, 1, … as they occur; every part is connected. None when no way was found.

    Notes
    -----
    A spanning tree that keeps long borders together is cut where both sides can be made up of allowed parts. Of the
    most even cuts the one with the cheapest border is taken, and each side is split in the same way. When a tree
    cannot be cut, others are drawn.

    Examples
    --------
    >>> row = np.arange(3)
    >>> split_region(np.full(4, 50.0), row, row + 1, np.array([9.0, 1.0, 9.0]),
    ...              RegionLimits(most_residents=120), np.random.default_rng(0)).tolist()
    [0, 0, 1, 1]
    """
    piece = _Piece(people=people, first=first, second=second, price=price)
    for number in _numbers(float(people.sum()), limits):
        patience = [_PATIENCE + 6 * number]
        label = _split(piece, number, limits, rng, patience)
        if label is not None:
            return np.asarray(pd.factorize(label)[0], dtype=np.int64)
    return None


def _numbers(residents: float, limits: RegionLimits) -> list[int]:
    """Return the numbers of parts that are tried, in this order."""
    fewest = limits.parts(residents)
    if not fewest or limits.most_regions is not None:
        return [fewest] if fewest else []
    most = residents / limits.least_residents if limits.least_residents else math.inf
    comfortable = math.ceil(residents / (_COMFORT * limits.most_residents))
    wanted = [comfortable, comfortable + 1, comfortable + 2, *range(comfortable - 1, fewest - 1, -1)]
    return [number for number in wanted if fewest <= number <= most]


def _split(
    piece: _Piece, parts: int, limits: RegionLimits, rng: np.random.Generator, patience: list[int]
) -> NDArray[np.int64] | None:
    residents = float(piece.people.sum())
    if parts == 1:
        fits = limits.least_residents <= residents <= limits.most_residents
        return np.zeros(len(piece.people), dtype=np.int64) if fits else None
    # A small piece that cannot be cut so may be cut into one part more.
    spare = int(limits.most_regions is None and parts <= _SMALL)
    for number in range(parts, parts + spare + 1):
        if number * limits.least_residents <= residents:
            label = _split_in(piece, number, limits, rng, patience)
            if label is not None:
                return label
    return None


def _split_in(
    piece: _Piece, parts: int, limits: RegionLimits, rng: np.random.Generator, patience: list[int]
) -> NDArray[np.int64] | None:
    for attempt in range(_TREES):
        if patience[0] <= 0:
            return None
        patience[0] -= 1
        # The first tree follows the borders alone; the others are shaken more and more.
        shaken = piece.price * np.exp(rng.normal(0.0, 0.25 * attempt, len(piece.price)))
        for inside, left in _cuts(piece, shaken, parts, limits):
            one = _split(piece.only(inside), left, limits, rng, patience)
            other = None if one is None else _split(piece.only(~inside), parts - left, limits, rng, patience)
            if one is not None and other is not None:
                label = np.empty(len(piece.people), dtype=np.int64)
                label[inside], label[~inside] = one, other + int(one.max()) + 1
                return label
    return None


def _cuts(
    piece: _Piece, weight: NDArray[np.float64], parts: int, limits: RegionLimits
) -> list[tuple[NDArray[np.bool_], int]]:
    """Return ways to cut a spanning tree in two, the cheapest border first: one side, and the parts it is made of."""
    n_areas = len(piece.people)
    rank = np.empty(len(weight))
    rank[np.argsort(-weight, kind="stable")] = np.arange(1.0, len(weight) + 1)
    links = coo_array((rank, (piece.first, piece.second)), shape=(n_areas, n_areas)).tocsr()
    order, above = depth_first_order(minimum_spanning_tree(links), 0, directed=False)
    if len(order) < n_areas:
        return []
    place = np.empty(n_areas, dtype=np.int64)
    place[order] = np.arange(n_areas)
    size = _sizes(place[above[order[1:]]], n_areas)
    # What hangs on a node follows it in the order.
    summed = np.concatenate([[0.0], np.cumsum(piece.people[order])])
    below = summed[np.arange(n_areas) + size] - summed[:-1]
    total = float(summed[-1])
    number = np.clip(np.rint(below / total * parts), 1, parts - 1)
    other = total - below
    fits = (below >= number * limits.least_residents) & (below <= number * limits.most_residents)
    fits &= other >= (parts - number) * limits.least_residents
    fits &= other <= (parts - number) * limits.most_residents
    fits[0] = False
    node = np.flatnonzero(fits)
    # Parts of even size matter most, then even halves: so there are few generations, each with room for the next.
    uneven = np.abs(number[node] / parts - 0.5) / parts + np.abs(below[node] / total - number[node] / parts)
    ways = []
    for at in node[np.argsort(uneven, kind="stable")[:_CUTS]].tolist():
        inside = np.zeros(n_areas, dtype=bool)
        inside[order[at : at + size[at]]] = True
        border = float(piece.price[inside[piece.first] != inside[piece.second]].sum())
        ways.append((border, inside, int(number[at])))
    ways.sort(key=lambda way: way[0])
    return [(inside, left) for _, inside, left in ways[:3]]


def _sizes(above: NDArray[np.int64], n_areas: int) -> NDArray[np.int64]:
    """Return how many nodes hang on each, itself included; `above` is the place above all but the first."""
    size = [1] * n_areas
    parent = above.tolist()
    for node in range(n_areas - 1, 0, -1):
        size[parent[node - 1]] += size[node]
    return np.array(size, dtype=np.int64)
