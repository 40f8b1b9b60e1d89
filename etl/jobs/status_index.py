"""The composite status index and its classes, per period, by the method that holds for the period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from db.queries import areas, deliveries, values
from etl.jobs.contract import Context, Outcome, once
from indicators.composite import CompositeIndex, Method, status_index
from indicators.computed import STATUS_CLASS, STATUS_INDEX
from indicators.errors import ConstantColumnError, TooFewAreasError
from indicators.status import ValueStatus

__all__ = ["KIND", "run"]

KIND = "status-index"


def run(context: Context, *, shares_run: int) -> Outcome:
    """Compute the status index of a city on every level below the whole city."""
    methods = {period: asdict(method) for period, method in context.profile.methods.items()}
    return once(
        context,
        kind=KIND,
        parameters={"methods": methods},
        upstream=(shares_run,),
        work=lambda run_id: _work(context, run_id),
    )


def _work(context: Context, run_id: int) -> Mapping[str, Any]:
    connection = context.connection
    deliveries.put_indicators(connection, context.city, (STATUS_INDEX, STATUS_CLASS))
    levels = [level for level in areas.geographies(connection, context.city) if level["rank"] > 0]
    wanted = sorted({name for method in context.profile.methods.values() for name in method.indicators})
    parts, left_out = [], []
    for done, level in enumerate(levels):
        context.progress(f"status index: {level['title_de']}", done / len(levels))
        frame = values.read_values(connection, vintage_id=level["vintage_id"], indicator_ids=wanted)
        for period, rows in frame.groupby("period"):
            method = context.profile.method_for(str(period))
            if method is None or not set(method.indicators) <= set(rows["indicator_id"]):
                continue
            try:
                result = _index(rows, method)
            except (ConstantColumnError, TooFewAreasError) as error:
                left_out.append(f"{level['id']} {period}: {error}")
                continue
            parts.append(
                _rows(result).assign(
                    vintage_id=level["vintage_id"], period=period, reference_date=rows["reference_date"].max()
                )
            )
    stored = values.replace_computed(
        connection,
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(),
        run_id=run_id,
        vintage_ids=[level["vintage_id"] for level in levels],
        indicator_ids=[STATUS_INDEX.id, STATUS_CLASS.id],
    )
    return {"results": len(parts), "values": stored, "left_out": left_out}


def _index(rows: pd.DataFrame, method: Method) -> CompositeIndex:
    chosen = rows[rows["indicator_id"].isin(method.indicators)]
    wide = {
        name: chosen.pivot(index="area_id", columns="indicator_id", values=name)
        for name in ("value", "status")
    }
    names = list(method.indicators)
    statuses = wide["status"][names].fillna(ValueStatus.MISSING.value)
    return status_index(wide["value"][names].astype(float), statuses, method)


def _rows(result: CompositeIndex) -> pd.DataFrame:
    index = pd.DataFrame({"value": result.index, "status": result.status, "indicator_id": STATUS_INDEX.id})
    classes = pd.DataFrame(
        {"value": result.classes.astype("Float64"), "status": result.status, "indicator_id": STATUS_CLASS.id}
    )
    return pd.concat(
        [frame.rename_axis("area_id").reset_index() for frame in (index, classes)], ignore_index=True
    )
