"""Seconds of methods, their explanation and their simulation: `python -m benchmarks.methods`.

A method over 35,000 areas × 10 indicators × 10 years with explanation, by z-scores and by percentile ranks; 10,000
simulated computations for 500 areas × 6 indicators; the changes that flip the class of each of 500 areas. One core:
start it with OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from indicators.explanation import class_distances, compare_editions, explain, flipping_changes, simulate
from indicators.explanation.editions import Edition
from indicators.methods import Classes, Index, Input, Method
from indicators.methods.steps import PercentileRank, Step, ZScore

__all__ = ["main"]

_LABELS = ("a", "b", "c", "d")


def method_of(step: Step, indicators: int) -> Method:
    """Return a method of so many indicators, put together as Berlin does."""
    inputs = tuple(Input(id=f"indicator_{number}", transform=(step,)) for number in range(indicators))
    index = Index(id="status_index", combine="sum", inputs=inputs, then=(ZScore(),))
    cuts = Classes(cuts=(-1.0, 1.0, 1.5), on_cut="nearer_to_zero", labels_de=_LABELS, labels_en=_LABELS)
    return Method(id=f"{step.step}-sum", title_de="Probe", title_en="Trial", indices=(index,), classes=cuts)


def tables_of(areas: int, indicators: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return percentages with a common factor, their states, and what they rest on."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(areas, 1))
    share = 20 / (1 + np.exp(-(common + 0.7 * rng.normal(size=(areas, indicators)))))
    index = pd.Index([f"{number:06d}" for number in range(areas)], name="area_id")
    values = pd.DataFrame(share, index=index, columns=[f"indicator_{one}" for one in range(indicators)])
    states = pd.DataFrame("measured", index=index, columns=values.columns)
    people = pd.DataFrame(rng.integers(200, 5000, size=share.shape), index=index, columns=values.columns)
    return values, states, people.astype(float)


def timed(name: str, work: Callable[[], object]) -> None:
    """Print how long a piece of work takes, the fastest of three."""
    seconds = []
    for _ in range(3):
        wall, processor = time.perf_counter(), time.process_time()
        result = work()
        seconds.append((time.process_time() - processor, time.perf_counter() - wall))
    processor, wall = min(seconds)
    sys.stdout.write(f"{name:<58} {processor:6.2f} s cpu {wall:6.2f} s   {result!r}\n")


def main(areas: int, years: int, runs: int) -> None:
    """Print one line for each case."""
    periods = [tables_of(areas, 10, seed) for seed in range(years)]
    for step in (ZScore(), PercentileRank()):
        method = method_of(step, 10)

        def explained(method: Method = method) -> object:
            found = [explain(values, states, method) for values, states, _ in periods]
            return [class_distances(one.result) for one in found][-1]

        timed(f"{step.step}: {areas} areas × 10 × {years} years, explained", explained)
    values, states, people = tables_of(500, 6, 1)
    for step in (ZScore(), PercentileRank()):
        method = method_of(step, 6)

        def simulated(method: Method = method) -> object:
            rng = np.random.default_rng(1)
            return simulate(values, states, method, denominators=people, runs=runs, rng=rng)

        timed(f"{step.step}: {runs} runs over 500 areas × 6", simulated)
    method = method_of(ZScore(), 6)
    timed("changes that flip the class of 500 areas × 6", lambda: flipping_changes(values, states, method))
    later = tables_of(500, 6, 2)
    old = Edition(values=values, statuses=states, method=method)
    new = Edition(values=later[0], statuses=later[1], method=method_of(PercentileRank(), 6))
    timed("data, method and boundaries of 500 areas × 6", lambda: compare_editions(old, new))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1 << 20 if sys.platform != "darwin" else 1 << 30
    )
    sys.stdout.write(f"most memory: {peak:.2f} GB\n")


if __name__ == "__main__":
    main(*([int(argument) for argument in sys.argv[1:]] or [35_000, 10, 10_000]))
