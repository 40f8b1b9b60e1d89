"""Keep why areas have their index, and read it again: never apart from the index it explains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from db.errors import UnknownValuesError
from db.queries import areas, catalogue
from db.queries.copying import copy_parts_in
from db.queries.rows import read_one, read_rows
from db.queries.vintages import NEWEST_VINTAGE

__all__ = [
    "COLUMNS",
    "explained_periods",
    "read_area",
    "read_classes",
    "read_contributions",
    "read_method",
    "read_page",
    "store",
]

COLUMNS = (
    "vintage_id",
    "indicator_id",
    "period",
    "area_id",
    "run_id",
    "method",
    "areas",
    "rank",
    "rank_low",
    "rank_high",
    "class",
    "limit_less_need",
    "limit_more_need",
    "class_less_need",
    "class_more_need",
    "kept",
    "runs",
    "base",
    "filled",
    "parts",
    "reason_de",
    "reason_en",
)
_LAST = 2**31 - 1  # the place of areas without one

# The index itself is read from the published values, and only while it comes from the run that was explained.
_ROWS = (
    "SELECT e.*, w.value, w.status::text AS status, a.name AS area_name, v.geography_id, v.edition, v.city_id,"
    f" coalesce(e.rank, {_LAST}) AS place"
    " FROM index_explanation e JOIN value w"
    "  ON (w.vintage_id, w.indicator_id, w.period, w.area_id, w.run_id)"
    "  = (e.vintage_id, e.indicator_id, e.period, e.area_id, e.run_id)"
    " JOIN area a ON (a.vintage_id, a.area_id) = (e.vintage_id, e.area_id)"
    " JOIN vintage v ON v.id = e.vintage_id"
    " WHERE (e.vintage_id, e.indicator_id, e.period) = (:vintage, :indicator, :period)"
)


def store(connection: Connection, parts: Iterable[pd.DataFrame], *, run_id: int) -> int:
    """Write explanations beside the values of a run; those of earlier runs went with their values."""
    return copy_parts_in(
        connection, "index_explanation", (part.assign(run_id=run_id) for part in parts), COLUMNS
    )


def explained_periods(connection: Connection, city_id: str, indicator_id: str) -> dict[str, list[str]]:
    """Return by level the periods whose index is explained, levels from the top down."""
    rows = read_rows(
        connection,
        f"SELECT v.geography_id, n.period FROM availability n JOIN {NEWEST_VINTAGE} v ON v.id = n.vintage_id"
        " JOIN geography_level g ON (g.city_id, g.id) = (v.city_id, v.geography_id)"
        " WHERE v.city_id = :city AND n.indicator_id = :indicator AND EXISTS (SELECT FROM index_explanation e"
        "  WHERE (e.vintage_id, e.indicator_id, e.period) = (n.vintage_id, n.indicator_id, n.period))"
        " ORDER BY g.rank, 1, 2",
        {"city": city_id, "indicator": indicator_id},
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["geography_id"], []).append(row["period"])
    return found


def read_area(
    connection: Connection,
    city_id: str,
    indicator_id: str,
    area_id: str,
    *,
    geography: str | None = None,
    period: str | None = None,
) -> dict[str, Any]:
    """Return why one area has its index.

    Without a level it is the one that has the area, the finest of several; without a period the newest.
    """
    known = _known(connection, city_id, indicator_id)
    levels = {row["id"]: row for row in areas.geographies(connection, city_id)}
    names = list(reversed(known)) if geography is None else [_level(known, city_id, geography)]
    for name in names:
        chosen = _period(known[name], city_id, name, period, refuse=geography is not None)
        if chosen is None:
            continue
        given = _given(levels[name], indicator_id, chosen) | {"area": area_id}
        row = read_one(connection, f"{_ROWS} AND e.area_id = :area", given)
        if row is not None:
            return row
    where = geography or "any level"
    raise UnknownValuesError(
        f"{city_id} has no explanation of {indicator_id!r} for area {area_id!r} on {where}"
        + ("" if period is None else f" for {period!r}")
        + f"; levels: {', '.join(known)}"
    )


def read_page(
    connection: Connection,
    city_id: str,
    indicator_id: str,
    *,
    geography: str | None = None,
    period: str | None = None,
    limit: int,
    after: str = "",
) -> list[dict[str, Any]]:
    """Return up to `limit` areas by rank, those without an index last; `after` is the last area of the page before.

    Without a level it is that of the city's first view, without a period the newest.
    """
    known = _known(connection, city_id, indicator_id)
    levels = {row["id"]: row for row in areas.geographies(connection, city_id)}
    name = _usual_level(connection, city_id, known, geography)
    given = _given(levels[name], indicator_id, _period(known[name], city_id, name, period) or "")
    start: Mapping[str, Any] = {"place": 0, "area_id": ""}
    if after:
        found = read_one(connection, f"{_ROWS} AND e.area_id = :area", given | {"area": after})
        if found is None:
            raise UnknownValuesError(f"{city_id}, {name} has no area {after!r} to go on from; begin anew")
        start = found
    return read_rows(
        connection,
        f"SELECT * FROM ({_ROWS}) AS r WHERE (place, area_id) > (:start, :area) ORDER BY place, area_id LIMIT :rows",
        given | {"start": start["place"], "area": start["area_id"], "rows": limit},
    )


def read_classes(
    connection: Connection,
    city_id: str,
    indicator_id: str,
    *,
    earlier: str,
    later: str,
    geography: str | None = None,
) -> tuple[dict[str, Any], list[list[dict[str, Any]]]]:
    """Return the level, and the areas of both periods with name, class and state; each row has its method and run.

    Without a level it is that of the city's first view.
    """
    known = _known(connection, city_id, indicator_id)
    levels = {row["id"]: row for row in areas.geographies(connection, city_id)}
    name = _usual_level(connection, city_id, known, geography)
    found = []
    for period in (earlier, later):
        given = _given(levels[name], indicator_id, _period(known[name], city_id, name, period) or "")
        rows = read_rows(
            connection,
            f"SELECT area_id, area_name, class, status, run_id, method FROM ({_ROWS}) AS r ORDER BY area_id",
            given,
        )
        if not rows:
            raise UnknownValuesError(
                f"{city_id}, {name} {period}: the index is being computed again; run 'sozialraum compute {city_id}'"
            )
        found.append(rows)
    return levels[name], found


def _usual_level(
    connection: Connection, city_id: str, known: Mapping[str, list[str]], geography: str | None
) -> str:
    first = catalogue.first_view(connection, city_id)
    usual = first[1] if first and first[1] in known else list(known)[-1]
    return _level(known, city_id, usual if geography is None else geography)


def _known(connection: Connection, city_id: str, indicator_id: str) -> dict[str, list[str]]:
    known = explained_periods(connection, city_id, indicator_id)
    if not known:
        rows = read_rows(
            connection,
            "SELECT DISTINCT e.indicator_id FROM index_explanation e JOIN vintage v ON v.id = e.vintage_id"
            " WHERE v.city_id = :city ORDER BY 1",
            {"city": city_id},
        )
        there = ", ".join(row["indicator_id"] for row in rows)
        raise UnknownValuesError(
            f"{city_id} has no explanation of {indicator_id!r}; "
            + (f"explained: {there}" if there else f"run 'sozialraum compute {city_id}'")
        )
    return known


def _level(known: Mapping[str, list[str]], city_id: str, geography: str) -> str:
    if geography not in known:
        raise UnknownValuesError(f"{city_id} explains nothing on {geography!r}; levels: {', '.join(known)}")
    return geography


def _period(
    periods: list[str], city_id: str, geography: str, period: str | None, *, refuse: bool = True
) -> str | None:
    if period is None:
        return periods[-1]
    if period in periods:
        return period
    if refuse:
        raise UnknownValuesError(
            f"{city_id} explains nothing on {geography} for {period!r}; periods: {', '.join(periods)}"
        )
    return None


def _given(level: Mapping[str, Any], indicator_id: str, period: str) -> dict[str, Any]:
    return {"vintage": level["vintage_id"], "indicator": indicator_id, "period": period}


def read_method(connection: Connection, run_id: int, method: str) -> dict[str, Any]:
    """Return titles and class labels of a method as the run recorded it; the id where it recorded none."""
    row = read_one(
        connection,
        "SELECT m.value ->> 'title_de' AS title_de, m.value ->> 'title_en' AS title_en,"
        " m.value -> 'classes' -> 'labels_de' AS labels_de, m.value -> 'classes' -> 'labels_en' AS labels_en,"
        " m.value -> 'classes' ->> 'class_1' AS class_1"
        " FROM run r, jsonb_each(r.parameters -> 'methods') AS m"
        " WHERE r.id = :run AND m.value ->> 'id' = :method ORDER BY m.key LIMIT 1",
        {"run": run_id, "method": method},
    )
    return row or {
        "title_de": method,
        "title_en": method,
        "labels_de": None,
        "labels_en": None,
        "class_1": None,
    }


def read_contributions(
    connection: Connection, *, vintage_id: int, indicator_id: str, period: str
) -> pd.DataFrame:
    """Return what each indicator adds to the index of each area that has one, with `base` and `filled`."""
    rows = read_rows(
        connection,
        "SELECT area_id, base, filled, parts FROM index_explanation"
        " WHERE (vintage_id, indicator_id, period) = (:vintage, :indicator, :period) AND rank IS NOT NULL"
        " ORDER BY area_id",
        {"vintage": vintage_id, "indicator": indicator_id, "period": period},
    )
    return pd.DataFrame(
        [
            {one["indicator"]: one["contribution"] for one in row["parts"]}
            | {"base": row["base"], "filled": row["filled"]}
            for row in rows
        ],
        index=pd.Index([row["area_id"] for row in rows], name="area_id", dtype="str"),
        dtype=float,
    )
