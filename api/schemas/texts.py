"""Texts in two languages, and links: what every answer is made of."""

from __future__ import annotations

from pydantic import BaseModel

__all__ = ["Bilingual", "Link", "edition_detail", "withheld_detail"]


class Bilingual(BaseModel):
    """A text in German and English."""

    de: str
    en: str


class Link(BaseModel):
    """A link to a related resource."""

    rel: str
    href: str
    type: str = "application/json"
    title: str | None = None


def withheld_detail(is_withheld: bool) -> Bilingual | None:
    """Say why sums are missing from an answer, and what to do; None where nothing is withheld."""
    if not is_withheld:
        return None
    return Bilingual(
        de="Werte einzelner Gebiete werden seit einer neueren Lieferung zurückgehalten. Summen und Mittelwerte fehlen"
        " deshalb; rechnen Sie den Vorschlag neu.",
        en="Values of single areas are withheld since a newer load. So sums and means are missing; compute the proposal"
        " anew.",
    )


def edition_detail(edition: str, newest: str | None) -> Bilingual | None:
    """Say that an answer belongs to an earlier edition of the boundaries; None where it belongs to the newest."""
    if newest is None or edition == newest:
        return None
    return Bilingual(
        de=f"Gehört zum früheren Gebietsstand {edition}; jetzt gilt {newest}. Nicht auf dessen Gebieten darstellen.",
        en=f"Belongs to the earlier edition {edition} of the boundaries; now it is {newest}. Do not draw it on those areas.",
    )
