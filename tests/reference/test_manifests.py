"""The nine shared data sets through their manifests: counts of areas, values and rejected rows.

The numbers of areas are those that the SOURCE.md of each data set gives; the others were counted when the manifests
were written and change only with them. The two data sets of Berlin come by one manifest.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from etl.datasets.source import Inspection, inspect, open_source
from etl.shipped_cities.sources import SHIPPED

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
FOLDER = ROOT / "data" / "manifests"
VALUE = ["geography", "area_id", "indicator_id", "period"]

# manifest: folder, areas by level from the top down, values, rejected rows.
COUNTS = {
    "flensburg-sozialatlas": ("flensburg-sozialatlas", [1, 13], 1132, 6),
    "england-imd2019": ("england-imd2019", [1, 2, 455], 4570, 0),
    "us-svi-pennsylvania-counties": ("us-svi-pennsylvania-counties", [1, 67], 1015, 0),
    "france-qpv-occitanie": ("france-qpv-occitanie", [1, 12, 105], 774, 1),
    "us-sacramento-tracts-2000": ("us-sacramento-tracts-2000", [1, 4, 403], 2851, 0),
    "segregation-grenoble": ("segregation", [1, 53], 216, 2),
    "segregation-morrill": ("segregation", [1, 100], 1616, 0),
    "segregation-schools00": ("segregation-schools00", [1, 3, 429, 2045], 14868, 1),
    "leipzig-ortsteile": ("leipzig-ortsteile", [1, 10, 63], 41448, 3782),
    "berlin-lor-pre2021": ("berlin-mss-lor-pre2021", [1, 12, 60, 138, 447], 16686 + 17766, 6),
}


def quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


def folder_of(name: str) -> Path:
    needed = COUNTS[name][0] or name
    if not (SHARED / needed).is_dir():
        pytest.skip(f"the real data ../shared/data/{needed} are not on this machine")
    return SHARED / COUNTS[name][0]


@cache
def inspected(name: str) -> Inspection:
    source = open_source(FOLDER / f"{name}.toml")
    return inspect(source.manifest, source.files_in_place(folder_of(name)), progress=quiet)


@pytest.mark.parametrize("name", COUNTS)
def test_a_shared_data_set_is_ready_to_load_with_its_counts(name: str) -> None:
    _folder, levels, values, rejected = COUNTS[name]
    folder_of(name)
    found = inspected(name)
    assert [one.sentence() for one in found.findings.errors] == []
    delivery = found.delivery
    assert delivery.areas.groupby("geography", sort=False).size().tolist() == levels
    assert (len(delivery.values), len(delivery.rejected)) == (values, rejected)


def test_every_manifest_of_the_repository_is_counted_here() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(COUNTS)


def test_shipped_cities_are_among_them() -> None:
    there = {path.stem for path in FOLDER.rglob("*.toml")}
    assert there >= {name for names in SHIPPED.values() for name in names}


def test_sums_that_the_publishers_give_come_out() -> None:
    """SOURCE.md: Leipzig had 624,676 residents in 2022, Berlin 3,748,148 in 2018; the schools have 877,739 pupils."""
    for name, area, indicator, period, expected in (
        ("leipzig-ortsteile", "14713000", "residents", "2022", 624_676),
        ("berlin-lor-pre2021", "11000000", "residents", "2018", 3_748_148),
        ("segregation-schools00", "ALL", "schools_pupils", "2000", 877_739),
    ):
        folder_of(name)
        values = inspected(name).delivery.values.set_index(VALUE[1:])["value"]
        assert values[area, indicator, period] == expected
