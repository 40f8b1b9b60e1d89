"""Status and dynamics with their classes, per period, by the method that holds for the period."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from db.queries import areas, deliveries, explanations, runs, values
from etl.index_explanations import explanation_rows, read_chance
from etl.index_inputs import index_table, labels_of, larger_units
from etl.jobs.contract import Context, Outcome, Skipped, once
from indicators.composite import CompositeIndex, combined_classes, dynamics_index, status_index
from indicators.computed import computed_by
from indicators.definition import Indicator
from indicators.errors import ConstantColumnError, TooFewAreasError
from indicators.methods import Method
from indicators.status import ValueStatus

__all__ = ["KIND", "run"]

KIND = "status-index"

_Table = tuple[pd.DataFrame, pd.DataFrame]  # values and statuses, areas × indicators


def run(context: Context, *, shares_run: int) -> Outcome | Skipped:
    """Compute status and dynamics of a city on every level below the whole city.

    A city without a method is left out, unless an earlier run is to be replaced.
    """
    if (
        not context.profile.methods
        and runs.newest(context.connection, city_id=context.city, kind=KIND) is None
    ):
        return Skipped(kind=KIND, reason="the city names no status method")
    methods = {period: method.to_dict() for period, method in context.profile.methods.items()}
    return once(
        context,
        kind=KIND,
        parameters={"methods": methods},
        upstream=(shares_run,),
        work=lambda run_id: _work(context, run_id),
    )


def _work(context: Context, run_id: int) -> Mapping[str, Any]:
    connection, methods = context.connection, context.profile.methods.values()
    definitions = {item.id: item for method in methods for item in computed_by(method).indicators()}
    deliveries.put_indicators(connection, context.city, definitions.values())
    levels = [level for level in areas.geographies(connection, context.city) if level["rank"] > 0]
    wanted = sorted({name for method in methods for name in (*method.columns, *method.dynamics_columns)})
    inputs = sorted({name for method in methods for name in method.indicators})
    parts: list[pd.DataFrame] = []
    to_explain: list[Callable[[], pd.DataFrame]] = []
    left_out: list[str] = []
    results = 0
    for done, level in enumerate(levels):
        context.progress(f"status index: {level['title_de']}", done / len(levels))
        frame = values.read_values(connection, vintage_id=level["vintage_id"], indicator_ids=wanted)
        units = larger_units(connection, context.city, list(context.profile.methods.values()), level, levels)
        periods = {str(period): rows for period, rows in frame.groupby("period")}
        chance = read_chance(connection, context.city, level["vintage_id"], inputs)
        for period, rows in periods.items():
            method = context.profile.method_for(period)
            beside = [name for name in (method.labels if method else ()) if name not in units]
            if beside:  # districts cannot be drawn towards districts
                left_out.append(f"{level['id']} {period}: lies in no {', '.join(beside)}")
                continue
            if method is None or not _has(rows, method.columns):
                continue
            table = index_table(rows, [*method.columns, *method.dynamics_columns])
            labels = labels_of(method, table[0].index, units)
            try:
                made = list(_results(method, table, labels, period, periods))
            except (ConstantColumnError, TooFewAreasError) as error:
                left_out.append(f"{level['id']} {period}: {error}")
                continue
            results += 1
            known = {
                "vintage_id": level["vintage_id"],
                "period": period,
                "reference_date": rows["reference_date"].max(),
            }
            parts += [one.assign(**known) for one in made]
            to_explain.append(
                partial(
                    explanation_rows,
                    *table,
                    method,
                    chance,
                    vintage_id=level["vintage_id"],
                    period=period,
                    labels=labels,
                )
            )
    stored = values.replace_computed(
        connection,
        parts,
        run_id=run_id,
        vintage_ids=[level["vintage_id"] for level in levels],
        indicator_ids=list(definitions),
    )
    # One is explained while the one before is stored.
    context.progress("status index: explain", None)
    told = explanations.store(connection, (explain() for explain in to_explain), run_id=run_id)
    return {"results": results, "values": stored, "explained": told, "left_out": left_out}


def _results(
    method: Method,
    table: _Table,
    labels: pd.DataFrame | None,
    period: str,
    periods: Mapping[str, pd.DataFrame],
) -> Iterator[pd.DataFrame]:
    """Yield the values of everything the method computes from what is there."""
    kept = computed_by(method)
    status = status_index(*table, method, labels=labels)
    yield _rows(kept.index, status.index, status.status)
    if kept.classes is not None:
        yield _rows(kept.classes, status.classes, status.status)
    dynamics = _dynamics(method, table, period, periods, labels)
    if dynamics is None or kept.dynamics is None:
        return
    yield _rows(kept.dynamics, dynamics.index, dynamics.status)
    if kept.dynamics_classes is not None:
        yield _rows(kept.dynamics_classes, dynamics.classes, dynamics.status)
    if kept.pairs is not None:
        pairs = combined_classes(status, dynamics)
        yield _rows(kept.pairs, pairs["class"], pairs["status"])


def _dynamics(
    method: Method,
    table: _Table,
    period: str,
    periods: Mapping[str, pd.DataFrame],
    labels: pd.DataFrame | None,
) -> CompositeIndex | None:
    """Return the dynamics, or None when the method has none or the values of its years are not there."""
    if method.dynamics is None or not _has(periods[period], method.dynamics_columns):
        return None
    if method.dynamics.change == "given":
        return dynamics_index(*table, method, labels=labels)
    before = periods.get(str(int(period) - method.dynamics.years)) if period.isdecimal() else None
    if before is None or not _has(before, method.dynamics.indicators):
        return None
    earlier_values, earlier_statuses = index_table(before, method.dynamics.indicators)
    now = table[0].index
    return dynamics_index(
        *table,
        method,
        earlier_values=earlier_values.reindex(now),
        earlier_statuses=earlier_statuses.reindex(now).fillna(ValueStatus.MISSING.value),
        labels=labels,
    )


def _has(rows: pd.DataFrame, columns: Sequence[str]) -> bool:
    return set(columns) <= set(rows["indicator_id"])


def _rows(indicator: Indicator, value: pd.Series, status: pd.Series) -> pd.DataFrame:
    table = pd.DataFrame({"value": value.astype("Float64"), "status": status, "indicator_id": indicator.id})
    return table.rename_axis("area_id").reset_index()
