"""What can be told of files while their manifest is not right yet: those that are missing, and columns that are."""

from __future__ import annotations

from pathlib import Path

from etl.datasets.features import tell_lacking_attributes
from etl.datasets.findings import DatasetError, Finding
from etl.datasets.layouts import reading_of, tell_lacking_columns
from etl.datasets.manifest_files import paths_of
from etl.datasets.manifest_reading import Draft, draft_of, manifest_file, manifest_text
from etl.datasets.maps import read_map
from etl.datasets.tables import read_sheet
from etl.errors import FetchError
from etl.raw import RawFile

__all__ = ["first_look"]


def first_look(where: Path, folder: Path | None) -> list[Finding]:
    """Return everything that is wrong with a manifest, and with the files of those parts of it that are right."""
    written = manifest_file(where)
    try:
        draft = draft_of(manifest_text(written), name=written.name)
    except DatasetError as error:  # no TOML: nothing more can be told
        return list(error.findings)
    findings = draft.findings
    if any(one.column == "file" for one in findings.errors):  # which files are meant is not sure
        return findings.found
    try:
        paths = paths_of(draft.manifest, folder, written.parent, findings)
    except FetchError as error:
        findings.failed(error)
        return findings.found
    files = {
        name: RawFile(name=name, path=path, sha256="", size=path.stat().st_size)
        for name, path in paths.items()
    }
    _look_at_maps(draft, files)
    _look_at_tables(draft, files)
    return findings.found


def _look_at_maps(draft: Draft, files: dict[str, RawFile]) -> None:
    for number, level in enumerate(draft.manifest.geography):
        if level.file not in files or not draft.is_whole(("geography", number)):
            continue
        try:
            raw = read_map(files, level.file, layer=level.layer, crs=level.crs, encoding=level.encoding)
        except FetchError as error:
            draft.findings.failed(error, file=level.file)
        else:
            tell_lacking_attributes(raw, level, level.file, draft.findings)


def _look_at_tables(draft: Draft, files: dict[str, RawFile]) -> None:
    for number, table in enumerate(draft.manifest.table):
        if not draft.is_whole(("table", number)):
            continue
        for period in table.periods or ("",):
            name = table.file.replace("{period}", period)
            frame = read_sheet(files[name], reading_of(table), draft.findings) if name in files else None
            if frame is not None:
                tell_lacking_columns(frame, table, name, draft.findings)
