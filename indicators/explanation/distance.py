"""How far is an area from the next class? The limits on both sides, in points of the index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.errors import DefinitionError
from indicators.explanation.prepared import Floats
from indicators.methods.result import CompositeIndex
from indicators.methods.schema import Classes, turns

__all__ = ["ClassDistances", "class_distances"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ClassDistances:
    """The class limits on both sides of every area.

    `table`, indexed by area_id in the order of the result: `index`, `class`, and for both directions
    (`less_need`, `more_need`) the limit (`limit_…`), by how much the index would have to change to reach it
    (`to_…`, in points of the index, negative downwards) and the class beyond it (`class_…`). NaN and <NA> where
    there is no class on that side, or the area has none. `nearest`: the smaller of the two distances.
    """

    table: pd.DataFrame
    method: str
    rules: Classes

    def __repr__(self) -> str:
        known = self.table["nearest"].dropna()
        nearest = f", nearest {known.min():.3g}" if len(known) else ""
        return f"ClassDistances({self.method}: {len(known)} of {len(self.table)} areas{nearest})"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area."""
        return self.table


def class_distances(result: CompositeIndex) -> ClassDistances:
    """Measure how far every area is from the next class limit on both sides.

    Parameters
    ----------
    result : CompositeIndex
        Status or dynamics, by a method with classes.

    Returns
    -------
    ClassDistances
        On the index of the result. With cuts the limits are the cuts. With groups by rank the limit is the index
        of the area on the other side of the border, all other areas staying where they are. Whether the limit
        itself still belongs to the class is what the method says: an area can be 0 points from the next class.

    Raises
    ------
    DefinitionError
        If the method has no classes.

    Examples
    --------
    >>> from indicators.composite import status_index
    >>> from indicators.methods import shipped_method
    >>> method = shipped_method("leipzig-status")
    >>> values = pd.DataFrame({name: [1.0, 2.0, 6.0] for name in method.columns}, index=["00", "01", "02"])
    >>> found = class_distances(status_index(values, values.notna().replace(True, "measured"), method))
    >>> found.table.loc["02", ["index", "limit_less_need", "limit_more_need"]].astype(float).round(3).tolist()
    [1.389, 1.0, 1.5]
    """
    rules = result.rules
    if rules is None:
        raise DefinitionError(f"method {result.method.id!r} has no classes; add [classes] to its file")
    part = result.method.dynamics if result.is_dynamics else None
    indices = result.method.indices if part is None else part.indices
    is_turned = turns(next(one.then for one in indices if one.id == result.result))
    is_valid = result.is_valid.to_numpy()
    value = result.index.to_numpy(dtype=float)
    number = result.classes.to_numpy(dtype=float, na_value=np.nan)
    low, high = np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    from_low = (rules.class_1 == "least_need") != is_turned
    for group in _groups(result, is_valid):
        chosen = number[group].astype(np.int64)
        if rules.groups is None:
            low[group], high[group] = _beside_cuts(chosen, rules, from_low)
        else:
            low[group], high[group] = _beside_places(value[group], chosen, rules.groups, from_low)
    step = 1 if from_low else -1
    below = np.where(np.isnan(low), np.nan, number - step)
    above = np.where(np.isnan(high), np.nan, number + step)
    less, more = ((low, below), (high, above)) if not is_turned else ((high, above), (low, below))
    columns = {"index": value, "class": number}
    for name, (limit, beyond) in (("less_need", less), ("more_need", more)):
        columns |= {f"limit_{name}": limit, f"to_{name}": limit - value, f"class_{name}": beyond}
    table = pd.DataFrame(columns, index=result.index.index)
    whole = ["class", "class_less_need", "class_more_need"]
    table = table.astype(dict.fromkeys(whole, "Int64"))
    table["nearest"] = table[["to_less_need", "to_more_need"]].abs().min(axis=1)
    return ClassDistances(table=table, method=result.method.id, rules=rules)


def _groups(result: CompositeIndex, is_valid: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Return the positions of the valid areas that are compared with each other."""
    if result.universe is None:
        return [np.flatnonzero(is_valid)]
    codes, names = pd.factorize(result.universe.astype(object))
    return [np.flatnonzero(is_valid & (codes == number)) for number in range(len(names))]


def _beside_cuts(number: NDArray[np.int64], rules: Classes, from_low: bool) -> tuple[Floats, Floats]:
    """Return the cuts below and above each area; NaN at the ends."""
    passed = number - 1 if from_low else rules.count - number
    ends = np.array([np.nan, *rules.cuts, np.nan])
    return ends[passed], ends[passed + 1]


def _beside_places(
    value: Floats, number: NDArray[np.int64], groups: int, from_low: bool
) -> tuple[Floats, Floats]:
    """Return the index of the areas on the other side of the borders of each area's group.

    An area is in a group up to c when at most ⌊c · N / groups⌋ − 1 others are below it.
    """
    rising = np.sort(value if from_low else -value)
    count = len(value)
    last, first = number * count // groups, (number - 1) * count // groups
    padded = np.append(rising, np.nan)
    above = padded[np.where(last < count, last, count)]
    below = padded[np.where(first > 0, first - 1, count)]
    return (below, above) if from_low else (-above, -below)
