"""What a proposal found for every area, and the shapes it drew: stored, and read again as the result it was."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, insert, text

from db import models
from db.errors import UnknownProposalError
from db.queries import scenarios
from db.queries.copying import copy_in, copy_out
from db.queries.rows import read_one, read_rows
from db.queries.vintages import NEWEST_EDITION_OF_RUN, on_withdrawn_edition
from db.queries.withheld_areas import run_is_withheld
from spatial.neighbours import NeighbourGraph
from spatial.regions import FixedAreas, PriorityAreas, RegionLimits

__all__ = [
    "AREA_COLUMNS",
    "CODES",
    "KINDS",
    "changes_to",
    "find_run",
    "read_areas",
    "read_features",
    "read_graph",
    "read_result",
    "store",
]

KINDS = ("proposal", "scenario")
"""Kinds of runs that propose: the city's own, and those of named parameters."""

AREA_COLUMNS = (
    "region_id",
    "need",
    "residents",
    "critical_threshold",
    "membership",
    "deviation",
    "certainty",
    "zone_class",
    "stability",
    "existing",
    "change",
    "case_reason",
    "case_de",
    "case_en",
)
CODES = ("area_id", "region_id", "zone_class", "existing", "change", "case_reason", "case_de", "case_en")
"""Those of them, and the key, that are text."""


def store(
    connection: Connection,
    *,
    run_id: int,
    vintage_id: int,
    areas: pd.DataFrame,
    graph: NeighbourGraph,
    features: Mapping[str, gpd.GeoDataFrame],
) -> None:
    """Write what a run found beside its regions.

    `areas`: one row per area with `AREA_COLUMNS`, indexed by area_id; `graph` over the same areas in the order of
    their ids; `features` by layer, indexed by feature id, their other columns become properties.
    """
    table = areas.loc[:, list(AREA_COLUMNS)].rename_axis("area_id").reset_index()
    table["critical_threshold"] = table["critical_threshold"].where(np.isfinite(table["critical_threshold"]))
    for name in ("case_de", "case_en"):
        table[name] = table[name].fillna("")
    table = table.assign(run_id=run_id, vintage_id=vintage_id)
    copy_in(connection, "proposal_area", table, ["run_id", "vintage_id", "area_id", *AREA_COLUMNS])
    pairs = {
        "run_id": run_id,
        "first": graph.first.tolist(),
        "second": graph.second.tolist(),
        "border": graph.border.tolist(),
    }
    connection.execute(insert(models.ProposalGraph), [pairs])
    for layer, frame in features.items():
        rows = [_feature(run_id, layer, frame, place) for place in range(len(frame))]
        if rows:
            connection.execute(insert(models.ProposalFeature), rows)


def _feature(run_id: int, layer: str, frame: gpd.GeoDataFrame, place: int) -> dict[str, Any]:
    shape = frame.geometry.iloc[place]
    whole = shapely.MultiPolygon([part for part in shapely.get_parts(shape) if not part.is_empty])
    others = frame.drop(columns=frame.geometry.name).iloc[place]
    return {
        "run_id": run_id,
        "layer": layer,
        "feature_id": str(frame.index[place]),
        "properties": {str(name): _plain(value) for name, value in others.items()},
        "geometry": f"SRID={frame.crs.to_epsg()};{shapely.to_wkt(whole, rounding_precision=-1)}",
    }


def _plain(value: Any) -> Any:
    """Return what JSON knows; what is missing or has no end is null."""
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value


def find_run(
    connection: Connection, city_id: str, *, run_id: int | None = None, scenario: str | None = None
) -> dict[str, Any]:
    """Return a run that proposed: the city's newest, one by its number, or the newest of a scenario.

    `newest_edition`: of its level now; the run belongs to that of its parameters.

    Raises
    ------
    UnknownProposalError, UnknownScenarioError
        If there is none, or one that was made before areas were kept; if the city has no such scenario.
    """
    if scenario is not None:
        scenarios.get(connection, city_id, scenario)
    start = (
        f"SELECT r.*, {NEWEST_EDITION_OF_RUN} AS newest_edition,"
        " EXISTS (SELECT FROM proposal_graph g WHERE g.run_id = r.id) AS is_whole FROM run r"
        " WHERE r.city_id = :city AND "
    )
    given: str | int
    if scenario is not None:
        where, given = "r.id = (SELECT run_id FROM scenario WHERE city_id = :city AND name = :name)", scenario
    elif run_id is not None:
        where, given = "r.id = :name AND r.kind IN ('proposal', 'scenario')", run_id
    else:
        where = f"r.kind = :name AND NOT {on_withdrawn_edition('r.id')} ORDER BY r.id DESC LIMIT 1"
        given = KINDS[0]
    row = read_one(connection, start + where, {"city": city_id, "name": given})
    if row is None or not row.pop("is_whole"):
        raise UnknownProposalError(city_id, run_id=run_id, scenario=scenario)
    return row


def read_areas(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return one row per area with `name` and `AREA_COLUMNS`, indexed by area_id, in its order."""
    frame = copy_out(
        connection,
        f"SELECT p.area_id, a.name, {', '.join(f'p.{one}' for one in AREA_COLUMNS)} FROM proposal_area p"
        " JOIN area a USING (vintage_id, area_id) WHERE p.run_id = %(run)s ORDER BY p.area_id",
        {"run": run_id},
        dtype=dict.fromkeys((*CODES, "name"), "str"),
    )
    told = {name: frame[name].fillna("") for name in ("case_de", "case_en")}
    return frame.assign(**told).set_index("area_id")


def read_graph(connection: Connection, run_id: int, area_id: pd.Index) -> NeighbourGraph:
    """Return the neighbours a run was made with, for its areas in their order."""
    row = connection.execute(
        text("SELECT first, second, border FROM proposal_graph WHERE run_id = :run"), {"run": run_id}
    ).one()
    return NeighbourGraph(
        area_id=area_id,
        first=np.array(row.first, dtype=np.int64),
        second=np.array(row.second, dtype=np.int64),
        border=np.array(row.border, dtype=np.float64),
    )


def read_result(
    connection: Connection, run: Mapping[str, Any]
) -> tuple[PriorityAreas, NeighbourGraph, pd.DataFrame]:
    """Return a proposal as it was, its neighbours, and the table of its areas."""
    table = read_areas(connection, run["id"])
    parameters, summary = run["parameters"], run["summary"]
    rows = read_rows(
        connection,
        "SELECT region_id, border_length FROM region WHERE run_id = :run",
        {"run": run["id"]},
    )
    most = parameters["most_residents"]
    result = PriorityAreas(
        region=table["region_id"].rename("region_id"),
        need=table["need"].astype(float),
        population=table["residents"].astype(float).fillna(0.0),
        border_length=pd.Series(
            {row["region_id"]: row["border_length"] for row in rows}, dtype=float
        ).sort_index(),
        objective=summary["objective"],
        lower_bound=summary["lower_bound"],
        threshold=parameters["threshold"],
        border_price=parameters["border_price"],
        limits=RegionLimits(
            least_residents=parameters["least_residents"],
            most_residents=math.inf if most is None else most,
            most_share=parameters["most_share"],
            most_regions=parameters["most_regions"],
        ),
        existing=None if summary["map_in_force"] is None else table["existing"],
        inertia=0.0 if summary["map_in_force"] is None else parameters["inertia"],
        fixed=_fixed(parameters, table),
        resolution=summary["resolution"],
        unknown=int(table["need"].isna().sum()),
        seed=parameters["seed"],
        method=summary["method"],
    )
    return result, read_graph(connection, run["id"], table.index), table


def _fixed(parameters: Mapping[str, Any], table: pd.DataFrame) -> FixedAreas:
    locked = parameters["locked"]
    held = table["existing"][table["existing"].isin(list(locked))]
    return FixedAreas(
        locked=held,
        reason=pd.Series(locked, dtype="str"),
        inside=pd.Series(parameters["inside"], dtype="str"),
        outside=pd.Series(parameters["outside"], dtype="str"),
    )


def read_features(connection: Connection, run_id: int, layer: str) -> gpd.GeoDataFrame:
    """Return the shapes of a layer in the metric CRS, indexed by feature id, properties as columns."""
    rows = read_rows(
        connection,
        "SELECT feature_id, properties, ST_AsBinary(geometry) AS wkb, ST_SRID(geometry) AS srid"
        " FROM proposal_feature WHERE run_id = :run AND layer = :layer ORDER BY feature_id",
        {"run": run_id, "layer": layer},
    )
    ids = pd.Index([row["feature_id"] for row in rows], name="feature_id", dtype="str")
    return gpd.GeoDataFrame(
        pd.DataFrame([row["properties"] for row in rows], index=ids),
        geometry=shapely.from_wkb([bytes(row["wkb"]) for row in rows]),
        crs=f"EPSG:{rows[0]['srid']}" if rows else None,
    )


def changes_to(connection: Connection, run_id: int) -> list[dict[str, Any]]:
    """Return what becomes of the map in force, one row per side: areas, and residents where that may be told."""
    return read_rows(
        connection,
        f"SELECT change, count(*) AS areas, CASE WHEN NOT {run_is_withheld(':run')}"
        " THEN coalesce(sum(residents), 0) END AS residents FROM proposal_area"
        " WHERE run_id = :run AND change IS NOT NULL GROUP BY change ORDER BY change",
        {"run": run_id},
    )
