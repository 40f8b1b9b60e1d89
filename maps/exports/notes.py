"""The method sheet of an export: where the values come from, what their states mean, and how they were made."""

from __future__ import annotations

from datetime import date

import pandas as pd

from indicators.limits import INTERVAL_LEVEL
from indicators.status import ValueStatus
from maps.catalogue import text
from maps.exports.content import DataSet
from maps.exports.tables import formula_of, main_period, origin_text
from maps.numbers import Language, format_number

__all__ = ["notes_table", "period_span"]

SIGNS = {"missing": "…", "suppressed": "."}
"""How a wide sheet shows a state without a number."""

_STATES = {
    ValueStatus.MEASURED: ("gemessener oder berechneter Wert", "a measured or computed value"),
    ValueStatus.ZERO: ("nichts vorhanden: eine echte Null", "nothing present: a true zero"),
    ValueStatus.MISSING: (
        "niemand kennt den Wert, oder der Nenner ist zu klein; es steht keine Zahl da",
        "nobody knows the value, or its denominator is too small; there is no number",
    ),
    ValueStatus.SUPPRESSED: (
        "es gibt den Wert, er wird aus Gründen der statistischen Geheimhaltung nicht veröffentlicht; es steht keine Zahl da",
        "the value exists and is withheld for statistical confidentiality; there is no number",
    ),
    ValueStatus.PROVISIONAL: ("vorläufiger Wert", "a provisional value"),
    ValueStatus.CORRECTED: ("berichtigter Wert", "a corrected value"),
    ValueStatus.UNCERTAIN: ("nur mit Vorbehalt zu verwenden", "to be used with care"),
}


_Row = tuple[str, str, str]
_TOPIC = {
    "dataset": ("Datensatz", "Data set"),
    "source": ("Quelle", "Source"),
    "computed": ("Berechnung", "Computation"),
    "level": ("Ebene", "Level"),
    "layer": ("Weitere Kartenebene", "Further map layer"),
    "state": ("Zustand", "State"),
    "method": ("Verfahren", "Method"),
}


def notes_table(dataset: DataSet, language: Language) -> pd.DataFrame:
    """Return topic, subject and text: everything a reader of the figures has to know."""
    rows = [
        *_about(dataset, language),
        *_sources(dataset, language),
        *_levels(dataset, language),
        *_layers(dataset, language),
        *_states(dataset, language),
        *_method(dataset, language),
    ]
    return pd.DataFrame(
        [
            {"topic": _TOPIC[topic][0 if language == "de" else 1], "subject": subject, "text": told}
            for topic, subject, told in rows
        ]
    )


def period_span(dataset: DataSet) -> str:
    """Return the first and the last period, or the only one."""
    periods = dataset.periods
    return "–".join(dict.fromkeys((periods[0], periods[-1]))) if periods else ""


def _about(dataset: DataSet, language: Language) -> list[_Row]:
    german = language == "de"
    synthetic = (
        "künstlich erzeugte Daten einer erfundenen Stadt"
        if german
        else "generated data of a city that does not exist"
    )
    rows = [
        ("Titel" if german else "Title", dataset.title_de if german else dataset.title_en),
        ("Stadt" if german else "City", dataset.city_title_de if german else dataset.city_title_en),
        ("Zeitraum" if german else "Periods", period_span(dataset)),
        ("Stand" if german else "As of", _moment(dataset.changed_at.date(), language)),
        (
            "Quellenangabe" if german else "Attribution",
            dataset.attribution,
        ),
        ("Lizenz" if german else "Licence", dataset.licence),
        ("Kontakt" if german else "Contact", dataset.contact),
        ("Art der Daten" if german else "Kind of data", synthetic if dataset.is_synthetic else ""),
    ]
    return [("dataset", subject, told) for subject, told in rows if told]


def _sources(dataset: DataSet, language: Language) -> list[_Row]:
    german = language == "de"
    told = []
    for one in dataset.origins:
        title = one.title_de if german else one.title_en
        parts = [
            title,
            f"{'Herausgeber' if german else 'publisher'}: {one.publisher}",
            f"{'Nennung' if german else 'attribution'}: {one.attribution}",
            f"{'Lizenz' if german else 'licence'}: {one.licence}",
            f"{'geladen am' if german else 'loaded on'} {_moment(one.loaded_at.date(), language)}",
            one.url,
        ]
        told.append(("source", origin_text(one.id, language), "; ".join(part for part in parts if part)))
    for run in dataset.computations:
        words = [
            run.kind,
            f"{'berechnet am' if german else 'computed on'} {_moment(run.finished_at.date(), language)}",
            f"{'Programmstand' if german else 'code'} {run.code_version}",
            f"{'Eingaben' if german else 'inputs'} SHA-256 {run.inputs_hash}",
        ]
        told.append(("computed", origin_text(run.id, language), "; ".join(words)))
    return told


def _levels(dataset: DataSet, language: Language) -> list[_Row]:
    german = language == "de"
    rows = []
    for one in dataset.levels:
        until = (
            "" if one.valid_to is None else f" {'bis' if german else 'to'} {_moment(one.valid_to, language)}"
        )
        title = one.title_de if german else one.title_en
        told = [
            f"{title} ({'Gebiete' if german else 'areas'}: {format_number(len(one.areas), 0, language)})",
            f"{'Gebietsstand' if german else 'edition'} {one.edition}"
            f" ({'gültig ab' if german else 'valid from'} {_moment(one.valid_from, language)}{until})",
            f"EPSG:{dataset.srid}",
        ]
        shown = main_period(dataset, one)
        if shown:
            told.append(f"{'Karte der GeoPackage-Datei' if german else 'map of the GeoPackage'}: {shown}")
        rows.append(("level", one.id, "; ".join(told)))
    return rows


def _layers(dataset: DataSet, language: Language) -> list[_Row]:
    """Tell of what lies beside the areas; its features are in the map files only."""
    german = language == "de"
    rows = []
    for one in dataset.layers:
        told = [
            f"{one.title_de if german else one.title_en} ({'Objekte' if german else 'features'}:"
            f" {format_number(len(one.features), 0, language)})",
            f"{'Stand' if german else 'as of'} {_moment(one.as_of, language)}",
            f"{'Herausgeber' if german else 'publisher'}: {one.publisher}",
            f"{'Nennung' if german else 'attribution'}: {one.attribution}",
            f"{'Lizenz' if german else 'licence'}: {one.licence}",
            one.url,
            "in GeoPackage und GeoParquet" if german else "in GeoPackage and GeoParquet",
        ]
        rows.append(("layer", one.id, "; ".join(part for part in told if part)))
    return rows


def _states(dataset: DataSet, language: Language) -> list[_Row]:
    counted = dataset.values["status"].astype(str).value_counts()
    rows = []
    for one, words in _STATES.items():
        sign = f" ({'Zeichen' if language == 'de' else 'sign'} {SIGNS[one]})" if one in SIGNS else ""
        number = format_number(float(counted.get(one.value, 0)), 0, language)
        values = "Werte" if language == "de" else "values"
        name = text(f"status.{one}", "de") if language == "de" else one.value
        rows.append(("state", name, f"{words[0 if language == 'de' else 1]}{sign}; {number} {values}"))
    return rows


def _method(dataset: DataSet, language: Language) -> list[_Row]:
    german = language == "de"
    level = format_number(100 * INTERVAL_LEVEL, 0, language)
    protection = dataset.protection_de if german else dataset.protection_en
    rows = [
        (
            "Geheimhaltung" if german else "Confidentiality",
            (
                "Diese Datei enthält nur, was veröffentlicht ist. Zurückgehaltene Werte haben weder Zahl noch Intervall;"
                " auch was sie verraten würde, wird zurückgehalten. Zurückgehalten ist etwas anderes als fehlend und"
                " als null."
                if german
                else "This file holds only what is published. Withheld values have neither number nor interval; what would"
                " give them away is withheld as well. Withheld is another thing than missing, and than zero."
            )
            + (f" {'Regeln' if german else 'Rules'}: {protection}." if protection else ""),
        ),
        (
            "Unsicherheit" if german else "Uncertainty",
            f"Intervalle gelten zu {level} % und beschreiben den Zufall allein, nicht Fehler der Erhebung."
            if german
            else f"Intervals hold at {level} % and describe chance alone, not errors of the survey.",
        ),
        (
            "Fehlende Zeilen" if german else "Missing rows",
            "Ein Gebiet ohne Zeile hat für Indikator und Zeit keinen bekannten Wert."
            if german
            else "An area without a row has no known value of the indicator and period.",
        ),
        (
            "Texte in CSV" if german else "Text in CSV",
            "Texte, die ein Tabellenprogramm als Formel ausführen würde (am Anfang = + - @), haben in CSV-Dateien einen"
            " Apostroph davor. Schlüssel von Gebieten sind Text: beim Öffnen die Spalte als Text einlesen, sonst gehen"
            " führende Nullen verloren."
            if german
            else "Text that a spreadsheet program would run as a formula (= + - @ at its beginning) has an apostrophe"
            " before it in CSV files. Codes of areas are text: read the column as text, or leading zeros are lost.",
        ),
    ]
    if len(dataset.converted):
        rows.append(
            (
                "Umgerechnete Werte" if german else "Converted values",
                "Für Zeiten, die auf einem anderen Gebietsstand gezählt sind, gibt es umgerechnete Werte in einer eigenen"
                " Tabelle, nie unter den anderen. Jeder hat eine Güte: A genau, B größtenteils genau, C Schätzung, D grobe"
                " Schätzung. Ein Unterschied über den Bruch mit Güte C oder D ist kein Trend."
                if german
                else "For periods that were counted on another edition of the boundaries there are converted values, in a"
                " table of their own and never among the others. Each has a grade: A exact, B mostly exact, C an estimate,"
                " D a guess. A difference over the break with grade C or D is no trend.",
            )
        )
    rows += [
        (one.id, f"{one.title_de if german else one.title_en} = {formula_of(one, language)}")
        for one in dataset.indicators
        if one.numerator is not None
    ]
    return [("method", subject, told) for subject, told in rows]


def _moment(day: date, language: Language) -> str:
    return f"{day:%d.%m.%Y}" if language == "de" else f"{day:%Y-%m-%d}"
