"""The whole manifest in docs/reference/dataset.md does with the files it describes what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely

from etl.datasets.source import Inspection, inspect, open_source

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "dataset.md"
BLOCKS = ["01001", "01002", "02001", "02002"]


def write_files(folder: Path) -> None:
    boxes = [shapely.box(500_000 + 200 * n, 6_000_000, 500_200 + 200 * n, 6_000_200) for n in range(4)]
    names = ["Altstadt", "Altstadt", "Hafen", "Hafen"]
    gpd.GeoDataFrame({"block_nr": BLOCKS, "stt_name": names}, geometry=boxes, crs=25832).to_file(
        folder / "bloecke.gpkg"
    )
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"] = "Einwohner am 31.12.2023"
    for cell, text in {"A3": "Baublock", "B3": "Einwohner", "D3": "Miete"}.items():
        sheet[cell] = text
    for cell, text in {"B4": "insgesamt", "C4": "unter 6 Jahren", "D4": "EUR je m²"}.items():
        sheet[cell] = text
    sheet.merge_cells("A3:A4")
    sheet.merge_cells("B3:C3")
    for row in (
        ["01001", 512, 31, "7,35"],
        ["01002", "1.204", "-", "8,10"],
        ["02001", 97, ".", "/"],
        ["02002", 640, 44, "6,90"],
        ["Stadt", "2.453", 79, "7,52"],
        ["- nichts vorhanden; . geheim; / unsicher"],
    ):
        sheet.append(row)
    book.save(folder / "einwohner_2023.xlsx")
    lines = ["Block;Merkmal;31.12.2022;31.12.2023"]
    for key in BLOCKS:
        lines += [f"{int(key)};Arbeitslose;20;18", f"{int(key)};darunter langzeitarbeitslos;7;."]
    (folder / "arbeitslose.csv").write_text("\r\n".join(lines), encoding="cp1252")


def inspected(folder: Path, old: str = "", new: str = "") -> Inspection:
    """Return what the files come to with the manifest of the page, in which one thing may be changed."""
    write_files(folder)
    part = PAGE.read_text(encoding="utf-8").split("## A whole manifest")[1]
    text = re.search(r"^```toml\n(.*?)^```$", part, flags=re.MULTILINE | re.DOTALL)[1]
    assert old in text
    (folder / "dataset.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    source = open_source(folder)
    return inspect(source.manifest, source.files_in_place(None), progress=lambda _name, _share=None: None)


def test_the_whole_manifest_of_the_page_reads_what_it_describes(tmp_path: Path) -> None:
    found = inspected(tmp_path)
    assert [one.sentence() for one in found.findings.found if one.severity == "error"] == []
    values = found.delivery.values.set_index(["geography", "area_id", "indicator_id", "period"])
    assert values.loc[("block", "01002", "residents", "2023"), "value"] == 1204
    assert values.loc[("block", "01002", "residents_u6", "2023"), "status"] == "zero"
    assert values.loc[("block", "02001", "residents_u6", "2023"), "status"] == "suppressed"
    assert values.loc[("block", "02001", "mean_rent", "2023"), "status"] == "missing"
    assert values.loc[("block", "02002", "mean_rent", "2023"), "value"] == 6.9
    assert values.loc[("quarter", "01", "unemployed", "2022"), "value"] == 40
    quarters = found.delivery.areas[found.delivery.areas["geography"] == "quarter"]
    assert dict(zip(quarters["area_id"], quarters["name"], strict=True)) == {"01": "Altstadt", "02": "Hafen"}
    assert found.delivery.rejected["reason"].to_list() == ["total of the town"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("header = [3, 4]", "header = [1]", "correct value.column or header"),
        (
            '"Einwohner / insgesamt"',
            '"insgesamt"',
            "it has Baublock, Einwohner / insgesamt, Einwohner / unter 6",
        ),
        ('ends_at = "^- nichts"', "", "notes below the table end it with ends_at"),
        ('thousands = "."', "", "say decimal, thousands or footnotes for this table"),
        (
            r"31\.12\.(\d{4})",
            r"(\d{4})",
            "from its first to its last character; it has Block, Merkmal, 31.12.2022",
        ),
    ],
)
def test_what_a_first_reader_gets_wrong_is_answered_with_what_to_write(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    assert words in " ".join(one.sentence() for one in inspected(tmp_path, old, new).findings.errors)
