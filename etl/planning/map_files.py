"""Maps of priority areas from and to files: what the city has drawn comes in, proposals and maps go out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection

from db.queries import areas, priority_maps, proposals, regions, values
from etl.cities import CityProfile
from etl.errors import EtlError
from etl.planning.area_files import area_column, digest, read_map
from etl.planning.file_layers import passport_table
from maps.raster import membership_raster, to_geotiff
from spatial.regions import on_these_areas

__all__ = ["draft_of_run", "import_map", "map_layers", "run_layers", "surface"]


def draft_of_run(
    connection: Connection, city: str, run: Mapping[str, Any], *, title: str, by: str, note: str
) -> int:
    """Make a draft of what a run proposed; return its number."""
    cores = regions.read_cores(connection, run["id"])
    table = proposals.read_areas(connection, run["id"])
    parameters = run["parameters"]
    passport = {
        "origin": "run",
        **{name: run[name] for name in ("id", "kind", "inputs_hash", "code_version", "requested_by")},
        "finished_at": run["finished_at"].isoformat(),
        "parameters": parameters,
        "objective": run["summary"]["objective"],
        "lower_bound": run["summary"]["lower_bound"],
        "period": run["summary"]["period"],
    }
    return priority_maps.create(
        connection,
        city_id=city,
        title=title,
        geography_id=parameters["geography"],
        edition=parameters["edition"],
        regions=cores.assign(kind=parameters["kind"]),
        areas=table["region_id"],
        passport=passport,
        by=by,
        note=note,
    )


def import_map(
    connection: Connection,
    profile: CityProfile,
    path: Path,
    *,
    layer: str | None,
    region_column: str,
    kind: str,
    title: str,
    by: str,
    note: str,
) -> tuple[int, pd.DataFrame]:
    """Make a draft of outlines that were drawn elsewhere; return its number, and how well they fit the areas.

    The outlines are kept as they were drawn; which areas lie in them is found by surface.

    Raises
    ------
    EtlError, SpatialError
        If the file cannot be read, an outline has no id, or none lies in the city.
    """
    city = profile.source.city_id
    drawn = read_map(path, layer=layer)
    ids = area_column(drawn, region_column, path)
    if ids.isna().any():
        raise EtlError(f"{path}: {int(ids.isna().sum())} outline(s) without {region_column}; name every one")
    level = areas.finest_geography(connection, city)
    frame = areas.read_areas(connection, level["vintage_id"])
    outlines = drawn.set_index(pd.Index(ids.astype(str), name="region_id")).to_crs(frame.crs)
    merged = outlines[[outlines.geometry.name]].dissolve(by="region_id")
    rows = values.read_values(connection, vintage_id=level["vintage_id"], indicator_ids=[profile.residents])
    newest = rows[rows["period"] == rows["period"].max()] if len(rows) else rows
    people = newest.set_index("area_id")["value"].reindex(frame.index).astype(float).fillna(0.0)
    converted = on_these_areas(merged, frame.geometry, people)
    inside = converted.region.dropna()
    kept = merged.assign(
        kind=kind,
        areas=inside.value_counts().reindex(merged.index).fillna(0).astype(int),
        residents=people.groupby(converted.region.reindex(people.index)).sum().reindex(merged.index),
        mean_need=None,
    )
    number = priority_maps.create(
        connection,
        city_id=city,
        title=title,
        geography_id=level["id"],
        edition=level["edition"],
        regions=gpd.GeoDataFrame(kept, geometry=merged.geometry.name, crs=merged.crs),
        areas=converted.region,
        passport={"origin": "file", "file": path.name, "sha256": digest(path)},
        by=by,
        note=note,
    )
    return number, converted.summary()


def run_layers(connection: Connection, run: Mapping[str, Any]) -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
    """Return everything a run found as the layers of a map file."""
    table = proposals.read_areas(connection, run["id"])
    level = _vintage(connection, run)
    frame = areas.read_areas(connection, level["vintage_id"])
    shapes = frame.geometry.reindex(table.index)
    area_layer = gpd.GeoDataFrame(_text(table).reset_index(), geometry=shapes.to_numpy(), crs=frame.crs)
    cases = area_layer[area_layer["case_reason"].notna()].reset_index(drop=True)
    found: dict[str, gpd.GeoDataFrame | pd.DataFrame] = {
        "areas": area_layer,
        "regions": regions.read_cores(connection, run["id"]).reset_index(),
        "single_cases": cases,
    }
    for layer in ("classes", "bands", "links", "changes"):
        shapes_of = proposals.read_features(connection, run["id"], layer)
        if len(shapes_of):
            found[layer] = shapes_of.reset_index()
    return found | {"passport": passport_table(_passport(run))}


def _vintage(connection: Connection, run: Mapping[str, Any]) -> dict[str, Any]:
    wanted = run["parameters"]["geography"], run["parameters"]["edition"]
    for level in areas.geographies(connection, run["city_id"]):
        if (level["id"], level["edition"]) == wanted:
            return level
    raise EtlError(
        f"run {run['id']} was made on {wanted[0]} {wanted[1]!r}, which newer boundaries have replaced;"
        f" compute anew: sozialraum compute {run['city_id']}"
    )


def _text(table: pd.DataFrame) -> pd.DataFrame:
    """Return codes as plain text with empty cells, as map files want them."""
    codes = ["region_id", "existing", "change", "case_reason"]
    plain = {name: table[name].astype(object).where(table[name].notna(), None) for name in codes}
    return table.assign(**plain)


def _passport(run: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "run": run["id"],
        "kind": run["kind"],
        "inputs_hash": run["inputs_hash"],
        "code_version": run["code_version"],
        "parameters": run["parameters"],
        "summary": run["summary"],
    }


def surface(
    connection: Connection, run: Mapping[str, Any], *, cell_size: float, smoothing: float, source: str
) -> bytes:
    """Return the membership as a smooth surface: a cloud-optimised GeoTIFF."""
    table = proposals.read_areas(connection, run["id"])
    frame = areas.read_areas(connection, _vintage(connection, run)["vintage_id"])
    made = membership_raster(
        frame.geometry, table["membership"].reindex(frame.index), cell_size=cell_size, smoothing=smoothing
    )
    return to_geotiff(
        made,
        title=f"{run['city_id']}: membership in priority areas",
        period=str(run["summary"]["period"]),
        source=source,
        parameters=run["parameters"],
    )


def map_layers(connection: Connection, city: str, number: int) -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
    """Return a map under review or in force as the layers of a map file."""
    known = priority_maps.get(connection, city, number)
    members = priority_maps.read_areas(connection, number)
    state = {name: str(known[name]) for name in ("id", "title", "status", "decision_number", "decision_date")}
    state |= {"geometry_sha256": known["geometry_sha256"], "passport": known["passport"]}
    return {
        "regions": priority_maps.read_regions(connection, number).reset_index(),
        "members": members.reset_index(),
        "events": pd.DataFrame(priority_maps.events(connection, number)).astype(str),
        "passport": passport_table(state),
    }
