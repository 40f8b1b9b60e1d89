"""`sozialraum scenario …` and `sozialraum boundary …`: from parameters to an agreed map, as a planner would."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import rasterio
import shapely
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from db.errors import MapStateError, UnknownMapError, UnknownProposalError, UnknownScenarioError
from etl.cli.main import app
from etl.errors import EtlError

pytestmark = pytest.mark.db

Run = Callable[..., str]


def runner(monkeypatch: pytest.MonkeyPatch, url: str) -> Run:
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", url)
    monkeypatch.setenv("SOZIALRAUM_USER", "mueller")

    def invoke(*arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return invoke


@pytest.fixture
def run(small_city: Engine, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Commands on a city of the test's own."""
    return runner(monkeypatch, small_city.url.render_as_string(hide_password=False))


@pytest.fixture
def read(small_city_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Commands that only read, on the city that all tests share."""
    return runner(monkeypatch, small_city_url)


def test_a_scenario_is_kept_run_compared_and_forgotten(run: Run) -> None:
    assert "scenario wide kept" in run("scenario", "save", "sample", "wide", "--set", "threshold=0.5")
    assert "is as it was" in run("scenario", "save", "sample", "wide", "--set", "threshold=0.5")
    run(
        "scenario",
        "save",
        "sample",
        "few",
        "--set",
        "most_regions=1",
        "--set",
        "variants=0",
        "--note",
        "eins",
    )
    run("scenario", "run", "sample", "wide", "few")
    listed = run("scenario", "list", "sample")
    assert "few (eins): by mueller; run " in listed
    table = run("scenario", "compare", "sample", "wide", "few")
    names = [line.split()[0] for line in table.splitlines()[1:]]
    assert names[:3] == ["threshold", "most_regions", "variants"]  # what differs, nothing else
    assert {"regions", "residents", "jaccard", "relative_gap"} <= set(names)
    rows = json.loads(run("scenario", "compare", "sample", "wide", "few", "--json"))
    assert rows[0]["jaccard"] == 1.0
    assert rows[1]["regions"] == 1
    run("scenario", "delete", "sample", "few")
    with pytest.raises(UnknownScenarioError, match="scenarios: wide"):
        run("scenario", "run", "sample", "few")


def test_a_scenario_is_left_to_the_worker(run: Run) -> None:
    run("scenario", "save", "sample", "wide", "--set", "threshold=0.5")
    assert "for the worker" in run("scenario", "run", "sample", "wide", "--queue")
    assert "without a run: wide" in run("scenario", "compare", "sample", "wide")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--set", "speed=1"), "no such parameter; one of: at_least, border_price"),
        (("--set", "threshold=high"), "no number; write it with a point"),
        (("--set", "threshold"), "write a name, = and what belongs to it"),
        (("--set", "threshold=1", "--set", "threshold=2"), "given twice"),
        (("--weight", "unemployed_share=much"), "no number"),
        (("--lock", "1="), "write a name, = and what belongs to it"),
        (("--set", "most_share=1.5"), "most_share"),
    ],
)
def test_what_a_scenario_cannot_ask_for_is_refused(
    read: Run, arguments: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(EtlError, match=reason):
        read("scenario", "save", "sample", "wrong", *arguments)


def test_a_map_goes_from_draft_to_agreed_and_into_a_file(run: Run, tmp_path: Path) -> None:
    assert "map 1 is a draft of run" in run("boundary", "draft", "sample", "--title", "Schwerpunkträume 2027")
    run("boundary", "propose", "sample", "1", "--note", "an den Rat")
    run("boundary", "agree", "sample", "1", "--decision", "VII-DS-1", "--date", "2026-10-28")
    assert "(agreed, decision VII-DS-1 of 2026-10-28)" in run("boundary", "list", "sample")
    shown = run("boundary", "show", "sample", "1")
    assert "proposed by mueller: an den Rat" in shown
    assert '"inputs_hash"' in shown
    with pytest.raises(EtlError, match="it was compared with no map"):
        run("boundary", "changes", "sample")
    run("compute", "sample", "--threshold", "0.5")
    assert "beside map 1 in force" in run("boundary", "changes", "sample")
    assert {"keep", "grow", "new"} & {
        row["change"] for row in json.loads(run("boundary", "changes", "sample", "--json"))
    }
    out = tmp_path / "map.gpkg"
    run("boundary", "export", "sample", "--map", "1", "--out", str(out))
    assert {name for name, _ in pyogrio.list_layers(out)} == {"regions", "members", "events", "passport"}
    with pytest.raises(MapStateError, match="map 1 is agreed, which does not become draft"):
        run("boundary", "return", "sample", "1")


def test_a_drawn_map_is_imported_as_it_was_drawn(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "proposal.gpkg"
    run("boundary", "export", "sample", "--out", str(out))
    drawn = gpd.read_file(out, layer="regions").to_crs(4326)[["region_id", "geometry"]]
    drawn.to_file(tmp_path / "drawn.geojson")
    told = run("boundary", "import", "sample", str(tmp_path / "drawn.geojson"), "--title", "INSEK 2018")
    assert f"map 1 is a draft of {len(drawn)} area(s) in drawn.geojson" in told
    known = json.loads(run("boundary", "show", "sample", "1", "--json"))
    proposed = gpd.read_file(out, layer="areas")["region_id"].notna().sum()
    assert known["areas"] == proposed  # the same blocks as in the proposal that the outlines are of
    assert known["passport"]["file"] == "drawn.geojson"


def test_outlines_that_overlap_or_get_no_area_are_told_with_their_names(run: Run, tmp_path: Path) -> None:
    run("boundary", "export", "sample", "--out", str(tmp_path / "proposal.gpkg"))
    blocks = gpd.read_file(tmp_path / "proposal.gpkg", layer="areas")
    left, bottom, right, top = blocks.total_bounds
    x, y = (left + right) / 2, (bottom + top) / 2
    shapes = [
        shapely.box(x, y, x + 500, y + 500),
        shapely.box(x + 400, y, x + 900, y + 500),  # 100 m × 500 m of it are in the first as well
        shapely.box(x - 400, y, x - 399, y + 1),
        shapely.box(right + 100, y, right + 200, y + 100),
    ]
    drawn = gpd.GeoDataFrame({"nr": [1.0, 2.0, 3.0, 4.0]}, geometry=shapes, crs=blocks.crs)
    file = tmp_path / "drawn.gpkg"
    drawn.to_file(file, layer="alt")
    asked = (
        "boundary",
        "import",
        "sample",
        str(file),
        "--region",
        "nr",
        "--layer",
        "alt",
        "--title",
        "INSEK",
    )
    told = run(*asked)
    assert "wholly or in part outside: 4" in told
    assert "without any area of the city: 3, 4" in told
    assert "1 and 2 overlap by 50,000 m²" in told
    shown = json.loads(run("boundary", "show", "sample", "1", "--json"))
    passport = shown["passport"]
    assert shown["matches_sha256"] is True
    assert (passport["layer"], passport["region_column"], passport["kind"]) == ("alt", "nr", "blue")
    assert (passport["period"], passport["quality"]["lost"]) == ("2022", ["3", "4"])
    assert passport["quality"]["overlaps"] == [{"regions": ["1", "2"], "square_metres": 50_000.0}]
    assert passport["code_version"]
    drawn.iloc[3:].to_file(file, layer="alt")
    with pytest.raises(EtlError, match=r"drawn\.gpkg: none of its 1 outline\(s\) lies in sample"):
        run(*asked)


def test_outlines_that_were_changed_behind_the_back_of_the_program_are_told(
    run: Run, small_city: Engine
) -> None:
    run("boundary", "draft", "sample", "--title", "x")
    assert "DOES NOT MATCH" not in run("boundary", "show", "sample", "1")
    with small_city.begin() as connection:  # as the owner of the table can
        connection.execute(text("ALTER TABLE priority_map_region DISABLE TRIGGER USER"))
        connection.execute(
            text(
                "UPDATE priority_map_region SET geometry = ST_Translate(geometry, 1, 0) WHERE region_id = '1'"
            )
        )
    assert "DOES NOT MATCH the outlines" in run("boundary", "show", "sample", "1")


def test_scenarios_of_several_types_make_one_map_and_locks_keep_its_number(run: Run) -> None:
    common = ("--set", "threshold=0.5", "--set", "variants=0", "--weight", "unemployed_share=1")
    for kind in ("blue", "red"):
        run("scenario", "save", "sample", kind, "--set", f"kind={kind}", *common)
    run("scenario", "run", "sample", "blue", "red")
    with pytest.raises(EtlError, match="no map is in force whose regions could be locked"):
        run("scenario", "save", "sample", "held", "--lock", "blue-1=Beschluss")
    for number in ("1", "2"):
        told = run("boundary", "draft", "sample", "--title", "x", "--scenario", "blue", "--scenario", "red")
        assert " and run " in told
        run("boundary", "propose", "sample", number)
        run("boundary", "agree", "sample", number, "--decision", "1", "--date", "2026-01-02")
        if number == "1":
            run("scenario", "save", "sample", "held", "--lock", "blue-1=Beschluss", *common)
            run("scenario", "run", "sample", "held")
    known = json.loads(run("boundary", "show", "sample", "2", "--json"))
    assert {row["region_id"] for row in known["regions"]} >= {"blue-1", "red-1"}
    assert [one["parameters"]["kind"] for one in known["passport"]["runs"]] == ["blue", "red"]
    with pytest.raises(EtlError, match="blue-1 are those of map 1, but map 2 is in force"):
        run("scenario", "run", "sample", "held")
    run("scenario", "save", "sample", "held", "--lock", "blue-1=Beschluss", "--replace")
    run("scenario", "run", "sample", "held")


def test_an_empty_proposal_is_exported_and_no_map_for_the_council(run: Run, tmp_path: Path) -> None:
    run("scenario", "save", "sample", "none", "--set", "threshold=99", "--set", "variants=0")
    run("scenario", "run", "sample", "none")
    out = tmp_path / "empty.gpkg"
    run("boundary", "export", "sample", "--scenario", "none", "--out", str(out))  # warnings are errors
    assert len(gpd.read_file(out, layer="regions")) == 0
    run("boundary", "draft", "sample", "--title", "leer", "--scenario", "none")
    run("boundary", "export", "sample", "--map", "1", "--out", str(out))
    with pytest.raises(MapStateError, match="proposed without a single priority area"):
        run("boundary", "propose", "sample", "1")


def test_a_proposal_goes_into_one_file_with_all_its_layers_and_a_surface(read: Run, tmp_path: Path) -> None:
    out, surface = tmp_path / "proposal.gpkg", tmp_path / "surface.tif"
    read("boundary", "export", "sample", "--out", str(out), "--surface", str(surface), "--cell-size", "50")
    layers = {name for name, _ in pyogrio.list_layers(out)}
    assert {"areas", "regions", "single_cases", "classes", "bands", "passport"} <= layers
    with rasterio.open(surface) as raster:
        found = raster.read(1, masked=True)
        assert 0 <= found.min() < found.max() <= 1
        assert raster.tags()["PERIOD"] == "2022"
    first = out.read_bytes()
    read("boundary", "export", "sample", "--out", str(out))
    assert out.read_bytes() == first


def test_single_cases_are_listed_with_their_reason(read: Run) -> None:
    listed = json.loads(read("boundary", "cases", "sample", "--json"))
    shown = read("boundary", "cases", "sample")
    assert f"{len(listed)} single case(s) among " in shown
    assert all(row["case_de"] and row["case_en"] and row["need"] > 1.0 for row in listed)


@pytest.mark.parametrize(
    ("arguments", "error", "reason"),
    [
        (
            ("draft", "sample", "--title", "x", "--run", "999"),
            UnknownProposalError,
            "no proposal under run 999",
        ),
        (
            ("draft", "sample", "--title", "x", "--scenario", "no"),
            UnknownScenarioError,
            "scenarios: none",
        ),
        (("show", "sample", "99"), UnknownMapError, "boundary list sample"),
        (("propose", "sample", "99"), UnknownMapError, "boundary list sample"),
        (
            ("agree", "sample", "1", "--decision", "1", "--date", "gestern"),
            EtlError,
            "write it as 2026-10-28",
        ),
        (("agree", "sample", "1", "--decision", "1", "--date", "2999-01-01"), EtlError, "lies ahead"),
        (("import", "sample", "none.gpkg", "--title", "x"), EtlError, "none.gpkg"),
        (("import", "sample", "none.gpkg", "--title", " "), EtlError, "the title is blank"),
        (("draft", "sample", "--title", "  "), EtlError, "the title is blank; say what the map is called"),
        (("import", "sample", "none.gpkg", "--title", "x", "--kind", "pink"), EtlError, "blue, red, green"),
    ],
)
def test_what_cannot_be_done_with_a_map_is_refused(
    read: Run, arguments: tuple[str, ...], error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        read("boundary", *arguments)


def test_boundaries_of_all_periods_are_followed_along_their_paths(read: Run, tmp_path: Path) -> None:
    out = tmp_path / "years.gpkg"
    found = json.loads(read("boundary", "years", "sample", "--out", str(out), "--json"))
    assert [row["period"] for row in found["residents"]] == ["2020", "2021", "2022"]
    assert {"born"} <= {row["event"] for row in found["events"]}
    shapes = gpd.read_file(out, layer="regions")
    assert set(shapes["period"]) == {"2020", "2021", "2022"}
    assert "residents of each path" in read("boundary", "years", "sample")


def test_the_price_of_stability_needs_a_map_in_force_and_falls_to_no_change(run: Run) -> None:
    with pytest.raises(EtlError, match="no map is in force"):
        run("boundary", "price", "sample")
    run("scenario", "save", "sample", "wide", "--set", "threshold=0.5", "--set", "variants=0")
    run("scenario", "run", "sample", "wide")
    run("boundary", "draft", "sample", "--title", "weit", "--scenario", "wide")
    run("boundary", "propose", "sample", "1")
    run("boundary", "agree", "sample", "1", "--decision", "1", "--date", "2026-01-02")
    run("compute", "sample")
    rows = json.loads(run("boundary", "price", "sample", "--inertia", "0", "--inertia", "9", "--json"))
    moved = [row["residents_added"] + row["residents_removed"] for row in rows]
    assert moved[0] > moved[1]
    assert rows[0]["lost"] == 0 < rows[1]["lost"]


def test_five_second_opinions_stand_beside_the_proposal(read: Run) -> None:
    found = json.loads(read("boundary", "opinions", "sample", "--least-residents", "500", "--json"))
    names = ["proposal", "local Moran", "Gi*", "SKATER", "Ward", "max-p"]
    assert [next(iter(row.values())) for row in found["overview"]] == names
    assert "share of residents in common" in read(
        "boundary", "opinions", "sample", "--least-residents", "500"
    )


def test_an_imported_map_tells_no_sum_of_residents_that_are_withheld_since(
    run: Run, small_city: Engine, tmp_path: Path
) -> None:
    out = tmp_path / "proposal.gpkg"
    run("boundary", "export", "sample", "--out", str(out))
    gpd.read_file(out, layer="regions").to_file(tmp_path / "drawn.gpkg")
    run("boundary", "import", "sample", str(tmp_path / "drawn.gpkg"), "--title", "INSEK 2018")
    before = json.loads(run("boundary", "show", "sample", "1", "--json"))
    assert before["residents"] > 0
    with small_city.begin() as connection:
        # As a load leaves it that withholds the residents of one block of the map.
        connection.execute(
            text(
                "UPDATE value SET value = NULL, status = 'suppressed', ci_low = NULL, ci_high = NULL, comparison = NULL"
                " WHERE indicator_id = 'residents' AND period = :period"
                " AND area_id = (SELECT min(area_id) FROM priority_map_area)"
            ),
            {"period": before["passport"]["period"]},
        )
    after = json.loads(run("boundary", "show", "sample", "1", "--json"))
    assert after["residents"] is None
    assert {row["residents"] for row in after["regions"]} == {None}
    assert "ambiguous_share_of_residents" not in after["passport"]["quality"]
