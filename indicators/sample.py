"""Indicators of the sample city: twenty counts such as statistics offices keep for small areas, and their shares."""

from __future__ import annotations

from functools import partial

from indicators.definition import Indicator
from indicators.register import (
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
)

__all__ = ["SAMPLE_COUNTS", "SAMPLE_INDICATORS", "SAMPLE_STATUS_INDICATORS", "U15_NEAR_PLAYGROUND"]

_REGISTER = "population register and household generation"
_LABOUR = "labour market and basic income statistics"
_WELFARE = "social assistance statistics"
_BUILDINGS = "stock of buildings and dwellings"
_HOUSEHOLDS_DE = "Haushalte sind aus dem Melderegister erzeugt, also geschätzt."
_HOUSEHOLDS_EN = "Households are generated from the population register, hence estimates."
_SHARE_DE = (
    "Arbeitslosenanteil, nicht Arbeitslosenquote: bezogen auf alle 15- bis unter 65-Jährigen, "
    "nicht auf die Erwerbspersonen."
)
_SHARE_EN = "Share, not rate: relative to all residents aged 15 to under 65, not to the labour force."
_ALL_AGES_DE = "Bezogen auf alle Einwohner, auch jenseits der Regelaltersgrenze: nicht die SGB-II-Quote."
_ALL_AGES_EN = "Relative to all residents, also above retirement age: not the SGB II rate."

_persons = partial(Indicator, unit="persons", kind="extensive")
_households = partial(
    Indicator,
    unit="households",
    kind="extensive",
    source=_REGISTER,
    caution_de=_HOUSEHOLDS_DE,
    caution_en=_HOUSEHOLDS_EN,
)
_need = partial(_persons, direction="higher_is_more_need")
_share = partial(Indicator, unit="%", kind="intensive", decimals=1)

SAMPLE_COUNTS: tuple[Indicator, ...] = (
    RESIDENTS,
    RESIDENTS_U15,
    RESIDENTS_U18,
    RESIDENTS_15_65,
    RESIDENTS_65P,
    _persons(
        id="residents_80p",
        title_de="Einwohner ab 80 Jahren",
        title_en="Residents aged 80 and over",
        source=RESIDENTS_65P.source,
    ),
    NON_GERMAN,
    MIGRATION_BACKGROUND,
    _households(id="households", title_de="Haushalte", title_en="Households"),
    _households(id="households_single", title_de="Einpersonenhaushalte", title_en="One-person households"),
    _households(
        id="households_with_children", title_de="Haushalte mit Kindern", title_en="Households with children"
    ),
    _households(
        id="households_single_parent",
        title_de="Haushalte von Alleinerziehenden",
        title_en="Single-parent households",
        direction="higher_is_more_need",
    ),
    _need(id="unemployed", title_de="Arbeitslose", title_en="Unemployed", source=_LABOUR),
    _need(
        id="unemployed_youth",
        title_de="Arbeitslose unter 25 Jahren",
        title_en="Unemployed under 25",
        source=_LABOUR,
    ),
    _need(
        id="unemployed_long_term",
        title_de="Langzeitarbeitslose",
        title_en="Long-term unemployed",
        source=_LABOUR,
    ),
    _need(
        id="sgb2_recipients",
        title_de="Leistungsberechtigte nach SGB II",
        title_en="Basic income support recipients (SGB II)",
        source=_LABOUR,
        caution_de="Seit 2023 Bürgergeld.",
        caution_en="Called Bürgergeld since 2023.",
    ),
    _need(
        id="sgb2_children_u15",
        title_de="Unter 15-Jährige in Bedarfsgemeinschaften",
        title_en="Under-15s in benefit households (SGB II)",
        source=_LABOUR,
    ),
    _need(
        id="old_age_basic_security",
        title_de="Empfänger von Grundsicherung im Alter",
        title_en="Recipients of old-age basic security",
        source=_WELFARE,
    ),
    Indicator(
        id="dwellings",
        title_de="Wohnungen",
        title_en="Dwellings",
        unit="dwellings",
        kind="extensive",
        source=_BUILDINGS,
    ),
    Indicator(
        id="living_space",
        title_de="Wohnfläche",
        title_en="Living space",
        unit="m²",
        kind="extensive",
        source=_BUILDINGS,
    ),
)

_SHARES: tuple[Indicator, ...] = (
    RESIDENTS_U15_SHARE,
    RESIDENTS_U18_SHARE,
    RESIDENTS_65P_SHARE,
    _share(
        id="residents_80p_share",
        title_de="Anteil der ab 80-Jährigen",
        title_en="Share of residents aged 80 and over",
        numerator="residents_80p",
        denominator="residents",
        direction="higher_is_more_need",
        source=RESIDENTS_65P.source,
    ),
    NON_GERMAN_SHARE,
    MIGRATION_BACKGROUND_SHARE,
    _share(
        id="households_single_share",
        title_de="Anteil der Einpersonenhaushalte",
        title_en="Share of one-person households",
        numerator="households_single",
        denominator="households",
        source=_REGISTER,
        caution_de=_HOUSEHOLDS_DE,
        caution_en=_HOUSEHOLDS_EN,
    ),
    _share(
        id="households_with_children_share",
        title_de="Anteil der Haushalte mit Kindern",
        title_en="Share of households with children",
        numerator="households_with_children",
        denominator="households",
        source=_REGISTER,
        caution_de=_HOUSEHOLDS_DE,
        caution_en=_HOUSEHOLDS_EN,
    ),
    _share(
        id="single_parent_share",
        title_de="Anteil der Alleinerziehenden an den Haushalten mit Kindern",
        title_en="Share of single parents among households with children",
        numerator="households_single_parent",
        denominator="households_with_children",
        direction="higher_is_more_need",
        source=_REGISTER,
        caution_de=_HOUSEHOLDS_DE,
        caution_en=_HOUSEHOLDS_EN,
    ),
    _share(
        id="unemployed_share",
        title_de="Arbeitslosenanteil",
        title_en="Unemployed share",
        numerator="unemployed",
        denominator="residents_15_65",
        direction="higher_is_more_need",
        source=_LABOUR,
        caution_de=_SHARE_DE,
        caution_en=_SHARE_EN,
    ),
    _share(
        id="long_term_unemployed_share",
        title_de="Langzeitarbeitslosenanteil",
        title_en="Long-term unemployed share",
        numerator="unemployed_long_term",
        denominator="residents_15_65",
        direction="higher_is_more_need",
        source=_LABOUR,
        caution_de=_SHARE_DE,
        caution_en=_SHARE_EN,
    ),
    _share(
        id="transfer_share",
        title_de="Anteil der Leistungsberechtigten nach SGB II",
        title_en="Share of basic income support recipients (SGB II)",
        numerator="sgb2_recipients",
        denominator="residents",
        direction="higher_is_more_need",
        source=_LABOUR,
        caution_de=_ALL_AGES_DE,
        caution_en=_ALL_AGES_EN,
    ),
    _share(
        id="child_poverty_share",
        title_de="Kinderarmut (unter 15-Jährige in Bedarfsgemeinschaften)",
        title_en="Child poverty (under-15s in benefit households)",
        numerator="sgb2_children_u15",
        denominator="residents_u15",
        direction="higher_is_more_need",
        source=_LABOUR,
    ),
    _share(
        id="old_age_basic_security_share",
        title_de="Altersarmut (Grundsicherung im Alter je 100 ab 65-Jährige)",
        title_en="Old-age poverty (basic security per 100 residents aged 65 and over)",
        numerator="old_age_basic_security",
        denominator="residents_65p",
        direction="higher_is_more_need",
        source=_WELFARE,
    ),
)

# Not of two counts: who lives near is computed from counts and maps. Whom it means is said with the layers.
U15_NEAR_PLAYGROUND = _share(
    id="u15_near_playground_share",
    title_de="Anteil der unter 15-Jährigen nahe einem Spielplatz",
    title_en="Share of under-15s near a playground",
    form="share",
    direction="lower_is_more_need",
    source=f"{RESIDENTS_U15.source}; playgrounds and streets",
    caution_de="Ein Punkt steht für einen Block; gemessen wird entlang der Straßen. Alle Angaben sind synthetisch.",
    caution_en="One point stands for a block; measured along streets. All data are synthetic.",
)

SAMPLE_INDICATORS: tuple[Indicator, ...] = (*SAMPLE_COUNTS, *_SHARES, U15_NEAR_PLAYGROUND)

# Shares that nearly every statistical district has in every year.
SAMPLE_STATUS_INDICATORS = ("unemployed_share", "transfer_share", "child_poverty_share")
