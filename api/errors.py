"""One table from error to status, one body for every problem (RFC 9457)."""

from __future__ import annotations

import logging
import uuid
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from db.errors import (
    DatabaseError,
    UnknownMapError,
    UnknownProposalError,
    UnknownScenarioError,
    UnknownValuesError,
)
from maps.errors import VendorError

__all__ = ["NotFoundError", "install"]

_LOG = logging.getLogger("sozialraum.api")


class NotFoundError(LookupError):
    """What was asked for does not exist; the message says what does."""


_STATUS: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (UnknownValuesError, HTTPStatus.NOT_FOUND),
    (UnknownProposalError, HTTPStatus.NOT_FOUND),
    (UnknownScenarioError, HTTPStatus.NOT_FOUND),
    (UnknownMapError, HTTPStatus.NOT_FOUND),
    (VendorError, HTTPStatus.SERVICE_UNAVAILABLE),
    (DatabaseError, HTTPStatus.SERVICE_UNAVAILABLE),
)


def _problem(
    request: Request, status: int, detail: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
    }
    return JSONResponse(body, status_code=status, media_type="application/problem+json", headers=headers)


def _known(request: Request, error: Exception) -> JSONResponse:
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    return _problem(request, status, str(error))


def _http(request: Request, error: Exception) -> JSONResponse:
    known = error if isinstance(error, HTTPException) else HTTPException(HTTPStatus.INTERNAL_SERVER_ERROR)
    return _problem(request, known.status_code, str(known.detail), dict(known.headers or {}))


def _invalid(request: Request, error: Exception) -> JSONResponse:
    findings = error.errors() if isinstance(error, RequestValidationError) else []
    detail = "; ".join(f"{'.'.join(map(str, finding['loc'][1:]))}: {finding['msg']}" for finding in findings)
    return _problem(request, HTTPStatus.BAD_REQUEST, detail or "invalid request")


def _unavailable(request: Request, error: Exception) -> JSONResponse:
    _LOG.error("database not available: %s", type(error).__name__)
    return _problem(
        request,
        HTTPStatus.SERVICE_UNAVAILABLE,
        "the database does not answer; try again in a moment",
        {"Retry-After": "5"},
    )


def _unreadable(request: Request, _error: Exception) -> JSONResponse:
    return _problem(request, HTTPStatus.BAD_REQUEST, "the request holds characters no code or name can have")


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    number = uuid.uuid4().hex[:12]
    _LOG.error("request %s %s failed (%s)", request.method, request.url.path, number, exc_info=error)
    return _problem(
        request, HTTPStatus.INTERNAL_SERVER_ERROR, f"unexpected error; the log has it under {number}"
    )


def install(app: FastAPI) -> None:
    """Register all handlers."""
    for kind, _status in _STATUS:
        app.add_exception_handler(kind, _known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(OperationalError, _unavailable)
    app.add_exception_handler(PoolTimeoutError, _unavailable)
    app.add_exception_handler(DataError, _unreadable)
    app.add_exception_handler(Exception, _unexpected)
