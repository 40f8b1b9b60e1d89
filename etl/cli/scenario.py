"""`sozialraum scenario …`: parameters of a proposal under a name, run and laid side by side."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from sqlalchemy import Connection

from db import jobs
from db.queries import priority_maps, scenario_table, scenarios
from etl.cities import CityProfile, city_names, city_profile
from etl.cli.json_output import write_json
from etl.cli.session import open_session
from etl.compute import compute_scenario
from etl.errors import EtlError
from etl.jobs.proposal import SCENARIO, STANDARD
from etl.planning.parameters import ProposalParameters
from etl.progress import steps

__all__ = ["app"]

app = typer.Typer(
    help="Parameters of a proposal under a name: kept, run, and laid side by side.", no_args_is_help=True
)

City = Annotated[
    str, typer.Argument(help=f"One of: {', '.join(city_names())}; or a city that was loaded with a manifest.")
]
Name = Annotated[str, typer.Argument(help="Name of the scenario: small letters, digits, - and _.")]
Names = Annotated[list[str], typer.Argument(help="Names of scenarios.")]
Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
Pairs = list[str] | None


@app.command(
    epilog="Example: sozialraum scenario save leipzig wide --set threshold=0.7 --set most_share=0.25"
)
def save(
    city: City,
    name: Name,
    changes: Annotated[
        Pairs,
        typer.Option("--set", help="A parameter and its value, such as threshold=0.8; may be repeated."),
    ] = None,
    weight: Annotated[Pairs, typer.Option(help="An indicator and its weight: INDICATOR=1.")] = None,
    lock: Annotated[
        Pairs, typer.Option(help="A region of the map in force that stays as it is: REGION=REASON.")
    ] = None,
    inside: Annotated[Pairs, typer.Option(help="An area that has to be in: AREA=REASON.")] = None,
    outside: Annotated[Pairs, typer.Option(help="An area that has to be out: AREA=REASON.")] = None,
    period: Annotated[str | None, typer.Option(help="Period; the newest complete one by default.")] = None,
    file: Annotated[Path | None, typer.Option(help="JSON file with parameters to start from.")] = None,
    note: Annotated[str, typer.Option(help="What it is for.")] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace other parameters of this name.")
    ] = False,
) -> None:
    """Keep parameters under a name; what is not given stays as it is, or is the city's own choice in a new scenario.

    The scenario called `standard`, once there is one, is the city's choice: `sozialraum compute` proposes with it.
    """
    with open_session() as session, session.engine.begin() as connection:
        profile = city_profile(city, connection)
        given = _start(connection, city, profile, name) | _from_file(file) | _changes(changes)
        given |= _locks(connection, city, given, _pairs("--lock", lock or []))
        for key, pairs in (("inside", inside), ("outside", outside)):
            if pairs:
                given[key] = _reasons(key, given.get(key)) | _pairs(f"--{key}", pairs)
        if weight:
            given["weights"] = {one: _number(one, value) for one, value in _pairs("--weight", weight).items()}
        before = given.pop("period", None)
        stored = ProposalParameters.from_dict(given).to_dict() | {"period": _period(period, before)}
        changed = scenarios.put(connection, city, name, stored, by=session.user, note=note, replace=replace)
    sys.stdout.write(f"{city}: scenario {name} {'kept' if changed else 'is as it was'}\n")


@app.command(name="list", epilog="Example: sozialraum scenario list leipzig")
def list_(city: City, as_json: Json = False) -> None:
    """List the scenarios of a city with who made them and what came out."""
    with open_session() as session, session.engine.connect() as connection:
        city_profile(city, connection)
        rows = scenarios.listed(connection, city)
    if as_json:
        write_json(rows)
        return
    if not rows:
        sys.stdout.write(f"{city}: no scenarios; 'sozialraum scenario save {city} NAME' keeps one\n")
    for row in rows:
        made = "no run yet" if row["run_id"] is None else f"run {row['run_id']}: {_told(row['summary'])}"
        note = f" ({row['note']})" if row["note"] else ""
        sys.stdout.write(f"{row['name']}{note}: by {row['changed_by'] or row['created_by']}; {made}\n")


@app.command(epilog="Example: sozialraum scenario run leipzig wide narrow")
def run(
    city: City,
    names: Names,
    queue: Annotated[bool, typer.Option("--queue", help="Leave it to the worker instead.")] = False,
    as_json: Json = False,
) -> None:
    """Propose with the parameters of scenarios; a run that is up to date is kept."""
    with open_session() as session:
        with session.engine.connect() as connection:
            profile = city_profile(city, connection)
        if queue:
            with session.engine.begin() as connection:
                for name in names:
                    scenarios.get(connection, city, name)
                numbers = [
                    jobs.request(
                        connection,
                        city_id=city,
                        kind=SCENARIO,
                        parameters={"name": name},
                        requested_by=session.user,
                    )
                    for name in names
                ]
            sys.stdout.write(f"{city}: job(s) {', '.join(map(str, numbers))} for the worker\n")
            return
        with steps(f"scenario {city}") as progress:
            outcomes = [
                compute_scenario(
                    session.engine,
                    profile,
                    name,
                    requested_by=session.user,
                    code_version=session.code_version,
                    progress=progress,
                )
                for name in names
            ]
    if as_json:
        write_json([asdict(one) for one in outcomes])
    else:
        for name, outcome in zip(names, outcomes, strict=True):
            sys.stdout.write(f"{name}: {outcome.sentence()}\n")


@app.command(epilog="Example: sozialraum scenario compare leipzig wide narrow")
def compare(city: City, names: Names, as_json: Json = False) -> None:
    """Lay scenarios side by side: what differs in what they ask for, and in what came out."""
    with open_session() as session, session.engine.connect() as connection:
        city_profile(city, connection)
        rows = scenario_table.side_by_side(connection, city, names)
    if as_json:
        write_json(rows)
        return
    table = pd.DataFrame({row["name"]: _differing(row, rows) | _figures(row) for row in rows})
    sys.stdout.write(table.to_string(na_rep="–") + "\n")
    lacking = [row["name"] for row in rows if row["run"] is None]
    if lacking:
        sys.stdout.write(
            f"without a run: {', '.join(lacking)}; 'sozialraum scenario run {city} …' makes it\n"
        )


@app.command(epilog="Example: sozialraum scenario delete leipzig narrow")
def delete(city: City, name: Name) -> None:
    """Forget a scenario; runs made with it stay."""
    with open_session() as session, session.engine.begin() as connection:
        city_profile(city, connection)
        scenarios.remove(connection, city, name)
    sys.stdout.write(f"{city}: scenario {name} forgotten\n")


def _start(connection: Connection, city: str, profile: CityProfile, name: str) -> dict[str, Any]:
    """Return the parameters to start from: the scenario's own, or else the city's choice."""
    known = {row["name"]: row["parameters"] for row in scenarios.listed(connection, city)}
    return dict(known.get(name) or known.get(STANDARD) or profile.proposal.to_dict())


def _locks(
    connection: Connection, city: str, given: Mapping[str, Any], asked: Mapping[str, str]
) -> dict[str, Any]:
    """Return the locks with the number of the map they are of; those of an earlier map give way to new ones."""
    locked, of = _reasons("locked", given.get("locked", {})), given.get("locked_in")
    if not locked and not asked:
        return {"locked": {}, "locked_in": None}
    if not asked and of is not None:
        return {"locked": locked, "locked_in": of}
    in_force = priority_maps.in_force(connection, city)
    if in_force is None:
        raise EtlError(f"{city}: no map is in force whose regions could be locked; agree to one first")
    kept = locked if of in (None, in_force["id"]) else {}
    return {"locked": kept | dict(asked), "locked_in": in_force["id"]}


def _reasons(key: str, given: Any) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise EtlError(f"{key} is {given!r}; give a reason for each id")
    return {str(one): why for one, why in given.items()}


def _period(asked: str | None, before: Any) -> str | None:
    found = before if asked is None else asked
    if found is not None and not isinstance(found, str):
        raise EtlError(f'period is {found!r}; write it as a text, such as "{found}"')
    return found


def _told(summary: Mapping[str, Any]) -> str:
    people = "withheld" if summary["residents"] is None else f"{summary['residents']:,.0f}"
    return (
        f"{summary['regions']} regions, {people} residents, {summary['single_cases']} single cases,"
        f" at most {summary['relative_gap']:.1%} from the best"
    )


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        given = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EtlError(f"{file}: {error}; give a JSON file with parameters by their names") from error
    if not isinstance(given, dict):
        raise EtlError(f'{file}: no parameters by their names; write {{"threshold": 0.8}}')
    return given


def _changes(pairs: Sequence[str] | None) -> dict[str, Any]:
    known = {one.name for one in fields(ProposalParameters)}
    found: dict[str, Any] = {}
    for name, value in _pairs("--set", pairs or []).items():
        if name not in known - {"weights", "locked", "inside", "outside"}:
            raise EtlError(f"--set {name}: no such parameter; one of: {', '.join(sorted(known))}")
        try:
            found[name] = value if name == "kind" else json.loads(value)
        except ValueError as error:
            raise EtlError(
                f"--set {name}={value}: no number; write it with a point, or null for none"
            ) from error
    return found


def _pairs(option: str, given: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise EtlError(f"{option} {one!r}: write a name, = and what belongs to it")
        if name.strip() in found:
            raise EtlError(f"{option} {name.strip()}: given twice; give it once")
        found[name.strip()] = value.strip()
    return found


def _number(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise EtlError(f"--weight {name}={value}: no number; write it with a point") from error


def _differing(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = [*(one.name for one in fields(ProposalParameters)), "period"]
    return {
        name: _short(row["parameters"].get(name))
        for name in names
        if len({json.dumps(one["parameters"].get(name), sort_keys=True) for one in rows}) > 1
    }


def _figures(row: Mapping[str, Any]) -> dict[str, Any]:
    digits = {"share_of_residents": ".1%", "jaccard": ".3f", "relative_gap": ".2%"}
    return {
        name: "–"
        if row[name] is None
        else row[name]
        if isinstance(row[name], str)
        else format(row[name], digits.get(name, ",.0f"))
        for name in scenario_table.FIGURES
    }


def _short(value: Any) -> str:
    return (
        "–" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    )
