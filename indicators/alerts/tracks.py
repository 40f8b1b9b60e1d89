"""Values over time as arrays, the way the tests take them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from indicators.limits import Floats

__all__ = ["CityTrack", "Judgement", "Track", "middle_of_areas"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Track:
    """One indicator over time: arrays of shape (..., n_periods, n_areas), the judged period last.

    `value` = `factor` × `part` / `whole`; NaN where there is nothing published.
    """

    value: Floats
    part: Floats
    whole: Floats
    factor: float

    def of(self, chosen: np.ndarray) -> Track:
        """Return the track of some areas, given by their positions."""
        value, part, whole = (one[..., chosen] for one in (self.value, self.part, self.whole))
        return Track(value=value, part=part, whole=whole, factor=self.factor)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CityTrack:
    """The same for the city: arrays of shape (..., n_periods), NaN where unknown."""

    value: Floats
    part: Floats
    whole: Floats


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Judgement:
    """What the test of one rule says about each area: arrays of shape (..., n_areas).

    `p_value` is NaN where the history of a series is too short or does not vary. `is_clear`: the uncertainty band
    leaves the threshold out. `moved`: for *rank_jump* the place before, for *class_change* the class before;
    NaN otherwise. `dispersion`, shape (...): how many times as large as by chance all areas scatter.
    """

    value: Floats
    before: Floats
    compared_with: Floats
    estimate: Floats
    ci_low: Floats
    ci_high: Floats
    p_value: Floats
    is_clear: np.ndarray
    moved: Floats
    dispersion: Floats


def middle_of_areas(value: Floats) -> Floats:
    """Return the median over the areas of each period, NaN where no area has a value.

    Parameters
    ----------
    value : array of float, shape (..., n_periods, n_areas)
        NaN where there is none.

    Returns
    -------
    array of float, shape (..., n_periods)
        In the unit of the values.

    Examples
    --------
    >>> middle_of_areas(np.array([[1.0, 5.0, np.nan], [np.nan, np.nan, np.nan]])).tolist()
    [3.0, nan]
    """
    is_empty = np.asarray(np.isnan(value).all(axis=-1))
    middle = np.nanmedian(np.where(is_empty[..., None], 0.0, value), axis=-1)
    return np.where(is_empty, np.nan, middle)
