"""Run one case in a process of its own: `python -m benchmarks.segregation.case ours gini 50000 3`.

Prints one line of JSON: seconds of the first and of the best run (wall and processor), most memory above what the
imported program and the city take, and the value.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import time
from pathlib import Path

from benchmarks.segregation.city import synthetic_city

__all__ = ["main"]

_PROCESS = Path("/proc/self")


def _memory(field: str) -> float:
    """Return resident memory now (VmRSS) or at most since the last reset (VmHWM), in MB, on Linux."""
    found = re.search(rf"{field}:\s+(\d+) kB", (_PROCESS / "status").read_text())
    return int(found[1]) / 1024 if found else float("nan")


def main(side: str, case: str, areas: int, runs: int) -> None:
    """Run a case of one side and print its figures."""
    cases = importlib.import_module(f"benchmarks.segregation.{side}")
    city = synthetic_city(areas)
    getattr(cases, "PREPARED", {}).get(case, lambda city: None)(city)
    on_linux = (_PROCESS / "clear_refs").exists()
    if on_linux:
        (_PROCESS / "clear_refs").write_text("5")  # forget the peak of making the city
    before, wall, processor = _memory("VmRSS") if on_linux else float("nan"), [], []
    value = float("nan")
    for _ in range(runs):
        clock, cpu = time.perf_counter(), time.process_time()
        found = cases.CASES[case](city)
        wall.append(time.perf_counter() - clock)
        processor.append(time.process_time() - cpu)
        value = float("nan") if hasattr(found, "__len__") else float(found)
    figures = {
        "first": wall[0],
        "wall": min(wall),
        "cpu": min(processor),
        "memory": _memory("VmHWM") - before if on_linux else float("nan"),
        "value": value,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
