"""Series over changes of boundaries: what was counted on an edition, and what was converted to it for other periods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from db.errors import UnknownValuesError
from db.queries.areas import area_names
from db.queries.catalogue import indicators
from db.queries.conversions import editions
from db.queries.copying import copy_out
from db.queries.sources import area_loads, distinct, sources_of_loads, sources_of_values
from db.queries.vintages import replaced_periods
from indicators.catalogue import definition
from indicators.definition import Indicator
from spatial.crosswalk import edition_breaks

__all__ = ["StoredSeries", "bridged_values", "read_series", "residents_of", "series_edition"]

_DTYPE = dict.fromkeys(
    ("area_id", "period", "status", "geography", "edition", "grade", "derivation"), "str"
) | dict.fromkeys(("value", "known", "estimated"), "float64")


def series_edition(
    connection: Connection,
    city_id: str,
    *,
    indicator: str,
    area: str | None = None,
    geography: str | None = None,
    edition: str | None = None,
) -> dict[str, Any]:
    """Return the edition that a series is asked on: the finest level that has the area, in its newest edition.

    Raises
    ------
    UnknownValuesError
        If there is none with a value of the indicator.
    """
    found = copy_out(
        connection,
        "SELECT v.id AS vintage_id FROM vintage v JOIN geography_level g ON (g.city_id, g.id) = (v.city_id, v.geography_id)"
        " WHERE v.city_id = %(city)s AND v.withdrawn_by IS NULL AND (%(level)s::text IS NULL OR v.geography_id = %(level)s)"
        " AND (%(edition)s::text IS NULL OR v.edition = %(edition)s)"
        " AND (%(area)s::text IS NULL OR EXISTS (SELECT FROM area a WHERE (a.vintage_id, a.area_id) = (v.id, %(area)s)))"
        " AND (EXISTS (SELECT FROM value w WHERE (w.vintage_id, w.indicator_id) = (v.id, %(indicator)s)"
        f" AND w.period <> ALL({replaced_periods('v.id')}))"
        "  OR EXISTS (SELECT FROM converted_value c WHERE (c.vintage_id, c.indicator_id) = (v.id, %(indicator)s)))"
        " ORDER BY g.rank DESC, v.valid_from DESC LIMIT 1",
        {"city": city_id, "level": geography, "edition": edition, "area": area, "indicator": indicator},
    )
    if found.empty:
        where = "" if area is None else f" for area {area!r}"
        where += "" if geography is None else f" on {geography!r}"
        where += "" if edition is None else f" in edition {edition!r}"
        raise UnknownValuesError(
            f"{city_id} has no value of {indicator!r}{where};"
            f" 'sozialraum indicator list --city {city_id}' lists the indicators"
        )
    number = int(found["vintage_id"].iloc[0])
    return next(row for row in editions(connection, city_id) if row["vintage_id"] == number)


def bridged_values(connection: Connection, vintage_id: int, indicator_id: str) -> pd.DataFrame:
    """Return all that is known of an indicator on an edition: one row per period and area, by period and area.

    `area_id`, `period`, `reference_date`, `value`, `status`, `geography` and `edition` that it was counted in,
    `is_converted`; for converted values `grade`, `derivation`, `known` and `estimated`. A period that was counted on the
    edition is never converted, and is not there where a newer edition of the level has it; of several conversions that
    of the same level counts, then of the newest edition.
    """
    rows = copy_out(
        connection,
        "SELECT w.area_id, w.period, w.reference_date, w.value, w.status, v.geography_id AS geography, v.edition,"
        " false AS is_converted, NULL AS grade, NULL AS derivation, NULL AS known, NULL AS estimated, 0 AS preference"
        " FROM value w JOIN vintage v ON v.id = w.vintage_id"
        " WHERE w.vintage_id = %(vintage)s AND w.indicator_id = %(indicator)s"
        f" AND w.period <> ALL({replaced_periods('%(vintage)s')})"
        " AND EXISTS (SELECT FROM value o WHERE (o.vintage_id, o.indicator_id, o.period)"
        "  = (w.vintage_id, w.indicator_id, w.period) AND o.status <> 'missing')"
        " UNION ALL SELECT c.area_id, c.period, c.reference_date, c.value, c.status, s.geography_id, s.edition,"
        " true, c.grade, c.derivation, c.known, c.estimated,"
        " dense_rank() OVER (PARTITION BY c.period ORDER BY (s.geography_id = t.geography_id) DESC,"
        "  s.valid_from DESC, s.id DESC)"
        " FROM converted_value c JOIN vintage s ON s.id = c.source_vintage_id JOIN vintage t ON t.id = c.vintage_id"
        " WHERE c.vintage_id = %(vintage)s AND c.indicator_id = %(indicator)s AND s.withdrawn_by IS NULL"
        " ORDER BY period, preference, area_id",
        {"vintage": vintage_id, "indicator": indicator_id},
        dtype=_DTYPE,
    )
    rows["is_converted"] = rows["is_converted"].map({"t": True, "f": False}).astype(bool)
    chosen = rows["preference"] == rows.groupby("period")["preference"].transform("min")
    return rows[chosen].drop(columns="preference").reset_index(drop=True)


def residents_of(connection: Connection, vintage_id: int) -> pd.Series | None:
    """Return the residents of an edition in its newest period; None where they are not published for every area."""
    found = copy_out(
        connection,
        "SELECT area_id, value FROM value WHERE vintage_id = %(vintage)s AND indicator_id = ANY(%(names)s)"
        " AND period = (SELECT max(period) FROM value WHERE vintage_id = %(vintage)s"
        "  AND indicator_id = ANY(%(names)s) AND value IS NOT NULL"
        f" AND period <> ALL({replaced_periods('%(vintage)s')}))",
        {"vintage": vintage_id, "names": ["pop_total", *definition("pop_total").same_as]},
        dtype={"area_id": "str", "value": "float64"},
    ).drop_duplicates("area_id")
    if found.empty or found["value"].isna().any():
        return None
    return found.set_index("area_id")["value"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredSeries:
    """The series of one indicator on one edition, of one area or of all.

    `place`: the row of `editions`. `values` as in `bridged_values`, without the other areas when one was asked for, and
    `counted_on`: the edition, with its level in front where that is another one. `breaks`: one row per change of
    boundaries, as `spatial.crosswalk.edition_breaks`, weighted by residents where these are published. `sources`: of the
    loads behind all this, the newest first, as `db.queries.sources` tells them.
    """

    indicator: Indicator
    place: dict[str, Any]
    area_name: str | None
    values: pd.DataFrame
    breaks: pd.DataFrame
    measure: str
    sources: list[dict[str, Any]]

    def __repr__(self) -> str:
        return f"StoredSeries({self.indicator.id}: {len(self.values)} values, {len(self.breaks)} break(s))"


def read_series(
    connection: Connection,
    city_id: str,
    indicator_id: str,
    *,
    area: str | None = None,
    geography: str | None = None,
    edition: str | None = None,
) -> StoredSeries:
    """Read a series over all periods, with its breaks told.

    Raises
    ------
    UnknownValuesError
        If the city has no such values.
    """
    place = series_edition(
        connection, city_id, indicator=indicator_id, area=area, geography=geography, edition=edition
    )
    known = {one.id: one for one in indicators(connection, city_id)}
    if indicator_id not in known:
        raise UnknownValuesError(f"{city_id} has no indicator {indicator_id!r} any more; compute it again")
    vintage = place["vintage_id"]
    values = bridged_values(connection, vintage, indicator_id)
    other_level = values["geography"] != place["geography_id"]
    label = values["edition"].where(~other_level, values["geography"] + "@" + values["edition"])
    values = values.assign(counted_on=label)
    index = pd.Index(values["area_id"].unique())
    residents = residents_of(connection, vintage)
    if residents is not None and not index.isin(residents.index).all():
        residents = None
    found = edition_breaks(
        values.assign(edition=label), residents=None if residents is None else residents[index]
    )
    names = area_names(connection, vintage)
    if area is not None:
        values = values[values["area_id"] == area].reset_index(drop=True)
    return StoredSeries(
        indicator=known[indicator_id],
        place=place,
        area_name=None if area is None else names[area],
        values=values,
        breaks=found,
        measure="areas" if residents is None else "residents",
        sources=_sources(connection, city_id, place, indicator_id, values),
    )


def _sources(
    connection: Connection, city_id: str, place: dict[str, Any], indicator_id: str, values: pd.DataFrame
) -> list[dict[str, Any]]:
    """Return the sources of values on the editions that they were counted on, and of the boundaries they are shown on."""
    known = {
        (one["geography_id"], one["edition"]): one["vintage_id"] for one in editions(connection, city_id)
    }
    parts = [
        sources_of_values(
            connection,
            known[level, edition],
            indicator_ids=[indicator_id],
            periods=sorted(set(rows["period"])),
        )
        for (level, edition), rows in values.groupby(["geography", "edition"])
    ]
    parts.append(sources_of_loads(connection, area_loads(connection, [place["vintage_id"]])))
    return distinct([one for part in parts for one in part])
