"""What a status index is computed from, on one level and in one period: values, states, larger units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from db.queries import areas
from etl.errors import EtlError
from indicators.methods import Method
from indicators.methods.errors import suggestion
from indicators.status import ValueStatus

__all__ = ["index_table", "labels_of", "larger_units"]


def larger_units(
    connection: Connection,
    city: str,
    methods: Sequence[Method],
    level: Mapping[str, Any],
    levels: Sequence[Mapping[str, Any]],
) -> dict[str, dict[str, str]]:
    """Return, for every larger unit that a method of the city names, the one that each area of the level lies in."""
    vintages = {one["id"]: one["vintage_id"] for one in levels if one["rank"] < level["rank"]}
    names = dict.fromkeys(name for method in methods for name in method.labels)
    for name in names:
        if name not in {one["id"] for one in levels}:
            raise EtlError(
                f"{city}: a method compares within, or draws towards, {name!r}, which is no level of the city;"
                f" {suggestion(name, [one['id'] for one in levels])}"
            )
    return {
        name: areas.ancestors(connection, level["vintage_id"], above=vintages[name])
        for name in names
        if name in vintages
    }


def labels_of(method: Method, index: pd.Index, units: Mapping[str, Mapping[str, str]]) -> pd.DataFrame | None:
    """Return the larger units that the method asks for, one column each; None when it asks for none."""
    if not method.labels:
        return None
    return pd.DataFrame({name: index.map(units[name]) for name in method.labels}, index=index)


def index_table(rows: pd.DataFrame, columns: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return values and statuses of the columns that are there, areas × indicators."""
    chosen = rows[rows["indicator_id"].isin(columns)]
    wide = {
        name: chosen.pivot(index="area_id", columns="indicator_id", values=name)
        for name in ("value", "status")
    }
    return wide["value"].astype(float), wide["status"].fillna(ValueStatus.MISSING.value)
