"""Answers about alerts: figures are there only while the values they rest on are the published ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from starlette.datastructures import URL

from api.schemas.texts import Bilingual, Link
from indicators.alerts.notice import WithdrawalReason, notice, notice_id
from indicators.alerts.rules import Rule

__all__ = ["AlertAnswer", "AlertRules", "Alerts"]


class AreaAnswer(BaseModel):
    """An area by code and name."""

    id: str
    name: str


class RuleAnswer(BaseModel):
    """The rule that raised the alert."""

    id: str
    title: Bilingual


class RuleInUse(BaseModel):
    """A rule that is switched on: on which level it watches, and what share of its alerts may be false on average."""

    id: str
    title: Bilingual
    geography: str
    false_discovery_rate: float


class AlertRules(BaseModel):
    """Rules that are switched on, by id."""

    rules: list[RuleInUse]

    @classmethod
    def from_rows(cls, rows: Sequence[Mapping[str, Any]]) -> AlertRules:
        """Build the answer from the rules that a city keeps."""
        kept = [(row["geography_id"], Rule.from_json(row["definition"])) for row in rows if row["is_active"]]
        return cls(
            rules=[
                RuleInUse(
                    id=rule.id,
                    title=Bilingual(de=rule.title_de, en=rule.title_en),
                    geography=geography,
                    false_discovery_rate=rule.false_discovery_rate,
                )
                for geography, rule in kept
            ]
        )


class WatchedIndicator(BaseModel):
    """What the rule watches, and the unit of the figures."""

    id: str
    title: Bilingual
    unit: str
    decimals: int


class Figures(BaseModel):
    """What was found: the value and what it was compared with, the difference with its interval, how surely.

    `q_value` is the p-value after control of the false discovery rate over all areas tested.
    """

    value: float | None
    compared_with: float | None
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    q_value: float | None


class AlertAnswer(BaseModel):
    """An alert: one per area, rule and period.

    `state`: *open*; *being_checked* while values it rests on are computed again; *withdrawn*, with its reason in
    `withdrawal`. `revision` counts what was told of it. `acknowledged_at`: when somebody answered for it as it is now.
    `updated_at`: when it came to read as it does; being checked and coming back into sight count as well.
    """

    id: str
    number: int
    revision: int
    state: Literal["open", "being_checked", "withdrawn"]
    city: str
    geography: str
    edition: str
    area: AreaAnswer
    period: str
    rule: RuleAnswer
    indicator: WatchedIndicator
    title: Bilingual
    text: Bilingual
    figures: Figures | None
    raised_at: datetime
    changed_at: datetime
    updated_at: datetime
    withdrawn_at: datetime | None
    withdrawal: WithdrawalReason | None
    acknowledged_at: datetime | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> AlertAnswer:
        """Build the answer from a row as it may be shown."""
        rule = Bilingual(de=row["rule_de"], en=row["rule_en"])
        said = notice(
            area=row["area_name"],
            period=row["period"],
            rule_de=rule.de,
            rule_en=rule.en,
            text_de=row["text_de"],
            text_en=row["text_en"],
            state=row["state"],
            withdrawal=row["withdrawal"],
        )
        return cls(
            id=notice_id(
                city=row["city_id"],
                geography=row["geography_id"],
                rule=row["rule_id"],
                area_id=row["area_id"],
                period=row["period"],
            ),
            number=row["id"],
            revision=row["revision"],
            state=row["state"],
            city=row["city_id"],
            geography=row["geography_id"],
            edition=row["edition"],
            area=AreaAnswer(id=row["area_id"], name=row["area_name"]),
            period=row["period"],
            rule=RuleAnswer(id=row["rule_id"], title=rule),
            indicator=WatchedIndicator(
                id=row["indicator_id"],
                title=Bilingual(de=row["indicator_de"], en=row["indicator_en"]),
                unit=row["unit"],
                decimals=row["decimals"],
            ),
            title=Bilingual(de=said.title_de, en=said.title_en),
            text=Bilingual(de=said.text_de, en=said.text_en),
            figures=Figures(**row["figures"]) if row["figures"] is not None else None,
            raised_at=row["raised_at"],
            changed_at=row["changed_at"],
            updated_at=row["updated_at"],
            withdrawn_at=row["withdrawn_at"],
            withdrawal=row["withdrawal"],
            acknowledged_at=row["acknowledged_at"],
        )


class Alerts(BaseModel):
    """Alerts of a city, the newest first; follow `next` for more."""

    alerts: list[AlertAnswer]
    links: list[Link]

    @classmethod
    def from_rows(cls, rows: Sequence[Mapping[str, Any]], *, limit: int, url: str) -> Alerts:
        """Build the answer from up to `limit` + 1 rows; the surplus one says that there are more."""
        links = [Link(rel="self", href=url)]
        if len(rows) > limit:
            following = URL(url).include_query_params(after=rows[limit - 1]["id"])
            links.append(Link(rel="next", href=str(following)))
        return cls(alerts=[AlertAnswer.from_row(row) for row in rows[:limit]], links=links)
