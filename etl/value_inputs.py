"""What does a published value rest on? For the audit: nothing may be made of something that is withheld."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from etl.cities import CityProfile
from indicators.computed import computed_by
from indicators.definition import Indicator, IndicatorDefinition
from indicators.methods import Method
from indicators.methods.schema import Index

__all__ = ["Input", "value_inputs"]


@dataclass(frozen=True, slots=True)
class Input:
    """A value that another one of the same area is made of, of the same period or so many years before."""

    indicator: str
    years: int = 0


def value_inputs(
    profile: CityProfile, indicators: Iterable[Indicator], period: str
) -> dict[str, tuple[Input, ...]]:
    """Return what the computed indicators of a city are made of in a period, by id.

    Of an index that is its columns; what a method fills in or leaves out where it is not known is not needed.
    """
    found = {one.id: tuple(map(Input, one.counts)) for one in indicators if one.is_computable}
    for name in (one.id for one in indicators):
        defined = profile.catalogue.get(name)
        if isinstance(defined, IndicatorDefinition) and defined.is_growth and defined.numerator is not None:
            found[name] = (Input(defined.numerator), Input(defined.numerator, defined.years))
    method = profile.method_for(period)
    return found if method is None else found | _of_method(method)


def _of_method(method: Method) -> dict[str, tuple[Input, ...]]:
    kept = computed_by(method)
    status = [Input(name) for name in _needed(method, method.columns, method.indices)]
    found = {one.id: tuple(status) for one in (kept.index, kept.classes) if one is not None}
    if method.dynamics is None:
        return found
    dynamics = [Input(name) for name in _needed(method, method.dynamics_columns, method.dynamics.indices)]
    if method.dynamics.change != "given":
        needed = _needed(method, method.dynamics.indicators, method.dynamics.indices)
        dynamics += [Input(name, method.dynamics.years) for name in needed]
    found |= {one.id: tuple(dynamics) for one in (kept.dynamics, kept.dynamics_classes) if one is not None}
    if kept.pairs is not None:
        found[kept.pairs.id] = tuple(dict.fromkeys([*status, *dynamics]))
    return found


def _needed(method: Method, columns: Sequence[str], indices: Sequence[Index]) -> list[str]:
    inputs = [one for index in indices for one in index.inputs]
    asked = {*method.validity.required, *(one.indicator for one in method.validity.minimum)}
    tolerant = {one.id for one in inputs if one.missing != "exclude"}
    tolerant -= asked | {one.id for one in inputs if one.missing == "exclude"}
    return [name for name in columns if name not in tolerant]
