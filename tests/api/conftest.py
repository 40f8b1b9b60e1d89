"""The application on a small sample city."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import ServiceSettings


@pytest.fixture(scope="session")
def client(small_city_url: str) -> Iterator[TestClient]:
    """Return a client that sees errors as a user would."""
    with TestClient(
        create_app(ServiceSettings(database_url=small_city_url)), raise_server_exceptions=False
    ) as client:
        yield client
