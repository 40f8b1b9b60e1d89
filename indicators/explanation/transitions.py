"""Which areas went from which class to which? The table of transitions between two periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from indicators.errors import DefinitionError, InputError
from indicators.methods.result import CompositeIndex
from indicators.methods.schema import Classes
from indicators.status import ValueStatus

__all__ = ["NO_CLASS", "Transitions", "class_transitions", "transitions"]

# States beside the classes: withheld, not known (too few residents included), not an area of this period.
NO_CLASS = (ValueStatus.SUPPRESSED.value, ValueStatus.MISSING.value, "absent")
_DIRECTIONS = {-1: "less_need", 0: "same", 1: "more_need"}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Transitions:
    """Changes of class between two periods.

    `areas`, indexed by area_id: `earlier`, `later` (class number as text, or "suppressed", "missing", "absent"),
    `direction` ("less_need", "same", "more_need"; empty unless both are classes), and with a population
    `residents`. `labels_de`, `labels_en`: labels of the class numbers.
    """

    areas: pd.DataFrame
    labels_de: tuple[str, ...]
    labels_en: tuple[str, ...]
    earlier_method: str
    later_method: str

    def __repr__(self) -> str:
        count = self.areas["direction"].value_counts()
        told = ", ".join(f"{count.get(one, 0)} {one}" for one in _DIRECTIONS.values())
        return (
            f"Transitions({self.earlier_method} to {self.later_method}: {told}, {count.get('', 0)} without)"
        )

    @property
    def states(self) -> tuple[str, ...]:
        """All states in order: the class numbers, then what has no class."""
        return (*(str(number + 1) for number in range(len(self.labels_de))), *NO_CLASS)

    def counts(self) -> pd.DataFrame:
        """Return the number of areas, earlier states in rows and later ones in columns; they add up to all areas."""
        table = pd.crosstab(self.areas["earlier"], self.areas["later"])
        return table.reindex(index=self.states, columns=self.states, fill_value=0).astype(int)

    def shares(self) -> pd.DataFrame:
        """Return the share of each row (0–1); NaN where no area started from."""
        counts = self.counts()
        return counts.div(counts.sum(axis=1).replace(0, np.nan), axis=0)

    def residents(self) -> pd.DataFrame:
        """Return the residents of the areas of each cell; NaN in a cell with an area of unknown population."""
        if "residents" not in self.areas:
            raise InputError("no population was given", [], "give `population` to transitions()")
        groups = self.areas.groupby(["earlier", "later"])["residents"]
        table = groups.sum().where(groups.count() == groups.size()).unstack("later")
        counts = self.counts()
        return table.reindex(index=self.states, columns=self.states).where(counts > 0, 0.0)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per pair of states that occurs: `areas`, `share` of the row, residents, `area_ids`."""
        groups = self.areas.groupby(["earlier", "later"], sort=False)
        table = pd.DataFrame(
            {
                "areas": groups.size(),
                "direction": groups["direction"].first(),
                "area_ids": groups["direction"].agg(lambda one: " ".join(map(str, one.index))),
            }
        )
        table.insert(1, "share", table["areas"] / table.groupby(level="earlier")["areas"].transform("sum"))
        if "residents" in self.areas:
            one = groups["residents"]
            table.insert(2, "residents", one.sum().where(one.count() == one.size()))
        order = {state: number for number, state in enumerate(self.states)}
        return table.sort_index(key=lambda level: level.map(order)).reset_index()


def transitions(
    earlier: CompositeIndex, later: CompositeIndex, *, population: pd.Series | None = None
) -> Transitions:
    """Put the classes of two periods side by side.

    Parameters
    ----------
    earlier, later : CompositeIndex
        Results by methods with the same number of classes. The areas may differ.
    population : Series of float, indexed by area_id, optional
        Residents of the later period; areas without a number have an unknown population. [persons]

    Returns
    -------
    Transitions
        Of all areas of either period, those of the earlier one first. Withheld, missing and absent areas are states
        of their own, never dropped and never a class.

    Raises
    ------
    DefinitionError
        If a method has no classes, or not as many as the other.
    InputError
        If a population is negative.

    Examples
    --------
    >>> from indicators.composite import status_index
    >>> from indicators.methods import shipped_method
    >>> method = shipped_method("leipzig-status")
    >>> def period(*numbers):
    ...     values = pd.DataFrame({name: numbers for name in method.columns}, index=["00", "01", "02", "03"])
    ...     return status_index(values, values.notna().replace({True: "measured", False: "suppressed"}), method)
    >>> found = transitions(period(1.0, 2.0, 3.0, 9.0), period(1.0, 9.0, 2.0, None))
    >>> found.to_frame()[["earlier", "later", "areas", "area_ids"]].to_records(index=False).tolist()
    [('2', '2', 2, '00 02'), ('2', '3', 1, '01'), ('4', 'suppressed', 1, '03')]
    """
    first, second = _rules(earlier), _rules(later)
    if first.count != second.count:
        raise DefinitionError(
            f"{earlier.method.id} has {first.count} classes, {later.method.id} {second.count}; "
            "give two methods with the same number of classes"
        )
    rises = {rules.class_1 for rules in (first, second)}
    if len(rises) > 1:
        raise DefinitionError(
            f"{earlier.method.id} and {later.method.id} number their classes from different ends; "
            "give two methods with the same class_1"
        )
    return class_transitions(
        _states(earlier),
        _states(later),
        labels=(second.labels_de, second.labels_en),
        class_1=second.class_1,
        methods=(earlier.method.id, later.method.id),
        population=population,
    )


def class_transitions(
    earlier: pd.Series,
    later: pd.Series,
    *,
    labels: tuple[Sequence[str], Sequence[str]],
    class_1: Literal["least_need", "most_need"] = "least_need",
    methods: tuple[str, str] = ("", ""),
    population: pd.Series | None = None,
) -> Transitions:
    """Put classes that are known already side by side.

    Parameters
    ----------
    earlier, later : Series of str, indexed by area_id
        Class number of each area as text, otherwise "suppressed" or "missing".
    labels : pair of sequences of str
        German and English labels of the classes 1, 2, …
    class_1 : {"least_need", "most_need"}
        What class 1 is.
    methods : pair of str
        Ids of the methods, for a record of what was compared.
    population
        As `transitions`.

    Returns
    -------
    Transitions
        Of all areas of either period, those of the earlier one first.

    Raises
    ------
    InputError
        If a population is negative.

    Examples
    --------
    >>> labels = ("hoch", "niedrig"), ("high", "low")
    >>> found = class_transitions(pd.Series({"00": "1", "01": "2"}), pd.Series({"00": "2", "02": "missing"}), labels=labels)
    >>> found.areas["later"].to_dict(), found.areas["direction"].tolist()
    ({'00': '2', '01': 'absent', '02': 'missing'}, ['more_need', '', ''])
    """
    index = earlier.index.append(later.index.difference(earlier.index, sort=False)).rename("area_id")
    columns = {"earlier": earlier, "later": later}
    table = pd.DataFrame(
        {name: states.reindex(index, fill_value="absent").astype(object) for name, states in columns.items()}
    )
    numbers = table.apply(pd.to_numeric, errors="coerce")
    step = np.sign((numbers["later"] - numbers["earlier"]) * (1 if class_1 == "least_need" else -1))
    table["direction"] = step.map(_DIRECTIONS).fillna("")
    if population is not None:
        bad = population < 0
        if bad.any():
            raise InputError("population negative", population.index[bad], "correct it")
        table["residents"] = population.astype(float).reindex(index)
    return Transitions(
        areas=table,
        labels_de=tuple(labels[0]),
        labels_en=tuple(labels[1]),
        earlier_method=methods[0],
        later_method=methods[1],
    )


def _rules(result: CompositeIndex) -> Classes:
    if result.rules is None:
        raise DefinitionError(f"method {result.method.id!r} has no classes; add [classes] to its file")
    return result.rules


def _states(result: CompositeIndex) -> pd.Series:
    return result.classes.astype(object).where(result.is_valid, result.status.astype(object)).astype(str)
