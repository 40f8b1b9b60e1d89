"""Who are neighbours without a common border? Across a street or river, from an island, over a bridge: by rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from spatial.borders import PairLengths, identical
from spatial.coverage import area_geometry
from spatial.errors import AlignmentError, ParameterError
from spatial.facing import facing_lengths, facing_stretches
from spatial.neighbours import NeighbourGraph, graph_in_order
from spatial.outline import PRECISION, Segments, outline_segments
from spatial.parameters import require_choice, require_number
from spatial.pieces import nearest_pairs

__all__ = ["LinkedGraph", "linked"]

KINDS = ("named", "gap", "island")
_COLUMNS = ["area_id", "neighbour_id", "kind", "length", "distance", "reason"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LinkedGraph:
    """A neighbour graph with links that are no borders, each with its kind and reason.

    `graph` has the links in it; its `linked` says per pair how much of the border is pretended. `links` has one row
    per link: `area_id`, `neighbour_id`, `kind` ("named", "gap" or "island"), the pretended `length` [m], the
    `distance` of the two areas [m] and the `reason`. `pieces_before` and `pieces` are the numbers of pieces without
    a connection before and after; `apart` are the areas outside the piece with the most areas after it. `gap`,
    `reach`, `least` [m] and `rule` are the parameters.
    """

    graph: NeighbourGraph
    links: pd.DataFrame
    pieces_before: int
    pieces: int
    apart: pd.Index
    gap: float
    reach: float
    least: float
    rule: str

    def __repr__(self) -> str:
        counts = self.summary()
        told = ", ".join(
            f"{kind} {int(number)} ({length:.0f} m)"
            for kind, number, length in zip(counts.index, counts["links"], counts["length"], strict=True)
        )
        return (
            f"LinkedGraph({len(self.graph.area_id)} areas, {self.pieces_before} pieces before, {self.pieces} "
            f"after, {len(self.apart)} areas apart; links: {told})"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per link, as in `links`."""
        return self.links.copy()

    def summary(self) -> pd.DataFrame:
        """Return one row per kind of link: `links` and their `length` [m], 0 where there is none."""
        grouped = self.links.groupby("kind")["length"].agg(["size", "sum"])
        grouped.columns = pd.Index(["links", "length"])
        kinds = pd.Index(KINDS, name="kind")
        return grouped.reindex(kinds, fill_value=0).astype({"links": np.int64, "length": np.float64})


def linked(
    graph: NeighbourGraph,
    areas: gpd.GeoSeries | gpd.GeoDataFrame,
    *,
    gap: float = 0.0,
    reach: float = 0.0,
    rule: Literal["nearest", "facing"] = "nearest",
    least: float = 10.0,
    pairs: pd.DataFrame | None = None,
) -> LinkedGraph:
    """Link areas that belong together although they share no border.

    First the named pairs are linked, then areas that face each other across a gap, and at last the pieces that
    still have no connection (islands, exclaves, a part of the city beyond a river).

    Parameters
    ----------
    graph : NeighbourGraph
        Neighbours and shared borders, as `shared_borders` finds them. [m]
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        The same areas, in a projected CRS.
    gap : float, default 0
        Widest gap (a street, a railway, a river mapped as a gap) across which two areas are neighbours. 0 links
        nothing across gaps. [m]
    reach : float, default 0
        Largest distance over which a piece without connection is linked; infinite links all pieces. 0 links
        none. [m]
    rule : {"nearest", "facing"}, default "nearest"
        With *nearest* pieces are joined by the shortest links, each with the length `least`; of pairs of areas that
        are equally near to the millimetre all are linked. With *facing* a piece is first linked to every area of
        another piece that it faces within the reach, with the length with which they face each other; *nearest*
        joins what is then still apart. *facing* needs a finite reach.
    least : float, default 10
        Shortest length of a link: what faces each other across a gap for less is a corner and no link, a piece is
        linked by no less. [m]
    pairs : DataFrame with the columns `area_id`, `neighbour_id`, `length` [m] and `reason`, optional
        Named links: a bridge, a ferry, a tunnel.

    Returns
    -------
    LinkedGraph
        Its `graph` is in the order of `areas`. The length of a link is added to the border of a pair that has one.

    Raises
    ------
    CrsError, AlignmentError, GeometryError
        See `spatial.coverage.area_geometry`; also when the graph or the pairs name other areas, or the pairs one
        pair twice.
    ParameterError
        If a length is negative or no number, the rule is unknown, the graph has links already, or a named pair is
        no pair of two areas with a length above 0 m and a reason.

    Notes
    -----
    An outline faces the first area that is met straight across, at right angles, and counts when that side runs
    within 60 degrees of parallel. A third area in between blocks the view. So every metre of outline faces at most
    one area, and the length of a link is the mean of what the two see of each other. Sides no further apart than
    the tolerance of the graph are its borders and no gap.

    Examples
    --------
    >>> banks = gpd.GeoSeries(
    ...     [shapely.box(0, 0, 100, 50), shapely.box(30, 65, 80, 90), shapely.box(500, 0, 550, 50)],
    ...     index=["south", "north", "island"], crs=25833)
    >>> from spatial.contiguity import shared_borders
    >>> found = linked(shared_borders(banks), banks, gap=20.0, reach=1000.0)
    >>> found.links[["area_id", "neighbour_id", "kind", "length", "distance"]].to_numpy().tolist()
    [['south', 'north', 'gap', 50.0, 15.0], ['south', 'island', 'island', 10.0, 400.0]]
    """
    gap, reach, least = _lengths(gap, reach, least)
    require_choice("rule", rule, ("nearest", "facing"))
    if rule == "facing" and not np.isfinite(reach):
        raise ParameterError("reach", reach, "a finite distance with rule='facing'")
    geometry = area_geometry(areas, "the links between areas")
    graph = graph_in_order(graph, geometry.index)
    if graph.linked is not None:
        raise ParameterError("graph", graph, "a graph without links; give all rules in one call of linked()")
    shapes, names = geometry.to_numpy(), geometry.index
    segments = outline_segments(shapes)
    open_ = identical(segments, len(names)).rest
    segments = segments.take(open_)
    nearer = max(graph.tolerance, PRECISION)

    found = [_named(pairs, names)]
    if gap > nearer:
        across = _facing(segments, np.arange(len(segments)), len(names), nearer, gap)
        long = across.length >= least
        found.append(
            _table(across.first[long], across.second[long], across.length[long]).assign(
                kind="gap", reason=f"face each other across a gap of at most {gap:g} m"
            )
        )
    if reach > 0:
        piece = _pieces(graph, found)
        if rule == "facing":
            facing = _facing_pieces(segments, shapes, piece, nearer, reach, least)
            found.append(facing.assign(reason=f"pieces that face each other within {reach:g} m"))
            piece = _pieces(graph, found)
        first, second = nearest_pairs(shapes, piece, np.unique(segments.area), reach)
        nearest = _table(first, second, np.full(len(first), least))
        found.append(nearest.assign(kind="island", reason=f"shortest link of two pieces within {reach:g} m"))
    return _result(graph, shapes, found, gap, reach, least, rule)


def _lengths(gap: float, reach: float, least: float) -> tuple[float, float, float]:
    return (
        require_number("gap", gap, "a finite width of at least 0 m", lambda metres: 0 <= metres < np.inf),
        require_number("reach", reach, "a distance of at least 0 m", lambda metres: metres >= 0),
        require_number("least", least, "a finite length above 0 m", lambda metres: 0 < metres < np.inf),
    )


def _facing(
    segments: Segments, mine: NDArray[np.int64], n_areas: int, nearer: float, reach: float
) -> PairLengths:
    stretches = facing_stretches(segments, mine, reach=reach, slack=nearer)
    return facing_lengths(segments, stretches, n_areas, beyond=nearer)


def _facing_pieces(
    segments: Segments,
    shapes: NDArray[np.object_],
    piece: NDArray[np.int64],
    nearer: float,
    reach: float,
    least: float,
) -> pd.DataFrame:
    """Links of all areas of different pieces that face each other within the reach."""
    outer = np.flatnonzero(piece != np.bincount(piece).argmax())
    one, other = shapely.STRtree(shapes).query(shapes[outer], predicate="dwithin", distance=reach)
    one = outer[one]
    apart = piece[one] != piece[other]
    looking = np.isin(segments.area, np.r_[one[apart], other[apart]])
    pairs = _facing(segments, np.flatnonzero(looking), len(shapes), nearer, reach)
    apart = piece[pairs.first] != piece[pairs.second]
    length = np.maximum(pairs.length[apart], least)
    return _table(pairs.first[apart], pairs.second[apart], length).assign(kind="island")


def _table(first: NDArray[np.int64], second: NDArray[np.int64], length: NDArray[np.float64]) -> pd.DataFrame:
    return pd.DataFrame({"first": first, "second": second, "length": length})


def _named(pairs: pd.DataFrame | None, names: pd.Index) -> pd.DataFrame:
    """Named links by the positions of their areas, after a look at whether they are links at all."""
    needed = ["area_id", "neighbour_id", "length", "reason"]
    if pairs is None:
        pairs = pd.DataFrame({name: [] for name in needed})
    if not isinstance(pairs, pd.DataFrame) or not set(needed) <= set(pairs.columns):
        raise ParameterError("pairs", pairs, f"a DataFrame with the columns {', '.join(needed)}")
    one, other = (names.get_indexer(pd.Index(pairs[name])) for name in needed[:2])
    unknown = pd.concat([pairs["area_id"][one < 0], pairs["neighbour_id"][other < 0]])
    if len(unknown):
        raise AlignmentError("the named pairs have unknown areas", unknown.unique())
    length = pd.to_numeric(pairs["length"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    reason = pairs["reason"]
    wrong = ~(np.isfinite(length) & (length > 0)) | (one == other)
    wrong |= (reason.isna() | (reason.astype(str).str.strip() == "")).to_numpy()
    if wrong.any():
        raise ParameterError(
            "pairs",
            pairs.loc[wrong, needed].head().to_dict("records"),
            "pairs of two areas, each with a finite length above 0 m and a reason",
        )
    table = _table(np.minimum(one, other), np.maximum(one, other), length)
    doubled = table.duplicated(["first", "second"]).to_numpy()
    if doubled.any():
        shown = [f"{a} | {b}" for a, b in zip(names[one[doubled]], names[other[doubled]], strict=True)]
        raise AlignmentError(
            "pairs names a pair of areas twice", shown, "give each pair one row, in one direction"
        )
    return table.assign(kind="named", reason=reason.astype(str).to_numpy())


def _pieces(graph: NeighbourGraph, found: list[pd.DataFrame]) -> NDArray[np.int64]:
    return _with_links(graph, pd.concat(found)).components()


def _with_links(graph: NeighbourGraph, links: pd.DataFrame) -> NeighbourGraph:
    """Return the graph with the length of every link added to the border of its pair."""
    n_areas, n_pairs = len(graph.area_id), len(graph.border)
    first = np.r_[graph.first, links["first"].to_numpy(dtype=np.int64)]
    second = np.r_[graph.second, links["second"].to_numpy(dtype=np.int64)]
    code, place = np.unique(first * n_areas + second, return_inverse=True)
    pretended = np.zeros(len(code))
    np.add.at(pretended, place[n_pairs:], links["length"].to_numpy(dtype=float))
    shared = np.zeros(len(code))
    shared[place[:n_pairs]] = graph.border
    return replace(
        graph,
        first=code // n_areas,
        second=code % n_areas,
        border=shared + pretended,
        linked=pretended,
        corners=_corners_left(graph.corners, code, n_areas),
        method=f"{graph.method}, linked",
    )


def _corners_left(
    corners: NDArray[np.int64] | None, code: NDArray[np.int64], n_areas: int
) -> NDArray[np.int64] | None:
    """Leave out the corner contacts that are neighbours now."""
    if corners is None:
        return None
    return corners[~np.isin(corners[:, 0] * n_areas + corners[:, 1], code)]


def _result(
    graph: NeighbourGraph,
    shapes: NDArray[np.object_],
    found: list[pd.DataFrame],
    gap: float,
    reach: float,
    least: float,
    rule: str,
) -> LinkedGraph:
    links = pd.concat(found, ignore_index=True).astype({"first": np.int64, "second": np.int64})
    whole = _with_links(graph, links)
    piece = whole.components()
    first, second = links["first"].to_numpy(), links["second"].to_numpy()
    table = links.assign(
        area_id=graph.area_id[first],
        neighbour_id=graph.area_id[second],
        distance=shapely.distance(shapes[first], shapes[second]),
    )
    count = np.bincount(piece)
    # Of several pieces with as many areas, that with the smallest area id is the main one.
    largest = np.flatnonzero(count[piece] == count.max()).tolist()
    main = piece[min(largest, key=lambda position: str(graph.area_id[position]))]
    return LinkedGraph(
        graph=whole,
        links=table[_COLUMNS],
        pieces_before=int(graph.components().max()) + 1,
        pieces=len(count),
        apart=graph.area_id[piece != main],
        gap=gap,
        reach=reach,
        least=least,
        rule=rule,
    )
