"""Who lives near enough? Counts of people at their places, added up for areas, with the state that the sums deserve."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from indicators.errors import DefinitionError, InputError
from indicators.status import PRECEDENCE, WITHOUT_VALUE, ValueStatus

__all__ = ["REACHED", "TOTAL", "counts_in_reach"]

REACHED, TOTAL = "reached", "total"

_KEY = ["period", "area_id"]
_WITHOUT = [state.value for state in WITHOUT_VALUE]
_SUPPRESSED, _MISSING = ValueStatus.SUPPRESSED.value, ValueStatus.MISSING.value
_UNCERTAIN = ValueStatus.UNCERTAIN.value
_ORDER = {state.value: rank for rank, state in enumerate(PRECEDENCE)}
_NAMES = np.array([state.value for state in PRECEDENCE], dtype=object)
_DOUBT = _ORDER[_UNCERTAIN]
_ROUNDED = 0.5  # [persons] a sum of places that is no more than this below the count of the area is all of it


def counts_in_reach(
    places: pd.DataFrame,
    areas: pd.DataFrame,
    reached: pd.Series,
    above: Mapping[str, str],
    *,
    known: float = 1.0,
    is_surface: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add up for every area how many of a group live near enough, and of how many that is known.

    Parameters
    ----------
    places : DataFrame indexed by (period, area_id), with `value` and `status`
        Published count of the group in each of the small areas that people start from. [persons]
    areas : DataFrame indexed by (period, area_id), with `value` and `status`
        Published count of the group in each of the areas to add up for; their order is that of the result. [persons]
    reached : Series of float, indexed by area_id of the small areas
        Share of each small area that is near enough (`spatial.access.reached_share`). [0 to 1]
    above : mapping of area_id to area_id
        The area that each small area lies in.
    known : float, default 1
        Least share of the group of an area whose places are known; the others are withheld or missing. [0 to 1]
    is_surface : bool, default False
        Whether `reached` is a share of the surface, on which people are assumed to live all over: every sum is uncertain.

    Returns
    -------
    values, statuses : DataFrames indexed like `areas`, with the columns "reached" and "total"
        Persons and the state of each sum: that of its weakest part, where all small areas are known and together have all
        of the area's own count. Where some of the group is withheld or missing and all small areas that anybody may live in
        are near enough, or none is, the sums follow from the area's own count. Else, also where some of the group live in
        no small area, they are those of the known ones, uncertain, if these are at least the share `known` of the area's
        own count; else both are *suppressed*, or *missing* where nothing is withheld. They are suppressed where the area's
        own count is.

    Raises
    ------
    InputError
        If a small area has no reached share, or one that is no number from 0 to 1.
    DefinitionError
        If `known` is no share above 0.

    Notes
    -----
    Everything is made of published counts and of where they are, so nothing that is withheld can be computed from it.

    Examples
    --------
    >>> index = lambda *ids: pd.MultiIndex.from_product([["2024"], ids], names=["period", "area_id"])
    >>> blocks = pd.DataFrame({"value": [30.0, 10.0], "status": "measured"}, index("001", "002"))
    >>> district = pd.DataFrame({"value": [40.0], "status": "measured"}, index("0"))
    >>> reached = pd.Series({"001": 1.0, "002": 0.0})
    >>> values, statuses = counts_in_reach(blocks, district, reached, {"001": "0", "002": "0"})
    >>> values.loc[("2024", "0")].to_dict(), statuses.loc[("2024", "0"), "reached"]
    ({'reached': 30.0, 'total': 40.0}, 'measured')
    """
    if not 0 < known <= 1:
        raise DefinitionError(f"known is {known!r}, expected a share above 0, up to 1")
    area = places.index.get_level_values("area_id")
    share = pd.Series(area.map(reached.to_dict()), index=places.index, dtype=float)
    lacking = ~share.between(0, 1)
    if lacking.any():
        raise InputError(
            "no share from 0 to 1 that is near enough", area[lacking].unique(), "measure every place"
        )
    parts = pd.DataFrame(
        {
            "period": places.index.get_level_values("period"),
            "area_id": area.map(above),
            "value": places["value"].to_numpy(dtype=float),
            "share": share.to_numpy(),
            "rank": places["status"].map(_ORDER).to_numpy(dtype=int),
        }
    )
    parts = parts[parts["area_id"].notna()]
    is_known = ~parts["rank"].isin([_ORDER[state] for state in _WITHOUT])
    parts = parts.assign(
        reached=(parts["value"] * parts["share"]).where(is_known, 0.0),
        total=parts["value"].where(is_known, 0.0),
        known_rank=parts["rank"].where(is_known, len(_NAMES) - 1),
        lived_in=parts["share"].where(~is_known | (parts["value"] > 0)),
    )
    sums = (
        parts.groupby(_KEY)
        .agg(
            reached=("reached", "sum"),
            total=("total", "sum"),
            rank=("rank", "min"),
            known_rank=("known_rank", "min"),
            least=("lived_in", "min"),
            most=("lived_in", "max"),
        )
        .reindex(areas.index)
    )
    return _told(sums, areas, known=known, is_surface=is_surface)


def _told(
    sums: pd.DataFrame, areas: pd.DataFrame, *, known: float, is_surface: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return counts and states by the first rule that holds: withheld, whole, the same everywhere, known enough."""
    own, state = areas["value"].astype(float), areas["status"].astype(object)
    has_own = ~state.isin(_WITHOUT)
    has_parts = sums["rank"].notna()
    rank = sums["rank"].fillna(_ORDER[_MISSING]).astype(int)
    withheld = state == _SUPPRESSED
    all_known = ~rank.isin([_ORDER[one] for one in _WITHOUT])
    whole = (
        has_parts & all_known & ~(sums["total"] < own - _ROUNDED)
    )  # an own count that is unknown says nothing
    everywhere = has_parts & ~all_known & has_own & (sums["least"] == sums["most"])
    enough = has_parts & has_own & (sums["total"] > 0) & (sums["total"] >= known * own)
    rules = [withheld, whole, everywhere, enough & (known < 1)]
    known_rank = np.minimum(sums["known_rank"].fillna(_DOUBT), _DOUBT).astype(int)
    lost = np.where(rank == _ORDER[_SUPPRESSED], _SUPPRESSED, _MISSING)
    status = np.select(rules, [state, _NAMES[rank], state, _NAMES[known_rank]], default=lost)
    reached = np.select(
        rules, [np.nan, sums["reached"], own * sums["least"], sums["reached"]], default=np.nan
    )
    total = np.select(rules, [np.nan, sums["total"], own, sums["total"]], default=np.nan)
    if is_surface:
        doubt = np.array([_ORDER[one] > _DOUBT for one in status])
        status = np.where(doubt, _UNCERTAIN, status)
    values = pd.DataFrame({REACHED: reached, TOTAL: total}, index=areas.index)
    # Nobody within reach is a true zero only of a group that is there.
    zero = (values[REACHED] == 0) & (status == ValueStatus.MEASURED.value)
    states = pd.DataFrame({REACHED: status, TOTAL: status}, index=areas.index)
    states[REACHED] = states[REACHED].mask(zero, ValueStatus.ZERO.value)
    return values, _fitting(values, states)


def _fitting(values: pd.DataFrame, states: pd.DataFrame) -> pd.DataFrame:
    """Return the states with no true zero beside a number, which the word of a part can leave there."""
    return states.mask((states == ValueStatus.ZERO.value) & (values != 0), ValueStatus.MEASURED.value)
