"""What would change the class of an area? The least change of one indicator that does.

Every answer is computed with the method as a whole: a changed value also moves the mean, the deviation, the ranks and
the cuts that all areas are measured with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.errors import IndicatorError
from indicators.explanation.names import admissible_ranges
from indicators.explanation.prepared import Floats, Prepared, prepare
from indicators.explanation.reasons import reasons
from indicators.explanation.standardised import standardised_sum
from indicators.methods.compute import evaluate
from indicators.methods.schema import Method
from indicators.status import WITHOUT_VALUE
from spatial.errors import ParameterError

__all__ = ["DIRECTIONS", "FlippingChanges", "flipping_changes"]

DIRECTIONS = ("less_need", "more_need")

# The search goes outwards in growing steps, from a ten-thousandth of the way to the end of the range.
_STEPS = 1e-4 * 1.6 ** np.arange(20)
_OUTWARDS = np.append(_STEPS[_STEPS < 0.9], 1.0)
_TOLERANCE = 1e-8  # of the range
_NUMBERS = 4_000_000  # in one piece of work
_UNDEFINED = 0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FlippingChanges:
    """The least change of one indicator that moves an area into another class.

    `table`: one row per area, indicator and direction (`towards`: "less_need" or "more_need") with `value`,
    `change` (in the indicator's own unit), `new_value`, `class`, `new_class` (mostly the next one) and `reason`,
    empty where there is a change: "end_class" (the area is in the last class on this side), "beyond_range" (no
    value within `ranges` does it), "withheld" or "missing" (the area has no value of its own to change), or why
    the area has no index. With the new value the area is in the new class; with a change that is smaller by
    `tolerance` (per indicator) it has not moved to this side.
    """

    table: pd.DataFrame
    ranges: dict[str, tuple[float, float]]
    tolerance: dict[str, float]
    method: str

    def __repr__(self) -> str:
        found = int(self.table["change"].notna().sum())
        areas = self.table["area_id"].nunique()
        return f"FlippingChanges({self.method}: {areas} areas, {found} of {len(self.table)} changes within range)"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area, indicator and direction."""
        return self.table

    def of(self, area: object) -> pd.DataFrame:
        """Return the changes of one area: one row per indicator, one column per direction, in its own unit."""
        rows = self.table[self.table["area_id"] == area]
        wide = rows.pivot(index="indicator", columns="towards", values="change")
        return wide.reindex(index=rows["indicator"].unique(), columns=list(DIRECTIONS))


def flipping_changes(
    values: pd.DataFrame,
    statuses: pd.DataFrame,
    method: Method,
    *,
    labels: pd.DataFrame | None = None,
    areas: Sequence[object] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> FlippingChanges:
    """Find the least change of each indicator that moves an area into another class, all else staying as it is.

    Parameters
    ----------
    values, statuses, method, labels
        As `indicators.composite.status_index`. The method needs classes.
    areas : sequence of area ids, optional
        Areas to look at; all by default.
    ranges : mapping of str to (low, high), optional
        Between which values an indicator may lie; see `indicators.explanation.admissible_ranges` for what is taken
        otherwise (0 to 100 for percentages). [the indicator's own unit]

    Returns
    -------
    FlippingChanges
        One row per area, indicator and direction, in the order of the input.

    Raises
    ------
    InputError, StatusError, DefinitionError, TooFewAreasError, ConstantColumnError
        As `indicators.composite.status_index`.
    ParameterError
        If an area or a range names nothing that is there.

    Notes
    -----
    The search goes outwards to both ends in 20 growing steps (a factor of 1.6) until the class has changed, then
    halves the last step. Where the index does not follow the indicator steadily, a class that is entered and left
    again within one step can be overlooked. With few areas, or for an extreme value, less of an indicator can mean
    a higher index, because it also changes the deviation: such changes are found as well. The
    result is a statement about the method, not advice: which value an area would need, not how it gets there.

    Examples
    --------
    >>> from indicators.methods import shipped_method
    >>> method = shipped_method("leipzig-status")
    >>> values = pd.DataFrame({name: [10.0, 12, 14, 16, 30] for name in method.columns}, index=list("abcde"))
    >>> found = flipping_changes(values, values.notna().replace(True, "measured"), method, areas=["e"])
    >>> found.of("e")["less_need"].round(2).tolist()
    [-17.81, -17.81, -17.81]
    """
    return searched(
        prepare(values, statuses, method, labels=labels), values, statuses, areas=areas, ranges=ranges
    )


def searched(
    prepared: Prepared,
    values: pd.DataFrame,
    statuses: pd.DataFrame,
    *,
    areas: Sequence[object] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> FlippingChanges:
    """Find the changes for an index that has been computed already, see `flipping_changes`."""
    method = prepared.method
    chosen = list(values.index if areas is None else areas)
    strange = [area for area in chosen if area not in values.index]
    if strange:
        raise ParameterError("areas", strange[0], "areas that were computed")
    valid = values.loc[prepared.areas, list(method.indicators)]
    limits = admissible_ranges(method, valid, ranges)
    position = prepared.areas.get_indexer(pd.Index(chosen))
    asked = np.flatnonzero(position >= 0)
    new, entered = _Search(prepared, limits).run(position[asked])
    new_values = np.full((len(chosen), len(method.indicators), len(DIRECTIONS)), np.nan)
    new_classes = np.zeros(new_values.shape, dtype=np.int64)
    new_values[asked], new_classes[asked] = new, np.where(np.isnan(new), 0, entered)
    return FlippingChanges(
        table=_table(prepared, values, statuses, chosen, new_values, new_classes),
        ranges=limits,
        tolerance={name: _TOLERANCE * (high - low) for name, (low, high) in limits.items()},
        method=method.id,
    )


def _table(
    prepared: Prepared,
    values: pd.DataFrame,
    statuses: pd.DataFrame,
    chosen: Sequence[object],
    new_values: Floats,
    new_classes: NDArray[np.int64],
) -> pd.DataFrame:
    """Return one row per area, indicator and direction; `new_values` are NaN where there is no change."""
    names, rules = prepared.method.indicators, prepared.rules
    index = pd.Index(list(chosen))
    place = values.index.get_indexer(index)
    each, sides = len(names) * len(DIRECTIONS), len(DIRECTIONS)
    is_valid = prepared.result.is_valid.to_numpy()[place]
    own = prepared.result.classes.to_numpy(dtype=float, na_value=np.nan)[place]
    state = statuses[list(names)].to_numpy(dtype=object)[place].astype(str)
    reason = np.full(new_values.shape, "", dtype=object)
    reason[np.isin(state, [one.value for one in WITHOUT_VALUE])] = "missing"
    reason[state == "suppressed"] = "withheld"
    if not is_valid.all():
        why = reasons(prepared.result, values, statuses, "en").to_numpy(dtype=object)[place]
        reason[~is_valid] = why[~is_valid, np.newaxis, np.newaxis]
    last = [1, rules.count] if rules.class_1 == "least_need" else [rules.count, 1]
    is_open = (reason == "") & np.isnan(new_values)
    is_end = np.broadcast_to(own[:, np.newaxis, np.newaxis] == np.array(last), reason.shape)
    reason[is_open] = np.where(is_end[is_open], "end_class", "beyond_range")
    value = values[list(names)].to_numpy(dtype=float, na_value=np.nan)[place]
    value[~is_valid] = np.nan
    value = np.repeat(value.ravel(), sides)
    codes, words = pd.factorize(reason.ravel())
    return pd.DataFrame(
        {
            "area_id": index.repeat(each),
            "indicator": _texts(names, np.tile(np.repeat(np.arange(len(names)), sides), len(chosen))),
            "towards": _texts(DIRECTIONS, np.tile(np.arange(sides), len(chosen) * len(names))),
            "value": value,
            "change": new_values.ravel() - value,
            "new_value": new_values.ravel(),
            "class": _numbers(np.repeat(own, each)),
            "new_class": _numbers(np.where(new_classes == 0, np.nan, new_classes).ravel()),
            "reason": _texts(words, codes),
        }
    )


def _numbers(values: Floats) -> pd.api.extensions.ExtensionArray:
    missing = np.isnan(values)
    return pd.arrays.IntegerArray(np.where(missing, 1, values).astype(np.int64), missing)


def _texts(words: Iterable[object], codes: NDArray[np.intp]) -> pd.Series:
    return pd.Series(list(map(str, words)), dtype="str").take(codes).reset_index(drop=True)


class _Search:
    """Looks for the values at which the class of one area changes, many areas and indicators at once."""

    def __init__(self, prepared: Prepared, limits: Mapping[str, tuple[float, float]]) -> None:
        self.prepared, self.rules = prepared, prepared.rules
        names = prepared.method.indicators
        self.places = np.array([prepared.columns.index(name) for name in names], dtype=np.intp)
        self.limits = np.zeros((len(prepared.columns), 2))
        for place, name in zip(self.places, names, strict=True):
            self.limits[place] = limits[name]
        # How class numbers move towards less and towards more need.
        self.wanted = (-1, 1) if self.rules.class_1 == "least_need" else (1, -1)

    def run(self, areas: NDArray[np.intp]) -> tuple[Floats, NDArray[np.int64]]:
        """Return new values and new classes, shape (n_areas, n_indicators, 2); NaN where there is none."""
        shape = (len(areas), len(self.places), len(DIRECTIONS))
        new, entered = np.full(shape, np.nan), np.zeros(shape, dtype=np.int64)
        for group in self.prepared.groups:
            chosen = np.flatnonzero(np.isin(areas, group))
            if not len(chosen):
                continue
            within = np.searchsorted(group, areas[chosen])
            self.table, self.parts = self.prepared.only(group)
            self.sums = None
            if self.rules.groups is None:
                self.sums = standardised_sum(self.prepared.method, self.prepared.columns, self.table)
            self.names = self.prepared.areas[group].tolist()
            self.own = self.prepared.own_classes[group]
            area, column = (one.ravel() for one in np.meshgrid(within, self.places, indexing="ij"))
            value = self.table[area, column]
            best, at = np.full((2, len(area)), np.nan), np.zeros((2, len(area)), dtype=np.int64)
            for way in (0, 1):
                far, there = self._one_way(area, column, value, self.limits[column, way])
                is_nearer = ~np.isnan(far) & (np.isnan(best) | (np.abs(far - value) < np.abs(best - value)))
                best[is_nearer], at[is_nearer] = far[is_nearer], there[is_nearer]
            new[chosen] = best.T.reshape(-1, *shape[1:])
            entered[chosen] = at.T.reshape(-1, *shape[1:])
        return new, entered

    def _one_way(
        self, area: NDArray[np.intp], column: NDArray[np.intp], value: Floats, end: Floats
    ) -> tuple[Floats, NDArray[np.int64]]:
        """Return the nearest values between a value and one end of its range that flip, for both sides of need."""
        own = self.own[area]
        near, far = np.tile(value, (2, 1)), np.full((2, len(value)), np.nan)
        at = np.zeros((2, len(value)), dtype=np.int64)
        last = [1 if wanted < 0 else self.rules.count for wanted in self.wanted]
        is_open = np.array([(own != one) & ~np.isnan(value) & (end != value) for one in last])
        for share in _OUTWARDS:
            some = np.flatnonzero(is_open.any(axis=0))
            if not len(some):
                break
            tried = end[some] if share == 1 else value[some] + share * (end[some] - value[some])
            number = self._classes(area[some], column[some], tried)
            for side, wanted in enumerate(self.wanted):
                flipped = is_open[side, some] & _is_beyond(number, own[some], wanted)
                far[side, some[flipped]], at[side, some[flipped]] = tried[flipped], number[flipped]
                is_open[side, some[flipped]] = False
                left = some[is_open[side, some]]
                near[side, left] = tried[is_open[side, some]]
        for side, wanted in enumerate(self.wanted):
            self._halve(area, column, near[side], far[side], at[side], wanted)
        return far, at

    def _halve(
        self,
        area: NDArray[np.intp],
        column: NDArray[np.intp],
        near: Floats,
        far: Floats,
        at: NDArray[np.int64],
        wanted: int,
    ) -> None:
        """Bring the flipping value `far` as near as the tolerance to one that does not flip."""
        allowed = _TOLERANCE * (self.limits[column, 1] - self.limits[column, 0]) / 2
        while True:
            open_ = np.flatnonzero(np.abs(far - near) > allowed)
            middle = (near[open_] + far[open_]) / 2
            is_between = (middle != near[open_]) & (middle != far[open_])
            open_, middle = open_[is_between], middle[is_between]
            if not len(open_):
                return
            number = self._classes(area[open_], column[open_], middle)
            flipped = _is_beyond(number, self.own[area[open_]], wanted)
            far[open_[flipped]], at[open_[flipped]] = middle[flipped], number[flipped]
            near[open_[~flipped]] = middle[~flipped]

    def _classes(self, area: NDArray[np.intp], column: NDArray[np.intp], value: Floats) -> NDArray[np.int64]:
        """Return the class of each area when one value of it is replaced; 0 where that cannot be computed."""
        if self.sums is None:
            return self._classes_as_a_whole(area, column, value)
        index = self.sums.replaced(area, column, value)
        number = self.prepared.classes(index[:, np.newaxis], self.rules)[:, 0]
        left = np.flatnonzero(np.isnan(index))
        if len(left):
            number[left] = self._classes_as_a_whole(area[left], column[left], value[left])
        return number

    def _classes_as_a_whole(
        self, area: NDArray[np.intp], column: NDArray[np.intp], value: Floats
    ) -> NDArray[np.int64]:
        step = max(1, _NUMBERS // self.table.size)
        found = np.empty(len(area), dtype=np.int64)
        for start in range(0, len(area), step):
            piece = slice(start, start + step)
            try:
                found[piece] = self._piece(area[piece], column[piece], value[piece])
            except IndicatorError:
                found[piece] = [
                    self._single(*one) for one in zip(area[piece], column[piece], value[piece], strict=True)
                ]
        return found

    def _single(self, area: int, column: int, value: float) -> int:
        try:
            return int(self._piece(np.array([area]), np.array([column]), np.array([value]))[0])
        except IndicatorError:
            return _UNDEFINED

    def _piece(self, area: NDArray[np.intp], column: NDArray[np.intp], value: Floats) -> NDArray[np.int64]:
        rows = np.arange(len(area))
        tables = np.empty((self.table.shape[1], len(area), self.table.shape[0]))  # columns lie together
        tables[:] = self.table.T[:, np.newaxis, :]
        tables[column, rows, area] = value
        method = self.prepared.method
        result = evaluate(
            method.indices,
            np.moveaxis(tables, 0, -1),
            self.prepared.columns,
            parts=self.parts,
            areas=self.names,
        ).values[method.result]
        if self.rules.groups is None:
            return self.prepared.classes(result[rows, area][:, np.newaxis], self.rules)[:, 0]
        # The place of one area among all, without ranking the others.
        from_low = (self.rules.class_1 == "least_need") != self.prepared.is_turned
        signed = result if from_low else -result
        place = 1 + (signed < signed[rows, area][:, np.newaxis]).sum(axis=1)
        group: NDArray[np.int64] = np.ceil(self.rules.groups * place / signed.shape[1]).astype(np.int64)
        return group


def _is_beyond(number: NDArray[np.int64], own: NDArray[np.int64], wanted: int) -> NDArray[np.bool_]:
    """Return whether classes have moved to the wanted side."""
    beyond: NDArray[np.bool_] = (number != _UNDEFINED) & ((number - own) * wanted > 0)
    return beyond
