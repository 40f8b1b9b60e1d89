"""Priority areas proposed and stored: cores, margins, single cases, and the map in force."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from sqlalchemy import Connection, Engine, text

from db.queries import areas, priority_maps, proposals, regions
from etl.errors import EtlError
from etl.planning.map_files import draft_of_run, draft_of_runs
from spatial.regions.reasons.rerun import objective_behind

pytestmark = pytest.mark.db


RED = {"kind": "red", "weights": {"unemployed_share": 1.0}, "threshold": 0.5}


def put_in_force(engine: Engine, run_id: int) -> int:
    with engine.begin() as connection:
        run = proposals.find_run(connection, "sample", run_id=run_id)
        number = draft_of_run(connection, "sample", run, title="Karte", by="test", note="")
        agree(connection, number)
    return number


def agree(connection: Connection, number: int) -> None:
    priority_maps.move(connection, number, "proposed", by="test")
    priority_maps.move(
        connection, number, "agreed", by="test", decision_number="1", decision_date=date(2026, 1, 2)
    )


def draw(engine: Engine, shape: shapely.Geometry, *, edition: str, members: pd.Series | None = None) -> int:
    """Put a map with one region in force."""
    with engine.begin() as connection:
        level = areas.finest_geography(connection, "sample")
        crs = areas.read_areas(connection, level["vintage_id"]).crs
        known = {"kind": ["blue"], "areas": [12], "residents": [None], "mean_need": [None]}
        number = priority_maps.create(
            connection,
            city_id="sample",
            title="alte Karte",
            geography_id=level["id"],
            edition=edition,
            regions=gpd.GeoDataFrame(known, geometry=[shape], index=["alt"], crs=crs),
            areas=pd.Series(dtype="str") if members is None else members,
            passport={},
            by="test",
        )
        agree(connection, number)
    return number


def test_every_area_above_the_threshold_is_in_a_region_a_margin_or_a_single_case(
    found, small_city: Engine
) -> None:
    run, table = found(small_city)
    above = table["need"] > run["parameters"]["threshold"]
    placed = table["region_id"].notna() | (table["zone_class"] == "margin") | table["case_reason"].notna()
    assert above.sum() > 10
    assert placed[above].all()
    assert (table.loc[table["zone_class"] == "core", "region_id"].notna()).all()
    assert (table.loc[table["case_reason"].notna(), "membership"] == 0).all()
    assert (table["case_de"].ne("") == table["case_reason"].notna()).all()
    assert run["summary"]["single_cases"] == table["case_reason"].notna().sum()


def test_membership_is_drawn_from_the_counts_and_its_certainty_stands_beside_it(
    found, small_city: Engine
) -> None:
    run, table = found(small_city)
    assert run["summary"]["draws"] == 200
    assert table.loc[table["zone_class"] != "rest", "certainty"].notna().all()
    assert ((table["membership"] > 0) & (table["membership"] < 1)).sum() >= 5
    # Chance moves what lies near the threshold: there somebody is not sure.
    assert table.loc[table["zone_class"] == "margin", "certainty"].min() < 0.9


def test_a_stored_proposal_is_read_again_as_the_result_it_was(small_city: Engine) -> None:
    with small_city.connect() as connection:
        run = proposals.find_run(connection, "sample")
        result, graph, table = proposals.read_result(connection, run)
    # The objective of the stored choice on the stored borders is the stored one, or this raises.
    objective_behind(result, graph)
    assert len(result.border_length) == run["summary"]["regions"]
    assert table.index.is_monotonic_increasing


def test_residents_that_are_withheld_are_stored_as_unknown(found, small_city: Engine) -> None:
    run, table = found(small_city)
    with small_city.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT w.area_id FROM value w JOIN proposal_area p USING (vintage_id, area_id) WHERE p.run_id = :run"
                " AND w.indicator_id = 'residents' AND w.period = :period AND w.value IS NULL"
            ),
            {"run": run["id"], "period": run["summary"]["period"]},
        )
        withheld = [row.area_id for row in rows]
    assert table.loc[withheld, "residents"].isna().all()


def test_nobody_is_said_to_live_where_residents_are_not_known(found, propose, small_city: Engine) -> None:
    _, before = found(small_city)
    first = before.index[(before["case_reason"].notna()) & before["residents"].gt(0)][0]
    with small_city.begin() as connection:
        connection.execute(
            text(
                "UPDATE value SET value = NULL, status = 'suppressed'"
                " WHERE (indicator_id, area_id) = ('residents', :area)"
            ),
            {"area": first},
        )
    _, table = found(small_city, propose(small_city, variants=0).run_id)
    assert table.loc[first, "case_reason"] == "residents_unknown"
    assert "nicht bekannt" in table.loc[first, "case_de"]


def test_the_polygons_of_core_and_margin_are_the_union_of_their_areas(found, small_city: Engine) -> None:
    run, table = found(small_city)
    with small_city.connect() as connection:
        classes = proposals.read_features(connection, run["id"], "classes")
        level = areas.finest_geography(connection, "sample")
        frame = areas.read_areas(connection, level["vintage_id"])
    for name in ("core", "margin"):
        of_areas = frame.geometry[table["zone_class"] == name].area.sum()
        assert classes[classes["zone_class"] == name].geometry.area.sum() == pytest.approx(of_areas, rel=1e-6)


def test_the_same_inputs_make_no_new_run_and_other_runs_the_same_outlines(
    propose, small_city: Engine
) -> None:
    first = propose(small_city)
    assert not propose(small_city).created
    other = propose(small_city, variants=0)
    assert other.created
    assert other.summary["geometry_sha256"] == first.summary["geometry_sha256"]


def test_an_agreed_map_is_what_the_next_proposal_is_compared_with(found, propose, small_city: Engine) -> None:
    first = propose(small_city)
    number = put_in_force(small_city, first.run_id)
    after = propose(small_city)
    assert after.created
    assert after.summary["map_in_force"] == number
    assert after.summary["changes"]["kept"]["areas"] == first.summary["areas"]
    assert after.summary["changes"]["added"]["areas"] == after.summary["changes"]["removed"]["areas"] == 0
    wider = propose(small_city, threshold=0.5)
    _, table = found(small_city, wider.run_id)
    assert (table["change"] == "added").sum() == wider.summary["changes"]["added"]["areas"] > 0
    with small_city.connect() as connection:
        changes = proposals.read_features(connection, wider.run_id, "changes")
    assert set(changes["change"]) == {"kept", "added"}


def test_every_region_of_the_map_in_force_is_told_what_becomes_of_it(propose, small_city: Engine) -> None:
    first = propose(small_city)
    assert first.summary["region_changes"] is None
    put_in_force(small_city, first.run_id)
    same = propose(small_city).summary["region_changes"]
    assert {row["change"] for row in same} == {"keep"}
    assert sum(row["kept"]["areas"] for row in same) == first.summary["areas"]
    assert all(row["kept"]["hectares"] > 0 for row in same)
    wider = propose(small_city, threshold=0.5).summary
    told = {row["change"] for row in wider["region_changes"]}
    assert told & {"grow", "merge", "new"}
    assert sum(row["added"]["areas"] for row in wider["region_changes"]) == wider["changes"]["added"]["areas"]


def test_regions_of_the_same_areas_and_another_type_are_retyped(propose, small_city: Engine) -> None:
    first = propose(small_city)
    with small_city.begin() as connection:
        level = areas.finest_geography(connection, "sample")
        number = priority_maps.create(
            connection,
            city_id="sample",
            title="strategisch",
            geography_id=level["id"],
            edition=level["edition"],
            regions=regions.read_cores(connection, first.run_id).assign(kind="red"),
            areas=proposals.read_areas(connection, first.run_id)["region_id"],
            passport={},
            by="test",
        )
        priority_maps.move(connection, number, "proposed", by="test")
        priority_maps.move(
            connection, number, "agreed", by="test", decision_number="1", decision_date=date(2026, 1, 2)
        )
    summary = propose(small_city).summary
    assert summary["map_in_force"] is None  # no blue region is in force that could hold the proposal
    assert {(row["change"], row["retyped"]) for row in summary["region_changes"]} == {
        ("retype", "red → blue")
    }


def test_a_locked_region_stays_as_it_is_with_its_reason(found, propose, small_city: Engine) -> None:
    first = propose(small_city)
    number = put_in_force(small_city, first.run_id)
    _, before = found(small_city, first.run_id)
    held = before.index[before["region_id"] == "1"]
    strict = propose(small_city, threshold=9.0, locked={"1": "bis 2030 beschlossen"}, locked_in=number)
    _, table = found(small_city, strict.run_id)
    assert list(table.index[table["region_id"].notna()]) == list(held)
    assert set(table.loc[held, "region_id"]) == {"1"}
    with pytest.raises(EtlError, match=r"does not have: 99; its regions: 1"):
        propose(small_city, locked={"99": "gibt es nicht"}, locked_in=number)


def test_locks_of_another_map_than_the_one_in_force_are_refused_with_both_numbers(
    propose, small_city: Engine
) -> None:
    first = propose(small_city)
    with pytest.raises(EtlError, match="locked regions 1, but there is no map in force"):
        propose(small_city, locked={"1": "Beschluss"}, locked_in=1)
    put_in_force(small_city, first.run_id)
    put_in_force(small_city, first.run_id)
    with pytest.raises(EtlError, match="regions 1 are those of map 1, but map 2 is in force"):
        propose(small_city, locked={"1": "Beschluss"}, locked_in=1)
    with pytest.raises(EtlError, match="regions 1 of no map; give locked_in=2"):
        propose(small_city, locked={"1": "Beschluss"})


def test_locks_of_a_type_that_the_map_in_force_does_not_have_are_refused_with_those_it_has(
    propose,
    small_city: Engine,
) -> None:
    number = put_in_force(small_city, propose(small_city).run_id)
    with pytest.raises(EtlError, match=f"no region of type red in map {number} in force; its types: blue"):
        propose(small_city, **RED, locked={"1": "Beschluss"}, locked_in=number)


def test_inertia_is_not_applied_where_the_map_in_force_has_no_region_of_the_type(
    found, propose, small_city: Engine
) -> None:
    first, free = propose(small_city), propose(small_city, **RED)
    put_in_force(small_city, first.run_id)
    held = propose(small_city, **RED, inertia=0.4)
    assert (held.summary["inertia_applied"], held.summary["map_in_force"]) == (False, None)
    assert held.summary["geometry_sha256"] == free.summary["geometry_sha256"]
    with small_city.connect() as connection:  # and it is read again as it was
        result, graph, _ = proposals.read_result(connection, found(small_city, held.run_id)[0])
    objective_behind(result, graph)
    assert propose(small_city, inertia=0.4).summary["inertia_applied"] is True


def test_a_map_in_force_outside_the_city_of_today_is_as_none(propose, small_city: Engine) -> None:
    free = propose(small_city)
    draw(small_city, shapely.box(0, 0, 100, 100), edition="1990")
    after = propose(small_city, inertia=0.4)
    assert (after.summary["inertia_applied"], after.summary["map_in_force"]) == (False, None)
    assert after.summary["geometry_sha256"] == free.summary["geometry_sha256"]


def test_a_map_with_areas_that_are_gone_is_converted_by_its_outlines(
    found, propose, small_city: Engine
) -> None:
    with small_city.connect() as connection:
        level = areas.finest_geography(connection, "sample")
        frame = areas.read_areas(connection, level["vintage_id"])
    some = frame.iloc[:12]
    kept = some.index.astype(str)
    members = pd.Series("alt", index=[*kept[1:], "gone"])  # the first was called otherwise when it was agreed
    draw(small_city, some.geometry.union_all(), edition=level["edition"], members=members)
    outcome = propose(small_city)
    _, table = found(small_city, outcome.run_id)
    assert list(table.index[table["existing"] == "alt"]) == list(kept)
    assert outcome.summary["map_quality"]["lost"] == []


def test_runs_of_several_types_make_one_map_and_each_is_compared_with_its_own(
    propose, small_city: Engine
) -> None:
    blue, red = propose(small_city), propose(small_city, **RED)
    with small_city.begin() as connection:
        given = [proposals.find_run(connection, "sample", run_id=one.run_id) for one in (blue, red)]
        number = draft_of_runs(connection, "sample", given, title="Karte", by="test", note="")
        shapes = priority_maps.read_regions(connection, number)
        agree(connection, number)
    assert set(shapes["kind"]) == {"blue", "red"}
    assert [one.partition("-")[0] for one in shapes.index] == list(shapes["kind"])
    for outcome, changes in ((blue, {}), (red, RED)):
        after = propose(small_city, **changes).summary["changes"]
        assert after["kept"]["areas"] == outcome.summary["areas"]
        assert after["added"]["areas"] == after["removed"]["areas"] == 0


def test_two_runs_of_one_type_make_no_map(small_city: Engine) -> None:
    with small_city.begin() as connection:
        run = proposals.find_run(connection, "sample")
        with pytest.raises(EtlError, match="one map takes one run of each type"):
            draft_of_runs(connection, "sample", [run, run], title="Karte", by="test", note="")


def test_areas_in_and_out_by_decision_are_in_and_out(found, propose, small_city: Engine) -> None:
    first = propose(small_city)
    _, table = found(small_city, first.run_id)
    inside = table.index[table["region_id"].notna()][0]
    outside = table["need"].idxmin()
    other = propose(small_city, outside={inside: "Kleingärten"}, inside={outside: "Beschluss"})
    _, after = found(small_city, other.run_id)
    assert pd.isna(after.loc[inside, "region_id"])
    assert after.loc[inside, "zone_class"] == "rest"
    assert pd.notna(after.loc[outside, "region_id"])
    with pytest.raises(EtlError, match="does not have on this level: nowhere"):
        propose(small_city, inside={"nowhere": "Beschluss"})


def test_a_map_on_other_boundaries_is_converted_with_its_quality(propose, small_city: Engine) -> None:
    with small_city.connect() as connection:
        level = areas.finest_geography(connection, "sample")
        frame = areas.read_areas(connection, level["vintage_id"])
    some = frame.geometry.iloc[:30].union_all()
    # Moved by 40 m: no outline of today's fits.
    number = draw(small_city, shapely.affinity.translate(some, 40.0, 0.0), edition="1990")
    summary = propose(small_city).summary
    assert summary["map_in_force"] == number
    assert 0 < summary["map_quality"]["ambiguous_share_of_residents"] < 1
    assert summary["map_quality"]["lost"] == []


def test_regions_of_a_type_are_stored_as_that_type(found, propose, small_city: Engine) -> None:
    # Where many old people live is no need: it may be a potential, and its neither-nor direction is no hindrance.
    outcome = propose(small_city, kind="red", weights={"ratio_old": 1.0})
    _, table = found(small_city, outcome.run_id)
    assert table.loc[table["region_id"].notna(), "need"].mean() > 1
    with small_city.connect() as connection:
        kinds = connection.execute(
            text("SELECT DISTINCT kind FROM region WHERE run_id = :run"), {"run": outcome.run_id}
        ).scalars()
        assert list(kinds) == ["red"]
        assert len(regions.read_cores(connection, outcome.run_id)) == outcome.summary["regions"]
