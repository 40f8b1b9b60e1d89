"""Leipzig's priority areas 2008 to 2022 on its 63 Ortsteile: Grünau and Schönefeld locked, Paunsdorf a new candidate.

Data: ../shared/data/leipzig-ortsteile (see its SOURCE.md). Need is the mean of three standardised shares of the residents:
unemployed, persons in households with SGB II benefits, and those of them who cannot work, most of them children. The map in
force is an interpretation of the places that the city's development concept names; Ortsteile are coarser than it is.
"""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import pytest

from spatial import NeighbourGraph, ParameterError, propose, shared_borders
from spatial.regions import (
    FixedAreas,
    RegionLimits,
    compare_maps,
    prove,
    single_cases,
    suggested_parameters,
)

IN_FORCE = {
    "Grünau": ["60", "61", "62", "63", "64", "65"],
    "Schönefeld": ["10", "11"],
    "Leipziger Osten": ["20", "21", "22", "23"],
    "Leipziger Westen": ["50", "51", "52", "70", "71", "72"],
    "Georg-Schumann-Straße": ["80", "81", "90", "91"],
}
LOCKED = ("Grünau", "Schönefeld")
PAUNSDORF = "24"
YEARS = (2008, 2014, 2018, 2022)
SHARES = (
    ("arbeitslose-insgesamt", "Arbeitslose insgesamt"),
    ("bedarfsgemeinschaften", "Personen in Bedarfsgemeinschaften"),
    ("bedarfsgemeinschaften", "Nichterwerbsfähige"),
)


@dataclass(frozen=True, kw_only=True)
class Leipzig:
    """Ortsteile with what was published about them."""

    areas: gpd.GeoDataFrame
    graph: NeighbourGraph
    table: pd.DataFrame
    existing: pd.Series

    def counts(self, year, topic, indicator):
        """Return a count on the keys of the Ortsteile: the statistics have names only."""
        rows = self.table[(self.table["year"] == year) & (self.table["topic"] == topic)]
        by_name = rows[(rows["indicator"] == indicator) & (rows["occurrence"] == 1)].set_index(
            "ortsteil_name"
        )
        return by_name["value"].reindex(self.areas["ortsteil_name"]).set_axis(self.areas.index).astype(float)

    def need_and_people(self, year):
        people = self.counts(year, "einwohner-insgesamt", "Einwohner insgesamt")
        shares = pd.DataFrame({name: self.counts(year, topic, name) / people for topic, name in SHARES})
        total = ((shares - shares.mean()) / shares.std(ddof=0)).mean(axis=1)
        return (total - total.mean()) / total.std(ddof=0), people

    def fixed(self):
        return FixedAreas(
            locked=self.existing[self.existing.isin(LOCKED)].astype(str),
            reason=pd.Series("the boundary is carried on (Fortschreibung)", list(LOCKED)),
        )

    def proposal(self, year, *, threshold=1.0, inertia=0.2, limits=None):
        need, people = self.need_and_people(year)
        begin = suggested_parameters(need, people, self.graph, smoothness=0.2)
        return propose(
            need,
            people,
            self.graph,
            threshold=threshold,
            border_price=begin.border_price,
            existing=self.existing,
            inertia=inertia,
            fixed=self.fixed(),
            limits=limits,
        )


@pytest.fixture(scope="module")
def leipzig(leipzig_folder):
    areas = gpd.read_file(leipzig_folder / "ortsteile.gpkg", layer="ortsteile")
    areas = areas[areas["level"] == "ortsteil"].set_index("ortsteil_nr").to_crs(25833)
    existing = pd.Series(pd.NA, areas.index, dtype="string")
    for name, members in IN_FORCE.items():
        existing[members] = name
    table = pd.read_csv(leipzig_folder / "indicators_long.csv.gz")
    return Leipzig(areas=areas, graph=shared_borders(areas.geometry), table=table, existing=existing)


def members(result):
    """Return the areas of each region that is not locked."""
    free = result.region[~result.region.isin(result.fixed.regions)].dropna()
    return sorted(sorted(group.index) for _, group in free.groupby(free))


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("inertia", [0.0, 0.2, 1.0])
@pytest.mark.parametrize(
    "limits",
    [
        None,
        RegionLimits(least_residents=10_000, most_share=0.3),
        RegionLimits(most_regions=3, most_share=0.25),
    ],
)
def test_locked_gruenau_and_schoenefeld_stay_as_they_are(leipzig, year, inertia, limits):
    for threshold in (-1.0, 0.5, 1.0, 9.0):
        result = leipzig.proposal(year, threshold=threshold, inertia=inertia, limits=limits)
        for name in LOCKED:
            assert result.region.index[(result.region == name).fillna(False)].tolist() == IN_FORCE[name]
        assert result.summary().loc[list(LOCKED), "is_locked"].all()


def test_need_moves_from_the_inner_west_to_paunsdorf(leipzig):
    places = {}
    for year in YEARS:
        need, _ = leipzig.need_and_people(year)
        rank = need.rank(ascending=False).astype(int)
        places[year] = (int(rank[PAUNSDORF]), int(rank["70"]), int(rank["71"]), int(rank["21"]))
    # Paunsdorf, Lindenau, Altlindenau, Volkmarsdorf among 63: Leipzig's west developed best, as the concept says.
    assert places == {2008: (12, 4, 3, 1), 2014: (6, 11, 8, 1), 2018: (4, 17, 11, 1), 2022: (4, 18, 15, 1)}


def test_what_the_real_data_say_about_paunsdorf(leipzig):
    found = {year: members(leipzig.proposal(year)) for year in YEARS}
    # 2008 not; 2014 above the threshold, yet its border costs more than it saves; 2018 it comes in with the Leipziger
    # Osten, 2022 it is a region of its own.
    assert found == {
        2008: [["20", "21", "22"], ["70", "71"]],
        2014: [["20", "21"], ["70", "71"]],
        2018: [["20", "21", "23", "24"]],
        2022: [["20", "21"], ["24"]],
    }


def test_in_2022_paunsdorf_is_new_and_the_west_and_the_street_end(leipzig):
    result = leipzig.proposal(2022)
    change = compare_maps(leipzig.existing, result.region, result.population, leipzig.areas.geometry)
    told = {
        (row.existing or row.proposed)[0] if row.change != "new" else "new": row
        for row in change.changes.itertuples()
    }
    assert {name: row.change for name, row in told.items()} == {
        "Grünau": "keep",
        "Schönefeld": "keep",
        "Leipziger Osten": "shrink",
        "Leipziger Westen": "retire",
        "Georg-Schumann-Straße": "retire",
        "new": "new",
    }
    assert told["new"].added_ids == (PAUNSDORF,)
    assert told["new"].added_residents == result.population[PAUNSDORF]
    assert told["Leipziger Osten"].removed_ids == ("22", "23")
    # Every area of either map is in exactly one change.
    parts = ["kept_ids", "added_ids", "removed_ids"]
    listed = [area for part in parts for ids in change.changes[part] for area in ids]
    assert sorted(listed) == sorted(change.side.dropna().index)


@pytest.mark.parametrize("year", YEARS)
def test_no_ortsteil_is_forgotten(leipzig, year):
    result = leipzig.proposal(year)
    left = result.need.index[(result.need > 1.0) & result.region.isna()]
    cases = single_cases(result, leipzig.graph)
    assert set(cases.cases.index) == set(left)
    named = leipzig.areas.loc[sorted(left), "ortsteil_name"].tolist()
    assert (
        named
        == {
            2008: ["Kleinzschocher"],
            2014: ["Mockau-Süd", "Anger-Crottendorf", "Paunsdorf", "Kleinzschocher"],
            2018: [],
            2022: [],
        }[year]
    )
    assert set(cases.cases["reason"]) <= {"border"}
    assert len(result.to_frame()) == 63


@pytest.mark.parametrize("area", ["12", "33", "83", "90", "04"])
def test_an_ortsteil_that_has_to_come_in_brings_the_neighbours_that_a_region_needs(leipzig, area):
    # Mockau-Süd, Meusdorf, Lindenthal, Gohlis-Süd and Zentrum-West: low need, few residents or both.
    need, people = leipzig.need_and_people(2022)
    price = suggested_parameters(need, people, leipzig.graph, smoothness=0.2).border_price
    limits = RegionLimits(least_residents=20_000, most_share=0.3)
    fixed = FixedAreas(inside=pd.Series({area: "a school campus is planned"}))
    result = propose(
        need, people, leipzig.graph, threshold=1.0, border_price=price, limits=limits, fixed=fixed
    )
    region = result.region[area]
    assert result.summary()["residents"].min() >= 20_000
    assert leipzig.graph.components((result.region == region).fillna(False)).max() == 0
    proof = prove(result, leipzig.graph, time_limit=60.0)
    assert proof.is_proved
    assert proof.objective <= result.objective


@pytest.mark.parametrize("year", YEARS)
def test_proposals_within_limits_are_proved(leipzig, year):
    limits = RegionLimits(least_residents=15_000, most_share=0.2)
    result = leipzig.proposal(year, limits=limits)
    proof = prove(result, leipzig.graph, time_limit=60.0)
    assert proof.is_proved
    assert result.lower_bound - 1e-6 <= proof.objective <= result.objective


@pytest.mark.parametrize(
    ("limits", "name", "least"),
    [
        (RegionLimits(most_residents=30_000), "most_residents", "at least 54829: the locked region Grünau"),
        (
            RegionLimits(least_residents=30_000),
            "least_residents",
            "at most 24100: the locked region Schönefeld",
        ),
        (
            RegionLimits(most_share=0.1),
            "most_share",
            r"at least 0\.1264: so many residents live in locked areas",
        ),
        (RegionLimits(most_regions=1), "most_regions", r"at least 2: there are 2 locked region\(s\)"),
    ],
)
def test_a_limit_that_a_locked_area_breaks_is_named_and_the_least_relaxation_is_enough(
    leipzig, limits, name, least
):
    with pytest.raises(ParameterError, match=least) as caught:
        leipzig.proposal(2022, limits=limits)
    assert caught.value.name == name
    value = float(caught.value.expected.split()[2].rstrip(":"))
    value = int(value) if name == "most_regions" else value
    result = leipzig.proposal(2022, limits=RegionLimits(**{name: value}))
    assert set(LOCKED) <= set(result.region.dropna())
