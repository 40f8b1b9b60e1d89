"""Values over a change of boundaries: kept apart, marked, withheld where they must be, and renewed."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.app import create_app
from api.settings import ServiceSettings
from db import migrate
from etl.undo import undo_load

pytestmark = pytest.mark.db

BY_AREA = ("--from", "sub_district@2020", "--to", "sub_district@2022", "--by", "area")
BY_PEOPLE = (*BY_AREA[:4], "--by", "population", "--weights", "sub_district@2022:residents:2022")


def test_by_surface_the_divided_area_is_a_guess_and_the_others_are_exact(town) -> None:
    town.later()
    assert "3 same, 1 divided" in town.run("make", "small", *BY_AREA)
    town.convert()
    values = town.series("residents")
    assert values.loc["2020", "value"].to_dict() == {
        "01": 1000, "02": 2000, "03": 1500, "05": 225, "06": 675,
    }  # fmt: skip
    assert values.loc["2020", "grade"].to_dict() == {"01": "A", "02": "A", "03": "A", "05": "D", "06": "D"}
    assert not values.loc["2022", "is_converted"].any()
    # A delivered rate of nobody knows what is weighted by residents; both parts have that of the whole.
    rates = town.series("rate").loc["2021"]
    assert rates["value"].to_dict() == pytest.approx({"01": 5.6, "02": 7.1, "03": 2.0, "05": 3.2, "06": 3.2})
    assert rates["status"].to_dict()["05"] == "corrected"


def test_by_where_people_live_it_is_an_estimate_and_the_newest_crosswalk_counts(town) -> None:
    town.later()
    town.run("make", "small", *BY_AREA)
    town.convert()
    town.run("make", "small", *BY_PEOPLE, "--note", "Bestand 2022")
    town.convert()
    values = town.series("residents")
    # 600 and 300 of 900
    assert values.loc["2020", "value"].loc[["05", "06"]].tolist() == pytest.approx([600, 300])
    assert values.loc["2020", "grade"].loc[["05", "06"]].tolist() == ["C", "C"]
    listed = town.run("list", "small").splitlines()
    assert "replaced by a newer one" in listed[0]
    assert "by population (Bestand 2022)" in listed[1]
    assert "in force" in listed[1]
    assert "04 → 05: 0.666667 (population)" in town.run("show", "small", "2")
    assert len(town.run("show", "small", "2", "--csv").splitlines()) == 1 + 5


def test_converted_values_are_kept_apart_from_all_others(town) -> None:
    town.later()
    town.run("make", "small", *BY_AREA)
    with town.engine.connect() as connection:
        before = connection.execute(text("SELECT count(*) FROM value")).scalar_one()
    town.convert()
    with town.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM value")).scalar_one() == before
    # residents, non_german and rate, on five areas, in 2020 and 2021
    assert town.count() == 30


def test_what_the_target_withholds_is_not_estimated_from_the_other_edition(town) -> None:
    both = town.later_values + town.later_values.replace(";2022;", ";2021;").replace(
        "nr;jahr;ew;ausl;quote\n", ""
    )
    town.later(both)
    town.run("make", "small", *BY_AREA)
    town.convert()
    assert town.count("indicator_id = 'non_german' AND period = '2021'") == 0
    values = town.series("non_german")
    assert values.loc[("2021", "05"), "status"] == "suppressed"
    assert not values.loc["2021", "is_converted"].any()
    assert values.loc["2020", "is_converted"].all()


def test_whatever_contains_a_withheld_value_is_withheld_and_has_no_number(town) -> None:
    town.dataset.values("04;2020;900;90;", "04;2020;900;.;")
    town.dataset.values("01;2020;1000;100;", "01;2020;1000;.;")  # its company: one alone could be worked out
    town.load()
    town.later()
    town.run("make", "small", *BY_AREA)
    town.convert()
    assert town.count("status = 'suppressed' AND num_nonnulls(value, grade, known, estimated) > 0") == 0
    values = town.series("non_german").loc["2020"]
    assert values["status"].to_dict() == {
        "01": "suppressed", "02": "measured", "03": "zero", "05": "suppressed", "06": "suppressed",
    }  # fmt: skip


def test_a_new_load_makes_conversions_stale_and_the_next_computation_renews_them(town) -> None:
    town.later()
    town.run("make", "small", *BY_AREA)
    first = town.convert()
    assert town.convert().run_id == first.run_id
    town.dataset.values("01;2022;1020;", "01;2022;1021;")
    town.load()
    assert town.count() == 0
    (again,) = (one for one in town.compute() if one.kind == "conversion")
    assert again.run_id > first.run_id
    # now also what is computed from counts: the share of foreigners
    assert town.series("foreign_share").loc[("2020", "02"), "value"] == pytest.approx(15.0)


def test_the_service_marks_converted_values_and_tells_the_break(town) -> None:
    town.later()
    town.run("make", "small", *BY_PEOPLE)
    town.convert()
    url = town.engine.url.render_as_string(hide_password=False)
    with TestClient(create_app(ServiceSettings(database_url=url))) as client:
        body = client.get("/cities/small/series/residents", params={"area": "05"}).json()
        lost = client.get("/cities/small/series/residents", params={"area": "99"})
        typo = client.get("/cities/small/series/residents", params={"area": "05", "editon": "2020"})
        layer = client.get(
            "/cities/small/layers/residents", params={"geography": "sub_district", "period": "2020"}
        )
    assert (body["edition"], body["measure"], body["name"]) == ("2022", "residents", "Ost")
    assert [(one["period"], one["is_converted"], one["grade"]) for one in body["values"]] == [
        ("2020", True, "C"), ("2021", True, "C"), ("2022", False, None),
    ]  # fmt: skip
    assert body["values"][0]["value"] == pytest.approx(600)
    (line,) = body["breaks"]
    assert (line["period"], line["areas_changed"], line["worst_grade"]) == ("2022", 2, "C")
    assert line["changed_share"] == pytest.approx(900 / 5430)
    assert lost.status_code == 404
    assert typo.status_code == 400
    assert layer.status_code == 404  # the map shows no converted value as if it were counted


def test_an_undone_load_takes_what_was_converted_with_it_and_its_edition_with_it(town) -> None:
    town.later()
    town.run("make", "small", *BY_AREA)
    town.convert()
    undo_load(town.engine, 2, undone_by="test", code_version="test", progress=lambda *_: None)
    assert town.count() == 0
    assert "no crosswalks" in town.run("list", "small")
    assert town.series("residents", "2020")["is_converted"].sum() == 0
    town.load()
    assert "no crosswalks" in town.run("list", "small")  # the edition came back as a new one
    town.run("make", "small", *BY_AREA)
    town.convert()
    assert town.count() == 30


def test_after_a_way_back_and_forth_through_the_schema_values_are_converted_again(town) -> None:
    town.later()
    town.run("make", "small", *BY_AREA)
    town.convert()
    with town.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO job (city_id, kind, parameters, requested_by, status, started_at, finished_at, run_id)"
                " SELECT city_id, 'proposal', '{}', 'test', 'done', now(), now(), id FROM run WHERE kind = 'conversion'"
            )
        )
    migrate.downgrade(town.engine, "0009")
    migrate.upgrade(town.engine)
    town.run("make", "small", *BY_AREA)
    assert town.convert().created
    assert town.count() == 30
