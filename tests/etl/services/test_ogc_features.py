"""All features of an OGC API Features come along its links; a link that leads astray, or a wrong number, is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import geopandas as gpd
import pytest

from etl.datasets.services.ogc_features import FeaturesRequest, fetch_ogc_features
from etl.errors import FetchError

ITEMS = "/api/collections/stadtteile/items"


class PlayedInterface:
    """An interface with some features; what is set on it, it does wrong."""

    def __init__(self, publisher, collection, features: list[dict]) -> None:
        self.url, self.collection, self.features = publisher.url, collection, features
        self.members: dict[str, object] = {"numberMatched": len(features)}
        self.headers: dict[str, str] = {}
        self.next: Callable[[int], str | None] = lambda offset: (
            f"{self.url}{ITEMS}?offset={offset}&limit=3&token=a%2Fb"
        )
        self.queries: list[Mapping[str, str]] = []

    def __call__(self, query: Mapping[str, str], _headers: Mapping[str, str]):
        self.queries.append(query)
        offset = int(query.get("offset", 0))
        size = min(int(query["limit"]), 3)
        features = self.features[offset : offset + size]
        links = [{"rel": "self", "href": "x"}]
        if offset + size < len(self.features) and self.next(offset + size) is not None:
            links.append({"rel": "next", "href": self.next(offset + size)})
        page = self.collection(features, links=links, numberReturned=len(features), **self.members)
        page.headers = {**page.headers, **self.headers}
        return page


@pytest.fixture
def interface(publisher, collection, squares) -> PlayedInterface:
    """Return an interface with seven Stadtteile."""
    service = PlayedInterface(publisher, collection, squares)
    service.headers = {"Content-Crs": "<http://www.opengis.net/def/crs/EPSG/0/25832>"}
    publisher.at[ITEMS] = service
    return service


@pytest.fixture
def fetched(publisher, visit, tmp_path: Path) -> Callable[..., gpd.GeoDataFrame]:
    """Return a way to fetch and to read what came."""

    def fetch(**options: object) -> gpd.GeoDataFrame:
        options = {"url": f"{publisher.url}/api", "layer": "stadtteile"} | options
        into = tmp_path / "features.geojson"
        fetch_ogc_features(visit(), FeaturesRequest(**options), into)  # type: ignore[arg-type]
        return gpd.read_file(into)

    return fetch


def test_all_pages_come_along_the_links(interface: PlayedInterface, fetched) -> None:
    frame = fetched(crs="EPSG:25832", box=(9.0, 54.0, 10.0, 55.0), query={"stand": "2020"})
    assert frame["nr"].to_list() == ["01", "02", "03", "04", "05", "06", "07"]
    assert frame.crs.to_epsg() == 25832
    assert [one.get("offset") for one in interface.queries] == [None, "3", "6"]
    assert interface.queries[0] == {
        "limit": "1000",
        "crs": "http://www.opengis.net/def/crs/EPSG/0/25832",
        "bbox": "9.0,54.0,10.0,55.0",
        "stand": "2020",
    }
    assert interface.queries[1]["token"] == "a/b"  # links are followed as they are


def test_relative_links_are_followed(interface: PlayedInterface, fetched) -> None:
    interface.next = lambda offset: f"items?offset={offset}&limit=3"
    assert len(fetched()) == 7


@pytest.mark.parametrize("url", ["/api/", "/api/collections", "/api/collections/stadtteile/items"])
def test_an_address_further_down_is_understood(
    interface: PlayedInterface, fetched, publisher, url: str
) -> None:
    assert len(fetched(url=publisher.url + url)) == 7


def test_without_a_crs_coordinates_are_longitude_and_latitude(interface: PlayedInterface, fetched) -> None:
    interface.headers = {"Content-Crs": "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"}
    interface.features[0]["geometry"]["coordinates"] = [[[9, 54], [10, 54], [10, 55], [9, 55], [9, 54]]]
    interface.features = interface.features[:1]
    interface.members = {}
    assert fetched().total_bounds.tolist() == [9, 54, 10, 55]


def test_coordinates_with_the_north_first_are_turned(interface: PlayedInterface, fetched) -> None:
    # EPSG:4258 has latitude first, and the interface gives coordinates in the order of the CRS.
    interface.headers = {"Content-Crs": "<http://www.opengis.net/def/crs/EPSG/0/4258>"}
    interface.features[0]["geometry"]["coordinates"] = [[[54, 9], [54, 10], [55, 10], [55, 9], [54, 9]]]
    interface.features = interface.features[:1]
    interface.members = {}
    frame = fetched()
    assert (frame.crs.to_epsg(), frame.total_bounds.tolist()) == (4258, [9, 54, 10, 55])


def test_an_unknown_crs_is_refused(interface: PlayedInterface, fetched) -> None:
    interface.headers = {"Content-Crs": "<http://nowhere.invalid/crs>"}
    with pytest.raises(FetchError, match=r"unknown CRS 'http://nowhere\.invalid/crs'"):
        fetched()


def test_links_in_a_circle_end(interface: PlayedInterface, fetched) -> None:
    interface.next = lambda _offset: f"{ITEMS}?offset=0&limit=3"
    with pytest.raises(
        FetchError, match=r"the same feature came on page 1 and on page 2|go round in a circle"
    ):
        fetched()


def test_empty_pages_in_a_circle_end(interface: PlayedInterface, fetched, publisher, collection) -> None:
    page = collection([], links=[{"rel": "next", "href": f"{ITEMS}?offset=3"}])
    publisher.at[ITEMS] = page
    with pytest.raises(FetchError, match=r"go round in a circle: stadtteile, back at .*offset=3"):
        fetched()
    assert publisher.requests[ITEMS] == 2


@pytest.mark.parametrize(
    "where", ["http://localhost:{port}", "http://127.0.0.1:9", "https://127.0.0.1:{port}", "ftp://127.0.0.1"]
)
def test_a_link_to_another_place_is_refused(
    interface: PlayedInterface, fetched, publisher, where: str
) -> None:
    interface.next = lambda offset: f"{where.format(port=publisher.port)}{ITEMS}?offset={offset}"
    with pytest.raises(FetchError, match="the next page is said to be on another server"):
        fetched()
    assert publisher.requests[ITEMS] == 1


@pytest.mark.parametrize(
    ("told", "what"), [(8, "8 features were announced, 7 came"), (5, "5 features were announced")]
)
def test_a_wrong_number_is_refused(interface: PlayedInterface, fetched, told: int, what: str) -> None:
    interface.members = {"numberMatched": told}
    with pytest.raises(FetchError, match=what):
        fetched()


def test_a_page_that_has_fewer_features_than_it_says_is_refused(
    publisher, collection, squares, fetched
) -> None:
    publisher.at[ITEMS] = collection(squares[:2], numberReturned=3)
    with pytest.raises(FetchError, match="the page says it has 3 features and has 2"):
        fetched()


def test_a_page_cut_off_is_refused(publisher, played, fetched) -> None:
    publisher.at[ITEMS] = played(content=b'{"type":"FeatureCollection","features":[', with_length=False)
    with pytest.raises(FetchError, match="cut off or no JSON"):
        fetched()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"[" * 100_000, "no sound JSON"),
        (b"[1]", "no JSON object"),
        (b"<html></html>", "a web page or XML, no JSON"),
        (b'{"type":"Feature"}', "no collection of features"),
        (b'{"type":"FeatureCollection","features":[5]}', "no GeoJSON feature"),
        (
            b'{"type":"FeatureCollection","features":[{"properties":{"a":1e999}}]}',
            "cannot be kept.*JSON compliant",
        ),
        (
            b'{"type":"FeatureCollection","features":[{"properties":{"a":"\\ud800"}}]}',
            "cannot be kept.*surrogates",
        ),
        (
            b'{"type":"FeatureCollection","features":[{"type":"Feature","geometry":"x"}]}',
            "no GeoJSON feature",
        ),
        (b'{"code":"InvalidParameterValue","detail":"limit is too high"}', "features: limit is too high"),
        (b"\xff\xfe\x00", "no sound JSON"),
    ],
    ids=[
        "deep",
        "list",
        "page",
        "one feature",
        "numbers",
        "infinite",
        "half a sign",
        "geometry",
        "problem",
        "bytes",
    ],
)
def test_what_is_no_page_of_features_is_refused(
    publisher, played, fetched, content: bytes, what: str
) -> None:
    publisher.at[ITEMS] = played(content=content)
    with pytest.raises(FetchError, match=what):
        fetched()


def test_a_collection_that_is_not_there_is_told_with_those_that_are(publisher, played, fetched) -> None:
    names = json.dumps({"collections": [{"id": "stadtteile"}, {"id": "bezirke"}]}).encode()
    publisher.at["/api/collections"] = played(content=names)
    with pytest.raises(
        FetchError, match=r"no collection 'stadteile' in the service; it has stadtteile, bezirke.*stadtteile"
    ):
        fetched(layer="stadteile")


def test_a_name_with_blanks_and_slashes_stays_one_part_of_the_address(
    publisher, collection, squares, fetched
) -> None:
    publisher.at["/api/collections/Stadt%2Fteile%20%C3%BC/items"] = collection(squares)
    assert len(fetched(layer="Stadt/teile ü")) == 7
