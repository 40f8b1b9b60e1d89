"""Broken manifests: every problem in one pass, each with its line, what is wrong and what to do."""

from __future__ import annotations

import pytest

from etl.datasets.findings import DatasetError
from etl.errors import FetchError

# name: what is replaced, by what, the key that is told, words of what, words of what to do.
CASES = {
    "an unknown key": (
        'licence = "dl', 'license = "dl', "license", "unknown key 'license'", "did you mean 'licence'",
    ),
    "a key that lacks": ('licence = "dl-de/by-2-0"\n', "", "source", "licence is missing", "add it: licence"),
    "a number that is text": ("srid = 25832", 'srid = "25832"', "srid", "is '25832'", "give whole number"),
    "a layout nobody knows": ('"wide"', '"weit"', "layout", "is 'weit'", '"wide" or "long" or "years"'),
    "a CRS in degrees": ("srid = 25832", "srid = 4326", "srid", "true metres", "25832 or 25833"),
    "a CRS that is none": ("srid = 25832", "srid = 99", "srid", "EPSG:99 is unknown", "EPSG number"),
    "Web Mercator": ("srid = 25832", "srid = 3857", "srid", "true metres", "projected CRS in metres"),
    "a city id with blanks": (
        'id = "small"\ntitle', 'id = "Klein Stadt"\ntitle', "id", "is no id", "small letters",
    ),
    "a level that is not there": (
        'geography = "sub_district"', 'geography = "ortsteil"', "geography", "no level", "",
    ),
    "an indicator that is not there": (
        'indicator = "rate"', 'indicator = "rat"', "indicator", "not among", "did you mean 'rate'",
    ),
    "an indicator without a name": ('title_de = "Quote"\n', "", "title_de", "has no title_de", "give both"),
    "a known indicator that is another": (
        'id = "rate"', 'id = "births"', "id", "is known already", "another id",
    ),
    "a column that is no list": ('column = "ew"', "column = 3", "column", "is 3", "list of text"),
    "no period": ('period_column = "jahr"\n', "", "period", "does not say its period", "give one of"),
    "two periods": (
        'period_column = "jahr"', 'period_column = "jahr"\nperiod = "2020"', "period", "and period_column", "one of",
    ),
    "a period that is none": (
        'period_column = "jahr"', 'period = "Sommer"', "period", "is no period", "2019-Q2",
    ),
    "a pattern that is none": (
        'key = "nr"\nname', 'key = "nr"\nkey_pattern = "("\nname', "key_pattern", "no regular", "group",
    ),
    "a pattern without a group": (
        'key = "nr"\nname', 'key = "nr"\nkey_pattern = "a"\nname', "key_pattern", "0 groups", "group",
    ),
    "one sign for two things": (
        'decimal = ","', 'decimal = ","\nthousands = ","', "thousands", "the same", "correct",
    ),
    "a sentinel that is a word": (
        'decimal = ","', 'decimal = ","\nsentinels = { "k.A." = "missing" }', "sentinels", "no number", "signs",
    ),
    "a state that is none": (
        'decimal = ","', 'decimal = ","\nsigns = { "k.A." = "fehlt" }', "k.A.", "is 'fehlt'", "missing",
    ),
    "a sign that would be a number nobody wrote": (
        'decimal = ","', 'decimal = ","\nsigns = { "k.A." = "uncertain" }', "k.A.", "is 'uncertain'", "suppressed",
    ),
    "a sentinel that would be a number nobody wrote": (
        'column = "ew" }', 'column = "ew", sentinels = { "-9" = "measured" } }', "-9", "is 'measured'", "zero",
    ),
    "a profile that is none": ('"as-published"', '"streng"', "profile", "no profile", "strict"),
    "a path out of the folder": (
        'file = "values.csv"', 'file = "../values.csv"', "file", "leads out", "inside the folder",
    ),
    "an absolute path": (
        'file = "values.csv"', 'file = "/etc/passwd"', "file", "leads out", "inside the folder",
    ),
    "a level without areas": ('file = "areas.gpkg"\n', "", "file", "has no areas", "give its file"),
    "an area_id that is too long": (
        'area_id = "000"', 'area_id = "0000"', "area_id", "3 characters", "key_length",
    ),
    "an edition that ends before it begins": (
        "valid_from = 2020-01-01", "valid_from = 2020-01-01\nvalid_to = 2019-12-31", "valid_to", "before it begins", "dates",
    ),
    "a date that is text": (
        "valid_from = 2020-01-01", 'valid_from = "2020"', "valid_from", "is '2020'", "give date",
    ),
    "a German date in quotes": (
        "valid_from = 2020-01-01", 'valid_from = "1.1.2020"', "valid_from", "1.1.2020", "write 2020-01-01 without quotes",
    ),
    "a date in quotes": (
        "valid_from = 2020-01-01", 'valid_from = "2020-01-01"', "valid_from", "2020-01-01",
        "write 2020-01-01 without quotes",
    ),
    "a count with its words in another order": (
        'id = "non_german"\n', 'id = "long_term_unemployed"\n', "title_de", "is not known",
        "did you mean 'unemployed_long_term', a count [persons]?",
    ),
    "a box that is none": (
        "srid = 25832", "srid = 25832\nbox = [9, 54, 8, 55]", "box", "is no box", "west, south",
    ),
    "a group that is no indicator": (
        'groups = ["non_german"]', 'groups = ["non_germans"]', "groups", "no indicator", "non_german",
    ),
    "a level that names no parent": (
        'area_id = "000"\narea_name = "Kleinstadt"\n', "", "parent_prefix", "does not say", "parent_key",
    ),
    "an indicator twice": ('id = "non_german"\n', 'id = "residents"\n', "id", "is there twice", "own id"),
    "a repair nobody knows": (
        'name = "name"\n', 'name = "name"\nrepair = ["magic"]\n', "repair", "is 'magic'", "make_valid",
    ),
    "a class without labels": (
        'kind = "intensive"', 'kind = "ordinal"', "labels_de", "labels_de and labels_en", "label",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_broken_manifest_is_told_with_its_line(dataset, name: str) -> None:
    old, new, key, what, todo = CASES[name]
    dataset.manifest(old, new)
    with pytest.raises(DatasetError) as refused:
        dataset.source()
    told = [one for one in refused.value.findings if what in one.what]
    assert told, [one.sentence() for one in refused.value.findings]
    assert told[0].file == "dataset.toml"
    assert told[0].column == key
    assert told[0].place.startswith("line ")
    assert todo in told[0].todo


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id = small", "texts stand in quotes"),
        ("id = 'a'\nid = 'b'", "there twice"),
        ("[city", "line 1"),
        ("srid = 0,5", "decimal point"),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(dataset, text: str, words: str) -> None:
    (dataset.folder / "dataset.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError, match=words):
        dataset.source()


def test_a_manifest_that_is_not_utf_8_is_told(dataset) -> None:
    (dataset.folder / "dataset.toml").write_bytes(b'id = "M\xfcnster"')
    with pytest.raises(FetchError, match="not UTF-8"):
        dataset.source()


def test_every_problem_of_a_manifest_is_told_at_once(dataset) -> None:
    for old, new in (
        ("srid = 25832", "srid = 4326"),
        ('"as-published"', '"streng"'),
        ('indicator = "rate"', 'indicator = "x"'),
    ):
        dataset.manifest(old, new)
    with pytest.raises(DatasetError) as refused:
        dataset.source()
    assert {one.column for one in refused.value.findings} >= {"srid", "profile", "indicator"}


def test_files_that_are_not_there_are_all_told(dataset) -> None:
    (dataset.folder / "values.csv").unlink()
    (dataset.folder / "areas.gpkg").unlink()
    with pytest.raises(DatasetError) as refused:
        dataset.inspect()
    assert [one.file for one in refused.value.findings] == ["areas.gpkg", "values.csv"]


def test_a_link_out_of_the_folder_is_not_followed(dataset, tmp_path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("nr;jahr;ew;ausl;quote\n", encoding="utf-8")
    (dataset.folder / "values.csv").unlink()
    (dataset.folder / "values.csv").symlink_to(secret)
    with pytest.raises(DatasetError, match="leads out of the folder"):
        dataset.inspect()


@pytest.mark.parametrize(
    ("target", "what"),
    [
        ("../elsewhere.cpg", "areas.cpg: the file is a link that leads out of the folder"),
        ("nowhere.cpg", "areas.cpg: the file is not in"),
    ],
)
def test_a_link_of_a_file_that_belongs_to_a_shapefile_is_not_followed(
    dataset, tmp_path, target: str, what: str
) -> None:
    dataset.write_areas(dataset.areas(), name="areas.shp")
    dataset.manifest('file = "areas.gpkg"', 'file = "areas.shp"')
    assert "areas.cpg" in {one.name for one in dataset.source().files_in_place(None)}
    (tmp_path / "elsewhere.cpg").write_text("UTF-8")
    companion = dataset.folder / "areas.cpg"
    companion.unlink()
    companion.symlink_to(target)
    with pytest.raises(DatasetError) as refused:
        dataset.source().files_in_place(None)
    assert [one.sentence().startswith(what) for one in refused.value.findings] == [True]
    companion.unlink()
    (dataset.folder / "kept").write_text("UTF-8")
    companion.symlink_to("kept")  # a link within the folder is fine
    assert "areas.cpg" in {one.name for one in dataset.source().files_in_place(None)}


def test_a_link_of_the_crs_of_a_grid_is_not_followed(dataset, tmp_path) -> None:
    grid = dataset.folder / "noise.asc"
    grid.write_text("ncols 1\nnrows 1\nxllcorner 0\nyllcorner 0\ncellsize 1\n1\n")
    (tmp_path / "elsewhere.prj").write_text("LOCAL_CS[]")
    (dataset.folder / "noise.prj").symlink_to(tmp_path / "elsewhere.prj")
    dataset.add(
        '\n[[indicator]]\nid = "noise"\ntitle_de = "Lärm"\ntitle_en = "Noise"\nunit = "dB"\nkind = "intensive"\n'
        '[[raster]]\nfile = "noise.asc"\ngeography = "sub_district"\nindicator = "noise"\nstatistic = "mean"\n'
        'holds = "ground"\nperiod = "2020"\n'
    )
    with pytest.raises(DatasetError) as refused:
        dataset.source().files_in_place(None)
    (told,) = refused.value.findings
    assert told.sentence().startswith("noise.prj: the file is a link that leads out of the folder")


def test_a_broken_method_file_is_told_with_its_line(dataset) -> None:
    (dataset.folder / "method.toml").write_text('id = "m"\ntitel = "M"\n', encoding="utf-8")
    dataset.manifest("[compute]\n", '[compute]\nmethods = { "*" = "method.toml" }\n')
    told = [one for one in dataset.inspect().findings.errors if one.file == "method.toml"]
    assert told
    assert told[0].place.startswith("line ")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("[compute]\n", '[compute]\nmethods = { "*" = "berlin" }\n', "methods"),
        ('profile = "as-published"', 'profile = "public-staff"', "profile"),
        ('profile = "as-published"', 'profile = "strict"\nminimum_count = 0', "minimum_count"),
        ('profile = "as-published"', 'exceptions = { rate = "lax" }', "exceptions"),
        (
            'profile = "as-published"',
            'categories = [{ total = "residents", parts = ["women"] }]',
            "confidentiality",
        ),
    ],
)
def test_rules_that_cannot_be_followed_are_told(dataset, old: str, new: str, key: str) -> None:
    dataset.manifest(old, new)
    with pytest.raises(DatasetError) as refused:
        dataset.source()
    assert [one.column for one in refused.value.findings] == [key]


@pytest.mark.parametrize("key", ["publisher", "licence", "attribution"])
def test_what_must_be_said_may_not_be_left_empty(dataset, key: str) -> None:
    text = (dataset.folder / "dataset.toml").read_text(encoding="utf-8")
    line = next(one for one in text.splitlines() if one.startswith(f"{key} = "))
    dataset.manifest(line, f'{key} = ""')
    with pytest.raises(DatasetError, match=f"{key} is empty"):
        dataset.source()
