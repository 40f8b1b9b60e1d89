"""A proposal as the layers of a map file: what a GIS opens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from spatial.regions import PriorityAreas, boundary_diff, zone_membership
from spatial.regions.changes.comparison import MapComparison
from spatial.regions.reasons.single_cases import SingleCases, case_sentence

__all__ = ["area_layer", "case_layer", "change_table", "difference_layer", "passport_table", "region_layer"]


def area_layer(
    areas: gpd.GeoSeries, names: pd.Series | None, result: PriorityAreas, zones: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return one row per area: region, need, residents, share of its surface in a soft zone."""
    table = result.to_frame().assign(zone_membership=zone_membership(areas, result.region, zones))
    if names is not None:
        table.insert(0, "name", names)
    if result.existing is not None:
        table["existing"] = result.existing
    for column in ("region_id", "existing"):
        if column in table:
            table[column] = table[column].astype(object).where(table[column].notna(), None)
    return gpd.GeoDataFrame(table.reset_index(names="area_id"), geometry=areas.to_numpy(), crs=areas.crs)


def region_layer(result: PriorityAreas, outlines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row per region with its outline."""
    regions = result.summary().reset_index()
    regions["region_id"] = regions["region_id"].astype(str)
    shapes = outlines.geometry.reindex(regions["region_id"]).to_numpy()
    return gpd.GeoDataFrame(regions, geometry=shapes, crs=outlines.crs)


def case_layer(
    areas: gpd.GeoSeries, names: pd.Series | None, cases: SingleCases, result: PriorityAreas
) -> gpd.GeoDataFrame:
    """Return the areas of high need that are in no region, each with its reason in words."""
    table = cases.to_frame()[["need", "population", "above", "reason", "note"]]
    if names is not None:
        table.insert(0, "name", names.reindex(table.index))
    for language in ("de", "en"):
        table[f"reason_{language}"] = [case_sentence(cases, one, result, language) for one in table.index]
    shapes = areas.reindex(table.index).to_numpy()
    return gpd.GeoDataFrame(table.reset_index(names="area_id"), geometry=shapes, crs=areas.crs)


def difference_layer(areas: gpd.GeoSeries, existing: pd.Series, result: PriorityAreas) -> gpd.GeoDataFrame:
    """Return what the proposal keeps, adds and removes of the map in force."""
    found = boundary_diff(areas, existing, result.region).reset_index(drop=True)
    for column in ("existing", "proposed"):
        found[column] = found[column].astype(object).where(found[column].notna(), None)
    return found


def change_table(comparison: MapComparison) -> pd.DataFrame:
    """Return one row per change of the map in force; lists of ids as text."""
    table = comparison.changes.copy()
    for column in table:
        if table[column].map(lambda one: isinstance(one, list | tuple)).any():
            table[column] = [", ".join(map(str, one)) for one in table[column]]
    return table.reset_index(drop=True)


def passport_table(passport: Mapping[str, Any]) -> pd.DataFrame:
    """Return the passport of the run, one row per entry."""
    return pd.DataFrame(
        [
            {"key": key, "value": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}
            for key, value in passport.items()
        ]
    )
