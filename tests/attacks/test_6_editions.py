"""Attack 6: two editions of the boundaries; what one edition withholds, the other has.

The service publishes the newest edition of each level only; the attack runs at the level of the package here, and in
`test_11_publications_kept.py` on two editions that were loaded one after the other.
"""

from __future__ import annotations

import pandas as pd
import pytest

from indicators.confidentiality import area_sums, editions, no_relations, protect, public_view

# Old b was divided into y and z; a and c kept their ground under a new id.
CROSSWALK = pd.DataFrame({"from_area": ["a", "b", "b", "c"], "to_area": ["x", "y", "z", "w"]})
OLD = {"a": 40, "b": 12, "c": 60}
NEW = {"x": 40, "y": 10, "z": 2, "w": 60}


def attack(known: dict[str, float], crosswalk: pd.DataFrame) -> dict[str, float]:
    """Solve every group of areas with the same ground that has one unknown member."""
    found = {}
    for old, rows in crosswalk.groupby("from_area"):
        news = rows["to_area"].tolist()
        unknown = [name for name in [old, *news] if name not in known]
        if len(unknown) == 1 and unknown[0] == old:
            found[old] = sum(known[name] for name in news)
        elif len(unknown) == 1:
            found[unknown[0]] = known[old] - sum(known[name] for name in news if name in known)
    return found


def published(relations) -> dict[str, float]:
    values = OLD | NEW | {"old city": sum(OLD.values()), "new city": sum(NEW.values())}
    table = pd.DataFrame(
        {
            "area_id": list(values),
            "period": "2023",
            "indicator_id": "unemployed",
            "value": list(values.values()),
        }
    )
    sums = area_sums(table, dict.fromkeys(OLD, "old city") | dict.fromkeys(NEW, "new city"))
    frame = public_view(protect(table, sums + relations(table))).frame.dropna(subset="value")
    return dict(zip(frame["area_id"], frame["value"], strict=True))


def test_it_recovers_a_count_when_editions_are_protected_one_by_one(score):
    known = published(lambda _: no_relations())
    # z is 2; y is its partner; old b is published, which the sum of y and z may be. But x or w …
    assert "z" not in known
    found = attack(known | {"y": NEW["y"]}, CROSSWALK)
    score(6, careless=len(found))
    assert found == {"z": 2}


def test_a_partner_in_one_edition_is_read_off_the_other():
    # x, the same ground as a, is withheld in the new edition alone.
    assert attack({"a": 40, "b": 12, "c": 60, "y": 10, "w": 60}, CROSSWALK) == {"x": 40, "z": 2}


def test_it_finds_nothing_when_editions_are_related():
    assert attack(published(lambda table: editions(table, CROSSWALK)), CROSSWALK) == {}


@pytest.mark.db
def test_the_service_has_one_edition_of_each_level(client, score):
    levels = client.get("/cities").json()["cities"][0]["geographies"]
    score(6, served=len(levels) - len({level["id"] for level in levels}))
    assert len({level["id"] for level in levels}) == len(levels)
    collections = client.get("/collections").json()["collections"]
    assert len({(one["city"], one["id"]) for one in collections}) == len(collections)
