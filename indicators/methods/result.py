"""What comes out of a method for one period: data with everything needed to explain and repeat it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from indicators.methods.schema import Classes, Method

__all__ = ["CompositeIndex"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CompositeIndex:
    """A composite index of one period, with everything needed to explain and repeat it.

    Indexed by area_id in the order of the input: `index` (NaN where there is none), `rank` (1 = most need,
    within the universe; equal values share the lowest place), `classes` (class numbers, <NA> where there is none
    or the method has no classes), `status` (words of `ValueStatus`), `is_valid`, `contributions` (per indicator,
    or per index that is no sum of indicators), `base` (what belongs to none of them, mostly 0), `total` (what
    the contributions and the base add up to: the index itself if `is_additive`, otherwise the last sum on the
    way to it), `indices` (all indices of the method), `transformed` (by index and input, what was combined),
    `universe` (name of the unit within which the area is compared; None without one). `rules` says whose
    classes these are: None when the method has none.
    """

    index: pd.Series
    rank: pd.Series
    classes: pd.Series
    status: pd.Series
    is_valid: pd.Series
    contributions: pd.DataFrame
    base: pd.Series
    total: pd.Series
    is_additive: bool
    indices: pd.DataFrame
    transformed: pd.DataFrame
    universe: pd.Series | None
    rules: Classes | None
    is_dynamics: bool
    method: Method

    def __repr__(self) -> str:
        what = f"{self.method.id}{' dynamics' if self.is_dynamics else ''}"
        valid = f"{int(self.is_valid.sum())} of {len(self.is_valid)} areas valid"
        classes = "".join(f"; {label} {count}" for label, count in self.summary()["areas"].items())
        return f"CompositeIndex({what}: {valid}{classes.replace('; ', ', ').replace(', ', '; ', 1)})"

    @property
    def result(self) -> str:
        """Id of the index that this is, among all of the method."""
        part = self.method.dynamics if self.is_dynamics else None
        return self.method.result if part is None else part.result

    def labels(self, language: str = "de") -> pd.Series:
        """Return the label of every area's class; invalid areas are called what the method calls them."""
        validity, rules = self.method.validity, self.rules
        labels = (rules.labels_de if language == "de" else rules.labels_en) if rules else ()
        names = dict(enumerate(labels, start=1))
        absent = validity.label_de if language == "de" else validity.label_en
        named = self.classes.astype(object).map(names)
        return named.where(self.is_valid, absent).rename("label")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: index, rank, class and its labels, state, sum, contributions, other indices."""
        table = pd.DataFrame(
            {
                "index": self.index,
                "rank": self.rank,
                "class": self.classes,
                "label_de": self.labels("de"),
                "label_en": self.labels("en"),
                "status": self.status,
                "is_valid": self.is_valid,
                "total": self.total,
            }
        )
        if self.rules is None:
            table = table.drop(columns=["class", "label_de", "label_en"])
        others = self.indices.drop(columns=self.result).add_prefix("index_")
        return table.join(self.contributions.add_prefix("contribution_")).join(others)

    def summary(self) -> pd.DataFrame:
        """Return one row per class, by its German label: `class`, `label_en`, `areas`; empty without classes."""
        rules = self.rules
        numbers = range(1, rules.count + 1) if rules else range(0)
        return pd.DataFrame(
            {
                "class": list(numbers),
                "label_en": list(rules.labels_en) if rules else [],
                "areas": [int((self.classes == number).sum()) for number in numbers],
            },
            index=pd.Index(rules.labels_de if rules else [], name="label_de"),
        )
