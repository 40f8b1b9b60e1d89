"""Named steps of repair for areas, each with counts: nothing is repaired that the manifest does not ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import geopandas as gpd
import numpy as np
import shapely

from etl.datasets.manifest_parts import GeographyPart, Repair
from etl.datasets.placing import share_borders

__all__ = ["mended_areas"]

_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def mended_areas(frame: gpd.GeoDataFrame, level: GeographyPart, repairs: dict[str, int]) -> gpd.GeoDataFrame:
    """Return the areas after the steps that the level asks for; `repairs` is told what they changed."""
    for step in level.repair:
        before = frame.geometry.to_numpy()
        told: dict[str, int] = {}
        after = _STEPS[step](frame, told)
        shapes = after.geometry.to_numpy()
        changed = ~shapely.equals_exact(before, shapes, tolerance=0.0)
        moved = round(float(np.nansum(np.abs(shapely.area(shapes) - shapely.area(before)))))
        if changed.any():
            repairs[f"{level.id}: {step}: areas changed"] = int(changed.sum())
            repairs[f"{level.id}: {step}: m² gained or lost"] = moved
        repairs.update({f"{level.id}: {what}": count for what, count in told.items()})
        frame = after
    return frame


def _make_valid(frame: gpd.GeoDataFrame, _told: dict[str, int]) -> gpd.GeoDataFrame:
    shapes = frame.geometry.to_numpy().copy()
    there = ~shapely.is_missing(shapes)
    broken = there & ~shapely.is_valid(shapes)
    shapes[broken] = [_polygons(shape) for shape in shapely.make_valid(shapes[broken])]
    return _with(frame, shapes)


def _polygons(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of a repaired area; lines and points that fell off are no area."""
    parts = shapely.get_parts(shapely.get_parts([shape]))
    kept = parts[np.isin(shapely.get_type_id(parts), _POLYGONAL)]
    return shapely.union_all(kept) if len(kept) else shape


def _coverage_clean(frame: gpd.GeoDataFrame, _told: dict[str, int]) -> gpd.GeoDataFrame:
    shapes = frame.geometry.to_numpy()
    if not shapely.is_valid(shapes).all():
        return frame
    return _with(frame, np.asarray(shapely.coverage_clean(shapes)))


def _subtract_overlaps(frame: gpd.GeoDataFrame, _told: dict[str, int]) -> gpd.GeoDataFrame:
    """Leave what two areas share to the one with the smaller key, so that the result does not depend on the order."""
    shapes = frame.geometry.to_numpy().copy()
    if not shapely.is_valid(shapes).all():
        return frame
    rank = np.argsort(np.argsort(frame["area_id"].to_numpy(dtype=str), kind="stable"))
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    later = rank[first] > rank[second]
    for one, other in sorted(
        zip(first[later], second[later], strict=True), key=lambda pair: (rank[pair[0]], rank[pair[1]])
    ):
        if shapely.area(shapely.intersection(shapes[one], shapes[other])) > 0:
            shapes[one] = _polygons(shapely.difference(shapes[one], shapes[other]))
    return _with(frame, shapes)


def _with(frame: gpd.GeoDataFrame, shapes: np.ndarray) -> gpd.GeoDataFrame:
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


_STEPS: Mapping[Repair, Callable[[gpd.GeoDataFrame, dict[str, int]], gpd.GeoDataFrame]] = {
    "make_valid": _make_valid,
    "snap": lambda frame, told: share_borders(frame, repairs=told),
    "coverage_clean": _coverage_clean,
    "subtract_overlaps": _subtract_overlaps,
}
