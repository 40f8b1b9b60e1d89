"""`sozialraum propose`: priority areas from map files alone, as an analyst types it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from typer.testing import CliRunner

from etl.cli.main import app, main
from etl.errors import EtlError, FetchError
from spatial.errors import AlignmentError, CrsError, GeometryError, ParameterError, SpatialError


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["propose", *[str(one) for one in arguments]])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def squares(need: list[list[float]], residents: float = 100.0) -> gpd.GeoDataFrame:
    """Square blocks of 100 m, row by row from the south."""
    rows, columns = np.shape(need)
    boxes = [
        shapely.box(100 * x, 100 * y, 100 * x + 100, 100 * y + 100)
        for y in range(rows)
        for x in range(columns)
    ]
    table = {
        "block": [f"{place:02d}" for place in range(rows * columns)],
        "need": np.ravel(need),
        "people": residents,
        "title": [f"Block {place}" for place in range(rows * columns)],
    }
    return gpd.GeoDataFrame(table, geometry=boxes, crs=25833)


BOWTIE = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])


def with_first(frame: gpd.GeoDataFrame, shape: shapely.Geometry) -> gpd.GeoDataFrame:
    """Return the blocks with another shape for the first one."""
    return frame.set_geometry([shape, *frame.geometry.iloc[1:]], crs=frame.crs)


@pytest.fixture
def blocks(tmp_path: Path) -> Path:
    path = tmp_path / "blocks.gpkg"
    squares([[2.0, 2.0, 0.0, 0.0, 3.0]]).to_file(path, layer="blocks")
    return path


def basic(path: Path, *more: object) -> list[object]:
    out = path.with_name("out.gpkg")
    return ["--areas", path, "--id", "block", "--need", "need", "--population", "people", "--out", out, *more]


def test_the_map_file_has_areas_regions_zones_and_a_passport(blocks: Path) -> None:
    text = run(*basic(blocks, "--name", "title"))
    assert "2 region(s), 3 of 5 areas, 300 residents (60.0 %); proved best" in text
    out = blocks.with_name("out.gpkg")
    assert [name for name, _ in pyogrio.list_layers(out)] == [
        "areas",
        "regions",
        "zones",
        "single_cases",
        "passport",
    ]
    areas = gpd.read_file(out, layer="areas").set_index("area_id")
    assert areas["region_id"].fillna("").to_dict() == {"00": "1", "01": "1", "02": "", "03": "", "04": "2"}
    assert areas["name"].tolist()[0] == "Block 0"
    regions = gpd.read_file(out, layer="regions")
    assert regions["residents"].tolist() == [200, 100]
    assert regions.area.tolist() == [20_000, 10_000]
    passport = gpd.read_file(out, layer="passport").set_index("key")["value"]
    assert json.loads(passport["inputs"]) == {"blocks.gpkg": hashlib.sha256(blocks.read_bytes()).hexdigest()}


def test_the_same_command_writes_the_same_file_byte_for_byte(blocks: Path) -> None:
    out = blocks.with_name("out.gpkg")
    first = json.loads(run(*basic(blocks, "--json")))
    bytes_before = out.read_bytes()
    second = json.loads(run(*basic(blocks, "--json")))
    assert out.read_bytes() == bytes_before
    assert first["geometry_sha256"] == second["geometry_sha256"]
    assert first["parameters"]["threshold"] == 1.0
    assert first["relative_gap"] == 0


def test_limits_and_fixed_areas_are_kept(blocks: Path) -> None:
    fixed = blocks.with_name("fixed.csv")
    fixed.write_text(
        "area_id;decision;reason;region_id\n04;locked;decided until 2030;Grünau\n00;outside;allotments;\n",
        encoding="utf-8",
    )
    told = json.loads(run(*basic(blocks, "--fixed", fixed, "--most-share", "0.5", "--json")))
    assert [(one["region_id"], one["areas"], one["is_locked"]) for one in told["regions"]] == [
        ("1", 1, False),
        ("Grünau", 1, True),
    ]
    assert set(told["inputs"]) == {"blocks.gpkg", "fixed.csv"}


def test_a_river_makes_a_cheap_end_and_the_map_in_force_holds(tmp_path: Path) -> None:
    path = tmp_path / "blocks.gpkg"
    frame = squares([[1.25, 0.9]])
    frame["now"] = [None, "old"]
    frame.to_file(path)
    # Alone the right block costs 10 and saves a border of 100 m × 0.2 = 20: it comes in.
    assert "2 of 2 areas" in run(*basic(path, "--border-price", "0.2"))
    river = tmp_path / "river.gpkg"
    gpd.GeoSeries([shapely.LineString([(100, -50), (100, 150)])], crs=25833).to_file(river)
    cheap = run(*basic(path, "--border-price", "0.2", "--lines", river, "--line-factor", "0.3"))
    assert "1 of 2 areas" in cheap
    held = basic(path, "--border-price", "0", "--existing-column", "now", "--inertia", "0.3")
    assert "1 of 2 areas" in run(*held)
    assert gpd.read_file(path.with_name("out.gpkg"), layer="areas")["region_id"].isna().tolist() == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (["--need", "neeed"], EtlError, "no column 'neeed'; did you mean 'need'"),
        (["--need", "title"], EtlError, "title is no number in 5 area.s., first 'Block 0' in 00"),
        (["--areas", "nowhere.gpkg"], FetchError, "no such file"),
        (["--layer", "block"], EtlError, "no layer 'block'; did you mean 'blocks'"),
        (["--out", "x.geojson"], EtlError, r"ends in \.gpkg"),
        (["--out", "nowhere/x.gpkg"], EtlError, "no such folder"),
        (["--most-share", "0.1"], ParameterError, "most_share is 0.1, expected at least 0.2000"),
        (["--threshold", "nan"], ParameterError, "threshold is nan"),
        (["--fixed", "nowhere.csv"], EtlError, "give a CSV with area_id, decision"),
    ],
)
def test_a_wrong_option_is_refused_and_nothing_is_written(
    blocks: Path, change: list[str], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        run(*basic(blocks), *change)
    assert not blocks.with_name("out.gpkg").exists()
    assert sorted(one.name for one in blocks.parent.iterdir()) == ["blocks.gpkg"]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda frame: frame.to_crs(4326), CrsError, "reproject"),
        (lambda frame: frame.assign(block="00"), AlignmentError, "more than once"),
        (lambda frame: frame.assign(people=-1), SpatialError, "population negative"),
        (lambda frame: frame.assign(people=None), SpatialError, "population missing"),
        (lambda frame: frame.assign(block=None), EtlError, "without block"),
        (lambda frame: frame.set_geometry([None] * 5, crs=25833), SpatialError, "geometry"),
        (lambda frame: frame.set_crs(3857, allow_override=True), CrsError, "stretched .* reproject first"),
        (
            lambda frame: with_first(frame, BOWTIE),
            GeometryError,
            r"invalid geometry in 1 .*: 00; .* make_valid",
        ),
        (
            lambda frame: with_first(frame, shapely.box(0, 0, 150, 100)),
            GeometryError,
            r"overlapping geometry in 2 area\(s\): 00, 01; repair the coverage in a named step",
        ),
        (
            lambda frame: frame.assign(need=np.nan),
            EtlError,
            r"need is empty in all 5 area\(s\); give the need",
        ),
        (
            lambda frame: frame.assign(need=np.inf),
            SpatialError,
            "need infinite.*; give a number, or leave it",
        ),
    ],
)
def test_wrong_areas_are_refused_with_their_name(
    tmp_path: Path, change: object, error: type[Exception], message: str
) -> None:
    path = tmp_path / "blocks.gpkg"
    change(squares([[2.0, 2.0, 0.0, 0.0, 3.0]])).to_file(path)  # type: ignore[operator]
    with pytest.raises(error, match=message):
        run(*basic(path))


def test_an_unknown_decision_is_named_with_its_line(blocks: Path) -> None:
    fixed = blocks.with_name("fixed.csv")
    pd.DataFrame({"area_id": ["00", "01"], "decision": ["inside", "insde"], "reason": "x"}).to_csv(
        fixed, index=False
    )
    with pytest.raises(
        EtlError, match=r"fixed\.csv, line 3: decision 'insde'; one of: locked, inside, outside"
    ):
        run(*basic(blocks, "--fixed", fixed))


def test_a_map_in_force_from_a_file_is_converted_compared_and_drawn(blocks: Path) -> None:
    force = blocks.with_name("force.gpkg")
    # It covers the first block and most of the second; a tenth of it lies outside the city.
    old = gpd.GeoDataFrame({"region_id": ["old"]}, geometry=[shapely.box(-20, 0, 180, 100)], crs=25833)
    old.to_file(force)
    told = json.loads(run(*basic(blocks, "--existing", force, "--inertia", "0.1", "--json")))
    assert [(one["existing"], one["proposed"], one["change"]) for one in told["changes"]] == [
        ("old", "1", "keep"),
        ("", "2", "new"),
    ]
    assert told["jaccard"] == pytest.approx(200 / 300)
    assert told["existing"]["outside_hectares"] == pytest.approx(0.2)
    assert told["existing"]["outside"] == ["old"]
    out = blocks.with_name("out.gpkg")
    differences = gpd.read_file(out, layer="differences").set_index("side")
    assert differences["hectares"].to_dict() == {"kept": 2.0, "added": 1.0}
    assert gpd.read_file(out, layer="areas")["existing"].fillna("").tolist() == ["old", "old", "", "", ""]


def test_a_proof_is_told_and_a_better_choice_with_it(blocks: Path) -> None:
    # Two blocks fit into the budget: the single one, which saves 200, and either of the pair, which saves 100.
    limits = ["--most-share", "0.4", "--border-price", "0", "--prove", "10"]
    told = json.loads(run(*basic(blocks, *limits, "--json")))
    assert told["proof"]["is_proved"]
    assert told["proof"]["objective"] == pytest.approx(-300)
    assert told["proof"]["is_proposal_best"] is (told["objective"] == pytest.approx(-300))
    assert "proof: proved" in run(*basic(blocks, *limits))


def test_what_is_above_the_threshold_and_in_no_region_is_named_with_its_reason(blocks: Path) -> None:
    told = json.loads(run(*basic(blocks, "--least-residents", "150", "--border-price", "0", "--json")))
    assert told["single_cases"] == []  # the single block takes a neighbour in
    told = json.loads(run(*basic(blocks, "--most-share", "0.4", "--border-price", "0", "--json")))
    left = gpd.read_file(blocks.with_name("out.gpkg"), layer="single_cases")
    assert told["single_cases"] == left["area_id"].tolist()
    # Beside the single block there is room for one of the pair: the one whose id comes first.
    assert told["single_cases"] == ["01"]
    assert all("40 %" in reason for reason in left["reason_de"])


def test_a_map_in_force_in_another_projection_or_given_twice_is_refused(blocks: Path) -> None:
    force = blocks.with_name("force.gpkg")
    gpd.GeoDataFrame({"region_id": ["old"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=25832).to_file(force)
    with pytest.raises(EtlError, match="reproject one of them"):
        run(*basic(blocks, "--existing", force))
    with pytest.raises(EtlError, match="not both"):
        run(*basic(blocks, "--existing", force, "--existing-column", "title"))


HEADER = "area_id;decision;reason;region_id\n"


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (
            "04;locked;decided;G\n04;outside;gardens;\n",
            AlignmentError,
            "both locked and outside.*: 04; take them out",
        ),
        (
            "04;inside;school;\n04;outside;gardens;\n",
            AlignmentError,
            "both inside and outside.*: 04; take them out",
        ),
        (
            "04;locked;decided;G\n04;locked;decided;H\n",
            AlignmentError,
            "locked has an area id more than once.*: 04",
        ),
        ("04;inside;;\n", AlignmentError, "inside without a reason.*: 04; say why"),
        ("04;locked;;G\n", AlignmentError, "reason without a reason.*: G; say why"),
        ("99;inside;school;\n", AlignmentError, "inside areas that the city does not have.*: 99"),
        (
            "03;inside;x;\n04;locked;decided;\n",
            EtlError,
            r"line 3: locked without a region_id; name its region",
        ),
    ],
)
def test_contradictory_or_unexplained_decisions_are_refused_with_their_areas(
    blocks: Path, text: str, error: type[Exception], message: str
) -> None:
    fixed = blocks.with_name("fixed.csv")
    fixed.write_text(HEADER + text, encoding="utf-8")
    with pytest.raises(error, match=message):
        run(*basic(blocks, "--fixed", fixed))
    assert not blocks.with_name("out.gpkg").exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00 no text"])
def test_a_file_of_decisions_that_is_no_table_is_refused(blocks: Path, content: bytes) -> None:
    fixed = blocks.with_name("fixed.csv")
    fixed.write_bytes(content)
    with pytest.raises(
        EtlError, match=r"no table in UTF-8; give a CSV with area_id, decision, reason and region_id"
    ):
        run(*basic(blocks, "--fixed", fixed))


@pytest.mark.parametrize(
    ("option", "value", "least"),
    [
        ("--most-residents", "150", "200"),
        ("--least-residents", "250", "200"),
        ("--most-share", "0.3", "0.4"),
    ],
)
def test_a_locked_region_that_breaks_a_limit_names_the_least_relaxation_and_with_it_the_map_is_made(
    blocks: Path, option: str, value: str, least: str
) -> None:
    fixed = blocks.with_name("fixed.csv")
    fixed.write_text(HEADER + "00;locked;decided;G\n01;locked;decided;G\n", encoding="utf-8")
    arguments = basic(blocks, "--fixed", fixed, "--border-price", "0")
    with pytest.raises(ParameterError, match=f"expected at (least|most) {least}") as caught:
        run(*arguments, option, value)
    assert caught.value.name == option.removeprefix("--").replace("-", "_")
    told = json.loads(run(*arguments, option, least, "--json"))
    assert [one["region_id"] for one in told["regions"] if one["is_locked"]] == ["G"]


def test_the_command_ends_with_one_line_and_exit_status_1(
    blocks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(one) for one in basic(blocks, "--most-share", "0.1")]
    monkeypatch.setattr("sys.argv", ["sozialraum", "propose", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.strip().splitlines() == [
        "sozialraum: most_share is 0.1, expected at least 0.2000, enough for one region"
    ]


def test_a_map_in_force_outside_the_city_is_refused_and_one_on_other_areas_tells_its_quality(
    blocks: Path,
) -> None:
    force = blocks.with_name("force.gpkg")
    shapes = {"old": shapely.box(0, 0, 180, 100), "far": shapely.box(9000, 0, 9100, 100)}
    gpd.GeoDataFrame({"region_id": list(shapes)}, geometry=list(shapes.values()), crs=25833).to_file(force)
    told = json.loads(run(*basic(blocks, "--existing", force, "--json")))["existing"]
    # 20 of the 100 residents of the second block live on the wrong side, by surface.
    assert told["ambiguous_share_of_residents"] == pytest.approx(0.1)
    assert (told["lost"], told["outside"], told["outside_hectares"]) == (["far"], ["far"], 1.0)
    text = run(*basic(blocks, "--existing", force))
    assert "map in force, converted by surface: 10.0 % of its residents are not sure" in text
    assert "its region(s) far got no area: too small, or outside the city" in text
    assert "its region(s) far lie outside the city, 1.0 ha together" in text
    gpd.GeoDataFrame({"region_id": ["far"]}, geometry=[shapes["far"]], crs=25833).to_file(force)
    with pytest.raises(
        ParameterError, match="existing is 'far', expected regions of which at least one lies in the"
    ):
        run(*basic(blocks, "--existing", force))


def test_what_is_not_known_and_what_touches_nobody_is_said(tmp_path: Path) -> None:
    path = tmp_path / "blocks.gpkg"
    frame = squares([[2.0, 2.0, 0.0, np.nan, 3.0]])
    frame.geometry = [shapely.box(110 * place, 0, 110 * place + 100, 100) for place in range(5)]
    frame.to_file(path)
    text = run(*basic(path))
    assert "1 area(s) of unknown need: they follow their neighbours" in text
    assert (
        "5 area(s) without a neighbour: 00, 01, 02, 03, 04; --gap and --reach link areas that lie apart"
        in text
    )
    told = json.loads(run(*basic(path, "--gap", "15", "--json")))
    assert (told["areas_without_need"], told["areas_without_neighbour"]) == (1, [])
    assert told["links"] == {"gap": 4}
