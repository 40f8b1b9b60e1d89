"""Files of a manifest from their publishers into the raw store: asked for again only when they changed."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from etl.datasets.download_parts import DOWNLOADS_NAME, DownloadPart
from etl.datasets.findings import Findings
from etl.datasets.services.addresses import without_secrets
from etl.datasets.services.http import Answer, Limits, Visit
from etl.datasets.services.kept_answers import KeptAnswers
from etl.datasets.services.leipzig import LAST_RUBRIC, LeipzigTable, find_table
from etl.datasets.services.ogc_features import FeaturesRequest, fetch_ogc_features
from etl.datasets.services.pages import parsed
from etl.datasets.services.wfs import WfsRequest, fetch_wfs
from etl.errors import FetchError, NotPublishedError
from etl.raw import RawFile, RawStore
from etl.source import Progress

__all__ = ["Downloaded", "download_all", "tell_downloads"]

_MB = 1024**2
_ZIPPED = (".zip", ".kmz", ".xlsx", ".xlsm", ".ods")
_MARKUP = (".xml", ".gml", ".kml", ".html", ".htm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """One file as it is kept, whether it is another one than the last time, and what is told of where it came from."""

    file: RawFile
    is_new: bool
    told: Mapping[str, Any] = field(default_factory=dict)


def download_all(
    parts: Sequence[DownloadPart],
    store: RawStore,
    findings: Findings,
    *,
    box: tuple[float, ...],
    limits: Limits,
    progress: Progress,
    optional: Collection[str] = (),
) -> list[RawFile]:
    """Fetch every file, and a list of what came from where; what cannot be had is a finding and stops no other.

    A file of `optional` that its publisher does not have is left out.
    """
    got = []
    for number, part in enumerate(parts):
        progress(f"download {part.file}", number / len(parts))
        try:
            got.append(_download(part, store, box=box, limits=limits))
        except FetchError as error:
            if not (part.file in optional and isinstance(error, NotPublishedError)):
                findings.failed(error, file=part.file)
    if parts and not findings.errors and not any(one.is_new for one in got):
        progress("nothing new at the publishers", 1.0)
    told = [{"file": one.file.name, "sha256": one.file.sha256, **one.told} for one in got]
    content = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    return [one.file for one in got] + [store.keep_bytes(content.encode(), name=DOWNLOADS_NAME)]


def tell_downloads(files: Mapping[str, RawFile], findings: Findings) -> None:
    """Add a note for every table that was found under another number than expected."""
    if DOWNLOADS_NAME not in files:
        return
    for one in json.loads(files[DOWNLOADS_NAME].path.read_text(encoding="utf-8")):
        if one.get("expected", one.get("rubric")) != one.get("rubric"):
            findings.note(
                one["file"],
                f"the table was found as rubric {one['rubric']} instead of {one['expected']}",
                f"say rubrics = [{one['rubric']}] to find it at once",
            )


def _download(part: DownloadPart, store: RawStore, *, box: tuple[float, ...], limits: Limits) -> Downloaded:
    limits = replace(limits, whole=part.most_seconds, most_bytes=int(part.most_mb * _MB))
    fetch = {"http": _http, "leipzig": _leipzig, "wfs": _features, "ogc-features": _features}[part.kind]
    with (
        tempfile.TemporaryDirectory(prefix="sozialraum-download-") as folder,
        Visit(Path(folder), limits) as visit,
    ):
        got = fetch(visit, part, store, box)
    # Companions and sub-folders are part of the name that the manifest uses, not of the name in the store.
    return replace(
        got, file=replace(got.file, name=part.file), told={"kind": part.kind, "url": part.url, **got.told}
    )


def _http(visit: Visit, part: DownloadPart, store: RawStore, _box: tuple[float, ...]) -> Downloaded:
    answers, name = KeptAnswers(store), PurePosixPath(part.file).name
    address = part.url if not part.query else f"{part.url} {json.dumps(dict(part.query), sort_keys=True)}"
    before = answers.file_of(address, name=name)
    answer = visit.get(
        part.url,
        query=part.query,
        headers=answers.conditions(address) if before is not None else {},
        keep_packed=name.lower().endswith(".gz"),
    )
    if answer.is_not_modified and before is not None:
        return Downloaded(file=before, is_new=False)
    answer.require_success("the file", f"correct url, or {visit.hint}")
    _require_whole(answer, name)
    file = store.keep(answer.path, name=name)
    answers.remember(address, file, answer.headers)
    return Downloaded(file=file, is_new=before is None or before.sha256 != file.sha256)


def _require_whole(answer: Answer, name: str) -> None:
    """Refuse what is plainly not the file: an error page, half a JSON text, an archive without its end."""
    lower = name.lower()
    with answer.path.open("rb") as file:
        begins = file.read(200).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if begins.startswith((b"<!doctype html", b"<html")) and not lower.endswith(_MARKUP):
        raise FetchError(
            "the server answers with a web page", answer.address, "give the address of the file itself"
        )
    if lower.endswith((".json", ".geojson")):
        parsed(answer, name, strict=False)
    if lower.endswith(_ZIPPED) and not zipfile.is_zipfile(answer.path):
        raise FetchError(
            "the archive is cut off or none", answer.address, "try again; look at the address in a browser"
        )


def _leipzig(visit: Visit, part: DownloadPart, store: RawStore, _box: tuple[float, ...]) -> Downloaded:
    table = LeipzigTable(
        category=part.category or 0,
        names=part.names,
        rubrics=part.rubrics,
        periodicity=part.periodicity,
        format="json" if part.file.endswith(".json") else "csv",
    )
    found = find_table(visit, part.url, table)
    if found is None:
        raise NotPublishedError(
            f"no table of category {table.category} has {table.looked_for}",
            f"{without_secrets(part.url)}, rubrics 1 to {LAST_RUBRIC}",
            f"look which names the interface has by now; {visit.hint}",
        )
    file = store.keep(found.answer.path, name=PurePosixPath(part.file).name)
    told: dict[str, Any] = {"category": table.category, "rubric": found.rubric}
    drift = found.drift(table)
    return _remembered(part, store, file, told | ({"expected": drift[0]} if drift else {}), ())


def _features(visit: Visit, part: DownloadPart, store: RawStore, box: tuple[float, ...]) -> Downloaded:
    into = visit.folder / "features.geojson"
    within = box if part.in_box else ()
    if part.kind == "wfs":
        collected = fetch_wfs(
            visit,
            WfsRequest(
                url=part.url,
                layer=part.layer,
                crs=part.crs,
                box=within,
                sort_by=part.sort_by,
                page_size=part.page_size,
                query=part.query,
            ),
            into,
        )
    else:
        collected = fetch_ogc_features(
            visit,
            FeaturesRequest(
                url=part.url,
                layer=part.layer,
                crs=part.crs,
                box=within,
                page_size=part.page_size,
                query=part.query,
            ),
            into,
        )
    file = store.keep(collected.path, name=PurePosixPath(part.file).name)
    return _remembered(
        part, store, file, {"layer": part.layer, "features": collected.features}, collected.pages
    )


def _remembered(
    part: DownloadPart, store: RawStore, file: RawFile, told: Mapping[str, Any], pages: Sequence[Path]
) -> Downloaded:
    """Note what came; pages as they were received are kept when the whole is another one than before."""
    answers = KeptAnswers(store)
    address = f"{part.kind} {part.url} {part.layer} {part.file}"
    before = answers.file_of(address, name=file.name)
    is_new = before is None or before.sha256 != file.sha256
    if is_new:
        kept = [
            store.keep(page, name=f"{file.name}.page-{number:05d}")
            for number, page in enumerate(pages, start=1)
        ]
        answers.remember(address, file, pages=kept)
    return Downloaded(file=file, is_new=is_new, told=told)
