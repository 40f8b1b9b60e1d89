"""Where does what was counted on one map go on another? Spread evenly over the ground."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatial.crosswalk.overlaps import map_of, require_same_crs
from spatial.crosswalk.result import Crosswalk
from spatial.crosswalk.shares import Outside, require_tolerance, row_shares, surface_shares
from spatial.parameters import require_choice

__all__ = ["by_area"]


def by_area(
    source: gpd.GeoSeries | gpd.GeoDataFrame,
    target: gpd.GeoSeries | gpd.GeoDataFrame,
    *,
    tolerance: float = 0.005,
    outside: Outside = "kept_out",
) -> Crosswalk:
    """Divide source areas by the surface they have in common with target areas.

    Parameters
    ----------
    source, target : GeoSeries or GeoDataFrame of (Multi)Polygon, indexed by area_id
        Two editions, or two levels, of areas that do not overlap each other; same projected CRS in metres.
    tolerance : float
        Share up to which a piece (of the smaller of its two areas), an overlap within one map or a strip outside the
        other is a matter of drawing. Such pieces are dropped and counted, and the others take their share.
        [share, 0–0.5)
    outside : {"kept_out", "shared_out"}
        Whether the part of a source outside all targets stays out and is reported, or is given to its targets.

    Returns
    -------
    Crosswalk
        `size` is the surface [m²]. A source outside all targets has no pair under either rule.

    Raises
    ------
    CrsError
        If a CRS is not in metres, or the two differ.
    AlignmentError
        If an area id is missing or doubled.
    GeometryError
        If there is no area, or one is missing, empty, invalid or not a polygon.
    CrosswalkError
        If areas of one map overlap each other by more than the tolerance.
    ParameterError
        If an option is out of its range.

    Notes
    -----
    With aᵢⱼ the common surface of source i and target j, the share is sᵢⱼ = aᵢⱼ / Σₖ aᵢₖ · (1 − outsideᵢ), summed over
    the pieces that were kept [1]_. Residents do not live evenly; use `by_population` where blocks are known. An
    overlap inside one target that a gap of the same size in the same target hides is not found: check the coverage
    first.

    References
    ----------
    .. [1] M. F. Goodchild and N. S.-N. Lam (1980), Areal interpolation: a variant of the traditional spatial
       problem. Geo-Processing 1, 297–312.

    Examples
    --------
    >>> old = gpd.GeoSeries([shapely.box(0, 0, 100, 100)], index=["1"], crs=25833)
    >>> new = gpd.GeoSeries([shapely.box(0, 0, 25, 100), shapely.box(25, 0, 100, 100)], index=["1a", "1b"], crs=25833)
    >>> crosswalk = by_area(old, new)
    >>> crosswalk
    Crosswalk(1 → 2 areas by area: 1 divided; 2 pairs, 0 targets without source)
    >>> crosswalk.to_frame()[["to_area", "share", "amount"]].to_numpy().tolist()
    [['1a', 0.25, 2500.0], ['1b', 0.75, 7500.0]]
    """
    tolerance = require_tolerance(tolerance)
    require_choice("outside", outside, Outside)
    areas, goals = map_of(source, "source"), map_of(target, "target")
    require_same_crs(source=areas, target=goals)
    found = surface_shares(areas, goals, tolerance=tolerance)
    left, share = found.outside, found.share
    if outside == "shared_out":
        left = np.where(left < 1, 0.0, left)
        share = row_shares(found.first, share, 1.0 - left)
    return Crosswalk(
        source=areas.index,
        target=goals.index,
        origin=found.first,
        goal=found.second,
        share=share,
        size=pd.Series(shapely.area(areas.to_numpy()), index=areas.index, name="size"),
        outside=pd.Series(left, index=areas.index, name="outside"),
        slivers=pd.Series(found.slivers, index=areas.index, name="slivers"),
        basis=pd.Series("area", index=areas.index, dtype=object, name="basis"),
        without_source=pd.Series(found.uncovered, index=goals.index, name="without_source"),
        method="area",
        parameters={"tolerance": tolerance, "outside": outside, "sliver_pairs": found.sliver_pairs},
    )
