"""How is an alert told to those who want to know? The same title, text and id in feeds, webhooks and lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

__all__ = ["AlertState", "Notice", "notice", "notice_id"]

AlertState = Literal["open", "being_checked", "withdrawn"]

_PREFIX_DE = {"open": "", "being_checked": "Wird neu geprüft: ", "withdrawn": "Zurückgezogen: "}
_PREFIX_EN = {"open": "", "being_checked": "Being checked again: ", "withdrawn": "Withdrawn: "}
_TEXT_DE = {
    "being_checked": "Die Werte, auf denen die Meldung beruht, werden gerade neu berechnet.",
    "withdrawn": "Die Meldung gilt nicht mehr: Werte oder Regel wurden berichtigt.",
}
_TEXT_EN = {
    "being_checked": "The values that the alert rests on are being computed again.",
    "withdrawn": "The alert does not hold any more: values or rule were corrected.",
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

    Returns
    -------
    Notice
        In both languages.

    Examples
    --------
    >>> said = notice(area="Volkmarsdorf", period="2022", rule_de="Steigt", rule_en="Rises",
    ...               text_de="um 2,1 Punkte", text_en="by 2.1 points", state="withdrawn")
    >>> said.title_en, said.text_en
    ('Withdrawn: Volkmarsdorf 2022: Rises', 'The alert does not hold any more: values or rule were corrected.')
    """
    return Notice(
        title_de=f"{_PREFIX_DE[state]}{area} {period}: {rule_de}",
        title_en=f"{_PREFIX_EN[state]}{area} {period}: {rule_en}",
        text_de=_TEXT_DE.get(state, text_de or ""),
        text_en=_TEXT_EN.get(state, text_en or ""),
    )


def notice_id(*, city: str, geography: str, edition: str, rule: str, area_id: str, period: str) -> str:
    """Return the id of an alert among those of all cities, levels and editions of boundaries.

    Parameters
    ----------
    city, geography, edition, rule, area_id, period : str
        What the alert is about; any signs.

    Returns
    -------
    str
        The same whenever it is asked for, also after the database was built anew; fit for a URI.

    Examples
    --------
    >>> notice_id(city="leipzig", geography="sub_district", edition="2013 neu", rule="benefit-level",
    ...           area_id="62", period="2022")
    'leipzig/sub_district/2013%20neu/benefit-level/2022/62'
    """
    return "/".join(quote(one, safe="") for one in (city, geography, edition, rule, period, area_id))
