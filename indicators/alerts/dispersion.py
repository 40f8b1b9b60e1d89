"""Do all areas scatter more than chance allows? The part that is no news about any one of them.

With enough people every area changes "significantly": real, small, and of no interest. What all areas have
of it is measured, and an alert must stand out from that as well.
"""

from __future__ import annotations

import numpy as np

from indicators.limits import Floats

__all__ = ["LEAST_AREAS", "dispersion_freedom", "excess_variance", "scatter"]

LEAST_AREAS = 10  # with fewer, ends of a tenth each cannot be cut off

_TAIL = 0.1
# Mean square of a standard normal variable whose outer tenths are drawn in to their limits ±1.2816.
_WINSORISED = 0.67868
# Freedom of that mean square, per area, when centre and limits come from the areas (simulated: 0.66 to 0.71).
_FREEDOM = 0.68
_ROUNDS = 12


def excess_variance(deviation: Floats, variance: Floats) -> Floats:
    """Estimate the variance that the areas have beyond chance.

    Parameters
    ----------
    deviation : array of float, shape (..., n_areas)
        What was found in each area. [any unit]
    variance : array of float, same shape
        Variance by chance alone. [its square]

    Returns
    -------
    array of float, shape (...)
        τ² ≥ 0, such that (deviation − median) / √(variance + τ²), the outer tenths drawn in, scatters as a normal
        variable does; 0 with fewer than `LEAST_AREAS` areas. Up to a tenth of true alerts at either end do not
        disturb it.

    Notes
    -----
    The additive model of Spiegelhalter [1]_, with the mean square of the winsorised values set right for the
    winsorising, and solved for τ² as Paule and Mandel do.

    References
    ----------
    .. [1] D. J. Spiegelhalter (2005), Handling over-dispersion of performance indicators, Quality and Safety
       in Health Care 14:347–351, doi:10.1136/qshc.2005.013755.

    Examples
    --------
    >>> even = np.linspace(-1.9, 1.9, 39)
    >>> excess_variance(even, np.full(39, 0.5)).round(2).item()
    1.14
    """
    deviation, variance = np.asarray(deviation, float), np.asarray(variance, float)
    excess = np.zeros(deviation.shape[:-1])
    if deviation.shape[-1] < LEAST_AREAS:
        return excess
    centred = deviation - np.median(deviation, axis=-1, keepdims=True)
    usual = np.median(variance, axis=-1)
    for _ in range(_ROUNDS):
        size = _mean_square(centred / np.sqrt(variance + excess[..., None]))
        better = np.maximum((usual + excess) * size - usual, 0.0)
        is_settled = np.all(np.abs(better - excess) <= 1e-4 * (usual + excess))
        excess = better
        if is_settled:
            break
    return excess


def scatter(deviation: Floats, variance: Floats) -> Floats:
    """Return how many times as large as by chance the scatter of the areas is.

    Parameters
    ----------
    deviation, variance : array of float, shape (..., n_areas)
        As `excess_variance`.

    Returns
    -------
    array of float, shape (...)
        1 for chance alone, NaN with fewer than `LEAST_AREAS` areas.

    Examples
    --------
    >>> scatter(np.linspace(-1.9, 1.9, 39), np.full(39, 0.5)).round(2).item()
    3.27
    """
    deviation = np.asarray(deviation, float)
    if deviation.shape[-1] < LEAST_AREAS:
        return np.full(deviation.shape[:-1], np.nan)
    return _mean_square((deviation - np.median(deviation, axis=-1, keepdims=True)) / np.sqrt(variance))


def dispersion_freedom(areas: int) -> float:
    """Return the degrees of freedom of the estimated scatter.

    Parameters
    ----------
    areas : int
        Areas that it was estimated from.

    Returns
    -------
    float
        To be used in Student's t.

    Examples
    --------
    >>> dispersion_freedom(100)
    68.0
    """
    return _FREEDOM * areas


def _mean_square(standardised: Floats) -> Floats:
    """Return the mean square with the outer tenths drawn in, 1 for standard normal values."""
    low, high = np.quantile(standardised, [_TAIL, 1 - _TAIL], axis=-1, keepdims=True)
    return np.asarray(np.mean(np.clip(standardised, low, high) ** 2, axis=-1) / _WINSORISED)
