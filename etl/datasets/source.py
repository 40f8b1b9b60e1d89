"""A manifest as a source: it fetches the files it names and reads them into a clean delivery, like any other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from etl.checks import check
from etl.confidentiality import Confidentiality
from etl.datasets.access_rules import tell_impossible_access
from etl.datasets.downloads import download_all, tell_downloads
from etl.datasets.encodings import decoded
from etl.datasets.findings import LISTED, Findings
from etl.datasets.indicator_parts import confidentiality_of, indicators_of
from etl.datasets.layouts import Read, cells_of, reading_of, tell_lacking_columns
from etl.datasets.levels import Levels, read_levels
from etl.datasets.manifest import ConfidentialityPart, Manifest, TablePart
from etl.datasets.manifest_files import paths_of, reject_absent, tell_absent
from etl.datasets.manifest_reading import MANIFEST_NAME, manifest_file, manifest_of, read_manifest
from etl.datasets.nesting import add_up
from etl.datasets.overlays import read_overlays
from etl.datasets.packed import bytes_of
from etl.datasets.plausibility.checking import tell_implausible
from etl.datasets.plausibility.origins import Sheet
from etl.datasets.rasters.values import raster_values
from etl.datasets.services.http import Limits
from etl.datasets.stated_crs import tell_doubtful_srid
from etl.datasets.tables import Reading, read_sheet
from etl.datasets.upper_rows import rows_of_levels, tell_areas_without_row
from etl.datasets.values import Places, placed, values_from
from etl.delivery import REJECTED_COLUMNS, VALUE_COLUMNS, City, Delivery, Geography, Source
from etl.errors import DeliveryError, FetchError
from etl.raw import RawFile, RawStore
from etl.source import Progress
from indicators.known import known_indicators
from indicators.methods import Method, read_method, shipped_method
from indicators.methods.errors import DocumentError
from indicators.status import ValueStatus

__all__ = ["Inspection", "ManifestSource", "inspect", "open_source", "source_of_text"]

_PLACE = ["geography", "area_id", "indicator_id", "period"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inspection:
    """What reading a data set came to: a delivery when nothing stood against it, and everything that was found."""

    delivery: Delivery | None
    findings: Findings
    counted: Mapping[str, int]
    areas: Mapping[
        str, gpd.GeoDataFrame
    ]  # by level, also those with errors: to show where something is wrong

    def __repr__(self) -> str:
        return f"Inspection({self.delivery!r}, {len(self.findings.errors)} errors)"


class ManifestSource:
    """One data set's way in; without a folder the files are looked for beside the manifest."""

    def __init__(
        self,
        manifest: Manifest,
        text: str,
        *,
        beside: Path | None = None,
        methods: Mapping[str, str] | None = None,
    ) -> None:
        self.manifest, self.text, self.beside = manifest, text, beside
        self.methods = dict(methods or {})
        self.city_id = manifest.city.id
        self.confidentiality: Confidentiality = confidentiality_of(manifest)
        self.limits = Limits()  # of downloads; size and time in all are said by the manifest

    def fetch(self, store: RawStore, *, folder: Path | None, progress: Progress) -> Sequence[RawFile]:
        """Keep the manifest and every file it names in the store; what is to be downloaded is."""
        progress("keep raw files", None)
        findings = Findings()
        kept = [store.keep_bytes(self.text.encode(), name=MANIFEST_NAME)]
        for name, path in paths_of(self.manifest, folder, self.beside, findings).items():
            kept.append(replace(store.keep(path), name=name))
        kept += self._downloaded(kept, store, findings, progress)
        self._require_none(findings, kept, progress)
        return kept

    def files_in_place(
        self,
        folder: Path | None,
        *,
        store: RawStore | None = None,
        progress: Progress | None = None,
        told: Findings | None = None,
    ) -> Sequence[RawFile]:
        """Return the files where they lie, without keeping a copy: to look at them only.

        Downloads are kept in the store, so that a load that follows need not fetch them again. What is missing is
        told to `told`, or raised where there is none.
        """
        findings = Findings() if told is None else told
        text = self.text.encode()
        beside = self.beside or folder or Path()
        files = [
            RawFile(name=MANIFEST_NAME, path=beside, sha256=hashlib.sha256(text).hexdigest(), size=len(text))
        ]
        for name, path in paths_of(self.manifest, folder, self.beside, findings).items():
            with path.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
            files.append(RawFile(name=name, path=path, sha256=digest, size=path.stat().st_size))
        progress = progress or (lambda _name, _share: None)
        files += self._downloaded(files, store, findings, progress)
        if told is None:
            self._require_none(findings, files, progress)
        return files

    def _require_none(self, findings: Findings, files: Sequence[RawFile], progress: Progress) -> None:
        """Refuse when something is missing; the files that are there are looked at first, to tell everything at once."""
        if findings.errors:
            inspect(self.manifest, files, progress=progress, findings=findings)
        findings.require_none(self.manifest.id)

    def clean(self, files: Sequence[RawFile], *, progress: Progress) -> Delivery:
        """Read the raw files into a clean delivery, or raise a `DatasetError` with every finding."""
        found = inspect(self.manifest, files, progress=progress)
        if found.delivery is None:
            found.findings.require_none(self.manifest.id)
            raise FetchError("nothing could be read", self.manifest.id, "check the manifest")
        doubts = sum(one.severity == "warning" for one in found.findings.found)
        if doubts:
            progress(f"{doubts} warning(s), told by 'sozialraum check'", None)
        return replace(found.delivery, manifest=self.text)

    def status_methods(self) -> dict[str, Method]:
        """Return the status methods by period; of files only those that were kept with a load."""
        known = method_words(self.manifest)
        return {
            period: read_method(self.methods[name], file=name, known=known)
            if name in self.methods
            else shipped_method(name)
            for period, name in self.manifest.compute.methods.items()
            if name in self.methods or not name.endswith(".toml")
        }

    def _downloaded(
        self, there: Sequence[RawFile], store: RawStore | None, findings: Findings, progress: Progress
    ) -> list[RawFile]:
        """Return the files that are not there and have an address."""
        lacking = [one for one in self.manifest.downloads if one.file not in {file.name for file in there}]
        if lacking and store is None:
            raise FetchError(
                "there is no place to keep downloads", self.manifest.id, "give the files with --from"
            )
        if not lacking or store is None:
            return []
        return download_all(
            lacking,
            store,
            findings,
            box=self.manifest.city.box,
            limits=self.limits,
            progress=progress,
            optional=self.manifest.optional_files,
        )


def open_source(where: Path) -> ManifestSource:
    """Return the source that a folder with a manifest, or a manifest, stands for."""
    path = manifest_file(where)
    manifest = read_manifest(path)
    return ManifestSource(manifest, path.read_text(encoding="utf-8-sig"), beside=path.parent)


def source_of_text(text: str, methods: Mapping[str, str]) -> ManifestSource:
    """Return the source of a manifest that was kept with a load, and of the methods it names."""
    return ManifestSource(manifest_of(text), text, methods=methods)


def method_words(manifest: Manifest) -> frozenset[str]:
    """Return the indicators that a method of the city may name."""
    return known_indicators() | {one.id for one in manifest.indicator}


def _methods(manifest: Manifest, files: Mapping[str, RawFile], findings: Findings) -> dict[str, str]:
    """Return the texts of the method files; what is wrong with them is told with its line."""
    texts = {}
    for name in (one for one in manifest.method_files if one in files):
        try:
            texts[name], _encoding = decoded(bytes_of(files[name]), name, encoding="utf-8")
            read_method(texts[name], file=name, known=method_words(manifest))
        except FetchError as error:
            findings.failed(error, file=name)
        except DocumentError as error:
            for problem in error.problems:
                findings.error(
                    name, problem.reason, "see docs/methods/method-files.md", place=f"line {problem.line}"
                )
    return texts


def inspect(
    manifest: Manifest, files: Sequence[RawFile], *, progress: Progress, findings: Findings | None = None
) -> Inspection:
    """Read everything a manifest names, and collect everything that is wrong in one pass, after what is known already."""
    findings = Findings() if findings is None else findings
    found = _inspect(manifest, files, findings, progress=progress)
    findings.tell_once()
    return found


def _inspect(
    manifest: Manifest, files: Sequence[RawFile], findings: Findings, *, progress: Progress
) -> Inspection:
    read = Read()
    repairs: dict[str, int] = {}
    by_name = {file.name: file for file in files}
    tell_absent(manifest, by_name, findings)
    tell_downloads(by_name, findings)
    progress("read boundaries", 0.0)
    levels = read_levels(manifest, by_name, findings, read, repairs)
    methods = _methods(manifest, by_name, findings)
    overlays = read_overlays(manifest, by_name, findings, read, repairs)
    tell_doubtful_srid(manifest, by_name, findings)
    progress("read tables", 0.3)
    reject_absent(manifest, by_name, findings, read)
    sheets: dict[tuple[str, Reading], pd.DataFrame | None] = {}  # several tables may be in one file
    seen: list[Sheet] = []
    parts = [
        _table(manifest, table, by_name, levels, sheets, seen, findings, read) for table in manifest.table
    ]
    parts.append(raster_values(manifest, by_name, levels.areas, findings, read))
    values = pd.concat([part for group in parts for part in group], ignore_index=True) if any(parts) else None
    is_whole = len(levels.areas) == len(manifest.geography) and not findings.errors
    if values is not None:
        progress("check values", 0.6)
        if is_whole:
            values = _completed(manifest, levels, values, read)
            _tell_twice(manifest, values, findings)
        tell_implausible(manifest, levels, values, seen, findings, is_whole=is_whole)
    areas = {**levels.unsound, **levels.areas}
    if not is_whole or values is None or findings.errors:
        return Inspection(delivery=None, findings=findings, counted=read.counted, areas=areas)
    if manifest.confidentiality == ConfidentialityPart():
        findings.note(
            manifest.id,
            "the manifest has no word about confidentiality: counts below 5 and what gives them away are withheld",
            'say which profile holds in [confidentiality]; "as-published" for what is public already',
        )
    progress("add up", 0.8)
    values = _added_up(manifest, levels, values)
    tell_impossible_access(manifest, values, findings)
    delivery = replace(_delivery(manifest, levels, values, read, repairs), methods=methods, overlays=overlays)
    try:
        check(delivery)
    except DeliveryError as error:
        for problem in error.problems:
            what, _, todo = str(problem).rpartition("; ")
            findings.error(manifest.id, what or str(problem), todo if what else "correct it")
        return Inspection(delivery=None, findings=findings, counted=read.counted, areas=areas)
    return Inspection(delivery=delivery, findings=findings, counted=read.counted, areas=areas)


def _table(
    manifest: Manifest,
    table: TablePart,
    files: Mapping[str, RawFile],
    levels: Levels,
    sheets: dict[tuple[str, Reading], pd.DataFrame | None],
    seen: list[Sheet],
    findings: Findings,
    read: Read,
) -> list[pd.DataFrame]:
    """Read one table of every period; without areas to join it is read all the same, to tell what is wrong."""
    level = manifest.level(table.geography)
    made = []
    for period in table.periods or ("",):
        name = table.file.replace("{period}", period)
        if name not in files:
            continue  # it need not be there
        reading = reading_of(table)
        if (name, reading) not in sheets:
            sheets[name, reading] = read_sheet(files[name], reading, findings)
        frame = sheets[name, reading]
        if frame is None:
            continue
        if tell_lacking_columns(frame, table, name, findings):
            continue
        cells = cells_of(frame, table, file=name, period=period, findings=findings, read=read)
        joins = {one: levels.names(one) for one in (level.id, *table.upper_levels)}
        for part, rows in rows_of_levels(cells, table, manifest, joins):
            names = joins[part.geography]
            of_keys = dict.fromkeys(rows["key"].astype(str), "")
            places = Places(manifest.level(part.geography), of_keys if names is None else names)
            known = None if names is None else places
            seen.append(Sheet(table=part, file=name, period=period, frame=frame, places=known))
            # Without areas to join the cells are judged all the same.
            if names is None:
                joined = rows.assign(area_id=rows["key"])
            else:
                joined = placed(rows, part, places, findings, read)
                tell_areas_without_row(joined, part, places, name, findings)
            made.append(values_from(joined, part, manifest, places, findings, read))
    return made


def _completed(manifest: Manifest, levels: Levels, values: pd.DataFrame, read: Read) -> pd.DataFrame:
    """Return the values with one for every area that a table has no row of: missing, or none there."""
    none_there = {
        (table.geography, one.indicator)
        for table in manifest.table
        if table.no_row == "zero"
        for one in table.value
    }
    series = ["geography", "indicator_id", "period"]
    areas = pd.concat([frame[["geography", "area_id"]] for frame in levels.areas.values()])
    found = values.groupby(series, sort=False)["reference_date"].agg(["first", "size"]).reset_index()
    found = found[found["size"] < found["geography"].map(areas["geography"].value_counts())]
    if found.empty:
        return values
    complete = (
        found.drop(columns="size").rename(columns={"first": "reference_date"}).merge(areas, on="geography")
    )
    there = values[[*series, "area_id", "value"]]
    lacking = complete.merge(there, how="left", on=[*series, "area_id"], indicator="there")
    lacking = lacking[lacking["there"] == "left_only"]
    is_zero = (
        pd.MultiIndex.from_frame(lacking[["geography", "indicator_id"]]).isin(list(none_there))
        if none_there
        else False
    )
    rows = lacking.assign(value=np.where(is_zero, 0.0, np.nan))
    rows["status"] = np.where(rows["value"] == 0, ValueStatus.ZERO.value, ValueStatus.MISSING.value).astype(
        object
    )
    for (geography, indicator, status), group in rows.groupby(["geography", "indicator_id", "status"]):
        read.count(f"{indicator}: {geography} without a row, called {status}", len(group))
    rows = rows[list(VALUE_COLUMNS)]
    return pd.concat([values, rows], ignore_index=True) if len(rows) else values


def _added_up(manifest: Manifest, levels: Levels, values: pd.DataFrame) -> pd.DataFrame:
    """Return the values with sums of counts for the levels that have none of their own."""
    counts = {one.id for one in indicators_of(manifest) if one.kind == "extensive"}
    counts -= {one.id for one in manifest.indicator if not one.add_up}
    for upper, lower in zip(reversed(manifest.geography[:-1]), reversed(manifest.geography[1:]), strict=True):
        below = values[(values["geography"] == lower.id) & values["indicator_id"].isin(counts)]
        if below.empty:
            continue
        areas = levels.areas[lower.id]
        parents = pd.Series(areas["parent_id"].to_numpy(), index=areas["area_id"].to_numpy())
        sums = add_up(below, parents, geography=upper.id)
        there = pd.MultiIndex.from_frame(values[_PLACE])
        values = pd.concat(
            [values, sums[~pd.MultiIndex.from_frame(sums[_PLACE]).isin(there)]], ignore_index=True
        )
    return values[list(VALUE_COLUMNS)]


def _tell_twice(manifest: Manifest, values: pd.DataFrame, findings: Findings) -> None:
    """Tell values that two tables, or a table and a raster, have."""
    for row in values[values.duplicated(_PLACE)].head(LISTED).itertuples():
        findings.error(
            manifest.id,
            f"{row.indicator_id} of area {row.area_id} in {row.period} comes from two tables",
            "say with periods or where which table counts",
            column=str(row.indicator_id),
        )


def _delivery(
    manifest: Manifest, levels: Levels, values: pd.DataFrame, read: Read, repairs: dict[str, int]
) -> Delivery:
    city, source, edition = manifest.city, manifest.source, manifest.edition
    geographies = tuple(
        Geography(
            id=level.id,
            parent=manifest.geography[number - 1].id if number else None,
            title_de=level.title_de,
            title_en=level.title_en,
            key_length=level.key_length,
            edition=edition.id,
            valid_from=edition.valid_from,
            valid_to=edition.valid_to,
        )
        for number, level in enumerate(manifest.geography)
    )
    left_out = [(one.file, one.place, one.reason, "") for one in manifest.left_out]
    rejected = [pd.DataFrame(left_out, columns=list(REJECTED_COLUMNS)), *read.rejected]
    return Delivery(
        city=City(
            id=city.id,
            title_de=city.title_de,
            title_en=city.title_en,
            srid=city.srid,
            is_synthetic=city.synthetic,
        ),
        source=Source(
            id=manifest.id,
            title_de=source.title_de,
            title_en=source.title_en,
            publisher=source.publisher,
            licence=source.licence,
            attribution=source.attribution,
            url=source.url,
        ),
        geographies=geographies,
        areas=levels.frame(city.srid),
        indicators=indicators_of(manifest),
        values=values,
        rejected=pd.concat(rejected, ignore_index=True),
        repairs=repairs,
        counted=dict(read.counted),
        confidentiality=confidentiality_of(manifest),
    )
