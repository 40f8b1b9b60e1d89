"""Do the areas of a level fit together? Gaps, overlaps, slivers, edges, and the outline of the larger unit, with places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from etl.datasets.check_parts import Asked
from etl.datasets.findings import LISTED, Finding, Findings, Severity
from etl.datasets.manifest_parts import GeographyPart
from maps.numbers import Language, format_number
from spatial.coverage_findings import coverage_findings, outline_findings
from spatial.errors import SpatialError

__all__ = ["tell_coverage", "tell_outline"]

_CLEAN = (
    'close it at the source, or say repair = ["coverage_clean"]; a wanted one: coverage = { gap = "off" }',
    'am Ursprung schließen, oder repair = ["coverage_clean"] angeben; ist sie gewollt: coverage = { gap = "off" }',
)
_SNAP = (
    'correct the border at the source, or say repair = ["snap"]',
    'die Grenze am Ursprung berichtigen, oder repair = ["snap"] angeben',
)
_BORDERS = (
    'correct the borders at the source, or say repair = ["subtract_overlaps"]',
    'die Grenzen am Ursprung berichtigen, oder repair = ["subtract_overlaps"] angeben',
)
_MOST_PLACES = 10_000  # of a kind, that are kept for the map beside those that are named
_BOTH: tuple[Language, Language] = ("en", "de")
_LOOK = ("look whether it is meant so", "prüfen, ob das so gemeint ist")
_OUTLINE = (
    "use boundaries of one edition for both levels, or leave out the file of the larger units",
    "für beide Ebenen Grenzen eines Gebietsstands verwenden, oder die Datei der größeren Einheiten weglassen",
)


def tell_coverage(
    frame: gpd.GeoDataFrame,
    level: GeographyPart,
    file: str,
    srid: int,
    findings: Findings,
    *,
    is_whole: bool = True,
) -> None:
    """Add a finding for every place where areas (valid, with `number` and `area_id`) do not fit together.

    Without `is_whole` areas are lacking, and gaps are not told. Overlaps that are no slivers, and areas with the same
    geometry, are always errors: a place belongs to one area.
    """
    asked = level.coverage
    shapes = gpd.GeoSeries(frame.geometry.to_numpy(), index=frame["number"].astype(str), crs=frame.crs)
    try:
        found = coverage_findings(shapes, sliver_width=asked.sliver_width).findings
    except SpatialError as error:
        findings.error(file, str(error), "correct the geometry at the source")
        return
    keys = dict(zip(shapes.index, frame["area_id"].astype(str), strict=True))
    drawn = level.grid is not None or level.tiles is not None
    serious: dict[str, Asked] = {
        "overlap": "error",
        "duplicate": "error",
        "gap": asked.gap,
        "sliver_gap": asked.sliver,
        "sliver_overlap": asked.sliver,
        "edge": asked.edge,
        "island": asked.island,
        "multipart": asked.multipart,
    }
    for kind, rows in _places(found).groupby("kind", sort=False):
        severity = serious[str(kind)]
        if severity == "off" or (drawn and severity != "error"):
            continue
        if not is_whole and kind in ("gap", "sliver_gap"):
            continue
        if kind in ("island", "multipart"):
            findings.add(_listed(str(kind), severity, rows, keys, len(frame), file, srid))
            continue
        findings.extend(_told(str(kind), severity, rows, keys, file, srid))


def tell_outline(
    areas: gpd.GeoDataFrame,
    above: gpd.GeoDataFrame,
    level: GeographyPart,
    upper: GeographyPart,
    srid: int,
    findings: Findings,
) -> None:
    """Add a finding for every place where areas together are not the larger unit, which has a file of its own."""
    severity = level.coverage.outline
    if severity == "off":
        return
    units = above.set_index("area_id").geometry
    parents = areas.set_index("area_id")["parent_id"]
    try:
        found = outline_findings(
            areas.set_index("area_id").geometry,
            parents.where(parents.isin(units.index)),
            units,
            tolerance=level.coverage.outline_width,
        ).findings
    except SpatialError as error:
        findings.error(level.file, str(error), "correct the geometry at the source")
        return
    for kind, rows in found.groupby("kind", sort=False):
        told = []
        for row in rows.head(LISTED).itertuples():
            unit, size = f"{upper.id} {row.area_ids[0]}", row.square_metres
            what = (
                f"the areas of {unit} lie with {_number(size)} m² outside of it",
                f"die Gebiete von {unit} liegen mit {_number(size, 'de')} m² außerhalb",
            )
            if kind == "missing_in_parent":
                what = (
                    f"{_number(size)} m² of {unit} lie in none of its areas",
                    f"{_number(size, 'de')} m² von {unit} liegen in keinem seiner Gebiete",
                )
            told.append(
                _finding(str(kind), severity, level.file, what, _OUTLINE, geometry=row.geometry, srid=srid)
            )
        findings.extend([*told, *_rest(str(kind), severity, rows, level.file, _OUTLINE, srid)])


def _places(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row per place; overlaps of the same areas are one, and those of doubled areas are told as doubled."""
    doubled = [set(ids) for ids in found.loc[found["kind"] == "duplicate", "area_ids"]]
    inside = [
        kind == "overlap" and any(set(ids) <= group for group in doubled)
        for kind, ids in zip(found["kind"], found["area_ids"], strict=True)
    ]
    found = found[~np.array(inside, dtype=bool)]
    overlaps = found[found["kind"] == "overlap"]
    if not overlaps["area_ids"].duplicated().any():
        return found
    joined = overlaps.dissolve(by="area_ids", aggfunc={"square_metres": "sum", "length": "sum"}, sort=False)
    joined = joined.reset_index().assign(kind="overlap").sort_values("square_metres", ascending=False)
    return gpd.GeoDataFrame(
        pd.concat([joined[list(found.columns)], found[found["kind"] != "overlap"]], ignore_index=True),
        crs=found.crs,
    )


def _told(
    kind: str, severity: Severity, rows: gpd.GeoDataFrame, keys: Mapping[str, str], file: str, srid: int
) -> Iterable[Finding]:
    """Return a finding for each of the largest places, and one for the rest."""
    todo = _LOOK
    told = []
    for row in rows.head(LISTED).itertuples():
        areas = sorted(keys[one] for one in row.area_ids)
        what, todo = _sentence(kind, row.square_metres, row.length, areas)
        place = _features(row.area_ids) if kind in ("overlap", "duplicate") else ""
        told.append(_finding(kind, severity, file, what, todo, place=place, geometry=row.geometry, srid=srid))
    return [*told, *_rest(kind, severity, rows, file, todo, srid)]


def _sentence(
    kind: str, size: float, length: float, areas: list[str]
) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return what is wrong and what to do, each in English and German."""
    one = len(areas) == 1
    english, german = _named(areas, "and"), _named(areas, "und")
    small = 0 < size < 0.05  # [m²] written with one decimal it would be 0
    metres, metres_de = ("under 0.1", "unter 0,1") if small else (_number(size), _number(size, "de"))
    wide, wide_de = (_number(2 * size / max(length, 1e-9), word, 2) for word in _BOTH)
    long, long_de = _number(length), _number(length, "de")
    sentences: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
        "overlap": (
            (
                f"areas {english} overlap by {metres} m²",
                f"die Gebiete {german} überlappen sich auf {metres_de} m²",
            ),
            _BORDERS,
        ),
        "duplicate": (
            (f"areas {english} have the same geometry", f"die Gebiete {german} haben dieselbe Geometrie"),
            ("deliver each area with its own geometry", "jedes Gebiet mit seiner eigenen Geometrie liefern"),
        ),
        "gap": (
            (
                f"there is a gap of {metres} m² {'inside area' if one else 'between areas'} {english}",
                f"{'im Gebiet' if one else 'zwischen den Gebieten'} {german} ist eine Lücke von {metres_de} m²",
            ),
            _CLEAN,
        ),
        "sliver_gap": (
            (
                f"there is a sliver of {metres} m², {wide} m wide, {'inside area' if one else 'between areas'} {english}",
                f"{'im Gebiet' if one else 'zwischen den Gebieten'} {german} ist ein Spalt von {metres_de} m²,"
                f" {wide_de} m breit",
            ),
            _SNAP,
        ),
        "sliver_overlap": (
            (
                f"areas {english} overlap in a sliver of {metres} m², {wide} m wide",
                f"die Gebiete {german} überlappen sich in einem Streifen von {metres_de} m², {wide_de} m breit",
            ),
            _SNAP,
        ),
        "edge": (
            (
                f"the border of {'area' if one else 'areas'} {english} has {long} m without common vertices",
                f"die Grenze {'des Gebiets' if one else 'der Gebiete'} {german} hat auf {long_de} m keine gemeinsamen"
                " Stützpunkte",
            ),
            _SNAP,
        ),
    }
    return sentences[kind]


def _listed(
    kind: str,
    severity: Severity,
    rows: gpd.GeoDataFrame,
    keys: Mapping[str, str],
    areas: int,
    file: str,
    srid: int,
) -> Finding:
    """Return one finding for all areas without a neighbour, or of several parts."""
    named = [keys[ids[0]] for ids in rows["area_ids"]]
    shown, many = _named(named, "and"), f"{len(named)} of {areas}"
    one = len(named) == 1
    shown_de = _named(named, "und")
    what = (
        f"{many} areas {'touches' if one else 'touch'} no other area: {shown}",
        f"{len(named)} von {areas} Gebieten {'berührt' if one else 'berühren'} kein anderes: {shown_de}",
    )
    if kind == "multipart":
        size = float(rows["square_metres"].sum())
        what = (
            f"{many} areas {'has' if one else 'have'} several parts, the smaller ones {_number(size)} m²: {shown}",
            f"{len(named)} von {areas} Gebieten {'hat' if one else 'haben'} mehrere Teile, die kleineren"
            f" {_number(size, 'de')} m²: {shown_de}",
        )
    whole = shapely.union_all(rows.geometry.to_numpy())
    return _finding(kind, severity, file, what, _LOOK, geometry=whole, srid=srid)


def _rest(
    kind: str, severity: Severity, rows: gpd.GeoDataFrame, file: str, todo: tuple[str, str], srid: int
) -> Iterable[Finding]:
    """Count what is not named; its places are kept together."""
    rest = rows.iloc[LISTED:]
    if rest.empty:
        return
    size = float(rest["square_metres"].sum())
    what = (
        f"{len(rest):,} more of the same kind, together {_number(size)} m²",
        f"{format_number(len(rest), 0, 'de')} weitere derselben Art, zusammen {_number(size, 'de')} m²",
    )
    places = shapely.geometrycollections(shapely.get_parts(rest.geometry.to_numpy()[:_MOST_PLACES]))
    yield _finding(kind, severity, file, what, todo, geometry=places, srid=srid)


def _finding(
    kind: str,
    severity: Severity,
    file: str,
    what: tuple[str, str],
    todo: tuple[str, str],
    *,
    place: str = "",
    geometry: shapely.Geometry | None = None,
    srid: int | None = None,
) -> Finding:
    return Finding(
        severity=severity,
        check=kind,
        file=file,
        place=place,
        what=what[0],
        todo=todo[0],
        german=(what[1], todo[1]),
        geometry=geometry,
        srid=None if geometry is None else srid,
    )


def _features(numbers: Iterable[str]) -> str:
    return f"features {_named(sorted(numbers, key=int), 'and')}"


def _named(keys: list[str], last: str) -> str:
    """Name up to five areas in words."""
    if len(keys) > 5:
        return ", ".join(keys[:5]) + " …"
    return f" {last} ".join(part for part in (", ".join(keys[:-1]), keys[-1]) if part)


def _number(number: float, language: Language = "en", decimals: int = 1) -> str:
    return format_number(number, decimals, language)
