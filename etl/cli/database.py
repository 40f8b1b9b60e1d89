"""`sozialraum db …`: the private PostGIS and the schema."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from db import migrate as migrations
from db.engine import connect
from db.server_check import check_postgis
from db.settings import read_settings
from etl.cli.session import private_server
from etl.errors import EtlError

__all__ = ["app"]

app = typer.Typer(help="The private PostGIS and the schema.", no_args_is_help=True)


def _own() -> None:
    if read_settings().database_url is not None:
        raise EtlError("SOZIALRAUM_DATABASE_URL names another server; unset it to use the private PostGIS")


def _for_psql(url: str) -> str:
    """Write the address as psql, QGIS and GDAL read it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


@app.command(epilog="Example: sozialraum db start")
def start() -> None:
    """Start the private PostGIS (made on first use) and print its address."""
    _own()
    sys.stdout.write(f"{_for_psql(private_server(read_settings()).start())}\n")


@app.command(epilog="Example: sozialraum db stop")
def stop() -> None:
    """Stop the private PostGIS; the data stay."""
    _own()
    private_server(read_settings()).stop()
    sys.stdout.write("stopped\n")


@app.command(epilog="Example: sozialraum db status --json")
def status(as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """Show whether the private PostGIS runs, and where it is."""
    _own()
    facts = asdict(private_server(read_settings()).status())
    facts["url"] = _for_psql(facts["url"])
    if as_json:
        sys.stdout.write(json.dumps(facts, default=str) + "\n")
    else:
        sys.stdout.writelines(f"{name.replace('_', ' '):<12} {value}\n" for name, value in facts.items())


@app.command(epilog="Example: sozialraum db reset --yes")
def reset(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Delete the private PostGIS with all its data; raw files stay."""
    _own()
    if not yes:
        typer.confirm("Delete the private database with all its data?", abort=True, err=True)
    private_server(read_settings()).reset()
    sys.stdout.write("deleted\n")


@app.command(epilog="Example: sozialraum db migrate")
def migrate() -> None:
    """Bring the schema to the newest version."""
    settings = read_settings()
    url = settings.database_url or private_server(settings).start()
    check_postgis(url)
    engine = connect(url)
    migrations.upgrade(engine)
    engine.dispose()
    sys.stdout.write("schema is current\n")
