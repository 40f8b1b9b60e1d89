"""Which areas lie in a map that was drawn on other areas? By surface, with what that assumption may get wrong."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatial.alignment import align
from spatial.coverage import area_geometry
from spatial.errors import CountsError, CrsError, ParameterError

__all__ = ["ConvertedMap", "on_these_areas"]

# Less of a region outside the city than this share of it is a matter of drawing. [share, 0-1]
_SLIVER = 0.001


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ConvertedMap:
    """A map in force, converted to the areas of today.

    `region` is the region of each area, missing where most of its surface lies in none; `share` the part of its
    surface that lies in any region [share, 0–1]. `quality` has one row per region and one for `all`: `hectares` as
    drawn and `converted_hectares` [ha]; `outside_hectares` beyond all areas [ha]; `residents` of the areas it got,
    and `ambiguous_residents`, those of them or of its neighbours that live, by surface, on the wrong side
    [persons]; `ambiguous_share` the same as a share of the residents [share].
    """

    region: pd.Series
    share: pd.Series
    population: pd.Series
    quality: pd.DataFrame

    def __repr__(self) -> str:
        whole = self.quality.loc["all"]
        return (
            f"ConvertedMap({len(self.quality) - 1} regions on {int(self.region.notna().sum())} of {len(self.region)} "
            f"areas, {whole['ambiguous_share']:.1%} of the residents ambiguous, {whole['outside_hectares']:.1f} ha "
            f"outside, {len(self.lost)} lost)"
        )

    @property
    def lost(self) -> list[str]:
        """Regions that got no area: too small for these areas, or outside the city."""
        regions = self.quality.drop(index="all")
        return [str(one) for one in regions.index[regions["converted_hectares"] == 0]]

    @property
    def outside(self) -> list[str]:
        """Regions that lie outside the city, wholly or by more than a thousandth of their surface."""
        regions = self.quality.drop(index="all")
        return [
            str(one) for one in regions.index[regions["outside_hectares"] > _SLIVER * regions["hectares"]]
        ]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: `region_id`, `share`, `population`, `is_ambiguous`: a tenth lies on the other side."""
        other = np.minimum(self.share, 1.0 - self.share)
        return pd.DataFrame(
            {
                "region_id": self.region,
                "share": self.share,
                "population": self.population,
                "is_ambiguous": other >= 0.1,
            }
        )

    def summary(self) -> pd.DataFrame:
        """Return one row per region and one for all."""
        return self.quality


def on_these_areas(
    existing: gpd.GeoSeries | gpd.GeoDataFrame,
    areas: gpd.GeoSeries | gpd.GeoDataFrame,
    population: pd.Series,
) -> ConvertedMap:
    """Convert a map in force that was drawn on another edition of areas, or by hand.

    Parameters
    ----------
    existing : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_regions,), indexed by region_id
        Regions as they were decided, in the CRS of the areas.
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        The areas of today, in a projected CRS.
    population : Series of int or float, shape (n_areas,), indexed by area_id
        Residents. [persons]

    Returns
    -------
    ConvertedMap
        An area lies in the region that has most of its surface, when at least half of it lies in regions; of equal
        ones in the first by reading order. Where it is cut, its residents are taken to live evenly over it.

    Raises
    ------
    CrsError, AlignmentError, GeometryError
        If regions or areas cannot be measured, or have different CRS.
    CountsError
        If the population is missing or negative.
    ParameterError
        If a region is called "all", or no region touches the city.

    Examples
    --------
    >>> areas = gpd.GeoSeries([shapely.box(x, 0, x + 100, 100) for x in (0, 100)], index=["a", "b"], crs=25833)
    >>> drawn = gpd.GeoSeries([shapely.box(0, 0, 120, 100)], index=["West"], crs=25833)
    >>> found = on_these_areas(drawn, areas, pd.Series([50, 50], index=["a", "b"]))
    >>> found.region.tolist(), found.quality["ambiguous_residents"].tolist()
    (['West', <NA>], [10.0, 10.0])
    """
    regions = area_geometry(existing, "the conversion of a map")
    geometry = area_geometry(areas, "the conversion of a map")
    if regions.crs != geometry.crs:
        raise CrsError("the conversion of a map", f"regions in {regions.crs} and areas in {geometry.crs}")
    people = align(population, geometry.index, "population")
    residents = people.to_numpy(dtype=float, na_value=np.nan)
    if not (residents >= 0).all():
        raise CountsError(
            "population missing or negative", geometry.index[~(residents >= 0)], "give 0 where nobody lives"
        )
    ids = sorted((str(one) for one in regions.index), key=lambda one: (len(one), one))
    if "all" in ids:
        raise ParameterError("region_id", "all", "another name: the row of the whole map is called so")
    drawn = regions.set_axis(regions.index.astype(str)).loc[ids].to_numpy()
    shapes = geometry.to_numpy()
    surface = shapely.area(shapes)
    at, of = shapely.STRtree(shapes).query(drawn, predicate="intersects")
    common = shapely.area(shapely.intersection(drawn[at], shapes[of]))
    if not common.sum() > 0:
        raise ParameterError("existing", ", ".join(ids[:5]), "regions of which at least one lies in the city")
    part = np.zeros((len(ids), len(shapes)))
    part[at, of] = np.minimum(common / surface[of], 1.0)
    share = np.minimum(part.sum(axis=0), 1.0)
    best = part.argmax(axis=0)
    inside = share >= 0.5
    code = np.where(inside, best, -1)
    region = pd.Series(pd.NA, index=geometry.index, dtype="string", name="region_id")
    region[inside] = np.array(ids, dtype=object)[best[inside]]
    rows = []
    for one in range(len(ids)):
        mine = code == one
        # Of what it got, that which lies in no region; of what it did not get, that which lies in it.
        wrong = float((residents * np.where(mine, 1.0 - share, np.where(inside, 0.0, part[one]))).sum())
        rows.append(
            _quality(drawn[one], float(common[at == one].sum()), surface[mine], residents[mine], wrong)
        )
    quality = pd.DataFrame(rows, index=pd.Index(ids, name="region_id"))
    quality.loc["all"] = quality.sum()
    quality["ambiguous_share"] = quality["ambiguous_residents"] / quality["residents"].where(
        quality["residents"] > 0
    )
    return ConvertedMap(
        region=region,
        share=pd.Series(share, index=geometry.index, name="share"),
        population=people.copy(),
        quality=quality,
    )


def _quality(
    shape: shapely.Geometry, common: float, surface: np.ndarray, residents: np.ndarray, wrong: float
) -> dict[str, float]:
    drawn = float(shapely.area(shape))
    return {
        "hectares": drawn / 1e4,
        "converted_hectares": float(surface.sum()) / 1e4,
        "outside_hectares": max(drawn - common, 0.0) / 1e4,
        "residents": float(residents.sum()),
        "ambiguous_residents": wrong,
    }
