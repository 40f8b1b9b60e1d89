"""Bring values from one edition of areas to another: counts so that their sum stays, rates with their denominator."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.crosswalk.converted import Converted
from spatial.crosswalk.grades import estimated_parts, grades
from spatial.crosswalk.overlaps import NOISE
from spatial.crosswalk.result import Crosswalk, Floats
from spatial.crosswalk.statuses import (
    MISSING,
    STATUSES,
    WORDS_WITHOUT_VALUE,
    ZERO,
    checked_values,
    weakest_of_sources,
)
from spatial.errors import ParameterError
from spatial.parameters import require_number

__all__ = ["extensive", "intensive"]


def extensive(
    values: pd.Series,
    crosswalk: Crosswalk,
    *,
    status: pd.Series | None = None,
    missing_up_to: float = 0.01,
) -> Converted:
    """Convert counts, hectares and whatever else adds up.

    Parameters
    ----------
    values : Series of float, shape (n_source,), indexed by area_id
        Values of the sources; missing where there is none. Negative ones (balances) are allowed.
    crosswalk : Crosswalk
        Shares of the sources.
    status : Series of str, indexed by area_id, optional
        State of each value: "measured", "zero", "missing", "suppressed", "provisional", "corrected" or "uncertain".
        Default: missing where there is no value, zero where it is 0, otherwise measured.
    missing_up_to : float
        Part of a target that may come from missing sources, or lie in no source, before it becomes missing itself.
        It is measured in what the crosswalk divides: surface, residents or weight. [share, 0–1)

    Returns
    -------
    Converted
        Sum over the sources of share × value. Where a part is missing and allowed, it is the sum of what is known,
        and its state is "uncertain". A target in which, by its blocks, nobody lives has 0 and is "uncertain" as well.

    Raises
    ------
    AlignmentError
        If the values or states are not one per source.
    CountsError
        If a value is infinite.
    CrosswalkError
        If a state is unknown or contradicts its value.
    ParameterError
        If `missing_up_to` is out of its range.

    Notes
    -----
    The sum is preserved: `totals["given"]` = placed + withheld + outside, to rounding (about 1e-15 of the sum of the
    absolute values).

    A target that uses a suppressed source is suppressed, whatever its share. A suppressed source must come without
    its number, so every converted value is made of published ones and tells no more than they do. This protects
    nothing that was published for the target edition itself: who knows the sum of a target from there can subtract.
    `derivation` says which targets are copies, sums and parts; relate both editions before publishing both
    (`to_frame()` of the crosswalk has the pairs).

    Examples
    --------
    >>> from spatial.crosswalk.key_table import by_key
    >>> table = pd.DataFrame({"from_area": ["1", "2", "3", "3"], "to_area": ["A", "A", "B", "C"],
    ...                       "share": [1, 1, 0.25, 0.75]})
    >>> found = extensive(pd.Series([10, 20, 100], index=["1", "2", "3"]), by_key(table))
    >>> found.value.tolist(), found.grade.tolist()
    ([30.0, 25.0, 75.0], ['A', 'D', 'D'])
    """
    allowed = _allowed(missing_up_to)
    numbers, codes = checked_values(values, status, crosswalk.source, "values")
    n_target = len(crosswalk.target)
    weight = _weight(crosswalk)
    is_there = codes[crosswalk.origin] > MISSING
    known = _known(crosswalk, weight, is_there)
    unlived = _nobody_lives(crosswalk)
    enough = (known > 0) & (1.0 - known <= allowed + NOISE)
    words = weakest_of_sources(codes[crosswalk.origin], crosswalk.goal, n_target, is_known=enough)
    words = np.where((known < 1) & (words != "suppressed") & enough, _at_most_uncertain(words), words)
    words = np.where(unlived & enough, "uncertain", words)
    part = np.where(is_there, crosswalk.share * np.nan_to_num(numbers)[crosswalk.origin], 0.0)
    sums = np.bincount(crosswalk.goal, part, minlength=n_target)
    shown = ~np.isin(words, WORDS_WITHOUT_VALUE)
    outside = np.where(np.isnan(numbers), 0.0, numbers) * crosswalk.outside.to_numpy()
    return _converted(
        crosswalk,
        np.where(shown, sums, np.nan),
        words,
        known=known,
        weight=weight,
        is_exact=is_there & (crosswalk.share == 1),
        denominator=None,
        totals={
            "given": math.fsum(numbers[~np.isnan(numbers)]),
            "placed": math.fsum(sums[shown]),
            "withheld": math.fsum(sums[~shown]),
            "outside": math.fsum(outside),
        },
        kind="extensive",
        parameters={"missing_up_to": allowed},
    )


def intensive(
    values: pd.Series,
    denominator: pd.Series | Literal["area"],
    crosswalk: Crosswalk,
    *,
    status: pd.Series | None = None,
    denominator_status: pd.Series | None = None,
    missing_up_to: float = 0.01,
) -> Converted:
    """Convert rates, shares and means: as converted numerator over converted denominator.

    Parameters
    ----------
    values : Series of float, shape (n_source,), indexed by area_id
        Rates of the sources, in any unit; missing where there is none.
    denominator : Series of float, shape (n_source,), indexed by area_id, or "area"
        What the rates are rates of, such as residents. With "area" the surface is, as for densities; that needs a
        crosswalk by area.
    crosswalk : Crosswalk
        Shares of the sources.
    status, denominator_status : Series of str, indexed by area_id, optional
        States of rates and denominators, as in `extensive`.
    missing_up_to : float
        As in `extensive`; measured in the denominator where it is known for all sources of a target. [share, 0–1)

    Returns
    -------
    Converted
        Σᵢ sᵢⱼ dᵢ vᵢ / Σᵢ sᵢⱼ dᵢ, both over sources of which rate and denominator are known; `denominator` is the
        converted denominator. A source with denominator 0 has no say, whatever its rate. Missing where the converted
        denominator is 0. Never outside the range of the rates it is made of; a copy is exact.

    Raises
    ------
    AlignmentError, CountsError, CrosswalkError, ParameterError
        As `extensive`; also if a denominator is negative, or the surface is asked of another crosswalk.

    Notes
    -----
    A rate or denominator that is suppressed makes the target suppressed, unless the denominator is a published 0.
    Where counts are at hand, convert them with `extensive` and divide: rates are rounded.

    Examples
    --------
    >>> from spatial.crosswalk.key_table import by_key
    >>> table = pd.DataFrame({"from_area": ["1", "2"], "to_area": ["A", "A"]})
    >>> index = ["1", "2"]
    >>> found = intensive(pd.Series([10.0, 40.0], index=index), pd.Series([900, 100], index=index), by_key(table))
    >>> found.value.tolist(), found.denominator.tolist()
    ([13.0], [1000.0])
    """
    allowed = _allowed(missing_up_to)
    rates, codes = checked_values(values, status, crosswalk.source, "values")
    base, base_codes = _denominator(denominator, denominator_status, crosswalk)
    n_target, origin, goal = len(crosswalk.target), crosswalk.origin, crosswalk.goal
    # A measured denominator leaves a rate of true zero what it is.
    both = np.minimum(codes, np.where(base_codes >= STATUSES.index("measured"), ZERO, base_codes))
    used = base[origin] != 0
    is_there = (codes[origin] > MISSING) & (base_codes[origin] > MISSING)
    part = crosswalk.share * np.nan_to_num(base)[origin]
    weight = _by_denominator(crosswalk, part, base)
    known = _known(crosswalk, weight, is_there | ~used)
    enough = (known > 0) & (1.0 - known <= allowed + NOISE)
    words = weakest_of_sources(both[origin][used], goal[used], n_target, is_known=enough)
    words = np.where((known < 1) & (words != "suppressed") & enough, _at_most_uncertain(words), words)
    told = is_there & used
    below = np.bincount(goal[told], part[told], minlength=n_target)
    above = np.bincount(goal[told], part[told] * rates[origin][told], minlength=n_target)
    words = np.where((below == 0) & (words != "suppressed"), "missing", words)
    shown = ~np.isin(words, WORDS_WITHOUT_VALUE)
    ratio = np.divide(above, below, out=np.full(n_target, np.nan), where=shown)
    low, high = np.full(n_target, np.inf), np.full(n_target, -np.inf)
    np.minimum.at(low, goal[told], rates[origin][told])
    np.maximum.at(high, goal[told], rates[origin][told])
    ratio[shown] = np.clip(ratio[shown], low[shown], high[shown])
    counted = base_codes[origin] > MISSING
    sums = np.bincount(goal[counted], part[counted], minlength=n_target)
    withheld = np.bincount(goal[~counted], minlength=n_target) > 0
    return _converted(
        crosswalk,
        ratio,
        words,
        known=known,
        weight=weight,
        is_exact=~used | (is_there & (crosswalk.share == 1)),
        denominator=np.where(withheld, np.where(shown, below, np.nan), sums),
        totals={},
        kind="intensive",
        parameters={
            "missing_up_to": allowed,
            "weighted_by": "area" if isinstance(denominator, str) else "denominator",
        },
    )


def _allowed(missing_up_to: object) -> float:
    return require_number(
        "missing_up_to", missing_up_to, "a share from 0 to below 1", lambda one: 0 <= one < 1
    )


def _weight(crosswalk: Crosswalk) -> Floats:
    """Return what counts of each pair: its amount, or its share where the sources of a target have none."""
    amount = crosswalk.share * crosswalk.size.to_numpy()[crosswalk.origin]
    total = np.bincount(crosswalk.goal, amount, minlength=len(crosswalk.target))
    return np.where(total[crosswalk.goal] > 0, amount, crosswalk.share)


def _by_denominator(crosswalk: Crosswalk, part: Floats, base: Floats) -> Floats:
    """Return what counts of each pair of a rate: its denominator, or its amount where one is not known."""
    n_target = len(crosswalk.target)
    unknown = np.bincount(crosswalk.goal, np.isnan(base)[crosswalk.origin], minlength=n_target) > 0
    total = np.bincount(crosswalk.goal, part, minlength=n_target)
    fallback = (unknown | (total == 0))[crosswalk.goal]
    return np.where(fallback, _weight(crosswalk), part)


def _known(crosswalk: Crosswalk, weight: Floats, is_there: NDArray[np.bool_]) -> Floats:
    """Return the part of each target that known sources make up; exactly 1 where all are known."""
    n_target = len(crosswalk.target)
    unknown = np.bincount(crosswalk.goal[~is_there], weight[~is_there], minlength=n_target)
    absent = np.bincount(crosswalk.goal[~is_there], minlength=n_target)
    total = np.bincount(crosswalk.goal, weight, minlength=n_target)
    sources = np.bincount(crosswalk.goal, minlength=n_target)
    missing = np.divide(unknown, total, out=np.zeros(n_target), where=total > 0)
    missing = np.where((absent == sources) & (sources > 0), 1.0, missing)
    return np.asarray((1.0 - missing) * (1.0 - crosswalk.without_source.to_numpy()), dtype=np.float64)


def _nobody_lives(crosswalk: Crosswalk) -> NDArray[np.bool_]:
    return (crosswalk.derivation == "empty").to_numpy()


def _at_most_uncertain(words: NDArray[np.str_]) -> NDArray[np.str_]:
    return np.where(np.isin(words, ("provisional", "corrected", "measured", "zero")), "uncertain", words)


def _denominator(
    denominator: pd.Series | Literal["area"], status: pd.Series | None, crosswalk: Crosswalk
) -> tuple[Floats, NDArray[np.int8]]:
    if isinstance(denominator, pd.Series):
        return checked_values(denominator, status, crosswalk.source, "denominator", least=0.0)
    if not (isinstance(denominator, str) and denominator == "area"):
        raise ParameterError("denominator", denominator, 'a Series indexed by area_id, or "area"')
    if crosswalk.method != "area":
        raise ParameterError(
            "denominator",
            denominator,
            f"a Series: the crosswalk by {crosswalk.method} does not know the surface",
        )
    return checked_values(crosswalk.size, None, crosswalk.source, "denominator")


def _converted(
    crosswalk: Crosswalk,
    value: Floats,
    words: NDArray[np.str_],
    *,
    known: Floats,
    weight: Floats,
    is_exact: NDArray[np.bool_],
    denominator: Floats | None,
    totals: dict[str, float],
    kind: Literal["extensive", "intensive"],
    parameters: dict[str, object],
) -> Converted:
    estimated, rough = estimated_parts(crosswalk, weight, known)
    empty = _nobody_lives(crosswalk)
    # That nobody lives there is told by the blocks: an estimate, though not a rough one.
    estimated = np.where(empty, 1.0, estimated)
    is_whole = np.bincount(crosswalk.goal[~is_exact], minlength=len(crosswalk.target)) == 0
    grade = grades(estimated, rough, is_whole)
    grade[np.isnan(value)] = None
    of = crosswalk.target
    return Converted(
        value=pd.Series(value, index=of, name="value"),
        status=pd.Series(words.astype(object), index=of, name="status"),
        known=pd.Series(known, index=of, name="known"),
        estimated=pd.Series(estimated, index=of, name="estimated"),
        grade=pd.Series(grade, index=of, name="grade", dtype=object),
        derivation=crosswalk.derivation,
        denominator=None if denominator is None else pd.Series(denominator, index=of, name="denominator"),
        totals=totals,
        kind=kind,
        parameters={"method": crosswalk.method, **crosswalk.parameters, **parameters},
    )
