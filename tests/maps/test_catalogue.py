"""No text is missing in one language, none is unused, none judges."""

import re
from pathlib import Path

import pytest

from maps.catalogue import catalogue, text, unit_text, value_text
from maps.layers import SCHEME_TITLES
from maps.palettes import STATES

MAPS = Path(__file__).resolve().parents[2] / "maps"
FAMILIES = (
    "unit.",
    "status.",
    "comparison.",
    "group.",
    "direction.",
    "segregation.explain_",
)  # keys made of a prefix and what the data say
LANGUAGES = ("de", "en")


def used_keys() -> set[str]:
    files = [*(MAPS / "static" / "js").glob("*.js"), *(MAPS / "templates").glob("*.html"), *MAPS.glob("*.py")]
    sources = "\n".join(f.read_text("utf-8") for f in files)
    known = set(catalogue("de")) | set(catalogue("en"))
    literal = set(re.findall(r"""["'`](\w+\.\w+(?:\.\w+)?)["'`]""", sources)) | set(
        re.findall(r'data-i18n(?:-label|-title)?="([\w.]+)"', sources)
    )
    plural = {f"{key}.{n}" for key in literal for n in ("one", "other") if f"{key}.{n}" in known}
    method = {f"method.{p}{end}" for p in re.findall(r"'(\w+)'", _loop(sources)) for end in ("", "_title")}
    return literal | plural | method


def _loop(sources: str) -> str:
    found = re.search(r"for part in \[(.*?)\]", sources)
    assert found
    return found[1]


def test_both_languages_have_the_same_keys():
    assert set(catalogue("de")) ^ set(catalogue("en")) == set()


def test_both_languages_fill_in_the_same_parts():
    for key, german in catalogue("de").items():
        assert set(re.findall(r"\{\w+\}", german)) == set(re.findall(r"\{\w+\}", catalogue("en")[key])), key


def test_every_key_that_is_asked_for_exists():
    sources = "\n".join(f.read_text("utf-8") for f in (MAPS / "static" / "js").glob("*.js"))
    page = (MAPS / "templates" / "index.html").read_text("utf-8")
    asked = set(re.findall(r"""\bt\(\s*["']([\w.]+)["']""", sources + page))
    asked |= set(re.findall(r'data-i18n(?:-label|-title)?="([\w.]+)"', page))
    assert {key for key in asked if not key.endswith(".")} - set(catalogue("de")) == set()


def test_no_key_is_left_over():
    unused = {key for key in set(catalogue("de")) - used_keys() if not key.startswith(FAMILIES)}
    assert unused == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_except_units_that_are_not_written(language):
    assert {k for k, v in catalogue(language).items() if not v.strip()} == {
        "unit.class",
        "unit.index",
        "unit.ratio",
    }


def test_wording_is_neutral():
    blocked = re.compile(
        r"problem|brennpunkt|ghetto|abgehängt|sozial schwach|schlecht|schlimm|worst|deprived|bad\b|slum|hot ?spot",
        re.I,
    )
    texts = [*catalogue("de").values(), *catalogue("en").values()]
    texts += [t for pair in SCHEME_TITLES.values() for t in pair]
    texts += [t for s in STATES.values() for t in (s.label_de, s.label_en)]
    assert [t for t in texts if blocked.search(t)] == []


def test_units_and_values_are_written_as_people_read_them():
    assert value_text(12.345, 1, "%", "de") == "12,3\u00a0%"
    assert value_text(1234, 0, "persons", "de") == "1.234\u00a0Personen"
    assert value_text(-0.5, 2, "index", "en") == "−0.50"
    assert unit_text("m²", "de") == "m²"
    assert text("area.key", "de", id="02") == "Schlüssel 02"
