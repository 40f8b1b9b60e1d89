"""In which encoding is a text file, and were its umlauts garbled on the way? Found out, counted, never silent."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable

import charset_normalizer
import pandas as pd

from etl.errors import FetchError

__all__ = ["decoded", "lost_characters", "mend_frame", "mended"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What offices in Europe write when it is not UTF-8, the likeliest first.
_LIKELY = ["cp850", "cp437", "mac_roman", "cp1250", "iso8859_2", "cp1251", "cp1252"]
# Signs that no word has inside: then it is not Windows-1252, which nearly all such files are.
_IMPLAUSIBLE = re.compile("[a-zäöü][\ufffd„”…‡†‰‹›€•™§¤ŠŸŒŽš\x80-\x9f][a-zäöü]")
_SAMPLE = 200_000
_LOST = "\ufffd"


def decoded(content: bytes, name: str, *, encoding: str = "") -> tuple[str, str]:
    """Return the text and its encoding: as told, by its mark, UTF-8, or the likeliest; or raise `FetchError`."""
    if encoding:
        try:
            return content.decode(encoding).removeprefix("\ufeff"), encoding
        except LookupError as error:
            raise FetchError(
                f"encoding {encoding!r} is unknown", name, "write it like utf-8 or cp1252"
            ) from error
        except UnicodeError as error:
            where = getattr(error, "start", 0)
            raise FetchError(
                f"the file is not {encoding}, as the manifest says",
                f"{name}, byte {where}",
                "correct encoding",
            ) from error
    for mark, found in _MARKS:
        if content.startswith(mark):
            try:
                return content.decode(found), found
            except UnicodeError as error:
                raise FetchError(
                    f"the file is marked as {found} but is not", name, "save it as UTF-8"
                ) from error
    if b"\x00" in content[:_SAMPLE]:
        raise FetchError("the file is no text", name, "check that it is the right file and not a workbook")
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        start = max(error.start - _SAMPLE // 2, 0)
    sample = content[start : start + _SAMPLE]
    found = "cp1252"
    if _IMPLAUSIBLE.search(sample.decode("cp1252", errors="replace")):
        best = charset_normalizer.from_bytes(sample, cp_isolation=_LIKELY).best()
        found = best.encoding if best is not None else found
    try:
        return content.decode(found), found
    except UnicodeError as error:
        raise FetchError(
            "the encoding of the file cannot be found out",
            name,
            "save it as UTF-8, or say encoding in the manifest",
        ) from error


def mended(text: str) -> str:
    """Undo UTF-8 that was read as Windows-1252 ("KÃ¶ln" → "Köln"), only where that is certain.

    Certain means: the whole text turns into valid UTF-8 and gets shorter. No text that was read rightly does: a
    letter such as Ã would have to be followed by just the right punctuation.
    """
    if text.isascii():
        return text
    try:
        back = b"".join(_byte(letter) for letter in text)
        right = back.decode("utf-8")
    except UnicodeError:
        return text
    return right if len(right) < len(text) and right.isprintable() else text


def lost_characters(texts: Iterable[str]) -> list[str]:
    """Return the texts in which a character is lost for good, as the replacement sign shows."""
    return [text for text in texts if _LOST in text]


def mend_frame(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return a table of text with garbled cells mended, and how many there were."""
    count = 0
    columns = {}
    for position in range(frame.shape[1]):
        texts = frame.iloc[:, position]
        distinct = [text for text in texts.unique() if isinstance(text, str) and not text.isascii()]
        right = {text: mended(text) for text in distinct if mended(text) != text}
        if right:
            count += int(texts.isin(list(right)).sum())
            texts = texts.replace(right)
        columns[position] = texts
    result = pd.DataFrame(columns)
    result.columns = [mended(str(name)) for name in frame.columns]
    return result, count


def _byte(letter: str) -> bytes:
    code = ord(letter)
    if 0x80 <= code <= 0x9F:  # the five bytes that Windows-1252 leaves open come through as they are
        return bytes([code])
    return letter.encode("cp1252")
