"""Which indicators does a city have? Those that it delivers, and all that can be computed from its counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from indicators.definition import Indicator, IndicatorDefinition
from indicators.errors import DefinitionError
from indicators.known import described
from indicators.methods.errors import suggestion

__all__ = ["LAND_AREA", "Selection", "computable"]

# A count that every city has: it is measured from the boundaries.
LAND_AREA = "land_area"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Selection:
    """What is computed for a city: `sums` of counts first, then `indicators`, both by id; `counts` they need."""

    sums: tuple[IndicatorDefinition, ...]
    indicators: tuple[Indicator, ...]
    counts: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Selection({len(self.indicators)} indicators from {len(self.counts)} counts, {len(self.sums)} sums)"


def computable(
    city: Mapping[str, Indicator],
    delivered: Collection[str],
    *,
    within: Mapping[str, IndicatorDefinition],
    minimum_denominator: float,
    only: Collection[str] = (),
) -> Selection:
    """Select what can be computed from the counts that a city delivers.

    Parameters
    ----------
    city : mapping of id to Indicator
        What the city declares, with what was computed for it before.
    delivered : collection of str
        Ids that it has delivered values of; they are never computed.
    within : mapping of id to IndicatorDefinition
        The catalogue, with the city's own indicators.
    minimum_denominator : float
        With fewer to relate to a value of the city is not reliable; a definition that asks for less keeps its own.
        [people, households, …]
    only : collection of str
        Ids of the catalogue to take; all that can be computed when empty. What the city declares itself is
        always taken.

    Returns
    -------
    Selection
        Every indicator with the least denominator with which it is *reliable* in the city. With how few it may be
        *published* is a question to the profiles of its counts, and never lowered here. What the city has
        under an id of its own is not computed a second time under that of the catalogue.

    Raises
    ------
    DefinitionError
        If `only` names an indicator that the catalogue does not have, or that has no formula.

    Examples
    --------
    >>> from indicators.catalogue import catalogue
    >>> from indicators.sample import SAMPLE_INDICATORS
    >>> city = {one.id: one for one in SAMPLE_INDICATORS}
    >>> counts = [one.id for one in SAMPLE_INDICATORS if one.kind == "extensive"]
    >>> selection = computable(city, counts, within=catalogue(), minimum_denominator=20)
    >>> [one.id for one in selection.indicators if one.id not in city]
    ['living_space_pc', 'pop_change_5y', 'pop_density', 'ratio_old', 'ratio_youth']
    """
    for name in only:
        if name not in within:
            raise DefinitionError(f"there is no indicator {name!r}; {suggestion(name, within)}")
        if not (within[name].is_computable or within[name].is_growth):
            raise DefinitionError(f"{name}: a {within[name].form} without a formula; load its values instead")
    sums = _sums(within, {*delivered, LAND_AREA})
    counts = {*delivered, LAND_AREA, *sums}
    own = {
        name: described(one)
        for name, one in city.items()
        if name not in within and one.is_computable and name not in delivered
    }
    shared = {
        name: one
        for name, one in within.items()
        if (one.is_computable or one.is_growth)
        and name not in delivered
        and not any(other in city for other in one.same_as)
        and (not only or name in only)
    }
    chosen = {name: one for name, one in {**own, **shared}.items() if counts >= set(one.counts)}
    used = {count for one in chosen.values() for count in one.counts}
    used |= {part for name in used & sums.keys() for part in _parts(sums[name], sums)}
    return Selection(
        sums=tuple(sums[name] for name in sorted(used & sums.keys())),
        indicators=tuple(
            replace(one, minimum_denominator=_reliable(one, minimum_denominator))
            for _, one in sorted(chosen.items())
        ),
        counts=tuple(sorted(used - sums.keys())),
    )


def _reliable(one: Indicator, of_city: float) -> float:
    return min(one.minimum_denominator, of_city) if isinstance(one, IndicatorDefinition) else of_city


def _sums(
    within: Mapping[str, IndicatorDefinition], counts: Collection[str]
) -> dict[str, IndicatorDefinition]:
    """Return the sums that the counts, and sums of them, make."""
    found: dict[str, IndicatorDefinition] = {}
    while True:
        there = {*counts, *found}
        more = {
            name: one
            for name, one in within.items()
            if one.sum_of and name not in there and there.issuperset(one.sum_of)
        }
        if not more:
            return found
        found |= more


def _parts(one: IndicatorDefinition, sums: Mapping[str, IndicatorDefinition]) -> set[str]:
    """Return everything a sum is made of, also by way of other sums."""
    parts = set(one.sum_of)
    return parts.union(*(_parts(sums[part], sums) for part in parts if part in sums))
