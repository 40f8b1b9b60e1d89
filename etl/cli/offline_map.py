"""`sozialraum map`: a result as one HTML file that works offline."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from etl.cities import city_names
from etl.cli.session import open_session
from etl.offline_map import save_offline_map

__all__ = ["offline_map"]

City = Annotated[
    str, typer.Argument(help=f"One of: {', '.join(city_names())}; or a city that was loaded with a manifest.")
]


def offline_map(
    city: City,
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("map.html"),
    indicator: Annotated[str | None, typer.Option(help="Indicator; the status index by default.")] = None,
    geography: Annotated[str | None, typer.Option(help="Level of areas; the finest by default.")] = None,
    period: Annotated[str | None, typer.Option(help="Period; the newest by default.")] = None,
    edition: Annotated[
        str | None, typer.Option(help="Edition of the boundaries; the newest by default.")
    ] = None,
    language: Annotated[Literal["de", "en"], typer.Option(help="Language of the texts.")] = "de",
) -> None:
    """Save a map of a result as one HTML file that works offline."""
    with open_session() as session, session.engine.connect() as connection:
        path = save_offline_map(
            connection,
            city,
            out,
            indicator_id=indicator,
            geography=geography,
            period=period,
            edition=edition,
            language=language,
        )
    sys.stdout.write(f"{path}\n")
