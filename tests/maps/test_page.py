"""The page's frame, before any script has run."""

import re
from pathlib import Path

from maps.page import render_index

MAPS = Path(__file__).resolve().parents[2] / "maps"


def test_the_page_names_no_other_host_and_has_no_inline_script_or_style(vendored):
    page = render_index(version="1.2.3", nonce="abc")
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page)
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page) == ['<script type="importmap" nonce="abc">']
    assert "<style" not in page
    assert not re.search(r"""\sstyle=|\son\w+=""", page)


def test_every_file_the_page_names_exists(vendored):
    page = render_index(version="1.2.3", nonce="abc")
    named = re.findall(r"""(?:src|href)="(static/[^"]+)\"""", page) + re.findall(r'"\./(static/[^"]+)"', page)
    assert len(named) > 20
    assert [n for n in named if not (MAPS / n).is_file()] == []


def test_the_page_is_german_first_and_can_be_rendered_in_english(vendored):
    assert '<html lang="de"' in render_index(version="0")
    assert "Proposed priority areas" not in render_index(version="0")
    assert "Look again" in render_index(version="0", default_language="en")


def test_a_hostile_nonce_or_version_cannot_break_out_of_its_attribute(vendored):
    page = render_index(version='"><script>', nonce='"><img>')
    assert "<img>" not in page
    assert '"><script>' not in page


def test_style_sheets_load_nothing_from_elsewhere():
    for file in (MAPS / "static" / "css").glob("*.css"):
        assert not re.search(r"@import|url\(", file.read_text("utf-8")), file.name


def test_scripts_never_read_text_as_markup():
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")
    for file in (MAPS / "static" / "js").glob("*.js"):
        assert not forbidden.search(file.read_text("utf-8")), file.name
