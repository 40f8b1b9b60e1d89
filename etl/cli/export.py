"""`sozialraum export` and `catalogue`: a data set as files for others, and the record that portals read."""

from __future__ import annotations

import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from db.engine import snapshot
from db.queries import exports
from etl.catalogue_entries import loaded_entries
from etl.cities import city_names, city_profile
from etl.cli.json_output import write_json
from etl.cli.session import open_session
from etl.errors import EtlError
from etl.export import export_dataset
from etl.export_reading import read_dataset
from etl.progress import console, steps
from maps.exports.errors import TooLargeForWorkbookError
from maps.exports.formats import FORMATS, Format
from maps.exports.workbook import require_fitting
from maps.records.dcat import catalogue_graph, to_jsonld, to_turtle
from maps.records.licences import licences_of

__all__ = ["catalogue", "export"]

City = Annotated[
    str, typer.Argument(help=f"One of: {', '.join(city_names())}; or a city that was loaded with a manifest.")
]
Address = Annotated[
    str, typer.Option(help="Address under which it will lie, such as https://daten.example.org/stadt/.")
]
Publisher = Annotated[
    str,
    typer.Option(
        help="Who publishes the catalogue; by default the publishers of the data, for several cities who runs the service."
    ),
]
Contributor = Annotated[
    str, typer.Option(help="Address of the id that GovData has given you (dcatde:contributorID).")
]


NOBODY = "Betreiber dieses Sozialraum-Dienstes"
"""Publisher of a catalogue of several cities, where nobody says who it is."""


class Choice(StrEnum):
    """What may be asked for with --format."""

    GPKG = "gpkg"
    PARQUET = "parquet"
    CSV = "csv"
    CSV_DE = "csv-de"
    XLSX = "xlsx"
    ALL = "all"


def export(
    city: City,
    out: Annotated[Path, typer.Option(help="Folder to write; an export that is there is replaced.")],
    formats: Annotated[
        list[Choice] | None,
        typer.Option("--format", help="Format (may be repeated); all of them by default."),
    ] = None,
    geography: Annotated[
        list[str] | None, typer.Option(help="Only this level of areas (may be repeated).")
    ] = None,
    indicator: Annotated[
        list[str] | None, typer.Option(help="Only this indicator (may be repeated).")
    ] = None,
    period: Annotated[list[str] | None, typer.Option(help="Only this period (may be repeated).")] = None,
    edition: Annotated[
        str | None, typer.Option(help="Edition of the boundaries; the newest of each level by default.")
    ] = None,
    address: Address = "",
    publisher: Publisher = "",
    contributor: Contributor = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write what is published of a city as files, with a catalogue record, a data package and checksums."""
    base = _address(address)
    wanted = _formats(formats)
    with (
        open_session() as session,
        snapshot(session.engine) as connection,
        steps(f"export {city}") as progress,
    ):
        profile = city_profile(city, connection)
        progress("read", None)
        dataset = read_dataset(
            connection,
            profile,
            geographies=geography or (),
            indicator_ids=indicator or (),
            periods=period or (),
            edition=edition,
        )
        moments = exports.moments(connection, city)
        if formats is None or Choice.ALL in formats:
            try:
                require_fitting(dataset)
            except TooLargeForWorkbookError as error:
                console().print(f"no XLSX: {error}", markup=False)
                wanted = [one for one in wanted if one != "xlsx"]
        report = export_dataset(
            dataset,
            out,
            wanted,
            issued=dataset.changed_at if moments is None else moments["first"],
            address=base,
            publisher=publisher,
            contributor=contributor,
            progress=progress,
        )
    _tell_licences([one.licence for one in dataset.origins])
    if as_json:
        write_json(asdict(report))
        return
    sys.stdout.write(report.sentence() + "\n" + "".join(f"{name}\n" for name in report.files))


def catalogue(
    cities: Annotated[
        list[str] | None, typer.Argument(help="Cities; all that are loaded by default.")
    ] = None,
    form: Annotated[Literal["ttl", "jsonld"], typer.Option("--format", help="Turtle or JSON-LD.")] = "ttl",
    address: Address = "",
    publisher: Publisher = "",
    contributor: Contributor = "",
) -> None:
    """Print the catalogue of all loaded data sets as DCAT-AP.de, with the addresses of the service."""
    base = _address(address)
    with open_session() as session, session.engine.connect() as connection:
        entries = loaded_entries(connection, cities or ())
    if not publisher and len({one.place for one in entries}) > 1:
        publisher = NOBODY
        console().print(
            f"the catalogue holds several cities, and none of them publishes it for all: its publisher is {NOBODY!r};"
            " say who it is with --publisher",
            markup=False,
        )
    graph = catalogue_graph(
        entries,
        title_de="Sozialraumdaten",
        title_en="Social data of small areas",
        address=base,
        publisher=publisher,
        contributor=contributor,
        is_service=True,
    )
    _tell_licences([licence for one in entries for licence in one.licences])
    sys.stdout.write(to_turtle(graph) if form == "ttl" else to_jsonld(graph))


def _formats(asked: list[Choice] | None) -> list[Format]:
    return [one for one in FORMATS if asked is None or Choice.ALL in asked or one in asked]


def _address(given: str) -> str:
    """Return an address that ends in /, or nothing."""
    if not given:
        return ""
    if not given.startswith(("https://", "http://")) or any(sign in given for sign in ' <>"{}|\\^`#?'):
        raise EtlError(f"{given!r} is no address; give one that begins with https:// and has no ? and #")
    return given if given.endswith("/") else f"{given}/"


def _tell_licences(texts: list[str]) -> None:
    """Say which licences the catalogue cannot name."""
    unknown = dict.fromkeys(one.text for text in texts for one in licences_of(text) if not one.is_open)
    for text in unknown:
        console().print(
            f"licence {text!r} is none that DCAT-AP.de has a name for: the record says 'other-closed' and gives its words",
            markup=False,
        )
