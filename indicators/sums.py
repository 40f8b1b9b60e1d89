"""Which counts are sums of others? Sums of counts, and of parts such as cohorts or blocks, with an honest state."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from indicators.definition import AtLeast, IndicatorDefinition
from indicators.errors import DefinitionError, InputError
from indicators.status import ValueStatus, weakest
from indicators.statuses import checked_status, require_same_index, weakest_of

__all__ = ["add_sums", "pool"]

# A share of parts such as 2/3 is not exact in binary.
_ROUNDING = 1e-9


def add_sums(
    values: pd.DataFrame, statuses: pd.DataFrame, definitions: Mapping[str, IndicatorDefinition]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add the counts that are sums of counts in the table, as their definitions say.

    Parameters
    ----------
    values : DataFrame of int or float, indexed by area_id (or area and period), one column per count
        Counts that were delivered. [persons, households, cases, …]
    statuses : DataFrame of ValueStatus or str, same index and columns
        State of each count.
    definitions : mapping of id to IndicatorDefinition
        Those with `sum_of` are added when the table has, or comes to have, all of their parts.

    Returns
    -------
    tuple of DataFrame
        Values and statuses with more columns. A delivered count is never replaced. A sum has the weakest state
        of its parts: withheld if one is withheld, unknown if one is unknown.

    Raises
    ------
    DefinitionError
        If definitions are sums of each other; the message shows the circle.
    InputError, StatusError
        If the two tables do not fit together.

    Examples
    --------
    >>> from indicators.catalogue import catalogue
    >>> counts = pd.DataFrame({"moves_in": [30.0, 5.0], "moves_out": [20.0, None]}, index=["00", "01"])
    >>> states = pd.DataFrame({"moves_in": ["measured"] * 2, "moves_out": ["measured", "suppressed"]},
    ...                       index=["00", "01"])
    >>> both, state = add_sums(counts, states, catalogue())
    >>> both["moves"].tolist(), state["moves"].tolist()
    ([50.0, nan], ['measured', 'suppressed'])
    """
    require_same_index(values, statuses, "values and statuses")
    numbers = {str(name): values[name].astype(float) for name in values.columns}
    states = {name: checked_status(values[name], statuses[name], name) for name in numbers}
    for name in _in_order(definitions):
        parts = definitions[name].sum_of
        if name not in numbers and all(part in numbers for part in parts):
            columns = pd.DataFrame({part: numbers[part] for part in parts}, index=values.index)
            numbers[name] = columns.sum(axis=1, skipna=False)
            states[name] = weakest_of(*(states[part] for part in parts))
    return pd.DataFrame(numbers, index=values.index), pd.DataFrame(states, index=values.index)


def pool(
    values: pd.DataFrame,
    statuses: pd.DataFrame,
    groups: pd.Series,
    *,
    missing: AtLeast,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sum counts over the parts of a whole: three cohorts of one area, the blocks of one district.

    Parameters
    ----------
    values : DataFrame of int or float, one row per part, one column per count
        Counts that are related to each other later, such as findings and examined children.
    statuses : DataFrame of ValueStatus or str, same index and columns
        State of each count.
    groups : Series, same index
        The whole that a part belongs to.
    missing : AtLeast
        Least share of the parts of a whole (each counts the same) in which every count must be known.

    Returns
    -------
    tuple of DataFrame, one row per whole in the order of its first part
        Values and statuses. Only parts in which all counts are known are summed, so that numerator and
        denominator speak of the same parts. *suppressed* if a count of a part is withheld, *missing* if too few
        parts are known, *uncertain* if some are unknown, otherwise the weakest state of the parts.

    Raises
    ------
    InputError, StatusError
        If the inputs do not fit together, or a part belongs to no whole.

    Examples
    --------
    >>> counts = pd.DataFrame({"findings": [4.0, 6.0, None], "examined": [20.0, 30.0, None]})
    >>> states = counts.notna().replace({True: "measured", False: "missing"})
    >>> total, state = pool(counts, states, pd.Series(["00", "00", "00"]), missing=AtLeast(2 / 3))
    >>> total.loc["00"].tolist(), state.loc["00"].tolist()
    ([10.0, 50.0], ['uncertain', 'uncertain'])
    """
    require_same_index(values, statuses, "values and statuses")
    require_same_index(values, groups, "values and groups")
    if groups.isna().any():
        raise InputError("parts of no whole", groups.index[groups.isna()], "give every part its whole")
    states = pd.DataFrame({name: checked_status(values[name], statuses[name], str(name)) for name in values})
    numbers = values.astype(float)
    withheld = (states == ValueStatus.SUPPRESSED.value).groupby(groups, sort=False).any()
    is_known = numbers.notna().all(axis=1)
    known_share = is_known.groupby(groups, sort=False).mean()
    enough = known_share >= missing.share - _ROUNDING
    total = numbers.where(is_known).groupby(groups, sort=False).sum(min_count=1)
    state = pd.DataFrame(
        {
            name: states[name].where(is_known).groupby(groups, sort=False).agg(_weakest_known)
            for name in numbers.columns
        }
    )
    state = state.mask(known_share < 1, ValueStatus.UNCERTAIN.value)
    state = state.mask(~enough, ValueStatus.MISSING.value).mask(withheld, ValueStatus.SUPPRESSED.value)
    has_value = ~state.isin([ValueStatus.MISSING.value, ValueStatus.SUPPRESSED.value])
    return total.where(has_value), state


def _weakest_known(states: pd.Series) -> str:
    known = states.dropna().unique()
    return weakest(*map(ValueStatus, known)).value if len(known) else ValueStatus.MISSING.value


def _in_order(definitions: Mapping[str, IndicatorDefinition]) -> list[str]:
    """Return the ids of all sums, parts before wholes."""
    order: list[str] = []
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            circle = " → ".join((*path[path.index(name) :], name))
            raise DefinitionError(f"a circle of sums: {circle}; leave one of them out of sum_of")
        if name in done or name not in definitions:
            return
        for part in definitions[name].sum_of:
            visit(part, (*path, name))
        done.add(name)
        if definitions[name].sum_of:
            order.append(name)

    for name in definitions:
        visit(name, ())
    return order
