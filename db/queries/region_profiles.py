"""Who lives in a proposed region, compared with the city: its published shares and rates, averaged over its areas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

from db.queries.rows import read_rows
from db.queries.vintages import NEWEST_VINTAGE, replaced_periods
from indicators.computed import index_behind
from indicators.definition import Indicator

__all__ = ["LEAST_KNOWN", "read_profile"]

LEAST_KNOWN = 0.8
"""Least share of a region's residents in areas whose value is published; with less the region has no value."""

_UNITS = ("%", "m²", "€")  # that read the same in German and English
_MEANINGS = {"higher_is_more_need": "need", "lower_is_more_need": "strength", "context": "neutral"}
_COLUMNS = (
    "indicator_id",
    "title_de",
    "title_en",
    "unit",
    "region",
    "city",
    "spread",
    "meaning",
    "base",
    "known",
)

# An area counts with what its value relates to, so that the mean of the parts is the value of the whole.
_MEANS = (
    "WITH p AS MATERIALIZED (SELECT area_id, residents, region_id IS NOT DISTINCT FROM :region AS is_here"
    " FROM proposal_area WHERE run_id = :run), known AS ("
    " SELECT w.indicator_id, w.value, p.residents, p.is_here,"
    "  CASE WHEN g.denominator IS NULL THEN p.residents ELSE b.value END AS base"
    " FROM unnest(CAST(:indicators AS text[]), CAST(:denominators AS text[])) AS g (indicator_id, denominator)"
    " JOIN value w ON (w.vintage_id, w.indicator_id, w.period) = (:vintage, g.indicator_id, :period)"
    " JOIN p ON p.area_id = w.area_id"
    " LEFT JOIN value b ON (b.vintage_id, b.indicator_id, b.period, b.area_id)"
    "  = (:vintage, g.denominator, :period, w.area_id) WHERE w.value IS NOT NULL"
    f" AND w.period <> ALL({replaced_periods(':vintage')}))"
    " SELECT indicator_id, sum(base) FILTER (WHERE is_here) AS base,"
    " sum(value * base) FILTER (WHERE is_here) / nullif(sum(base) FILTER (WHERE is_here), 0) AS region,"
    " sum(value * base) / nullif(sum(base), 0) AS mean, sum(value ^ 2 * base) / nullif(sum(base), 0) AS square,"
    " sum(residents) FILTER (WHERE is_here)"
    "  / nullif((SELECT sum(residents) FROM p WHERE is_here), 0) AS known"
    " FROM known WHERE base IS NOT NULL GROUP BY indicator_id"
)
_OF_THE_CITY = (
    f"SELECT w.indicator_id, w.value FROM value w JOIN {NEWEST_VINTAGE} v ON v.id = w.vintage_id"
    " JOIN geography_level g ON (g.city_id, g.id) = (v.city_id, v.geography_id)"
    " WHERE v.city_id = :city AND g.rank = 0 AND w.period = :period AND w.indicator_id = ANY(:indicators)"
    " AND w.value IS NOT NULL AND (SELECT count(*) FROM area a WHERE a.vintage_id = v.id) = 1"
)


def read_profile(
    connection: Connection,
    run: Mapping[str, Any],
    region_id: str,
    definitions: Mapping[str, Indicator],
) -> pd.DataFrame:
    """Return one row per indicator, indexed by its id, the most unlike the city first.

    Columns `title_de`, `title_en`, `unit`, `region`, `city`, `spread` (standard deviation over the city's areas, with
    the same weights as the means), `meaning` as `spatial.regions.explain_region` has them; `base`, how many people,
    households or cases the region's value relates to, and `known`, the share of the region's residents in areas whose
    value is published. The city's value is the published one, rounded like that of the region; on a city without one,
    the mean of its areas.
    """
    vintage = connection.execute(
        text("SELECT vintage_id FROM proposal_area WHERE run_id = :run LIMIT 1"), {"run": run["id"]}
    ).scalar_one()
    chosen = {name: one for name, one in definitions.items() if _can_be_averaged(one)}
    given = {
        "run": run["id"],
        "vintage": vintage,
        "city": run["city_id"],
        "region": region_id,
        "period": run["parameters"]["period"],
        "indicators": list(chosen),
        "denominators": [one.denominator for one in chosen.values()],
    }
    published = {row["indicator_id"]: row["value"] for row in read_rows(connection, _OF_THE_CITY, given)}
    rows = []
    for row in read_rows(connection, _MEANS, given):
        one = chosen[row["indicator_id"]]
        if (
            row["region"] is None
            or (row["known"] or 0.0) < LEAST_KNOWN
            or row["base"] < one.minimum_denominator
        ):
            continue
        rows.append(
            {
                "indicator_id": one.id,
                "title_de": one.title_de,
                "title_en": one.title_en,
                "unit": one.unit,
                "region": round(row["region"], one.decimals),
                "city": round(published.get(one.id, row["mean"]), one.decimals),
                "spread": max(row["square"] - row["mean"] ** 2, 0.0) ** 0.5,
                "meaning": _MEANINGS[one.direction],
                "base": row["base"],
                "known": row["known"],
            }
        )
    table = pd.DataFrame(rows, columns=list(_COLUMNS)).set_index("indicator_id").sort_index()
    spread = table["spread"].astype(float)
    apart = ((table["region"] - table["city"]) / spread.where(spread > 0)).astype(float).abs()
    return table.loc[apart.sort_values(ascending=False, kind="stable").index]


def _can_be_averaged(one: Indicator) -> bool:
    """Say whether the mean of an indicator's areas is the value of the whole: no count, class, index or median."""
    return (
        one.kind == "intensive"
        and one.unit in _UNITS
        and one.form not in ("median", "change")
        and index_behind(one.id) is None
    )
