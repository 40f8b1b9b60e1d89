"""Map files of a user's own, for proposals and conversions: read as those of a data set are."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from etl.errors import EtlError, FetchError
from etl.planning.area_files import read_map, write_map

SQUARES = [shapely.box(500_000 + n, 6_000_000, 500_001 + n, 6_000_001) for n in range(3)]
# As numbers they would be other keys: 1.1, 9223372036854775807 and 100000.
KEYS = ["1.10", "12345678901234567890", "1e5"]


def areas(keys: list[str]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"nr": keys}, geometry=SQUARES, crs="EPSG:25832")


def test_keys_in_gml_stay_as_they_are_written_beside_a_schema_that_makes_numbers_of_them(
    tmp_path: Path,
) -> None:
    path = tmp_path / "areas.gml"
    pyogrio.write_dataframe(areas(KEYS), path, driver="GML")
    schema = path.with_suffix(".xsd")
    schema.write_text(schema.read_text("utf-8").replace("xs:string", "xs:double"), "utf-8")
    before = {one.name for one in tmp_path.iterdir()}
    assert read_map(path)["nr"].tolist() == KEYS
    assert {one.name for one in tmp_path.iterdir()} == before


@pytest.mark.parametrize("name", ["areas.gpkg", "areas.geojson", "areas.shp", "areas.fgb"])
def test_every_format_gives_the_same_areas(tmp_path: Path, name: str) -> None:
    areas(["a", "b", "c"]).to_file(tmp_path / name)
    found = read_map(tmp_path / name).set_index("nr").sort_index().to_crs(25832)
    assert found.index.tolist() == ["a", "b", "c"]
    assert (
        found.geometry.normalize()
        .geom_equals_exact(gpd.GeoSeries(SQUARES, found.index, 25832).normalize(), 1e-3)
        .all()
    )


def test_geoparquet_is_a_map_file_too(tmp_path: Path) -> None:
    areas(["a", "b", "c"]).to_parquet(tmp_path / "areas.parquet")
    assert read_map(tmp_path / "areas.parquet")["nr"].tolist() == ["a", "b", "c"]


def test_a_file_that_is_no_map_or_says_no_crs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "areas.gpkg").write_text("no map")
    with pytest.raises(FetchError, match="no readable map"):
        read_map(tmp_path / "areas.gpkg")
    areas(["a", "b", "c"]).to_file(tmp_path / "bare.shp")
    (tmp_path / "bare.prj").unlink()
    with pytest.raises(FetchError, match="does not say its CRS"):
        read_map(tmp_path / "bare.shp")


def test_of_several_layers_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "two.gpkg"
    write_map(path, {"blocks": areas(["a", "b", "c"]), "districts": areas(["x", "y", "z"])})
    assert read_map(path, layer="districts")["nr"].tolist() == ["x", "y", "z"]
    with pytest.raises(EtlError, match="several layers; name one of them: blocks, districts"):
        read_map(path)
    with pytest.raises(EtlError, match="no layer 'block'; did you mean 'blocks'"):
        read_map(path, layer="block")


def test_a_map_that_cannot_be_written_whole_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "map.gpkg"
    write_map(path, {"blocks": areas(["a", "b", "c"])})
    before = path.read_bytes()
    with pytest.raises(ValueError, match="DataFrame"):
        write_map(path, {"blocks": areas(["d", "e", "f"]), "broken": "no layer"})
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["map.gpkg"]
