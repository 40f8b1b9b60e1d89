"""A smoothed surface as a file: laid out for reading in parts, whole in its words, the same from the same."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from rasterio.io import MemoryFile
from shapely import box

from maps.cloud_optimised import NODATA
from maps.surfaces import SurfaceWords, surface_geotiff
from spatial.rasters import distribute, grid_over, smoothed_rate

WORDS = SurfaceWords(
    title_de="Anteil älterer Menschen",
    title_en="Share of older people",
    unit="%",
    city="small",
    indicator="share_65p",
    geography="sub_district",
    edition="2020",
    period="2022",
    reference_date="2022-12-31",
    source_de="Atlas, Stadt",
    source_en="Atlas, city",
    attribution="Stadt Kleinstadt",
    licence="dl-de/by-2-0",
    url="",
    made_of=("share_65p", "residents"),
)


@pytest.fixture(scope="module")
def surface():
    """Two squares of 10 km, the second one without published counts in its eastern half."""
    areas = gpd.GeoSeries(
        {
            "a": box(0, 0, 10_000, 10_000),
            "b": box(10_000, 0, 15_000, 10_000),
            "c": box(15_000, 0, 20_000, 10_000),
        },
        crs=25832,
    )
    grid = grid_over(areas, 20)
    old, people = (
        distribute(pd.Series(one), areas, grid)
        for one in ({"a": 30_000, "b": 10_000, "c": np.nan}, {"a": 200_000, "b": 100_000, "c": 70_000})
    )
    return smoothed_rate(old, people, bandwidth=1000)


def test_headers_and_overviews_lie_before_the_cells(surface) -> None:
    content = surface_geotiff(surface, WORDS, decimals=1)
    # What GDAL writes at the head of a cloud-optimised file, in front of the first directory.
    assert b"LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR" in content[:400]
    with MemoryFile(content) as memory, memory.open() as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert (file.shape, file.block_shapes, file.overviews(1)) == ((500, 1000), [(256, 256)], [2, 4])
        assert (file.crs.to_epsg(), file.res, file.dtypes, file.nodata) == (
            25832,
            (20, 20),
            ("float32",),
            NODATA,
        )
        assert tuple(file.bounds) == (0, 0, 20_000, 10_000)
        cells = file.read(1, masked=True)
    np.testing.assert_array_equal(cells.mask, surface.mask > 0)
    # 15 % in the west, 10 % between, and one digit more than the indicator shows.
    assert (cells[250, 0], cells[250, 600]) == (15, 10)
    kept = np.asarray(cells.compressed(), dtype=float)
    assert kept == pytest.approx(kept.round(2), abs=1e-5)


def test_the_words_are_tags_and_none_of_them_is_empty(surface) -> None:
    with MemoryFile(surface_geotiff(surface, WORDS, decimals=1)) as memory, memory.open() as file:
        tags, described = file.tags(), file.descriptions
    assert described == ("Anteil älterer Menschen [%]",)
    assert tags["TIFFTAG_COPYRIGHT"] == "Stadt Kleinstadt (dl-de/by-2-0)"
    assert (tags["TITLE"], tags["TITLE_EN"]) == (
        "Anteil älterer Menschen, geglättet",
        "Share of older people, smoothed",
    )
    assert (tags["REACH"], tags["CELL_SIZE"], tags["MADE_OF"]) == ("1000 m", "20 m", "share_65p, residents")
    assert tags["NOT_SHOWN_EN"].startswith("Not shown: outside the city, fewer than 100 persons")
    assert not {"URL", "SYNTHETIC"} & set(tags)
    assert all(tags.values())


def test_the_same_surface_gives_the_same_bytes(surface) -> None:
    one = surface_geotiff(surface, WORDS, decimals=1)
    assert one == surface_geotiff(surface, WORDS, decimals=1)
    assert one != surface_geotiff(surface, replace(WORDS, period="2021"), decimals=1)
