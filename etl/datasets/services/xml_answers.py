"""XML that services answer with: looked through for bombs and cut-off ends before anything reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.parsers import expat

from etl.datasets.services.http import Answer
from etl.errors import FetchError

__all__ = ["Capabilities", "Root", "capabilities_of", "exception_in", "is_xml", "root_of"]

_EXCEPTIONS = ("ExceptionReport", "ServiceExceptionReport")
_SHOWN = 300
_DEEPEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """The outermost element of a whole XML answer: its name without prefix, and its attributes."""

    name: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a WFS says of itself: version, feature types with the CRS they come in, and formats."""

    version: str
    types: Mapping[str, str]
    formats: tuple[str, ...]


class _RefusedError(Exception):
    """Something was met that no honest answer has."""


def is_xml(content: bytes) -> bool:
    """Whether an answer is XML or a web page, by its first sign."""
    return content.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1] == b"<"


def root_of(answer: Answer, name: str) -> Root:
    """Read an XML answer to its end and return its outermost element, or raise `FetchError`.

    A document type declaration is refused where it begins, so that no entity is ever declared, let alone expanded.
    """
    where = f"{name} ({answer.address})"
    found: list[Root] = []
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise _RefusedError(f"it is nested more than {_DEEPEST} deep")
        if not found:
            found.append(Root(name=_local(tag), attributes=attributes))

    def end(_tag: str) -> None:
        nonlocal depth
        depth -= 1

    def declared(*_told: object) -> None:
        raise _RefusedError("it declares a document type (an 'entity bomb' works like this)")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = declared
    try:
        with answer.path.open("rb") as file:
            parser.ParseFile(file)
    except _RefusedError as error:
        raise FetchError(f"the XML answer is refused: {error}", where, "tell the publisher") from error
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise FetchError(
            "the answer is cut off or no XML",
            f"{where}: {' '.join(str(error).split())}",
            "try again; if that does not help, look at the answer in a browser",
        ) from error
    return found[0]


def exception_in(answer: Answer, name: str) -> str | None:
    """Return what a service says went wrong when its answer is an exception report, else None."""
    if not is_xml(answer.content()):
        return None
    try:
        if root_of(answer, name).name not in _EXCEPTIONS:
            return None
    except FetchError:
        return None
    told = []
    for element in _tree(answer).iter():
        if _local(element.tag) in ("Exception", "ServiceException"):
            code = element.get("exceptionCode") or element.get("code") or ""
            words = " ".join(" ".join(element.itertext()).split())
            told.append(": ".join(part for part in (code, words) if part))
    return ("; ".join(told) or "an exception report without words")[:_SHOWN]


def capabilities_of(answer: Answer, name: str) -> Capabilities:
    """Return what a WFS offers, or raise `FetchError` when the answer is something else."""
    root = root_of(answer, name)
    if root.name != "WFS_Capabilities":
        raise FetchError(
            f"the answer is no description of a WFS but {root.name!r}",
            f"{name} ({answer.address})",
            "give the address of the service as it stands before ?service=WFS",
        )
    tree = _tree(answer)
    types, formats = {}, []
    for element in tree.iter():
        tag = _local(element.tag)
        if tag == "FeatureType":
            parts = {_local(one.tag): (one.text or "").strip() for one in element}
            types[parts.get("Name", "")] = parts.get("DefaultCRS", "")
        elif tag == "Operation" and element.get("name") == "GetFeature":
            formats += _formats(element)
    types.pop("", None)
    return Capabilities(
        version=root.attributes.get("version", ""), types=types, formats=tuple(dict.fromkeys(formats))
    )


def _formats(operation: ElementTree.Element) -> list[str]:
    """Return the values of outputFormat, which stand as Value elements below the parameter."""
    return [
        (value.text or "").strip()
        for parameter in operation.iter()
        if _local(parameter.tag) == "Parameter" and parameter.get("name") == "outputFormat"
        for value in parameter.iter()
        if _local(value.tag) == "Value"
    ]


def _tree(answer: Answer) -> ElementTree.Element:
    # Looked through before: whole, not too deep, and without a document type declaration.
    return ElementTree.fromstring(answer.content())  # noqa: S314


def _local(tag: object) -> str:
    """Return the name of an element without its namespace."""
    return str(tag).rpartition(" ")[2].rpartition("}")[2]
