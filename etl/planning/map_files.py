"""Maps of priority areas from and to files: what the city has drawn comes in, proposals and maps go out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection

from db.queries import areas, priority_maps, proposal_tables, proposals, regions, runs, values
from db.queries.withheld_areas import run_withheld, told_run
from etl.cities import CityProfile
from etl.errors import EtlError
from etl.planning.area_files import area_column, digest, id_text, read_map
from etl.planning.conversion_quality import conversion_quality
from etl.planning.file_layers import passport_table
from etl.version import code_version
from maps.raster import membership_raster, to_geotiff
from spatial.coverage_findings import coverage_findings
from spatial.errors import ParameterError
from spatial.regions import on_these_areas

__all__ = ["draft_of_run", "draft_of_runs", "import_map", "map_layers", "run_layers", "surface"]


def draft_of_run(
    connection: Connection, city: str, run: Mapping[str, Any], *, title: str, by: str, note: str
) -> int:
    """Make a draft of what a run proposed; return its number."""
    return draft_of_runs(connection, city, [run], title=title, by=by, note=note)


def draft_of_runs(
    connection: Connection, city: str, given: Sequence[Mapping[str, Any]], *, title: str, by: str, note: str
) -> int:
    """Make one draft of what runs of different types proposed; return its number.

    Ids of regions begin with the type where there are several runs: blue-1, red-1.

    Raises
    ------
    EtlError
        If the title is blank, two runs are of one type, or they were made on different areas.
    """
    _require_title(title)
    kinds = [str(run["parameters"]["kind"]) for run in given]
    told = ", ".join(f"run {run['id']} is {kind}" for run, kind in zip(given, kinds, strict=True))
    if len(set(kinds)) < len(kinds):
        raise EtlError(f"{told}: one map takes one run of each type")
    levels = {(run["parameters"]["geography"], run["parameters"]["edition"]) for run in given}
    if len(levels) > 1:
        made = ", ".join(f"{geography} {edition}" for geography, edition in sorted(levels))
        raise EtlError(f"{told}: they were made on different areas ({made}); compute them anew")
    ((geography, edition),) = levels
    cores, members = [], []
    for run, kind in zip(given, kinds, strict=True):
        shapes = regions.read_cores(connection, run["id"]).assign(kind=kind)
        inside = proposals.read_areas(connection, run["id"])["region_id"].dropna().astype(str)
        if len(given) > 1:
            shapes.index = pd.Index([f"{kind}-{one}" for one in shapes.index], name="region_id", dtype="str")
            inside = f"{kind}-" + inside
        cores.append(shapes)
        members.append(inside)
    drawn = [one for one in cores if len(one)] or cores[:1]
    passports = [_passport_of(told_run(connection, run)) for run in given]
    return priority_maps.create(
        connection,
        city_id=city,
        title=title,
        geography_id=geography,
        edition=edition,
        regions=gpd.GeoDataFrame(pd.concat(drawn), crs=drawn[0].crs) if len(drawn) > 1 else drawn[0],
        areas=pd.concat(members),
        passport=passports[0] if len(passports) == 1 else _passport_of_all(passports),
        by=by,
        note=note,
    )


def _require_title(title: str) -> None:
    if not title.strip():
        raise EtlError("the title is blank; say what the map is called")


def _passport_of_all(passports: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one passport with the names of people in one place, as that of a single run has them."""
    people = sorted({str(one["requested_by"]) for one in passports})
    made = [{name: value for name, value in one.items() if name != "requested_by"} for one in passports]
    return {"origin": "runs", "requested_by": ", ".join(people), "runs": made}


def _passport_of(run: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "origin": "run",
        **{name: run[name] for name in ("id", "kind", "inputs_hash", "code_version", "requested_by")},
        "finished_at": run["finished_at"].isoformat(),
        "parameters": run["parameters"],
        **{name: run["summary"][name] for name in ("objective", "lower_bound", "period")},
    }


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
) -> tuple[int, dict[str, Any]]:
    """Make a draft of outlines that were drawn elsewhere; return its number and passport with how well they fit.

    The outlines are kept as they were drawn; which areas lie in them is found by surface.

    Raises
    ------
    EtlError, SpatialError
        If the title is blank, the file cannot be read, an outline has no id, or none lies in the city.
    """
    _require_title(title)
    city = profile.source.city_id
    drawn = read_map(path, layer=layer)
    ids = area_column(drawn, region_column, path)
    if ids.isna().any():
        raise EtlError(f"{path}: {int(ids.isna().sum())} outline(s) without {region_column}; name every one")
    level = areas.finest_geography(connection, city)
    frame = areas.read_areas(connection, level["vintage_id"])
    outlines = drawn.set_index(pd.Index(id_text(ids), name="region_id")).to_crs(frame.crs)
    merged = outlines[[outlines.geometry.name]].dissolve(by="region_id")
    rows = values.read_values(connection, vintage_id=level["vintage_id"], indicator_ids=[profile.residents])
    period = _period_of_residents(connection, city, rows)
    counted = rows[rows["period"] == period]
    published = counted.set_index("area_id")["value"].reindex(frame.index).astype(float)
    people = published.fillna(0.0)
    try:
        converted = on_these_areas(merged, frame.geometry, people)
    except ParameterError as error:
        if error.name != "existing":
            raise
        raise EtlError(
            f"{path}: none of its {len(merged)} outline(s) lies in {profile.source.city_id}"
        ) from error
    inside = converted.region.dropna()
    kept = merged.assign(
        kind=kind,
        areas=inside.value_counts().reindex(merged.index).fillna(0).astype(int),
        residents=people.groupby(converted.region.reindex(people.index)).sum().reindex(merged.index),
        mean_need=None,
    )
    passport = {
        "origin": "file",
        "file": path.name,
        "sha256": digest(path),
        "layer": layer,
        "region_column": region_column,
        "kind": kind,
        "outlines": len(merged),
        "period": period,
        "residents_indicator": profile.residents,
        "without_residents": sorted(inside.index[published[inside.index].isna()].astype(str)),
        "code_version": code_version(),
        "quality": conversion_quality(converted) | {"overlaps": _overlaps(merged)},
    }
    number = priority_maps.create(
        connection,
        city_id=city,
        title=title,
        geography_id=level["id"],
        edition=level["edition"],
        regions=gpd.GeoDataFrame(kept, geometry=merged.geometry.name, crs=merged.crs),
        areas=converted.region,
        passport=passport,
        by=by,
        note=note,
    )
    return number, passport


def _period_of_residents(connection: Connection, city: str, rows: pd.DataFrame) -> str | None:
    """Return the period of the city's newest proposal, so that both speak of the same people; or the newest there is."""
    known = {str(one) for one in rows["period"].unique()}
    newest = runs.newest(connection, city_id=city, kind=proposals.KINDS[0])
    if newest is not None and newest["parameters"].get("period") in known:
        return str(newest["parameters"]["period"])
    return max(known, default=None)


def _overlaps(outlines: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the ground that several outlines claim, the largest first."""
    found = coverage_findings(outlines).findings
    places = found[found["kind"].isin(["overlap", "sliver_overlap"])]
    common = places.groupby("area_ids")["square_metres"].sum().sort_values(ascending=False, kind="stable")
    return [{"regions": list(ids), "square_metres": round(float(size), 1)} for ids, size in common.items()]


def run_layers(connection: Connection, run: Mapping[str, Any]) -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
    """Return everything a run found as the layers of a map file, without what a newer load withholds."""
    table = proposal_tables.read_told(connection, run["id"])
    level = _vintage(connection, run)
    frame = areas.read_areas(connection, level["vintage_id"])
    shapes = frame.geometry.reindex(table.index)
    area_layer = gpd.GeoDataFrame(_text(table).reset_index(), geometry=shapes.to_numpy(), crs=frame.crs)
    cases = area_layer[area_layer["case_reason"].notna()].reset_index(drop=True)
    found: dict[str, gpd.GeoDataFrame | pd.DataFrame] = {
        "areas": area_layer,
        "regions": regions.read_cores(connection, run["id"]).set_crs(frame.crs).reset_index(),
        "single_cases": cases,
    }
    for layer in ("classes", "bands", "links", "changes"):
        shapes_of = proposals.read_features(connection, run["id"], layer)
        if len(shapes_of):
            found[layer] = shapes_of.reset_index()
    return found | {"passport": passport_table(_passport(told_run(connection, run)))}


def _vintage(connection: Connection, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the level that a run was made on, in the edition it was made on, which may be an older one."""
    geography, edition = run["parameters"]["geography"], run["parameters"]["edition"]
    for level in areas.geographies(connection, run["city_id"], edition=edition):
        if level["id"] == geography:
            return level
    raise EtlError(
        f"run {run['id']} was made on {geography} {edition!r}, which was taken back;"
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
        "is_withheld": run["is_withheld"],
    }


def surface(
    connection: Connection, run: Mapping[str, Any], *, cell_size: float, smoothing: float, source: str
) -> bytes:
    """Return the membership as a smooth surface: a cloud-optimised GeoTIFF.

    Raises
    ------
    EtlError
        If values that the run was made of are withheld by now, for a membership follows from the needs.
    """
    table = proposals.read_areas(connection, run["id"])
    if run_withheld(connection, run["id"]):
        raise EtlError(
            f"run {run['id']}: the membership of some areas is withheld since a newer load;"
            f" compute anew: sozialraum compute {run['city_id']}"
        )
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
    shapes = priority_maps.read_regions(connection, number)
    if shapes.empty:
        level = areas.finest_geography(connection, city)
        shapes = shapes.set_crs(areas.read_areas(connection, level["vintage_id"]).crs)
    members = priority_maps.read_areas(connection, number)
    state = {name: str(known[name]) for name in ("id", "title", "status", "decision_number", "decision_date")}
    state |= {"geometry_sha256": known["geometry_sha256"], "passport": known["passport"]}
    return {
        "regions": shapes.reset_index(),
        "members": members.reset_index(),
        "events": pd.DataFrame(priority_maps.events(connection, number)).astype(str),
        "passport": passport_table(state),
    }
