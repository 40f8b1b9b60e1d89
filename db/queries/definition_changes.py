"""What a load changes of titles, units, levels and editions: kept with its row, so that it can be taken back."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from db.queries.rows import read_rows

__all__ = ["Definitions", "changes", "read_definitions", "take_back"]

Definitions = Mapping[tuple[str, str], Mapping[str, Any]]
"""Rows by relation and key."""

_KEYS = {
    "city": "id",
    "source": "id",
    "geography_level": "id",
    "vintage": "id",
    "indicator": "id",
    "city_indicator": "indicator_id",
}
_COLUMNS = {
    "city": "title_de, title_en, srid, is_synthetic",
    "source": "title_de, title_en, publisher, licence, attribution, url",
    "geography_level": "parent_id, rank, key_length, title_de, title_en",
    "vintage": "valid_from, valid_to, withdrawn_by",
    "indicator": "title_de, title_en, unit, kind, direction, numerator, denominator, decimals, labels_de, labels_en,"
    " form, factor, minus, missing, universe_de, universe_en",
    "city_indicator": "source, caution_de, caution_en, universe_de, universe_en, own, is_from_catalogue",
}
_OF_CITY = ("geography_level", "vintage", "city_indicator")


def read_definitions(connection: Connection, city_id: str) -> Definitions:
    """Return the rows that say what a city, its levels, editions and indicators are, and all sources and indicators."""
    parts = [
        f"SELECT '{relation}' AS relation, CAST({key} AS text) AS key,"
        f" (SELECT to_jsonb(c) FROM (SELECT {', '.join('t.' + one for one in _COLUMNS[relation].split(', '))}) AS c)"
        f" AS told FROM {relation} t" + (f" WHERE {_of_city(relation)}" if _of_city(relation) else "")
        for relation, key in _KEYS.items()
    ]
    rows = read_rows(connection, " UNION ALL ".join(parts), {"city": city_id})
    return {(row["relation"], row["key"]): row["told"] for row in rows}


def _of_city(relation: str) -> str:
    if relation == "city":
        return "t.id = :city"
    return "t.city_id = :city" if relation in _OF_CITY else ""


def changes(before: Definitions, after: Definitions, *, sources: Collection[str]) -> list[dict[str, Any]]:
    """Return what differs: relation, key, before and after, None where there was or is no row.

    Of sources only those named, of indicators only those that the city has and does not declare for itself alone:
    others may be changed by other loads meanwhile.
    """
    mine = {("source", key) for key in sources}
    mine |= {
        ("indicator", key)
        for (relation, key), told in {**before, **after}.items()
        if relation == "city_indicator" and not told["own"]
    }
    return [
        {
            "relation": relation,
            "key": key,
            "before": before.get((relation, key)),
            "after": after.get((relation, key)),
        }
        for relation, key in dict.fromkeys([*before, *after])
        if before.get((relation, key)) != after.get((relation, key))
        and (relation not in ("source", "indicator") or (relation, key) in mine)
    ]


def take_back(
    connection: Connection, city_id: str, changed: Iterable[Mapping[str, Any]], *, load_id: int
) -> dict[str, int]:
    """Bring back what was before some changes; return how many definitions, and how many editions were withdrawn.

    What somebody else has changed since stays as it is. An edition that was new is withdrawn by the load; what a city
    said newly of an indicator is taken away; a new source, level or indicator stays, because others may refer to it.
    """
    now = read_definitions(connection, city_id)
    wanted = [one for one in changed if _is_still(now.get((one["relation"], one["key"])), one["after"])]
    counts = {"definitions_restored": 0, "editions_withdrawn": 0, "editions_restored": 0}
    for one in sorted(wanted, key=_order):
        relation, before = one["relation"], one["before"]
        if before is not None and one["after"] is None:
            _insert(connection, city_id, one["key"], before)
        elif before is not None:
            _write(connection, city_id, relation, one["key"], {**now[relation, one["key"]], **before})
            was_withdrawn = relation == "vintage" and one["after"]["withdrawn_by"] is not None
            counts["editions_restored" if was_withdrawn else "definitions_restored"] += 1
        elif relation == "vintage":
            _write(connection, city_id, relation, one["key"], one["after"] | {"withdrawn_by": load_id})
            counts["editions_withdrawn"] += 1
        elif relation == "city_indicator":
            connection.execute(
                text("DELETE FROM city_indicator WHERE (city_id, indicator_id) = (:city, :key)"),
                {"city": city_id, "key": one["key"]},
            )
    return counts


def _is_still(now: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
    """Whether a row is as a load left it; a load of an earlier schema did not know all columns."""
    if now is None or after is None:
        return now is after
    return all(now[name] == value for name, value in after.items())


def _order(change: Mapping[str, Any]) -> tuple[int, str, str]:
    """Withdraw editions first and bring withdrawn ones back last, so that no two are valid at the same time."""
    is_edition = change["relation"] == "vintage"
    place = 0 if change["before"] is None else 2 if (change["after"] or {}).get("withdrawn_by") else 1
    return (place if is_edition else 1, change["relation"], change["key"])


def _insert(connection: Connection, city_id: str, indicator_id: str, told: Mapping[str, Any]) -> None:
    """Bring back what a city said of an indicator: the only rows that are ever taken away."""
    columns = _COLUMNS["city_indicator"]
    connection.execute(
        text(
            f"INSERT INTO city_indicator (city_id, indicator_id, {columns}) SELECT :city, :key, {columns}"
            " FROM jsonb_populate_record(CAST(NULL AS city_indicator), CAST(:told AS jsonb))"
        ),
        {"told": json.dumps({"own": {}, **told}), "key": indicator_id, "city": city_id},
    )


def _write(
    connection: Connection, city_id: str, relation: str, key: str, told: Mapping[str, Any] | Sequence[Any]
) -> None:
    columns = _COLUMNS[relation]
    where = f"CAST({_KEYS[relation]} AS text) = :key" + (
        " AND city_id = :city" if relation in _OF_CITY else ""
    )
    connection.execute(
        text(
            f"UPDATE {relation} SET ({columns}) = (SELECT {columns}"
            f" FROM jsonb_populate_record(CAST(NULL AS {relation}), CAST(:told AS jsonb))) WHERE {where}"
        ),
        {"told": json.dumps(told), "key": key, "city": city_id},
    )
