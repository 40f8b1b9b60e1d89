"""The validation report as one HTML file that asks nobody for anything: counts, map of the places, every finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import jinja2
import shapely

from maps.numbers import format_number
from maps.validation.sketch import Place, Sketch, detail, sketch
from maps.vendor import FOLDER

__all__ = ["CHECKS", "NOT_FOR_PUBLICATION", "SEVERITIES", "FindingsPage", "Told", "render_findings"]

SEVERITIES = {
    "error": ("Fehler", "errors", "verhindern das Laden", "stop the load"),
    "warning": ("Warnungen", "warnings", "bitte ansehen", "to be looked at"),
    "note": ("Hinweise", "notes", "zur Kenntnis", "for information"),
}
"""How serious: German, English, and what that means in both."""

CHECKS = {
    "": ("Dateien, Schlüssel und Zellen", "files, keys and cells"),
    "geometry": ("ungültige Geometrien", "invalid geometries"),
    "overlap": ("Überlappungen", "overlaps"),
    "gap": ("Lücken", "gaps"),
    "sliver_overlap": ("schmale Überlappungen", "sliver overlaps"),
    "sliver_gap": ("schmale Lücken", "sliver gaps"),
    "edge": ("Kanten ohne gemeinsame Stützpunkte", "edges without common vertices"),
    "duplicate": ("doppelte Flächen", "duplicates"),
    "island": ("Gebiete ohne Nachbarn", "areas without neighbour"),
    "multipart": ("Gebiete aus mehreren Teilen", "areas of several parts"),
    "outside_parent": ("außerhalb der größeren Einheit", "outside the larger unit"),
    "missing_in_parent": ("fehlt in der größeren Einheit", "missing in the larger unit"),
    "sum": ("Summen über Gebiete", "sums over areas"),
    "category": ("Summen über Merkmale", "sums over categories"),
    "part": ("Teile größer als ihr Ganzes", "parts above their whole"),
    "identity": ("Gleichungen", "equations"),
    "jump": ("Sprünge zwischen Jahren", "jumps between periods"),
    "break": ("Brüche in der Reihe", "breaks of the series"),
    "completeness": ("Vollständigkeit", "completeness"),
}
"""Kinds of checks, in German and English."""

NOT_FOR_PUBLICATION = (
    "Nicht zur Veröffentlichung: enthält Zahlen vor der Geheimhaltung",
    "Not for publication: holds figures before confidentiality",
)
"""What stands in every report, in German and English."""

_MOST_DETAILS = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """One finding in both languages; `geometry` in the CRS of the page's areas."""

    number: int
    severity: str
    check: str
    file: str
    place: str
    what_de: str
    what_en: str
    todo_de: str
    todo_en: str
    geometry: shapely.Geometry | None = None

    @property
    def has_german(self) -> bool:
        """Whether the sentence is there in German, too."""
        return bool(self.what_de)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FindingsPage:
    """What the report says; `facts` are (German, English, value), the tables (step or reason, count)."""

    title_de: str
    title_en: str
    is_ready: bool
    facts: Sequence[tuple[str, str, str]]
    findings: Sequence[Told]
    areas: gpd.GeoDataFrame | gpd.GeoSeries | None = None
    repaired: Sequence[tuple[str, int]] = field(default=())
    counted: Sequence[tuple[str, int]] = field(default=())
    rejected: Sequence[tuple[str, int]] = field(default=())
    attribution: str = ""
    made: str = ""


def render_findings(page: FindingsPage) -> str:
    """Return the page as HTML, German first, English beside it; without scripts and without foreign requests."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    places = [
        Place(number=one.number, severity=one.severity, geometry=one.geometry)
        for one in page.findings
        if one.geometry is not None and not one.geometry.is_empty
    ]
    groups = []
    for severity in SEVERITIES:
        files: dict[str, list[Told]] = {}
        for one in page.findings:
            if one.severity == severity:
                files.setdefault(one.file, []).append(one)
        if files:
            groups.append((severity, files))
    kinds = Counter((one.check, one.severity) for one in page.findings)
    return environment.get_template("findings.html").render(
        page=page,
        secret=NOT_FOR_PUBLICATION,
        severities=SEVERITIES,
        checks={name: CHECKS.get(name, (name, name)) for name, _ in kinds},
        totals=Counter(one.severity for one in page.findings),
        kinds=[
            (name, [kinds[name, severity] for severity in SEVERITIES])
            for name in dict.fromkeys([*CHECKS, *(name for name, _ in kinds)])
            if any(kinds[name, severity] for severity in SEVERITIES)
        ],
        groups=groups,
        map=sketch(page.areas, places),
        details=_details(page, places),
        number=lambda value: format_number(value, 0, "de"),
        length=_length,
    )


def _details(page: FindingsPage, places: Sequence[Place]) -> dict[int, Sketch]:
    """Return close views of the first places that have an extent, and of points where a geometry is invalid."""
    broken = {one.number for one in page.findings if one.check == "geometry"}
    extended = [one for one in places if one.number in broken or shapely.get_dimensions(one.geometry) > 0]
    return {one.number: detail(page.areas, one) for one in extended[:_MOST_DETAILS]}


def _length(metres: float) -> str:
    return (
        f"{format_number(metres / 1000, 0, 'de')} km" if metres >= 1000 else f"{metres:g} m".replace(".", ",")
    )
