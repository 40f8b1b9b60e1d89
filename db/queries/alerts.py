"""Read alerts as they may be published, and note who answered for them.

Figures and texts come out only while every value they rest on is still the published one, and no load has changed
values of the city since they were last looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, text

from db.errors import RevisedAlertError, UnknownAlertError, UnknownValuesError
from db.queries import alert_rules, areas
from db.queries.alert_evidence import IS_PUBLISHED
from db.queries.definitions import CITY_DEFINITION
from db.queries.rows import read_one, read_rows
from db.queries.subscriptions import MATCHES
from indicators.alerts import rule_names
from indicators.methods.errors import suggestion

__all__ = [
    "AlertFilter",
    "ForgottenPerson",
    "acknowledge",
    "acknowledgements",
    "forget_person",
    "get",
    "newest_change",
    "read",
    "refuse_unknown",
]

# `updated_at`: when what is shown became what it is. An alert in doubt may be so because of the newest load or run.
_SHOWN = (
    "SELECT s.*, CASE WHEN s.state = 'open' THEN s.all_figures END AS figures,"
    " CASE WHEN s.state = 'open' THEN s.any_text_de END AS text_de,"
    " CASE WHEN s.state = 'open' THEN s.any_text_en END AS text_en,"
    " CASE s.state WHEN 'withdrawn' THEN s.changed_at WHEN 'open' THEN GREATEST(s.changed_at, s.checked_at)"
    " ELSE GREATEST(s.changed_at, s.checked_at, (SELECT max(loaded_at) FROM load WHERE city_id = s.city_id),"
    "  (SELECT max(finished_at) FROM run WHERE city_id = s.city_id)) END AS updated_at FROM ("
    "SELECT a.id, a.city_id, a.rule_id, a.rule_version, a.vintage_id, a.geography_id, w.edition, a.area_id,"
    " x.name AS area_name, a.period,"
    " a.indicator_id, i.title_de AS indicator_de, i.title_en AS indicator_en, i.unit, i.decimals,"
    " r.definition ->> 'title_de' AS rule_de, r.definition ->> 'title_en' AS rule_en,"
    " a.figures AS all_figures, a.text_de AS any_text_de, a.text_en AS any_text_en,"
    " a.first_run_id, a.run_id, a.revision, a.raised_at, a.changed_at, a.checked_at, a.withdrawn_at, a.withdrawal,"
    " (SELECT max(k.acknowledged_at) FROM acknowledgement k"
    "  WHERE (k.alert_id, k.revision) = (a.id, a.revision)) AS acknowledged_at,"
    f" CASE WHEN a.withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN {IS_PUBLISHED} THEN 'open'"
    "  ELSE 'being_checked' END AS state"
    " FROM alert a JOIN vintage w ON w.id = a.vintage_id"
    f" JOIN {CITY_DEFINITION} i ON (i.city_id, i.indicator_id) = (a.city_id, a.indicator_id)"
    " JOIN alert_rule_version r ON (r.city_id, r.rule_id, r.version) = (a.city_id, a.rule_id, a.rule_version)"
    " JOIN area x ON (x.vintage_id, x.area_id) = (a.vintage_id, a.area_id) WHERE {where}) AS s"
)
_HIDDEN = ("all_figures", "any_text_de", "any_text_en")
_IS_ACKNOWLEDGED = (
    "EXISTS (SELECT FROM acknowledgement k WHERE (k.alert_id, k.revision) = (a.id, a.revision))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Which alerts are asked for; what is None does not matter."""

    rule: str | None = None
    geography: str | None = None
    area: str | None = None
    period: str | None = None
    state: str | None = None
    acknowledged: bool | None = None
    department: str | None = None


def refuse_unknown(connection: Connection, city_id: str, wanted: AlertFilter) -> None:
    """Refuse a rule, level or area that the city does not have; without alerts they are as good as any."""
    if wanted.rule is not None:
        rules = {*rule_names(), *(row["id"] for row in alert_rules.all_of(connection, city_id))}
        _refuse_other(city_id, "rule", wanted.rule, rules)
    if wanted.geography is not None:
        levels = {row["id"] for row in areas.geographies(connection, city_id)}
        _refuse_other(city_id, "level", wanted.geography, levels)
    if wanted.area is not None:
        rows = read_rows(
            connection,
            "SELECT DISTINCT a.area_id FROM area a JOIN vintage v ON v.id = a.vintage_id WHERE v.city_id = :city",
            {"city": city_id},
        )
        _refuse_other(city_id, "area", wanted.area, {row["area_id"] for row in rows})


def _refuse_other(city_id: str, kind: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise UnknownValuesError(f"{city_id} has no {kind} {name!r}; {suggestion(name, known)}")


def read(
    connection: Connection,
    city_id: str,
    *,
    wanted: AlertFilter | None = None,
    limit: int,
    after: int | None = None,
    newest_change_first: bool = False,
) -> list[dict[str, Any]]:
    """Return up to `limit` alerts as they may be shown, the newest first; `after` is the last number seen.

    `newest_change_first`: by when what is shown became what it is; of those that came back into sight with a new
    computation, those that say something new come first.
    """
    chosen = wanted or AlertFilter()
    conditions = {
        "rule": "a.rule_id = :rule",
        "geography": "a.geography_id = :geography",
        "area": "a.area_id = :area",
        "period": "a.period = :period",
        "acknowledged": f"{_IS_ACKNOWLEDGED} = :acknowledged",
        "department": "EXISTS (SELECT FROM subscription u WHERE u.city_id = a.city_id AND u.is_active"
        f" AND u.department = :department AND {MATCHES})",
    }
    given = {name: value for name, value in asdict(chosen).items() if value is not None}
    where = ["a.city_id = :city", *(conditions[name] for name in given if name in conditions)]
    if after is not None:
        where.append("a.id < :after")
    shown = (
        f"{_SHOWN.replace('{where}', ' AND '.join(where))}{' WHERE s.state = :state' if chosen.state else ''}"
    )
    order = "updated_at DESC, s.changed_at DESC, s.id DESC" if newest_change_first else "s.id DESC"
    rows = read_rows(
        connection,
        f"{shown} ORDER BY {order} LIMIT :rows",
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


def acknowledge(connection: Connection, alert_id: int, *, seen: int, by: str, reason: str) -> int:
    """Note that somebody has seen an alert, and what follows; return the note's number.

    `seen` is the revision that was read: `RevisedAlertError` when the alert says something else by now.
    """
    number = connection.execute(
        text(
            "INSERT INTO acknowledgement (alert_id, revision, acknowledged_by, reason)"
            " SELECT id, revision, :by, :reason FROM alert WHERE (id, revision) = (:alert, :seen) RETURNING id"
        ),
        {"alert": alert_id, "seen": seen, "by": by, "reason": reason},
    ).scalar()
    if number is None:
        row = read_one(connection, "SELECT revision FROM alert WHERE id = :alert", {"alert": alert_id})
        if row is None:
            raise UnknownAlertError("alert", alert_id)
        raise RevisedAlertError(alert_id, seen=seen, revision=row["revision"])
    return int(number)


def acknowledgements(connection: Connection, alert_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return who acknowledged these alerts, when and why, the oldest first."""
    return read_rows(
        connection,
        "SELECT * FROM acknowledgement WHERE alert_id = ANY(:alerts) ORDER BY id",
        {"alerts": list(alert_ids)},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenPerson:
    """In how many rows a name gave way to the alias."""

    alias: str
    acknowledgements: int
    rules: int
    subscriptions: int


def forget_person(connection: Connection, name: str, *, alias: str) -> ForgottenPerson:
    """Put an alias in the place of a person's name, also where notes of others mention it; the notes stay.

    A trigger lets nothing else be changed. The name must be written exactly as it is stored.
    """
    given = {"name": name, "alias": alias}
    connection.execute(
        text(
            "SELECT set_config('sozialraum.forgotten_name', :name, true),"
            " set_config('sozialraum.forgotten_alias', :alias, true)"
        ),
        given,
    )
    notes = connection.execute(
        text(
            "UPDATE acknowledgement SET acknowledged_by ="
            " CASE WHEN acknowledged_by = :name THEN :alias ELSE acknowledged_by END,"
            " reason = without_name(reason, :name, :alias)"
            " WHERE acknowledged_by = :name OR reason <> without_name(reason, :name, :alias)"
        ),
        given,
    ).rowcount
    rules = connection.execute(
        text(
            "UPDATE alert_rule SET"
            " switched_on_by = CASE WHEN switched_on_by = :name THEN :alias ELSE switched_on_by END,"
            " switched_off_by = CASE WHEN switched_off_by = :name THEN :alias ELSE switched_off_by END"
            " WHERE :name IN (switched_on_by, switched_off_by)"
        ),
        given,
    ).rowcount
    subscribed = connection.execute(
        text("UPDATE subscription SET created_by = :alias WHERE created_by = :name"), given
    ).rowcount
    return ForgottenPerson(alias=alias, acknowledgements=notes, rules=rules, subscriptions=subscribed)
