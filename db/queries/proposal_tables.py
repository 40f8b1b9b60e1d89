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
from db.queries.rows import read_one, read_rows
from db.queries.withheld_areas import IS_WITHHELD, REGION_IS_WITHHELD
from spatial.regions.scenarios.stability import StabilityMap

__all__ = [
    "AreaCount",
    "Decisions",
    "SingleCaseList",
    "area_withheld",
    "read_decisions",
    "read_page",
    "read_regions",
    "read_single_cases",
    "region_withheld",
    "standings",
]

_AREAS = (
    "SELECT p.area_id, a.name, p.region_id, p.membership, p.deviation, p.certainty, p.zone_class, p.stability,"
    " p.existing, p.change, p.case_reason, p.case_de, p.case_en,"
    " CASE WHEN NOT s.is_withheld THEN p.need END AS need,"
    " CASE WHEN NOT s.is_withheld THEN p.residents END AS residents,"
    " CASE WHEN NOT s.is_withheld THEN p.critical_threshold END AS critical_threshold"
    " FROM proposal_area p JOIN run r ON r.id = p.run_id JOIN area a USING (vintage_id, area_id)"
    f" CROSS JOIN LATERAL (SELECT {IS_WITHHELD} AS is_withheld) AS s WHERE p.run_id = :run"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What was decided beforehand: regions of the map in force that stay, areas that have to be in or out."""

    locked: list[dict[str, Any]]  # region_id, reason
    inside: list[dict[str, Any]]  # area_id, name, reason
    outside: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaCount:
    """How many areas, and who lives in them as far as it is published."""

    areas: int
    residents: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleCaseList:
    """Areas of raised need in no region and no margin, the most residents first; and where all of raised need are."""

    rows: list[dict[str, Any]]
    region: AreaCount
    margin: AreaCount
    single_case: AreaCount
    all: AreaCount


def area_withheld(connection: Connection, run_id: int, area_id: str) -> bool:
    """Say whether the need or the residents of an area are withheld by now."""
    row = read_one(
        connection,
        f"SELECT {IS_WITHHELD} AS is_withheld FROM proposal_area p JOIN run r ON r.id = p.run_id"
        " WHERE p.run_id = :run AND p.area_id = :area",
        {"run": run_id, "area": area_id},
    )
    return row is not None and bool(row["is_withheld"])


def region_withheld(connection: Connection, run_id: int, region_id: str) -> bool:
    """Say whether need or residents of an area of a region are withheld by now."""
    row = read_one(
        connection,
        f"SELECT {REGION_IS_WITHHELD} AS is_withheld FROM region g WHERE (g.run_id, g.region_id) = (:run, :region)",
        {"run": run_id, "region": region_id},
    )
    return row is not None and bool(row["is_withheld"])


def read_regions(connection: Connection, run_id: int) -> list[dict[str, Any]]:
    """Return the regions of a run without their shapes, the largest first."""
    return read_rows(
        connection,
        "SELECT g.region_id, g.kind, g.areas, CASE WHEN NOT s.is_withheld THEN g.residents END AS residents,"
        " CASE WHEN NOT s.is_withheld THEN g.mean_need END AS mean_need, g.border_length, g.zone_distance"
        f" FROM region g CROSS JOIN LATERAL (SELECT {REGION_IS_WITHHELD} AS is_withheld) AS s"
        " WHERE g.run_id = :run ORDER BY g.residents DESC, g.region_id",
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
        f"{_AREAS} AND p.area_id > :after ORDER BY p.area_id LIMIT :rows",
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
        f"SELECT *, need - :mark AS above FROM ({_AREAS} AND p.case_reason IS NOT NULL) AS c"
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
    places = {row["place"]: AreaCount(areas=row["areas"], residents=row["residents"]) for row in counted}
    nobody = AreaCount(areas=0, residents=0.0)
    return SingleCaseList(
        rows=rows,
        region=places.get("region", nobody),
        margin=places.get("margin", nobody),
        single_case=places.get("single_case", nobody),
        all=AreaCount(
            areas=sum(one.areas for one in places.values()),
            residents=sum(one.residents for one in places.values()),
        ),
    )
