"""Areas, their neighbours and the borders between them: the ground every region stands on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from spatial.alignment import align, require_unique
from spatial.borders import distinct
from spatial.errors import AlignmentError, ParameterError
from spatial.parameters import require_choice

__all__ = ["NeighbourGraph", "graph_in_order"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NeighbourGraph:
    """Areas and the borders between them.

    `first` and `second` are positions in `area_id` with first < second, each pair once; `border` is the
    length of the border they share [m]. `rim` is, per area, the outline that has no neighbour [m]: the edge
    of the city, a gap, a lake between areas. `corners`, shape (n_corners, 2), are the pairs that touch in
    points only, or None when they were not looked for; they have no border and are no neighbours elsewhere in
    this class. `method`, `tolerance` [m] and `bridged` [m] (border length that was found only within the
    tolerance) tell how the borders were measured. `linked` is, per pair, the part of `border` that is pretended,
    not shared [m], as `spatial.links` adds it; None when all of it is shared.
    """

    area_id: pd.Index
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    border: NDArray[np.float64]
    rim: NDArray[np.float64] | None = field(default=None)
    method: str = "given"
    tolerance: float = 0.0
    bridged: float = 0.0
    corners: NDArray[np.int64] | None = field(default=None)
    linked: NDArray[np.float64] | None = field(default=None)

    def __post_init__(self) -> None:
        """Refuse pairs that are not pairs of areas."""
        require_unique(self.area_id, "the neighbour graph")
        n_pairs = len(self.border)
        if len(self.first) != n_pairs or len(self.second) != n_pairs:
            raise ParameterError(
                "border", n_pairs, f"as many as pairs ({len(self.first)}, {len(self.second)})"
            )
        if not ((self.first >= 0) & (self.first < self.second) & (self.second < len(self.area_id))).all():
            raise ParameterError("first, second", "a pair", "positions of two areas with first < second")
        if not (np.isfinite(self.border) & (self.border > 0)).all():
            raise ParameterError("border", "a length", "finite lengths above 0 m")
        code = self.first * len(self.area_id) + self.second
        if len(distinct(code)) != n_pairs:
            raise ParameterError("first, second", "a pair given twice", "each pair of areas once")
        if self.corners is not None:
            _check_corners(self.corners, code, len(self.area_id))
        if self.linked is not None and not _are_parts(self.linked, self.border):
            raise ParameterError("linked", "a length", "per pair a length from 0 m to its border")

    def __repr__(self) -> str:
        return (
            f"NeighbourGraph({len(self.area_id)} areas, {len(self.border)} borders of "
            f"{self.border.sum() / 1000:.1f} km, {len(self.isolates())} without neighbour; {self.method}, "
            f"{self.bridged:.1f} m within {self.tolerance:g} m)"
        )

    def edges(self) -> pd.DataFrame:
        """Return one row per border: `area_id`, `neighbour_id`, `border` [m]."""
        return pd.DataFrame(
            {
                "area_id": self.area_id[self.first],
                "neighbour_id": self.area_id[self.second],
                "border": self.border,
            }
        )

    def isolates(self) -> pd.Index:
        """Return the areas without any neighbour: islands, and exclaves that are one area."""
        has = np.zeros(len(self.area_id), dtype=bool)
        has[self.first] = True
        has[self.second] = True
        return self.area_id[~has]

    def contiguous(self, contiguity: Literal["rook", "queen"]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the pairs that have a border ("rook"), or a border or a corner ("queen").

        Parameters
        ----------
        contiguity : {"rook", "queen"}
            Named after what the pieces may do on a board of chess.

        Returns
        -------
        tuple of array of int, shape (n_pairs,)
            The first and the second of each pair, borders before corners.

        Raises
        ------
        ParameterError
            If the contiguity is unknown, or corners are wanted and were not looked for.

        Examples
        --------
        >>> row = NeighbourGraph(area_id=pd.Index(["a", "b", "c"]), first=np.array([0]), second=np.array([1]),
        ...                      border=np.array([5.0]), corners=np.array([[1, 2]]))
        >>> [positions.tolist() for positions in row.contiguous("queen")]
        [[0, 1], [1, 2]]
        """
        require_choice("contiguity", contiguity, ("rook", "queen"))
        if contiguity == "rook":
            return self.first, self.second
        if self.corners is None:
            raise ParameterError("graph", "borders only", "corners too: shared_borders(areas, corners=True)")
        return np.r_[self.first, self.corners[:, 0]], np.r_[self.second, self.corners[:, 1]]

    def in_order(self, area_id: pd.Index) -> NeighbourGraph:
        """Return the same graph with its areas in another order.

        Parameters
        ----------
        area_id : Index of area_id, shape (n_areas,)
            The same areas in the wanted order.

        Returns
        -------
        NeighbourGraph
            The graph itself when the order is already the wanted one.

        Raises
        ------
        AlignmentError
            If these are other areas, or one is named twice.

        Examples
        --------
        >>> row = NeighbourGraph(area_id=pd.Index(["a", "b", "c"]), first=np.array([0]), second=np.array([1]),
        ...                      border=np.array([5.0]))
        >>> row.in_order(pd.Index(["c", "b", "a"])).edges().to_numpy().tolist()
        [['b', 'a', 5.0]]
        """
        if area_id is self.area_id or self.area_id.equals(area_id):
            return self
        require_unique(area_id, "the order of the areas")
        if len(area_id) != len(self.area_id) or not area_id.isin(self.area_id).all():
            raise AlignmentError(
                "the neighbour graph has other areas", self.area_id.symmetric_difference(area_id)
            )
        position = area_id.get_indexer(self.area_id)
        pairs = np.sort(position[np.column_stack([self.first, self.second])], axis=1)
        order = np.lexsort(pairs.T[::-1])
        corners = self.corners
        if corners is not None:
            corners = np.sort(position[corners], axis=1)
            corners = corners[np.lexsort(corners.T[::-1])]
        return replace(
            self,
            area_id=area_id,
            first=pairs[order, 0],
            second=pairs[order, 1],
            border=self.border[order],
            rim=None if self.rim is None else self.rim[np.argsort(position)],
            corners=corners,
            linked=None if self.linked is None else self.linked[order],
        )

    def part(self, known: pd.Series) -> NeighbourGraph:
        """Return the graph of the areas that are marked; borders to all others become rim.

        Parameters
        ----------
        known : Series of bool, shape (n_areas,), indexed by area_id
            Areas to keep.

        Returns
        -------
        NeighbourGraph
            Over the kept areas, in the same order.

        Raises
        ------
        AlignmentError
            If the Series is of other areas.

        Examples
        --------
        >>> row = NeighbourGraph(area_id=pd.Index(["a", "b", "c"]), first=np.array([0, 1]),
        ...                      second=np.array([1, 2]), border=np.array([5.0, 7.0]))
        >>> row.part(pd.Series([True, True, False], index=["a", "b", "c"]))
        NeighbourGraph(2 areas, 1 borders of 0.0 km, 0 without neighbour; given, 0.0 m within 0 m)
        """
        keep = align(known, self.area_id, "the choice of areas").to_numpy(dtype=bool)
        inside = keep[self.first] & keep[self.second]
        position = np.cumsum(keep) - 1
        rim = None
        if self.rim is not None:
            cut = ~inside
            shared = self.border[cut] - (0.0 if self.linked is None else self.linked[cut])
            lost = np.bincount(self.first[cut], shared, len(keep))
            lost += np.bincount(self.second[cut], shared, len(keep))
            rim = (self.rim + lost)[keep]
        corners = self.corners
        if corners is not None:
            corners = position[corners[keep[corners].all(axis=1)]]
        return replace(
            self,
            area_id=self.area_id[keep],
            first=position[self.first[inside]],
            second=position[self.second[inside]],
            border=self.border[inside],
            rim=rim,
            corners=corners,
            linked=None if self.linked is None else self.linked[inside],
        )

    def components(self, mask: pd.Series | NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Return the number of the connected piece of each area.

        Parameters
        ----------
        mask : Series of bool indexed by area_id, or array of bool in the order of `area_id`, optional
            Areas to look at; borders to all others are cut. Default: all.

        Returns
        -------
        array of int, shape (n_areas,)
            0, 1, … in the order in which the pieces first occur; -1 outside the mask.

        Raises
        ------
        AlignmentError
            If the mask is a Series of other areas.
        ParameterError
            If the mask is an array of another length.

        Examples
        --------
        >>> row = NeighbourGraph(area_id=pd.Index(["a", "b", "c"]), first=np.array([0, 1]),
        ...                      second=np.array([1, 2]), border=np.array([5.0, 5.0]))
        >>> row.components(np.array([True, False, True])).tolist()
        [0, -1, 1]
        """
        n_areas = len(self.area_id)
        if mask is None:
            inside = np.ones(n_areas, dtype=bool)
        elif isinstance(mask, pd.Series):
            inside = align(mask, self.area_id, "mask").to_numpy(dtype=bool)
        else:
            inside = np.asarray(mask, dtype=bool)
        if len(inside) != n_areas:
            raise ParameterError("mask", len(inside), f"one entry per area ({n_areas})")
        labels = np.full(n_areas, -1, dtype=np.int64)
        if not inside.any():
            return labels
        kept = inside[self.first] & inside[self.second]
        ones = np.ones(int(kept.sum()), dtype=np.int8)
        links = coo_array((ones, (self.first[kept], self.second[kept])), shape=(n_areas, n_areas))
        _, piece = connected_components(links.tocsr(), directed=False)
        labels[inside] = pd.factorize(piece[inside])[0]
        return labels


def graph_in_order(graph: NeighbourGraph, area_id: pd.Index) -> NeighbourGraph:
    """Return a graph that a caller gives, with its areas in the order of the counts.

    Parameters
    ----------
    graph : NeighbourGraph
        Of the same areas in any order.
    area_id : Index of area_id, shape (n_areas,)
        The wanted order.

    Returns
    -------
    NeighbourGraph

    Raises
    ------
    ParameterError
        If it is no graph.
    AlignmentError
        If it has other areas.

    Examples
    --------
    >>> row = NeighbourGraph(area_id=pd.Index(["a", "b"]), first=np.array([0]), second=np.array([1]),
    ...                      border=np.array([5.0]))
    >>> graph_in_order(row, row.area_id) is row
    True
    """
    if not isinstance(graph, NeighbourGraph):
        raise ParameterError("graph", graph, "a NeighbourGraph, as shared_borders() finds it")
    return graph.in_order(area_id)


def _are_parts(part: NDArray[np.float64], whole: NDArray[np.float64]) -> bool:
    return part.shape == whole.shape and bool(((part >= 0) & (part <= whole)).all())


def _check_corners(corners: NDArray[np.int64], borders: NDArray[np.int64], n_areas: int) -> None:
    """Refuse corners that are not pairs of areas without a border."""
    if corners.ndim != 2 or corners.shape[1] != 2:
        raise ParameterError("corners", corners.shape, "the shape (n_corners, 2)")
    first, second = corners[:, 0], corners[:, 1]
    if not ((first >= 0) & (first < second) & (second < n_areas)).all():
        raise ParameterError("corners", "a pair", "positions of two areas with first < second")
    if len(distinct(np.r_[first * n_areas + second, borders])) != len(corners) + len(borders):
        raise ParameterError("corners", "a pair given twice", "each pair once, and none that has a border")
