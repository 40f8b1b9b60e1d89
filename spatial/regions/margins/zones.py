"""Where does a priority area end? Its outline, a soft margin around it, and how far areas lie in that."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from spatial.alignment import align, require_unique
from spatial.coverage import area_geometry
from spatial.dissolve import united
from spatial.errors import CrsError, ParameterError
from spatial.parameters import require_numbers
from spatial.regions.margins.soft_areas import SoftAreas

__all__ = [
    "OpenGround",
    "around",
    "buffer_zones",
    "class_polygons",
    "memberships",
    "outlines",
    "polygons_of",
    "zone_membership",
]

_HECTARE = 10_000.0


def outlines(areas: gpd.GeoSeries | gpd.GeoDataFrame, region: pd.Series) -> gpd.GeoDataFrame:
    """Dissolve the areas of each region into one shape.

    Parameters
    ----------
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        In a projected CRS.
    region : Series, indexed by area_id
        Region id of each area, missing where it is in none.

    Returns
    -------
    GeoDataFrame of MultiPolygon, shape (n_regions,), indexed by region_id
        Holes stay holes. Where the areas fit vertex by vertex the outline is made of their own segments;
        otherwise vertices within a millimetre are joined and cracks with a mean width up to half a metre are
        closed.

    Raises
    ------
    CrsError, AlignmentError, GeometryError
        See `spatial.coverage.area_geometry`; also when the region is not given for the same areas.

    Examples
    --------
    >>> ids = ["00", "01"]
    >>> areas = gpd.GeoSeries([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], index=ids, crs=25833)
    >>> outlines(areas, pd.Series(["1", "1"], index=ids)).area.tolist()
    [2.0]
    """
    geometry = area_geometry(areas, "the outline of a region")
    label = align(region, geometry.index, "region")
    shapes = geometry.to_numpy()
    ids = _region_ids(label)
    return _frame([united(shapes[_members(label, one)]) for one in ids], ids, geometry)


def buffer_zones(
    areas: gpd.GeoSeries | gpd.GeoDataFrame, region: pd.Series, *, distance: float
) -> gpd.GeoDataFrame:
    """Draw a zone of some metres around each region: a soft margin in place of a hard border.

    Parameters
    ----------
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        All areas of the city, in a projected CRS.
    region : Series, indexed by area_id
        Region id of each area, missing where it is in none.
    distance : float
        Width of the zone, straight line from the outline. [m]

    Returns
    -------
    GeoDataFrame of MultiPolygon, shape (n_regions,), indexed by region_id
        With the column `distance`. A zone ends at the edge of the city and leaves out the core of every
        region. The zones of two regions may overlap: the common part is the link between neighbours. A zone
        is empty when nothing of the city is left for it or the distance is 0.

    Raises
    ------
    ParameterError
        If the distance is negative or not finite.
    CrsError, AlignmentError, GeometryError
        As in `outlines`.

    Examples
    --------
    >>> ids = ["00", "01"]
    >>> areas = gpd.GeoSeries([shapely.box(0, 0, 9, 9), shapely.box(9, 0, 18, 9)], index=ids, crs=25833)
    >>> buffer_zones(areas, pd.Series(["1", None], index=ids), distance=2.0).area.tolist()
    [18.0]
    """
    if not (math.isfinite(distance) and distance >= 0):
        raise ParameterError("distance", distance, "a finite number of metres, at least 0")
    cores = outlines(areas, region)
    ground = OpenGround.of(areas.geometry, region)
    zones = []
    for core in cores.geometry:
        band = around(core, distance) if distance > 0 else shapely.Polygon()
        zones.append(shapely.intersection(band, ground.near(core, distance)))
    frame = _frame(zones, list(cores.index), cores.geometry)
    frame["distance"] = float(distance)
    return frame


def class_polygons(
    areas: gpd.GeoSeries | gpd.GeoDataFrame, soft: SoftAreas, *, bands: Sequence[float] = (0.75, 0.5, 0.25)
) -> gpd.GeoDataFrame:
    """Dissolve the areas of each class of a graded delineation: core, bands of the margin, rest.

    Parameters
    ----------
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        All areas of the city, in a projected CRS.
    soft : SoftAreas
        Membership of the same areas.
    bands : sequence of float
        Memberships at which the margin is cut; those outside the margin cut nothing. [0–1]

    Returns
    -------
    GeoDataFrame of MultiPolygon
        One row per class from the inside to the outside, with `zone_class`, the membership `from_membership` up to
        `to_membership` (core and rest include both their ends, a band of the margin its lower one; the lowest
        begins above `rest_up_to`), the number of `areas`, and `hectares`. A class without areas has an empty
        shape. Every area lies in exactly one class: together they cover the city, without gaps or overlaps where
        the areas fit vertex by vertex, to the millimetre where they do not; see `outlines`.

    Raises
    ------
    ParameterError
        If a band is no number between 0 and 1.
    CrsError, AlignmentError, GeometryError
        As in `outlines`.

    Examples
    --------
    >>> from spatial import shared_borders
    >>> from spatial.regions.margins.membership import soft_membership
    >>> ids = ["a", "b", "c"]
    >>> areas = gpd.GeoSeries([shapely.box(x, 0, x + 100, 100) for x in (0, 100, 200)], index=ids, crs=25833)
    >>> soft = soft_membership(
    ...     pd.Series([1.75, 1.25, 0.75], ids), pd.Series([100, 100, 100], ids), shared_borders(areas),
    ...     lower_threshold=1.0, upper_threshold=1.5, border_price=0.0)
    >>> class_polygons(areas, soft, bands=[0.5])[["zone_class", "from_membership", "hectares"]].to_numpy().tolist()
    [['core', 0.9, 1.0], ['margin', 0.5, 1.0], ['margin', 0.1, 0.0], ['rest', 0.0, 1.0]]
    """
    geometry = area_geometry(areas, "the outline of a class")
    cuts = require_numbers(
        "bands", bands, "memberships between 0 and 1", lambda found: (found >= 0) & (found <= 1)
    )
    membership = align(soft.membership, geometry.index, "membership").to_numpy(dtype=float)
    label = align(soft.zone_class, geometry.index, "class").to_numpy(dtype=object)
    low, high = soft.rest_up_to, soft.core_from
    edges = [low, *np.unique(cuts[(cuts > low) & (cuts < high)]).tolist(), high]
    band = np.searchsorted(edges[1:], membership, side="right")
    rows = [("core", high, 1.0, label == "core")]
    for place in reversed(range(len(edges) - 1)):
        rows.append(("margin", edges[place], edges[place + 1], (label == "margin") & (band == place)))
    rows.append(("rest", 0.0, low, label == "rest"))
    shapes = geometry.to_numpy()
    merged = [polygons_of(united(shapes[inside])) for *_, inside in rows]
    return gpd.GeoDataFrame(
        {
            "zone_class": [one for one, *_ in rows],
            "from_membership": [start for _, start, *_ in rows],
            "to_membership": [end for *_, end, _ in rows],
            "areas": [int(inside.sum()) for *_, inside in rows],
            "hectares": shapely.area(merged) / _HECTARE,
        },
        geometry=gpd.GeoSeries(merged, crs=geometry.crs),
    )


def memberships(
    areas: gpd.GeoSeries | gpd.GeoDataFrame, region: pd.Series, zones: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Say which areas belong to which region or its zone, and how far.

    Parameters
    ----------
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        In a projected CRS.
    region : Series, indexed by area_id
        Region id of each area, missing where it is in none.
    zones : GeoDataFrame, indexed by region_id
        Zones around the regions, as from `buffer_zones`, in the same CRS.

    Returns
    -------
    DataFrame with the columns `region_id`, `area_id`, `is_core`, `membership`
        One row per region and area that belong together, by region and then in the order of the areas.
        `membership` is 1 in the core; in a zone, the share of the area's surface that lies in it [share, above 0
        to 1]. An area in the zones of several regions has several rows: it links them.

    Raises
    ------
    CrsError, AlignmentError, GeometryError
        As in `outlines`; also when the zones have another CRS or name a region twice.

    Notes
    -----
    A first definition by surface alone: it does not ask where in the area people live nor how much need there
    is.

    Examples
    --------
    >>> ids = ["00", "01"]
    >>> areas = gpd.GeoSeries([shapely.box(0, 0, 9, 9), shapely.box(9, 0, 17, 9)], index=ids, crs=25833)
    >>> region = pd.Series(["1", None], index=ids)
    >>> memberships(areas, region, buffer_zones(areas, region, distance=2.0))["membership"].tolist()
    [1.0, 0.25]
    """
    geometry = area_geometry(areas, "the membership in a zone")
    label = align(region, geometry.index, "region")
    require_unique(zones.index, "zones")
    if zones.crs != geometry.crs:
        raise CrsError("the membership in a zone", f"areas in {geometry.crs} and zones in {zones.crs}")
    shapes = geometry.to_numpy()
    in_core = label.notna().to_numpy(dtype=bool)
    tree = shapely.STRtree(shapes)
    parts = []
    for one, zone in zip(zones.index, zones.geometry, strict=True):
        core = np.flatnonzero(_members(label, one))
        shapely.prepare(zone)
        touched = np.sort(tree.query(zone, predicate="intersects"))
        touched = touched[~in_core[touched]]
        share = _share_inside(shapes[touched], zone)
        position = np.concatenate([core, touched[share > 0]])
        parts.append(
            pd.DataFrame(
                {
                    "region_id": one,
                    "area_id": geometry.index[position],
                    "is_core": np.arange(len(position)) < len(core),
                    "membership": np.concatenate([np.ones(len(core)), share[share > 0]]),
                }
            )
        )
    columns = ["region_id", "area_id", "is_core", "membership"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def zone_membership(
    areas: gpd.GeoSeries | gpd.GeoDataFrame, region: pd.Series, zones: gpd.GeoDataFrame
) -> pd.Series:
    """Say how far each area belongs to any region or zone: the largest of its memberships.

    Parameters
    ----------
    areas, region, zones
        As in `memberships`.

    Returns
    -------
    Series of float, indexed by area_id, named "membership"
        1 in a region, 0 outside all zones. [share, 0–1]

    Raises
    ------
    CrsError, AlignmentError, GeometryError
        As in `memberships`.

    Examples
    --------
    >>> ids = ["00", "01"]
    >>> areas = gpd.GeoSeries([shapely.box(0, 0, 9, 9), shapely.box(9, 0, 17, 9)], index=ids, crs=25833)
    >>> region = pd.Series(["1", None], index=ids)
    >>> zone_membership(areas, region, buffer_zones(areas, region, distance=2.0)).tolist()
    [1.0, 0.25]
    """
    table = memberships(areas, region, zones)
    largest = table.groupby("area_id")["membership"].max().astype(float)
    return largest.reindex(areas.index, fill_value=0.0).rename("membership").rename_axis(areas.index.name)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OpenGround:
    """The areas of a city that lie in no region, `shapes`: where a zone may be."""

    shapes: NDArray[np.object_]
    tree: shapely.STRtree

    def __repr__(self) -> str:
        return f"OpenGround({len(self.shapes)} areas)"

    @classmethod
    def of(cls, areas: gpd.GeoSeries, region: pd.Series) -> OpenGround:
        """Take the areas without a region id; the areas are checked already."""
        shapes = areas.to_numpy()[align(region, areas.index, "region").isna().to_numpy(dtype=bool)]
        return cls(shapes=shapes, tree=shapely.STRtree(shapes))

    def near(self, shape: shapely.Geometry, distance: float) -> shapely.Geometry:
        """Return the areas within a distance [m] of a shape as one."""
        return united(self.shapes[np.sort(self.tree.query(shape, predicate="dwithin", distance=distance))])


def around(core: shapely.Geometry, distance: float) -> shapely.Geometry:
    """Return what lies within a distance [m] of a core, wherever the drawing of its outline happens to begin."""
    return shapely.buffer(shapely.normalize(core), distance)


def polygons_of(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of a shape as one MultiPolygon: touching lines and points are left out."""
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def _share_inside(shapes: NDArray[np.object_], zone: shapely.Geometry) -> NDArray[np.float64]:
    """Return the share of each shape's surface that lies in the zone."""
    share = np.ones(len(shapes))
    part = ~shapely.covers(zone, shapes)
    inside = shapely.area(shapely.intersection(shapes[part], zone))
    share[part] = np.minimum(inside / shapely.area(shapes[part]), 1.0)
    return share


def _region_ids(label: pd.Series) -> list[object]:
    """Region ids in reading order: "2" before "10"."""
    return sorted(label.dropna().unique(), key=lambda one: (len(str(one)), str(one)))


def _members(label: pd.Series, one: object) -> NDArray[np.bool_]:
    return (label == one).fillna(False).to_numpy(dtype=bool)


def _frame(shapes: list[shapely.Geometry], ids: list[object], like: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Return one MultiPolygon per region."""
    index = pd.Index(ids, name="region_id", dtype=None if ids else "str")
    cleaned = [polygons_of(shape) for shape in shapes]
    return gpd.GeoDataFrame(geometry=gpd.GeoSeries(cleaned, index=index, crs=like.crs))
