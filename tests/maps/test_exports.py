"""Exports read back: every format has the same published values, states apart, codes as text, and says where from."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from python_calamine import CalamineWorkbook

from indicators.definition import Indicator
from maps.exports import workbook
from maps.exports.content import Computation, DataSet, Level, Origin, require_published
from maps.exports.errors import ExportError, TooLargeForWorkbookError, WithheldNumberError
from maps.exports.formats import FORMATS, write_files
from maps.exports.tables import formula_of, main_period, value_table, wide_table

AREAS = {"01": "Altstadt", "02": "=1+1", "03": "Süd; „Am Wall“", "04": "@SUM(A1)"}
STATES = {
    "measured": 1234.5,
    "zero": 0.0,
    "missing": np.nan,
    "suppressed": np.nan,
    "provisional": 7.25,
    "corrected": -3.5,
    "uncertain": 0.1 + 0.2,
}
COUNT = Indicator(
    id="residents", title_de="Einwohner", title_en="Residents", unit="persons", kind="extensive"
)
RATE = Indicator(
    id="rate", title_de="Quote", title_en="Rate", unit="%", kind="intensive", numerator="cases", denominator="residents",
    decimals=1, caution_de='=HYPERLINK("http://x")', caution_en="mind",
)  # fmt: skip


def level(name: str, parent: str | None, codes: dict[str, str], width: float) -> Level:
    shapes = [
        shapely.MultiPolygon([shapely.box(width * n, 0, width * (n + 1), 10)]) for n in range(len(codes))
    ]
    areas = gpd.GeoDataFrame(
        {"name": list(codes.values()), "parent_id": [None if parent is None else "0001"] * len(codes)},
        index=pd.Index(list(codes), name="area_id"),
        geometry=shapes,
        crs="EPSG:25833",
    )
    return Level(
        id=name, parent=parent, title_de="Ortsteile" if parent else "Gesamtstadt", title_en="Areas" if parent else "City",
        edition="2020", valid_from=date(2020, 1, 1), valid_to=None, areas=areas,
    )  # fmt: skip


def dataset() -> DataSet:
    """Four areas, of which the rate has every state: 2021 four of them, 2022 the other three; one count of the city."""
    rows = []
    for n, (status, value) in enumerate(STATES.items()):
        limits = (value - 1, value + 1) if status == "measured" else (np.nan, np.nan)
        at = ("block", f"0{n % 4 + 1}", "rate", "2021" if n < 4 else "2022")
        rows.append((*at, value, status, *limits, "above" if status == "measured" else None, "run 2"))
    rows.append(("city", "0001", "residents", "2022", 5000.0, "measured", np.nan, np.nan, None, "load 1"))
    names = [
        "geography",
        "area_id",
        "indicator",
        "period",
        "value",
        "status",
        "ci_low",
        "ci_high",
        "comparison",
        "origin",
    ]
    values = pd.DataFrame(rows, columns=names)
    values.insert(4, "reference_date", [date(int(one), 12, 31) for one in values["period"]])
    text = ["geography", "area_id", "indicator", "period", "reference_date", "status", "comparison", "origin"]
    moment = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    return DataSet(
        city="town", title_de="Atlas", title_en="Atlas of", city_title_de="Kleinstadt", city_title_en="Small town",
        is_synthetic=True, srid=25833,
        levels=(level("city", None, {"0001": "Kleinstadt"}, 40), level("block", "city", AREAS, 10)),
        indicators=(RATE, COUNT), values=values.astype(dict.fromkeys(text, "category")),
        origins=(
            Origin(
                id="load 1", title_de="Atlas", title_en="Atlas of", publisher="Stadt", licence="dl-de/by-2-0",
                attribution="Stadt, Statistik", url="https://example.org/atlas", loaded_at=moment,
            ),
        ),
        computations=(
            Computation(id="run 2", kind="shares", finished_at=moment, code_version="1", inputs_hash="b" * 64),
        ),
        changed_at=moment, protection_de="Streng: ab 5 Fällen", protection_en="Strict: 5 cases or more",
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All formats of the data set."""
    made = tmp_path_factory.mktemp("export")
    write_files(dataset(), made, list(FORMATS))
    return made


def states(frame: pd.DataFrame, value: str = "value", status: str = "status") -> dict[str, float | None]:
    """Return the values of the rate by state."""
    return {
        str(row[status]): None if pd.isna(row[value]) else float(row[value])
        for row in frame[frame["indicator"] == "rate"].to_dict("records")
    }


EXPECTED = {name: None if np.isnan(value) else value for name, value in STATES.items()}


def test_iso_csv_has_all_digits_and_every_state(folder: Path) -> None:
    raw = (folder / "town-values.csv").read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == raw.count(b"\n") == 9
    frame = pd.read_csv(folder / "town-values.csv", dtype={"area_id": str, "period": str})
    assert states(frame) == EXPECTED
    assert sorted(frame["area_id"].unique()) == ["0001", "01", "02", "03", "04"]
    assert frame["reference_date"].iloc[0] == "2021-12-31"
    assert frame.loc[frame["indicator"] == "residents", "unit"].item() == "persons"


def test_german_csv_has_semicolons_commas_a_mark_and_german_words(folder: Path) -> None:
    raw = (folder / "town-werte.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    frame = pd.read_csv(
        folder / "town-werte.csv", sep=";", decimal=",", dtype={"Schlüssel": str}, encoding="utf-8-sig"
    )
    frame = frame.rename(columns={"Indikator": "indicator"})
    words = {
        "measured": "gemessen", "zero": "nichts vorhanden", "missing": "keine Angabe", "provisional": "vorläufig",
        "suppressed": "nicht veröffentlicht (Datenschutz)", "corrected": "berichtigt",
        "uncertain": "eingeschränkt aussagekräftig",
    }  # fmt: skip
    told = states(frame, "Wert", "Zustand")
    # One value is 0.1 + 0.2, which has 17 digits; German tables have six behind the comma.
    assert told == {words[name]: value and round(value, 6) for name, value in EXPECTED.items()}
    assert set(frame["Vergleich"].dropna()) == {"über dem Stadtwert"}
    assert "1234,5" in raw.decode("utf-8-sig")
    assert ";0,3;" in raw.decode("utf-8-sig")  # 0.1 + 0.2 is 0.30000000000000004 with all digits
    assert set(frame["Herkunft"]) == {"Berechnung 2", "Lieferung 1"}
    notes = (folder / "town-hinweise.csv").read_text(encoding="utf-8-sig")
    assert ";Berechnung 2;" in notes
    assert ";Lieferung 1;" in notes
    assert "31.12.2021" in raw.decode("utf-8-sig")


def test_no_cell_of_a_text_table_begins_like_a_formula(folder: Path) -> None:
    for path in folder.glob("*.csv"):
        german = path.read_bytes().startswith(b"\xef\xbb\xbf")
        frame = pd.read_csv(
            path, sep=";" if german else ",", dtype=str, keep_default_na=False, encoding="utf-8-sig"
        )
        numbers = {"value", "Wert", "ci_low", "ci_high", "Intervall von", "Intervall bis"}
        cells = frame.drop(columns=[name for name in frame if name in numbers]).to_numpy().ravel()
        assert [one for one in cells if one.startswith(("=", "+", "-", "@", "\t", "\r"))] == [], path.name
    names = pd.read_csv(folder / "town-areas.csv", dtype=str)["name"].tolist()
    assert names == ["Kleinstadt", "Altstadt", "'=1+1", "Süd; „Am Wall“", "'@SUM(A1)"]


def test_a_workbook_has_a_method_sheet_first_and_no_formula_anywhere(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "town.xlsx")
    assert book.sheetnames[0] == "Hinweise"
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [
        cell.coordinate for cell in cells if cell.data_type == "f" or cell.comment or cell.hyperlink
    ] == []
    assert {"=1+1", "@SUM(A1)"} <= {cell.value for cell in cells if cell.data_type == "s"}
    notes = "\n".join(
        str(row)
        for row in CalamineWorkbook.from_path(folder / "town.xlsx").get_sheet_by_name("Hinweise").to_python()
    )
    for told in (
        "dl-de/by-2-0",
        "Stadt, Statistik",
        "b" * 64,  # the inputs of the run
        "06.05.2024",
        "Streng: ab 5 Fällen",
        "100 × cases ÷ residents",
    ):
        assert told in notes
    with zipfile.ZipFile(folder / "town.xlsx") as packed:
        assert not [name for name in packed.namelist() if "external" in name.lower() or "comments" in name]


def test_the_rows_of_a_workbook_keep_states_and_its_map_like_tables_show_signs(folder: Path) -> None:
    book = CalamineWorkbook.from_path(folder / "town.xlsx")
    head, *rows = book.get_sheet_by_name("Werte").to_python()
    frame = pd.DataFrame(rows, columns=head).replace("", None).rename(columns={"Indikator": "indicator"})
    assert len(states(frame, "Wert", "Zustand")) == len(STATES)
    assert frame.loc[frame["Zustand"].str.startswith("nicht veröff"), "Wert"].isna().all()
    assert frame["Stichtag"].iloc[0] == date(2021, 12, 31)
    wide = book.get_sheet_by_name("Ortsteile").to_python()
    assert [row[3] for row in wide[1:]] == [1234.5, 0.0, "…", ".", 7.25, -3.5, 0.3, "…"]  # 16 digits
    formats = [
        row[3].number_format
        for row in openpyxl.load_workbook(folder / "town.xlsx")["Ortsteile"].iter_rows(min_row=6)
    ]
    assert formats[:3] == ['#,##0.0"p"', '#,##0.0"r"', '"("#,##0.0")";"(-"#,##0.0")"']


def test_a_geopackage_has_a_layer_per_level_all_values_and_the_notes(folder: Path) -> None:
    path = folder / "town.gpkg"
    layers = dict(pyogrio.list_layers(path).tolist())
    assert layers["block"] == layers["city"] == "MultiPolygon"
    assert {"all_values", "indikatoren", "indicators", "hinweise", "notes"} <= set(layers)
    areas = pyogrio.read_dataframe(path, layer="block")
    assert areas.crs.to_epsg() == 25833
    assert areas["area_id"].tolist() == list(AREAS)
    assert areas["name"].tolist() == list(AREAS.values())
    assert set(areas["period"]) == {"2022"}
    assert areas["rate__status"].tolist() == ["provisional", "corrected", "uncertain", "missing"]
    assert areas.geometry.iloc[1].equals(shapely.box(10, 0, 20, 10))
    assert states(pyogrio.read_dataframe(path, layer="all_values")) == EXPECTED
    told = pyogrio.read_info(path, layer="block")
    assert told["dataset_metadata"]["LICENCE"] == "dl-de/by-2-0"
    assert "Gebietsstand 2020, Werte 2022" in told["layer_metadata"]["DESCRIPTION"]
    with sqlite3.connect(path) as opened:
        kinds = opened.execute(
            "SELECT typeof(value), status FROM all_values WHERE status = 'suppressed'"
        ).fetchall()
    opened.close()
    assert kinds == [("null", "suppressed")]


def test_geoparquet_has_a_row_per_area_and_period_and_the_notes_inside(folder: Path) -> None:
    frame = gpd.read_parquet(folder / "town-block.parquet")
    assert (len(frame), frame.crs.to_epsg()) == (8, 25833)
    assert frame["area_id"].tolist() == [*AREAS, *AREAS]
    assert frame["period"].tolist() == ["2021"] * 4 + ["2022"] * 4
    assert frame["rate__status"].tolist() == [*STATES, "missing"]
    assert frame["rate"].tolist()[4:7] == [7.25, -3.5, 0.1 + 0.2]
    assert (
        frame.loc[frame["rate__status"].isin(["suppressed", "missing"]), ["rate", "rate__low", "rate__high"]]
        .isna()
        .all(axis=None)
    )
    assert frame.geometry.iloc[5].equals(frame.geometry.iloc[1])
    metadata = pq.read_schema(folder / "town-block.parquet").metadata
    assert json.loads(metadata[b"geo"])["columns"]["geometry"]["bbox"] == [0, 0, 40, 10]
    assert metadata[b"licence"] == b"dl-de/by-2-0"
    assert "Streng" in metadata[b"notes"].decode()


@pytest.mark.parametrize("column", ["value", "ci_low", "ci_high"])
@pytest.mark.parametrize("status", ["suppressed", "missing"])
def test_a_withheld_value_with_a_number_stops_everything(column: str, status: str, tmp_path: Path) -> None:
    wrong = dataset().values.copy()
    wrong.loc[wrong["status"] == status, column] = 2.0
    with pytest.raises(WithheldNumberError, match="block 0") as caught:
        write_files(replace(dataset(), values=wrong), tmp_path, list(FORMATS))
    assert len(caught.value.places) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_withheld_value_that_is_compared_with_the_city_stops_everything() -> None:
    wrong = dataset().values.copy()
    wrong.loc[wrong["status"] == "suppressed", "comparison"] = "above"
    with pytest.raises(WithheldNumberError):
        require_published(wrong)


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_data_set_makes_the_same_file(name: str, folder: Path, tmp_path: Path) -> None:
    for file in write_files(dataset(), tmp_path, [name]):
        assert (tmp_path / file.name).read_bytes() == (folder / file.name).read_bytes(), file.name


def test_a_map_shows_the_newest_period_that_is_not_nearly_empty() -> None:
    """2022 has one indicator: half as many as 2021 is enough, a third is not."""
    base = dataset()
    block = base.levels[1]
    one = base.values[base.values["period"] == "2021"].astype({"indicator": object})
    more = [
        pd.concat([base.values, *[one.assign(indicator=f"i{n}") for n in range(extra)]])
        for extra in (0, 1, 2)
    ]
    assert [main_period(replace(base, values=values), block) for values in more] == ["2022", "2022", "2021"]
    withheld = base.values.assign(value=base.values["value"].where(base.values["period"] == "2021"))
    assert main_period(replace(base, values=withheld), block) == "2021"


def test_an_area_without_a_row_is_missing_and_one_that_nobody_knows_is_refused() -> None:
    base = dataset()
    assert wide_table(base, base.levels[1], period="2022")["rate__status"].iloc[3] == "missing"
    strange = base.values.copy()
    strange["area_id"] = strange["area_id"].astype(object).replace("02", "2")
    with pytest.raises(ExportError, match="areas that it does not have: 2;"):
        wide_table(replace(base, values=strange), base.levels[1])


def test_an_indicator_that_is_called_like_a_column_is_refused() -> None:
    base = dataset()
    renamed = base.values.assign(indicator=base.values["indicator"].cat.rename_categories({"rate": "name"}))
    wrong = replace(base, values=renamed, indicators=(replace(RATE, id="name"), COUNT))
    with pytest.raises(ExportError, match="rename the indicator"):
        wide_table(wrong, base.levels[1])


def test_a_table_with_too_many_rows_for_a_sheet_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 7)
    with pytest.raises(
        TooLargeForWorkbookError, match="'Ortsteile' would have 8 rows, a workbook holds 7; choose"
    ):
        workbook.write_workbook(dataset(), tmp_path / "x.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_more_values_than_a_sheet_holds_are_left_out_and_the_method_sheet_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two years of four areas are 8 rows of the level; three copies of the 8 values are 24 rows."""
    monkeypatch.setattr(workbook, "MOST_ROWS", 8)
    base = dataset()
    more = [base.values.assign(indicator=name) for name in ("rate", "second", "third")]
    workbook.write_workbook(replace(base, values=pd.concat(more, ignore_index=True)), tmp_path / "x.xlsx")
    book = CalamineWorkbook.from_path(tmp_path / "x.xlsx")
    assert "Werte" not in book.sheet_names
    assert "Die 24 Werte als Zeilen stehen in den CSV-Dateien" in str(
        book.get_sheet_by_name("Hinweise").to_python()
    )


def test_sheets_with_names_that_workbooks_refuse_are_renamed(tmp_path: Path) -> None:
    base = dataset()
    long = "[Sehr] lange: Namen/von*Ebenen?, die nicht passen"
    levels = tuple(replace(one, title_de=long) for one in base.levels)
    workbook.write_workbook(replace(base, levels=levels), tmp_path / "x.xlsx")
    names = CalamineWorkbook.from_path(tmp_path / "x.xlsx").sheet_names
    assert len(set(names)) == len(names)
    assert all(len(one) <= 31 for one in names)


@pytest.mark.parametrize(
    ("changes", "formula"),
    [
        ({}, "100 × cases ÷ residents"),
        ({"factor": 1000.0, "minus": "gone"}, "1.000 × (cases − gone) ÷ residents"),
        ({"factor": 1.0}, "cases ÷ residents"),
        ({"numerator": None, "denominator": None}, ""),
    ],
)  # fmt: skip
def test_formulas_are_told_in_counts(changes: dict[str, object], formula: str) -> None:
    assert formula_of(replace(RATE, **changes), "de") == formula


def test_words_of_the_values_are_of_the_language() -> None:
    german, english = value_table(dataset(), "de"), value_table(dataset(), "en")
    assert (german["title"].iloc[0], english["title"].iloc[0]) == ("Quote", "Rate")
    assert german["comparison"].iloc[0] == "über dem Stadtwert"
    assert english["comparison"].iloc[0] == "above"
    assert german["unit"].iloc[-1] == "Personen"


def test_progress_names_every_format(tmp_path: Path) -> None:
    told: list[str] = []
    note: Callable[[str], None] = told.append
    write_files(dataset(), tmp_path, ["xlsx", "csv"], progress=note)
    assert told == ["CSV", "XLSX"]


def test_a_file_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        ExportError, match=r"cannot write the GeoPackage file: .*; check space and permissions"
    ):
        write_files(dataset(), tmp_path / "nowhere", ["gpkg"])
