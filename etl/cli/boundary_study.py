"""`sozialraum boundary years`, `price`, `opinions`: what a planner asks before a map is proposed; nothing is stored."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from etl.cities import city_names, city_profile
from etl.cli.json_output import write_json
from etl.cli.session import open_session
from etl.jobs.contract import Context
from etl.jobs.proposal import city_parameters
from etl.planning.area_files import require_writable, write_map
from etl.planning.parameters import ProposalParameters
from etl.planning.study import opinions_on, over_the_years, stability_price
from etl.progress import steps

__all__ = ["opinions", "price", "years"]

City = Annotated[
    str, typer.Argument(help=f"One of: {', '.join(city_names())}; or a city that was loaded with a manifest.")
]
Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


def years(
    city: City,
    inertia: Annotated[
        float,
        typer.Option(help="What it is worth to stay with the map of the period before, in index points."),
    ] = 0.2,
    out: Annotated[Path | None, typer.Option(help="GeoPackage with the outlines of all periods.")] = None,
    as_json: Json = False,
) -> None:
    """Propose for every period, each from the map before, and follow the regions through time."""
    if out is not None:
        require_writable(out)
    with open_session() as session, session.engine.connect() as connection:
        profile = city_profile(city, connection)
        context = Context(
            connection=connection,
            profile=profile,
            requested_by=session.user,
            code_version=session.code_version,
            progress=lambda _name, _share: None,
        )
        own = city_parameters(context)[0]
        found = over_the_years(
            connection, profile, ProposalParameters.from_dict(own.to_dict() | {"inertia": inertia})
        )
    events = found.paths.events
    if out is not None:
        write_map(out, {"regions": found.outlines(), "events": events})
    if as_json:
        write_json({"residents": _records(found.paths.summary()), "events": events.to_dict("records")})
        return
    table = found.paths.summary()
    sys.stdout.write("residents of each path\n")
    sys.stdout.write(table.to_string(na_rep="–", float_format="{:,.0f}".format) + "\n")
    for row in events[events["event"] != "same"].to_dict("records"):
        other = f" {row['other']}" if row["other"] else ""
        sys.stdout.write(
            f"{row['period']}: path {row['path']} {row['event']}{other}:"
            f" +{row['added_residents']:,.0f} −{row['removed_residents']:,.0f} residents\n"
        )


def price(
    city: City,
    inertia: Annotated[
        list[float] | None, typer.Option(help="Inertias to try, rising; may be repeated.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what it costs to stay with the map in force: who changes side, and what is lost."""
    with open_session() as session, session.engine.connect() as connection:
        city_profile(city, connection)
        found = stability_price(connection, city, inertias=inertia)
    if as_json:
        write_json(_records(found.table))
        return
    shown = found.table.assign(jaccard=found.table["jaccard"].map("{:.3f}".format))
    sys.stdout.write(shown.to_string(float_format="{:,.0f}".format) + "\n")
    sys.stdout.write(
        "objective and lost: residents × index points; jaccard: share of residents in both maps\n"
    )


def opinions(
    city: City,
    least_residents: Annotated[
        float, typer.Option(help="Least residents of the regions of SKATER, Ward and max-p.")
    ] = 1000.0,
    as_json: Json = False,
) -> None:
    """Lay the newest proposal beside local Moran, Gi*, SKATER, Ward and max-p: what each leaves out."""
    with (
        open_session() as session,
        session.engine.connect() as connection,
        steps(f"opinions {city}") as progress,
    ):
        city_profile(city, connection)
        found = opinions_on(connection, city, least_residents=least_residents, progress=progress)
    if as_json:
        write_json({"overview": _records(found.overview), "jaccard": _records(found.jaccard)})
        return
    sys.stdout.write(found.overview.to_string(na_rep="–", float_format="{:,.2f}".format) + "\n\n")
    silent = [str(name) for name, row in found.overview.iterrows() if not row["areas"]]
    if silent:
        sys.stdout.write(
            f"{', '.join(silent)}: nothing stands out beyond chance; with few areas these tests seldom find anything\n\n"
        )
    sys.stdout.write("share of residents in common\n")
    sys.stdout.write(found.jaccard.to_string(na_rep="–", float_format="{:.2f}".format) + "\n")


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    plain = table.reset_index().astype(object)
    rows = plain.where(plain.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]
