"""How many threads compute, and who hands them their work? One rule for everything that is summed in parallel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import cpu_count
from typing import TypeVar

from spatial.parameters import require_whole_number

__all__ = ["in_threads", "thread_count"]

_Given = TypeVar("_Given")
_Found = TypeVar("_Found")


def thread_count(workers: int | None) -> int:
    """Return the number of threads that the option `workers` asks for.

    Parameters
    ----------
    workers : int, optional
        Threads; None takes all processors.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    ParameterError
        If it is no whole number of at least 1.

    Examples
    --------
    >>> thread_count(3), thread_count(None) >= 1
    (3, True)
    """
    if workers is None:
        return cpu_count()
    return require_whole_number(
        "workers", workers, "a whole number of at least 1, or None for all processors", least=1
    )


def in_threads(
    function: Callable[[_Given], _Found], given: Sequence[_Given], workers: int | None
) -> list[_Found]:
    """Apply a function to each of the given, in threads when there are several of both.

    Parameters
    ----------
    function : callable
        Of one of the given.
    given : sequence
        What there is to do.
    workers : int, optional
        Threads; None takes all processors.

    Returns
    -------
    list
        What was found, in the order of the given.

    Raises
    ------
    ParameterError
        If the number of threads is no whole number of at least 1.

    Examples
    --------
    >>> in_threads(abs, [-1, 2, -3], workers=2)
    [1, 2, 3]
    """
    threads = min(thread_count(workers), len(given))
    if threads <= 1:
        return [function(one) for one in given]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, given))
