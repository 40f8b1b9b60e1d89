"""Regular expressions of a manifest, bounded: short texts only, and no repeats within repeats."""

from __future__ import annotations

import re

import pandas as pd

__all__ = ["LONGEST", "cut_out", "endless_repeat"]

LONGEST = 200  # [characters] longer texts hold no key, period or name

_REPEAT = re.compile(r"[*+?]|\{(\d*)(,?)(\d*)\}")
_VERBOSE = re.compile(r"\(\?[a-zA-Z]*x")


def cut_out(texts: pd.Series, pattern: str) -> pd.Series:
    """Return what the one group of a pattern finds in each text; nothing in texts longer than `LONGEST`."""
    return texts.where(texts.str.len() <= LONGEST).str.extract(pattern, expand=False)


def endless_repeat(pattern: str) -> str:
    """Say why matching may never end: a repeated group holds a repeat or an alternative; nothing when it cannot be."""
    if _VERBOSE.match(pattern, 0) or any(_VERBOSE.match(pattern, at) for at in _openings(pattern)):
        return f"{pattern!r} has comments (?x)"
    loose = [False]  # for each open group: whether its text can be matched in several ways
    at = 0
    while at < len(pattern):
        sign = pattern[at]
        closed = False
        if sign == "\\":
            at += 2
        elif sign == "[":
            at = _class_end(pattern, at)
        elif sign == "(":
            loose.append(False)
            at += 2 if pattern[at + 1 : at + 2] == "?" else 1
            continue
        elif sign == "|":
            loose[-1] = True
            at += 1
            continue
        else:
            at += 1
            closed = sign == ")" and len(loose) > 1
        inner = loose.pop() if closed else False
        repeat = _REPEAT.match(pattern, at)
        if repeat is None or repeat[0] == "{}":
            loose[-1] |= inner
            continue
        least, most = _bounds(repeat)
        at = repeat.end()
        at += pattern[at : at + 1] in ("?", "+")
        if inner and (most is None or most > 1):
            return (
                f"{pattern!r} repeats a group that holds a repeat or an alternative: some texts take for ever"
            )
        loose[-1] |= inner or least != most
    return ""


def _openings(pattern: str) -> list[int]:
    return [found.start() for found in re.finditer(r"\(\?", pattern)]


def _class_end(pattern: str, at: int) -> int:
    """Return where the set of characters that begins here ends."""
    at += 2 if pattern[at + 1 : at + 2] == "^" else 1
    at += pattern[at : at + 1] == "]"
    while at < len(pattern) and pattern[at] != "]":
        at += 2 if pattern[at] == "\\" else 1
    return at + 1


def _bounds(repeat: re.Match[str]) -> tuple[int, int | None]:
    if repeat[0] in "*+?":
        return (1 if repeat[0] == "+" else 0), (1 if repeat[0] == "?" else None)
    least = int(repeat[1] or 0)
    if not repeat[2]:
        return least, least
    return least, int(repeat[3]) if repeat[3] else None
