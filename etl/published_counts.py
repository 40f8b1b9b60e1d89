"""What the database has published of a city, as an attacker would see it: counts of all levels, and how areas nest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from db.queries import areas, catalogue, values
from db.queries.deliveries import newest_load
from etl.confidentiality import Confidentiality
from etl.delivery import Delivery
from etl.earlier import Earlier
from etl.errors import EtlError
from etl.withholding import attack
from indicators.definition import Indicator
from indicators.status import ValueStatus

__all__ = ["PublishedCounts", "newest_load_id", "read_earlier", "read_published"]

_KEY = ["geography", "area_id", "period", "indicator_id"]
_SUPPRESSED = ValueStatus.SUPPRESSED.value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PublishedCounts:
    """Published values of counts and of what is computed from them, with their states, and how areas nest.

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
        return attack(self.values, self.parents, self.indicators, declared)

    def computed_from_withheld(self) -> pd.DataFrame:
        """Return the published values that are computed from a withheld count: they give it away."""
        place = _KEY[:-1]
        state = {
            str(name): rows.set_index(place)["status"] for name, rows in self.values.groupby("indicator_id")
        }
        found = [pd.DataFrame(columns=_KEY)]
        for one in self.indicators:
            if not one.is_computable or one.id not in state:
                continue
            told = state[one.id][~state[one.id].isin([_SUPPRESSED, ValueStatus.MISSING.value])]
            gone = np.zeros(len(told), dtype=bool)
            for count in one.counts:
                if count in state:
                    gone |= (state[count].reindex(told.index) == _SUPPRESSED).to_numpy()
            found.append(told[gone].reset_index()[place].assign(indicator_id=one.id))
        return pd.concat([one for one in found if len(one)] or found[:1], ignore_index=True)


def read_published(connection: Connection, city: str, *, periods: Sequence[str] = ()) -> PublishedCounts:
    """Read what is published of a city in the newest edition of each level, in all periods or some."""
    levels = areas.geographies(connection, city)
    if not levels:
        raise EtlError(f"{city}: nothing is loaded yet; run 'sozialraum load {city}' first")
    indicators = tuple(
        one for one in catalogue.indicators(connection, city) if one.kind == "extensive" or one.is_computable
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
    if periods:
        every = every[every["period"].isin(periods)].reset_index(drop=True)
        if unknown := sorted(set(periods) - set(every["period"])):
            raise EtlError(f"{city}: no values for period {', '.join(unknown)}")
    return PublishedCounts(city=city, values=every, parents=parents, indicators=indicators)


def newest_load_id(connection: Connection, city: str) -> int | None:
    """Return the number of the newest load of a city, or None."""
    newest = newest_load(connection, city)
    return None if newest is None else int(newest["id"])


def read_earlier(connection: Connection, delivery: Delivery) -> Earlier | None:
    """Return what is published in the editions and periods of a delivery; None before the first load of the city."""
    city = delivery.city.id
    load_id = newest_load_id(connection, city)
    if load_id is None:
        return None
    editions = {level["id"]: level["edition"] for level in areas.geographies(connection, city)}
    same = [level.id for level in delivery.geographies if editions.get(level.id) == level.edition]
    every = read_published(connection, city).values
    kept = every["geography"].isin(same) & every["period"].isin(delivery.values["period"].unique())
    return Earlier(load_id=load_id, values=every.loc[kept, [*_KEY, "value", "status"]].reset_index(drop=True))
