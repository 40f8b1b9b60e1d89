"""Commands about one city: load it, compute, or all of it at once and serve it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from etl.cities import CityProfile, city_names
from etl.cli import dataset, service
from etl.cli.session import Session, open_session
from etl.compute import compute_city
from etl.datasets.findings import as_text
from etl.loading import LoadReport
from etl.pipeline import load_city
from etl.progress import console, steps

__all__ = ["compute", "load", "run"]

City = Annotated[
    str, typer.Argument(help=f"One of: {', '.join(city_names())}; or a city that was loaded with a manifest.")
]
CityOrPath = Annotated[
    str,
    typer.Argument(
        help=f"One of: {', '.join(city_names())}; or a folder with a dataset.toml, or a manifest."
    ),
]
From = Annotated[
    Path | None, typer.Option("--from", help="Folder with the files; without it the publisher is asked.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
Threshold = Annotated[float | None, typer.Option(help="Need threshold on the status index.")]
BorderPrice = Annotated[float | None, typer.Option(min=0, help="Price of border length, persons per metre.")]
ZoneDistance = Annotated[float | None, typer.Option(min=0, help="Width of the buffer zone in metres.")]
LeastResidents = Annotated[float | None, typer.Option(help="Least residents of each proposed region.")]
MostResidents = Annotated[float | None, typer.Option(help="Most residents of each; larger ones are split.")]
MostShare = Annotated[float | None, typer.Option(help="Budget: most residents of all, as a share (0–1).")]
MostRegions = Annotated[int | None, typer.Option(help="Most proposed regions.")]
Seed = Annotated[int | None, typer.Option(min=0, help="For splitting regions.")]


def _load(
    session: Session, profile: CityProfile, folder: Path | None, *, dry_run: bool = False
) -> LoadReport:
    with steps(f"load {profile.source.city_id}") as progress:
        return load_city(
            session.engine,
            profile.source,
            session.store,
            folder=folder,
            loaded_by=session.user,
            code_version=session.code_version,
            progress=progress,
            dry_run=dry_run,
        )


def _told(report: LoadReport, *, computed_next: bool = False) -> str:
    """Say what a load did, what stands out against what was loaded before, and what is to be done next."""
    lines = [report.sentence()]
    if report.findings:
        lines.append(as_text(report.findings))
    if report.counts.get("computed_values_removed") and not computed_next:
        done = (
            "a load removes what was computed of the values before"
            if report.dry_run
            else ("what was computed of the values before was removed")
        )
        lines.append(f"{done}; 'sozialraum compute {report.city}' computes it again")
    return "\n".join(lines)


def _show(sentence: str, data: Any, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")
    else:
        sys.stdout.write(sentence + "\n")


def load(
    city: CityOrPath,
    folder: From = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change; the database stays as it is.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Load a city's data: raw, clean, checked, then all of it or nothing."""
    profile = dataset.profile_to_load(city, folder)
    with open_session() as session:
        report = _load(session, profile, folder, dry_run=dry_run)
    _show(_told(report), report.to_dict(), as_json)


def compute(
    city: City,
    threshold: Threshold = None,
    border_price: BorderPrice = None,
    zone_distance: ZoneDistance = None,
    least_residents: LeastResidents = None,
    most_residents: MostResidents = None,
    most_share: MostShare = None,
    most_regions: MostRegions = None,
    seed: Seed = None,
    period: Annotated[
        str | None, typer.Option(help="Period of the proposal; the newest complete one by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compute shares, status index, segregation and a proposal of priority areas."""
    asked = {
        "threshold": threshold,
        "border_price": border_price,
        "zone_distance": zone_distance,
        "least_residents": least_residents,
        "most_residents": most_residents,
        "most_share": most_share,
        "most_regions": most_regions,
        "seed": seed,
    }
    with open_session() as session, steps(f"compute {city}") as progress:
        profile = dataset.profile_of(city, session.engine)
        outcomes = compute_city(
            session.engine,
            profile,
            requested_by=session.user,
            code_version=session.code_version,
            progress=progress,
            changes={name: value for name, value in asked.items() if value is not None},
            period=period,
        )
    _show(
        "\n".join(outcome.sentence() for outcome in outcomes),
        [asdict(outcome) for outcome in outcomes],
        as_json,
    )


def run(
    city: CityOrPath,
    folder: From = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
) -> None:
    """Do everything: database, load, compute, serve."""
    profile = dataset.profile_to_load(city, folder)
    with (
        service.checked_port(host, port),
        service.private_database_while_running(),
        open_session() as session,
    ):
        city = profile.source.city_id
        report = _load(session, profile, folder)
        console().print(_told(report, computed_next=True), markup=False)
        profile = dataset.profile_of(city, session.engine)
        with steps(f"compute {city}") as progress:
            outcomes = compute_city(
                session.engine,
                profile,
                requested_by=session.user,
                code_version=session.code_version,
                progress=progress,
            )
        for outcome in outcomes:
            console().print(outcome.sentence(), markup=False)
        session.engine.dispose()
        status = service.serve(session.url, host=host, port=port, path=f"?city={city}")
    raise typer.Exit(status)
