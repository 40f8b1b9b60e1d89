"""Rules of the early warning as a city keeps them, and the values they are tested on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.errors import NotBacktestedError, UnprovenRuleError
from db.queries.copying import copy_out
from db.queries.definitions import CITY_DEFINITION
from db.queries.rows import read_one, read_rows
from db.queries.vintages import NEWEST_VINTAGE, replaced_periods

__all__ = [
    "all_of",
    "edition_with_values",
    "get",
    "levels_with_values",
    "put",
    "read_rule_values",
    "switch_off",
    "switch_on",
    "version_of",
    "watched",
]

_DTYPE = {"area_id": "str", "period": "str", "indicator_id": "str", "status": "str"} | dict.fromkeys(
    ("value", "numerator", "denominator"), "float64"
)


# How old the back-test is: in days, and in loads that have changed values of the city since.
_AGED = (
    "SELECT r.*, CAST(floor(extract(epoch FROM now() - r.backtested_at) / 86400) AS integer) AS backtest_days,"
    " CAST((SELECT count(*) FROM load l WHERE l.city_id = r.city_id AND l.loaded_at > r.backtested_at"
    "  AND jsonb_exists(l.counts, 'computed_values_removed')) AS integer) AS loads_since_backtest"
    " FROM alert_rule r WHERE r.city_id = :city"
)


def all_of(connection: Connection, city_id: str) -> list[dict[str, Any]]:
    """Return all rules a city has stored, by id, with the age of their back-test."""
    return read_rows(connection, f"{_AGED} ORDER BY r.id", {"city": city_id})


def get(connection: Connection, city_id: str, rule_id: str) -> dict[str, Any] | None:
    """Return one rule with the age of its back-test, or None."""
    return read_one(connection, f"{_AGED} AND r.id = :rule", {"city": city_id, "rule": rule_id})


def watched(connection: Connection, city_id: str) -> list[dict[str, Any]]:
    """Return the rules that are switched on, and those whose alerts still have to be looked after, by id."""
    return read_rows(
        connection,
        "SELECT r.* FROM alert_rule r WHERE r.city_id = :city AND (r.is_active OR EXISTS ("
        " SELECT FROM alert a WHERE (a.city_id, a.rule_id) = (r.city_id, r.id)"
        " AND a.withdrawal IS DISTINCT FROM 'rule_changed')) ORDER BY r.id",
        {"city": city_id},
    )


def version_of(connection: Connection, city_id: str, rule_id: str, version: int) -> dict[str, Any]:
    """Return what a rule was in one of its versions: level and definition."""
    row = read_one(
        connection,
        "SELECT geography_id, definition FROM alert_rule_version"
        " WHERE (city_id, rule_id, version) = (:city, :rule, :version)",
        {"city": city_id, "rule": rule_id, "version": version},
    )
    return row or {}


def put(
    connection: Connection,
    *,
    city_id: str,
    rule_id: str,
    geography_id: str,
    definition: Mapping[str, Any],
    backtest: Mapping[str, Any],
) -> bool:
    """Store a rule with the summary of its back-test; return whether it is (still) switched on.

    A rule that says something else than before, or is about another level, is switched off and has a new version:
    it is another rule, and alerts keep the one that they were raised by.
    """
    statement = text(
        "INSERT INTO alert_rule AS r (city_id, id, geography_id, definition, backtest, backtested_at)"
        " VALUES (:city, :rule, :geography, :definition, :backtest, now())"
        " ON CONFLICT (city_id, id) DO UPDATE SET geography_id = excluded.geography_id,"
        " definition = excluded.definition, backtest = excluded.backtest, backtested_at = now(),"
        " is_active = r.is_active AND (r.geography_id, r.definition) = (excluded.geography_id, excluded.definition),"
        " version = r.version + CAST((r.geography_id, r.definition)"
        "  IS DISTINCT FROM (excluded.geography_id, excluded.definition) AS integer)"
        " RETURNING is_active, version"
    ).bindparams(bindparam("definition", type_=JSONB), bindparam("backtest", type_=JSONB))
    told = {"rule": dict(definition), "city": city_id, "geography": geography_id, **backtest}
    fields = {"city": city_id, "rule": rule_id, "geography": geography_id}
    row = connection.execute(statement, {**fields, "definition": dict(definition), "backtest": told}).one()
    connection.execute(
        text(
            "INSERT INTO alert_rule_version (city_id, rule_id, version, geography_id, definition)"
            " VALUES (:city, :rule, :version, :geography, :definition) ON CONFLICT DO NOTHING"
        ).bindparams(bindparam("definition", type_=JSONB)),
        {**fields, "definition": dict(definition), "version": row.version},
    )
    return bool(row.is_active)


def switch_on(connection: Connection, *, city_id: str, rule_id: str, by: str) -> None:
    """Switch a rule on that was back-tested; refused when it was not, or when nothing is known of its hits."""
    row = get(connection, city_id, rule_id)
    told = None if row is None else row["backtest"]
    if told is None:
        raise NotBacktestedError(city_id, rule_id)
    if not ((told.get("confirmed") or 0) > 0 or (told.get("refuted") or 0) > 0):
        raise UnprovenRuleError(city_id, rule_id)
    connection.execute(
        text(
            "UPDATE alert_rule SET is_active = true, switched_on_by = :by, switched_on_at = now()"
            " WHERE (city_id, id) = (:city, :rule)"
        ),
        {"city": city_id, "rule": rule_id, "by": by},
    )


def switch_off(connection: Connection, *, city_id: str, rule_id: str, by: str) -> bool:
    """Switch a rule off; return whether it was on. Its alerts stay."""
    changed = connection.execute(
        text(
            "UPDATE alert_rule SET is_active = false, switched_off_by = :by, switched_off_at = now()"
            " WHERE (city_id, id) = (:city, :rule) AND is_active"
        ),
        {"city": city_id, "rule": rule_id, "by": by},
    ).rowcount
    return bool(changed)


def read_rule_values(
    connection: Connection, *, vintage_id: int, indicator_ids: Sequence[str]
) -> pd.DataFrame:
    """Return area_id, period, indicator_id, value, status, numerator, denominator; counts where the city has them.

    A count that is missing or withheld is empty here as well.
    """
    return copy_out(
        connection,
        "WITH i AS MATERIALIZED (SELECT d.* FROM"
        f" {CITY_DEFINITION} d JOIN vintage x ON x.city_id = d.city_id WHERE x.id = %(vintage)s)"
        " SELECT v.area_id, v.period, v.indicator_id, v.value, v.status, n.value AS numerator, d.value AS denominator"
        " FROM value v JOIN i ON i.id = v.indicator_id"
        " LEFT JOIN value n ON i.minus IS NULL AND (n.vintage_id, n.indicator_id, n.period, n.area_id)"
        " = (v.vintage_id, i.numerator, v.period, v.area_id)"
        " LEFT JOIN value d ON i.minus IS NULL AND (d.vintage_id, d.indicator_id, d.period, d.area_id)"
        " = (v.vintage_id, i.denominator, v.period, v.area_id)"
        " WHERE v.vintage_id = %(vintage)s AND v.indicator_id = ANY(%(indicators)s)"
        f" AND v.period <> ALL({replaced_periods('%(vintage)s')})"
        " ORDER BY v.indicator_id, v.period, v.area_id",
        {"vintage": vintage_id, "indicators": list(indicator_ids)},
        dtype=_DTYPE,
    )


def levels_with_values(
    connection: Connection, city_id: str, indicator_ids: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the levels below the city that have all these indicators, the finest first.

    `known` is the share of their areas that have a value, of the indicator that has the fewest.
    """
    return read_rows(
        connection,
        "SELECT id, vintage_id, rank, min(known) AS known FROM ("
        " SELECT g.id, v.id AS vintage_id, g.rank, a.indicator_id,"
        "  CAST(sum(a.with_value) AS float8) / nullif(sum(a.areas), 0) AS known"
        f" FROM geography_level g JOIN {NEWEST_VINTAGE} v ON (v.city_id, v.geography_id) = (g.city_id, g.id)"
        " JOIN availability a ON a.vintage_id = v.id"
        " WHERE g.city_id = :city AND g.rank > 0 AND a.indicator_id = ANY(:indicators) GROUP BY 1, 2, 3, 4) AS one"
        " GROUP BY 1, 2, 3 HAVING count(*) = cardinality(CAST(:indicators AS text[])) AND min(known) > 0"
        " ORDER BY rank DESC, id",
        {"city": city_id, "indicators": list(indicator_ids)},
    )


def edition_with_values(
    connection: Connection, city_id: str, geography_id: str, *, indicator_ids: Sequence[str], period: str
) -> int | None:
    """Return the newest edition (vintage) of a level that has all these indicators in a period, or None."""
    row = read_one(
        connection,
        "SELECT v.id FROM vintage v WHERE (v.city_id, v.geography_id) = (:city, :geography)"
        f" AND v.withdrawn_by IS NULL AND CAST(:period AS text) <> ALL({replaced_periods('v.id')}) AND ("
        " SELECT count(*) FROM availability a WHERE (a.vintage_id, a.period) = (v.id, :period)"
        " AND a.indicator_id = ANY(:indicators) AND a.with_value > 0) = cardinality(CAST(:indicators AS text[]))"
        " ORDER BY v.valid_from DESC LIMIT 1",
        {
            "city": city_id,
            "geography": geography_id,
            "indicators": list(indicator_ids),
            "period": period,
        },
    )
    return None if row is None else int(row["id"])
