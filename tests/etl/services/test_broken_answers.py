"""Whatever bytes a service sends, reading them gives features or one clear refusal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.datasets.services.http import Answer
from etl.datasets.services.pages import Pages, count_of, features_of, json_of
from etl.datasets.services.xml_answers import capabilities_of, exception_in, root_of
from etl.errors import FetchError

XML = (
    b'<?xml version="1.0" encoding="UTF-8"?><WFS_Capabilities version="2.0.0" xmlns:o="http://x">'
    b'<o:Operation name="GetFeature"><o:Parameter name="outputFormat"><o:Value>json</o:Value></o:Parameter></o:Operation>'
    b"<FeatureType><Name>a:b</Name><DefaultCRS>urn:ogc:def:crs:EPSG::25832</DefaultCRS></FeatureType></WFS_Capabilities>"
)
PAGE = json.dumps(
    {
        "type": "FeatureCollection",
        "numberMatched": 1,
        "features": [
            {
                "type": "Feature",
                "properties": {"nr": "01"},
                "geometry": {"type": "Point", "coordinates": [1.5, 2]},
            }
        ],
    }
).encode()
SETTINGS = settings(max_examples=150, deadline=None)


def broken(content: bytes) -> st.SearchStrategy[bytes]:
    """Return the content with some bytes changed, cut off somewhere, or any bytes at all."""

    def change(changes: list[tuple[int, int]], end: int) -> bytes:
        made = bytearray(content)
        for place, byte in changes:
            made[place] = byte
        return bytes(made[:end])

    places = st.integers(0, len(content) - 1)
    changed = st.builds(
        change,
        st.lists(st.tuples(places, st.integers(0, 255)), max_size=4),
        st.one_of(st.just(len(content)), st.integers(0, len(content))),
    )
    return st.one_of(changed, st.binary(max_size=60))


@contextmanager
def answer_of(content: bytes) -> Iterator[tuple[Answer, Path]]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "answer"
        path.write_bytes(content)
        yield (
            Answer(
                status=200, headers=httpx2.Headers(), url=httpx2.URL("http://x"), path=path, size=len(content)
            ),
            Path(folder),
        )


@SETTINGS
@given(broken(XML))
def test_a_broken_description_is_read_or_refused(content: bytes) -> None:
    with answer_of(content) as (answer, _folder):
        told = exception_in(answer, "x")
        assert told is None or told
        try:
            assert root_of(answer, "x").name
            capabilities = capabilities_of(answer, "x")
        except FetchError:
            return
        assert all(capabilities.types)


@SETTINGS
@given(broken(PAGE))
def test_a_broken_page_is_read_or_refused(content: bytes) -> None:
    with answer_of(content) as (answer, folder):
        pages = Pages(name="x")
        try:
            document = json_of(answer, "x")
            features = features_of(document, answer, "x")
            pages.add(answer, features, matched=count_of(document.get("numberMatched")))
            whole = pages.collected(folder / "whole.geojson")
        except FetchError:
            return
        assert len(json.loads(whole.path.read_text(encoding="utf-8"))["features"]) == whole.features


@given(st.one_of(st.integers(), st.text(max_size=20), st.booleans(), st.none(), st.floats()))
def test_a_number_of_features_is_a_whole_number_or_unknown(told: object) -> None:
    number = count_of(told)
    assert number is None or (isinstance(number, int) and number >= 0)
