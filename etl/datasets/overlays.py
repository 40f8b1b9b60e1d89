"""From the files of overlays to features in the CRS of the city: every doubt a finding, nothing kept that is not named."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from datetime import date, datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from etl.datasets.city_place import city_box, tell_assumed
from etl.datasets.findings import Findings
from etl.datasets.keys import tidy
from etl.datasets.layouts import Read, rows_where
from etl.datasets.manifest import Manifest
from etl.datasets.maps import read_map
from etl.datasets.numbers import NumberFormat, read_numbers
from etl.datasets.odd_texts import LONGEST_NAME, LONGEST_REMARK, tell_odd_texts
from etl.datasets.overlay_parts import OverlayPart
from etl.datasets.placing import place_in_city
from etl.datasets.tables import Reading, read_sheet
from etl.delivery import Overlay
from etl.errors import DeliveryError, FetchError
from etl.raw import RawFile

__all__ = ["read_overlays"]

_BEYOND = 0.1  # [degrees] facilities beyond the border count as well
_LINES = ("LineString", "MultiLineString")
_SHAPES = ("Point", "MultiPoint", *_LINES, "Polygon", "MultiPolygon")


def read_overlays(
    manifest: Manifest, files: Mapping[str, RawFile], findings: Findings, read: Read, repairs: dict[str, int]
) -> tuple[Overlay, ...]:
    """Read every overlay of a manifest; one with errors is left out, and its findings say why."""
    there = [part for part in manifest.overlay if part.file in files]
    found = [_Layer(manifest, part, findings, read, repairs).read_from(files) for part in there]
    return tuple(one for one in found if one is not None)


class _Layer:
    """One overlay while it is read."""

    def __init__(
        self,
        manifest: Manifest,
        part: OverlayPart,
        findings: Findings,
        read: Read,
        repairs: dict[str, int],
    ) -> None:
        self.manifest, self.part = manifest, part
        self.findings, self.read, self.repairs = findings, read, repairs

    def read_from(self, files: Mapping[str, RawFile]) -> Overlay | None:
        before, part = len(self.findings.errors), self.part
        try:
            raw = self._table(files) if part.x else self._map(files)
        except FetchError as error:
            self.findings.failed(error, file=part.file)
            return None
        if raw is None or self._lacks(raw):
            return None
        asked = rows_where(raw, part.where)
        self.read.count(f"{part.id}: features that the manifest does not ask for", int((~asked).sum()))
        raw = raw[asked]
        if raw.empty:
            self.findings.error(part.file, "no feature is left after where", "correct where")
            return None
        raw = self._flat(raw)
        self._require_sound(raw)
        if len(self.findings.errors) > before:
            return None
        placed = self._placed(raw)
        return None if placed is None else self._overlay(self._mended(placed))

    def _map(self, files: Mapping[str, RawFile]) -> gpd.GeoDataFrame:
        part = self.part
        return read_map(files, part.file, layer=part.layer, crs=part.crs, encoding=part.encoding)

    def _table(self, files: Mapping[str, RawFile]) -> gpd.GeoDataFrame | None:
        """Read a table of places; a row whose coordinates are no numbers is an error."""
        part = self.part
        reading = Reading(sheet=part.layer, encoding=part.encoding, decimal=part.decimal)
        table = read_sheet(files[part.file], reading, self.findings)
        if table is None or self._lacks(table):
            return None
        numbers, readable = {}, pd.Series(True, index=table.index)
        for column in (part.x, part.y):
            cells = read_numbers(table[column], NumberFormat(decimal=part.decimal, signs={}))
            self.findings.each(
                part.file,
                (
                    (f"row {row}", f"{table[column][row]!r} is no coordinate")
                    for row in table.index[~cells["readable"]]
                ),
                "correct the cell, or the decimal sign",
                column=column,
            )
            numbers[column] = cells["value"].to_numpy()
            readable &= cells["readable"]
        points = gpd.points_from_xy(numbers[part.x], numbers[part.y], crs=CRS.from_user_input(part.crs))
        return gpd.GeoDataFrame(table, geometry=points)[readable]  # the others have been told

    def _lacks(self, frame: pd.DataFrame) -> bool:
        part = self.part
        named = dict.fromkeys((part.x, part.y), "x and y") | dict.fromkeys(part.where, "where")
        named |= {part.name: "name"} | dict.fromkeys(part.properties, "properties")
        lacking = {name: key for name, key in named.items() if name and name not in frame.columns}
        has = ", ".join(str(name) for name in frame.columns if name != "geometry")
        for name, key in lacking.items():
            self.findings.error(
                part.file, f"there is no column {name!r}; it has {has}", f"correct {key}", column=name
            )
        return bool(lacking)

    def _flat(self, raw: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        shapes = raw.geometry.to_numpy()
        high = shapely.has_z(shapes)
        if not high.any():
            return raw
        self.repairs[f"{self.part.id}: heights of coordinates dropped"] = int(high.sum())
        return raw.set_geometry(gpd.GeoSeries(shapely.force_2d(shapes), index=raw.index, crs=raw.crs))

    def _require_sound(self, raw: gpd.GeoDataFrame) -> None:
        part, unit = self.part, "row" if self.part.x else "feature"
        shapes = raw.geometry.to_numpy()
        empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        allowed = _LINES if part.kind == "street" else _SHAPES
        foreign = ~empty & ~raw.geom_type.isin(allowed).to_numpy()
        broken = ~empty & ~foreign & ~shapely.is_valid(shapes)
        if "make_valid" in part.repair:
            broken &= False
        reasons = shapely.is_valid_reason(shapes)
        for wrong, what, todo in (
            (empty, "has no geometry", "give it its place, or leave it out with where"),
            (
                foreign,
                f"is no {'line' if part.kind == 'street' else 'point, line or polygon'}",
                "leave it out with where, or correct kind",
            ),
            (broken, "has an invalid geometry", 'repair it at the source, or say repair = ["make_valid"]'),
        ):
            why = reasons if what.endswith("invalid geometry") else raw.geom_type.to_numpy()
            told = zip(raw.index[wrong], why[wrong], strict=True)
            self.findings.each(
                part.file,
                (
                    (f"{unit} {number}", what if wrong is empty else f"{what} ({reason})")
                    for number, reason in told
                ),
                todo,
            )

    def _placed(self, raw: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
        """Bring the features into the CRS of the city; those that lie far from it while others lie in it are errors."""
        part, srid = self.part, self.manifest.city.srid
        box = city_box(self.manifest, beyond=_BEYOND)
        bounds = raw.geometry.bounds.to_numpy()
        to_degrees = Transformer.from_crs(CRS.from_user_input(raw.crs), CRS.from_epsg(4326), always_xy=True)
        x, y = to_degrees.transform((bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2)
        inside = (x >= box.west) & (x <= box.east) & (y >= box.south) & (y <= box.north)
        if inside.any() and not inside.all():
            unit = "row" if part.x else "feature"
            self.findings.each(
                part.file,
                (
                    (f"{unit} {raw.index[one]}", f"lies at {x[one]:.4g}, {y[one]:.4g}, far outside the city")
                    for one in np.flatnonzero(~inside)
                ),
                "correct its coordinates, or leave it out with where",
            )
            return None
        told: dict[str, int] = {}
        try:
            placed = place_in_city(raw, box=box, srid=srid, place=part.file, repairs=told)
        except FetchError as error:
            self.findings.failed(error, file=part.file)
            return None
        except DeliveryError as error:
            for problem in error.problems:
                what, _, todo = str(problem).rpartition("; ")
                self.findings.error(part.file, what, todo)
            return None
        self.repairs.update({f"{part.id}: {what}": count for what, count in told.items()})
        tell_assumed(part.file, told, srid, self.findings)
        return placed

    def _mended(self, placed: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Repair invalid geometry where the manifest says so; the parts that stay are of the kind there was."""
        shapes = placed.geometry.to_numpy()
        broken = ~shapely.is_valid(shapes)
        if not broken.any():
            return placed
        mended = shapes.copy()
        mended[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
        self.repairs[f"{self.part.id}: invalid geometry repaired (make_valid)"] = int(broken.sum())
        return placed.set_geometry(gpd.GeoSeries(mended, index=placed.index, crs=placed.crs))

    def _overlay(self, frame: gpd.GeoDataFrame) -> Overlay | None:
        part, source = self.part, self.manifest.source
        lost = shapely.is_empty(frame.geometry.to_numpy()) | ~shapely.is_valid(frame.geometry.to_numpy())
        if lost.any():
            self.findings.each(
                part.file,
                ((f"feature {number}", "nothing is left of its geometry") for number in frame.index[lost]),
                "correct it at the source",
            )
            return None
        names = frame[part.name].map(_text) if part.name else pd.Series("", index=frame.index)
        if self._has_odd_texts(names, frame):
            return None
        kept = frame[list(part.properties)].to_dict("records") if part.properties else [{}] * len(frame)
        features = gpd.GeoDataFrame(
            {
                "name": names.to_numpy(dtype=object),
                "properties": [{str(key): _plain(cell) for key, cell in row.items()} for row in kept],
            },
            geometry=frame.geometry.to_numpy(),
            crs=f"EPSG:{self.manifest.city.srid}",
        )
        return Overlay(
            id=part.id,
            kind=part.kind,
            title_de=part.title_de,
            title_en=part.title_en,
            as_of=part.as_of,
            publisher=part.publisher or source.publisher,
            licence=part.licence or source.licence,
            attribution=part.attribution or source.attribution,
            url=part.url or source.url,
            features=features,
        )

    def _has_odd_texts(self, names: pd.Series, frame: gpd.GeoDataFrame) -> bool:
        before, part = len(self.findings.errors), self.part
        unit = "row" if part.x else "feature"
        shown = [(part.name, names, LONGEST_NAME)]
        shown += [(one, frame[one].map(_text), LONGEST_REMARK) for one in part.properties]
        for column, texts, longest in shown:
            told = ((f"{unit} {number}", text) for number, text in texts.items())
            tell_odd_texts(part.file, told, self.findings, column=column, longest=longest)
        return len(self.findings.errors) > before


def _text(cell: Hashable) -> str:
    plain = _plain(cell)
    return "" if plain is None else tidy(str(plain))


def _plain(cell: Any) -> Any:
    """Return an attribute as JSON has it; what is not there is null."""
    if isinstance(cell, datetime | date):
        return None if pd.isna(cell) else cell.isoformat()
    if isinstance(cell, np.generic):
        cell = cell.item()
    if (
        cell is None
        or cell is pd.NaT
        or cell is pd.NA
        or (isinstance(cell, float) and not math.isfinite(cell))
    ):
        return None
    return cell if isinstance(cell, bool | int | float | str) else str(cell)
