"""Exports of what lies beside the areas, and of values of other boundaries: apart from all others, and marked as such."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from python_calamine import CalamineWorkbook
from rdflib import DCAT, DCTERMS, Graph, URIRef

from etl.export import export_dataset
from indicators.definition import Indicator
from maps.exports.content import CONVERTED_COLUMNS, DataSet, Layer, Level, Origin
from maps.exports.errors import WithheldNumberError
from maps.exports.formats import FORMATS, write_files

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
MOMENT = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
LICENCES = "http://dcat-ap.de/def/licenses/"


def dataset() -> DataSet:
    """Two areas with a count of 2022 and converted ones of 2019; parks have a licence of their own."""
    shapes = [shapely.MultiPolygon([shapely.box(10 * n, 0, 10 * n + 10, 10)]) for n in range(2)]
    areas = gpd.GeoDataFrame(
        {"name": ["Nord", "Süd"], "parent_id": [None, None]},
        index=pd.Index(["01", "02"], name="area_id"),
        geometry=shapes,
        crs="EPSG:25833",
    )
    values = pd.DataFrame(
        {
            "geography": "block",
            "area_id": ["01", "02"],
            "indicator": "residents",
            "period": "2022",
            "reference_date": date(2022, 12, 31),
            "value": [30.0, 20.0],
            "status": "measured",
            "ci_low": np.nan,
            "ci_high": np.nan,
            "comparison": None,
            "origin": "load 2",
        }
    )
    text = ["geography", "area_id", "indicator", "period", "reference_date", "status", "comparison", "origin"]
    rows = [
        ("01", 12.5, "measured", "C", "part", 1.0, 0.4),
        ("02", np.nan, "suppressed", None, "none", np.nan, np.nan),
    ]
    converted = pd.DataFrame(
        rows, columns=["area_id", "value", "status", "grade", "derivation", "known", "estimated"]
    ).assign(
        geography="block",
        indicator="residents",
        period="2019",
        reference_date=date(2019, 12, 31),
        from_geography="block",
        from_edition="2019",
        origin="run 4",
    )
    parks = gpd.GeoDataFrame(
        {"number": [1, 2], "name": ["=1+1", "Weiher"], "Art": ["Park", None]},
        geometry=[shapely.box(1, 1, 2, 2), shapely.Point(15, 5)],
        crs="EPSG:25833",
    )
    said = {"title_de": "Amt", "title_en": "Office", "publisher": "Stadt", "url": "", "loaded_at": MOMENT}
    return DataSet(
        city="town",
        title_de="Atlas",
        title_en="Atlas of",
        city_title_de="Ort",
        city_title_en="Town",
        is_synthetic=False,
        srid=25833,
        levels=(
            Level(
                id="block",
                parent=None,
                title_de="Blöcke",
                title_en="Blocks",
                edition="2020",
                valid_from=date(2020, 1, 1),
                valid_to=None,
                areas=areas,
            ),
        ),
        indicators=(
            Indicator(
                id="residents", title_de="Einwohner", title_en="Residents", unit="persons", kind="extensive"
            ),
        ),
        values=values.astype(dict.fromkeys(text, "category")),
        origins=(Origin(id="load 2", licence="dl-de/by-2-0", attribution="Stadt, Amt", **said),),
        computations=(),
        changed_at=MOMENT,
        layers=(
            Layer(
                id="parks",
                kind="other",
                title_de="Parks",
                title_en="Parks",
                as_of=date(2021, 5, 1),
                publisher="Grünflächenamt",
                licence="CC BY 4.0",
                attribution="Grün",
                url="https://example.org/parks",
                features=parks,
            ),
        ),
        converted=converted.loc[:, list(CONVERTED_COLUMNS)],
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole export."""
    made = tmp_path_factory.mktemp("exports") / "town"
    export_dataset(dataset(), made, list(FORMATS), issued=MOMENT, address="https://example.org/town/")
    return made


def test_a_layer_is_a_layer_of_the_geopackage_with_its_own_words(folder: Path) -> None:
    parks = pyogrio.read_dataframe(folder / "town.gpkg", layer="overlay_parks")
    assert parks[["number", "name", "Art"]].fillna("").to_numpy().tolist() == [
        [1, "=1+1", "Park"],
        [2, "Weiher", ""],
    ]
    assert (parks.crs.to_epsg(), parks.geometry.iloc[1].x) == (25833, 15.0)
    told = pyogrio.read_info(folder / "town.gpkg", layer="overlay_parks")
    assert told["layer_metadata"]["DESCRIPTION"] == "Parks, Stand 01.05.2021. Grün, CC BY 4.0"
    assert told["dataset_metadata"]["LICENCE"] == "dl-de/by-2-0; CC BY 4.0"


def test_a_layer_is_a_geoparquet_file_that_says_whose_it_is(folder: Path) -> None:
    parks = gpd.read_parquet(folder / "town-overlay_parks.parquet")
    assert parks["name"].tolist() == ["=1+1", "Weiher"]
    metadata = pq.read_schema(folder / "town-overlay_parks.parquet").metadata
    assert (metadata[b"licence"], metadata[b"as_of"]) == (b"CC BY 4.0", b"2021-05-01")


def test_the_package_gives_each_file_its_licence(folder: Path) -> None:
    package = json.loads((folder / "datapackage.json").read_text())
    licences = {
        one["path"]: [said["name"] for said in one.get("licenses", [])] for one in package["resources"]
    }
    assert licences["town-overlay_parks.parquet"] == ["cc-by-4.0"]
    assert licences["town.gpkg"] == ["dl-by-de-2.0", "cc-by-4.0"]
    assert licences["town-werte.csv"] == []  # that of the package
    assert [said["name"] for said in package["licenses"]] == ["dl-by-de-2.0"]


def test_the_catalogue_has_a_data_set_for_the_layer(folder: Path) -> None:
    made = Graph().parse(folder / "catalogue.ttl")
    base = "https://example.org/town/"
    items = set(made.objects(URIRef(f"{base}#town.parks"), DCAT.distribution))
    assert {str(made.value(one, DCAT.downloadURL)) for one in items} == {
        f"{base}town.gpkg",
        f"{base}town-overlay_parks.parquet",
    }
    licences = {
        str(made.value(one, DCAT.downloadURL)).removeprefix(base): str(made.value(one, DCTERMS.license))
        for one in made.subjects(DCTERMS.license, None)
    }
    assert licences["town-overlay_parks.parquet"] == f"{LICENCES}cc-by/4.0"
    assert licences["town.gpkg"] == f"{LICENCES}other-open"  # two licences in one file
    assert licences["town-block.parquet"] == f"{LICENCES}dl-by-de/2.0"
    own = set(made.objects(URIRef(f"{base}#town"), DCAT.distribution))
    assert f"{base}town-overlay_parks.parquet" not in {str(made.value(one, DCAT.downloadURL)) for one in own}


def test_converted_values_stand_in_tables_of_their_own_with_their_grade(folder: Path) -> None:
    werte = pd.read_csv(
        folder / "town-umgerechnete_werte.csv",
        sep=";",
        decimal=",",
        encoding="utf-8-sig",
        dtype={"Schlüssel": str},
    )
    assert werte[["Schlüssel", "Zeit", "Wert", "Güte", "Anteil geschätzt", "Ausgangsgebietsstand"]].iloc[
        0
    ].tolist() == [
        "01",
        2019,
        12.5,
        "C",
        0.4,
        2019,
    ]
    assert werte[["Wert", "Güte", "Anteil bekannt"]].iloc[1].isna().all()
    assert werte["Zustand"].iloc[1] == "nicht veröffentlicht (Datenschutz)"
    for frame in (
        pd.read_csv(folder / "town-converted_values.csv", dtype={"area_id": str}),
        pyogrio.read_dataframe(folder / "town.gpkg", layer="converted_values"),
        pq.read_table(folder / "town-converted_values.parquet").to_pandas(),
    ):
        assert frame[["area_id", "grade", "derivation"]].iloc[0].tolist() == ["01", "C", "part"]
    rows = (
        CalamineWorkbook.from_path(folder / "town.xlsx").get_sheet_by_name("Umgerechnete Werte").to_python()
    )
    assert rows[1][rows[0].index("Güte")] == "C"


def test_no_other_table_has_a_converted_value(folder: Path) -> None:
    for name in ("town-values.csv", "town-werte.csv"):
        assert "2019" not in (folder / name).read_text(encoding="utf-8-sig")
    assert set(gpd.read_parquet(folder / "town-block.parquet")["period"]) == {"2022"}
    assert set(pyogrio.read_dataframe(folder / "town.gpkg", layer="all_values")["period"]) == {"2022"}
    wide = CalamineWorkbook.from_path(folder / "town.xlsx").get_sheet_by_name("Blöcke").to_python()
    assert {row[2] for row in wide[1:]} == {"2022"}


def test_the_notes_say_what_they_are(folder: Path) -> None:
    told = (folder / "town-hinweise.csv").read_text(encoding="utf-8-sig")
    assert (
        "Parks (Objekte: 2); Stand 01.05.2021; Herausgeber: Grünflächenamt; Nennung: Grün; Lizenz: CC BY 4.0"
        in told
    )
    assert "A genau, B größtenteils genau, C Schätzung, D grobe Schätzung" in told


def test_a_withheld_conversion_with_a_number_or_a_grade_is_refused(tmp_path: Path) -> None:
    for column, number in (("value", 3.0), ("grade", "D"), ("known", 1.0)):
        found = dataset()
        leaking = found.converted.copy()
        leaking.loc[1, column] = number
        with pytest.raises(WithheldNumberError, match="block 02, residents 2019"):
            write_files(replace(found, converted=leaking), tmp_path, list(FORMATS))
    assert list(tmp_path.iterdir()) == []


def test_the_same_layers_and_conversions_make_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "town"
    export_dataset(dataset(), again, list(FORMATS), issued=MOMENT, address="https://example.org/town/")
    assert (again / "SHA256SUMS").read_text() == (folder / "SHA256SUMS").read_text()
