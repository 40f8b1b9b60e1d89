"""What a table has only the counts of is computed from them, by the definition of the indicator."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import pandas as pd

from etl.confidentiality import Confidentiality
from etl.method_values import MethodValues
from indicators.confidentiality import ShareLimits, publishable, share_limits
from indicators.definition import Indicator
from indicators.errors import ShareError
from indicators.shares import indicator_values

__all__ = ["computable_columns", "with_computed"]

_NO_LIMITS = ShareLimits()


def computable_columns(table: MethodValues, known: Mapping[str, Indicator]) -> tuple[str, ...]:
    """Return the indicators that the table has no column of, but all counts."""
    has = set(table.values.columns)
    return tuple(
        name
        for name, one in known.items()
        if name not in has and one.is_computable and one.counts and has.issuperset(one.counts)
    )


def with_computed(
    table: MethodValues,
    names: Collection[str],
    known: Mapping[str, Indicator],
    *,
    declared: Confidentiality | None = None,
) -> tuple[MethodValues, tuple[str, ...]]:
    """Return the table with those of the names that can be computed from its counts, and which these are.

    A column of the table is never replaced. Values of too small a denominator, by the indicator's definition, are
    missing. `declared`: of the source of a city; what is computed goes through its profiles then, as everything that is
    published of the city. A table of one's own has none.
    """
    computed = tuple(name for name in computable_columns(table, known) if name in names)
    if not computed:
        return table, ()
    values, statuses = table.values.copy(), table.statuses.copy()
    for name in computed:
        one = known[name]
        limits = _NO_LIMITS if declared is None else share_limits(one, declared.rules(one.counts))
        made = _computed(one, table, limits)
        values[name], statuses[name] = made["value"], made["status"]
    return replace(table, values=values, statuses=statuses), computed


def _computed(one: Indicator, table: MethodValues, limits: ShareLimits) -> pd.DataFrame:
    values, statuses = table.values[list(one.counts)], table.statuses[list(one.counts)]
    part, whole = one.numerator or "", one.denominator or ""
    try:
        counts = publishable(
            values[part],
            values[whole],
            numerator_status=statuses[part],
            denominator_status=statuses[whole],
            limits=limits,
            may_exceed=not one.is_share,
        )
    except ShareError as error:
        raise error.of(one.id) from error
    shown = indicator_values(
        one,
        values.assign(**{part: counts.numerator, whole: counts.denominator}),
        statuses.assign(**{part: counts.numerator_status, whole: counts.denominator_status}),
    )
    return counts.completed(shown)
