"""Everything one layer of the map is built from, in one place for the service and the offline map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

from db.errors import UnknownValuesError
from db.queries import areas, catalogue, sources, values
from indicators.definition import Indicator
from indicators.methods.errors import suggestion

__all__ = ["LayerInputs", "read_layer"]

_NAMED = ("title_de", "title_en", "attribution", "licence", "url")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LayerInputs:
    """`values` holds all periods, so that classes stay the same over time; `intervals` only the shown one.

    `source` says whom to name for what is shown, with the fields of `maps.layers.LayerSource`.
    """

    indicator: Indicator
    level: Mapping[str, Any]
    period: str
    reference_date: date | None
    area_ids: list[str]
    values: pd.DataFrame
    intervals: pd.DataFrame
    source: dict[str, Any]


def read_layer(
    connection: Connection,
    city_id: str,
    *,
    indicator_id: str | None = None,
    geography: str | None = None,
    period: str | None = None,
    edition: str | None = None,
) -> LayerInputs:
    """Read one layer; what is not given is the city's first view, or the newest period and edition.

    Raises
    ------
    UnknownValuesError
        If there are no such values, with the periods of every edition that has some.
    """
    city = (
        connection.execute(text("SELECT * FROM city WHERE id = :city"), {"city": city_id})
        .mappings()
        .one_or_none()
    )
    first = catalogue.first_view(connection, city_id)
    if city is None or first is None:
        loaded = ", ".join(row["id"] for row in catalogue.cities(connection)) or "none"
        raise UnknownValuesError(f"unknown city {city_id!r}; loaded cities: {loaded}")
    levels = {level["id"]: level for level in areas.geographies(connection, city_id, edition=edition)}
    level = levels.get(geography or first[1])
    definition = catalogue.indicator(connection, city_id, indicator_id or first[0])
    if level is None:
        where = "" if edition is None else f" in edition {edition!r}"
        raise UnknownValuesError(
            f"{city_id} has no level {geography or first[1]!r}{where}; levels: {', '.join(levels)}"
        )
    if definition is None:
        valid = [one.id for one in catalogue.indicators(connection, city_id)]
        raise UnknownValuesError(
            f"{city_id} has no indicator {indicator_id!r}; {suggestion(str(indicator_id), valid)}"
            f" ('sozialraum indicator list --city {city_id}' lists all)"
        )
    frame = values.read_values(connection, vintage_id=level["vintage_id"], indicator_ids=[definition.id])
    periods = sorted(frame["period"].unique())
    chosen = period or (periods[-1] if periods else "")
    if chosen not in periods:
        known = values.told_periods(
            connection, city_id, indicator_ids=[definition.id], geographies=[level["id"]]
        )
        asked = f" for {period!r}" if period else ""
        raise UnknownValuesError(
            f"{city_id} has no values of {definition.id!r} on {level['id']!r}{asked} in edition {level['edition']};"
            f" {known}"
        )
    named = sources.sources_of_values(
        connection, level["vintage_id"], indicator_ids=[definition.id], periods=[chosen]
    )
    told = sources.together(named)
    return LayerInputs(
        indicator=definition,
        level=level,
        period=chosen,
        reference_date=date.fromisoformat(frame.loc[frame["period"] == chosen, "reference_date"].max()),
        area_ids=areas.area_ids(connection, level["vintage_id"]),
        values=frame,
        intervals=values.read_values(
            connection,
            vintage_id=level["vintage_id"],
            indicator_ids=[definition.id],
            period=chosen,
            with_intervals=True,
        ),
        source={name: told[name] for name in _NAMED}
        | {
            "named": tuple({name: one[name] for name in _NAMED} for one in named),
            "edition": level["edition"],
            "is_synthetic": city["is_synthetic"],
        },
    )
