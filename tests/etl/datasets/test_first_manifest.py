"""`sozialraum init`: a first manifest that is valid, and for a plain folder right."""

from __future__ import annotations

import pytest

from etl.datasets.findings import DatasetError
from etl.datasets.first_manifest import first_manifest
from etl.datasets.manifest_reading import manifest_of
from etl.errors import EtlError


def filled_in(text: str) -> str:
    """What nobody but the city knows, told."""
    return text.replace('"?"', '"told"')


def test_what_nobody_filled_in_is_refused_with_its_line(dataset) -> None:
    text = first_manifest(dataset.folder)
    with pytest.raises(DatasetError) as refused:
        manifest_of(text)
    lines = text.splitlines()
    told = {one.column: lines[int(one.place.removeprefix("line ")) - 1] for one in refused.value.findings}
    assert set(told) == {"publisher", "licence", "attribution", "unit"}
    assert all(line.startswith(f'{name} = "?"') for name, line in told.items())


def test_a_plain_folder_is_ready_to_load_after_init(dataset) -> None:
    (dataset.folder / "dataset.toml").unlink()
    text = filled_in(first_manifest(dataset.folder))
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
    manifest = manifest_of(filled_in(first_manifest(dataset.folder)))
    level, table = manifest.geography[-1], manifest.table[0]
    assert (level.key, level.key_pattern) == (("name",), r"^(\d+)")
    assert (table.key, table.zero_fill, table.join) == (("nr",), True, "key")


def test_a_column_per_year_is_seen(dataset) -> None:
    (dataset.folder / "values.csv").write_text(
        "nr,2019,2020\n01,1,2\n02,3,4\n03,5,6\n04,7,8\n", encoding="utf-8"
    )
    table = manifest_of(filled_in(first_manifest(dataset.folder))).table[0]
    assert table.layout == "years"


def test_files_that_cannot_be_used_are_named(dataset) -> None:
    (dataset.folder / "readme.txt").write_text("Lies mich", encoding="utf-8")
    assert "# readme.txt:" in first_manifest(dataset.folder)


def test_a_folder_without_a_map_is_refused(dataset) -> None:
    (dataset.folder / "areas.gpkg").unlink()
    with pytest.raises(EtlError, match="has no map"):
        first_manifest(dataset.folder)


def test_points_before_three_digits_are_seen_as_thousands_between_semicolons(dataset) -> None:
    (dataset.folder / "values.csv").write_text(
        "nr;ew;quote\n01;2.430;5,5\n02;1.100;7,0\n03;987;1,5\n04;12.500;2,0\n", encoding="utf-8"
    )
    text = filled_in(first_manifest(dataset.folder))
    table = manifest_of(text).table[0]
    assert (table.decimal, table.thousands) == (",", ".")
    (made,) = (one for one in manifest_of(text).indicator if one.id == "ew")
    assert (made.kind, made.unit) == ("extensive", "persons")
    (dataset.folder / "dataset.toml").write_text(text, encoding="utf-8")
    found = dataset.inspect()
    assert found.findings.errors == []
    values = found.delivery.values.set_index(["area_id", "indicator_id"])["value"]
    assert values["01", "ew"] == 2430


@pytest.mark.parametrize(
    ("rows", "thousands"),
    [
        ("01,2.430\n02,1.100\n03,3.200\n04,4.100\n", "."),  # every number has three digits behind the point
        (
            "01,2.430\n02,1.100\n03,987\n04,4.100\n",
            "",
        ),  # one has none: between commas that is a decimal point
        ("01,0.430\n02,0.100\n03,0.200\n04,0.100\n", ""),
    ],
)
def test_points_between_commas_part_thousands_when_every_number_has_them(
    dataset, rows: str, thousands: str
) -> None:
    (dataset.folder / "values.csv").write_text("nr,ew\n" + rows, encoding="utf-8")
    assert manifest_of(filled_in(first_manifest(dataset.folder))).table[0].thousands == thousands


def test_a_decimal_point_in_another_column_keeps_the_table_decimal(dataset) -> None:
    (dataset.folder / "values.csv").write_text(
        "nr;ew;quote\n01;2.430;5.5\n02;1.100;7.0\n03;987;1.5\n04;12.500;2.0\n", encoding="utf-8"
    )
    table = manifest_of(filled_in(first_manifest(dataset.folder))).table[0]
    assert (table.decimal, table.thousands) == (".", "")
