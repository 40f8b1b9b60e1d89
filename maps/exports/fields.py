"""The columns of the exported tables: one definition for headers, descriptions and the tabular data package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["TABLES", "Field", "Table"]

Type = Literal["string", "number", "integer", "date"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column: its name in English and in German tables, its type, and what it means."""

    name: str
    german: str
    type: Type = "string"
    says_de: str
    says_en: str
    is_free_text: bool = False  # comes from data as it is, so it is guarded against formulas
    is_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table with its key and what its columns refer to (column or columns, table, column or columns there)."""

    name: str
    german: str
    title_de: str
    title_en: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    refers: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...] = ()

    def named(self, language: Literal["de", "en"]) -> str:
        """Return the name of the table in a language."""
        return self.german if language == "de" else self.name

    def headers(self, language: Literal["de", "en"]) -> dict[str, str]:
        """Return the header of each column in a language."""
        return {one.name: one.german if language == "de" else one.name for one in self.fields}


def _field(name: str, german: str, says_de: str, says_en: str, **more: object) -> Field:
    return Field(name=name, german=german, says_de=says_de, says_en=says_en, **more)  # type: ignore[arg-type]


_GEOGRAPHY = _field("geography", "Ebene", "Ebene der Gebiete", "level of areas", is_required=True)
_EDITION = _field(
    "edition",
    "Gebietsstand",
    "Ausgabe der Gebietsgrenzen",
    "edition of the boundaries",
    is_free_text=True,
    is_required=True,
)
_AREA = _field(
    "area_id",
    "Schlüssel",
    "Schlüssel des Gebiets, Text mit führenden Nullen",
    "code of the area, text with leading zeros",
    is_free_text=True,
    is_required=True,
)
_INDICATOR = _field(
    "indicator", "Indikator", "Kennung des Indikators", "id of the indicator", is_required=True
)
_TITLE = _field("title", "Bezeichnung", "Name des Indikators", "name of the indicator", is_free_text=True)
_UNIT = _field("unit", "Einheit", "Einheit der Werte", "unit of the values", is_free_text=True)

VALUES = Table(
    name="values",
    german="werte",
    title_de="Werte",
    title_en="Values",
    fields=(
        _GEOGRAPHY,
        _EDITION,
        _AREA,
        _field("area", "Gebiet", "Name des Gebiets", "name of the area", is_free_text=True),
        _INDICATOR,
        _TITLE,
        _UNIT,
        _field("period", "Zeit", "Zeit, für die der Wert gilt", "time the value refers to", is_required=True),
        _field(
            "reference_date", "Stichtag", "Stichtag des Werts", "reference date of the value", type="date"
        ),
        _field(
            "value",
            "Wert",
            "der Wert; leer, wenn er fehlt oder zurückgehalten wird",
            "the value; empty when it is missing or withheld",
            type="number",
        ),
        _field(
            "status",
            "Zustand",
            "Zustand des Werts; erst er sagt, was eine leere Zelle oder eine Null bedeutet",
            "state of the value; only this says what an empty cell or a zero means",
            is_required=True,
        ),
        _field(
            "ci_low",
            "Intervall von",
            "untere Grenze des 95-%-Intervalls",
            "lower limit of the 95 % interval",
            type="number",
        ),
        _field(
            "ci_high",
            "Intervall bis",
            "obere Grenze des 95-%-Intervalls",
            "upper limit of the 95 % interval",
            type="number",
        ),
        _field(
            "comparison",
            "Vergleich",
            "Lage zum Rest der Stadt, soweit der Zufall sie nicht erklärt",
            "position against the rest of the city, as far as chance does not explain it",
        ),
        _field(
            "origin",
            "Herkunft",
            "Lieferung oder Berechnung, von der der Wert ist, siehe Hinweise",
            "load or run that the value comes from, see the notes",
            is_required=True,
        ),
    ),
    key=("geography", "area_id", "indicator", "period"),
    refers=(
        (("geography", "area_id"), "areas", ("geography", "area_id")),
        (("indicator",), "indicators", ("indicator",)),
    ),
)

CONVERTED = Table(
    name="converted_values",
    german="umgerechnete_werte",
    title_de="Umgerechnete Werte",
    title_en="Converted values",
    fields=(
        *VALUES.fields[:11],
        _field(
            "grade",
            "Güte",
            "Güte der Umrechnung: A genau, B größtenteils genau, C Schätzung, D grobe Schätzung",
            "grade of the conversion: A exact, B mostly exact, C an estimate, D a guess",
        ),
        _field(
            "derivation",
            "Herleitung",
            "copy: dasselbe Gebiet; sum: ganze Gebiete; part: ein Teil; mixed: beides; empty: niemand; none: kein Wert",
            "copy: the same area; sum: whole areas; part: a part of one; mixed: both; empty: nobody; none: no value",
            is_required=True,
        ),
        _field(
            "known",
            "Anteil bekannt",
            "Anteil des Werts, dessen Ausgangswerte bekannt sind (0 bis 1)",
            "share of the value of which the values it is made of are known (0 to 1)",
            type="number",
        ),
        _field(
            "estimated",
            "Anteil geschätzt",
            "Anteil des Werts, der aus geteilten Gebieten stammt (0 bis 1)",
            "share of the value that comes from areas that were divided (0 to 1)",
            type="number",
        ),
        _field(
            "from_geography", "Ausgangsebene", "Ebene, auf der gezählt wurde", "level that was counted on"
        ),
        _field(
            "from_edition",
            "Ausgangsgebietsstand",
            "Gebietsstand, auf dem gezählt wurde",
            "edition that was counted on",
            is_free_text=True,
            is_required=True,
        ),
        VALUES.fields[-1],
    ),
    key=VALUES.key,
    refers=VALUES.refers,
)

AREAS = Table(
    name="areas",
    german="gebiete",
    title_de="Gebiete",
    title_en="Areas",
    fields=(
        _GEOGRAPHY,
        _EDITION,
        _AREA,
        _field("name", "Name", "Name des Gebiets", "name of the area", is_free_text=True),
        _field("parent_geography", "Übergeordnete Ebene", "Ebene darüber", "level above"),
        _field(
            "parent_id",
            "Übergeordneter Schlüssel",
            "Schlüssel des Gebiets darüber",
            "code of the area above",
            is_free_text=True,
        ),
    ),
    key=("geography", "area_id"),
)

INDICATORS = Table(
    name="indicators",
    german="indikatoren",
    title_de="Indikatoren",
    title_en="Indicators",
    fields=(
        _INDICATOR,
        _TITLE,
        _UNIT,
        _field(
            "kind",
            "Art",
            "extensive: Zählung, addiert sich; intensive: Rate; ordinal: Klasse",
            "extensive: a count, adds up; intensive: a rate; ordinal: a class",
        ),
        _field("direction", "Richtung", "was ein höherer Wert bedeutet", "what a higher value means"),
        _field("decimals", "Nachkommastellen", "angezeigte Nachkommastellen", "digits shown", type="integer"),
        _field("formula", "Formel", "wie die Werte berechnet werden", "how the values are computed"),
        _field(
            "minimum_denominator",
            "Mindestnenner",
            "mit kleinerem Nenner fehlt der Wert, weil der Zufall überwöge",
            "with a smaller denominator the value is missing, because chance would rule",
            type="number",
        ),
        _field("universe", "Grundgesamtheit", "wer betrachtet wird", "who is looked at", is_free_text=True),
        _field(
            "classes", "Klassen", "Namen der Klassen 1, 2, …", "names of class 1, 2, …", is_free_text=True
        ),
        _field("caution", "Zu beachten", "was zu beachten ist", "what to mind", is_free_text=True),
        _field(
            "source", "Quelle", "woher die Angaben stammen", "where the figures come from", is_free_text=True
        ),
    ),
    key=("indicator",),
)

NOTES = Table(
    name="notes",
    german="hinweise",
    title_de="Hinweise",
    title_en="Notes",
    fields=(
        _field("topic", "Thema", "worum es geht", "what it is about", is_required=True),
        _field(
            "subject",
            "Gegenstand",
            "wovon die Rede ist",
            "what is spoken of",
            is_free_text=True,
            is_required=True,
        ),
        _field("text", "Angabe", "was dazu zu sagen ist", "what there is to say", is_free_text=True),
    ),
    key=("topic", "subject"),
)

TABLES: dict[str, Table] = {one.name: one for one in (VALUES, CONVERTED, AREAS, INDICATORS, NOTES)}
"""The tables of every export by name."""
