"""Texts that cannot be shown as they are: signs that nobody sees or that turn the writing round, names without end."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from etl.datasets.findings import Findings

__all__ = ["LONGEST_NAME", "LONGEST_REMARK", "odd_text", "tell_odd_texts", "without_odd_signs"]

LONGEST_NAME = 200  # [characters] of areas, indicators, publishers
LONGEST_REMARK = 2_000  # [characters] of what to mind, and how a publisher is to be named
_HARMLESS = "\u00ad\u200c\u200d"  # soft hyphen, and what scripts of Persian and India need within words
_ODD = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")


def odd_text(text: str, *, longest: int = LONGEST_NAME) -> tuple[str, str] | None:
    """Say what is odd about a text that is shown to everybody and what to do, or None."""
    signs = [sign for sign in text if _is_odd(sign)]
    if signs:
        sign = signs[0]
        called = unicodedata.name(sign, "control character")
        what = f"{text[:60]!r} has a sign that is not seen (U+{ord(sign):04X}, {called})"
        return what, "remove it at the source"
    if len(text) > longest:
        return f"{text[:40] + '…'!r} has {len(text):,} characters, {longest:,} are allowed", "shorten it"
    return None


def tell_odd_texts(
    file: str,
    texts: Iterable[tuple[str, str]],
    findings: Findings,
    *,
    column: str,
    longest: int = LONGEST_NAME,
) -> None:
    """Add an error for every text, given with its place, that cannot be shown to everybody."""
    told: dict[str, list[tuple[str, str]]] = {}
    for place, text in texts:
        problem = odd_text(text, longest=longest)
        if problem is not None:
            told.setdefault(problem[1], []).append((place, f"the text {problem[0]}"))
    for todo, places in told.items():
        findings.each(file, places, todo, column=column)


def without_odd_signs(text: str) -> str:
    """Return a text without the signs that cannot be shown, and not longer than a name may be."""
    return "".join(" " if _is_odd(sign) else sign for sign in text)[:LONGEST_NAME].strip()


def _is_odd(sign: str) -> bool:
    return unicodedata.category(sign) in _ODD and sign not in _HARMLESS
