"""An id that is not known to all is a town's own: title, unit and formula of one town say nothing of another's."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import ServiceSettings
from db import migrate
from db.queries import catalogue, deliveries
from etl.loading import LoadReport
from etl.undo import undo_load

pytestmark = pytest.mark.db


@pytest.fixture
def load(load_town: Callable[..., LoadReport]) -> Callable[[], int]:
    """Load the data set as it lies there; return the number of the load."""
    return lambda: load_town().load_id


def become_another_town(dataset) -> None:
    """Make the data set that of another town, whose rate is another one."""
    dataset.manifest('id = "small"', 'id = "other"')
    dataset.manifest('id = "small"', 'id = "other"')
    dataset.manifest('title_de = "Kleinstadt"', 'title_de = "Nachbarstadt"')
    dataset.manifest('title_de = "Quote"', 'title_de = "Vereine"')
    dataset.manifest('title_en = "Rate"', 'title_en = "Clubs"')
    dataset.manifest('unit = "%"', 'unit = "je 1.000"\ndecimals = 1')


@pytest.fixture
def two_towns(load: Callable[[], int], dataset) -> list[int]:
    """Load two towns that mean different things by `rate`; return the numbers of their loads."""
    first = load()
    become_another_town(dataset)
    return [first, load()]


@pytest.fixture
def client(database: Engine) -> Iterator[TestClient]:
    url = database.url.render_as_string(hide_password=False)
    with TestClient(create_app(ServiceSettings(database_url=url))) as one:
        yield one


def word_of(engine: Engine, city: str) -> tuple[str, str, str, int]:
    with engine.connect() as connection:
        one = catalogue.indicator(connection, city, "rate")
    assert one is not None
    return one.title_de, one.title_en, one.unit, one.decimals


def test_two_towns_with_one_id_are_each_answered_with_their_own_title_and_unit(
    two_towns: list[int], client: TestClient
) -> None:
    for city, title, unit in (("small", "Quote", "%"), ("other", "Vereine", "je 1.000")):
        listed = client.get(f"/cities/{city}/indicators").json()["indicators"]
        one = next(item for item in listed if item["id"] == "rate")
        assert (one["title"]["de"], one["unit"]) == (title, unit)
        asked = {"geography": "sub_district", "period": "2020"}
        layer = client.get(f"/cities/{city}/layers/rate", params=asked).json()
        assert (layer["indicator"]["title"]["de"], layer["indicator"]["unit"]) == (title, unit)


@pytest.mark.browser
def test_the_page_shows_each_towns_own_title_and_unit(
    two_towns: list[int], database: Engine, serve: Callable[[str], str], open_page: Callable
) -> None:
    address = serve(database.url.render_as_string(hide_password=False))
    for city, title, unit in (("small", "Quote", "%"), ("other", "Vereine", "je 1.000")):
        watched = open_page().open(
            f"{address}/?city={city}&indicator=rate&geography=sub_district&period=2020"
        )
        assert watched.page.title().startswith(f"{title}, 2020")
        shown = watched.page.inner_text("body")
        assert title in shown
        assert unit in shown


def test_a_town_that_is_loaded_again_does_not_change_the_others_word(
    two_towns: list[int], load: Callable[[], int], database: Engine, dataset
) -> None:
    dataset.manifest('title_de = "Vereine"', 'title_de = "Sportvereine"')
    load()
    assert word_of(database, "small") == ("Quote", "Rate", "%", 0)
    assert word_of(database, "other") == ("Sportvereine", "Clubs", "je 1.000", 1)


def test_an_undone_load_takes_back_the_word_of_its_own_town_alone(
    two_towns: list[int], load: Callable[[], int], database: Engine, dataset, quiet
) -> None:
    dataset.manifest('title_de = "Vereine"', 'title_de = "Sportvereine"')
    corrected = load()
    undone = undo_load(database, corrected, undone_by="test", code_version="test", progress=quiet)
    assert undone.counts["definitions_restored"] == 1
    assert word_of(database, "other") == ("Vereine", "Clubs", "je 1.000", 1)
    assert word_of(database, "small") == ("Quote", "Rate", "%", 0)


def counted(engine: Engine, city: str) -> set[str]:
    query = "SELECT id FROM vintage WHERE (city_id, geography_id) = (:city, 'sub_district')"
    with engine.connect() as connection:
        vintage = connection.execute(text(query), {"city": city}).scalar_one()
        return set(deliveries.published_counts(connection, vintage, ["2020", "2021"])["indicator_id"])


def test_what_one_town_counts_is_a_count_also_where_another_town_calls_it_a_rate(
    load: Callable[[], int], database: Engine, dataset, quiet
) -> None:
    load()
    become_another_town(dataset)
    dataset.manifest('kind = "intensive"\nleast = 0\nmost = 100', 'kind = "extensive"')
    for rate in (";5,5", ";7,0", ";(3,1)", ";5,6", ";7,1", ";2,0p", ";3,2r"):
        dataset.values(rate, ";7")
    second = load()
    assert counted(database, "small") == {"residents", "non_german"}
    assert counted(database, "other") == {"residents", "non_german", "rate"}
    # It was public once: what is withheld must not follow from it, whatever the first town says of its own.
    undo_load(database, second, undone_by="test", code_version="test", progress=quiet)
    assert counted(database, "other") == {"residents", "non_german", "rate"}


def test_a_count_of_another_town_leaves_a_rate_of_the_schema_before_a_rate(
    load: Callable[[], int], database: Engine, dataset
) -> None:
    load()
    migrate.downgrade(database, "0012")
    migrate.upgrade(database)
    become_another_town(dataset)
    dataset.manifest('kind = "intensive"\nleast = 0\nmost = 100', 'kind = "extensive"')
    for rate in (";5,5", ";7,0", ";(3,1)", ";5,6", ";7,1", ";2,0p", ";3,2r"):
        dataset.values(rate, ";7")
    load()
    with database.connect() as connection:
        kinds = [catalogue.indicator(connection, city, "rate") for city in ("small", "other")]
    assert [one and one.kind for one in kinds] == ["intensive", "extensive"]
    assert word_of(database, "small") == ("Quote", "Rate", "%", 0)
    assert counted(database, "small") == {"residents", "non_german"}


def test_a_database_of_the_schema_before_keeps_the_common_word_until_a_town_is_loaded_again(
    load: Callable[[], int], database: Engine, dataset
) -> None:
    load()
    migrate.downgrade(database, "0012")
    with database.begin() as connection:
        connection.execute(text("UPDATE indicator SET title_de = 'Anteil' WHERE id = 'rate'"))
    migrate.upgrade(database)
    assert word_of(database, "small") == ("Anteil", "Rate", "%", 0)
    dataset.values("01;2020;1000", "01;2020;1001")
    load()
    assert word_of(database, "small") == ("Quote", "Rate", "%", 0)
