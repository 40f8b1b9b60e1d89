"""Features of priority areas: the newest proposal with what was found around it, and the map that is in force."""

from __future__ import annotations

from db.queries.vintages import on_withdrawn_edition
from db.queries.withheld_areas import HOW_AREAS_ARE_TOLD, MAP_IS_WITHHELD, run_is_withheld, told_columns

__all__ = ["MAP_IN_FORCE", "NEWEST_PROPOSAL", "PROPOSAL_KINDS", "feature_statement"]

_DIGITS = 7  # of degrees: about a centimetre

NEWEST_PROPOSAL = (
    "(SELECT max(id) FROM run n WHERE city_id = c.id AND kind = 'proposal'"
    f" AND NOT {on_withdrawn_edition('n.id')})"
)
"""A table expression: the newest proposal of the city `c`."""

MAP_IN_FORCE = "(SELECT id FROM priority_map WHERE city_id = c.id AND status = 'agreed')"
"""A table expression: the agreed map of the city `c`."""

_LAYERS = {
    "priority-bands": "bands",
    "priority-changes": "changes",
    "priority-classes": "classes",
    "priority-links": "links",
}
_REGIONS = "(SELECT count(*) FROM region WHERE run_id = r.id)"
_CASES = "(SELECT count(*) FROM proposal_area WHERE run_id = r.id AND case_reason IS NOT NULL)"

PROPOSAL_KINDS = {
    "priority-areas": ("vorgeschlagene Schwerpunkträume", "proposed priority areas", _REGIONS),
    "priority-zones": ("Pufferzonen der Schwerpunkträume", "buffer zones of the priority areas", _REGIONS),
    "priority-cases": (
        "Einzelfälle: erhöhter Bedarf in keinem Schwerpunktraum",
        "single cases: raised need in no priority area",
        _CASES,
    ),
} | {
    kind: (
        german,
        english,
        f"(SELECT count(*) FROM proposal_feature WHERE run_id = r.id AND layer = '{_LAYERS[kind]}')",
    )
    for kind, german, english in (
        (
            "priority-classes",
            "Kern und Rand der vorgeschlagenen Schwerpunkträume",
            "core and margin of the proposed priority areas",
        ),
        (
            "priority-bands",
            "Abstandsbänder um die vorgeschlagenen Schwerpunkträume",
            "distance bands around the proposed priority areas",
        ),
        (
            "priority-links",
            "Verbindungen zwischen vorgeschlagenen Schwerpunkträumen",
            "links between proposed priority areas",
        ),
        (
            "priority-changes",
            "Änderungen des Vorschlags gegenüber der geltenden Karte",
            "changes of the proposal against the map in force",
        ),
    )
}
"""Collections of a proposal: title in German and English, and how its features are counted."""

_IS_WITHHELD = run_is_withheld(":run")
# How a proposal was made; decisions with their reasons are told once, with the proposal, not with every feature.
_MADE = (
    "(r.parameters - CAST(ARRAY['zone_distance', 'locked', 'inside', 'outside'] AS text[]))"
    f" || jsonb_build_object('run_id', r.id, 'is_withheld', {_IS_WITHHELD}, 'objective',"
    f" CASE WHEN NOT {_IS_WITHHELD} THEN r.summary->'objective' END, 'inputs_hash', r.inputs_hash,"
    " 'code_version', r.code_version)"
)


def feature_statement(kind: str) -> str:
    """Return the statement for up to `:rows` features of a collection after the id `:after`, of `:run` or `:map`."""
    if kind == "priority-map":
        return _of_the_map()
    if kind == "priority-cases":
        return _of_single_cases()
    if kind in _LAYERS:
        return _of_a_layer(_LAYERS[kind])
    return _of_regions("geometry" if kind == "priority-areas" else "zone")


def _feature(feature_id: str, geometry: str, properties: str) -> str:
    return (
        f"SELECT {feature_id} AS id, json_build_object('type', 'Feature', 'id', {feature_id}, 'geometry',"
        f" ST_AsGeoJSON(ST_ForcePolygonCCW(ST_Transform({geometry}, 4326)), {_DIGITS})::json,"
        f" 'properties', {properties})::text AS feature"
    )


def _of_regions(column: str) -> str:
    properties = (
        f"{_MADE} || jsonb_build_object('region_id', g.region_id, 'kind', g.kind, 'areas', g.areas,"
        f" 'residents', CASE WHEN NOT {_IS_WITHHELD} THEN g.residents END,"
        f" 'mean_need', CASE WHEN NOT {_IS_WITHHELD} THEN g.mean_need END,"
        " 'border_length', g.border_length, 'distance', g.zone_distance)"
    )
    return (
        f"{_feature('g.region_id', f'g.{column}', properties)} FROM region g JOIN run r ON r.id = g.run_id"
        " WHERE g.run_id = :run AND g.region_id > :after ORDER BY g.region_id LIMIT :rows"
    )


def _of_a_layer(layer: str) -> str:
    return (
        f"{_feature('f.feature_id', 'f.geometry', f'{_MADE} || f.properties')}"
        " FROM proposal_feature f JOIN run r ON r.id = f.run_id"
        f" WHERE f.run_id = :run AND f.layer = '{layer}' AND f.feature_id > :after"
        " ORDER BY f.feature_id LIMIT :rows"
    )


def _of_single_cases() -> str:
    """Return the statement; what a newer load withholds is null, as in the tables of the proposal."""
    told = told_columns(":run")
    properties = (
        f"{_MADE} || jsonb_build_object('area_id', p.area_id, 'name', a.name, 'need', {told['need']},"
        f" 'above', {told['need']} - (r.parameters->>'threshold')::double precision,"
        f" 'residents', {told['residents']}, 'reason', {told['case_reason']},"
        f" 'sentence_de', {told['case_de']}, 'sentence_en', {told['case_en']})"
    )
    return (
        f"{_feature('p.area_id', 'a.geometry', properties)} FROM proposal_area p JOIN run r ON r.id = p.run_id"
        f" JOIN area a USING (vintage_id, area_id) CROSS JOIN LATERAL {HOW_AREAS_ARE_TOLD} AS s"
        " WHERE p.run_id = :run AND p.case_reason IS NOT NULL AND p.area_id > :after"
        " ORDER BY p.area_id LIMIT :rows"
    )


def _of_the_map() -> str:
    properties = (
        "jsonb_build_object('region_id', g.region_id, 'map_id', m.id, 'title', m.title, 'status', m.status,"
        " 'kind', g.kind, 'areas', g.areas, 'is_withheld', m.is_withheld,"
        " 'residents', CASE WHEN NOT m.is_withheld THEN g.residents END,"
        " 'mean_need', CASE WHEN NOT m.is_withheld THEN g.mean_need END,"
        " 'geography', m.geography_id, 'edition', m.edition, 'decision_number', m.decision_number,"
        " 'decision_date', m.decision_date, 'geometry_sha256', m.geometry_sha256)"
    )
    return (
        f"{_feature('g.region_id', 'g.geometry', properties)} FROM priority_map_region g"
        f" JOIN (SELECT m.*, {MAP_IS_WITHHELD} AS is_withheld FROM priority_map m WHERE m.id = :map) AS m"
        " ON m.id = g.map_id WHERE g.map_id = :map AND g.region_id > :after"
        " ORDER BY g.region_id LIMIT :rows"
    )
