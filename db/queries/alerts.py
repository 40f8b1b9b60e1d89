"""Keep alerts: one per area, rule and period, withdrawn or revised when the values they rest on are corrected.

What is read here is what may be published: figures and texts come out only while every value they rest on is still
the published one, and no load has changed values of the city since they were last looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.errors import UnknownAlertError
from db.queries.alert_evidence import IS_PUBLISHED, REPLACED_BY_LOAD
from db.queries.rows import read_one, read_rows
from db.queries.subscriptions import MATCHES, enqueue

__all__ = [
    "AlertFilter",
    "FoundAlert",
    "acknowledge",
    "acknowledgements",
    "get",
    "merge",
    "newest_change",
    "periods_with_alerts",
    "read",
    "withdraw_replaced",
]

_SHOWN = (
    "SELECT s.*, CASE WHEN s.state = 'open' THEN s.all_figures END AS figures,"
    " CASE WHEN s.state = 'open' THEN s.any_text_de END AS text_de,"
    " CASE WHEN s.state = 'open' THEN s.any_text_en END AS text_en FROM ("
    "SELECT a.id, a.city_id, a.rule_id, a.vintage_id, w.geography_id, w.edition, a.area_id, x.name AS area_name, a.period,"
    " a.indicator_id, i.title_de AS indicator_de, i.title_en AS indicator_en, i.unit, i.decimals,"
    " r.definition ->> 'title_de' AS rule_de, r.definition ->> 'title_en' AS rule_en,"
    " a.figures AS all_figures, a.text_de AS any_text_de, a.text_en AS any_text_en,"
    " a.first_run_id, a.run_id, a.revision, a.raised_at, a.changed_at, a.withdrawn_at,"
    " (SELECT max(k.acknowledged_at) FROM acknowledgement k"
    "  WHERE (k.alert_id, k.revision) = (a.id, a.revision)) AS acknowledged_at,"
    f" CASE WHEN a.withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN {IS_PUBLISHED} THEN 'open'"
    "  ELSE 'being_checked' END AS state"
    " FROM alert a JOIN vintage w ON w.id = a.vintage_id JOIN indicator i ON i.id = a.indicator_id"
    " JOIN alert_rule r ON (r.city_id, r.id) = (a.city_id, a.rule_id)"
    " JOIN area x ON (x.vintage_id, x.area_id) = (a.vintage_id, a.area_id) WHERE {where}) AS s"
)
_SILENT = ("p_value", "q_value")
_HIDDEN = ("all_figures", "any_text_de", "any_text_en")
_IS_ACKNOWLEDGED = (
    "EXISTS (SELECT FROM acknowledgement k WHERE (k.alert_id, k.revision) = (a.id, a.revision))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAlert:
    """What a rule found in one area: figures to show, the published values they rest on, the text."""

    area_id: str
    indicator_id: str
    figures: Mapping[str, Any]
    evidence: Sequence[Mapping[str, Any]]
    text_de: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Which alerts are asked for; what is None does not matter."""

    rule: str | None = None
    area: str | None = None
    period: str | None = None
    acknowledged: bool | None = None
    department: str | None = None


def merge(
    connection: Connection,
    found: Iterable[FoundAlert],
    *,
    city_id: str,
    rule_id: str,
    vintage_id: int,
    period: str,
    run_id: int,
) -> dict[str, int]:
    """Make what is stored for a rule and period equal to what was found; return how many were raised, revised, withdrawn.

    What is found again stays as it is. Who subscribed is told of everything else, except that p- and q-values have
    moved, or the wording: both depend on other areas or on the program.
    """
    key = {"city": city_id, "rule": rule_id, "vintage": vintage_id, "period": period}
    stored = {
        row["area_id"]: row
        for row in read_rows(
            connection,
            "SELECT * FROM alert WHERE (city_id, rule_id, vintage_id, period) = (:city, :rule, :vintage, :period)",
            key,
        )
    }
    newest_load = connection.execute(
        text("SELECT max(id) FROM load WHERE city_id = :city"), {"city": city_id}
    ).scalar_one()
    raised: list[int] = []
    revised: list[int] = []
    areas = set()
    for one in found:
        areas.add(one.area_id)
        before = stored.get(one.area_id)
        fields = key | asdict(one) | {"run": run_id, "load": newest_load}
        if before is None:
            raised.append(_insert(connection, fields))
        elif before["withdrawn_at"] is not None or _says_more(before, one):
            revised.append(_revise(connection, before["id"], fields))
        elif any(before[name] != fields[name] for name in ("figures", "text_de", "text_en")):
            _reword(connection, before["id"], fields)
        else:
            _confirm(connection, before["id"], newest_load)
    gone = [row["id"] for area, row in stored.items() if area not in areas and row["withdrawn_at"] is None]
    _withdraw(connection, gone)
    enqueue(connection, [*raised, *revised, *gone])
    return {"raised": len(raised), "revised": len(revised), "withdrawn": len(gone)}


def _says_more(before: Mapping[str, Any], one: FoundAlert) -> bool:
    """Say whether the values, the indicator or a figure of the text differ from what was told."""
    told, found = (
        {name: number for name, number in figures.items() if name not in _SILENT}
        for figures in (before["figures"], one.figures)
    )
    same_ground = (before["evidence"], before["indicator_id"]) == (list(one.evidence), one.indicator_id)
    return told != found or not same_ground


def _statement(query: str) -> Any:
    return text(query).bindparams(bindparam("figures", type_=JSONB), bindparam("evidence", type_=JSONB))


def _insert(connection: Connection, fields: Mapping[str, Any]) -> int:
    statement = _statement(
        "INSERT INTO alert (city_id, rule_id, vintage_id, area_id, period, indicator_id, figures, evidence,"
        " text_de, text_en, first_run_id, run_id, load_id) VALUES (:city, :rule, :vintage, :area_id, :period,"
        " :indicator_id, :figures, :evidence, :text_de, :text_en, :run, :run, :load) RETURNING id"
    )
    return int(connection.execute(statement, dict(fields)).scalar_one())


_FIELDS = (
    "figures = :figures, evidence = :evidence, text_de = :text_de, text_en = :text_en,"
    " indicator_id = :indicator_id, run_id = :run, load_id = :load"
)


def _revise(connection: Connection, number: int, fields: Mapping[str, Any]) -> int:
    statement = _statement(
        f"UPDATE alert SET {_FIELDS}, withdrawn_at = NULL, revision = revision + 1, changed_at = now()"
        " WHERE id = :number RETURNING id"
    )
    return int(connection.execute(statement, {**fields, "number": number}).scalar_one())


def _reword(connection: Connection, number: int, fields: Mapping[str, Any]) -> None:
    connection.execute(
        _statement(f"UPDATE alert SET {_FIELDS} WHERE id = :number"), {**fields, "number": number}
    )


def _confirm(connection: Connection, number: int, newest_load: int) -> None:
    connection.execute(
        text("UPDATE alert SET load_id = :load WHERE id = :number AND load_id <> :load"),
        {"load": newest_load, "number": number},
    )


def _withdraw(connection: Connection, numbers: Sequence[int]) -> None:
    if numbers:
        connection.execute(
            text(
                "UPDATE alert SET withdrawn_at = now(), changed_at = now(), revision = revision + 1"
                " WHERE id = ANY(:numbers)"
            ),
            {"numbers": list(numbers)},
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
    _withdraw(connection, numbers)
    enqueue(connection, numbers)
    return len(numbers)


def periods_with_alerts(connection: Connection, *, city_id: str, rule_id: str, vintage_id: int) -> list[str]:
    """Return the periods for which a rule has alerts, withdrawn ones included."""
    rows = read_rows(
        connection,
        "SELECT DISTINCT period FROM alert WHERE (city_id, rule_id, vintage_id) = (:city, :rule, :vintage) ORDER BY 1",
        {"city": city_id, "rule": rule_id, "vintage": vintage_id},
    )
    return [row["period"] for row in rows]


def read(
    connection: Connection,
    city_id: str,
    *,
    wanted: AlertFilter | None = None,
    limit: int,
    after: int | None = None,
    newest_change_first: bool = False,
) -> list[dict[str, Any]]:
    """Return up to `limit` alerts as they may be shown, the newest first; `after` is the last number seen."""
    chosen = wanted or AlertFilter()
    conditions = {
        "rule": "a.rule_id = :rule",
        "area": "a.area_id = :area",
        "period": "a.period = :period",
        "acknowledged": f"{_IS_ACKNOWLEDGED} = :acknowledged",
        "department": "EXISTS (SELECT FROM subscription u WHERE u.city_id = a.city_id AND u.is_active"
        f" AND u.department = :department AND {MATCHES})",
    }
    given = {name: value for name, value in asdict(chosen).items() if value is not None}
    where = ["a.city_id = :city", *(conditions[name] for name in given)]
    if after is not None:
        where.append("a.id < :after")
    order = "s.changed_at DESC, s.id DESC" if newest_change_first else "s.id DESC"
    rows = read_rows(
        connection,
        f"{_SHOWN.replace('{where}', ' AND '.join(where))} ORDER BY {order} LIMIT :rows",
        {**given, "city": city_id, "after": after, "rows": limit},
    )
    return [_without_hidden(row) for row in rows]


def get(connection: Connection, alert_id: int) -> dict[str, Any] | None:
    """Return one alert as it may be shown, or None."""
    row = read_one(connection, _SHOWN.replace("{where}", "a.id = :alert"), {"alert": alert_id})
    return None if row is None else _without_hidden(row)


def _without_hidden(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _HIDDEN}


def newest_change(connection: Connection, city_id: str) -> Any:
    """Return when something last happened to an alert of a city; before the first one, when the city was loaded."""
    row = read_one(
        connection,
        "SELECT COALESCE((SELECT max(changed_at) FROM alert WHERE city_id = :city),"
        " (SELECT max(loaded_at) FROM load WHERE city_id = :city), 'epoch') AS at",
        {"city": city_id},
    )
    return row["at"] if row else None


def acknowledge(connection: Connection, alert_id: int, *, by: str, reason: str) -> int:
    """Note that somebody has seen an alert as it is now, and what follows; return the note's number."""
    number = connection.execute(
        text(
            "INSERT INTO acknowledgement (alert_id, revision, acknowledged_by, reason)"
            " SELECT id, revision, :by, :reason FROM alert WHERE id = :alert RETURNING id"
        ),
        {"alert": alert_id, "by": by, "reason": reason},
    ).scalar()
    if number is None:
        raise UnknownAlertError("alert", alert_id)
    return int(number)


def acknowledgements(connection: Connection, alert_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return who acknowledged these alerts, when and why, the oldest first."""
    return read_rows(
        connection,
        "SELECT * FROM acknowledgement WHERE alert_id = ANY(:alerts) ORDER BY id",
        {"alerts": list(alert_ids)},
    )
