"""Seconds of the main steps on synthetic cities: `make bench`, or `python -m benchmarks 5000 50000`."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd

from benchmarks.boundaries.city import smooth_need
from etl.sample_city.generate import generate_blocks
from spatial.contiguity import shared_borders
from spatial.regions import RegionLimits, buffer_zones, outlines, propose, zone_membership
from spatial.regions.cuts.family import nested_family
from spatial.regions.proposal import objective_with_fixed
from spatial.segregation import dissimilarity

__all__ = ["main"]


@contextmanager
def _timed(name: str, seconds: dict[str, float]) -> Iterator[None]:
    wall, processor = time.perf_counter(), time.process_time()
    yield
    seconds[f"{name} wall"] = time.perf_counter() - wall
    seconds[f"{name} cpu"] = time.process_time() - processor


def _measure(blocks: int) -> dict[str, float]:
    seconds: dict[str, float] = {}
    with _timed("generate", seconds):
        city = generate_blocks(blocks, seed=1)
    middle = city.geometry.centroid
    need = pd.Series(smooth_need(middle.x.to_numpy(), middle.y.to_numpy()), city.index)
    with _timed("dissimilarity", seconds):
        dissimilarity(city["sgb2_recipients_2023"], city["residents_2023"])
    with _timed("neighbours", seconds):
        graph = shared_borders(city.geometry)
    people = city["residents_2023"]
    with _timed("minimum cut", seconds):
        result = propose(need, people, graph, threshold=1.0, border_price=0.1)
    limits = RegionLimits(least_residents=2000, most_residents=25_000, most_share=0.15)
    with _timed("within limits", seconds):
        held = propose(need, people, graph, threshold=1.0, border_price=0.5, limits=limits)
    seconds["gap %"] = 100 * held.relative_gap
    with _timed("all thresholds", seconds):
        objective = objective_with_fixed(need, people, graph, border_price=0.5)
        nested_family(objective, low=0.5, high=2.0)
    with _timed("zones", seconds):
        outlines(city.geometry, result.region)
        zones = buffer_zones(city.geometry, result.region, distance=200.0)
        zone_membership(city.geometry, result.region, zones)
    return seconds


def main(sizes: list[int]) -> None:
    """Print one row per number of blocks."""
    table = pd.DataFrame({blocks: _measure(blocks) for blocks in sizes}).T
    table.index.name = "blocks"
    sys.stdout.write(table.round(3).to_string() + "\n")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1 << 20 if sys.platform != "darwin" else 1 << 30
    )
    sys.stdout.write(f"most memory: {peak:.2f} GB\n")


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [5_000, 50_000])
