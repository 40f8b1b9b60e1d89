"""The sample city's way in: generated on this machine, kept and read like the files of any other publisher."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from etl.datasets.numbers import read_cells
from etl.delivery import AREA_COLUMNS, REJECTED_COLUMNS, VALUE_COLUMNS, Delivery
from etl.errors import FetchError
from etl.raw import RawFile, RawStore
from etl.reading import content_of, read_layer, read_table
from etl.sample_city.delivery import CONFIDENTIALITY, LEVELS, delivery_from
from etl.sample_city.files import (
    ABOUT,
    AREAS,
    FILE_NAMES,
    KEY_COLUMNS,
    LAYER,
    OVERLAY_COLUMNS,
    OVERLAYS,
    VALUES,
    write_files,
)
from etl.sample_city.generate import build_city
from etl.sample_city.overlays import LAYERS
from etl.sample_city.parameters import SampleCityParameters, generator_version
from etl.source import Progress
from indicators.sample import SAMPLE_COUNTS
from maps.whole_files import write_whole

__all__ = ["SampleSource"]

_ATTRIBUTES = tuple(column for column in AREA_COLUMNS if column != "geometry")


class SampleSource:
    """Source of one sample city."""

    city_id = "sample"
    confidentiality = CONFIDENTIALITY

    def __init__(self, parameters: SampleCityParameters | None = None) -> None:
        self.parameters = parameters or SampleCityParameters()

    def fetch(self, store: RawStore, *, folder: Path | None, progress: Progress) -> Sequence[RawFile]:
        """Bring the files into the store: from `folder`, as made before, or made now."""
        if folder is not None:
            if not folder.is_dir():
                raise FetchError(
                    "folder not found",
                    str(folder),
                    "give the folder with the sample city's files after --from",
                )
            progress("keep raw files", None)
            return [store.keep(folder / name) for name in FILE_NAMES]
        known = self._known(store)
        if known is not None:
            return known
        city = build_city(self.parameters, progress)
        progress("sample city: write files", None)
        try:
            store.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".sample-city-", dir=store.root) as place:
                files = [self._keep(store, path) for path in write_files(city, Path(place))]
            self._remember(store, files)
        except (OSError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            reason = " ".join(str(getattr(error, "strerror", None) or error).split())
            raise FetchError(
                "cannot write the sample city's files",
                f"{store.root}: {reason}",
                "check free space and permissions, then load again",
            ) from error
        return files

    def clean(self, files: Sequence[RawFile], *, progress: Progress) -> Delivery:
        """Read the files back into a clean delivery."""
        by_name = {file.name: file for file in files}
        lacking = [name for name in FILE_NAMES if name not in by_name]
        if lacking:
            raise FetchError(
                "file not found", ", ".join(lacking), "fetch the sample city again and load again"
            )
        progress("read areas", 0.0)
        areas = _sorted(read_layer(by_name[AREAS], _ATTRIBUTES, layer=LAYER))
        progress("read values", 0.3)
        values, rejected = _values(by_name[VALUES])
        layers = {name: read_layer(by_name[OVERLAYS], OVERLAY_COLUMNS, layer=name) for name in LAYERS}
        return delivery_from(areas, values, rejected, layers, block_digits=_block_digits(by_name[ABOUT]))

    def _index(self, store: RawStore) -> Path:
        city = self.parameters
        name = f"sample-{city.blocks}-{city.seed}-{city.first_year}-{city.years}-{generator_version()}.json"
        return store.root / name

    def _known(self, store: RawStore) -> list[RawFile] | None:
        """Return the files made before by the same generator, if all of them are there and whole."""
        try:
            entries = json.loads(self._index(store).read_text(encoding="utf-8"))["files"]
            files = [
                RawFile(
                    name=str(entry["name"]),
                    path=store.root / str(entry["path"]),
                    sha256=str(entry["sha256"]),
                    size=int(entry["size"]),
                )
                for entry in entries
            ]
            whole = [file.name for file in files] == list(FILE_NAMES) and all(
                _is_whole(file) for file in files
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None  # no index yet, or one that cannot be read: the city is made anew
        return files if whole else None

    def _keep(self, store: RawStore, path: Path) -> RawFile:
        file = store.keep(path)
        if not _is_whole(file):
            # The store keeps what lies there under this checksum; a damaged copy has to make room first.
            file.path.unlink()
            file = store.keep(path)
        return file

    def _remember(self, store: RawStore, files: Sequence[RawFile]) -> None:
        entries = [
            {
                "name": file.name,
                "path": file.path.relative_to(store.root).as_posix(),
                "sha256": file.sha256,
                "size": file.size,
            }
            for file in files
        ]
        content = {"synthetic": True, "parameters": asdict(self.parameters), "files": entries}
        index = self._index(store)
        write_whole(index, (json.dumps(content, indent=2) + "\n").encode())


def _is_whole(file: RawFile) -> bool:
    try:
        with file.path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == file.sha256
    except OSError:
        return False


def _sorted(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the areas from the top level down, each level by key."""
    rank = areas["geography"].map({level.id: number for number, level in enumerate(LEVELS)})
    order = np.lexsort((areas["area_id"].astype(str).to_numpy(), rank.fillna(len(LEVELS)).to_numpy()))
    sorted_areas = areas.iloc[order].reset_index(drop=True)
    parents = [parent if isinstance(parent, str) else None for parent in sorted_areas["parent_id"]]
    sorted_areas["parent_id"] = pd.Series(parents, dtype=object)
    return sorted_areas[list(AREA_COLUMNS)]


def _values(file: RawFile) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one row per area, year and indicator, and what could not be read."""
    indicators = [indicator.id for indicator in SAMPLE_COUNTS]
    table = read_table(file, (*KEY_COLUMNS, *indicators))
    line = np.repeat(np.arange(len(table)), len(indicators))
    texts = pd.Series(table[indicators].to_numpy(dtype=object).ravel(), dtype=object)
    value, status, readable = read_cells(texts)
    dates = {period: _reference_date(period) for period in table["period"].unique()}
    dated = table["period"].map(lambda period: dates[period] is not None).to_numpy(dtype=bool)
    keys = ("geography", "area_id", "period")
    long = pd.DataFrame({column: table[column].to_numpy(dtype=object)[line] for column in keys})
    long["indicator_id"] = np.tile(np.array(indicators, dtype=object), len(table))
    long["reference_date"] = np.array([dates[period] for period in table["period"]], dtype=object)[line]
    long["value"], long["status"] = value.to_numpy(), status.to_numpy()
    good = readable.to_numpy(dtype=bool) & dated[line]
    bad = np.flatnonzero(~good)
    rejected = pd.DataFrame(
        {
            "file": file.name,
            # Line 1 of the file is its header.
            "place": [f"line {line[cell] + 2}, column {long['indicator_id'][cell]}" for cell in bad],
            "reason": [
                "not a number or a sign" if dated[line[cell]] else "period is not a year" for cell in bad
            ],
            "content": [f"{long['period'][cell]}: {texts[cell]}" for cell in bad],
        },
        columns=list(REJECTED_COLUMNS),
    )
    return long.loc[good, list(VALUE_COLUMNS)].reset_index(drop=True), rejected


def _reference_date(period: str) -> date | None:
    return date(int(period), 12, 31) if len(period) == 4 and period.isdecimal() and int(period) > 0 else None


def _block_digits(file: RawFile) -> int:
    try:
        return int(json.loads(content_of(file).decode("utf-8"))["block_digits"])
    except (ValueError, KeyError, TypeError) as error:
        raise FetchError(
            f"{file.name} does not describe a sample city",
            "block_digits is missing",
            "fetch the sample city again",
        ) from error
