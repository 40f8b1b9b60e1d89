"""What a check of values doubts, and how it is told: with the row of the file and the place on the map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import shapely

from etl.datasets.findings import LISTED, Finding, Findings, Severity
from etl.datasets.indicator_parts import confidentiality_of, indicators_of
from etl.datasets.manifest import Manifest
from etl.datasets.plausibility.origins import Origins
from maps.numbers import Language, format_number

__all__ = ["Both", "Doubt", "Shown", "tell_doubts"]

Both = tuple[str, str]  # the same in English and in German


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One doubt about a value, or about many when area or period are empty; the weightiest are told first.

    `earlier`: the period that it is compared with, if it is.
    """

    check: str
    severity: Severity
    geography: str
    indicator: str
    what: Both
    todo: Both
    area_id: str = ""
    period: str = ""
    earlier: str = ""
    weight: float = 0.0


class Shown:
    """Numbers and names in sentences: counts too small for publication are not told."""

    def __init__(self, manifest: Manifest, areas: Mapping[str, gpd.GeoDataFrame]) -> None:
        rules, indicators = confidentiality_of(manifest), indicators_of(manifest)
        counts = rules.rules(one.id for one in indicators)
        self._least = {name: 1 if one is None else one.minimum_count for name, one in counts.items()}
        self._titles = {one.id: one.title_de for one in indicators}
        self._levels = {one.id: one.title_de for one in manifest.geography}
        self._names = {
            level: dict(zip(frame["area_id"], frame["name"], strict=True)) for level, frame in areas.items()
        }

    def number(self, indicator: str, number: float) -> Both:
        """Return a number of an indicator, or that it is below the smallest count that is published."""
        least = self._least.get(indicator, 1)
        if 0 < number < least and float(number).is_integer():
            return f"fewer than {least}", f"weniger als {least}"
        return plain(number, "en"), plain(number, "de")

    def title(self, indicator: str) -> str:
        """Return the German name of an indicator, in quotation marks."""
        return f"„{self._titles.get(indicator, indicator)}“"

    def level(self, geography: str) -> str:
        """Return the German name of a level."""
        return self._levels.get(geography, geography)

    def area(self, geography: str, area_id: str) -> str:
        """Return the key of an area with its name."""
        name = self._names.get(geography, {}).get(area_id, area_id)
        return area_id if name == area_id else f"{area_id} ({name})"


def plain(number: float, language: Language) -> str:
    """Write a number with as many places as it needs, at most two."""
    decimals = next((one for one in (0, 1) if abs(round(number, one) - number) < 1e-9), 2)
    return format_number(number, decimals, language)


def tell_doubts(
    doubts: Iterable[Doubt],
    origins: Origins,
    areas: Mapping[str, gpd.GeoDataFrame],
    manifest: Manifest,
    findings: Findings,
) -> None:
    """Add a finding for each doubt; of very many of a kind only the weightiest, and how many more there are."""
    groups: dict[tuple[str, str, str, str], list[Doubt]] = {}
    for doubt in doubts:
        key = (doubt.check, doubt.severity, doubt.geography, doubt.indicator)
        groups.setdefault(key, []).append(doubt)
    for (check, _severity, geography, indicator), group in groups.items():
        group.sort(key=lambda one: (-one.weight, one.period, one.area_id))
        for doubt in group[:LISTED]:
            findings.add(_finding(doubt, origins, areas.get(geography), manifest))
        rest = group[LISTED:]
        if rest:
            file, _place, column = origins.of(geography, indicator, rest[0].area_id, rest[0].period)
            what = f"{len(rest):,} more of the same kind for {indicator}"
            findings.add(
                Finding(
                    severity=rest[0].severity,
                    check=check,
                    file=file or manifest.id,
                    column=column,
                    what=what,
                    todo=rest[0].todo[0],
                    german=(
                        f"{format_number(len(rest), 0, 'de')} weitere derselben Art zu {indicator}",
                        rest[0].todo[1],
                    ),
                )
            )


def _finding(doubt: Doubt, origins: Origins, areas: gpd.GeoDataFrame | None, manifest: Manifest) -> Finding:
    file, place, column = origins.of(doubt.geography, doubt.indicator, doubt.area_id, doubt.period)
    point = _point(areas, doubt.area_id, manifest.city.srid)
    return Finding(
        severity=doubt.severity,
        check=doubt.check,
        file=file or manifest.id,
        place=place,
        column=column,
        what=doubt.what[0],
        todo=doubt.todo[0],
        german=(doubt.what[1], doubt.todo[1]),
        geometry=point,
        srid=None if point is None else manifest.city.srid,
    )


def _point(areas: gpd.GeoDataFrame | None, area_id: str, srid: int) -> shapely.Point | None:
    """Return a point inside the area, when it is there, sound and in the city's CRS."""
    if areas is None or not area_id or areas.crs is None or areas.crs.to_epsg() != srid:
        return None
    shapes = areas.geometry.to_numpy()[(areas["area_id"] == area_id).to_numpy()]
    if not len(shapes) or shapely.is_missing(shapes[0]) or shapely.is_empty(shapes[0]):
        return None
    return shapely.point_on_surface(shapes[0]) if shapely.is_valid(shapes[0]) else shapes[0].centroid
