"""Nothing enters the database before this: counts that are too small are withheld, and what would give them away.

What the publisher has withheld already is attacked with everything he published; only what can be narrowed down is
protected further. A delivery that cannot be protected is refused.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.confidentiality import Confidentiality, definitions_for
from etl.delivery import Delivery
from etl.earlier import Beside, Earlier
from etl.errors import DeliveryError, Problem
from etl.knowledge import Knowledge, guessed_from_other_years
from etl.relations import CELL, counts_of, folded, grid_from, names_of, parents_of, relations_in, sums_named
from indicators.confidentiality import (
    ConfidentialityError,
    Protected,
    Relations,
    among_withheld,
    audit_published,
    grid_of,
    protect,
    tenable,
)
from indicators.definition import Indicator
from indicators.status import ValueStatus

__all__ = [
    "ExposedCountsError",
    "Guarded",
    "attack",
    "exposed_counts",
    "withhold",
    "withhold_exposed",
    "withhold_periods",
    "withhold_sensitive",
]

_SHOWN = 5
_ROUNDS = 6  # what is withheld in one year may be withheld in the next for it, and so on
_SUPPRESSED = ValueStatus.SUPPRESSED.value


class ExposedCountsError(DeliveryError):
    """Withheld counts could be found out from what would be published; `exposed` lists them."""

    def __init__(self, source: str, exposed: pd.DataFrame) -> None:
        self.exposed = exposed
        shown = [
            f"{row.indicator_id} of {row.area_id} in {row.period} lies between {row.low:g} and {row.high:g}"
            for row in exposed.head(_SHOWN).itertuples(index=False)
        ]
        what = (
            f"{len(exposed)} withheld count(s) can be narrowed down from what is published: "
            f"{'; '.join(shown)}{' …' if len(exposed) > _SHOWN else ''}; withhold more beside them"
        )
        super().__init__(source, [Problem(what)])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Guarded:
    """A delivery as the public may see it, and what that took.

    `delivered`: the values as they came. `knowledge`: what an attacker has besides. `by_publisher`: counts that came
    withheld. `small`: withheld here for their own sake. `for_others`: withheld so that no other can be computed, with
    `cost`, which is at least `lower_bound` whatever is withheld. `proven`: periods in which nothing is left to attack,
    because they were protected here. `left_out`: sums that do not hold for what was delivered. `withheld_before`:
    counts that came with a number, but were withheld by an earlier load, and so stay withheld. `public_before`: counts
    that the publisher withholds, but have been public. `guessable`: withheld counts that stand in the year beside, in
    which nothing else was different, and were published there before. `beliefs_left_out`: periods in which what seems
    to follow from earlier publications and editions cannot be protected against.
    """

    delivery: Delivery
    delivered: pd.DataFrame
    knowledge: Knowledge
    by_publisher: int
    small: int = 0
    for_others: int = 0
    cost: float = 0.0
    lower_bound: float = 0.0
    seconds: float = 0.0
    proven: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()
    withheld_before: int = 0
    public_before: int = 0
    guessable: int = 0
    beliefs_left_out: tuple[str, ...] = ()

    @property
    def gap(self) -> float:
        """How much of what is withheld for others might be spared at most, over all periods [0–1]."""
        return 1 - self.lower_bound / self.cost if self.cost > 0 else 0.0

    @property
    def after_load(self) -> int | None:
        """Number of the load whose publication was looked at."""
        return self.knowledge.load_id

    def after(self, seconds: float) -> Guarded:
        """Return the same with so many seconds of work more."""
        return replace(self, seconds=self.seconds + seconds)

    def told(self) -> dict[str, Any]:
        """Return what the row of the load says."""
        return {
            "profile": self.delivery.confidentiality.profile.id,
            "withheld_by_publisher": self.by_publisher,
            "withheld_small": self.small,
            "withheld_for_others": self.for_others,
            "withheld_before": self.withheld_before,
            "gap": round(self.gap, 4),
            "seconds": round(self.seconds, 2),
            "sums_that_do_not_hold": len(self.left_out),
            "of_these": list(self.left_out[:_SHOWN]),
            "withheld_but_public_before": self.public_before,
            "guessable_from_other_years": self.guessable,
            "periods_without_beliefs": list(self.beliefs_left_out),
            "areas_unrelated_to_other_editions": self.knowledge.unrelated,
        }


def withhold_sensitive(delivery: Delivery, earlier: Earlier | None = None) -> Guarded:
    """Withhold the counts that are too small to be public, with everything it takes; the rest stays as delivered.

    `earlier`: what the city has published. What was withheld stays withheld, and what is public as it is delivered now
    is known to everybody, and hides nothing any more.

    Raises
    ------
    DeliveryError
        If a count cannot be protected, or the counts contradict each other.
    """
    started = time.perf_counter()
    declared = delivery.confidentiality
    definitions = definitions_for(delivery.city.id, delivery.indicators)
    delivered = delivery.values.reset_index(drop=True)
    came_withheld = (delivered["status"] == _SUPPRESSED).to_numpy(dtype=bool)
    beside = None if earlier is None else earlier.beside(delivered)
    delivery, before, public_before = _still_withheld(delivery, beside, counts_of(definitions, declared))
    every = [one.id for one in delivery.indicators if one.kind == "extensive"]
    all_counts = grid_from(delivery.values, parents_of(delivery), every)
    grid = all_counts.only(counts_of(definitions, declared))
    rules = declared.rules(grid.indicators)
    sensitive = grid.sensitive(rules, declared.close_parts(definitions))
    if idle := declared.idle_rules():
        raise DeliveryError(delivery.source.id, [Problem(what) for what in idle])
    guarded = Guarded(
        delivery=delivery,
        delivered=delivered,
        knowledge=Knowledge(
            delivery=delivery, definitions=definitions, delivered=delivered, earlier=earlier, beside=beside
        ),
        by_publisher=int((came_withheld & delivered["indicator_id"].isin(grid.indicators)).sum()),
        withheld_before=before,
        public_before=public_before,
        left_out=tuple(
            f"{kind} of {name}" for kind, name in sums_named(grid.untrue(declared.sums(definitions)))
        ),
        seconds=time.perf_counter() - started,
    )
    periods = [str(period) for period in grid.periods[sensitive.any(axis=(0, 2))]]
    return _withhold_guessed(withhold_periods(guarded, periods) if periods else guarded)


def _still_withheld(
    delivery: Delivery, beside: Beside | None, counts: list[str]
) -> tuple[Delivery, int, int]:
    """Return the delivery with what earlier loads withheld withheld again.

    And how many counts that are, and how many the publisher withholds that have been public.
    """
    if beside is None:
        return delivery, 0, 0
    values = delivery.values.reset_index(drop=True)
    is_count = values["indicator_id"].isin(counts).to_numpy(dtype=bool)
    gone = is_count & (values["status"] == _SUPPRESSED).to_numpy(dtype=bool)
    has_public_zeros = {
        name
        for name, rule in delivery.confidentiality.rules(counts).items()
        if rule is not None and rule.zeros == "public"
    }
    # Where zeros are public, no zero was ever withheld: this one is new.
    is_new = (values["value"] == 0) & values["indicator_id"].isin(has_public_zeros)
    again = is_count & beside.was_withheld & (values["value"].notna() & ~is_new).to_numpy(dtype=bool)
    public_before = int((~np.isnan(beside.number[gone])).sum())
    if again.any():
        delivery = _without(delivery, values, again)
    return delivery, int(again.sum()), public_before


def withhold(delivery: Delivery) -> Guarded:
    """Withhold everything that has to be: what is too small, and what would give away what is withheld."""
    return withhold_exposed(withhold_sensitive(delivery))


def withhold_exposed(guarded: Guarded) -> Guarded:
    """Attack what would be published, and protect the periods in which something can be found out."""
    seconds, exposed = exposed_counts(guarded)
    guarded = guarded.after(seconds)
    return _withhold_guessed(withhold_periods(guarded, set(exposed["period"]))) if len(exposed) else guarded


def exposed_counts(guarded: Guarded) -> tuple[float, pd.DataFrame]:
    """Attack what would be published; return the seconds that took, and what can be narrowed down, and to what.

    Periods that were protected here need no attack: their protection is a proof.
    """
    started = time.perf_counter()
    delivery, knowledge = guarded.delivery, guarded.knowledge
    is_open = ~delivery.values["period"].isin(guarded.proven).to_numpy(dtype=bool)
    facts, beliefs = knowledge.relations(is_open)
    try:
        exposed = attack(
            knowledge.with_context(delivery.values[is_open]),
            knowledge.parents,
            knowledge.definitions,
            delivery.confidentiality,
            besides=facts,
            beliefs=beliefs,
        )
    except ConfidentialityError as error:
        raise _refused(delivery, error) from error
    return time.perf_counter() - started, exposed


def attack(
    values: pd.DataFrame,
    parents: Mapping[str, str],
    definitions: Collection[Indicator],
    declared: Confidentiality,
    *,
    besides: Relations | None = None,
    beliefs: Relations | None = None,
) -> pd.DataFrame:
    """Return the withheld counts that can be narrowed down from published values: area_id, period, indicator_id, low, high.

    `values` has geography, area_id, period, indicator_id, value and status; `parents` and the result name areas with
    their level in front. `besides` is known as well, and `beliefs` are taken for true where they can be.
    """
    grid = grid_from(values, parents, counts_of(definitions, declared))
    found = audit_published(
        grid,
        declared.rules(grid.indicators),
        categories=declared.sums(definitions),
        parts=declared.all_parts(definitions),
        besides=besides,
        beliefs=beliefs,
    )
    return found.exposed[[*CELL, "low", "high"]].reset_index(drop=True)


def withhold_periods(guarded: Guarded, periods: Collection[str]) -> Guarded:
    """Protect all counts of some periods; what is withheld already stays withheld."""
    for period in sorted(periods):
        started = time.perf_counter()
        values = guarded.delivery.values.reset_index(drop=True)
        result, rows, is_believed = _protected(guarded, values, period)
        hidden = np.zeros(len(values), dtype=bool)
        hidden[rows] = result.hidden[: len(rows)]
        left_out = guarded.beliefs_left_out if is_believed else (*guarded.beliefs_left_out, period)
        guarded = replace(
            guarded,
            delivery=_without(guarded.delivery, values, hidden),
            small=guarded.small + int((result.is_sensitive & ~result.cells.unknown).sum()),
            for_others=guarded.for_others + int(result.is_partner.sum()),
            cost=guarded.cost + result.cost,
            lower_bound=guarded.lower_bound + result.lower_bound,
            proven=guarded.proven | {period},
            seconds=guarded.seconds + time.perf_counter() - started,
            beliefs_left_out=tuple(dict.fromkeys(left_out)),
        )
    return guarded


def _without(delivery: Delivery, values: pd.DataFrame, hidden: NDArray[np.bool_]) -> Delivery:
    number, status = values["value"].mask(hidden), values["status"].mask(hidden, _SUPPRESSED)
    return replace(delivery, values=values.assign(value=number, status=status))


def _withhold_guessed(guarded: Guarded) -> Guarded:
    """Withhold what would tell withheld counts of the year beside, with everything it takes."""
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        values = guarded.delivery.values.reset_index(drop=True)
        telling, left = guessed_from_other_years(guarded.knowledge, values)
        guarded = replace(guarded, guessable=left).after(time.perf_counter() - started)
        if not telling.any():
            break
        guarded = replace(
            guarded,
            delivery=_without(guarded.delivery, values, telling),
            for_others=guarded.for_others + int(telling.sum()),
        )
        guarded = withhold_periods(guarded, set(values.loc[telling, "period"]))
    return guarded


def _protected(
    guarded: Guarded, values: pd.DataFrame, period: str
) -> tuple[Protected, NDArray[np.intp], bool]:
    """Return the protected counts of a period, their rows, and whether they are protected against beliefs, too.

    Behind the rows come counts that are not delivered, but withheld elsewhere; those that are published elsewhere enter
    the relations as numbers.
    """
    knowledge, declared = guarded.knowledge, guarded.delivery.confidentiality
    counts = knowledge.counts
    is_asked = ((values["period"] == period) & values["indicator_id"].isin(counts)).to_numpy(dtype=bool)
    rows = np.flatnonzero(is_asked)
    every = knowledge.with_context(values.iloc[rows].reset_index(drop=True))
    every = every.assign(area_id=names_of(every), released=False)
    every.loc[: len(rows) - 1, "released"] = knowledge.is_released(values, rows)
    is_elsewhere = (np.arange(len(every)) >= len(rows)) & every["value"].notna().to_numpy()
    table = every[~is_elsewhere].reset_index(drop=True)
    facts, beliefs = knowledge.relations(is_asked)
    try:
        relations = relations_in(every, knowledge.parents, declared, knowledge.definitions) + facts
        if is_elsewhere.any():
            relations = folded(relations, every[is_elsewhere].set_index(CELL)["value"])
        held = _tenable(knowledge, every, facts, beliefs)
        rules = declared.rules(counts)
        if len(held):
            try:
                return protect(table, relations + held, rules), rows, True
            except ConfidentialityError:
                pass  # what cannot be protected against a belief may still be protected against what is known
        return protect(table, relations, rules), rows, not len(held)
    except ConfidentialityError as error:
        raise _refused(guarded.delivery, error) from error


def _tenable(knowledge: Knowledge, every: pd.DataFrame, facts: Relations, beliefs: Relations) -> Relations:
    """Return the beliefs that fit what is published, about what is withheld."""
    if not len(beliefs):
        return beliefs
    declared = knowledge.delivery.confidentiality
    grid = grid_of(every, knowledge.parents, indicators=knowledge.counts)
    table, known = grid.system(
        declared.sums(knowledge.definitions), declared.all_parts(knowledge.definitions)
    )
    known = known + among_withheld(grid, facts)
    return tenable(table, known, among_withheld(grid, beliefs), declared.rules(grid.indicators))


def _refused(delivery: Delivery, error: ConfidentialityError) -> DeliveryError:
    return DeliveryError(delivery.source.id, [Problem(f"confidentiality: {error}")])
