"""GML for GDAL: attributes stay as they are written, no schema is fetched, and nothing beside the file is used."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyogrio

__all__ = ["gml_as_written"]

# A key 01 may be a number in a schema, and a long one loses its end. The address of a schema stands in the file and
# may lead anywhere.
_OPTIONS = {"GML_FIELDTYPES": "ALWAYS_STRING", "GML_DOWNLOAD_SCHEMA": "NO"}


@contextmanager
def gml_as_written(path: Path) -> Iterator[Path]:
    """Give GDAL a map while every attribute of GML is text; other formats are as always.

    GML lies alone in a folder meanwhile: schemas (.xsd) and guesses (.gfs) beside it would make numbers of keys, and
    GDAL would leave such guesses there. The rules hold for what is GML by its content, whatever its name.
    """
    before = {name: pyogrio.get_gdal_config_option(name) for name in _OPTIONS}
    pyogrio.set_gdal_config_options(_OPTIONS)
    try:
        if path.suffix.lower() != ".gml":
            yield path
            return
        with tempfile.TemporaryDirectory(prefix="sozialraum-gml-") as folder:
            alone = Path(folder) / path.name
            alone.symlink_to(path.resolve())
            yield alone
    finally:
        pyogrio.set_gdal_config_options(before)
