"""Do outlines hold still? Under noise, under merged blocks, and as compact as official ones.

Synthetic cities: 5,000 Voronoi blocks with a smooth surface of need and as much noise that the plain threshold has
trouble with it. Real data: ../shared/data/berlin-mss-lor-pre2021 (Monitoring Soziale Stadtentwicklung 2019, 448 planning
areas) and ../shared/data/france-qpv-occitanie (105 official priority neighbourhoods); see their SOURCE.md.
"""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from etl.sample_city.generate import generate_blocks
from spatial import NeighbourGraph, outlines, propose, shared_borders
from spatial.regions.scenarios.suggested import suggested_parameters

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"

# Of the surfaces 1 to 4 at this noise, the second is the one that the plain threshold handles worst.
NOISE, HARDEST = 0.7, 2
DRAWS = 4


def real(folder):
    path = DATA / folder
    if not path.is_dir():
        pytest.skip(f"the real data ../shared/data/{folder} are not on this machine")
    return path


@pytest.fixture(scope="module")
def city():
    blocks = generate_blocks(5000, seed=1)
    return blocks, shared_borders(blocks.geometry)


def surface(blocks, seed):
    """Return a standardised need: eight hills of one spread together, and noise of 0.7 spreads."""
    rng = np.random.default_rng(seed)
    x, y = (blocks.geometry.centroid.x.to_numpy(), blocks.geometry.centroid.y.to_numpy())
    width = max(np.ptp(x), np.ptp(y)) / 15
    hills = sum(
        np.exp(-((x - rng.choice(x)) ** 2 + (y - rng.choice(y)) ** 2) / (2 * width**2)) for _ in range(8)
    )
    noisy = hills / np.std(hills) + rng.normal(0, NOISE, len(x))
    return pd.Series((noisy - noisy.mean()) / noisy.std(), index=blocks.index)


def by_fours(blocks):
    """Return the group of each block: strips of equal number from west to east, cut from south to north."""
    centre = blocks.geometry.centroid
    strips = int(np.sqrt(len(blocks)) / 2)
    column = pd.qcut(centre.x.rank(method="first"), strips, labels=False)
    place = centre.y.groupby(column).rank(method="first") - 1
    row = (place * strips / column.map(column.value_counts())).astype(int)
    return column.astype(str).str.zfill(3) + "-" + row.astype(str).str.zfill(3)


def merged(need, people, graph, group):
    """Return need, residents and graph of groups of blocks."""
    code, names = pd.factorize(group, sort=True)
    names = pd.Index(names)
    residents = np.bincount(code, people)
    blocks = np.bincount(code)
    plain = np.bincount(code, need) / blocks
    weighted = np.bincount(code, need * people) / np.where(residents > 0, residents, 1)
    one, other = np.sort([code[graph.first], code[graph.second]], axis=0)
    between = one != other
    pair, at = np.unique(one[between] * len(names) + other[between], return_inverse=True)
    coarse = NeighbourGraph(
        area_id=names,
        first=pair // len(names),
        second=pair % len(names),
        border=np.bincount(at, graph.border[between]),
    )
    return pd.Series(np.where(residents > 0, weighted, plain), names), pd.Series(residents, names), coarse


def changed_under_noise(need, people, graph, price, inertia):
    """Return the share of the residents inside that change side, mean over draws of noise of 0.25 spreads."""
    found = propose(need, people, graph, threshold=1.0, border_price=price)
    before = found.region.notna()
    shares = []
    for draw in range(DRAWS):
        noisy = need + np.random.default_rng(draw).normal(0, 0.25, len(need))
        again = propose(
            noisy, people, graph, threshold=1.0, border_price=price, existing=found.region, inertia=inertia
        )
        shares.append(people[before ^ again.region.notna()].sum() / people[before].sum())
    return float(np.mean(shares))


def compactness(areas, region):
    shapes = outlines(areas, region)
    return float((4 * np.pi * shapes.area / shapes.length**2).median())


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_noise_of_a_quarter_spread_moves_at_most_five_percent_of_the_residents(city, seed):
    blocks, graph = city
    need, people = surface(blocks, seed), blocks["residents_2023"]
    begin = suggested_parameters(need, people, graph)
    assert begin.inertia == pytest.approx(0.2)
    # Measured 1.5, 3.5, 2.7 and 1.9 %; the plain threshold 22 to 31 %.
    assert changed_under_noise(need, people, graph, begin.border_price, begin.inertia) <= 0.05
    assert changed_under_noise(need, people, graph, 0.0, 0.0) >= (0.30 if seed == HARDEST else 0.20)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_blocks_merged_by_fours_give_nearly_the_same_regions(city, seed):
    blocks, graph = city
    need, people = surface(blocks, seed), blocks["residents_2023"]
    group = by_fours(blocks)
    coarse = merged(need.to_numpy(), people.to_numpy(), graph, group)
    common = []
    for price in (suggested_parameters(need, people, graph).border_price, 0.0):
        fine = propose(need, people, graph, threshold=1.0, border_price=price).region.notna()
        wide = propose(*coarse, threshold=1.0, border_price=price).region.notna()
        lifted = group.map(wide)
        common.append(people[fine & lifted].sum() / people[fine | lifted].sum())
    # Measured 0.84, 0.72, 0.82 and 0.75; the plain threshold 0.55 to 0.61.
    assert common[0] >= 0.70
    assert common[1] <= (0.56 if seed == HARDEST else 0.65)


def test_outlines_are_at_least_as_compact_as_official_ones(city):
    official = gpd.read_file(real("france-qpv-occitanie") / "qp.geojson")
    # 32 of 105 polygons cross themselves because their coordinates were cut to four decimals.
    official = official.set_geometry(official.make_valid()).to_crs(2154)
    mark = float((4 * np.pi * official.area / official.length**2).median())
    assert mark == pytest.approx(0.243, abs=0.001)
    blocks, graph = city
    people = blocks["residents_2023"]
    for seed in (1, 2, 3, 4):
        need = surface(blocks, seed)
        price = suggested_parameters(need, people, graph).border_price
        found = propose(need, people, graph, threshold=1.0, border_price=price)
        assert compactness(blocks.geometry, found.region) >= mark


def test_berlins_planning_areas_hold_still_too():
    folder = real("berlin-mss-lor-pre2021")
    areas = gpd.read_file(folder / "lor_pre2021.gpkg", layer="planungsraeume")
    # As published, the northern one of two polygons called Schlossstrasse carries the other's key (SOURCE.md).
    twice = areas.index[areas["LOR_ID"] == "06010102"]
    areas.loc[twice[np.argmax(areas.geometry[twice].centroid.y)], "LOR_ID"] = "04030417"
    geometry = areas.set_index("LOR_ID").geometry
    stem = "berlin-monitoring-social-urban-development-2019-00"
    table = pd.read_csv(folder / "mss_2019" / f"{stem}-2-1-planning-areas.csv", dtype={"id": str})
    classes = pd.read_csv(folder / "mss_2019" / f"{stem}-1-planning-areas.csv", dtype={"id": str})
    table, classes = table.set_index("id"), classes.set_index("id")
    # Zeros of the areas without a class are not published, no measured zeros.
    status = table.filter(regex="^s[134]_")[classes["status_index"].notna()]
    total = ((status - status.mean()) / status.std(ddof=0)).sum(axis=1)
    need = ((total - total.mean()) / total.std(ddof=0)).reindex(geometry.index)
    people = classes["inhabitants"].reindex(geometry.index).fillna(0)
    graph = shared_borders(geometry)
    begin = suggested_parameters(need, people, graph)
    found = propose(need, people, graph, threshold=1.0, border_price=begin.border_price)
    # Measured 2.7 % in ten draws and 0.55 in five regions; the plain threshold 21 %.
    assert changed_under_noise(need, people, graph, begin.border_price, begin.inertia) <= 0.05
    assert changed_under_noise(need, people, graph, 0.0, 0.0) >= 0.18
    assert compactness(geometry, found.region) >= 0.24
