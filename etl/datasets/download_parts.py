"""The part of a manifest about files that are fetched from a publisher, and what in it contradicts itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pyproj import CRS
from pyproj.exceptions import CRSError

from etl.datasets.schema import says
from etl.datasets.services.addresses import secret_parameters, web_address
from etl.datasets.services.ogc_features import OGC_WORDS
from etl.datasets.services.wfs import WFS_WORDS
from etl.errors import FetchError
from indicators.methods.positions import Path as Place

__all__ = ["DOWNLOADS_NAME", "DownloadPart", "download_problems", "each_download"]

DOWNLOADS_NAME = "downloads.json"  # kept with a load: what came from where
_FEATURES = ("wfs", "ogc-features")
_FOR = {
    "layer": _FEATURES,
    "crs": _FEATURES,
    "in_box": _FEATURES,
    "sort_by": ("wfs",),
    "category": ("leipzig",),
    "names": ("leipzig",),
    "rubrics": ("leipzig",),
}
_NEEDS = {"wfs": ("layer",), "ogc-features": ("layer",), "leipzig": ("category", "names")}
_SUFFIXES = {"wfs": (".geojson",), "ogc-features": (".geojson",), "leipzig": (".csv", ".json")}
_LEIPZIG_WORDS = ("kategorie_nr", "rubrik_nr", "periode", "format")


@dataclass(frozen=True, kw_only=True)
class DownloadPart:
    """One file that is fetched from its publisher, unless it lies in the folder given with --from."""

    file: str = says("name that levels and tables call the file by; {period} stands for each of `periods`")
    kind: Literal["http", "wfs", "ogc-features", "leipzig"] = says(
        "http: a file; wfs: WFS 2.0; ogc-features: OGC API Features; leipzig: the Leipzig open-data interface"
    )
    url: str = says("address of the file, or of the service; {period} stands for each of `periods`")
    periods: tuple[str, ...] = says("periods that {period} stands for: one file each", default=())
    query: Mapping[str, str] = says("further parameters of the request", factory=dict)
    layer: str = says("wfs: feature type; ogc-features: id of the collection", default="")
    crs: str = says(
        "wfs, ogc-features: CRS to ask for, such as EPSG:25832; the server's own without it", default=""
    )
    in_box: bool = says(
        "wfs, ogc-features: whether only features in the city's box are asked for", default=False
    )
    sort_by: str = says("wfs: attribute that keeps the pages in order", default="")
    page_size: int = says("wfs, ogc-features: how many features are asked for at a time", default=1000)
    category: int | None = says("leipzig: number of the category", default=None)
    names: tuple[str, ...] = says(
        "leipzig: names of indicators the table must have; its number is found by them", default=()
    )
    rubrics: tuple[int, ...] = says(
        "leipzig: numbers the table had, newest first; tried before others", default=()
    )
    periodicity: Literal["y", "q", "d"] = says("leipzig: years, quarters or dates of elections", default="y")
    most_mb: float = says("how large the file may be, in MB", default=500.0)
    most_seconds: float = says("how long fetching it may take in all", default=600.0)


def each_download(parts: Sequence[DownloadPart]) -> tuple[DownloadPart, ...]:
    """Return one part per file, with {period} filled in."""
    return tuple(
        replace(
            part,
            file=part.file.replace("{period}", period),
            url=part.url.replace("{period}", period),
            layer=part.layer.replace("{period}", period),
            query={name: text.replace("{period}", period) for name, text in part.query.items()},
        )
        for part in parts
        for period in part.periods or ("",)
    )


def download_problems(
    parts: Sequence[DownloadPart], used: Collection[str], box: Sequence[float]
) -> Iterator[tuple[Place, str, str, str]]:
    """Yield what contradicts itself: place, key, what, what to do. `used`: files that something reads."""
    files: list[str] = []
    for number, part in enumerate(parts):
        place: Place = ("download", number)
        yield from _keys(part, place)
        yield from _address(part, place)
        if part.in_box and not box:
            yield (
                (*place, "in_box"),
                "in_box",
                "the city has no box",
                "give box in [city]: west, south, east, north",
            )
        for one in each_download((part,)):
            if one.file in files:
                yield (*place, "file"), "file", f"{one.file!r} is downloaded twice", "keep one of them"
            elif one.file not in used:
                yield (
                    (*place, "file"),
                    "file",
                    f"nothing reads {one.file!r}",
                    "name it in a level or table, or remove it",
                )
            files.append(one.file)


def _keys(part: DownloadPart, place: Place) -> Iterator[tuple[Place, str, str, str]]:
    for name, kinds in _FOR.items():
        if getattr(part, name) not in ("", (), None, False) and part.kind not in kinds:
            yield (
                (*place, name),
                name,
                f"{name} is not for {part.kind}",
                f"it is for {' and '.join(kinds)}: remove it",
            )
    for name in _NEEDS.get(part.kind, ()):
        if getattr(part, name) in ("", (), None):
            yield place, name, f"a download of kind {part.kind} needs {name}", f"give {name}"
    endings = _SUFFIXES.get(part.kind)
    if endings is not None and not part.file.endswith(endings):
        what = f"a download of kind {part.kind} makes no {part.file!r}"
        yield (*place, "file"), "file", what, f"give a name that ends in {' or '.join(endings)}"
    if part.kind == "http" and part.file.lower().endswith(".shp"):
        what = "a Shapefile has several files"
        yield (*place, "file"), "file", what, "fetch the .zip with all of them"
    if part.file in (DOWNLOADS_NAME, "dataset.toml"):
        yield (*place, "file"), "file", f"{part.file!r} is kept for ourselves", "give another name"
    for name, least in (("page_size", 1), ("most_mb", 0.001), ("most_seconds", 1)):
        if getattr(part, name) < least:
            yield (*place, name), name, f"{name} is {getattr(part, name):g}", f"give at least {least:g}"
    if part.page_size > 100_000:
        yield (*place, "page_size"), "page_size", f"page_size is {part.page_size}", "give at most 100000"
    if part.crs:
        try:
            CRS.from_user_input(part.crs)
        except CRSError:
            yield (*place, "crs"), "crs", f"{part.crs!r} is no CRS", "write it like EPSG:25832"


def _address(part: DownloadPart, place: Place) -> Iterator[tuple[Place, str, str, str]]:
    try:
        web_address(part.url.replace("{period}", "2000"))
    except FetchError as error:
        yield (*place, "url"), "url", f"{error.what}: {error.where}", error.hint
    for key, names in (("url", secret_parameters(part.url)), ("query", secret_parameters("", part.query))):
        for name in names:
            yield (
                (*place, key),
                key,
                f"the parameter {name!r} looks like a key or a password, and services with one are not asked",
                "a manifest is kept with every load: fetch the file yourself and give its folder with --from",
            )
    filled = ("{period}" in part.file, "{period}" in "".join((part.url, part.layer, *part.query.values())))
    if filled != (bool(part.periods),) * 2:
        what = "{period} in the file, {period} in url, layer or query, and periods belong together"
        yield (*place, "periods"), "periods", what, "give all three or none"
    taken = {"wfs": WFS_WORDS, "ogc-features": OGC_WORDS, "leipzig": _LEIPZIG_WORDS}.get(part.kind, ())
    for name in part.query:
        if name.lower() in taken:
            yield (
                (*place, "query"),
                "query",
                f"{name!r} is set by ourselves",
                "remove it, or use the key for it",
            )
