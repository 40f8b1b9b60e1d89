"""Attack 7: class limits, smallest and largest value of a legend, and the scale of its circles."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest


def attack(layers: dict) -> dict:
    """Compare what a legend says of the extremes with the values on its map, in all periods.

    The largest circle is as wide as the number of areas allows, which anybody can read in the source; so its scale is
    the largest count.
    """
    shown = defaultdict(list)
    for (indicator, geography, _), body in layers.items():
        shown[indicator, geography] += [value for value in body["values"] if value]
    found = {}
    for (indicator, geography, _), body in layers.items():
        values = shown[indicator, geography]
        least, most = min(values, default=np.inf), max(map(abs, values), default=0.0)
        step = 0.5 * 10.0 ** -body["indicator"]["decimals"]
        if body["symbols"] is not None and body["symbols"]["scale"] > 0:
            widest = float(np.clip(210 / np.sqrt(len(body["area_ids"])), 5, 26))
            largest = (widest / body["symbols"]["scale"]) ** 2
            if largest > most + step:
                found[indicator, geography, "largest"] = largest
        if body["classes"] and body["scheme"]["id"] != "labels":
            if body["classes"][-1]["high"] > max(values, default=-np.inf) + step:
                found[indicator, geography, "highest"] = body["classes"][-1]["high"]
            if body["classes"][0]["low"] < least - step and body["classes"][0]["low"] != 0:
                found[indicator, geography, "lowest"] = body["classes"][0]["low"]
    return found


def test_it_recovers_the_extremes_of_careless_legends(naive, truth, score):
    found = attack(naive.layers)
    score(7, careless=len(found))
    assert found
    for (share, geography, end), value in found.items():
        # It is the share of a withheld count, the highest or lowest of its level.
        part, whole = naive.shares[share]
        every = [
            100 * count / truth[geography, cell[1], whole, cell[3]]
            for cell, count in truth.items()
            if (cell[0], cell[2]) == (geography, part) and count and truth[geography, cell[1], whole, cell[3]]
        ]
        assert value == pytest.approx(max(every) if end == "highest" else min(every), abs=0.051)


def test_it_recovers_the_largest_count_from_the_scale_of_circles():
    # 26 pixels wide at most in a city of four areas: 2.6 × √100 = 26.
    body = {
        "indicator": {"decimals": 0},
        "symbols": {"scale": 2.6},
        "scheme": {"id": "symbols"},
        "classes": [],
        "values": [3, None, 12, None],
        "area_ids": list("abcd"),
    }
    assert attack({("count", "block", "2023"): body}) == {("count", "block", "largest"): pytest.approx(100)}


def test_it_recovers_the_extremes_of_careless_classes():
    body = {
        "indicator": {"decimals": 1},
        "symbols": None,
        "scheme": {"id": "quantiles"},
        "classes": [{"low": 0.7, "high": 5.0}, {"low": 5.0, "high": 44.4}],
        "values": [3.1, None, 12.0, None],
        "area_ids": list("abcd"),
    }
    assert attack({("rate", "block", "2023"): body}) == {
        ("rate", "block", "highest"): 44.4,
        ("rate", "block", "lowest"): 0.7,
    }


@pytest.mark.db
def test_no_legend_of_the_service_knows_more_than_its_map(served, score):
    assert len(served.layers) > 500
    found = attack(served.layers)
    score(7, served=len(found))
    assert found == {}


@pytest.mark.db
def test_classes_count_no_withheld_values(served):
    for (indicator, geography, period), body in served.layers.items():
        if body["classes"]:
            with_class = sum(index >= 0 for index in body["class_index"])
            assert sum(one["count"] for one in body["classes"]) == with_class, (indicator, geography, period)
            hidden = [
                i for i, s in zip(body["class_index"], body["statuses"], strict=True) if s == "suppressed"
            ]
            assert set(hidden) <= {-1}
