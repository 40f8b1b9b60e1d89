"""Texts in two languages, and links: what every answer is made of."""

from __future__ import annotations

from pydantic import BaseModel

__all__ = ["Bilingual", "Link"]


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
