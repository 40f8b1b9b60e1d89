"""Catalogue entries of the data sets that are loaded, as the service offers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from db.queries import areas, catalogue, exports, features, overlays, sources, values
from db.queries.overlays import OverlayRow
from etl.cities import city_profile
from etl.errors import EtlError
from etl.export_reading import contact_of, protection_of
from maps.records.entry import Distribution, Entry, entry_of, layer_entry

__all__ = ["loaded_entries"]


def loaded_entries(connection: Connection, cities: Sequence[str] = ()) -> list[Entry]:
    """Describe the data set of every city, or of some; those without a value are left out."""
    known = {row["id"]: row for row in catalogue.cities(connection)}
    unknown = [city for city in cities if city not in known]
    if unknown:
        raise EtlError(f"{unknown[0]} has not been loaded; loaded cities: {', '.join(known) or 'none'}")
    levels = [row for row in features.collections(connection) if row.kind == "areas"]
    entries = []
    for city, row in known.items():
        moments = exports.moments(connection, city)
        served = values.availability(connection, city)
        if (cities and city not in cities) or moments is None or not served:
            continue
        profile = city_profile(city, connection)
        loads = exports.values_by_load(connection, city)
        geographies = areas.geographies(connection, city)
        in_force = {one["load_id"] for one in loads if one["load_id"] is not None}
        in_force |= set(sources.area_loads(connection, [one["vintage_id"] for one in geographies]))
        extent = catalogue.extent(connection, city)
        with_values = {one["indicator_id"] for one in served}
        entries.append(
            entry_of(
                city=row,
                sources=sources.sources_of_loads(connection, in_force),
                levels=geographies,
                indicators=[one for one in catalogue.indicators(connection, city) if one.id in with_values],
                periods=sorted({one["period"] for one in served}),
                protection=protection_of(profile),
                issued=moments["first"],
                modified=moments["last"],
                first=min(one["first"] for one in loads),
                last=max(one["last"] for one in loads),
                bbox=None if extent is None else tuple(extent),
                contact=contact_of(profile),
                distributions=tuple(
                    Distribution(
                        id=f"layer-{one.id}",
                        address=f"collections/{one.id}/items",
                        title_de=f"{one.title_de} (GeoJSON)",
                        title_en=f"{one.title_en} (GeoJSON)",
                        media_type="application/geo+json",
                        file_type="GEOJSON",
                        is_download=False,
                    )
                    for one in levels
                    if one.city_id == city
                ),
            )
        )
        entries += [
            _layer_entry(one, row, moments, None if extent is None else tuple(extent), contact_of(profile))
            for one in overlays.overlays(connection, city)
        ]
    return entries


def _layer_entry(
    layer: OverlayRow, city: Mapping[str, Any], moments: Mapping[str, Any], bbox: Any, contact: str
) -> Entry:
    """Describe a layer beside the areas, with its features as the service offers them."""
    return layer_entry(
        layer.name,
        layer,
        city=city,
        features=layer.features,
        issued=moments["first"],
        modified=moments["last"],
        bbox=bbox,
        contact=contact,
        distributions=(
            Distribution(
                id=f"overlay-{layer.city_id}.{layer.name}",
                address=f"overlays/{layer.city_id}.{layer.name}/items",
                title_de=f"{layer.title_de} (GeoJSON)",
                title_en=f"{layer.title_en} (GeoJSON)",
                media_type="application/geo+json",
                file_type="GEOJSON",
                is_download=False,
            ),
        ),
    )
