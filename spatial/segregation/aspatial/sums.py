"""How is a term summed over a million areas, or a thousand tables? In blocks of a fixed order, in the cache."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from scipy.linalg.blas import dasum

from spatial.segregation.counts import Floats

__all__ = [
    "SHORT_BLOCK",
    "TINY",
    "absolute_sum",
    "blocks",
    "blocks_of_tables",
    "per_area",
    "residents",
    "size_of",
    "sum_over_areas",
    "times_log",
    "unrounded",
]

# A megabyte of numbers, and half a megabyte of one group, stay in the second-level cache.
_BLOCK = 1 << 17
_LONGEST = 1 << 16

SHORT_BLOCK = 1 << 13
"""Areas of a block whose groups are all worked on at once: what that leaves behind stays in the cache, and no
library splits a dot product of that length among threads, on which its last digit would depend."""

TINY = float(np.finfo(np.float64).tiny)
"""Stands in for 0 where a count of 0 is divided or its logarithm taken: 0 / TINY = 0 and 0 ln(TINY) = 0."""


def blocks(
    n_tables: int, n_groups: int, n_areas: int, *, longest: int = _LONGEST
) -> Iterator[tuple[slice, slice]]:
    """Cut counts into blocks of whole tables, or of areas of one table when there are many areas.

    Parameters
    ----------
    n_tables, n_groups, n_areas : int
        Shape of the counts.
    longest : int, default 65,536
        Areas that a block may have.

    Yields
    ------
    tuple of slice
        Of tables, and of areas. The borders between areas depend only on the numbers of groups and areas: a
        table has the same value alone and among others.

    Examples
    --------
    >>> list(blocks(1, 2, 70_000))
    [(slice(0, 1, None), slice(0, 65536, None)), (slice(0, 1, None), slice(65536, 70000, None))]
    """
    step = max(1, min(longest, _BLOCK // n_groups))
    if n_areas <= step:
        for tables in blocks_of_tables(n_tables, n_groups * n_areas):
            yield tables, slice(0, n_areas)
        return
    for table in range(n_tables):
        for first in range(0, n_areas, step):
            yield slice(table, table + 1), slice(first, min(first + step, n_areas))


def blocks_of_tables(n_tables: int, numbers: int) -> Iterator[slice]:
    """Cut tables into blocks that are worked on at once: single large tables, or many small ones.

    Parameters
    ----------
    n_tables : int
        Number of tables.
    numbers : int
        Numbers in one of them.

    Yields
    ------
    slice
        Together they are all tables in their order.

    Examples
    --------
    >>> list(blocks_of_tables(3, 60_000))
    [slice(0, 2, None), slice(2, 3, None)]
    """
    step = max(1, _BLOCK // max(1, numbers))
    for first in range(0, n_tables, step):
        yield slice(first, min(first + step, n_tables))


def sum_over_areas(term: Callable[..., Floats | float], counts: Floats, *constants: Floats) -> Floats:
    """Sum a term over the areas of one or many tables, block by block in a fixed order.

    Parameters
    ----------
    term : callable
        Takes counts by group, shape (n_groups, n_tables, n_block), and the constants, shape (n_tables, 1),
        and returns the sum of its terms over the last axis. It may not change what it gets.
    counts : array of float, shape (…, n_groups, n_areas)
        Counts of groups; leading axes are tables. [persons]
    constants : array of float, shape (…)
        Numbers that the term needs for each table.

    Returns
    -------
    array of float, shape (…)
        Blocks depend on the shape of the counts alone: the same counts give the same number.

    Examples
    --------
    >>> float(sum_over_areas(lambda pair: (pair[0] * pair[1]).sum(axis=-1), np.array([[1.0, 2.0], [3.0, 4.0]])))
    11.0
    """
    tables = counts.reshape(-1, *counts.shape[-2:])
    given = [np.reshape(values, (-1, 1)) for values in constants]
    total = np.zeros(len(tables))
    for part, areas in blocks(*tables.shape):
        total[part] += term(tables[part, :, areas].swapaxes(0, 1), *(values[part] for values in given))
    return total.reshape(counts.shape[:-2])


def per_area(counts: Floats, value: Callable[[Floats, Floats], Floats], n_values: int = 1) -> Floats:
    """Compute local values block by block.

    Parameters
    ----------
    counts : array of float, shape (n_groups, n_areas)
        Checked counts. [persons]
    value : function of (counts of shape (n_groups, m), residents of shape (m,))
        Gives the values of m areas, shape (m,) or (n_values, m). It must not change its arguments.
    n_values : int, default 1
        Values per area.

    Returns
    -------
    array of float, shape (n_values, n_areas)
        NaN where a value divides 0 by 0.

    Examples
    --------
    >>> per_area(np.array([[3.0, 0.0], [1.0, 0.0]]), lambda here, residents: here[0] / residents).tolist()
    [[0.75, nan]]
    """
    found = np.empty((n_values, counts.shape[1]))
    with np.errstate(invalid="ignore", divide="ignore"):
        for _, areas in blocks(1, *counts.shape, longest=SHORT_BLOCK):
            here = counts[:, areas]
            found[:, areas] = value(here, here.sum(axis=0))
    return found


def times_log(share: Floats) -> Floats:
    """Return p ln p with its limit 0 at p = 0."""
    return np.asarray(share * np.log(np.fmax(share, TINY)))


def absolute_sum(values: Floats) -> Floats:
    """Sum absolute values over the last axis; the values are overwritten.

    Parameters
    ----------
    values : array of float, shape (…, n)
        Values, which may be lost.

    Returns
    -------
    array of float, shape (…)

    Examples
    --------
    >>> float(absolute_sum(np.array([1.0, -2.0])))
    3.0
    """
    return np.asarray(np.abs(values, out=values).sum(axis=-1))


def size_of(row: Floats) -> float:
    """Sum the absolute values of one row, faster than `absolute_sum`, and keep them.

    Parameters
    ----------
    row : array of float, shape (n,)
        Values one after the other in memory.

    Returns
    -------
    float
        Summed in short blocks of a fixed order, so that it does not depend on the number of threads.

    Examples
    --------
    >>> size_of(np.array([1.0, -2.0]))
    3.0
    """
    return math.fsum(dasum(row[first : first + SHORT_BLOCK]) for first in range(0, len(row), SHORT_BLOCK))


def residents(counts: Floats) -> Floats:
    """Add the groups, with TINY in place of 0, so that an empty area has a share of 0.

    Parameters
    ----------
    counts : array of float, shape (n_groups, …, n_areas)
        At least two groups. [persons]

    Returns
    -------
    array of float, shape (…, n_areas)
        All residents. [persons]

    Examples
    --------
    >>> residents(np.array([[1.0, 0.0], [3.0, 0.0]]))[0]
    np.float64(4.0)
    """
    total: Floats = np.add(counts[0], counts[1], dtype=np.float64)
    for members in counts[2:]:
        total += members
    total += TINY  # far below the last digit of anything but 0
    return total


def unrounded(values: Floats, *, high: float | None = 1.0) -> Floats:
    """Take back what rounding put below 0 or above the largest value; NaN stays NaN.

    Parameters
    ----------
    values : array of float
        Values of an index that lies between 0 and `high`.
    high : float, optional
        The largest value that can be; None for no bound. Default: 1.

    Returns
    -------
    array of float, same shape

    Examples
    --------
    >>> unrounded(np.array([-1e-16, 0.5, 1 + 1e-15, np.nan]))
    array([0. , 0.5, 1. , nan])
    """
    above = np.maximum(values, 0.0)
    return np.asarray(above if high is None else np.minimum(above, high))
