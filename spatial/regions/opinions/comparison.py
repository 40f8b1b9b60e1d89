"""Whom does each opinion leave out, and how far do two of them speak of the same residents? For the analyst's table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.alignment import align, require_unique
from spatial.errors import ParameterError
from spatial.parameters import require_number

__all__ = ["HasRegions", "Opinion", "OpinionComparison", "compare_opinions", "missed"]


class HasRegions(Protocol):
    """Anything with regions: a `PriorityAreas`, a `SecondOpinion`."""

    @property
    def region(self) -> pd.Series:
        """Region id per area, missing for none."""

    @property
    def method(self) -> str:
        """What made them."""


Opinion: TypeAlias = HasRegions | pd.Series
"""A result, or just the region of each area, as of the map in force."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OpinionComparison:
    """Several opinions side by side.

    `overview` has one row per opinion, `jaccard` the likeness of each pair, `missed` one row per area above the
    threshold that at least one opinion leaves out. `threshold` [index points] is the parameter.
    """

    overview: pd.DataFrame
    jaccard: pd.DataFrame
    missed: pd.DataFrame
    threshold: float

    def __repr__(self) -> str:
        names = ", ".join(self.overview.index)
        everywhere = int(self.missed[list(self.overview.index)].all(axis=1).sum())
        return (
            f"OpinionComparison({names}; threshold {self.threshold:g}, {len(self.missed)} areas above it "
            f"left out by some, {everywhere} by all)"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area that is left out: `need`, `population`, and per opinion whether it leaves it out."""
        return self.missed

    def summary(self) -> pd.DataFrame:
        """Return one row per opinion.

        `regions`, `areas` and `residents` are what it chose, `share_of_residents` is of the city's, `areas_below` how
        many of its areas lie not above the threshold, `missed_areas` and `missed_residents` what lies above and is in
        none of its regions, `missed_share` that of the residents above the threshold.
        """
        return self.overview


def missed(opinion: Opinion, need: pd.Series, population: pd.Series, *, threshold: float) -> pd.DataFrame:
    """List the areas above a threshold that lie in no region of an opinion: nothing is to be forgotten.

    Parameters
    ----------
    opinion : PriorityAreas, SecondOpinion, or Series of region ids indexed by area_id
        Regions; missing where an area is in none.
    need : Series of float, shape (n_areas,), indexed by area_id
        Need index; an area of missing need is not above the threshold. [index points]
    population : Series of int or float, shape (n_areas,), indexed by area_id
        Residents. [persons]
    threshold : float
        Need above which an area should be looked at. [index points]

    Returns
    -------
    DataFrame, indexed by area_id
        `need` and `population` of each such area, the highest need first, ties by area id.

    Raises
    ------
    AlignmentError
        If opinion, need and population do not have the same areas.
    ParameterError
        If the opinion has no regions, or the threshold is not finite.

    Examples
    --------
    >>> ids = pd.Index(["a", "b", "c"])
    >>> need, people = pd.Series([1.5, 0.2, 1.2], index=ids), pd.Series([100, 50, 80], index=ids)
    >>> missed(pd.Series(["1", None, None], index=ids), need, people, threshold=1.0).to_dict("index")
    {'c': {'need': 1.2, 'population': 80}}
    """
    require_number("threshold", threshold, "a finite number of index points")
    require_unique(need.index, "need")
    is_inside = _inside(opinion, need.index)
    table = pd.DataFrame({"need": need, "population": align(population, need.index, "population")})
    return _by_need(table[_is_above(need, threshold) & ~is_inside])


def compare_opinions(
    opinions: Mapping[str, Opinion] | Sequence[HasRegions],
    need: pd.Series,
    population: pd.Series,
    *,
    threshold: float,
) -> OpinionComparison:
    """Lay several opinions side by side: what each chose, what it leaves out, and how alike two of them are.

    Parameters
    ----------
    opinions : mapping of str to opinion, or sequence of results
        Opinions by their names; results in a sequence are named after their methods. See `missed`.
    need : Series of float, shape (n_areas,), indexed by area_id
        Need index. [index points]
    population : Series of int or float, shape (n_areas,), indexed by area_id
        Residents. [persons]
    threshold : float
        Need above which an area should be looked at. [index points]

    Returns
    -------
    OpinionComparison
        The likeness of two opinions is the Jaccard index of residents: residents in regions of both, as a share of
        the residents in regions of at least one. NaN where nobody lives in a region of either.

    Raises
    ------
    AlignmentError
        If an opinion, need and population do not have the same areas.
    ParameterError
        If there is no opinion, two have the same name, one has no regions, or the threshold is not finite.

    Examples
    --------
    >>> ids = pd.Index(["a", "b", "c"])
    >>> need, people = pd.Series([1.5, 0.2, 1.2], index=ids), pd.Series([100, 50, 80], index=ids)
    >>> ours, map_in_force = pd.Series(["1", "1", None], index=ids), pd.Series(["Nord", None, "Süd"], index=ids)
    >>> both = compare_opinions({"ours": ours, "map in force": map_in_force}, need, people, threshold=1.0)
    >>> both
    OpinionComparison(ours, map in force; threshold 1, 1 areas above it left out by some, 0 by all)
    >>> both.jaccard["ours"].round(4).tolist(), both.overview["missed_residents"].tolist()
    ([1.0, 0.4348], [80.0, 0.0])
    """
    require_number("threshold", threshold, "a finite number of index points")
    require_unique(need.index, "need")
    by_name = _by_name(opinions)
    people = align(population, need.index, "population").to_numpy(dtype=float, na_value=np.nan)
    is_above = _is_above(need, threshold)
    inside = {name: _inside(one, need.index) for name, one in by_name.items()}
    rows = {}
    for name, one in by_name.items():
        chosen = inside[name]
        left_out = is_above & ~chosen
        above = float(people[is_above].sum())
        rows[name] = {
            "regions": _regions(one).nunique(),
            "areas": int(chosen.sum()),
            "residents": float(people[chosen].sum()),
            "share_of_residents": _share(float(people[chosen].sum()), float(people.sum())),
            "areas_below": int((chosen & ~is_above).sum()),
            "missed_areas": int(left_out.sum()),
            "missed_residents": float(people[left_out].sum()),
            "missed_share": _share(float(people[left_out].sum()), above),
        }
    jaccard = pd.DataFrame(
        {one: {other: _jaccard(inside[one], inside[other], people) for other in by_name} for one in by_name}
    )
    table = pd.DataFrame({"need": need, "population": align(population, need.index, "population")})
    for name, chosen in inside.items():
        table[name] = is_above & ~chosen
    return OpinionComparison(
        overview=pd.DataFrame.from_dict(rows, orient="index").rename_axis("opinion"),
        jaccard=jaccard,
        missed=_by_need(table[table[list(inside)].any(axis=1)]),
        threshold=float(threshold),
    )


def _by_name(opinions: Mapping[str, Opinion] | Sequence[HasRegions]) -> dict[str, Opinion]:
    if isinstance(opinions, Mapping):
        named = dict(opinions)
    else:
        named = {one.method: one for one in opinions}
        if len(named) < len(opinions):
            raise ParameterError(
                "opinions", [one.method for one in opinions], "a mapping, since two have one method"
            )
    if not named:
        raise ParameterError("opinions", opinions, "at least one opinion")
    reserved = {"need", "population"} & set(named)
    if reserved:
        raise ParameterError(
            "opinions", sorted(reserved), "names other than those of the columns beside them"
        )
    return named


def _regions(opinion: Opinion) -> pd.Series:
    region = opinion if isinstance(opinion, pd.Series) else getattr(opinion, "region", None)
    if not isinstance(region, pd.Series):
        raise ParameterError("opinion", opinion, "a result with regions, or a Series of region ids")
    return region


def _inside(opinion: Opinion, index: pd.Index) -> NDArray[np.bool_]:
    """Say which areas lie in a region; a Series of truth values says it itself."""
    region = align(_regions(opinion), index, "opinion")
    if pd.api.types.is_bool_dtype(region.dtype):
        return region.to_numpy(dtype=bool, na_value=False)
    return region.notna().to_numpy(dtype=bool)


def _is_above(need: pd.Series, threshold: float) -> NDArray[np.bool_]:
    points = need.to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(points > threshold)


def _by_need(table: pd.DataFrame) -> pd.DataFrame:
    """Sort by falling need, ties by area id."""
    names = table.index.astype(str).to_numpy(dtype=object)
    return table.iloc[np.lexsort((names, -table["need"].to_numpy(dtype=float)))]


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _jaccard(one: NDArray[np.bool_], other: NDArray[np.bool_], people: NDArray[np.float64]) -> float:
    return _share(float(people[one & other].sum()), float(people[one | other].sum()))
