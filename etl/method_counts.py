"""What a table has only the counts of is computed from them, by the definition of the indicator."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from etl.method_values import MethodValues
from indicators.definition import Indicator
from indicators.shares import indicator_values

__all__ = ["computable_columns", "with_computed"]


def computable_columns(table: MethodValues, known: Mapping[str, Indicator]) -> tuple[str, ...]:
    """Return the indicators that the table has no column of, but all counts."""
    has = set(table.values.columns)
    return tuple(
        name
        for name, one in known.items()
        if name not in has and one.is_computable and one.counts and has.issuperset(one.counts)
    )


def with_computed(
    table: MethodValues, names: Collection[str], known: Mapping[str, Indicator]
) -> tuple[MethodValues, tuple[str, ...]]:
    """Return the table with those of the names that can be computed from its counts, and which these are.

    A column of the table is never replaced. Values of too small a denominator, by the indicator's definition, are
    missing.
    """
    computed = tuple(name for name in computable_columns(table, known) if name in names)
    if not computed:
        return table, ()
    values, statuses = table.values.copy(), table.statuses.copy()
    for name in computed:
        made = indicator_values(known[name], table.values, table.statuses)
        values[name], statuses[name] = made["value"], made["status"]
    return replace(table, values=values, statuses=statuses), computed
