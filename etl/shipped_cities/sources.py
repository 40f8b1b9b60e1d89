"""The manifests that come with the product: which city has which, and which of them fits the files at hand."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from etl.datasets.manifest import Manifest
from etl.datasets.manifest_files import all_lie_in
from etl.datasets.manifest_reading import manifest_of
from etl.datasets.source import ManifestSource

__all__ = ["SHIPPED", "shipped_source"]

# City → its manifests. The first is for files as somebody collected them, a second one for the publisher's own.
SHIPPED = {"leipzig": ("leipzig-ortsteile", "leipzig-open-data"), "berlin": ("berlin-lor-pre2021",)}


def shipped_source(city: str, folder: Path | None = None) -> ManifestSource:
    """Return the source of a city: of its manifest whose files lie in the folder, without a folder of one that fetches them.

    Where none fits it is the first manifest, and looking for its files tells what is missing.
    """
    known = [_read(name) for name in SHIPPED[city]]
    fitting = [
        (manifest, text)
        for manifest, text in known
        if (bool(manifest.download) if folder is None else all_lie_in(manifest, folder))
    ]
    manifest, text = (fitting or known)[0]
    return ManifestSource(manifest, text)


@cache
def _read(name: str) -> tuple[Manifest, str]:
    text = files("etl.shipped_cities").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return manifest_of(text, name=f"{name}.toml"), text
