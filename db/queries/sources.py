"""Whose data stand behind what is shown: the sources of the loads that values, boundaries and results come from.

A later load with the same id may name the source, its licence or its attribution otherwise. What it brought itself has
the new words; what was there before keeps those it came with. A load that brings nothing but other words corrects them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from db.queries.definitions import CITY_DEFINITION
from db.queries.load_order import BROUGHT, BROUGHT_OVERLAYS, NUMBERED_LOADS
from db.queries.rows import read_rows

__all__ = [
    "TOLD_SOURCES",
    "area_loads",
    "distinct",
    "loads_behind_values",
    "sources_of_city",
    "sources_of_editions",
    "sources_of_loads",
    "sources_of_run",
    "sources_of_values",
    "together",
]

_WORDS = ("title_de", "title_en", "publisher", "licence", "attribution", "url")
_UNDONE = ("values_taken_back", "values_restored", "areas_restored", "overlays_restored")


def _has_brought(load: str, counts: Iterable[str] = (*BROUGHT, *BROUGHT_OVERLAYS, *_UNDONE)) -> str:
    numbers = ", ".join(f"({load}.counts->>'{name}')::integer" for name in counts)
    return f"0 < ANY (ARRAY[{numbers}])"


TOLD_SOURCES = (
    "(WITH changed AS MATERIALIZED (SELECT n.id, c.told->>'key' AS source_id, c.told->'before' AS before FROM load n"
    "  CROSS JOIN LATERAL jsonb_path_query(n.definitions,"
    "   '$[*] ? (@.relation == \"source\" && @.before != null)') AS c (told)"
    f"  WHERE {_has_brought('n')})"
    " SELECT l.id AS load_id, l.number, l.city_id, l.loaded_at,"
    f" {', '.join(f't.{name}' for name in _WORDS)} FROM {NUMBERED_LOADS} AS l JOIN source s ON s.id = l.source_id"
    " CROSS JOIN LATERAL jsonb_populate_record(s, coalesce((SELECT c.before FROM changed c"
    "  WHERE c.source_id = l.source_id AND c.id > l.id ORDER BY c.id LIMIT 1), '{}'::jsonb)) AS t)"
)
"""A table expression, one row per load: load_id, number, city_id, loaded_at, and the words its source was told with."""

_IS_UNDONE = (
    "(l.undoes IS NOT NULL OR EXISTS (SELECT FROM load u WHERE u.undoes = l.id"
    " AND NOT EXISTS (SELECT FROM load w WHERE w.undoes = u.id)))"
)
_NEW_VINTAGES = (
    "coalesce(jsonb_path_query_array(l.definitions,"
    " '$[*] ? (@.relation == \"vintage\" && @.before == null).key'), '[]'::jsonb)"
)
_SAME_TIME = (
    "(SELECT o.id FROM vintage v JOIN vintage o ON o.city_id = v.city_id AND o.valid && v.valid"
    " WHERE v.id = :vintage AND o.withdrawn_by IS NULL)"
)

_AREA_LOADS = (
    "WITH RECURSIVE brought AS ("
    " SELECT a.vintage_id, a.load_id, l.undoes, CASE WHEN l.undoes IS NOT NULL THEN a.area_id END AS area_id"
    "  FROM area a JOIN load l ON l.id = a.load_id WHERE a.vintage_id = ANY(:vintages)"
    " UNION SELECT s.vintage_id, s.load_id, l.undoes, CASE WHEN l.undoes IS NOT NULL THEN s.area_id END"
    "  FROM brought b JOIN superseded_area s ON (s.vintage_id, s.area_id) = (b.vintage_id, b.area_id)"
    "   AND s.load_id < b.undoes AND s.superseded_by >= b.undoes JOIN load l ON l.id = s.load_id)"
    " SELECT DISTINCT vintage_id, load_id FROM brought WHERE undoes IS NULL"
)
"""The loads that brought the boundaries of editions as they are; what an undo restored is still of the load before."""

_GROUPS_NEAR = (
    "(SELECT DISTINCT one->>'group' FROM run r JOIN vintage v ON v.city_id = r.city_id AND r.kind = 'access'"
    " CROSS JOIN LATERAL jsonb_array_elements(r.parameters->'access') AS one WHERE v.id = :vintage)"
)
"""The counts that shares of people near something were ever made of."""


def sources_of_loads(connection: Connection, load_ids: Collection[int]) -> list[dict[str, Any]]:
    """Return load_id, number, loaded_at and the words of the source of some loads, the newest first; not who loaded."""
    return read_rows(
        connection,
        f"SELECT load_id, number, loaded_at, {', '.join(_WORDS)} FROM {TOLD_SOURCES} AS t WHERE load_id = ANY(:loads)"
        " ORDER BY load_id DESC",
        {"loads": sorted(load_ids)},
    )


def sources_of_city(connection: Connection, city_id: str) -> list[dict[str, Any]]:
    """Return the sources of all loads of a city that brought something and were not undone, the newest first."""
    found = read_rows(
        connection,
        f"SELECT l.id FROM load l WHERE l.city_id = :city AND {_has_brought('l')} AND NOT {_IS_UNDONE}",
        {"city": city_id},
    )
    return distinct(sources_of_loads(connection, [row["id"] for row in found]))


def sources_of_editions(
    connection: Connection, vintage_ids: Collection[int]
) -> dict[int, list[dict[str, Any]]]:
    """Return by edition the sources of its boundaries and of all that may be served on it, the newest first.

    Without a look at the values, which may be millions: the counts of a load say whether it brought anything, and it
    brings one edition. So a load of which another one corrected every value is named as well.
    """
    given = {"vintages": list(vintage_ids)}
    outlines = read_rows(
        connection,
        "SELECT v.id, v.city_id, v.geography_id, least((SELECT min(a.load_id) FROM area a WHERE a.vintage_id = v.id),"
        "  (SELECT min(s.load_id) FROM superseded_area s WHERE s.vintage_id = v.id)) AS first"
        " FROM vintage v WHERE v.id = ANY(:vintages) AND EXISTS (SELECT FROM area a WHERE a.vintage_id = v.id)",
        given,
    )
    drawn: dict[int, set[int]] = {row["id"]: set() for row in outlines}
    for row in read_rows(connection, _AREA_LOADS, given):
        drawn[row["vintage_id"]].add(row["load_id"])
    levels = read_rows(connection, "SELECT CAST(id AS text) AS id, city_id, geography_id FROM vintage")
    level_of = {row["id"]: (row["city_id"], row["geography_id"]) for row in levels}
    brought = read_rows(
        connection,
        f"SELECT l.id, l.city_id, {_NEW_VINTAGES} AS made FROM load l"
        f" WHERE {_has_brought('l', BROUGHT)} AND NOT {_IS_UNDONE}",
    )
    behind = {}
    for row in outlines:
        here = row["city_id"], row["geography_id"]
        others = {
            one["id"]
            for one in brought
            if any(level_of[made] == here and made != str(row["id"]) for made in one["made"])
        }
        later = {one["id"] for one in brought if one["city_id"] == here[0] and one["id"] >= row["first"]}
        behind[row["id"]] = drawn[row["id"]] | (later - others)
    told = sources_of_loads(connection, {number for loads in behind.values() for number in loads})
    return {
        vintage: distinct([one for one in told if one["load_id"] in loads])
        for vintage, loads in behind.items()
    }


def sources_of_values(
    connection: Connection,
    vintage_id: int,
    *,
    indicator_ids: Collection[str],
    periods: Collection[str] | None = None,
) -> list[dict[str, Any]]:
    """Return the sources behind some values of an edition, the newest first; those with the same words once.

    Of delivered values those of their loads; of computed ones those of all that they may be made of; and those of the
    boundaries.
    """
    return distinct(loads_behind_values(connection, vintage_id, indicator_ids=indicator_ids, periods=periods))


def loads_behind_values(
    connection: Connection,
    vintage_id: int,
    *,
    indicator_ids: Collection[str],
    periods: Collection[str] | None = None,
) -> list[dict[str, Any]]:
    """Return the same with a row for every load; what belongs to an overlay has no `number`."""
    found = read_rows(
        connection,
        "SELECT DISTINCT w.load_id, w.indicator_id, w.period, r.kind, r.id AS run_id FROM value w"
        " LEFT JOIN run r ON r.id = w.run_id WHERE w.vintage_id = :vintage AND w.indicator_id = ANY(:indicators)"
        " AND (CAST(:periods AS text[]) IS NULL OR w.period = ANY(:periods))",
        {
            "vintage": vintage_id,
            "indicators": list(indicator_ids),
            "periods": None if periods is None else list(periods),
        },
    )
    loads = {row["load_id"] for row in found if row["load_id"] is not None}
    computed = [row for row in found if row["load_id"] is None]
    loads |= _loads_behind_computed(connection, vintage_id, computed)
    loads |= set(area_loads(connection, [vintage_id]))
    sources = sources_of_loads(connection, loads)
    if near := [row for row in computed if row["kind"] == "access"]:
        sources += _overlay_sources(connection, vintage_id, near)
    return sources


def _loads_behind_computed(
    connection: Connection, vintage_id: int, computed: Iterable[Mapping[str, Any]]
) -> set[int]:
    """Return the loads that values may be made of which were computed on an edition.

    `computed`: indicator_id, period and kind of the run. A share is made of counts of its own period; a change and an
    index also of earlier ones; what says how many live near something starts from any level.
    """
    rows = list(computed)
    if not rows:
        return set()
    looks_back = {
        row["id"]
        for row in read_rows(
            connection,
            f"SELECT i.id FROM {CITY_DEFINITION} i JOIN vintage v ON v.city_id = i.city_id"
            " WHERE v.id = :vintage AND i.id = ANY(:ids) AND (i.numerator IS NULL OR i.form = 'change')",
            {
                "vintage": vintage_id,
                "ids": sorted({row["indicator_id"] for row in rows if row["kind"] != "access"}),
            },
        )
    }
    before = max((row["period"] for row in rows if row["indicator_id"] in looks_back), default="")
    near = [row for row in rows if row["kind"] == "access"]
    found = []
    if len(near) < len(rows):
        found += read_rows(
            connection,
            "SELECT DISTINCT unnest(a.loads) AS load_id FROM availability a WHERE a.vintage_id = :vintage"
            " AND (a.period = ANY(:periods) OR a.period <= :before)",
            {"vintage": vintage_id, "periods": sorted({row["period"] for row in rows}), "before": before},
        )
    if near:
        found += read_rows(
            connection,
            "SELECT DISTINCT unnest(a.loads) AS load_id FROM availability a"
            f" WHERE a.vintage_id IN {_SAME_TIME} AND a.period = ANY(:periods)"
            f" AND a.indicator_id = ANY(ARRAY{_GROUPS_NEAR})",
            {"vintage": vintage_id, "periods": sorted({row["period"] for row in near})},
        )
    return {row["load_id"] for row in found}


def sources_of_run(connection: Connection, run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the sources behind a run that proposed, the newest first: of its boundaries, and of all up to its period."""
    found = read_rows(
        connection,
        "SELECT v.id, ARRAY(SELECT DISTINCT unnest(a.loads) FROM availability a"
        "  WHERE a.vintage_id = v.id AND a.period <= :period) AS loads FROM vintage v"
        " WHERE v.id = (SELECT max(vintage_id) FROM proposal_area WHERE run_id = :run)",
        {"run": run["id"], "period": run["parameters"]["period"]},
    )
    loads = {number for row in found for number in row["loads"]}
    loads |= set(area_loads(connection, [row["id"] for row in found]))
    return distinct(sources_of_loads(connection, loads))


def area_loads(connection: Connection, vintage_ids: Collection[int]) -> list[int]:
    """Return the loads that the boundaries of some editions come from, in order."""
    rows = read_rows(connection, _AREA_LOADS, {"vintages": list(vintage_ids)})
    return sorted({row["load_id"] for row in rows})


def distinct(sources: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return sources with the same words once, the newest load first."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for one in sorted(sources, key=lambda one: -one["load_id"]):
        found.setdefault(tuple(one[name] for name in _WORDS), one)
    return list(found.values())


def together(sources: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the words of some sources in one, each once; the address only where there is a single one."""
    told = {name: list(dict.fromkeys(one[name] for one in sources if one[name])) for name in _WORDS}
    pages = told.pop("url")
    return {name: "; ".join(words) for name, words in told.items()} | {
        "url": pages[0] if len(pages) == 1 else ""
    }


def _overlay_sources(
    connection: Connection, vintage_id: int, near: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the sources of the facilities and streets that shares on an edition are made of.

    `near`: indicator_id and run_id of the shares.
    """
    rows = list(near)
    return read_rows(
        connection,
        f"SELECT o.load_id, NULL::integer AS number, o.name, l.loaded_at, {', '.join(f'o.{name}' for name in _WORDS)}"
        " FROM overlay o"
        " JOIN load l ON l.id = o.load_id JOIN vintage v ON v.city_id = o.city_id"
        " WHERE v.id = :vintage AND o.superseded_by IS NULL AND o.name IN ("
        "  SELECT unnest(ARRAY[one->>'overlay', one->>'streets']) FROM run r"
        "  CROSS JOIN LATERAL jsonb_array_elements(r.parameters->'access') AS one"
        "  WHERE r.id = ANY(:runs) AND one->>'indicator' = ANY(:indicators)) ORDER BY o.load_id DESC, o.name",
        {
            "vintage": vintage_id,
            "runs": sorted({row["run_id"] for row in rows}),
            "indicators": sorted({row["indicator_id"] for row in rows}),
        },
    )
