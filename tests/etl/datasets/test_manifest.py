"""The schema of manifests: documented key by key, the same for people and for editors."""

from __future__ import annotations

import tomllib
from pathlib import Path

import jsonschema
import pytest

from etl.datasets.manifest import Manifest
from etl.datasets.manifest_reading import manifest_of
from etl.datasets.schema import json_schema, schema_tables, written

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "reference" / "dataset.md"
MANIFESTS = sorted((ROOT / "data" / "manifests").glob("*.toml"))


def row(entry) -> str:
    default = "**required**"
    if not entry.is_required:
        empty = entry.default in ("", (), {}, None) or not isinstance(
            entry.default, str | int | float | bool | tuple
        )
        default = (
            ""
            if empty
            else f"`{str(entry.default).lower() if isinstance(entry.default, bool) else entry.default}`"
        )
        if isinstance(entry.default, tuple) and entry.default:
            default = f"`{', '.join(map(str, entry.default))}`"
    kind = written(entry.type).replace("|", "\\|")
    return f"| `{entry.name}` | {kind} | {default} | {entry.means} |"


def test_the_page_has_every_key_with_its_meaning() -> None:
    """The tables of docs/reference/dataset.md are the definitions; this says which row is missing."""
    text = PAGE.read_text(encoding="utf-8")
    lacking = [
        row(entry) for keys in schema_tables(Manifest).values() for entry in keys if row(entry) not in text
    ]
    assert lacking == []


def test_the_page_has_a_heading_for_every_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in schema_tables(Manifest):
        assert not name or f"`{name}`" in text, name


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_the_manifests_in_the_repository_are_valid(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    manifest = manifest_of(text, name=path.name)
    assert manifest.geography
    schema = json_schema(Manifest)
    jsonschema.Draft202012Validator.check_schema(schema)
    document = tomllib.loads(text)
    document["edition"] = {name: str(one) for name, one in document["edition"].items()}  # JSON has no dates
    for table in document["table"]:
        table["reference_dates"] = {name: str(one) for name, one in table.get("reference_dates", {}).items()}
    jsonschema.validate(document, schema)


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    with pytest.raises(jsonschema.ValidationError, match="Additional properties"):
        jsonschema.validate({"titel": "x"}, {"$defs": {}, **json_schema(Manifest), "required": []})
