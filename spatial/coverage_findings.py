"""Where does a map of areas not fit together? Gaps, overlaps, edges that do not match, each with its place and size."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from spatial.alignment import align
from spatial.coverage import area_geometry
from spatial.errors import CrsError
from spatial.parameters import require_number

__all__ = ["FINDINGS", "CoverageFindings", "coverage_findings", "outline_findings"]

FINDINGS = {
    "overlap": ("Überlappung", "overlap"),
    "gap": ("Lücke", "gap"),
    "sliver_overlap": ("schmale Überlappung", "sliver overlap"),
    "sliver_gap": ("schmale Lücke", "sliver gap"),
    "edge": ("Kanten ohne gemeinsame Stützpunkte", "edges without common vertices"),
    "duplicate": ("doppelte Fläche", "duplicate"),
    "island": ("ohne Nachbarn", "without neighbour"),
    "multipart": ("mehrere Teile", "several parts"),
    "outside_parent": ("außerhalb der größeren Einheit", "outside the larger unit"),
    "missing_in_parent": ("fehlt in der größeren Einheit", "missing in the larger unit"),
}
"""Kinds of findings, in German and English."""

# Where along an edge, and how far from it in widths of the face: no round numbers, borders often lie at these.
_BETWEEN, _NEAR = 0.41421356, 0.0173205

_COLUMNS = ("kind", "area_ids", "square_metres", "length", "geometry")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CoverageFindings:
    """What does not fit in a map of areas.

    `findings` has one row per place, the largest first within its kind: `kind` (a key of `FINDINGS`), `area_ids` (a
    tuple of those concerned; of a gap those around it), `square_metres` [m²], `length` (of the edge, or of the outline
    [m]) and the place as geometry. `areas` is the number of areas looked at; `sliver_width` and `tolerance` [m] are the
    parameters.
    """

    findings: gpd.GeoDataFrame
    areas: int
    sliver_width: float
    tolerance: float

    def __repr__(self) -> str:
        counted = self.findings["kind"].value_counts()
        told = ", ".join(f"{counted[kind]} {kind}" for kind in FINDINGS if kind in counted)
        return f"CoverageFindings({self.areas} areas: {told or 'nothing found'})"

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return one row per place."""
        return self.findings

    def summary(self) -> pd.DataFrame:
        """Return one row per kind that occurs: `places`, `square_metres` [m²], `length` [m]."""
        grouped = self.findings.groupby("kind", sort=False)
        table = pd.DataFrame(
            {
                "places": grouped.size(),
                "square_metres": grouped["square_metres"].sum(),
                "length": grouped["length"].sum(),
            }
        )
        return table.reindex([kind for kind in FINDINGS if kind in table.index]).rename_axis("kind")


def coverage_findings(
    areas: gpd.GeoSeries | gpd.GeoDataFrame, *, sliver_width: float = 0.5, tolerance: float = 0.001
) -> CoverageFindings:
    """Find where areas overlap, leave gaps, or meet without common vertices; and islands, doubles and several parts.

    Parameters
    ----------
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        Areas that should cover a city, in a projected CRS with metres.
    sliver_width : float, default 0.5
        Mean width up to which a gap or an overlap is a sliver. [m]
    tolerance : float, default 0.001
        Mean width up to which it is none, but edges that do not share their vertices. [m]

    Returns
    -------
    CoverageFindings
        A gap is enclosed by areas: an inner courtyard of the map, wanted or not. What lies outside of all areas and is
        not enclosed is no gap. Areas that cover the same ground three times are found as overlaps of pairs' ground, each
        place once with all areas that lie there.

    Raises
    ------
    CrsError, AlignmentError, GeometryError, ParameterError
        If the areas cannot be measured (see `spatial.coverage.area_geometry`), or a width is negative.

    Notes
    -----
    Where two areas fit, the border between them is in both, in opposite directions, and cancels out. What is left, the
    rim of the city and every border that does not fit, is cut where it crosses and divided into faces. A face in no area
    is a gap, one in several an overlap. So a city that fits costs little more than sorting its vertices.

    Examples
    --------
    >>> areas = gpd.GeoSeries(
    ...     [shapely.box(0, 0, 10, 10), shapely.box(9, 0, 20, 10)], index=["a", "b"], crs=25833)
    >>> found = coverage_findings(areas)
    >>> found
    CoverageFindings(2 areas: 1 overlap)
    >>> found.findings[["area_ids", "square_metres"]].to_numpy().tolist()
    [[('a', 'b'), 10.0]]
    """
    require_number(
        "sliver_width", sliver_width, "a finite number of at least 0", lambda one: 0 <= one < np.inf
    )
    require_number("tolerance", tolerance, "a finite number of at least 0", lambda one: 0 <= one < np.inf)
    geometry = area_geometry(areas, "the check of a coverage")
    shapes = geometry.to_numpy()
    names = geometry.index.astype(str).to_numpy(dtype=object)
    edges = _Edges.of(shapes)
    rows = [
        *_faces(edges.unmatched(), shapes, names, sliver_width, tolerance),
        *_doubles(shapes, names),
        *_islands(edges, shapes, names),
        *_multiparts(shapes, names),
    ]
    return CoverageFindings(
        findings=_frame(rows, geometry.crs), areas=len(shapes), sliver_width=sliver_width, tolerance=tolerance
    )


def outline_findings(
    areas: gpd.GeoSeries | gpd.GeoDataFrame,
    parent: pd.Series,
    parents: gpd.GeoSeries | gpd.GeoDataFrame,
    *,
    tolerance: float = 0.5,
) -> CoverageFindings:
    """Find where areas together are not the larger unit that they are parts of.

    Parameters
    ----------
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        Smaller units, in a projected CRS with metres.
    parent : Series, shape (n_areas,), indexed by area_id
        Id of the larger unit of each, missing where it has none: such areas are left out.
    parents : GeoSeries or GeoDataFrame of (Multi)Polygon, indexed by the ids of the larger units
        In the same CRS.
    tolerance : float, default 0.5
        Mean width up to which a difference is forgiven. [m]

    Returns
    -------
    CoverageFindings
        Of the kinds `outside_parent` and `missing_in_parent`; `area_ids` names the larger unit.

    Raises
    ------
    CrsError, AlignmentError, GeometryError, ParameterError
        If areas or parents cannot be measured, have different CRS, or a parent is unknown.

    Examples
    --------
    >>> areas = gpd.GeoSeries([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 21, 10)], index=["a", "b"], crs=25833)
    >>> whole = gpd.GeoSeries([shapely.box(0, 0, 20, 10)], index=["city"], crs=25833)
    >>> found = outline_findings(areas, pd.Series(["city", "city"], index=["a", "b"]), whole)
    >>> found.findings[["kind", "square_metres"]].to_numpy().tolist()
    [['outside_parent', 10.0]]
    """
    require_number("tolerance", tolerance, "a finite number of at least 0", lambda one: 0 <= one < np.inf)
    geometry = area_geometry(areas, "the agreement with larger units")
    above = area_geometry(parents, "the agreement with larger units")
    if geometry.crs != above.crs:
        raise CrsError(
            "the agreement with larger units", f"areas in {geometry.crs} and parents in {above.crs}"
        )
    lies_in = align(parent, geometry.index, "parent")
    known = lies_in.notna()
    whole = align(above, pd.Index(pd.unique(lies_in[known])), "parents")
    rows: list[_Row] = []
    for one, shape in whole.items():
        parts = shapely.union_all(geometry[lies_in == one].to_numpy())
        for kind, rest in (
            ("outside_parent", shapely.difference(parts, shape)),
            ("missing_in_parent", shapely.difference(shape, parts)),
        ):
            for piece in shapely.get_parts(rest):
                area, length = float(shapely.area(piece)), float(shapely.length(piece))
                if area > 0 and 2 * area > tolerance * length:
                    rows.append((kind, (str(one),), area, length, piece))
    return CoverageFindings(
        findings=_frame(rows, geometry.crs), areas=len(geometry), sliver_width=tolerance, tolerance=tolerance
    )


_Row = tuple[str, tuple[str, ...], float, float, shapely.Geometry]


@dataclass(frozen=True, slots=True, eq=False)
class _Edges:
    """Directed edges of all outlines, the inside always on the left: vertices by number, the area of each edge."""

    place: NDArray[np.float64]  # (n_vertices, 2)
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    area: NDArray[np.int64]

    @classmethod
    def of(cls, shapes: NDArray[np.object_]) -> _Edges:
        parts, area_of_part = shapely.get_parts(shapely.orient_polygons(shapes), return_index=True)
        rings, part_of_ring = shapely.get_rings(parts, return_index=True)
        points, ring = shapely.get_coordinates(rings, return_index=True)
        number, place = _numbered(points)
        same = ring[1:] == ring[:-1]
        start, end = number[:-1][same], number[1:][same]
        area = area_of_part[part_of_ring[ring[:-1][same]]]
        moves = start != end
        return cls(place, start[moves], end[moves], area[moves])

    def _codes(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return one number per undirected edge, and the direction of each."""
        low, high = np.minimum(self.start, self.end), np.maximum(self.start, self.end)
        return low * len(self.place) + high, np.where(self.start < self.end, 1, -1)

    def unmatched(self) -> NDArray[np.object_]:
        """Return the edges that do not cancel out, each once, as lines."""
        code, way = self._codes()
        order = np.argsort(code, kind="stable")
        first = np.flatnonzero(np.diff(code[order], prepend=-1))
        left = np.add.reduceat(way[order], first) if len(first) else np.empty(0, dtype=np.int64)
        # Four times the same ground, two of them turned, would cancel too; areas are oriented, so it cannot be.
        kept = order[first[left != 0]]
        pairs = np.stack([self.place[self.start[kept]], self.place[self.end[kept]]], axis=1)
        return np.asarray(shapely.linestrings(pairs))

    def matched(self) -> NDArray[np.object_]:
        """Return the edges that two areas share, each once, as lines."""
        code, _ = self._codes()
        order = np.argsort(code, kind="stable")
        kept = order[1:][code[order[1:]] == code[order[:-1]]]
        pairs = np.stack([self.place[self.start[kept]], self.place[self.end[kept]]], axis=1)
        return np.asarray(shapely.linestrings(pairs))

    def with_neighbour(self, count: int) -> NDArray[np.bool_]:
        """Say which areas share an edge with another one."""
        code, _ = self._codes()
        order = np.argsort(code, kind="stable")
        same = code[order[1:]] == code[order[:-1]]
        one, other = self.area[order[1:][same]], self.area[order[:-1][same]]
        differ = one != other
        found = np.zeros(count, dtype=bool)
        found[one[differ]] = True
        found[other[differ]] = True
        return found


def _numbered(points: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return a number for each point, the same for the same place, and the places by number."""
    # Adding 0 makes -0.0 and 0.0 one number.
    key = np.ascontiguousarray(points + 0.0).view(np.complex128).ravel()
    place, number = np.unique(key, return_inverse=True)
    return number.astype(np.int64), place.view(np.float64).reshape(-1, 2)


def _faces(
    lines: NDArray[np.object_],
    shapes: NDArray[np.object_],
    names: NDArray[np.object_],
    sliver_width: float,
    tolerance: float,
) -> list[_Row]:
    """Divide what does not cancel out into faces, and say which lie in no area or in several."""
    noded = shapely.get_parts(shapely.union_all(lines))
    whole, cuts, dangles, _ = shapely.polygonize_full(noded)
    faces = shapely.get_parts(whole)
    tree = shapely.STRtree(shapes)
    rows: list[_Row] = []
    width = 2 * shapely.area(faces) / np.maximum(shapely.length(faces), 1e-300)
    point = _inner_points(faces, width)
    face, area = tree.query(point, predicate="within")
    covered = np.bincount(face, minlength=len(faces))
    wrong = np.flatnonzero(covered != 1)
    if len(wrong):
        inside: dict[int, list[int]] = {}
        for one, other in zip(face.tolist(), area.tolist(), strict=True):
            inside.setdefault(one, []).append(other)
        near, around = tree.query(faces[wrong], predicate="intersects")
        beside: dict[int, list[int]] = {}
        for one, other in zip(near.tolist(), around.tolist(), strict=True):
            beside.setdefault(int(wrong[one]), []).append(other)
    for one in wrong.tolist():
        is_gap = covered[one] == 0
        who = sorted(str(names[at]) for at in (beside if is_gap else inside).get(one, []))
        thin = "sliver_" if width[one] <= sliver_width else ""
        kind = "edge" if width[one] <= tolerance else f"{thin}{'gap' if is_gap else 'overlap'}"
        size, length = float(shapely.area(faces[one])), float(shapely.length(faces[one]))
        rows.append((kind, tuple(who), size, length, faces[one]))
    # Between two faces of one area each, or ending somewhere: a border that fits but for its vertices.
    edges = np.concatenate(
        [
            shapely.get_parts(np.array([cuts, dangles], dtype=object)),
            _Edges.of(faces[covered == 1]).matched(),
        ]
    )
    if len(edges):
        merged = shapely.get_parts(shapely.line_merge(shapely.union_all(edges)))
        near, around = tree.query(merged, predicate="intersects")
        for one, line in enumerate(merged):
            who = sorted(str(names[at]) for at in around[near == one].tolist())
            rows.append(("edge", tuple(who), 0.0, float(shapely.length(line)), line))
    return rows


def _inner_points(faces: NDArray[np.object_], width: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return a point in each face that lies on no border within it: close to its longest edge, between two vertices.

    A border that fits has cancelled out; it ends at vertices of the faces, but may run through the middle of one.
    """
    if not len(faces):
        return faces
    points, face = shapely.get_coordinates(
        shapely.get_exterior_ring(shapely.orient_polygons(faces)), return_index=True
    )
    step = np.diff(points, axis=0)
    length = np.where(np.diff(face) == 0, np.hypot(step[:, 0], step[:, 1]), -1.0)
    order = np.lexsort((-length, face[:-1]))
    longest = order[np.searchsorted(face[:-1][order], np.arange(len(faces)))]
    along = step[longest] / np.maximum(length[longest], 1e-300)[:, None]
    inward = np.stack([-along[:, 1], along[:, 0]], axis=1) * (_NEAR * width)[:, None]
    near = shapely.points(points[longest] + _BETWEEN * step[longest] + inward)
    held = shapely.contains_properly(faces, near)
    return np.asarray(np.where(held, near, shapely.point_on_surface(faces)))


def _doubles(shapes: NDArray[np.object_], names: NDArray[np.object_]) -> list[_Row]:
    """Return areas with the same shape as another one."""
    written = pd.Series(shapely.to_wkb(shapely.normalize(shapes)))
    twice = written.duplicated(keep=False)
    rows: list[_Row] = []
    for _, places in written[twice].groupby(written[twice], sort=False):
        at = places.index.to_numpy()
        shape = shapes[at[0]]
        who = tuple(sorted(str(names[one]) for one in at))
        rows.append(("duplicate", who, float(shapely.area(shape)), float(shapely.length(shape)), shape))
    return rows


def _islands(edges: _Edges, shapes: NDArray[np.object_], names: NDArray[np.object_]) -> list[_Row]:
    """Return areas that touch no other one, where there are several."""
    if len(shapes) < 2:
        return []
    lone = np.flatnonzero(~edges.with_neighbour(len(shapes)))
    near, other = shapely.STRtree(shapes).query(shapes[lone], predicate="intersects")
    touched = np.unique(near[lone[near] != other])
    alone = np.setdiff1d(np.arange(len(lone)), touched)
    return [
        (
            "island",
            (str(names[at]),),
            float(shapely.area(shapes[at])),
            float(shapely.length(shapes[at])),
            shapes[at],
        )
        for at in lone[alone].tolist()
    ]


def _multiparts(shapes: NDArray[np.object_], names: NDArray[np.object_]) -> list[_Row]:
    """Return areas of several parts, each with all but its largest part as the place."""
    rows: list[_Row] = []
    for at in np.flatnonzero(shapely.get_num_geometries(shapes) > 1).tolist():
        parts = shapely.get_parts(shapes[at])
        rest = np.delete(parts, shapely.area(parts).argmax())
        place = shapely.multipolygons(rest)
        rows.append(
            ("multipart", (str(names[at]),), float(shapely.area(place)), float(shapely.length(place)), place)
        )
    return rows


def _frame(rows: list[_Row], crs: object) -> gpd.GeoDataFrame:
    rank = {kind: place for place, kind in enumerate(FINDINGS)}
    ordered = sorted(rows, key=lambda row: (rank[row[0]], -row[2], -row[3], row[1]))
    table = pd.DataFrame([row[:4] for row in ordered], columns=list(_COLUMNS[:4]))
    return gpd.GeoDataFrame(table, geometry=[row[4] for row in ordered], crs=crs)
