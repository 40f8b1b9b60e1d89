"""The register of measures: every one of them is described, linked and says what it needs."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from spatial.segregation import available
from spatial.segregation.measure import Measure
from spatial.segregation.register import MEASURES

DOCS = Path(__file__).resolve().parents[2] / "docs"
ENTRANCE = (DOCS / "methods" / "segregation.md").read_text(encoding="utf-8")
TRANSLATIONS = [
    line.split(" | ")[:2]
    for line in (DOCS / "how-to" / "from-pysal-or-r.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and line.count(" | ") > 1
]
WORDS = {"geometry": "map", "graph": "borders"}


def bounds(entry: Measure) -> str:
    low, high = (None if end is None else f"{end:g}".replace("-", "−") for end in (entry.low, entry.high))
    if low is None or high is None:
        return "any" if low is high else f"up to {high}" if low is None else f"{low} and up"
    return f"{low} to {high}"


def row(entry: Measure) -> str:
    """Return the row that the table of measures has, but for where it leads."""
    gives = "" if entry.gives == "number" else entry.gives
    needs = ", ".join(WORDS[need] for need in entry.needs) or "counts"
    return f"| {entry.title_en} | {entry.title_de} | {entry.groups} | {gives} | {needs} | {bounds(entry)} |"


def heading_as_anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("entry", MEASURES, ids=lambda entry: entry.id)
def test_the_table_of_measures_names_it_and_leads_to_its_description(entry: Measure) -> None:
    found = re.search(
        rf"^\| \[`{entry.id}`\]\(([\w-]+\.md)#([^)]+)\) (\|.*\|)$", ENTRANCE, flags=re.MULTILINE
    )
    assert found is not None, entry.id
    page, anchor, rest = found.groups()
    assert rest == row(entry)
    headings = re.findall(
        r"^#+ (.*)$", (DOCS / "methods" / page).read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    described = [heading for heading in headings if heading_as_anchor(heading) == anchor]
    assert len(described) == 1, f"{page}#{anchor}"
    assert f"`{entry.id}`" in described[0]


def test_the_table_has_no_measure_that_does_not_exist() -> None:
    listed = re.findall(r"^\| \[`(\w+)`\]\(", ENTRANCE, flags=re.MULTILINE)
    assert sorted(listed) == sorted(available().index)


@pytest.mark.parametrize("entry", [entry for entry in MEASURES if entry.known_as], ids=lambda entry: entry.id)
def test_whoever_comes_from_another_package_finds_its_name(entry: Measure) -> None:
    for theirs in entry.known_as.values():
        for name in theirs.split(","):
            bare = name.split("(")[0].strip()
            ours = [cells[1] for cells in TRANSLATIONS if f"`{bare}`" in cells[0]]
            assert any(f"`{entry.id}`" in cell for cell in ours), name


@pytest.mark.parametrize("entry", MEASURES, ids=lambda entry: entry.id)
def test_a_measure_takes_what_it_says_it_needs(entry: Measure) -> None:
    keywords = inspect.signature(entry.function).parameters
    for need in ("geometry", "graph"):
        assert (need in keywords) == (need in entry.needs)
    assert min(len(entry.title_de), len(entry.title_en), len(entry.citation)) > 0
    if entry.gives == "number":
        assert entry.prepare is not None
