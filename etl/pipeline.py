"""raw → clean → loaded: the one way every data set takes into the database."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from etl.checks import check
from etl.datasets.source import ManifestSource
from etl.loading import LoadReport, checksum_of, load, unchanged_since
from etl.raw import RawStore
from etl.source import Progress, Source

__all__ = ["load_city"]


def load_city(
    engine: Engine,
    source: Source,
    store: RawStore,
    *,
    folder: Path | None,
    loaded_by: str,
    code_version: str,
    progress: Progress,
    dry_run: bool = False,
) -> LoadReport:
    """Fetch, clean, check and load one city; the same files with the same code change nothing.

    With `dry_run` the database stays as it is, and files that lie in a folder are not copied either.
    """
    progress("fetch", None)
    if dry_run and isinstance(source, ManifestSource):
        files = source.files_in_place(folder, store=store, progress=progress)
    else:
        files = source.fetch(store, folder=folder, progress=progress)
    checksum = checksum_of(files)
    with engine.connect() as connection:
        done = unchanged_since(connection, source.city_id, checksum=checksum, code_version=code_version)
    if done is not None:
        return done
    progress("clean", None)
    delivery = source.clean(files, progress=progress)
    progress("check", None)
    check(delivery)
    return load(
        engine,
        delivery,
        files,
        loaded_by=loaded_by,
        code_version=code_version,
        progress=progress,
        dry_run=dry_run,
    )
