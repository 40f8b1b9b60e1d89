"""What stands around a figure besides the result: place, group, time, boundaries, source, parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from maps.catalogue import text
from maps.layers import LayerSource
from maps.numbers import Language, format_number
from spatial.errors import ParameterError
from spatial.segregation import measure

__all__ = [
    "NOTHING",
    "Caption",
    "level_text",
    "measure_title",
    "model_text",
    "number_text",
    "options_text",
    "p_value_text",
    "said",
    "seed_text",
    "small_text",
]

_RAISED: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

Words = Mapping[str, tuple[str, str]]

_WORDS: Final[Words] = {
    "title.measure": ("{measure}", "{measure}"),
    "seed": ("Startwert\N{NO-BREAK SPACE}{seed}", "seed\N{NO-BREAK SPACE}{seed}"),
    "source": ("Quelle: {source}; eigene Berechnung", "Source: {source}; own computation"),
    "undefined": ("nicht bestimmt", "undefined"),
    "options": ("Optionen: {options}", "options: {options}"),
    "p_value": ("p = {value}", "p = {value}"),
    "evenness": (
        "Jedes Gebiet behält seine Einwohnerzahl; wer zur Gruppe gehört, ist Zufall nach ihrem Anteil in der Stadt",
        "every area keeps its residents; who belongs to the group is chance, by its share of the city",
    ),
    "systematic": (
        "Jede Gruppe behält ihre Größe; wo jemand wohnt, ist Zufall nach der Größe der Gebiete",
        "every group keeps its size; where somebody lives is chance, by the size of the areas",
    ),
    "person_permutation": (
        "Gebiete behalten ihre Einwohnerzahl und Gruppen ihre Größe; die Menschen tauschen die Plätze",
        "areas keep their residents and groups their size; people change places",
    ),
    "independence": (
        "nur die Zahl aller Menschen steht fest; Gruppe und Gebiet sind unabhängig voneinander",
        "only the number of people is fixed; group and area are independent",
    ),
    "geographic_permutation": (
        "Gebiete behalten ihre Bevölkerung und tauschen ihre Lage auf der Karte",
        "areas keep their people and change places on the map",
    ),
    "even_permutation": (
        "Jedes Gebiet behält seine Einwohnerzahl, die Gruppe ist Zufall; danach tauschen die Gebiete ihre Lage",
        "every area keeps its residents, the group is chance; then the areas change places",
    ),
    "systematic_permutation": (
        "Jede Gruppe behält ihre Größe, das Gebiet ist Zufall; danach tauschen die Gebiete ihre Lage",
        "every group keeps its size, the area is chance; then the areas change places",
    ),
    "bootstrap_persons": (
        "Menschen werden mit Zurücklegen neu gezogen",
        "people are drawn anew with replacement",
    ),
    "bootstrap_areas": (
        "bewohnte Gebiete werden mit Zurücklegen neu gezogen",
        "inhabited areas are drawn anew with replacement",
    ),
    "random_label": (
        "welche Tabelle eines Gebiets zur ersten und welche zur zweiten gehört, ist Zufall",
        "which table of an area belongs to the first and which to the second is chance",
    ),
    "person_label": (
        "in jedem Gebiet werden die Menschen beider Zeitpunkte neu verteilt",
        "in every area the people of both periods are dealt out anew",
    ),
    "two-sided": ("zweiseitig", "two-sided"),
    "greater": ("einseitig, größer", "one-sided, greater"),
    "less": ("einseitig, kleiner", "one-sided, less"),
    "basic": ("einfaches Bootstrap-Intervall", "basic bootstrap interval"),
    "percentile": ("Perzentil-Intervall", "percentile interval"),
    "bias_corrected": ("verzerrungskorrigiertes Perzentil-Intervall", "bias-corrected percentile interval"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """What a result does not know about itself: where, who, when, on which boundaries, from whom.

    Everything may be left out. `title` takes the place of the figure's own.
    """

    title: str = ""
    place: str = ""
    group: str = ""
    period: str = ""
    edition: str = ""
    source: LayerSource | str = ""

    def subtitle(self, language: Language) -> str:
        """Group, place and period, and that a city is invented if it is."""
        invented = isinstance(self.source, LayerSource) and self.source.is_synthetic
        parts = [self.group, self.place, self.period, text("offline.synthetic", language) if invented else ""]
        return " · ".join(part for part in parts if part)

    def source_line(self, language: Language) -> str:
        """Boundaries and source, empty when neither is known."""
        edition, named = self.edition, self.source
        if isinstance(named, LayerSource):
            edition = edition or named.edition
            licence = text("source.licence", language, licence=named.licence) if named.licence else ""
            named = ", ".join(part for part in (named.attribution, licence) if part)
        parts = [
            text("source.edition", language, edition=edition) if edition else "",
            said(_WORDS, "source", language, source=named) if named else "",
        ]
        line = " · ".join(part for part in parts if part)
        return line[:1].upper() + line[1:]


NOTHING: Final = Caption()


def said(words: Words, key: str, language: Language, **parts: object) -> str:
    """Return a text of a module's table in one language, its {parts} filled in."""
    return words[key][0 if language == "de" else 1].format(**parts)


def measure_title(name: str, language: Language) -> str:
    """Return the title of a measure; a name that no measure has stays as it is."""
    try:
        return str(getattr(measure(name), f"title_{language}"))
    except ParameterError:
        return name


def model_text(name: str, language: Language) -> str:
    """Say what a null model holds fixed, what a bootstrap draws, or how a test looks; unknown names stay."""
    return said(_WORDS, name, language) if name in _WORDS else name


def number_text(value: float, decimals: int, language: Language, *, signed: bool = False) -> str:
    """Write a value, or that there is none; with its sign where a difference is meant."""
    if math.isnan(value):
        return said(_WORDS, "undefined", language)
    rounded = round(value, decimals) + 0.0
    return ("+" if signed and rounded > 0 else "") + format_number(rounded, decimals, language)


def p_value_text(value: float, language: Language) -> str:
    """Write a p-value with three decimals, a smaller one with the decimals that it needs."""
    decimals = 3
    while 0 < value < 10.0**-decimals and decimals < 7:
        decimals += 1
    return said(_WORDS, "p_value", language, value=number_text(value, decimals, language))


def level_text(level: float, language: Language) -> str:
    """Write a level: "95 %" or "95%"."""
    decimals = 0 if round(level * 100, 6) == round(level * 100) else 1
    space = "\N{NO-BREAK SPACE}" if language == "de" else ""
    return f"{format_number(level * 100, decimals, language)}{space}%"


def small_text(value: float, language: Language) -> str:
    """Write a small number such as a tolerance: "10⁻¹³", "0,5"."""
    mantissa, sign, exponent = f"{value:g}".partition("e")
    shown = mantissa.replace(".", "," if language == "de" else ".")
    if not sign:
        return shown
    power = str(int(exponent)).translate(_RAISED)
    return f"10{power}" if mantissa == "1" else f"{shown} · 10{power}"


def seed_text(seed: int | Sequence[int], language: Language) -> str:
    """Write the seed, whether it is one number or several."""
    shown = str(seed) if isinstance(seed, int) else "-".join(str(part) for part in seed)
    return said(_WORDS, "seed", language, seed=shown)


def options_text(options: Mapping[str, Any], language: Language) -> str:
    """List the options of a measure that are numbers or names, empty when there are none."""
    plain = {
        name: small_text(value, language) if isinstance(value, float) else value
        for name, value in options.items()
        if isinstance(value, str | int | float)
    }
    listed = ", ".join(f"{name} = {value}" for name, value in plain.items())
    return said(_WORDS, "options", language, options=listed) if listed else ""
