"""The validation report of a data set: what was found, as a page with a map and as a GeoPackage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from etl.datasets.findings import Finding
from etl.datasets.german import in_german
from etl.datasets.manifest import Manifest
from etl.datasets.source import Inspection
from maps.numbers import format_number
from maps.validation.page import NOT_FOR_PUBLICATION, SEVERITIES, FindingsPage, Told, render_findings
from maps.whole_files import unfinished, write_whole

__all__ = ["report_page", "write_geopackage", "write_html"]

_SECRET = {"DESCRIPTION": " · ".join(NOT_FOR_PUBLICATION)}
_LAYERS = {0: ("points", "MultiPoint"), 1: ("lines", "MultiLineString"), 2: ("polygons", "MultiPolygon")}


def write_html(
    path: Path,
    name: str,
    findings: Sequence[Finding],
    *,
    manifest: Manifest | None,
    found: Inspection | None,
    made: str,
) -> None:
    """Write the report as one HTML file; it is there as a whole or not at all."""
    page = report_page(name, findings, manifest=manifest, found=found, made=made)
    write_whole(path, render_findings(page).encode())


def report_page(
    name: str,
    findings: Sequence[Finding],
    *,
    manifest: Manifest | None,
    found: Inspection | None,
    made: str = "",
) -> FindingsPage:
    """Return what the page says; without a manifest that can be read only the findings."""
    areas = _finest(manifest, found)
    srid = None if manifest is None else manifest.city.srid
    delivery = None if found is None else found.delivery
    rejected = {} if delivery is None else delivery.rejected["reason"].value_counts().to_dict()
    return FindingsPage(
        title_de=name if manifest is None else manifest.source.title_de,
        title_en=name if manifest is None else manifest.source.title_en,
        is_ready=delivery is not None,
        facts=_facts(name, manifest, found),
        findings=[_told(number, one, srid) for number, one in numbered(findings)],
        areas=areas,
        repaired=[] if delivery is None else list(delivery.repairs.items()),
        counted=[] if found is None else list(found.counted.items()),
        rejected=[(str(reason), int(count)) for reason, count in rejected.items()],
        attribution="" if manifest is None else manifest.source.attribution,
        made=made,
    )


def numbered(findings: Sequence[Finding]) -> list[tuple[int, Finding]]:
    """Return the findings with their numbers: errors first, those of one file together, as in all reports."""
    rank = {severity: place for place, severity in enumerate(SEVERITIES)}
    files = {name: place for place, name in enumerate(dict.fromkeys(one.file for one in findings))}
    ordered = sorted(findings, key=lambda one: (rank[one.severity], files[one.file]))
    return list(enumerate(ordered, start=1))


def write_geopackage(path: Path, findings: Sequence[Finding]) -> dict[str, int]:
    """Write the places as layers of points, lines and polygons, and the rest as a table; return rows per layer.

    The description of each layer says that it is not for publication.
    """
    rows, shapes = [], []
    for number, one in numbered(findings):
        german = in_german(one)
        rows.append(
            {
                "number": number,
                "severity": one.severity,
                "check": one.check,
                "file": one.file,
                "place": one.place,
                "column_name": one.column,
                "what": one.what,
                "todo": one.todo,
                "what_de": german[0],
                "todo_de": german[1],
            }
        )
        shapes.append((one.geometry, one.srid))
    table = pd.DataFrame(
        rows, columns=list(rows[0]) if rows else ["number", "severity", "file", "what", "todo"]
    )
    with unfinished(path) as part:
        return _write_layers(part, table, shapes)


def _write_layers(
    path: Path, table: pd.DataFrame, shapes: Sequence[tuple[shapely.Geometry | None, int | None]]
) -> dict[str, int]:
    written: dict[str, int] = {}
    placed = np.array(
        [shape is not None and not shape.is_empty and srid is not None for shape, srid in shapes], bool
    )
    for srid in sorted({its for (_, its), there in zip(shapes, placed, strict=True) if there and its}):
        for dimension, (layer, kind) in _LAYERS.items():
            parts = [_of_dimension(shape, dimension) if its == srid else None for shape, its in shapes]
            here = placed & np.array([one is not None for one in parts], dtype=bool)
            if not here.any():
                continue
            frame = gpd.GeoDataFrame(
                table[here], geometry=[parts[at] for at in np.flatnonzero(here)], crs=f"EPSG:{srid}"
            )
            if dimension:
                frame["length_m"] = frame.length.round(2)
            if dimension == 2:
                frame["area_m2"] = frame.area.round(2)
            name = layer if layer not in written else f"{layer}_{srid}"
            pyogrio.write_dataframe(
                frame,
                path,
                layer=name,
                driver="GPKG",
                geometry_type=kind,
                append=path.exists(),
                layer_options=_SECRET,
            )
            written[name] = len(frame)
    rest = table[~placed]
    if len(rest) or not written:
        pyogrio.write_dataframe(
            rest, path, layer="without_place", driver="GPKG", append=path.exists(), layer_options=_SECRET
        )
        written["without_place"] = len(rest)
    return written


def _of_dimension(shape: shapely.Geometry | None, dimension: int) -> shapely.Geometry | None:
    """Return the parts of the shape that have its largest dimension, as a multipart one, when it is the asked one."""
    if shape is None or shape.is_empty:
        return None
    parts = shapely.get_parts(shapely.get_parts([shape]))
    kinds = shapely.get_dimensions(parts)
    if kinds.max() != dimension:
        return None
    made = (shapely.multipoints, shapely.multilinestrings, shapely.multipolygons)[dimension]
    return shapely.force_2d(made(parts[kinds == dimension]))


def _told(number: int, one: Finding, srid: int | None) -> Told:
    what_de, todo_de = in_german(one)
    column = f"Spalte {one.column!r}" if one.column else ""
    return Told(
        number=number,
        severity=one.severity,
        check=one.check,
        file=one.file,
        place=", ".join(part for part in (_place_in_german(one.place), column) if part),
        what_de=what_de[:1].upper() + what_de[1:],
        what_en=one.what,
        todo_de=todo_de,
        todo_en=one.todo,
        geometry=one.geometry if one.srid == srid else None,
    )


def _place_in_german(place: str) -> str:
    words = {
        "row": "Zeile",
        "rows": "Zeilen",
        "feature": "Objekt",
        "features": "Objekte",
        "line": "Zeile",
        "column": "Spalte",
        "band": "Kanal",
        "area": "Gebiet",
        "and": "und",
    }
    return " ".join(words.get(word, word) for word in place.split())


def _finest(manifest: Manifest | None, found: Inspection | None) -> gpd.GeoDataFrame | None:
    """Return the finest areas that lie in the CRS of the city, also when something is wrong with them."""
    if manifest is None or found is None:
        return None
    for level in reversed(manifest.geography):
        frame = found.areas.get(level.id)
        if frame is not None and frame.crs is not None and frame.crs.to_epsg() == manifest.city.srid:
            return frame
    return None


def _facts(name: str, manifest: Manifest | None, found: Inspection | None) -> list[tuple[str, str, str]]:
    if manifest is None:
        return [("Datei", "file", name)]
    source, edition = manifest.source, manifest.edition
    facts = [
        ("Stadt", "city", f"{manifest.city.title_de} · {manifest.city.title_en}"),
        ("Herausgeber", "publisher", source.publisher),
        ("Lizenz", "licence", source.licence),
        ("Gebietsstand", "edition", f"{edition.id}, gültig ab {edition.valid_from:%d.%m.%Y}"),
        ("Kennung", "id", manifest.id),
    ]
    facts += [("Auskunft", "contact", source.contact)] if source.contact else []
    areas: Mapping[str, Any] = {} if found is None else found.areas
    levels = [
        f"{level.title_de} {format_number(len(areas[level.id]), 0, 'de')}"
        for level in manifest.geography
        if level.id in areas
    ]
    facts += [("Gebiete", "areas", ", ".join(levels))] if levels else []
    delivery = None if found is None else found.delivery
    if delivery is not None:
        facts += [
            ("Werte", "values", format_number(len(delivery.values), 0, "de")),
            ("Indikatoren", "indicators", format_number(len(delivery.indicators), 0, "de")),
            ("Zurückgewiesen", "rejected", format_number(len(delivery.rejected), 0, "de")),
        ]
    else:
        facts += [
            ("Tabellen", "tables", str(len(manifest.table))),
            ("Indikatoren", "indicators", str(len(manifest.indicator))),
        ]
    return facts
