"""Our computation of the English Index of Multiple Deprivation 2019 against the published one.

Data: ../shared/data/england-imd2019 (see its SOURCE.md): domain ranks, overall rank and decile of 32,844 areas,
populations, and the published summaries of 317 districts.
"""

from pathlib import Path

import pytest

from etl.reproduce.contract import Check
from etl.reproduce.register import REFERENCES

FOLDER = "england-imd2019"


@pytest.fixture(scope="module")
def checks() -> dict[str, Check]:
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "data" / FOLDER
    if not folder.is_dir():
        pytest.skip(f"the real data ../shared/data/{FOLDER} are not on this machine")
    return {check.what_en: check for check in REFERENCES["england-imd-2019"].run(folder)}


def test_ranks_are_exact_for_all_but_108_areas_and_never_off_by_more_than_two(checks):
    assert checks["rank"].published == 32_844
    assert checks["rank"].agreeing >= 32_736
    assert checks["rank"].difference <= 2


def test_every_decile_is_reproduced(checks):
    assert (checks["decile"].published, checks["decile"].agreeing) == (32_844, 32_844)


def test_the_summaries_of_all_districts_are_reproduced(checks):
    average, share = (
        checks["average score of the districts"],
        checks["share of a district's areas in decile 1"],
    )
    assert (average.published, average.agreeing, share.published, share.agreeing) == (317,) * 4
    assert average.difference <= 0.0006
    assert share.difference <= 0.00005 + 1e-12  # half a unit of the last digit
