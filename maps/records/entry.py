"""What a catalogue says of a data set: the entry that DCAT-AP.de and other forms are written from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

__all__ = ["Distribution", "Entry", "entry_of", "layer_entry"]

_KEYWORDS_DE = ("Sozialraum", "Sozialraummonitoring", "Indikatoren", "kleinräumige Daten", "Statistik")
_KEYWORDS_EN = ("social monitoring", "indicators", "small-area data", "statistics")
_NAMED = 12  # indicators in the description; the others are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One way to have the data: `address` is relative to that of the catalogue.

    `licences`, `attribution`: where they are not those of the data set.
    """

    id: str
    address: str
    title_de: str
    title_en: str
    media_type: str
    file_type: str  # code of the file-type authority table of the EU
    is_download: bool = True
    size: int | None = None
    sha256: str = ""
    licences: tuple[str, ...] = ()
    attribution: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One data set. `bbox`: west, south, east, north in degrees; `first`, `last`: reference dates."""

    id: str
    title_de: str
    title_en: str
    description_de: str
    description_en: str
    place: str
    is_synthetic: bool
    srid: int
    publishers: tuple[str, ...]
    licences: tuple[str, ...]
    attribution: str
    pages: tuple[str, ...]
    issued: datetime
    modified: datetime
    editions: tuple[str, ...]
    first: date | None
    last: date | None
    origins: tuple[tuple[str, str], ...]  # publisher and address of each source
    is_yearly: bool
    bbox: tuple[float, float, float, float] | None
    keywords_de: tuple[str, ...]
    keywords_en: tuple[str, ...]
    contact: str = ""
    distributions: tuple[Distribution, ...] = field(default=())


def entry_of(
    *,
    city: Mapping[str, Any],
    sources: Sequence[Mapping[str, Any]],
    levels: Sequence[Mapping[str, Any]],
    indicators: Sequence[Any],
    periods: Sequence[str],
    protection: tuple[str, str],
    **facts: Any,
) -> Entry:
    """Describe a data set.

    `city`: id, title_de, title_en, is_synthetic, srid. `sources`: title_de, title_en, publisher, licence, attribution, url,
    the newest first. `levels`: title_de, title_en, edition. `indicators`: definitions. The other fields of an entry as they
    are.
    """
    titles = {
        name: "; ".join(dict.fromkeys(one[name] for one in sources)) for name in ("title_de", "title_en")
    }
    return Entry(
        id=city["id"],
        title_de=f"{titles['title_de']} ({city['title_de']}, {_span(periods)})",
        title_en=f"{titles['title_en']} ({city['title_en']}, {_span(periods)})",
        description_de=_description_de(city, levels, indicators, periods, protection[0]),
        description_en=_description_en(city, levels, indicators, periods, protection[1]),
        place=city["title_de"],
        is_synthetic=city["is_synthetic"],
        srid=city["srid"],
        publishers=tuple(dict.fromkeys(one["publisher"] for one in sources)),
        licences=tuple(dict.fromkeys(one["licence"] for one in sources)),
        attribution="; ".join(dict.fromkeys(one["attribution"] for one in sources)),
        pages=tuple(dict.fromkeys(one["url"] for one in sources if one["url"])),
        editions=tuple(dict.fromkeys(f"Gebietsstand {one['edition']}" for one in levels)),
        origins=tuple(dict.fromkeys((one["publisher"], one["url"]) for one in sources)),
        is_yearly=_are_years_in_a_row(periods),
        keywords_de=(*_KEYWORDS_DE, city["title_de"], *(one["title_de"] for one in levels)),
        keywords_en=(*_KEYWORDS_EN, city["title_en"], *(one["title_en"] for one in levels)),
        **facts,
    )


_KINDS = {
    "facility": ("Einrichtungen", "facilities"),
    "street": ("Straßen", "streets"),
    "other": ("weitere Ebene", "further layer"),
}


def layer_entry(
    name: str,
    layer: Any,
    *,
    city: Mapping[str, Any],
    features: int,
    issued: datetime,
    modified: datetime,
    bbox: tuple[float, float, float, float] | None,
    contact: str,
    distributions: tuple[Distribution, ...],
) -> Entry:
    """Describe a layer beside the areas as a data set of its own, because it has a publisher and a licence of its own.

    `name`: its id within the city. `layer`: kind, title_de, title_en, as_of, publisher, licence, attribution, url.
    `city` as for `entry_of`.
    """
    german, english = _KINDS[layer.kind]
    synthetic = (
        ("Künstlich erzeugte Daten einer erfundenen Stadt.", "Generated data of a city that does not exist.")
        if city["is_synthetic"]
        else ("", "")
    )
    return Entry(
        id=f"{city['id']}.{name}",
        title_de=f"{layer.title_de} ({city['title_de']}, {layer.as_of:%Y})",
        title_en=f"{layer.title_en} ({city['title_en']}, {layer.as_of:%Y})",
        description_de=f"{layer.title_de}: {features} Objekte, Stand {layer.as_of:%d.%m.%Y}. {synthetic[0]}".strip(),
        description_en=f"{layer.title_en}: {features} features, as of {layer.as_of:%Y-%m-%d}. {synthetic[1]}".strip(),
        place=city["title_de"],
        is_synthetic=city["is_synthetic"],
        srid=city["srid"],
        publishers=(layer.publisher,),
        licences=(layer.licence,),
        attribution=layer.attribution,
        pages=(layer.url,) if layer.url else (),
        issued=issued,
        modified=modified,
        editions=(),
        first=layer.as_of,
        last=layer.as_of,
        origins=((layer.publisher, layer.url),),
        is_yearly=False,
        bbox=bbox,
        keywords_de=(_KEYWORDS_DE[0], german, layer.title_de, city["title_de"]),
        keywords_en=(english, layer.title_en, city["title_en"]),
        contact=contact,
        distributions=distributions,
    )


def _are_years_in_a_row(periods: Sequence[str]) -> bool:
    """Whether the data come every year: two years at least, none left out."""
    if len(periods) < 2 or not all(re.fullmatch(r"\d{4}", one) for one in periods):
        return False
    years = sorted(map(int, periods))
    return years == list(range(years[0], years[-1] + 1))


def _span(periods: Sequence[str]) -> str:
    return "–".join(dict.fromkeys((min(periods), max(periods)))) if periods else "–"


def _description_de(
    city: Mapping[str, Any],
    levels: Sequence[Mapping[str, Any]],
    indicators: Sequence[Any],
    periods: Sequence[str],
    protection: str,
) -> str:
    told = [
        f"{len(indicators)} Indikatoren für {', '.join(one['title_de'] for one in levels)}, {_span(periods)}:"
        f" {_named([one.title_de for one in indicators], 'weitere')}.",
        "Zurückgehaltene Werte (Geheimhaltung), fehlende Werte und echte Nullen sind verschiedene Zustände.",
        f"Geheimhaltung: {protection}." if protection else "",
        "Künstlich erzeugte Daten einer erfundenen Stadt." if city["is_synthetic"] else "",
    ]
    return " ".join(filter(None, told))


def _description_en(
    city: Mapping[str, Any],
    levels: Sequence[Mapping[str, Any]],
    indicators: Sequence[Any],
    periods: Sequence[str],
    protection: str,
) -> str:
    told = [
        f"{len(indicators)} indicators for {', '.join(one['title_en'] for one in levels)}, {_span(periods)}:"
        f" {_named([one.title_en for one in indicators], 'more')}.",
        "Withheld values (confidentiality), missing values and true zeros are different states.",
        f"Confidentiality: {protection}." if protection else "",
        "Generated data of a city that does not exist." if city["is_synthetic"] else "",
    ]
    return " ".join(filter(None, told))


def _named(titles: Sequence[str], more: str) -> str:
    rest = len(titles) - _NAMED
    return ", ".join(titles[:_NAMED]) + (f" … ({rest} {more})" if rest > 0 else "")
