"""Berlin's indicators: the published Monitoring Soziale Stadtentwicklung (MSS) and the register."""

from __future__ import annotations

from functools import partial

from indicators.definition import Indicator
from indicators.register import (
    GERMAN,
    MIGRATION_BACKGROUND,
    MIGRATION_BACKGROUND_SHARE,
    NON_GERMAN,
    NON_GERMAN_SHARE,
    RESIDENTS,
    RESIDENTS_15_65,
    RESIDENTS_65P,
    RESIDENTS_65P_SHARE,
    RESIDENTS_U15,
    RESIDENTS_U15_SHARE,
    RESIDENTS_U18,
    RESIDENTS_U18_SHARE,
    WOMEN,
)

__all__ = ["BERLIN_INDICATORS", "MSS_CHANGE_INDICATORS", "MSS_STATUS_INDICATORS"]

_MSS = "Monitoring Soziale Stadtentwicklung, Senatsverwaltung für Stadtentwicklung Berlin"
_BREAK_DE = "Zwischen den Ausgaben 2017 und 2019 wurde die Definition geändert: diese nicht vergleichen."
_BREAK_EN = "The definition changed between the 2017 and 2019 editions: do not compare them."
_EXCLUDED_DE = "Für Gebiete unter 300 Einwohnern und Ausreißer nicht veröffentlicht."
_EXCLUDED_EN = "Not published for areas below 300 residents and outliers."
_CHANGE_DE = "Veränderung über zwei Jahre in Prozentpunkten. " + _EXCLUDED_DE
_CHANGE_EN = "Change over two years in percentage points. " + _EXCLUDED_EN
_ENDED_DE = "Seit der Ausgabe 2019 nicht mehr veröffentlicht. "
_ENDED_EN = "Not published since the 2019 edition. "

_status = partial(
    Indicator, unit="%", kind="intensive", direction="higher_is_more_need", decimals=1, source=_MSS
)
_change = partial(Indicator, unit="percentage points", kind="intensive", decimals=1, source=_MSS)

_MSS_RESIDENTS = Indicator(
    id="mss_residents",
    title_de="Einwohner (MSS)",
    title_en="Residents (MSS)",
    unit="persons",
    kind="extensive",
    source=_MSS,
    caution_de="Bezugszahl der MSS-Ausgabe, Stand 31.12. des Jahres davor.",
    caution_en="Base of the MSS edition, as of 31 December of the year before.",
)

_STATUS = (
    _status(
        id="mss_unemployed",
        title_de="Arbeitslose (MSS S1)",
        title_en="Unemployed (MSS S1)",
        caution_de=f"In % der Bevölkerung im erwerbsfähigen Alter. {_BREAK_DE} {_EXCLUDED_DE}",
        caution_en=f"In % of the population of working age. {_BREAK_EN} {_EXCLUDED_EN}",
    ),
    _status(
        id="mss_long_term_unemployed",
        title_de="Langzeitarbeitslose (MSS S2)",
        title_en="Long-term unemployed (MSS S2)",
        caution_de=f"{_ENDED_DE}{_EXCLUDED_DE}",
        caution_en=f"{_ENDED_EN}{_EXCLUDED_EN}",
    ),
    _status(
        id="mss_transfer_not_unemployed",
        title_de="Nicht arbeitslose Empfänger von Transferleistungen (MSS S3)",
        title_en="Recipients of transfer payments who are not unemployed (MSS S3)",
        caution_de=f"SGB II und XII, in % der Einwohner. {_BREAK_DE} {_EXCLUDED_DE}",
        caution_en=f"SGB II and XII, in % of residents. {_BREAK_EN} {_EXCLUDED_EN}",
    ),
    _status(
        id="mss_child_poverty",
        title_de="Kinderarmut (MSS S4)",
        title_en="Child poverty (MSS S4)",
        caution_de=f"Unter 15-Jährige in SGB-II-Haushalten in % dieses Alters. {_BREAK_DE} {_EXCLUDED_DE}",
        caution_en=f"Under-15s in SGB II households in % of all under-15s. {_BREAK_EN} {_EXCLUDED_EN}",
    ),
)

_CHANGES = (
    _change(
        id="mss_unemployed_change",
        title_de="Veränderung Arbeitslose (MSS D1)",
        title_en="Change of unemployed (MSS D1)",
        caution_de=_CHANGE_DE,
        caution_en=_CHANGE_EN,
    ),
    _change(
        id="mss_long_term_unemployed_change",
        title_de="Veränderung Langzeitarbeitslose (MSS D2)",
        title_en="Change of long-term unemployed (MSS D2)",
        caution_de=_ENDED_DE + _CHANGE_DE,
        caution_en=_ENDED_EN + _CHANGE_EN,
    ),
    _change(
        id="mss_transfer_not_unemployed_change",
        title_de="Veränderung nicht arbeitsloser Transferbezug (MSS D3)",
        title_en="Change of transfer recipients who are not unemployed (MSS D3)",
        caution_de=_CHANGE_DE,
        caution_en=_CHANGE_EN,
    ),
    _change(
        id="mss_child_poverty_change",
        title_de="Veränderung Kinderarmut (MSS D4)",
        title_en="Change of child poverty (MSS D4)",
        caution_de=_CHANGE_DE,
        caution_en=_CHANGE_EN,
    ),
)

_CLASSES = (
    Indicator(
        id="mss_published_status_class",
        title_de="Veröffentlichte Status-Klasse (MSS)",
        title_en="Published status class (MSS)",
        unit="class",
        kind="ordinal",
        direction="higher_is_more_need",
        source=_MSS,
        caution_de="Vom Herausgeber veröffentlicht, nicht von uns berechnet. " + _EXCLUDED_DE,
        caution_en="Published, not computed by us. " + _EXCLUDED_EN,
        labels_de=("hoch", "mittel", "niedrig", "sehr niedrig"),
        labels_en=("high", "medium", "low", "very low"),
    ),
    Indicator(
        id="mss_published_dynamic_class",
        title_de="Veröffentlichte Dynamik-Klasse (MSS)",
        title_en="Published dynamic class (MSS)",
        unit="class",
        kind="ordinal",
        source=_MSS,
        caution_de="Gemessen am Durchschnitt: ein Gebiet kann sich verbessern und doch „negativ“ sein. "
        + _EXCLUDED_DE,
        caution_en="Relative to the average: an area may improve and still be “negative”. " + _EXCLUDED_EN,
        labels_de=("positiv", "stabil", "negativ"),
        labels_en=("positive", "stable", "negative"),
    ),
)

# In the order S1..S4 and D1..D4 of the published tables.
MSS_STATUS_INDICATORS = tuple(indicator.id for indicator in _STATUS)
MSS_CHANGE_INDICATORS = tuple(indicator.id for indicator in _CHANGES)

BERLIN_INDICATORS: tuple[Indicator, ...] = (
    _MSS_RESIDENTS,
    *_STATUS,
    *_CHANGES,
    *_CLASSES,
    RESIDENTS,
    GERMAN,
    NON_GERMAN,
    MIGRATION_BACKGROUND,
    WOMEN,
    RESIDENTS_U15,
    RESIDENTS_U18,
    RESIDENTS_15_65,
    RESIDENTS_65P,
    NON_GERMAN_SHARE,
    MIGRATION_BACKGROUND_SHARE,
    RESIDENTS_U15_SHARE,
    RESIDENTS_U18_SHARE,
    RESIDENTS_65P_SHARE,
)
