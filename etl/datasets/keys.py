"""Keys of areas: text with its leading zeros, cut out, filled up, joined by key or by name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from difflib import get_close_matches

import pandas as pd

from etl.datasets.patterns import LONGEST, endless_repeat

__all__ = ["KeyRule", "filled", "joined", "nearest_name", "pattern_problem", "tidy"]


def tidy(name: str) -> str:
    """Return a name in one Unicode form, without superfluous blanks."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def pattern_problem(pattern: str, *, has_group: bool = True) -> str:
    """Say what is wrong with a pattern that must have one group, or any; nothing when it may be used or is empty."""
    if not pattern:
        return ""
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        return f"{pattern!r} is no regular expression ({error})"
    return endless_repeat(pattern) or (
        f"{pattern!r} has {groups} groups" if has_group and groups != 1 else ""
    )


class KeyRule:
    """How the text of a cell becomes the key of an area: pattern, prefix, length, zeros in front."""

    def __init__(self, *, pattern: str = "", prefix: str = "", length: int, zero_fill: bool = False) -> None:
        self.pattern = re.compile(pattern) if pattern else None
        self.prefix, self.length, self.zero_fill = prefix, length, zero_fill

    def key(self, text: str) -> str | None:
        """Return the key, or None when the pattern does not find one."""
        bare = text.strip()
        if self.pattern is not None:
            found = self.pattern.search(bare) if len(bare) <= LONGEST else None
            if found is None or found[1] is None:
                return None
            bare = found[1].strip()
        if self.zero_fill and bare:
            bare = bare.zfill(self.length - len(self.prefix))
        return self.prefix + bare

    def problem(self, text: str) -> tuple[str, str] | None:
        """Say what is wrong with the key of a cell and what to do, or None."""
        key = self.key(text)
        if key is None:
            what = f"{text!r} holds no key"
            if len(text.strip()) > LONGEST:
                what = f"{text[:20] + '…'!r} has {len(text):,} characters; key_pattern is for texts of at most {LONGEST}"
            return what, "correct the cell or key_pattern"
        if not key.strip():
            return (
                "the key is empty",
                "give every row the key of its area, or leave the row out with 'reject'",
            )
        if len(key) == self.length:
            return None
        short = key.removeprefix(self.prefix)
        if re.fullmatch(r"\d+\.0", short):
            return f"the key {key!r} was read as a decimal number", "store the column as text in the file"
        if len(key) < self.length and short.isdigit():
            what = (
                f"the key {key!r} has {len(key)} of {self.length} characters: a number lost its leading zeros"
            )
            return what, "store the column as text, or say zero_fill = true"
        is_note = " " in short and len(key) > self.length
        return (
            f"the key {key!r} has {len(key)} characters, {self.length} are expected",
            "notes below the table end it with ends_at; otherwise correct the key or key_length"
            if is_note
            else "correct the key or key_length",
        )


def joined(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.Series:
    """Return the text of one column, or of several with _ between them."""
    text = frame[columns[0]].astype(str).str.strip()
    for column in columns[1:]:
        text = text + "_" + frame[column].astype(str).str.strip()
    return text


def filled(texts: pd.Series, rule: KeyRule) -> int:
    """Return in how many texts zeros are put in front."""
    if not rule.zero_fill:
        return 0
    plain = KeyRule(
        pattern=rule.pattern.pattern if rule.pattern else "", prefix=rule.prefix, length=rule.length
    )
    return int(sum(plain.key(text) != rule.key(text) for text in texts.unique()))


def nearest_name(name: str, names: Mapping[str, str]) -> str:
    """Return the names that look most like one that joins nothing, in words."""
    near = get_close_matches(name, list(names), n=3, cutoff=0.5)
    return f"nearest: {', '.join(near)}" if near else "no similar name is there"
