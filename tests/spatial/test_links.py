"""Links that are no borders: across streets and rivers, from islands, over bridges; worked maps and real cities."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from spatial import (
    AlignmentError,
    CrsError,
    GeometryError,
    NeighbourGraph,
    ParameterError,
    propose,
    shared_borders,
)
from spatial.links import linked


def areas(**shapes):
    return gpd.GeoSeries(list(shapes.values()), index=list(shapes), crs=25833)


def link(city, **rules):
    return linked(shared_borders(city), city, **rules)


def pairs_of(found, *columns):
    """Return the columns of each link by its pair."""
    rows = found.links.to_dict("records")
    return {frozenset((row["area_id"], row["neighbour_id"])): tuple(row[c] for c in columns) for row in rows}


def by_pair(found):
    return {frozenset(pair): length for *pair, length in found.graph.edges().itertuples(index=False)}


def bridge(one="a", other="b", length=30.0, reason="Bridge of 1900"):
    return pd.DataFrame({"area_id": [one], "neighbour_id": [other], "length": [length], "reason": [reason]})


def test_blocks_across_a_street_are_neighbours_with_the_length_that_faces():
    # Four blocks of 100 m, streets of 12 m: each faces its two neighbours for 100 m; the diagonal ones face nobody.
    city = areas(
        a=box(0, 0, 100, 100), b=box(112, 0, 212, 100), c=box(0, 112, 100, 212), d=box(112, 112, 212, 212)
    )
    found = link(city, gap=15)
    assert pairs_of(found, "kind", "length", "distance") == {
        frozenset(pair): ("gap", 100.0, 12.0) for pair in ("ab", "ac", "bd", "cd")
    }
    assert (found.pieces_before, found.pieces) == (4, 1)
    assert found.apart.empty
    assert found.graph.rim.tolist() == [400] * 4  # a link is no border
    assert link(city, gap=11.9).links.empty


def test_a_third_area_blocks_a_link_across_a_gap():
    # The island in the river hides 40 of the 100 m.
    city = areas(south=box(0, 0, 100, 50), north=box(0, 90, 100, 140), island=box(30, 65, 70, 75))
    found = link(city, gap=45)
    assert pairs_of(found, "length") == {
        frozenset(["south", "north"]): (60.0,),
        frozenset(["south", "island"]): (40.0,),
        frozenset(["north", "island"]): (40.0,),
    }


def test_a_view_that_is_too_short_is_a_corner_and_no_link():
    city = areas(a=box(0, 0, 100, 100), b=box(95, 110, 200, 200))
    assert link(city, gap=20, least=6).links.empty
    assert pairs_of(link(city, gap=20, least=5), "length") == {frozenset("ab"): (5.0,)}


def test_a_pair_with_a_border_and_a_gap_has_both_lengths():
    # 40 m of border, then a canal of 10 m for 60 m.
    west = box(0, 0, 100, 100)
    east = shapely.Polygon([(100, 0), (200, 0), (200, 100), (110, 100), (110, 40), (100, 40)])
    found = link(areas(a=west, b=east), gap=20)
    assert found.graph.border.tolist() == [pytest.approx(100)]
    assert found.graph.linked.tolist() == [pytest.approx(60)]
    assert "gap 1 (60 m)" in repr(found)


def test_an_island_is_linked_to_the_nearest_area():
    city = areas(a=box(0, 0, 100, 100), b=box(100, 0, 200, 100), island=box(300, 20, 340, 60))
    found = link(city, reach=150, least=25)
    assert pairs_of(found, "kind", "length", "distance") == {
        frozenset(["b", "island"]): ("island", 25.0, 100.0)
    }
    assert "shortest link" in found.links["reason"].item()


def test_areas_that_are_equally_near_are_all_linked():
    city = areas(a=box(0, 0, 100, 100), b=box(0, 100, 100, 200), island=box(130, 80, 150, 120))
    assert set(pairs_of(link(city, reach=50))) == {frozenset(["a", "island"]), frozenset(["b", "island"])}


def test_an_island_out_of_reach_stays_apart_and_is_named():
    city = areas(a=box(0, 0, 100, 100), b=box(100, 0, 200, 100), island=box(300, 20, 340, 60))
    found = link(city, reach=99)
    assert found.links.empty
    assert found.apart.tolist() == ["island"]
    assert (found.pieces_before, found.pieces) == (2, 2)
    assert found.summary().loc["island"].tolist() == [0, 0]


def test_a_chain_of_islands_is_linked_from_one_to_the_next():
    city = areas(**{name: box(x, 0, x + 10, 10) for name, x in zip("abcd", (0, 30, 70, 200), strict=True)})
    found = link(city, reach=np.inf)
    # 20, 30 and 120 m: each to the next, never past it.
    assert set(pairs_of(found)) == {frozenset("ab"), frozenset("bc"), frozenset("cd")}


def test_a_piece_that_hangs_by_a_corner_is_linked():
    city = areas(a=box(0, 0, 100, 100), b=box(100, 100, 200, 200))
    found = linked(shared_borders(city, corners=True), city, reach=1)
    assert pairs_of(found, "length", "distance") == {frozenset("ab"): (10.0, 0.0)}
    assert found.graph.corners.shape == (0, 2)  # a neighbour is no corner contact


def test_facing_links_a_piece_to_all_it_sees():
    city = areas(
        a=box(0, 0, 100, 100),
        b=box(0, 100, 100, 200),
        island=box(130, 60, 150, 120),
        far=box(500, 500, 510, 510),
    )
    found = link(city, reach=1000, rule="facing")
    # The island sees 40 m of a and 20 m of b; the far one sees nobody and is linked to the nearest.
    assert pairs_of(found, "length", "kind") == {
        frozenset(["a", "island"]): (40.0, "island"),
        frozenset(["b", "island"]): (20.0, "island"),
        frozenset(["b", "far"]): (10.0, "island"),
    }


def test_named_pairs_come_first_and_keep_their_reason():
    city = areas(a=box(0, 0, 100, 100), b=box(300, 0, 400, 100))
    found = link(city, reach=1000, pairs=bridge())
    assert pairs_of(found, "kind", "length", "distance", "reason") == {
        frozenset("ab"): ("named", 30.0, 200.0, "Bridge of 1900")
    }
    assert found.pieces == 1
    assert found.summary()["links"].to_dict() == {"named": 1, "gap": 0, "island": 0}


def test_a_named_pair_makes_a_border_dearer():
    city = areas(a=box(0, 0, 100, 100), b=box(100, 0, 200, 100))
    graph = link(city, pairs=bridge("b", "a")).graph
    assert (graph.border.tolist(), graph.linked.tolist()) == ([130.0], [30.0])


def test_without_rules_nothing_is_linked_and_the_result_says_so():
    city = areas(a=box(0, 0, 100, 100), b=box(112, 0, 200, 100))
    found = link(city)
    assert repr(found) == (
        "LinkedGraph(2 areas, 2 pieces before, 2 after, 1 areas apart; "
        "links: named 0 (0 m), gap 0 (0 m), island 0 (0 m))"
    )
    assert found.apart.tolist() == ["b"]
    assert found.to_frame().columns.tolist() == [
        "area_id",
        "neighbour_id",
        "kind",
        "length",
        "distance",
        "reason",
    ]


def test_priority_areas_reach_across_a_linked_street():
    city = areas(a=box(0, 0, 100, 100), b=box(112, 0, 212, 100), c=box(224, 0, 324, 100))
    need, people = pd.Series([1.5, 0.9, 1.5], city.index), pd.Series(100, city.index)
    alone = propose(need, people, shared_borders(city), threshold=1.0, border_price=0.2)
    assert alone.region.isna().tolist() == [False, True, False]
    together = propose(need, people, link(city, gap=15).graph, threshold=1.0, border_price=0.2)
    assert together.region.tolist() == ["1", "1", "1"]


def test_a_part_of_a_linked_graph_and_another_order_keep_the_links():
    city = areas(a=box(0, 0, 100, 100), b=box(100, 0, 200, 100), c=box(212, 0, 312, 100))
    graph = link(city, gap=20).graph
    turned = graph.in_order(pd.Index(["c", "b", "a"]))
    assert turned.edges().to_numpy().tolist() == [["c", "b", 100.0], ["b", "a", 100.0]]
    assert turned.linked.tolist() == [100.0, 0.0]
    part = graph.part(pd.Series([True, True, False], city.index))
    assert part.linked.tolist() == [0.0]
    assert part.rim.tolist() == [300.0, 300.0]  # the lost link was no border, so that the rim does not grow


@pytest.mark.parametrize("part", [[-1.0], [6.0], [np.nan], [1.0, 1.0]])
def test_a_graph_refuses_links_that_are_no_part_of_its_borders(part):
    with pytest.raises(ParameterError, match="linked is"):
        NeighbourGraph(
            area_id=pd.Index(["a", "b"]),
            first=np.array([0]),
            second=np.array([1]),
            border=np.array([5.0]),
            linked=np.array(part),
        )


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"gap": -1}, "gap is -1"),
        ({"gap": np.inf}, "gap is inf"),
        ({"gap": "wide"}, "gap is 'wide'"),
        ({"reach": np.nan}, "reach is nan"),
        ({"least": 0}, "least is 0"),
        ({"rule": "all"}, "rule is 'all'"),
        ({"rule": "facing", "reach": np.inf}, "a finite distance"),
        ({"pairs": "a-b"}, "a DataFrame with the columns"),
        ({"pairs": bridge().drop(columns="reason")}, "area_id, neighbour_id, length, reason"),
        ({"pairs": bridge(length=0.0)}, "length above 0 m and a reason"),
        ({"pairs": bridge(length=np.nan)}, "length above 0 m and a reason"),
        ({"pairs": bridge(reason=" ")}, "length above 0 m and a reason"),
        ({"pairs": bridge(reason=None)}, "length above 0 m and a reason"),
        ({"pairs": bridge("a", "a")}, "pairs of two areas"),
    ],
)
def test_wrong_rules_are_refused(rules, reason):
    with pytest.raises(ParameterError, match=reason):
        link(areas(a=box(0, 0, 9, 9), b=box(20, 0, 29, 9)), **rules)


def test_named_pairs_of_unknown_areas_or_twice_are_refused():
    city = areas(a=box(0, 0, 9, 9), b=box(20, 0, 29, 9))
    with pytest.raises(AlignmentError, match=r"unknown areas: 1 .*: x"):
        link(city, pairs=bridge("a", "x"))
    with pytest.raises(AlignmentError, match=r"twice: 1 area\(s\): b \| a"):
        link(city, pairs=pd.concat([bridge(), bridge("b", "a")]))


def test_bad_maps_are_refused():
    city = areas(a=box(0, 0, 9, 9), b=box(20, 0, 29, 9))
    graph = shared_borders(city)
    with pytest.raises(CrsError, match="EPSG:4326"):
        linked(graph, city.set_crs(4326, allow_override=True), gap=20)
    with pytest.raises(AlignmentError, match="the neighbour graph has other areas"):
        linked(graph, city.rename({"a": "z"}), gap=20)
    with pytest.raises(GeometryError, match="geometry empty"):
        linked(graph, areas(a=box(0, 0, 9, 9), b=shapely.Polygon()), gap=20)
    with pytest.raises(ParameterError, match="all rules in one call"):
        linked(linked(graph, city, gap=20).graph, city, reach=50)


blocks = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=2, max_size=14, unique=True)


@settings(max_examples=30, deadline=None)
@given(
    blocks, st.integers(0, 2**32 - 1), st.sampled_from([0.0, 20.0]), st.sampled_from(["nearest", "facing"])
)
def test_all_pieces_are_linked_whatever_the_order_of_rows(cells, seed, gap, rule):
    rng = np.random.default_rng(seed)
    # Blocks of 90 m on a grid of 100 m; every third touches its eastern neighbour.
    shapes = [
        box(100 * x, 100 * y, 100 * x + (100 if (x + y) % 3 == 0 else 90), 100 * y + 90) for x, y in cells
    ]
    city = gpd.GeoSeries(shapes, index=[f"{number:02d}" for number in range(len(shapes))], crs=25833)
    found = link(city, gap=gap, reach=5000.0, rule=rule)
    assert found.pieces == 1
    assert found.apart.empty
    assert (found.links["length"] >= 10.0 - 1e-6).all()
    assert found.graph.linked.sum() == pytest.approx(found.links["length"].sum())
    shuffled = link(city.iloc[rng.permutation(len(city))], gap=gap, reach=5000.0, rule=rule)
    assert by_pair(shuffled) == pytest.approx(by_pair(found))


def leipzig(folder):
    frame = gpd.read_file(folder / "ortsteile.gpkg", layer="ortsteile")
    return frame[frame["level"] == "ortsteil"].set_index("ortsteil_nr").to_crs(25833)


def berlin(folder):
    frame = gpd.read_file(folder / "lor_pre2021.gpkg", layer="planungsraeume")
    # One key is there twice, as published; here only the shapes matter.
    frame["LOR_ID"] = frame["LOR_ID"].mask(frame["LOR_ID"].duplicated(), "second " + frame["LOR_ID"])
    return frame.set_index("LOR_ID")


def test_leipzig_has_three_narrow_gaps_at_its_rim_and_no_island(leipzig_folder):
    found = link(leipzig(leipzig_folder), gap=20, reach=np.inf)
    assert (found.pieces_before, found.pieces) == (1, 1)
    # All three pairs have a border already; the city's rim leaves a narrow notch between them.
    assert set(pairs_of(found)) == {frozenset(pair) for pair in (("54", "55"), ("64", "66"), ("83", "95"))}
    assert found.summary().loc["gap", "length"] == pytest.approx(319, abs=2)


def test_berlin_has_three_narrow_gaps_and_no_island(berlin_folder):
    found = link(berlin(berlin_folder), gap=20, reach=np.inf)
    assert (found.pieces_before, found.pieces) == (1, 1)
    assert found.summary()["links"].to_dict() == {"named": 0, "gap": 3, "island": 0}
    assert found.summary().loc["gap", "length"] == pytest.approx(44, abs=2)


def test_two_english_cities_are_two_pieces_that_one_link_joins(leipzig_folder):
    file = leipzig_folder.parent / "england-imd2019" / "lsoa11_bristol_leicester.gpkg"
    if not file.is_file():
        pytest.skip("the real data ../shared/data/england-imd2019 are not on this machine")
    city = gpd.read_file(file).set_index("lsoa11_code").to_crs(27700)
    found = link(city, reach=np.inf)
    assert (found.pieces_before, found.pieces) == (2, 1)
    assert found.links["distance"].item() == pytest.approx(150_000, rel=0.1)
    assert len(link(city, reach=500.0).apart) == 192
