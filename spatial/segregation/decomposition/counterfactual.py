"""Are two cities, or two years, apart because people live elsewhere or because there are more of some? By swapping."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.errors import ParameterError
from spatial.neighbours import NeighbourGraph
from spatial.parameters import require_choice
from spatial.segregation.compute import same_groups, table_of_groups
from spatial.segregation.counts import Floats
from spatial.segregation.decomposition.contributions import Title, require_sum
from spatial.segregation.places import Places
from spatial.segregation.register import measure
from spatial.segregation.subject import Subject, prepare_subject

__all__ = [
    "PART_TITLES",
    "Approach",
    "Quantiles",
    "SpaceAndComposition",
    "parts_of",
    "space_and_composition",
    "swap_compositions",
]

Approach: TypeAlias = Literal["composition", "share", "dual_composition"]
Quantiles: TypeAlias = Literal["interpolated", "observed"]

PART_TITLES: Final = {
    "space": Title("Räumliche Verteilung der Bevölkerung", "Where the population lives"),
    "composition": Title("Zusammensetzung der Bevölkerung", "Who the population is"),
}
"""Titles of the two parts of a difference."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SpaceAndComposition:
    """The difference of an index between two cities or periods, as a part of space and a part of composition.

    `parts` adds up to `difference` = `first` - `second`. The two values in between belong to the
    counterfactual tables: the areas of one city with the composition of the other [persons].
    """

    measure: str
    approach: Approach
    quantiles: Quantiles
    options: Mapping[str, Any]
    first: float
    second: float
    first_space_second_composition: float
    second_space_first_composition: float
    parts: pd.Series
    first_counterfactual: pd.DataFrame
    second_counterfactual: pd.DataFrame

    def __post_init__(self) -> None:
        """Refuse parts that do not add up; they are undefined where a counterfactual value is."""
        if not self.parts.isna().all():
            require_sum(self.parts.to_numpy(), self.difference, "parts")

    @property
    def difference(self) -> float:
        """The value of the first minus that of the second."""
        return self.first - self.second

    def __repr__(self) -> str:
        return (
            f"SpaceAndComposition({self.measure} {self.first:.4f} - {self.second:.4f}: "
            f"space {self.parts['space']:+.4f}, composition {self.parts['composition']:+.4f}; {self.approach})"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per part: `value`, `title_de` and `title_en`."""
        frame = self.parts.rename("value").to_frame()
        frame["title_de"] = [PART_TITLES[part].de for part in frame.index]
        frame["title_en"] = [PART_TITLES[part].en for part in frame.index]
        return frame


def space_and_composition(
    name: str,
    first: pd.DataFrame | Floats,
    second: pd.DataFrame | Floats,
    *,
    group: Hashable | None = None,
    against: Hashable | None = None,
    approach: Approach = "composition",
    quantiles: Quantiles = "interpolated",
    first_geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None = None,
    second_geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None = None,
    first_graph: NeighbourGraph | None = None,
    second_graph: NeighbourGraph | None = None,
    **options: Any,
) -> SpaceAndComposition:
    r"""Split the difference of an index between two cities, or two periods, into space and composition.

    Each city is given the composition of the other: every area takes the value that has the same percentile
    among the areas of the other city. With the index :math:`G_{sa}` of space *s* and composition *a*,

    .. math:: space = \tfrac12 (G_{11} - G_{21} + G_{12} - G_{22}), \qquad
              composition = \tfrac12 (G_{11} - G_{12} + G_{21} - G_{22}),

    which add up to :math:`G_{11} - G_{22}`. The areas of the two need not correspond, nor be as many.

    Parameters
    ----------
    name : str
        Any measure that `available()` lists and that gives one number.
    first, second : DataFrame or array of int or float, shapes (n_areas, n_groups), indexed by area_id
        The two cities or periods, with the same columns. [persons]
    group, against : columns, optional
        For measures of two groups: the group, and the other group of a pair. Default: the first column
        against everybody else.
    approach : {"composition", "share", "dual_composition"}, default "composition"
        What is swapped: *composition*, the group's share of the residents of the area, at unchanged residents
        (two groups only); *dual_composition*, that of every group by itself, so that the residents become
        their sum; *share*, the area's share of all members of the group, for every group by itself, at
        unchanged sizes of the groups.
    quantiles : {"interpolated", "observed"}, default "interpolated"
        Between which values the percentile (rank divided by the number of areas, mean ranks for ties) is looked
        up: *interpolated* linearly as published, or the *observed* value that is reached there, by which
        cities with the same values swap nothing.
    first_geometry, second_geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id, optional
        For measures that need them.
    first_graph, second_graph : NeighbourGraph, optional
        For measures that need them. Default: found from the geometry.
    **options
        The measure's own options; they hold for the counterfactual tables too.

    Returns
    -------
    SpaceAndComposition
        All NaN when the index is undefined for one of the four tables. Areas without residents have no
        percentile, take nothing and give nothing.

    Raises
    ------
    AlignmentError
        If geometry or graph have other areas than the counts.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If the two have other columns, the measure or an option is unknown, geometry or graph are needed and not
        given, or *composition*
        meets more than two groups.

    Notes
    -----
    PySAL computes the counterfactual values with the default options of the index, whatever was chosen, and
    lets areas without residents take part with a share of 0.

    References
    ----------
    .. [1] S. J. Rey, R. Cortes and E. Knaap (2021), Comparative Spatial Segregation Analytics, Spatial
       Demography 9, doi:10.1007/s40980-021-00075-w.

    Examples
    --------
    >>> old = pd.DataFrame({"young": [10, 20, 30], "rest": [90, 80, 70]}, index=["a", "b", "c"])
    >>> new = pd.DataFrame({"young": [20, 40, 60], "rest": [80, 60, 40]}, index=["a", "b", "c"])
    >>> space_and_composition("dissimilarity", old, new, quantiles="observed")
    SpaceAndComposition(dissimilarity 0.2083 - 0.2778: space +0.0000, composition -0.0694; composition)
    """
    tables = table_of_groups(first), table_of_groups(second)
    one, other = (
        _subject(name, counts, group, against, geometry, graph, options)
        for counts, geometry, graph in (
            (tables[0], first_geometry, first_graph),
            (same_groups(*tables), second_geometry, second_graph),
        )
    )
    swapped = swap_compositions(one.table.counts, other.table.counts, approach, quantiles)
    (own_first, mixed_first), (own_second, mixed_second) = (
        subject.evaluate(np.stack([subject.table.counts, mixed]))
        for subject, mixed in zip((one, other), swapped, strict=True)
    )
    space, composition = parts_of((own_first, own_second), (mixed_first, mixed_second))
    frames = [
        pd.DataFrame(mixed.T, index=subject.table.area_id, columns=list(subject.table.group))
        for subject, mixed in zip((one, other), swapped, strict=True)
    ]
    return SpaceAndComposition(
        measure=name,
        approach=approach,
        quantiles=quantiles,
        options=dict(options),
        first=float(own_first),
        second=float(own_second),
        first_space_second_composition=float(mixed_first),
        second_space_first_composition=float(mixed_second),
        parts=pd.Series({"space": float(space), "composition": float(composition)}, name="part"),
        first_counterfactual=frames[0],
        second_counterfactual=frames[1],
    )


def _subject(
    name: str,
    frame: pd.DataFrame,
    group: Hashable | None,
    against: Hashable | None,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None,
    graph: NeighbourGraph | None,
    options: Mapping[str, Any],
) -> Subject:
    if group is None and measure(name).groups == "two":
        group = next((column for column in frame.columns if column != against), None)
    return prepare_subject(
        name, frame, group=group, against=against, geometry=geometry, graph=graph, options=options
    )


def parts_of(own: tuple[Floats, Floats], mixed: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Return the parts of space and composition in the difference of two values.

    Parameters
    ----------
    own : tuple of array of float
        Values of the first and of the second.
    mixed : tuple of array of float
        Values of the first and of the second with the composition of the other.

    Returns
    -------
    tuple of array of float
        They add up to the difference of the own values.

    Examples
    --------
    >>> parts_of((np.array(0.5), np.array(0.25)), (np.array(0.375), np.array(0.25)))
    (np.float64(0.1875), np.float64(0.0625))
    """
    space = 0.5 * (own[0] - mixed[1] + mixed[0] - own[1])
    composition = 0.5 * (own[0] - mixed[0] + mixed[1] - own[1])
    return space, composition


def swap_compositions(
    first: Floats, second: Floats, approach: Approach, quantiles: Quantiles
) -> tuple[Floats, Floats]:
    """Return both tables with the composition of the other."""
    require_choice("approach", approach, Approach)
    require_choice("quantiles", quantiles, Quantiles)
    if approach == "composition" and len(first) != 2:
        raise ParameterError("approach", approach, "'share' or 'dual_composition' for more than two groups")
    return _take(first, second, approach, quantiles), _take(second, first, approach, quantiles)


def _take(own: Floats, other: Floats, approach: Approach, quantiles: Quantiles) -> Floats:
    """Return the own table with the composition of the other; NaN for a group without members to go by."""
    taken = np.zeros_like(own)
    here, there = own.any(axis=0), other.any(axis=0)
    own, other = own[:, here], other[:, there]
    base, other_base = own.sum(axis=0), other.sum(axis=0)
    found = np.empty_like(own)
    for group in range(1 if approach == "composition" else len(own)):
        if approach == "share":
            size = own[group].sum()
            if not (size > 0 and other[group].sum() > 0):
                found[group] = np.nan
                continue
            swapped = _matched(own[group] / size, other[group] / other[group].sum(), quantiles)
            with np.errstate(invalid="ignore", divide="ignore"):
                found[group] = swapped * (size / swapped.sum())
        else:
            found[group] = base * _matched(own[group] / base, other[group] / other_base, quantiles)
    if approach == "composition":
        found[1] = base - found[0]
    taken[:, here] = found
    return taken


def _matched(own: Floats, other: Floats, quantiles: Quantiles) -> Floats:
    """Return, for each own value, the value of the same percentile among the others."""
    _, place, count = np.unique(own, return_inverse=True, return_counts=True)
    percentile = (np.cumsum(count) - (count - 1) / 2) / len(own)
    ordered = np.sort(other)
    if quantiles == "observed":
        # A percentile that is a whole rank but for rounding is that rank.
        rank = np.ceil(percentile * len(other) - 1e-9).astype(np.int64) - 1
        return np.asarray(ordered[np.clip(rank, 0, None)][place])
    position = percentile * (len(other) - 1)
    below = np.minimum(position.astype(np.int64), len(other) - 1)
    above = np.minimum(below + 1, len(other) - 1)
    lower = ordered[below]
    return np.asarray((lower + (ordered[above] - lower) * (position - below))[place])
