"""Alerts as a feed that any reader can follow: Atom 1.0 (RFC 4287) and JSON Feed 1.1, in German or English."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlencode
from xml.etree import ElementTree

from api.schemas.alerts import AlertAnswer

__all__ = ["ATOM", "JSON_FEED", "Feed", "atom", "json_feed"]

ATOM = "application/atom+xml"
JSON_FEED = "application/feed+json"
_NAMESPACE = "http://www.w3.org/2005/Atom"
# What XML 1.0 cannot hold, however it is written.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TITLE = {"de": "Frühwarnung {city}", "en": "Early warning {city}"}
_DEPARTMENT = {"de": "{title} für {department}", "en": "{title} for {department}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What a feed is about: the city's row, language, department, its own address and that of the service.

    `authority` names the entries: a domain, a comma, and a date on which it was one's own (RFC 4151).
    """

    city: Mapping[str, Any]
    language: Literal["de", "en"]
    department: str | None
    url: str
    base: str
    authority: str
    updated: datetime
    alerts: Sequence[AlertAnswer]

    @property
    def title(self) -> str:
        """Title in the language of the feed."""
        title = _TITLE[self.language].format(city=self.city[f"title_{self.language}"])
        if self.department is None:
            return title
        return _DEPARTMENT[self.language].format(title=title, department=self.department)

    @property
    def id(self) -> str:
        """The same whatever the address of the service is."""
        query = urlencode(
            {"lang": self.language} | ({} if self.department is None else {"department": self.department})
        )
        return self._tag(f"{self.city['id']}/alerts?{query}")

    def id_of(self, alert: AlertAnswer) -> str:
        """Return the id of an alert, the same in all feeds that hold it."""
        return self._tag(f"alert/{alert.id}")

    def page_of(self, alert: AlertAnswer) -> str:
        """Return the address of the map that shows what the alert is about."""
        view = {
            "city": alert.city,
            "indicator": alert.indicator.id,
            "geography": alert.geography,
            "period": alert.period,
            "area": alert.area.id,
            "lang": self.language,
        }
        return f"{self.base}?{urlencode(view)}"

    def said(self, alert: AlertAnswer) -> tuple[str, str]:
        """Return title and text in the language of the feed."""
        return getattr(alert.title, self.language), getattr(alert.text, self.language)

    def _tag(self, specific: str) -> str:
        return f"tag:{self.authority}:{specific}"


def atom(feed: Feed) -> bytes:
    """Write the feed as Atom; names may hold any signs, those that XML has no place for are replaced."""
    root = ElementTree.Element("feed", {"xmlns": _NAMESPACE, "xml:lang": feed.language})
    _add(root, "id", feed.id)
    _add(root, "title", feed.title, type="text")
    _add(root, "updated", _moment(feed.updated))
    _add(_add(root, "author"), "name", "Sozialraum")
    _add(root, "generator", "Sozialraum")
    _add(root, "link", rel="self", type=ATOM, href=feed.url)
    _add(root, "link", rel="alternate", type="text/html", href=f"{feed.base}?city={feed.city['id']}")
    for alert in feed.alerts:
        title, content = feed.said(alert)
        entry = _add(root, "entry")
        _add(entry, "id", feed.id_of(alert))
        _add(entry, "title", title, type="text")
        _add(entry, "updated", _moment(alert.updated_at))
        _add(entry, "published", _moment(alert.raised_at))
        _add(entry, "link", rel="alternate", type="text/html", href=feed.page_of(alert))
        for term, label in _tags(alert, feed.language):
            _add(entry, "category", term=term, label=label)
        _add(entry, "content", content, type="text")
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def json_feed(feed: Feed) -> bytes:
    """Write the feed as JSON Feed."""
    items = []
    for alert in feed.alerts:
        title, content = feed.said(alert)
        items.append(
            {
                "id": feed.id_of(alert),
                "url": feed.page_of(alert),
                "title": title,
                "content_text": content,
                "date_published": _moment(alert.raised_at),
                "date_modified": _moment(alert.updated_at),
                "language": feed.language,
                "tags": [label for _term, label in _tags(alert, feed.language)],
            }
        )
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": f"{feed.base}?city={feed.city['id']}",
        "feed_url": feed.url,
        "language": feed.language,
        "authors": [{"name": "Sozialraum"}],
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False).encode()


def _tags(alert: AlertAnswer, language: str) -> list[tuple[str, str]]:
    return [
        (f"rule:{alert.rule.id}", getattr(alert.rule.title, language)),
        (f"area:{alert.area.id}", alert.area.name),
        (f"period:{alert.period}", alert.period),
    ]


def _add(
    parent: ElementTree.Element, name: str, content: str | None = None, **attributes: str
) -> ElementTree.Element:
    clean = {key: _NO_XML.sub("\ufffd", value) for key, value in attributes.items()}
    element = ElementTree.SubElement(parent, name, clean)
    element.text = None if content is None else _NO_XML.sub("\ufffd", content)
    return element


def _moment(at: datetime) -> str:
    """Write a moment as RFC 3339 wants it, in UTC."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
