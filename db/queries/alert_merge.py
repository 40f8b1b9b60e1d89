"""Keep alerts: one per area, rule and period, revised or withdrawn when what they rest on has changed.

There is one over all editions of the boundaries as well: an area is the same as long as it keeps its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.queries.alert_evidence import CHANGED_SINCE, REPLACED_BY_LOAD
from db.queries.rows import read_rows
from db.queries.subscriptions import enqueue

__all__ = [
    "FoundAlert",
    "Withdrawal",
    "merge",
    "periods_with_alerts",
    "withdraw_corrected",
    "withdraw_replaced",
]

Withdrawal = Literal["corrected", "not_found", "rule_changed", "not_testable", "new_boundaries"]

_SILENT = ("p_value", "q_value")
# A moment that is never before the last one, also when another transaction began later and ended first.
_NOW = "GREATEST(now(), changed_at)"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAlert:
    """What a rule found in one area: figures to show, the published values they rest on, the text."""

    area_id: str
    indicator_id: str
    figures: Mapping[str, Any]
    evidence: Sequence[Mapping[str, Any]]
    text_de: str
    text_en: str


def merge(
    connection: Connection,
    found: Iterable[FoundAlert],
    *,
    city_id: str,
    rule_id: str,
    rule_version: int,
    vintage_id: int | None,
    period: str,
    run_id: int,
    may_raise: bool = True,
    otherwise: Withdrawal = "not_found",
) -> dict[str, int]:
    """Make what is stored for a rule and period equal to what was found; return how many were raised, revised, withdrawn.

    What is found again stays as it is, on whatever edition of the boundaries it was found before. Who subscribed is
    told of everything else, except that p- and q-values have moved, or the wording: both depend on other areas or on
    the program. `may_raise`: whether alerts of areas that had none are stored. `otherwise`: why the others are
    withdrawn, unless the rule or the boundaries changed. Without a vintage nothing was found.
    """
    key: dict[str, Any] = {"city": city_id, "rule": rule_id, "period": period}
    stored = read_rows(
        connection, "SELECT * FROM alert WHERE (city_id, rule_id, period) = (:city, :rule, :period)", key
    )
    facts = connection.execute(
        text(
            "SELECT (SELECT max(id) FROM load WHERE city_id = :city) AS load,"
            " (SELECT geography_id FROM vintage WHERE id = :vintage) AS geography"
        ),
        {"city": city_id, "vintage": vintage_id},
    ).one()
    key |= {"version": rule_version, "vintage": vintage_id, "run": run_id, **facts._mapping}
    known = {row["area_id"]: row for row in stored if row["geography_id"] == facts.geography}
    raised: list[int] = []
    revised: list[int] = []
    again = set()
    for one in found:
        before, fields = known.get(one.area_id), key | asdict(one)
        if before is None:
            raised += [_insert(connection, fields)] if may_raise else []
            continue
        again.add(before["id"])
        if before["withdrawn_at"] is not None or _says_more(before, fields):
            revised.append(_revise(connection, before["id"], fields))
        elif any(before[name] != fields[name] for name in ("figures", "text_de", "text_en")):
            _reword(connection, before["id"], fields)
        else:
            _confirm(connection, before["id"], fields)
    gone = [row for row in stored if row["id"] not in again]
    withdrawn = [row["id"] for row in gone if row["withdrawn_at"] is None]
    for row in gone:
        why = _why(row, rule_version, vintage_id, otherwise)
        if row["withdrawn_at"] is None:
            _withdraw(connection, [row["id"]], why)
        elif why == "rule_changed":  # was gone already: its own rule must not bring it back
            connection.execute(
                text("UPDATE alert SET withdrawal = :why WHERE id = :number"),
                {"why": why, "number": row["id"]},
            )
    enqueue(connection, [*raised, *revised, *withdrawn])
    return {"raised": len(raised), "revised": len(revised), "withdrawn": len(withdrawn)}


def _says_more(before: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Say whether the values, the rule, the indicator or a figure of the text differ from what was told."""
    told, now = (
        {name: number for name, number in figures.items() if name not in _SILENT}
        for figures in (before["figures"], found["figures"])
    )
    same_rule = before["rule_version"] == found["version"]
    same_ground = (before["evidence"], before["indicator_id"]) == (
        list(found["evidence"]),
        found["indicator_id"],
    )
    return told != now or not same_rule or not same_ground


def _why(
    row: Mapping[str, Any], rule_version: int, vintage_id: int | None, otherwise: Withdrawal
) -> Withdrawal:
    if row["rule_version"] != rule_version:
        return "rule_changed"
    return "new_boundaries" if vintage_id not in (None, row["vintage_id"]) else otherwise


def _statement(query: str) -> Any:
    return text(query).bindparams(bindparam("figures", type_=JSONB), bindparam("evidence", type_=JSONB))


def _insert(connection: Connection, fields: Mapping[str, Any]) -> int:
    statement = _statement(
        "INSERT INTO alert (city_id, rule_id, rule_version, geography_id, vintage_id, area_id, period, indicator_id,"
        " figures, evidence, text_de, text_en, first_run_id, run_id, load_id) VALUES (:city, :rule, :version,"
        " :geography, :vintage, :area_id, :period, :indicator_id, :figures, :evidence, :text_de, :text_en, :run, :run,"
        " :load) RETURNING id"
    )
    return int(connection.execute(statement, dict(fields)).scalar_one())


_FIELDS = (
    "figures = :figures, evidence = :evidence, text_de = :text_de, text_en = :text_en, rule_version = :version,"
    " vintage_id = :vintage, indicator_id = :indicator_id, run_id = :run, load_id = :load"
)


def _revise(connection: Connection, number: int, fields: Mapping[str, Any]) -> int:
    statement = _statement(
        f"UPDATE alert SET {_FIELDS}, withdrawn_at = NULL, withdrawal = NULL, revision = revision + 1,"
        f" changed_at = {_NOW} WHERE id = :number RETURNING id"
    )
    return int(connection.execute(statement, {**fields, "number": number}).scalar_one())


def _reword(connection: Connection, number: int, fields: Mapping[str, Any]) -> None:
    statement = _statement(f"UPDATE alert SET {_FIELDS}, checked_at = {_NOW} WHERE id = :number")
    connection.execute(statement, {**fields, "number": number})


def _confirm(connection: Connection, number: int, fields: Mapping[str, Any]) -> None:
    connection.execute(
        text(
            "UPDATE alert AS a SET load_id = :load, vintage_id = :vintage,"
            f" checked_at = CASE WHEN {CHANGED_SINCE} THEN {_NOW} ELSE checked_at END"
            " WHERE id = :number AND (load_id, vintage_id) <> (:load, :vintage)"
        ),
        {"number": number, "load": fields["load"], "vintage": fields["vintage"]},
    )


def _withdraw(connection: Connection, numbers: Sequence[int], why: Withdrawal) -> None:
    connection.execute(
        text(
            f"UPDATE alert SET withdrawn_at = {_NOW}, changed_at = {_NOW}, withdrawal = :why, revision = revision + 1"
            " WHERE id = ANY(:numbers)"
        ),
        {"numbers": list(numbers), "why": why},
    )


def withdraw_replaced(connection: Connection, city_id: str, *, load_id: int) -> int:
    """Withdraw the alerts that rest on values which a load has replaced; belongs to the load's transaction."""
    numbers = list(
        connection.execute(
            text(
                "SELECT a.id FROM alert a WHERE a.city_id = :city AND a.withdrawn_at IS NULL"
                f" AND {REPLACED_BY_LOAD} ORDER BY a.id"
            ),
            {"city": city_id, "load": load_id},
        ).scalars()
    )
    withdraw_corrected(connection, numbers)
    return len(numbers)


def withdraw_corrected(connection: Connection, numbers: Sequence[int]) -> None:
    """Withdraw alerts because values they rest on are no more, and tell who subscribed."""
    _withdraw(connection, numbers, "corrected")
    enqueue(connection, numbers)


def periods_with_alerts(connection: Connection, *, city_id: str, rule_id: str) -> dict[str, int]:
    """Return the periods for which a rule has alerts, and the newest version of the rule that found them.

    Those that another version of the rule took back do not count: they are never looked at again.
    """
    rows = read_rows(
        connection,
        "SELECT period, max(rule_version) AS version FROM alert WHERE (city_id, rule_id) = (:city, :rule)"
        " AND withdrawal IS DISTINCT FROM 'rule_changed' GROUP BY period ORDER BY period",
        {"city": city_id, "rule": rule_id},
    )
    return {row["period"]: row["version"] for row in rows}
