"""A small publisher on the loopback that answers as it is told to, also wrongly."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from etl.datasets.services.http import Limits, Visit


@dataclass(kw_only=True)
class Played:
    """One answer. `announced`: a Content-Length that is not the true one; `drip` [s] between single bytes."""

    content: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    announced: int | None = None
    with_length: bool = True
    silence: float = 0.0
    drip: float = 0.0


Answering = Callable[[Mapping[str, str], Mapping[str, str]], Played]


class Publisher:
    """What is at each path: an answer, a list of answers one after the other, or a function of the query and the headers."""

    def __init__(self) -> None:
        self.at: dict[str, Played | list[Played] | Answering] = {}
        self.requests: Counter[str] = Counter()
        self.queries: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""
        self.port = 0
        self.stopped = threading.Event()

    def answer(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Played:
        self.requests[path] += 1
        self.queries.append(query)
        self.headers.append(headers)
        told = self.at.get(path, Played(status=404, content=b"not here"))
        if isinstance(told, list):
            return told.pop(0) if len(told) > 1 else told[0]
        return told if isinstance(told, Played) else told(query, headers)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """Listen on the loopback."""
    played = Publisher()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            told = played.answer(parts.path, dict(parse_qsl(parts.query)), dict(self.headers))
            played.stopped.wait(told.silence)
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            if told.with_length:
                size = len(told.content) if told.announced is None else told.announced
                self.send_header("Content-Length", str(size))
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            try:
                if not told.drip:
                    self.wfile.write(told.content)
                for number in range(len(told.content) if told.drip else 0):
                    self.wfile.write(told.content[number : number + 1])
                    if played.stopped.wait(told.drip):
                        return
            except OSError:
                pass  # the visitor has gone

        def log_message(self, *_arguments: object) -> None:
            """Keep the test output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    played.port = server.server_port
    played.url = f"http://127.0.0.1:{server.server_port}"
    yield played
    played.stopped.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[Callable[..., Visit]]:
    """Return a way to make visits that lose patience soon."""
    made: list[Visit] = []

    def one(**limits: float) -> Visit:
        folder = tmp_path / f"answers-{len(made)}"
        folder.mkdir()
        told = {"read": 2.0, "whole": 10.0, "pause": 0.01} | limits
        made.append(Visit(folder, Limits(**told)))  # type: ignore[arg-type]
        return made[-1].__enter__()

    yield one
    for visit in made:
        visit.__exit__(None, None, None)


def _square(number: int) -> dict[str, object]:
    """Return one Stadtteil: a square of 1 km in a row of such squares, in EPSG:25832."""
    west, south = 500_000 + 1000 * number, 6_000_000
    ring = [
        [west, south],
        [west + 1000, south],
        [west + 1000, south + 1000],
        [west, south + 1000],
        [west, south],
    ]
    return {
        "type": "Feature",
        "id": f"teil.{number}",
        "properties": {"nr": f"{number + 1:02}", "name": f"Stadtteil {number + 1}"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


@pytest.fixture
def squares() -> list[dict[str, object]]:
    """Return seven Stadtteile as GeoJSON features."""
    return [_square(number) for number in range(7)]


@pytest.fixture
def collection() -> Callable[..., Played]:
    """Return a way to write a page of features."""

    def page(features: list[dict[str, object]], **members: object) -> Played:
        document = {"type": "FeatureCollection", "features": features, **members}
        return Played(content=json.dumps(document).encode(), headers={"Content-Type": "application/geo+json"})

    return page


@pytest.fixture
def played() -> type[Played]:
    """Return the class of an answer, for tests to make their own."""
    return Played
