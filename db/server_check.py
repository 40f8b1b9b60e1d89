"""Can we work with this server? Asked first of all, so that a wrong address ends in one clear line."""

from __future__ import annotations

import re

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from db.errors import ConnectError, NotPostgresError, PostgisMissingError, PostgisTooOldError

__all__ = ["MINIMUM_POSTGIS", "check_postgis"]

MINIMUM_POSTGIS = (3, 3)

_PATIENCE = 10  # s, to connect

# What the driver says when it reaches something that speaks another protocol.
_STRANGE_ANSWER = re.compile(
    r"invalid response to SSL negotiation|expected authentication request|unsupported protocol|"
    r"server closed the connection unexpectedly|lost synchronization|unexpected response",
    re.IGNORECASE,
)


def check_postgis(url: str) -> None:
    """Connect once and make sure that PostGIS is there, or can be installed, in a version new enough."""
    address = make_url(url)
    engine = create_engine(address, poolclass=NullPool, connect_args={"connect_timeout": _PATIENCE})
    try:
        with engine.connect() as connection:
            _check(connection, _shown(address))
    except DBAPIError as error:
        raise _cannot_connect(address, error) from None  # the cause would show the address with its password
    finally:
        engine.dispose()


def _check(connection: Connection, where: str) -> None:
    product = str(connection.scalar(text("SELECT version()")))
    if not product.startswith("PostgreSQL "):
        raise NotPostgresError(
            f"{where} is not PostgreSQL but {product[:60]}; set SOZIALRAUM_DATABASE_URL to a PostGIS server"
        )
    found = connection.execute(
        text("SELECT installed_version, default_version FROM pg_available_extensions WHERE name = 'postgis'")
    ).one_or_none()
    if found is None:
        raise PostgisMissingError(
            where, "install the PostGIS package on that server (Debian/Ubuntu: postgresql-postgis)"
        )
    needed = ".".join(map(str, MINIMUM_POSTGIS))
    if found.installed_version is None:
        if _numbers(found.default_version) < MINIMUM_POSTGIS:
            raise PostgisTooOldError(
                where, found.default_version, needed, "install a newer PostGIS package on that server"
            )
        _check_may_create(connection, where)
    elif _numbers(found.installed_version) < MINIMUM_POSTGIS:
        newer = _numbers(found.default_version) >= MINIMUM_POSTGIS
        todo = (
            "run there: SELECT postgis_extensions_upgrade()"
            if newer
            else "install a newer PostGIS package on that server"
        )
        raise PostgisTooOldError(where, found.installed_version, needed, todo)


def _check_may_create(connection: Connection, where: str) -> None:
    """Try to create the extension when it is unclear whether we may; nothing stays."""
    if connection.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")):
        return
    trial = connection.begin_nested()
    try:
        connection.execute(text("CREATE EXTENSION postgis"))
    except DBAPIError:
        raise PostgisMissingError(
            where, "ask its administrator to run in this database, as superuser: CREATE EXTENSION postgis"
        ) from None
    finally:
        trial.rollback()


def _cannot_connect(address: URL, error: DBAPIError) -> ConnectError | NotPostgresError:
    said = " ".join(str(error.orig).split())
    if address.password:
        said = said.replace(str(address.password), "***")
    if _STRANGE_ANSWER.search(said):
        return NotPostgresError(
            f"{_shown(address)} does not answer like PostgreSQL ({said}); "
            "check host and port in SOZIALRAUM_DATABASE_URL"
        )
    return ConnectError(
        f"cannot connect to {_shown(address)}: {said}; "
        "is the server running, and is SOZIALRAUM_DATABASE_URL right?"
    )


def _shown(address: URL) -> str:
    """Name the server without user and password."""
    query = {key: value for key, value in address.query.items() if key in {"host", "port"}}
    host = address.host or query.get("host") or "the local socket"
    port = address.port or query.get("port") or 5432
    return f"{host}:{port}/{address.database or ''}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])
