"""Nothing enters the database before this: counts that are too small are withheld, and what would give them away.

What the publisher has withheld already is attacked with everything he published; only what can be narrowed down is
protected further. A delivery that cannot be protected is refused.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from contextlib import suppress
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
from etl.relations import (
    CELL,
    counts_of,
    grid_from,
    names_of,
    not_settled,
    parents_of,
    relations_in,
    sums_named,
    tied_counts,
)
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
_LAST_CHOICE = (
    1_000.0  # cost of withholding what a public year tells; the number of a whole city costs about 20
)
_SUPPRESSED = ValueStatus.SUPPRESSED.value


class ExposedCountsError(DeliveryError):
    """Withheld counts could be found out from what would be published; `exposed` lists them, the message does not."""

    def __init__(self, source: str, exposed: pd.DataFrame) -> None:
        self.exposed = exposed
        what = (
            f"{len(exposed)} withheld count(s) of {exposed['period'].nunique()} period(s) can be narrowed down from what is"
            " published: withhold more beside them; 'sozialraum confidentiality audit' says which can be from what is"
            " stored, 'sozialraum confidentiality preview' what the public would see of a delivery"
        )
        super().__init__(source, [Problem(what)])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Guarded:
    """A delivery as the public may see it, and what that took.

    `delivered`: the values as they came. `knowledge`: what an attacker has besides. `by_publisher`: counts that came
    withheld. `small`: withheld here for their own sake. `for_others`: withheld so that no other can be computed, with
    `cost`, which is at least `lower_bound` whatever is withheld. `proven`: periods in which nothing is left to attack,
    because they were protected here against all that adds up; `doubtful`: protected, but a sum that cannot be checked had
    to be left out. `left_out`: sums that do not hold for what was delivered.
    `withheld_before`: counts that came with a number, but were withheld by an earlier load, and so stay withheld.
    `public_before`: counts that the publisher withholds, but have been public. `sensitive_but_public`: counts that are
    sensitive by their profile, but public already as they are, which everybody knows. `guessable`: counts that tell
    withheld ones of the year beside, in which nothing else was different, and are public already. `avoided`: rows that
    are withheld for others only where nothing else helps, because a public year tells them. `beliefs_left_out`:
    periods in which what seems to follow from earlier publications and editions cannot be protected against.
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
    doubtful: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()
    withheld_before: int = 0
    public_before: int = 0
    sensitive_but_public: int = 0
    guessable: int = 0
    avoided: NDArray[np.bool_] | None = None
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
            "withheld_but_public_in_other_editions": self.knowledge.public_elsewhere(self.delivery.values),
            "sensitive_but_public_before": self.sensitive_but_public,
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
    if idle := declared.idle_rules():
        raise DeliveryError(delivery.source.id, [Problem(what) for what in idle])
    definitions = definitions_for(delivery.city.id, delivery.indicators)
    delivered = delivery.values.reset_index(drop=True)
    came_withheld = (delivered["status"] == _SUPPRESSED).to_numpy(dtype=bool)
    counts = counts_of(definitions, declared)
    scope = tied_counts(
        [one.id for one in delivery.indicators if one.kind == "extensive"], definitions, declared
    )
    beside = None if earlier is None else earlier.beside(delivered, scope)
    delivery, before, public_before = _still_withheld(delivery, beside, counts)
    knowledge = Knowledge(
        delivery=delivery, definitions=definitions, delivered=delivered, earlier=earlier, beside=beside
    )
    grid = grid_from(delivery.values, parents_of(delivery), counts)
    guarded = Guarded(
        delivery=delivery,
        delivered=delivered,
        knowledge=knowledge,
        by_publisher=int((came_withheld & delivered["indicator_id"].isin(grid.indicators)).sum()),
        withheld_before=before,
        public_before=public_before,
        left_out=tuple(
            f"{kind} of {name}" for kind, name in sums_named(grid.untrue(declared.sums(definitions)))
        ),
    )
    sensitive = _sensitive(knowledge, delivery.values)
    guarded = _withhold(guarded.after(time.perf_counter() - started), set(sensitive["period"]))
    if not len(sensitive):
        return guarded
    return replace(guarded, sensitive_but_public=len(_sensitive(knowledge, guarded.delivery.values)))


def _sensitive(knowledge: Knowledge, values: pd.DataFrame) -> pd.DataFrame:
    """Return the counts that should not be public by their profile: area_id, period and indicator_id.

    Of what is stored beside the delivery those that the delivery makes sensitive, such as the part of a new whole: what is
    sensitive by itself was judged when it was loaded.
    """
    declared, definitions = knowledge.delivery.confidentiality, knowledge.definitions
    every, close = knowledge.with_context(values), declared.close_parts(definitions)
    grid = grid_from(every, knowledge.parents, knowledge.counts)
    rules = declared.rules(grid.indicators)
    found = grid.sensitive(rules, close)
    if found.any() and len(every) > len(values):
        stored = every.assign(value=every["value"].where(np.arange(len(every)) >= len(values)))
        found &= ~grid_from(stored, knowledge.parents, knowledge.counts).sensitive(rules, close)
    return grid.keys(found)


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
    """Attack what would be published, and protect the periods in which something can be found out.

    Raises
    ------
    ExposedCountsError
        If something can still be found out then.
    """
    seconds, exposed = exposed_counts(guarded)
    guarded = guarded.after(seconds)
    if not len(exposed):
        return guarded
    periods = set(exposed["period"])
    guarded = _withhold(guarded, periods)
    if not periods <= guarded.proven:
        seconds, exposed = exposed_counts(guarded)
        guarded = guarded.after(seconds)
        if len(exposed):
            raise ExposedCountsError(guarded.delivery.source.id, exposed)
    return guarded


def exposed_counts(guarded: Guarded) -> tuple[float, pd.DataFrame]:
    """Attack what would be published; return the seconds that took, and what can be narrowed down, and to what.

    Periods that were protected here need no attack: their protection is a proof, unless a sum had to be left out. Where
    counts of such a period contradict each other, what holds of them has been protected.
    """
    started = time.perf_counter()
    delivery, done = guarded.delivery, guarded.proven | guarded.doubtful
    try:
        found = [_exposed(guarded, ~delivery.values["period"].isin(done).to_numpy(dtype=bool))]
    except ConfidentialityError as error:
        raise _refused(delivery, error) from error
    for period in sorted(guarded.doubtful - guarded.proven):
        with suppress(ConfidentialityError):
            found.append(_exposed(guarded, (delivery.values["period"] == period).to_numpy(dtype=bool)))
    filled = [one for one in found if len(one)] or found[:1]
    return time.perf_counter() - started, pd.concat(filled, ignore_index=True)


def _exposed(guarded: Guarded, is_asked: NDArray[np.bool_]) -> pd.DataFrame:
    knowledge = guarded.knowledge
    facts, beliefs = knowledge.relations(is_asked)
    return attack(
        knowledge.with_context(guarded.delivery.values[is_asked]),
        knowledge.parents,
        knowledge.definitions,
        guarded.delivery.confidentiality,
        besides=facts,
        beliefs=beliefs,
    )


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
        result, rows, is_believed, is_whole = _protected(guarded, values, period)
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
            proven=guarded.proven | ({period} if is_whole else set()),
            doubtful=guarded.doubtful | (set() if is_whole else {period}),
            seconds=guarded.seconds + time.perf_counter() - started,
            beliefs_left_out=tuple(dict.fromkeys(left_out)),
        )
    return guarded


def _without(delivery: Delivery, values: pd.DataFrame, hidden: NDArray[np.bool_]) -> Delivery:
    number, status = values["value"].mask(hidden), values["status"].mask(hidden, _SUPPRESSED)
    return replace(delivery, values=values.assign(value=number, status=status))


def _withhold(guarded: Guarded, periods: Collection[str]) -> Guarded:
    """Protect some periods, with what that takes in the years beside; what a public year tells is taken last."""
    started = time.perf_counter()
    has_number = guarded.delivery.values["value"].notna().to_numpy()
    avoided = np.zeros(len(has_number), dtype=bool) if guarded.avoided is None else guarded.avoided
    for _ in range(_ROUNDS):
        found, told = _withhold_guessed(withhold_periods(replace(guarded, avoided=avoided), periods))
        more = told & has_number & ~avoided
        if not more.any():
            break
        avoided = avoided | more
    return replace(found, seconds=guarded.seconds + time.perf_counter() - started)


def _withhold_guessed(guarded: Guarded) -> tuple[Guarded, NDArray[np.bool_]]:
    """Withhold what would tell withheld counts of the year beside, with everything it takes; and what is told for good."""
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        values = guarded.delivery.values.reset_index(drop=True)
        guesses = guessed_from_other_years(guarded.knowledge, values)
        guarded = replace(guarded, guessable=guesses.left).after(time.perf_counter() - started)
        if not guesses.tellers.any():
            break
        guarded = replace(
            guarded,
            delivery=_without(guarded.delivery, values, guesses.tellers),
            for_others=guarded.for_others + int(guesses.tellers.sum()),
        )
        guarded = withhold_periods(guarded, set(values.loc[guesses.tellers, "period"]))
    return guarded, guesses.told


def _protected(
    guarded: Guarded, values: pd.DataFrame, period: str
) -> tuple[Protected, NDArray[np.intp], bool, bool]:
    """Return the protected counts of a period, and their rows.

    And whether they are protected against beliefs, too, and against all sums, or some had to be left out. Behind the rows
    come counts that are not delivered: withheld, or public for good.
    """
    knowledge, declared = guarded.knowledge, guarded.delivery.confidentiality
    counts = knowledge.counts
    is_asked = ((values["period"] == period) & values["indicator_id"].isin(counts)).to_numpy(dtype=bool)
    rows = np.flatnonzero(is_asked)
    every = knowledge.with_context(values.iloc[rows].reset_index(drop=True))
    is_stored = (np.arange(len(every)) >= len(rows)) & every["value"].notna().to_numpy()
    released, cost = is_stored.copy(), np.full(len(every), np.nan)
    released[: len(rows)] = knowledge.is_released(values, rows)
    if guarded.avoided is not None:
        cost[: len(rows)][guarded.avoided[rows]] = _LAST_CHOICE
    every = every.assign(area_id=names_of(every), is_stored=is_stored, released=released, usefulness=cost)
    facts, beliefs = knowledge.relations(is_asked)
    try:
        relations, left_out = relations_in(every, knowledge.parents, declared, knowledge.definitions)
        relations = not_settled(relations + facts, every)
        related = pd.MultiIndex.from_frame(every[CELL]).isin(
            pd.MultiIndex.from_frame(relations.members[CELL])
        )
        table = every[~is_stored | related].reset_index(drop=True)
        held = _tenable(knowledge, every, facts, beliefs)
        rules = declared.rules(counts)
        if len(held):
            try:
                return protect(table, relations + held, rules), rows, True, not left_out
            except ConfidentialityError:
                pass  # what cannot be protected against a belief may still be protected against what is known
        return protect(table, relations, rules), rows, not len(held), not left_out
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
