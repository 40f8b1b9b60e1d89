"""Berlin's planning area that was split on 1.1.2019, through the whole pipeline: two editions, crosswalks, series.

Data: ../shared/data/berlin-ewr-population-lor-pre2021 and berlin-mss-lor-pre2021; see their SOURCE.md for the sums and
tests/reference/test_crosswalk_berlin.py for the same split in the engine alone. "Allende II" (09041403) was split off
"Kietzer Feld/Nachtheide" (09041301), which had 14,701 residents at the end of 2018; a year later the two parts had
4,441 and 10,107.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import typer
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from db.engine import connect
from db.queries.bridged import read_series
from etl.cities import city_profile
from etl.cli import crosswalk
from etl.cli.series import series
from etl.compute import compute_city, compute_conversions
from etl.datasets.source import open_source
from etl.pipeline import load_city
from etl.raw import RawStore

pytestmark = [pytest.mark.db, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
CITY, WHOLE, PART = "berlin-split", "09041301", "09041403"
SUMS = {"2018": 3_748_148, "2019": 3_769_495, "2020": 3_769_962}  # as published; see SOURCE.md


def quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


def run(engine: Engine, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", engine.url.render_as_string(hide_password=False))
    found = CliRunner().invoke(crosswalk.app, list(arguments), catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


@pytest.fixture(scope="module")
def berlin_template(make_database: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name of a database with Berlin on 447 areas for 2018 and on 448 for 2019 and 2020."""
    if not (SHARED / "berlin-ewr-population-lor-pre2021").is_dir():
        pytest.skip("the real data of Berlin are not on this machine")
    url = make_database()
    engine = connect(url)
    for name in ("2018", "2019"):
        load_city(
            engine,
            open_source(ROOT / "data" / "manifests" / "berlin-split" / f"{name}.toml"),
            RawStore(tmp_path_factory.mktemp("raw")),
            folder=SHARED,
            loaded_by="test",
            code_version="test",
            progress=quiet,
        )
    engine.dispose()
    return str(make_url(url).database)


@pytest.fixture
def berlin(make_database: Callable[..., str], berlin_template: str) -> Iterator[Engine]:
    """Both editions, in a database of the test's own."""
    engine = connect(make_database(template=berlin_template))
    yield engine
    engine.dispose()


def test_both_ways_over_the_split_sums_stay_and_what_is_estimated_is_told(
    berlin: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SOZIALRAUM_STATE_DIR", str(tmp_path))
    made = run(berlin, monkeypatch, "make", CITY, "--from", "@2006", "--to", "@2019", "--by", "area")
    assert made.count("crosswalk") == 5  # one per level
    told = run(
        berlin, monkeypatch, "make", CITY, "--from", "planning_area@2006", "--to", "planning_area@2019",
        "--by", "population", "--weights", "planning_area@2019:residents:2019",
    )  # fmt: skip
    assert f"446 same, 1 divided; 448 pairs, 0 targets without source; divided: {WHOLE}" in told
    keys = tmp_path / "keys.csv"
    keys.write_text(f"alt;neu\n{PART};{WHOLE}\n{WHOLE};{WHOLE}\n", encoding="utf-8")
    told = run(
        berlin, monkeypatch, "make", CITY, "--from", "planning_area@2019", "--to", "planning_area@2006",
        "--by", "key", "--table", str(keys), "--column", "from_area=alt", "--column", "to_area=neu", "--changes-only",
    )  # fmt: skip
    assert "446 same, 2 merged" in told
    listed = run(berlin, monkeypatch, "list", CITY)
    assert listed.count("in force") == 6
    assert listed.count("replaced by a newer one") == 1  # by surface, of the planning areas

    with berlin.connect() as connection:
        profile = city_profile(CITY, connection)
    known = {"requested_by": "test", "code_version": "test", "progress": quiet}
    (outcome,) = (one for one in compute_city(berlin, profile, **known) if one.kind == "conversion")
    assert outcome.summary["left_out"] == {}
    again = compute_conversions(berlin, profile, **known)
    assert again is not None
    assert (again.run_id, again.created) == (outcome.run_id, False)

    with berlin.connect() as connection:
        now = read_series(connection, CITY, "residents", geography="planning_area", edition="2019")
        before = read_series(connection, CITY, "residents", geography="planning_area", edition="2006")
        share = read_series(connection, CITY, "foreign_share", geography="planning_area", edition="2019")
        districts = read_series(connection, CITY, "residents", geography="district", edition="2019")
    for one, areas in ((now, 448), (before, 447), (districts, 12)):
        by_period = one.values.groupby("period")["value"]
        assert set(by_period.size()) == {areas}
        assert by_period.sum().to_dict() == pytest.approx(SUMS, rel=1e-9)

    values = now.values.set_index(["period", "area_id"])
    # 14,701 by the residents a year later: 4,441 of 14,548.
    assert values.loc[("2018", PART), "value"] == pytest.approx(14_701 * 4_441 / 14_548, rel=1e-9)
    assert values.loc["2018", "grade"].value_counts().to_dict() == {"A": 446, "C": 2}
    assert values.loc["2018", "is_converted"].all()
    assert not values.loc[["2019", "2020"], "is_converted"].any()
    assert values.loc["2019", "grade"].isna().all()
    # Back on 447 areas everything is exact.
    old = before.values.set_index(["period", "area_id"])
    assert old.loc[(slice(None), WHOLE), "value"].tolist() == [14_701, 10_107 + 4_441, 10_138 + 4_368]
    assert set(old.loc["2020", "grade"]) == {"A"}
    assert set(districts.values["grade"].dropna()) == {"A"}

    # A share is converted part by converted whole: both parts have that of the area they were one of.
    shares = share.values.set_index(["period", "area_id"])
    assert shares.loc[("2018", PART), "value"] == pytest.approx(
        shares.loc[("2018", WHOLE), "value"], rel=1e-9
    )
    assert shares.loc[("2018", PART), "grade"] == "C"

    (line,) = now.breaks.to_dict("records")
    assert (line["period"], line["edition_before"], line["edition_after"]) == ("2019", "2006", "2019")
    assert (line["areas_changed"], line["worst_grade"], now.measure) == (2, "C", "residents")
    # 10,138 and 4,368 of 3,769,962 at the end of 2020
    assert line["changed_share"] == pytest.approx(14_506 / 3_769_962)


def test_the_series_is_told_in_lines_with_the_break_between_and_drawn(
    berlin: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run(
        berlin, monkeypatch, "make", CITY, "--from", "planning_area@2006", "--to", "planning_area@2019",
        "--by", "population", "--weights", "planning_area@2019:residents:2019",
    )  # fmt: skip
    run(berlin, monkeypatch, "convert", CITY)
    app = typer.Typer()
    app.command()(series)

    def told(*arguments: str) -> str:
        found = CliRunner().invoke(app, [CITY, PART, "residents", *arguments], catch_exceptions=False)
        assert found.exit_code == 0, found.output
        return found.stdout

    lines = told().splitlines()
    assert lines[0].startswith("Allende II (09041403):")
    assert lines[1] == "2018  4,488  converted from 2006 (part), grade C: estimate"
    assert lines[2] == (
        "---- boundaries change, 2006 → 2019: 2 area(s) of the city, 0.4 % of the residents live there, worst grade C"
    )
    assert lines[3:] == ["2019  4,441", "2020  4,368"]
    found = json.loads(told("--json"))
    assert [row["is_converted"] for row in found["values"]] == [True, False, False]
    assert pd.DataFrame(found["breaks"])["worst_grade"].tolist() == ["C"]
    out = tmp_path / "allende.svg"
    told("--out", str(out))
    svg = out.read_text(encoding="utf-8")
    assert "2018: 4.488 (umgerechnet, Güte C)" in svg
    assert "Bruch vor 2019" in svg
