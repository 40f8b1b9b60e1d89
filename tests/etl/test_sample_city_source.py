"""The sample city's way in: always the same files, made once, repaired when damaged, read like anybody's."""

from __future__ import annotations

import errno
import gzip
import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from etl.checks import check
from etl.errors import FetchError
from etl.raw import RawFile, RawStore
from etl.sample_city.files import ABOUT, AREAS, FILE_NAMES, VALUES
from etl.sample_city.generate import generate
from etl.sample_city.parameters import SampleCityParameters
from etl.sample_city.source import SampleSource

SMALL = SampleCityParameters(blocks=300, seed=7, years=2)


def quiet(_name: str, _share: float | None = None) -> None:
    pass


@pytest.fixture
def store(tmp_path: Path) -> RawStore:
    return RawStore(tmp_path / "raw")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[RawStore, list[RawFile]]:
    """A store in which the small city was made once; tests do not change it."""
    store = RawStore(tmp_path_factory.mktemp("raw"))
    return store, list(SampleSource(SMALL).fetch(store, folder=None, progress=quiet))


@pytest.fixture
def folder(made: tuple[RawStore, list[RawFile]], tmp_path: Path) -> Path:
    """A folder with the three files, as somebody would hand them over."""
    place = tmp_path / "handed over"
    place.mkdir()
    for file in made[1]:
        (place / file.name).write_bytes(file.path.read_bytes())
    return place


def forbid_making(monkeypatch: pytest.MonkeyPatch) -> None:
    def made_again(*_arguments: object) -> None:
        raise AssertionError("the city was made again")

    monkeypatch.setattr("etl.sample_city.source.build_city", made_again)


def rewrite_values(folder: Path, old: str, new: str) -> None:
    text = gzip.decompress((folder / VALUES).read_bytes()).decode()
    assert old in text
    (folder / VALUES).write_bytes(gzip.compress(text.replace(old, new, 1).encode()))


def test_two_stores_get_the_same_bytes(made, store):
    again = SampleSource(SMALL).fetch(store, folder=None, progress=quiet)
    assert [(file.name, file.sha256) for file in again] == [(file.name, file.sha256) for file in made[1]]


def test_the_second_fetch_makes_nothing(made, monkeypatch):
    forbid_making(monkeypatch)
    assert list(SampleSource(SMALL).fetch(made[0], folder=None, progress=quiet)) == made[1]


def test_other_numbers_make_another_city(made):
    other = SampleCityParameters(blocks=300, seed=8, years=2)
    files = SampleSource(other).fetch(made[0], folder=None, progress=quiet)
    assert {file.sha256 for file in files}.isdisjoint(file.sha256 for file in made[1])


def test_other_code_makes_the_city_again(made, monkeypatch):
    monkeypatch.setattr("etl.sample_city.source.generator_version", lambda: "other")
    forbid_making(monkeypatch)
    with pytest.raises(AssertionError, match="made again"):
        SampleSource(SMALL).fetch(made[0], folder=None, progress=quiet)


@pytest.mark.parametrize("name", FILE_NAMES)
@pytest.mark.parametrize("harm", ["lost", "damaged"])
def test_a_lost_or_damaged_file_is_made_again(store, name, harm):
    source = SampleSource(SMALL)
    before = {file.name: file for file in source.fetch(store, folder=None, progress=quiet)}
    path = before[name].path
    path.unlink()
    if harm == "damaged":
        path.write_bytes(b"not what it was")
    after = {file.name: file for file in source.fetch(store, folder=None, progress=quiet)}
    assert after == before
    source.clean(list(after.values()), progress=quiet)


def test_a_broken_index_does_no_harm(store, monkeypatch):
    source = SampleSource(SMALL)
    files = source.fetch(store, folder=None, progress=quiet)
    (index,) = store.root.glob("sample-*.json")
    index.write_text("{broken")
    assert list(source.fetch(store, folder=None, progress=quiet)) == list(files)
    forbid_making(monkeypatch)
    assert list(source.fetch(store, folder=None, progress=quiet)) == list(files)


def test_nothing_but_raw_files_and_the_index_is_left_in_the_store(made):
    store, files = made
    left = {path for path in store.root.rglob("*") if path.is_file()} - {file.path for file in files}
    assert all(
        path.suffix == ".json" and path.name.startswith("sample-")
        for path in left
        if path.parent == store.root
    )
    assert not [path for path in store.root.iterdir() if path.name.startswith(".")]


def test_clean_gives_back_what_was_generated(made):
    cleaned = SampleSource(SMALL).clean(made[1], progress=quiet)
    generated = generate(SMALL, quiet)
    pd.testing.assert_frame_equal(cleaned.values, generated.values)
    plain = ["geography", "area_id", "parent_id", "name"]
    assert (
        cleaned.areas[plain].astype(object).values.tolist()
        == generated.areas[plain].astype(object).values.tolist()
    )
    assert cleaned.areas.geometry.geom_equals_exact(generated.areas.geometry, 0).all()
    assert cleaned.geographies == generated.geographies
    assert cleaned.areas["parent_id"].iloc[0] is None
    assert cleaned.rejected.empty
    check(cleaned)


def test_files_may_come_from_a_folder(folder, store, made, monkeypatch):
    forbid_making(monkeypatch)
    files = SampleSource().fetch(store, folder=folder, progress=quiet)
    assert [file.sha256 for file in files] == [file.sha256 for file in made[1]]


def test_a_missing_folder_or_file_is_named(folder, store, tmp_path):
    with pytest.raises(FetchError, match="folder not found"):
        SampleSource().fetch(store, folder=tmp_path / "nowhere", progress=quiet)
    (folder / VALUES).unlink()
    with pytest.raises(FetchError, match=VALUES):
        SampleSource().fetch(store, folder=folder, progress=quiet)


def test_a_file_left_out_is_named(made):
    with pytest.raises(FetchError, match=ABOUT):
        SampleSource(SMALL).clean([file for file in made[1] if file.name != ABOUT], progress=quiet)


def test_a_cell_that_is_neither_number_nor_sign_is_rejected_with_its_place(folder, store):
    rewrite_values(
        folder, "synthetic (synthetisch),city,M,2012,", "synthetic (synthetisch),city,M,2012,about "
    )
    delivery = SampleSource().clean(
        SampleSource().fetch(store, folder=folder, progress=quiet), progress=quiet
    )
    (row,) = delivery.rejected.to_dict("records")
    assert (row["file"], row["place"]) == (VALUES, "line 2, column residents")
    assert row["content"].startswith("2012: about ")
    # The other 19 counts of the line are kept.
    city_2012 = delivery.values.query("geography == 'city' and period == '2012'")
    assert len(city_2012) == 19
    check(delivery)


def test_a_period_that_is_no_year_is_rejected(folder, store):
    rewrite_values(folder, ",city,M,2012,", ",city,M,soon,")
    delivery = SampleSource().clean(
        SampleSource().fetch(store, folder=folder, progress=quiet), progress=quiet
    )
    assert len(delivery.rejected) == 20
    assert set(delivery.rejected["reason"]) == {"period is not a year"}


@pytest.mark.parametrize(
    ("name", "content"),
    [(AREAS, b"no geopackage"), (VALUES, b"not gzip"), (ABOUT, b"{}"), (ABOUT, b"\xff\xfe")],
)
def test_a_broken_file_gives_one_clear_line(folder, store, name, content):
    (folder / name).write_bytes(content)
    files = SampleSource().fetch(store, folder=folder, progress=quiet)
    with pytest.raises(FetchError, match=name) as caught:
        SampleSource().clean(files, progress=quiet)
    assert "\n" not in str(caught.value)


def test_a_full_disk_gives_one_clear_line_and_leaves_nothing(store, monkeypatch):
    def full(_city: object, place: Path) -> list[Path]:
        (place / "half").write_bytes(b"written")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("etl.sample_city.source.write_files", full)
    with pytest.raises(FetchError, match=r"No space left on device.*free space"):
        SampleSource(SMALL).fetch(store, folder=None, progress=quiet)
    assert list(store.root.iterdir()) == []


def test_every_file_says_that_it_is_synthetic(made):
    for file in made[1]:
        assert "synthetic" in file.name
    content = {file.name: file.path for file in made[1]}
    assert "Synthetische Daten" in json.loads(content[ABOUT].read_text(encoding="utf-8"))["notice_de"]
    lines = gzip.decompress(content[VALUES].read_bytes()).decode().splitlines()
    assert all(line.startswith("synthetic (synthetisch),") for line in lines[1:])
    with sqlite3.connect(f"file:{content[AREAS]}?mode=ro", uri=True) as package:
        (notice,) = package.execute("SELECT description FROM gpkg_contents").fetchone()
    package.close()
    assert "Synthetic data" in notice
    assert "Synthetische Daten" in notice


def test_no_withheld_count_is_in_the_files(made):
    delivery = SampleSource(SMALL).clean(made[1], progress=quiet)
    table = pd.read_csv(
        next(file.path for file in made[1] if file.name == VALUES), dtype=str, keep_default_na=False
    ).set_index(["geography", "area_id", "period"])
    secret = delivery.values[delivery.values["status"] == "suppressed"]
    assert len(secret) > 100
    cells = [
        table.loc[(row.geography, row.area_id, row.period), row.indicator_id]
        for row in secret.itertuples(index=False)
    ]
    assert set(cells) == {"."}
