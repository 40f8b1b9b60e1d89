"""One page per indicator (Indikatorenblatt), German first: what is counted, how, from where, and what to mind.

Text in, text out: the command `sozialraum indicator sheet` writes the pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from indicators.catalogue.fields import COUNT_FIELDS, INDICATOR_FIELDS, Field
from indicators.catalogue.reading import Catalogue, Term
from indicators.definition import IndicatorDefinition

__all__ = ["Language", "counts_page", "index_page", "sheet", "sheet_pages", "sheet_rows"]

Language = Literal["de", "en"]

_DIRECTION = {
    "higher_is_more_need": Term("höher bedeutet mehr Bedarf", "higher means more need"),
    "lower_is_more_need": Term("niedriger bedeutet mehr Bedarf", "lower means more need"),
    "context": Term("neutral (Kontext)", "neutral (context)"),
}
_FORM = {
    "count": Term("Zählung", "count"),
    "share": Term("Anteil", "share"),
    "quotient": Term("Quotient zweier Gruppen", "quotient of two groups"),
    "rate": Term("Rate", "rate"),
    "ratio": Term("Verhältniszahl", "ratio"),
    "balance": Term("Saldo", "balance"),
    "change": Term("Veränderung", "change"),
    "mean": Term("Mittelwert", "mean"),
    "median": Term("Median", "median"),
}
_NO_INTERVAL = Term("kein Intervall", "no interval")
_UNCERTAINTY = {
    "share": Term("Wilson-Intervall", "Wilson interval"),
    "quotient": Term(
        "Wilson-Intervall, auf den Quotienten umgerechnet", "Wilson interval, turned into a quotient"
    ),
    "rate": Term("exaktes Poisson-Intervall der Fälle", "exact Poisson interval of the cases"),
}
_BY_SOURCE = Term("von der Quelle mitzuliefern", "to be delivered by the source")
_LABELS = {
    "id": Term("Kennung", "Id"),
    "theme": Term("Thema", "Theme"),
    "unit": Term("Einheit", "Unit"),
    "direction": Term("Richtung", "Direction"),
    "formula": Term("Formel", "Formula"),
    "measured": Term("Gemessen wird", "Measured"),
    "numerator": Term("Zähler", "Numerator"),
    "denominator": Term("Nenner", "Denominator"),
    "parts": Term("Summe aus", "Sum of"),
    "universe": Term("Grundgesamtheit", "Universe"),
    "missing": Term("Fehlende Werte", "Missing values"),
    "minimum": Term("Mindestnenner", "Least denominator"),
    "uncertainty": Term("Unsicherheit", "Uncertainty"),
    "source": Term("Quelle", "Source"),
    "used_by": Term("Verwendet in", "Used by"),
    "same_as": Term("In Stadtdaten auch", "In city data also"),
}
_UNITS = {
    "persons": "Personen",
    "households": "Haushalte",
    "cases": "Fälle",
    "dwellings": "Wohnungen",
    "places": "Plätze",
    "years": "Jahre",
    "ratio": "Verhältnis",
    "per 100": "je 100",
    "per 1,000": "je 1.000",
    "persons/km²": "Personen je km²",
}
_GENERATED = (
    "<!-- Erzeugt aus dem Katalog mit `sozialraum indicator sheet --out docs/indicators`; "
    "nicht von Hand ändern. -->"
)


def sheet(definition: IndicatorDefinition, within: Catalogue) -> str:
    """Write the page of one indicator.

    Parameters
    ----------
    definition : IndicatorDefinition
        The indicator.
    within : Catalogue
        Where the titles of its counts and of its theme stand.

    Returns
    -------
    str
        Markdown, German first, then English.

    Examples
    --------
    >>> from indicators.catalogue import catalogue, definition
    >>> print(sheet(definition("share_u18"), catalogue()).splitlines()[2])
    # Jugendquote (unter 18 Jahre)
    """
    parts = [_GENERATED, "", f"# {definition.title_de}", ""]
    parts += [
        f"*{definition.title_en}* · `{definition.id}` · [alle Indikatoren · all indicators](README.md)",
        "",
    ]
    headings: tuple[tuple[Language, str], ...] = (("de", "Deutsch"), ("en", "English"))
    for language, heading in headings:
        parts += [f"## {heading}", "", "| | |", "|---|---|"]
        parts += [f"| {label} | {_cell(text)} |" for label, text in sheet_rows(definition, within, language)]
        caution = definition.caution_de if language == "de" else definition.caution_en
        if caution:
            parts += ["", f"**{'Zu beachten' if language == 'de' else 'To mind'}.** {caution}"]
        parts.append("")
    return "\n".join(parts)


def sheet_pages(within: Catalogue) -> dict[str, str]:
    """Write all pages: one per indicator, one for the counts, and the list of all.

    Parameters
    ----------
    within : Catalogue
        What to write about.

    Returns
    -------
    dict of file name to str
        Markdown by the name of its file.

    Examples
    --------
    >>> from indicators.catalogue import catalogue
    >>> sorted(sheet_pages(catalogue()))[:2]
    ['README.md', 'access_walk_x.md']
    """
    pages = {f"{one.id}.md": sheet(one, within) for one in within.indicators()}
    return {"README.md": index_page(within), "counts.md": counts_page(within), **pages}


def index_page(within: Catalogue) -> str:
    """Write the list of all indicators by theme, and how a file of one's own is written.

    Parameters
    ----------
    within : Catalogue
        What to list.

    Returns
    -------
    str
        Markdown, German first, then English.

    Examples
    --------
    >>> from indicators.catalogue import catalogue
    >>> "[`share_u18`](share_u18.md)" in index_page(catalogue())
    True
    """
    indicators = within.indicators()
    themes = dict.fromkeys(one.theme for one in indicators)
    lines = [
        _GENERATED,
        "",
        "# Indikatorenkatalog",
        "",
        f"*Indicator catalogue.* {len(indicators)} Indikatoren; die [Grundzahlen](counts.md), aus denen sie berechnet",
        "werden, sind eigene Definitionen. Eine Kennung bedeutet in allen Städten dasselbe.",
        "",
    ]
    for theme in themes:
        term = within.terms["theme"][theme]
        lines += [
            f"## {term.de} · {term.en}",
            "",
            "| Kennung | Deutsch | English | Einheit |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| [`{one.id}`]({one.id}.md) | {one.title_de} | {one.title_en} | {_unit(one.unit, 'de')} |"
            for one in indicators
            if one.theme == theme
        ]
        lines.append("")
    return "\n".join([*lines, *_file_help()])


def counts_page(within: Catalogue) -> str:
    """Write the list of the counts that indicators are made of.

    Parameters
    ----------
    within : Catalogue
        What to list.

    Returns
    -------
    str
        Markdown, both languages side by side.

    Examples
    --------
    >>> from indicators.catalogue import catalogue
    >>> "| `moves` |" in counts_page(catalogue())
    True
    """
    lines = [
        _GENERATED,
        "",
        "# Grundzahlen",
        "",
        "*Counts.* Zählungen, aus denen die [Indikatoren](README.md) berechnet werden; sie addieren sich über Gebiete.",
        "",
        "| Kennung | Deutsch | English | Einheit | Summe aus |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{one.id}` | {one.title_de} | {one.title_en} | {_unit(one.unit, 'de')}"
        f" | {', '.join(f'`{part}`' for part in one.sum_of)} |"
        for one in within.counts()
    ]
    return "\n".join([*lines, ""])


def sheet_rows(one: IndicatorDefinition, within: Catalogue, language: Language) -> list[tuple[str, str]]:
    """Return label and text of each row of a sheet.

    Parameters
    ----------
    one : IndicatorDefinition
        The indicator.
    within : Catalogue
        Where the titles of its counts and of its theme stand.
    language : {"de", "en"}
        Of labels and texts.

    Returns
    -------
    list of tuple of str
        Code in the texts stands between backquotes.

    Examples
    --------
    >>> from indicators.catalogue import catalogue, definition
    >>> dict(sheet_rows(definition("share_u18"), catalogue(), "de"))["Einheit"]
    '%'
    """

    def said(term: Term) -> str:
        return term.de if language == "de" else term.en

    source = one.source if language == "de" else one.source_en or one.source
    theme = within.terms.get("theme", {}).get(one.theme, Term(one.theme, one.theme))
    texts = {
        "id": f"`{one.id}`",
        "theme": said(theme),
        "unit": _unit(one.unit, language),
        "direction": said(_DIRECTION[one.direction]),
        "formula": _formula(one, language),
        "measured" if one.form == "median" else "numerator": _operand(one, within, "numerator", language),
        "denominator": _operand(one, within, "denominator", language),
        "parts": ", ".join(_title(part, within, language) for part in one.sum_of),
        "universe": one.universe_de if language == "de" else one.universe_en,
        "missing": _missing(one, language),
        "minimum": _minimum(one, within, language),
        "uncertainty": said(
            _UNCERTAINTY.get(one.form, _BY_SOURCE if one.form in ("mean", "median") else _NO_INTERVAL)
        ),
        "source": source,
        "used_by": ", ".join(one.used_by),
        "same_as": ", ".join(f"`{name}`" for name in one.same_as),
    }
    return [(said(_LABELS[name]), text) for name, text in texts.items() if text]


def _formula(one: IndicatorDefinition, language: Language) -> str:
    german = language == "de"
    form = _FORM[one.form].de if german else _FORM[one.form].en
    if one.form in ("count", "mean", "median"):
        return form
    top = "Zähler" if german else "numerator"
    bottom = "Nenner" if german else "denominator"
    times = "" if one.factor == 1 else f"{_number(one.factor, language)} × "
    return f"{form}: {times}{top} / {bottom}"


def _operand(
    one: IndicatorDefinition,
    within: Catalogue,
    which: Literal["numerator", "denominator"],
    language: Language,
) -> str:
    name: str | None = getattr(one, which)
    words = str(getattr(one, f"{which}_{language}"))
    if name is None or words:
        return words
    text = _title(name, within, language)
    if which == "numerator" and one.minus is not None:
        text += f" {'weniger' if language == 'de' else 'less'} {_title(one.minus, within, language)}"
    return text


def _title(name: str, within: Catalogue, language: Language) -> str:
    count = within[name]
    return f"{count.title_de if language == 'de' else count.title_en} (`{name}`)"


def _missing(one: IndicatorDefinition, language: Language) -> str:
    german = language == "de"
    if one.missing.share == 1:
        return (
            "ohne Wert, sobald ein Teil fehlt; nichts wird ergänzt"
            if german
            else "no value as soon as a part is missing; nothing is filled in"
        )
    percent = f"{100 * one.missing.share:.0f}"
    if german:
        return (
            f"Wert, wenn mindestens {percent} % der Teile bekannt sind, dann „eingeschränkt aussagekräftig“"
        )
    return f"a value when at least {percent} % of the parts are known, then “of limited validity”"


def _minimum(one: IndicatorDefinition, within: Catalogue, language: Language) -> str:
    if not one.minimum_denominator:
        return ""
    unit = within[one.denominator].unit if one.denominator else "persons"
    return f"{_number(one.minimum_denominator, language)} {_unit(unit, language)}"


def _unit(unit: str, language: Language) -> str:
    return _UNITS.get(unit, unit) if language == "de" else unit


def _number(value: float, language: Language) -> str:
    text = f"{value:,.0f}" if value == int(value) else f"{value:,}"
    return text.translate(str.maketrans(",.", ".,")) if language == "de" else text


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _file_help() -> list[str]:
    """Return how a file of one's own is written, from the same list that the reader goes by."""
    return [
        "## Eigene Indikatoren · Indicators of your own",
        "",
        "Eine TOML-Datei; für eine Stadt `indicators/catalogue/city-STADT.toml` (Beispiel: `city-leipzig.toml`, zu sehen",
        "mit `sozialraum indicator list --city leipzig`). Was darin steht, wird wie der Katalog berechnet, sobald die",
        "Zählungen geladen sind. `sozialraum indicator list --file meine.toml` prüft eine Datei und nennt zu jedem Fehler",
        "Zeile und nächsten gültigen Namen. Quellen, Grundgesamtheiten, Fallen und Themen des Katalogs können benutzt,",
        "eigene mit `[source.NAME]` usw. (je `de` und `en`) ergänzt werden. Methoden benutzen eine solche Datei mit",
        "`sozialraum method run … --indicators meine.toml`; welche Kennungen eine Methodendatei ohne Weiteres nennen darf,",
        "sagt `sozialraum indicator list --for-methods`.",
        "",
        "*A TOML file; for a city `indicators/catalogue/city-CITY.toml`. What it defines is computed as the catalogue is,",
        "once the counts are loaded. The command checks a file and gives line and nearest valid name. Sources, universes,",
        "traps and themes of the catalogue may be used, and new ones added. A method uses such a file with `sozialraum",
        "method run … --indicators mine.toml`; `sozialraum indicator list --for-methods` lists every id that a method file",
        "may name without declaring it.*",
        "",
        "```toml",
        "[source.vet]",
        'de = "Ordnungsamt: Hunderegister"',
        'en = "public order office: register of dogs"',
        "",
        "[[count]]",
        'id = "dogs"',
        'title_de = "Hunde"',
        'title_en = "Dogs"',
        'unit = "cases"',
        'universe = "main_residence"',
        'sources = ["vet"]',
        "",
        "[[indicator]]",
        'id = "dogs_per_1000"',
        'theme = "place"',
        'form = "rate"',
        'title_de = "Hunde je 1.000 Einwohner"',
        'title_en = "Dogs per 1,000 residents"',
        'unit = "per 1,000"',
        "factor = 1000",
        'numerator = "dogs"',
        'denominator = "residents"',
        "minimum_denominator = 100",
        'universe = "main_residence"',
        'sources = ["vet"]',
        "```",
        "",
        "Schlüssel von `[[indicator]]`; `[[count]]` kennt die mit einem Punkt. · Keys; a dot marks those of `[[count]]`.",
        "",
        "| Schlüssel | | nötig | Deutsch | English |",
        "|---|---|---|---|---|",
        *_field_rows(INDICATOR_FIELDS),
        "",
    ]


def _field_rows(fields: Mapping[str, Field]) -> list[str]:
    rows = []
    for name, one in fields.items():
        words = f" ({', '.join(f'`{word}`' for word in one.words)})" if one.words else ""
        rows.append(
            f"| `{name}` | {'·' if name in COUNT_FIELDS else ''} | {'ja' if one.is_required else ''}"
            f" | {one.means_de}{words} | {one.means_en} |"
        )
    return rows
