"""Which conditions on single regions does an answer break? Found piece by piece, so that only those are asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from spatial.regions.cuts.objective import Objective
from spatial.regions.cuts.pieces import pieces_of
from spatial.regions.programmes.programme import Conditions, conditions

__all__ = ["broken_conditions", "neighbour_matrix"]

# Areas that are in by at least so much are looked at together.
_LEVELS = (0.9, 0.5, 0.1, 0.01)

# Less than this is rounding, not a broken condition.
_NOISE = 1e-4

# Rings of neighbours that are looked at around a small piece, and residents in them in multiples of the least.
_RINGS, _ENOUGH = 4, 4.0

# Conditions of one kind and piece.
_MOST = 12

# Areas that are in by so much are asked for a way to a root; flows are counted in so many parts of an area.
_FLOWING, _WHOLE = (0.8, 0.3, 0.05), 1_000_000

_Entry = tuple[NDArray[np.int64], NDArray[np.float64], float]


def neighbour_matrix(objective: Objective) -> csr_array:
    """Return who is a neighbour of whom, as a matrix with ones."""
    n_areas = len(objective.people)
    ends = (
        np.concatenate([objective.first, objective.second]),
        np.concatenate([objective.second, objective.first]),
    )
    return csr_array(coo_array((np.ones(len(ends[0])), ends), shape=(n_areas, n_areas)))


def broken_conditions(
    unknowns: NDArray[np.float64],
    objective: Objective,
    links: csr_array,
    *,
    least_residents: float,
    root_at: int | None,
) -> Conditions:
    r"""Find conditions on single regions that an answer breaks.

    Parameters
    ----------
    unknowns : array of float, shape (n_unknowns,)
        An answer of the programme; areas may be partly in.
    objective : Objective
        Costs of choosing areas.
    links : csr_array, shape (n_areas, n_areas)
        Who is a neighbour of whom.
    least_residents : float
        Least residents of a region. [persons]
    root_at : int, optional
        Where the unknowns of the roots begin; None where the number of regions is free.

    Returns
    -------
    Conditions
        None of them is broken by regions that keep to the limits. Empty only if areas that are wholly in or out keep
        to them; an answer in between may break some that were not found.

    Notes
    -----
    For an area r and any set S around it with the neighbours N(S): if r is in, its region leaves S over N(S), or it
    lies in S and has its residents there,

    .. math:: \sum_{v \in S \setminus r} \min\left(1, \frac{p_v}{L - p_r}\right) x_v + \sum_{v \in N(S)} x_v \ge x_r ,

    where the first sum falls away if all of S has fewer than L residents; and it has its root y there,

    .. math:: \sum_{v \in S} y_v + \sum_{v \in N(S)} x_v \ge x_r .

    Sets are the pieces of the areas that are in by some level, and rings of neighbours around them.
    """
    share = unknowns[: len(objective.people)]
    found: list[_Entry] = []
    seen: set[bytes] = set()
    for level in _LEVELS:
        piece = pieces_of(share >= level, objective)
        order = np.argsort(piece, kind="stable")
        order = order[np.searchsorted(piece[order], 0) :]
        for members in np.split(order, np.flatnonzero(np.diff(piece[order])) + 1) if len(order) else []:
            if members.tobytes() in seen:
                continue
            seen.add(members.tobytes())
            if float(objective.people[members].sum()) < least_residents:
                found += _too_small(members, share, objective, links, least_residents)
            if root_at is not None:
                found += _without_root(members, share, objective, links, unknowns[root_at:], root_at)
    if root_at is not None:
        found += _cut_off_from_roots(share, unknowns[root_at:], objective, links, root_at)
    return conditions(found, len(unknowns))


def _around(members: NDArray[np.int64], links: csr_array) -> NDArray[np.int64]:
    """Return the neighbours of a set that are not in it."""
    return np.setdiff1d(links[members].indices, members).astype(np.int64)


def _too_small(
    members: NDArray[np.int64],
    share: NDArray[np.float64],
    objective: Objective,
    links: csr_array,
    least: float,
) -> list[_Entry]:
    """Ask a piece with too few residents to leave sets around it, or to find more residents in them."""
    people, found = objective.people, []
    inside = members
    for _ in range(_RINGS + 1):
        outside = _around(inside, links)
        residents = float(people[inside].sum())
        leaving = float(share[outside].sum())
        wanted = members[share[members] - leaving > _NOISE]
        if residents > _ENOUGH * least:
            break
        for area in wanted[np.argsort(-share[wanted], kind="stable")][:_MOST].tolist():
            others = inside[inside != area] if residents >= least else inside[:0]
            part = np.minimum(people[others] / (least - people[area]), 1.0)
            if share[area] - leaving - float(part @ share[others]) > _NOISE:
                columns = np.concatenate([[area], others, outside])
                found.append((columns, np.concatenate([[-1.0], part, np.ones(len(outside))]), 0.0))
        inside = np.concatenate([inside, outside])
    return found


def _without_root(
    members: NDArray[np.int64],
    share: NDArray[np.float64],
    objective: Objective,
    links: csr_array,
    root: NDArray[np.float64],
    root_at: int,
) -> list[_Entry]:
    """Ask a piece to have a root, or to be linked with one that has."""
    outside = _around(members, links)
    there = float(share[outside].sum()) + float(root[members].sum())
    wanted = members[share[members] - there > _NOISE]
    found = []
    for area in wanted[np.lexsort((-objective.people[wanted], -share[wanted]))][:_MOST].tolist():
        columns = np.concatenate([[area], outside, root_at + members])
        found.append((columns, np.concatenate([[-1.0], np.ones(len(columns) - 1)]), 0.0))
    return found


def _cut_off_from_roots(
    share: NDArray[np.float64],
    root: NDArray[np.float64],
    objective: Objective,
    links: csr_array,
    root_at: int,
) -> list[_Entry]:
    """Ask areas to be linked with roots where not enough flows from them over areas that are partly in."""
    n_areas, found = len(share), []
    capacity = np.rint(np.stack([share, root]) * _WHOLE).astype(np.int32)
    area, (here, there) = np.arange(n_areas), links.nonzero()
    # Each area has an entrance and an exit with its share between them; from the exit to neighbours and to its root.
    tail = np.concatenate([area, n_areas + here, n_areas + area])
    head = np.concatenate([n_areas + area, there, np.full(n_areas, 2 * n_areas)])
    amount = np.concatenate([capacity[0], np.full(len(here), _WHOLE), capacity[1]])
    network = csr_array(coo_array((amount, (tail, head)), shape=(2 * n_areas + 1, 2 * n_areas + 1)))
    for start in _starts(share, objective):
        solved = maximum_flow(network, n_areas + start, 2 * n_areas)
        if solved.flow_value >= (share[start] - _NOISE) * _WHOLE:
            continue
        left = network - solved.flow
        left.data = (left.data > 0).astype(np.int8)
        left.eliminate_zeros()
        near, far = (np.zeros(2 * n_areas + 1, dtype=bool) for _ in range(2))
        near[breadth_first_order(left, n_areas + start, return_predecessors=False)] = True
        far[breadth_first_order(csr_array(left.T), 2 * n_areas, return_predecessors=False)] = True
        for reached in (near, ~far):
            inside = np.flatnonzero(reached[n_areas:-1])
            outside = np.flatnonzero(reached[:n_areas] & ~reached[n_areas:-1])
            columns = np.concatenate([[start], outside, root_at + inside])
            found.append((columns, np.concatenate([[-1.0], np.ones(len(columns) - 1)]), 0.0))
    return found


def _starts(share: NDArray[np.float64], objective: Objective) -> list[int]:
    """Return areas that are asked for a way to a root: of each piece at some levels the one that is in most."""
    starts = set()
    for level in _FLOWING:
        piece = pieces_of(share >= level, objective)
        order = np.lexsort((-objective.people, -share, piece))
        order = order[np.searchsorted(piece[order], 0) :]
        starts.update(order[np.unique(piece[order], return_index=True)[1]].tolist())
    return sorted(starts)
