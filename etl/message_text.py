"""Text for a terminal or a page: what would move the cursor or turn the writing round is written as its code."""

from __future__ import annotations

__all__ = ["visible"]

_LONGEST = 1_000  # [characters] of one message; what it says of a name stands at its beginning and end


def visible(text: str) -> str:
    """Return a text with every sign that prints nothing as its code, and without an endless middle."""
    plain = text if text.isprintable() else "".join(_sign(sign) for sign in text)
    half = _LONGEST // 2
    return plain if len(plain) <= _LONGEST else f"{plain[:half]} … {plain[-half:]}"


def _sign(sign: str) -> str:
    return sign if sign.isprintable() or sign in "\t\n\u00a0\u202f\u2009" else repr(sign)[1:-1]
