"""The one HTML page: everything in it that is known before the first request."""

from __future__ import annotations

from pathlib import Path

import jinja2

from maps.catalogue import text
from maps.numbers import Language
from maps.vendor import FOLDER, library_folder, versions

__all__ = ["render_index"]


def render_index(*, version: str, default_language: Language = "de", nonce: str = "") -> str:
    """Return the page; `nonce` is the one of the response's Content-Security-Policy, for the import map.

    Addresses are relative, so the page also works below a path. Raises `VendorError` when the browser libraries have
    not been copied.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    libraries = {name: f"static/vendor/{library_folder(name).name}" for name in versions()}
    own = sorted(f"static/js/{file.name}" for file in (Path(FOLDER) / "static" / "js").glob("*.js"))
    return environment.get_template("index.html").render(
        version=version,
        language=default_language,
        nonce=nonce,
        libraries=libraries,
        modules=[*own, f"{libraries['maplibre-gl']}/maplibre-gl.mjs"],
        t=lambda key: text(key, default_language),
    )
