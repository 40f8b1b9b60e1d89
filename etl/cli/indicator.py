"""`sozialraum indicator …`: the catalogue of indicators, a file of one's own, and the page of each indicator."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from db.queries import catalogue as stored
from etl.cities import CityProfile, city_names, city_profile
from etl.cli.indicator_values import values
from etl.cli.method_input import own_indicators
from etl.cli.session import open_session
from etl.errors import EtlError
from indicators.catalogue import (
    Catalogue,
    catalogue,
    sheet,
    sheet_pages,
)
from indicators.definition import Indicator
from indicators.known import known_by_id
from indicators.methods.errors import suggestion

__all__ = ["app"]

app = typer.Typer(help="The indicator catalogue and its pages (Indikatorenblätter).", no_args_is_help=True)

app.command(
    name="values", epilog="Example: sozialraum indicator values leipzig crime_rate --period 2022 --csv"
)(values)

OwnFile = Annotated[
    Path | None,
    typer.Option("--file", help="TOML file with indicators of your own, besides those of the catalogue."),
]


City = Annotated[
    str | None, typer.Option(help=f"Also what this city has of its own: {', '.join(city_names())}.")
]


@app.command(name="list", epilog="Example: sozialraum indicator list --file mine.toml")
def list_indicators(
    own: OwnFile = None,
    city: City = None,
    theme: Annotated[str | None, typer.Option(help="Only this theme.")] = None,
    with_counts: Annotated[bool, typer.Option("--counts", help="Also the counts they are made of.")] = False,
    for_methods: Annotated[
        bool,
        typer.Option(
            "--for-methods",
            help="Every id that a method file may use without declaring it, also counts and cities'.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List the indicators; a file of your own is checked and listed with them."""
    known, declared = _catalogue(own, city), _declared(city)
    listed = [*known.indicators(), *(known.counts() if with_counts else ())]
    if for_methods:
        if theme is not None:
            raise typer.BadParameter("choose one of --theme and --for-methods")
        _show_for_methods({**declared, **known_by_id(), **known}, as_json=as_json)
        return
    if theme is not None:
        themes = {one.theme for one in known.values()}
        if theme not in themes:
            raise EtlError(f"there is no theme {theme!r}; {suggestion(theme, themes)}")
        listed, declared = [one for one in listed if one.theme == theme], {}
    own_ones = [
        one
        for name, one in declared.items()
        if name not in known and (with_counts or one.kind != "extensive")
    ]
    shown: list[Indicator] = [*listed, *own_ones]
    if as_json:
        sys.stdout.write(json.dumps([asdict(one) for one in shown], ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(f"{_line(one)}\n" for one in shown)


@app.command(name="sheet", epilog="Example: sozialraum indicator sheet share_u18 ratio_old")
def write_sheets(
    names: Annotated[list[str] | None, typer.Argument(help="Ids of indicators; all when left out.")] = None,
    own: OwnFile = None,
    city: City = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write the pages to; without it they are printed.")
    ] = None,
) -> None:
    """Print the page of an indicator (Markdown), or write the pages to a folder."""
    known = _catalogue(own, city)
    for name in names or ():
        if name not in known:
            raise EtlError(f"there is no indicator {name!r}; {suggestion(name, known)}")
    if out is None:
        if not names:
            raise typer.BadParameter("name an indicator, or a folder with --out for all pages")
        sys.stdout.write("\n".join(sheet(known[name], known) for name in names))
        return
    pages = {f"{name}.md": sheet(known[name], known) for name in names} if names else sheet_pages(known)
    out.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (out / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(pages)} pages in {out}\n")


def _show_for_methods(known: Mapping[str, Indicator], *, as_json: bool) -> None:
    """Print ids with unit, direction and titles; under an id of a city what the city calls it."""
    if as_json:
        rows = [
            {
                "id": name,
                "unit": one.unit,
                "direction": one.direction,
                "title_de": one.title_de,
                "title_en": one.title_en,
            }
            for name, one in known.items()
        ]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
        return
    sys.stdout.writelines(
        f"{name:<34} {one.unit:<14} {one.direction:<20} {one.title_de} · {one.title_en}\n"
        for name, one in known.items()
    )


def _catalogue(own: Path | None, city: str | None) -> Catalogue:
    return own_indicators(own, catalogue() if city is None else _profile(city).catalogue)


def _declared(city: str | None) -> dict[str, Indicator]:
    """Return what a city that was loaded with a manifest has of its own, by id."""
    if city is None or city in city_names():
        return {}
    with open_session() as session, session.engine.connect() as connection:
        return {one.id: one for one in stored.indicators(connection, city, is_declared=True)}


def _profile(city: str) -> CityProfile:
    """Return the profile of a city; the database is asked for one that does not come with the product."""
    if city in city_names():
        return city_profile(city)
    with open_session() as session, session.engine.connect() as connection:
        return city_profile(city, connection)


def _line(one: Indicator) -> str:
    return f"{one.id:<32} {one.unit:<14} {one.title_de} · {one.title_en}"
