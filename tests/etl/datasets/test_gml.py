"""GML of a user's own: keys stay as they are written, and no address in the file is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest

from etl.datasets.findings import Findings
from etl.datasets.gml import gml_as_written
from etl.datasets.maps import layers_of, read_map
from etl.datasets.tables import Reading, read_sheet
from etl.raw import RawFile

# Each would be another text as a number: 1.1, 9223372036854775807 and 100000.
KEYS = ("1.10", "12345678901234567890", "1e5")
COLLECTION = """<?xml version="1.0" encoding="UTF-8"?>
<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:city="{base}/city"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="{base}/city {base}{asked}">
{members}</gml:FeatureCollection>"""
ASKED = "/wfs?service=WFS&amp;version=2.0.0&amp;request=DescribeFeatureType&amp;typename=city:area"
MEMBER = """<gml:featureMember><city:area gml:id="area.{n}"><city:nr>{key}</city:nr><city:ew>{key}</city:ew>
<city:geom><gml:Polygon srsName="urn:ogc:def:crs:EPSG::25832" gml:id="p{n}"><gml:exterior><gml:LinearRing>
<gml:posList>{ring}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></city:geom></city:area></gml:featureMember>
"""
SCHEMA = """<?xml version="1.0"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:gml="http://www.opengis.net/gml/3.2"
  xmlns:city="{base}/city" targetNamespace="{base}/city" elementFormDefault="qualified">
<xs:import namespace="http://www.opengis.net/gml/3.2"/>
<xs:element name="area" type="city:areaType" substitutionGroup="gml:AbstractFeature"/>
<xs:complexType name="areaType"><xs:complexContent><xs:extension base="gml:AbstractFeatureType"><xs:sequence>
<xs:element name="nr" type="xs:integer"/><xs:element name="ew" type="xs:integer"/>
<xs:element name="geom" type="gml:GeometryPropertyType"/>
</xs:sequence></xs:extension></xs:complexContent></xs:complexType></xs:schema>"""


class Publisher:
    """Answers every address with a schema in which keys are numbers, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(SCHEMA.format(base=publisher.base).encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """Serve a schema on this machine."""
    made = Publisher()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def write(path: Path, areas: gpd.GeoSeries, keys: tuple[str, ...], base: str) -> RawFile:
    members = []
    for n, (shape, key) in enumerate(zip(areas, keys, strict=True)):
        ring = " ".join(f"{x:.0f} {y:.0f}" for x, y in shape.exterior.coords)
        members.append(MEMBER.format(n=n, key=key, ring=ring))
    path.write_text(COLLECTION.format(base=base, asked=ASKED, members="".join(members)), encoding="utf-8")
    return RawFile(name=path.name, path=path, sha256="", size=path.stat().st_size)


@pytest.mark.parametrize("keys", [KEYS, ("01", "02", "03")], ids=["long", "zeros"])
@pytest.mark.parametrize("name", ["areas.gml", "areas.xml"])
def test_areas_keep_their_keys_and_no_schema_is_fetched(
    dataset, publisher: Publisher, tmp_path: Path, keys: tuple[str, ...], name: str
) -> None:
    file = write(tmp_path / name, dataset.areas().geometry[:3], keys, publisher.base)
    frame = read_map({file.name: file}, file.name)
    assert (frame["nr"].tolist(), frame.crs.to_epsg()) == (list(keys), 25832)
    assert publisher.asked == []


def test_layers_are_listed_without_a_trace_beside_the_file(
    dataset, publisher: Publisher, tmp_path: Path
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    file = write(folder / "areas.gml", dataset.areas().geometry[:3], KEYS, publisher.base)
    assert layers_of(file.path) == ["area"]
    assert [one.name for one in folder.iterdir()] == ["areas.gml"]
    assert publisher.asked == []


@pytest.mark.parametrize("beside", [False, True], ids=["schema at an address", "schema beside it"])
def test_a_table_of_attributes_keeps_its_keys(
    dataset, publisher: Publisher, tmp_path: Path, beside: bool
) -> None:
    file = write(tmp_path / "areas.gml", dataset.areas().geometry[:3], ("01", "02", "03"), publisher.base)
    if beside:
        (tmp_path / "areas.xsd").write_text(SCHEMA.format(base=publisher.base), encoding="utf-8")
    frame = read_sheet(file, Reading(), Findings())
    assert frame is not None
    assert frame["nr"].tolist() == ["01", "02", "03"]
    assert publisher.asked == []
    assert not (tmp_path / "areas.gfs").exists()


def test_what_was_set_for_gdal_before_is_set_again(tmp_path: Path) -> None:
    pyogrio.set_gdal_config_options({"GML_FIELDTYPES": "BEFORE"})
    try:
        with gml_as_written(tmp_path / "areas.gpkg") as path:
            assert path == tmp_path / "areas.gpkg"
            assert pyogrio.get_gdal_config_option("GML_FIELDTYPES") == "ALWAYS_STRING"
        assert pyogrio.get_gdal_config_option("GML_FIELDTYPES") == "BEFORE"
        assert pyogrio.get_gdal_config_option("GML_DOWNLOAD_SCHEMA") is None
    finally:
        pyogrio.set_gdal_config_options({"GML_FIELDTYPES": None})
