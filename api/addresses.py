"""Under which address does a reader reach the service? What links and feeds say; behind a proxy only a setting knows it."""

from __future__ import annotations

import re

from fastapi import Request
from starlette.datastructures import URL

__all__ = ["address_of", "authority_of", "base_of"]

# In which year the authority of ids had its name, as RFC 4151 wants it, when the setting does not say it.
_SINCE = "2025"
_NOBODY = "sozialraum.invalid"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def base_of(request: Request) -> str:
    """Return the address of the service, with a slash at its end: the one of the settings, or the one asked for."""
    return request.app.state.settings.public_url or str(request.base_url)


def address_of(request: Request) -> str:
    """Return the address that the request has for its reader, query included."""
    public_url = request.app.state.settings.public_url
    if public_url is None:
        return str(request.url)
    path = request.url.path.removeprefix(request.scope.get("root_path", "")).lstrip("/")
    return f"{public_url}{path}" + (f"?{request.url.query}" if request.url.query else "")


def authority_of(request: Request) -> str:
    """Return who names the entries of feeds, and since when (RFC 4151): a part of every id.

    The setting; without it the host of the service's public address; without that the host that was asked for, so that
    two installations never give the same ids. An address that is no name stands under a name that nobody can have.
    """
    settings = request.app.state.settings
    given: str | None = settings.feed_authority
    if given is None:
        host = (URL(base_of(request)).hostname or "").lower()
        given = host if _NAME.fullmatch(host) else _NOBODY
    return given if "," in given else f"{given},{_SINCE}"
