"""All figures for proposed boundaries in one table, beside esda, spopt and pygeoda in the same run: `make bench`.

`python -m benchmarks.boundaries`, or with words of cases. Every case runs in a process of its own on a synthetic city (no
real place), or on Berlin's planning areas. Seconds are processor seconds. Peers that are not installed are left out.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.boundaries.city import DATA
from benchmarks.opinions import PATIENCE, figures_of, is_installed

__all__ = ["main"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """A case of ours: what is wanted of it in seconds, memory of the whole process [MB] and gap [%]; inf for nothing."""

    case: str
    areas: int
    seconds: float = math.inf
    runs: int = 3
    memory: float | None = None
    gap: float | None = None

    @property
    def wanted(self) -> str:
        parts = [f"≤ {self.seconds:g} s"] if math.isfinite(self.seconds) else []
        if self.memory is not None:
            parts.append(f"≤ {self.memory:,.0f} MB")
        if self.gap is not None:
            parts.append(f"gap ≤ {self.gap:g} %")
        return ", ".join(parts) or "–"

    def is_met(self, told: dict[str, Any]) -> bool:
        gap = told["figures"].get("gap [%]", told["figures"].get("gap left [%]", 0.0))
        return (
            told["cpu"] <= self.seconds
            and (self.memory is None or told["peak"] <= self.memory)
            and (self.gap is None or gap <= self.gap)
            and told["figures"].get("proved of 2", 2.0) == 2.0
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    """A second opinion beside peers: the case of `benchmarks.opinions`, and what is wanted of ours and the first peer."""

    case: str
    areas: int
    peers: tuple[str, ...]
    wanted: str
    is_met: Callable[[dict[str, Any], dict[str, Any]], bool]


def _is_faster(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    return bool(ours["cpu"] <= theirs["cpu"])


def _is_faster_and_leaner(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    return _is_faster(ours, theirs) and bool(ours["memory"] <= theirs["memory"] / 3)


_WORK = (
    _Work(case="proposal within limits", areas=5_000, seconds=0.5, gap=1.5),
    _Work(case="proposal within limits", areas=50_000, seconds=2.0, gap=1.5),
    _Work(case="proposal within limits", areas=500_000, seconds=10.0, memory=1_500, runs=2),
    _Work(case="twenty proposals", areas=5_000, seconds=10.0, gap=1.5, runs=1),
    _Work(case="twenty proposals", areas=50_000, seconds=40.0, gap=1.5, runs=1),
    _Work(case="nested choices, 32 levels", areas=500_000, seconds=10.0, memory=1_500, runs=1),
    _Work(case="nested choices, exact", areas=500_000, runs=1),
    _Work(case="slider: threshold", areas=5_000, seconds=0.15, runs=5),
    _Work(case="slider: border price", areas=5_000, seconds=0.15, runs=5),
    _Work(case="slider: inertia", areas=5_000, seconds=0.15, runs=5),
    _Work(case="slider: budget", areas=5_000, seconds=0.15, runs=5),
    _Work(case="200 resamples", areas=5_000, seconds=5.0, runs=1),
    _Work(case="Berlin 2013, two proofs", areas=447, seconds=5.0, runs=1),
    _Work(case="Berlin 2017, two proofs", areas=447, seconds=5.0, runs=1),
    _Work(case="Berlin 2019, two proofs", areas=447, seconds=5.0, runs=1),
)

_BESIDE = (
    _Beside(
        case="local Moran 999",
        areas=50_000,
        peers=("esda", "esda, nothing kept", "pygeoda"),
        wanted="not slower than esda, a third of its memory",
        is_met=_is_faster_and_leaner,
    ),
    _Beside(case="Gi* 999", areas=50_000, peers=("esda", "pygeoda"), wanted="", is_met=_is_faster),
    _Beside(case="SKATER", areas=1_000, peers=("spopt", "pygeoda"), wanted="", is_met=_is_faster),
    _Beside(case="SKATER", areas=5_000, peers=("pygeoda",), wanted="", is_met=_is_faster),
    _Beside(case="Ward", areas=5_000, peers=("spopt", "pygeoda"), wanted="", is_met=_is_faster),
    _Beside(case="max-p", areas=1_000, peers=("pygeoda",), wanted="", is_met=_is_faster),
    _Beside(case="max-p", areas=5_000, peers=("pygeoda",), wanted="", is_met=_is_faster),
)

# What is wanted of the worst of four surfaces, whether less is better, and what stands beside it.
_STABILITY = {
    "residents that change side under noise [%]": (5.0, True, "plain threshold"),
    "residents in common after merging 2×2 [Jaccard]": (0.70, False, "plain threshold"),
    "median isoperimetric quotient": (0.24, False, "105 official areas"),
}


def _run(*arguments: str) -> dict[str, Any]:
    """Run a case; return what it told, nothing where it failed."""
    command = [sys.executable, "-m", "benchmarks.boundaries.case", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr[-2000:])
        return {}
    return dict(json.loads(done.stdout.splitlines()[-1])) if done.stdout else {}


def _work_lines(chosen: list[str], folder: Path) -> Iterator[str]:
    for row in _WORK:
        if not _is_chosen(row.case, chosen):
            continue
        if row.case.startswith("Berlin") and not (DATA / "berlin-mss-lor-pre2021").is_dir():
            yield f"| {row.case} | {row.areas:,} | {row.wanted} | the data are not here | – | – |"
            continue
        city = folder / f"city-{row.areas}.npz"
        if not row.case.startswith("Berlin") and not city.exists():
            _run("make", str(city), "1")
        told = _run(row.case, str(city), str(row.runs))
        if not told:
            yield f"| {row.case} | {row.areas:,} | {row.wanted} | failed | no | – |"
            continue
        figures = ", ".join(f"{name} {value:.3g}" for name, value in told["figures"].items())
        ours = f"{told['cpu']:.3g} s, {told['peak']:,.0f} MB (work {told['above']:,.0f}); {figures}"
        met = "–" if row.wanted == "–" else _yes(row.is_met(told))
        yield f"| {row.case} | {row.areas:,} | {row.wanted} | {ours} | {met} | – |"


def _stability_lines(chosen: list[str]) -> Iterator[str]:
    if not any(_is_chosen(name, chosen) for name in _STABILITY):
        return
    told = _run("stability", "-", "1")
    for name, (wanted, is_less_better, beside) in _STABILITY.items():
        sign = "≤" if is_less_better else "≥"
        if not told:
            yield f"| {name} | 5,000 | {sign} {wanted:g} | failed | no | – |"
            continue
        ours, other = told[name]
        is_met = ours <= wanted if is_less_better else ours >= wanted
        yield f"| {name} | 5,000 | {sign} {wanted:g} | {ours:.3g} | {_yes(is_met)} | {beside} {other:.3g} |"


def _beside_lines(chosen: list[str]) -> Iterator[str]:
    for row in _BESIDE:
        if not _is_chosen(row.case, chosen):
            continue
        ours = figures_of(row.case, "ours", row.areas)
        theirs = {peer: figures_of(row.case, peer, row.areas) for peer in row.peers if is_installed(peer)}
        first = theirs.get(row.peers[0])
        met = _yes(row.is_met(ours, first)) if ours and first and row.wanted else "–"
        beside = "; ".join(f"{peer} {_seconds(figures)}" for peer, figures in theirs.items())
        yield (
            f"| {row.case} | {row.areas:,} | {row.wanted or '–'} | {_seconds(ours)} | {met} | "
            f"{beside or 'none installed'} |"
        )


def _seconds(figures: dict[str, Any] | None) -> str:
    if figures is None:
        return f"over {PATIENCE:.0f} s"
    if not figures:
        return "failed"
    return "{cpu:.3g} s, {memory:,.0f} MB above program and city; {found}".format(**figures)


def _is_chosen(case: str, chosen: list[str]) -> bool:
    return not chosen or any(word in case for word in chosen)


def _yes(is_met: bool) -> str:
    return "yes" if is_met else "no"


def main(chosen: list[str]) -> None:
    """Print the table, or its rows that contain one of the given words."""
    sys.stdout.write("| case | areas | wanted | ours | met | beside |\n|---|---|---|---|---|---|\n")
    with tempfile.TemporaryDirectory() as folder:
        for lines in (_work_lines(chosen, Path(folder)), _stability_lines(chosen), _beside_lines(chosen)):
            for line in lines:
                sys.stdout.write(line + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
