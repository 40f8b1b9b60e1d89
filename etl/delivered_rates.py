"""Rates as a source delivers them: published only as far as the counts behind them are.

A rate times its published whole is its part. So a delivered rate goes the way of a computed one: what of it is published
is said by the counts as they will be public, after they have been protected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.delivery import Delivery
from etl.earlier import Earlier
from indicators.catalogue import city_catalogue
from indicators.confidentiality import Profile, publishable, share_limits
from indicators.definition import Indicator, IndicatorDefinition
from indicators.derived import years_before
from indicators.selection import LAND_AREA
from indicators.status import ValueStatus
from indicators.sums import add_sums

__all__ = ["CheckedRates", "checked_rates", "rates_sentence"]

_KEY = ["geography", "area_id", "period"]
_SUPPRESSED, _MISSING = ValueStatus.SUPPRESSED.value, ValueStatus.MISSING.value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CheckedRates:
    """A delivery whose rates say no more than its counts.

    Delivered rates that are withheld: `of_withheld` counts, `of_few` to relate to, and those `without_counts`, which
    nobody can check; `unchecked` names their indicators. `above`: shown as the top percentage of the profile only.
    """

    delivery: Delivery
    of_withheld: int = 0
    of_few: int = 0
    above: int = 0
    without_counts: int = 0
    unchecked: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"CheckedRates({self.withheld} withheld, {self.above} shown as the limit)"

    @property
    def withheld(self) -> int:
        """All delivered rates that are withheld."""
        return self.of_withheld + self.of_few + self.without_counts

    def told(self) -> dict[str, Any]:
        """Return what the row of the load says."""
        return {
            "rates_of_withheld_counts": self.of_withheld,
            "rates_of_too_few": self.of_few,
            "rates_shown_as_limit": self.above,
            "rates_without_counts": self.without_counts,
            "rates_unchecked": list(self.unchecked),
        }


@dataclass(frozen=True, slots=True, eq=False)
class _PublicCounts:
    """The counts that rates need, as they will be public, indexed by geography, area_id and period."""

    values: pd.DataFrame
    statuses: pd.DataFrame

    def at(self, name: str, places: pd.MultiIndex) -> tuple[pd.Series, pd.Series]:
        """Return values and states of a count; what nobody has delivered is missing."""
        if name not in self.values:
            nothing = pd.Series(np.nan, index=range(len(places)))
            return nothing, pd.Series(_MISSING, index=nothing.index, dtype=object)
        value = self.values[name].reindex(places).reset_index(drop=True)
        return value, self.statuses[name].reindex(places).fillna(_MISSING).reset_index(drop=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Decision:
    """Which rates of an indicator are withheld, and why, and which are shown as `limit`."""

    of_withheld: NDArray[np.bool_]
    of_few: NDArray[np.bool_]
    without_counts: NDArray[np.bool_]
    above: NDArray[np.bool_]
    limit: float


def checked_rates(delivery: Delivery, earlier: Earlier | None = None) -> CheckedRates:
    """Withhold delivered rates that would give withheld counts away, or are of too few; the rest stays as delivered.

    `delivery`: its counts as they will be public. `earlier`: what is published of counts that it does not bring. What a
    rate is made of is said by its own definition, or by that of the catalogue. Where a count that the profile protects
    is neither delivered nor published, the rate is withheld: nobody could tell how many people it is of. A publication
    (a profile under which no count is too small) has nothing of the kind to protect, and its rates stay.
    """
    definitions = _definitions(delivery)
    if not definitions:
        return CheckedRates(delivery=delivery)
    counts = _public_counts(delivery, earlier, definitions)
    values = delivery.values
    number = values["value"].to_numpy(dtype=float, copy=True)
    status = values["status"].to_numpy(dtype=object, copy=True)
    has_value = ~np.isnan(number)
    found = CheckedRates(delivery=delivery)
    for name, definition in definitions.items():
        rows = np.flatnonzero((values["indicator_id"] == name).to_numpy(dtype=bool) & has_value)
        rules = delivery.confidentiality.rules([one for one in definition.counts if one != LAND_AREA])
        made = _decided(definition, pd.MultiIndex.from_frame(values.iloc[rows][_KEY]), counts, rules)
        hidden = rows[made.of_withheld | made.of_few | made.without_counts]
        number[hidden], status[hidden] = np.nan, _SUPPRESSED
        number[rows[made.above]], status[rows[made.above]] = made.limit, ValueStatus.UNCERTAIN.value
        found = replace(
            found,
            of_withheld=found.of_withheld + int(made.of_withheld.sum()),
            of_few=found.of_few + int(made.of_few.sum()),
            above=found.above + int(made.above.sum()),
            without_counts=found.without_counts + int(made.without_counts.sum()),
            unchecked=(*found.unchecked, name) if made.without_counts.any() else found.unchecked,
        )
    if not (found.withheld or found.above):
        return found
    return replace(found, delivery=replace(delivery, values=values.assign(value=number, status=status)))


def rates_sentence(told: Mapping[str, Any]) -> str:
    """Say what of the delivered rates is withheld; nothing where all of them are published."""
    reasons = {
        "rates_of_withheld_counts": "of withheld counts",
        "rates_of_too_few": "of too few",
        "rates_without_counts": f"whose counts are not there ({', '.join(told['rates_unchecked'])})",
    }
    parts = [f"{told[name]:,} {reason}" for name, reason in reasons.items() if told[name]]
    return f"; delivered rates withheld: {', '.join(parts)}" if parts else ""


def _definitions(delivery: Delivery) -> dict[str, Indicator]:
    """Return what the delivered rates are made of: their own definition, or that of the same thing in the catalogue."""
    shared = city_catalogue(delivery.city.id)
    same = {name: one for one in shared.values() for name in one.same_as}
    delivered = set(delivery.values["indicator_id"].unique())
    found: dict[str, Indicator] = {}
    for own in delivery.indicators:
        if own.kind == "intensive" and own.id in delivered:
            candidates = (own, shared.get(own.id), same.get(own.id))
            made = next((one for one in candidates if one is not None and one.numerator is not None), None)
            if made is not None:
                found[own.id] = made
    return found


def _public_counts(
    delivery: Delivery, earlier: Earlier | None, definitions: Mapping[str, Indicator]
) -> _PublicCounts:
    sums = {name: one for name, one in city_catalogue(delivery.city.id).items() if one.sum_of}
    needed = {count for one in definitions.values() for count in one.counts}
    needed.update(part for one in sums.values() for part in one.sum_of)
    columns = [*_KEY, "indicator_id", "value", "status"]
    frames = [delivery.values[columns]]
    if earlier is not None:
        frames.append(earlier.values[columns])
    rows = pd.concat([frame[frame["indicator_id"].isin(needed)] for frame in frames if len(frame)])
    rows = rows.drop_duplicates([*_KEY, "indicator_id"], keep="first")  # what is delivered now is public
    wide = {
        name: rows.pivot(index=_KEY, columns="indicator_id", values=name).astype(kind)
        for name, kind in (("value", float), ("status", object))
    }
    return _PublicCounts(*add_sums(wide["value"], wide["status"].fillna(_MISSING), sums))


def _decided(
    definition: Indicator,
    places: pd.MultiIndex,
    counts: _PublicCounts,
    rules: Mapping[str, Profile | None],
) -> _Decision:
    """Say of every delivered rate of an indicator what may be published."""
    numerator, denominator = definition.numerator or "", definition.denominator or ""
    used = {name: counts.at(name, places) for name in definition.counts}
    part, part_status = used[numerator]
    whole, whole_status = used[denominator]
    every = {name: [pair] for name, pair in used.items()}
    if isinstance(definition, IndicatorDefinition) and definition.is_growth:
        keys = places.to_frame(index=False)
        keys["period"] = [years_before(str(one), definition.years) for one in keys["period"]]
        whole, whole_status = counts.at(denominator, pd.MultiIndex.from_frame(keys))
        every[denominator].append((whole, whole_status))
    of_withheld = np.zeros(len(places), dtype=bool)
    is_unknown = np.zeros(len(places), dtype=bool)
    for name, pairs in every.items():
        rule = rules.get(name)
        for value, state in pairs:
            of_withheld |= (state == _SUPPRESSED).to_numpy(dtype=bool)
            if rule is not None and rule.minimum_count > 1:
                is_unknown |= value.isna().to_numpy(dtype=bool)
    limits = share_limits(definition, rules)
    # A part that needs no protection may be unknown: then the whole alone decides.
    shown = publishable(
        part.fillna(0.0),
        whole,
        numerator_status=part_status,
        denominator_status=whole_status,
        limits=limits,
        may_exceed=True,
    )
    without_counts = is_unknown & ~of_withheld
    is_open = ~(of_withheld | without_counts)
    is_hidden = (shown.denominator_status == _SUPPRESSED).to_numpy(dtype=bool)
    return _Decision(
        of_withheld=of_withheld,
        of_few=is_open & is_hidden & ~shown.is_above,
        without_counts=without_counts,
        above=is_open & shown.is_above,
        limit=float("nan") if limits.top_percent is None else limits.top_percent,
    )
