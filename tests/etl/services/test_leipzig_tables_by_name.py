"""A table of the Leipzig interface is found by the names in it, whatever its number is by now."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from etl.datasets.services.leipzig import Found, LeipzigTable, find_table
from etl.errors import FetchError

RESIDENTS = "Gebiet,Sachmerkmal,2020\nZentrum,Einwohner insgesamt,5\nZentrum,Frauen,2\n"
FOREIGN = "Gebiet,Sachmerkmal,2020\nZentrum,Ausländer,1\n"
RECORDS = [{"ortsteil": "Zentrum", "name": "Einwohner insgesamt", "jahr": 2020, "wert": "."}]


@pytest.fixture
def found(publisher, visit, played) -> Callable[..., Found | None]:
    """Return a way to look for a table; `tables` are those of category 2 by number."""

    def find(tables: dict[int, str], **options: object) -> Found | None:
        def answer(query, _headers):
            if query["kategorie_nr"] != "2":
                return played(status=404)
            return played(content=tables.get(int(query["rubrik_nr"]), "").encode())

        publisher.at["/kdvalues"] = answer
        table = {"category": 2, "names": ("Einwohner insgesamt", "Frauen"), "rubrics": (1,)} | options
        return find_table(visit(), f"{publisher.url}/kdvalues", LeipzigTable(**table))  # type: ignore[arg-type]

    return find


def test_a_known_number_is_asked_first_and_enough(found, publisher) -> None:
    table = found({1: RESIDENTS, 4: FOREIGN})
    assert (table.rubric, table.answer.content().decode()) == (1, RESIDENTS)
    assert publisher.queries == [{"kategorie_nr": "2", "rubrik_nr": "1", "periode": "y", "format": "csv"}]


def test_a_number_that_has_another_table_by_now_is_not_believed(found) -> None:
    table = found({1: FOREIGN, 7: RESIDENTS})
    asked = LeipzigTable(category=2, names=("Einwohner insgesamt",), rubrics=(1,))
    assert (table.rubric, table.drift(asked)) == (7, (1, 7))


def test_records_are_judged_by_their_names(found, publisher) -> None:
    table = found(
        {3: json.dumps(RECORDS)}, names=("Einwohner insgesamt",), rubrics=(), format="json", periodicity="q"
    )
    assert table.rubric == 3
    assert publisher.queries[0]["periode"] == "q"


@pytest.mark.parametrize(
    "text", ["<html>Wartung</html>", "{", "[1, null]", '{"name": "Einwohner insgesamt"}']
)
@pytest.mark.parametrize("kind", ["csv", "json"])
def test_what_is_no_table_is_passed_over(found, text: str, kind: str) -> None:
    assert found({1: text}, format=kind, names=("Einwohner insgesamt",)) is None


def test_two_tables_with_the_names_are_not_guessed_between(found) -> None:
    with pytest.raises(
        FetchError,
        match=r"several tables of category 2 have 'Einwohner insgesamt' and 'Frauen': rubrics 3, 4",
    ):
        found({3: RESIDENTS, 4: RESIDENTS})
