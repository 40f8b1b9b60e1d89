"""Pages of features put together into one file: every feature once, none lacking, the same bytes for the same features."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from json import JSONDecodeError
from pathlib import Path
from typing import Any, NoReturn

from etl.datasets.services.http import Answer
from etl.datasets.services.xml_answers import is_xml
from etl.errors import FetchError

__all__ = ["Collected", "Pages", "count_of", "features_of", "json_of", "parsed"]

_MOST_PAGES = 10_000
_CHANGED = (
    "the data may have changed meanwhile: try again; if that does not help, load from files with --from DIR"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """One GeoJSON file made of the pages of a service, and the pages as they were received."""

    path: Path
    pages: tuple[Path, ...]
    features: int


@dataclass(slots=True)
class Pages:
    """Collects the features of all pages; `name` is what errors call the whole."""

    name: str
    matched: int | None = None
    crs: str = ""
    _paths: list[Path] = field(default_factory=list)
    _features: list[str] = field(default_factory=list)
    _page_of: dict[bytes, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many features came so far."""
        return len(self._features)

    @property
    def number(self) -> int:
        """Number of the page that comes next, from 1."""
        return len(self._paths) + 1

    @property
    def is_complete(self) -> bool:
        """Whether as many came as the service has, as far as it says how many."""
        return self.matched is not None and self.count >= self.matched

    def add(self, answer: Answer, features: Sequence[Any], *, matched: int | None, crs: str = "") -> None:
        """Keep one page, or raise `FetchError` when it contradicts those before."""
        number = self.number
        where = f"{self.name}, page {number} ({answer.address})"
        if number > _MOST_PAGES:
            raise FetchError(f"more than {_MOST_PAGES:,} pages", where, "say a larger page_size")
        if matched is not None and self.matched not in (None, matched):
            raise FetchError(
                f"first {self.matched:,} features were announced, now {matched:,}", where, _CHANGED
            )
        if number > 1 and crs != self.crs:
            raise FetchError(f"the CRS changes from {self.crs!r} to {crs!r}", where, "tell the publisher")
        self.matched = self.matched if matched is None else matched
        self.crs = crs
        self._paths.append(answer.path)
        for feature in features:
            text = _written(feature, where)
            digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
            first = self._page_of.setdefault(digest, number)
            if first != number:
                raise FetchError(
                    f"the same feature came on page {first} and on page {number}: {text[:120]}",
                    where,
                    "pages that overlap leave out others: give sort_by, or a page_size above the number of features",
                )
            self._features.append(text)

    def collected(self, into: Path) -> Collected:
        """Write all features to one file in an order of their own, or raise `FetchError` when some are lacking.

        Services give features in changing order; sorted they make the same file, and a load sees that nothing is new.
        """
        if self.matched is not None and self.matched != self.count:
            raise FetchError(
                f"{self.matched:,} features were announced, {self.count:,} came", self.name, _CHANGED
            )
        if not self._features:
            raise FetchError("the service has no feature there", self.name, "correct layer, query or in_box")
        crs = f'"crs":{json.dumps({"type": "name", "properties": {"name": self.crs}})},\n' if self.crs else ""
        with into.open("w", encoding="utf-8") as file:
            file.write(f'{{"type":"FeatureCollection",\n{crs}"features":[\n')
            file.write(",\n".join(sorted(self._features)))
            file.write("\n]}\n")
        return Collected(path=into, pages=tuple(self._paths), features=self.count)


def parsed(answer: Answer, name: str, *, strict: bool = True) -> Any:
    """Return what a JSON answer says, or raise `FetchError`: half an answer is none. `strict`: NaN is no number."""
    where = f"{name} ({answer.address})"
    if is_xml(answer.content()):
        raise FetchError(
            "the answer is a web page or XML, no JSON",
            where,
            'look at the address in a browser; some services need query = { f = "json" }',
        )
    try:
        text = answer.content().decode("utf-8-sig")
        return json.loads(text, parse_constant=_no_number if strict else None)
    except JSONDecodeError as error:
        raise FetchError(
            "the answer is cut off or no JSON",
            f"{where}, line {error.lineno}, column {error.colno}: {error.msg}",
            "try again; if that does not help, look at the answer in a browser",
        ) from error
    except (RecursionError, ValueError) as error:  # too deep, no UTF-8, NaN, or thousands of digits
        raise FetchError(
            "the answer is no sound JSON", f"{where}: {' '.join(str(error).split())}", "tell the publisher"
        ) from error


def json_of(answer: Answer, name: str) -> dict[str, Any]:
    """Return the object of a JSON answer, or raise `FetchError`."""
    document = parsed(answer, name)
    if not isinstance(document, dict):
        raise FetchError("the answer is no JSON object", f"{name} ({answer.address})", "check url and layer")
    return document


def features_of(document: dict[str, Any], answer: Answer, name: str) -> list[Any]:
    """Return the features of a page, or raise `FetchError` when it is no collection or says another number itself."""
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        told = str(document.get("detail") or document.get("description") or document.get("title") or "")
        raise FetchError(
            f"the answer is no collection of features{': ' if told else ''}{told[:200]}",
            f"{name} ({answer.address})",
            "check url and layer",
        )
    returned = count_of(document.get("numberReturned"))
    if returned is not None and returned != len(features):
        raise FetchError(
            f"the page says it has {returned:,} features and has {len(features):,}",
            f"{name} ({answer.address})",
            _CHANGED,
        )
    return features


def count_of(told: object) -> int | None:
    """Return a number of features that a service tells, None when it says that it does not know."""
    if isinstance(told, int) and not isinstance(told, bool) and told >= 0:
        return told
    return (
        int(told) if isinstance(told, str) and told.isascii() and told.isdigit() and len(told) < 16 else None
    )


def _written(feature: Any, where: str) -> str:
    """Write one feature without its id, which many services make anew with every answer."""
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if (
        not isinstance(feature, dict)
        or not isinstance(geometry, dict | None)
        or not isinstance(properties, dict | None)
    ):
        raise FetchError("a feature of the page is no GeoJSON feature", where, "tell the publisher")
    inner = {"type": "Feature", "properties": properties or {}, "geometry": geometry}
    try:
        text = json.dumps(inner, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        text.encode()
    except (ValueError, RecursionError) as error:  # 1e999, half a surrogate pair, or too deep
        raise FetchError(
            "a feature of the page cannot be kept", f"{where}: {error}", "tell the publisher"
        ) from error
    return text


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")
