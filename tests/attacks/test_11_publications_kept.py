"""Attack 11: who kept the old publications calculates with all of them: corrections, partial loads, superseded values.

Not one of the ten of the requirements, but the way in which corrections give counts away. The town is small, so that its
counts can be followed by hand; it is loaded as every city is, and read through the service.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from scipy.optimize import linprog
from sqlalchemy import Engine

from api.app import create_app
from api.settings import ServiceSettings
from db.queries import deliveries
from etl.confidentiality import Confidentiality
from etl.delivery import Delivery
from etl.loading import load
from etl.raw import RawFile
from etl.undo import undo_load
from etl.withholding import withhold
from indicators.confidentiality import AS_PUBLISHED

EXTENT = {"00": (0, 10), "01": (10, 20), "02": (20, 30), "03": (30, 40)}
AREAS = tuple(EXTENT)
DIVIDED = {"00": (0, 10), "01": (10, 20), "02": (20, 30), "30": (30, 36), "31": (36, 40)}
WIDTH = 2  # of a withheld count, at least three values remain possible
PERIOD = "2022"
Publication = dict[str, float | None]  # None is withheld; areas that are not there were not published

CORRECTED = ([2, 9, 20, 30], [2, 9, 4, 30])  # another one becomes the cheapest partner
TAKEN_BACK_AND_FORTH = (
    [2, 9, 20, 30],
    [2, 9, 4, 1],
    [2, 9, 4, 30],
)  # the first sum matters again in the third
WITHHELD_LATER = ([4, 9, 20, 30], [2, 9, 20, 30])  # 4 was public; the 2 it becomes is not
# 11 for two, then 13 for the same two: the first sum contradicts the second, which still holds in the third.
CORRECTED_IN_SECRET = ([2, 9, 20, 30], [4, 9, 20, 30], [4, 9, 5, 30])


@pytest.fixture(scope="session")
def town(town_of_districts) -> Callable[..., Delivery]:
    def made(
        counts: list[float],
        *,
        levels: tuple[str, ...] = ("city", "district"),
        extent: dict[str, tuple[float, float]] = EXTENT,
        edition: str = "2020",
    ) -> Delivery:
        rows = [("city", "T", sum(counts)), *(("district", *one) for one in zip(extent, counts, strict=True))]
        values = pd.DataFrame(rows, columns=["geography", "area_id", "value"])
        values = values[values["geography"].isin(levels)].reset_index(drop=True)
        values = values.assign(
            value=values["value"].astype(float),
            indicator_id="unemployed",
            period=PERIOD,
            reference_date=date(2022, 12, 31),
            status="measured",
        )
        return town_of_districts(values, ["unemployed"], districts=extent, edition=edition)

    return made


def attack(kept: list[Publication]) -> dict[str, tuple[float, float]]:
    """Narrow what the last publication withholds down, with the sums of all that were kept.

    A withheld count is taken to be the same in all publications that withhold it; what is public in another one may
    have been corrected, so each publication speaks for itself there. Where publications contradict each other,
    something was corrected in secret: then every largest choice of older ones that fits the last is tried.
    """
    names = sorted({area for one in kept for area, value in one.items() if value is None})
    sums = [one for one in (_sum(publication, names) for publication in kept) if one is not None]
    asked = [area for area in names if kept[-1].get(area, 0.0) is None]
    found: dict[str, tuple[float, float]] = {}
    if not sums or not asked:
        return found
    tried: list[set[int]] = []
    for size in range(len(sums) - 1, -1, -1):
        for older in itertools.combinations(range(len(sums) - 1), size):
            if any(set(older) <= larger for larger in tried):
                continue  # a larger choice fits, and says all that this one says
            chosen = [*(sums[at] for at in older), sums[-1]]
            narrow = _narrowed(chosen, names, asked)
            if narrow is not None:
                tried.append(set(older))
                found |= narrow
    return found


def _sum(one: Publication, names: list[str]) -> tuple[np.ndarray, float] | None:
    """Return what the withheld counts of a publication add up to, with their signs."""
    if "T" not in one or not set(AREAS) <= set(one):
        return None
    line, known = np.zeros(len(names)), 0.0
    for area, sign in (("T", -1.0), *((area, 1.0) for area in AREAS)):
        value = one[area]
        if value is None:
            line[names.index(area)] = sign
        else:
            known += sign * value
    return line, -known


def _narrowed(
    sums: list[tuple[np.ndarray, float]], names: list[str], asked: list[str]
) -> dict[str, tuple[float, float]] | None:
    """Return the intervals that are too narrow, or None where the sums contradict each other."""
    lines, constants = np.array([line for line, _ in sums]), [constant for _, constant in sums]
    found = {}
    for area in asked:
        goal = np.array([float(name == area) for name in names])
        ends = [
            linprog(sign * goal, A_eq=lines, b_eq=constants, bounds=(1, 1000), method="highs")
            for sign in (1.0, -1.0)
        ]
        if any(one.status != 0 for one in ends):
            return None
        low, high = ends[0].fun, -ends[1].fun
        if high - low < WIDTH:
            found[area] = (low, high)
    return found


def true_of(found: dict[str, tuple[float, float]], counts: list[float]) -> dict[str, tuple[float, float]]:
    """Leave out what is wrong: whoever calculates with a sum that was corrected in secret misleads himself."""
    truth = {**dict(zip(AREAS, counts, strict=True)), "T": sum(counts)}
    return {area: (low, high) for area, (low, high) in found.items() if low <= truth[area] <= high}


@pytest.fixture(scope="session")
def careless(town) -> Callable[..., list[Publication]]:
    def made(*counts: list[float]) -> list[Publication]:
        """Protect every delivery as if it were the first."""
        return [
            {row.area_id: None if row.value != row.value else row.value for row in one.itertuples()}
            for one in (withhold(town(list(given))).delivery.values for given in counts)
        ]

    return made


def store(engine: Engine, given: Delivery, version: int) -> None:
    file = RawFile(name="values.csv", path=Path("values.csv"), sha256="a" * 64, size=1)
    load(engine, given, [file], loaded_by="test", code_version=str(version), progress=lambda *_: None)


def read(engine: Engine) -> Publication:
    """Ask the service for the map of every level."""
    url = engine.url.render_as_string(hide_password=False)
    found: Publication = {}
    with TestClient(create_app(ServiceSettings(database_url=url))) as client:
        levels = client.get("/cities/town/indicators").json()["indicators"][0]["availability"]
        for level in levels:
            body = client.get(
                "/cities/town/layers/unemployed", params={"geography": level, "period": PERIOD}
            ).json()
            states = zip(body["area_ids"], body["values"], body["statuses"], strict=True)
            found |= {
                area: None if status == "suppressed" else value
                for area, value, status in states
                if status != "missing"
            }
    return found


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        # 61 - 20 - 30 = 11 for two; then 45 - 30 - 9 = 6 for two of which the 9 is public: 11 - 9 = 2.
        (CORRECTED, {"00": (2, 2), "02": (4, 4)}),
    ],
)
def test_it_recovers_counts_of_loads_that_are_protected_one_by_one(careless, counts, found, score):
    kept = careless(*counts)
    # What was withheld first, and is public now, is read off.
    kept[0] |= {
        area: kept[-1][area] for area in AREAS if kept[0][area] is None and kept[-1][area] is not None
    }
    recovered = attack(kept)
    score(11, careless=len(recovered))
    assert recovered == found


def test_publications_that_contradict_each_other_do_not_stop_it():
    def of(*values: float | None) -> Publication:
        return dict(zip([*AREAS, "T"], values, strict=True))

    last = of(None, None, None, 30, 44)  # 14 for three
    second = of(None, None, 20, 30, 61)  # 11 for 00 and 01: that leaves 3 for 02
    wrong = of(None, 9, None, 30, 90)  # 51 for 00 and 02, which are 13 at most
    assert attack([wrong, last]) == {}
    assert attack([second, last]) == {"02": (3, 3)}
    assert attack([wrong, second, last]) == {"02": (3, 3)}


@pytest.mark.parametrize("counts", [CORRECTED, TAKEN_BACK_AND_FORTH, WITHHELD_LATER, CORRECTED_IN_SECRET])
def test_it_finds_nothing_in_the_union_of_all_that_the_service_ever_gave(town, database, counts, score):
    kept = []
    for version, given in enumerate(counts):
        store(database, town(given), version)
        kept.append(read(database))
        assert kept[-1]["00"] is None or given[0] >= 3
    recovered = true_of(attack(kept), counts[-1])
    score(11, served=len(recovered))
    assert recovered == {}
    for version in range(1, len(kept)):
        # Whatever is public of a count that was withheld once has been public with that number before.
        for area, value in zip(AREAS, counts[version], strict=True):
            if kept[version - 1][area] is None and kept[version][area] is not None:
                assert any(one[area] == value for one in kept[: version - 1])


def take_back(engine: Engine, number: int) -> None:
    undo_load(engine, number, undone_by="test", code_version="1", progress=lambda *_: None)


@pytest.mark.parametrize("counts", [CORRECTED, TAKEN_BACK_AND_FORTH, WITHHELD_LATER, CORRECTED_IN_SECRET])
def test_it_finds_nothing_when_loads_are_undone(town, database, counts, score):
    """Load, correct, undo, correct otherwise, undo that, and undo the undo: every state was public for a while."""
    kept: list[Publication] = []
    first, second, third = counts[0], counts[1], counts[-1]
    steps = [(first, 0), (second, 0), (first, 2), (third, 0), (first, 4), (third, 5)]
    for version, (given, undone) in enumerate(steps):
        if undone:
            take_back(database, undone)
        else:
            store(database, town(given), version)
        kept.append(read(database))
        recovered = true_of(attack(kept), given)
        score(11, served=len(recovered))
        assert recovered == {}, version
    assert kept[2] == kept[4] == kept[0]
    assert kept[5] == kept[3]


def test_it_finds_nothing_when_levels_come_one_after_the_other(town, database, score):
    store(database, town([2, 9, 20, 30], levels=("city",)), 1)
    first = read(database)
    store(database, town([2, 9, 20, 30], levels=("district",)), 2)
    recovered = attack([first, read(database)])
    score(11, served=len(recovered))
    assert recovered == {}


def test_districts_alone_would_have_given_the_count_away_beside_the_stored_total(town):
    given = withhold(town([2, 9, 20, 30], levels=("district",))).delivery.values
    districts = {row.area_id: None if row.value != row.value else row.value for row in given.itertuples()}
    assert attack([{"T": 61.0, **districts}]) == {"00": (2, 2)}


def from_two_editions(before: Publication, after: Publication) -> dict[str, float]:
    """Attack 6: old 03 is new 30 and 31; all other areas kept their ground."""
    parts = {"03": ("30", "31"), **{area: (area,) for area in ("00", "01", "02")}}
    found = {}
    for old, new in parts.items():
        unknown = [area for area in new if after[area] is None]
        if before[old] is not None and len(unknown) == 1:
            found[unknown[0]] = before[old] - sum(after[area] or 0.0 for area in new)
    return found


def test_it_recovers_a_part_of_an_old_district_when_editions_are_protected_one_by_one(careless, town, score):
    [before] = careless([3, 9, 20, 30])
    values = withhold(town([3, 9, 20, 28, 2], extent=DIVIDED, edition="2021")).delivery.values
    after = {row.area_id: None if row.value != row.value else row.value for row in values.itertuples()}
    found = from_two_editions(before, after)
    score(6, careless=len(found))
    assert found == {"00": 3, "31": 2}  # the 3 is the partner


def test_it_finds_nothing_in_two_editions_that_the_service_gave_one_after_the_other(town, database, score):
    store(database, town([3, 9, 20, 30]), 1)
    before = read(database)
    store(database, town([3, 9, 20, 28, 2], extent=DIVIDED, edition="2021"), 2)
    after = read(database)
    assert after["31"] is None
    found = from_two_editions(before, after)
    score(6, served=len(found))
    assert found == {}


def test_it_finds_nothing_in_an_edition_that_was_withdrawn_and_the_one_that_took_its_name(
    town, database, score
):
    """The withdrawn one had the 28 of the part beside, and the old one their sum: the part is still a secret."""
    store(database, town([3, 9, 20, 30]), 1)
    before = read(database)
    store(database, town([3, 9, 20, 28, 2], extent=DIVIDED, edition="2021"), 2)
    withdrawn = read(database)
    take_back(database, 2)
    assert read(database) == before
    store(database, town([3, 9, 20, 28, 2], extent=DIVIDED, edition="2021"), 4)
    after = read(database)
    found = [from_two_editions(before, one) for one in (withdrawn, after)]
    together = {area: value if value is not None else withdrawn[area] for area, value in after.items()}
    found.append(from_two_editions(before, together))
    score(6, served=sum(map(len, found)))
    assert found == [{}, {}, {}]


def test_what_was_public_is_not_withheld_as_if_it_had_not_been(town, database, score):
    # Superseded values are kept; a count that everybody has cannot be made secret, and the load says so.
    as_published = Confidentiality(profile=AS_PUBLISHED)
    careful = town([2, 9, 20, 30])
    public = Delivery(
        **{
            name: getattr(careful, name) for name in careful.__dataclass_fields__ if name != "confidentiality"
        },
        confidentiality=as_published,
    )
    store(database, public, 1)
    kept = [read(database)]
    store(database, careful, 2)
    assert read(database) == kept[0]
    with database.connect() as connection:
        told = deliveries.newest_load(connection, "town")
    assert told["counts"]["confidentiality"]["sensitive_but_public_before"] == 1
    # Corrected to another small number it is secret again; the old one says nothing of it.
    store(database, town([1, 9, 20, 30]), 3)
    kept.append(read(database))
    assert kept[-1]["00"] is None
    recovered = attack(kept[1:])
    score(11, served=len(recovered))
    assert recovered == {}
