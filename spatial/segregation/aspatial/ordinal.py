"""How unevenly are ordered categories spread over the areas? Asked of ages, school grades, classes of income."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pandas as pd

from spatial.segregation.aspatial.sums import SHORT_BLOCK, TINY, blocks, unrounded
from spatial.segregation.counts import Floats, many_groups
from spatial.segregation.measure import Evaluator, Measure

__all__ = [
    "MEASURES",
    "Variation",
    "absolute_difference",
    "at_thresholds",
    "entropy_bits",
    "ordinal_absolute_difference",
    "ordinal_information_theory",
    "ordinal_square_root",
    "ordinal_variation_ratio",
    "prepare_ordinal_absolute_difference",
    "prepare_ordinal_information_theory",
    "prepare_ordinal_square_root",
    "prepare_ordinal_variation_ratio",
    "square_root",
    "variation_ratio",
]

Variation: TypeAlias = Callable[[Floats], Floats]
"""Shares at or below a threshold to the variation there: 0 at a share of 0 or 1, 1 at one half."""

_REARDON = "Reardon 2009, doi:10.1108/S1049-2585(2009)0000017011"


def entropy_bits(share: Floats) -> Floats:
    """Return the variation -p log₂ p - (1 - p) log₂ (1 - p)."""
    other = 1 - share
    found = np.log(np.maximum(share, TINY))
    found *= share
    logarithm = np.log(np.maximum(other, TINY))
    logarithm *= other
    found += logarithm
    found *= -1 / np.log(2)
    return found


def variation_ratio(share: Floats) -> Floats:
    """Return the variation 4 p (1 - p)."""
    found = 1 - share
    found *= share
    found *= 4
    return found


def square_root(share: Floats) -> Floats:
    """Return the variation 2 √(p (1 - p))."""
    found = 1 - share
    found *= share
    np.sqrt(found, out=found)
    found *= 2
    return found


def absolute_difference(share: Floats) -> Floats:
    """Return the variation 1 - |2 p - 1|."""
    found = 2 * share
    found -= 1
    np.abs(found, out=found)
    return np.subtract(1, found, out=found)


def ordinal_information_theory(counts: pd.DataFrame | Floats) -> float:
    r"""Measure by how much people within areas are closer in category than in the city, by entropy.

    .. math:: \Lambda_1 = \sum_i \frac{t_i}{T} \frac{v - v_i}{v}, \qquad
              v = \frac{1}{K - 1} \sum_{k=1}^{K-1} f(c_k), \qquad
              f(c) = -c \log_2 c - (1 - c) \log_2 (1 - c)

    with residents :math:`t_i` of area i, their sum T, the share :math:`c_k` of the residents in category k or
    a lower one, and :math:`v_i` the same for the shares within the area.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_categories), indexed by area_id
        One row per area, one column per category, from the lowest to the highest. [persons]

    Returns
    -------
    float
        0 = same shares everywhere, 1 = each area has one category only. [unitless]
        NaN when fewer than two categories have anybody. Empty areas count for nothing.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If there are fewer than two categories, or no areas.

    Notes
    -----
    Steps between neighbouring categories count as equal, so that an empty category between two others makes
    them lie two steps apart. The order may be reversed. With two categories it is the information theory
    index of two groups.

    References
    ----------
    .. [1] S. F. Reardon (2009), Measures of Ordinal Segregation, Research on Economic Inequality 17,
       doi:10.1108/S1049-2585(2009)0000017011.

    Examples
    --------
    >>> table = pd.DataFrame({"low": [0, 0, 10, 30], "middle": [0, 20, 20, 0], "high": [30, 10, 0, 0]})
    >>> round(ordinal_information_theory(table), 4)
    0.75
    """
    return float(_segregation(entropy_bits)(many_groups(counts).counts))


def ordinal_variation_ratio(counts: pd.DataFrame | Floats) -> float:
    r"""Measure by how many categories fewer two people of an area differ than two people of the city.

    The index :math:`\Lambda_2` of the form of `ordinal_information_theory` with

    .. math:: f(c) = 4 c (1 - c)

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_categories), indexed by area_id
        One row per area, one column per category, from the lowest to the highest. [persons]

    Returns
    -------
    float
        0 = same shares everywhere, 1 = each area has one category only. [unitless]
        NaN when fewer than two categories have anybody. Empty areas count for nothing.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If there are fewer than two categories, or no areas.

    Notes
    -----
    It is one minus the mean difference of two people's categories within areas, relative to that in the city.
    Steps between neighbouring categories count as equal; the order may be reversed. With two categories it
    is the correlation ratio.

    References
    ----------
    .. [1] S. F. Reardon (2009), Measures of Ordinal Segregation, Research on Economic Inequality 17,
       doi:10.1108/S1049-2585(2009)0000017011.

    Examples
    --------
    >>> table = pd.DataFrame({"low": [30, 10], "middle": [10, 10], "high": [0, 20]})
    >>> round(ordinal_variation_ratio(table), 4)
    0.2857
    """
    return float(_segregation(variation_ratio)(many_groups(counts).counts))


def ordinal_square_root(counts: pd.DataFrame | Floats) -> float:
    r"""Measure by how much people within areas are closer in category than in the city, by square roots.

    The index :math:`\Lambda_3` of the form of `ordinal_information_theory` with

    .. math:: f(c) = 2 \sqrt{c (1 - c)}

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_categories), indexed by area_id
        One row per area, one column per category, from the lowest to the highest. [persons]

    Returns
    -------
    float
        0 = same shares everywhere, 1 = each area has one category only. [unitless]
        NaN when fewer than two categories have anybody. Empty areas count for nothing.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If there are fewer than two categories, or no areas.

    Notes
    -----
    Steps between neighbouring categories count as equal; the order may be reversed. With two categories it
    is Hutchens' square root index.

    References
    ----------
    .. [1] S. F. Reardon (2009), Measures of Ordinal Segregation, Research on Economic Inequality 17,
       doi:10.1108/S1049-2585(2009)0000017011.
    .. [2] R. Hutchens (2004), One Measure of Segregation, International Economic Review 45,
       doi:10.1111/j.1468-2354.2004.00136.x.

    Examples
    --------
    >>> table = pd.DataFrame({"low": [9, 1], "high": [1, 9]})
    >>> round(ordinal_square_root(table), 4)
    0.4
    """
    return float(_segregation(square_root)(many_groups(counts).counts))


def ordinal_absolute_difference(counts: pd.DataFrame | Floats) -> float:
    r"""Measure by how much people within areas are closer to the median category than in the city.

    The index :math:`\Lambda_4` of the form of `ordinal_information_theory` with

    .. math:: f(c) = 1 - |2 c - 1|

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_categories), indexed by area_id
        One row per area, one column per category, from the lowest to the highest. [persons]

    Returns
    -------
    float
        0 = the median category is the same everywhere, 1 = each area has one category only. [unitless]
        NaN when fewer than two categories have anybody. Empty areas count for nothing.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If there are fewer than two categories, or no areas.

    Notes
    -----
    It sees only differences that cross one half of an area's residents: areas of quite different composition
    may give 0. Steps between neighbouring categories count as equal; the order may be reversed.

    References
    ----------
    .. [1] S. F. Reardon (2009), Measures of Ordinal Segregation, Research on Economic Inequality 17,
       doi:10.1108/S1049-2585(2009)0000017011.

    Examples
    --------
    >>> table = pd.DataFrame({"low": [30, 10], "middle": [10, 10], "high": [0, 20]})
    >>> round(ordinal_absolute_difference(table), 4)
    0.3333
    """
    return float(_segregation(absolute_difference)(many_groups(counts).counts))


def prepare_ordinal_information_theory() -> Evaluator:
    """Return the evaluator of the ordinal information theory index."""
    return _segregation(entropy_bits)


def prepare_ordinal_variation_ratio() -> Evaluator:
    """Return the evaluator of the ordinal variation ratio index."""
    return _segregation(variation_ratio)


def prepare_ordinal_square_root() -> Evaluator:
    """Return the evaluator of the ordinal square root index."""
    return _segregation(square_root)


def prepare_ordinal_absolute_difference() -> Evaluator:
    """Return the evaluator of the ordinal absolute difference index."""
    return _segregation(absolute_difference)


def at_thresholds(counts: Floats, variation: Variation) -> tuple[Floats, Floats, Floats]:
    """Cut the categories at every threshold into lower and higher, and measure the variation.

    Parameters
    ----------
    counts : array of float, shape (…, n_categories, n_areas)
        Checked counts of ordered categories. [persons]
    variation : function
        Of shares at or below the threshold.

    Returns
    -------
    tuple of array of float, each of shape (…, n_categories - 1)
        Share of all residents at or below each threshold, the variation of all, and the mean variation
        within areas, weighted by residents.

    Examples
    --------
    >>> share, overall, within = at_thresholds(np.array([[30.0, 10.0], [10.0, 30.0]]), variation_ratio)
    >>> share.tolist(), overall.tolist(), within.tolist()
    ([0.5], [1.0], [0.75])
    """
    *leading, n_categories, n_areas = counts.shape
    flat = counts.reshape(-1, n_categories, n_areas)
    below = np.cumsum(flat.sum(axis=-1), axis=-1)
    shape = (*leading, n_categories - 1)
    within = np.zeros((len(flat), n_categories - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = below[:, :-1] / below[:, -1:]
        for rows, areas in blocks(*flat.shape, longest=SHORT_BLOCK):
            here = flat[rows, :, areas].copy()
            for category in range(1, n_categories):
                here[:, category] += here[:, category - 1]
            # The residents are the last of the running sums, so that no share exceeds 1 by rounding.
            lower, residents = here[:, :-1], here[:, -1:]
            lower /= np.maximum(residents, TINY)
            within[rows] += np.vecdot(variation(lower), residents)
        within /= below[:, -1:]
        overall = variation(share)
    return share.reshape(shape), overall.reshape(shape), within.reshape(shape)


def _segregation(variation: Variation) -> Evaluator:
    def evaluate(counts: Floats) -> Floats:
        _, overall, within = at_thresholds(counts, variation)
        with np.errstate(invalid="ignore", divide="ignore"):
            return unrounded(1 - within.sum(axis=-1) / overall.sum(axis=-1))

    return evaluate


MEASURES = (
    Measure(
        id="ordinal_information_theory",
        title_de="Informationsindex geordneter Klassen (Λ1)",
        title_en="Ordinal information theory index (Λ1)",
        dimension="ordinal",
        groups="ordered",
        citation=_REARDON,
        function=ordinal_information_theory,
        prepare=prepare_ordinal_information_theory,
        known_as={"R OasisR": "ordinalseg"},
    ),
    Measure(
        id="ordinal_variation_ratio",
        title_de="Varianzindex geordneter Klassen (Λ2)",
        title_en="Ordinal variation ratio index (Λ2)",
        dimension="ordinal",
        groups="ordered",
        citation=_REARDON,
        function=ordinal_variation_ratio,
        prepare=prepare_ordinal_variation_ratio,
        known_as={"R OasisR": "ordinalseg (Lambda2)"},
    ),
    Measure(
        id="ordinal_square_root",
        title_de="Quadratwurzelindex geordneter Klassen (Λ3)",
        title_en="Ordinal square root index (Λ3)",
        dimension="ordinal",
        groups="ordered",
        citation=_REARDON,
        function=ordinal_square_root,
        prepare=prepare_ordinal_square_root,
        known_as={"R OasisR": "ordinalseg (Lambda3)"},
    ),
    Measure(
        id="ordinal_absolute_difference",
        title_de="Medianindex geordneter Klassen (Λ4)",
        title_en="Ordinal absolute difference index (Λ4)",
        dimension="ordinal",
        groups="ordered",
        citation=_REARDON,
        function=ordinal_absolute_difference,
        prepare=prepare_ordinal_absolute_difference,
        known_as={"R OasisR": "ordinalseg (Lambda4)"},
    ),
)
