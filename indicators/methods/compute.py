"""The arithmetic of a method on plain arrays: one table, or thousands of simulated ones at once.

Everything that repeats a computation (contributions, sensitivity, simulation) comes here, past the checks that
`indicators.composite` makes once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from indicators.errors import InputError
from indicators.methods.schema import Index, Input, turns
from indicators.methods.steps import Column, MinMax, Reverse, Round, Step, ZScore

__all__ = ["Evaluation", "evaluate"]

Floats = NDArray[np.float64]
Parts = Mapping[str, NDArray[np.intp]]
Key = TypeVar("Key")
_Sum = tuple[dict[str, Floats], Floats, Floats]  # contributions, what belongs to none of them, their sum


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Evaluation:
    """Everything a computation went through, as arrays of shape (..., n_areas).

    `values`, `totals`: per index, after and before its `then` steps. `transformed`: per index and input, what
    was combined. `contributions`: per index, what each indicator (or index that is no sum of indicators)
    contributes; they add up, with `base`, to the value where `is_additive` says so, otherwise to the last
    quantity that is a sum, which `sums` holds. The last four are empty unless asked for.
    """

    values: dict[str, Floats] = field(default_factory=dict)
    totals: dict[str, Floats] = field(default_factory=dict)
    transformed: dict[tuple[str, str], Floats] = field(default_factory=dict)
    contributions: dict[str, dict[str, Floats]] = field(default_factory=dict)
    base: dict[str, Floats] = field(default_factory=dict)
    sums: dict[str, Floats] = field(default_factory=dict)
    is_additive: dict[str, bool] = field(default_factory=dict)

    def __repr__(self) -> str:
        shape = next(iter(self.values.values())).shape if self.values else ()
        return f"Evaluation({len(self.values)} indices, shape {shape})"


def evaluate(
    indices: Sequence[Index],
    values: Floats,
    columns: Sequence[str],
    *,
    universe: NDArray[np.intp] | None = None,
    parts: Parts | None = None,
    weights: Mapping[str, Floats] | None = None,
    explain: bool = False,
    areas: Sequence[object] | None = None,
) -> Evaluation:
    """Compute all indices of a method.

    Parameters
    ----------
    indices : sequence of Index
        In the order of their computation, as `Method.indices` has them.
    values : array of float, shape (..., n_areas, n_columns)
        Values of valid areas; leading axes are replicates. NaN only where an input has a policy for it, and then
        in the same areas in all replicates.
    columns : sequence of str
        Ids of the indicators, in the order of the last axis.
    universe : array of int, shape (n_areas,), optional
        Number of the group within which ranks, means and deviations are formed; all areas together by default.
    parts : mapping of str to array of int, shape (n_areas,), optional
        Number of the larger unit of each area, by the unit's name.
    weights : mapping of str to array of float, shape (..., n_inputs), optional
        Weights to use instead of the method's, by index; leading axes as in `values`.
    explain : bool
        Whether to keep the transformed inputs and the contributions.
    areas : sequence, optional
        Names of the areas, for errors.

    Returns
    -------
    Evaluation
        Arrays of shape (..., n_areas).

    Raises
    ------
    ConstantColumnError
        If a z-score or min-max has to be formed of what is the same everywhere.
    InputError
        If a step cannot work with a value; the areas are named.

    Examples
    --------
    >>> from indicators.methods.steps import ZScore
    >>> index = Index(id="i", combine="sum", inputs=(Input(id="a", transform=(ZScore(),)),))
    >>> evaluate([index], np.array([[1.0], [2.0], [3.0]]), ["a"]).values["i"].round(3).tolist()
    [-1.225, 0.0, 1.225]
    """
    names = range(values.shape[-2]) if areas is None else areas
    given, chosen = parts or {}, weights or {}
    numbers = [] if universe is None else np.unique(universe).tolist()
    if len(numbers) < 2:
        return _Table(values, columns, given, chosen, names).run(indices, explain=explain)
    whole = Evaluation()
    for number in numbers:
        group = np.flatnonzero(universe == number)
        within = {name: np.unique(part[group], return_inverse=True)[1] for name, part in given.items()}
        here = [names[position] for position in group.tolist()]
        table = _Table(values[..., group, :], columns, within, chosen, here)
        _put(whole, table.run(indices, explain=explain), group, values.shape[-2])
    return whole


class _Table:
    """The values of one universe while its indices are computed one after the other."""

    def __init__(
        self,
        values: Floats,
        columns: Sequence[str],
        parts: Parts,
        weights: Mapping[str, Floats],
        areas: Sequence[object],
    ) -> None:
        self.values, self.weights, self.parts = values, weights, parts
        self.position = {name: number for number, name in enumerate(columns)}
        self.areas = areas
        self.done = Evaluation()
        self.turned: dict[str, bool] = {}

    def run(self, indices: Sequence[Index], *, explain: bool) -> Evaluation:
        for index in indices:
            made = [self._transformed(one) for one in index.inputs]
            weights = self._weights(index)
            total = _combined(index, made, weights)
            scale = _size(made, weights)
            value = total
            for step in index.then:
                value = step.apply(value, Column(name=_called(index), areas=self.areas, scale=scale))
                scale = 0.0 if isinstance(step, ZScore) else scale
            self.turned[index.id] = turns(index.then)
            self.done.totals[index.id], self.done.values[index.id] = total, value
            if explain:
                self._explain(index, made, weights)
        return self.done

    def numbers(self, name: str) -> Floats:
        return np.ascontiguousarray(self.values[..., self.position[name]])

    def _transformed(self, one: Input) -> Floats:
        is_index = one.id in self.done.values
        values = self.done.values[one.id] if is_index else self.numbers(one.id)
        starts_low = self.turned[one.id] if is_index else one.direction == "lower_is_more_need"
        known: NDArray[np.intp] | None = None
        if one.missing != "exclude":
            values, known = self._completed(values, one)
        if starts_low != turns(one.transform):
            values = -values
        if known is None:
            return self._stepped(one, values, self.areas, slice(None))
        whole = np.full(values.shape, np.nan)
        if known.size:
            areas = [self.areas[number] for number in known.tolist()]
            whole[..., known] = self._stepped(one, values[..., known], areas, known)
        return whole

    def _completed(self, values: Floats, one: Input) -> tuple[Floats, NDArray[np.intp] | None]:
        """Fill in what is missing, or return which areas are known."""
        gaps = np.isnan(values)
        if not gaps.any():
            return values, None
        if one.missing == "leave_out":
            return values, np.flatnonzero(~gaps.reshape(-1, gaps.shape[-1]).any(axis=0))
        if one.missing == "mean":
            if gaps.all(axis=-1).any():
                hint = "give values, or a fixed number to fill in"
                raise InputError(f"{one.id}: no value to take the mean of", self.areas, hint)
            return np.where(gaps, np.nanmean(values, axis=-1, keepdims=True), values), None
        return np.where(gaps, float(one.missing), values), None

    def _stepped(
        self, one: Input, values: Floats, areas: Sequence[object], chosen: NDArray[np.intp] | slice
    ) -> Floats:
        """Take the values of some areas through the steps of an input."""
        scale = float(np.abs(values).max(initial=0.0)) if one.transform else 0.0
        column = Column(
            name=one.id,
            areas=areas,
            scale=scale,
            numbers=lambda name: self.numbers(name)[..., chosen],
            parts=lambda name: self.parts[name][chosen],
        )
        for step in one.transform:
            values = step.apply(values, column)
            column = replace(column, scale=0.0)
        return values

    def _weights(self, index: Index) -> list[Floats | float]:
        given = self.weights.get(index.id)
        if given is None:
            return [one.weight for one in index.inputs]
        return [given[..., number, np.newaxis] for number in range(len(index.inputs))]

    def _explain(self, index: Index, made: Sequence[Floats], weights: Sequence[Floats | float]) -> None:
        """Write down what each indicator contributes, through as many sums of sums as there are."""
        done = self.done
        share = _share(index, made, weights)
        parts: dict[str, Floats] = {}
        nothing: Floats = np.zeros(1)
        base: Floats = np.zeros(1)
        for number, (one, values) in enumerate(zip(index.inputs, made, strict=True)):
            done.transformed[index.id, one.id] = values
            weight = share[number]
            inner = self._inside(one)
            if inner is None:
                inner = {one.id: np.nan_to_num(values)}, np.zeros(1), values
            base = base + weight * inner[1]
            for name, contribution in inner[0].items():
                parts[name] = parts.get(name, nothing) + weight * contribution
        moved, is_additive = _through(index.then, (parts, base, done.totals[index.id]))
        done.contributions[index.id], done.sums[index.id] = moved[0], moved[2]
        done.base[index.id] = np.broadcast_to(moved[1], moved[2].shape)
        done.is_additive[index.id] = is_additive

    def _inside(self, one: Input) -> _Sum | None:
        """Return what an index that goes in is a sum of, as it goes in; None for what is no sum."""
        if not self.done.is_additive.get(one.id, False):
            return None
        sign = -1.0 if self.turned[one.id] != turns(one.transform) else 1.0
        start = (
            {name: sign * part for name, part in self.done.contributions[one.id].items()},
            sign * self.done.base[one.id],
            sign * self.done.sums[one.id],
        )
        inner, is_additive = _through(one.transform, start)
        return inner if is_additive else None


def _combined(index: Index, made: Sequence[Floats], weights: Sequence[Floats | float]) -> Floats:
    leaves_out = any(one.missing == "leave_out" for one in index.inputs)
    if not leaves_out:
        total = weights[0] * made[0]
        for weight, values in zip(weights[1:], made[1:], strict=True):
            total = total + weight * values
        if index.combine in ("mean", "weighted_mean"):
            total = total / sum(weights)
        return np.asarray(total)
    known = [~np.isnan(values) for values in made]
    whole = np.sum([weight * here for weight, here in zip(weights, known, strict=True)], axis=0)
    part = np.sum([w * np.nan_to_num(x) for w, x in zip(weights, made, strict=True)], axis=0)
    return np.asarray(part / whole)


def _share(index: Index, made: Sequence[Floats], weights: Sequence[Floats | float]) -> list[Floats | float]:
    """Return what each transformed input is multiplied with in the combination."""
    if index.combine not in ("mean", "weighted_mean"):
        return list(weights)
    if not any(one.missing == "leave_out" for one in index.inputs):
        return [weight / sum(weights) for weight in weights]
    known = [~np.isnan(values) for values in made]
    whole = np.sum([weight * here for weight, here in zip(weights, known, strict=True)], axis=0)
    return [weight * here / whole for weight, here in zip(weights, known, strict=True)]


def _through(steps: Sequence[Step], start: _Sum) -> tuple[_Sum, bool]:
    """Take a sum through steps as far as it stays one, and say whether that is to the end."""
    for step in steps:
        moved = _moved(step, *start)
        if moved is None:
            return start, False
        start = moved
    return start, True


def _moved(step: Step, parts: dict[str, Floats], base: Floats, sums: Floats) -> _Sum | None:
    column = Column(name="", areas=range(sums.shape[-1]))
    if isinstance(step, Round):
        rounded = step.apply(sums, column)
        return parts, base + (rounded - sums), rounded  # what rounding adds belongs to no indicator
    if isinstance(step, Reverse):
        return {name: -part for name, part in parts.items()}, step.about - base, step.about - sums
    if isinstance(step, ZScore):
        mean, deviation = step.centre(sums, column)
        centred = {
            name: (part - part.mean(axis=-1, keepdims=True)) / deviation for name, part in parts.items()
        }
        base = np.broadcast_to(base, sums.shape)
        return centred, (base - base.mean(axis=-1, keepdims=True)) / deviation, (sums - mean) / deviation
    if isinstance(step, MinMax):
        low, high = step.ends(sums, column)
        span = high - low
        return {name: part / span for name, part in parts.items()}, (base - low) / span, (sums - low) / span
    return None


def _size(made: Sequence[Floats], weights: Sequence[Floats | float]) -> float:
    sizes = [
        float(np.max(np.abs(weight))) * float(np.nanmax(np.abs(values), initial=0.0))
        for weight, values in zip(weights, made, strict=True)
    ]
    return sum(sizes)


def _called(index: Index) -> str:
    described = {"sum": "the sum", "mean": "the mean"}[index.combine.removeprefix("weighted_")]
    return f"{index.id}: {described} of {', '.join(one.id for one in index.inputs)}"


def _put(whole: Evaluation, part: Evaluation, group: NDArray[np.intp], count: int) -> None:
    for name in ("values", "totals", "transformed", "base", "sums"):
        _scatter(getattr(whole, name), getattr(part, name), group, count)
    for index, contributions in part.contributions.items():
        _scatter(whole.contributions.setdefault(index, {}), contributions, group, count)
    whole.is_additive.update(part.is_additive)


def _scatter(
    into: dict[Key, Floats], pieces: Mapping[Key, Floats], group: NDArray[np.intp], count: int
) -> None:
    for name, piece in pieces.items():
        if name not in into:
            into[name] = np.full((*piece.shape[:-1], count), np.nan)
        into[name][..., group] = piece
