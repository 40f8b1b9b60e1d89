"""May a report be written to a path? Never over the data set itself, nor over a file that is no earlier report."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from etl.datasets.manifest import Manifest
from etl.errors import EtlError
from maps.validation.page import NOT_FOR_PUBLICATION

__all__ = ["require_beside_data", "require_free"]


def require_free(html: Path | None, gpkg: Path | None) -> None:
    """Raise `EtlError` unless both reports can be written without losing anything but an earlier report."""
    if html is not None and gpkg is not None and html.resolve() == gpkg.resolve():
        raise EtlError(f"--html and --gpkg are both {html}; give each its own file")
    for path, is_report in ((html, _is_page), (gpkg, _is_geopackage)):
        if path is None:
            continue
        if not path.parent.is_dir():
            raise EtlError(f"there is no folder {path.parent} for {path.name}; make it first")
        if path.is_dir():
            raise EtlError(f"{path} is a folder; give the name of a file in it")
        if path.exists() and not is_report(path):
            raise EtlError(
                f"{path} is there already and no earlier report; give another name, or move it away"
            )


def require_beside_data(
    reports: tuple[Path | None, ...], manifest: Manifest, written: Path, folder: Path
) -> None:
    """Raise `EtlError` when a report has the name of a file of the data set, whether that is there yet or not.

    `written`: where the manifest lies, `folder`: where its files lie or will be looked for.
    """
    own = {written.resolve(): written.name} | {(folder / name).resolve(): name for name in manifest.files}
    for path in reports:
        if path is not None and path.resolve() in own:
            raise EtlError(f"{path} is {own[path.resolve()]} of the data set; give the report another name")


def _is_page(path: Path) -> bool:
    try:
        return NOT_FOR_PUBLICATION[0] in path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, OSError):
        return False


def _is_geopackage(path: Path) -> bool:
    """Whether every layer of a GeoPackage is described as a report's; a look at it changes nothing."""
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            described = connection.execute("SELECT description FROM gpkg_contents").fetchall()
        finally:
            connection.close()
    except sqlite3.Error:
        return False
    return bool(described) and all(text == " · ".join(NOT_FOR_PUBLICATION) for (text,) in described)
