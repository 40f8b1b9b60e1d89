"""Reasons and early warnings on the real application and a real browser: what the page says is what the API says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
import uvicorn

from api.app import create_app
from api.settings import ServiceSettings

pytestmark = [pytest.mark.browser, pytest.mark.db]

LEVEL = "statistical_district"


@pytest.fixture(scope="module")
def address(small_city_url: str) -> Iterator[str]:
    """Address of the application, served for real."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(ServiceSettings(database_url=small_city_url)), port=0, log_level="warning")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    waiting = threading.Event()
    while not server.started:
        waiting.wait(0.05)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    yield f"http://{host}:{port}"
    server.should_exit = True
    thread.join()


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


def test_a_city_without_rules_says_how_to_begin(address: str, open_page: Callable) -> None:
    watched = open_page().open(f"{address}/")
    watched.page.wait_for_selector("#alerts code")
    assert watched.page.inner_text("#alerts-title") == "Frühwarnungen"
    assert watched.page.inner_text("#alerts code") == "sozialraum alert rules sample"
    for name in ("Atom", "JSON Feed"):
        link = watched.page.get_by_role("link", name=name, exact=True).evaluate("a => a.href")
        assert watched.page.request.get(link).status == 200
