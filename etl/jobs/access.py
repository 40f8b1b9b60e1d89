"""Shares of a group near facilities: from published counts of small areas, and where these and the facilities lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from db.queries import areas, catalogue, runs, values
from db.queries.overlays import OverlayRow, overlays, read_features
from etl.count_tables import CountTable, read_counts
from etl.datasets.overlay_parts import AccessPart
from etl.errors import EtlError
from etl.jobs.contract import Context, Outcome, Skipped, once
from indicators.access import REACHED, TOTAL, counts_in_reach
from indicators.confidentiality import ShareLimits
from indicators.definition import Indicator
from indicators.derived import derived_values
from spatial.access import (
    joined_at_crossings,
    place_points,
    reached_share,
    straight_distance,
    street_distance,
)
from spatial.segregation.environments.street_network import StreetNetwork

__all__ = ["KIND", "run"]

KIND = "access"

_Level = Mapping[str, Any]
_PARAMETERS = (
    "indicator",
    "group",
    "overlay",
    "metres",
    "way",
    "streets",
    "meet",
    "places",
    "surface",
    "levels",
    "periods",
    "known",
)


def run(context: Context, *, shares_run: int) -> list[Outcome | Skipped]:
    """Compute who lives near which facilities; nothing when the city asks for none, and did not before.

    A share that cannot be computed is left out with the reason, and has no values; the others are computed.
    """
    newest = runs.newest(context.connection, city_id=context.city, kind=KIND)
    before = [one["indicator"] for one in newest["parameters"]["access"]] if newest else []
    if not context.profile.access and not before:
        return []
    ground = _Ground(context)
    reasons = [(part, ground.lacks(part)) for part in context.profile.access]
    skipped = [Skipped(kind=KIND, reason=f"{part.indicator}: {why}") for part, why in reasons if why]
    skipped += [Skipped(kind=KIND, reason=_dropped(context, name)) for name in _not_asked(context, before)]
    asked = [part for part, why in reasons if not why]
    if not asked and not before:
        return [*skipped]
    parameters = {
        "reliable_from": context.profile.reliable_from,
        "access": [_told(one) for one in asked],
        "least": {one.indicator: _limits(context, one).least for one in asked},
    }
    done = once(
        context,
        kind=KIND,
        parameters=parameters,
        upstream=(shares_run,),
        work=lambda run_id: _work(context, ground, asked, before, run_id),
    )
    return [done, *skipped]


def _not_asked(context: Context, before: Sequence[str]) -> list[str]:
    """Return the shares that were computed before, and that the city does not ask for any more."""
    return sorted(set(before) - {part.indicator for part in context.profile.access})


def _dropped(context: Context, name: str) -> str:
    again = f"add [[access]] to it, then load {context.city} again"
    return f"{name}: the manifest that was loaded last does not ask for it any more; if it should, {again}"


def _told(part: AccessPart) -> dict[str, Any]:
    told = {name: getattr(part, name) for name in _PARAMETERS}
    return {name: list(one) if isinstance(one, tuple) else one for name, one in told.items()}


def _work(
    context: Context, ground: _Ground, asked: Sequence[AccessPart], before: Sequence[str], run_id: int
) -> Mapping[str, Any]:
    connection = context.connection
    parts: list[pd.DataFrame] = []
    for done, part in enumerate(asked):
        context.progress(f"access: {part.indicator}", done / len(asked))
        parts += _rows(context, ground, part)
    stored = values.replace_computed(
        connection,
        parts,
        run_id=run_id,
        vintage_ids=[level["vintage_id"] for level in ground.levels],
        indicator_ids=sorted({*before, *(one.indicator for one in asked)}),
    )
    return {"shares": len(asked), "values": stored, "places_without_a_way": ground.unreachable}


def _rows(context: Context, ground: _Ground, part: AccessPart) -> list[pd.DataFrame]:
    """Return the values of one share on all its levels."""
    connection = context.connection
    start = ground.places(part)
    reached = ground.reached(part, start)
    definition = _definition(context, part)
    found = []
    counts = ground.counts(part, start)
    for level in ground.levels:
        if level["rank"] > start["rank"] or (part.levels and level["id"] not in part.levels):
            continue
        own = ground.counts(part, level)
        above = {name: name for name in reached.index}
        if level["id"] != start["id"]:
            above = areas.ancestors(connection, start["vintage_id"], above=level["vintage_id"])
        if not above:  # the areas lie in an older edition of that level
            continue
        for period in part.periods or _newest(counts):
            sums, states = counts_in_reach(
                _of(counts, part.group, period),
                _of(own, part.group, period, areas.area_ids(connection, level["vintage_id"])),
                reached,
                above,
                known=part.known,
                is_surface=part.surface > 0,
            )
            result = derived_values(definition, sums, states, limits=_limits(context, part))
            if part.surface:  # where on the surface people live is not a matter of chance
                result = result.assign(ci_low=np.nan, ci_high=np.nan, comparison=None)
            day = counts.days[part.group, period]
            rows = result.assign(
                indicator_id=part.indicator, reference_date=day, vintage_id=level["vintage_id"]
            )
            found.append(rows.reset_index())
    return found


def _definition(context: Context, part: AccessPart) -> Indicator:
    declared = catalogue.indicator(context.connection, context.city, part.indicator)
    if declared is None:
        hint = f"load {context.city} again with the manifest that asks for it"
        raise EtlError(f"{context.city} has no indicator {part.indicator!r}; {hint}")
    return replace(
        declared,
        numerator=REACHED,
        denominator=TOTAL,
        form="share",
        factor=100.0,
        minimum_denominator=context.profile.reliable_from,
    )


def _limits(context: Context, part: AccessPart) -> ShareLimits:
    """Return of how few the profile of the group publishes no share.

    There is no top percentage: who is near follows from public maps, so 100 % says nothing of anybody.
    """
    rule = context.profile.source.confidentiality.rules([part.group])[part.group]
    return ShareLimits(least=0.0 if rule is None else rule.minimum_denominator)


def _newest(counts: CountTable) -> tuple[str, ...]:
    """Return the period of the newest day: of which time the others were, the facilities need not have been there.

    Of periods that end on the same day, such as a year and its last quarter, the one that is written last.
    """
    days = {period: day for (_group, period), day in counts.days.items()}
    return (max(days, key=lambda period: (days[period], period)),)


def _of(table: CountTable, group: str, period: str, area_ids: Sequence[str] = ()) -> pd.DataFrame:
    """Return value and status of one count in one period; areas without any are missing."""
    frame = pd.DataFrame({"value": table.values[group], "status": table.statuses[group]})
    frame = frame[frame.index.get_level_values("period") == period]
    if not len(frame) and len(area_ids):
        index = pd.MultiIndex.from_product([[period], list(area_ids)], names=["period", "area_id"])
        return pd.DataFrame({"value": float("nan"), "status": "missing"}, index=index)
    return frame


class _Ground:
    """Levels, layers and networks of a city, each looked at once however many shares ask for it."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.levels = areas.geographies(context.connection, context.city)
        self.layers = {one.name: one for one in overlays(context.connection, context.city)}
        self.networks: dict[tuple[str, str], StreetNetwork] = {}
        self.unreachable = 0
        self._tables: dict[tuple[str, int], CountTable] = {}

    def counts(self, part: AccessPart, level: _Level) -> CountTable:
        """Return the counts of the group of a share on a level, in all periods."""
        key = (part.group, level["vintage_id"])
        if key not in self._tables:
            self._tables[key] = read_counts(self.context.connection, key[1], [part.group])
        return self._tables[key]

    def lacks(self, part: AccessPart) -> str:
        """Return why a share cannot be computed and what to do about it; empty when it can."""
        again = f"then load {self.context.city} again"
        for name in filter(None, (part.overlay, part.streets)):
            if name not in self.layers:
                return f"the overlay {name!r} is not loaded; add it to the manifest, {again}"
        start = self._start(part)
        if start is None:
            where = part.places or "any level"
            return f"there are no counts of {part.group} on {where}; correct group or places, {again}"
        there = dict.fromkeys(self.counts(part, start).values.index.get_level_values("period"))
        lacking = [period for period in part.periods if period not in there]
        if not lacking:
            return ""
        return (
            f"no {part.group} of {start['id']} in {', '.join(lacking)}, only in {', '.join(there)};"
            f" correct periods, {again}"
        )

    def places(self, part: AccessPart) -> _Level:
        """Return the level that people start from."""
        start = self._start(part)
        if start is None:
            raise EtlError(f"{self.context.city}: {part.indicator}: {self.lacks(part)}")
        return start

    def _start(self, part: AccessPart) -> _Level | None:
        """Return the level that is named, or the finest, if it has counts of the group."""
        for level in reversed(self.levels):
            if part.places in ("", level["id"]) and len(self.counts(part, level).values):
                return level
        return None

    def reached(self, part: AccessPart, start: _Level) -> pd.Series:
        """Return which share of each of the areas that people start from is near enough."""
        geometry = areas.read_areas(self.context.connection, start["vintage_id"]).geometry
        points = place_points(geometry, spacing=part.surface or None)
        facilities = self._geometry(part, part.overlay)
        if part.way == "straight":
            return reached_share(straight_distance(points, facilities), part.metres)
        found = street_distance(points, facilities, self._network(part))
        self.unreachable += found.unreachable
        return reached_share(found.metres, part.metres)

    def _network(self, part: AccessPart) -> StreetNetwork:
        key = (part.streets, part.meet)
        if key not in self.networks:
            lines = self._geometry(part, part.streets)
            lines = joined_at_crossings(lines) if part.meet == "crossings" else lines
            self.networks[key] = StreetNetwork.of(lines)
        return self.networks[key]

    def _geometry(self, part: AccessPart, name: str) -> gpd.GeoSeries:
        layer: OverlayRow | None = self.layers.get(name)
        if layer is None:
            city = self.context.city
            raise EtlError(f"{city}: {part.indicator}: the overlay {name!r} is not loaded; load {city} again")
        return read_features(self.context.connection, layer).geometry
