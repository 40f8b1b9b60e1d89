"""Tell subscribers of alerts over HTTP: signed, at least once, again later when it fails, never lost in a crash.

What is to be sent, and what was, is in the database. A message is claimed for some minutes, sent, and noted; who dies in
between leaves it to be sent again, with the same idempotency key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import httpx2
import numpy as np
from sqlalchemy import Engine

from db.queries import alerts, subscriptions
from etl.source import Progress
from etl.webhook_address import AddressError, Target, check_url, resolve
from indicators.alerts.notice import notice, notice_id

__all__ = ["WebhookPolicy", "WebhookReport", "deliver_webhooks", "message_of", "signature", "wait_before"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPolicy:
    """How messages are sent: `timeout` of a step and `deadline` of a whole request, waits, lease [s]; most `attempts`.

    The wait doubles from `first_wait` to `longest_wait`, each time more or less by up to half, so that many messages
    do not come back at the same moment. The lease is longer than a request can take.
    """

    timeout: float = 10.0
    deadline: float = 30.0
    attempts: int = 12
    first_wait: float = 60.0
    longest_wait: float = 6 * 3600.0
    lease: float = 300.0
    private_addresses: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookReport:
    """What became of the messages that were due."""

    arrived: int
    failed: int
    given_up: int
    waiting: int

    def sentence(self) -> str:
        """Say it in one line."""
        return (
            f"webhooks: {self.arrived:,} arrived, {self.failed:,} failed, {self.given_up:,} given up,"
            f" {self.waiting:,} waiting"
        )


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return what the header `Sozialraum-Signature` holds: HMAC-SHA256 over time, a dot and the body."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


def wait_before(attempt: int, policy: WebhookPolicy, rng: np.random.Generator) -> float | None:
    """Return the seconds until the next attempt after `attempt` ones failed, or None when it was the last."""
    if attempt >= policy.attempts:
        return None
    return min(policy.longest_wait, policy.first_wait * 2.0 ** (attempt - 1)) * rng.uniform(0.5, 1.5)


def message_of(alert: Mapping[str, Any], *, department: str, is_first: bool) -> dict[str, Any]:
    """Return what is sent of an alert as it may be shown; a withdrawn one has no figures.

    `is_first`: the receiver was told nothing of this alert before, as far as we know.
    """
    said = notice(
        area=alert["area_name"],
        period=alert["period"],
        rule_de=alert["rule_de"],
        rule_en=alert["rule_en"],
        text_de=alert["text_de"],
        text_en=alert["text_en"],
        state=alert["state"],
        withdrawal=alert["withdrawal"],
    )
    change = "raised" if is_first else "revised"
    return {
        "event": f"alert.{'withdrawn' if alert['state'] == 'withdrawn' else change}",
        "id": notice_id(
            city=alert["city_id"],
            geography=alert["geography_id"],
            rule=alert["rule_id"],
            area_id=alert["area_id"],
            period=alert["period"],
        ),
        "number": alert["id"],
        "revision": alert["revision"],
        "department": department,
        "city": alert["city_id"],
        "geography": alert["geography_id"],
        "edition": alert["edition"],
        "area": {"id": alert["area_id"], "name": alert["area_name"]},
        "period": alert["period"],
        "rule": {"id": alert["rule_id"], "title": {"de": alert["rule_de"], "en": alert["rule_en"]}},
        "indicator": {
            "id": alert["indicator_id"],
            "title": {"de": alert["indicator_de"], "en": alert["indicator_en"]},
            "unit": alert["unit"],
        },
        "title": {"de": said.title_de, "en": said.title_en},
        "text": {"de": said.text_de, "en": said.text_en},
        "figures": alert["figures"],
        "withdrawal": alert["withdrawal"],
        "raised_at": alert["raised_at"].isoformat(),
        "changed_at": alert["changed_at"].isoformat(),
    }


def deliver_webhooks(
    engine: Engine,
    policy: WebhookPolicy,
    *,
    rng: np.random.Generator,
    progress: Progress,
    now: Callable[[], float] = time.time,
) -> WebhookReport:
    """Send everything that is due; a receiver that does not answer is asked once and the others are not kept waiting."""
    arrived = failed = 0
    silent: set[int] = set()
    with engine.begin() as connection:
        given_up = subscriptions.give_up_left_behind(connection, attempts=policy.attempts)
    while (due := _claim(engine, policy, silent)) is not None:
        message, alert = due
        progress(f"webhooks: {message['department']}", None)
        fault = _send(message, alert, policy, timestamp=str(int(now())))
        with engine.begin() as connection:
            if fault is None:
                subscriptions.delivered(connection, message)
                arrived += 1
                continue
            wait = wait_before(message["attempts"], policy, rng)
            subscriptions.failed(connection, message, error=fault, wait=wait)
        silent.add(message["subscription_id"])
        failed += 1
        given_up += wait is None
    with engine.connect() as connection:
        still = subscriptions.waiting(connection)
    return WebhookReport(arrived=arrived, failed=failed, given_up=given_up, waiting=still)


def _claim(
    engine: Engine, policy: WebhookPolicy, silent: Collection[int]
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Take the next message with the alert as it may be shown.

    A load may come between the two readings. What is being checked by then, or is gone, is put back for later.
    """
    while True:
        with engine.begin() as connection:
            message = subscriptions.claim(connection, lease=policy.lease, without=sorted(silent))
            if message is None:
                return None
            alert = alerts.get(connection, message["alert_id"])
            if alert is not None and alert["state"] != "being_checked":
                return message, alert
            subscriptions.put_back(connection, message)


def _send(
    claimed: Mapping[str, Any], alert: Mapping[str, Any], policy: WebhookPolicy, *, timestamp: str
) -> str | None:
    """Send one message; return None when it arrived, else why it did not."""
    is_first = claimed["told_revision"] is None
    message = message_of(alert, department=claimed["department"], is_first=is_first)
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"sozialraum/{version('sozialraum')}",
        "Idempotency-Key": f"{claimed['subscription_id']}-{claimed['alert_id']}-{claimed['revision']}",
        "Sozialraum-Event": message["event"],
        "Sozialraum-Timestamp": timestamp,
        "Sozialraum-Signature": signature(claimed["secret"], timestamp, body),
    }
    faults: list[str | None] = []
    client = httpx2.Client(timeout=policy.timeout, follow_redirects=False, trust_env=False)

    def work() -> None:
        try:
            target = resolve(check_url(claimed["webhook_url"]), private_addresses=policy.private_addresses)
            faults.append(_post(client, target, headers, body))
        except AddressError as error:
            faults.append(str(error))
        except Exception as error:  # noqa: BLE001  (whatever a receiver does, the others must be told)
            faults.append(_told(error, claimed["webhook_url"]))

    # Beside this thread, because a name server or a receiver that says a byte now and then could hold it for days.
    sender = threading.Thread(target=work, daemon=True)
    sender.start()
    sender.join(policy.deadline)
    client.close()
    return faults[0] if faults else f"no answer within {policy.deadline:g} s"


def _post(client: httpx2.Client, target: Target, headers: Mapping[str, str], body: bytes) -> str | None:
    fault = "no address"
    for number in target.addresses:
        url = target.url.copy_with(host=number)
        sent = {**headers, "Host": target.host_header}
        try:
            # Of the answer only the status is read: whatever else a receiver says could be endless.
            with client.stream(
                "POST", url, content=body, headers=sent, extensions={"sni_hostname": target.url.host}
            ) as answer:
                if answer.is_success:
                    return None
                more = " (redirects are not followed)" if answer.is_redirect else ""
                return f"HTTP {answer.status_code}{more}"
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            fault = _told(error, str(target.url))
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return _told(error, str(target.url))
    return fault


def _told(error: Exception, url: str) -> str:
    """Say what went wrong, without the part of the address that may be a secret."""
    words, name = str(error), type(error).__name__
    path = url.partition("://")[2].partition("/")[2]
    return name if not words or "://" in words or (path and path in words) else words
