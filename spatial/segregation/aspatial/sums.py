"""How is a term summed over a million areas, or a thousand tables? In blocks of a fixed order, in the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from spatial.segregation.counts import Floats

__all__ = [
    "TINY",
    "absolute_sum",
    "blocks_of_areas",
    "blocks_of_tables",
    "group_sums",
    "residents",
    "sum_over_areas",
    "unrounded",
]

# Half a megabyte of numbers stays in the second-level cache.
_BLOCK = 1 << 16

# Tables with more areas than this are summed one by one; smaller ones many at a time.
_MANY_AREAS = 1 << 11

# Stands in for 0 where a count of 0 is divided or its logarithm taken: 0 / TINY = 0 and 0 ln(TINY) = 0.
TINY = float(np.finfo(float).tiny)


def sum_over_areas(term: Callable[..., Floats | float], counts: Floats, *constants: Floats) -> Floats:
    """Sum a term over the areas of one or many tables, block by block in a fixed order.

    Parameters
    ----------
    term : callable
        Takes counts by group, shape (n_groups, …, n_block), and the constants, and returns the sum of its
        terms over the last axis. It may not change what it gets.
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
    n_areas = counts.shape[-1]
    if counts.ndim == 2:
        return np.asarray(sum(term(counts[:, areas], *constants) for areas in blocks_of_areas(n_areas)))
    tables = counts.reshape(-1, *counts.shape[-2:])
    given = [np.reshape(values, -1) for values in constants]
    total = np.empty(len(tables))
    for part in blocks_of_tables(tables):
        if n_areas > _MANY_AREAS:
            fixed = [values[part.start] for values in given]
            total[part] = sum_over_areas(term, tables[part.start], *fixed)
        else:
            total[part] = term(tables[part].swapaxes(0, 1), *(values[part, None] for values in given))
    return total.reshape(counts.shape[:-2])


def group_sums(counts: Floats) -> Floats:
    """Sum each group over the areas.

    Parameters
    ----------
    counts : array of float, shape (…, n_groups, n_areas)
        Counts of groups, never negative. [persons]

    Returns
    -------
    array of float, shape (…, n_groups)
        Persons of each group in all areas. [persons]

    Examples
    --------
    >>> group_sums(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([3., 7.])
    """
    return np.asarray(counts.sum(axis=-1))


def blocks_of_areas(n_areas: int) -> Iterator[slice]:
    """Yield slices of areas that stay in the cache.

    Parameters
    ----------
    n_areas : int
        Number of areas.

    Yields
    ------
    slice
        Together they are all areas in their order.

    Examples
    --------
    >>> list(blocks_of_areas(70_000))
    [slice(0, 65536, None), slice(65536, 70000, None)]
    """
    for first in range(0, n_areas, _BLOCK):
        yield slice(first, min(first + _BLOCK, n_areas))


def blocks_of_tables(tables: Floats) -> Iterator[slice]:
    """Yield slices of tables that are worked on at once: single large tables, or many small ones.

    Parameters
    ----------
    tables : array of float, shape (n_tables, n_groups, n_areas)
        Counts of groups. [persons]

    Yields
    ------
    slice
        Of the first axis; together they are all tables in their order.

    Examples
    --------
    >>> list(blocks_of_tables(np.ones((2, 2, 5000))))
    [slice(0, 1, None), slice(1, 2, None)]
    """
    n_areas = tables.shape[-1]
    step = 1 if n_areas > _MANY_AREAS else max(1, _BLOCK // max(1, n_areas))
    for first in range(0, len(tables), step):
        yield slice(first, min(first + step, len(tables)))


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
    total: Floats = counts[0] + counts[1]
    for members in counts[2:]:
        total += members
    if total.size and not total.min() > 0:
        np.maximum(total, TINY, out=total)
    return total


def unrounded(values: Floats) -> Floats:
    """Take back what rounding put below 0 or above 1; NaN stays NaN.

    Parameters
    ----------
    values : array of float
        Values of an index that lies between 0 and 1.

    Returns
    -------
    array of float, same shape

    Examples
    --------
    >>> unrounded(np.array([-1e-16, 0.5, 1 + 1e-15, np.nan]))
    array([0. , 0.5, 1. , nan])
    """
    return np.asarray(np.minimum(np.maximum(values, 0.0), 1.0))
