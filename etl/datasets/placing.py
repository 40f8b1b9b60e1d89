"""Bring geometry into the city's metric CRS, whatever its file claims: by where the coordinates really lie.

Published files lie about their CRS: latitude before longitude, metric coordinates under a WGS 84 label. Every
correction is a named step with a count; what fits nowhere is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer

from etl.errors import DeliveryError, FetchError

__all__ = ["CityBox", "as_multipolygons", "in_degrees", "place_in_city", "share_borders"]

_GRIDS = (0.001, 0.01, 0.1)  # [m] finest first
_SLIVER = 0.1  # [m] a gap between neighbours that is narrower is no real gap


@dataclass(frozen=True, slots=True, kw_only=True)
class CityBox:
    """The longitudes and latitudes [degrees, WGS 84] between which all areas of a city lie."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, bounds: np.ndarray) -> bool:
        """Whether bounds (west, south, east, north) lie inside."""
        west, south, east, north = bounds
        return bool(self.west <= west <= east <= self.east and self.south <= south <= north <= self.north)


def place_in_city(
    frame: gpd.GeoDataFrame, *, box: CityBox, srid: int, place: str, repairs: dict[str, int]
) -> gpd.GeoDataFrame:
    """Return the frame in the city's metric CRS; `repairs` is told what had to be done to how many features.

    Tried in this order: the CRS the file claims; degrees with swapped axes; the city's own CRS; the CRS the file
    claims, and the city's own, with northing before easting.

    Raises
    ------
    FetchError
        If there is no coordinate to judge by.
    DeliveryError
        If the coordinates lie in the city under none of these readings.
    """
    bounds = frame.total_bounds
    if not np.isfinite(bounds).all():
        raise FetchError("no feature has coordinates", place, "fetch the file again and load again")
    metric = CRS.from_epsg(srid)
    claimed = CRS.from_user_input(frame.crs) if frame.crs is not None else None
    if claimed is not None and box.holds(in_degrees(bounds, claimed)):
        if claimed.to_epsg() == srid:
            return frame
        repairs[f"reprojected from {_label(claimed)} to EPSG:{srid}"] = len(frame)
        return frame.to_crs(metric)
    swapped = bounds[[1, 0, 3, 2]]
    if box.holds(swapped):
        repairs["axes swapped (latitude came before longitude)"] = len(frame)
        repairs[f"reprojected from EPSG:4326 to EPSG:{srid}"] = len(frame)
        return _turned(frame, CRS.from_epsg(4326)).to_crs(metric)
    if box.holds(in_degrees(bounds, metric)):
        repairs[f"coordinates are EPSG:{srid}, not {_label(claimed)} as the file claims"] = len(frame)
        return frame.set_crs(metric, allow_override=True)
    for crs in [claimed, metric] if claimed is not None and claimed.is_projected else [metric]:
        if box.holds(in_degrees(swapped, crs)):
            seen = f"{_label(crs)}, from {_shown(bounds)}"
            repairs[f"axes swapped (northing came before easting in {seen})"] = len(frame)
            return _turned(frame, crs).to_crs(metric)
    raise DeliveryError(
        place,
        [
            f"wrong CRS: the file claims {_label(claimed)}, but its coordinates ({_shown(bounds)}) "
            f"do not lie in the city (longitude {box.west:g} to {box.east:g}, latitude {box.south:g} to "
            f"{box.north:g}), nor with swapped axes, nor as EPSG:{srid}; "
            f"export the areas in EPSG:{srid} and load again"
        ],
    )


def as_multipolygons(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame with every Polygon as a MultiPolygon of one part; other types stay."""
    geometry = frame.geometry.to_numpy()
    single = shapely.get_type_id(geometry) == shapely.GeometryType.POLYGON
    if not single.any():
        return frame
    geometry = geometry.copy()
    geometry[single] = shapely.multipolygons(geometry[single], indices=np.arange(single.sum()))
    return frame.set_geometry(gpd.GeoSeries(geometry, index=frame.index, crs=frame.crs))


def share_borders(frame: gpd.GeoDataFrame, *, repairs: dict[str, int]) -> gpd.GeoDataFrame:
    """Return the frame with coordinates on the finest grid on which neighbours share their borders exactly.

    Borders that differ by a fraction of a millimetre leave slivers between areas and tiny holes in dissolved
    ones. Nothing changes when the borders fit already, or when a geometry is invalid (the checks say so).
    """
    geometry = frame.geometry.to_numpy()
    if not shapely.is_valid(geometry).all() or _fits(geometry):
        return frame
    for grid in _GRIDS:
        snapped = shapely.set_precision(geometry, grid)
        if _fits(snapped):
            repairs[f"coordinates rounded to {grid * 1000:g} mm, so that neighbours share their borders"] = (
                len(frame)
            )
            return frame.set_geometry(gpd.GeoSeries(snapped, index=frame.index, crs=frame.crs))
    return frame


def _fits(geometry: np.ndarray) -> bool:
    return bool(shapely.coverage_is_valid(geometry, gap_width=_SLIVER))


def _turned(frame: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """Return the frame with the first coordinate as the second one."""
    turned = shapely.transform(frame.geometry.to_numpy(), lambda coordinates: coordinates[:, ::-1])
    return frame.set_geometry(gpd.GeoSeries(turned, index=frame.index, crs=crs))


def in_degrees(bounds: np.ndarray, crs: CRS) -> np.ndarray:
    """Return bounds (west, south, east, north) in degrees, WGS 84."""
    transformer = Transformer.from_crs(crs, CRS.from_epsg(4326), always_xy=True)
    return np.asarray(transformer.transform_bounds(*bounds))


def _label(crs: CRS | None) -> str:
    if crs is None:
        return "no CRS"
    authority = crs.to_authority()
    return ":".join(authority) if authority else crs.name


def _shown(bounds: np.ndarray) -> str:
    return ", ".join(f"{number:.7g}" for number in bounds)
