"""A data set with a manifest goes the way of every city: load, load again, correct, compute."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import ServiceSettings
from etl.cities import city_profile
from etl.compute import compute_city
from etl.errors import UnknownCityError
from etl.jobs.contract import Skipped

pytestmark = pytest.mark.db


def quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


def test_the_same_delivery_twice_changes_nothing(load, database: Engine, dataset, tmp_path: Path) -> None:
    first = load(database, dataset, tmp_path)
    again = load(database, dataset, tmp_path)
    assert first.counts["values_inserted"] == 28
    assert (again.changed, again.load_id) == (False, first.load_id)


def test_the_manifest_and_the_raw_files_are_kept_with_the_load(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    report = load(database, dataset, tmp_path)
    with database.connect() as connection:
        names = connection.execute(text("SELECT name FROM raw_file ORDER BY name")).scalars().all()
        kept = connection.execute(
            text("SELECT manifest FROM dataset WHERE load_id = :load"), {"load": report.load_id}
        ).scalar_one()
    assert names == ["areas.gpkg", "dataset.toml", "values.csv"]
    assert kept == (dataset.folder / "dataset.toml").read_text(encoding="utf-8")


def test_a_dry_run_of_a_correction_says_how_many_values_are_corrected(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    load(database, dataset, tmp_path)
    dataset.values("1000;100", "1001;100")
    report = load(database, dataset, tmp_path, dry_run=True)
    # Altstadt and the city, whose residents are the sum
    assert (report.counts["values_corrected"], report.counts["values_unchanged"]) == (2, 26)
    assert report.counts["areas_unchanged"] == 5
    with database.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM superseded_value")).scalar_one() == 0
    assert load(database, dataset, tmp_path).counts["values_corrected"] == 2


def test_a_changed_manifest_is_another_load(load, database: Engine, dataset, tmp_path: Path) -> None:
    first = load(database, dataset, tmp_path)
    dataset.manifest('licence = "dl-de/by-2-0"', 'licence = "CC0-1.0"')
    assert load(database, dataset, tmp_path).load_id > first.load_id


def test_the_profile_of_a_loaded_city_is_made_of_its_manifest(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    load(database, dataset, tmp_path)
    with database.connect() as connection:
        profile = city_profile("small", connection)
        with pytest.raises(UnknownCityError, match="small"):
            city_profile("smal", connection)
    assert [one.groups for one in profile.segregation] == [("non_german",)]
    with pytest.raises(UnknownCityError):
        city_profile("small")


def test_a_city_without_a_method_computes_what_it_can_and_says_the_rest(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    load(database, dataset, tmp_path)
    with database.connect() as connection:
        profile = city_profile("small", connection)
    outcomes = compute_city(database, profile, requested_by="test", code_version="test", progress=quiet)
    assert [one.kind for one in outcomes] == ["shares", "status-index", "segregation", "proposal"]
    assert outcomes[1].sentence() == "status-index: left out: the city names no status method"
    with database.connect() as connection:
        kinds = connection.execute(text("SELECT DISTINCT kind FROM run ORDER BY kind")).scalars().all()
    assert kinds == ["segregation", "shares"]
    assert isinstance(outcomes[-1], Skipped)
    assert outcomes[-1].sentence() == (
        "proposal: left out: the city has no status method and no weights to propose by"
    )
    with database.connect() as connection:
        share = connection.execute(
            text(
                "SELECT value FROM value WHERE indicator_id = 'foreign_share' AND area_id = '01' AND period = '2020'"
            )
        ).scalar_one()
    assert share == pytest.approx(10.0)  # 100 of 1,000


METHOD = """
id = "small-status"
title_de = "Status der Kleinstadt"
title_en = "Status of the small town"

[[index]]
id = "status"
title_de = "Status"
title_en = "Status"
combine = "mean"
input = [{ id = "rate", transform = ["z_score"] }]
"""


def test_a_method_of_the_citys_own_is_kept_with_the_load_and_gives_an_index_and_a_proposal(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    (dataset.folder / "method.toml").write_text(METHOD, encoding="utf-8")
    dataset.manifest("[compute]\n", '[compute]\nmethods = { "*" = "method.toml" }\n')
    dataset.values("03;2020;1500;-;.", "03;2020;1500;-;1,0")
    load(database, dataset, tmp_path)
    (dataset.folder / "method.toml").unlink()
    with database.connect() as connection:
        profile = city_profile("small", connection)
    assert profile.methods["*"].id == "small-status"
    outcomes = compute_city(database, profile, requested_by="test", code_version="test", progress=quiet)
    assert not any(isinstance(one, Skipped) for one in outcomes)
    assert outcomes[1].summary["results"] == 2  # one for each year


def test_tiles_have_no_densities_because_they_say_nothing_of_areas(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    tiles = 'tiles = { file = "values.csv", size = 1000, origin = [500000, 6001000] }'
    dataset.manifest('file = "areas.gpkg"\nkey = "nr"\nname = "name"', f'{tiles}\nkey = "nr"')
    report = load(database, dataset, tmp_path)
    assert report.repairs["sub_district: areas without boundaries, drawn as tiles"] == 4
    with database.connect() as connection:
        profile = city_profile("small", connection)
    compute_city(database, profile, requested_by="test", code_version="test", progress=quiet)
    with database.connect() as connection:
        names = set(connection.execute(text("SELECT DISTINCT indicator_id FROM value")).scalars())
    assert "foreign_share" in names
    assert "pop_density" not in names


def test_small_counts_of_a_manifest_without_a_word_about_it_are_withheld(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    dataset.manifest('profile = "as-published"', 'profile = "strict"')
    dataset.values("1000;100", "1000;3")
    load(database, dataset, tmp_path)
    with database.connect() as connection:
        status = connection.execute(
            text(
                "SELECT status FROM value WHERE indicator_id = 'non_german' AND area_id = '01' AND period = '2020'"
            )
        ).scalar_one()
    assert status == "suppressed"


def test_the_service_offers_the_city_its_levels_and_its_values(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    load(database, dataset, tmp_path)
    url = database.url.render_as_string(hide_password=False)
    with TestClient(create_app(ServiceSettings(database_url=url))) as client:
        assert "Stadtteile" in client.get("/cities").text
        assert "foreign_share" not in client.get("/cities/small/indicators").text
        page = client.get("/?city=small")
    assert page.status_code == 200
