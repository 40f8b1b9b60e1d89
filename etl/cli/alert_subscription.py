"""`sozialraum alert subscribe …`: which department is told of which alerts, by its feed or at an address of its own."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote

import typer
from sqlalchemy import Connection

from db.queries import alert_rules, areas
from db.queries import subscriptions as stored
from etl.cities import city_names, city_profile
from etl.cli.session import open_session
from etl.errors import EtlError
from etl.webhook_address import check_url, resolve
from indicators.alerts import rule_names
from indicators.methods.errors import suggestion

__all__ = ["subscribe", "subscriptions", "unsubscribe"]

Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
_SECRET_BYTES = 32


def subscribe(
    department: Annotated[str, typer.Argument(help="Name of the department.")],
    city: Annotated[str, typer.Option(help=f"One of: {', '.join(city_names())}.")],
    rule: Annotated[str | None, typer.Option(help="Only alerts of this rule.")] = None,
    geography: Annotated[str | None, typer.Option(help="Only alerts of this level of areas.")] = None,
    area: Annotated[
        list[str] | None,
        typer.Option(help="Only this area of the level and what lies in it (may be repeated)."),
    ] = None,
    url: Annotated[str | None, typer.Option(help="Where alerts are also sent to, https://…")] = None,
    as_json: Json = False,
) -> None:
    """Subscribe a department to alerts; with an address the secret that signs the messages is printed once."""
    if area and geography is None:
        raise typer.BadParameter("say of which level the areas are, with --geography", param_hint="--area")
    if not department.strip():
        raise EtlError("the department needs a name")
    if url is not None:
        address = check_url(url)
    with open_session() as session, session.engine.begin() as connection:
        if url is not None:
            resolve(address, private_addresses=session.webhook_private_addresses)
        city_profile(city, connection)
        _check(connection, city, rule, geography, area or ())
        fields: dict[str, Any] = {
            "city_id": city,
            "department": department.strip(),
            "rule_id": rule,
            "geography_id": geography,
            "area_ids": sorted(set(area)) if area else None,
            "webhook_url": url,
        }
        twin = stored.same(connection, fields)
        if twin is not None:
            raise EtlError(f"{department} has this subscription already, with the number {twin}")
        secret = secrets.token_hex(_SECRET_BYTES) if url is not None else None
        number = stored.subscribe(connection, **fields, secret=secret, created_by=session.user)
    feed = f"/cities/{city}/alerts.atom?department={quote(department.strip())}"
    if as_json:
        sys.stdout.write(json.dumps({"id": number, **fields, "secret": secret, "feed": feed}) + "\n")
        return
    sys.stdout.write(f"subscription {number}: {department.strip()}; feed: {feed}\n")
    if secret is not None:
        sys.stdout.write(f"secret, shown only now: {secret}\n")


def unsubscribe(
    number: Annotated[int, typer.Argument(min=1, metavar="ID", help="Number of the subscription.")],
) -> None:
    """End a subscription; what still waits to be sent to it is not sent."""
    with open_session() as session, session.engine.begin() as connection:
        was_active = stored.unsubscribe(connection, number)
    sys.stdout.write(f"subscription {number} {'is ended' if was_active else 'had ended already'}\n")


def subscriptions(
    city: Annotated[str | None, typer.Option(help=f"One of: {', '.join(city_names())}.")] = None,
    as_json: Json = False,
) -> None:
    """List the subscriptions, and how many messages wait or were given up."""
    with open_session() as session, session.engine.connect() as connection:
        if city is not None:
            city_profile(city, connection)
        rows = stored.all_of(connection, city)
    if as_json:
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, default=str) + "\n")
    else:
        sys.stdout.writelines(f"{_line(row)}\n" for row in rows)


def _check(
    connection: Connection, city: str, rule: str | None, geography: str | None, wanted: Sequence[str]
) -> None:
    """Refuse what does not exist, with what was probably meant."""
    levels = {level["id"]: level["vintage_id"] for level in areas.geographies(connection, city)}
    if not levels:
        raise EtlError(f"{city}: nothing is loaded yet; run 'sozialraum load {city}' first")
    if rule is not None and alert_rules.get(connection, city, rule) is None:
        known = {row["id"] for row in alert_rules.all_of(connection, city)}
        if rule in rule_names():
            raise EtlError(
                f"{city}: rule {rule!r} was not back-tested yet; run 'sozialraum alert backtest {city} {rule}' first"
            )
        raise EtlError(f"{city}: there is no rule {rule!r}; {suggestion(rule, {*known, *rule_names()})}")
    if geography is None:
        return
    if geography not in levels:
        raise EtlError(f"{city}: there is no level {geography!r}; {suggestion(geography, levels)}")
    known_areas = areas.area_ids(connection, levels[geography])
    unknown = [one for one in wanted if one not in known_areas]
    if unknown:
        raise EtlError(
            f"{city}, {geography}: there is no area {', '.join(unknown)}; {suggestion(unknown[0], known_areas)}"
        )


def _line(row: Mapping[str, Any]) -> str:
    filters = [
        row["rule_id"],
        row["geography_id"] and f"{row['geography_id']} {', '.join(row['area_ids'] or ['*'])}",
    ]
    about = "; ".join(one for one in filters if one) or "everything"
    line = f"{row['id']:>5}  {row['city_id']}  {row['department']}: {about}"
    if row["webhook_host"] is not None:
        line += f"  → {row['webhook_host']}, {row['waiting']} waiting, {row['given_up']} given up"
        line += f" ({row['last_error']})" if row["last_error"] else ""
    return line
