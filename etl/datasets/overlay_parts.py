"""The parts of a manifest about overlays (facilities, streets, own layers) and about who lives near them."""

# `says` makes fields, and nothing is shared by them.
# ruff: noqa: RUF009

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from etl.datasets.schema import says

__all__ = ["AccessPart", "OverlayPart"]


@dataclass(frozen=True, kw_only=True)
class OverlayPart:
    """One layer of points, lines or polygons beside the areas."""

    id: str = says("id of the overlay: small letters, digits and _")
    kind: Literal["facility", "street", "other"] = says(
        "facilities; streets that can be walked; anything else"
    )
    title_de: str = says('German name, plural, such as "Spielplätze"')
    title_en: str = says("English name, plural")
    as_of: date = says("day of which the layer is, such as 2024-12-31")
    file: str = says("file with the features; a table of places has x and y")
    layer: str = says("layer of the file, or sheet; may be left out when there is one", default="")
    crs: str = says("CRS of the coordinates, when the file does not say it, such as EPSG:4326", default="")
    encoding: str = says("encoding of the attributes, when the file does not say it", default="")
    x: str = says("table: column with the x coordinate (east) or the longitude", default="")
    y: str = says("table: column with the y coordinate (north) or the latitude", default="")
    decimal: Literal[".", ","] = says("table: decimal sign of the coordinates", default=".")
    name: str = says("column with the names", default="")
    properties: tuple[str, ...] = says(
        "columns that are kept and shown to everybody; no other is", default=()
    )
    where: Mapping[str, str | tuple[str, ...]] = says(
        "only these features; the others are counted", factory=dict
    )
    repair: tuple[Literal["make_valid"], ...] = says(
        "named steps of repair; what they change is counted", default=()
    )
    publisher: str = says("who published it; that of the data set when left out", default="")
    licence: str = says("licence; that of the data set when left out", default="")
    attribution: str = says("how to name the publisher; as the data set when left out", default="")
    url: str = says("address of the layer", default="")


@dataclass(frozen=True, kw_only=True)
class AccessPart:
    """One share of a group that lives at most so far from the next facility."""

    indicator: str = says('id of the share, among the indicators: kind = "intensive", unit = "%"')
    group: str = says("id of the count of the group, such as residents_u6")
    overlay: str = says("id of the overlay with the facilities")
    metres: float = says("at most so far; exactly as far counts")
    way: Literal["straight", "streets"] = says("as the crow flies, or along streets", default="straight")
    streets: str = says("id of the overlay with the streets", default="")
    meet: Literal["vertices", "crossings"] = says(
        "streets meet where they share a vertex, or wherever they cross (bridges as well)", default="vertices"
    )
    places: str = says(
        "level of the areas that people start from; the finest with counts of the group when left out",
        default="",
    )
    surface: float = says(
        "for large areas: people start from points all over them, so many metres apart, and values are uncertain",
        default=0.0,
    )
    levels: tuple[str, ...] = says("levels that get values; all from places up when left out", default=())
    periods: tuple[str, ...] = says("periods of the group; its newest when left out", default=())
    known: float = says(
        "least share of a group whose places are known; with fewer known the value is withheld or missing",
        default=1.0,
    )
