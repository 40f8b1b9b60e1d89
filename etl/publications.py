"""Read what a city has published before a load: the last publication, those before it, and other editions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection

from db.queries import areas, deliveries
from etl.delivery import Delivery
from etl.earlier import Earlier, publications
from etl.editions import OtherEditions, same_ground

__all__ = ["newest_load_id", "read_earlier"]

_EMPTY = pd.DataFrame(
    columns=["geography", "area_id", "period", "indicator_id", "value", "status", "load_id", "superseded_by"]
)


def newest_load_id(connection: Connection, city: str) -> int | None:
    """Return the number of the newest load of a city, or None."""
    newest = deliveries.newest_load(connection, city)
    return None if newest is None else int(newest["id"])


def read_earlier(connection: Connection, delivery: Delivery) -> Earlier | None:
    """Return what has been published of the counts in a delivery; None before the first load of the city."""
    load_id = newest_load_id(connection, delivery.city.id)
    if load_id is None:
        return None
    delivered = sorted(delivery.values["period"].unique())
    edition = {level.id: level.edition for level in delivery.geographies}
    stored = deliveries.stored_editions(connection, delivery.city.id)
    same = [one for one in stored if edition.get(one["geography_id"]) == one["edition"]]
    others = [one for one in stored if one not in same and set(one["periods"]) & set(delivered)]
    current, replaced = [_EMPTY], [_EMPTY]
    for one in same:
        wanted = _with_neighbours(delivered, one["periods"])
        level, vintage = one["geography_id"], one["vintage_id"]
        current.append(deliveries.published_counts(connection, vintage, wanted).assign(geography=level))
        replaced.append(deliveries.replaced_counts(connection, vintage, delivered).assign(geography=level))
    now, before = _together(current), _together(replaced)
    return Earlier(
        load_id=load_id,
        values=now.drop(columns=["load_id", "superseded_by"]),
        replaced=publications(now, before),
        others=_other_editions(connection, delivery, same, others) if others else None,
    )


def _together(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True).reindex(columns=_EMPTY.columns) if filled else _EMPTY


def _with_neighbours(delivered: Sequence[str], stored: Sequence[str]) -> list[str]:
    """Return the delivered periods with the stored ones right before and after any of them."""
    every = sorted({*delivered, *stored})
    near = {at + step for at, period in enumerate(every) if period in set(delivered) for step in (-1, 0, 1)}
    return [period for at, period in enumerate(every) if at in near]


def _other_editions(
    connection: Connection,
    delivery: Delivery,
    same: Sequence[Mapping[str, Any]],
    others: Sequence[Mapping[str, Any]],
) -> OtherEditions:
    """Return what is published of the same periods in other editions, and which areas cover the same ground."""
    periods = list(delivery.values["period"].unique())
    names = {one["vintage_id"]: one["geography_id"] for one in same}
    names |= {one["vintage_id"]: f"{one['geography_id']}@{one['edition']}" for one in others}
    values, pairs = [], []
    parents: dict[str, str] = {}
    unrelated: set[str] = set()
    for one in others:
        name = names[one["vintage_id"]]
        values.append(
            deliveries.published_counts(connection, one["vintage_id"], periods).assign(geography=name)
        )
        frame = areas.read_areas(connection, one["vintage_id"])
        above = deliveries.area_parents(connection, one["vintage_id"])
        parents |= {
            f"{name} {area}": f"{names[vintage]} {parent}"
            for area, (vintage, parent) in above.items()
            if vintage in names
        }
        mine = delivery.areas[delivery.areas["geography"] == one["geography_id"]]
        if not len(mine) or not len(frame):
            continue
        related, lost = same_ground(
            _named(name, frame.geometry), _named(one["geography_id"], mine.set_index("area_id").geometry)
        )
        pairs.append(related)
        unrelated.update(lost)
    return OtherEditions(
        values=_together(values).drop(columns=["load_id", "superseded_by"]),
        parents=parents,
        pairs=tuple(one for one in pairs if len(one)),
        unrelated=len(unrelated),
    )


def _named(level: str, geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    return geometry.set_axis([f"{level} {area}" for area in geometry.index])
