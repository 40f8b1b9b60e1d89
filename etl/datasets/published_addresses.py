"""Can the addresses of a manifest that everybody gets to see be published? Of the web only, without passwords and keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

from etl.datasets.manifest import Manifest
from etl.datasets.services.addresses import secret_parameters, web_address
from etl.errors import FetchError
from indicators.methods.positions import Path as Place

__all__ = ["published_address_problems"]

_PAGE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://\S+")
_PUBLISHED = "it stands beside every figure and in every export: give the page that everybody may open"


def published_address_problems(manifest: Manifest) -> Iterator[tuple[Place, str, str, str]]:
    """Yield every published address that is none of the web or gives something away: place, key, what, what to do."""
    addresses: list[tuple[Place, str]] = [(("source", "url"), manifest.source.url)]
    addresses += [(("source", "contact"), page) for page in _PAGE.findall(manifest.source.contact)]
    addresses += [(("overlay", number, "url"), one.url) for number, one in enumerate(manifest.overlay)]
    for place, address in addresses:
        if not address:
            continue
        key = str(place[-1])
        try:
            web_address(address)
        except FetchError as error:
            yield place, key, f"{error.what}: {error.where}", _PUBLISHED
        for name in secret_parameters(address):
            yield place, key, f"the parameter {name!r} looks like a key or a password", _PUBLISHED
