"""From checked values to a result: who is valid, the arithmetic, ranks and classes, back on all areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.errors import DefinitionError, InputError, TooFewAreasError
from indicators.methods.classes import class_numbers
from indicators.methods.compute import Evaluation, evaluate
from indicators.methods.errors import suggestion
from indicators.methods.ranks import ranks
from indicators.methods.result import CompositeIndex
from indicators.methods.schema import Classes, Index, Method, turns
from indicators.methods.validity import valid_areas
from indicators.statuses import require_same_index

__all__ = ["Work", "apply"]

_Units = tuple[NDArray[np.object_], NDArray[np.intp]]  # names, and the position of each area's


@dataclass(frozen=True, slots=True)
class Work:
    """Which part of a method is computed."""

    method: Method
    indices: tuple[Index, ...]
    result: str
    rules: Classes | None
    columns: tuple[str, ...]
    is_dynamics: bool


def apply(
    work: Work,
    numbers: NDArray[np.float64],
    codes: NDArray[np.int8],
    areas: pd.Index,
    labels: pd.DataFrame | None,
) -> CompositeIndex:
    """Compute one part of a method from checked arrays.

    Parameters
    ----------
    work : Work
        The part.
    numbers, codes : arrays, shape (n_areas, n_columns)
        Values and states, as `checked_table` returns them.
    areas : Index
        Ids of the areas.
    labels : DataFrame or None
        Larger units of the areas, indexed by area_id.

    Returns
    -------
    CompositeIndex
        On all areas.

    Raises
    ------
    TooFewAreasError
        If fewer areas are valid, in any universe, than the method asks for.
    """
    method = work.method
    is_valid, status = valid_areas(method.validity, work.indices, numbers, codes, work.columns)
    groups = _larger_units(method, areas, labels, is_valid)
    universe = groups.get(method.universe) if method.universe else None
    sizes = np.bincount(universe[1]) if universe else np.array([int(is_valid.sum())])
    if len(sizes) == 0 or sizes.min() < method.validity.minimum_areas:
        where = f" ({method.universe} {universe[0][sizes.argmin()]})" if universe and len(sizes) else ""
        fewest = int(sizes.min()) if len(sizes) else 0
        raise TooFewAreasError(f"{method.id}{where}", fewest, method.validity.minimum_areas)
    valid = areas[is_valid]
    result = evaluate(
        work.indices,
        numbers[is_valid],
        work.columns,
        universe=universe[1] if universe else None,
        parts={name: codes_of for name, (_, codes_of) in groups.items()},
        explain=True,
        areas=valid.tolist(),
    )
    return _told(work, result, areas, is_valid, status, universe, labels)


def _told(
    work: Work,
    result: Evaluation,
    areas: pd.Index,
    is_valid: NDArray[np.bool_],
    status: NDArray[np.object_],
    universe: _Units | None,
    labels: pd.DataFrame | None,
) -> CompositeIndex:
    """Bring the arrays of the valid areas back to all areas."""
    whole = bool(is_valid.all())

    def spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
        if whole:
            return np.array(values)
        full = np.full(is_valid.size, np.nan)
        full[is_valid] = values
        return full

    def series(values: NDArray[np.float64], name: str) -> pd.Series:
        return pd.Series(spread(values), index=areas, name=name)

    def whole_numbers(values: NDArray[np.float64], name: str) -> pd.Series:
        return series(values, name).astype("Int64")

    name = work.result
    is_turned = turns(next(index.then for index in work.indices if index.id == name))
    value = result.values[name]
    rank, classes = np.empty_like(value), np.full_like(value, np.nan)
    numbers = universe[1] if universe else np.zeros(value.size, dtype=np.intp)
    for group in range(int(numbers.max()) + 1):
        chosen = numbers == group
        rank[chosen] = ranks(value[chosen] if is_turned else -value[chosen])
        if work.rules is not None:
            classes[chosen] = class_numbers(value[chosen], work.rules, is_turned=is_turned)
    return CompositeIndex(
        index=series(value, "index"),
        rank=whole_numbers(rank, "rank"),
        classes=whole_numbers(classes, "class"),
        status=pd.Series(status, index=areas, name="status").astype("str"),
        is_valid=pd.Series(is_valid, index=areas, name="is_valid"),
        contributions=pd.DataFrame(
            {one: spread(part) for one, part in result.contributions[name].items()}, index=areas
        ),
        base=series(result.base[name], "base"),
        total=series(result.sums[name], "total"),
        is_additive=result.is_additive[name],
        indices=pd.DataFrame({one: spread(values) for one, values in result.values.items()}, index=areas),
        transformed=pd.DataFrame(
            {one: spread(values) for one, values in result.transformed.items()}, index=areas
        ).rename_axis(columns=["index", "input"]),
        universe=None if labels is None or not work.method.universe else labels[work.method.universe],
        rules=work.rules,
        is_dynamics=work.is_dynamics,
        method=work.method,
    )


def _larger_units(
    method: Method, areas: pd.Index, labels: pd.DataFrame | None, is_valid: NDArray[np.bool_]
) -> dict[str, _Units]:
    """Return, by unit, its names and the position of each valid area's."""
    found = {}
    for name in method.labels:
        if labels is None or name not in labels.columns:
            others: Sequence[str] = [] if labels is None else [str(column) for column in labels.columns]
            raise DefinitionError(
                f"method {method.id!r} needs to know which {name} each area belongs to; "
                f"give labels with a column {name!r}" + (f"; {suggestion(name, others)}" if others else "")
            )
        require_same_index(pd.Series(0, index=areas), labels, f"values and {name}")
        chosen = labels[name][is_valid]
        if chosen.isna().any():
            raise InputError(f"no {name}", chosen.index[chosen.isna()], "say which one the area belongs to")
        codes, names = pd.factorize(chosen.astype(object))
        found[name] = (np.asarray(names, dtype=object), codes)
    return found
