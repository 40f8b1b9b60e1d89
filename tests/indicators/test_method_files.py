"""The files that come with the product, and a file written from the documentation alone."""

import re
from pathlib import Path

import pandas as pd
import pytest

from indicators import DefinitionError
from indicators.composite import status_index
from indicators.computed import STATUS_CLASS, STATUS_DYNAMICS_CLASS, computed_by
from indicators.known import known_indicators
from indicators.methods import STEPS, method_names, read_method, shipped_method, shipped_text
from indicators.methods.errors import nearest
from indicators.methods.larger_units import larger_units

PAGE = Path(__file__).resolve().parents[2] / "docs" / "methods" / "method-files.md"
NAMES = (
    "berlin-mss-2013",
    "berlin-mss-2017",
    "berlin-mss-2019",
    "england-imd-2019",
    "hamburg-sozialmonitoring",
    "leipzig-status",
    "sample-status",
    "us-cdc-svi-2018",
    "us-cdc-svi-2020",
)


def example(language):
    """Return the only block of a language on the page."""
    (block,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return block


def measured(values):
    return values.notna().replace({True: "measured", False: "missing"})


def test_the_methods_that_the_product_promises_are_there():
    assert set(NAMES) <= set(method_names())


@pytest.mark.parametrize("name", method_names())
def test_every_file_is_complete_in_both_languages_and_names_what_exists(name):
    method = read_method(shipped_text(name), file=name, known=known_indicators())
    assert method.id == name
    assert method == shipped_method(name)
    texts = [method.title_de, method.title_en, method.source]
    texts += [text for index in method.indices for text in (index.title_de, index.title_en)]
    assert all(texts)
    assert method.title_de != method.title_en
    assert bool(method.note_de) == bool(method.note_en)
    assert method.classes is not None


def test_an_unknown_method_is_refused_with_the_nearest():
    with pytest.raises(DefinitionError, match="did you mean 'berlin-mss-2019'"):
        shipped_method("berlin-mss-2021")


def test_england_and_the_us_are_told_apart_from_berlin_by_their_files_only():
    imd, svi = shipped_method("england-imd-2019"), shipped_method("us-cdc-svi-2020")
    assert sum(one.weight for one in imd.indices[0].inputs) == pytest.approx(0.999)
    assert imd.classes.groups == 10
    assert svi.universe == "state"
    assert len(svi.indices) == 10


def test_hamburg_has_seven_indicators_three_years_and_says_what_is_not_confirmed():
    method = shipped_method("hamburg-sozialmonitoring")
    assert len(method.indicators) == 7
    assert method.dynamics.years == 3
    assert [(one.indicator, one.at_least) for one in method.validity.minimum] == [("residents", 300)]
    assert "nicht bestätigt" in method.note_de
    assert len(method.pairs("de")) == 12


def test_a_new_edition_needs_a_new_file_only():
    text = shipped_text("berlin-mss-2019").replace("berlin-mss-2019", "berlin-mss-2023")
    text = text.replace(
        '  { id = "mss_child_poverty" },\n', '  { id = "mss_child_poverty" },\n  { id = "lone_parents" },\n'
    )
    declared = (
        text
        + '\n[[indicator]]\nid = "lone_parents"\ntitle_de = "Alleinerziehende"\ntitle_en = "Lone parents"\n'
    )
    method = read_method(declared, file="berlin-mss-2023.toml", known=known_indicators())
    values = pd.DataFrame({name: [1.0, 2.0, 6.0] for name in method.columns}, index=["00", "01", "02"])
    values["mss_residents"] = 300.0
    assert status_index(values, measured(values), method).classes.tolist() == [2, 2, 3]


def test_the_example_of_the_page_works_as_it_says():
    method = read_method(example("toml"), file="musterstadt-need.toml", known=known_indicators())
    lines = [line.split(";") for line in example("csv").splitlines()]
    table = pd.DataFrame(lines[1:], columns=lines[0]).set_index("area_id")
    values = table.apply(lambda column: pd.to_numeric(column.str.replace(",", "."), errors="coerce"))
    values = values.where(table != "-", 0)
    result = status_index(values, measured(values), method)
    assert result.index["04"] == pytest.approx(93.48, abs=0.005)
    assert result.rank["04"] == 1
    assert int(result.is_valid.sum()) == 8
    assert not result.is_valid["05"]
    assert list(result.contributions)[3] == "health"
    # First in six domains: each contributes its weight times 100.
    assert (result.contributions.loc["04"] / [22.5, 22.5, 13.5, 13.5, 9.3, 9.3, 9.3] > 0.9999).sum() == 6
    assert result.contributions.sum(axis=1)["04"] == pytest.approx(result.index["04"])


def test_every_step_and_every_key_is_on_the_page():
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in STEPS)
    assert all(f"`{name}`" in text or f"`-{name[-4:]}`" in text for name in method_names())


def test_nearest_names_do_not_guess_wildly():
    assert nearest("Weight", ["weight"]) == "weight"
    assert nearest("temperature", ["weight", "id"]) is None


def test_classes_with_the_common_labels_share_an_indicator_and_others_get_their_own():
    assert computed_by(shipped_method("leipzig-status")).classes is STATUS_CLASS
    assert computed_by(shipped_method("berlin-mss-2013")).pairs is STATUS_DYNAMICS_CLASS
    imd = computed_by(shipped_method("england-imd-2019"))
    assert imd.classes.labels_de[0] == "1 (größte Benachteiligung)"
    assert imd.classes.direction == "lower_is_more_need"
    assert [one.id for one in imd.indicators()] == ["status_index", "status_class_england_imd_2019"]


def test_larger_units_by_hand():
    # Index of 00, 01, 02: -0.926, -0.463, 1.389 (see the composite tests); 03 has no value.
    method = shipped_method("leipzig-status")
    values = pd.DataFrame(
        {name: [1.0, 2.0, 6.0, None] for name in method.columns}, index=["00", "01", "02", "03"]
    )
    result = status_index(values, measured(values), method)
    unit = pd.Series(["A", "A", "B", "C"], values.index)
    people = pd.Series([100.0, 300.0, 50.0, 70.0], values.index)
    summary = larger_units(result, unit, population=people, of_class=3)
    # A: (100 · -0.926 + 300 · -0.463) / 400 = -0.579; 02 is above 1 and so in class 3.
    assert summary["average"].tolist()[:2] == pytest.approx([-0.5787, 1.3887], abs=1e-4)
    assert summary["share"].tolist()[:2] == [0, 1]
    assert summary.loc["C", ["average", "share"]].isna().all()
    assert summary["areas"].tolist() == [2, 1, 1]
    assert larger_units(result, unit)["average"]["A"] == pytest.approx(-0.6944, abs=1e-4)
    with pytest.raises(ValueError, match="population missing or negative"):
        larger_units(result, unit, population=people - 60)
