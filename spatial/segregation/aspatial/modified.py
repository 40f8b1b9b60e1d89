"""How uneven is a group beyond what chance does in small areas? As a part of what is possible beyond it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spatial.segregation.aspatial.chance import Chance
from spatial.segregation.aspatial.evenness import prepare_dissimilarity, prepare_gini
from spatial.segregation.aspatial.expected import prepare_expected, two_groups_of_persons
from spatial.segregation.aspatial.relative_exposure import prepare_correlation_ratio
from spatial.segregation.counts import Floats
from spatial.segregation.measure import Evaluator, Measure

__all__ = [
    "MEASURES",
    "modified_dissimilarity",
    "modified_gini",
    "modified_isolation",
    "prepare_modified_dissimilarity",
    "prepare_modified_gini",
    "prepare_modified_isolation",
]


def modified_dissimilarity(
    group: pd.Series | Floats, total: pd.Series | Floats, *, null: Chance = "hypergeometric"
) -> float:
    r"""Measure the dissimilarity above what chance alone gives, as a part of what is possible above it.

    .. math:: D_m = \frac{D - D^*}{1 - D^*} \text{ where } D \ge D^*, \quad \frac{D - D^*}{D^*} \text{ elsewhere}

    with the expected dissimilarity :math:`D^*` of `expected_dissimilarity`, which is exact and needs no draws.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; whole persons. [persons]
    null : {"hypergeometric", "binomial"}, default "hypergeometric"
        What chance does, as for `expected_dissimilarity`.

    Returns
    -------
    float
        0 = as much as by chance, 1 = complete separation, below 0 to -1 = more even than by chance.
        [unitless] NaN when the group, or everybody else, is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, ParameterError
        As `spatial.segregation.aspatial.expected.expected_dissimilarity`.

    References
    ----------
    .. [1] W. J. Carrington and K. R. Troske (1997), On Measuring Segregation in Samples with Small Units,
       Journal of Business & Economic Statistics 15, doi:10.1080/07350015.1997.10524718.

    Examples
    --------
    >>> round(modified_dissimilarity(pd.Series([10, 30]), pd.Series([100, 100])), 4)
    0.2607
    """
    return float(prepare_modified_dissimilarity(null=null)(two_groups_of_persons(group, total).counts))


def prepare_modified_dissimilarity(*, null: Chance = "hypergeometric") -> Evaluator:
    """Return the evaluator of the modified dissimilarity."""
    return _above_chance(prepare_dissimilarity(), prepare_expected("dissimilarity", null))


def modified_gini(
    group: pd.Series | Floats, total: pd.Series | Floats, *, null: Chance = "binomial"
) -> float:
    r"""Measure the Gini index above what chance alone gives, as a part of what is possible above it.

    .. math:: G_m = \frac{G - G^*}{1 - G^*} \text{ where } G \ge G^*, \quad \frac{G - G^*}{G^*} \text{ elsewhere}

    The expected index :math:`G^*` is exact and needs no draws. For binomial numbers of members the mean over all
    pairs of areas is an integral over the shares, of sums over single areas. For members that are dealt out it is
    summed over all pairs of sizes of areas, which is for small cities; the two agree up to one part in twice the
    residents.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; whole persons. [persons]
    null : {"binomial", "hypergeometric"}, default "binomial"
        What chance does, as for `expected_dissimilarity`.

    Returns
    -------
    float
        0 = as much as by chance, 1 = complete separation, below 0 to -1 = more even than by chance.
        [unitless] NaN when the group, or everybody else, is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, ParameterError
        As `spatial.segregation.aspatial.expected.expected_dissimilarity`; also if members are to be dealt out
        in a city with too many areas of different sizes.

    References
    ----------
    .. [1] W. J. Carrington and K. R. Troske (1997), On Measuring Segregation in Samples with Small Units,
       Journal of Business & Economic Statistics 15, doi:10.1080/07350015.1997.10524718.

    Examples
    --------
    >>> round(modified_gini(pd.Series([1, 3]), pd.Series([4, 4])), 4)
    0.3118
    """
    return float(prepare_modified_gini(null=null)(two_groups_of_persons(group, total).counts))


def prepare_modified_gini(*, null: Chance = "binomial") -> Evaluator:
    """Return the evaluator of the modified Gini index."""
    return _above_chance(prepare_gini(), prepare_expected("gini", null))


def modified_isolation(
    group: pd.Series | Floats, total: pd.Series | Floats, *, null: Chance = "hypergeometric"
) -> float:
    r"""Measure the isolation above what chance alone gives, as a part of what is possible above it.

    .. math:: I_m = \frac{I - I^*}{1 - I^*} = \frac{\eta^2 - \eta^{2*}}{1 - \eta^{2*}}

    with isolation I and correlation ratio :math:`\eta^2`, both of which give the same; where they are below
    chance, divided by :math:`\eta^{2*}`. That is :math:`(n - 1) / (N - 1)` with n areas and N residents.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; whole persons. [persons]
    null : {"hypergeometric", "binomial"}, default "hypergeometric"
        What chance does, as for `expected_dissimilarity`.

    Returns
    -------
    float
        0 = as much as by chance, 1 = complete separation, below 0 to -1 = more even than by chance.
        [unitless] NaN when the group, or everybody else, is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, ParameterError
        As `spatial.segregation.aspatial.expected.expected_dissimilarity`.

    References
    ----------
    .. [1] W. J. Carrington and K. R. Troske (1997), On Measuring Segregation in Samples with Small Units,
       Journal of Business & Economic Statistics 15, doi:10.1080/07350015.1997.10524718.
    .. [2] J. Hellerstein and D. Neumark (2008), Workplace Segregation in the United States: Race, Ethnicity,
       and Skill, Review of Economics and Statistics 90, doi:10.1162/rest.90.3.459.

    Examples
    --------
    >>> round(modified_isolation(pd.Series([10, 30]), pd.Series([100, 100])), 4)
    0.0578
    """
    return float(prepare_modified_isolation(null=null)(two_groups_of_persons(group, total).counts))


def prepare_modified_isolation(*, null: Chance = "hypergeometric") -> Evaluator:
    """Return the evaluator of the modified isolation."""
    return _above_chance(prepare_correlation_ratio(), prepare_expected("correlation_ratio", null))


def _above_chance(observed: Evaluator, expected: Evaluator) -> Evaluator:
    def evaluate(counts: Floats) -> Floats:
        value, chance = observed(counts), expected(counts)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(
                value == chance, 0.0, (value - chance) / np.where(value > chance, 1 - chance, chance)
            )

    return evaluate


MEASURES = (
    Measure(
        id="modified_dissimilarity",
        title_de="Dissimilarität über der zu erwartenden",
        title_en="Modified dissimilarity (above chance)",
        dimension="evenness",
        groups="two",
        low=-1.0,
        citation="Carrington and Troske 1997, doi:10.1080/07350015.1997.10524718",
        function=modified_dissimilarity,
        prepare=prepare_modified_dissimilarity,
        known_as={"PySAL segregation": "ModifiedDissim"},
    ),
    Measure(
        id="modified_gini",
        title_de="Gini-Index über dem zu erwartenden",
        title_en="Modified Gini index (above chance)",
        dimension="evenness",
        groups="two",
        low=-1.0,
        citation="Carrington and Troske 1997, doi:10.1080/07350015.1997.10524718",
        function=modified_gini,
        prepare=prepare_modified_gini,
        known_as={"PySAL segregation": "ModifiedGini"},
    ),
    Measure(
        id="modified_isolation",
        title_de="Isolation über der zu erwartenden",
        title_en="Modified isolation (above chance)",
        dimension="exposure",
        groups="two",
        low=-1.0,
        citation="Carrington and Troske 1997, doi:10.1080/07350015.1997.10524718",
        function=modified_isolation,
        prepare=prepare_modified_isolation,
    ),
)
