"""Store proposed priority areas and read them again."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Connection, insert, text

from db import models
from db.queries.copying import copy_in

__all__ = ["read_cores", "read_membership", "read_zones", "store"]


def store(
    connection: Connection,
    *,
    run_id: int,
    vintage_id: int,
    summary: pd.DataFrame,
    outlines: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    zone_distance: float,
    region: pd.Series,
    membership: pd.Series,
    kind: str = "blue",
) -> None:
    """Write the regions of one run (`summary`, `outlines` and `zones` by region id) and every area's membership."""
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
    frame = pd.DataFrame(
        {
            "vintage_id": vintage_id,
            "area_id": region.index,
            "region_id": region.to_numpy(),
            "membership": membership.to_numpy(),
        }
    ).assign(run_id=run_id)
    copy_in(connection, "membership", frame, ["run_id", "vintage_id", "area_id", "region_id", "membership"])


def _ewkt(geometry: shapely.Geometry, srid: int) -> str:
    parts = geometry.geoms if geometry.geom_type == "MultiPolygon" else [geometry]
    whole = shapely.multipolygons([part for part in parts if not part.is_empty])
    return f"SRID={srid};{shapely.to_wkt(whole, rounding_precision=-1)}"


def _read(connection: Connection, run_id: int, column: str) -> gpd.GeoDataFrame:
    rows = (
        connection.execute(
            text(
                "SELECT region_id, areas, residents, mean_need, border_length, zone_distance,"
                f" ST_AsBinary({column}) AS wkb, ST_SRID({column}) AS srid FROM region WHERE run_id = :run"
                " ORDER BY residents DESC, region_id"
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


def read_membership(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return region_id and membership per area, indexed by area_id."""
    rows = (
        connection.execute(
            text(
                "SELECT area_id, region_id, membership FROM membership WHERE run_id = :run ORDER BY area_id"
            ),
            {"run": run_id},
        )
        .mappings()
        .all()
    )
    return pd.DataFrame(rows, columns=["area_id", "region_id", "membership"]).set_index("area_id")
