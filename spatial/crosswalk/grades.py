"""How far can a converted value be trusted? Grade A to D, by the part of it that is an estimate."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from spatial.crosswalk.overlaps import NOISE
from spatial.crosswalk.result import Crosswalk, Floats

__all__ = ["GRADES", "MOSTLY", "PARTLY", "estimated_parts", "grades"]

GRADES: Final = {
    "A": "exact: made of whole sources only, all of them known",
    "B": "mostly exact: at most a twentieth of it is an estimate",
    "C": "estimate: at most a quarter is rough, the rest goes by whole sources or by where residents live",
    "D": "guess: more than a quarter was divided by surface or by shares of unknown origin, or is not known",
}
"""What each grade says."""

MOSTLY: Final = 0.05
PARTLY: Final = 0.25


def estimated_parts(crosswalk: Crosswalk, weight: Floats, known: Floats) -> tuple[Floats, Floats]:
    """Return the part of each target that is an estimate, and the part of it that is a rough one.

    Parameters
    ----------
    crosswalk : Crosswalk
        Shares of the sources.
    weight : array of float, shape (n_pairs,)
        What counts of each pair, such as its residents. Not negative.
    known : array of float, shape (n_target,)
        Known part of each target. [share]

    Returns
    -------
    estimated : array of float, shape (n_target,)
        Σᵢ min(sᵢⱼ, 1 − sᵢⱼ) / sᵢⱼ · weightᵢⱼ / Σᵢ weightᵢⱼ, plus what is not known. [share, 0–1]
    rough : array of float, shape (n_target,)
        The same without sources that were divided by where residents live. [share, 0–1]

    Notes
    -----
    Of a source of which the share s goes to a target, s and 1 − s were told apart by an assumption. Were it wrong,
    the smaller of the two could be on the wrong side. Hence half a source is all estimate, 98 % of one only by 2/98.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial.crosswalk.key_table import by_key
    >>> table = pd.DataFrame({"from_area": ["1", "2", "2"], "to_area": ["A", "A", "B"], "share": [1, 0.75, 0.25]})
    >>> whole, part = estimated_parts(by_key(table), np.array([1, 0.75, 0.25]), np.ones(2))
    >>> whole.round(3).tolist()
    [0.143, 1.0]
    """
    n_target = len(crosswalk.target)
    doubt = np.minimum(crosswalk.share, 1.0 - crosswalk.share) / crosswalk.share * weight
    by_surface = crosswalk.basis.to_numpy()[crosswalk.origin] != "population"
    total = np.bincount(crosswalk.goal, weight, minlength=n_target)
    divisor = np.where(total > 0, total, 1.0)
    unknown = 1.0 - known
    estimated = np.bincount(crosswalk.goal, doubt, minlength=n_target) / divisor
    rough = np.bincount(crosswalk.goal, np.where(by_surface, doubt, 0.0), minlength=n_target) / divisor
    return np.minimum(estimated + unknown, 1.0), np.minimum(rough + unknown, 1.0)


def grades(estimated: Floats, rough: Floats, is_whole: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Return the grade of each value.

    Parameters
    ----------
    estimated, rough : array of float
        Parts that are an estimate, and a rough one. [share, 0–1]
    is_whole : array of bool
        Whether every source with a say is known and whole. One that is cut may weigh nothing and still have values.

    Returns
    -------
    array of str
        "A" where all is whole and known, "B" where up to `MOSTLY` is estimated, "C" where no more than `PARTLY` is rough,
        otherwise "D".

    Examples
    --------
    >>> grades(np.array([0, 0.02, 0.6, 0.6]), np.array([0, 0.02, 0.1, 0.6]), np.arange(4) == 0).tolist()
    ['A', 'B', 'C', 'D']
    """
    chosen = np.select(
        [is_whole & (estimated <= 0), estimated <= MOSTLY + NOISE, rough <= PARTLY + NOISE],
        ["A", "B", "C"],
        "D",
    )
    return chosen.astype(object)
