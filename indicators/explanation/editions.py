"""Why did areas change class between two editions? Data, method and boundaries, each with its share.

Both editions are computed in all mixed forms (new data by the old method, …), so that the answer does not depend on
which of the three is thought to have changed first.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.composite import status_index
from indicators.errors import DefinitionError, StatusError
from indicators.explanation.shapley import coalitions, shapley
from indicators.methods.errors import suggestion
from indicators.methods.schema import Method
from indicators.status import ValueStatus
from indicators.statuses import require_same_index
from spatial.errors import ParameterError

__all__ = ["CAUSES", "Edition", "EditionComparison", "compare_editions"]

CAUSES = ("data", "method", "boundaries")
KINDS = (
    "same",
    "changed",
    "newly_classified",
    "no_longer_classified",
    "only_in_new",
    "only_in_old",
    "never_classified",
)
_ABSENT, _UNCLASSIFIED = -1, 0
_World = frozenset[str]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Edition:
    """One edition of an index: values with their states on the areas of the time, and the method."""

    values: pd.DataFrame
    statuses: pd.DataFrame
    method: Method
    labels: pd.DataFrame | None = None

    def __repr__(self) -> str:
        return f"Edition({self.method.id}: {len(self.values)} areas)"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class EditionComparison:
    """What made areas change class between two editions.

    `areas`, indexed by area_id (those of the old edition first): `class_old`, `class_new` (<NA>: not classified),
    `kind` (one of "same", "changed", "newly_classified", "no_longer_classified", "only_in_old", "only_in_new",
    "never_classified") and the share of each cause, `data`, `method`, `boundaries`: they add up to 1 where the
    area's class changed, appeared or vanished, otherwise to 0. `worlds`: the class of each area in every mixed
    edition; a column names what is new in it. `carried`: indicators that only one edition has, whose values
    therefore come and go with the method, with those said to be `redefined`.
    """

    areas: pd.DataFrame
    worlds: pd.DataFrame
    old_method: str
    new_method: str
    carried: tuple[str, ...]
    redefined: tuple[str, ...]

    def __repr__(self) -> str:
        counts = self.summary()["changed"]
        told = ", ".join(f"{cause} {counts[cause]:.1f}" for cause in CAUSES)
        return f"EditionComparison({self.old_method} to {self.new_method}: {counts['all']:.0f} areas changed class: {told})"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area."""
        return self.areas.join(self.worlds.add_prefix("class_if_new_"))

    def kinds(self) -> pd.Series:
        """Return the number of areas of each kind."""
        return self.areas["kind"].value_counts().reindex(list(KINDS), fill_value=0).rename("areas")

    def summary(self) -> pd.DataFrame:
        """Return one row per cause and one for all.

        Columns: `changed` (areas classified in both editions whose class changed, by the shares of the causes),
        `changed_alone` (those of them where one cause alone, in every order, made the whole change; in the last row
        their sum) and, by the shares as well, `appeared` and `vanished` (areas that got or lost a class).
        """
        groups = {
            "changed": ["changed"],
            "appeared": ["newly_classified", "only_in_new"],
            "vanished": ["no_longer_classified", "only_in_old"],
        }
        table = pd.DataFrame(index=pd.Index([*CAUSES, "all"], name="cause"))
        causes = list(CAUSES)
        for column, kinds in groups.items():
            chosen = self.areas.loc[self.areas["kind"].isin(kinds), causes]
            table[column] = [*chosen.sum(), float(len(chosen))]
            if column == "changed":
                alone = [int((chosen[cause] > 1 - 1e-9).sum()) for cause in causes]
                table["changed_alone"] = [*alone, sum(alone)]
        return table


def compare_editions(old: Edition, new: Edition, *, redefined: Collection[str] = ()) -> EditionComparison:
    r"""Divide every change of class between two editions among data, method and boundaries.

    With the class :math:`C(S)` when the causes in :math:`S` are new and the others old, an area whose class changed
    has come :math:`v(S)` of the way: 0 with its old class, 1 with its new one, ½ with any other. Each cause gets its
    Shapley value of :math:`v`.

    Parameters
    ----------
    old, new : Edition
        The two editions; an area id means the same territory in both. The methods must have as many classes.
    redefined : collection of str
        Indicators whose definition changed although their name did not: their values belong to the method.

    Returns
    -------
    EditionComparison
        Of all areas of either edition. An area that only one edition has is a change of the boundaries. An area that
        both have and that only one classifies (withheld, too few residents) counts for its causes, apart from
        the changes of class.

    Raises
    ------
    DefinitionError
        If a method has no classes, or not as many as the other.
    ParameterError
        If an indicator said to be redefined is not one of both methods.
    InputError, StatusError, TooFewAreasError, ConstantColumnError
        As `indicators.composite.status_index`, of any of the mixed editions.

    Notes
    -----
    *Data*: the values of areas and indicators that both editions have. *Method*: everything the file says; an indicator
    that only one edition has comes and goes with the method, its values being those of the edition that has it.
    *Boundaries*: which areas there are; they move the mean and the ranks of all others. An area of one edition only
    keeps its values in all mixed editions. A share can be negative when a cause worked against the change.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from indicators.methods import shipped_method
    >>> method = shipped_method("leipzig-status")
    >>> stricter = replace(method, classes=replace(method.classes, cuts=(-1.0, 0.5, 1.5)))
    >>> values = pd.DataFrame({name: [10.0, 12, 14, 16, 18] for name in method.columns}, index=list("abcde"))
    >>> states = values.notna().replace(True, "measured")
    >>> compare_editions(Edition(values=values, statuses=states, method=method),
    ...                  Edition(values=values, statuses=states, method=stricter))
    EditionComparison(leipzig-status to leipzig-status: 1 areas changed class: data 0.0, method 1.0, boundaries 0.0)
    """
    _check(old, new, redefined)
    carried = _carried(old, new)
    areas = old.values.index.append(new.values.index.difference(old.values.index, sort=False))
    mixed = _Mixed(old, new, {*carried, *redefined}, areas)
    classes = {world: mixed.classes(world) for world in coalitions(CAUSES)}
    before, after = classes[frozenset()], classes[frozenset(CAUSES)]
    way = {
        world: np.where(before == after, 0.0, 0.5 * ((number != before) * 1.0 + (number == after) * 1.0))
        for world, number in classes.items()
    }
    shares = shapley(way, CAUSES)
    kind = _kinds(before, after)
    alone = np.isin(kind, ["only_in_old", "only_in_new"])
    had = alone & ((before > 0) | (after > 0))  # an area that never had a class explains nothing
    for cause in CAUSES:
        shares[cause] = np.where(alone, np.where(had & (cause == "boundaries"), 1.0, 0.0), shares[cause])
    table = pd.DataFrame({"class_old": before, "class_new": after}, index=areas.rename("area_id"))
    table = (
        table.where(table > 0).astype("Int64").assign(kind=np.where(alone & ~had, "never_classified", kind))
    )
    worlds = {"+".join(cause for cause in CAUSES if cause in world) or "nothing": world for world in classes}
    states = pd.DataFrame({name: classes[world] for name, world in worlds.items()}, index=table.index)
    return EditionComparison(
        areas=table.assign(**shares),
        worlds=states.where(states > 0).astype("Int64"),
        old_method=old.method.id,
        new_method=new.method.id,
        carried=tuple(carried),
        redefined=tuple(redefined),
    )


class _Mixed:
    """Computes editions of which some things are old and some new."""

    def __init__(self, old: Edition, new: Edition, with_method: Collection[str], areas: pd.Index) -> None:
        self.editions = (old, new)
        self.with_method, self.areas = with_method, areas

    def classes(self, world: _World) -> NDArray[np.int64]:
        """Return the class of all areas of either edition: 0 not classified, −1 not there."""
        data, method, boundaries = ((cause in world) * 1 for cause in CAUSES)
        chosen, place = self.editions[method].method, self.editions[boundaries]
        here = place.values.index
        values, statuses = {}, {}
        for name in chosen.columns:
            source = method if name in self.with_method else data
            values[name], statuses[name] = self._column(name, source, here)
        result = status_index(
            pd.DataFrame(values, index=here), pd.DataFrame(statuses, index=here), chosen, labels=place.labels
        )
        number = result.classes.fillna(_UNCLASSIFIED).astype(np.int64)
        found: NDArray[np.int64] = number.reindex(self.areas, fill_value=_ABSENT).to_numpy().astype(np.int64)
        return found

    def _column(self, name: str, source: int, here: pd.Index) -> tuple[pd.Series, pd.Series]:
        """Return values and states of an indicator; areas that its edition lacks have those of the other one."""
        first, second = self.editions[source], self.editions[1 - source]
        if name not in first.values:
            first, second = second, first
        value = first.values[name].astype(float).reindex(here)
        state = first.statuses[name].astype(object).reindex(here)
        lacking = ~here.isin(first.values.index)
        if lacking.any() and name in second.values:
            value[lacking] = second.values[name].astype(float).reindex(here)[lacking]
            state[lacking] = second.statuses[name].astype(object).reindex(here)[lacking]
        return value, state.fillna(ValueStatus.MISSING.value)


def _check(old: Edition, new: Edition, redefined: Collection[str]) -> None:
    counts = []
    for edition in (old, new):
        require_same_index(edition.values, edition.statuses, "values and statuses")
        if edition.method.classes is None:
            raise DefinitionError(f"method {edition.method.id!r} has no classes; add [classes] to its file")
        absent = [name for name in edition.method.columns if name not in edition.values]
        if absent:
            raise DefinitionError(
                f"method {edition.method.id!r}: its edition has no column for {', '.join(absent)}; "
                f"{suggestion(absent[0], [str(name) for name in edition.values])}"
            )
        counts.append(edition.method.classes.count)
    if counts[0] != counts[1]:
        raise DefinitionError(
            f"{old.method.id} has {counts[0]} classes, {new.method.id} {counts[1]}; "
            "give two methods with the same number of classes"
        )
    both = set(old.method.columns) & set(new.method.columns)
    for name in redefined:
        if name not in both:
            raise ParameterError("redefined", name, f"an indicator of both methods; {suggestion(name, both)}")


def _carried(old: Edition, new: Edition) -> list[str]:
    """Return the indicators of either method that only one edition has values of."""
    names = dict.fromkeys([*old.method.columns, *new.method.columns])
    return [name for name in names if _has(old, name) != _has(new, name)]


def _has(edition: Edition, name: str) -> bool:
    if name not in edition.values:
        return False
    if name not in edition.statuses:
        raise StatusError(f"{name}: no states", edition.values.index[:1], "give one state for each value")
    return bool(edition.values[name].notna().any())


def _kinds(before: NDArray[np.int64], after: NDArray[np.int64]) -> NDArray[np.object_]:
    kind = np.full(before.shape, "never_classified", dtype=object)
    both = (before > 0) & (after > 0)
    kind[both & (before == after)] = "same"
    kind[both & (before != after)] = "changed"
    kind[(before == _UNCLASSIFIED) & (after > 0)] = "newly_classified"
    kind[(before > 0) & (after == _UNCLASSIFIED)] = "no_longer_classified"
    kind[before == _ABSENT] = "only_in_new"
    kind[after == _ABSENT] = "only_in_old"
    return kind
