"""The levels of areas of a manifest: from files, grids or tiles, or made from the level below."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS, Transformer

from etl.datasets.city_place import city_box, tell_assumed
from etl.datasets.coverage import tell_outline
from etl.datasets.drawn import drawn_areas
from etl.datasets.features import keyed_features, require_sound
from etl.datasets.findings import Findings
from etl.datasets.keys import KeyRule, tidy
from etl.datasets.layouts import Read
from etl.datasets.manifest import Manifest
from etl.datasets.manifest_parts import GeographyPart, NamesPart
from etl.datasets.maps import read_map
from etl.datasets.mending import mended_areas
from etl.datasets.nesting import dissolve
from etl.datasets.odd_texts import tell_odd_texts
from etl.datasets.patterns import LONGEST, cut_out
from etl.datasets.placing import CityBox, as_multipolygons, place_in_city
from etl.datasets.tables import Reading, read_sheet
from etl.delivery import AREA_COLUMNS
from etl.errors import DeliveryError, FetchError
from etl.raw import RawFile

__all__ = ["Levels", "read_levels"]


@dataclass(slots=True)
class Levels:
    """The areas of each level, from the top down, as far as they could be read."""

    areas: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    unsound: dict[str, gpd.GeoDataFrame] = field(
        default_factory=dict
    )  # with keys, but with errors in geometry

    def names(self, level: str) -> dict[str, str] | None:
        """Return the names of the areas of a level by key, as far as tables can be joined; None without keys."""
        frame = self.areas.get(level, self.unsound.get(level))
        return None if frame is None else dict(zip(frame["area_id"], frame["name"], strict=True))

    def frame(self, srid: int) -> gpd.GeoDataFrame:
        """Return all areas with `AREA_COLUMNS`, from the top down."""
        parts = [one[list(AREA_COLUMNS)] for one in self.areas.values()]
        return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=f"EPSG:{srid}")


def read_levels(
    manifest: Manifest, files: Mapping[str, RawFile], findings: Findings, read: Read, repairs: dict[str, int]
) -> Levels:
    """Read or make every level, from the lowest up; one with errors is left out and so are those made of it."""
    made: dict[str, gpd.GeoDataFrame] = {}
    unsound: dict[str, gpd.GeoDataFrame] = {}
    below: gpd.GeoDataFrame | None = None
    for number in reversed(range(len(manifest.geography))):
        level = manifest.geography[number]
        above = manifest.geography[number - 1] if number else None
        maker = _Level(manifest, level, above, files, findings, read, repairs)
        frame = maker.from_below(below) if maker.is_made else maker.from_file()
        if maker.unsound is not None:
            unsound[level.id] = maker.unsound
        if frame is not None:
            made[level.id] = frame
        below = frame
    for upper, lower in pairwise(manifest.geography):
        if upper.file and lower.file and upper.id in made and lower.id in made:
            tell_outline(made[lower.id], made[upper.id], lower, upper, manifest.city.srid, findings)
    return Levels({level.id: made[level.id] for level in manifest.geography if level.id in made}, unsound)


class _Level:
    """One level while it is read."""

    def __init__(
        self,
        manifest: Manifest,
        level: GeographyPart,
        above: GeographyPart | None,
        files: Mapping[str, RawFile],
        findings: Findings,
        read: Read,
        repairs: dict[str, int],
    ) -> None:
        self.manifest, self.level, self.above = manifest, level, above
        self.files, self.findings, self.read, self.repairs = files, findings, read, repairs
        self.srid = manifest.city.srid
        self.unsound: gpd.GeoDataFrame | None = None

    @property
    def is_made(self) -> bool:
        """Whether the level is made from the one below."""
        return not (self.level.file or self.level.grid or self.level.tiles)

    def from_file(self) -> gpd.GeoDataFrame | None:
        """Read the level from its file, grid or tiles; None when it has errors, or is not there."""
        if self._file not in self.files:
            return None
        before = len(self.findings.errors)
        try:
            raw = self._drawn() if self.level.grid or self.level.tiles else self._map()
        except FetchError as error:
            self.findings.failed(error, file=self._file)
            return None
        frame = raw
        if raw is not None:
            frame = keyed_features(raw, self.level, self._file, self.findings, self.read, self.repairs)
        if frame is None:
            return None
        if self.level.area_id:
            frame = frame.assign(area_id=self.level.area_id, name=self.level.area_name)
        frame = frame.assign(parent_id=self._parents(frame))
        self.unsound = frame
        if self.above is not None:
            lost = frame["parent_id"].isna() | frame["parent_id"].isin(("", "nan", "None"))
            self.findings.each(
                self._file,
                (
                    (f"feature {number}", f"area {key} has no {self.above.id}")
                    for number, key in frame.loc[lost, ["number", "area_id"]].to_numpy()
                ),
                "give it the key of the area it lies in, or correct parent_key or parent_pattern",
                column=self.level.parent_key,
            )
        placed = None if self._tell_strays(frame) else self._placed(frame)
        if placed is None:
            return None
        frame = mended_areas(placed, self.level, self.repairs)
        require_sound(frame, self.level, self._file, self.srid, self.findings)
        self.unsound = frame
        if len(self.findings.errors) > before:
            return None
        self.unsound = None
        frame = as_multipolygons(frame).sort_values("area_id", ignore_index=True)
        return frame.assign(geography=self.level.id)

    def from_below(self, below: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
        """Make the level by dissolving the one below."""
        if below is None:
            return None
        parents = below["parent_id"]
        names = self._names(below)
        if names is None:
            return None
        keys = sorted(parents.unique())
        rule = KeyRule(length=self.level.key_length)
        wrong = [(f"area {key}", problem) for key in keys if (problem := rule.problem(key))]
        for place, (what, todo) in wrong:
            self.findings.error(self._below_file, what, todo, place=place, column=f"{self.level.id}")
        nameless = [key for key in keys if key not in names.index]
        for key in nameless:
            self.findings.error(
                self._below_file,
                f"{self.level.id} {key} has areas below it but no name",
                "add it to names, names_from or parent_name",
            )
        if wrong or nameless:
            return None
        above = None
        if self.above is not None:
            above = pd.Series({key: self._parent_of(key, below) for key in keys}, dtype=object)
        return dissolve(below, parents, geography=self.level.id, names=names, parent_of=above)

    @property
    def _file(self) -> str:
        part = self.level.grid or self.level.tiles
        return part.file if part is not None else self.level.file

    @property
    def _below_file(self) -> str:
        number = self.manifest.geography.index(self.level) + 1
        lower = self.manifest.geography[number] if number < len(self.manifest.geography) else self.level
        return lower.file or "manifest"

    def _map(self) -> gpd.GeoDataFrame:
        level = self.level
        return read_map(self.files, level.file, layer=level.layer, crs=level.crs, encoding=level.encoding)

    def _drawn(self) -> gpd.GeoDataFrame | None:
        """Return cells of a grid, or tiles for areas of which no boundaries are delivered."""
        table = read_sheet(self.files[self._file], Reading(), self.findings)
        if table is None:
            return None
        return drawn_areas(table, self.level, self.srid, self.repairs)

    def _placed(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
        """Bring the areas into the CRS of the city; None, and a finding, when they lie in the city under no reading."""
        told: dict[str, int] = {}
        try:
            placed = place_in_city(frame, box=self._box(), srid=self.srid, place=self._file, repairs=told)
        except FetchError as error:
            self.findings.failed(error, file=self._file)
            return None
        except DeliveryError as error:
            for problem in error.problems:
                what, _, todo = str(problem).rpartition("; ")
                self.findings.error(self._file, what, todo)
            return None
        self.repairs.update({f"{self.level.id}: {what}": count for what, count in told.items()})
        tell_assumed(self._file, told, self.srid, self.findings)
        return placed

    def _tell_strays(self, frame: gpd.GeoDataFrame) -> bool:
        """Tell the features that lie outside the city while others lie inside: other axes, or another CRS."""
        bounds = frame.geometry.bounds.to_numpy()
        there = np.isfinite(bounds).all(axis=1)
        to_degrees = Transformer.from_crs(CRS.from_user_input(frame.crs), CRS.from_epsg(4326), always_xy=True)
        x, y = to_degrees.transform((bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2)
        box = self._box()
        inside = (x >= box.west) & (x <= box.east) & (y >= box.south) & (y <= box.north)
        strays = there & ~inside
        if not inside.any() or not strays.any():
            return False  # all of them lie wrong, or none: the whole layer is placed together
        told = zip(
            frame["number"].to_numpy()[strays],
            frame["area_id"].to_numpy()[strays],
            x[strays],
            y[strays],
            strict=True,
        )
        self.findings.each(
            self._file,
            (
                (f"feature {number}", f"area {key} lies at {lon:.4g}, {lat:.4g}, outside the city")
                for number, key, lon, lat in told
            ),
            "check its coordinates: the order of the axes, or another CRS than the rest",
        )
        return True

    def _box(self) -> CityBox:
        return city_box(self.manifest)

    def _parents(self, frame: gpd.GeoDataFrame) -> pd.Series | None:
        if self.above is None:
            return pd.Series(None, index=frame.index, dtype=object)
        if self.level.parent_key:
            keys = frame["parent_key"]
            return keys.str.zfill(self.above.key_length) if self.above.zero_fill else keys
        if self.level.parent_prefix:
            return frame["area_id"].str[: self.level.parent_prefix]
        if self.level.parent_pattern:
            return cut_out(frame["area_id"], self.level.parent_pattern)
        return pd.Series(self.above.area_id, index=frame.index, dtype=object)

    def _parent_of(self, key: str, below: gpd.GeoDataFrame) -> str:
        if self.above is None or self.above.area_id:
            return self.above.area_id if self.above else ""
        if self.level.parent_pattern:
            found = re.search(self.level.parent_pattern, key[:LONGEST])
            return found[1] if found else ""
        return key[: self.level.parent_prefix]

    def _names(self, below: gpd.GeoDataFrame) -> pd.Series | None:
        if self.level.area_id:
            return pd.Series({self.level.area_id: self.level.area_name})
        if self.level.names_from is not None:
            return self._names_from(self.level.names_from)
        if self.level.names:
            return pd.Series(dict(self.level.names))
        if "parent_name" in below.columns:
            pairs = below.drop_duplicates("parent_id")
            return pd.Series(pairs["parent_name"].to_numpy(), index=pairs["parent_id"].to_numpy())
        keys = below["parent_id"].unique()
        return pd.Series(keys, index=keys)

    def _names_from(self, part: NamesPart) -> pd.Series | None:
        if part.file not in self.files:
            return None
        reading = Reading(sheet=part.layer)
        table = read_sheet(self.files[part.file], reading, self.findings)
        if table is None:
            return None
        lacking = [name for name in (part.key, part.name) if name not in table.columns]
        for name in lacking:
            self.findings.error(part.file, f"there is no column {name!r}", "correct names_from", column=name)
        if lacking:
            return None
        told = ((f"row {row}", tidy(name)) for row, name in table[part.name].items())
        tell_odd_texts(part.file, told, self.findings, column=part.name)
        rule = KeyRule(pattern=part.key_pattern, length=self.level.key_length)
        keys = table[part.key].map(rule.key)
        names = pd.Series(table[part.name].to_numpy(), index=keys.to_numpy())
        return names[~names.index.duplicated()]
