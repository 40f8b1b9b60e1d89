"""How far apart do people of low and high rank live? Asked of incomes and rents that are known in classes only."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.polynomial.legendre import legvander

from spatial.errors import ParameterError
from spatial.parameters import require_choice, require_numbers, require_whole_number
from spatial.segregation.aspatial.ordinal import (
    Variation,
    at_thresholds,
    entropy_bits,
    square_root,
    variation_ratio,
)
from spatial.segregation.counts import Floats, group_labels, many_groups
from spatial.segregation.measure import Evaluator, Measure

__all__ = [
    "MEASURES",
    "Fit",
    "prepare_rank_order_information_theory",
    "prepare_rank_order_square_root",
    "prepare_rank_order_variance_ratio",
    "rank_order_curve",
    "rank_order_information_theory",
    "rank_order_profile",
    "rank_order_square_root",
    "rank_order_variance_ratio",
]

Fit: TypeAlias = Literal["weighted", "unweighted"]

_REARDON = "Reardon 2011, https://cepa.stanford.edu/content/measures-income-segregation"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Kind:
    """A variation f of shares, and the integrals of pᵐ f(p) over all p, divided by that of f."""

    variation: Variation
    moment: Callable[[int], Fraction]

    def __repr__(self) -> str:
        return f"_Kind({self.variation.__name__})"


def rank_order_information_theory(
    counts: pd.DataFrame | Floats, *, order: int = 4, fit: Fit = "weighted"
) -> float:
    r"""Measure segregation by rank, from classes of a continuous variable, by entropy.

    .. math:: H^R = 2 \ln 2 \int_0^1 E(p) H(p) \, dp, \qquad E(p) = -p \log_2 p - (1 - p) \log_2 (1 - p)

    where H(p) is the information theory index between the residents of the lowest ranks, a share p, and all
    others. It is known at the limits of the classes; a polynomial through these points stands in between.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_classes), indexed by area_id
        One row per area, one column per class, from the lowest to the highest. [persons]
    order : int, default 4
        Order of the polynomial, 1 to 10; below the number of limits between classes.
    fit : {"weighted", "unweighted"}, default "weighted"
        Whether limits count by E(p)², as published, or all alike.

    Returns
    -------
    float
        0 = same distribution of ranks everywhere, 1 = each area has one rank only; the polynomial can lead
        it slightly beyond. [unitless]
        NaN when fewer limits than the polynomial needs have residents below and above. Empty areas count for
        nothing, nor do empty classes.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If there are fewer than two classes, no areas, or the order is too high for the number of classes.

    Notes
    -----
    Only ranks matter: incomes may be in any unit and grow alike. Limits far from the middle say little of the
    tails; classes should reach beyond the lowest and highest tenth.

    References
    ----------
    .. [1] S. F. Reardon (2011), Measures of Income Segregation, Stanford Center for Education Policy
       Analysis, https://cepa.stanford.edu/content/measures-income-segregation.
    .. [2] S. F. Reardon and K. Bischoff (2011), Income Inequality and Income Segregation, American Journal of
       Sociology 116, doi:10.1086/657114.

    Examples
    --------
    >>> table = pd.DataFrame([[4, 3, 2, 1], [1, 2, 3, 4]], columns=["low", "lower", "higher", "high"])
    >>> round(rank_order_information_theory(table, order=2), 4)
    0.1132
    """
    return float(_rank_order(_INFORMATION, order, fit)(many_groups(counts).counts))


def rank_order_variance_ratio(
    counts: pd.DataFrame | Floats, *, order: int = 4, fit: Fit = "weighted"
) -> float:
    r"""Measure segregation by rank, from classes of a continuous variable, by differences of rank.

    .. math:: R^R = \frac{3}{2} \int_0^1 I(p) R(p) \, dp, \qquad I(p) = 4 p (1 - p)

    where R(p) is the correlation ratio between the residents of the lowest ranks, a share p, and all others.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_classes), indexed by area_id
        One row per area, one column per class, from the lowest to the highest. [persons]
    order : int, default 4
        Order of the polynomial, 1 to 10; below the number of limits between classes.
    fit : {"weighted", "unweighted"}, default "weighted"
        Whether limits count by I(p)², as published, or all alike.

    Returns
    -------
    float
        0 = same distribution of ranks everywhere, 1 = each area has one rank only; the polynomial can lead
        it slightly beyond. [unitless]
        NaN when fewer limits than the polynomial needs have residents below and above. Empty areas count for
        nothing, nor do empty classes.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If there are fewer than two classes, no areas, or the order is too high for the number of classes.

    Notes
    -----
    It says by how much less the ranks of two residents of an area differ than those of two residents of the
    city, on average.

    References
    ----------
    .. [1] S. F. Reardon (2011), Measures of Income Segregation, Stanford Center for Education Policy
       Analysis, https://cepa.stanford.edu/content/measures-income-segregation.

    Examples
    --------
    >>> table = pd.DataFrame([[4, 3, 2, 1], [1, 2, 3, 4]], columns=["low", "lower", "higher", "high"])
    >>> round(rank_order_variance_ratio(table, order=2), 4)
    0.128
    """
    return float(_rank_order(_VARIANCE, order, fit)(many_groups(counts).counts))


def rank_order_square_root(counts: pd.DataFrame | Floats, *, order: int = 4, fit: Fit = "weighted") -> float:
    r"""Measure segregation by rank, from classes of a continuous variable, by square roots.

    .. math:: S^R = \frac{4}{\pi} \int_0^1 V(p) S(p) \, dp, \qquad V(p) = 2 \sqrt{p (1 - p)}

    where S(p) is Hutchens' square root index between the residents of the lowest ranks, a share p, and all
    others.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_classes), indexed by area_id
        One row per area, one column per class, from the lowest to the highest. [persons]
    order : int, default 4
        Order of the polynomial, 1 to 10; below the number of limits between classes.
    fit : {"weighted", "unweighted"}, default "weighted"
        Whether limits count by V(p)², as published, or all alike.

    Returns
    -------
    float
        0 = same distribution of ranks everywhere, 1 = each area has one rank only; the polynomial can lead
        it slightly beyond. [unitless]
        NaN when fewer limits than the polynomial needs have residents below and above. Empty areas count for
        nothing, nor do empty classes.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If there are fewer than two classes, no areas, or the order is too high for the number of classes.

    Notes
    -----
    It is more sensitive to the lowest and highest ranks than the other two.

    References
    ----------
    .. [1] S. F. Reardon (2011), Measures of Income Segregation, Stanford Center for Education Policy
       Analysis, https://cepa.stanford.edu/content/measures-income-segregation.

    Examples
    --------
    >>> table = pd.DataFrame([[4, 3, 2, 1], [1, 2, 3, 4]], columns=["low", "lower", "higher", "high"])
    >>> round(rank_order_square_root(table, order=2), 4)
    0.0879
    """
    return float(_rank_order(_SQUARE_ROOT, order, fit)(many_groups(counts).counts))


def rank_order_profile(counts: pd.DataFrame | Floats) -> pd.DataFrame:
    """Measure how segregated the lower from the higher ranks are, at each limit between classes.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_classes), indexed by area_id
        One row per area, one column per class, from the lowest to the highest. [persons]

    Returns
    -------
    DataFrame, indexed by the class below the limit
        `share` of the residents at or below the limit, and the indices of two groups between them and all
        others: `information_theory`, `variance_ratio`, `square_root`. [unitless]
        NaN where nobody is below, or above.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If there are fewer than two classes, or no areas.

    References
    ----------
    .. [1] S. F. Reardon (2011), Measures of Income Segregation, Stanford Center for Education Policy
       Analysis, https://cepa.stanford.edu/content/measures-income-segregation.

    Examples
    --------
    >>> table = pd.DataFrame([[4, 3, 2, 1], [1, 2, 3, 4]], columns=["low", "lower", "higher", "high"])
    >>> rank_order_profile(table)["variance_ratio"].round(4).to_dict()
    {'low': 0.12, 'lower': 0.16, 'higher': 0.12}
    """
    table = many_groups(counts).counts
    columns: dict[str, Floats] = {}
    for name, kind in _KINDS.items():
        share, overall, within = at_thresholds(table, kind.variation)
        with np.errstate(invalid="ignore", divide="ignore"):
            columns |= {"share": share, name: 1 - within / overall}
    return pd.DataFrame(columns, index=group_labels(counts)[:-1])


def rank_order_curve(
    counts: pd.DataFrame | Floats, at: Sequence[float] | Floats, *, order: int = 4, fit: Fit = "weighted"
) -> pd.DataFrame:
    """Estimate how segregated the lowest ranks are from all others, at any rank.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_classes), indexed by area_id
        One row per area, one column per class, from the lowest to the highest. [persons]
    at : sequence of float, shape (n_ranks,)
        Ranks, as shares of residents at or below, 0 to 1: 0.9 parts the highest tenth from the others.
    order : int, default 4
        Order of the polynomial, 1 to 10; below the number of limits between classes.
    fit : {"weighted", "unweighted"}, default "weighted"
        Whether limits count by their weight in the index, as published, or all alike.

    Returns
    -------
    DataFrame, indexed by rank
        `information_theory`, `variance_ratio` and `square_root` on the polynomials that the rank-order
        indices integrate. [unitless]

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If a rank is not within 0 to 1, there are fewer than two classes, no areas, or the order is too high
        for the number of classes.

    Notes
    -----
    Beyond the lowest and the highest limit it extrapolates.

    References
    ----------
    .. [1] S. F. Reardon (2011), Measures of Income Segregation, Stanford Center for Education Policy
       Analysis, https://cepa.stanford.edu/content/measures-income-segregation.

    Examples
    --------
    >>> table = pd.DataFrame([[4, 3, 2, 1], [1, 2, 3, 4]], columns=["low", "lower", "higher", "high"])
    >>> rank_order_curve(table, [0.5], order=2)["variance_ratio"].round(4).tolist()
    [0.16]
    """
    ranks = require_numbers("at", at, "ranks from 0 to 1", lambda ranks: (ranks >= 0) & (ranks <= 1))
    if ranks.ndim != 1:
        raise ParameterError("at", at, "ranks from 0 to 1")
    _check(order, fit)
    table = many_groups(counts).counts
    curves = {
        name: legvander(2 * ranks - 1, order) @ _coefficients(table, kind.variation, order, fit)
        for name, kind in _KINDS.items()
    }
    return pd.DataFrame(curves, index=pd.Index(ranks, name="rank"))


def prepare_rank_order_information_theory(*, order: int = 4, fit: Fit = "weighted") -> Evaluator:
    """Return the evaluator of the rank-order information theory index."""
    return _rank_order(_INFORMATION, order, fit)


def prepare_rank_order_variance_ratio(*, order: int = 4, fit: Fit = "weighted") -> Evaluator:
    """Return the evaluator of the rank-order variance ratio index."""
    return _rank_order(_VARIANCE, order, fit)


def prepare_rank_order_square_root(*, order: int = 4, fit: Fit = "weighted") -> Evaluator:
    """Return the evaluator of the rank-order square root index."""
    return _rank_order(_SQUARE_ROOT, order, fit)


def _rank_order(kind: _Kind, order: int, fit: Fit) -> Evaluator:
    _check(order, fit)
    integrals = _legendre_integrals(kind.moment, order)

    def evaluate(counts: Floats) -> Floats:
        return np.asarray((_coefficients(counts, kind.variation, order, fit) * integrals).sum(axis=-1))

    return evaluate


def _check(order: int, fit: Fit) -> None:
    require_whole_number("order", order, "a whole number from 1 to 10", least=1, most=10)
    require_choice("fit", fit, Fit)


def _coefficients(counts: Floats, variation: Variation, order: int, fit: Fit) -> Floats:
    """Fit Legendre polynomials on 0 to 1 to the values at the limits, for each replicate of the counts."""
    share, overall, within = at_thresholds(counts, variation)
    n_limits = share.shape[-1]
    if order >= n_limits:
        raise ParameterError(
            "order", order, f"at most {n_limits - 1} for {n_limits + 1} classes; pass a lower order"
        )
    # A limit without anybody below or above has no value; behind an empty class it repeats the one before.
    usable = overall > 0
    usable[..., 1:] &= share[..., 1:] > share[..., :-1]
    weight = np.where(usable, overall if fit == "weighted" else 1.0, 0.0)
    values = np.where(usable, 1 - within / np.where(usable, overall, 1.0), 0.0)
    design = legvander(2 * np.where(usable, share, 0.0) - 1, order) * weight[..., None]
    found = (np.linalg.pinv(design) @ (weight * values)[..., None])[..., 0]
    found[usable.sum(axis=-1) <= order] = np.nan
    return np.asarray(found)


def _legendre_integrals(moment: Callable[[int], Fraction], order: int) -> Floats:
    """Return the weighted means of the Legendre polynomials on 0 to 1 from those of the powers, exactly."""
    return np.array(
        [
            float(
                sum(
                    (-1) ** (degree + power)
                    * math.comb(degree, power)
                    * math.comb(degree + power, power)
                    * moment(power)
                    for power in range(degree + 1)
                )
            )
            for degree in range(order + 1)
        ]
    )


def _entropy_moment(power: int) -> Fraction:
    terms = (Fraction((-1) ** step * math.comb(power, step), (step + 2) ** 2) for step in range(power + 1))
    return Fraction(2, (power + 2) ** 2) + 2 * sum(terms, Fraction(0))


def _variance_moment(power: int) -> Fraction:
    return Fraction(6, (power + 2) * (power + 3))


def _square_root_moment(power: int) -> Fraction:
    return 4 * math.prod(
        (Fraction(2 * step + 1, 2 * step + 4) for step in range(power + 1)), start=Fraction(1)
    )


_INFORMATION = _Kind(variation=entropy_bits, moment=_entropy_moment)
_VARIANCE = _Kind(variation=variation_ratio, moment=_variance_moment)
_SQUARE_ROOT = _Kind(variation=square_root, moment=_square_root_moment)
_KINDS = {"information_theory": _INFORMATION, "variance_ratio": _VARIANCE, "square_root": _SQUARE_ROOT}

MEASURES = (
    Measure(
        id="rank_order_information_theory",
        title_de="Informationsindex nach Rang (HR)",
        title_en="Rank-order information theory index (HR)",
        dimension="ordinal",
        groups="ordered",
        low=None,
        high=None,
        citation=_REARDON,
        function=rank_order_information_theory,
        prepare=prepare_rank_order_information_theory,
        known_as={"R OasisR": "rankorderseg"},
    ),
    Measure(
        id="rank_order_variance_ratio",
        title_de="Varianzindex nach Rang (RR)",
        title_en="Rank-order variance ratio index (RR)",
        dimension="ordinal",
        groups="ordered",
        low=None,
        high=None,
        citation=_REARDON,
        function=rank_order_variance_ratio,
        prepare=prepare_rank_order_variance_ratio,
        known_as={"R OasisR": "rankorderseg (Rr)"},
    ),
    Measure(
        id="rank_order_square_root",
        title_de="Quadratwurzelindex nach Rang (SR)",
        title_en="Rank-order square root index (SR)",
        dimension="ordinal",
        groups="ordered",
        low=None,
        high=None,
        citation=_REARDON,
        function=rank_order_square_root,
        prepare=prepare_rank_order_square_root,
        known_as={"R OasisR": "rankorderseg (Sr)"},
    ),
)
