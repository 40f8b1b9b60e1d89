"""Scenarios side by side: what each asks for, what came out, and how far it speaks of the same residents as the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from db.errors import UnknownProposalError
from db.queries import proposals, scenarios

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
    either that are in both [0–1], None where the runs are of other boundaries.

    Raises
    ------
    UnknownScenarioError
        If one is not stored.
    """
    first: pd.DataFrame | None = None
    rows = []
    for name in dict.fromkeys(names):
        stored = scenarios.get(connection, city_id, name)
        row: dict[str, Any] = {"name": name, "note": stored["note"], "parameters": stored["parameters"]}
        try:
            run = proposals.find_run(connection, city_id, scenario=name)
        except UnknownProposalError:
            rows.append(row | {"run": None} | dict.fromkeys(FIGURES))
            continue
        table = proposals.read_areas(connection, run["id"])
        first = table if first is None else first
        rows.append(row | {"run": run["id"]} | _figures(run["summary"], table, first))
    return rows


def _figures(summary: dict[str, Any], table: pd.DataFrame, first: pd.DataFrame) -> dict[str, Any]:
    people = table["residents"].fillna(0.0)
    total = float(people.sum())
    inside = table["region_id"].notna()
    if not table.index.equals(first.index):  # other boundaries: nothing is common that could be counted
        return {name: summary.get(name) for name in FIGURES}
    other = first["region_id"].notna()
    common, either = float(people[inside & other].sum()), float(people[inside | other].sum())
    found = {
        "share_of_residents": float(people[inside].sum()) / total if total else None,
        "common_residents": common,
        "jaccard": common / either if either else 1.0,
    }
    return {name: found.get(name, summary.get(name)) for name in FIGURES}
