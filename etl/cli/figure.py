"""`sozialraum figure …`: results as figures for reports, without a browser."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
import typer
from sqlalchemy import Connection

from db.queries import areas, catalogue, runs
from db.queries.rows import frame_rows
from db.queries.segregation import series, sources_of_series
from db.queries.sources import together
from etl.cities import city_names, city_profile
from etl.cli.session import open_session
from etl.errors import EtlError
from maps.figures.caption import Caption
from maps.figures.output import to_png, to_svg
from maps.figures.time_series import over_time
from maps.layers import LayerSource
from maps.numbers import Language

__all__ = ["app"]

app = typer.Typer(help="Draw results as figures for reports.", no_args_is_help=True)

_SOURCE = ("title_de", "title_en", "attribution", "licence", "url")


@app.callback()
def figure() -> None:
    """Draw results as figures for reports."""


@app.command(
    epilog="Example: sozialraum figure segregation leipzig --measure dissimilarity --out dissimilarity.svg"
)
def segregation(
    city: Annotated[
        str,
        typer.Argument(help=f"One of: {', '.join(city_names())}; or a city that was loaded with a manifest."),
    ],
    measures: Annotated[
        list[str] | None, typer.Option("--measure", help="Only this measure (may be repeated).")
    ] = None,
    groups: Annotated[
        list[str] | None, typer.Option("--group", help="Only this group (may be repeated).")
    ] = None,
    geographies: Annotated[
        list[str] | None, typer.Option("--geography", help="Only this level of areas (may be repeated).")
    ] = None,
    panel: Annotated[
        Literal["measure", "geography", "group"] | None,
        typer.Option(help="What has a panel of its own; the levels of a single measure, else the measures."),
    ] = None,
    out: Annotated[Path, typer.Option(help="File to write: .svg or .png.")] = Path("segregation.svg"),
    dpi: Annotated[int, typer.Option(min=20, max=1200, help="Dots per inch of a .png.")] = 150,
    language: Annotated[Literal["de", "en"], typer.Option(help="Language of the texts.")] = "de",
) -> None:
    """Draw segregation over time, as it was computed, with intervals."""
    if out.suffix not in (".svg", ".png"):
        raise typer.BadParameter("the file ends in .svg or .png", param_hint="--out")
    with open_session() as session, session.engine.connect() as connection:
        city_profile(city, connection)
        rows = series(connection, city)
        if not rows:
            raise EtlError(
                f"no segregation of {city} has been computed; `sozialraum segregation {city}` does it"
            )
        table = pd.DataFrame(rows).rename(columns={"geography_id": "geography", "composition": "group"})
        for column, wanted in (("measure", measures), ("group", groups), ("geography", geographies)):
            table = _only(table, column, wanted or ())
        is_one = len(table["measure"].unique()) == 1
        drawn = over_time(
            table,
            panel=panel or ("geography" if is_one else "measure"),
            names=_names(connection, city, table, language),
            language=language,
            caption=_caption(connection, city, table, language),
            **_parameters(connection, city),
        )
    content = to_svg(drawn).encode() if out.suffix == ".svg" else to_png(drawn, dpi)
    out.write_bytes(content)
    sys.stdout.write(f"{out}\n")


def _only(table: pd.DataFrame, column: str, wanted: Sequence[str]) -> pd.DataFrame:
    known = sorted(table[column].unique())
    absent = [name for name in wanted if name not in known]
    if absent:
        raise EtlError(f"there is no {column} {', '.join(absent)}; known: {', '.join(known)}")
    return table[table[column].isin(wanted)] if wanted else table


def _names(connection: Connection, city: str, table: pd.DataFrame, language: Language) -> dict[str, str]:
    """Return the titles of groups and levels."""
    title = f"title_{language}"
    levels = {level["id"]: level[title] for level in areas.geographies(connection, city)}
    return levels | dict(zip(table["group"], table[title], strict=True))


def _parameters(connection: Connection, city: str) -> dict[str, Any]:
    run = runs.newest(connection, city_id=city, kind="segregation") or {}
    return {name: run["parameters"][name] for name in ("replicates", "seed", "level")}


def _caption(connection: Connection, city: str, table: pd.DataFrame, language: Language) -> Caption:
    """Say where and when, on which boundaries, and whom the numbers are from."""
    known = next(row for row in catalogue.cities(connection) if row["id"] == city)
    found: Mapping[str, Any] = together(sources_of_series(connection, city, frame_rows(table)))
    editions = ", ".join(sorted(table["edition"].unique()))
    source = LayerSource(
        **{name: found[name] for name in _SOURCE}, edition=editions, is_synthetic=known["is_synthetic"]
    )
    names = _names(connection, city, table, language)
    place = known[f"title_{language}"]
    levels, groups = (list(table[column].unique()) for column in ("geography", "group"))
    first, last = table["period"].min(), table["period"].max()
    return Caption(
        place=", ".join([place, *([names[levels[0]]] if len(levels) == 1 else [])]),
        group=names[groups[0]] if len(groups) == 1 else "",
        period=first if first == last else f"{first}–{last}",
        source=source,
    )
