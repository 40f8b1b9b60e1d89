"""`sozialraum confidentiality`: profiles, what the public would see, and an attack on what the database publishes."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from db.engine import connect
from etl.cities import city_profile
from etl.cli.main import main
from etl.published_counts import read_published

COUNTS = """area_id,parent_id,residents,women,men,unemployed
T,,500,252,248,36
00,T,100,50,50,2
01,T,150,76,74,9
02,T,250,126,124,25
"""


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def confidentiality(monkeypatch, capsys, tmp_path: Path) -> Callable[..., Done]:
    """Run the command in this process, as a user types it."""

    def run(*arguments: str, url: str = "") -> Done:
        monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", url)
        monkeypatch.setenv("SOZIALRAUM_STATE_DIR", str(tmp_path / "state"))
        monkeypatch.setattr(sys, "argv", ["sozialraum", "confidentiality", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return Done(int(ended.value.code or 0), told.out, told.err)

    return run


@pytest.fixture
def counts(tmp_path: Path) -> Path:
    path = tmp_path / "counts.csv"
    path.write_text(COUNTS, encoding="utf-8")
    return path


def test_profiles_are_listed_for_people_and_programs(confidentiality):
    listed = confidentiality("profiles").stdout
    assert "Empfohlen: ab 3 Fällen" in listed
    assert "counts below 5 become 5" in listed
    told = json.loads(confidentiality("profiles", "--json").stdout)
    assert {one["id"]: one["minimum_count"] for one in told}["strict"] == 5


def test_the_preview_of_a_table_says_what_is_lost_per_level(confidentiality, counts: Path):
    done = confidentiality("preview", str(counts), "--sum", "residents=women+men")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    # Two of twelve counts of districts: the 2, and the 9 with it, because 36 − 9 − 25 = 2.
    assert lines[1].split() == ["level", "1", "4", "4", "0", "0", "0", "0.0", "%"]
    assert lines[2].split() == ["level", "2", "12", "10", "0", "0", "2", "16.7", "%"]
    assert lines[3].startswith("profile recommended: 1 too small, 1 withheld for others")


def test_the_preview_writes_what_may_be_published_and_nothing_else(
    confidentiality, counts: Path, tmp_path: Path
):
    out = tmp_path / "public.csv"
    done = confidentiality("preview", str(counts), "--json", "--out", str(out))
    told = json.loads(done.stdout)
    assert (told["withheld_small"], told["withheld_for_others"], told["gap"]) == (1, 1, 0)
    assert told["levels"][1]["withheld_now"] == 2
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 16
    withheld = [row for row in rows if row["status"] == "suppressed"]
    assert {(row["area_id"], row["indicator_id"]) for row in withheld} == {
        ("00", "unemployed"),
        ("01", "unemployed"),
    }
    assert all(row["value"] == "" for row in withheld)


def test_parts_of_a_whole_are_protected_with_their_rest(confidentiality, tmp_path: Path):
    path = tmp_path / "parts.csv"
    path.write_text("area_id,residents,foreign\n1,100,99\n2,200,50\n", encoding="utf-8")
    alone = json.loads(confidentiality("preview", str(path), "--json").stdout)
    tied = json.loads(confidentiality("preview", str(path), "--part", "foreign=residents", "--json").stdout)
    assert alone["withheld_small"] == 0
    assert tied["withheld_small"] == 1  # one of a hundred is not foreign


def test_a_part_above_the_top_percentage_is_withheld_in_a_table_too(confidentiality, tmp_path: Path):
    path = tmp_path / "parts.csv"
    path.write_text("area_id,residents,foreign\n1,200,190\n2,200,50\n", encoding="utf-8")
    tied = ("preview", str(path), "--part", "foreign=residents", "--json")
    assert json.loads(confidentiality(*tied).stdout)["withheld_small"] == 1  # 95 %
    free = json.loads(confidentiality(*tied, "--profile", "employment-agency").stdout)
    assert free["withheld_small"] == 0  # no top percentage


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (("nowhere.csv",), "is neither a city (sample, leipzig, berlin) nor a file", 1),
        (("{}", "--profile", "strikt"), "did you mean 'strict'", 1),
        (("{}", "--sum", "residents=women+boys"), "has no column boys", 1),
        (("{}", "--sum", "residents"), "write total=category+category", 2),
        (("sample", "--part", "a=b"), "a city declares its own sums and parts", 2),
    ],
)
def test_what_makes_no_sense_is_refused(confidentiality, counts: Path, arguments, said, code):
    done = confidentiality("preview", *(one.format(counts) for one in arguments))
    assert done.returncode == code
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_sums_that_do_not_hold_are_said_with_the_amount(confidentiality, tmp_path: Path):
    path = tmp_path / "wrong.csv"
    path.write_text(COUNTS.replace("36", "37"), encoding="utf-8")
    done = confidentiality("preview", str(path))
    assert done.returncode == 1
    assert "do not add up" in done.stderr


def test_the_preview_of_leipzig_is_what_a_load_would_withhold(confidentiality, leipzig_folder: Path):
    done = confidentiality("preview", "leipzig", "--from", str(leipzig_folder), "--json")
    told = json.loads(done.stdout)
    assert (told["withheld_by_publisher"], told["withheld_for_others"], told["gap"]) == (295, 21, 0)
    assert [level["geography"] for level in told["levels"]] == ["city", "district", "sub_district"]


@pytest.mark.db
def test_the_audit_finds_nothing_in_the_sample_city_and_something_when_a_partner_is_published(
    confidentiality, make_database, small_city_template: str
):
    url = make_database(template=small_city_template)
    done = confidentiality("audit", "sample", url=url)
    assert done.returncode == 0, done.stderr
    assert "0 can be narrowed down, 0 published values are computed from withheld counts" in done.stdout
    engine = connect(make_url(url).render_as_string(hide_password=False))
    with engine.begin() as connection:
        # Publish all withheld unemployed blocks of one statistical district but one.
        family = connection.execute(
            text(
                "SELECT a.parent_area_id, min(v.area_id) AS kept, v.vintage_id"
                " FROM value v JOIN area a USING (vintage_id, area_id)"
                " JOIN value p ON p.vintage_id = a.parent_vintage_id AND p.area_id = a.parent_area_id"
                "  AND (p.indicator_id, p.period) = (v.indicator_id, v.period) AND p.status <> 'suppressed'"
                " WHERE v.indicator_id = 'unemployed' AND v.period = '2022' AND v.status = 'suppressed'"
                " AND v.vintage_id = (SELECT max(vintage_id) FROM area)"
                " GROUP BY 1, 3 HAVING count(*) = 2 AND max(p.value) > 10 ORDER BY 1 LIMIT 1"
            )
        ).one()
        changed = connection.execute(
            text(
                "UPDATE value v SET value = 1, status = 'measured' FROM area a"
                " WHERE (a.vintage_id, a.area_id) = (v.vintage_id, v.area_id)"
                " AND a.parent_area_id = :parent AND v.indicator_id = 'unemployed' AND v.period = '2022'"
                " AND v.status = 'suppressed' AND v.area_id <> :kept AND v.vintage_id = :vintage"
            ),
            {"parent": family.parent_area_id, "kept": family.kept, "vintage": family.vintage_id},
        ).rowcount
    engine.dispose()
    assert changed == 1
    done = confidentiality("audit", "sample", "--period", "2022", "--json", url=url)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert f"block {family.kept}" in {one["area_id"] for one in told["exposed"]}
    assert all(one["low"] <= one["high"] for one in told["exposed"])


@pytest.mark.db
def test_a_published_value_that_is_computed_from_a_withheld_count_is_found(small_city):
    with small_city.begin() as connection:
        connection.execute(
            text(
                "UPDATE value SET value = 5.0, status = 'measured' WHERE (vintage_id, indicator_id, period, area_id) ="
                " (SELECT vintage_id, indicator_id, period, area_id FROM value WHERE indicator_id = 'unemployed_share'"
                "  AND status = 'suppressed' ORDER BY 1, 2, 3, 4 LIMIT 1)"
            )
        )
        published = read_published(connection, "sample")
        found = published.computed_from_withheld(city_profile("sample"))
    assert found["indicator_id"].tolist() == ["unemployed_share"]
    assert published.exposed(city_profile("sample").source.confidentiality).empty


@pytest.mark.db
def test_nothing_loaded_is_said(confidentiality, make_database):
    done = confidentiality("audit", "sample", url=make_database())
    assert done.returncode == 1
    assert "nothing is loaded yet" in done.stderr
