"""Reasons and early warnings on the real application and a real browser: what the page says is what the API says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.db]

LEVEL = "statistical_district"


@pytest.fixture(scope="module")
def address(serve: Callable[[str], str], small_city_url: str) -> str:
    """Address of the application, served for real."""
    return serve(small_city_url)


def json_of(watched, path: str):
    return watched.page.evaluate("async (path) => await (await fetch(path)).json()", path)


def test_the_card_says_what_the_service_says_and_its_parts_add_up(address: str, open_page: Callable) -> None:
    watched = open_page().open(f"{address}/?indicator=status_index&geography={LEVEL}&period=2022")
    table = json_of(
        watched, f"/cities/sample/indices/status_index/explanations?geography={LEVEL}&period=2022"
    )
    for area in (table["explanations"][0]["area"]["id"], table["explanations"][-1]["area"]["id"]):
        told = json_of(
            watched, f"/cities/sample/indices/status_index/explanation?area={area}&geography={LEVEL}"
        )
        watched.open(f"{address}/?indicator=status_class&geography={LEVEL}&period=2022&area={area}")
        watched.page.wait_for_selector(".why-lead")
        shown = watched.page.inner_text(".why-content")
        said = [one["sentence"]["de"] for one in told["sentences"] if one["about"] not in {"parts", "flips"}]
        assert said
        assert [one for one in said if one not in shown] == []
        assert watched.page.locator(".why-parts tbody tr").count() == len(told["contributions"])
    assert watched.complaints == []


def test_a_city_without_rules_says_so(address: str, open_page: Callable) -> None:
    watched = open_page().open(f"{address}/")
    watched.page.wait_for_selector("#alerts-title")
    assert watched.page.inner_text("#alerts-title") == "Frühwarnungen"
    assert watched.page.locator("#alerts code").count() == 0
    for name in ("Atom", "JSON Feed"):
        link = watched.page.get_by_role("link", name=name, exact=True).evaluate("a => a.href")
        assert watched.page.request.get(link).status == 200
