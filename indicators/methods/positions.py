"""In which line does a TOML file say what? The standard parser does not tell, and errors must."""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["Path", "lines_of"]

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_TEXT = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_PLAIN = re.compile(r"[^,\]}\n#]+")  # numbers, booleans, dates


def lines_of(text: str) -> dict[Path, int]:
    r"""Return the line (from 1) of every key and list item.

    Parameters
    ----------
    text : str
        A valid TOML document; what the standard parser refuses must not come here.

    Returns
    -------
    dict of path to int
        A path is what leads there in the parsed document: keys and positions in lists.

    Examples
    --------
    >>> lines_of('id = "m"\n[[index]]\ninput = [\n  {id = "a"},\n]')[("index", 0, "input", 0, "id")]
    4
    """
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.at = 0
        self.found: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}  # items so far of lists of tables

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        self._skip()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip()
        return self.found

    def _header(self) -> Path:
        line, is_list = self._line(), self.text.startswith("[[", self.at)
        self.at += 2 if is_list else 1
        keys = self._keys()
        self.at += 2 if is_list else 1
        path: Path = ()
        for number, key in enumerate(keys):
            path = (*path, key)
            self.found.setdefault(path, line)
            if is_list and number == len(keys) - 1:
                self.counts[path] = self.counts.get(path, 0) + 1
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
                self.found.setdefault(path, line)
        return path

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for key in self._keys():
            path = (*path, key)
            self.found.setdefault(path, line)
        self.at += 1  # the equals sign
        self._value(path)

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip()
            match = _KEY.match(self.text, self.at)
            if match is None:
                return keys
            keys.append(match[0].strip("\"'"))
            self.at = match.end()
            self._skip()
            if not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    def _value(self, path: Path) -> None:
        self._skip()
        opened = self.text[self.at]
        if opened == "[":
            self._enclosed("]", lambda number: self._item((*path, number)))
        elif opened == "{":
            self._enclosed("}", lambda _number: self._pair(path))
        else:
            match = _TEXT.match(self.text, self.at) or _PLAIN.match(self.text, self.at)
            self.at = match.end() if match else len(self.text)

    def _item(self, path: Path) -> None:
        self.found.setdefault(path, self._line())
        self._value(path)

    def _enclosed(self, closing: str, read: Callable[[int], None]) -> None:
        self.at += 1
        number = 0
        self._skip()
        while not self.text.startswith(closing, self.at):
            read(number)
            number += 1
            self._skip()
            if self.text.startswith(",", self.at):
                self.at += 1
                self._skip()
        self.at += 1

    def _skip(self) -> None:
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def _line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1
