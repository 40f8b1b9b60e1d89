"""Which cells of a raster are known: signs for "not known" as the file holds them, withheld cells, counts below 0."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from etl.datasets.rasters.files import raw_raster, read_window
from etl.datasets.report import report_page

# The four squares of 1 km lie in a row from x = 500,000 at y = 6,000,000 to 6,001,000: one cell each.
PLACE = Affine(1000, 0, 500_000, 0, -1000, 6_001_000)
INDICATOR = """
[[indicator]]
id = "people"
title_de = "Menschen"
title_en = "People"
"""
RASTER = """
[[raster]]
file = "people.tif"
geography = "sub_district"
indicator = "people"
statistic = "sum"
period = "2020"
"""
TABLE = """
[[raster]]
file = "zensus.csv"
crs = "EPSG:25832"
cells = { x = "x", y = "y", column = "Einwohner", size = 500 }
geography = "sub_district"
indicator = "people"
statistic = "sum"
period = "2020"
"""


def write(path: Path, cells: np.ndarray, *, scale: float = 1.0, offset: float = 0.0) -> Path:
    bands = cells if cells.ndim == 3 else cells[None]
    profile = {"driver": "GTiff", "height": bands.shape[1], "width": bands.shape[2], "count": len(bands)}
    with rasterio.open(path, "w", **profile, dtype=bands.dtype, transform=PLACE, crs="EPSG:25832") as file:
        file.write(bands)
        file.scales, file.offsets = (scale,) * len(bands), (offset,) * len(bands)
    return path


def table(folder: Path, cells: dict[tuple[int, int], str]) -> None:
    """Write cells of 500 m by column and row from the north-west of the first square."""
    rows = [
        f"{500_250 + 500 * column};{6_000_750 - 500 * row};{text}" for (column, row), text in cells.items()
    ]
    (folder / "zensus.csv").write_text("\n".join(["x;y;Einwohner", *rows, ""]), encoding="utf-8")


@pytest.mark.parametrize(
    ("cells", "scale", "nodata", "known"),
    [
        # 65,535 stands in the file; scaled it would be 6,553.5.
        (np.array([[65535, 10]], dtype="uint16"), 0.1, (65535.0,), [np.nan, 1.0]),
        # What a scale makes of a cell is no sign: 10 · 0.1 = 1.
        (np.array([[1, 10]], dtype="uint16"), 0.1, (1.0,), [np.nan, 1.0]),
        # As 32 bits these are -99.90000153 and -3.40282347e38.
        (np.array([[-99.9, 4]], dtype="float32"), 1.0, (-99.9,), [np.nan, 4.0]),
        (np.array([[-3.4028235e38, 4]], dtype="float32"), 1.0, (-3.4028235e38,), [np.nan, 4.0]),
        (np.array([[np.inf, 4]], dtype="float32"), 1.0, (np.inf,), [np.nan, 4.0]),
        # No cell of 8 bits can hold -9999 or 0.5, none of 32 bits 1e39 or 1e-60.
        (np.array([[0, 241]], dtype="uint8"), 1.0, (-9999.0, 0.5), [0.0, 241.0]),
        (np.array([[0, 4]], dtype="float32"), 1.0, (1e39, 1e-60), [0.0, 4.0]),
    ],
)
def test_a_sign_for_not_known_is_compared_as_the_file_holds_it(
    tmp_path: Path, cells: np.ndarray, scale: float, nodata: tuple[float, ...], known: list[float]
) -> None:
    files = raw_raster(write(tmp_path / "people.tif", cells, scale=scale))
    found = read_window(files, "people.tif", None, nodata=nodata)
    np.testing.assert_allclose(found.values[0], known)


def test_a_sign_of_the_manifest_leaves_a_scaled_area_missing(dataset, value) -> None:
    dataset.add(INDICATOR + RASTER.replace("period", "nodata = [65535]\nperiod"))
    write(dataset.folder / "people.tif", np.array([[65535, 200, 300, 400]], dtype="uint16"), scale=0.1)
    assert value("01", "people", "2020")[1] == "missing"
    assert value("02", "people", "2020") == (20, "measured")


@pytest.fixture
def census(dataset) -> Callable[[str], dict[str, int]]:
    """Give the small data set a table of cells, and return what was counted."""
    # The first square has a cell with ".", the second one with "…" and one without a row, the third a number.
    whole = {(column, row): "5" for column in range(8) for row in range(2)}
    table(
        dataset.folder,
        {one: text for one, text in whole.items() if one != (2, 0)} | {(0, 0): ".", (3, 1): "…"},
    )

    def counted(more: str) -> dict[str, int]:
        dataset.add(INDICATOR + TABLE.replace("period", f"{more}\nperiod"))
        found = dataset.inspect()
        assert found.delivery is not None, [one.sentence() for one in found.findings.errors]
        return dict(found.counted)

    return counted


def test_a_withheld_cell_is_never_taken_as_nobody(census, value) -> None:
    counted = census('empty = "zero"')
    assert counted["zensus.csv: cells without a number, taken as 0"] == 2
    assert counted["zensus.csv: cells whose number is withheld, not known"] == 1
    assert value("01", "people", "2020")[1] == "missing"
    assert value("02", "people", "2020") == (10, "measured")
    assert value("03", "people", "2020") == (20, "measured")


def test_withheld_cells_are_counted_also_where_no_cell_is_taken_as_nobody(census, value) -> None:
    counted = census("known_at_least = 0.5")
    assert "zensus.csv: cells without a number, taken as 0" not in counted
    assert counted["zensus.csv: cells whose number is withheld, not known"] == 1
    assert [value(area, "people", "2020")[0] for area in ("01", "02", "03")] == [15, 10, 20]


@pytest.mark.parametrize("least", ["", "least = -3\n"])
def test_counts_below_0_name_the_file_the_band_and_what_to_do(dataset, least: str) -> None:
    dataset.add(INDICATOR + least + RASTER.replace("period", "band = 2\nperiod"))
    bands = np.array([[[1, 2, 3, 4]], [[1, -5, 3, -1]]], dtype="int16")
    write(dataset.folder / "people.tif", bands)
    errors = dataset.inspect().findings.errors
    assert [(one.file, one.place, one.what) for one in errors] == [
        ("people.tif", "band 2, area 02", "-5 is below 0"),
        ("people.tif", "band 2, area 04", "-1 is below 0"),
    ]
    for word in ("check band", "nodata", 'statistic = "mean"', 'kind = "intensive"'):
        assert word in errors[0].todo
    told = report_page("small", errors, manifest=None, found=None).findings[0]
    assert told.place.startswith("Kanal 2, Gebiet 02")
    assert told.what_de == "-5 liegt unter 0"
    assert told.todo_de.startswith("band und factor prüfen")


def test_counts_below_0_of_a_table_name_its_column(dataset) -> None:
    dataset.add(INDICATOR + TABLE)
    table(
        dataset.folder,
        {(column, row): "-2" if column < 2 else "5" for column in range(8) for row in range(2)},
    )
    (error,) = dataset.inspect().findings.errors
    assert (error.file, error.place, error.what) == (
        "zensus.csv",
        "column 'Einwohner', area 01",
        "-8 is below 0",
    )
    assert error.todo.startswith("check cells and factor")


def test_levels_below_0_pass(dataset, value) -> None:
    made = INDICATOR + 'kind = "intensive"\nunit = "°C"\n' + RASTER.replace('"sum"', '"mean"')
    dataset.add(made)
    write(dataset.folder / "people.tif", np.array([[-4, 1, 2, 3]], dtype="int16"))
    assert value("01", "people", "2020") == (-4, "measured")
