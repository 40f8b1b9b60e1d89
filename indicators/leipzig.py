"""Leipzig's indicators by Ortsteil: what the statistics office publishes, and the shares made from it."""

from __future__ import annotations

from functools import partial

from indicators.definition import Indicator
from indicators.register import GERMAN, MEN, NON_GERMAN, NON_GERMAN_SHARE, RESIDENTS, WOMEN

__all__ = ["LEIPZIG_INDICATORS", "LEIPZIG_STATUS_INDICATORS"]

_REGISTER = "Stadt Leipzig, Amt für Statistik und Wahlen: Einwohnerregister, MigraPro"
_LABOUR = "Bundesagentur für Arbeit, kleinräumig: Stadt Leipzig, Amt für Statistik und Wahlen"
_HOUSING = "Stadt Leipzig, Amt für Statistik und Wahlen: Gebäude- und Wohnungsbestand"
_LAND = "Stadt Leipzig, Amt für Geoinformation und Bodenordnung: Flächennutzung"
_POLICE = "Polizeiliche Kriminalstatistik: Stadt Leipzig, Amt für Statistik und Wahlen"
_SURVEY = "Stadt Leipzig, Amt für Statistik und Wahlen: Kommunale Bürgerumfrage"

_MIGRANTS_DE = "Ausländer und Deutsche mit Migrationshintergrund (MigraPro). Kein Maß für Benachteiligung."
_MIGRANTS_EN = "Non-Germans and Germans with migration background (MigraPro). Not a measure of disadvantage."
_SMALL_DE = (
    "Seit 2018 hält der Herausgeber Zahlen unter 10 zurück; vorher kann eine 0 auch 1 oder 2 bedeuten."
)
_SMALL_EN = "Since 2018 the publisher withholds counts below 10; before, a 0 may also stand for 1 or 2."
_SGB2_DE = (
    "Grundsicherung für Arbeitsuchende (SGB II), seit 2023 Bürgergeld; eine 0 kann auch 1 oder 2 bedeuten."
)
_SGB2_EN = (
    "Basic income support for job-seekers (SGB II), since 2023 Bürgergeld; a 0 may also stand for 1 or 2."
)
_PER_RESIDENT_DE = (
    "Bezogen auf alle Einwohner, weil die 15- bis unter 65-Jährigen auf dieser Ebene nicht veröffentlicht "
    "sind: weder Arbeitslosenquote noch Arbeitslosenanteil."
)
_PER_RESIDENT_EN = (
    "Per all residents, because those aged 15 to under 65 are not published at this level: "
    "neither the unemployment rate nor the usual unemployed share."
)
_BY_SCENE_DE = (
    "Gezählt am Tatort, nicht am Wohnort der Beteiligten: Innenstadt und Einkaufsorte liegen dadurch höher."
)
_BY_SCENE_EN = (
    "Counted where it happened, not where people live: the centre and shopping places come out higher."
)
_HECTARES_DE = "Ganze Hektar, abgeschnitten: 0 heißt unter einem Hektar oder nichts."
_HECTARES_EN = "Whole hectares, cut off: 0 means less than one hectare or nothing."

_persons = partial(Indicator, unit="persons", kind="extensive")
_unemployed = partial(
    Indicator,
    unit="persons",
    kind="extensive",
    direction="higher_is_more_need",
    source=_LABOUR,
    caution_de=_SMALL_DE,
    caution_en=_SMALL_EN,
)
_sgb2 = partial(
    Indicator,
    kind="extensive",
    direction="higher_is_more_need",
    source=_LABOUR,
    caution_de=_SGB2_DE,
    caution_en=_SGB2_EN,
)
_land = partial(
    Indicator, unit="ha", kind="extensive", source=_LAND, caution_de=_HECTARES_DE, caution_en=_HECTARES_EN
)
_offences = partial(
    Indicator,
    unit="cases",
    kind="extensive",
    source=_POLICE,
    caution_de=_BY_SCENE_DE,
    caution_en=_BY_SCENE_EN,
)
_share = partial(Indicator, unit="%", kind="intensive", decimals=1)

_COUNTS = (
    RESIDENTS,
    GERMAN,
    NON_GERMAN,
    WOMEN,
    MEN,
    _persons(
        id="migrants",
        title_de="Migrantinnen und Migranten",
        title_en="Residents with migration background (Leipzig)",
        source=_REGISTER,
        caution_de=_MIGRANTS_DE,
        caution_en=_MIGRANTS_EN,
    ),
    _persons(
        id="migrants_german",
        title_de="Deutsche mit Migrationshintergrund",
        title_en="Germans with migration background",
        source=_REGISTER,
        caution_de=_MIGRANTS_DE,
        caution_en=_MIGRANTS_EN,
    ),
    _persons(
        id="non_german_eu",
        title_de="EU-Ausländerinnen und -Ausländer",
        title_en="Non-German EU citizens",
        source=_REGISTER,
        caution_de="Der Kreis der EU-Staaten ändert sich (2013 Kroatien dazu, 2020 Großbritannien weg).",
        caution_en="The set of EU states changes (2013 Croatia in, 2020 Great Britain out).",
    ),
    _unemployed(id="unemployed", title_de="Arbeitslose", title_en="Unemployed"),
    _unemployed(
        id="unemployed_youth", title_de="Arbeitslose unter 25 Jahren", title_en="Unemployed under 25"
    ),
    _unemployed(id="unemployed_55p", title_de="Arbeitslose über 55 Jahren", title_en="Unemployed over 55"),
    _unemployed(
        id="unemployed_non_german",
        title_de="Arbeitslose Ausländerinnen und Ausländer",
        title_en="Unemployed non-Germans",
    ),
    _unemployed(id="unemployed_long_term", title_de="Langzeitarbeitslose", title_en="Long-term unemployed"),
    _unemployed(id="unemployed_sgb2", title_de="Arbeitslose nach SGB II", title_en="Unemployed under SGB II"),
    _unemployed(
        id="unemployed_sgb3", title_de="Arbeitslose nach SGB III", title_en="Unemployed under SGB III"
    ),
    _sgb2(
        id="sgb2_households",
        unit="households",
        title_de="Bedarfsgemeinschaften",
        title_en="Benefit households (SGB II)",
    ),
    _sgb2(
        id="sgb2_single_parents",
        unit="households",
        title_de="Bedarfsgemeinschaften Alleinerziehender",
        title_en="Benefit households of single parents (SGB II)",
    ),
    _sgb2(
        id="sgb2_households_with_children",
        unit="households",
        title_de="Bedarfsgemeinschaften mit Kindern",
        title_en="Benefit households with children (SGB II)",
    ),
    _sgb2(
        id="sgb2_persons",
        unit="persons",
        title_de="Personen in Bedarfsgemeinschaften",
        title_en="Persons in benefit households (SGB II)",
    ),
    _sgb2(
        id="sgb2_employable",
        unit="persons",
        title_de="Erwerbsfähige Leistungsberechtigte",
        title_en="Employable benefit recipients (SGB II)",
    ),
    _sgb2(
        id="sgb2_children_u15",
        unit="persons",
        title_de="Unter 15-Jährige in Bedarfsgemeinschaften",
        title_en="Under-15s in benefit households (SGB II)",
    ),
    Indicator(
        id="dwellings",
        title_de="Wohnungen",
        title_en="Dwellings",
        unit="dwellings",
        kind="extensive",
        source=_HOUSING,
    ),
    Indicator(
        id="living_space",
        title_de="Wohnfläche",
        title_en="Living space",
        unit="m²",
        kind="extensive",
        source=_HOUSING,
        caution_de="In den Dateien auf volle 1.000 m² abgeschnitten.",
        caution_en="Cut off to whole 1,000 m² in the files.",
    ),
    _land(id="land_residential", title_de="Wohnbaufläche", title_en="Residential land"),
    _land(id="land_built", title_de="Gebäude- und Freifläche", title_en="Built-up and adjacent land"),
    _land(
        id="land_industry", title_de="Industrie- und Gewerbefläche", title_en="Industrial and commercial land"
    ),
    _land(id="land_traffic", title_de="Verkehrsfläche", title_en="Traffic land"),
    _land(id="land_recreation", title_de="Erholungsfläche", title_en="Recreation land"),
    _land(id="land_agriculture", title_de="Landwirtschaftsfläche", title_en="Agricultural land"),
    _land(id="land_forest", title_de="Waldfläche", title_en="Forest"),
    _land(id="land_water", title_de="Wasserfläche", title_en="Water"),
    _offences(id="offences", title_de="Straftaten", title_en="Offences"),
    _offences(id="offences_theft", title_de="Diebstähle", title_en="Thefts"),
    _offences(id="offences_bodily_harm", title_de="Körperverletzungen", title_en="Bodily harm"),
    Indicator(
        id="household_income",
        title_de="Monatliches Haushaltsnettoeinkommen",
        title_en="Monthly net household income",
        unit="€",
        kind="intensive",
        direction="lower_is_more_need",
        source=_SURVEY,
        caution_de="Stichprobe (Bürgerumfrage), je Ortsteil oft wenige Befragte, ohne Vertrauensbereiche.",
        caution_en="Survey sample, often few respondents per area, no confidence intervals.",
    ),
)

_SHARES = (
    NON_GERMAN_SHARE,
    _share(
        id="migrants_share",
        title_de="Migrantenanteil",
        title_en="Share of residents with migration background (Leipzig)",
        numerator="migrants",
        denominator="residents",
        source=_REGISTER,
        caution_de=_MIGRANTS_DE,
        caution_en=_MIGRANTS_EN,
    ),
    _share(
        id="unemployed_per_resident",
        title_de="Arbeitslose je 100 Einwohner",
        title_en="Unemployed per 100 residents",
        numerator="unemployed",
        denominator="residents",
        direction="higher_is_more_need",
        source=_LABOUR,
        caution_de=_PER_RESIDENT_DE,
        caution_en=_PER_RESIDENT_EN,
    ),
    _share(
        id="unemployed_sgb2_per_resident",
        title_de="Arbeitslose nach SGB II je 100 Einwohner",
        title_en="Unemployed under SGB II per 100 residents",
        numerator="unemployed_sgb2",
        denominator="residents",
        direction="higher_is_more_need",
        source=_LABOUR,
        caution_de=f"{_PER_RESIDENT_DE} {_SMALL_DE}",
        caution_en=f"{_PER_RESIDENT_EN} {_SMALL_EN}",
    ),
    _share(
        id="long_term_of_unemployed",
        title_de="Langzeitarbeitslose je 100 Arbeitslose",
        title_en="Long-term unemployed per 100 unemployed",
        numerator="unemployed_long_term",
        denominator="unemployed",
        direction="higher_is_more_need",
        source=_LABOUR,
        caution_de="Bezogen auf alle Arbeitslosen. Für 2011 und seit 2018 nicht veröffentlicht.",
        caution_en="Relative to all unemployed. Not published for 2011 and since 2018.",
    ),
    _share(
        id="youth_of_unemployed",
        title_de="Unter 25-Jährige je 100 Arbeitslose",
        title_en="Under-25s per 100 unemployed",
        numerator="unemployed_youth",
        denominator="unemployed",
        source=_LABOUR,
        caution_de=f"Zusammensetzung der Arbeitslosen, nicht das Risiko junger Menschen. {_SMALL_DE}",
        caution_en=f"What the unemployed are composed of, not the risk of young people. {_SMALL_EN}",
    ),
    _share(
        id="sgb2_persons_per_resident",
        title_de="Personen in Bedarfsgemeinschaften je 100 Einwohner",
        title_en="Persons in benefit households per 100 residents",
        numerator="sgb2_persons",
        denominator="residents",
        direction="higher_is_more_need",
        source=_LABOUR,
        caution_de="Bezogen auf alle Einwohner, auch jenseits der Regelaltersgrenze: keine SGB-II-Quote.",
        caution_en="Per all residents, not those below retirement age: not the SGB II rate.",
    ),
    _share(
        id="sgb2_children_per_resident",
        title_de="Unter 15-Jährige in Bedarfsgemeinschaften je 100 Einwohner",
        title_en="Under-15s in benefit households per 100 residents",
        numerator="sgb2_children_u15",
        denominator="residents",
        direction="higher_is_more_need",
        source=_LABOUR,
        caution_de="Bezogen auf alle Einwohner, weil die unter 15-Jährigen auf dieser Ebene fehlen: "
        f"steigt auch, wo mehr Kinder leben; keine Kinderarmutsquote. {_SGB2_DE}",
        caution_en="Per all residents, because under-15s are lacking at this level: also higher where more "
        f"children live; not a child poverty rate. {_SGB2_EN}",
    ),
    _share(
        id="single_parents_of_sgb2_households",
        title_de="Alleinerziehende je 100 Bedarfsgemeinschaften",
        title_en="Single parents per 100 benefit households",
        numerator="sgb2_single_parents",
        denominator="sgb2_households",
        source=_LABOUR,
        caution_de=f"Zusammensetzung der Bedarfsgemeinschaften. {_SGB2_DE}",
        caution_en=f"What the benefit households are composed of. {_SGB2_EN}",
    ),
)

LEIPZIG_INDICATORS: tuple[Indicator, ...] = (*_COUNTS, *_SHARES)

# Shares from counts that every Ortsteil has in every year from 2008 to 2022.
LEIPZIG_STATUS_INDICATORS = (
    "unemployed_per_resident",
    "sgb2_persons_per_resident",
    "sgb2_children_per_resident",
)
