"""Every way in which a raw file can be broken ends in one clear line of ours."""

from __future__ import annotations

import gzip
import warnings
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import box

from etl.errors import FetchError
from etl.raw import RawFile
from etl.reading import content_of, read_geojson, read_layer, read_table

FEATURE = (
    '{"type": "Feature", "properties": {"key": "00", "title": "Zentrum"}, "geometry": {"type": "Polygon", '
    '"coordinates": [[[12.3, 51.3], [12.4, 51.3], [12.4, 51.4], [12.3, 51.3]]]}}'
)


PROPERTIES = '{"key": "00", "title": "Zentrum"}'


def raw(path: Path, content: bytes | str | None) -> RawFile:
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return RawFile(name=path.name, path=path, sha256="0" * 64, size=0)


def collection(*features: str, more: str = "") -> str:
    return f'{{"type": "FeatureCollection", {more}"features": [{", ".join(features)}]}}'


def damaged(packed: bytes, *, at: int) -> bytes:
    """Flip the bits of one byte of a compressed file."""
    return packed[:at] + bytes([packed[at] ^ 0xFF]) + packed[at + 1 :]


def one_line(failure: pytest.ExceptionInfo[FetchError]) -> str:
    text = str(failure.value)
    assert "\n" not in text
    return text


def test_table_is_text_and_nothing_is_taken_for_missing(tmp_path):
    frame = read_table(raw(tmp_path / "a.csv", "\ufeffid,sign\n00,-\n01,NA\n02,\n"), ("id", "sign"))
    assert frame["id"].to_list() == ["00", "01", "02"]
    assert frame["sign"].to_list() == ["-", "NA", ""]


def test_gzipped_table_is_unpacked(tmp_path):
    frame = read_table(raw(tmp_path / "a.csv.gz", gzip.compress(b"id\n00\n")), ("id",))
    assert frame["id"].to_list() == ["00"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.csv", None, "file not found: gone.csv; check the folder given with --from"),
        ("empty.csv", b"", "the file is empty: empty.csv"),
        ("blank.csv", b" \n\n", "the file is empty: blank.csv"),
        ("header.csv", b"id,value\n", "header but no rows: header.csv"),
        ("other.csv", b"key,value\n1,2\n", "other.csv lacks the column(s) id: it has key, value"),
        ("latin.csv", "id,name\n00,Möckern\n".encode("latin-1"), "latin.csv is not UTF-8: byte 12"),
        ("quote.csv", b'id,name\n00,"Moe\n', "quote.csv is not a table"),
        ("cut.csv.gz", gzip.compress(b"id\n" + b"00\n" * 5000)[:-20], "cut.csv.gz cannot be read"),
        ("plain.csv.gz", b"id\n00\n", "plain.csv.gz cannot be read"),
        (
            "body.csv.gz",
            damaged(gzip.compress(b"id\n00\n" * 500), at=12),
            "body.csv.gz cannot be read: Error -3",
        ),
        (
            "sum.csv.gz",
            damaged(gzip.compress(b"id\n00\n"), at=-6),
            "sum.csv.gz cannot be read: CRC check failed",
        ),
        ("wide.csv", b"id,name,v\n00,A,12,5\n", "wide.csv is not a table: its rows have more cells"),
        ("later.csv", b"id,name,v\n00,A,12\n01,B,3,5\n", "later.csv is not a table: "),
    ],
)
def test_broken_table_is_one_clear_line(tmp_path, name, content, said):
    with pytest.raises(FetchError) as failure:
        read_table(raw(tmp_path / name, content), ("id",))
    assert said in one_line(failure)


def test_a_column_too_many_is_refused_where_warnings_are_only_shown(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        with pytest.raises(FetchError, match="more cells than its header has names"):
            read_table(raw(tmp_path / "wide.csv", "id,name,v\n00,A,12,5\n"), ("id", "name", "v"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (collection(FEATURE)[:-40], "broken GeoJSON in a.json: line 1, column"),
        ("[1, 2]", "not a GeoJSON FeatureCollection: a.json"),
        ('{"type": "Feature"}', "not a GeoJSON FeatureCollection: a.json"),
        (collection(), "the layer has no features: a.json"),
        (
            collection(FEATURE.replace('"key"', '"code"')),
            "a.json lacks the attribute(s) key: it has code, title",
        ),
        (collection(FEATURE.replace("Polygon", "Polyhedron")), "broken geometry in a.json: feature 1"),
        (
            collection(FEATURE, FEATURE.replace("[12.3, 51.3]", '["east", 51.3]')),
            "broken geometry in a.json: feature 2",
        ),
        (
            collection(FEATURE, more='"crs": {"type": "name", "properties": {"name": "Mars"}}, '),
            "unknown coordinate system",
        ),
        ("[" * 200_000 + "]" * 200_000, "broken GeoJSON in a.json: it is nested too deeply; fetch"),
        (collection(FEATURE.replace("12.4", "1" * 5000)), "a.json: a number has too many digits; fetch"),
        (
            collection(FEATURE.replace("12.4", "1" * 400)),
            "broken geometry in a.json: feature 1: int too large",
        ),
        (
            collection(
                FEATURE.replace("[[[12.3", "[" * 900 + "12.3").replace("51.3]]]", "51.3]" + "]" * 899)
            ),
            "broken geometry in a.json: feature 1: ",
        ),
        (
            collection(FEATURE, FEATURE.replace(PROPERTIES, "5")),
            "feature 2: its properties are no object but int",
        ),
        (
            collection(FEATURE.replace(PROPERTIES, '["00"]')),
            "feature 1: its properties are no object but list",
        ),
    ],
)
def test_broken_geojson_is_one_clear_line(tmp_path, content, said):
    with pytest.raises(FetchError) as failure:
        read_geojson(raw(tmp_path / "a.json", content), ("key", "title"))
    assert said in one_line(failure)


def test_geojson_is_wgs84_unless_it_says_otherwise(tmp_path):
    silent = read_geojson(raw(tmp_path / "a.json", "\ufeff" + collection(FEATURE)), ("key",))
    spoken = collection(
        FEATURE, more='"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25833"}}, '
    )
    assert silent.crs.to_authority() == ("OGC", "CRS84")
    assert read_geojson(raw(tmp_path / "b.json", spoken), ("key",)).crs.to_epsg() == 25833


def test_feature_without_geometry_is_kept_for_the_checks(tmp_path):
    nothing = '{"type": "Feature", "properties": {"key": "01"}, "geometry": null}'
    frame = read_geojson(raw(tmp_path / "a.json", collection(FEATURE, nothing)), ("key",))
    assert frame.geometry.isna().to_list() == [False, True]


def test_broken_geopackage_is_one_clear_line(tmp_path):
    gpd.GeoDataFrame({"key": ["00"]}, geometry=[box(0, 0, 1, 1)], crs=25833).to_file(
        tmp_path / "a.gpkg", layer="areas"
    )
    for file, layer, columns, said in (
        (raw(tmp_path / "gone.gpkg", None), "areas", ("key",), "file not found: gone.gpkg"),
        (
            raw(tmp_path / "b.gpkg", b"not a database"),
            "areas",
            ("key",),
            "b.gpkg, layer areas is not a readable GeoPackage",
        ),
        (
            raw(tmp_path / "a.gpkg", None),
            "blocks",
            ("key",),
            "layer not found: a.gpkg, layer blocks; the file has the layer(s) areas",
        ),
        (
            raw(tmp_path / "a.gpkg", None),
            "areas",
            ("name",),
            "lacks the attribute(s) name: it has key, geometry",
        ),
    ):
        with pytest.raises(FetchError) as failure:
            read_layer(file, columns, layer=layer)
        assert said in one_line(failure)


def test_cut_off_geopackage_is_one_clear_line(tmp_path):
    gpd.GeoDataFrame({"key": ["00"]}, geometry=[box(0, 0, 1, 1)], crs=25833).to_file(
        tmp_path / "a.gpkg", layer="areas"
    )
    half = (tmp_path / "a.gpkg").read_bytes()[:40_000]
    with pytest.raises(FetchError) as failure:
        read_layer(raw(tmp_path / "half.gpkg", half), ("key",), layer="areas")
    assert "half.gpkg" in one_line(failure)


def test_unpacked_content_is_the_bytes_received(tmp_path):
    assert content_of(raw(tmp_path / "a.txt", b"\xef\xbb\xbfx")) == b"\xef\xbb\xbfx"
