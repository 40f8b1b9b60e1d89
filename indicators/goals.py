"""Do clearly segregated areas stay small? How many there are, how large, and how many people live in them.

For the goal "Räume mit deutlicher sozialer Entmischung sehr klein halten", per period, and with what another
threshold would have said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from indicators.errors import InputError
from indicators.statuses import checked_status, require_same_index
from spatial.errors import ParameterError
from spatial.neighbours import NeighbourGraph

__all__ = ["SegregatedAreas", "segregated_areas"]

# Thresholds looked at besides the chosen one, when none are named: parts of it.
_AROUND = (-0.2, -0.1, 0.1, 0.2)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SegregatedAreas:
    """The goal metric of all periods and thresholds.

    `table`, indexed by period and threshold: `areas` (number above), `hectares` (NaN when not given), `residents`
    living in them [persons], `share` of the residents of all areas with a value [%], `share_at_least` and
    `share_at_most` of all residents, were the areas without a value below or above [%], `areas_without_value`,
    `residents_without_value`, and with a graph `spaces` (connected groups of areas above) and
    `largest_space` (residents of the largest one). `is_above`, indexed like the values: True, False or empty.
    """

    table: pd.DataFrame
    is_above: pd.Series
    threshold: float
    thresholds: tuple[float, ...]

    def __repr__(self) -> str:
        last = self.summary().iloc[-1]
        return (
            f"SegregatedAreas(above {self.threshold:g}, {len(self.summary())} periods; {last.name}: "
            f"{last['areas']:.0f} areas, {last['share']:.1f} % of residents)"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per period and threshold."""
        return self.table.reset_index()

    def summary(self) -> pd.DataFrame:
        """Return one row per period at the chosen threshold."""
        is_chosen = self.table.index.get_level_values("threshold") == self.threshold
        return self.table[is_chosen].droplevel("threshold")

    def sensitivity(self) -> pd.DataFrame:
        """Return the share of residents [%], one row per period and one column per threshold."""
        return self.table["share"].unstack("threshold")


def segregated_areas(
    value: pd.Series,
    status: pd.Series,
    residents: pd.Series,
    *,
    residents_status: pd.Series,
    threshold: float,
    sensitivity: Sequence[float] = (),
    hectares: pd.Series | None = None,
    graph: NeighbourGraph | None = None,
) -> SegregatedAreas:
    """Measure the areas above a threshold in every period: number, size, residents and their share.

    Parameters
    ----------
    value : Series of float, indexed by area_id and period
        What tells how one-sided an area is: a share, a location quotient, a status index; higher = more.
    status : Series of ValueStatus or str, same index
        State of each value.
    residents : Series of int or float, same index
        People living there. [persons]
    residents_status : Series of ValueStatus or str, same index
        State of each count.
    threshold : float
        An area is clearly segregated above it; exactly on it, it is not. Kept the same over all periods.
    sensitivity : sequence of float
        Further thresholds; 10 and 20 % above and below when left out.
    hectares : Series of float, indexed by area_id, optional
        Size of the areas. [ha]
    graph : NeighbourGraph, optional
        Neighbours, to count connected spaces and the largest of them.

    Returns
    -------
    SegregatedAreas
        With one row per period and threshold, in the order of time. Areas without a value are neither above nor
        below: they are counted, and give the range of the share. A share is NaN where nobody is counted.

    Raises
    ------
    InputError
        If the inputs do not have the same rows, are not indexed by area and period, a count is negative, or
        an area has no size or is not in the graph.
    StatusError
        If a value and its status contradict each other.
    ParameterError
        If a threshold is not finite, or it is 0 and no further ones are named.

    Notes
    -----
    Only published values are added up. Where the residents of an area are unknown or withheld, the area counts in
    number and size and in no share.

    Examples
    --------
    >>> rows = pd.MultiIndex.from_product([["00", "01", "02"], ["2022"]], names=["area_id", "period"])
    >>> share, people = pd.Series([35.0, 10.0, 22.0], index=rows), pd.Series([100, 300, 100], index=rows)
    >>> state = pd.Series("measured", index=rows)
    >>> result = segregated_areas(share, state, people, residents_status=state, threshold=20)
    >>> result
    SegregatedAreas(above 20, 1 periods; 2022: 2 areas, 40.0 % of residents)
    >>> result.sensitivity().loc["2022"].tolist()
    [40.0, 40.0, 40.0, 20.0, 20.0]
    """
    thresholds = _thresholds(threshold, sensitivity)
    require_same_index(value, residents, "value and residents")
    if value.index.nlevels != 2:
        raise InputError("values not by area and period", value.index[:1], "index them by area_id and period")
    checked_status(value, status, "value")
    checked_status(residents, residents_status, "residents")
    if (residents < 0).any():
        raise InputError("residents negative", residents.index[residents < 0], "correct the counts")
    frame = pd.DataFrame(
        {
            "area": value.index.get_level_values(0),
            "period": value.index.get_level_values(1),
            "value": value.to_numpy(dtype=float, na_value=np.nan),
            "residents": residents.to_numpy(dtype=float, na_value=np.nan),
        }
    )
    frame["hectares"] = _sizes(frame["area"], hectares)
    if graph is not None:
        strange = ~frame["area"].isin(graph.area_id)
        if strange.any():
            raise InputError(
                "areas that are not in the graph", frame["area"][strange].unique(), "give all areas"
            )
    rows = {
        (period, limit): _row(part, limit, graph)
        for period, part in frame.groupby("period", sort=True)
        for limit in thresholds
    }
    above = pd.Series(value.astype(float) > threshold, index=value.index).astype("boolean").mask(value.isna())
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(list(rows), names=["period", "threshold"])
    return SegregatedAreas(table=table, is_above=above, threshold=float(threshold), thresholds=thresholds)


def _row(part: pd.DataFrame, limit: float, graph: NeighbourGraph | None) -> dict[str, float]:
    above, unknown = part["value"] > limit, part["value"].isna()
    inside, outside = part.loc[above, "residents"].sum(), part.loc[~above & ~unknown, "residents"].sum()
    without = part.loc[unknown, "residents"].sum()
    row = {
        "areas": int(above.sum()),
        "hectares": part.loc[above, "hectares"].sum(min_count=1) if above.any() else 0.0,
        "residents": inside,
        "share": _percent(inside, inside + outside),
        "share_at_least": _percent(inside, inside + outside + without),
        "share_at_most": _percent(inside + without, inside + outside + without),
        "areas_without_value": int(unknown.sum()),
        "residents_without_value": without,
    }
    if part["hectares"].isna().all():
        row["hectares"] = np.nan
    if graph is not None:
        piece = graph.components(graph.area_id.isin(part.loc[above, "area"]))
        people = part.set_index("area")["residents"].reindex(graph.area_id).fillna(0.0).to_numpy()
        sizes = np.bincount(piece[piece >= 0], people[piece >= 0])
        row |= {"spaces": len(sizes), "largest_space": float(sizes.max()) if len(sizes) else 0.0}
    return row


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole > 0 else float("nan")


def _thresholds(threshold: float, further: Sequence[float]) -> tuple[float, ...]:
    """Return all thresholds in rising order, the chosen one among them."""
    if not further and threshold == 0:
        raise ParameterError(
            "sensitivity", "nothing", "further thresholds, because 10 % of a threshold of 0 is 0"
        )
    around = further or [threshold * (1 + part) for part in _AROUND]
    for one in (threshold, *around):
        if not math.isfinite(one):
            raise ParameterError("threshold", one, "a finite number")
    return tuple(sorted({float(threshold), *map(float, around)}))


def _sizes(area: pd.Series, hectares: pd.Series | None) -> pd.Series:
    if hectares is None:
        return pd.Series(np.nan, index=area.index)
    sizes = area.map(hectares)
    wrong = ~(sizes > 0)
    if wrong.any():
        raise InputError("no size above 0 ha", area[wrong].unique(), "give every area its hectares")
    return sizes
