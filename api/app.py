"""The application factory: routes, static files, headers, error table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.openapi.utils import get_openapi
from fastapi.staticfiles import StaticFiles

from api import errors
from api.dependencies import CONNECTIONS
from api.routes import (
    alerts,
    cities,
    collections,
    explanations,
    overlays,
    pages,
    priority_maps,
    proposals,
    series,
)
from api.settings import ServiceSettings
from db.engine import connect
from maps.vendor import FOLDER

__all__ = ["create_app"]


def create_app(settings: ServiceSettings) -> FastAPI:
    """Build the application; the database is opened with the first request."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        app.state.engine.dispose()

    app = FastAPI(
        title="Sozialraum",
        version=version("sozialraum"),
        summary="Small-area social monitoring: layers, indicators, segregation, proposed priority areas.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.engine = connect(settings.database_url, pool_size=CONNECTIONS)
    app.state.connections = asyncio.Semaphore(CONNECTIONS)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.middleware("http")(_security_headers)
    errors.install(app)
    for routes in (
        pages,
        cities,
        explanations,
        alerts,
        proposals,
        priority_maps,
        collections,
        series,
        overlays,
    ):
        app.include_router(routes.router)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    return app


async def _security_headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    if request.url.path.startswith("/static/vendor/"):  # the folder's name carries the version
        response.headers.setdefault("Cache-Control", "public, max-age=31536000, immutable")
    else:
        response.headers.setdefault("Cache-Control", "no-cache")
    return response


def _described(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document with our own body for problems: 400 in place of the framework's 422."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            routes=app.routes,
            openapi_version=app.openapi_version,
        )
        problem = {name: {"type": "string"} for name in ("type", "title", "detail", "instance")}
        document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = {
            "title": "Problem (RFC 9457)",
            "type": "object",
            "properties": problem | {"status": {"type": "integer"}},
            "required": [*problem, "status"],
        }
        for operation in (one for path in document["paths"].values() for one in path.values()):
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {
                "description": "Problem: 400 wrong question, 404 not there, 503 database not available",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
        for name in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(name, None)
        app.openapi_schema = document
    return app.openapi_schema
