"""All features of a WFS come, each once, as JSON or as GML; a service that errs, lies or attacks is told in one line."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import geopandas as gpd
import pytest

from etl.datasets.services.wfs import WfsRequest, fetch_wfs
from etl.errors import FetchError

CAPABILITIES = """<?xml version="1.0" encoding="UTF-8"?>
<wfs:WFS_Capabilities version="{version}" xmlns:wfs="http://www.opengis.net/wfs/2.0"
    xmlns:ows="http://www.opengis.net/ows/1.1" xmlns:xlink="http://www.w3.org/1999/xlink">
  <ows:OperationsMetadata><ows:Operation name="GetFeature">
    <ows:DCP><ows:HTTP><ows:Get xlink:href="http://inside.invalid/wfs"/></ows:HTTP></ows:DCP>
    <ows:Parameter name="outputFormat"><ows:AllowedValues>
      <ows:Value>application/gml+xml; version=3.2</ows:Value>{json}
    </ows:AllowedValues></ows:Parameter>
  </ows:Operation></ows:OperationsMetadata>
  <wfs:FeatureTypeList>
    <wfs:FeatureType><wfs:Name>stat:stadtteile</wfs:Name>
      <wfs:DefaultCRS>urn:ogc:def:crs:EPSG::25832</wfs:DefaultCRS></wfs:FeatureType>
    <wfs:FeatureType><wfs:Name>stat:bezirke</wfs:Name>
      <wfs:DefaultCRS>urn:ogc:def:crs:EPSG::4258</wfs:DefaultCRS></wfs:FeatureType>
  </wfs:FeatureTypeList>
</wfs:WFS_Capabilities>"""
GML = """<?xml version="1.0" encoding="UTF-8"?>
<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml/3.2"
    xmlns:stat="http://stat.invalid" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:schemaLocation="http://stat.invalid {schema}"
    timeStamp="{number}" numberMatched="{matched}" numberReturned="{returned}">{members}</wfs:FeatureCollection>"""
MEMBER = """<wfs:member><stat:stadtteile gml:id="fid--{request}-{nr}"><stat:nr>{nr}</stat:nr><stat:name>{name}</stat:name>
<stat:geom><gml:Polygon gml:id="g{nr}"{srs}><gml:exterior><gml:LinearRing><gml:posList>{ring}</gml:posList>
</gml:LinearRing></gml:exterior></gml:Polygon></stat:geom></stat:stadtteile></wfs:member>"""
EXCEPTION = b"""<?xml version="1.0"?><ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1" version="2.0.0">
<ows:Exception exceptionCode="InvalidParameterValue" locator="sortBy"><ows:ExceptionText>Illegal property name: nummer
</ows:ExceptionText></ows:Exception></ows:ExceptionReport>"""
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;">' % (b + 1, b, b, b) for b in range(97, 120))
    + b"]><x>&x;</x>"
)


class PlayedWfs:
    """A WFS with some features; what is set on it, it does wrong."""

    def __init__(self, played, features: list[dict], *, speaks_json: bool = True) -> None:
        self.played, self.features, self.speaks_json = played, features, speaks_json
        self.version = "2.0.0"
        self.matched: Callable[[int], object] = lambda _page: len(self.features)
        self.most = 1000
        self.ignores_start = False
        self.schema = "http://stat.invalid/schema.xsd"
        self.instead: dict[str, object] = {}
        self.crs: dict[str, object] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}
        self.srs = ' srsName="urn:ogc:def:crs:EPSG::25832"'
        self.asked: list[Mapping[str, str]] = []

    def __call__(self, query: Mapping[str, str], _headers: Mapping[str, str]):
        self.asked.append(query)
        if query["request"] == "GetCapabilities":
            told = "<ows:Value>application/json</ows:Value>" if self.speaks_json else ""
            text = CAPABILITIES.format(version=self.version, json=told)
            return self.instead.get("capabilities", self.played(content=text.encode()))
        if "resulttype" in query:
            text = GML.format(schema=self.schema, number=0, matched=self.matched(0), returned=0, members="")
            return self.instead.get("hits", self.played(content=text.encode()))
        start = 0 if self.ignores_start else int(query["startindex"])
        page = len([one for one in self.asked if "startindex" in one])
        if f"page {page}" in self.instead:
            return self.instead[f"page {page}"]
        features = self.features[start : start + min(int(query["count"]), self.most)]
        return self._json(features, page) if self.speaks_json else self._gml(features, page)

    def _json(self, features: list[dict], page: int):
        members = {"crs": self.crs} if self.crs else {}
        document = {
            "type": "FeatureCollection",
            "features": features,
            "numberReturned": len(features),
            **members,
        }
        if self.matched(page) is not None:
            document["numberMatched"] = self.matched(page)
        return self.played(content=json.dumps(document | {"timeStamp": page}).encode())

    def _gml(self, features: list[dict], page: int):
        members = ""
        for one in features:
            ring = " ".join(f"{x} {y}" for x, y in one["geometry"]["coordinates"][0])
            members += MEMBER.format(**one["properties"], ring=ring, srs=self.srs, request=page)
        text = GML.format(
            schema=self.schema,
            number=page,
            matched=self.matched(page),
            returned=len(features),
            members=members,
        )
        return self.played(content=text.encode())


@pytest.fixture
def wfs(publisher, played, squares) -> PlayedWfs:
    """Return a WFS at /wfs with seven Stadtteile."""
    service = PlayedWfs(played, squares)
    publisher.at["/wfs"] = service
    return service


@pytest.fixture
def fetched(publisher, visit, tmp_path: Path) -> Callable[..., gpd.GeoDataFrame]:
    """Return a way to fetch and to read what came."""

    def fetch(**options: object) -> gpd.GeoDataFrame:
        options = {"url": f"{publisher.url}/wfs", "layer": "stadtteile", "page_size": 3} | options
        into = tmp_path / "features.geojson"
        into.unlink(missing_ok=True)
        fetch_wfs(visit(), WfsRequest(**options), into)  # type: ignore[arg-type]
        return gpd.read_file(into)

    return fetch


@pytest.mark.parametrize("speaks_json", [True, False], ids=["json", "gml"])
def test_all_pages_come_and_keys_stay_text(wfs: PlayedWfs, fetched, speaks_json: bool) -> None:
    wfs.speaks_json = speaks_json
    frame = fetched()
    assert frame["nr"].to_list() == ["01", "02", "03", "04", "05", "06", "07"]
    assert frame.crs.to_epsg() == 25832
    assert frame.geometry.area.to_list() == [1e6] * 7
    pages = [one for one in wfs.asked if one["request"] == "GetFeature"]
    assert [one["startindex"] for one in pages] == ["0", "3", "6"]  # 3 + 3 + 1
    assert {one["typenames"] for one in pages} == {"stat:stadtteile"}  # the prefix was left out
    assert list(frame.columns) == ["nr", "name", "geometry"]  # no ids of the server's own


def test_the_same_features_make_the_same_file_whatever_their_order_and_their_ids(
    wfs: PlayedWfs, fetched, tmp_path: Path
) -> None:
    fetched()
    first = (tmp_path / "features.geojson").read_bytes()
    wfs.features = [one | {"id": f"fid--{number}"} for number, one in enumerate(reversed(wfs.features))]
    fetched(page_size=2)
    assert (tmp_path / "features.geojson").read_bytes() == first


def test_what_is_asked_for_is_asked_for(wfs: PlayedWfs, fetched, publisher) -> None:
    fetched(
        url=f"{publisher.url}/wfs?SERVICE=WFS&REQUEST=GetCapabilities&map=a.map",
        crs="EPSG:25833",
        sort_by="nr",
        box=(9.0, 54.0, 10.0, 55.0),
        query={"cql_filter": "stand=2020"},
    )
    page = wfs.asked[-1]
    assert (page["srsname"], page["sortby"], page["cql_filter"]) == (
        "urn:ogc:def:crs:EPSG::25833",
        "nr",
        "stand=2020",
    )
    assert (
        page["bbox"] == "54.0,9.0,55.0,10.0,urn:ogc:def:crs:EPSG::4326"
    )  # latitude first, as EPSG:4326 has it
    assert (page["map"], page["request"], page["version"]) == ("a.map", "GetFeature", "2.0.0")
    assert "SERVICE" not in page


@pytest.mark.parametrize(
    ("srs", "crs"),
    [
        (' srsName="urn:ogc:def:crs:EPSG::4326"', 4326),
        (' srsName="http://www.opengis.net/def/crs/EPSG/0/4258"', 4258),
    ],
)
def test_gml_with_latitude_first_comes_with_longitude_first(
    wfs: PlayedWfs, fetched, squares, srs: str, crs: int
) -> None:
    wfs.speaks_json, wfs.srs = False, srs
    one = squares[0]
    one["geometry"]["coordinates"] = [[[54, 9], [54, 10], [55, 10], [55, 9], [54, 9]]]
    wfs.features = [one]
    frame = fetched()
    assert frame.crs.to_epsg() == crs
    assert frame.total_bounds.tolist() == [9, 54, 10, 55]


def test_gml_without_a_crs_has_the_one_the_service_says(wfs: PlayedWfs, fetched) -> None:
    wfs.speaks_json, wfs.srs = False, ""
    assert fetched().crs.to_epsg() == 25832


def test_a_server_that_gives_fewer_at_a_time_is_asked_more_often(wfs: PlayedWfs, fetched) -> None:
    wfs.most = 2
    assert len(fetched(page_size=1000)) == 7


def test_a_server_that_does_not_know_how_many_is_asked_until_nothing_comes(wfs: PlayedWfs, fetched) -> None:
    wfs.matched = lambda page: None if page else "unknown"
    assert len(fetched()) == 7


def test_a_server_that_only_knows_how_many_when_asked_is_asked(wfs: PlayedWfs, fetched) -> None:
    wfs.matched = lambda page: None if page else 7
    assert len(fetched()) == 7
    assert [one["startindex"] for one in wfs.asked if "startindex" in one] == ["0", "3", "6"]


def test_a_server_error_in_the_middle_is_followed_by_another_try(wfs: PlayedWfs, fetched, played) -> None:
    wfs.instead["page 2"] = played(status=502)
    assert len(fetched()) == 7


@pytest.mark.parametrize("speaks_json", [True, False], ids=["json", "gml"])
@pytest.mark.parametrize(
    ("matched", "what"), [(8, "8 features were announced, 7 came"), (6, "6 features were announced, 7 came")]
)
def test_a_wrong_number_is_refused(
    wfs: PlayedWfs, fetched, speaks_json: bool, matched: int, what: str
) -> None:
    wfs.speaks_json = speaks_json
    wfs.matched = lambda _page: matched
    with pytest.raises(FetchError, match=rf"{what}.*may have changed meanwhile"):
        fetched(page_size=7)


def test_a_service_that_counts_the_page_only_is_found_out(wfs: PlayedWfs, fetched) -> None:
    # It says 3 of 3 on the first page of 3; there are 7.
    wfs.matched = lambda _page: 3
    with pytest.raises(FetchError, match="3 features were announced, 7 came"):
        fetched()


def test_a_full_last_page_is_followed_by_an_empty_one(wfs: PlayedWfs, fetched) -> None:
    assert len(fetched(page_size=7)) == 7
    assert [one["startindex"] for one in wfs.asked if "startindex" in one] == ["0", "7"]


def test_rows_without_geometry_come_too(wfs: PlayedWfs, fetched) -> None:
    wfs.speaks_json = False
    members = "".join(
        f"<wfs:member><s:werte xmlns:s='http://stat.invalid'><s:nr>{nr}</s:nr><s:ew>{ew}</s:ew></s:werte></wfs:member>"
        for nr, ew in (("01", 5), ("02", ""))
    )
    text = GML.format(schema="http://stat.invalid/x", number=1, matched=2, returned=2, members=members)
    wfs.instead["page 1"] = wfs.played(content=text.encode())
    frame = fetched()
    assert (frame["nr"].to_list(), frame["ew"].fillna("").to_list()) == (["01", "02"], ["5", ""])


def test_several_kinds_of_features_in_one_answer_are_refused(wfs: PlayedWfs, fetched) -> None:
    wfs.speaks_json = False
    members = "".join(
        f"<wfs:member><s:{kind} xmlns:s='http://stat.invalid'><s:nr>01</s:nr></s:{kind}></wfs:member>"
        for kind in ("teil", "bezirk")
    )
    text = GML.format(schema="http://stat.invalid/x", number=1, matched=2, returned=2, members=members)
    wfs.instead["page 1"] = wfs.played(content=text.encode())
    with pytest.raises(FetchError, match="the GML answer cannot be read"):
        fetched()


def test_a_number_that_changes_between_pages_is_refused(wfs: PlayedWfs, fetched) -> None:
    wfs.matched = lambda page: 7 if page < 2 else 9
    with pytest.raises(FetchError, match="first 7 features were announced, now 9"):
        fetched()


def test_a_server_that_gives_the_same_page_again_is_refused(wfs: PlayedWfs, fetched) -> None:
    wfs.ignores_start = True
    with pytest.raises(FetchError, match=r"the same feature came on page 1 and on page 2.*give sort_by"):
        fetched()


@pytest.mark.parametrize("page", ["page 1", "page 2"])
def test_a_page_cut_off_is_refused(wfs: PlayedWfs, fetched, played, page: str) -> None:
    wfs.instead[page] = played(content=b'{"type":"FeatureCollection","features":[{"type":', with_length=False)
    with pytest.raises(FetchError, match="cut off or no JSON"):
        fetched()


def test_a_gml_page_cut_off_is_refused(wfs: PlayedWfs, fetched, played) -> None:
    wfs.speaks_json = False
    whole = wfs({"request": "GetFeature", "startindex": "0", "count": "7"}, {}).content
    wfs.asked.clear()
    wfs.instead["page 1"] = played(content=whole[: len(whole) // 2], with_length=False)
    with pytest.raises(FetchError, match="cut off or no XML"):
        fetched()


@pytest.mark.parametrize("place", ["capabilities", "page 1", "page 2", "hits"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_an_entity_bomb_is_refused_before_it_is_read(
    wfs: PlayedWfs, fetched, played, place: str, encoding: str
) -> None:
    text = BOMB.decode().replace('"1.0"', f'"1.0" encoding="{encoding}"')
    wfs.instead[place] = played(content=text.encode(encoding))
    wfs.matched = lambda page: None if place == "hits" else 7
    with pytest.raises(FetchError, match="declares a document type"):
        fetched()


def test_a_document_type_from_elsewhere_is_refused(wfs: PlayedWfs, fetched, played) -> None:
    text = b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'
    wfs.instead["page 1"] = played(content=text)
    with pytest.raises(FetchError, match="declares a document type"):
        fetched()


@pytest.mark.parametrize("place", ["capabilities", "page 1"])
@pytest.mark.parametrize("status", [200, 400])
def test_an_exception_report_is_told(wfs: PlayedWfs, fetched, played, place: str, status: int) -> None:
    wfs.instead[place] = played(content=EXCEPTION, status=status)
    with pytest.raises(
        FetchError, match="the service refuses: InvalidParameterValue: Illegal property name: nummer"
    ):
        fetched()


def test_another_version_is_refused(wfs: PlayedWfs, fetched) -> None:
    wfs.version = "1.1.0"
    with pytest.raises(FetchError, match=r"speaks WFS 1\.1\.0, not 2\.0"):
        fetched()


def test_a_layer_that_is_not_there_is_told_with_those_that_are(wfs: PlayedWfs, fetched) -> None:
    with pytest.raises(
        FetchError, match="no layer 'stadteile' in the service; it has stat:stadtteile, stat:bezirke"
    ):
        fetched(layer="stadteile")


def test_a_web_page_is_no_service(wfs: PlayedWfs, fetched, played) -> None:
    wfs.instead["capabilities"] = played(content=b"<html><body>Wartung</body></html>")
    with pytest.raises(FetchError, match="no description of a WFS but 'html'"):
        fetched()


def test_no_feature_is_an_error(wfs: PlayedWfs, fetched) -> None:
    wfs.features = []
    with pytest.raises(FetchError, match=r"has no feature there.*correct layer, query or in_box"):
        fetched()


def test_nan_in_a_page_is_refused(wfs: PlayedWfs, fetched, played) -> None:
    text = b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"ew":NaN},"geometry":null}]}'
    wfs.instead["page 1"] = played(content=text)
    with pytest.raises(FetchError, match="NaN is no number"):
        fetched()


def test_no_schema_is_fetched_and_no_address_of_the_description_is_asked(
    wfs: PlayedWfs, fetched, publisher
) -> None:
    # The description names http://inside.invalid, which does not exist; the schema does.
    wfs.speaks_json, wfs.schema = False, f"{publisher.url}/schema?service=WFS&amp;request=DescribeFeatureType"
    assert len(fetched()) == 7
    assert set(publisher.requests) == {"/wfs"}
