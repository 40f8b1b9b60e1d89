"""Which formats there are, and the files a data set becomes in each of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pyogrio.errors import DataSourceError, FeatureError
from xlsxwriter.exceptions import FileCreateError

from maps.exports.content import DataSet, require_published
from maps.exports.csv_files import GERMAN, ISO, Dialect, write_csv
from maps.exports.errors import ExportError
from maps.exports.fields import TABLES, Table
from maps.exports.map_files import (
    layer_name,
    write_converted_parquet,
    write_geopackage,
    write_geoparquet,
    write_layer_parquet,
)
from maps.exports.notes import notes_table
from maps.exports.tables import area_table, converted_table, indicator_table, value_table
from maps.exports.workbook import write_workbook

__all__ = ["FORMATS", "FileType", "Format", "WrittenFile", "write_files"]

Format = Literal["gpkg", "parquet", "csv", "csv-de", "xlsx"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileType:
    """How catalogues name a kind of file: media type (IANA) and file type (Publications Office of the EU)."""

    title: str
    title_en: str
    media_type: str
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFile:
    """A file of an export; text tables say which table they hold, and how it is written.

    `layer`: id of the layer that is all the file holds. `licence`, `attribution`: those of the data set when empty.
    """

    name: str
    format: Format
    title_de: str
    title_en: str
    table: Table | None = None
    dialect: Dialect | None = None
    layer: str = ""
    licence: str = ""
    attribution: str = ""


FORMATS: dict[Format, FileType] = {
    "gpkg": FileType(
        title="GeoPackage",
        title_en="GeoPackage",
        media_type="application/geopackage+sqlite3",
        authority="GPKG",
    ),
    "parquet": FileType(
        title="GeoParquet",
        title_en="GeoParquet",
        media_type="application/vnd.apache.parquet",
        authority="PARQUET",
    ),
    "csv": FileType(title="CSV", title_en="CSV", media_type="text/csv", authority="CSV"),
    "csv-de": FileType(title="CSV, deutsch", title_en="CSV, German", media_type="text/csv", authority="CSV"),
    "xlsx": FileType(
        title="XLSX",
        title_en="XLSX",
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        authority="XLSX",
    ),
}


def write_files(
    dataset: DataSet, folder: Path, formats: Collection[Format], *, progress: Callable[..., object] = str
) -> list[WrittenFile]:
    """Write a data set to a folder in some formats; each file has the name of the city in front.

    Raises
    ------
    WithheldNumberError
        If a withheld value has a number; nothing is written then.
    ExportError
        If a file cannot be written.
    """
    require_published(dataset.values)
    require_published(dataset.converted)
    written: list[WrittenFile] = []
    for name, kind in FORMATS.items():
        if name in formats:
            progress(kind.title)
            try:
                written += _WRITERS[name](dataset, folder)
            except (DataSourceError, FeatureError, FileCreateError) as error:
                raise ExportError(
                    f"cannot write the {kind.title} file: {error}; check space and permissions"
                ) from error
    return written


def _geopackage(dataset: DataSet, folder: Path) -> list[WrittenFile]:
    file = WrittenFile(
        name=f"{dataset.city}.gpkg",
        format="gpkg",
        title_de="Gebiete, alle Werte und Hinweise (GeoPackage)",
        title_en="Areas, all values and notes (GeoPackage)",
        licence=dataset.licence_of_all,
        attribution=dataset.attribution_of_all,
    )
    write_geopackage(dataset, folder / file.name)
    return [file]


def _geoparquet(dataset: DataSet, folder: Path) -> list[WrittenFile]:
    written = []
    for level in dataset.levels:
        file = WrittenFile(
            name=f"{dataset.city}-{level.id}.parquet",
            format="parquet",
            title_de=f"{level.title_de}: Werte und Umrisse (GeoParquet)",
            title_en=f"{level.title_en}: values and outlines (GeoParquet)",
        )
        write_geoparquet(dataset, level, folder / file.name)
        written.append(file)
    for layer in dataset.layers:
        file = WrittenFile(
            name=f"{dataset.city}-{layer_name(layer)}.parquet",
            format="parquet",
            title_de=f"{layer.title_de} (GeoParquet)",
            title_en=f"{layer.title_en} (GeoParquet)",
            layer=layer.id,
            licence=layer.licence,
            attribution=layer.attribution,
        )
        write_layer_parquet(layer, folder / file.name)
        written.append(file)
    if len(dataset.converted):
        table = TABLES["converted_values"]
        file = WrittenFile(
            name=f"{dataset.city}-{table.name}.parquet",
            format="parquet",
            title_de=f"{table.title_de} (Parquet)",
            title_en=f"{table.title_en} (Parquet)",
        )
        write_converted_parquet(dataset, folder / file.name)
        written.append(file)
    return written


def _workbook(dataset: DataSet, folder: Path) -> list[WrittenFile]:
    file = WrittenFile(
        name=f"{dataset.city}.xlsx",
        format="xlsx",
        title_de="Tabellen mit Methodenblatt (XLSX)",
        title_en="Tables with a method sheet (XLSX)",
    )
    write_workbook(dataset, folder / file.name)
    return [file]


def _text_tables(dataset: DataSet, folder: Path, name: Format, dialect: Dialect) -> list[WrittenFile]:
    language = dialect.language
    frames = {
        "values": value_table(dataset, language),
        "areas": area_table(dataset),
        "indicators": indicator_table(dataset, language),
        "notes": notes_table(dataset, language),
    }
    if len(dataset.converted):
        frames["converted_values"] = converted_table(dataset, language)
    written = []
    for table_name, frame in frames.items():
        table = TABLES[table_name]
        file = WrittenFile(
            name=f"{dataset.city}-{table.named(language)}.csv",
            format=name,
            title_de=f"{table.title_de} ({FORMATS[name].title})",
            title_en=f"{table.title_en} ({FORMATS[name].title_en})",
            table=table,
            dialect=dialect,
        )
        with (folder / file.name).open("w", encoding=dialect.encoding, newline="") as target:
            write_csv(frame, table, target, dialect)
        written.append(file)
    return written


_WRITERS: dict[Format, Callable[[DataSet, Path], list[WrittenFile]]] = {
    "gpkg": _geopackage,
    "parquet": _geoparquet,
    "csv": lambda dataset, folder: _text_tables(dataset, folder, "csv", ISO),
    "csv-de": lambda dataset, folder: _text_tables(dataset, folder, "csv-de", GERMAN),
    "xlsx": _workbook,
}
