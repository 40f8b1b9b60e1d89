"""Alerts of the early warning: as a list, and as feeds for every department."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from api.addresses import address_of, authority_of, base_of
from api.dependencies import Database, known_keys
from api.errors import NotFoundError
from api.feeds import ATOM, JSON_FEED, Feed, atom, json_feed
from api.schemas.alerts import AlertAnswer, AlertRules, Alerts
from db.queries import alert_rules, alerts, catalogue, subscriptions

__all__ = ["router"]

router = APIRouter(prefix="/cities/{city}", tags=["alerts"])
MAXIMUM = 1000
_ENTRIES = 100  # of a feed: what a reader that asks once a day surely sees

Text = Annotated[str | None, Query(max_length=200)]
Department = Annotated[
    str | None, Query(max_length=200, description="only what this department has subscribed to")
]
Language = Annotated[Literal["de", "en"], Query(description="language of titles and texts")]
Known = Annotated[str | None, Header(description="ETag of an answer that is known already")]


@router.get("/alerts", summary="Alerts of a city, the newest first", dependencies=[Depends(known_keys)])
def alert_list(
    database: Database,
    request: Request,
    city: str,
    rule: Text = None,
    geography: Annotated[str | None, Query(max_length=200, description="level of areas")] = None,
    area: Text = None,
    period: Annotated[str | None, Query(max_length=10)] = None,
    state: Annotated[
        Literal["open", "being_checked", "withdrawn"] | None,
        Query(description="whether the values that it rests on are still the published ones"),
    ] = None,
    acknowledged: Annotated[
        bool | None, Query(description="only those somebody has, or nobody has, answered for")
    ] = None,
    department: Department = None,
    limit: Annotated[int, Query(ge=1, le=MAXIMUM, description="most alerts of one answer")] = 100,
    after: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="number of the last alert of the answer before")
    ] = None,
) -> Alerts:
    """List alerts with their figures; follow `next` for more."""
    _known(database, city, department)
    wanted = alerts.AlertFilter(
        rule=rule,
        geography=geography,
        area=area,
        period=period,
        state=state,
        acknowledged=acknowledged,
        department=department,
    )
    alerts.refuse_unknown(database, city, wanted)
    rows = alerts.read(database, city, wanted=wanted, limit=limit + 1, after=after)
    return Alerts.from_rows(rows, limit=limit, url=address_of(request))


@router.get("/alert-rules", summary="Rules of the early warning that are switched on")
def rule_list(database: Database, city: str) -> AlertRules:
    """List what a city watches; without a rule nothing raises alerts."""
    _known(database, city, None)
    return AlertRules.from_rows(alert_rules.all_of(database, city))


@router.head("/alerts.atom", include_in_schema=False)
@router.get("/alerts.atom", summary="Alerts of a city as an Atom feed", response_class=Response)
def atom_feed(
    database: Database,
    request: Request,
    city: str,
    department: Department = None,
    lang: Language = "de",
    if_none_match: Known = None,
) -> Response:
    """Return the alerts that changed last."""
    content = atom(_feed(database, request, city, department, lang))
    return _answer(content, ATOM, if_none_match)


@router.head("/alerts.json", include_in_schema=False)
@router.get("/alerts.json", summary="Alerts of a city as a JSON Feed", response_class=Response)
def json_feed_of_alerts(
    database: Database,
    request: Request,
    city: str,
    department: Department = None,
    lang: Language = "de",
    if_none_match: Known = None,
) -> Response:
    """Return the alerts that changed last."""
    content = json_feed(_feed(database, request, city, department, lang))
    return _answer(content, JSON_FEED, if_none_match)


def _feed(
    database: Database, request: Request, city: str, department: str | None, language: Literal["de", "en"]
) -> Feed:
    row = _known(database, city, department)
    rows = alerts.read(
        database,
        city,
        wanted=alerts.AlertFilter(department=department),
        limit=_ENTRIES,
        newest_change_first=True,
    )
    return Feed(
        city=row,
        language=language,
        department=department,
        url=address_of(request),
        base=base_of(request),
        authority=authority_of(request),
        updated=rows[0]["updated_at"] if rows else alerts.newest_change(database, city),
        alerts=[AlertAnswer.from_row(one) for one in rows],
    )


def _answer(content: bytes, media_type: str, known: str | None) -> Response:
    """Answer with the content, or with 304 when the reader has it."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag}
    tags = {one.strip().removeprefix("W/") for one in (known or "").split(",")}
    if tag in tags or "*" in tags:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def _known(database: Database, city: str, department: str | None) -> dict[str, Any]:
    cities = catalogue.cities(database)
    row = next((row for row in cities if row["id"] == city), None)
    if row is None:
        raise NotFoundError(
            f"unknown city {city!r}; loaded cities: {', '.join(one['id'] for one in cities) or 'none'}"
        )
    if department is not None and department not in subscriptions.departments(database, city):
        raise NotFoundError(f"{city} has no subscription of department {department!r}")
    return row
