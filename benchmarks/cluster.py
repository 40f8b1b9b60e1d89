"""Many cities on two workers that are killed and started again, against one process: `python -m benchmarks.cluster`.

Synthetic cities (random counts, no real place): 200 cities × 20 years × 1,000 resamples for the interval and as many for
chance. Smaller: `python -m benchmarks.cluster 20 5 200`. Prints a log; exit status 1 when one number differs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from etl.journal import Journal
from etl.schedulers import Place, code_identity, compute_pieces
from spatial.segregation.cells import Composition
from spatial.segregation.series import SeriesPiece, plan_series

__all__ = ["main"]

_MEASURES = ("dissimilarity", "information_theory")
_STARTED = time.monotonic()


def _say(text: str) -> None:
    sys.stdout.write(f"{time.monotonic() - _STARTED:7.1f} s  {text}\n")
    sys.stdout.flush()


def _counts(cities: int, years: int) -> pd.DataFrame:
    """Make cities of 30 to 600 areas, in which a group of 2 to 30 % is spread more and less evenly over the years."""
    rng = np.random.default_rng(20240101)
    parts = []
    for city in range(cities):
        areas = int(np.exp(rng.uniform(np.log(30), np.log(600))))
        names = [f"{area:04d}" for area in range(areas)]
        residents = rng.integers(200, 4_000, areas)
        share, unevenness = rng.uniform(0.02, 0.3), rng.uniform(2, 20)
        for year in range(years):
            local = rng.beta(share * unevenness, (1 - share) * unevenness, areas)
            for group, count in (("group", rng.binomial(residents, local)), ("residents", residents)):
                parts.append(
                    pd.DataFrame(
                        {
                            "geography": f"city {city:03d}",
                            "period": str(2000 + year),
                            "area_id": names,
                            "group": group,
                            "count": count,
                        }
                    )
                )
    return pd.concat(parts, ignore_index=True)


@dataclass
class _Cluster:
    """A scheduler and its workers, each a process of its own, on the loopback."""

    folder: Path
    scheduler: subprocess.Popen[bytes]
    address: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add_worker(self) -> subprocess.Popen[bytes]:
        arguments = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--local-directory", str(self.folder))
        process = _program(self.folder, "worker", self.address, *arguments)
        self.workers.append(process)
        return process


def _program(folder: Path, name: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.dask_{name}", "--host", "127.0.0.1", *arguments]
    with (folder / f"{name}.log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)


@contextmanager
def _cluster(folder: Path) -> Iterator[_Cluster]:
    told = folder / "scheduler.json"
    told.unlink(missing_ok=True)
    scheduler = _program(folder, "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(told))
    pause = threading.Event()
    while not (told.exists() and told.read_text(encoding="utf-8")):
        pause.wait(0.1)
    cluster = _Cluster(folder, scheduler, json.loads(told.read_text(encoding="utf-8"))["address"])
    _say(f"scheduler {scheduler.pid} started")
    try:
        for _ in range(2):
            _say(f"worker {cluster.add_worker().pid} started")
        yield cluster
    finally:
        for process in (*cluster.workers, scheduler):
            process.kill()
            process.wait()


@dataclass
class _Trouble:
    """What happens at which share of the work; each thing once."""

    cluster: _Cluster
    shares: dict[str, float]
    is_told: float = 0.0

    def __call__(self, _name: str, share: float | None = None) -> None:
        share = share or 0.0
        if share >= self.is_told + 0.1:
            self.is_told = share
            _say(f"{share:.0%} done")
        for what in [what for what, at in self.shares.items() if share >= at]:
            del self.shares[what]
            getattr(self, f"_{what}")()

    def _kill_a_worker(self) -> None:
        victim = self.cluster.workers[0]
        os.kill(victim.pid, signal.SIGKILL)
        _say(f"worker {victim.pid} killed (SIGKILL) while it computes")

    def _start_a_worker(self) -> None:
        _say(f"worker {self.cluster.add_worker().pid} started in its place")

    def _kill_everything(self) -> None:
        for process in (self.cluster.scheduler, *self.cluster.workers):
            process.kill()
        _say("scheduler and workers killed, the command interrupted")
        raise KeyboardInterrupt


def _on_two_workers(pieces: Sequence[SeriesPiece], folder: Path) -> dict[str, np.ndarray]:
    path = folder / "journal.sqlite"
    with _cluster(folder) as cluster, Journal(path, identity=code_identity()) as journal:
        trouble = _Trouble(cluster, {"kill_a_worker": 0.2, "start_a_worker": 0.35, "kill_everything": 0.6})
        try:
            compute_pieces(
                SeriesPiece.values,
                pieces,
                place=Place(scheduler=cluster.address),
                journal=journal,
                progress=trouble,
                title="cluster",
            )
        except KeyboardInterrupt:
            _say(f"{len(journal.read(piece.key for piece in pieces)):,} finished pieces are in the journal")
    with ExitStack() as stack:
        cluster = stack.enter_context(_cluster(folder))
        journal = stack.enter_context(Journal(path, identity=code_identity()))
        return compute_pieces(
            SeriesPiece.values,
            pieces,
            place=Place(scheduler=cluster.address),
            journal=journal,
            progress=_Trouble(cluster, {}),
            title="cluster",
        )


def main(cities: int = 200, years: int = 20, replicates: int = 1_000) -> int:
    """Print the log; return the exit status."""
    _say(f"SYNTHETIC: {cities} cities x {years} years x {replicates:,} resamples, {', '.join(_MEASURES)}")
    composition = Composition(name="group", groups=("group",), total="residents")
    plan = plan_series(
        _counts(cities, years), [composition], measures=_MEASURES, replicates=replicates, seed=1
    )
    pieces = list(plan.pieces())
    _say(f"{plan}, {len(pieces):,} pieces")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        on_workers = _on_two_workers(pieces, Path(folder))
    _say(f"two workers, all trouble included: {time.monotonic() - started:.1f} s")
    started = time.monotonic()
    here = {piece.key: piece.values() for piece in pieces}
    _say(f"one process: {time.monotonic() - started:.1f} s")
    differing = sum(not np.array_equal(here[key], on_workers[key], equal_nan=True) for key in here)
    _say(f"{len(here) - differing:,} of {len(here):,} pieces are equal bit by bit")
    same = plan.table(here).equals(plan.table(on_workers))
    _say(f"the tables of {len(plan.cells):,} rows are {'equal' if same else 'NOT equal'}")
    return int(not same or differing > 0)


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
