"""Crosswalks beside tobler in the same run: `python -m benchmarks.crosswalk`, or with numbers of source areas.

Two made-up cities of jagged areas (25 corners each, no real place), five source areas per target: "crossing", where the
two maps have nothing to do with each other, and "nested", where each target is made of whole sources. Both sides convert
one count and one rate by surface. Each measurement is a process of its own; the sides take turns. Without tobler only
ours is measured.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from spatial.crosswalk import by_area, extensive, intensive

__all__ = ["main", "tessellation", "two_maps"]

_PROCESS = Path("/proc/self")
_SIDES = ("ours", "tobler")
_CASES = ("crossing", "nested")
_TURNS = 3
_CORNERS = 6  # on each side of an area
_AREA = 100.0


def tessellation(columns: int, rows: int, width: float, height: float, *, seed: int) -> NDArray[np.object_]:
    """Return areas that cover a rectangle without gap or overlap: a shaken grid with jagged sides."""
    rng = np.random.default_rng(seed)
    across, up = np.meshgrid(np.linspace(0, width, columns + 1), np.linspace(0, height, rows + 1))
    inner = np.zeros(across.shape)
    inner[1:-1, 1:-1] = 0.25
    across = across + inner * rng.uniform(-1, 1, across.shape) * width / columns
    up = up + inner * rng.uniform(-1, 1, up.shape) * height / rows
    corner = np.stack([across, up], axis=-1)

    def sides(start: NDArray[np.float64], stop: NDArray[np.float64], jag: NDArray[np.float64]) -> Any:
        along = (np.arange(_CORNERS) / _CORNERS)[:, None]
        step = (stop - start)[..., None, :]
        aside = np.stack([-step[..., 1], step[..., 0]], axis=-1)
        shaken = (
            rng.uniform(-0.06, 0.06, (*start.shape[:-1], _CORNERS, 1)) * (along > 0) * jag[..., None, None]
        )
        return np.concatenate(
            [start[..., None, :] + along * step + shaken * aside, stop[..., None, :]], axis=-2
        )

    inside_rows, inside_columns = np.ones((rows + 1, columns)), np.ones((rows, columns + 1))
    inside_rows[[0, -1]] = inside_columns[:, [0, -1]] = 0
    level, upright = (
        sides(corner[:, :-1], corner[:, 1:], inside_rows),
        sides(corner[:-1], corner[1:], inside_columns),
    )
    ring = [level[:-1], upright[:, 1:], level[1:][:, :, ::-1], upright[:, :-1][:, :, ::-1]]
    around = np.concatenate([*(side[:, :, :-1] for side in ring[:3]), ring[3]], axis=2)
    return np.asarray(shapely.polygons(around.reshape(rows * columns, -1, 2)))


def two_maps(case: str, areas: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return a source map of so many areas, with `count` and `rate`, and a target map of a fifth of them."""
    rows = round((areas * 0.8) ** 0.5 / 10) * 10
    columns = areas // rows // 5 * 5
    width, height = columns * _AREA, rows * _AREA
    shapes = tessellation(columns, rows, width, height, seed=1)
    if case == "crossing":
        targets = tessellation(columns // 2, round(rows / 2.5), width, height, seed=2)
    else:
        place = np.arange(len(shapes))
        group = place // columns * (columns // 5) + place % columns // 5
        order = np.argsort(group, kind="stable")
        targets = np.array(
            [shapely.coverage_union_all(shapes[five]) for five in np.split(order, len(shapes) // 5)]
        )
    rng = np.random.default_rng(3)
    source = gpd.GeoDataFrame(
        {
            "count": rng.integers(0, 500, len(shapes)).astype(float),
            "rate": rng.uniform(0, 30, len(shapes)),
        },
        geometry=shapes,
        crs=25833,
        index=[f"{place:07d}" for place in range(len(shapes))],
    )
    target = gpd.GeoDataFrame(
        geometry=targets, crs=25833, index=[f"{place:06d}" for place in range(len(targets))]
    )
    return source, target


def _ours(source: gpd.GeoDataFrame, target: gpd.GeoDataFrame) -> pd.DataFrame:
    crosswalk = by_area(source, target, tolerance=0)
    count = extensive(source["count"], crosswalk, missing_up_to=0.5)
    rate = intensive(source["rate"], "area", crosswalk, missing_up_to=0.5)
    return pd.DataFrame({"count": count.value, "rate": rate.value})


def _tobler(source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, table: Any = None) -> pd.DataFrame:
    function = importlib.import_module("tobler.area_weighted").area_interpolate
    columns = {"extensive_variables": ["count"], "intensive_variables": ["rate"]}
    return function(source, target, table=table, **columns)[["count", "rate"]]


def _memory(field: str) -> float:
    """Return resident memory now (VmRSS) or at most since the last reset (VmHWM), in MB, on Linux."""
    found = re.search(rf"{field}:\s+(\d+) kB", (_PROCESS / "status").read_text())
    return int(found[1]) / 1024 if found else float("nan")


def _measure(side: str, case: str, areas: int) -> None:
    """Run one side once after a small run to warm up, and print its figures as JSON."""
    function = {"ours": _ours, "tobler": _tobler}[side]
    function(*two_maps(case, 500))
    source, target = two_maps(case, areas)
    on_linux = (_PROCESS / "clear_refs").exists()
    if on_linux:
        (_PROCESS / "clear_refs").write_text("5")  # forget the peak of making the maps
    before = _memory("VmRSS") if on_linux else float("nan")
    clock, processor = time.perf_counter(), time.process_time()
    found = function(source, target)
    figures = {
        "wall": time.perf_counter() - clock,
        "cpu": time.process_time() - processor,
        "memory": _memory("VmHWM") - before if on_linux else float("nan"),
        "lost": abs(float(found["count"].sum() / source["count"].sum()) - 1),
        "sources": len(source),
        "targets": len(target),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _agreement(case: str, areas: int) -> str:
    """Compare the values with tobler's: as it is (its table of surfaces has 32 bits), and with one of 64 bits."""
    source, target = two_maps(case, areas)
    ours = _ours(source, target)
    first, second = target.sindex.query(source.geometry, predicate="intersects")
    common = shapely.area(
        shapely.intersection(source.geometry.to_numpy()[first], target.geometry.to_numpy()[second])
    )
    exact = csr_matrix((common, (first, second)), shape=(len(source), len(target)))
    told = []
    for name, table in (("as it is", None), ("with surfaces of 64 bits", exact)):
        apart = (_tobler(source, target, table) / ours - 1).abs().max()
        told.append(f"{name} {apart['count']:.1e} (count), {apart['rate']:.1e} (rate)")
    return f"largest relative difference from tobler, {case}, {len(source):,} areas: " + "; ".join(told)


def _run(*arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.crosswalk", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _lines(sizes: list[int]) -> Iterator[str]:
    with_peer = importlib.util.find_spec("tobler") is not None
    sides = _SIDES if with_peer else _SIDES[:1]
    yield "| case | source → target areas | side | wall [s] | cpu [s] | memory [MB] | sum lost |"
    yield "|---|---|---|---|---|---|---|"
    for case in _CASES:
        for areas in sizes:
            turns: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
            for turn in range(_TURNS):
                for side in sides if turn % 2 == 0 else sides[::-1]:
                    turns[side].append(_run("--one", side, case, areas))
            for side, runs in turns.items():
                middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
                yield (
                    f"| {case} | {middle['sources']:,.0f} → {middle['targets']:,.0f} | {side} | {middle['wall']:.2f} | "
                    f"{middle['cpu']:.2f} | {middle['memory']:,.0f} | {middle['lost']:.0e} |"
                )
    if with_peer:
        for case in _CASES:
            yield _agreement(case, 5_000)


def main(arguments: list[str]) -> None:
    """Print the table: medians of three turns."""
    if arguments[:1] == ["--one"]:
        _measure(arguments[1], arguments[2], int(arguments[3]))
        return
    for line in _lines([int(size) for size in arguments] or [5_000, 50_000]):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
