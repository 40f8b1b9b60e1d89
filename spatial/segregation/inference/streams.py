"""Which random numbers does replicate 17 get? The same on every machine, in every piece, with any threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np

from spatial.parameters import require_seed, require_whole_number
from spatial.segregation.counts import Floats
from spatial.segregation.threads import in_threads, thread_count

__all__ = ["CHUNK", "Seed", "blocks_of_replicates", "in_chunks", "stream"]

Seed: TypeAlias = int | tuple[int, ...]

CHUNK = 25
"""Replicates that share one stream of random numbers. Never an option: another number gives other replicates."""

# A block of replicates is drawn, evaluated and forgotten while it is in the processor's cache. Measures that
# look at the map are given more at once, as many as 8 MB hold.
_BLOCK = 2**17
_SPATIAL_BLOCK = 2**20

# Chunks with fewer numbers than this spend their time in the interpreter, which threads only wait for.
_WORTH_THREADS = 50_000


def in_chunks(
    evaluate: Callable[[np.random.Generator, int], Floats],
    n_values: int,
    numbers: int,
    seed: int | Sequence[int],
    first: int,
    last: int,
    workers: int | None,
) -> Floats:
    """Run the chunks that a piece of replicates touches, and cut the piece out.

    Parameters
    ----------
    evaluate : callable
        (rng, wanted): the values of the replicates of a chunk, shape (n_values, CHUNK), of which the first
        `wanted` are looked at.
    n_values : int
        Values per replicate.
    numbers : int
        Numbers in the table of one replicate.
    seed : int or sequence of int
        Whole numbers of at least 0.
    first, last : int
        Replicates first, …, last - 1.
    workers : int, optional
        Threads; None takes all processors. Small tables are left to one.

    Returns
    -------
    array of float, shape (n_values, last - first)

    Raises
    ------
    ParameterError
        If seed, piece or workers cannot be.

    Examples
    --------
    >>> in_chunks(lambda rng, wanted: rng.random((1, CHUNK)), 1, 10, 7, 20, 60, None).shape
    (1, 40)
    """
    require_seed(seed)
    expected = "a whole number, 0 ≤ first ≤ last"
    first = require_whole_number("first", first, expected)
    last = require_whole_number("last", last, expected, least=first)
    threads = thread_count(workers)
    chunks = range(first // CHUNK, -(-last // CHUNK))
    found = np.empty((n_values, len(chunks) * CHUNK))

    def run(chunk: int) -> None:
        start = (chunk - chunks.start) * CHUNK
        found[:, start : start + CHUNK] = evaluate(stream(seed, chunk), min(CHUNK, last - chunk * CHUNK))

    in_threads(run, chunks, threads if numbers * CHUNK >= _WORTH_THREADS else 1)
    begin = first - chunks.start * CHUNK
    piece: Floats = found[:, begin : begin + last - first]
    return piece


def blocks_of_replicates(wanted: int, numbers: int, *, spatial: bool) -> Iterator[slice]:
    """Cut a chunk of replicates into blocks that are drawn and evaluated at once.

    The blocks depend on the size of the table alone, and whole blocks are evaluated even when only a part is
    wanted: sums of floats depend on their order.

    Parameters
    ----------
    wanted : int
        Replicates of the chunk that are looked at.
    numbers : int
        Numbers in the table of one replicate.
    spatial : bool
        Whether neighbours are read once per block, so that large blocks pay.

    Yields
    ------
    slice
        Positions of the block's replicates in the chunk.

    Examples
    --------
    >>> list(blocks_of_replicates(20, 15_000, spatial=False))
    [slice(0, 8, None), slice(8, 16, None), slice(16, 24, None)]
    """
    size = max(1, (_SPATIAL_BLOCK if spatial else _BLOCK) // numbers)
    for start in range(0, wanted, size):
        yield slice(start, min(start + size, CHUNK))


def stream(seed: int | Sequence[int], chunk: int) -> np.random.Generator:
    """Return the stream of random numbers of one chunk of replicates.

    Parameters
    ----------
    seed : int or sequence of int
        Whole numbers of at least 0.
    chunk : int
        Number of the chunk.

    Returns
    -------
    numpy Generator
        Independent of the streams of all other chunks and seeds.

    Raises
    ------
    ParameterError
        If a number of the seed is negative.

    Examples
    --------
    >>> stream(7, 0).random() == stream(7, 0).random(), stream(7, 0).random() == stream(7, 1).random()
    (True, False)
    """
    entropy = np.random.SeedSequence(require_seed(seed), spawn_key=(chunk,))
    return np.random.Generator(np.random.PCG64DXSM(entropy))
