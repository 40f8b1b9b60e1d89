"""Of all alerts, how many may be false? Benjamini and Hochberg's answer, over all areas of a rule and period."""

from __future__ import annotations

import numpy as np

from indicators.alerts.rules import Correction
from indicators.limits import Floats

__all__ = ["q_values"]


def q_values(p_value: Floats, *, correction: Correction = "benjamini_hochberg") -> Floats:
    """Return the smallest false discovery rate at which each area would be told.

    Parameters
    ----------
    p_value : array of float, shape (..., n_areas)
        Of every tested area.
    correction : {"benjamini_hochberg", "benjamini_yekutieli"}
        The first holds for independent and for positively dependent tests, as neighbours are; the second for any
        dependence, at the price of a factor 1 + 1/2 + … + 1/n.

    Returns
    -------
    array of float, same shape
        At least as large as the p-values, at most 1.

    References
    ----------
    .. [1] Y. Benjamini and Y. Hochberg (1995), Journal of the Royal Statistical Society B 57:289–300.
    .. [2] Y. Benjamini and D. Yekutieli (2001), The Annals of Statistics 29:1165–1188, doi:10.1214/aos/1013699998.

    Examples
    --------
    >>> q_values(np.array([0.01, 0.04, 0.03, 0.5])).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    p_value = np.asarray(p_value, float)
    number = p_value.shape[-1]
    place = np.arange(1, number + 1)
    factor = float((1 / place).sum()) if correction == "benjamini_yekutieli" else 1.0
    order = np.argsort(p_value, axis=-1, kind="stable")
    stepped = np.take_along_axis(p_value, order, axis=-1) * number * factor / place
    lowest = np.minimum.accumulate(stepped[..., ::-1], axis=-1)[..., ::-1]
    result = np.empty_like(p_value)
    np.put_along_axis(result, order, np.minimum(lowest, 1.0), axis=-1)
    return np.maximum(result, p_value)
