"""A file that people write by hand: its TOML, and what is wrong with it in words, with line and example."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from indicators.methods.errors import DocumentError, Problem
from indicators.methods.positions import Path

__all__ = ["document_of", "line_at"]

_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")
_HEADER = re.compile(r"^\s*\[+\s*([\w.-]+)\s*\]+")
_END = r"\s*(?:,|\}|\]|#|$)"
# The usual mistakes: how the parser's complaint begins or what it holds, how the line looks, what is said.
_MISTAKES = tuple(
    (reason, re.compile(row), said)
    for reason, row, said in (
        (
            "",
            rf"=\s*(-?\d+),(\d+){_END}",
            "a number has a decimal point; write {0}.{1}, not {0},{1}",
        ),
        ("", rf"=\s*(-?)(\.\d+){_END}", "a number has digits on both sides of its point; write {0}0{1}"),
        ("", rf"=\s*(-?\d+\.){_END}", "a number has digits on both sides of its point; write {0}0"),
        ("value", "[„“”‚‘’]", 'texts stand in straight quotes; write "…"'),
        ("value", rf"=\s*(True|False){_END}", "true and false are written in small letters"),
        ("value", rf"=\s*([^\W\d][\w-]*){_END}", 'texts stand in quotes; write "{0}"'),
        ("Cannot overwrite", r"^\s*([\w-]+)\s*=", "{0} is there twice in one table; leave one out"),
        ("Unescaped", "", "a backslash stands in single quotes: '...'"),
        ("string", "", "a text lacks its closing quote"),
        ("Illegal character", "", "a text lacks its closing quote"),
        (
            "nclosed inline table",
            "",
            "a table in {{ }} lacks a comma between two keys, or its closing bracket",
        ),
        ("key part", "", "a table in {{ }} stands in one line, with no comma at its end"),
        ("Unclosed array", "", "a list lacks a comma between two items, or its closing bracket"),
        ("Expected '='", r"^\s*([\w-]+)\s*:", "a key and its value have = between them; write {0} = …"),
    )
)


def document_of(text: str, *, file: str, refuse: type[DocumentError] = DocumentError) -> dict[str, Any]:
    """Return what a TOML text says.

    Parameters
    ----------
    text : str
        As in the file.
    file : str
        What errors call the file.
    refuse : type of DocumentError
        What is raised.

    Returns
    -------
    dict
        Tables, lists and values.

    Raises
    ------
    DocumentError
        If it is no TOML; the message says the line and, for the usual mistakes, what to write.

    Examples
    --------
    >>> document_of("weight = 0,15", file="mine.toml")
    Traceback (most recent call last):
    indicators.methods.errors.DocumentError: mine.toml, line 1: not valid TOML: a number has a decimal point; write
    0.15, not 0,15
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise refuse(file, [_mistake(str(error), text)]) from error
    except RecursionError as error:
        raise refuse(file, [Problem(line=1, reason="nested too deeply")]) from error


def line_at(lines: Mapping[Path, int], path: Path) -> int:
    """Return the line of the deepest part of a path that is in the file.

    Parameters
    ----------
    lines : mapping of path to int
        What `positions.lines_of` returned.
    path : tuple of str and int
        Keys and positions in lists.

    Returns
    -------
    int
        From 1; the first line when nothing of it is there.

    Examples
    --------
    >>> line_at({("classes",): 7}, ("classes", "labels_de"))
    7
    """
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return 1


def _mistake(message: str, text: str) -> Problem:
    match = _AT_LINE.search(message)
    rows = text.splitlines() or [""]
    line = min(int(match[1]) if match and match[1] else len(rows), len(rows))
    reason = _AT_LINE.sub("", message).strip()
    hint = _hint(rows, line, reason) or f"{reason[:1].lower()}{reason[1:]}"
    return Problem(line=line, reason=f"not valid TOML: {hint}")


def _hint(rows: Sequence[str], line: int, reason: str) -> str | None:
    """Say how it is written, where the usual mistakes are seen in the line; None for others."""
    row = rows[line - 1]
    header = _HEADER.match(row)
    if header is not None and reason.startswith("Cannot"):
        headers = [_HEADER.match(one) for one in rows]
        first = next(number for number, one in enumerate(headers, 1) if one and one[1] == header[1])
        return (
            f"{header[1]} is there twice, first in line {first}; in a list of tables each begins with "
            f"[[{header[1]}]], a single table is there once as [{header[1]}]"
        )
    for word, pattern, said in _MISTAKES:
        found = pattern.search(row)
        if word in reason and found:
            return said.format(*found.groups())
    return None
