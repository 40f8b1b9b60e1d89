"""The map page, the page of each indicator, and whether the service is alive."""

from __future__ import annotations

import secrets
from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import text

from api.dependencies import Database
from api.errors import NotFoundError
from maps.page import render_index
from maps.sheets import render_sheet

__all__ = ["router"]

router = APIRouter()


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
def index(request: Request) -> HTMLResponse:
    """Render the map page; nothing on it may come from another host."""
    nonce = secrets.token_urlsafe(16)
    page = render_index(
        version=version("sozialraum"), default_language=request.app.state.settings.language, nonce=nonce
    )
    response = HTMLResponse(page)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; worker-src 'self' blob:; style-src 'self';"
        " img-src 'self' data: blob:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'self'"
    )
    return response


@router.get(
    "/indicators/{indicator}/sheet",
    response_class=HTMLResponse,
    tags=["cities"],
    summary="The page of an indicator (Indikatorenblatt)",
)
def sheet(request: Request, indicator: str, language: Literal["de", "en"] | None = None) -> HTMLResponse:
    """Render what an indicator counts, how, from where, and what to mind; one language, the other a link away."""
    page = render_sheet(indicator, language=language or request.app.state.settings.language)
    if page is None:
        raise NotFoundError(
            f"there is no sheet of an indicator {indicator!r}; those of a city: /cities/…/indicators"
        )
    response = HTMLResponse(page)
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
    return response


@router.get("/health", tags=["service"], summary="Whether service and database answer")
def health(database: Database) -> dict[str, str]:
    """Ask the database for its PostGIS version."""
    return {
        "status": "ok",
        "postgis": str(database.execute(text("SELECT postgis_lib_version()")).scalar_one()),
    }
