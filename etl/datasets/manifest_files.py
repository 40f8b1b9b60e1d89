"""Where the files of a manifest lie, and which of those that need not be there are not."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from etl.datasets.findings import Findings
from etl.datasets.layouts import Read
from etl.datasets.manifest import Manifest
from etl.datasets.maps import companions
from etl.errors import FetchError

__all__ = ["all_lie_in", "paths_of", "reject_absent", "tell_absent"]

_GIVE_FOLDER = "give the folder with the files after --from"


def paths_of(
    manifest: Manifest, folder: Path | None, beside: Path | None, findings: Findings
) -> dict[str, Path]:
    """Return where the files lie by name, companions of Shapefiles included; all that are missing are told.

    Without a folder they are looked for `beside` the manifest. A file with an address counts only where it lies in the
    folder that was given.
    """
    root = folder or beside
    from_publishers = {one.file for one in manifest.downloads}
    if root is None and from_publishers >= set(manifest.files):
        return {}
    if root is None:
        raise FetchError("no folder is given", manifest.id, _GIVE_FOLDER)
    if not root.is_dir():
        raise FetchError("folder not found", str(root), _GIVE_FOLDER)
    paths: dict[str, Path] = {}
    for name in manifest.files:
        place = _place(manifest, root, name)
        if name in from_publishers and (folder is None or place is None):
            continue
        if place is None:
            if name not in manifest.optional_files:
                findings.error(
                    name, f"the file is not in {root}", "give the right folder with --from, or correct file"
                )
            continue
        found: dict[str, Path] = {}
        before = len(findings.errors)
        for one in companions(place / name):
            called = (Path(name).parent / one.name).as_posix()
            if not one.resolve().is_relative_to(place.resolve()):
                findings.error(
                    called, "the file is a link that leads out of the folder", "put the file itself there"
                )
            elif not one.is_file():
                findings.error(called, f"the file is not in {place}", "put the file itself there")
            else:
                found[called] = one
        if len(findings.errors) == before:  # half a Shapefile would be misread
            paths |= found
    return paths


def all_lie_in(manifest: Manifest, folder: Path) -> bool:
    """Whether every file that must be there is, and of those with an address at least one."""
    there = {name for name in manifest.files if _place(manifest, folder, name) is not None}
    needed = set(manifest.files) - manifest.optional_files - {one.file for one in manifest.downloads}
    return needed <= there and bool(there)


def tell_absent(manifest: Manifest, files: Collection[str], findings: Findings) -> None:
    """Add an error for every file that must be there and is not, unless the search for them has told already."""
    lacking = [name for name in manifest.files if name not in files and name not in manifest.optional_files]
    if not findings.errors:
        for name in lacking:
            findings.error(name, "the file is not there", _GIVE_FOLDER)


def reject_absent(manifest: Manifest, files: Collection[str], findings: Findings, read: Read) -> None:
    """Note the tables that need not be there and are not, and keep that with what was left out."""
    for name in manifest.files:
        if name in manifest.optional_files and name not in files:
            what = "the file is not there"
            findings.note(name, what, "nothing to do: the data set is whole without it")
            read.reject(name, pd.DataFrame({"file": [name]}, index=["all"]), what, unit="rows:")


def _place(manifest: Manifest, root: Path, name: str) -> Path | None:
    """Return the first of the folders that has a file."""
    places = [root, *(root / one for one in manifest.folders)]
    places += [root.resolve().parent / one for one in manifest.folders]
    return next((place for place in places if (place / name).is_file()), None)
