"""Write a data set to a folder: files, catalogue entries, a data package and checksums, all of it or nothing."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import geopandas as gpd

from etl.errors import EtlError
from maps.exports.content import DataSet
from maps.exports.formats import FORMATS, Format, WrittenFile, write_files
from maps.records.datapackage import datapackage, to_json
from maps.records.dcat import catalogue_graph, to_jsonld, to_turtle
from maps.records.entry import Distribution, Entry, entry_of, layer_entry

__all__ = ["CHECKSUMS", "ExportReport", "dataset_entry", "export_dataset"]

CHECKSUMS = "SHA256SUMS"
"""File with the checksum of every other one; also the sign that a folder is an export and may be replaced."""

_WGS84 = 4326
_CHUNK = 1 << 20
_BESIDE = (".aux.xml", "-wal", "-shm", "-journal")  # what programs leave beside a map file that they look at


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """What was written: name and size of every file."""

    city: str
    folder: str
    values: int
    indicators: int
    areas: int
    files: dict[str, int]

    def sentence(self) -> str:
        """Say it in one line for people."""
        size = sum(self.files.values()) / 1e6
        return (
            f"{self.folder}: {len(self.files)} files, {size:,.1f} MB; {self.city}: {self.values:,} values of"
            f" {self.indicators} indicators for {self.areas:,} areas"
        )


def export_dataset(
    dataset: DataSet,
    folder: Path,
    formats: Collection[Format],
    *,
    issued: datetime,
    address: str = "",
    publisher: str = "",
    contributor: str = "",
    progress: Callable[..., object] = str,
) -> ExportReport:
    """Write the files beside the folder and move them there when they are whole; an export that is there is replaced.

    Raises
    ------
    EtlError
        If the folder has something else in it.
    """
    with _replaced(folder) as unfinished:
        files = write_files(dataset, unfinished, formats, progress=progress)
        sizes = {one.name: (unfinished / one.name).stat().st_size for one in files}
        checksums = {one.name: _checksum(unfinished / one.name) for one in files}
        entry = dataset_entry(dataset, files, sizes, checksums, issued=issued)
        progress("catalogue")
        graph = catalogue_graph(
            [entry, *layer_entries(dataset, files, sizes, checksums, issued=issued)],
            title_de=f"Sozialraumdaten {dataset.city_title_de}",
            title_en=f"Social data of {dataset.city_title_en}",
            address=address,
            publisher=publisher,
            contributor=contributor,
        )
        package = to_json(datapackage(entry, files, sizes=sizes, checksums=checksums))
        texts = {
            "datapackage.json": package,
            "catalogue.ttl": to_turtle(graph),
            "catalogue.jsonld": to_jsonld(graph),
        }
        for name, text in texts.items():
            (unfinished / name).write_text(text, encoding="utf-8")
            sizes[name] = (unfinished / name).stat().st_size
            checksums[name] = _checksum(unfinished / name)
        lines = [f"{checksums[name]}  {name}\n" for name in sorted(checksums)]
        (unfinished / CHECKSUMS).write_text("".join(lines), encoding="utf-8")
        sizes[CHECKSUMS] = (unfinished / CHECKSUMS).stat().st_size
    return ExportReport(
        city=dataset.city,
        folder=str(folder),
        values=len(dataset.values),
        indicators=len(dataset.indicators),
        areas=sum(len(one.areas) for one in dataset.levels),
        files=sizes,
    )


def dataset_entry(
    dataset: DataSet,
    files: Collection[WrittenFile],
    sizes: dict[str, int],
    checksums: dict[str, str],
    *,
    issued: datetime,
) -> Entry:
    """Describe a data set that was written to files."""
    days = dataset.values["reference_date"].cat.categories
    shapes = gpd.GeoSeries(dataset.levels[0].areas.geometry)
    west, south, east, north = shapes.to_crs(_WGS84).total_bounds
    return entry_of(
        city=_city(dataset),
        sources=[asdict(one) for one in dataset.origins],
        levels=[
            {"title_de": one.title_de, "title_en": one.title_en, "edition": one.edition}
            for one in dataset.levels
        ],
        indicators=dataset.indicators,
        periods=dataset.periods,
        protection=(dataset.protection_de, dataset.protection_en),
        issued=issued,
        modified=dataset.changed_at,
        first=min(days),
        last=max(days),
        bbox=(float(west), float(south), float(east), float(north)),
        contact=dataset.contact,
        distributions=tuple(_distribution(one, dataset, sizes, checksums) for one in files if not one.layer),
    )


def layer_entries(
    dataset: DataSet,
    files: Collection[WrittenFile],
    sizes: dict[str, int],
    checksums: dict[str, str],
    *,
    issued: datetime,
) -> list[Entry]:
    """Describe the layers beside the areas that are in the files, each as a data set of its own."""
    entries = []
    for layer in dataset.layers:
        holding = [one for one in files if one.layer == layer.id or one.format == "gpkg"]
        west, south, east, north = gpd.GeoSeries(layer.features.geometry).to_crs(_WGS84).total_bounds
        if holding:
            entries.append(
                layer_entry(
                    layer.id,
                    layer,
                    city=_city(dataset),
                    features=len(layer.features),
                    issued=issued,
                    modified=dataset.changed_at,
                    bbox=(float(west), float(south), float(east), float(north)),
                    contact=dataset.contact,
                    distributions=tuple(
                        _distribution(one, dataset, sizes, checksums, of=layer.id) for one in holding
                    ),
                )
            )
    return entries


def _city(dataset: DataSet) -> dict[str, object]:
    return {
        "id": dataset.city,
        "title_de": dataset.city_title_de,
        "title_en": dataset.city_title_en,
        "is_synthetic": dataset.is_synthetic,
        "srid": dataset.srid,
    }


def _distribution(
    one: WrittenFile, dataset: DataSet, sizes: dict[str, int], checksums: dict[str, str], *, of: str = ""
) -> Distribution:
    """Return a file as a way to have a data set; `of`: the layer, of a file that others are in as well."""
    differs = bool(one.licence) and (one.licence, one.attribution) != (dataset.licence, dataset.attribution)
    return Distribution(
        id=f"file-{one.name}" if one.layer or not of else f"file-{one.name}-{of}",
        address=one.name,
        title_de=one.title_de,
        title_en=one.title_en,
        media_type=FORMATS[one.format].media_type,
        file_type=FORMATS[one.format].authority,
        size=sizes[one.name],
        sha256=checksums[one.name],
        licences=(one.licence,) if differs else (),
        attribution=one.attribution if differs else "",
    )


@contextmanager
def _replaced(folder: Path) -> Iterator[Path]:
    """Give a folder to write in, which takes the place of `folder` when everything went well."""
    folder = folder.absolute()
    _require_ours(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    workplace = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    unfinished, before = workplace / "new", workplace / "old"
    try:
        unfinished.mkdir()
        yield unfinished
        _require_ours(folder)
        if folder.exists():
            folder.rename(before)
        try:
            unfinished.rename(folder)
        except OSError:
            if before.exists():
                before.rename(folder)
            raise
    finally:
        shutil.rmtree(workplace, ignore_errors=True)


def _require_ours(folder: Path) -> None:
    """Refuse a folder with anything that no export has put there."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise EtlError(f"{folder} is a file; give a folder with --out")
    listed = {CHECKSUMS}
    if (folder / CHECKSUMS).is_file():
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
        listed |= {line.split("  ", 1)[1] for line in lines if "  " in line}
    listed |= {f"{name}{end}" for name in listed for end in _BESIDE}
    others = sorted(one.name for one in folder.iterdir() if one.name not in listed)
    if others:
        shown = ", ".join(others[:3]) + (" …" if len(others) > 3 else "")
        raise EtlError(
            f"{folder} has something in it that is no export: {shown}; give a folder of its own with --out"
        )


def _checksum(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
