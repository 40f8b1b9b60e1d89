"""What the documentation names exists, and what exists is documented."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.settings import ServiceSettings
from db.settings import DatabaseSettings
from etl.cli.commands import COMMANDS
from etl.cli.main import app
from etl.settings import PipelineSettings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
EXAMPLES = sorted(
    [
        *(ROOT / "docs" / "methods").glob("segregation*.md"),
        ROOT / "docs" / "methods" / "access.md",
        ROOT / "docs" / "methods" / "crosswalks.md",
        ROOT / "docs" / "methods" / "explanation.md",
        ROOT / "docs" / "methods" / "priority-areas.md",
        ROOT / "docs" / "methods" / "rasters.md",
        ROOT / "docs" / "methods" / "priority-areas-explained.md",
        ROOT / "docs" / "methods" / "second-opinions.md",
        ROOT / "docs" / "methods" / "soft-zones.md",
        ROOT / "docs" / "how-to" / "segregation.md",
        ROOT / "docs" / "how-to" / "segregation-over-time.md",
        ROOT / "docs" / "how-to" / "from-pysal-or-r.md",
        ROOT / "docs" / "how-to" / "figures.md",
    ]
)
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n^```text\n(.*?)^```\n)?", flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_into_a_page_find_their_heading(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#([^)]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            text = (page.parent / target if target else page).read_text(encoding="utf-8")
            headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in anchors, f"{page.name}: {target}#{anchor}"


@pytest.mark.parametrize("page", EXAMPLES, ids=lambda page: page.name)
def test_examples_run_and_print_what_the_page_says(page: Path) -> None:
    """The blocks of a page share their names; a text block after a python block is what that one prints."""
    names: dict[str, object] = {"__name__": "__main__"}
    for code, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, str(page), "exec"), names)
        assert [line.rstrip() for line in printed.getvalue().splitlines()] == text.splitlines(), code


def test_every_page_is_reached_from_the_overview() -> None:
    """A folder with a page of its own that lists the others is reached through that page."""
    overview = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        name, index = page.relative_to(ROOT / "docs").as_posix(), page.with_name("README.md")
        listed = index.read_text(encoding="utf-8") if index.exists() else ""
        assert name == "README.md" or f"({name})" in overview or f"({page.name})" in listed, name


@pytest.mark.parametrize("settings", [ServiceSettings, DatabaseSettings, PipelineSettings])
def test_every_setting_is_in_the_readme(settings: type) -> None:
    for name in settings.model_fields:
        assert f"`SOZIALRAUM_{name.upper()}`" in README, name


def test_every_command_is_in_the_readme_and_its_help_has_an_example() -> None:
    runner = CliRunner()
    for one in COMMANDS:
        name = one.name
        assert f"sozialraum {name}" in README, name
        if not one.example:  # a group: its commands have their own
            continue
        shown = runner.invoke(app, [name, "--help"])
        assert shown.exit_code == 0
        assert "Example: sozialraum" in shown.output, name
    for name in ("start", "stop", "status", "reset", "migrate"):
        assert "Example: sozialraum db" in runner.invoke(app, ["db", name, "--help"]).output


def test_make_lists_every_target_the_readme_and_ci_use() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, flags=re.MULTILINE))
    used = set(
        re.findall(r"\bmake ([a-z][a-z-]*)", README + (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    )
    assert used <= targets
    assert {
        "run",
        "test",
        "setup",
        "db-up",
        "db-down",
        "migrate",
        "serve",
        "worker",
        "format",
        "lint",
        "test-fast",
    } <= targets
    assert {"test-browser", "reference", "notebooks", "docs", "openapi", "bench", "clean"} <= targets
