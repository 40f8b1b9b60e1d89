"""Addresses of publishers: which can be used, what messages tell of them, and whether one leads away from another."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import unquote_plus

import httpx2

from etl.errors import FetchError

__all__ = ["is_same_place", "secret_parameters", "web_address", "with_query", "without_secrets"]

_PORTS = {"http": 80, "https": 443}
_LONGEST = 8000
_SECRET = re.compile(
    r"key|sig|auth|authorization|hmac|pw|.*(token|(api|access|auth|private|account|subscription)key"
    r"|password|passwd|passwort|kennwort|pwd|secret|signature|credentials?)"
)
# Parameters of standards that say which part of the data is asked for; of no other is the value told.
_TOLD = re.compile(
    r"service|version|acceptversions|request|typenames?|count|maxfeatures|startindex|sortby|srsname|outputformat"
    r"|resulttype|bbox|bbox-crs|crs|limit|offset|f|kategorie_nr|rubrik_nr|periode|format"
)


def web_address(text: str) -> httpx2.URL:
    """Return an address of the web, or raise `FetchError`; passwords do not belong into a manifest."""
    try:
        url = httpx2.URL(text)
    except (httpx2.InvalidURL, ValueError) as error:
        raise FetchError(
            "the address cannot be read", without_secrets(text), "write https://host/path"
        ) from error
    if url.scheme not in _PORTS or not url.host or len(text) > _LONGEST:
        raise FetchError("not an address of the web", without_secrets(text), "write https://host/path")
    if url.userinfo:
        raise FetchError(
            "the address has a password in it",
            url.host,
            "a manifest is kept with every load: fetch the file yourself and give its folder with --from",
        )
    return url


def without_secrets(address: httpx2.URL | str) -> str:
    """Return an address as messages tell it: without a password, and without parameters that could hold a key."""
    whole = re.sub(r"(?s)//.*@", "//…@", str(address)).partition("#")[0]
    place, _, query = whole.partition("?")
    parts = re.split("[&;]", query) if query else []
    told = [part for part in parts if _TOLD.fullmatch(_name(part).lower())]
    kept = "&".join([*told, *(["…"] if len(told) < len(parts) else [])])
    return (f"{place}?{kept}" if kept else place)[:500]


def secret_parameters(address: str, query: Mapping[str, str] | None = None) -> Iterator[str]:
    """Yield the names of parameters, of an address or beside it, that look like a key or a password."""
    parts = re.split("[&;]", address.partition("#")[0].partition("?")[2])
    for name in (*map(_name, parts), *(query or {})):
        if _SECRET.fullmatch(re.sub(r"[^a-z0-9]", "", name.lower())):
            yield name


def _name(part: str) -> str:
    return unquote_plus(part.partition("=")[0])


def is_same_place(base: httpx2.URL, other: httpx2.URL) -> bool:
    """Whether an address is on the server of another one; from http to https of the same host is."""
    if other.scheme not in _PORTS or other.userinfo or base.host != other.host:
        return False
    here, there = (url.port or _PORTS[url.scheme] for url in (base, other))
    if base.scheme == other.scheme:
        return here == there
    return (base.scheme, here, other.scheme, there) == ("http", 80, "https", 443)


def with_query(url: httpx2.URL, query: Mapping[str, str], *, reserved: Collection[str] = ()) -> httpx2.URL:
    """Return an address with further parameters; what it has of `reserved` ones itself, in any case, is dropped."""
    drop = {name.lower() for name in (*reserved, *query)}
    kept = [(name, value) for name, value in url.params.multi_items() if name.lower() not in drop]
    return url.copy_with(params=httpx2.QueryParams([*kept, *query.items()]))
