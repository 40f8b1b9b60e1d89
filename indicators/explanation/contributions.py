"""What makes an area's index: the part of every indicator, adding up to the index, for any method.

Where the index is a sum, a part is what the indicator adds. Where something on the way is a rank, the distance of
the area from the average area is divided in proportion to the parts of what was ranked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.explanation.names import titles
from indicators.explanation.prepared import Floats, Prepared, prepare
from indicators.explanation.reasons import reasons
from indicators.methods.compute import Evaluation
from indicators.methods.result import CompositeIndex
from indicators.methods.schema import Index, Method
from spatial.errors import ParameterError

__all__ = ["Baseline", "Explanation", "explain"]

Baseline = Literal["average", "zero"]
_Parts = tuple[dict[str, Floats], Floats]  # by indicator, and what belongs to none of them

_TOUCHING = 1e-12  # relative distance below which two sums are the same


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Explanation:
    """The parts of every area's index.

    Indexed by area_id in the order of the input: `contributions` (one column for each indicator; NaN for areas
    without an index, and where the area's own value is withheld or missing), `base` (index of the baseline, what
    rounding adds included), `filled` (what stands in for values that the area does not have), `values` (the
    indicators, of areas with an index only), `reason_de`, `reason_en` (why an area has no index, otherwise
    empty). In every row contributions, base and filled add up to the index. `baseline`: "average" (the average
    area of the universe) or "zero" (nothing).
    """

    result: CompositeIndex
    contributions: pd.DataFrame
    base: pd.Series
    filled: pd.Series
    values: pd.DataFrame
    reason_de: pd.Series
    reason_en: pd.Series
    baseline: Baseline

    def __repr__(self) -> str:
        valid = int(self.result.is_valid.sum())
        return (
            f"Explanation({self.result.method.id}: {valid} of {len(self.base)} areas, "
            f"{self.contributions.shape[1]} indicators against {self.baseline})"
        )

    def of(self, area: str) -> pd.DataFrame:
        """Return the parts of one area, the largest first, indexed by indicator.

        Columns: `title_de`, `title_en`, `value`, `contribution`. Empty where the area has no index: `reason_de` says
        why.
        """
        if area not in self.base.index:
            raise ParameterError("area", area, "one of the areas that were computed")
        german, english = (titles(self.result.method, language) for language in ("de", "en"))
        row = self.contributions.loc[area].dropna()
        order = sorted(row.index, key=lambda name: (-abs(row[name]), str(name)))
        return pd.DataFrame(
            {
                "title_de": [german[name] for name in order],
                "title_en": [english[name] for name in order],
                "value": self.values.loc[area, order].astype(float),
                "contribution": row[order],
            },
            index=pd.Index(order, name="indicator"),
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: index, rank, class, state, the parts, the largest part, and the reason."""
        size = self.contributions.abs()
        known = size.notna().any(axis=1)
        largest = pd.Series(pd.NA, index=size.index, dtype=object)
        largest[known] = size[known].idxmax(axis=1)
        table = self.result.to_frame()
        table = table.drop(
            columns=[name for name in table if str(name).startswith(("contribution_", "total"))]
        )
        return table.assign(base=self.base, filled=self.filled, largest=largest.astype("str")).join(
            [self.contributions.add_prefix("contribution_"), self.reason_de, self.reason_en]
        )


def explain(
    values: pd.DataFrame,
    statuses: pd.DataFrame,
    method: Method,
    *,
    labels: pd.DataFrame | None = None,
    baseline: Baseline = "average",
) -> Explanation:
    r"""Compute a method and divide every area's index among its indicators.

    With parts :math:`c_{ik}` of a sum :math:`t_i = \sum_k c_{ik}` and the mean :math:`\bar c_k` of a part over the
    areas of the universe, the index is :math:`\bar t + \sum_k (c_{ik} - \bar c_k)`. Where the sum goes through a
    rank or another function :math:`f` that is no sum,

    .. math:: f(t_i) = f(\bar t) + \sum_k (c_{ik} - \bar c_k) \frac{f(t_i) - f(\bar t)}{t_i - \bar t}

    with :math:`f(\bar t)` interpolated between the areas on both sides of the average.

    Parameters
    ----------
    values, statuses, method, labels
        As `indicators.composite.status_index`.
    baseline : {"average", "zero"}
        What the parts are measured against. *average*: an area with the average part of every indicator. *zero*:
        the parts as they are added up; only for methods that are sums to the end.

    Returns
    -------
    Explanation
        On the index of `values`. Areas without an index have no parts; their reason says why. Where an area has no
        value of its own (filled in or left out), its part is not shown but added to `filled`.

    Raises
    ------
    InputError, StatusError, DefinitionError, TooFewAreasError, ConstantColumnError
        As `indicators.composite.status_index`.
    ParameterError
        If the baseline is unknown, or is zero and the method is no sum.

    Notes
    -----
    A part says what the area's value adds to the index, not what causes the value. Parts of a rank depend on how
    dense the areas lie between the average and the area.

    References
    ----------
    .. [1] A. Shrikumar, P. Greenside and A. Kundaje (2017), Learning important features through propagating
       activation differences, PMLR 70:3145–3153: the rescale rule, applied here to ranks.

    Examples
    --------
    >>> from indicators.methods import shipped_method
    >>> method = shipped_method("sample-status")
    >>> values = pd.DataFrame({"unemployed_share": [1.0, 2, 6], "transfer_share": [5.0, 9, 7],
    ...                        "child_poverty_share": [9.0, 4, 20]}, index=["00", "01", "02"])
    >>> found = explain(values, values.notna().replace(True, "measured"), method)
    >>> found.of("02")["contribution"].round(3).to_dict()
    {'unemployed_share': 0.653, 'child_poverty_share': 0.633, 'transfer_share': 0.0}
    """
    if baseline not in get_args(Baseline):
        raise ParameterError("baseline", baseline, f"one of {', '.join(get_args(Baseline))}")
    return explained(prepare(values, statuses, method, labels=labels), values, statuses, baseline)


def explained(
    prepared: Prepared, values: pd.DataFrame, statuses: pd.DataFrame, baseline: Baseline
) -> Explanation:
    """Divide an index that has been computed already, see `explain`."""
    method = prepared.method
    parts, base = _parts(prepared, baseline)
    own = prepared.result.is_valid.to_numpy()
    columns = {name: prepared.spread(parts[name], name) for name in method.indicators}
    table = pd.DataFrame(columns, index=values.index)
    known = values[list(table)].notna()
    return Explanation(
        result=prepared.result,
        contributions=table.where(known),
        base=prepared.spread(base, "base"),
        filled=table.where(~known).sum(axis=1).where(own).rename("filled"),
        values=values[list(table)].astype(float).where(known & own[:, np.newaxis]),
        reason_de=reasons(prepared.result, values, statuses, "de").rename("reason_de"),
        reason_en=reasons(prepared.result, values, statuses, "en").rename("reason_en"),
        baseline=baseline,
    )


def _parts(prepared: Prepared, baseline: Baseline) -> _Parts:
    """Return the parts of the valid areas, one universe after the other."""
    result, method = prepared.result, prepared.method
    own = {index.id for index in method.indices}
    is_sum = result.is_additive and not own & set(result.contributions.columns)
    if baseline == "zero" and not is_sum:
        raise ParameterError("baseline", "zero", f"'average': {method.id} ranks sums, which have no zero")
    is_valid = result.is_valid.to_numpy()
    evaluation = None if is_sum else prepared.evaluate(explain=True)
    whole: dict[str, Floats] = {}
    baselines = np.zeros(len(prepared.numbers))
    for group in prepared.groups:
        if evaluation is None:
            found = {
                str(name): result.contributions[name].to_numpy(dtype=float)[is_valid][group]
                for name in result.contributions
            }
            rest = result.base.to_numpy(dtype=float)[is_valid][group]
            parts, base = (found, rest) if baseline == "zero" else _centred(found, rest)
        else:
            parts, base = _down_to_indicators(method.indices, method.result, evaluation, group)
        for name, part in parts.items():
            whole.setdefault(name, np.zeros(len(prepared.numbers)))[group] = part
        baselines[group] = base
    return whole, baselines


def _centred(parts: dict[str, Floats], base: Floats) -> _Parts:
    """Measure parts against the average area."""
    means = {name: part.mean() for name, part in parts.items()}
    moved = {name: part - means[name] for name, part in parts.items()}
    return moved, base + sum(means.values())


def _down_to_indicators(
    indices: Sequence[Index], wanted: str, evaluation: Evaluation, group: NDArray[np.intp]
) -> _Parts:
    """Divide index after index, so that parts pass through what is no sum; all against the average area."""
    done: dict[str, _Parts] = {}
    for index in indices:
        values = evaluation.values[index.id]
        plain: dict[str, Floats] = {}
        inner: list[_Parts] = []
        for name, contribution in evaluation.contributions[index.id].items():
            here = np.broadcast_to(contribution, values.shape)[group]
            if name in done:
                inner.append(_divided(*done[name], evaluation.values[name][group], here))
            else:
                plain[name] = here
        parts, base = _centred(plain, evaluation.base[index.id][group])
        for below, rest in inner:
            base = base + rest
            for name, part in below.items():
                parts[name] = parts.get(name, 0.0) + part
        if not evaluation.is_additive[index.id]:
            parts, base = _divided(parts, base, evaluation.sums[index.id][group], values[group])
        done[index.id] = parts, base
    return done[wanted]


def _divided(parts: dict[str, Floats], base: Floats, before: Floats, after: Floats) -> _Parts:
    """Divide what a sum has become in proportion to its parts, starting from what the baseline becomes."""
    start = base.mean()
    places, first = np.unique(before, return_index=True)
    reference = np.interp(start, places, after[first])
    away = before - start
    is_apart = np.abs(away) > _TOUCHING * max(float(np.abs(before).max(initial=0.0)), _TOUCHING)
    slope = np.divide(after - reference, away, out=np.zeros_like(after), where=is_apart)
    moved = {name: slope * part for name, part in parts.items()}
    return moved, after - sum(moved.values(), start=np.zeros_like(after))
