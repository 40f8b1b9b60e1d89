"""What the public would see: values, shares and ranks, all from published values alone.

One function, `publishable`, decides what of a share is published; whatever shows shares asks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.confidentiality.cells import KEY
from indicators.confidentiality.errors import TableError
from indicators.confidentiality.profiles import Profile
from indicators.confidentiality.result import Protected, PublicView
from indicators.confidentiality.rounding import shown_values
from indicators.definition import Indicator
from indicators.shares import require_counts, share
from indicators.status import WITHOUT_VALUE, ValueStatus

__all__ = [
    "PublishableCounts",
    "ShareLimits",
    "public_shares",
    "public_view",
    "publishable",
    "published_ranks",
    "share_limits",
]

_WITHOUT = [one.value for one in WITHOUT_VALUE]
_SUPPRESSED = ValueStatus.SUPPRESSED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareLimits:
    """What profiles say of a share, or of any other relation of two counts; without limits everything is shown.

    Attributes
    ----------
    least : float
        With fewer to relate to, nothing is published. [same unit as the denominator]
    top_percent : float, optional
        Shares above are shown as this number only. [percent]
    """

    least: float = 0.0
    top_percent: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PublishableCounts:
    """Two counts of which only that is left what may be related; see `publishable`.

    `is_above`: where only the limit is shown, shape (n,).
    """

    numerator: pd.Series
    denominator: pd.Series
    numerator_status: pd.Series
    denominator_status: pd.Series
    is_above: NDArray[np.bool_]
    limits: ShareLimits

    def __repr__(self) -> str:
        hidden = int((self.denominator_status == _SUPPRESSED).sum())
        return f"PublishableCounts({len(self.numerator)} pairs, {hidden} withheld, {int(self.is_above.sum())} above)"

    def arguments(self) -> dict[str, Any]:
        """Return the counts with their states, as `indicators.shares.share` and its kind take them."""
        names = ("numerator", "denominator", "numerator_status", "denominator_status")
        return {name: getattr(self, name) for name in names}

    def completed(self, result: pd.DataFrame) -> pd.DataFrame:
        """Return what was computed from the counts, with the limit where only that is shown: value and status."""
        if self.limits.top_percent is None or not self.is_above.any():
            return result
        value = result["value"].mask(self.is_above, self.limits.top_percent)
        return result.assign(
            value=value, status=result["status"].mask(self.is_above, ValueStatus.UNCERTAIN.value)
        )


def share_limits(definition: Indicator, rules: Mapping[str, Profile | None]) -> ShareLimits:
    """Say what the profiles of its counts mean for an indicator.

    Parameters
    ----------
    definition : Indicator
        Of a share, quotient, rate, ratio, balance or change.
    rules : mapping of str to Profile or None
        Profile of each count; None, or nothing, for what needs no protection, such as dwellings or hectares.

    Returns
    -------
    ShareLimits
        The least denominator of the denominator's profile, of a share also that of the part, whichever is larger;
        and the top percentage of the part's profile, for shares only.

    Examples
    --------
    >>> from indicators.catalogue import definition
    >>> from indicators.confidentiality.profiles import RECOMMENDED
    >>> share_limits(definition("unemp_share"), {"unemployed": RECOMMENDED, "residents_15_65": RECOMMENDED})
    ShareLimits(least=100.0, top_percent=90.0)
    >>> share_limits(definition("pop_density"), {"residents": RECOMMENDED, "land_area": None})
    ShareLimits(least=0.0, top_percent=None)
    """
    part, whole = (rules.get(name or "") for name in (definition.numerator, definition.denominator))
    related = [whole, part] if definition.is_share else [whole]
    return ShareLimits(
        least=max((one.minimum_denominator for one in related if one is not None), default=0.0),
        top_percent=part.top_percent if definition.is_share and part is not None else None,
    )


def publishable(
    numerator: pd.Series,
    denominator: pd.Series,
    *,
    numerator_status: pd.Series,
    denominator_status: pd.Series,
    limits: ShareLimits,
    may_exceed: bool = False,
    is_known_above: NDArray[np.bool_] | None = None,
) -> PublishableCounts:
    """Decide what of a share, or of any other relation of two counts, is published.

    Parameters
    ----------
    numerator, denominator : Series of int or float, same index
        The part and its whole, or two groups. [persons, households, cases, …]
    numerator_status, denominator_status : Series of ValueStatus or str, same index
        State of each count.
    limits : ShareLimits
        What the profiles say.
    may_exceed : bool
        Whether the numerator may be larger than the denominator.
    is_known_above : ndarray of bool, shape (n,), optional
        Shares that are above the limit although their numerator is withheld: for just that reason.

    Returns
    -------
    PublishableCounts
        Both counts are suppressed where there are too few to relate to, and where only the limit is shown: what is
        computed from the rest (value, interval, place, comparison) rests on nothing else. Too few to *publish* is
        suppressed; too few to be *reliable* is another question, and missing (`Indicator.minimum_denominator`).

    Raises
    ------
    ShareError
        If a count is negative or infinite, or the numerator is larger than the denominator.

    Examples
    --------
    >>> counts = publishable(pd.Series([8.0, 30.0, 190.0]), pd.Series([40.0, 120.0, 200.0]),
    ...                      numerator_status=pd.Series(["measured"] * 3),
    ...                      denominator_status=pd.Series(["measured"] * 3),
    ...                      limits=ShareLimits(least=100, top_percent=90))
    >>> counts.completed(share(**counts.arguments()))
       value      status
    0    NaN  suppressed
    1   25.0    measured
    2   90.0   uncertain
    """
    part = numerator.to_numpy(dtype=float, na_value=np.nan)
    whole = denominator.to_numpy(dtype=float, na_value=np.nan)
    require_counts(part, whole, numerator.index, may_exceed)
    known = ~np.isnan(part)
    above = np.zeros(len(part), dtype=bool)
    if limits.top_percent is not None:
        above = (whole > 0) & (100 * part > limits.top_percent * whole)
        if is_known_above is not None:
            above |= is_known_above & (whole > 0)
    few = (known | above) & (whole > 0) & (whole < limits.least)
    above &= ~few
    hidden = few | above
    if not hidden.any():
        return PublishableCounts(
            numerator=numerator,
            denominator=denominator,
            numerator_status=numerator_status,
            denominator_status=denominator_status,
            is_above=above,
            limits=limits,
        )
    return PublishableCounts(
        numerator=numerator.astype(float).mask(hidden),
        denominator=denominator.astype(float).mask(hidden),
        numerator_status=numerator_status.astype(object).mask(hidden, _SUPPRESSED),
        denominator_status=denominator_status.astype(object).mask(hidden, _SUPPRESSED),
        is_above=above,
        limits=limits,
    )


def public_view(protected: Protected) -> PublicView:
    """Show what the public would see, and what it would miss.

    Parameters
    ----------
    protected : Protected
        A protected table.

    Returns
    -------
    PublicView
        Values with their states: suppressed where withheld; uncertain where a small count is shown as another
        number; rounded ones stay measured, also a 0 that may be rounded. Nothing tells sensitive values from those
        withheld for others.

    Examples
    --------
    >>> from indicators.confidentiality.protection import protect
    >>> from indicators.confidentiality.tables import area_sums
    >>> table = pd.DataFrame({"area_id": ["1", "10", "11", "12"], "period": "2023",
    ...                       "indicator_id": "unemployed", "value": [101, 1, 40, 60]})
    >>> view = public_view(protect(table, area_sums(table, {"10": "1", "11": "1", "12": "1"})))
    >>> view.frame["status"].tolist()
    ['measured', 'suppressed', 'suppressed', 'measured']
    """
    cells = protected.cells
    profiles = [protected.rules[name] for name in cells.indicator]
    shown = shown_values(cells.value, profiles)
    treatment = np.array(["" if one is None else one.treatment for one in profiles], dtype=object)
    base = np.array([0 if one is None else one.base for one in profiles])
    status = cells.status.copy()
    rounds = (treatment == "round") & ~cells.missing
    raises = (treatment == "raise") & (shown == base) & ~cells.missing
    status[rounds] = np.where(
        status[rounds] == ValueStatus.ZERO.value, ValueStatus.MEASURED.value, status[rounds]
    )
    status[raises] = ValueStatus.UNCERTAIN.value
    hidden = protected.hidden | cells.unknown
    status[hidden] = ValueStatus.SUPPRESSED.value
    value = np.where(hidden | cells.missing, np.nan, shown)
    frame = cells.key.to_frame(index=False).set_axis(KEY, axis=1)
    frame = frame.assign(geography=cells.geography, value=value, status=status.astype(str))
    coarse = (rounds | raises) & ~hidden
    losses = pd.DataFrame(
        {
            "geography": cells.geography,
            "values": 1,
            "published": ~hidden & ~cells.missing,
            "coarsened": coarse,
            "missing": cells.missing,
            "withheld": hidden,
        }
    )
    losses = losses.groupby("geography", sort=False).sum()
    return PublicView(
        frame=frame.sort_values(KEY, ignore_index=True),
        losses=losses.assign(share_withheld=losses["withheld"] / losses["values"]),
    )


def public_shares(protected: Protected, indicator: Indicator) -> pd.DataFrame:
    """Compute a share, quotient or rate from what the public sees of its two counts.

    Parameters
    ----------
    protected : Protected
        A protected table with numerator and denominator.
    indicator : Indicator
        Computed from two counts.

    Returns
    -------
    DataFrame indexed by (area_id, period)
        value [unit of the indicator] and status: suppressed where a count is withheld, or there are fewer than the
        profile asks for; uncertain with the limit as its value where a share is above the limit for sensitive shares;
        missing where there is nobody to relate to, or fewer than the definition asks for.

    Raises
    ------
    TableError
        If the indicator is not computed from two counts, or a count is not in the table.

    Examples
    --------
    >>> from indicators.confidentiality.protection import protect
    >>> from indicators.confidentiality.tables import parts
    >>> table = pd.DataFrame({"area_id": ["10", "11"] * 2, "period": "2023", "value": [150, 200, 2, 30],
    ...                       "indicator_id": ["residents"] * 2 + ["unemployed"] * 2})
    >>> rate = Indicator(id="rate", title_de="Anteil", title_en="Share", unit="%", kind="intensive",
    ...                  numerator="unemployed", denominator="residents")
    >>> public_shares(protect(table, parts(table, "unemployed", "residents")), rate)["status"].tolist()
    ['suppressed', 'measured']
    """
    if indicator.numerator is None or indicator.denominator is None or indicator.minus is not None:
        raise TableError("no share", [indicator.id], "give an indicator with one numerator and a denominator")
    view = public_view(protected).frame
    part = view[view["indicator_id"] == indicator.numerator].set_index(["area_id", "period"])
    whole = view[view["indicator_id"] == indicator.denominator].set_index(["area_id", "period"])
    if not len(part) or not len(whole):
        raise TableError(
            "a count of the share is not in the table", [indicator.numerator, indicator.denominator], "add it"
        )
    both = part.index.intersection(whole.index)
    part, whole = part.loc[both], whole.loc[both]
    counts = publishable(
        part["value"],
        whole["value"],
        numerator_status=part["status"],
        denominator_status=whole["status"],
        limits=share_limits(indicator, protected.rules),
        may_exceed=True,  # rounded counts may
        is_known_above=_capped(protected, indicator.numerator, both),
    )
    result = share(
        **counts.arguments(),
        minimum_denominator=indicator.minimum_denominator,
        may_exceed=True,
        per=indicator.factor,
    )
    if indicator.is_share:
        result["value"] = result["value"].clip(upper=indicator.factor)
    return counts.completed(result)


def _capped(protected: Protected, numerator: str, places: pd.Index) -> NDArray[np.bool_]:
    cells = protected.cells
    mine = (cells.indicator == numerator) & (protected.problem.reason[: len(cells)] == "top")
    index = pd.MultiIndex.from_arrays(
        [cells.key.get_level_values(0)[mine], cells.key.get_level_values(1)[mine]]
    )
    return np.asarray(places.isin(index), dtype=bool)


def published_ranks(value: pd.Series, status: pd.Series, *, ascending: bool = False) -> pd.Series:
    """Rank areas among those with a published value.

    A rank among all areas would say how many withheld values lie below; so would a list ordered by value.

    Parameters
    ----------
    value : Series of float, shape (n_areas,)
        Published values.
    status : Series of ValueStatus or str, same index
        Their states.
    ascending : bool
        Whether the smallest value is the first.

    Returns
    -------
    Series of float
        1 for the first, ties share the smaller rank; NaN without a value.

    Examples
    --------
    >>> published_ranks(pd.Series([8.0, None, 5.0]), pd.Series(["measured", "suppressed", "measured"])).tolist()
    [1.0, nan, 2.0]
    """
    return _only_published(value, status).rank(method="min", ascending=ascending)


def _only_published(value: pd.Series, status: pd.Series) -> pd.Series:
    hidden: NDArray[np.bool_] = status.map(str).isin(_WITHOUT).to_numpy()
    return value.astype(float).mask(hidden)
