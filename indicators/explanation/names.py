"""What an indicator of a method is called, and between which values it can lie."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from indicators.definition import Indicator
from indicators.known import known_by_id
from indicators.methods.errors import suggestion
from indicators.methods.schema import Method
from indicators.methods.steps import RankShare
from spatial.errors import ParameterError

__all__ = ["admissible_ranges", "titles"]

_BY_UNIT = {"%": (0.0, 100.0), "percentage points": (-100.0, 100.0)}


def titles(method: Method, language: str = "de") -> dict[str, str]:
    """Return what the indicators and indices of a method are called.

    Parameters
    ----------
    method : Method
        The method.
    language : {"de", "en"}
        Language of the titles.

    Returns
    -------
    dict of str
        Title by id; the id itself where nobody gave a title.

    Examples
    --------
    >>> from indicators.methods import shipped_method
    >>> titles(shipped_method("berlin-mss-2019"))["mss_child_poverty"]
    'Kinderarmut (MSS S4)'
    """
    found = {}
    for name in method.columns:
        one = _definition(method, name)
        title = None if one is None else one.title_de if language == "de" else one.title_en
        found[name] = title or name
    for index in method.indices:
        found[index.id] = (index.title_de if language == "de" else index.title_en) or index.id
    return found


def admissible_ranges(
    method: Method, values: pd.DataFrame, ranges: Mapping[str, tuple[float, float]] | None = None
) -> dict[str, tuple[float, float]]:
    """Return between which values each indicator of a method may be changed.

    Parameters
    ----------
    method : Method
        The method.
    values : DataFrame of float, valid areas × indicators
        What is observed.
    ranges : mapping of str to (low, high), optional
        Ranges that somebody names.

    Returns
    -------
    dict of tuple of float
        By indicator: what was named; otherwise by its unit: 0 to 100 for "%", −100 to 100 for percentage points,
        1 to the number of ranked areas for "rank". Without a natural limit, or where a value lies outside of it:
        what is observed, widened by its span to both sides, but not below 0 when nothing is. Never below a
        minimum that the method asks for.

    Raises
    ------
    ParameterError
        If a range names no indicator of the method, or does not hold the observed values.

    Examples
    --------
    >>> from indicators.methods import shipped_method
    >>> values = pd.DataFrame({name: [5.0, 20.0] for name in shipped_method("berlin-mss-2019").indicators})
    >>> admissible_ranges(shipped_method("berlin-mss-2019"), values)["mss_child_poverty"]
    (0.0, 100.0)
    """
    given = dict(ranges or {})
    for name in given:
        if name not in method.indicators:
            raise ParameterError(
                "ranges", name, f"an indicator of the method; {suggestion(name, method.indicators)}"
            )
    found = {}
    for name in method.indicators:
        lowest, highest = float(values[name].min()), float(values[name].max())
        if name in given:
            low, high = map(float, given[name])
            if not (low <= lowest and highest <= high):
                raise ParameterError(
                    "ranges", f"{name}: {low:g} to {high:g}", f"a range that holds {lowest:g} to {highest:g}"
                )
        else:
            low, high = _natural(method, name, lowest, highest, int(values[name].notna().sum()))
        least = [one.at_least for one in method.validity.minimum if one.indicator == name]
        found[name] = max([low, *least]), high
    return found


def _natural(method: Method, name: str, lowest: float, highest: float, count: int) -> tuple[float, float]:
    definition = _definition(method, name)
    unit = definition.unit if definition else ""
    low, high = _BY_UNIT.get(unit, (1.0, 0.0))
    if unit == "rank":
        ranked = [
            step.of
            for index in method.indices
            for one in index.inputs
            if one.id == name
            for step in one.transform
            if isinstance(step, RankShare) and step.of is not None
        ]
        low, high = 1.0, float(max([count, *ranked]))
    if low <= lowest and highest <= high:
        return low, high
    span = highest - lowest
    return lowest - span if lowest < 0 else max(0.0, lowest - span), highest + span


def _definition(method: Method, name: str) -> Indicator | None:
    for one in method.declared:
        if one.id == name:
            return one
    return known_by_id().get(name)
