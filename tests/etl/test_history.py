"""Every value answers which source, date, boundaries and load it has, also when it was corrected since."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from db.errors import UnknownLoadError, UnknownValuesError
from db.queries import history
from etl.cli.main import app

pytestmark = pytest.mark.db

AREA = "01"


@pytest.fixture
def corrected(small_city: Engine) -> Engine:
    """The sample city after a second load that corrected one count and brought another one."""
    with small_city.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO load (city_id, source_id, checksum, code_version, loaded_by, counts, repairs)"
                " SELECT city_id, source_id, repeat('f', 64), '2', 'schmidt', '{}', '{}' FROM load"
            )
        )
        where = f"indicator_id = 'residents' AND area_id = '{AREA}' AND period = '2022'"
        columns = "vintage_id, indicator_id, period, area_id, reference_date, value, status, load_id"
        connection.execute(
            text(
                f"INSERT INTO superseded_value ({columns}, superseded_by) SELECT {columns}, 2 FROM value WHERE {where}"
            )
        )
        connection.execute(
            text(f"UPDATE value SET value = value + 7, status = 'corrected', load_id = 2 WHERE {where}")
        )
        connection.execute(
            text(
                f"INSERT INTO value ({columns}) SELECT vintage_id, indicator_id, '2023', area_id, '2023-12-31', 5,"
                f" 'measured', 2 FROM value WHERE {where}"
            )
        )
    return small_city


def test_a_corrected_value_is_told_with_the_one_before_and_both_loads(corrected: Engine) -> None:
    with corrected.connect() as connection:
        rows = history.value_history(connection, "sample", AREA, "residents")
    now, before = (row for row in rows if row["period"] == "2022")
    assert (now["load"], now["superseded_by"], now["loaded_by"], now["status"]) == (
        2, None, "schmidt", "corrected",
    )  # fmt: skip
    assert (before["load"], before["superseded_by"], before["loaded_by"]) == (1, 2, "test")
    assert now["value"] == before["value"] + 7
    assert {row["licence"] for row in rows} == {"CC0-1.0"}
    assert [row["period"] for row in rows] == ["2023", "2022", "2022", "2021", "2020"]


def test_a_computed_value_names_its_run(small_city: Engine) -> None:
    with small_city.connect() as connection:
        rows = history.value_history(connection, "sample", AREA, "status_index")
    assert {row["run_kind"] for row in rows} == {"status-index"}
    assert all(row["load"] is None and len(row["inputs_hash"]) == 64 for row in rows)


def test_two_loads_differ_in_what_the_second_one_changed_and_brought(corrected: Engine) -> None:
    with corrected.connect() as connection:
        found = history.differences(connection, "sample", 1, 2)
    assert found[["area_id", "indicator_id", "period", "change"]].to_numpy().tolist() == [
        [AREA, "residents", "2022", "changed"],
        [AREA, "residents", "2023", "added"],
    ]
    first, second = found.to_dict("records")
    assert (first["value_after"] - first["value_before"], first["status_after"]) == (7.0, "corrected")
    assert pd.isna(second["value_before"])
    assert pd.isna(second["status_before"])
    assert second["value_after"] == 5.0


def test_unknown_loads_and_values_are_refused_with_what_there_is(corrected: Engine) -> None:
    with corrected.connect() as connection:
        with pytest.raises(UnknownLoadError, match="loads, the newest first: 2, 1"):
            history.differences(connection, "sample", 1, 3)
        with pytest.raises(UnknownLoadError, match="2 and after it 1"):
            history.differences(connection, "sample", 2, 1)
        with pytest.raises(UnknownValuesError, match="never had a value of 'shoe_size' for area '01'"):
            history.value_history(connection, "sample", AREA, "shoe_size")
        with pytest.raises(UnknownValuesError, match="on 'block'"):
            history.value_history(connection, "sample", AREA, "residents", geography="block")


def test_the_commands_say_it_in_a_line_as_csv_and_as_json(
    corrected: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", corrected.url.render_as_string(hide_password=False))

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
        assert result.exit_code == 0
        return result.stdout

    told = run("history", "sample", AREA, "residents")
    assert "(corrected); load 2 of" in told
    assert "corrected by load 2" in told
    assert "computed, run" in run("history", "sample", AREA, "status_index")
    assert "from load 1 to load 2: 1 added, 1 changed, 0 removed" in run("diff", "sample", "1", "2")
    assert len(run("diff", "sample", "1", "2", "--csv").splitlines()) == 3
    assert json.loads(run("diff", "sample", "1", "2", "--json"))["counts"] == {
        "added": 1, "changed": 1, "removed": 0,
    }  # fmt: skip
