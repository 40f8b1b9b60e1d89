"""Where do the areas lie and how large are they? Asked by every measure that looks at the map."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from spatial.alignment import align, require_unique
from spatial.coverage import area_geometry, geometry_of, require_metres
from spatial.errors import AlignmentError, GeometryError, ParameterError
from spatial.parameters import LONGEST
from spatial.segregation.counts import Floats

__all__ = ["Places"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Places:
    """One point per area, and its size where it is known.

    `x`, `y` are coordinates [m], `size` is the area [m²], or None for points. All have the order of `area_id`.
    `crs` is the map that the coordinates are of, None where it is not known.
    """

    area_id: pd.Index
    x: Floats
    y: Floats
    size: Floats | None = None
    crs: object = None

    def __post_init__(self) -> None:
        """Refuse what is not one finite point per area."""
        if not isinstance(self.area_id, pd.Index):
            raise ParameterError("area_id", self.area_id, "an Index of the areas")
        require_unique(self.area_id, "geometry")
        for name, values in (("x", self.x), ("y", self.y), ("size", self.size)):
            if values is None:
                continue
            if not isinstance(values, np.ndarray) or values.dtype.kind not in "iuf":
                raise ParameterError(name, values, "an array of numbers, in the order of area_id")
            if values.shape != (len(self.area_id),):
                raise ParameterError(name, values.shape, f"one number for each of {len(self.area_id)} areas")
            if not np.isfinite(values).all():
                raise GeometryError(
                    f"{name} missing or infinite",
                    self.area_id[~np.isfinite(values)],
                    "give every area a place",
                )
            if name != "size" and len(values) and not np.abs(values).max() < LONGEST:
                raise GeometryError(
                    f"{name} further than {LONGEST:g} m from the origin",
                    self.area_id[~(np.abs(values) < LONGEST)],
                    "give coordinates in metres: no place on Earth lies there",
                )
        if self.size is not None and not (self.size > 0).all():
            raise GeometryError(
                "size not above 0 m²", self.area_id[~(self.size > 0)], "give every area its size"
            )

    def __repr__(self) -> str:
        return f"Places({len(self.area_id)} {'points' if self.size is None else 'areas'})"

    @classmethod
    def of(cls, geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places, area_id: pd.Index, what: str) -> Places:
        """Take the centroids and sizes of the areas, in the order of the counts.

        Parameters
        ----------
        geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
            Polygons or points, in a projected CRS with metres; the same areas in any order.
        area_id : Index of area_id
            The wanted order.
        what : str
            Who asks, for the message.

        Returns
        -------
        Places
            Centroids of polygons with their sizes, or the points themselves.

        Raises
        ------
        AlignmentError
            If the geometry has other areas than the counts.
        CrsError
            If the coordinates are not metres.
        GeometryError
            If a geometry is missing, empty, invalid, or neither polygon nor point.
        ParameterError
            If it is no geometry at all.

        Examples
        --------
        >>> squares = gpd.GeoSeries([shapely.box(0, 0, 2, 2)], index=["00"], crs=25833)
        >>> Places.of(squares, squares.index, "delta").x.tolist()
        [1.0]
        """
        if isinstance(geometry, Places):
            return geometry._ordered(area_id)
        shapes = geometry_of(geometry, "geometry")
        if not shapes.index.equals(area_id):
            shapes = gpd.GeoSeries(align(shapes, area_id, "geometry"), crs=shapes.crs)
        found = shapes.to_numpy()
        is_point = (shapely.get_type_id(found) == shapely.GeometryType.POINT) & ~shapely.is_empty(found)
        if len(found) and is_point.all():
            require_metres(shapes.crs, what)
            return cls(area_id=area_id, x=shapely.get_x(found), y=shapely.get_y(found), crs=shapes.crs)
        polygons = area_geometry(shapes, what).to_numpy()
        centres = shapely.centroid(polygons)
        return cls(
            area_id=area_id,
            x=shapely.get_x(centres),
            y=shapely.get_y(centres),
            size=shapely.area(polygons),
            crs=shapes.crs,
        )

    def sizes(self, what: str) -> Floats:
        """Return the size of each area [m²].

        Raises
        ------
        GeometryError
            If the places are points.
        """
        if self.size is None:
            raise GeometryError(
                f"{what} needs the size of the areas, got points",
                self.area_id,
                "pass polygons, or Places with size",
            )
        return self.size

    def require_same_crs(self, name: str, crs: object) -> None:
        """Refuse points or lines of another map, as far as both maps are known.

        Raises
        ------
        ParameterError
            With the option `name`.
        """
        if self.crs is not None and crs is not None and self.crs != crs:
            there, here = (getattr(one, "name", one) for one in (crs, self.crs))
            raise ParameterError(name, f"in {there}", f"coordinates in the CRS of the areas, {here}")

    def by_id(self) -> NDArray[np.int64]:
        """Return the positions of the areas in the order of their ids; ids of several types are compared as text."""
        try:
            order = self.area_id.argsort()
        except TypeError:
            order = self.area_id.astype(str).argsort()
        return np.asarray(order, dtype=np.int64)

    def part(self, known: pd.Series) -> Places:
        """Return the places of the areas that are marked, given a mark [bool] for every area."""
        keep = align(known, self.area_id, "the choice of areas").to_numpy(dtype=bool)
        size = None if self.size is None else self.size[keep]
        return replace(self, area_id=self.area_id[keep], x=self.x[keep], y=self.y[keep], size=size)

    def _ordered(self, area_id: pd.Index) -> Places:
        if self.area_id.equals(area_id):
            return self
        order = self.area_id.get_indexer(area_id)
        if (order < 0).any() or len(area_id) != len(self.area_id):
            odd = self.area_id.symmetric_difference(area_id)
            raise AlignmentError("geometry and counts have other areas", odd)
        size = None if self.size is None else self.size[order]
        return replace(self, area_id=area_id, x=self.x[order], y=self.y[order], size=size)
