"""Where does need come together? A composite index of several indicators, with each one's part in it kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from indicators.errors import ConstantColumnError, DefinitionError, InputError, TooFewAreasError
from indicators.methods import Method
from indicators.status import WITH_VALUE, ValueStatus
from indicators.statuses import checked_status, require_same_index, weakest_of

__all__ = ["CompositeIndex", "Method", "classify", "status_index"]

# A sum of z-scores that should be constant still scatters by rounding in the 16th digit.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CompositeIndex:
    """A composite index of one period, with everything needed to explain and repeat it.

    Indexed by area_id in the order of the input: `index` (standardised, higher = more need, NaN where there
    is none), `classes` (Int64, 1 = least need, <NA> where there is none), `status` (words of `ValueStatus`),
    `is_valid`, `contributions` (per indicator, its signed and weighted z-score; a row adds up to `total`),
    `total`. `mean` and `deviation` are, per indicator, what the z-scores were made with; `total_mean` and
    `total_deviation` the same for the sum.
    """

    index: pd.Series
    classes: pd.Series
    status: pd.Series
    is_valid: pd.Series
    contributions: pd.DataFrame
    total: pd.Series
    mean: pd.Series
    deviation: pd.Series
    total_mean: float
    total_deviation: float
    method: Method

    def __repr__(self) -> str:
        counts = ", ".join(f"{label} {count}" for label, count in self.summary()["areas"].items())
        valid = f"{int(self.is_valid.sum())} of {len(self.is_valid)} areas valid"
        return f"CompositeIndex({self.method.id}: {valid}; {counts})"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: `index`, `class`, `status`, `is_valid`, `total` and the contributions."""
        table = pd.DataFrame(
            {
                "index": self.index,
                "class": self.classes,
                "status": self.status,
                "is_valid": self.is_valid,
                "total": self.total,
            }
        )
        return table.join(self.contributions.add_prefix("contribution_"))

    def summary(self) -> pd.DataFrame:
        """Return one row per class, by its German label: `class`, `label_en`, `areas`."""
        numbers = range(1, len(self.method.labels_de) + 1)
        return pd.DataFrame(
            {
                "class": list(numbers),
                "label_en": list(self.method.labels_en),
                "areas": [int((self.classes == number).sum()) for number in numbers],
            },
            index=pd.Index(self.method.labels_de, name="label_de"),
        )


def status_index(values: pd.DataFrame, statuses: pd.DataFrame, method: Method) -> CompositeIndex:
    r"""Compute a composite index by z-scores, as the Berlin monitoring does (Statusindex).

    With the valid areas :math:`V`, indicators :math:`k`, signs :math:`\sigma_k` and weights :math:`w_k`

    .. math:: z_{ik} = \frac{v_{ik} - \bar v_k}{s_k}, \quad
              t_i = \sum_k \sigma_k w_k z_{ik}, \quad
              I_i = \frac{t_i - \bar t}{s_t},

    all means and standard deviations over :math:`V`, every area counting once.

    Parameters
    ----------
    values : DataFrame of float, areas × indicators, indexed by area_id
        At least the columns `method.indicators`; others are ignored.
    statuses : DataFrame of ValueStatus or str, same index and columns
        State of each value.
    method : Method
        Indicators, signs, weights, kind of standard deviation, cuts and labels.

    Returns
    -------
    CompositeIndex
        On the index of `values`. An area is valid when every indicator has a value. The others stay, without
        index and class: suppressed if any of their inputs is suppressed, otherwise missing. A valid area's
        status is the weakest of its inputs (never zero: an index of 0 is the mean of the city).

    Raises
    ------
    InputError
        If the two tables do not have the same rows or a value is infinite.
    StatusError
        If a value and its status contradict each other.
    DefinitionError
        If a table lacks an indicator of the method.
    TooFewAreasError
        If fewer areas are valid than the method asks for (at least 2).
    ConstantColumnError
        If an indicator, or the sum of the z-scores, is the same in all valid areas.

    Notes
    -----
    The class is 1 plus the number of cuts passed; a value exactly on a cut belongs to the class nearer to 0.
    With the Berlin cuts −1, +1, +1.5: below −1 *hoch*, −1 to +1 with both ends *mittel*, above +1 to +1.5
    with that end *niedrig*, above +1.5 *sehr niedrig*. The index is relative to the city of its period: an
    area can improve and yet fall.

    References
    ----------
    .. [1] Senatsverwaltung für Stadtentwicklung Berlin, Monitoring Soziale Stadtentwicklung, editions 2013 to
    2019.

    Examples
    --------
    >>> from indicators.methods import Method
    >>> method = Method(id="m", title_de="M", title_en="M", indicators=("a", "b"), cuts=(1.0,),
    ...                 labels_de=("mittel", "niedrig"), labels_en=("medium", "low"))
    >>> values = pd.DataFrame({"a": [1.0, 2.0, 6.0], "b": [10.0, 30.0, 20.0]}, index=["00", "01", "02"])
    >>> result = status_index(values, values.notna().replace(True, "measured"), method)
    >>> result.index.round(3).tolist()
    [-1.395, 0.494, 0.901]
    """
    names = list(method.indicators)
    for table, what in ((values, "values"), (statuses, "statuses")):
        absent = [name for name in names if name not in table.columns]
        if absent:
            raise DefinitionError(f"method {method.id!r}: {what} has no column for {', '.join(absent)}")
    require_same_index(values, statuses, "values and statuses")
    checked = pd.DataFrame({name: checked_status(values[name], statuses[name], name) for name in names})
    numbers = values[names].astype(float)
    infinite = np.isinf(numbers.to_numpy()).any(axis=1)
    if infinite.any():
        raise InputError("infinite value", numbers.index[infinite], "give a number, or call it missing")

    is_valid = checked.isin([one.value for one in WITH_VALUE]).all(axis=1)
    if int(is_valid.sum()) < method.minimum_areas:
        raise TooFewAreasError(method.id, int(is_valid.sum()), method.minimum_areas)
    valid = numbers[is_valid]
    _require_spread(valid)
    mean, deviation = valid.mean(), valid.std(ddof=method.ddof)
    scale = pd.Series(np.multiply(method.signs, method.weights), index=names, dtype=float)
    contributions = (valid - mean) / deviation * scale
    total = contributions.sum(axis=1)
    total_mean, total_deviation = float(total.mean()), float(total.std(ddof=method.ddof))
    if total_deviation <= _ROUNDING * float(scale.abs().sum()):
        raise ConstantColumnError(f"{method.id}: the sum of the z-scores", total_mean, len(total))
    index = (total - total_mean) / total_deviation
    return CompositeIndex(
        index=index.reindex(values.index).rename("index"),
        classes=classify(index, method.cuts).reindex(values.index).rename("class"),
        status=_status(checked, is_valid),
        is_valid=is_valid.rename("is_valid"),
        contributions=contributions.reindex(values.index),
        total=total.reindex(values.index).rename("total"),
        mean=mean,
        deviation=deviation,
        total_mean=total_mean,
        total_deviation=total_deviation,
        method=method,
    )


def classify(index: pd.Series, cuts: Sequence[float]) -> pd.Series:
    """Put a standardised index into classes.

    Parameters
    ----------
    index : Series of float, indexed by area_id
        Standardised index, mean 0; NaN where there is none.
    cuts : sequence of float
        Limits in rising order.

    Returns
    -------
    Series of Int64 on the same index
        1 plus the number of cuts passed; <NA> where there is no index. A value exactly on a cut belongs to
        the class nearer to 0: below 0 a cut is passed when it is reached, from 0 on only when it is exceeded.

    Examples
    --------
    >>> classify(pd.Series([-1.1, -1.0, 1.0, 1.5, None]), (-1.0, 1.0, 1.5)).tolist()
    [1, 2, 2, 3, <NA>]
    """
    limits = np.asarray(cuts, dtype=float)
    known = index.dropna()
    passed_below = np.searchsorted(limits[limits < 0], known.to_numpy(), side="right")
    passed_above = np.searchsorted(limits[limits >= 0], known.to_numpy(), side="left")
    numbers = pd.Series(1 + passed_below + passed_above, index=known.index, dtype="Int64")
    return numbers.reindex(index.index)


def _require_spread(valid: pd.DataFrame) -> None:
    for name in valid.columns:
        lowest, highest = float(valid[name].min()), float(valid[name].max())
        if lowest == highest:
            raise ConstantColumnError(name, lowest, len(valid))


def _status(checked: pd.DataFrame, is_valid: pd.Series) -> pd.Series:
    status = weakest_of(*(checked[name] for name in checked.columns))
    status[is_valid & (status == ValueStatus.ZERO.value)] = ValueStatus.MEASURED.value
    return status.astype("str").rename("status")
