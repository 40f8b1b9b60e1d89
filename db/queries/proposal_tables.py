"""A proposal as tables, for whoever publishes it: its regions, its areas page by page, its decisions and single cases.

What a newer load withholds is in none of them, even where the proposal was made with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from db.errors import UnknownValuesError
from db.queries.copying import copy_out
from db.queries.proposals import AREA_COLUMNS, CODES
from db.queries.rows import read_rows
from db.queries.withheld_areas import HOW_AREAS_ARE_TOLD, run_is_withheld, run_withheld, told_columns
from spatial.regions.scenarios.stability import StabilityMap

__all__ = [
    "AreaCount",
    "Decisions",
    "SingleCaseList",
    "read_decisions",
    "read_page",
    "read_regions",
    "read_single_cases",
    "read_told",
    "standings",
]


def _areas(run: str) -> str:
    """Return the statement for the areas of a run (an expression such as `:run`) as they may be told."""
    columns = {name: f"p.{name}" for name in AREA_COLUMNS} | told_columns(run)
    told = ", ".join(f"{columns[name]} AS {name}" for name in AREA_COLUMNS)
    return (
        f"SELECT p.area_id, a.name, {told}, s.is_few"
        " FROM proposal_area p JOIN run r ON r.id = p.run_id JOIN area a USING (vintage_id, area_id)"
        f" CROSS JOIN LATERAL {HOW_AREAS_ARE_TOLD} AS s WHERE p.run_id = {run}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What was decided beforehand: regions of the map in force that stay, areas that have to be in or out."""

    locked: list[dict[str, Any]]  # region_id, reason
    inside: list[dict[str, Any]]  # area_id, name, reason
    outside: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaCount:
    """How many areas, and who lives in them as far as it is published; None where that would tell what is withheld."""

    areas: int
    residents: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleCaseList:
    """Areas of raised need in no region and no margin, the most residents first; and where all of raised need are.

    `is_withheld`: no sums of residents, for values of an area of the run are withheld by now.
    """

    rows: list[dict[str, Any]]
    region: AreaCount
    margin: AreaCount
    single_case: AreaCount
    all: AreaCount
    is_withheld: bool


def read_told(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return one row per area with `name` and `AREA_COLUMNS` as they may be told, indexed by area_id, in its order."""
    frame = copy_out(
        connection,
        f"SELECT area_id, name, {', '.join(AREA_COLUMNS)} FROM ({_areas('%(run)s')}) AS t ORDER BY area_id",
        {"run": run_id},
        dtype=dict.fromkeys((*CODES, "name"), "str"),
    )
    told = {name: frame[name].fillna("") for name in ("case_de", "case_en")}
    return frame.assign(**told).set_index("area_id")


def read_regions(connection: Connection, run_id: int) -> list[dict[str, Any]]:
    """Return the regions of a run without their shapes, the largest first."""
    return read_rows(
        connection,
        "SELECT g.region_id, g.kind, g.areas, CASE WHEN NOT s.is_withheld THEN g.residents END AS residents,"
        " CASE WHEN NOT s.is_withheld THEN g.mean_need END AS mean_need, g.border_length, g.zone_distance"
        f" FROM region g CROSS JOIN (SELECT {run_is_withheld(':run')} AS is_withheld) AS s"
        " WHERE g.run_id = :run ORDER BY 4 DESC NULLS LAST, g.region_id",
        {"run": run_id},
    )


def read_decisions(connection: Connection, run: Mapping[str, Any]) -> Decisions:
    """Return what was decided before a run, each with its reason and in the order of the ids."""
    parameters = run["parameters"]
    named = [*parameters["inside"], *parameters["outside"]]
    rows = read_rows(
        connection,
        "SELECT p.area_id, a.name FROM proposal_area p JOIN area a USING (vintage_id, area_id)"
        " WHERE p.run_id = :run AND p.area_id = ANY(:areas)",
        {"run": run["id"], "areas": named},
    )
    names = {row["area_id"]: row["name"] for row in rows}

    def areas_of(decision: str) -> list[dict[str, Any]]:
        given = sorted(parameters[decision].items())
        return [{"area_id": area, "name": names.get(area, area), "reason": why} for area, why in given]

    locked = sorted(parameters["locked"].items())
    return Decisions(
        locked=[{"region_id": region, "reason": why} for region, why in locked],
        inside=areas_of("inside"),
        outside=areas_of("outside"),
    )


def read_page(
    connection: Connection, run: Mapping[str, Any], *, limit: int, after: str = ""
) -> list[dict[str, Any]]:
    """Return up to `limit` areas after the code `after`, in the order of the codes; `standing` is the stability in words.

    Raises
    ------
    UnknownValuesError
        If there is none after it.
    """
    rows = read_rows(
        connection,
        f"{_areas(':run')} AND p.area_id > :after ORDER BY p.area_id LIMIT :rows",
        {"run": run["id"], "after": after, "rows": limit},
    )
    if not rows:
        raise UnknownValuesError(f"the proposal of run {run['id']} has no areas after {after!r}; begin anew")
    return [row | {"standing": word} for row, word in zip(rows, standings(rows), strict=True)]


def standings(rows: Sequence[Mapping[str, Any]]) -> list[str | None]:
    """Return the `stability` of areas in words; None where no variants were counted."""
    share = pd.Series([row["stability"] for row in rows], dtype=float)
    known = share.dropna()
    counted = StabilityMap(share=known, residents=known, runs=pd.DataFrame(), refused=0)
    words = counted.standing.to_dict()
    return [words.get(place) for place in share.index]


def read_single_cases(connection: Connection, run: Mapping[str, Any]) -> SingleCaseList:
    """Return the areas of raised need that are in no region and no margin, each with its reason."""
    given = {"run": run["id"], "mark": run["parameters"]["threshold"]}
    rows = read_rows(
        connection,
        f"SELECT *, need - :mark AS above FROM ({_areas(':run')} AND p.case_reason IS NOT NULL) AS c"
        " ORDER BY residents DESC NULLS LAST, area_id",
        given,
    )
    counted = read_rows(
        connection,
        "SELECT CASE WHEN region_id IS NOT NULL THEN 'region' WHEN case_reason IS NOT NULL THEN 'single_case'"
        " ELSE 'margin' END AS place, count(*) AS areas, coalesce(sum(residents), 0) AS residents"
        " FROM proposal_area WHERE run_id = :run AND need > :mark GROUP BY 1",
        given,
    )
    is_withheld = run_withheld(connection, run["id"])
    has_few = any(row["is_few"] for row in rows)
    places = {row["place"]: (row["areas"], row["residents"]) for row in counted}

    def count(names: Sequence[str]) -> AreaCount:
        hidden = is_withheld or (has_few and "single_case" in names)
        found = [places.get(name, (0, 0.0)) for name in names]
        people = None if hidden else sum(residents for _, residents in found)
        return AreaCount(areas=sum(areas for areas, _ in found), residents=people)

    return SingleCaseList(
        rows=rows,
        region=count(["region"]),
        margin=count(["margin"]),
        single_case=count(["single_case"]),
        all=count(["region", "margin", "single_case"]),
        is_withheld=is_withheld,
    )
