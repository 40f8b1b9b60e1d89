"""What is a segregation measure? Its names, what it needs, what it gives, and who published it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, TypeAlias

from spatial.errors import ParameterError
from spatial.segregation.counts import Floats

__all__ = ["Dimension", "Evaluator", "Measure", "require_options"]

Evaluator: TypeAlias = Callable[[Floats], Floats]
"""Counts of shape (…, n_groups, n_areas), checked, to values of shape (…). Two groups are group and rest."""

Dimension: TypeAlias = Literal[
    "evenness", "exposure", "concentration", "centralisation", "clustering", "spatial", "ordinal", "local"
]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Measure:
    """One index of the register.

    `function` is the public function: (group, total, …) for two groups, (counts, …) for many or ordered ones,
    with the keyword arguments `geometry` and `graph` where `needs` says so. `prepare` takes the same keyword
    arguments (`places` in place of `geometry`), does everything that does not depend on the counts, and
    returns the evaluator that inference runs many times; measures that give more than one number have none.
    `low` and `high` bound the values, None where there is no bound. `known_as` names the same index in other
    packages.
    """

    id: str
    title_de: str
    title_en: str
    dimension: Dimension
    groups: Literal["two", "many", "ordered"]
    gives: Literal["number", "per group", "per pair", "per area", "per area and group"] = "number"
    needs: tuple[Literal["geometry", "graph"], ...] = ()
    low: float | None = 0.0
    high: float | None = 1.0
    citation: str
    function: Callable[..., Any]
    prepare: Callable[..., Evaluator] | None = None
    known_as: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Measure({self.id}: {self.groups} groups, needs {' and '.join(self.needs) or 'counts only'})"


def require_options(
    chosen: Measure, options: Collection[str], *, given: Collection[str] = (), passed: str = "%s=…"
) -> None:
    """Refuse options that a measure does not have, and the lack of one that it needs.

    Parameters
    ----------
    chosen : Measure
        The measure.
    options : collection of str
        Names of the options that the user gives.
    given : collection of str
        Names of options that the caller gives by itself.
    passed : str, default "%s=…"
        How an option is passed, with %s for its name, for the message.

    Raises
    ------
    ParameterError
        With the options that the measure has, or how the one that it needs is passed.

    Examples
    --------
    >>> from spatial.segregation.register import measure
    >>> require_options(measure("atkinson"), ["shape"])
    """
    known = _options_of(chosen)
    for option in options:
        if option not in known:
            listed = ", ".join(known) or "it has none"
            raise ParameterError("option", option, f"an option of {chosen.id}: {listed}")
    for option, is_needed in known.items():
        if is_needed and option not in options and option not in given:
            raise ParameterError(option, None, f"a value, which {chosen.id} needs: pass {passed % option}")


@cache
def _options_of(chosen: Measure) -> Mapping[str, bool]:
    """Return the measure's own options, and whether they have to be given."""
    return {
        parameter.name: parameter.default is inspect.Parameter.empty
        for parameter in inspect.signature(chosen.function).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and parameter.name not in ("geometry", "graph")
    }
