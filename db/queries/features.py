"""Collections of features for the service: GeoJSON is written by PostGIS, in WGS 84."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from db.errors import UnknownValuesError
from db.queries.priority_features import MAP_IN_FORCE, NEWEST_PROPOSAL, PROPOSAL_KINDS, feature_statement
from db.queries.sources import sources_of_editions, sources_of_values, together
from db.queries.values import told_periods
from db.queries.vintages import CHOSEN_VINTAGE, newest_edition, replaced_periods

__all__ = ["CollectionRow", "Page", "collections", "of_run", "read_page"]

_DIGITS = 7  # of degrees: about a centimetre

_NEWEST = f"{newest_edition('v')} AS newest_edition"
_PROPOSALS = (
    "(SELECT *, parameters->>'geography' AS geography_id, parameters->>'edition' AS edition FROM run)"
)
_PROPOSAL_KINDS = " UNION ALL ".join(
    f"SELECT '{kind}' AS kind, '{german}' AS title_de, '{english}' AS title_en, {count} AS features"
    for kind, (german, english, count) in PROPOSAL_KINDS.items()
)


def _vintage_of(result: str) -> str:
    """Join the edition `v` that a result belongs to."""
    same = f"({result}.city_id, {result}.geography_id, {result}.edition)"
    return (
        f" LEFT JOIN LATERAL (SELECT * FROM vintage x WHERE (x.city_id, x.geography_id, x.edition) = {same}"
        " ORDER BY x.withdrawn_by IS NOT NULL, x.id DESC LIMIT 1) AS v ON true"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRow:
    """One collection: what it is about and where its features are (`vintage_id`, `run_id` or `map_id`).

    `attribution` and `licence` name all whose data may stand behind it. `newest_edition` of its level; where that is
    another one than `edition`, it belongs to an earlier edition. `editions`: those it can be asked in, the newest first.
    """

    id: str
    kind: str  # "areas", "priority-map", or a key of PROPOSAL_KINDS
    title_de: str
    title_en: str
    city_id: str
    geography_id: str
    edition: str
    newest_edition: str | None
    editions: list[str]
    features: int
    is_synthetic: bool
    attribution: str
    licence: str
    vintage_id: int | None
    run_id: int | None
    map_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Features as GeoJSON text; `next_after` is the id to go on from, or None at the end.

    `attribution` and `licence` of what is on the page.
    """

    features: list[str]
    next_after: str | None
    attribution: str
    licence: str


def collections(connection: Connection, *, edition: str | None = None) -> list[CollectionRow]:
    """Return every level of every city, every city's newest proposal with what belongs to it, and its map in force.

    Levels in their newest edition. With `edition` only what there is in this one.
    """
    rows = connection.execute(
        text(
            "SELECT c.id || '.' || g.id AS id, 'areas' AS kind, c.title_de || ': ' || g.title_de AS title_de,"
            " c.title_en || ': ' || g.title_en AS title_en, c.id AS city_id, g.id AS geography_id, v.edition,"
            f" {_NEWEST}, ARRAY(SELECT e.edition FROM vintage e WHERE (e.city_id, e.geography_id) = (g.city_id, g.id)"
            "  AND e.withdrawn_by IS NULL ORDER BY e.valid_from DESC) AS editions,"
            " (SELECT count(*) FROM area a WHERE a.vintage_id = v.id) AS features, c.is_synthetic,"
            " v.id AS vintage_id, NULL::integer AS run_id, NULL::integer AS map_id, g.rank, v.id AS made_on"
            " FROM city c JOIN geography_level g ON g.city_id = c.id"
            f" JOIN {CHOSEN_VINTAGE} v ON (v.city_id, v.geography_id) = (g.city_id, g.id)"
            " UNION ALL"
            " SELECT c.id || '.' || k.kind, k.kind, c.title_de || ': ' || k.title_de, c.title_en || ': ' || k.title_en,"
            f" c.id, r.geography_id, r.edition, {_NEWEST}, ARRAY[r.edition], k.features, c.is_synthetic,"
            f" NULL, r.id, NULL, 100, v.id FROM city c JOIN {_PROPOSALS} AS r ON r.id = {NEWEST_PROPOSAL}"
            f" {_vintage_of('r')} CROSS JOIN LATERAL ({_PROPOSAL_KINDS}) AS k"
            " WHERE CAST(:edition AS text) IS NULL OR r.edition = :edition"
            " UNION ALL"
            " SELECT c.id || '.priority-map', 'priority-map', c.title_de || ': geltende Schwerpunkträume',"
            f" c.title_en || ': priority areas in force', c.id, m.geography_id, m.edition, {_NEWEST}, ARRAY[m.edition],"
            " (SELECT count(*) FROM priority_map_region WHERE map_id = m.id), c.is_synthetic,"
            " NULL, NULL, m.id, 100, v.id FROM city c"
            f" JOIN priority_map m ON m.id = {MAP_IN_FORCE} {_vintage_of('m')}"
            " WHERE CAST(:edition AS text) IS NULL OR m.edition = :edition"
            " ORDER BY city_id, rank, kind"
        ),
        {"edition": edition},
    ).mappings()
    found = [dict(row) for row in rows]
    named = sources_of_editions(connection, {row["made_on"] for row in found if row["made_on"] is not None})
    listed = []
    for row in found:
        told = together(named.get(row.pop("made_on"), []))
        row.pop("rank")
        listed.append(CollectionRow(**row, attribution=told["attribution"], licence=told["licence"]))
    return listed


def of_run(connection: Connection, run_id: int) -> list[CollectionRow]:
    """Return the collections that show a run: none unless it is its city's newest proposal."""
    return [row for row in collections(connection) if row.run_id == run_id]


def read_page(
    connection: Connection,
    collection: CollectionRow,
    *,
    limit: int,
    after: str = "",
    indicator_id: str | None = None,
    period: str | None = None,
) -> Page:
    """Return up to `limit` features after the id `after`, ordered by id."""
    said = {"attribution": collection.attribution, "licence": collection.licence}
    if collection.kind == "areas":
        _check_values(connection, collection, indicator_id, period)
        statement, values = _areas(collection, indicator_id, period)
        named = sources_of_values(
            connection,
            int(collection.vintage_id or 0),
            indicator_ids=[indicator_id] if indicator_id else [],
            periods=[period] if period else [],
        )
        said = {name: together(named)[name] for name in said}
    else:
        if indicator_id is not None or period is not None:
            raise UnknownValuesError(
                f"{collection.id} has no indicator and period of its own; ask a level of areas"
            )
        statement = feature_statement(collection.kind)
        values = (
            {"map": collection.map_id} if collection.kind == "priority-map" else {"run": collection.run_id}
        )
    rows = connection.execute(text(statement), {**values, "after": after, "rows": limit + 1}).all()
    features = [row.feature for row in rows[:limit]]
    return Page(features=features, next_after=rows[limit - 1].id if len(rows) > limit else None, **said)


def _check_values(
    connection: Connection, collection: CollectionRow, indicator_id: str | None, period: str | None
) -> None:
    if indicator_id is None and period is None:
        return
    if indicator_id is None or period is None:
        raise UnknownValuesError("indicator and period are given together; see /cities/{city}/indicators")
    found = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM value"
            " WHERE vintage_id = :vintage AND indicator_id = :indicator AND period = :period"
            f" AND period <> ALL({replaced_periods(':vintage')}))"
        ),
        {"vintage": collection.vintage_id, "indicator": indicator_id, "period": period},
    ).scalar_one()
    if not found:
        there = told_periods(
            connection,
            collection.city_id,
            indicator_ids=[indicator_id],
            geographies=[collection.geography_id],
        )
        raise UnknownValuesError(
            f"{collection.id} has no values of {indicator_id!r} for {period!r} in edition {collection.edition};"
            f" {there}; see /cities/{collection.city_id}/indicators"
        )


def _areas(
    collection: CollectionRow, indicator_id: str | None, period: str | None
) -> tuple[str, dict[str, object]]:
    properties = (
        "jsonb_build_object('area_id', a.area_id, 'name', a.name, 'parent_id', a.parent_area_id,"
        " 'geography', CAST(:geography AS text), 'edition', CAST(:edition AS text))"
    )
    join = ""
    if indicator_id is not None:
        properties += (
            " || jsonb_build_object('indicator', CAST(:indicator AS text), 'period', CAST(:period AS text),"
            " 'value', w.value, 'ci_low', w.ci_low, 'ci_high', w.ci_high, 'comparison', w.comparison,"
            " 'status', coalesce(w.status::text, 'missing'), 'reference_date', w.reference_date)"
        )
        join = (
            " LEFT JOIN value w ON (w.vintage_id, w.area_id, w.indicator_id, w.period)"
            " = (a.vintage_id, a.area_id, CAST(:indicator AS text), CAST(:period AS text))"
        )
    statement = (
        f"SELECT a.area_id AS id, json_build_object('type', 'Feature', 'id', a.area_id, 'geometry',"
        f" ST_AsGeoJSON(ST_ForcePolygonCCW(ST_Transform(a.geometry, 4326)), {_DIGITS})::json,"
        f" 'properties', {properties})::text AS feature"
        f" FROM area a {join} WHERE a.vintage_id = :vintage AND a.area_id > :after ORDER BY a.area_id LIMIT :rows"
    )
    values: dict[str, object] = {
        "vintage": collection.vintage_id,
        "geography": collection.geography_id,
        "edition": collection.edition,
    }
    if indicator_id is not None:
        values |= {"indicator": indicator_id, "period": period}
    return statement, values
