"""What the public would see: values, shares, ranks, scores and class limits, all from published values alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.confidentiality.cells import KEY
from indicators.confidentiality.errors import TableError
from indicators.confidentiality.result import Protected, PublicView
from indicators.confidentiality.rounding import shown_values
from indicators.definition import Indicator
from indicators.shares import share
from indicators.status import WITHOUT_VALUE, ValueStatus

__all__ = ["public_shares", "public_view", "published_limits", "published_ranks", "published_scores"]

_WITHOUT = [one.value for one in WITHOUT_VALUE]


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
    """Compute a share from what the public sees of its two counts.

    Parameters
    ----------
    protected : Protected
        A protected table with numerator and denominator of the share.
    indicator : Indicator
        A share.

    Returns
    -------
    DataFrame indexed by (area_id, period)
        value [%] and status: suppressed where a count is withheld, or there are fewer than the profile asks for;
        uncertain with the limit as its value where the share is above the limit for sensitive shares.

    Raises
    ------
    TableError
        If the indicator is no share, or a count is not in the table.

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
    if indicator.numerator is None or indicator.denominator is None:
        raise TableError("no share", [indicator.id], "give an indicator with numerator and denominator")
    view = public_view(protected).frame
    part = view[view["indicator_id"] == indicator.numerator].set_index(["area_id", "period"])
    whole = view[view["indicator_id"] == indicator.denominator].set_index(["area_id", "period"])
    if not len(part) or not len(whole):
        raise TableError(
            "a count of the share is not in the table", [indicator.numerator, indicator.denominator], "add it"
        )
    both = part.index.intersection(whole.index)
    part, whole = part.loc[both], whole.loc[both]
    result = share(
        part["value"],
        whole["value"],
        numerator_status=part["status"],
        denominator_status=whole["status"],
        may_exceed=True,  # rounded counts may
    )
    result["value"] = result["value"].clip(upper=100.0)
    rule = protected.rules[indicator.numerator]
    if rule is None:
        return result
    # Zeros and too few to relate to: the state of a count that is there stays "missing" when the whole is 0.
    few = (whole["value"] < rule.minimum_denominator) & (whole["value"] > 0)
    result.loc[few & ~result["status"].isin(_WITHOUT), ["value", "status"]] = (
        np.nan,
        ValueStatus.SUPPRESSED.value,
    )
    capped = _capped(protected, indicator.numerator, both)
    open_ = capped & (whole["status"] != ValueStatus.SUPPRESSED.value) & ~few
    result.loc[open_.to_numpy(), "value"] = rule.top_percent
    result.loc[open_.to_numpy(), "status"] = ValueStatus.UNCERTAIN.value
    return result


def _capped(protected: Protected, numerator: str, places: pd.Index) -> pd.Series:
    cells = protected.cells
    mine = (cells.indicator == numerator) & (protected.problem.reason[: len(cells)] == "top")
    index = pd.MultiIndex.from_arrays(
        [cells.key.get_level_values(0)[mine], cells.key.get_level_values(1)[mine]]
    )
    return pd.Series(places.isin(index), index=places)


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


def published_limits(value: pd.Series, status: pd.Series) -> tuple[float, float]:
    """Return the smallest and largest published value, for legends and class limits.

    Parameters
    ----------
    value : Series of float, shape (n_areas,)
        Published values.
    status : Series of ValueStatus or str, same index
        Their states.

    Returns
    -------
    low, high : float
        NaN when nothing is published.

    Examples
    --------
    >>> published_limits(pd.Series([8.0, 1.0, 5.0]), pd.Series(["measured", "suppressed", "measured"]))
    (5.0, 8.0)
    """
    kept = _only_published(value, status)
    return float(kept.min()), float(kept.max())


def published_scores(value: pd.Series, status: pd.Series) -> pd.Series:
    """Standardise published values with their own mean and standard deviation (z-scores).

    Mean and standard deviation over all areas would give the last withheld value away: mean × n − the others.

    Parameters
    ----------
    value : Series of float, shape (n_areas,)
        Published values.
    status : Series of ValueStatus or str, same index
        Their states.

    Returns
    -------
    Series of float
        [unitless] NaN without a value, and everywhere when all published values are the same. The standard
        deviation is that of a population (ddof = 0).

    Examples
    --------
    >>> published_scores(pd.Series([8.0, 1.0, 4.0]), pd.Series(["measured", "suppressed", "measured"])).tolist()
    [1.0, nan, -1.0]
    """
    kept = _only_published(value, status)
    spread = float(kept.std(ddof=0))
    return (kept - kept.mean()) / (spread if spread > 0 else np.nan)


def _only_published(value: pd.Series, status: pd.Series) -> pd.Series:
    hidden: NDArray[np.bool_] = status.map(str).isin(_WITHOUT).to_numpy()
    return value.astype(float).mask(hidden)
