"""`sozialraum series`: how an indicator of an area developed, over changes of boundaries, with the break shown."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
import typer
from sqlalchemy import Connection

from db.engine import snapshot
from db.queries import catalogue
from db.queries.bridged import StoredSeries, read_series
from db.queries.rows import frame_rows
from db.queries.sources import together
from etl.cities import city_names, city_profile
from etl.cli.json_output import write_json
from etl.cli.session import open_session
from maps.exports.spreadsheet_text import guarded_table
from maps.figures.bridged_series import bridged_series
from maps.figures.caption import Caption
from maps.figures.output import to_png, to_svg
from maps.layers import LayerSource
from maps.numbers import Language, format_number
from maps.whole_files import write_whole
from spatial.crosswalk import GRADES

__all__ = ["series"]

_ALL = "all"
_SOURCE = ("title_de", "title_en", "attribution", "licence", "url")
_SHOWN = (
    "area_id",
    "period",
    "value",
    "status",
    "counted_on",
    "is_converted",
    "grade",
    "derivation",
    "estimated",
)


def series(
    city: Annotated[
        str,
        typer.Argument(help=f"One of: {', '.join(city_names())}; or a city that was loaded with a manifest."),
    ],
    area: Annotated[str, typer.Argument(help=f"Code of the area, or {_ALL} for all areas of a level.")],
    indicator: Annotated[str, typer.Argument(help="Id of the indicator.")],
    geography: Annotated[str | None, typer.Option(help="Level, where a code occurs on several.")] = None,
    edition: Annotated[
        str | None, typer.Option(help="Edition of the boundaries; the newest by default.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Draw it instead: file to write, .svg or .png.")] = None,
    language: Annotated[Literal["de", "en"], typer.Option(help="Language of the figure.")] = "de",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print as CSV.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show an indicator of an area in all periods on one edition of the boundaries.

    What was counted on another edition is converted with the crosswalk in force, and says so, with its grade:
    A exact, B mostly exact, C estimate, D guess. 'sozialraum crosswalk make' makes crosswalks.
    """
    if out is not None and out.suffix not in (".svg", ".png"):
        raise typer.BadParameter("the file ends in .svg or .png", param_hint="--out")
    if out is not None and area == _ALL:
        raise typer.BadParameter("name one area to draw", param_hint="--out")
    with open_session() as session, snapshot(session.engine) as connection:
        city_profile(city, connection)
        one = None if area == _ALL else area
        found = read_series(connection, city, indicator, area=one, geography=geography, edition=edition)
        caption = _caption(connection, city, found, language)
    if out is not None:
        drawn = bridged_series(
            found.values.rename(columns={"edition": "of", "counted_on": "edition"}),
            found.breaks,
            indicator=found.indicator,
            measure=found.measure,
            language=language,
            caption=caption,
        )
        write_whole(out, to_svg(drawn).encode() if out.suffix == ".svg" else to_png(drawn))
        sys.stdout.write(f"{out}\n")
    elif as_csv:
        guarded_table(found.values[list(_SHOWN)]).to_csv(sys.stdout, index=False, lineterminator="\n")
    elif as_json:
        write_json(
            {
                "city": city,
                "indicator": indicator,
                "geography": found.place["geography_id"],
                "edition": found.place["edition"],
                "measure": found.measure,
                "values": frame_rows(found.values[list(_SHOWN)]),
                "breaks": frame_rows(found.breaks),
                "source": together(found.sources),
            }
        )
    else:
        sys.stdout.write("\n".join(_lines(found, one)) + "\n")


def _lines(found: StoredSeries, area: str | None) -> list[str]:
    one, place = found.indicator, found.place
    who = "all areas" if area is None else f"{found.area_name} ({area})"
    lines = [f"{who}: {one.title_en} [{one.unit}], {place['geography_id']}, edition {place['edition']}"]
    breaks = {row["period"]: row for row in frame_rows(found.breaks)}
    for period, rows in found.values.groupby("period", sort=True):
        if period in breaks:
            lines.append(_break(breaks[period], found.measure))
        lines.append(
            _summary(str(period), rows) if area is None else _line(frame_rows(rows)[0], one.decimals)
        )
    return lines


def _summary(period: str, rows: pd.DataFrame) -> str:
    """Say how many areas have a value in a period, and how good converted ones are."""
    grades = rows["grade"].value_counts().sort_index()
    told = ", ".join(f"{count} {grade}" for grade, count in grades.items())
    source = ", ".join(sorted(rows.loc[rows["is_converted"], "counted_on"].unique()))
    states = rows.loc[rows["value"].isna(), "status"].value_counts()
    without = "".join(f", {count} {state}" for state, count in states.items())
    return f"{period}  {int(rows['value'].notna().sum())} of {len(rows)} areas with a value{without}" + (
        f"  converted from {source}, grades: {told}" if source else ""
    )


def _line(row: Mapping[str, Any], decimals: int) -> str:
    shown = row["status"] if row["value"] is None else format_number(row["value"], decimals, "en")
    state = "" if row["value"] is None or row["status"] in ("measured", "zero") else f" ({row['status']})"
    told = ""
    if row["is_converted"]:
        grade = (
            ""
            if row["grade"] is None
            else f", grade {row['grade']}: {GRADES[row['grade']].partition(':')[0]}"
        )
        told = f"  converted from {row['counted_on']} ({row['derivation']}){grade}"
    return f"{row['period']}  {shown}{state}{told}"


def _break(row: Mapping[str, Any], measure: str) -> str:
    who = "of the residents live there" if measure == "residents" else "of all areas"
    worst = "" if row["worst_grade"] is None else f", worst grade {row['worst_grade']}"
    return (
        f"---- boundaries change, {row['edition_before']} → {row['edition_after']}: {row['areas_changed']} area(s) of the"
        f" city, {100 * row['changed_share']:.1f} % {who}{worst}"
    )


def _caption(connection: Connection, city: str, found: StoredSeries, language: Language) -> Caption:
    known = next(row for row in catalogue.cities(connection) if row["id"] == city)
    source: Mapping[str, Any] = together(found.sources)
    periods = found.values["period"]
    return Caption(
        place=f"{found.area_name}, {known[f'title_{language}']}",
        period=f"{periods.min()}–{periods.max()}",
        source=LayerSource(
            **{name: source[name] for name in _SOURCE},
            edition=found.place["edition"],
            is_synthetic=known["is_synthetic"],
        ),
    )
