"""Distances along streets against a search by hand: all places and facilities cut into the streets, one heap, no library."""

import heapq
import itertools
import math

import geopandas as gpd
import numpy as np
import pytest
import shapely

from spatial.access import street_distance


def by_hand(places, facilities, streets):
    """Cut every street at its vertices and at all snapped points, then look for the shortest way from each place."""
    pieces = [pair for line in streets for pair in itertools.pairwise(line.coords)]
    cuts: dict[tuple, set] = {piece: set(piece) for piece in pieces}

    def snap(point):
        found = []
        nearest = min(shapely.LineString(piece).distance(point) for piece in pieces)
        for piece in pieces:
            line = shapely.LineString(piece)
            if line.distance(point) <= nearest + 1e-9:
                spot = line.interpolate(line.project(point)).coords[0]
                cuts[piece].add(spot)
                found.append((spot, line.distance(point)))
        return found

    starts, goals = [snap(point) for point in places], [snap(point) for point in facilities]
    ways: dict[tuple, list] = {}
    for (first, _), spots in cuts.items():
        ordered = sorted(spots, key=lambda spot: math.dist(first, spot))
        for one, other in itertools.pairwise(ordered):
            ways.setdefault(one, []).append((other, math.dist(one, other)))
            ways.setdefault(other, []).append((one, math.dist(one, other)))
    ends: dict[tuple, float] = {}
    for spot, walk in itertools.chain(*goals):
        ends[spot] = min(walk, ends.get(spot, math.inf))
    return [shortest(start, ends, ways) for start in starts]


def shortest(start, ends, ways):
    best, queue, seen = math.inf, [(walk, spot) for spot, walk in start], set()
    heapq.heapify(queue)
    while queue:
        so_far, spot = heapq.heappop(queue)
        if spot in seen:
            continue
        seen.add(spot)
        best = min(best, so_far + ends.get(spot, math.inf))
        for other, metres in ways.get(spot, []):
            heapq.heappush(queue, (so_far + metres, other))
    return best


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_way_is_the_one_that_a_search_by_hand_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corners = {
        (i, j): (100 * i + rng.uniform(-30, 30), 100 * j + rng.uniform(-30, 30))
        for i in range(6)
        for j in range(6)
    }
    links = [
        (one, other)
        for one in corners
        for other in ((one[0] + 1, one[1]), (one[0], one[1] + 1))
        if other in corners
    ]
    kept = [
        pair for pair in links if rng.random() < 0.7
    ]  # with dead ends and corners that no street leads to
    streets = [shapely.LineString([corners[one], corners[other]]) for one, other in kept]
    places, facilities = (
        [shapely.Point(spot) for spot in rng.uniform(-50, 550, (number, 2))] for number in (40, 4)
    )
    found = street_distance(
        gpd.GeoSeries(places, crs=25833),
        gpd.GeoSeries(facilities, crs=25833),
        gpd.GeoSeries(streets, crs=25833),
    )
    # Snapped points are rounded to the last digit of a coordinate in the search by hand.
    assert found.metres.tolist() == pytest.approx(by_hand(places, facilities, streets), abs=1e-6)
