"""Shares, rates and whatever else counts give: every indicator whose counts are there, on every level and period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from db.queries import areas, catalogue, deliveries, values
from etl.count_tables import CountTable, made_of, read_counts
from etl.jobs.contract import Context, Outcome, once
from indicators.confidentiality import ShareLimits, share_limits
from indicators.definition import Indicator
from indicators.derived import derived_values
from indicators.errors import ShareError
from indicators.selection import LAND_AREA, Selection, computable

__all__ = ["KIND", "run"]

KIND = "shares"


def run(context: Context) -> Outcome:
    """Compute what the counts of a city give: its own shares, and the indicators of the catalogue."""
    selection = _selection(context)
    parameters = {
        "reliable_from": context.profile.reliable_from,
        "indicators": {one.id: _shown_from(context, one) for one in selection.indicators},
        "top_percent": {one.id: _limits(context, one).top_percent for one in selection.indicators},
    }
    return once(
        context,
        kind=KIND,
        parameters=parameters,
        upstream=(),
        work=lambda run_id: _work(context, selection, run_id),
    )


def _selection(context: Context) -> Selection:
    connection, profile = context.connection, context.profile
    return computable(
        {one.id: one for one in catalogue.indicators(connection, context.city, is_declared=True)},
        catalogue.delivered(connection, context.city),
        within=profile.catalogue,
        minimum_denominator=profile.reliable_from,
        only=profile.indicators,
    )


def _work(context: Context, selection: Selection, run_id: int) -> Mapping[str, Any]:
    before = _put_definitions(context, selection)
    levels = areas.geographies(context.connection, context.city)
    tables = [
        read_counts(context.connection, level["vintage_id"], selection.counts, sums=selection.sums)
        for level in levels
    ]
    # The areas of larger units that a definition may fill up from; rarely any.
    is_filled = any(one.missing.share < 1 for one in selection.indicators)
    above = [
        areas.ancestors(context.connection, levels[-1]["vintage_id"], above=level["vintage_id"])
        if is_filled
        else {}
        for level in levels[:-1]
    ]
    stored = values.replace_computed(
        context.connection,
        _parts(context, selection, levels, tables, [*above, {}]),
        run_id=run_id,
        vintage_ids=[level["vintage_id"] for level in levels],
        indicator_ids=sorted({*before, *(one.id for one in (*selection.sums, *selection.indicators))}),
    )
    return {"shares": len(selection.indicators), "levels": len(levels), "values": stored}


def _parts(
    context: Context,
    selection: Selection,
    levels: Sequence[Mapping[str, Any]],
    tables: Sequence[CountTable],
    above: Sequence[Mapping[str, str]],
) -> Iterator[pd.DataFrame]:
    """Yield the values of every level and indicator; they are stored while the next ones are computed."""
    for done, (level, table, inside) in enumerate(zip(levels, tables, above, strict=True)):
        context.progress(f"shares: {level['title_de']}", done / len(levels))
        vintage = level["vintage_id"]
        for one in selection.sums:
            yield _stored(table, one.id).assign(vintage_id=vintage)
        for item in selection.indicators:
            rows = _one(context, made_of(item, table, tables[-1], inside), item, level["id"])
            if len(rows):
                yield rows.assign(vintage_id=vintage)
    context.progress("shares: store", None)


def _put_definitions(context: Context, selection: Selection) -> list[str]:
    """Write down what the city has from now on, needed counts included; return what it had from the catalogue before."""
    connection, known = context.connection, context.profile.catalogue
    before = catalogue.forget_catalogue(connection, context.city)
    own = {one.id for one in catalogue.indicators(connection, context.city)}
    needed = [*(known[name] for name in selection.counts if name not in own), *selection.sums]
    for is_own in (True, False):
        chosen = [one for one in selection.indicators if (one.id in own) is is_own]
        deliveries.put_indicators(
            connection,
            context.city,
            chosen if is_own else [*needed, *chosen],
            is_from_catalogue=not is_own,
        )
    catalogue.set_minimum_denominators(
        connection, context.city, {one.id: _shown_from(context, one) for one in selection.indicators}
    )
    return before


def _limits(context: Context, definition: Indicator) -> ShareLimits:
    """Return what the profiles of its counts say of an indicator; the size of an area is no secret."""
    counts = [name for name in definition.counts if name != LAND_AREA]
    return share_limits(definition, context.profile.source.confidentiality.rules(counts))


def _shown_from(context: Context, definition: Indicator) -> float:
    """Return with how few to relate to a value is still shown: enough to be reliable, and to be published."""
    return max(definition.minimum_denominator, _limits(context, definition).least)


def _one(context: Context, table: CountTable, definition: Indicator, level: str) -> pd.DataFrame:
    used = list(definition.counts)
    is_there = table.is_there[used].all(axis=1).to_numpy()
    if not is_there.any():
        return pd.DataFrame()
    counts, states = table.values[used], table.statuses[used]
    if not is_there.all():
        counts, states = counts[is_there], states[is_there]
    try:
        result = derived_values(definition, counts, states, limits=_limits(context, definition))
    except ShareError as error:
        raise error.of(f"{context.city}, {level}") from error
    day = definition.numerator or used[0]
    return _rows(table, definition.id, day, result)


def _stored(table: CountTable, name: str) -> pd.DataFrame:
    """Return a sum of counts as rows to be stored."""
    result = pd.DataFrame({"value": table.values[name], "status": table.statuses[name]})
    return _rows(table, name, name, result[table.is_there[name]])


def _rows(table: CountTable, name: str, count: str, result: pd.DataFrame) -> pd.DataFrame:
    days = {period: day for (one, period), day in table.days.items() if one == count}
    rows = result.assign(indicator_id=name).reset_index()
    return rows.assign(reference_date=rows["period"].map(days))
