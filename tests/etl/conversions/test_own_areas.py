"""Published values on areas that nobody loaded, as a file."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from etl.errors import EtlError

pytestmark = pytest.mark.db

BY_AREA = ("--from", "sub_district@2020", "--to", "sub_district@2022", "--by", "area")
BY_PEOPLE = (*BY_AREA[:4], "--by", "population", "--weights", "sub_district@2022:residents:2022")


def test_values_on_areas_of_ones_own_are_written_marked_and_graded(town, tmp_path: Path) -> None:
    cells = gpd.GeoDataFrame(
        {"zelle": ["w", "o"]},
        geometry=[
            shapely.box(500_000, 6_000_000, 501_500, 6_001_000),
            shapely.box(501_500, 6_000_000, 504_000, 6_001_000),
        ],
        crs="EPSG:25832",
    ).to_crs(4326)
    cells.to_file(tmp_path / "cells.gpkg")
    out, before = tmp_path / "cells.csv", tmp_path / "before.csv"
    before.write_text("what was there", encoding="utf-8")
    out.hardlink_to(before)
    told = town.run(
        "apply", "small", "--from", "sub_district", "--to", str(tmp_path / "cells.gpkg"), "--key", "zelle", "--by",
        "area", "--indicator", "residents", "--period", "2020", "--out", str(out),
    )  # fmt: skip
    assert "2 converted values, each with its grade" in told
    rows = pd.read_csv(out).set_index("area_id")
    # w has 01 and half of 02
    assert rows["value"].to_dict() == pytest.approx({"w": 2000, "o": 3400}, rel=1e-6)
    assert rows["is_converted"].all()
    origin = {
        "city": "small",
        "source": "Atlas",
        "publisher": "Stadt",
        "attribution": "Stadt",
        "licence": "dl-de/by-2-0",
    }
    for name, text in origin.items():
        assert set(rows[name]) == {text}, name
    assert not rows["is_synthetic"].any()
    # The file was written beside its place and moved there: another name of the old one still has what was there.
    assert before.read_text(encoding="utf-8") == "what was there"
    assert not list(tmp_path.glob("*.part"))
    assert set(rows["converted_from"]) == {"sub_district@2020"}
    # A half of 02 is all estimate: a third of the ground of w, a fifth of that of o.
    assert rows["grade"].to_dict() == {"w": "D", "o": "C"}
    assert town.count() == 0
    drawn = tmp_path / "cells_out.gpkg"
    town.run(
        "apply", "small", "--from", "sub_district", "--to", str(tmp_path / "cells.gpkg"), "--key", "zelle", "--by",
        "area", "--out", str(drawn),
    )  # fmt: skip
    assert len(gpd.read_file(drawn, layer="areas")) == 2
    with pytest.raises(EtlError, match="no published values of 'shoes'"):
        town.run(
            "apply", "small", "--from", "sub_district", "--to", str(tmp_path / "cells.gpkg"), "--key", "zelle",
            "--by", "area", "--indicator", "shoes", "--out", str(out),
        )  # fmt: skip


def test_cells_that_reach_beyond_the_city_are_missing_unless_they_are_cut(town, tmp_path: Path) -> None:
    wide = gpd.GeoDataFrame(
        {"zelle": ["in", "out"]},
        geometry=[shapely.box(499_000, 6_000_000, 504_000, 6_001_000), shapely.box(0, 0, 10, 10)],
        crs="EPSG:25832",
    )
    wide.to_file(tmp_path / "wide.gpkg")
    out = tmp_path / "wide.csv"
    asked = (
        "apply", "small", "--from", "sub_district", "--to", str(tmp_path / "wide.gpkg"), "--key", "zelle", "--by",
        "area", "--indicator", "residents", "--period", "2020", "--out", str(out),
    )  # fmt: skip
    town.run(*asked)
    assert set(pd.read_csv(out)["status"]) == {"missing"}
    assert "1 cut at the border, 1 beyond it left out" in town.run(*asked, "--clip")
    assert pd.read_csv(out)["value"].tolist() == [5400]
