"""What the database has published of a city, as an attacker would see it: counts of all levels, and how areas nest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from db.queries import areas, catalogue, values
from etl.cities import CityProfile
from etl.confidentiality import Confidentiality, definitions_for
from etl.errors import EtlError
from etl.value_inputs import value_inputs
from etl.withholding import attack
from indicators.definition import Indicator
from indicators.derived import years_before
from indicators.status import ValueStatus

__all__ = ["PublishedCounts", "read_published"]

_KEY = ["geography", "area_id", "period", "indicator_id"]
_SUPPRESSED = ValueStatus.SUPPRESSED.value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PublishedCounts:
    """Published values of counts and of what is computed, with their states, and how areas nest.

    In `parents` areas are named with their level in front.
    """

    city: str
    values: pd.DataFrame
    parents: dict[str, str]
    indicators: tuple[Indicator, ...]

    def __repr__(self) -> str:
        return f"PublishedCounts({self.city}: {len(self.values)} values, {self.withheld} withheld)"

    @property
    def counts(self) -> list[str]:
        """Ids of the counts."""
        return [one.id for one in self.indicators if one.kind == "extensive"]

    @property
    def withheld(self) -> int:
        """Number of withheld counts."""
        mine = self.values["indicator_id"].isin(self.counts)
        return int((self.values.loc[mine, "status"] == _SUPPRESSED).sum())

    def exposed(self, declared: Confidentiality) -> pd.DataFrame:
        """Return the withheld counts that can be narrowed down: area_id, period, indicator_id, low, high."""
        return attack(self.values, self.parents, definitions_for(self.city, self.indicators), declared)

    def in_periods(self, periods: Sequence[str]) -> PublishedCounts:
        """Return what is published of some periods, or of all when none is named."""
        if not periods:
            return self
        if unknown := sorted(set(periods) - set(self.values["period"])):
            raise EtlError(f"{self.city}: no values for period {', '.join(unknown)}")
        kept = self.values["period"].isin(periods)
        return replace(self, values=self.values[kept].reset_index(drop=True))

    def computed_from_withheld(self, profile: CityProfile) -> pd.DataFrame:
        """Return the published values that are computed from something withheld: they give it away.

        Shares and whatever else counts give, changes over years, indices and their classes.
        """
        place, states = ["geography", "area_id"], dict[tuple[str, str], pd.Series]()
        for (period, name), rows in self.values.groupby(["period", "indicator_id"]):
            states[str(period), str(name)] = rows.set_index(place)["status"]
        found = [pd.DataFrame(columns=_KEY)]
        for period in dict.fromkeys(period for period, _ in states):
            for name, inputs in value_inputs(profile, self.indicators, period).items():
                if (period, name) not in states:
                    continue
                state = states[period, name]
                told = state.index[~state.isin([_SUPPRESSED, ValueStatus.MISSING.value])]
                gone = np.zeros(len(told), dtype=bool)
                for one in inputs:
                    used = states.get((years_before(period, one.years), one.indicator))
                    if used is not None:
                        gone |= (used.reindex(told) == _SUPPRESSED).to_numpy()
                found.append(told[gone].to_frame(index=False).assign(period=period, indicator_id=name))
        return pd.concat([one for one in found if len(one)] or found[:1], ignore_index=True)[_KEY]


def read_published(connection: Connection, city: str, *, with_indices: bool = False) -> PublishedCounts:
    """Read what is published of a city in the newest edition of each level.

    `with_indices`: also what is not computed from counts of one date, such as changes, indices and classes.
    """
    levels = areas.geographies(connection, city)
    if not levels:
        raise EtlError(f"{city}: nothing is loaded yet; run 'sozialraum load {city}' first")
    indicators = tuple(
        one
        for one in catalogue.indicators(connection, city)
        if with_indices or one.kind == "extensive" or one.is_computable
    )
    frames: list[pd.DataFrame] = []
    parents: dict[str, str] = {}
    above: str | None = None
    for level in levels:
        frame = values.read_values(
            connection, vintage_id=level["vintage_id"], indicator_ids=[one.id for one in indicators]
        )
        frames.append(frame.assign(geography=level["id"]))
        if above is not None:
            nested = areas.read_areas(connection, level["vintage_id"])["parent_id"].dropna()
            parents |= {f"{level['id']} {area}": f"{above} {parent}" for area, parent in nested.items()}
        above = level["id"]
    every = pd.concat(frames, ignore_index=True)
    return PublishedCounts(city=city, values=every, parents=parents, indicators=indicators)
