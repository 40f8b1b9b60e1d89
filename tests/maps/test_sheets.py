"""The page of an indicator: both languages, code as code, nothing from the data taken for markup."""

from __future__ import annotations

import pytest

from indicators.known import definition_of
from maps.sheets import render_sheet, sheet_address


def test_the_page_is_found_under_the_id_of_a_city_too() -> None:
    assert sheet_address("unemployed_share") == "indicators/unemp_share/sheet"
    assert sheet_address("theft_rate") == "indicators/theft_rate/sheet"
    assert sheet_address("status_index") is None
    assert render_sheet("status_index") is None


@pytest.mark.parametrize(("language", "other"), [("de", "en"), ("en", "de")])
def test_a_page_is_in_one_language_and_links_to_the_other(language: str, other: str) -> None:
    page, one = render_sheet("unemp_share", language=language), definition_of("unemp_share")
    assert f'<html lang="{language}">' in page
    assert f'href="?language={other}"' in page
    assert (one.title_de if language == "de" else one.title_en) in page
    assert (one.universe_de if language == "de" else one.universe_en) in page
    assert "<code>residents_15_65</code>" in page
    assert "`" not in page
    assert "{{" not in page
