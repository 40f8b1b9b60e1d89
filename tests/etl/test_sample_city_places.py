"""The places a city's development concept names, on their equivalents in the sample city: what becomes of each of them.

The need is made of what was published: the mean of three standardised shares (unemployed, benefit recipients, children with
benefits), where they are known; counts that are withheld stay unknown. No database: the city's own delivery is read.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from etl.sample_city.generate import generate
from etl.sample_city.parameters import CENTRE, SampleCityParameters
from etl.sample_city.plan import CityPlan
from spatial import NeighbourGraph, ParameterError, outlines, propose, shared_borders
from spatial.links import linked
from spatial.regions import (
    FixedAreas,
    PriorityAreas,
    RegionLimits,
    class_polygons,
    compare_maps,
    deficit_need,
    link_zones,
    on_these_areas,
    resampled_needs,
    segment_need,
    single_cases,
    soft_membership,
    street_segments,
    suggested_parameters,
    typed_areas,
)

PARAMETERS = SampleCityParameters()
EXCLAVE_DISTRICT = "3"
SHARES = {
    "unemployed": "residents_15_65",
    "sgb2_recipients": "residents",
    "sgb2_children_u15": "residents_u15",
}


def quiet(_name: str, _share: float | None = None) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Place:
    """The blocks of the city with their published counts, and where its places lie."""

    blocks: gpd.GeoDataFrame
    graph: NeighbourGraph
    values: pd.DataFrame

    def counts(self, year: int, indicator: str) -> pd.Series:
        return self.values[(year, indicator)].reindex(self.blocks.index).astype(float)

    def shares(self, year: int) -> pd.DataFrame:
        """Return the shares, standardised over the city; missing where a count is withheld or nobody is asked."""
        wholes = {part: self.counts(year, whole) for part, whole in SHARES.items()}
        shares = pd.DataFrame(
            {part: self.counts(year, part) / whole.where(whole > 0) for part, whole in wholes.items()}
        )
        return (shares - shares.mean()) / shares.std(ddof=0)

    def need(self, year: int) -> pd.Series:
        mean = self.shares(year).mean(axis=1)
        return (mean - mean.mean()) / mean.std(ddof=0)

    def within(self, name: str) -> pd.Series:
        """Say which blocks lie in a place of the plan."""
        middle = self.blocks.geometry.centroid
        radii = np.column_stack([middle.x - CENTRE[0], middle.y - CENTRE[1]]) / PARAMETERS.radius
        return pd.Series(getattr(CityPlan, name).distance(radii) < 1.0, self.blocks.index)

    def called(self, use: str) -> pd.Series:
        return self.blocks["name"].str.endswith(f"({use})")

    def proposal(self, year: int, **options: object) -> PriorityAreas:
        need, people = self.need(year), self.counts(year, "residents")
        begin = suggested_parameters(need, people, self.graph)
        given = {
            "threshold": 1.0,
            "border_price": begin.border_price,
            "limits": RegionLimits(least_residents=1000),
        }
        return propose(need, people, self.graph, **(given | options))


@pytest.fixture(scope="module")
def city() -> Place:
    delivery = generate(PARAMETERS, quiet)
    blocks = delivery.areas[delivery.areas["geography"] == "block"].set_index("area_id")
    wanted = delivery.values["geography"].eq("block") & delivery.values["indicator_id"].isin(
        [*SHARES, *SHARES.values()]
    )
    values = delivery.values[wanted].assign(period=lambda table: table["period"].astype(int))
    graph = linked(shared_borders(blocks.geometry), blocks.geometry, reach=20_000.0).graph
    return Place(
        blocks=blocks,
        graph=graph,
        values=values.pivot(index="area_id", columns=["period", "indicator_id"], values="value"),
    )


@pytest.fixture(scope="module")
def before(city: Place) -> PriorityAreas:
    return city.proposal(2012)


@pytest.fixture(scope="module")
def now(city: Place, before: PriorityAreas) -> PriorityAreas:
    return city.proposal(2023, existing=before.region, inertia=0.2)


def share_inside(result: PriorityAreas, place: pd.Series) -> float:
    """Return the share of a place's residents who live in a region."""
    people = result.population[place]
    return float(people[result.region[place].notna()].sum() / people.sum())


def main_region(result: PriorityAreas, place: pd.Series) -> str:
    """Return the region that has most of a place's residents."""
    people = result.population[place].groupby(result.region[place]).sum()
    return str(people.idxmax())


def test_the_large_estate_is_a_region_that_stays(
    city: Place, before: PriorityAreas, now: PriorityAreas
) -> None:
    # Grünau's equivalent in the west: district 6.
    estate = city.within("estate")
    assert share_inside(before, estate) > 0.5
    assert share_inside(now, estate) > 0.8
    region = now.region == main_region(now, estate)
    assert set(now.region.index[region.fillna(False)].str[0]) == {"6"}
    change = compare_maps(before.region, now.region, now.population, city.blocks.geometry).changes
    row = change[[main_region(now, estate) in one for one in change["proposed"]]].iloc[0]
    assert row["change"] == "grow"
    assert main_region(before, estate) in row["existing"]


def test_the_inner_east_stays_without_its_well_developed_pocket(
    city: Place, before: PriorityAreas, now: PriorityAreas
) -> None:
    # Reudnitz and Neuschönefeld: "Herausnahme gut entwickelter Bereiche" below the sub-district.
    east, pocket = city.within("east"), city.within("pocket")
    assert share_inside(before, east & ~pocket) > 0.85
    assert share_inside(now, pocket) == 0
    whole = before.region.where(~pocket, main_region(before, east))
    change = compare_maps(whole, now.region, now.population, city.blocks.geometry)
    assert (change.side[pocket & (now.population > 0)] == "removed").all()
    # The sub-districts it lies in stay: only blocks can say this.
    parts = set(city.blocks.index[pocket].str[:2])
    assert all(share_inside(now, city.blocks.index.to_series().str[:2] == part) > 0.3 for part in parts)


def test_the_smaller_estate_at_the_edge_is_a_new_candidate(city: Place) -> None:
    # Paunsdorf: need stays high while the city's falls. Against a map without it, it comes in as new or as growth.
    estate = city.within("young_estate")
    old = city.proposal(2012)
    without = old.region.mask(estate)
    found = city.proposal(2023, existing=without, inertia=0.2)
    assert share_inside(found, estate) > 0.95
    change = compare_maps(without, found.region, found.population, city.blocks.geometry)
    lived_in = estate & (found.population > 0)
    assert (change.side[lived_in] == "added").mean() > 0.9
    rise = city.need(2023)[estate].median() - city.need(2012)[estate].median()
    assert rise > 1


def test_the_inner_west_ends_and_is_retyped_as_a_place_of_potential(
    city: Place, before: PriorityAreas, now: PriorityAreas
) -> None:
    west = city.within("creative_west")
    assert share_inside(before, west) > 0.15
    assert share_inside(now, west) == 0
    old = before.region.where(before.region == main_region(before, west))
    change = compare_maps(old, now.region, now.population, city.blocks.geometry)
    assert change.changes["change"].tolist().count("retire") == 1
    # The council keeps its outline and gives it another type: the ground is the same, the history says so.
    kept = compare_maps(
        old,
        old,
        now.population,
        city.blocks.geometry,
        existing_types={main_region(before, west): "blue"},
        proposed_types={main_region(before, west): "red"},
    )
    assert kept.changes["change"].tolist() == ["retype"]
    assert kept.changes["removed_areas"].sum() == 0


def test_the_high_street_is_a_long_thin_region_and_its_segments_tell_where(
    city: Place, now: PriorityAreas
) -> None:
    # Georg-Schumann-Straße's equivalent runs from the ring to the north, through district 9.
    region = next(
        one
        for one in now.summary().index
        if set(now.region.index[(now.region == one).fillna(False)].str[0]) >= {"9"}
    )
    shape = outlines(city.blocks.geometry, now.region).geometry.loc[region]
    box = shapely.minimum_rotated_rectangle(shape)
    sides = shapely.length(
        shapely.linestrings(np.stack([shapely.get_coordinates(box)[i : i + 2] for i in (0, 1)]))
    )
    assert sides.max() / sides.min() > 1.5
    # The same street as a linear area: the blocks along it, cut into segments.
    along = np.linspace(0, 1, 50)
    course = np.column_stack([0.02 - 0.13 * along + 0.018 * np.sin(np.pi * along), 0.075 + 0.34 * along])
    line = gpd.GeoSeries(
        [shapely.LineString(course * PARAMETERS.radius + np.asarray(CENTRE))], index=["street"], crs=25833
    )
    cut = street_segments(line, length=300.0, width=200.0, areas=city.blocks.geometry)
    table = segment_need(cut.segments, city.blocks.geometry, city.need(2023), city.counts(2023, "residents"))
    price = suggested_parameters(table["need"], table["population"], cut.graph, smoothness=0.2).border_price
    found = propose(table["need"], table["population"], cut.graph, threshold=0.5, border_price=price)
    chosen = found.region.notna()
    assert 0 < chosen.sum() < len(chosen)
    assert table["need"][chosen].mean() > table["need"][~chosen].mean() + 0.5


def test_the_ring_around_the_old_town_is_a_doughnut_and_stays_one(city: Place) -> None:
    # Promenadenring: sub-district 01 has 00 as its hole.
    part = city.blocks.index.to_series().str[:2]
    need = pd.Series(np.where(part == "01", 2.0, -1.0), city.blocks.index)
    people = pd.Series(100.0, city.blocks.index)
    found = propose(need, people, city.graph, threshold=1.0, border_price=0.05)
    assert (found.region.notna() == (part == "01")).all()
    shape = outlines(city.blocks.geometry, found.region).geometry
    assert len(shape) == 1
    holes = [ring for one in shapely.get_parts(shape.iloc[0]) for ring in one.interiors]
    old_town = shapely.coverage_union_all(city.blocks.geometry[part == "00"].to_numpy())
    assert any(shapely.Polygon(ring).buffer(1).contains(old_town) for ring in holes)


def test_disused_sites_without_residents_are_neither_need_nor_lost(city: Place) -> None:
    # Südostraum: blocks that are built on during the years.
    sites = city.within("development")
    early, late = city.counts(2012, "residents"), city.counts(2023, "residents")
    built = sites & (early == 0) & (late > 0)
    assert built.sum() >= 5
    assert city.need(2012)[built].isna().all()
    result = city.proposal(2012)
    assert result.region[built].isna().all()
    assert len(result.region) == len(city.blocks)
    assert result.unknown == city.need(2012).isna().sum()


def test_green_and_water_are_no_single_cases_and_come_in_only_where_they_save_a_border(
    city: Place, now: PriorityAreas
) -> None:
    # Auwald and Gewässerverbund: nobody lives there, so there is no social index.
    empty = city.called("Wald") | city.called("Gewässer") | city.called("Park") | city.called("Kleingärten")
    assert now.need[empty].isna().all()
    cases = single_cases(now, city.graph).cases
    assert not empty[cases.index].any()
    inside = empty & now.region.notna()
    border = city.graph.edges()
    for block in empty.index[inside]:
        ends = border[(border["area_id"] == block) | (border["neighbour_id"] == block)]
        other = ends["neighbour_id"].where(ends["area_id"] == block, ends["area_id"])
        same = now.region[other].eq(now.region[block]).fillna(False).to_numpy()
        # Without it the border would be longer: nobody lives there, so nothing else speaks for it.
        assert ends["border"][same].sum() > ends["border"][~same].sum()
    assert inside.any()


def test_the_exclave_and_the_villages_at_the_rim_are_in_every_output(city: Place, now: PriorityAreas) -> None:
    plain = shared_borders(city.blocks.geometry)
    pieces = plain.components()
    exclave = pd.Series(pieces != np.bincount(pieces).argmax(), city.blocks.index)
    assert set(city.blocks.index[exclave].str[0]) == {EXCLAVE_DISTRICT}
    assert city.graph.components().max() == 0
    # A region in the exclave stays in the exclave: the link is ten metres long, and nothing is won by it.
    need = city.need(2023).mask(exclave, 3.0)
    people = city.counts(2023, "residents")
    found = propose(need, people, city.graph, threshold=1.0, border_price=0.4)
    there = found.region[exclave].dropna().unique()
    assert len(there) >= 1
    assert share_inside(found, exclave) == 1
    assert not found.region[~exclave].isin(there).any()
    # Neither the rim of the city nor a block without a value is left out of a table.
    assert plain.rim is not None
    assert (plain.rim > 0).sum() > 50
    assert now.to_frame().index.tolist() == city.blocks.index.tolist()


def test_a_region_that_spans_the_edge_of_the_city_is_not_clipped_in_silence(city: Place) -> None:
    # Nordraum: strategic, together with the municipalities around; what lies outside is told with its hectares.
    north = city.blocks.index.str[0] == "9"
    ground = shapely.coverage_union_all(city.blocks.geometry[north].to_numpy())
    beyond = shapely.difference(
        shapely.buffer(ground, 500.0), shapely.coverage_union_all(city.blocks.geometry.to_numpy())
    )
    drawn = gpd.GeoSeries([shapely.union(ground, beyond)], index=["Nordraum"], crs=city.blocks.crs)
    found = on_these_areas(drawn, city.blocks.geometry, city.counts(2023, "residents"))
    assert found.outside == ["Nordraum"]
    assert found.quality.loc["Nordraum", "outside_hectares"] == pytest.approx(beyond.area / 1e4)
    assert beyond.area > 100e4
    assert (found.region.notna() == north).all()


def test_a_locked_estate_is_never_changed_and_its_limit_is_named(city: Place, before: PriorityAreas) -> None:
    estate = city.within("estate")
    locked = pd.Series("Westsiedlung", city.blocks.index[estate])
    fixed = FixedAreas(locked=locked, reason=pd.Series({"Westsiedlung": "decided until 2030"}))
    for year in (2012, 2018, 2023):
        for threshold in (0.5, 1.5):
            found = city.proposal(year, fixed=fixed, threshold=threshold)
            assert found.region.index[(found.region == "Westsiedlung").fillna(False)].equals(locked.index)
    residents = city.counts(2023, "residents")[estate].sum()
    with pytest.raises(ParameterError, match="the locked region Westsiedlung") as caught:
        city.proposal(2023, fixed=fixed, limits=RegionLimits(most_residents=10_000))
    assert f"at least {residents:.10g}" in caught.value.expected
    wide = city.proposal(2023, fixed=fixed, limits=RegionLimits(most_residents=residents))
    assert wide.summary()["residents"].max() <= residents


def test_the_estate_and_the_inner_west_that_face_each_other_share_a_link(
    city: Place, before: PriorityAreas
) -> None:
    # "Anbindung von Grünau an den Leipziger Westen": a gap between two regions, and what is near to both.
    west, estate = (main_region(before, city.within(name)) for name in ("creative_west", "estate"))
    both = before.region.where(before.region.isin([west, estate]))
    distance = (
        city.blocks.geometry[(both == west).fillna(False)]
        .union_all()
        .distance(city.blocks.geometry[(both == estate).fillna(False)].union_all())
    )
    assert distance > 100
    links = link_zones(city.blocks.geometry, both, distance=0.6 * distance)
    assert links[["region_id", "neighbour_id"]].to_numpy().tolist() == [sorted([west, estate])]
    assert links["hectares"].iloc[0] > 1
    assert links["distance_between"].iloc[0] == pytest.approx(distance)
    shape = links.geometry.iloc[0]
    inside = outlines(city.blocks.geometry, both).union_all()
    assert shape.intersection(inside).area < 1


def test_blue_asks_for_several_disciplines_and_types_may_overlap(city: Place) -> None:
    people = city.counts(2023, "residents")
    blue, any_one = (
        propose(
            deficit_need(city.shares(2023), at_least=number).need,
            people,
            city.graph,
            threshold=1.0,
            border_price=0.2,
        )
        for number in (3, 1)
    )
    assert not (blue.region.notna() & any_one.region.isna()).any()
    # Potentials are asked for in the same way: the young and creative quarters, of which one is in need as well.
    potential = pd.Series(-1.0, people.index).mask(city.within("creative_west") | city.within("east"), 2.0)
    red = propose(potential, people, city.graph, threshold=1.0, border_price=0.2)
    types = typed_areas({"blue": blue, "red": red})
    both = types.overlaps().iloc[0]
    assert 0 < both["residents"] < people[red.region.notna()].sum()
    assert set(types.summary().index) == {"blue", "red", "blue+red"}
    either = blue.region.notna() | red.region.notna()
    assert types.summary()["residents"].sum() == people[either].sum()


def test_margins_lie_around_cores_and_cover_the_city(city: Place) -> None:
    need, people = city.need(2023), city.counts(2023, "residents")
    error = pd.Series(0.25, need.index)
    soft = soft_membership(
        need,
        people,
        city.graph,
        lower_threshold=0.5,
        upper_threshold=1.5,
        border_price=0.4,
        resamples=resampled_needs(need, error, resamples=20, rng=np.random.default_rng(1)),
    )
    assert soft.membership.between(0, 1).all()
    assert soft.zone_class.notna().all()
    polygons = class_polygons(city.blocks.geometry, soft)
    assert polygons.area.sum() == pytest.approx(city.blocks.area.sum(), rel=1e-9)
    estate = city.within("estate") & (people > 0)
    assert soft.membership[estate].median() > 0.9
    assert soft.membership[city.within("pocket") & (people > 0)].max() < 0.5
