"""Health, headers, the error table, and a database that is gone."""

from __future__ import annotations

import asyncio
import re
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import ServiceSettings


@pytest.mark.db
def test_health_asks_the_database(client: TestClient) -> None:
    body = client.get("/health").json()
    assert body["status"] == "ok"
    assert re.match(r"3\.\d+", body["postgis"])


@pytest.mark.db
def test_the_page_allows_nothing_from_other_hosts(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert re.findall(r"(?:src|href)=\"(https?:)?//", answer.text) == []


@pytest.mark.db
def test_answers_carry_the_headers_that_protect_readers(client: TestClient) -> None:
    for address in ("/", "/cities", "/collections/none"):
        headers = client.get(address).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.db
@pytest.mark.parametrize(
    ("method", "address", "status"), [("GET", "/nowhere", 404), ("POST", "/cities", 405)]
)
def test_every_problem_has_the_same_body(client: TestClient, method: str, address: str, status: int) -> None:
    answer = client.request(method, address)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json().keys() == {"type", "title", "status", "detail", "instance"}


@pytest.mark.db
def test_large_answers_are_compressed(client: TestClient) -> None:
    answer = client.get("/collections/sample.block/items?limit=1000", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


def test_a_database_that_is_gone_is_a_503_without_inner_details() -> None:
    settings = ServiceSettings(database_url="postgresql+psycopg://nobody:secret@127.0.0.1:1/none")
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        answer = client.get("/cities")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "secret" not in answer.text


def test_an_unexpected_error_is_a_500_that_names_its_log_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_connection: object) -> list[object]:
        raise RuntimeError("inner detail")

    monkeypatch.setattr("db.queries.catalogue.cities", broken)
    app = create_app(ServiceSettings(database_url="postgresql+psycopg://nobody@127.0.0.1:1/none"))
    from api import dependencies

    app.dependency_overrides[dependencies.open_connection] = lambda: None
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/cities")
    assert answer.status_code == 500
    assert "inner detail" not in answer.text
    assert re.search(r"under [0-9a-f]{12}", answer.json()["detail"])


def test_the_openapi_document_describes_every_route() -> None:
    app = create_app(ServiceSettings(database_url="postgresql+psycopg://nobody@127.0.0.1:1/none"))
    paths = app.openapi()["paths"]
    assert {
        "/health",
        "/cities",
        "/cities/{city}/layers/{indicator}",
        "/collections/{collection}/items",
        "/cities/{city}/overlays",
        "/cities/{city}/proposal",
        "/cities/{city}/proposal/areas",
        "/cities/{city}/proposal/areas/{area}",
        "/cities/{city}/proposal/regions/{region}",
        "/cities/{city}/proposal/single-cases",
        "/cities/{city}/scenarios",
        "/cities/{city}/scenarios/comparison",
        "/cities/{city}/priority-maps",
        "/cities/{city}/priority-maps/{number}",
    } <= set(paths)
    assert all(operation["summary"] for path in paths.values() for operation in path.values())


@pytest.mark.db
def test_two_hundred_requests_at_once_are_all_answered(small_city_url: str) -> None:
    # More than threads and connections together; a thread that waits for a connection must not keep one from
    # being given back.
    app = create_app(ServiceSettings(database_url=small_city_url))

    async def ask_all() -> set[int]:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            answers = await asyncio.gather(*(client.get("/cities", timeout=60) for _ in range(200)))
        app.state.engine.dispose()
        return {answer.status_code for answer in answers}

    started = time.monotonic()
    with ThreadPoolExecutor(1) as thread:  # a browser test may have left an event loop running in this one
        assert thread.submit(lambda: asyncio.run(ask_all())).result() == {200}
    assert time.monotonic() - started < 25  # waiting for a connection gives up after 30 s
