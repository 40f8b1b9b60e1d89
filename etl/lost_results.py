"""Which rates, ranks and classes the public would not see, because counts behind them are withheld: before a load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from etl.cities import CityProfile
from etl.confidentiality import Confidentiality
from etl.count_tables import CountTable, count_table
from etl.delivery import Delivery
from indicators.composite import status_index
from indicators.confidentiality import ShareLimits, share_limits
from indicators.definition import Indicator
from indicators.derived import derived_values
from indicators.errors import ConstantColumnError, TooFewAreasError
from indicators.methods import Method
from indicators.selection import LAND_AREA, Selection, computable
from indicators.status import ValueStatus

__all__ = ["lost_results"]

_COLUMNS = ("rates", "rates_lost", "rates_capped", "classes", "classes_lost", "classes_moved")
_Tables = tuple[CountTable, CountTable]  # as delivered, as published


def lost_results(profile: CityProfile, before: Delivery, after: Delivery) -> pd.DataFrame:
    """Compute what a load would compute, from the counts as delivered and as they would be published.

    Returns one row per level below the city: `rates` (indicator, area and period with a value as delivered),
    `rates_lost` (none of them any more, and no rank either), `rates_capped` (shown at the top percentage only),
    `classes` of the status index, `classes_lost`, and `classes_moved`: other ones, because areas without a value are
    no longer part of the average. What the publisher withholds is no loss. Indicators that are delivered as they are,
    and methods that compare within larger units, are left out.
    """
    selection = computable(
        {one.id: one for one in before.indicators},
        set(before.values["indicator_id"]),
        within=profile.catalogue,
        minimum_denominator=profile.reliable_from,
        only=profile.indicators,
    )
    rows = {}
    for level in before.geographies[1:]:
        tables = (
            _table(before, level.id, selection),
            _table(after, level.id, selection),
        )
        rows[level.id] = dict(_of_level(profile, before.confidentiality, selection, tables))
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(_COLUMNS)).rename_axis("geography")


def _of_level(
    profile: CityProfile, declared: Confidentiality, selection: Selection, tables: _Tables
) -> Iterator[tuple[str, int]]:
    shown: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {}
    rates = lost = capped = 0
    for item in selection.indicators:
        limits = share_limits(item, declared.rules([one for one in item.counts if one != LAND_AREA]))
        first, second = _values(item, tables[0], ShareLimits()), _values(item, tables[1], limits)
        if first is None or second is None:
            continue
        shown[item.id] = first, second
        had = first["value"].notna()
        has = second["value"].reindex(first.index).notna()
        rates += int(had.sum())
        lost += int((had & ~has).sum())
        same = np.isclose(first["value"], second["value"].reindex(first.index), equal_nan=True)
        capped += int((had & has & ~same).sum())
    yield from {"rates": rates, "rates_lost": lost, "rates_capped": capped}.items()
    yield from _classes(profile, shown).items()


def _classes(profile: CityProfile, shown: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]]) -> dict[str, int]:
    found = dict.fromkeys(("classes", "classes_lost", "classes_moved"), 0)
    periods = {period for one in shown.values() for period in one[0].index.get_level_values("period")}
    for period in sorted(periods):
        method = profile.method_for(str(period))
        if method is None or method.labels or not set(method.columns) <= set(shown):
            continue
        first, second = (
            _class_of(method, {name: shown[name][side] for name in method.columns}, str(period))
            for side in (0, 1)
        )
        if first is None:
            continue
        has = first.notna() & (False if second is None else second.reindex(first.index).notna())
        found["classes"] += int(first.notna().sum())
        found["classes_lost"] += int((first.notna() & ~has).sum())
        if second is not None:
            found["classes_moved"] += int((first[has] != second.reindex(first.index)[has]).sum())
    return found


def _class_of(method: Method, columns: Mapping[str, pd.DataFrame], period: str) -> pd.Series | None:
    parts: dict[str, dict[str, Any]] = {"value": {}, "status": {}}
    for name, one in columns.items():
        if period not in one.index.get_level_values("period"):
            return None
        for what, made in parts.items():
            made[name] = one[what].xs(period, level="period")
    values, statuses = (pd.DataFrame(made) for made in parts.values())
    statuses = statuses.fillna(ValueStatus.MISSING.value)
    try:
        return status_index(values.astype(float), statuses, method).classes
    except (ConstantColumnError, TooFewAreasError):
        return None


def _table(delivery: Delivery, level: str, selection: Selection) -> CountTable:
    areas = delivery.areas[delivery.areas["geography"] == level]
    rows = delivery.values[delivery.values["geography"] == level]
    counts = [name for name in selection.counts if name != LAND_AREA]
    table = count_table(rows[rows["indicator_id"].isin(counts)], sorted(areas["area_id"]), counts)
    if LAND_AREA in selection.counts:
        size = areas.geometry.area.to_numpy() / 1e6
        table = table.with_measured(LAND_AREA, dict(zip(areas["area_id"], size, strict=True)))
    return table.with_sums(selection.sums)


def _values(item: Indicator, table: CountTable, limits: ShareLimits) -> pd.DataFrame | None:
    used = list(item.counts)
    is_there = table.is_there[used].all(axis=1).to_numpy()
    if not is_there.any():
        return None
    return derived_values(item, table.values[used][is_there], table.statuses[used][is_there], limits=limits)
