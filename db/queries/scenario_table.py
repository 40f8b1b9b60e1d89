"""Scenarios side by side: what each asks for, what came out, and how far it speaks of the same residents as the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from db.errors import UnknownProposalError
from db.queries import proposals, scenarios
from db.queries.withheld_areas import run_withheld, without_sums

__all__ = ["FIGURES", "side_by_side"]

FIGURES = (
    "period",
    "regions",
    "areas",
    "residents",
    "share_of_residents",
    "common_residents",
    "jaccard",
    "objective",
    "relative_gap",
    "single_cases",
)


def side_by_side(connection: Connection, city_id: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return one row per scenario in the order given; the others are compared with the first that has a run.

    `run` is None for a scenario without one, and the figures are too. `jaccard` is the share of the residents in
    either that are in both [0–1], counted with the residents of this run's period; None where the runs are of other
    boundaries; `newest_edition` of those now. `is_withheld`: values of an area of the run are withheld by now, so it has
    no figures made of residents.

    Raises
    ------
    UnknownScenarioError
        If one is not stored.
    """
    first: tuple[tuple[str, str], pd.DataFrame] | None = None
    rows = []
    for name in dict.fromkeys(names):
        stored = scenarios.get(connection, city_id, name)
        row: dict[str, Any] = {"name": name, "note": stored["note"], "parameters": stored["parameters"]}
        try:
            run = proposals.find_run(connection, city_id, scenario=name)
        except UnknownProposalError:
            nothing = dict.fromkeys((*FIGURES, "edition", "newest_edition"))
            rows.append(row | {"run": None, "is_withheld": False} | nothing)
            continue
        table = proposals.read_areas(connection, run["id"])
        boundaries = run["parameters"]["geography"], run["parameters"]["edition"]
        first = (boundaries, table) if first is None else first
        beside = first[1] if first[0] == boundaries else None
        is_withheld = run_withheld(connection, run["id"])
        figures = (
            {name: without_sums(run["summary"]).get(name) for name in FIGURES}
            if is_withheld
            else _figures(run["summary"], table, beside)
        )
        row |= {"edition": boundaries[1], "newest_edition": run["newest_edition"]}
        rows.append(row | {"run": run["id"], "is_withheld": is_withheld} | figures)
    return rows


def _figures(summary: dict[str, Any], table: pd.DataFrame, first: pd.DataFrame | None) -> dict[str, Any]:
    """Return the figures of a run; what is common with the first only where both are of the same boundaries."""
    people = table["residents"].fillna(0.0)
    total = float(people.sum())
    inside = table["region_id"].notna()
    found: dict[str, float | None] = {
        "share_of_residents": float(people[inside].sum()) / total if total else None
    }
    if first is not None:
        other = first["region_id"].reindex(table.index).notna()
        common, either = float(people[inside & other].sum()), float(people[inside | other].sum())
        found |= {"common_residents": common, "jaccard": common / either if either else 1.0}
    return {name: found.get(name, summary.get(name)) for name in FIGURES}
