"""The command line: one command, nouns after verbs, one line for every refusal."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from sqlalchemy.exc import SQLAlchemyError

from db.errors import DatabaseError
from etl.cities import CityProfile, city_names
from etl.cli import (
    alert,
    boundary,
    confidentiality,
    crosswalk,
    database,
    dataset,
    figure,
    goals,
    indicator,
    method,
    scenario,
    service,
)
from etl.cli.budget import budget
from etl.cli.export import catalogue, export
from etl.cli.history import diff, history
from etl.cli.propose import propose
from etl.cli.reproduce import reproduce
from etl.cli.segregation import segregation
from etl.cli.series import series
from etl.cli.session import Session, open_session
from etl.cli.surface import surface
from etl.cli.undo import undo
from etl.compute import compute_city
from etl.datasets.findings import DatasetError, as_json, as_text
from etl.errors import DeliveryError, EtlError
from etl.jobs.contract import Outcome
from etl.loading import LoadReport
from etl.offline_map import save_offline_map
from etl.pipeline import load_city
from etl.progress import console, steps
from etl.worker import work_once
from indicators.errors import IndicatorError
from maps.errors import MapsError
from spatial.errors import SpatialError

__all__ = ["app", "main"]

app = typer.Typer(
    name="sozialraum",
    help="Small-area social monitoring: load a city, compute, propose priority areas, serve the map.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(database.app, name="db")
app.add_typer(method.app, name="method")
app.add_typer(indicator.app, name="indicator")
app.add_typer(figure.app, name="figure")
app.add_typer(alert.app, name="alert")
app.add_typer(goals.app, name="goals")
app.add_typer(confidentiality.app, name="confidentiality")
app.add_typer(scenario.app, name="scenario")
app.add_typer(boundary.app, name="boundary")
app.add_typer(crosswalk.app, name="crosswalk")

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
_INTERRUPTED = 130
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


def _show(sentence: str, data: Any, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")
    else:
        sys.stdout.write(sentence + "\n")


@app.command(epilog="Example: sozialraum load leipzig --from ../shared/data/leipzig-ortsteile")
def load(
    city: CityOrPath,
    folder: From = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change; the database stays as it is.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Load a city's data: raw, clean, checked, then all of it or nothing."""
    profile = dataset.profile_to_load(city)
    with open_session() as session:
        report = _load(session, profile, folder, dry_run=dry_run)
    _show(report.sentence(), asdict(report), as_json)


@app.command(epilog="Example: sozialraum compute leipzig --threshold 0.8")
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


app.command(epilog="Example: sozialraum init ./my-city")(dataset.init)

app.command(
    epilog="Example: sozialraum check data/manifests/flensburg-sozialatlas.toml --from ../shared/data/flensburg-sozialatlas"
)(dataset.check)

app.command(epilog="Example: sozialraum segregation leipzig --measure dissimilarity --csv")(segregation)

app.command(
    epilog="Example: sozialraum budget areas.csv --total 1000000 --need child_poverty --population children"
)(budget)

app.command(
    epilog="Example: sozialraum propose --areas blocks.gpkg --need need --population residents --out proposal.gpkg"
)(propose)

app.command(epilog="Example: sozialraum history leipzig 62 unemployed")(history)

app.command(epilog="Example: sozialraum diff leipzig 1 2")(diff)

app.command(epilog="Example: sozialraum undo 2 --dry-run")(undo)

app.command(epilog="Example: sozialraum export leipzig --format gpkg --format xlsx --out leipzig-export")(
    export
)

app.command(epilog="Example: sozialraum catalogue --format jsonld --address https://sozialraum.example.org/")(
    catalogue
)

app.command(epilog="Example: sozialraum series berlin-split 09041301 residents")(series)

app.command(epilog="Example: sozialraum surface leipzig unemployed_per_resident --out unemployed.tif")(
    surface
)

app.command(epilog="Example: sozialraum reproduce --all --from ../shared/data")(reproduce)


@app.command(name="map", epilog="Example: sozialraum map leipzig --out leipzig.html")
def offline_map(
    city: City,
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("map.html"),
    indicator: Annotated[str | None, typer.Option(help="Indicator; the status index by default.")] = None,
    geography: Annotated[str | None, typer.Option(help="Level of areas; the finest by default.")] = None,
    period: Annotated[str | None, typer.Option(help="Period; the newest by default.")] = None,
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
            language=language,
        )
    sys.stdout.write(f"{path}\n")


@app.command(epilog="Example: sozialraum serve --port 8001")
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
) -> None:
    """Serve the web map and the API."""
    with service.checked_port(host, port), open_session() as session:
        url = session.url
    raise typer.Exit(service.serve(url, host=host, port=port, path=""))


@app.command(epilog="Example: sozialraum run leipzig --from ../shared/data/leipzig-ortsteile")
def run(
    city: CityOrPath,
    folder: From = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
) -> None:
    """Do everything: database, load, compute, serve."""
    profile = dataset.profile_to_load(city)
    with (
        service.checked_port(host, port),
        service.private_database_while_running(),
        open_session() as session,
    ):
        city = profile.source.city_id
        report = _load(session, profile, folder)
        console().print(report.sentence(), markup=False)
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


@app.command(epilog="Example: sozialraum worker --once")
def worker(
    once: Annotated[bool, typer.Option("--once", help="Stop when there is no open job.")] = False,
) -> None:
    """Do the jobs that were asked for, and send what webhooks wait for."""
    with open_session() as session, steps("worker") as progress:

        def step() -> Outcome | str | None:
            done = work_once(session.engine, code_version=session.code_version, progress=progress)
            return alert.send_due(session, progress) if done is None else done

        service.work(step, once=once)


def main() -> None:
    """Run the command; a refusal is one line on standard error and exit status 1."""
    try:
        app(standalone_mode=True)
    except DatasetError as error:
        if "--json" in sys.argv:
            told = {"source": error.source, "problems": error.problems, "findings": as_json(error.findings)}
            sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        else:
            sys.stderr.write(as_text(error.findings) + "\n")
        _refuse(error)
    except DeliveryError as error:
        if "--json" in sys.argv:
            sys.stdout.write(
                json.dumps({"source": error.source, "problems": error.problems}, ensure_ascii=False) + "\n"
            )
        _refuse(error)
    except (EtlError, DatabaseError, IndicatorError, SpatialError, MapsError) as error:
        _refuse(error)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        _refuse(f"database: {reason}; nothing was changed")
    except SystemExit as done:
        if done.code == _INTERRUPTED:  # that is what typer makes of Ctrl-C, without a word
            sys.stderr.write("sozialraum: stopped; nothing half-done was kept\n")
        raise
    except OSError as error:
        _refuse(f"{error.filename or 'file'}: {error.strerror or error}; check space and permissions")


def _refuse(error: object) -> None:
    sys.stderr.write(f"sozialraum: {' '.join(str(error).split())}\n")
    sys.exit(1)


if __name__ == "__main__":
    main()
