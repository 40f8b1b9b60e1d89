"""The work whose time is measured; each case takes a city and returns the figures to be told beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.boundaries.city import City, berlin
from spatial.regions import (
    PriorityAreas,
    RegionLimits,
    propose,
    prove,
    resampled_needs,
    soft_membership,
    suggested_parameters,
)
from spatial.regions.cuts.family import nested_family
from spatial.regions.proposal import objective_with_fixed

__all__ = ["BERLIN", "WORK", "Figures"]

Figures = dict[str, float]

_PRICE = 0.5
_LIMITS = RegionLimits(least_residents=2000, most_residents=25_000, most_share=0.15)
_BERLIN_LIMITS = (
    RegionLimits(least_residents=10_000, most_share=0.15),
    RegionLimits(least_residents=10_000, most_share=0.15, most_regions=12),
)
_VARIED_LIMITS = (
    RegionLimits(most_share=0.1),
    RegionLimits(least_residents=2000, most_share=0.1),
    RegionLimits(least_residents=5000, most_residents=30_000),
    RegionLimits(least_residents=2000, most_share=0.15, most_regions=10),
)
_LOWER, _UPPER = 0.75, 1.25


def _proposed(city: City, **changed: Any) -> PriorityAreas:
    given: dict[str, Any] = {"threshold": 1.0, "border_price": _PRICE, "limits": _LIMITS} | changed
    return propose(city.need, city.people, city.graph, **given)


def _proposal(city: City) -> Figures:
    return {"gap [%]": 100 * _proposed(city).relative_gap}


def _worst_gap(city: City) -> Figures:
    """Propose for every surface and every set of limits; return how far the worst may be from the best."""
    gaps = []
    for need in (city.need, *city.harder):
        price = suggested_parameters(need, city.people, city.graph).border_price
        for limits in _VARIED_LIMITS:
            found = propose(need, city.people, city.graph, threshold=1.0, border_price=price, limits=limits)
            gaps.append(100 * found.relative_gap)
    return {"gap [%]": max(gaps), "middle gap [%]": float(np.median(gaps)), "proposals": float(len(gaps))}


def _levels(*, is_coarse: bool) -> Callable[[City], Figures]:
    """Return what finds the best choice at every threshold between 0.5 and 2 and reads it at 32 of them."""

    def run(city: City) -> Figures:
        objective = objective_with_fixed(city.need, city.people, city.graph, border_price=_PRICE)
        family = nested_family(objective, low=0.5, high=2.0, is_coarse=is_coarse)
        levels = [int(family.chosen(level).sum()) for level in np.linspace(0.5, 2.0, 32, endpoint=False)]
        choices = len(np.unique(family.critical[(family.critical > 0.5) & (family.critical < 2.0)]))
        return {"choices": choices, "areas at the lowest": levels[0], "at the highest": levels[-1]}

    return run


def _slider(**changed: Any) -> Callable[[City], Figures]:
    """Return what one moved slider asks for: the proposal, and the membership that the map is coloured by."""

    def run(city: City) -> Figures:
        options = {"existing": city.need > _UPPER, "inertia": 0.1} | changed
        found = _proposed(city, **options)
        soft = soft_membership(
            city.need,
            city.people,
            city.graph,
            lower_threshold=found.threshold - 0.25,
            upper_threshold=found.threshold + 0.25,
            border_price=found.border_price,
            existing=found.existing,
            inertia=found.inertia,
        )
        return {"regions": len(found.border_length), "core areas": float((soft.zone_class == "core").sum())}

    return run


def _resamples(city: City) -> Figures:
    error = city.need * 0 + 0.25
    soft = soft_membership(
        city.need,
        city.people,
        city.graph,
        lower_threshold=_LOWER,
        upper_threshold=_UPPER,
        border_price=_PRICE,
        resamples=lambda rng: resampled_needs(city.need, error, resamples=200, rng=rng),
    )
    return {"mean certainty": float(soft.certainty.mean())}


WORK: dict[str, Callable[[City], Figures]] = {
    "proposal within limits": _proposal,
    "twenty proposals": _worst_gap,
    "nested choices, 32 levels": _levels(is_coarse=True),
    "nested choices, exact": _levels(is_coarse=False),
    "slider: threshold": _slider(threshold=1.1),
    "slider: border price": _slider(border_price=0.8),
    "slider: inertia": _slider(inertia=0.3),
    "slider: budget": _slider(
        limits=RegionLimits(least_residents=2000, most_residents=25_000, most_share=0.08)
    ),
    "200 resamples": _resamples,
}


def _berlin_proofs(city: City) -> Figures:
    proofs = [prove(_proposed(city, limits=limits), city.graph, time_limit=60.0) for limits in _BERLIN_LIMITS]
    return {
        "proved of 2": float(sum(proof.is_proved for proof in proofs)),
        "gap left [%]": 100 * max(proof.relative_gap for proof in proofs),
    }


BERLIN: dict[str, tuple[Callable[[], City], Callable[[City], Figures]]] = {
    f"Berlin {year}, two proofs": (partial(berlin, year), _berlin_proofs) for year in ("2013", "2017", "2019")
}
