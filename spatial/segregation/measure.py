"""What is a segregation measure? Its names, what it needs, what it gives, and who published it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from spatial.segregation.counts import Floats

__all__ = ["Dimension", "Evaluator", "Measure"]

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
