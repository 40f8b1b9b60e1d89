"""Second opinions beside esda, spopt and pygeoda in the same run: `python -m benchmarks.opinions`, or with words of cases.

Every case runs in a process of its own, on a synthetic city (no real place). Peers that are not installed are left out.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from benchmarks.segregation.city import synthetic_city
from spatial.contiguity import shared_borders
from spatial.neighbours import NeighbourGraph
from spatial.regions.opinions import SecondOpinion, getis_ord, local_moran, max_p, skater, ward

__all__ = ["PATIENCE", "figures_of", "is_installed", "main"]

_PROCESS = Path("/proc/self")
_AREAS_PER_REGION = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _City:
    """What every side gets: need and residents are columns of `areas`."""

    areas: gpd.GeoDataFrame
    graph: NeighbourGraph
    regions: int
    least: float

    @property
    def weights(self) -> Any:
        """Neighbours as PySAL has them, made before the clock starts."""
        size = len(self.areas)
        rows = np.r_[self.graph.first, self.graph.second], np.r_[self.graph.second, self.graph.first]
        near: dict[int, list[int]] = {area: [] for area in range(size)}
        for one, other in zip(*(side.tolist() for side in rows), strict=True):
            near[one].append(other)
        found = importlib.import_module("libpysal").weights.W(near, silence_warnings=True)
        found.transform = "r"
        return found


def _city(areas: int) -> _City:
    """Make need that comes together in some places, with as much noise as pattern, standardised."""
    city = synthetic_city(areas)
    right, top = city.total_bounds[2:]
    across, up = city.geometry.centroid.x.to_numpy() / right, city.geometry.centroid.y.to_numpy() / top
    pattern = np.sin(7 * across) * np.cos(5 * up) + 0.6 * np.cos(9 * across + 3 * up)
    need = pattern + np.random.default_rng(1).normal(0, 0.7, areas)
    regions = areas // _AREAS_PER_REGION
    return _City(
        areas=city.assign(need=(need - need.mean()) / need.std()),
        graph=shared_borders(city, method="exact"),
        regions=regions,
        least=float(city["total"].sum() / regions / 4),
    )


def _ours(function: Callable[..., SecondOpinion], **options: Any) -> Callable[[_City], Any]:
    def run(city: _City) -> Any:
        of_city = {"regions": city.regions, "least": city.least, "twice": 2 * city.least}
        given = {name: of_city.get(value, value) for name, value in options.items()}
        found = function(city.areas["need"], city.areas["total"], city.graph, **given)
        # Peers give the smaller of the two one-sided p-values, ours is twice that.
        return found.figures["part"] if "part" in found.figures else found.figures["p_value"] / 2

    return run


def _esda(name: str, **options: Any) -> Callable[[_City, Any], Any]:
    def run(city: _City, prepared: Any) -> Any:
        kind = getattr(importlib.import_module("esda"), name)
        return kind(city.areas["need"].to_numpy(), prepared, permutations=999, seed=1, **options).p_sim

    return run


def _spopt(name: str, **options: Any) -> Callable[[_City, Any], Any]:
    def run(city: _City, prepared: Any) -> Any:
        of_city = {"regions": city.regions, "least": city.least, "twice": 2 * city.least}
        given = {key: of_city.get(value, value) for key, value in options.items()}
        model = getattr(importlib.import_module("spopt.region"), name)(
            city.areas, prepared, ["need"], **given
        )
        model.solve()
        return model.labels_

    return run


def _pygeoda(name: str) -> Callable[[_City, Any], Any]:
    def run(city: _City, prepared: Any) -> Any:
        package, need = importlib.import_module("pygeoda"), city.areas["need"].tolist()
        total = city.areas["total"].tolist()
        calls: dict[str, Callable[[], Any]] = {
            "local_moran": lambda: package.local_moran(
                prepared, need, permutations=999, cpu_threads=2, permutation_method="complete"
            ).lisa_pvalues(),
            "local_gstar": lambda: package.local_gstar(
                prepared, need, permutations=999, cpu_threads=2, permutation_method="complete"
            ).lisa_pvalues(),
            "skater": lambda: package.skater(
                city.regions, prepared, [need], bound_variable=total, min_bound=city.least, cpu_threads=2
            )["Clusters"],
            "maxp_greedy": lambda: package.maxp_greedy(
                prepared, [need], total, 2 * city.least, iterations=10, cpu_threads=2
            )["Clusters"],
            "schc": lambda: package.schc(city.regions, prepared, [need], "ward")["Clusters"],
        }
        return calls[name]()

    return run


def _weights_of_pygeoda(city: _City) -> Any:
    package = importlib.import_module("pygeoda")
    return package.rook_weights(package.open(city.areas[["need", "total", "geometry"]]))


_CASES: dict[str, dict[str, Callable[..., Any]]] = {
    "local Moran 999": {
        "ours": _ours(local_moran),
        "ours, one thread": _ours(local_moran, workers=1),
        "esda": _esda("Moran_Local"),
        "esda, two jobs": _esda("Moran_Local", n_jobs=2),
        "esda, nothing kept": _esda("Moran_Local", keep_simulations=False),
        "pygeoda": _pygeoda("local_moran"),
    },
    "Gi* 999": {
        "ours": _ours(getis_ord),
        "esda": _esda("G_Local", star=True, transform="B", n_jobs=1),
        "pygeoda": _pygeoda("local_gstar"),
    },
    "local Moran, exact moments": {"ours": _ours(local_moran, inference="analytic")},
    "SKATER": {
        "ours": _ours(skater, threshold=1.0, regions="regions", least_residents="least"),
        "spopt": _spopt("Skater", n_clusters="regions"),
        "pygeoda": _pygeoda("skater"),
    },
    "Ward": {
        "ours": _ours(ward, threshold=1.0, regions="regions"),
        "ours, least residents": _ours(ward, threshold=1.0, regions="regions", least_residents="least"),
        "spopt": _spopt("WardSpatial", n_clusters="regions"),
        "pygeoda": _pygeoda("schc"),
    },
    "max-p": {
        "ours": _ours(max_p, threshold=1.0, least_residents="twice", starts=10),
        "spopt": _spopt("MaxPHeuristic", threshold_name="total", threshold="twice", max_iterations_construction=10),
        "pygeoda": _pygeoda("maxp_greedy"),
    },
}  # fmt: skip

_SIZES = {
    "local Moran 999": (5_000, 50_000),
    "Gi* 999": (50_000,),
    "local Moran, exact moments": (50_000,),
    "SKATER": (1_000, 5_000, 50_000),
    "Ward": (1_000, 5_000, 50_000),
    "max-p": (1_000, 5_000, 50_000),
}
# pygeoda keeps all distances when it divides a city: 9.5 GB for max-p with 50,000 areas, and SKATER fails.
_MOST_AREAS = {("SKATER", "pygeoda"): 5_000, ("Ward", "pygeoda"): 5_000, ("max-p", "pygeoda"): 5_000}

PATIENCE = 120.0
"""What takes longer is not waited for, and not tried with more areas. [s]"""


def _memory(field: str) -> float:
    """Return resident memory now (VmRSS) or at most since the last reset (VmHWM), in MB, on Linux."""
    found = re.search(rf"{field}:\s+(\d+) kB", (_PROCESS / "status").read_text())
    return int(found[1]) / 1024 if found else float("nan")


def _measure(case: str, side: str, areas: int) -> None:
    """Run one case of one side twice, the first run to warm up, and print its figures as JSON."""
    function = _CASES[case][side]
    peer = side.split(",", maxsplit=1)[0]
    small, city = _city(400), _city(areas)
    prepare = {"ours": lambda _: None, "pygeoda": _weights_of_pygeoda}.get(peer, lambda of: of.weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for_small, prepared = prepare(small), prepare(city)
        of_peer = peer != "ours"
        function(small, for_small) if of_peer else function(small)  # what is compiled, is compiled here
        on_linux = (_PROCESS / "clear_refs").exists()
        if on_linux:
            (_PROCESS / "clear_refs").write_text("5")  # forget the peak of making the city
        before = _memory("VmRSS") if on_linux else float("nan")
        clock, cpu = time.perf_counter(), time.process_time()
        found = function(city, prepared) if of_peer else function(city)
        wall, processor = time.perf_counter() - clock, time.process_time() - cpu
    figures = {
        "wall": wall,
        "cpu": processor,
        "memory": _memory("VmHWM") - before if on_linux else float("nan"),
        "found": _found(case, found, city),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _found(case: str, found: Any, city: _City) -> str:
    if case.startswith(("local", "Gi*")):
        return f"{int((np.asarray(found) <= 0.01).sum())} p ≤ 0.01"
    label = pd.factorize(np.asarray(found))[0]
    need = city.areas["need"].reset_index(drop=True)
    squares = float(((need - need.groupby(label).transform("mean")) ** 2).sum())
    least = city.areas["total"].reset_index(drop=True).groupby(label).sum().min()
    return f"{label.max() + 1} regions, squares {squares:.0f}, least {least:.0f} residents"


def is_installed(side: str) -> bool:
    """Say whether a side ("ours", "esda", "esda, two jobs", …) can run here."""
    peer = side.split(",", maxsplit=1)[0]
    return peer == "ours" or importlib.util.find_spec(peer) is not None


def figures_of(case: str, side: str, areas: int) -> dict[str, Any] | None:
    """Run one case of one side in a process of its own; return its figures.

    `wall` and `cpu` [s], `memory` above program and city [MB] and `found`; None where it took too long, empty where
    it failed.
    """
    command = [sys.executable, "-m", "benchmarks.opinions", "--one", case, side, str(areas)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        sys.stderr.write(done.stderr[-2000:])
        return {}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _lines(chosen: list[str]) -> Iterator[str]:
    yield "| case | areas | side | wall [s] | cpu [s] | memory [MB] | found |"
    yield "|---|---|---|---|---|---|---|"
    for case, sides in _CASES.items():
        if chosen and not any(word in case for word in chosen):
            continue
        given_up: set[str] = set()
        for areas in _SIZES[case]:
            for side in sides:
                most = _MOST_AREAS.get((case, side), areas)
                if side in given_up or not is_installed(side) or areas > most:
                    continue
                figures = figures_of(case, side, areas)
                if figures is None:
                    given_up.add(side)
                yield f"| {case} | {areas:,} | {side} | {_told(figures)} |"


def _told(figures: dict[str, Any] | None) -> str:
    if figures is None:
        return f"over {PATIENCE:.0f} | – | – | –"
    if not figures:
        return "failed | – | – | –"
    return "{wall:.3g} | {cpu:.3g} | {memory:,.0f} | {found}".format(**figures)


def main(arguments: list[str]) -> None:
    """Print the table, or its rows that contain one of the given words."""
    if arguments[:1] == ["--one"]:
        _measure(arguments[1], arguments[2], int(arguments[3]))
        return
    for line in _lines(arguments):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
