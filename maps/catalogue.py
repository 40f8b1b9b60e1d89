"""Texts of the page and the offline map in German and English, from the same files the browser reads."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from maps.numbers import Language, format_number

__all__ = ["catalogue", "text", "unit_text", "value_text"]

FOLDER = Path(__file__).parent / "static" / "i18n"


@cache
def catalogue(language: Language) -> dict[str, str]:
    """Return all texts of one language by key."""
    texts: dict[str, str] = json.loads((FOLDER / f"{language}.json").read_text("utf-8"))
    return texts


def text(key: str, language: Language, **parts: object) -> str:
    """Return one text with its {parts} filled in."""
    return catalogue(language)[key].format(**parts)


def unit_text(unit: str, language: Language) -> str:
    """Return the unit as read by people ("persons" → "Personen"); units without a translation stay as they are."""
    return catalogue(language).get(f"unit.{unit}", unit)


def value_text(value: float, decimals: int, unit: str, language: Language) -> str:
    """Write a value with its unit: "12,3 %", "1.234 Personen"."""
    return f"{format_number(value, decimals, language)}\N{NO-BREAK SPACE}{unit_text(unit, language)}".rstrip()
