"""Which keys may a definition in a file have, and what may stand there? One list for reader and documentation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from indicators.definition import Direction, Form

__all__ = ["COUNT_FIELDS", "INDICATOR_FIELDS", "REFERENCES", "TERMS", "Field"]

# Terms that definitions name: [source.X], [universe.X], [trap.X], [theme.X], each with de and en.
TERMS = ("source", "universe", "trap", "theme")

# Keys that hold names of terms or of counts.
REFERENCES: Mapping[str, str] = {
    "sources": "source",
    "universe": "universe",
    "traps": "trap",
    "theme": "theme",
    "numerator": "count",
    "minus": "count",
    "denominator": "count",
    "sum_of": "count",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key: what may be written there, whether it must be, and what it means in both languages."""

    kind: Literal["text", "texts", "number", "whole", "years"]
    means_de: str
    means_en: str
    is_required: bool = False
    words: tuple[str, ...] = ()

    @property
    def described(self) -> str:
        """What to write, in words."""
        if self.words:
            return " or ".join(self.words)
        return {
            "text": "a text that is not empty",
            "texts": "a list of texts",
            "number": "a finite number",
            "whole": "a whole number of 0 to 6",
            "years": "a whole number of 1 to 100",
        }[self.kind]

    def fitted(self, given: Any) -> tuple[bool, Any]:
        """Return whether a value may stand here, and the value as a definition holds it."""
        if self.kind == "texts":
            fits = isinstance(given, list) and all(isinstance(one, str) and one for one in given)
            return fits, tuple(given) if fits else None
        if self.kind == "text":
            fits = isinstance(given, str) and bool(given) and (not self.words or given in self.words)
            return fits, given
        is_number = isinstance(given, int | float) and not isinstance(given, bool)
        if self.kind in ("whole", "years"):
            least, most = (0, 6) if self.kind == "whole" else (1, 100)
            fits = isinstance(given, int) and not isinstance(given, bool) and least <= given <= most
            return fits, given
        fits = is_number and math.isfinite(given)
        return fits, float(given) if fits else None


_SHARED: Mapping[str, Field] = {
    "id": Field(
        kind="text",
        is_required=True,
        means_de="Kennung: Kleinbuchstaben, Ziffern, _; überall dasselbe",
        means_en="id: small letters, digits, _; the same thing everywhere",
    ),
    "title_de": Field(kind="text", is_required=True, means_de="deutscher Name", means_en="German name"),
    "title_en": Field(kind="text", is_required=True, means_de="englischer Name", means_en="English name"),
    "unit": Field(
        kind="text",
        is_required=True,
        means_de="Einheit; bei Anteilen „%“, wenn nichts dasteht",
        means_en="unit; for shares % when left out",
    ),
    "direction": Field(
        kind="text",
        words=get_args(Direction),
        means_de="ob ein höherer Wert mehr oder weniger Bedarf heißt",
        means_en="whether a higher value is more need or less",
    ),
    "universe": Field(
        kind="text",
        is_required=True,
        means_de="Grundgesamtheit: Name aus [universe.…]",
        means_en="who or what is looked at: name from [universe.…]",
    ),
    "sources": Field(
        kind="texts", means_de="Quellen: Namen aus [source.…]", means_en="names from [source.…]"
    ),
    "traps": Field(
        kind="texts",
        means_de="bekannte Fallen: Namen aus [trap.…]",
        means_en="known traps: names from [trap.…]",
    ),
    "caution_de": Field(kind="text", means_de="Hinweis, deutsch", means_en="caution, German"),
    "caution_en": Field(kind="text", means_de="Hinweis, englisch", means_en="caution, English"),
    "decimals": Field(
        kind="whole",
        means_de="gezeigte Nachkommastellen (0–6)",
        means_en="digits shown after the point (0–6)",
    ),
    "missing": Field(
        kind="number",
        means_de="Anteil der Teile (Gebiete, Jahrgänge), der bekannt sein muss; 1: alle",
        means_en="share of the parts (areas, cohorts) that must be known; 1: all",
    ),
    "used_by": Field(kind="texts", means_de="wo veröffentlicht", means_en="where it is published"),
    "same_as": Field(
        kind="texts",
        means_de="Kennungen, unter denen Städte dasselbe führen",
        means_en="ids under which cities keep the same thing",
    ),
    "sum_of": Field(
        kind="texts", means_de="Zählungen, deren Summe sie ist", means_en="counts that it is the sum of"
    ),
}

COUNT_FIELDS: Mapping[str, Field] = _SHARED

INDICATOR_FIELDS: Mapping[str, Field] = {
    **_SHARED,
    "form": Field(
        kind="text",
        is_required=True,
        words=get_args(Form),
        means_de="Art der Zahl; bestimmt Formel und Unsicherheit",
        means_en="kind of number; decides formula and uncertainty",
    ),
    "theme": Field(
        kind="text", is_required=True, means_de="Thema: Name aus [theme.…]", means_en="name from [theme.…]"
    ),
    "numerator": Field(kind="text", means_de="Zähler: Kennung einer Zählung", means_en="id of a count"),
    "minus": Field(
        kind="text", means_de="wird vom Zähler abgezogen (Saldo)", means_en="taken off the numerator"
    ),
    "denominator": Field(kind="text", means_de="Nenner: Kennung einer Zählung", means_en="id of a count"),
    "numerator_de": Field(kind="text", means_de="Zähler in Worten, deutsch", means_en="in words, German"),
    "numerator_en": Field(kind="text", means_de="Zähler in Worten, englisch", means_en="in words, English"),
    "denominator_de": Field(kind="text", means_de="Nenner in Worten, deutsch", means_en="in words, German"),
    "denominator_en": Field(kind="text", means_de="Nenner in Worten, englisch", means_en="in words, English"),
    "factor": Field(
        kind="number", means_de="je wie viele; bei Anteilen 100", means_en="per so many; 100 for shares"
    ),
    "years": Field(
        kind="years",
        means_de="Veränderung: seit wie vielen Jahren; Zähler und Nenner sind dieselbe Zählung",
        means_en="change: since how many years; numerator and denominator are the same count",
    ),
    "minimum_denominator": Field(
        kind="number",
        means_de="kleinster Nenner, für den es einen Wert gibt",
        means_en="smallest denominator for which there is a value",
    ),
}
