"""Segregation measures beside PySAL `segregation` in the same run, case by case in turn: `make bench`."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

__all__ = ["main"]

_N = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One line of the table: a case of ours, the peer's case, and how many times theirs must be repeated."""

    case: str
    wanted: str
    peer: str | None = None
    factor: float = 1.0  # our case does this many times the peer's work
    areas: int = _N
    runs: int = 20
    peer_runs: int = 2


_ROWS = (
    _Row(case="dissimilarity", peer="dissimilarity", wanted="50×", runs=300, peer_runs=20),
    _Row(case="isolation", peer="isolation", wanted="30×", runs=300, peer_runs=20),
    _Row(case="gini", peer="gini", wanted="30×, first ≤ 1 s", runs=100, peer_runs=5),
    _Row(case="gini", peer="gini", wanted="250×", areas=500_000, runs=10, peer_runs=1),
    _Row(case="information_theory", peer="information_theory", wanted="6×", runs=100, peer_runs=20),
    _Row(case="multigroup_information_theory", peer="multigroup_information_theory", wanted="6×", runs=100, peer_runs=20),
    _Row(case="multigroup_dissimilarity", peer="multigroup_dissimilarity", wanted="6×", runs=100, peer_runs=20),
    _Row(case="four multigroup measures at once", peer="four multigroup measures at once", wanted="6×", runs=100,
         peer_runs=10),
    _Row(case="counts copied", wanted="what memory gives", runs=100),
    _Row(case="multigroup_gini", wanted="≤ 30 ms"),
    _Row(case="D(adj), D(w), D(s)", wanted="≤ 100 ms"),
    _Row(case="the same, graph found first", wanted="", runs=5),
    _Row(case="spatial_proximity exact", wanted="≤ 10 s, ≤ 60 MB", runs=1),
    _Row(case="SP, RCL, ACL, DPxx, DPxy within 1e-6", wanted="≤ 1 s each", runs=2),
    _Row(case="spatial_information_theory 350 m", peer="spatial_information_theory 350 m",
         wanted="150×, ≤ 125 MB", runs=5, peer_runs=1),
    _Row(case="spatial_information_theory k=24", peer="spatial_information_theory k=24", wanted="20×", runs=5, peer_runs=2),
    _Row(case="spatial_dissimilarity 350 m", peer="spatial_dissimilarity 350 m", wanted="160×", runs=5, peer_runs=1),
    _Row(case="spatial_gini 350 m", peer="spatial_gini 350 m", wanted="160×", runs=5, peer_runs=1),
    _Row(case="systematic 1000", peer="systematic 100", factor=10, wanted="6×", runs=1),
    _Row(case="evenness 1000", peer="evenness 100", factor=10, wanted="8×", runs=1),
    _Row(case="bootstrap 1000", peer="bootstrap 100", factor=10, wanted="40×", runs=2),
    _Row(case="systematic H 1000", peer="systematic H 100", factor=10, wanted="5×", runs=1),
    _Row(case="person_permutation 1000", peer="person_permutation 2", factor=500,
         wanted="", runs=1, peer_runs=1),
    _Row(case="person_permutation 1000, 1,000 residents", peer="person_permutation 2, 1,000 residents", factor=500,
         wanted="3,000×, ≤ 125 MB", runs=1, peer_runs=1),
    _Row(case="geographic permutation D(adj) 1000", wanted="≤ 2.8 s (7.9 h estimated)", runs=1),
    _Row(case="geographic permutation H~ 1000", wanted="≤ 9 s (7.5 h estimated)", runs=1),
    _Row(case="space and composition", peer="space and composition", wanted="270×", runs=5, peer_runs=1),
    _Row(case="all aspatial", wanted="≤ 2 s", areas=1_000_000, runs=2),
    _Row(case="spatial_information_theory 500 m", wanted="≤ 10 s", areas=1_000_000, runs=1),
    _Row(case="profile to 5 km", wanted="≤ 60 s, ≤ 4 GB", areas=1_000_000, runs=1),
)  # fmt: skip


def _run(side: str, case: str, areas: int, runs: int) -> dict[str, float] | None:
    command = [sys.executable, "-m", "benchmarks.segregation.case", side, case, str(areas), str(runs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr[-2000:])
        return None
    return json.loads(done.stdout.splitlines()[-1])


def _line(row: _Row) -> str:
    theirs = None if row.peer is None else _run("peer", row.peer, row.areas, row.peer_runs)
    ours = _run("ours", row.case, row.areas, row.runs)
    if ours is None:
        return f"| {row.case} | failed |"
    ratio = f"{theirs['wall'] * row.factor / ours['wall']:,.0f}×" if theirs else "–"
    peer = "–" if theirs is None else f"{theirs['wall'] * row.factor:,.4g} s, {theirs['memory']:,.0f} MB"
    values = f"{ours['value']:.10g}" + ("" if theirs is None else f" / {theirs['value']:.10g}")
    return (
        f"| {row.case} | {row.areas:,} | {peer} | {ours['wall']:.4g} s (cpu {ours['cpu']:.4g}, first "
        f"{ours['first']:.3g}), {ours['memory']:,.0f} MB | {ratio} | {row.wanted} | {values} |"
    )


def main(chosen: list[str]) -> None:
    """Print the table, or its rows that contain one of the given words."""
    sys.stdout.write(
        "| case | areas | PySAL | ours | times | wanted | values (ours / PySAL) |\n|---|---|---|---|---|---|---|\n"
    )
    for row in _ROWS:
        if not chosen or any(word in row.case for word in chosen):
            sys.stdout.write(_line(row) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
