"""Attack 5: two drawn areas that differ by one block give the block by their difference.

The service has no drawing of one's own yet; what it has are proposed priority areas, which are drawn areas with
published residents. Own drawn areas are attacked at the level of the package.
"""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
import shapely

from indicators.confidentiality import drawn_areas, no_relations, protect, public_view, with_drawn_areas

BLOCKS = {"a": 50, "b": 70, "c": 2, "d": 40}
DRAWN = {"one": ["a", "b"], "other": ["a", "b", "c"], "third": ["a", "d"]}


def attack(drawn: dict[str, set[str]], sums: dict[str, float], blocks: dict[str, float]) -> dict[str, float]:
    """Subtract drawn areas, and known blocks, from each other until a single block is left."""
    found: dict[str, float] = {}
    for one, other in itertools.permutations(drawn, 2):
        if one in sums and other in sums and drawn[other] < drawn[one]:
            left = drawn[one] - drawn[other]
            rest = sums[one] - sums[other] - sum(blocks[b] for b in left if b in blocks)
            unknown = [block for block in left if block not in blocks]
            if len(unknown) == 1:
                found[unknown[0]] = rest
    for name, members in drawn.items():
        unknown = [block for block in members if block not in blocks]
        if name in sums and len(unknown) == 1:
            found[unknown[0]] = sums[name] - sum(blocks[b] for b in members if b in blocks)
    return found


def published(relations) -> tuple[dict[str, float], dict[str, float]]:
    table = pd.DataFrame(
        {
            "area_id": list(BLOCKS),
            "period": "2023",
            "indicator_id": "unemployed",
            "value": list(BLOCKS.values()),
        }
    )
    wider = with_drawn_areas(table, DRAWN)
    frame = (
        public_view(protect(wider, relations(wider)))
        .frame.dropna(subset="value")
        .set_index("area_id")["value"]
    )
    known = frame.to_dict()
    return {name: known[name] for name in DRAWN if name in known}, {b: known[b] for b in BLOCKS if b in known}


def test_it_recovers_a_block_when_drawn_areas_are_not_related_to_blocks(score):
    sums, blocks = published(lambda _: no_relations())
    assert "c" not in blocks
    found = attack({name: set(of) for name, of in DRAWN.items()}, sums, blocks)
    score(5, careless=len(found))
    assert found == {"c": 2}


def test_it_finds_nothing_when_they_are():
    sums, blocks = published(lambda table: drawn_areas(table, DRAWN))
    assert attack({name: set(of) for name, of in DRAWN.items()}, sums, blocks) == {}


@pytest.fixture
def regions(client):
    """Blocks in each proposed area, by looking at the map, and its residents."""
    proposed = client.get("/collections/sample.priority-areas/items").json()["features"]
    features = client.get("/collections/sample.block/items", params={"limit": 10_000}).json()["features"]
    ids = [feature["id"] for feature in features]
    inside = [shapely.geometry.shape(feature["geometry"]).representative_point() for feature in features]
    members, sums = {}, {}
    for feature in proposed:
        shape = shapely.geometry.shape(feature["geometry"])
        name = feature["properties"]["region_id"]
        members[name] = {key for key, point in zip(ids, inside, strict=True) if shape.contains(point)}
        sums[name] = feature["properties"]["residents"]
    return members, sums


@pytest.mark.db
def test_proposed_areas_give_no_withheld_block_away(regions, served, score):
    members, sums = regions
    blocks = {
        cell[1]: value
        for cell, value in served.values.items()
        if (cell[0], cell[2], cell[3]) == ("block", "residents", "2022")
    }
    assert len(members) > 1
    # The blocks were found: where all of them are published, they add up to what is said of the area.
    whole = [name for name, of in members.items() if of <= set(blocks)]
    assert whole
    assert all(sum(blocks[b] for b in members[name]) == sums[name] for name in whole)
    # Where some are withheld, nothing of them is in the sum: it is made of what is published.
    assert all(sum(blocks.get(b, 0) for b in members[name]) == sums[name] for name in members)
    found = attack(members, sums, blocks)
    score(5, served=len(found))
    assert found == {}


@pytest.mark.db
def test_it_would_recover_a_withheld_block_of_a_proposed_area(regions, served):
    members, sums = regions
    name = sorted(members)[0]
    lost = sorted(members[name])[0]
    blocks = {
        cell[1]: value
        for cell, value in served.values.items()
        if (cell[0], cell[2], cell[3]) == ("block", "residents", "2022")
    }
    value = blocks.pop(lost)
    assert attack(members, sums, blocks)[lost] == value
