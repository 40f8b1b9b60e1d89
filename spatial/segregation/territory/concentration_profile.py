"""How far does a group live in areas with more of it than the city has? The concentration profile and its number."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spatial.parameters import require_whole_number
from spatial.segregation.counts import Floats, two_groups
from spatial.segregation.measure import Evaluator, Measure

__all__ = ["MEASURES", "concentration_curve", "concentration_profile", "prepare_concentration_profile"]


def concentration_profile(
    group: pd.Series | Floats, total: pd.Series | Floats, *, thresholds: int | None = None
) -> float:
    r"""Measure how far a group lives in areas with more of it than the city has: the profile's number R.

    .. math:: R = \frac{P - \left( \int_0^P v(t)\,dt - \int_P^1 v(t)\,dt \right)}{1 - P}
              = \frac{\sum_i \frac{x_i}{X} |p_i - P|}{1 - P}

    with the part :math:`v(t)` of the group that lives in areas where its share :math:`p_i` is at least
    :math:`t` (see `concentration_curve`), and its share :math:`P` in the city.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. [persons]
    thresholds : int, optional
        Number of thresholds, evenly from 0 to 1, at which the curve is read and added up as other packages
        do, at least 2. Default: the exact integrals.

    Returns
    -------
    float
        0 = the same share everywhere, 1 = complete separation; a group of more than half of all residents may
        have more than 1, since its share can fall further below the city's than rise above it. [unitless]
        NaN when the group, or everybody else, is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError
        If the two have other areas, or counts are missing, infinite, negative or above the total.
    ParameterError
        If there are fewer than two thresholds.

    References
    ----------
    .. [1] S.-Y. Hong and Y. Sadahiro (2014), Measuring geographic segregation: a graph-based approach,
       Journal of Geographical Systems 16, 211–231.

    Examples
    --------
    >>> round(concentration_profile(pd.Series([10, 30]), pd.Series([100, 100])), 6)
    0.125
    """
    return float(prepare_concentration_profile(thresholds=thresholds)(two_groups(group, total).counts))


def concentration_curve(group: pd.Series | Floats, total: pd.Series | Floats) -> pd.Series:
    """Return the concentration profile: the part of a group in areas with at least a given share of it.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. [persons]

    Returns
    -------
    Series of float, indexed by "threshold"
        One row per share that occurs, in increasing order. The curve is a step: between two thresholds it has
        the value of the upper one, up to the first it is 1, beyond the last it is 0. Without rows when the
        group is absent.

    Raises
    ------
    AlignmentError, CountsError
        See `concentration_profile`.

    References
    ----------
    .. [1] S.-Y. Hong and Y. Sadahiro (2014), Measuring geographic segregation: a graph-based approach,
       Journal of Geographical Systems 16, 211–231.

    Examples
    --------
    >>> concentration_curve(pd.Series([10, 30, 0]), pd.Series([100, 100, 10])).to_dict()
    {0.1: 1.0, 0.3: 0.75}
    """
    members, rest = two_groups(group, total).counts
    there = members > 0
    members = members[there]
    share, step = np.unique(members / (members + rest[there]), return_inverse=True)
    held = np.bincount(step, weights=members, minlength=len(share))[::-1].cumsum()[::-1]
    return pd.Series(held / members.sum(), index=pd.Index(share, name="threshold"), name="part", dtype=float)


def prepare_concentration_profile(*, thresholds: int | None = None) -> Evaluator:
    """Return the evaluator of the concentration profile."""
    grid = None
    if thresholds is not None:
        expected = "a whole number, at least 2, or None"
        grid = np.linspace(0, 1, require_whole_number("thresholds", thresholds, expected, least=2))

    def evaluate(counts: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            members = counts[..., 0, :] / counts[..., 0, :].sum(axis=-1, keepdims=True)
            share = np.where(counts[..., 0, :] > 0, counts[..., 0, :] / counts.sum(axis=-2), 0.0)
            everybody = counts.sum(axis=-1)
            city = (everybody[..., 0] / everybody.sum(axis=-1))[..., np.newaxis]
            if grid is None:
                beyond = (members * np.abs(share - city)).sum(axis=-1)
            else:
                # An area is counted at every threshold up to its share: below the city's less, above it more.
                met, below = grid.searchsorted(share, side="right"), grid.searchsorted(city)
                gap = np.maximum(met - below, 0) - np.minimum(met, below)
                beyond = city[..., 0] + (members * gap).sum(axis=-1) / len(grid)
            return np.where(everybody[..., 1] > 0, beyond / (1 - city[..., 0]), np.nan)

    return evaluate


MEASURES = (
    Measure(
        id="concentration_profile",
        title_de="Konzentrationsprofil (R)",
        title_en="Concentration profile (R)",
        dimension="concentration",
        groups="two",
        high=None,
        citation="Hong and Sadahiro 2014, doi:10.1007/s10109-013-0190-7",
        function=concentration_profile,
        prepare=prepare_concentration_profile,
        known_as={"PySAL segregation": "ConProf", "R seg": "conprof"},
    ),
)
