"""`sozialraum surface`: a file that other programs read, made of published values and of nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from db.engine import connect
from etl.cities import city_profile
from etl.cli.main import app
from etl.errors import EtlError
from etl.surfaces import CitySurface, Smoothing, city_surface
from maps.surfaces import surface_geotiff

pytestmark = pytest.mark.db

WIDE = Smoothing(bandwidth=500, cell_size=100, least_persons=50)


@pytest.fixture
def command(small_city_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", small_city_url)
    monkeypatch.setenv("SOZIALRAUM_STATE_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["surface", *arguments])


def drawn(engine: Engine, indicator: str, **options: object) -> CitySurface:
    with engine.connect() as connection:
        return city_surface(
            connection, city_profile("small", connection), indicator, **{"smoothing": WIDE, **options}
        )


def test_the_file_is_cloud_optimised_and_says_what_it_shows(command, tmp_path: Path) -> None:
    done = command("sample", "residents_65p_share", "--out", "aged.tif", "--geography", "sub_district")
    assert done.exit_code == 0, done.exception
    assert done.stdout.startswith("aged.tif: residents_65p_share [%] 2022 from ")
    with rasterio.open(tmp_path / "aged.tif") as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.block_shapes == [(256, 256)]
        tags, cells = file.tags(), file.read(1, masked=True)
        assert (file.crs.to_epsg(), file.res, file.nodata) == (25833, (50, 50), -9999)
    assert 0 < cells.min() < cells.max() < 100
    for name, text in {
        "PERIOD": "2022",
        "UNIT": "%",
        "KERNEL": "quartic",
        "BANDWIDTH": "500 m",
        "LEAST_PERSONS": "100",
        "LICENCE": "CC0-1.0",
        "BOUNDARY_EDITION": "2020",
        "MADE_OF": "residents_65p_share, residents",
        "MADE_OF_PUBLISHED_VALUES_ONLY": "yes",
        "SYNTHETIC": "ja / yes",
    }.items():
        assert tags[name] == text, name
    assert "weniger als 100 Personen unter dem Kern" in tags["NOT_SHOWN"]
    assert not list(tmp_path.glob("*.part"))


def test_the_same_question_gives_the_same_bytes_and_facts_for_programs(command, tmp_path: Path) -> None:
    arguments = (
        "sample",
        "sgb2_recipients",
        "--period",
        "2021",
        "--geography",
        "district",
        "--kernel",
        "gaussian",
    )
    first = command(*arguments, "--out", "one.tif", "--json")
    assert first.exit_code == 0, first.exception
    told = json.loads(first.stdout)
    assert (told["unit"], told["period"], told["made_of"]) == (
        "persons/km²", "2021", ["sgb2_recipients", "residents"]
    )  # fmt: skip
    assert told["areas"]["withheld"] == 0
    command(*arguments, "--out", "two.tif")
    assert (tmp_path / "one.tif").read_bytes() == (tmp_path / "two.tif").read_bytes()


def test_what_there_is_no_surface_of_is_refused(command) -> None:
    assert command("sample", "residents", "--out", "x.png").exit_code == 2
    for arguments, reason in (
        (("nowhere", "residents"), "unknown city"),
        (("sample", "nothing"), "no indicator 'nothing'"),
        (("sample", "residents", "--period", "1900"), "1900"),
        (("sample", "status_class"), "surface of classes"),
        (("sample", "residents", "--least-persons", "1e9"), "no cell of residents may be shown"),
        (("sample", "residents", "--bandwidth", "10"), "bandwidth is 10"),
        (("sample", "residents", "--cell-size", "0.1"), "choose cells of"),
        (("sample", "residents", "--weight", "nobody"), "no values of nobody"),
    ):
        done = command(*arguments, "--out", "x.tif")
        assert done.exit_code == 1
        assert reason in str(done.exception), arguments
    assert not Path("x.tif").exists()


def test_a_rate_is_the_published_one_where_the_kernel_sees_one_area_only(
    load_town, database: Engine, dataset
) -> None:
    dataset.manifest('id = "rate"', 'id = "foreign_share"\n[[indicator]]\nid = "rate"')
    dataset.values("03;2020;1500;-;.", "03;2020;1500;0;2,0")
    load_town()
    made = drawn(database, "rate", period="2020")
    # A delivered rate without counts of its own is the mean of its areas by residents.
    assert made.words.made_of == ("rate", "residents")
    assert (made.published, made.withheld, made.missing) == (4, 0, 0)
    middle = made.surface.values[5]
    assert middle[0] == pytest.approx(5.5)  # 500 m from the border: the middle of a cell is 450 m inside
    assert middle[9] == pytest.approx((5.5 * 1000 + 7.0 * 2000) / 3000, abs=0.5)
    assert np.nanmin(made.surface.values) >= 2
    assert np.nanmax(made.surface.values) <= 7


def test_beside_a_withheld_value_nothing_is_shown(load_town, database: Engine) -> None:
    load_town()
    made = drawn(database, "rate", period="2020")
    # The publisher withholds the rate of the third square, from 2,000 to 3,000 m; the kernel reaches 500 m.
    assert (made.published, made.withheld) == (3, 1)
    shown = np.flatnonzero((made.surface.mask == 0).any(axis=0)) * 100 + 50
    assert shown.max() > 3500
    assert not ((shown > 1500) & (shown < 3500)).any()


STRICT = '[confidentiality]\nprofile = "strict"\nparts = { non_german = "residents" }'


@pytest.fixture
def two_truths(
    load, make_database: Callable[..., str], dataset, tmp_path: Path
) -> Iterator[list[tuple[Engine, CitySurface]]]:
    """The same city twice, with 1 and with 3 non-Germans in a square; both counts are withheld."""
    dataset.manifest('[confidentiality]\nprofile = "as-published"', STRICT)
    dataset.values("04;2020;900;90;(3,1)", "04;2020;900;1;(3,1)")
    made = []
    for number in (1, 3):
        if number == 3:
            dataset.values("04;2020;900;1;", "04;2020;900;3;")
        engine = connect(make_database())
        load(engine, dataset, tmp_path)
        made.append((engine, drawn(engine, "non_german", period="2020", smoothing=WIDE)))
    yield made
    for engine, _ in made:
        engine.dispose()


def test_a_surface_does_not_depend_on_what_is_withheld(two_truths) -> None:
    (_, one), (_, other) = two_truths
    assert one.withheld > 0
    written = [surface_geotiff(made.surface, made.words, decimals=made.decimals) for made in (one, other)]
    assert written[0] == written[1]


def test_areas_that_are_drawn_as_tiles_have_no_surface(load_town, database: Engine, dataset) -> None:
    dataset.manifest('file = "areas.gpkg"\nkey = "nr"\nname = "name"', 'key = "nr"')
    dataset.manifest(
        'key = "nr"', 'key = "nr"\ntiles = { file = "values.csv", size = 1000, origin = [500000, 6000000] }'
    )
    load_town()
    with pytest.raises(EtlError, match="drawn as tiles"):
        drawn(database, "residents")
