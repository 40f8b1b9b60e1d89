"""`sozialraum export` and `catalogue`: exactly what the service serves goes out, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from click.testing import Result
from fastapi.testclient import TestClient
from python_calamine import CalamineWorkbook
from rdflib import DCAT, DCTERMS, FOAF, RDF, Graph
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from api.app import create_app
from api.settings import ServiceSettings
from etl import export
from etl.cli.main import app
from etl.datasets.source import open_source
from etl.pipeline import load_city
from etl.raw import RawStore
from etl.shipped_cities.sources import shipped_source

pytestmark = pytest.mark.db

Run = Callable[..., Result]
WITHOUT = ["suppressed", "missing"]


def runner(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", engine.url.render_as_string(hide_password=False))
    return lambda *arguments: CliRunner().invoke(app, [str(one) for one in arguments])


def load(engine: Engine, folder: Path, files: Path | None, raw: Path) -> None:
    load_city(
        engine,
        open_source(folder),
        RawStore(raw),
        folder=files,
        loaded_by="schmidt",
        code_version="test",
        progress=lambda _name, _share=None: None,
    )


@pytest.fixture(scope="module")
def exported(small_city_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """One year of the computed sample city in every format, and the address of its database."""
    folder = tmp_path_factory.mktemp("sample") / "export"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOZIALRAUM_DATABASE_URL", small_city_url)
        result = CliRunner().invoke(app, ["export", "sample", "--period", "2022", "--out", str(folder)])
    assert result.exit_code == 0, result.output
    return folder, small_city_url


def table(folder: Path, name: str = "sample-values.csv") -> pd.DataFrame:
    return pd.read_csv(folder / name, dtype={"area_id": str, "period": str})


def test_every_value_that_the_service_serves_is_in_the_files_and_no_other(exported: tuple[Path, str]) -> None:
    folder, url = exported
    values = table(folder)
    with TestClient(create_app(ServiceSettings(database_url=url))) as client:
        listed = client.get("/cities/sample/indicators").json()["indicators"]
        assert set(values["indicator"]) <= {one["id"] for one in listed}
        for name, level, period in (
            ("residents", "block", "2022"),
            ("status_index", "district", "2022"),
            ("pop_density", "city", "2022"),
        ):
            address = f"/collections/sample.{level}/items?indicator={name}&period={period}&limit=10000"
            told = {one["id"]: one["properties"] for one in client.get(address).json()["features"]}
            mine = values[
                (values["indicator"] == name) & (values["geography"] == level) & (values["period"] == period)
            ]
            assert len(mine) > 0
            for row in mine.to_dict("records"):
                other = told[row["area_id"]]
                assert row["status"] == other["status"]
                assert (None if pd.isna(row["value"]) else row["value"]) == other["value"]
                assert (None if pd.isna(row["ci_low"]) else row["ci_low"]) == other["ci_low"]


def test_no_withheld_value_has_a_number_in_any_file(exported: tuple[Path, str]) -> None:
    folder, _url = exported
    values = table(folder)
    withheld = values[values["status"] == "suppressed"]
    assert len(withheld) > 50
    assert withheld[["value", "ci_low", "ci_high", "comparison"]].isna().all(axis=None)
    german = pd.read_csv(
        folder / "sample-werte.csv", sep=";", decimal=",", encoding="utf-8-sig", dtype={"Schlüssel": str}
    )
    hidden = german[german["Zustand"].str.startswith("nicht veröffentlicht")]
    assert len(hidden) == len(withheld)
    assert hidden[["Wert", "Intervall von", "Intervall bis", "Vergleich"]].isna().all(axis=None)
    packed = pyogrio.read_dataframe(folder / "sample.gpkg", layer="all_values")
    assert packed.loc[packed["status"] == "suppressed", ["value", "ci_low", "ci_high"]].isna().all(axis=None)
    assert (packed["status"] == "suppressed").sum() == len(withheld)
    cells = 0
    for level in ("block", "district", "city"):
        layers = (
            gpd.read_parquet(folder / f"sample-{level}.parquet"),
            pyogrio.read_dataframe(folder / "sample.gpkg", layer=level),
        )
        for frame in layers:
            for name in [one for one in frame if one.endswith("__status")]:
                is_hidden = frame[name].isin(WITHOUT)
                numbers = [
                    one for one in (name[:-8], f"{name[:-8]}__low", f"{name[:-8]}__high") if one in frame
                ]
                assert frame.loc[is_hidden, numbers].isna().all(axis=None), (level, name)
                assert frame.loc[~is_hidden, name[:-8]].notna().all()
        cells += int((layers[0].filter(like="__status") == "suppressed").sum().sum())
    assert cells <= len(withheld)
    head, *rows = CalamineWorkbook.from_path(folder / "sample.xlsx").get_sheet_by_name("Werte").to_python()
    at = {name: head.index(name) for name in ("Wert", "Zustand", "Intervall von", "Intervall bis")}
    told = [row for row in rows if str(row[at["Zustand"]]).startswith("nicht veröffentlicht")]
    assert len(told) == len(withheld)
    assert {row[at[name]] for row in told for name in ("Wert", "Intervall von", "Intervall bis")} == {""}


def test_nobody_who_loaded_or_computed_is_named(exported: tuple[Path, str]) -> None:
    folder, _url = exported
    for path in folder.iterdir():
        if path.suffix in {".csv", ".ttl", ".json", ".jsonld"}:
            told = path.read_text(encoding="utf-8-sig")
            assert "loaded_by" not in told
            assert "requested_by" not in told


def test_checksums_package_and_record_are_of_these_files(exported: tuple[Path, str]) -> None:
    folder, _url = exported
    sums = dict(line.split("  ", 1)[::-1] for line in (folder / export.CHECKSUMS).read_text().splitlines())
    there = {one.name for one in folder.iterdir() if not one.name.endswith(".aux.xml")}
    assert set(sums) == there - {export.CHECKSUMS}
    for name, checksum in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == checksum
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        assert resource["hash"] == f"sha256:{sums[resource['path']]}"
        assert resource["bytes"] == (folder / resource["path"]).stat().st_size
        if "schema" in resource:
            delimiter = resource["dialect"]["delimiter"]
            frame = pd.read_csv(folder / resource["path"], sep=delimiter, dtype=str, encoding="utf-8-sig")
            assert frame.columns.tolist() == [one["name"] for one in resource["schema"]["fields"]]
            assert not frame.duplicated(resource["schema"]["primaryKey"]).any()
    record = Graph().parse(
        folder / "catalogue.ttl", format="turtle", publicID="https://host.example/x/catalogue.ttl"
    )
    addresses = {str(one).rsplit("/", 1)[1] for one in record.objects(None, DCAT.downloadURL)}
    assert addresses == {one["path"] for one in package["resources"]}
    datasets = list(record.subjects(RDF.type, DCAT.Dataset))
    assert len(datasets) == 5  # the city's, and its three sorts of facilities and its streets
    for one in datasets:
        assert "Künstlich erzeugte Daten" in str(list(record.objects(one, DCTERMS.description)))


def test_the_tables_fit_each_other(exported: tuple[Path, str]) -> None:
    folder, _url = exported
    values, areas = table(folder), table(folder, "sample-areas.csv")
    pairs = areas[["geography", "area_id"]].apply(tuple, axis=1)
    assert set(values[["geography", "area_id"]].drop_duplicates().apply(tuple, axis=1)) <= set(pairs)
    assert values["area"].notna().all()
    assert set(values["indicator"]) == set(table(folder, "sample-indicators.csv")["indicator"])
    notes = table(folder, "sample-notes.csv")
    assert set(values["origin"]) <= set(notes["subject"])


def test_the_same_export_twice_is_the_same_byte_for_byte(
    exported: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, url = exported
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", url)
    again = tmp_path / "again"
    asked = [
        "export",
        "sample",
        "--period",
        "2022",
        "--format",
        "csv",
        "--format",
        "parquet",
        "--format",
        "gpkg",
    ]
    assert CliRunner().invoke(app, [*asked, "--out", str(again)]).exit_code == 0
    same = [path for path in again.glob("sample*") if path.read_bytes() == (folder / path.name).read_bytes()]
    assert len(same) == 14


@pytest.fixture
def town(database: Engine, dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A city with a manifest."""
    dataset.manifest('attribution = "Stadt"', 'attribution = "Stadt"\ncontact = "amt@stadt.example"')
    load(database, dataset.folder, None, tmp_path / "raw")
    return runner(database, monkeypatch)


def test_a_part_is_what_was_asked_for(town: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = town(
        "export", "small", "--out", out, "--format", "csv", "--format", "parquet", "--geography", "sub_district",
        "--indicator", "rate", "--period", "2021", "--address", "https://daten.example.org/small", "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["values"] == 4
    values = table(out, "small-values.csv")
    assert values[["area_id", "value", "status"]].to_numpy().tolist() == [
        ["01", 5.6, "measured"], ["02", 7.1, "measured"], ["03", 2.0, "provisional"], ["04", 3.2, "corrected"],
    ]  # fmt: skip
    assert sorted(one.name for one in out.glob("small*")) == [
        "small-areas.csv", "small-indicators.csv", "small-notes.csv", "small-sub_district.parquet", "small-values.csv",
    ]  # fmt: skip
    record = (out / "catalogue.ttl").read_text(encoding="utf-8")
    assert "<https://daten.example.org/small/small-values.csv>" in record
    assert "<mailto:amt@stadt.example>" in record


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["small", "--geography", "block"], "no level 'block' with values; known: city, sub_district"),
        (
            ["small", "--indicator", "residentz"],
            "no indicator 'residentz' with values; did you mean 'residents'?",
        ),
        (
            ["small", "--period", "1999"],
            "no period '1999' with values; choose another, or its edition with --edition (periods: 2020, 2021",
        ),
        (["small", "--address", "javascript:x"], "is no address"),
        (["nowhere"], "unknown city 'nowhere'"),
        (["leipzig"], "leipzig has not been loaded; 'sozialraum load leipzig' does it"),
    ],
)
def test_what_is_not_there_is_refused_and_nothing_is_written(
    arguments: list[str], told: str, town: Run, tmp_path: Path
) -> None:
    result = town("export", *arguments, "--out", tmp_path / "out")
    assert result.exit_code != 0
    assert told in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_a_folder_with_other_things_in_it_is_left_alone(town: Run, tmp_path: Path) -> None:
    mine = tmp_path / "out" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    result = town("export", "small", "--out", mine.parent)
    assert "something in it that is no export: mine.txt" in str(result.exception)
    assert [one.name for one in mine.parent.iterdir()] == ["mine.txt"]


def test_a_folder_with_a_file_beside_what_programs_leave_is_left_alone(town: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert town("export", "small", "--out", out, "--format", "gpkg").exit_code == 0
    (out / "small.gpkg-wal").write_text("left by a program that looked at it")
    (out / "small.gpkg.aux.xml-wal").write_text("mine")
    result = town("export", "small", "--out", out, "--format", "gpkg")
    assert "something in it that is no export: small.gpkg.aux.xml-wal;" in str(result.exception)


def test_an_export_takes_the_place_of_the_one_before_and_leaves_nothing_of_it(
    town: Run, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert town("export", "small", "--out", out, "--format", "xlsx").exit_code == 0
    (out / "small.xlsx.aux.xml").write_text("left by a program that looked at it")
    assert town("export", "small", "--out", out, "--format", "gpkg").exit_code == 0
    assert {one.name for one in out.iterdir()} == {
        "small.gpkg", "datapackage.json", "catalogue.ttl", "catalogue.jsonld", export.CHECKSUMS,
    }  # fmt: skip
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".out")] == []


def test_an_export_that_fails_leaves_the_one_before(
    town: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    assert town("export", "small", "--out", out, "--format", "csv").exit_code == 0
    before = (out / export.CHECKSUMS).read_text()

    def no_space(_graph: Graph) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "to_jsonld", no_space)
    assert town("export", "small", "--out", out, "--format", "gpkg").exit_code != 0
    assert (out / export.CHECKSUMS).read_text() == before
    assert (out / "small-values.csv").exists()
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".out")] == []


def test_the_catalogue_lists_what_is_loaded_and_says_which_licence_has_no_name(
    town: Run, database: Engine
) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE source SET licence = 'nur auf Anfrage'"))
    result = town("catalogue", "--format", "jsonld", "--address", "https://x.example.org")
    assert result.exit_code == 0
    told = json.loads(result.stdout)["@graph"]
    kinds = [one["@type"] for one in told]
    assert (
        kinds.count("dcat:Dataset"),
        kinds.count("dcat:Distribution"),
        kinds.count("dcat:DataService"),
    ) == (1, 2, 1)
    addresses = {one["dcat:accessURL"]["@id"] for one in told if one["@type"] == "dcat:Distribution"}
    assert "https://x.example.org/collections/small.sub_district/items" in addresses
    assert "licence 'nur auf Anfrage' is none that DCAT-AP.de has a name for" in result.stderr
    assert town("catalogue", "small").exit_code == 0
    assert "town has not been loaded; loaded cities: small" in str(town("catalogue", "town").exception)


def test_a_catalogue_of_several_cities_has_no_publisher_of_one_of_them(
    town: Run, database: Engine, dataset, tmp_path: Path
) -> None:
    dataset.manifest('id = "small"', 'id = "other"')
    dataset.manifest('id = "small"', 'id = "other"')
    dataset.manifest('title_de = "Kleinstadt"', 'title_de = "Nebenstadt"')
    load(database, dataset.folder, None, tmp_path / "raw")

    def published_by(*more: str) -> tuple[str, str]:
        result = town("catalogue", *more)
        made = Graph().parse(data=result.stdout, format="turtle", publicID="https://x.example.org/")
        me = made.value(predicate=RDF.type, object=DCAT.Catalog)
        return str(made.value(made.value(me, DCTERMS.publisher), FOAF.name)), result.stderr

    name, said = published_by()
    assert name == "Betreiber dieses Sozialraum-Dienstes"
    assert "say who it is with --publisher" in said
    assert published_by("--publisher", "Landesamt")[0] == "Landesamt"
    assert published_by("other")[0] == "Stadt"


def test_leipzig_goes_out_with_its_withheld_counts_withheld(
    leipzig_folder: Path, database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The 63 Ortsteile, 10 Stadtbezirke and the city; what the publisher withholds has no number."""
    load_city(
        database,
        shipped_source("leipzig", leipzig_folder),
        RawStore(tmp_path / "raw"),
        folder=leipzig_folder,
        loaded_by="test",
        code_version="test",
        progress=lambda _name, _share=None: None,
    )
    out = tmp_path / "out"
    result = runner(database, monkeypatch)(
        "export", "leipzig", "--format", "csv", "--format", "gpkg", "--out", out
    )
    assert result.exit_code == 0, result.output
    values = table(out, "leipzig-values.csv")
    with database.connect() as connection:
        stored = connection.execute(text("SELECT status, count(*), sum(value) FROM value GROUP BY 1")).all()
    counted = values["status"].value_counts()
    assert {status: count for status, count, _sum in stored} == counted.to_dict()
    assert counted["suppressed"] > 0
    sums = values.groupby("status")["value"].sum()
    assert all(sums[status] == pytest.approx(total or 0, rel=1e-12) for status, _count, total in stored)
    assert len(pyogrio.read_dataframe(out / "leipzig.gpkg", layer="sub_district")) == 63
    assert "<http://dcat-ap.de/def/licenses/dl-by-de/2.0>" in (out / "catalogue.ttl").read_text(
        encoding="utf-8"
    )


def test_after_an_undo_the_values_of_before_go_out_and_their_load_is_the_only_source(
    town: Run, database: Engine, dataset, tmp_path: Path
) -> None:
    def exported_values() -> bytes:
        assert town("export", "small", "--out", tmp_path / "out", "--format", "csv").exit_code == 0
        return (tmp_path / "out" / "small-values.csv").read_bytes()

    before = exported_values()
    dataset.values("1000;100", "1001;100")
    dataset.manifest('publisher = "Stadt"', 'publisher = "Amt für Fehler"')
    load(database, dataset.folder, None, tmp_path / "raw")
    assert exported_values() != before
    assert "Amt für Fehler" in town("catalogue").stdout
    assert town("undo", "small", 2).exit_code == 0
    assert exported_values() == before
    assert "Amt für Fehler" not in (tmp_path / "out" / "small-notes.csv").read_text(encoding="utf-8")
    assert "Amt für Fehler" not in town("catalogue").stdout
    assert town("undo", "small", 1).exit_code == 0
    assert "unknown city 'small'" in str(town("export", "small", "--out", tmp_path / "out").exception)
    assert "dcat:Dataset" not in town("catalogue").stdout
