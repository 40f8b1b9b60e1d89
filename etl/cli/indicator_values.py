"""`sozialraum indicator values`: one indicator area by area, with everything that says how sure its values are."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import pandas as pd
import typer

from etl.cities import city_names, city_profile
from etl.cli.session import open_session
from etl.value_list import Smoothing, ValueList, value_list
from indicators.limits import INTERVAL_LEVEL
from maps.exports.spreadsheet_text import guarded_table

__all__ = ["values"]


def values(
    city: Annotated[
        str,
        typer.Argument(help=f"One of: {', '.join(city_names())}; or a city that was loaded with a manifest."),
    ],
    indicator: Annotated[str, typer.Argument(help="Id of an indicator of the city.")],
    geography: Annotated[str | None, typer.Option(help="Level of areas; that of the map by default.")] = None,
    period: Annotated[str | None, typer.Option(help="Period; the newest by default.")] = None,
    edition: Annotated[
        str | None, typer.Option(help="Edition of the boundaries; the newest by default.")
    ] = None,
    smoothed: Annotated[
        Smoothing | None,
        typer.Option(help="Also values drawn towards the city (global) or the area's neighbours."),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print as CSV.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Print value, 95 % interval, place, and whether the area differs from the rest of its city."""
    if as_csv and as_json:
        raise typer.BadParameter("choose one of --csv and --json")
    with open_session() as session, session.engine.connect() as connection:
        city_profile(city, connection)
        found = value_list(
            connection,
            city,
            indicator,
            geography=geography,
            period=period,
            edition=edition,
            smoothing=smoothed,
        )
    if as_csv:
        sys.stdout.write(guarded_table(found.table).to_csv())
    elif as_json:
        sys.stdout.write(json.dumps(_data(city, found), ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(found))


def _data(city: str, found: ValueList) -> dict[str, Any]:
    indicator = found.indicator
    rows = found.table.reset_index().astype(object)
    return {
        "city": city,
        "indicator": indicator.id,
        "title": {"de": indicator.title_de, "en": indicator.title_en},
        "unit": indicator.unit,
        "geography": found.geography,
        "edition": found.edition,
        "period": found.period,
        "level": INTERVAL_LEVEL,
        "minimum_denominator": indicator.minimum_denominator,
        "smoothed": found.smoothing,
        "values": rows.where(rows.notna(), None).to_dict("records"),
    }


def _lines(found: ValueList) -> list[str]:
    indicator, table = found.indicator, found.table
    smoothing = f", smoothed: {found.smoothing}" if found.smoothing else ""
    lines = [
        f"{indicator.title_en} [{indicator.unit}], {found.geography}, edition {found.edition}, {found.period}{smoothing}"
    ]
    shown = pd.DataFrame({"area": table.index, "name": table["name"]})
    shown["value"] = [_span(row, "value", "ci_low", "ci_high", indicator.decimals) for row in _rows(table)]
    shown["place"] = [_span(row, "rank", "rank_low", "rank_high", 0) for row in _rows(table)]
    if found.smoothing:
        names = ("smoothed", "smoothed_low", "smoothed_high")
        shown["smoothed"] = [_span(row, *names, indicator.decimals) for row in _rows(table)]
    shown["city"] = table["comparison"].fillna("").str.replace("_", " ")
    shown["status"] = table["status"]
    return lines + shown.to_string(index=False, justify="left").splitlines()


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _span(row: dict[str, Any], value: str, low: str, high: str, decimals: int) -> str:
    if pd.isna(row[value]):
        return "–"
    text = f"{row[value]:.{decimals}f}"
    return text if pd.isna(row[low]) else f"{text} ({row[low]:.{decimals}f}–{row[high]:.{decimals}f})"
