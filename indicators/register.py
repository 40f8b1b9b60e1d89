"""Counts that every population register gives, and their shares: an id has one definition for all cities."""

from __future__ import annotations

from indicators.definition import Indicator

__all__ = [
    "GERMAN",
    "MEN",
    "MIGRATION_BACKGROUND",
    "MIGRATION_BACKGROUND_SHARE",
    "NON_GERMAN",
    "NON_GERMAN_SHARE",
    "RESIDENTS",
    "RESIDENTS_15_65",
    "RESIDENTS_65P",
    "RESIDENTS_65P_SHARE",
    "RESIDENTS_U15",
    "RESIDENTS_U15_SHARE",
    "RESIDENTS_U18",
    "RESIDENTS_U18_SHARE",
    "WOMEN",
]

_SOURCE = "municipal population register (Einwohnermelderegister)"
_MIGRATION_CAUTION_DE = (
    "Abgeleitet aus Merkmalen des Melderegisters, nicht erfragt; je nach Stadt verschieden abgeleitet. "
    "Kein Maß für Benachteiligung."
)
_MIGRATION_CAUTION_EN = (
    "Derived from register entries, not asked for; cities derive it differently. "
    "Not a measure of disadvantage."
)
_NATIONALITY_CAUTION_DE = "Staatsangehörigkeit, nicht Migrationshintergrund. Kein Maß für Benachteiligung."
_NATIONALITY_CAUTION_EN = "Nationality, not migration background. Not a measure of disadvantage."

RESIDENTS = Indicator(
    id="residents",
    title_de="Einwohnerinnen und Einwohner",
    title_en="Residents",
    unit="persons",
    kind="extensive",
    source=_SOURCE,
    caution_de="Hauptwohnsitz nach dem Melderegister; die amtliche, auf dem Zensus beruhende Zahl weicht ab.",
    caution_en="Main residence by the municipal register; the official census-based figure differs.",
)

WOMEN = Indicator(
    id="women", title_de="Frauen", title_en="Women", unit="persons", kind="extensive", source=_SOURCE
)

MEN = Indicator(id="men", title_de="Männer", title_en="Men", unit="persons", kind="extensive", source=_SOURCE)

GERMAN = Indicator(
    id="german",
    title_de="Deutsche",
    title_en="Germans",
    unit="persons",
    kind="extensive",
    source=_SOURCE,
    caution_de="Auch mit weiteren Staatsangehörigkeiten.",
    caution_en="Further nationalities included.",
)

NON_GERMAN = Indicator(
    id="non_german",
    title_de="Ausländerinnen und Ausländer",
    title_en="Non-Germans",
    unit="persons",
    kind="extensive",
    source=_SOURCE,
    caution_de=_NATIONALITY_CAUTION_DE,
    caution_en=_NATIONALITY_CAUTION_EN,
)

MIGRATION_BACKGROUND = Indicator(
    id="migration_background",
    title_de="Einwohner mit Migrationshintergrund",
    title_en="Residents with migration background",
    unit="persons",
    kind="extensive",
    source=_SOURCE,
    caution_de=_MIGRATION_CAUTION_DE,
    caution_en=_MIGRATION_CAUTION_EN,
)

RESIDENTS_U15 = Indicator(
    id="residents_u15",
    title_de="Einwohner unter 15 Jahren",
    title_en="Residents under 15",
    unit="persons",
    kind="extensive",
    source=_SOURCE,
)

RESIDENTS_U18 = Indicator(
    id="residents_u18",
    title_de="Einwohner unter 18 Jahren",
    title_en="Residents under 18",
    unit="persons",
    kind="extensive",
    source=_SOURCE,
)

RESIDENTS_15_65 = Indicator(
    id="residents_15_65",
    title_de="Einwohner von 15 bis unter 65 Jahren",
    title_en="Residents aged 15 to under 65",
    unit="persons",
    kind="extensive",
    source=_SOURCE,
)

RESIDENTS_65P = Indicator(
    id="residents_65p",
    title_de="Einwohner ab 65 Jahren",
    title_en="Residents aged 65 and over",
    unit="persons",
    kind="extensive",
    source=_SOURCE,
)

NON_GERMAN_SHARE = Indicator(
    id="non_german_share",
    title_de="Ausländeranteil",
    title_en="Share of non-Germans",
    unit="%",
    kind="intensive",
    numerator="non_german",
    denominator="residents",
    decimals=1,
    source=_SOURCE,
    caution_de=_NATIONALITY_CAUTION_DE,
    caution_en=_NATIONALITY_CAUTION_EN,
)

MIGRATION_BACKGROUND_SHARE = Indicator(
    id="migration_background_share",
    title_de="Anteil mit Migrationshintergrund",
    title_en="Share with migration background",
    unit="%",
    kind="intensive",
    numerator="migration_background",
    denominator="residents",
    decimals=1,
    source=_SOURCE,
    caution_de=_MIGRATION_CAUTION_DE,
    caution_en=_MIGRATION_CAUTION_EN,
)

RESIDENTS_U15_SHARE = Indicator(
    id="residents_u15_share",
    title_de="Anteil der unter 15-Jährigen",
    title_en="Share of under-15s",
    unit="%",
    kind="intensive",
    numerator="residents_u15",
    denominator="residents",
    decimals=1,
    source=_SOURCE,
)

RESIDENTS_U18_SHARE = Indicator(
    id="residents_u18_share",
    title_de="Anteil der unter 18-Jährigen",
    title_en="Share of under-18s",
    unit="%",
    kind="intensive",
    numerator="residents_u18",
    denominator="residents",
    decimals=1,
    source=_SOURCE,
)

RESIDENTS_65P_SHARE = Indicator(
    id="residents_65p_share",
    title_de="Anteil der ab 65-Jährigen",
    title_en="Share of residents aged 65 and over",
    unit="%",
    kind="intensive",
    numerator="residents_65p",
    denominator="residents",
    decimals=1,
    source=_SOURCE,
)
