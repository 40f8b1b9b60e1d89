"""Why has an area no explanation? What is withheld, missing or too small, in words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from indicators.methods.result import CompositeIndex
from indicators.status import ValueStatus

__all__ = ["reasons"]

_WORDS = {
    ValueStatus.SUPPRESSED.value: ("zurückgehalten", "withheld"),
    ValueStatus.MISSING.value: ("fehlt", "missing"),
}


def reasons(
    result: CompositeIndex, values: pd.DataFrame, statuses: pd.DataFrame, language: str = "de"
) -> pd.Series:
    """Return why each area has no index.

    Parameters
    ----------
    result : CompositeIndex
        What was computed.
    values, statuses : DataFrame, areas × indicators, indexed as the result
        What it was computed from.
    language : {"de", "en"}
        Language of the words.

    Returns
    -------
    Series of str on the same index
        Empty for valid areas; otherwise the inputs without a value and the minimum that is not reached. No value
        is named.

    Examples
    --------
    >>> from indicators.composite import status_index
    >>> from indicators.methods import shipped_method
    >>> method = shipped_method("leipzig-status")
    >>> values = pd.DataFrame({name: [1.0, 2.0, 6.0] for name in method.columns}, index=["00", "01", "02"])
    >>> states = values.notna().replace(True, "measured")
    >>> values.iloc[1, 0], states.iloc[1, 0] = None, "suppressed"
    >>> reasons(status_index(values, states, method), values, states, "en")["01"]
    'unemployed_per_resident: withheld'
    """
    method, second = result.method, language != "de"
    asked = {*method.validity.required, *(one.indicator for one in method.validity.minimum)}
    policies: dict[str, set[object]] = {}
    for index in method.indices:
        for one in index.inputs:
            policies.setdefault(one.id, set()).add(one.missing)
    needed = [
        name for name in method.columns if name in asked or "exclude" in policies.get(name, {"exclude"})
    ]
    invalid = np.flatnonzero(~result.is_valid.to_numpy())
    found: dict[int, list[str]] = {place: [] for place in invalid.tolist()}
    for name in needed:
        state = statuses[name].to_numpy(dtype=object)[invalid].astype(str)
        for word, told_as in _WORDS.items():
            for place in invalid[state == word].tolist():
                found[place].append(f"{name}: {told_as[second]}")
    for minimum in method.validity.minimum:
        number = values[minimum.indicator].to_numpy(dtype=float, na_value=np.nan)[invalid]
        for place in invalid[number < minimum.at_least].tolist():
            found[place].append(f"{minimum.indicator}: {('unter', 'below')[second]} {minimum.at_least:g}")
    nothing = ("kein Indikator bekannt", "no indicator is known")[second]
    told = [""] * len(result.index)
    for place, clauses in found.items():
        told[place] = "; ".join(clauses) or nothing
    return pd.Series(told, index=result.index.index, name="reason", dtype="str")
