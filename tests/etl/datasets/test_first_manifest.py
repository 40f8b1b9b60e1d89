"""`sozialraum init`: a first manifest that is valid, and for a plain folder right."""

from __future__ import annotations

import pytest

from etl.datasets.first_manifest import first_manifest
from etl.datasets.manifest_reading import manifest_of
from etl.errors import EtlError


def test_a_plain_folder_is_ready_to_load_after_init(dataset) -> None:
    (dataset.folder / "dataset.toml").unlink()
    text = first_manifest(dataset.folder)
    (dataset.folder / "dataset.toml").write_text(text, encoding="utf-8")
    found = dataset.inspect()
    assert [one.sentence() for one in found.findings.errors] == []
    assert (len(found.delivery.areas), len(found.delivery.values)) == (
        5,
        28,
    )  # 2 counts × 5 areas × 2 years, 1 rate × 4 × 2
    manifest = manifest_of(text)
    assert manifest.city.srid == 25832
    assert manifest.table[0].decimal == ","
    assert manifest.confidentiality.profile == "strict"


def test_keys_inside_names_and_lost_zeros_are_seen(dataset) -> None:
    areas = dataset.areas()
    dataset.write_areas(areas.assign(name=areas["nr"] + " " + areas["name"]).drop(columns="nr"))
    for number in "1234":
        for year in ("2020", "2021"):
            dataset.values(f"0{number};{year}", f"{number};{year}")
    manifest = manifest_of(first_manifest(dataset.folder))
    level, table = manifest.geography[-1], manifest.table[0]
    assert (level.key, level.key_pattern) == (("name",), r"^(\d+)")
    assert (table.key, table.zero_fill, table.join) == (("nr",), True, "key")


def test_a_column_per_year_is_seen(dataset) -> None:
    (dataset.folder / "values.csv").write_text(
        "nr,2019,2020\n01,1,2\n02,3,4\n03,5,6\n04,7,8\n", encoding="utf-8"
    )
    table = manifest_of(first_manifest(dataset.folder)).table[0]
    assert table.layout == "years"


def test_files_that_cannot_be_used_are_named(dataset) -> None:
    (dataset.folder / "readme.txt").write_text("Lies mich", encoding="utf-8")
    assert "# readme.txt:" in first_manifest(dataset.folder)


def test_a_folder_without_a_map_is_refused(dataset) -> None:
    (dataset.folder / "areas.gpkg").unlink()
    with pytest.raises(EtlError, match="has no map"):
        first_manifest(dataset.folder)
