"""Pieces of work give the same numbers in this process, in several, and on a cluster that loses its workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster

from etl import schedulers
from etl.errors import EtlError
from etl.journal import Journal
from etl.schedulers import Place, code_identity, compute_pieces
from spatial.segregation.cells import Composition
from spatial.segregation.series import SeriesPiece, plan_series

YOUNG = Composition(name="young", groups=("young",), total="all")


def quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


def city(areas: int = 40, periods: int = 3, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    names = [f"{area:03d}" for area in range(areas)]
    parts = []
    for period in range(periods):
        everybody = rng.integers(50, 500, areas)
        young = rng.binomial(everybody, rng.uniform(0.1, 0.4, areas))
        for group, count in (("young", young), ("all", everybody)):
            parts.append(
                pd.DataFrame({"area_id": names, "period": str(2000 + period), "group": group, "count": count})
            )
    return pd.concat(parts).assign(geography="block")


def pieces(replicates: int = 200, **options: int) -> list[SeriesPiece]:
    return list(plan_series(city(**options), [YOUNG], replicates=replicates).pieces())


def same(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> bool:
    return first.keys() == second.keys() and all(np.array_equal(first[key], second[key]) for key in first)


def compute(given: list[SeriesPiece], place: Place, **options) -> dict[str, np.ndarray]:
    options = {"progress": quiet, "title": "test"} | options
    return compute_pieces(SeriesPiece.values, given, place=place, **options)


HERE = Place(processes=0)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Two worker processes on the loopback; one that is killed is started again."""
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        local_directory=str(tmp_path_factory.mktemp("dask")),
    ) as cluster:
        yield cluster


def test_processes_give_the_numbers_of_one() -> None:
    given = pieces()
    assert same(compute(given, Place(processes=2)), compute(given, HERE))


def test_work_that_takes_long_goes_on_in_other_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedulers, "_WARM_UP", 0.0)
    monkeypatch.setattr(schedulers, "_processors", lambda: 2)
    given = pieces()
    assert same(compute(given, Place()), compute(given, HERE))


def test_a_cluster_gives_the_numbers_of_one_process(cluster: LocalCluster) -> None:
    given = pieces()
    assert same(compute(given, Place(scheduler=cluster.scheduler_address)), compute(given, HERE))


@pytest.mark.slow
def test_a_killed_worker_costs_time_and_no_number(cluster: LocalCluster) -> None:
    given = pieces(replicates=20_000, areas=200)  # more than a hundred pieces
    with Client(cluster.scheduler_address, set_as_default=False) as client:
        first = list(client.run(os.getpid).values())
        killed: list[int] = []

        def kill_once(_name: str, share: float | None = None) -> None:
            if share and share > 0.1 and not killed:
                killed.append(first[0])
                os.kill(first[0], signal.SIGKILL)

        found = compute(given, Place(scheduler=cluster.scheduler_address), progress=kill_once)
        client.wait_for_workers(2, timeout=60)
        assert first[0] not in client.run(os.getpid).values()
    assert killed
    assert same(found, compute(given, HERE))


def test_an_interrupted_computation_goes_on_where_it_was(tmp_path: Path) -> None:
    given = pieces()
    done: list[str] = []

    def interrupted(piece: SeriesPiece) -> np.ndarray:
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(piece.key)
        return piece.values()

    with Journal(tmp_path / "journal", identity="x") as journal, pytest.raises(KeyboardInterrupt):
        compute_pieces(interrupted, given, place=HERE, journal=journal, progress=quiet, title="test")
    said: list[str] = []
    with Journal(tmp_path / "journal", identity="x") as journal:
        again = compute(given, HERE, journal=journal, progress=lambda name, _share: said.append(name))
    assert said[0] == "test: 3 of 6 pieces were finished before"
    assert same(again, compute(given, HERE))


def test_what_is_finished_needs_no_place(tmp_path: Path) -> None:
    given = pieces()
    with Journal(tmp_path / "journal", identity="x") as journal:
        first = compute(given, HERE, journal=journal)
        assert same(first, compute(given, Place(scheduler="tcp://127.0.0.1:1"), journal=journal))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "127.0.0.1:1", "nowhere", "http://127.0.0.1:1"])
def test_a_scheduler_that_is_not_there_is_refused_in_one_line(address: str) -> None:
    with pytest.raises(
        EtlError, match=r"^no Dask scheduler at .*; start one with 'dask scheduler'"
    ) as caught:
        compute(pieces(), Place(scheduler=address, timeout=0.5))
    assert address in str(caught.value)
    assert "\n" not in str(caught.value)


@contextmanager
def program(name: str, *arguments: str, place: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program of Dask as an administrator would."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{name}", "--host", "127.0.0.1", *arguments]
    with (place / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=place)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_scheduler_that_dies_is_told_and_what_is_finished_stays(tmp_path: Path) -> None:
    given = pieces(replicates=20_000, areas=200)
    told = tmp_path / "scheduler.json"
    with (
        Journal(tmp_path / "journal", identity="x") as journal,
        program(
            "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(told), place=tmp_path
        ) as one,
    ):
        wait_until(lambda: told.exists() and told.read_text())
        address = json.loads(told.read_text())["address"]
        with program("worker", address, "--no-nanny", "--no-dashboard", place=tmp_path):

            def kill(_name: str, share: float | None = None) -> None:
                if share and share > 0.1:
                    one.kill()

            with pytest.raises(
                EtlError, match=r"was lost; finished pieces are kept, run the same command again"
            ):
                compute(given, Place(scheduler=address), journal=journal, progress=kill)
        kept = journal.read(piece.key for piece in given)
        assert 0 < len(kept) < len(given)
        assert same(compute(given, HERE, journal=journal), compute(given, HERE))


def wait_until(claim: Callable[[], object]) -> None:
    pause = threading.Event()
    while not claim():
        pause.wait(0.05)


def test_a_worker_with_other_code_is_refused() -> None:
    (piece, *_rest) = pieces()
    with pytest.raises(
        EtlError, match=r"has sozialraum .*; the command has other code; install the same there"
    ):
        schedulers._Sent(SeriesPiece.values, "other code")(piece)
    assert schedulers._Sent(SeriesPiece.values, code_identity())(piece).shape == (1, 200)


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EtlError, match=r"pip install 'sozialraum\[cluster\]'"):
        compute(pieces(), Place(scheduler="tcp://127.0.0.1:1"))
