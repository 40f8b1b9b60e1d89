"""Who wants to be told of alerts, and what is still to be told: state is here, so that a crash loses nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, text

from db import models
from db.errors import UnknownAlertError
from db.queries.alert_evidence import IS_PUBLISHED
from db.queries.rows import read_one, read_rows

__all__ = [
    "MATCHES",
    "all_of",
    "claim",
    "delivered",
    "departments",
    "enqueue",
    "failed",
    "give_up_left_behind",
    "put_back",
    "same",
    "subscribe",
    "unsubscribe",
    "waiting",
]

# Whether subscription `u` is about alert `a`, which lies in vintage `w`: an area stands for everything in it.
MATCHES = (
    "(u.rule_id IS NULL OR u.rule_id = a.rule_id) AND (u.geography_id IS NULL"
    " OR (u.area_ids IS NULL AND u.geography_id = w.geography_id)"
    " OR EXISTS (WITH RECURSIVE above AS ("
    "  SELECT o.vintage_id, o.area_id, o.parent_vintage_id, o.parent_area_id FROM area o"
    "  WHERE (o.vintage_id, o.area_id) = (a.vintage_id, a.area_id)"
    "  UNION ALL SELECT o.vintage_id, o.area_id, o.parent_vintage_id, o.parent_area_id FROM area o"
    "  JOIN above b ON (o.vintage_id, o.area_id) = (b.parent_vintage_id, b.parent_area_id))"
    "  SELECT FROM above JOIN vintage l ON l.id = above.vintage_id"
    "  WHERE l.geography_id = u.geography_id AND above.area_id = ANY(u.area_ids)))"
)
_PUBLIC = (
    "id, city_id, department, rule_id, geography_id, area_ids,"
    # path and query of the address may hold a secret of the receiver
    " substring(webhook_url FROM '^https?://(?:[^/?#@]*@)?([^/?#]+)') AS webhook_host,"
    " is_active, created_by, created_at"
)


def subscribe(connection: Connection, **fields: Any) -> int:
    """Store a subscription and return its number; alerts raised from now on are told to it."""
    statement = insert(models.Subscription).values(fields).returning(models.Subscription.id)
    return int(connection.execute(statement).scalar_one())


def same(connection: Connection, fields: Mapping[str, Any]) -> int | None:
    """Return the number of the active subscription that asks for exactly this, or None."""
    row = read_one(
        connection,
        "SELECT min(id) AS id FROM subscription WHERE is_active AND (city_id, department) = (:city_id, :department)"
        " AND rule_id IS NOT DISTINCT FROM CAST(:rule_id AS text)"
        " AND geography_id IS NOT DISTINCT FROM CAST(:geography_id AS text)"
        " AND area_ids IS NOT DISTINCT FROM CAST(:area_ids AS text[])"
        " AND webhook_url IS NOT DISTINCT FROM CAST(:webhook_url AS text)",
        fields,
    )
    return None if row is None else row["id"]


def unsubscribe(connection: Connection, number: int) -> bool:
    """End a subscription; return whether it was active. What is still to be sent to it is not sent."""
    row = read_one(
        connection,
        "UPDATE subscription u SET is_active = false FROM subscription o WHERE o.id = u.id AND u.id = :number"
        " RETURNING o.is_active AS was_active",
        {"number": number},
    )
    if row is None:
        raise UnknownAlertError("subscription", number)
    return bool(row["was_active"])


def all_of(connection: Connection, city_id: str | None = None) -> list[dict[str, Any]]:
    """Return the active subscriptions, without their secrets, and how many messages wait or were given up.

    Of an address only the host is told.
    """
    return read_rows(
        connection,
        f"SELECT {_PUBLIC}, (SELECT count(*) FROM webhook_delivery d WHERE d.subscription_id = u.id"
        "  AND d.next_attempt_at IS NOT NULL) AS waiting,"
        " (SELECT count(*) FROM webhook_delivery d WHERE d.subscription_id = u.id"
        "  AND d.next_attempt_at IS NULL AND d.delivered_at IS NULL) AS given_up,"
        " (SELECT last_error FROM webhook_delivery d WHERE d.subscription_id = u.id AND d.last_error <> ''"
        "  ORDER BY d.alert_id DESC LIMIT 1) AS last_error"
        " FROM subscription u WHERE is_active AND (CAST(:city AS text) IS NULL OR city_id = :city)"
        " ORDER BY city_id, department, id",
        {"city": city_id},
    )


def departments(connection: Connection, city_id: str) -> set[str]:
    """Return the departments that have an active subscription."""
    return {row["department"] for row in all_of(connection, city_id)}


def enqueue(connection: Connection, alert_ids: Sequence[int]) -> None:
    """Note that everybody who subscribed is to be told of these alerts as they are now.

    That an alert is withdrawn is told to those only who may have been told of it.
    """
    if not alert_ids:
        return
    alerts = {"alerts": list(alert_ids)}
    connection.execute(
        text(
            "DELETE FROM webhook_delivery d USING alert a WHERE a.id = d.alert_id AND a.id = ANY(:alerts)"
            " AND a.withdrawn_at IS NOT NULL AND d.told_revision IS NULL AND d.attempts = 0"
        ),
        alerts,
    )
    connection.execute(
        text(
            "INSERT INTO webhook_delivery (subscription_id, alert_id, revision)"
            " SELECT u.id, a.id, a.revision FROM alert a JOIN vintage w ON w.id = a.vintage_id"
            " JOIN subscription u ON u.city_id = a.city_id"
            " WHERE a.id = ANY(:alerts) AND u.is_active AND u.webhook_url IS NOT NULL"
            f" AND {MATCHES} AND (a.withdrawn_at IS NULL OR EXISTS ("
            "  SELECT FROM webhook_delivery d WHERE (d.subscription_id, d.alert_id) = (u.id, a.id)))"
            " ON CONFLICT (subscription_id, alert_id) DO UPDATE SET revision = excluded.revision, attempts = 0,"
            " next_attempt_at = now(), delivered_at = NULL, last_error = ''"
        ),
        alerts,
    )


def give_up_left_behind(connection: Connection, *, attempts: int) -> int:
    """End what took that many senders with it; return how many."""
    return connection.execute(
        text(
            "UPDATE webhook_delivery SET next_attempt_at = NULL, last_error ="
            " 'given up: the sender ended ' || attempts || ' times while sending it'"
            " WHERE next_attempt_at <= now() AND attempts >= :attempts"
        ),
        {"attempts": attempts},
    ).rowcount


def claim(connection: Connection, *, lease: float, without: Sequence[int] = ()) -> dict[str, Any] | None:
    """Take the message that is due longest, or return None; commit at once.

    What rests on values that are being computed again stays due. Nobody else takes the message for `lease` seconds,
    in which it must be sent and noted: who dies over it leaves it due.
    """
    return read_one(
        connection,
        "UPDATE webhook_delivery d SET attempts = d.attempts + 1,"
        " next_attempt_at = now() + make_interval(secs => :lease) FROM subscription u"
        " WHERE u.id = d.subscription_id AND (d.subscription_id, d.alert_id) = ("
        "  SELECT q.subscription_id, q.alert_id FROM webhook_delivery q"
        "  JOIN subscription o ON o.id = q.subscription_id JOIN alert a ON a.id = q.alert_id"
        "  WHERE q.next_attempt_at <= now() AND o.is_active AND NOT q.subscription_id = ANY(:without)"
        f"  AND (a.withdrawn_at IS NOT NULL OR {IS_PUBLISHED})"
        "  ORDER BY q.next_attempt_at, q.alert_id LIMIT 1 FOR UPDATE OF q SKIP LOCKED)"
        " RETURNING d.subscription_id, d.alert_id, d.revision, d.told_revision, d.attempts, u.department,"
        " u.webhook_url, u.secret",
        {"lease": lease, "without": list(without)},
    )


def put_back(connection: Connection, message: Mapping[str, Any]) -> None:
    """Note that a claimed message was not sent after all; it is due again when the lease ends."""
    connection.execute(
        text(
            "UPDATE webhook_delivery SET attempts = attempts - 1"
            " WHERE (subscription_id, alert_id) = (:subscription_id, :alert_id) AND attempts = :attempts"
        ),
        {name: message[name] for name in ("subscription_id", "alert_id", "attempts")},
    )


def delivered(connection: Connection, message: Mapping[str, Any]) -> None:
    """Note that a message arrived; when there is a newer one by now, that one stays due."""
    connection.execute(
        text(
            "UPDATE webhook_delivery SET told_revision = :revision, last_error = '',"
            " delivered_at = CASE WHEN revision = :revision THEN now() END,"
            " next_attempt_at = CASE WHEN revision <> :revision THEN next_attempt_at END"
            " WHERE (subscription_id, alert_id) = (:subscription_id, :alert_id)"
            " AND COALESCE(told_revision, 0) < :revision"
        ),
        {name: message[name] for name in ("subscription_id", "alert_id", "revision")},
    )


def failed(connection: Connection, message: Mapping[str, Any], *, error: str, wait: float | None) -> None:
    """Note why a message did not arrive; it is due again after `wait` seconds, or never when that is None."""
    connection.execute(
        text(
            "UPDATE webhook_delivery SET last_error = :error,"
            " next_attempt_at = now() + make_interval(secs => CAST(:wait AS float8))"
            " WHERE (subscription_id, alert_id) = (:subscription_id, :alert_id)"
            " AND (revision, attempts) = (:revision, :attempts) AND delivered_at IS NULL"
        ),
        {name: message[name] for name in ("subscription_id", "alert_id", "revision", "attempts")}
        | {"error": error, "wait": wait},
    )


def waiting(connection: Connection) -> int:
    """Return how many messages are still to be sent."""
    row = read_one(
        connection,
        "SELECT count(*) AS n FROM webhook_delivery d JOIN subscription u ON u.id = d.subscription_id"
        " WHERE u.is_active AND d.next_attempt_at IS NOT NULL",
    )
    return int(row["n"]) if row else 0
