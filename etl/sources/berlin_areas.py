"""Berlin's areas (LOR before 2021) in the edition of the MSS tables: 447 planning areas and more."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from etl.delivery import AREA_COLUMNS
from etl.errors import DeliveryError, Problem
from etl.raw import RawFile
from etl.sources.nesting import dissolve, require_sound_geometry
from etl.sources.placing import CityBox, as_multipolygons, place_in_city, share_borders
from etl.sources.reading import read_layer

__all__ = ["CITY_KEY", "KEY_LENGTHS", "MERGED", "read_areas"]

CITY_KEY = "11000000"  # official municipality key (AGS)
# From the finest level up; a key is the beginning of the keys below it.
KEY_LENGTHS = {"planning_area": 8, "sub_district": 6, "forecast_area": 4, "district": 2}
# Planning areas split off after the MSS tables → what they were part of. "Allende II" was made on 1.1.2019
# from "Kietzer Feld/Nachtheide": there its residents were counted before (docs/how-to/load-berlin.md).
MERGED = {"09041403": "09041301"}

_SRID = 25833
_BOX = CityBox(west=13.0, south=52.3, east=13.8, north=52.7)
_LOR_NAME_COLUMNS = {
    "planungsraeume": "PLANUNGSRA",
    "bezirksregionen": "BEZIRKSREG",
    "prognoseraeume": "PROGNOSERA",
}


def read_areas(
    lor: RawFile, bezirke: RawFile, table_keys: set[str], *, repairs: dict[str, int]
) -> gpd.GeoDataFrame:
    """Return the areas of all levels; `table_keys` are the planning areas the tables speak of.

    Levels above the planning areas are dissolved from them, so that all nest exactly; their names come from
    the published layers.
    """
    planning = _read(lor, "planungsraeume", repairs)
    districts = _read_districts(bezirke, repairs)
    _require_codes(planning, lor.name)
    require_sound_geometry(planning, place=f"berlin boundaries, {lor.name}")
    planning = _correct_keys(planning, districts, table_keys, lor.name, repairs)
    planning = _merge_split(planning, repairs)
    _require_keys_of_tables(planning, table_keys, lor.name)
    planning = share_borders(as_multipolygons(planning), repairs=repairs)
    planning = planning.sort_values("area_id", ignore_index=True)
    names = {
        "sub_district": _names(lor, "bezirksregionen"),
        "forecast_area": _names(lor, "prognoseraeume"),
        "district": districts.set_index("area_id")["name"],
    }
    return _nest(planning, names)


def _read(lor: RawFile, layer: str, repairs: dict[str, int]) -> gpd.GeoDataFrame:
    raw = read_layer(lor, ("LOR_ID", _LOR_NAME_COLUMNS[layer]), layer=layer)
    frame = gpd.GeoDataFrame(
        {
            "area_id": raw["LOR_ID"].map(str).str.strip(),
            "name": raw[_LOR_NAME_COLUMNS[layer]].map(str).str.strip(),
        },
        geometry=raw.geometry,
        crs=raw.crs,
    )
    return place_in_city(frame, box=_BOX, srid=_SRID, place=f"berlin boundaries, {layer}", repairs=repairs)


def _names(lor: RawFile, layer: str) -> pd.Series:
    frame = _read(lor, layer, {}).drop_duplicates("area_id")
    return pd.Series(frame["name"].to_numpy(), index=frame["area_id"].to_numpy())


def _read_districts(bezirke: RawFile, repairs: dict[str, int]) -> gpd.GeoDataFrame:
    raw = read_layer(bezirke, ("Gemeinde_s", "Gemeinde_n"), layer="bezirke")
    frame = gpd.GeoDataFrame(
        {"area_id": raw["Gemeinde_s"].map(str).str[-2:], "name": raw["Gemeinde_n"].map(str).str.strip()},
        geometry=raw.geometry,
        crs=raw.crs,
    )
    frame = place_in_city(
        frame, box=_BOX, srid=_SRID, place=f"berlin boundaries, {bezirke.name}", repairs=repairs
    )
    require_sound_geometry(frame, place=f"berlin boundaries, {bezirke.name}")
    return frame


def _require_codes(planning: gpd.GeoDataFrame, file_name: str) -> None:
    wrong = planning.loc[~planning["area_id"].str.fullmatch(r"\d{8}"), "area_id"]
    if len(wrong):
        raise DeliveryError(
            f"berlin boundaries, {file_name}",
            [
                Problem(f"key {key!r} is not eight digits; keys are text with their leading zero")
                for key in wrong
            ],
        )


def _correct_keys(
    planning: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    table_keys: set[str],
    file_name: str,
    repairs: dict[str, int],
) -> gpd.GeoDataFrame:
    """Give a polygon that lies in another district than its key says the one key that district lacks.

    As published, "Schloßstraße" in Charlottenburg-Wilmersdorf carries the key of its namesake in
    Steglitz-Zehlendorf, while the tables have a key of Charlottenburg-Wilmersdorf without a polygon.
    """
    keys = planning["area_id"].copy()
    district = _district_of(planning, districts)
    misplaced = np.flatnonzero((keys.str[:2] != district).to_numpy())
    lacking = sorted(table_keys - set(keys))
    problems = []
    for row in misplaced:
        candidates = [key for key in lacking if key[:2] == district.iloc[row]]
        if len(candidates) != 1:
            problems.append(
                Problem(
                    f"polygon {planning['name'].iloc[row]!r} has the key {keys.iloc[row]} but lies in "
                    f"district {district.iloc[row] or 'none'}, where {len(candidates)} key(s) of the tables "
                    "have no polygon; correct its key at the source"
                )
            )
            continue
        keys.iloc[row] = candidates[0]
        lacking.remove(candidates[0])
    twice = keys[keys.duplicated()].unique()
    problems += [
        Problem(f"key {key} occurs more than once; every planning area needs its own") for key in twice
    ]
    if problems:
        raise DeliveryError(f"berlin boundaries, {file_name}", problems)
    if len(misplaced):
        repairs["key corrected by the district the polygon lies in"] = len(misplaced)
    return planning.assign(area_id=keys)


def _district_of(planning: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> pd.Series:
    tree = shapely.STRtree(districts.geometry.to_numpy())
    inside = planning.geometry.representative_point().to_numpy()
    point, found = tree.query(inside, predicate="within")
    keys = np.full(len(planning), "", dtype=object)
    keys[point] = districts["area_id"].to_numpy()[found]
    return pd.Series(keys, index=planning.index)


def _merge_split(planning: gpd.GeoDataFrame, repairs: dict[str, int]) -> gpd.GeoDataFrame:
    keys = planning["area_id"]
    into = keys.map(MERGED)
    split = into.notna() & into.isin(keys)
    if not split.any():
        return planning
    geometry = planning.geometry.copy()
    for part, whole in zip(keys[split], into[split], strict=True):
        target, piece = keys.index[keys == whole][0], keys.index[keys == part][0]
        geometry[target] = shapely.union(geometry[target], geometry[piece])
    repairs["planning areas split off in 2019 merged back"] = int(split.sum())
    return planning.set_geometry(geometry)[~split]


def _require_keys_of_tables(planning: gpd.GeoDataFrame, table_keys: set[str], file_name: str) -> None:
    here = set(planning["area_id"])
    problems = [
        Problem(f"planning area {key} is in the tables but not in the geometry; deliver its polygon")
        for key in sorted(table_keys - here)
    ]
    problems += [
        Problem(
            f"planning area {key} is in the geometry but not in the tables; use boundaries of one edition"
        )
        for key in sorted(here - table_keys)
    ]
    if problems:
        raise DeliveryError(f"berlin boundaries, {file_name}", problems)


def _nest(planning: gpd.GeoDataFrame, names: dict[str, pd.Series]) -> gpd.GeoDataFrame:
    lengths = list(KEY_LENGTHS.items())
    finest = planning.assign(geography=lengths[0][0], parent_id=planning["area_id"].str[: lengths[1][1]])
    levels = [finest[list(AREA_COLUMNS)]]
    for position, (geography, length) in enumerate(lengths[1:], start=1):
        below = levels[-1]
        parents = below["area_id"].str[:length]
        keys = sorted(parents.unique())
        lost = [key for key in keys if key not in names[geography].index]
        if lost:
            raise DeliveryError(
                "berlin boundaries",
                [
                    Problem(f"{geography} {key} has planning areas but no name in its layer; deliver it")
                    for key in lost
                ],
            )
        above = lengths[position + 1][1] if position + 1 < len(lengths) else None
        parent_of = pd.Series([CITY_KEY if above is None else key[:above] for key in keys], index=keys)
        levels.append(
            dissolve(below, parents, geography=geography, names=names[geography], parent_of=parent_of)
        )
    districts = levels[-1]
    city = dissolve(
        districts,
        pd.Series(CITY_KEY, index=districts.index),
        geography="city",
        names=pd.Series({CITY_KEY: "Berlin"}),
        parent_of=None,
    )
    return gpd.GeoDataFrame(pd.concat([city, *reversed(levels)], ignore_index=True), crs=planning.crs)
