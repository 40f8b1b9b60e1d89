"""Which margin belongs to which regions? Graded membership brought together with a proposal and its limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from spatial.alignment import align
from spatial.neighbours import NeighbourGraph
from spatial.regions.margins.soft_areas import CLASSES, SoftAreas

__all__ = ["margins_of"]

# Of the width of the margin: so near to its ends a membership may lie that would belong to another class.
_INSIDE = 1e-9


def margins_of(soft: SoftAreas, region: pd.Series, graph: NeighbourGraph) -> SoftAreas:
    """Bring graded membership together with the regions of a proposal, which may have limits.

    Membership says how well each area would fit, whatever the limits; a proposal says which regions there are. Core
    is what lies in a region and surely fits; margin is the rest of a region, and what fits to some degree and hangs
    together with one. What would fit and hangs together with no region is in no margin: it is a single case.

    Parameters
    ----------
    soft : SoftAreas
        Membership of all areas.
    region : Series, indexed by area_id
        Region id of each area, missing where it is in none.
    graph : NeighbourGraph
        Neighbours of the same areas.

    Returns
    -------
    SoftAreas
        On the same index. `membership` is that of the class: at least that of a margin in a region, 0 outside of all
        margins; `core` is the region of each core area; `certainty` is missing for what would fit and is in no margin.

    Raises
    ------
    AlignmentError
        If the regions or the graph are of other areas.

    Examples
    --------
    The first two areas are a region, the third is its margin, the last would fit but hangs together with none.

    >>> from spatial.regions.margins.membership import soft_membership
    >>> ids = pd.Index(["a", "b", "c", "d", "e"])
    >>> row = NeighbourGraph(area_id=ids, first=np.arange(4), second=np.arange(1, 5), border=np.full(4, 50.0))
    >>> soft = soft_membership(
    ...     pd.Series([1.75, 1.75, 1.25, 0.5, 1.75], ids), pd.Series(100, ids), row,
    ...     lower_threshold=1.0, upper_threshold=1.5, border_price=0.0)
    >>> found = margins_of(soft, pd.Series(["1", "1", None, None, None], ids), row)
    >>> found.zone_class.tolist(), found.membership.tolist()
    (['core', 'core', 'margin', 'rest', 'rest'], [1.0, 1.0, 0.5, 0.0, 0.0])
    """
    names = soft.membership.index
    label = align(region, names, "region")
    inside = label.notna().to_numpy(dtype=bool)
    fits = soft.membership.to_numpy(dtype=float)
    low, high = soft.rest_up_to, soft.core_from
    belongs = _beside(inside | (fits > low), inside, names, graph)
    width = _INSIDE * (high - low)
    member = np.where(inside & (fits >= high), fits, np.clip(fits, low + width, high - width))
    member = np.where(belongs, member, 0.0)
    code = np.where(~belongs, 2, np.where(inside & (fits >= high), 0, 1))
    classes = pd.Categorical.from_codes(code, pd.Index(CLASSES), ordered=True)
    shares = soft.class_shares.to_numpy(dtype=float)
    certainty = shares[np.arange(len(names)), code]
    # Whether a region comes to lie beside what fits is not drawn.
    certainty[(fits > low) & ~belongs] = np.nan
    return replace(
        soft,
        membership=pd.Series(member, index=names, name="membership"),
        zone_class=pd.Series(classes, index=names, name="zone_class"),
        certainty=pd.Series(certainty, index=names, name="certainty"),
        core=label.where(pd.Series(code == 0, index=names)).rename("core"),
    )


def _beside(
    candidate: NDArray[np.bool_], inside: NDArray[np.bool_], names: pd.Index, graph: NeighbourGraph
) -> NDArray[np.bool_]:
    """Say which candidates hang together, over neighbours, with one that is inside."""
    first, second = (
        align(pd.Series(np.arange(len(names)), names), graph.area_id, "the graph").to_numpy()[ends]
        for ends in (graph.first, graph.second)
    )
    both = candidate[first] & candidate[second]
    size = len(names)
    links = coo_array((np.ones(int(both.sum())), (first[both], second[both])), shape=(size, size))
    piece = connected_components(links, directed=False)[1]
    held = np.bincount(piece, weights=inside, minlength=size) > 0
    return np.asarray(candidate & held[piece])
