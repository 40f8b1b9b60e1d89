"""A method and its values made ready to be computed again and again: with other values, weights or cuts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.composite import status_index
from indicators.errors import DefinitionError
from indicators.methods.classes import class_numbers
from indicators.methods.compute import Evaluation, evaluate
from indicators.methods.ranks import ranks
from indicators.methods.result import CompositeIndex
from indicators.methods.schema import Classes, Index, Method, turns

__all__ = ["Floats", "Prepared", "prepare"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Prepared:
    """The valid areas of one computation as arrays, with the result they gave.

    `areas`: their ids. `numbers`: shape (n_valid_areas, n_columns). `universe`: number of the group within
    which each valid area is compared, None when all are. `parts`: number of the larger unit of each valid area,
    by the unit's name.
    """

    result: CompositeIndex
    areas: pd.Index
    columns: tuple[str, ...]
    numbers: Floats
    universe: NDArray[np.intp] | None
    parts: dict[str, NDArray[np.intp]]

    def __repr__(self) -> str:
        return f"Prepared({self.method.id}: {len(self.numbers)} valid areas, {len(self.columns)} columns)"

    @property
    def method(self) -> Method:
        """The method."""
        return self.result.method

    @property
    def rules(self) -> Classes:
        """The rules of the classes; an error when the method has none."""
        if self.result.rules is None:
            raise DefinitionError(f"method {self.method.id!r} has no classes; add [classes] to its file")
        return self.result.rules

    @property
    def own_classes(self) -> NDArray[np.int64]:
        """Class numbers of the valid areas."""
        return self.result.classes[self.result.is_valid].to_numpy(dtype=np.int64)

    @property
    def own_values(self) -> Floats:
        """Index of the valid areas."""
        return self.result.index[self.result.is_valid].to_numpy(dtype=np.float64)

    @property
    def is_turned(self) -> bool:
        """Whether a lower index is more need."""
        return turns(next(one.then for one in self.method.indices if one.id == self.method.result))

    @property
    def groups(self) -> list[NDArray[np.intp]]:
        """Positions of the valid areas that are compared with each other."""
        if self.universe is None:
            return [np.arange(len(self.numbers))]
        return [np.flatnonzero(self.universe == number) for number in range(int(self.universe.max()) + 1)]

    def evaluate(
        self,
        numbers: Floats | None = None,
        *,
        indices: Sequence[Index] | None = None,
        weights: Mapping[str, Floats] | None = None,
        explain: bool = False,
    ) -> Evaluation:
        """Compute all indices again, with other values, indices or weights; leading axes are replicates."""
        return evaluate(
            self.method.indices if indices is None else indices,
            self.numbers if numbers is None else numbers,
            self.columns,
            universe=self.universe,
            parts=self.parts,
            weights=weights,
            explain=explain,
            areas=self.areas.tolist(),
        )

    def classes(self, values: Floats, rules: Classes | None = None) -> NDArray[np.int64]:
        """Return class numbers of index values, shape (..., n_valid_areas); groups by rank within the universe."""
        rules = self.rules if rules is None else rules
        if rules.groups is None or self.universe is None:
            return class_numbers(values, rules, is_turned=self.is_turned)
        result = np.empty(values.shape, dtype=np.int64)
        for group in self.groups:
            result[..., group] = class_numbers(values[..., group], rules, is_turned=self.is_turned)
        return result

    def ranks(self, values: Floats) -> Floats:
        """Return ranks of index values, 1 for the most need, within the universe; shape as `values`."""
        signed = values if self.is_turned else -values
        if self.universe is None:
            return ranks(signed)
        result = np.empty_like(signed)
        for group in self.groups:
            result[..., group] = ranks(signed[..., group])
        return result

    def only(self, group: NDArray[np.intp]) -> tuple[Floats, dict[str, NDArray[np.intp]]]:
        """Return values and larger units of some valid areas, as they are when these stand alone."""
        parts = {name: np.unique(part[group], return_inverse=True)[1] for name, part in self.parts.items()}
        return self.numbers[group], parts

    def some(self, is_kept: NDArray[np.bool_]) -> Prepared:
        """Return the same with some of the valid areas only; `result` stays that of all."""
        return replace(
            self,
            areas=self.areas[is_kept],
            numbers=self.numbers[is_kept],
            universe=None if self.universe is None else self.universe[is_kept],
            parts={name: part[is_kept] for name, part in self.parts.items()},
        )

    def spread(self, values: NDArray[np.float64], name: str) -> pd.Series:
        """Bring numbers of the valid areas back to all areas; NaN elsewhere."""
        whole = np.full(len(self.result.index), np.nan)
        whole[self.result.is_valid.to_numpy()] = values
        return pd.Series(whole, index=self.result.index.index, name=name)


def prepare(
    values: pd.DataFrame, statuses: pd.DataFrame, method: Method, *, labels: pd.DataFrame | None = None
) -> Prepared:
    """Check and compute a method once, and keep what is needed to compute it again.

    Parameters
    ----------
    values, statuses, method, labels
        As `indicators.composite.status_index`.

    Returns
    -------
    Prepared
        Of the valid areas.

    Raises
    ------
    InputError, StatusError, DefinitionError, TooFewAreasError, ConstantColumnError
        As `indicators.composite.status_index`.

    Examples
    --------
    >>> from indicators.methods import shipped_method
    >>> method = shipped_method("leipzig-status")
    >>> values = pd.DataFrame({name: [1.0, 2.0, 6.0] for name in method.columns}, index=["00", "01", "02"])
    >>> prepare(values, values.notna().replace(True, "measured"), method)
    Prepared(leipzig-status: 3 valid areas, 3 columns)
    """
    result = status_index(values, statuses, method, labels=labels)
    is_valid = result.is_valid.to_numpy()
    columns = method.columns
    parts: dict[str, NDArray[np.intp]] = {}
    if labels is not None:
        for name in method.labels:
            codes, _ = pd.factorize(labels[name][is_valid].astype(object))
            parts[name] = codes
    return Prepared(
        result=result,
        areas=values.index[is_valid],
        columns=columns,
        numbers=values.loc[is_valid, list(columns)].to_numpy(dtype=float, na_value=np.nan),
        universe=parts.get(method.universe) if method.universe else None,
        parts=parts,
    )
