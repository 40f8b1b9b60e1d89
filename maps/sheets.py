"""The page of an indicator (Indikatorenblatt) for the browser: what is counted, how, from where, and what to mind."""

from __future__ import annotations

import jinja2

from indicators.catalogue import sheet_rows
from indicators.known import catalogue_of, definition_of
from maps.catalogue import text
from maps.numbers import Language
from maps.vendor import FOLDER

__all__ = ["render_sheet", "sheet_address"]


def sheet_address(indicator_id: str) -> str | None:
    """Return where the sheet of an indicator is, relative to the map page; None for what has no definition."""
    found = definition_of(indicator_id)
    return None if found is None else f"indicators/{found.id}/sheet"


def render_sheet(indicator_id: str, *, language: Language = "de") -> str | None:
    """Return the sheet as a page of its own in one language, with a link to the other; None for an unknown id."""
    found = definition_of(indicator_id)
    if found is None:
        return None
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    german = language == "de"
    return environment.get_template("sheet.html").render(
        language=language,
        other="en" if german else "de",
        title=found.title_de if german else found.title_en,
        rows=[(label, _parts(said)) for label, said in sheet_rows(found, catalogue_of(found.id), language)],
        caution=found.caution_de if german else found.caution_en,
        t=lambda key: text(key, language),
    )


def _parts(said: str) -> list[tuple[str, bool]]:
    """Split a text into what is code (between backquotes) and what is not."""
    return [(part, bool(place % 2)) for place, part in enumerate(said.split("`")) if part]
