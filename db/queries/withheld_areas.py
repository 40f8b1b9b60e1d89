"""What a proposal was made with may be withheld by a newer load: then nobody tells it any more, nor what gives it back.

One rule for every answer, table and file. What has no published value now is told of no area; very few residents are
told of none. Where that befalls one area of a run, no sum, mean or count of residents over areas of the run is told
either: whoever has all but one of the parts takes them from the sum.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection

from db.queries.rows import read_one, read_rows
from db.queries.vintages import withholds_in_newer
from indicators.confidentiality import RECOMMENDED
from spatial.regions.reasons.single_cases import REASONS

__all__ = [
    "FEWEST",
    "HOW_AREAS_ARE_TOLD",
    "IS_WITHHELD",
    "MAP_IS_WITHHELD",
    "PASSPORT_WITHOUT_SUMS",
    "area_withheld",
    "run_is_withheld",
    "run_withheld",
    "runs_withheld",
    "told_columns",
    "told_run",
    "without_sums",
]

FEWEST = RECOMMENDED.minimum_count
"""Fewer residents than so many, and not nobody, are very few: no answer tells how many. [persons]"""

_SUMS = ("residents", "single_case_residents", "objective", "lower_bound")

# The need is one index, or made of weighted indicators.
_IS_WEIGHTED = "coalesce(jsonb_typeof(r.parameters->'weights') = 'object', false)"
_MADE_OF = (
    f"jsonb_object_keys(CASE WHEN {_IS_WEIGHTED} THEN r.parameters->'weights'"
    " ELSE jsonb_build_object(coalesce(r.parameters->>'need_indicator', ''), 0) END)"
)


def _unpublished(indicators: str, unless: str = "") -> str:
    """Return how many of the indicators have no value now; OFFSET keeps it to one look-up each, whatever is guessed.

    Between a load and the computation after it there is no row of what is computed: that is no reason to tell it.
    """
    return (
        f"(SELECT count(*) FROM {indicators} AS i (id) CROSS JOIN LATERAL (SELECT (SELECT w.value FROM value w"
        " WHERE (w.vintage_id, w.indicator_id, w.period, w.area_id)"
        f" = (p.vintage_id, i.id, r.parameters->>'period', p.area_id) OFFSET 0) AS value) AS n"
        f" WHERE n.value IS NULL{unless})"
    )


# The need that several disciplines speak for may be known without one of them, and says nothing of that one then.
_WITHOUT = " AND NOT coalesce((r.summary->'known_without'->i.id) @> to_jsonb(p.area_id), false)"
# An index may be computed anew without an ingredient that is withheld now: beside it the former one would tell that.
_INGREDIENTS = (
    "(SELECT count(*) FROM value w JOIN index_explanation e USING (vintage_id, indicator_id, period, area_id)"
    " WHERE (w.vintage_id, w.indicator_id, w.period, w.area_id)"
    " = (p.vintage_id, r.parameters->>'need_indicator', r.parameters->>'period', p.area_id)"
    " AND w.value <> p.need AND jsonb_path_exists(e.parts, '$[*] ? (@.value == null)'))"
)

_IN_NEWER = withholds_in_newer("p.vintage_id", "r.parameters->>'period'")

# Counted, not only asked for whether there is one: else the planner may look through all areas of all runs at once.
IS_WITHHELD = (
    f"(p.need IS NOT NULL AND ({_unpublished(_MADE_OF, _WITHOUT)} > 0"
    f" OR NOT {_IS_WEIGHTED} AND {_INGREDIENTS} > 0)"
    " OR p.residents IS NOT NULL"
    f" AND {_unpublished('''(SELECT r.parameters->>'residents_indicator')''')} > 0"
    " OR (p.need IS NOT NULL OR p.residents IS NOT NULL)"
    f" AND {_IN_NEWER})"
)
"""A condition on the area `p` of the run `r`: its need or its residents are withheld by now, here or in a newer edition."""

HOW_AREAS_ARE_TOLD = (
    f"(SELECT {IS_WITHHELD} AS is_withheld,"
    f" coalesce(p.residents > 0 AND p.residents < {FEWEST}, false) AS is_few)"
)
"""A row on the area `p` of the run `r`: whether it is withheld by now, and whether its residents are very few."""


def run_is_withheld(run: str) -> str:
    """Return a condition: an area of the run with this number (an expression such as `:run`) is withheld by now."""
    return (
        "((SELECT count(*) FROM proposal_area p JOIN run r ON r.id = p.run_id"
        f" WHERE p.run_id = {run} AND {IS_WITHHELD}) > 0)"
    )


def told_columns(run: str) -> dict[str, str]:
    """Return how columns of an area `p` are told, as expressions; `s` is the row of `HOW_AREAS_ARE_TOLD`.

    The critical threshold is a mean over all areas that leave together, so it is told as sums are, and so is the
    membership, which says where between two thresholds it lies. That nobody lives in an area is not told where the
    number is not known, or withheld by now.
    """
    german, english = REASONS["residents_unknown"]
    unknown = "p.case_reason = 'nobody_lives_here' AND (s.is_withheld OR p.residents IS NULL)"
    hidden = f"s.is_withheld OR s.is_few OR {run_is_withheld(run)}"
    return {
        "need": "CASE WHEN NOT s.is_withheld THEN p.need END",
        "residents": "CASE WHEN NOT (s.is_withheld OR s.is_few) THEN p.residents END",
        "critical_threshold": f"CASE WHEN NOT ({hidden}) THEN p.critical_threshold END",
        "membership": f"CASE WHEN p.membership IN (0, 1) OR NOT ({hidden}) THEN p.membership END",
        "deviation": f"CASE WHEN NOT ({hidden}) THEN p.deviation END",
        "case_reason": f"CASE WHEN {unknown} THEN 'residents_unknown' ELSE p.case_reason END",
        "case_de": f"CASE WHEN {unknown} THEN '{german}' ELSE p.case_de END",
        "case_en": f"CASE WHEN {unknown} THEN '{english}' ELSE p.case_en END",
    }


# A map holds sums of its own: of the run it was made of, or of the residents that were published when it was drawn.
_PASSPORTS = (
    "jsonb_array_elements(CASE jsonb_typeof(m.passport->'runs') WHEN 'array' THEN m.passport->'runs'"
    " ELSE CAST('[]' AS jsonb) END) AS o (passport)"
)
_RUNS_OF_THE_MAP = (
    "ANY(ARRAY(SELECT n.number::integer FROM (SELECT coalesce(m.passport->>'run', m.passport->>'id') AS number"
    f" UNION ALL SELECT o.passport->>'id' FROM {_PASSPORTS}) AS n WHERE n.number ~ '^[0-9]{{1,9}}$'))"
)
_MAP_IN_NEWER = withholds_in_newer("v.id", "m.passport->>'period'")
# A map that was drawn elsewhere says which residents its sums are of, and which areas had no published number then.
_LOST_RESIDENTS = (
    "(SELECT count(*) FROM priority_map_area a"
    " CROSS JOIN LATERAL (SELECT id FROM vintage WHERE (city_id, geography_id, edition)"
    "  = (m.city_id, m.geography_id, m.edition) ORDER BY withdrawn_by NULLS FIRST LIMIT 1) AS v"
    " LEFT JOIN value w ON (w.vintage_id, w.indicator_id, w.period, w.area_id)"
    "  = (v.id, m.passport->>'residents_indicator', m.passport->>'period', a.area_id)"
    " WHERE a.map_id = m.id AND NOT coalesce((m.passport->'without_residents') @> to_jsonb(a.area_id), false)"
    f" AND (w.value IS NULL OR {_MAP_IN_NEWER}))"
)
MAP_IS_WITHHELD = (
    f"({run_is_withheld(_RUNS_OF_THE_MAP)}"
    f" OR coalesce(m.passport->>'origin', '') = 'file' AND {_LOST_RESIDENTS} > 0)"
)
"""A condition on the map `m`: the run it was made of is withheld by now, or residents of an area that were published."""

_OF_SUMS = "CAST(ARRAY['objective', 'lower_bound'] AS text[])"
PASSPORT_WITHOUT_SUMS = (
    f"((m.passport - {_OF_SUMS}) #- '{{quality,ambiguous_share_of_residents}}')"
    f" || coalesce((SELECT jsonb_build_object('runs', jsonb_agg(o.passport - {_OF_SUMS}))"
    f" FROM {_PASSPORTS} HAVING count(*) > 0), '{{}}')"
)
"""How the map `m` was made, without sums."""


def area_withheld(connection: Connection, run_id: int, area_id: str) -> bool:
    """Say whether the need or the residents of an area are withheld by now."""
    row = read_one(
        connection,
        f"SELECT {IS_WITHHELD} AS is_withheld FROM proposal_area p JOIN run r ON r.id = p.run_id"
        " WHERE p.run_id = :run AND p.area_id = :area",
        {"run": run_id, "area": area_id},
    )
    return row is not None and bool(row["is_withheld"])


def run_withheld(connection: Connection, run_id: int) -> bool:
    """Say whether need or residents of any area of a run are withheld by now: then no sum over its areas is told."""
    return bool(runs_withheld(connection, [run_id]))


def runs_withheld(connection: Connection, run_ids: Collection[int]) -> set[int]:
    """Return those of the runs of which an area is withheld by now."""
    rows = read_rows(
        connection,
        f"SELECT g.id FROM run g WHERE g.id = ANY(:runs) AND {run_is_withheld('g.id')}",
        {"runs": sorted(run_ids)},
    )
    return {row["id"] for row in rows}


def without_sums(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return the summary of a run without its sums and shares of residents."""
    told: dict[str, Any] = {name: None if name in _SUMS else value for name, value in summary.items()}
    if told.get("changes"):
        told["changes"] = {side: one | {"residents": None} for side, one in told["changes"].items()}
    if told.get("region_changes"):
        told["region_changes"] = [
            row | {side: row[side] | {"residents": None} for side in ("kept", "added", "removed")}
            for row in told["region_changes"]
        ]
    if told.get("map_quality"):
        told["map_quality"] = told["map_quality"] | {"ambiguous_share_of_residents": None}
    return told


def told_run(connection: Connection, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run as it may be told: `is_withheld`, and a `summary` without sums that would give back an area's figures."""
    is_withheld = run_withheld(connection, run["id"])
    summary = without_sums(run["summary"]) if is_withheld else dict(run["summary"])
    few = read_one(
        connection,
        "SELECT count(*) AS areas FROM proposal_area WHERE run_id = :run AND case_reason IS NOT NULL"
        f" AND residents > 0 AND residents < {FEWEST}",
        {"run": run["id"]},
    )
    if few is not None and few["areas"]:
        summary["single_case_residents"] = None
    if summary.get("region_changes"):
        summary["region_changes"] = [
            row | {side: _without_few(row[side]) for side in ("kept", "added", "removed")}
            for row in summary["region_changes"]
        ]
    return dict(run) | {"is_withheld": is_withheld, "summary": summary}


def _without_few(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part of a change without the number of residents where these are very few."""
    people = part["residents"]
    return dict(part) | ({"residents": None} if people is not None and 0 < people < FEWEST else {})
