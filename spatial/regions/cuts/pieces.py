"""Which chosen areas hang together? The connected pieces of a choice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from spatial.regions.cuts.objective import Objective

__all__ = ["pieces_of"]


def pieces_of(chosen: NDArray[np.bool_], objective: Objective) -> NDArray[np.int64]:
    """Return the number of the connected piece of each chosen area, -1 for all others.

    Examples
    --------
    >>> row = Objective(
    ...     area_id=np.array(["a", "b", "c"]), people=np.ones(3), weight=np.ones(3), strength=np.ones(3),
    ...     first=np.array([0, 1]), second=np.array([1, 2]), price=np.ones(2),
    ...     held_in=np.zeros(3, bool), held_out=np.zeros(3, bool))
    >>> pieces_of(np.array([True, False, True]), row).tolist()
    [0, -1, 1]
    """
    n_areas = len(chosen)
    kept = chosen[objective.first] & chosen[objective.second]
    ones = np.ones(int(kept.sum()), dtype=np.int8)
    links = coo_array((ones, (objective.first[kept], objective.second[kept])), shape=(n_areas, n_areas))
    piece = connected_components(links.tocsr(), directed=False)[1]
    label = np.full(n_areas, -1, dtype=np.int64)
    label[chosen] = np.unique(piece[chosen], return_inverse=True)[1]
    return label
