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

from etl.confidentiality import Confidentiality
from etl.delivery import Delivery
from etl.earlier import Earlier, confirmed
from etl.errors import DeliveryError, Problem
from indicators.confidentiality import (
    ConfidentialityError,
    Grid,
    Protected,
    Relations,
    area_sums,
    audit_published,
    category_sums,
    grid_of,
    no_relations,
    parts,
    protect,
)
from indicators.definition import Indicator
from indicators.status import ValueStatus

__all__ = [
    "ExposedCountsError",
    "Guarded",
    "attack",
    "exposed_counts",
    "parents_of",
    "withhold",
    "withhold_exposed",
    "withhold_periods",
    "withhold_sensitive",
]

_SHOWN = 5
_KEY = ["area_id", "period", "indicator_id"]
_MISSING = ValueStatus.MISSING.value
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

    `by_publisher`: counts that came withheld. `small`: withheld here for their own sake. `for_others`: withheld so that
    no other can be computed. `gap`: how much of these might be spared at most [0–1]. `proven`: periods in which nothing
    is left to attack, because they were protected here. `left_out`: sums that do not hold for what was delivered.
    `withheld_before`: counts that came with a number, but were withheld by an earlier load, and so stay withheld.
    `delivered`: the values as they came, and `earlier`: the last publication, where there is one.
    """

    delivery: Delivery
    by_publisher: int
    small: int = 0
    for_others: int = 0
    gap: float = 0.0
    seconds: float = 0.0
    proven: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()
    withheld_before: int = 0
    delivered: pd.DataFrame | None = None
    earlier: Earlier | None = None

    @property
    def after_load(self) -> int | None:
        """Number of the load whose publication was looked at."""
        return None if self.earlier is None else self.earlier.load_id

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
        }


def withhold_sensitive(delivery: Delivery, earlier: Earlier | None = None) -> Guarded:
    """Withhold the counts that are too small to be public, with everything it takes; the rest stays as delivered.

    `earlier`: the last publication of the city. What it withholds stays withheld, and what it publishes as it is
    delivered now is known to everybody, and hides nothing any more.

    Raises
    ------
    DeliveryError
        If a count cannot be protected, or the counts contradict each other.
    """
    started = time.perf_counter()
    declared = delivery.confidentiality
    delivered = delivery.values.reset_index(drop=True)
    delivery, before = _still_withheld(delivery, earlier)
    grid = _grid(delivery.values, parents_of(delivery), _counts(delivery.indicators, declared))
    rules = declared.rules(grid.indicators)
    sensitive = grid.sensitive(rules, declared.close_parts(delivery.indicators))
    coarse = [one is not None and one.treatment != "withhold" for one in rules.values()]
    if any(coarse):
        raise DeliveryError(
            delivery.source.id,
            [
                Problem(
                    "profiles that round or raise counts are for tables; give the source one that withholds"
                )
            ],
        )
    untrue = grid.untrue(declared.categories)
    guarded = Guarded(
        delivery=delivery,
        by_publisher=int(grid.hidden.sum()) - before,
        withheld_before=before,
        delivered=delivered,
        earlier=earlier,
        left_out=tuple(f"{kind} of {name}" for kind, name in _sums_named(untrue)),
        seconds=time.perf_counter() - started,
    )
    periods = grid.periods[sensitive.any(axis=(0, 2))]
    return withhold_periods(guarded, [str(period) for period in periods]) if len(periods) else guarded


def _still_withheld(delivery: Delivery, earlier: Earlier | None) -> tuple[Delivery, int]:
    """Return the delivery with what an earlier load withheld withheld again, and how many counts that are."""
    if earlier is None:
        return delivery, 0
    values = delivery.values.reset_index(drop=True)
    was_withheld, _ = earlier.beside(values)
    is_count = values["indicator_id"].isin(_counts(delivery.indicators, delivery.confidentiality))
    again = was_withheld & is_count.to_numpy() & values["value"].notna().to_numpy()
    if not again.any():
        return delivery, 0
    number = values["value"].mask(again)
    status = values["status"].mask(again, _SUPPRESSED)
    return replace(delivery, values=values.assign(value=number, status=status)), int(again.sum())


def withhold(delivery: Delivery) -> Guarded:
    """Withhold everything that has to be: what is too small, and what would give away what is withheld."""
    return withhold_exposed(withhold_sensitive(delivery))


def withhold_exposed(guarded: Guarded) -> Guarded:
    """Attack what would be published, and protect the periods in which something can be found out."""
    seconds, exposed = exposed_counts(guarded)
    guarded = guarded.after(seconds)
    return withhold_periods(guarded, set(exposed["period"])) if len(exposed) else guarded


def exposed_counts(guarded: Guarded) -> tuple[float, pd.DataFrame]:
    """Attack what would be published; return the seconds that took, and what can be narrowed down, and to what.

    Periods that were protected here need no attack: their protection is a proof.
    """
    started = time.perf_counter()
    delivery = guarded.delivery
    open_ = ~delivery.values["period"].isin(guarded.proven)
    try:
        exposed = attack(
            delivery.values[open_], parents_of(delivery), delivery.indicators, delivery.confidentiality
        )
    except ConfidentialityError as error:
        raise _refused(delivery, error) from error
    return time.perf_counter() - started, exposed


def attack(
    values: pd.DataFrame,
    parents: Mapping[str, str],
    indicators: Collection[Indicator],
    declared: Confidentiality,
) -> pd.DataFrame:
    """Return the withheld counts that can be narrowed down from published values: area_id, period, indicator_id, low, high.

    `values` has geography, area_id, period, indicator_id, value and status; `parents` and the result name areas with
    their level in front.
    """
    grid = _grid(values, parents, _counts(indicators, declared))
    found = audit_published(
        grid,
        declared.rules(grid.indicators),
        categories=declared.categories,
        parts=declared.all_parts(indicators),
    )
    return found.exposed[["area_id", "period", "indicator_id", "low", "high"]].reset_index(drop=True)


def withhold_periods(guarded: Guarded, periods: Collection[str]) -> Guarded:
    """Protect all counts of some periods; what is withheld already stays withheld."""
    started = time.perf_counter()
    values = guarded.delivery.values.reset_index(drop=True)
    number, status = (
        values["value"].to_numpy(dtype=float).copy(),
        values["status"].to_numpy(dtype=object).copy(),
    )
    small = for_others = 0
    cost = bound = 0.0
    for period in sorted(periods):
        result, rows = _protected(guarded, values, period)
        number[rows[result.hidden]] = np.nan
        status[rows[result.hidden]] = ValueStatus.SUPPRESSED.value
        small += int((result.is_sensitive & ~result.cells.unknown).sum())
        for_others += int(result.is_partner.sum())
        cost, bound = cost + result.cost, bound + result.lower_bound
    return replace(
        guarded,
        delivery=replace(guarded.delivery, values=values.assign(value=number, status=status)),
        small=guarded.small + small,
        for_others=guarded.for_others + for_others,
        gap=1 - bound / cost if cost > 0 else guarded.gap,
        proven=guarded.proven | set(periods),
        seconds=guarded.seconds + time.perf_counter() - started,
    )


def _protected(guarded: Guarded, values: pd.DataFrame, period: str) -> tuple[Protected, np.ndarray]:
    """Return the protected counts of a period and their rows."""
    delivery, earlier = guarded.delivery, guarded.earlier
    declared = delivery.confidentiality
    counts = _counts(delivery.indicators, declared)
    rows = np.flatnonzero((values["period"] == period) & values["indicator_id"].isin(counts))
    table = values.iloc[rows].reset_index(drop=True)
    released = np.zeros(len(table), dtype=bool) if earlier is None else earlier.beside(table)[1]
    table = table.assign(area_id=_names(table), released=released)
    try:
        relations = _relations(delivery, table, counts) + _relations_before(guarded, table, rows, counts)
        return protect(table, relations, declared.rules(counts)), rows
    except ConfidentialityError as error:
        raise _refused(delivery, error) from error


def _relations(delivery: Delivery, table: pd.DataFrame, counts: list[str]) -> Relations:
    """Return everything that adds up in a table, sums that do not hold with their error."""
    declared, parents = delivery.confidentiality, parents_of(delivery)
    relations = no_relations() + area_sums(table, parents)
    for total, categories in declared.categories:
        relations = relations + category_sums(table, total, categories)
    untrue = grid_of(table, parents, indicators=counts).untrue(declared.categories)
    for kind, names in untrue.groupby("kind"):
        relations = _with_errors(relations, table, str(kind), {name for _, name in _sums_named(names)})
    close = declared.close_parts(delivery.indicators)
    for part, whole in declared.all_parts(delivery.indicators):
        relations = relations + parts(table, part, whole, complement=(part, whole) in close)
    return relations


def _relations_before(
    guarded: Guarded, table: pd.DataFrame, rows: np.ndarray, counts: list[str]
) -> Relations:
    """Return the sums of the last publication with something withheld that is still the same."""
    if guarded.earlier is None or guarded.delivered is None or not len(table):
        return no_relations()
    old = guarded.earlier.values
    grid = _grid(old[old["period"] == table["period"].iloc[0]], parents_of(guarded.delivery), counts)
    _, relations = grid.system(guarded.delivery.confidentiality.categories, ())
    return confirmed(relations, table.assign(value=guarded.delivered["value"].to_numpy(dtype=float)[rows]))


def _with_errors(relations: Relations, table: pd.DataFrame, kind: str, names: set[str]) -> Relations:
    """Let sums that do not hold be off by what they are off: everybody can still subtract, and be wrong by little.

    Where a member is withheld, and what is published alone is more than the whole, nobody knows by how much: such sums
    are left out.
    """
    value = table.set_index(_KEY)["value"].where(table["status"].to_numpy() != _MISSING, 0.0)
    members = relations.members
    at = pd.MultiIndex.from_frame(members[_KEY])
    each = members["factor"].astype(float).to_numpy() * value.reindex(at).to_numpy(dtype=float)
    relation = members["relation"].to_numpy(dtype=np.int64)
    off = np.bincount(relation, weights=each, minlength=len(relations))  # NaN where a member is withheld
    kinds = relations.kinds
    chosen = ((kinds["kind"] == kind) & kinds["name"].isin(names)).to_numpy(dtype=bool)
    unknown = chosen & np.isnan(off)
    constant = np.where(chosen & ~unknown, off, kinds["constant"].to_numpy(dtype=float))
    settled = replace(relations, kinds=kinds.assign(constant=constant))
    return settled.without(kind, list(kinds.loc[unknown, "name"]))


def _sums_named(untrue: pd.DataFrame) -> list[tuple[str, str]]:
    """Return kind and name of sums, as relations are named."""
    names = untrue["area_id"] + " / " + untrue["period"] + " / " + untrue["indicator_id"]
    return list(zip(untrue["kind"], names, strict=True))


def _grid(values: pd.DataFrame, parents: Mapping[str, str], counts: list[str]) -> Grid:
    named = pd.DataFrame(
        {
            "area_id": _names(values),
            **{name: values[name].to_numpy() for name in ("period", "indicator_id", "value", "status")},
        }
    )
    return grid_of(named, parents, indicators=counts)


def _counts(indicators: Collection[Indicator], declared: Confidentiality) -> list[str]:
    """Return the counts that need protection, and those that are tied to others."""
    tied = {name for total, inside in declared.categories for name in (total, *inside)}
    tied |= {name for pair in declared.all_parts(indicators) for name in pair}
    counts = [one.id for one in indicators if one.kind == "extensive"]
    return [name for name, rule in declared.rules(counts).items() if rule is not None or name in tied]


def _names(frame: pd.DataFrame) -> np.ndarray:
    """Return one name per area of any level: keys alone might occur on two levels."""
    level, levels = pd.factorize(frame["geography"])
    key, keys = pd.factorize(frame["area_id"])
    pair, pairs = pd.factorize(level * len(keys) + key)
    places = [divmod(int(one), len(keys)) for one in pairs]
    names = [f"{levels[at]} {keys[area]}" for at, area in places]
    return np.array(names, dtype=np.object_)[pair]


def parents_of(delivery: Delivery) -> dict[str, str]:
    """Return the area above each area; all are named with their level in front."""
    above = {level.id: level.parent for level in delivery.geographies}
    areas = delivery.areas
    places = zip(areas["geography"], areas["area_id"], areas["parent_id"], strict=True)
    return {
        f"{level} {area}": f"{above[level]} {parent}"
        for level, area, parent in places
        if parent is not None and above.get(level) is not None
    }


def _refused(delivery: Delivery, error: ConfidentialityError) -> DeliveryError:
    return DeliveryError(delivery.source.id, [Problem(f"confidentiality: {error}")])
