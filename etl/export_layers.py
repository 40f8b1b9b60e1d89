"""Read what an export has beside the values of its areas: facilities and streets, and values of other boundaries."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection

from db.queries import conversions, exports, overlays
from maps.exports.content import CONVERTED_COLUMNS, Layer

__all__ = ["converted_from", "read_converted", "read_layers"]

_TAKEN = ("fid", "geometry", "geom", "name", "number")
_INT64 = range(-(2**63), 2**63)


def read_layers(connection: Connection, city_id: str) -> tuple[Layer, ...]:
    """Return the layers of a city that are in force, with their attributes as columns."""
    return tuple(_layer(connection, row) for row in overlays.overlays(connection, city_id))


def read_converted(
    connection: Connection,
    levels: Sequence[Mapping[str, Any]],
    indicator_ids: Collection[str],
    periods: Collection[str] | None,
) -> pd.DataFrame:
    """Return what was converted to the editions of some levels, for periods that were not counted on them."""
    parts = [
        exports.converted_values(
            connection, row["vintage_id"], indicator_ids=indicator_ids, periods=periods
        ).assign(geography=row["id"])
        for row in levels
    ]
    together = pd.concat(parts, ignore_index=True).loc[:, list(CONVERTED_COLUMNS)]
    days = together["reference_date"].map(date.fromisoformat).astype(object)
    return together.assign(reference_date=days)


def converted_from(connection: Connection, city_id: str, converted: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the editions that converted values were counted on, as `conversions.editions`."""
    pairs = set(zip(converted["from_geography"], converted["from_edition"], strict=True))
    return [
        row
        for row in conversions.editions(connection, city_id)
        if (row["geography_id"], row["edition"]) in pairs
    ]


def _layer(connection: Connection, row: overlays.OverlayRow) -> Layer:
    found = overlays.read_features(connection, row)
    features = gpd.GeoDataFrame(
        {"number": found.index.to_numpy(), "name": found["name"].to_numpy(dtype=object)}
        | _attributes(found["properties"]),
        geometry=found.geometry.to_numpy(),
        crs=found.crs,
    )
    return Layer(
        id=row.name,
        kind=row.kind,
        title_de=row.title_de,
        title_en=row.title_en,
        as_of=row.as_of,
        publisher=row.publisher,
        licence=row.licence,
        attribution=row.attribution,
        url=row.url,
        features=features,
    )


def _attributes(properties: pd.Series) -> dict[str, pd.Series]:
    """Return one column per attribute; no two differ in capitals alone."""
    columns: dict[str, pd.Series] = {}
    taken = set(_TAKEN)
    for name in dict.fromkeys(key for one in properties for key in one):
        called = name
        while called.casefold() in taken:
            called = f"{called}_"
        taken.add(called.casefold())
        columns[called] = _column([one.get(name) for one in properties])
    return columns


def _column(cells: list[Any]) -> pd.Series:
    """Return an attribute as a column: several types, lists, and numbers that no number of a file can hold, are text."""
    known = [cell for cell in cells if cell is not None]
    kinds = {type(cell) for cell in known}
    if kinds == {bool}:
        return pd.Series(cells, dtype="boolean")
    if kinds == {int} and all(cell in _INT64 for cell in known):
        return pd.Series(cells, dtype="Int64")
    if float in kinds and kinds <= {int, float} and all(_is_float(cell) for cell in known):
        return pd.Series(cells, dtype="float64")
    said = [
        cell if cell is None or isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
        for cell in cells
    ]
    return pd.Series(said, dtype=object)


def _is_float(number: float) -> bool:
    """Say whether a number is the same as a float."""
    return isinstance(number, float) or (abs(number) < 2**1023 and int(float(number)) == number)
