"""Where does need come together, and where does it grow? A method applied to a table, with each indicator's part."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from indicators.errors import DefinitionError
from indicators.methods.applying import Work, apply
from indicators.methods.classes import classify
from indicators.methods.result import CompositeIndex
from indicators.methods.schema import Method
from indicators.methods.validity import changed, checked_table
from indicators.statuses import require_same_index, weakest_of

__all__ = ["CompositeIndex", "Method", "classify", "combined_classes", "dynamics_index", "status_index"]


def status_index(
    values: pd.DataFrame, statuses: pd.DataFrame, method: Method, *, labels: pd.DataFrame | None = None
) -> CompositeIndex:
    """Compute what a method says of one period.

    Parameters
    ----------
    values : DataFrame of float, areas × indicators, indexed by area_id
        At least the columns `method.columns`; others are ignored.
    statuses : DataFrame of ValueStatus or str, same index and columns
        State of each value.
    method : Method
        What to compute.
    labels : DataFrame of str, same index, columns `method.labels`
        Larger unit that each area belongs to; needed only by methods that compare within one, or draw towards
        one.

    Returns
    -------
    CompositeIndex
        On the index of `values`. Invalid areas stay, without index, rank and class: suppressed if something they
        need is suppressed, otherwise missing. A valid area's status is the weakest of its inputs (never
        zero: an index of 0 is no absence), and uncertain where an input was filled in.

    Raises
    ------
    InputError
        If the tables do not have the same rows, a value is infinite, or a step cannot work with a value.
    StatusError
        If a value and its status contradict each other.
    DefinitionError
        If a table lacks a column of the method.
    TooFewAreasError
        If fewer areas are valid, in any universe, than the method asks for (at least 2).
    ConstantColumnError
        If something that has to be standardised is the same in all valid areas.

    Notes
    -----
    The index is relative to the areas it was computed with: an area can improve and yet fall.

    Examples
    --------
    >>> from indicators.methods import Classes, Index, Input
    >>> from indicators.methods.steps import ZScore
    >>> z = (ZScore(),)
    >>> index = Index(id="status", combine="sum", then=z,
    ...               inputs=(Input(id="a", transform=z), Input(id="b", transform=z)))
    >>> method = Method(id="m", title_de="M", title_en="M", indices=(index,))
    >>> values = pd.DataFrame({"a": [1.0, 2.0, 6.0], "b": [10.0, 30.0, 20.0]}, index=["00", "01", "02"])
    >>> result = status_index(values, values.notna().replace(True, "measured"), method)
    >>> result.index.round(3).tolist()
    [-1.395, 0.494, 0.901]
    """
    numbers, codes = checked_table(values, statuses, method.columns, method.id)
    return apply(
        Work(method, method.indices, method.result, method.classes, method.columns, is_dynamics=False),
        numbers,
        codes,
        values.index,
        labels,
    )


def dynamics_index(
    values: pd.DataFrame,
    statuses: pd.DataFrame,
    method: Method,
    *,
    earlier_values: pd.DataFrame | None = None,
    earlier_statuses: pd.DataFrame | None = None,
    labels: pd.DataFrame | None = None,
) -> CompositeIndex:
    """Compute what a method says of the change over its years.

    Parameters
    ----------
    values, statuses : DataFrame, areas × indicators, indexed by area_id
        The later period; at least the columns `method.dynamics_columns`.
    method : Method
        One with dynamics.
    earlier_values, earlier_statuses : DataFrame, same index
        The period `method.dynamics.years` before; not needed when the indicators are changes already.
    labels : DataFrame of str, same index, columns `method.labels`
        Larger unit that each area belongs to, if the method asks for one.

    Returns
    -------
    CompositeIndex
        As of `status_index`. Contributions are named by the indicator that changed. A ratio to 0 is missing.

    Raises
    ------
    DefinitionError
        If the method has no dynamics, or the earlier period is needed and not given.
    InputError, StatusError, TooFewAreasError, ConstantColumnError
        As of `status_index`.

    Examples
    --------
    >>> from indicators.methods import shipped_method
    >>> dynamics_index(pd.DataFrame(), pd.DataFrame(), shipped_method("leipzig-status"))
    Traceback (most recent call last):
    indicators.errors.DefinitionError: method 'leipzig-status' has no dynamics; add [dynamics] to its file
    """
    dynamics = method.dynamics
    if dynamics is None:
        raise DefinitionError(f"method {method.id!r} has no dynamics; add [dynamics] to its file")
    columns = method.dynamics_columns
    work = Work(method, dynamics.indices, dynamics.result, dynamics.classes, columns, is_dynamics=True)
    numbers, codes = checked_table(values, statuses, columns, method.id)
    if dynamics.change != "given":
        if earlier_values is None or earlier_statuses is None:
            raise DefinitionError(
                f"method {method.id!r}: the change needs the values of {dynamics.years} year(s) before; give them"
            )
        require_same_index(values, earlier_values, "later and earlier values")
        names = dynamics.indicators
        before = checked_table(earlier_values, earlier_statuses, names, method.id)
        own = slice(0, len(names))  # the indicators come first, then what validity asks for
        numbers[:, own], codes[:, own] = changed(numbers[:, own], codes[:, own], *before, dynamics.change)
    return apply(work, numbers, codes, values.index, labels)


def combined_classes(status: CompositeIndex, dynamics: CompositeIndex) -> pd.DataFrame:
    """Cross the classes of status and dynamics.

    Parameters
    ----------
    status, dynamics : CompositeIndex, same areas
        Both by the same method, which says the names of the pairs.

    Returns
    -------
    DataFrame, indexed by area_id
        `class` (Int64: 1 for the first class of both, then the dynamics run faster), `code`, `label_de`,
        `label_en` and `status`, the weaker of the two. Areas without one of the classes are called what the
        method calls invalid areas, without code.

    Raises
    ------
    DefinitionError
        If the method does not combine, or the two are not of one method.

    Examples
    --------
    >>> from indicators.methods import shipped_method
    >>> method = shipped_method("berlin-mss-2019")
    >>> values = pd.DataFrame({name: [1.0, 2.0, 6.0] for name in {*method.columns, *method.dynamics_columns}})
    >>> values["mss_residents"] = 300
    >>> states = values.notna().replace(True, "measured")
    >>> both = status_index(values, states, method), dynamics_index(values, states, method)
    >>> combined_classes(*both)["code"].tolist()
    ['2+/-', '2+/-', '3-']
    """
    method = status.method
    if method.combined is None:
        raise DefinitionError(f"method {method.id!r} does not combine classes; add [combined] to its file")
    if dynamics.method != method or status.is_dynamics or not dynamics.is_dynamics:
        raise DefinitionError("give the status and the dynamics of one method, in this order")
    require_same_index(status.classes, dynamics.classes, "status and dynamics")
    second = dynamics.rules
    if second is None:
        raise DefinitionError(f"method {method.id!r}: status and dynamics need classes to be combined")
    number = (status.classes - 1) * second.count + dynamics.classes
    table = pd.DataFrame({"class": number})
    named: dict[str, tuple[Sequence[str], str | None]] = {
        "code": ([code for row in method.combined.codes for code in row], None),
        "label_de": (method.pairs("de"), method.validity.label_de),
        "label_en": (method.pairs("en"), method.validity.label_en),
    }
    for column, (names, absent) in named.items():
        written = number.astype(object).map(dict(enumerate(names, start=1)))
        table[column] = written.where(number.notna(), absent)
    table["status"] = weakest_of(status.status, dynamics.status)
    return table
