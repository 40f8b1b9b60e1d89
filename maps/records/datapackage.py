"""An export as a data package (`datapackage.json`): every file, and of text tables every column with its meaning."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from indicators.status import ValueStatus
from maps.catalogue import text
from maps.exports.csv_files import Dialect
from maps.exports.fields import Field, Table
from maps.exports.formats import FORMATS, WrittenFile
from maps.records.entry import Entry
from maps.records.licences import licences_of

__all__ = ["datapackage", "to_json"]

_PROFILE = "https://specs.frictionlessdata.io/schemas/data-package.json"
_DATES = {"%Y-%m-%d": "default", "%d.%m.%Y": "%d.%m.%Y"}
_COMPARISONS = ("above", "below", "not_distinguishable")


def datapackage(
    entry: Entry, files: Sequence[WrittenFile], *, sizes: Mapping[str, int], checksums: Mapping[str, str]
) -> dict[str, Any]:
    """Return the description of an export (Data Package, version 1); `sizes` and `checksums` (SHA-256) by file name."""
    moment = f"{entry.modified.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    package: dict[str, Any] = {
        "$schema": _PROFILE,
        "profile": "data-package",
        "name": entry.id,
        "id": f"{entry.id}@{moment}",
        "title": entry.title_de,
        "description": f"{entry.description_de}\n\n{entry.description_en}",
        "created": moment,
        "keywords": [*entry.keywords_de, *entry.keywords_en],
        "licenses": [
            _licence(one.text, one.page, one.uri) for said in entry.licences for one in licences_of(said)
        ],
        "sources": [_source(*origin) for origin in entry.origins],
        "contributors": [{"title": name, "role": "publisher"} for name in entry.publishers],
        "attribution": entry.attribution,
        "resources": [
            _resource(one, files, sizes[one.name], checksums[one.name], own_licence="; ".join(entry.licences))
            for one in files
        ],
    }
    if entry.pages:
        package["homepage"] = entry.pages[0]
    return package


def to_json(package: Mapping[str, Any]) -> str:
    """Write a description as text."""
    return json.dumps(package, ensure_ascii=False, indent=2) + "\n"


def _licence(title: str, page: str, uri: str) -> dict[str, str]:
    name = uri.rsplit("/licenses/", maxsplit=1)[-1].replace("/", "-")
    return {"name": name, "path": page or uri, "title": title}


def _source(publisher: str, page: str) -> dict[str, str]:
    return {"title": publisher, "path": page} if page else {"title": publisher}


def _resource(
    file: WrittenFile, files: Sequence[WrittenFile], size: int, checksum: str, *, own_licence: str
) -> dict[str, Any]:
    kind = FORMATS[file.format]
    resource: dict[str, Any] = {
        "name": _resource_name(file.name),
        "path": file.name,
        "title": file.title_de,
        "description": file.title_en,
        "format": file.name.rsplit(".", maxsplit=1)[-1],
        "mediatype": kind.media_type,
        "bytes": size,
        "hash": f"sha256:{checksum}",
    }
    if file.licence and file.licence != own_licence:
        resource["licenses"] = [_licence(one.text, one.page, one.uri) for one in licences_of(file.licence)]
        resource["attribution"] = file.attribution
    if file.table is None or file.dialect is None:
        return resource
    return resource | {
        "profile": "tabular-data-resource",
        "encoding": "utf-8",
        "dialect": {
            "delimiter": file.dialect.delimiter,
            "lineTerminator": "\r\n",
            "quoteChar": '"',
            "doubleQuote": True,
            "header": True,
        },
        "schema": _schema(file.table, file.dialect, files),
    }


def _resource_name(name: str) -> str:
    """Return the name of a file as names of resources are written."""
    return name.lower().replace("_", "-")


def _schema(table: Table, dialect: Dialect, files: Sequence[WrittenFile]) -> dict[str, Any]:
    headers = table.headers(dialect.language)
    schema: dict[str, Any] = {
        "fields": [_field(one, headers[one.name], dialect) for one in table.fields],
        "missingValues": [""],
        "primaryKey": [headers[name] for name in table.key],
    }
    beside = {
        one.table.name: (one.name, one.table.headers(dialect.language))
        for one in files
        if one.table is not None and one.dialect is dialect
    }
    refers = [
        {
            "fields": [headers[name] for name in columns],
            "reference": {
                "resource": _resource_name(beside[other][0]),
                "fields": [beside[other][1][name] for name in theirs],
            },
        }
        for columns, other, theirs in table.refers
        if other in beside
    ]
    if refers:
        schema["foreignKeys"] = refers
    return schema


def _field(field: Field, header: str, dialect: Dialect) -> dict[str, Any]:
    german = dialect.language == "de"
    described: dict[str, Any] = {
        "name": header,
        "type": field.type,
        "description": field.says_de if german else field.says_en,
    }
    constraints: dict[str, Any] = {"required": True} if field.is_required else {}
    if field.type == "number":
        described["decimalChar"] = dialect.decimal
    if field.type == "date":
        described["format"] = _DATES[dialect.date_pattern]
    if field.name == "status":
        constraints["enum"] = [text(f"status.{one}", "de") if german else one.value for one in ValueStatus]
    if field.name == "comparison":
        constraints["enum"] = [text(f"comparison.{one}", "de") if german else one for one in _COMPARISONS]
    if constraints:
        described["constraints"] = constraints
    return described
