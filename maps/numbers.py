"""Numbers as people read them, in German and in English, rounded the way they are shown."""

from __future__ import annotations

from typing import Literal

import numpy as np

__all__ = ["Language", "format_number", "round_shown"]

Language = Literal["de", "en"]

_MARKS = {"de": str.maketrans({",": ".", ".": ",", "-": "−"}), "en": str.maketrans({"-": "−"})}


def round_shown(values: np.ndarray, decimals: int) -> np.ndarray:
    """Round half away from zero to the shown decimals; NaN stays NaN and there is no negative zero."""
    factor = 10.0**decimals
    rounded: np.ndarray = np.sign(values) * np.floor(np.abs(values) * factor + 0.5) / factor + 0.0
    return rounded


def format_number(value: float, decimals: int, language: Language) -> str:
    """Write `value` with exactly `decimals` places: "−1.234,5" or "−1,234.5"."""
    return f"{value:,.{decimals}f}".translate(_MARKS[language])
