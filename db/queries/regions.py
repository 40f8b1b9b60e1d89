"""Store proposed priority areas and read them again; sums that a newer load withholds are empty then."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Connection, insert, text

from db import models
from db.queries.copying import copy_in
from db.queries.withheld_areas import run_is_withheld

__all__ = ["read_cores", "read_zones", "store"]


def store(
    connection: Connection,
    *,
    run_id: int,
    vintage_id: int,
    summary: pd.DataFrame,
    outlines: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    zone_distance: float,
    membership: pd.DataFrame,
    kind: str = "blue",
) -> None:
    """Write the regions of one run (`summary`, `outlines` and `zones` by region id) and who belongs to them.

    `membership`: one row per region and area, with region_id, area_id, membership and is_core.
    """
    srid = outlines.crs.to_epsg() if len(outlines) else 0
    rows = [
        {
            "run_id": run_id,
            "region_id": str(region_id),
            "kind": kind,
            "areas": int(row["areas"]),
            "residents": float(row["residents"]),
            "mean_need": float(row["mean_need"]),
            "border_length": float(row["border_length"]),
            "geometry": _ewkt(outlines.geometry.loc[region_id], srid),
            "zone": _ewkt(zones.geometry.loc[region_id], srid),
            "zone_distance": zone_distance,
        }
        for region_id, row in summary.iterrows()
    ]
    if rows:
        connection.execute(insert(models.Region), rows)
    columns = ["run_id", "region_id", "vintage_id", "area_id", "is_core", "membership"]
    copy_in(connection, "membership", membership.assign(run_id=run_id, vintage_id=vintage_id), columns)


def _ewkt(geometry: shapely.Geometry, srid: int) -> str:
    whole = shapely.MultiPolygon([part for part in shapely.get_parts(geometry) if not part.is_empty])
    return f"SRID={srid};{shapely.to_wkt(whole, rounding_precision=-1)}"


def _read(connection: Connection, run_id: int, column: str) -> gpd.GeoDataFrame:
    rows = (
        connection.execute(
            text(
                "SELECT region_id, areas, CASE WHEN NOT s.is_withheld THEN residents END AS residents,"
                " CASE WHEN NOT s.is_withheld THEN mean_need END AS mean_need, border_length, zone_distance,"
                f" ST_AsBinary({column}) AS wkb, ST_SRID({column}) AS srid"
                f" FROM region CROSS JOIN (SELECT {run_is_withheld(':run')} AS is_withheld) AS s"
                " WHERE run_id = :run ORDER BY 3 DESC NULLS LAST, region_id"
            ),
            {"run": run_id},
        )
        .mappings()
        .all()
    )
    frame = pd.DataFrame(
        rows, columns=["region_id", "areas", "residents", "mean_need", "border_length", "zone_distance"]
    )
    return gpd.GeoDataFrame(
        frame.set_index("region_id"),
        geometry=shapely.from_wkb([bytes(row["wkb"]) for row in rows]),
        crs=f"EPSG:{rows[0]['srid']}" if rows else None,
    )


def read_cores(connection: Connection, run_id: int) -> gpd.GeoDataFrame:
    """Return the cores of a run's regions, the largest first, in their metric CRS."""
    return _read(connection, run_id, "geometry")


def read_zones(connection: Connection, run_id: int) -> gpd.GeoDataFrame:
    """Return the buffer zones of a run's regions, the largest region first, in their metric CRS."""
    return _read(connection, run_id, "zone")
