"""Run one case in a process of its own: `python -m benchmarks.boundaries.case "proposal within limits" city-5000.npz 5`.

Prints one line of JSON: seconds of the best run (wall and processor, children included), most memory of the process (all
of it, and above what program and city take), and the case's own figures.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path

from benchmarks.boundaries.city import kept_city, make_city
from benchmarks.boundaries.stability import stability_figures
from benchmarks.boundaries.work import BERLIN, WORK

__all__ = ["main"]

_PROCESS = Path("/proc/self")


def _memory(field: str) -> float:
    """Return resident memory now (VmRSS) or at most since the last reset (VmHWM), in MB, on Linux."""
    if not (_PROCESS / "status").exists():
        return float("nan")
    found = re.search(rf"{field}:\s+(\d+) kB", (_PROCESS / "status").read_text())
    return int(found[1]) / 1024 if found else float("nan")


def _processor() -> float:
    used = os.times()
    return time.process_time() + used.children_user + used.children_system


def main(case: str, path: Path, runs: int) -> None:
    """Run a case and print its figures; `make` makes the city of the file, `stability` needs none."""
    if case == "make":
        make_city(int(path.stem.removeprefix("city-")), path.parent)
        return
    if case == "stability":
        sys.stdout.write(json.dumps(stability_figures()) + "\n")
        return
    if case in BERLIN:
        read, work = BERLIN[case]
        city = read()
    else:
        city, work = kept_city(path), WORK[case]
    before, wall, processor, figures = _memory("VmRSS"), [], [], {}
    if (_PROCESS / "clear_refs").exists():
        (_PROCESS / "clear_refs").write_text("5")  # forget the peak of reading
    for _ in range(runs):
        clock, cpu = time.perf_counter(), _processor()
        figures = work(city)
        wall.append(time.perf_counter() - clock)
        processor.append(_processor() - cpu)
    peak = _memory("VmHWM")
    told = {
        "wall": min(wall),
        "cpu": min(processor),
        "peak": peak,
        "above": peak - before,
        "figures": figures,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
