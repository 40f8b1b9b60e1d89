"""Bring published values to areas that nobody loaded, such as cells of a grid or catchments of schools, as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Connection

from db.queries import areas, catalogue, conversions, sources
from etl.cities import CityProfile
from etl.conversions.places import find_place
from etl.conversions.values import SourceValues, convert
from etl.conversions.weights import Weights
from etl.errors import EtlError
from etl.jobs.conversion import limits_of, read_source
from etl.planning.area_files import area_column, id_text, read_map, write_map
from maps.exports.spreadsheet_text import guarded_table
from maps.whole_files import write_whole
from spatial.crosswalk import Crosswalk, by_area, by_population

__all__ = ["OwnAreas", "convert_to_file"]

_KM2 = 1e6
_SAME = 1e-9  # of the surface: not cut


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OwnAreas:
    """What was written: the crosswalk, how many values, and how many areas were cut or lie beyond the source."""

    way: Crosswalk
    values: int
    areas_cut: int
    areas_beyond: int

    def __repr__(self) -> str:
        return f"OwnAreas({self.values} values; {self.areas_cut} areas cut, {self.areas_beyond} beyond)"


def convert_to_file(
    connection: Connection,
    profile: CityProfile,
    city: str,
    *,
    source: str,
    target: Path,
    layer: str | None,
    key: str,
    weights: Weights | None,
    indicators: Sequence[str],
    periods: Sequence[str],
    options: Mapping[str, Any],
    clip: bool,
    out: Path,
) -> OwnAreas:
    """Convert what `source` has published to the areas of a map file, and write it.

    A `.csv` has a row per value, a `.gpkg` the areas and a table of values. Every row is marked as converted, with its
    grade, and says from where, whom to name, and under which licence. The file is there whole or not at all. With
    `clip` areas are cut at the outline of the source, and those beyond it left out.

    Raises
    ------
    EtlError, FetchError
        If a file or name is wrong.
    GeometryError, CrsError, CrosswalkError
        If the areas cannot be converted to.
    """
    if out.suffix.lower() not in (".csv", ".gpkg"):
        raise EtlError(f"{out}: give a file that ends in .csv or .gpkg")
    if not out.parent.is_dir():
        raise EtlError(f"{out}: no such folder: {out.parent}; make it first")
    place = find_place(conversions.editions(connection, city), source)
    before = areas.read_areas(connection, place.vintage_id).geometry
    goal = _areas_of(target, layer, key, before.crs)
    given, whole = len(goal), goal.geometry.area
    if clip:
        goal = _clipped(goal, before)
    way = (
        by_area(before, goal.geometry, **options)
        if weights is None
        else by_population(before, goal.geometry, weights.blocks, weights.persons, **options)
    )
    published = _chosen(read_source(connection, profile, city, place.vintage_id), indicators, periods, source)
    found = convert(
        published,
        way,
        land_area={str(area): float(size) for area, size in (goal.geometry.area / _KM2).items()},
        limits=lambda one: limits_of(profile, one),
        is_asked=lambda name, period: (
            (not indicators or name in indicators) and (not periods or period in periods)
        ),
    )
    if found.rows.empty:
        told = "; ".join(f"{name}: {reason}" for name, reason in found.left_out.items())
        raise EtlError(f"{city}: nothing of {source} could be converted" + (f"; {told}" if told else ""))
    rows = found.rows[list(conversions.VALUE_COLUMNS)].assign(
        is_converted=True, converted_from=str(place), method=way.method, city=city
    )
    rows = _with_origin(connection, city, place.vintage_id, rows, published)
    if out.suffix.lower() == ".csv":
        write_whole(out, guarded_table(rows).to_csv(index=False, lineterminator="\n").encode())
    else:
        write_map(out, {"areas": goal.reset_index(), "values": rows})
    cut = int((goal.geometry.area < whole[goal.index] * (1 - _SAME)).sum())
    return OwnAreas(way=way, values=len(rows), areas_cut=cut, areas_beyond=given - len(goal))


def _with_origin(
    connection: Connection, city: str, vintage_id: int, rows: pd.DataFrame, published: SourceValues
) -> pd.DataFrame:
    """Let every row say where it comes from, as the map and the other files do.

    A rate may have been made here of counts that came with other loads, so it names those of all counts of its period.
    """
    known = next(row for row in catalogue.cities(connection) if row["id"] == city)
    told = {}
    for name, period in rows[["indicator_id", "period"]].drop_duplicates().itertuples(index=False):
        is_made = published.definitions[name].numerator is not None
        made_of = list(published.definitions) if is_made else [name]
        named = sources.sources_of_values(connection, vintage_id, indicator_ids=made_of, periods=[period])
        told[name, period] = sources.together(named)
    at = pd.MultiIndex.from_frame(rows[["indicator_id", "period"]])
    words = pd.DataFrame.from_dict(told, orient="index").reindex(at)
    names = {"title_de": "source"} | {name: name for name in ("publisher", "attribution", "licence", "url")}
    return rows.assign(
        **{column: words[name].to_numpy() for name, column in names.items()},
        is_synthetic=bool(known["is_synthetic"]),
    )


def _clipped(goal: gpd.GeoDataFrame, before: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Return what of the areas lies in the outline of the source."""
    parts = shapely.intersection(goal.geometry.to_numpy(), before.union_all())
    mixed = shapely.get_type_id(parts) == shapely.GeometryType.GEOMETRYCOLLECTION
    parts[mixed] = shapely.buffer(parts[mixed], 0)
    inside = shapely.area(parts) > 0
    return goal.set_geometry(gpd.GeoSeries(parts, index=goal.index, crs=goal.crs))[inside]


def _areas_of(path: Path, layer: str | None, key: str, crs: Any) -> gpd.GeoDataFrame:
    frame = read_map(path, layer=layer).to_crs(crs)
    ids = id_text(area_column(frame, key, path))
    shapes = frame.geometry.to_numpy()
    return gpd.GeoDataFrame(
        {"name": ids.to_numpy()}, index=pd.Index(ids, dtype=object, name="area_id"), geometry=shapes, crs=crs
    ).set_geometry(shapely.force_2d(shapes), crs=crs)


def _chosen(
    published: SourceValues, indicators: Sequence[str], periods: Sequence[str], source: str
) -> SourceValues:
    table = published.table
    known = set(published.definitions) & {*table.values, *(one.id for one in _computable(published))}
    if unknown := sorted(set(indicators) - known):
        raise EtlError(
            f"{source} has no published values of {unknown[0]!r}; there are: {', '.join(sorted(known))}"
        )
    there = set(table.values.index.get_level_values("period"))
    if absent := sorted(set(periods) - there):
        raise EtlError(f"{source} has no values in {absent[0]!r}; there are: {', '.join(sorted(there))}")
    return published


def _computable(published: SourceValues) -> list[Any]:
    return [one for one in published.definitions.values() if one.is_computable]
