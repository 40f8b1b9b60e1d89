"""`sozialraum boundary …`: maps of priority areas from draft to agreed, and what a proposal says of them."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from db.queries import priority_maps, proposal_tables, proposals, sources
from db.queries.withheld_areas import run_withheld, told_run
from etl.cities import city_names, city_profile
from etl.cli import boundary_study
from etl.cli.json_output import write_json
from etl.cli.session import open_session
from etl.errors import EtlError
from etl.planning.area_files import require_writable, write_map
from etl.planning.map_files import draft_of_runs, import_map, map_layers, run_layers, surface
from spatial.regions import outlines_digest

__all__ = ["app"]

app = typer.Typer(
    help="Maps of priority areas: draft, proposed, agreed, superseded; what a proposal found; map files.",
    no_args_is_help=True,
)

app.command(epilog="Example: sozialraum boundary years leipzig --inertia 0.2 --out years.gpkg")(
    boundary_study.years
)
app.command(epilog="Example: sozialraum boundary price leipzig")(boundary_study.price)
app.command(epilog="Example: sozialraum boundary opinions leipzig")(boundary_study.opinions)

City = Annotated[
    str, typer.Argument(help=f"One of: {', '.join(city_names())}; or a city that was loaded with a manifest.")
]
Number = Annotated[int, typer.Argument(metavar="MAP", help="Number of the map, see 'boundary list'.")]
Title = Annotated[str, typer.Option(help="What the map is called.")]
Note = Annotated[str, typer.Option(help="Why; kept with who did it.")]
Run = Annotated[int | None, typer.Option(help="Number of a run; the city's newest proposal by default.")]
ScenarioName = Annotated[str | None, typer.Option("--scenario", help="Newest run of this scenario instead.")]
Runs = Annotated[
    list[int] | None, typer.Option("--run", help="Number of a run; the city's newest proposal by default.")
]
ScenarioNames = Annotated[
    list[str] | None, typer.Option("--scenario", help="Newest run of this scenario instead.")
]
Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


@app.command(epilog='Example: sozialraum boundary draft leipzig --title "Schwerpunkträume 2027"')
def draft(
    city: City, title: Title, run: Runs = None, scenario: ScenarioNames = None, note: Note = ""
) -> None:
    """Make a draft of what a run proposed, or of several runs of different types: repeat --run or --scenario."""
    with open_session() as session, session.engine.begin() as connection:
        city_profile(city, connection)
        found = [proposals.find_run(connection, city, run_id=one) for one in run or []]
        found += [proposals.find_run(connection, city, scenario=one) for one in scenario or []]
        found = found or [proposals.find_run(connection, city)]
        number = draft_of_runs(connection, city, found, title=title, by=session.user, note=note)
    told = " and ".join(f"run {one['id']}" for one in found)
    sys.stdout.write(f"{city}: map {number} is a draft of {told}\n")


@app.command(
    name="import",
    epilog='Example: sozialraum boundary import leipzig areas.gpkg --region name --title "INSEK 2018"',
)
def import_(
    city: City,
    file: Annotated[Path, typer.Argument(help="Map file with the outlines, any format that GDAL knows.")],
    title: Title,
    region: Annotated[
        str, typer.Option(help="Column with the id or name of each priority area.")
    ] = "region_id",
    layer: Annotated[str | None, typer.Option(help="Layer of the file, where it has several.")] = None,
    kind: Annotated[str, typer.Option(help="Type of the areas: blue, red or green.")] = "blue",
    note: Note = "",
) -> None:
    """Make a draft of outlines that were drawn elsewhere, such as the areas in force."""
    if kind not in ("blue", "red", "green"):
        raise EtlError(f"--kind {kind}: one of: blue, red, green")
    with open_session() as session, session.engine.begin() as connection:
        profile = city_profile(city, connection)
        number, passport = import_map(
            connection,
            profile,
            file,
            layer=layer,
            region_column=region,
            kind=kind,
            title=title,
            by=session.user,
            note=note,
        )
    sys.stdout.write(
        f"{city}: map {number} is a draft of {passport['outlines']} area(s) in {file.name};"
        f" {_fit(passport['quality'])}\n"
    )


@app.command(name="list", epilog="Example: sozialraum boundary list leipzig")
def list_(city: City, as_json: Json = False) -> None:
    """List the maps of a city, the newest first."""
    with open_session() as session, session.engine.connect() as connection:
        city_profile(city, connection)
        rows = priority_maps.listed(connection, city)
    if as_json:
        write_json(rows)
        return
    if not rows:
        sys.stdout.write(f"{city}: no maps; 'sozialraum boundary draft {city} --title …' makes one\n")
    for row in rows:
        sys.stdout.write(f"{_line(row)}\n")


@app.command(epilog="Example: sozialraum boundary show leipzig 3")
def show(city: City, number: Number, as_json: Json = False) -> None:
    """Show a map: its areas, how it was made, who did what."""
    with open_session() as session, session.engine.connect() as connection:
        city_profile(city, connection)
        known = priority_maps.get(connection, city, number)
        events = priority_maps.events(connection, number)
        shapes = priority_maps.read_regions(connection, number)
    is_as_kept = outlines_digest(shapes) == known["geometry_sha256"]
    table = shapes.drop(columns="geometry").reset_index()
    if as_json:
        write_json(
            known | {"matches_sha256": is_as_kept, "events": events, "regions": table.to_dict("records")}
        )
        return
    sys.stdout.write(f"{_line(known)}\n{table.to_string(index=False)}\n")
    for event in events:
        note = f": {event['note']}" if event["note"] else ""
        sys.stdout.write(f"{event['done_at']:%Y-%m-%d %H:%M} {event['status']} by {event['done_by']}{note}\n")
    sys.stdout.write(f"passport: {json.dumps(known['passport'], ensure_ascii=False)}\n")
    fits = "" if is_as_kept else "; DOES NOT MATCH the outlines, which were changed after they were kept"
    sys.stdout.write(f"geometry: sha256 {known['geometry_sha256']}{fits}\n")


@app.command(epilog="Example: sozialraum boundary propose leipzig 3")
def propose(city: City, number: Number, note: Note = "") -> None:
    """Put a draft before the council."""
    _move(city, number, "proposed", note)


@app.command(name="return", epilog='Example: sozialraum boundary return leipzig 3 --note "Ausschuss: prüfen"')
def return_(city: City, number: Number, note: Note = "") -> None:
    """Make a proposed map a draft again."""
    _move(city, number, "draft", note)


@app.command(epilog="Example: sozialraum boundary withdraw leipzig 3")
def withdraw(city: City, number: Number, note: Note = "") -> None:
    """Take a draft or a proposed map back; it stays on record."""
    _move(city, number, "withdrawn", note)


@app.command(epilog="Example: sozialraum boundary agree leipzig 3 --decision VII-DS-01234 --date 2026-10-28")
def agree(
    city: City,
    number: Number,
    decision: Annotated[str, typer.Option(help="Number of the council's decision.")],
    on: Annotated[str, typer.Option("--date", help="Day of the decision, as 2026-10-28.")],
    note: Note = "",
) -> None:
    """Put a proposed map in force; the one before is superseded, and neither ever changes again."""
    try:
        day = date.fromisoformat(on)
    except ValueError as error:
        raise EtlError(f"--date {on}: no day; write it as 2026-10-28") from error
    if day > date.today():
        raise EtlError(f"--date {on}: lies ahead; give the day of the decision")
    _move(city, number, "agreed", note, decision=decision, day=day)


@app.command(epilog="Example: sozialraum boundary cases leipzig")
def cases(city: City, run: Run = None, scenario: ScenarioName = None, as_json: Json = False) -> None:
    """List the areas of high need that lie in no priority area and no margin, each with the reason."""
    with open_session() as session, session.engine.connect() as connection:
        city_profile(city, connection)
        found = proposals.find_run(connection, city, run_id=run, scenario=scenario)
        table = proposal_tables.read_told(connection, found["id"])
        is_withheld = run_withheld(connection, found["id"])
    listed = table[table["case_reason"].notna()].sort_values(["residents", "need"], ascending=False)
    if as_json:
        write_json(
            listed.reset_index()[
                ["area_id", "name", "need", "residents", "case_reason", "case_de", "case_en"]
            ].to_dict("records")
        )
        return
    above = table["need"] > found["parameters"]["threshold"]
    sys.stdout.write(
        f"{city}, run {found['id']}: {len(listed)} single case(s) among {int(above.sum())} areas above the threshold;"
        f" {int((above & table['region_id'].notna()).sum())} lie in a priority area, the others in a margin\n"
    )
    if is_withheld:
        sys.stdout.write(f"values are withheld since a newer load; run 'sozialraum compute {city}'\n")
    for area, row in listed.iterrows():
        need = "withheld" if pd.isna(row["need"]) else f"{row['need']:.2f}"
        sys.stdout.write(f"{area} {row['name']}: need {need}; {row['case_de']}\n")


@app.command(epilog="Example: sozialraum boundary changes leipzig")
def changes(city: City, run: Run = None, scenario: ScenarioName = None, as_json: Json = False) -> None:
    """Tell what becomes of each region of the map in force: keep, retype, shrink, grow, new, retire, split, merge."""
    with open_session() as session, session.engine.connect() as connection:
        city_profile(city, connection)
        found = told_run(connection, proposals.find_run(connection, city, run_id=run, scenario=scenario))
    rows = found["summary"].get("region_changes")
    if rows is None:
        raise EtlError(
            f"{city}, run {found['id']}: it was compared with no map; 'sozialraum boundary list {city}' tells which is in"
            " force, 'sozialraum compute' compares with it"
        )
    if as_json:
        write_json(rows)
        return
    sys.stdout.write(f"{city}, run {found['id']} beside map {found['summary']['map_in_force']} in force\n")
    for row in rows:
        sys.stdout.write(_change(row) + "\n")


@app.command(epilog="Example: sozialraum boundary export leipzig --out proposal.gpkg --surface proposal.tif")
def export(
    city: City,
    out: Annotated[Path, typer.Option(help="GeoPackage to write.")],
    number: Annotated[int | None, typer.Option("--map", help="A map instead of a proposal.")] = None,
    run: Run = None,
    scenario: ScenarioName = None,
    raster: Annotated[
        Path | None, typer.Option("--surface", help="Also the membership as a cloud-optimised GeoTIFF.")
    ] = None,
    cell_size: Annotated[float, typer.Option(help="Side of its cells in metres.")] = 25.0,
    smoothing: Annotated[float, typer.Option(help="How far it is smoothed, in metres.")] = 100.0,
) -> None:
    """Write a proposal with all its layers, or a map, to a map file."""
    require_writable(out)
    if raster is not None:
        require_writable(raster, suffixes=(".tif", ".tiff"))
    with open_session() as session, session.engine.connect() as connection:
        city_profile(city, connection)
        if number is not None:
            if raster is not None:
                raise EtlError("a map has no membership; give --surface with a proposal")
            write_map(out, map_layers(connection, city, number))
        else:
            found = proposals.find_run(connection, city, run_id=run, scenario=scenario)
            content = b""  # made before anything is written
            if raster is not None:
                told = sources.together(sources.sources_of_run(connection, found))["attribution"]
                content = surface(connection, found, cell_size=cell_size, smoothing=smoothing, source=told)
            write_map(out, run_layers(connection, found))
            if raster is not None:
                raster.write_bytes(content)
    sys.stdout.write(f"{out}\n" + ("" if raster is None else f"{raster}\n"))


def _move(
    city: str, number: int, status: str, note: str, *, decision: str | None = None, day: date | None = None
) -> None:
    with open_session() as session, session.engine.begin() as connection:
        city_profile(city, connection)
        priority_maps.get(connection, city, number)
        before = priority_maps.in_force(connection, city) if status == "agreed" else None
        priority_maps.move(
            connection,
            number,
            status,
            by=session.user,
            note=note,
            decision_number=decision,
            decision_date=day,
        )
    superseded = ""
    if before is not None:
        superseded = f"; it supersedes map {before['id']} (decision {before['decision_number']})"
    sys.stdout.write(f"{city}: map {number} is {status}{superseded}\n")


def _fit(quality: dict[str, Any]) -> str:
    """Say how outlines that were drawn elsewhere fit the areas of the city, and each other."""
    share = quality["ambiguous_share_of_residents"]
    told = [
        "nobody lives in them"
        if share is None
        else f"{share:.1%} of their residents lie in blocks that an outline cuts",
        f"{quality['outside_hectares']:.1f} ha lie outside the city",
    ]
    if quality["outside"]:
        told.append(f"wholly or in part outside: {', '.join(quality['outside'])}")
    if quality["lost"]:
        told.append(f"without any area of the city: {', '.join(quality['lost'])}")
    told += [
        f"{' and '.join(one['regions'])} overlap by {one['square_metres']:,.0f} m²"
        for one in quality["overlaps"]
    ]
    return "; ".join(told)


def _change(row: dict[str, Any]) -> str:
    names = " + ".join(row["existing"]) or "–", " + ".join(row["proposed"]) or "–"
    parts = [
        f"{side} {part['areas']} areas, {part['hectares']:,.1f} ha"
        + ("" if part["residents"] is None else f", {part['residents']:,.0f} residents")
        for side in ("kept", "added", "removed")
        if (part := row[side])["areas"]
    ]
    retyped = f" ({row['retyped']})" if row["retyped"] else ""
    return f"{names[0]} → {names[1]}: {row['change']}{retyped}; {'; '.join(parts)}"


def _line(row: dict[str, Any]) -> str:
    decided = (
        f", decision {row['decision_number']} of {row['decision_date']}" if row["decision_number"] else ""
    )
    people = "" if row["residents"] is None else f", {row['residents']:,.0f} residents"
    return (
        f"map {row['id']}: {row['title']} ({row['status']}{decided}): {row['regions']} priority areas,"
        f" {row['areas']} areas{people}; {row['geography_id']} {row['edition']}, by {row['created_by']}"
    )
