"""A data set whose files come from publishers loads like any other, and says when nothing is new."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from etl.datasets.findings import DatasetError
from etl.datasets.services.http import Limits
from etl.datasets.source import ManifestSource, inspect
from etl.errors import FetchError
from etl.pipeline import load_city
from etl.raw import RawStore

AREAS = "/api/collections/stadtteile/items"
QUIET = lambda _name, _share=None: None  # noqa: E731


@pytest.fixture
def offered(dataset, publisher, played, collection, squares) -> Callable[[], ManifestSource]:
    """Put the small data set into the hands of a publisher, and return a way to open it."""
    features = [
        one | {"properties": one["properties"] | {"name": name}}
        for one, name in zip(squares, "ABCD", strict=False)
    ]
    publisher.at[AREAS] = collection(features, numberMatched=4)
    text = (dataset.folder / "values.csv").read_bytes()

    def values(_query, headers):
        if headers.get("If-None-Match") == '"1"':
            return played(status=304)
        return played(content=text, headers={"ETag": '"1"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"})

    publisher.at["/values.csv"] = values
    dataset.manifest('file = "areas.gpkg"', 'file = "areas.geojson"')
    dataset.manifest("srid = 25832", "srid = 25832\nbox = [8.9, 53.9, 9.3, 54.3]")
    dataset.add(
        f"""
[[download]]
file = "values.csv"
kind = "http"
url = "{publisher.url}/values.csv"
[[download]]
file = "areas.geojson"
kind = "ogc-features"
url = "{publisher.url}/api"
layer = "stadtteile"
in_box = true
"""
    )
    for path in dataset.folder.glob("[av]*.*"):  # areas.gpkg, values.csv: nothing but the manifest stays
        path.unlink()
    publisher.at[AREAS].headers = {"Content-Crs": "<http://www.opengis.net/def/crs/EPSG/0/25832>"}

    def source() -> ManifestSource:
        opened = dataset.source()
        opened.limits = Limits(read=2.0, whole=10.0, pause=0.01)
        return opened

    return source


def test_files_come_from_publishers_and_are_kept(offered, store: RawStore, publisher) -> None:
    source = offered()
    files = {file.name: file for file in source.fetch(store, folder=None, progress=QUIET)}
    assert list(files) == ["dataset.toml", "values.csv", "areas.geojson", "downloads.json"]
    assert all(file.path.is_relative_to(store.root) for file in files.values())
    delivery = source.clean(list(files.values()), progress=QUIET)
    assert (len(delivery.areas), len(delivery.values)) == (5, 28)
    assert delivery.repairs == {}  # the CRS is the one the interface says
    told = json.loads(files["downloads.json"].path.read_text())
    assert [(one["file"], one["kind"], one.get("features")) for one in told] == [
        ("values.csv", "http", None),
        ("areas.geojson", "ogc-features", 4),
    ]
    assert told[0]["sha256"] == files["values.csv"].sha256
    assert "bbox" in publisher.queries[-1]


def test_pages_are_kept_as_they_were_received(offered, store: RawStore) -> None:
    offered().fetch(store, folder=None, progress=QUIET)
    (page,) = store.root.rglob("*.page-00001")
    assert json.loads(page.read_text())["numberMatched"] == 4
    note = next(
        one for path in (store.root / "answers").iterdir() if (one := json.loads(path.read_text()))["pages"]
    )
    assert note["pages"] == [page.name.split("-")[0]]


def test_what_has_not_changed_is_not_fetched_again(offered, store: RawStore, publisher) -> None:
    steps: list[str] = []
    first = offered().fetch(store, folder=None, progress=QUIET)
    kept = sorted(path.name for path in store.root.rglob("*") if path.is_file())
    second = offered().fetch(store, folder=None, progress=lambda name, _share=None: steps.append(name))
    assert [file.sha256 for file in second] == [file.sha256 for file in first]
    assert sorted(path.name for path in store.root.rglob("*") if path.is_file()) == kept
    again = [one for one in publisher.headers if "If-None-Match" in one]
    assert [(one["If-None-Match"], one["If-Modified-Since"]) for one in again] == [
        ('"1"', "Mon, 01 Jan 2024 00:00:00 GMT")
    ]
    assert steps[-1] == "nothing new at the publishers"


def test_a_file_that_was_damaged_in_the_store_is_fetched_in_full(offered, store: RawStore, publisher) -> None:
    first = offered().fetch(store, folder=None, progress=QUIET)
    values = next(file for file in first if file.name == "values.csv")
    whole = values.path.read_bytes()
    values.path.chmod(0o644)
    values.path.write_bytes(b"damaged")
    second = offered().fetch(store, folder=None, progress=QUIET)
    assert [file.sha256 for file in second] == [file.sha256 for file in first]
    assert values.path.read_bytes() == whole
    assert not any("If-None-Match" in one for one in publisher.headers)


@pytest.mark.parametrize("note", ["{", "[]", '{"address": "elsewhere"}'])
def test_a_damaged_note_costs_no_more_than_fetching_again(
    offered, store: RawStore, publisher, note: str
) -> None:
    first = offered().fetch(store, folder=None, progress=QUIET)
    for path in (store.root / "answers").iterdir():
        path.write_text(note)
    second = offered().fetch(store, folder=None, progress=QUIET)
    assert [file.sha256 for file in second] == [file.sha256 for file in first]


def test_a_file_that_changed_is_another_one(offered, store: RawStore, publisher, played, dataset) -> None:
    offered().fetch(store, folder=None, progress=QUIET)
    publisher.at["/values.csv"] = played(
        content=b"nr;jahr;ew;ausl;quote\n01;2020;7;1;5,5\n", headers={"ETag": '"2"'}
    )
    steps: list[str] = []
    second = offered().fetch(store, folder=None, progress=lambda name, _share=None: steps.append(name))
    assert next(file for file in second if file.name == "values.csv").size < 100
    assert "nothing new at the publishers" not in steps


def test_a_file_in_the_folder_wins_only_when_the_folder_is_given(
    offered, store: RawStore, dataset, publisher
) -> None:
    (dataset.folder / "values.csv").write_text("nr;jahr;ew;ausl;quote\n01;2020;7;1;5,5\n")
    downloaded = {file.name: file for file in offered().fetch(store, folder=None, progress=QUIET)}
    assert downloaded["values.csv"].size > 100
    asked = publisher.requests["/values.csv"]
    given = {file.name: file for file in offered().fetch(store, folder=dataset.folder, progress=QUIET)}
    assert given["values.csv"].size < 100
    assert publisher.requests["/values.csv"] == asked
    assert json.loads(given["downloads.json"].path.read_text())[0]["file"] == "areas.geojson"


def test_everything_that_cannot_be_had_is_told_in_one_pass(
    offered, store: RawStore, publisher, played, dataset
) -> None:
    publisher.at["/values.csv"] = played(content=b"half", announced=1000)
    publisher.at[AREAS] = played(content=b'{"type":', with_length=False)
    dataset.manifest("[compute]", '[compute]\nmethods = { "*" = "method.toml" }')
    with pytest.raises(DatasetError) as refused:
        offered().fetch(store, folder=None, progress=QUIET)
    assert [one.file for one in refused.value.findings] == ["method.toml", "values.csv", "areas.geojson"]
    assert "--from DIR" in refused.value.findings[1].todo
    assert not list(store.root.rglob("*-values.csv")), "half an answer was kept"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<!DOCTYPE html><html>Anmelden</html>", "the server answers with a web page"),
        (b"", "the file is empty"),
    ],
)
def test_an_answer_that_is_plainly_not_the_file_is_refused(
    offered, store: RawStore, publisher, played, content: bytes, what: str
) -> None:
    publisher.at["/values.csv"] = played(content=content)
    with pytest.raises(DatasetError, match=what):
        offered().fetch(store, folder=None, progress=QUIET)


@pytest.mark.parametrize(
    ("name", "content"), [("map.zip", b"PK\x03\x04half"), ("map.geojson", b'{"features":[')]
)
def test_half_an_archive_and_half_a_json_file_are_refused(
    dataset, store: RawStore, publisher, played, name: str, content: bytes
) -> None:
    publisher.at["/map"] = played(content=content, with_length=False)
    dataset.manifest('file = "areas.gpkg"', f'file = "{name}"')
    dataset.add(f'\n[[download]]\nfile = "{name}"\nkind = "http"\nurl = "{publisher.url}/map"\n')
    with pytest.raises(DatasetError, match="cut off"):
        dataset.source().fetch(store, folder=None, progress=QUIET)
    assert not list(store.root.rglob(f"*-{name}"))


def test_looking_keeps_downloads_and_copies_nothing_else(offered, store: RawStore) -> None:
    source = offered()
    files = source.files_in_place(None, store=store)
    assert inspect(source.manifest, files, progress=QUIET).delivery is not None
    assert sorted({path.suffix for path in store.root.rglob("*-*.*")}) == [
        ".csv",
        ".geojson",
        ".json",
        ".page-00001",
    ]
    with pytest.raises(FetchError, match="no place to keep downloads"):
        offered().files_in_place(None)


def test_a_table_under_another_number_is_a_note(dataset, store: RawStore, publisher, played) -> None:
    table = "Gebiet,Sachmerkmal,2020,2021\n" + "".join(
        f"{name},Einwohner insgesamt,{number},5\n"
        for number, name in enumerate(("Altstadt", "Neustadt", "Südstadt", "Weststadt"), 1)
    )
    publisher.at["/kdvalues"] = lambda query, _headers: played(
        content=table.encode() if query["rubrik_nr"] == "6" else b""
    )
    text = (dataset.folder / "dataset.toml").read_text()
    (dataset.folder / "dataset.toml").write_text(
        text[: text.index("[[table]]")]
        + f"""
[[table]]
file = "kdvalues.csv"
geography = "sub_district"
layout = "years"
key = "Gebiet"
join = "name"
year_columns = '(\\d{{4}})'
indicator_column = "Sachmerkmal"
value = [{{ indicator = "residents", match = "Einwohner insgesamt" }}]
[[download]]
file = "kdvalues.csv"
kind = "leipzig"
url = "{publisher.url}/kdvalues"
category = 2
names = "Einwohner insgesamt"
rubrics = [1]
"""
    )
    source = dataset.source()
    found = inspect(source.manifest, source.fetch(store, folder=None, progress=QUIET), progress=QUIET)
    assert found.delivery is not None, found.findings.found
    (note,) = [one for one in found.findings.found if "rubric" in one.what]
    assert note.sentence() == (
        "kdvalues.csv: the table was found as rubric 6 instead of 1; say rubrics = [6] to find it at once"
    )


@pytest.mark.db
def test_a_load_says_that_nothing_was_new(database, offered, tmp_path: Path) -> None:
    def load():
        return load_city(
            database,
            offered(),
            RawStore(tmp_path / "raw"),
            folder=None,
            loaded_by="test",
            code_version="test",
            progress=QUIET,
        )

    first = load()
    assert (first.changed, first.counts["values_inserted"]) == (True, 28)
    assert load().sentence() == f"small: unchanged since load {first.load_id}, 0 rows changed"
