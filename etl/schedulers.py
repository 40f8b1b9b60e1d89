"""Compute many independent pieces of work: in this process, in several of this machine, or on a cluster.

The numbers do not depend on the place: a piece says by itself what it computes, and comes back under its key.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import platform
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from itertools import islice
from typing import Any, Protocol, TypeAlias, TypeVar

from etl.errors import EtlError
from etl.journal import Journal
from etl.source import Progress
from etl.version import code_version
from spatial.errors import SpatialError
from spatial.segregation.counts import Floats

__all__ = ["Piece", "Place", "code_identity", "compute_pieces"]

# How many pieces may be on their way: enough to keep a large cluster busy, few enough to be held in memory.
_ON_THE_WAY = 512
_WARM_UP = 3.0  # seconds that other processes need until they begin
_PATIENCE = 5.0  # seconds without a result before we look whether there are workers at all


class Piece(Protocol):
    """Something to compute, under a key that says exactly what: equal keys, equal numbers."""

    @property
    def key(self) -> str:
        """Fingerprint of everything the numbers depend on."""
        ...


AnyPiece = TypeVar("AnyPiece", bound=Piece)
_Results: TypeAlias = Generator[tuple[str, Floats], None, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where pieces are computed.

    `scheduler` is the address of a Dask scheduler, `timeout` [s] how long we try to reach it. Without a scheduler
    `processes` processes of this machine work: 0 is this process itself, None starts with this one and takes as many as
    there are processors when that is not enough.
    """

    scheduler: str | None = None
    timeout: float = 10.0
    processes: int | None = None

    def __str__(self) -> str:
        return "on this machine" if self.scheduler is None else f"on {self.scheduler}"


def compute_pieces(
    work: Callable[[AnyPiece], Floats],
    pieces: Sequence[AnyPiece],
    *,
    work_here: Callable[[AnyPiece], Floats] | None = None,
    place: Place,
    journal: Journal | None = None,
    progress: Progress,
    title: str,
) -> dict[str, Floats]:
    """Compute all pieces and return them by key; what the journal has is not computed again.

    `work` is a function of a module (it is sent by its name) that depends on nothing but the piece; `work_here` is the
    same for this process, where it may use all processors.
    """
    finished = journal.read(piece.key for piece in pieces) if journal is not None else {}
    unfinished = list({piece.key: piece for piece in pieces if piece.key not in finished}.values())
    if finished:
        progress(f"{title}: {len(finished):,} of {len(pieces):,} pieces were finished before", None)
    if not unfinished:
        return finished
    total = len(finished) + len(unfinished)

    def say(what: str) -> None:
        progress(f"{title}: {what}", len(finished) / total)

    if place.scheduler is None:
        results = _locally(work, work_here or work, unfinished, place.processes)
    else:
        results = _on_cluster(work, unfinished, place.scheduler, place.timeout, say)
    with closing(results):
        for key, values in results:
            if journal is not None:
                journal.write(key, values)
            finished[key] = values
            # In quarters, because a log has a line for every name.
            quarter = min(len(finished) * 4 // total, 3)
            say(f"{25 * quarter} % done" if quarter else f"computing {place}")
    return finished


@lru_cache(maxsize=1)
def code_identity() -> str:
    """Say which code computes here; numbers of another one may differ."""
    python = ".".join(platform.python_version_tuple()[:2])
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "pandas"))
    return f"sozialraum {code_version()}, {packages}, Python {python}"


def _locally(
    work: Callable[[Any], Floats],
    work_here: Callable[[Any], Floats],
    pieces: Sequence[Any],
    processes: int | None,
) -> _Results:
    """Compute here; with `processes` None go on in others as soon as starting them pays."""
    number = _processors() if processes is None else processes
    done = 0
    started = time.monotonic()
    while done < len(pieces) and (not processes or number < 2):
        yield pieces[done].key, work_here(pieces[done])
        done += 1
        passed = time.monotonic() - started
        to_come = passed / done * (len(pieces) - done)
        if processes is None and number > 1 and passed > _WARM_UP and to_come > 2 * _WARM_UP:
            break
    if done == len(pieces):
        return
    # Spawned, not forked: a fork of a program with threads can stand still for ever.
    pool = ProcessPoolExecutor(number, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield from _windowed(pool, work, pieces[done:], window=4 * number)
    except BrokenProcessPool as error:
        raise EtlError(
            "a local process was killed, perhaps for want of memory; finished pieces are kept, run the same command again"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _on_cluster(
    work: Callable[[Any], Floats],
    pieces: Sequence[Any],
    address: str,
    timeout: float,
    say: Callable[[str], None],
) -> _Results:
    """Compute on a Dask cluster; pieces of a worker that dies are given to others by its scheduler."""
    try:
        from distributed import Client, KilledWorker  # noqa: PLC0415  (only who asks for a cluster needs it)
    except ImportError as error:
        raise EtlError("a cluster needs Dask: pip install 'sozialraum[cluster]'") from error
    # What Dask would log about a lost connection is said once, by the error below.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=timeout, set_as_default=False, name="sozialraum")
    except (OSError, ValueError, ImportError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise EtlError(
            f"no Dask scheduler at {address}: {reason}; start one with 'dask scheduler' and workers with 'dask worker'"
        ) from error

    def look() -> None:
        if not client.nthreads():
            say(f"no workers at {address}; start some with 'dask worker {address}'")

    try:
        look()
        # Retried are pieces that failed on their way.
        yield from _windowed(
            client.get_executor(retries=2), work, pieces, window=_ON_THE_WAY, on_silence=look
        )
    except KilledWorker as error:
        raise EtlError(f"the cluster at {address} gave up: {' '.join(str(error).split())}") from error
    except (CancelledError, OSError) as error:
        raise EtlError(
            f"the connection to the scheduler at {address} was lost; finished pieces are kept, run the same command again"
        ) from error
    except ImportError as error:
        raise EtlError(
            f"a worker of {address} cannot import what it needs ({error}); install this version of sozialraum there"
        ) from error
    finally:
        client.close(timeout=timeout)


@dataclass(frozen=True, slots=True)
class _Sent:
    """The work in another process, refused by one that has other code: its numbers could be others."""

    work: Callable[[Any], Floats]
    identity: str

    def __call__(self, piece: Any) -> Floats:
        if code_identity() != self.identity:
            raise EtlError(
                f"a worker on {platform.node()} has {code_identity()}; the command has {self.identity}; "
                "install the same there"
            )
        try:
            return self.work(piece)
        except SpatialError as error:
            # Errors of the engine are made of facts and do not survive the way back; their sentence does.
            raise EtlError(str(error)) from error


def _windowed(
    executor: Executor,
    work: Callable[[Any], Floats],
    pieces: Iterable[Any],
    *,
    window: int,
    on_silence: Callable[[], None] | None = None,
) -> _Results:
    """Give results as they come, with at most `window` pieces on their way."""
    sent = _Sent(work, code_identity())
    waiting = iter(pieces)
    running: dict[Future[Floats], str] = {}
    while True:
        for piece in islice(waiting, window - len(running)):
            running[executor.submit(sent, piece)] = piece.key
        if not running:
            return
        done, _ = wait(running, timeout=_PATIENCE, return_when=FIRST_COMPLETED)
        if not done and on_silence is not None:
            on_silence()
        for future in done:
            key = running.pop(future)
            yield key, future.result()
