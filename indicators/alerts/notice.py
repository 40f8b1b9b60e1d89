"""How is an alert told to those who want to know? The same title, text and id in feeds, webhooks and lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

__all__ = ["AlertState", "Notice", "WithdrawalReason", "notice", "notice_id"]

AlertState = Literal["open", "being_checked", "withdrawn"]
WithdrawalReason = Literal["corrected", "not_found", "rule_changed", "not_testable", "new_boundaries"]

_PREFIX_DE = {"open": "", "being_checked": "Wird neu geprüft: ", "withdrawn": "Zurückgezogen: "}
_PREFIX_EN = {"open": "", "being_checked": "Being checked again: ", "withdrawn": "Withdrawn: "}
_CHECKED_DE = "Die Werte, auf denen die Meldung beruht, werden gerade neu berechnet."
_CHECKED_EN = "The values that the alert rests on are being computed again."
_WITHDRAWN_DE = {
    "corrected": "Werte, auf denen sie beruht, wurden berichtigt oder werden zurückgehalten",
    "not_found": "mit den heutigen Werten findet die Regel sie nicht",
    "rule_changed": "die Regel wurde geändert",
    "not_testable": "die Werte, die die Regel beobachtet, lassen sich nicht mehr prüfen",
    "new_boundaries": "in den neuen Gebietsgrenzen wird sie nicht fortgeführt",
}
_WITHDRAWN_EN = {
    "corrected": "values that it rests on were corrected or are withheld",
    "not_found": "with the values of today the rule does not find it",
    "rule_changed": "the rule was changed",
    "not_testable": "the values that the rule watches cannot be tested any more",
    "new_boundaries": "it is not continued in the new boundaries of areas",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Title and text of an alert in German and English."""

    title_de: str
    title_en: str
    text_de: str
    text_en: str


def notice(
    *,
    area: str,
    period: str,
    rule_de: str,
    rule_en: str,
    text_de: str | None,
    text_en: str | None,
    state: AlertState,
    withdrawal: WithdrawalReason | None = None,
) -> Notice:
    """Return what is said of an alert; figures are told only while it is open.

    Parameters
    ----------
    area, period : str
        Name of the area; period of the alert.
    rule_de, rule_en : str
        Title of the rule.
    text_de, text_en : str or None
        What the rule found; not told unless the alert is open.
    state : {"open", "being_checked", "withdrawn"}
        Whether the values that the alert rests on are still the published ones.
    withdrawal : {"corrected", "not_found", "rule_changed", "not_testable", "new_boundaries"}, optional
        Why the alert was withdrawn; told when it was.

    Returns
    -------
    Notice
        In both languages.

    Examples
    --------
    >>> said = notice(area="Volkmarsdorf", period="2022", rule_de="Steigt", rule_en="Rises",
    ...               text_de="um 2,1 Punkte", text_en="by 2.1 points", state="withdrawn", withdrawal="rule_changed")
    >>> said.title_en, said.text_en
    ('Withdrawn: Volkmarsdorf 2022: Rises', 'The alert does not hold any more: the rule was changed.')
    """
    told_de, told_en = text_de or "", text_en or ""
    if state == "being_checked":
        told_de, told_en = _CHECKED_DE, _CHECKED_EN
    elif state == "withdrawn":
        told_de, told_en = "Die Meldung gilt nicht mehr", "The alert does not hold any more"
        if withdrawal is not None:
            told_de, told_en = (
                f"{told_de}: {_WITHDRAWN_DE[withdrawal]}",
                f"{told_en}: {_WITHDRAWN_EN[withdrawal]}",
            )
        told_de, told_en = f"{told_de}.", f"{told_en}."
    return Notice(
        title_de=f"{_PREFIX_DE[state]}{area} {period}: {rule_de}",
        title_en=f"{_PREFIX_EN[state]}{area} {period}: {rule_en}",
        text_de=told_de,
        text_en=told_en,
    )


def notice_id(*, city: str, geography: str, rule: str, area_id: str, period: str) -> str:
    """Return the id of an alert among those of all cities and levels.

    Parameters
    ----------
    city, geography, rule, area_id, period : str
        What the alert is about; any signs.

    Returns
    -------
    str
        The same whenever it is asked for, in every edition of the boundaries and also after the database was built
        anew; fit for a URI.

    Examples
    --------
    >>> notice_id(city="leipzig", geography="sub_district", rule="benefit-level", area_id="6 2", period="2022")
    'leipzig/sub_district/benefit-level/2022/6%202'
    """
    return "/".join(quote(one, safe="") for one in (city, geography, rule, period, area_id))
