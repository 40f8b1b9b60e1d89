"""Which values add up to which? Everything an attacker can calculate with, as sparse linear relations.

Areas add up to the area above, categories to their total, a part is no larger than its whole. What adds up over
time, over own drawn areas and over editions of boundaries is in `linked.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.confidentiality.cells import KEY
from indicators.confidentiality.errors import RelationError

__all__ = [
    "Relations",
    "area_sums",
    "category_sums",
    "no_relations",
    "parts",
    "relations_of",
    "sums_over_areas",
]

_DEEPEST = 40  # more levels than any hierarchy has
_MEMBERS = ["relation", *KEY, "factor"]
_KINDS = ["kind", "name", "remainder", "complement", "top_coded", "constant"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Relations:
    """Linear relations between values: in each of them, the sum of factor × value is a known constant.

    Attributes
    ----------
    members : DataFrame
        Columns relation, area_id, period, indicator_id, factor; wholes have the factor -1, their parts 1.
    kinds : DataFrame, indexed by relation
        kind and name (for messages); remainder: the parts do not make up the whole, something of at least 0 is
        left; complement: what is left is protected like a count; top_coded: the share is shown as "above the
        limit" only; constant: the known sum.
    """

    members: pd.DataFrame
    kinds: pd.DataFrame

    def __len__(self) -> int:
        return len(self.kinds)

    def __repr__(self) -> str:
        counts = ", ".join(f"{number} {kind}" for kind, number in self.kinds["kind"].value_counts().items())
        return f"Relations({counts or 'none'})"

    def __add__(self, other: Relations) -> Relations:
        """Return the relations of both."""
        shift = len(self.kinds)
        return Relations(
            members=pd.concat(
                [self.members, other.members.assign(relation=other.members["relation"] + shift)],
                ignore_index=True,
            ),
            kinds=pd.concat([self.kinds, other.kinds], ignore_index=True),
        )

    def chosen(self, kept: NDArray[np.bool_]) -> Relations:
        """Return some of the relations, in the same order."""
        number = np.cumsum(kept) - 1
        of = self.members["relation"].to_numpy(dtype=np.int64)
        return Relations(
            members=self.members[kept[of]].assign(relation=number[of[kept[of]]]).reset_index(drop=True),
            kinds=self.kinds[kept].reset_index(drop=True),
        )

    def without(self, kind: str, names: Collection[str]) -> Relations:
        """Return the relations without some of one kind, by name."""
        return self.chosen(
            ~((self.kinds["kind"] == kind) & self.kinds["name"].isin(list(names))).to_numpy(dtype=bool)
        )

    def left(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return by how much each relation is off, for one value per member; NaN where one of them is not known."""
        of = self.members["relation"].to_numpy(dtype=np.int64)
        sums = np.bincount(of, self.members["factor"].to_numpy(dtype=float) * value, minlength=len(self))
        return np.asarray(sums - self.kinds["constant"].to_numpy(dtype=float))


def no_relations() -> Relations:
    """Return no relations at all, to add others to.

    Returns
    -------
    Relations
        None.

    Examples
    --------
    >>> no_relations()
    Relations(none)
    """
    return Relations(members=pd.DataFrame(columns=_MEMBERS), kinds=pd.DataFrame(columns=_KINDS))


def relations_of(
    members: pd.DataFrame,
    *,
    kind: str,
    remainder: bool | pd.Series = False,
    complement: bool = False,
    top_coded: bool = False,
    constant: float | pd.Series = 0.0,
) -> Relations:
    """Make relations from lines that say who belongs to which.

    Parameters
    ----------
    members : DataFrame
        Columns relation (any label), area_id, period, indicator_id, factor.
    kind : str
        What kind of relation this is, for messages.
    remainder, constant : bool and float, or Series indexed by relation
        Whether something of at least 0 is left, and the known sum.
    complement, top_coded : bool
        See `Relations`.

    Returns
    -------
    Relations
        In the order in which the labels first occur.

    Examples
    --------
    >>> relations_of(pd.DataFrame({"relation": ["a", "a"], "area_id": ["1", "2"], "period": "2023",
    ...                            "indicator_id": "residents", "factor": [1.0, -1.0]}), kind="the same")
    Relations(1 the same)
    """
    code, labels = pd.factorize(members["relation"])
    frame = members.assign(relation=code)[_MEMBERS].reset_index(drop=True)
    for name in KEY:
        frame[name] = frame[name].astype(str)
    frame["factor"] = frame["factor"].astype(float)

    def each(given: object) -> np.ndarray:
        return (
            given.reindex(labels).to_numpy() if isinstance(given, pd.Series) else np.full(len(labels), given)
        )

    kinds = pd.DataFrame(
        {
            "kind": kind,
            "name": [" / ".join(map(str, one)) if isinstance(one, tuple) else str(one) for one in labels],
            "remainder": each(remainder).astype(bool),
            "complement": complement,
            "top_coded": top_coded,
            "constant": each(constant).astype(float),
        },
        index=range(len(labels)),
    )
    return Relations(members=frame, kinds=kinds)


def area_sums(table: pd.DataFrame, parents: pd.Series | Mapping[str, str]) -> Relations:
    """Relate every area to the areas in it, for every period and indicator.

    Parameters
    ----------
    table : DataFrame
        The table under protection, counts only: rates do not add up.
    parents : Series or mapping
        Area above each area, over all levels.

    Returns
    -------
    Relations
        One per area, period and indicator with a row of its own and a row of a child. Children without a row
        leave a remainder: what nobody publishes determines nothing, but is not negative.

    Raises
    ------
    RelationError
        If an area lies in itself, directly or by way of others.

    Examples
    --------
    >>> table = pd.DataFrame({"area_id": ["1", "10", "11"], "period": "2023", "indicator_id": "unemployed",
    ...                       "value": [12, 5, 7]})
    >>> area_sums(table, {"10": "1", "11": "1"})
    Relations(1 areas)
    """
    above = pd.Series(parents, dtype=object).dropna().astype(str)
    above.index = above.index.astype(str)
    higher = above
    for _ in range(_DEEPEST):
        higher = higher[higher.isin(above.index)].map(above)
    if len(higher):
        raise RelationError("an area lies in itself", higher.index, "correct the hierarchy")
    pairs = pd.DataFrame({"whole": above.to_numpy(), "child": above.index.astype(str)})
    return sums_over_areas(table, pairs, kind="areas")


def sums_over_areas(table: pd.DataFrame, pairs: pd.DataFrame, *, kind: str) -> Relations:
    """Relate areas to the areas they are made of; an area may be part of several.

    Parameters
    ----------
    table : DataFrame
        The table under protection.
    pairs : DataFrame
        Columns whole and child, ids of areas.
    kind : str
        What to call these relations in messages.

    Returns
    -------
    Relations
        One per whole, period and indicator, see `area_sums`.

    Raises
    ------
    RelationError
        If an area is made of itself.

    Examples
    --------
    >>> table = pd.DataFrame({"area_id": ["drawn", "10", "11"], "period": "2023", "indicator_id": "unemployed",
    ...                       "value": [12, 5, 7]})
    >>> sums_over_areas(table, pd.DataFrame({"whole": "drawn", "child": ["10", "11"]}), kind="drawn")
    Relations(1 drawn)
    """
    loops = pairs.loc[pairs["whole"] == pairs["child"], "whole"]
    if len(loops):
        raise RelationError("an area is its own parent", loops, "correct the hierarchy")
    keys = table[KEY].astype(str)
    children = keys.merge(pairs, left_on="area_id", right_on="child")
    label = pd.MultiIndex.from_arrays([children["whole"], children["period"], children["indicator_id"]])
    known = label.isin(pd.MultiIndex.from_frame(keys))
    children, label = children[known], label[known]
    if not len(children):
        return no_relations()
    size = pairs.groupby("whole")["child"].nunique()
    present = pd.Series(1, index=label).groupby(level=[0, 1, 2]).sum()
    remainder = present < size.reindex(present.index.get_level_values(0)).to_numpy()
    wholes = label.unique()
    parts_ = pd.DataFrame(
        {
            "relation": label.to_flat_index(),
            "area_id": children["area_id"].to_numpy(),
            "period": children["period"].to_numpy(),
            "indicator_id": children["indicator_id"].to_numpy(),
            "factor": 1.0,
        }
    )
    return relations_of(
        pd.concat([_wholes(wholes), parts_], ignore_index=True),
        kind=kind,
        remainder=_flat(remainder),
    )


def category_sums(
    table: pd.DataFrame, total: str, categories: Sequence[str], *, complement: bool = False
) -> Relations:
    """Relate a total to its categories, for every area and period.

    Parameters
    ----------
    table : DataFrame
        The table under protection.
    total : str
        Indicator that counts everybody.
    categories : sequence of str
        Indicators that add up to the total.
    complement : bool
        Whether a category that leaves too few in all the others is sensitive, too: then even a zero of another
        category may be withheld, where it would say that everybody is in this one.

    Returns
    -------
    Relations
        One per area and period with a row of the total and of a category.

    Examples
    --------
    >>> table = pd.DataFrame({"area_id": "00", "period": "2023", "value": [9, 4, 5],
    ...                       "indicator_id": ["residents", "women", "men"]})
    >>> category_sums(table, "residents", ["women", "men"])
    Relations(1 categories)
    """
    wanted = [str(name) for name in categories]
    if total in wanted or len(set(wanted)) != len(wanted):
        raise RelationError(
            "a total among its categories, or a category twice", [total, *wanted], "name each indicator once"
        )
    keys = table[KEY].astype(str)
    rows = keys[keys["indicator_id"].isin(wanted)]
    label = pd.MultiIndex.from_arrays(
        [rows["area_id"], rows["period"], np.full(len(rows), total, dtype=object)]
    )
    known = label.isin(pd.MultiIndex.from_frame(keys))
    rows, label = rows[known], label[known]
    if not len(rows):
        return no_relations()
    present = pd.Series(1, index=label).groupby(level=[0, 1, 2]).sum()
    lines = rows.assign(relation=label.to_flat_index(), factor=1.0)
    return relations_of(
        pd.concat([_wholes(label.unique()), lines], ignore_index=True),
        kind="categories",
        remainder=_flat(present < len(wanted)),
        complement=complement,
    )


def parts(
    table: pd.DataFrame, part: str, whole: str, *, complement: bool = True, top_coded: bool = False
) -> Relations:
    """Relate a part to its whole, for every area and period: numerator and denominator of a share.

    Parameters
    ----------
    table : DataFrame
        The table under protection.
    part, whole : str
        Indicators; the part is never larger.
    complement : bool
        Whether the rest, whole minus part, is protected like a count: a part that is nearly its whole says the
        same of everybody.
    top_coded : bool
        Whether the share is sensitive, so that high values are shown as "above the limit" only.

    Returns
    -------
    Relations
        One per area and period in which both have a row.

    Examples
    --------
    >>> table = pd.DataFrame({"area_id": "00", "period": "2023", "value": [9, 4],
    ...                       "indicator_id": ["residents", "non_german"]})
    >>> parts(table, "non_german", "residents")
    Relations(1 part of a whole)
    """
    if part == whole:
        raise RelationError("a part is its own whole", [part], "name two indicators")
    keys = table[KEY].astype(str)
    rows = keys[keys["indicator_id"] == part]
    label = pd.MultiIndex.from_arrays(
        [rows["area_id"], rows["period"], np.full(len(rows), whole, dtype=object)]
    )
    known = label.isin(pd.MultiIndex.from_frame(keys))
    rows, label = rows[known], label[known]
    if not len(rows):
        return no_relations()
    lines = rows.assign(relation=label.to_flat_index(), factor=1.0)
    return relations_of(
        pd.concat([_wholes(label), lines], ignore_index=True),
        kind="part of a whole",
        remainder=True,
        complement=complement,
        top_coded=top_coded,
    )


def _wholes(label: pd.MultiIndex) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "relation": label.to_flat_index(),
            "area_id": label.get_level_values(0),
            "period": label.get_level_values(1),
            "indicator_id": label.get_level_values(2),
            "factor": -1.0,
        }
    )


def _flat(series: pd.Series) -> pd.Series:
    """Return the series with its index as plain tuples, which are the labels of the relations."""
    return pd.Series(series.to_numpy(), index=series.index.to_flat_index())
