"""Attack 10: ask for areas above a limit, halve the interval, and a withheld value is found in ten questions.

The service has no filter and no order by value yet; it is asked all the same, in the words of the usual interfaces. What a
filter would have to do is shown at the level of the package.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from indicators.confidentiality import no_relations, protect, public_view

VALUES = {"a": 7, "b": 2, "c": 40, "d": 1}
WORDS = (
    lambda limit: {"filter": f"value >= {limit}", "filter-lang": "cql2-text"},
    lambda limit: {"min_value": limit},
    lambda limit: {"value": f"gte.{limit}"},
    lambda limit: {"value[gte]": limit},
    lambda limit: {"value__gte": limit},
    lambda limit: {"query": f"value>={limit}"},
)
ORDERS = ({"sortby": "-value"}, {"order_by": "value"}, {"sort": "value"}, {"orderBy": "value DESC"})


def attack(ask: Callable[[float], set[str]], withheld: set[str], *, most: int = 1024) -> dict[str, int]:
    """Halve the interval of every withheld value; one that answers the same to every question is not found."""
    everybody, nobody = ask(0), ask(most)
    found = {}
    for area in withheld:
        if not (area in everybody and area not in nobody):
            continue
        low, high = 0, most
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if area in ask(middle) else (low, middle)
        found[area] = low
    return found


def test_it_recovers_values_through_a_filter_that_looks_at_them(score):
    found = attack(lambda limit: {key for key, value in VALUES.items() if value >= limit}, {"b", "d"})
    score(10, careless=len(found))
    assert found == {"b": 2, "d": 1}


def test_a_filter_on_the_public_view_never_finds_a_withheld_value():
    table = pd.DataFrame(
        {"area_id": list(VALUES), "period": "2023", "indicator_id": "u", "value": VALUES.values()}
    )
    view = public_view(protect(table, no_relations())).frame.set_index("area_id")["value"]
    for compare in (view.ge, view.le, view.ne):
        assert attack(lambda limit, ask=compare: set(view.index[ask(limit) & view.notna()]), {"b", "d"}) == {}
    # Without the second half of the condition, "not equal" would list what is withheld, but tell nothing by it.
    assert attack(lambda limit: set(view.index[view.ne(limit)]), {"b", "d"}) == {}


@pytest.mark.db
@pytest.mark.parametrize("words", WORDS)
def test_the_service_does_not_filter_by_withheld_values(client, words, score):
    def ask(limit: float) -> set[str]:
        answer = client.get(
            "/collections/sample.statistical_district/items",
            params={"indicator": "unemployed_youth", "period": "2022", "limit": 1000, **words(limit)},
        )
        return {one["id"] for one in answer.json()["features"]} if answer.status_code == 200 else set()

    features = client.get(
        "/collections/sample.statistical_district/items",
        params={"indicator": "unemployed_youth", "period": "2022", "limit": 1000},
    ).json()["features"]
    withheld = {one["id"] for one in features if one["properties"]["status"] == "suppressed"}
    assert withheld
    found = attack(ask, withheld)
    score(10, served=len(found))
    assert found == {}


@pytest.mark.db
@pytest.mark.parametrize("order", ORDERS)
def test_the_service_does_not_order_by_value(client, order):
    params = {"indicator": "unemployed_youth", "period": "2022", "limit": 1000}
    plain = client.get("/collections/sample.statistical_district/items", params=params).json()["features"]
    answer = client.get("/collections/sample.statistical_district/items", params={**params, **order})
    if answer.status_code == 200:
        assert [one["id"] for one in answer.json()["features"]] == [one["id"] for one in plain]


@pytest.mark.db
@pytest.mark.parametrize("words", WORDS)
def test_layers_do_not_filter_either(client, words):
    address = "/cities/sample/layers/unemployed_youth"
    params = {"geography": "statistical_district", "period": "2022"}
    plain = client.get(address, params=params).json()
    answer = client.get(address, params={**params, **words(3)})
    assert answer.status_code >= 400 or answer.json() == plain
