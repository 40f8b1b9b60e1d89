"""What would the table look like with other totals and the same association? Fitted to convergence, or refused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.alignment import align
from spatial.errors import CountsError, ParameterError
from spatial.parameters import require_number, require_whole_number
from spatial.segregation.counts import Floats, by_area, group_labels, many_groups, numbers_of

__all__ = [
    "FittedTable",
    "Scaling",
    "fit_margins",
    "scale_to_margins",
    "with_empty_cells",
]

# Totals of areas and of groups that are sums of floats agree but for rounding.
_ROUNDING = 1e-9
# Plain sweeps gain a constant factor each. Where that factor is poor, Newton's method takes over.
_SWEEPS_BEFORE_NEWTON = 12
_LARGEST_NEWTON = 256
_LARGEST_CHECKED = 12
_LONGEST_STEP = 30.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FittedTable:
    """A table with given margins and the association of another one.

    `counts` has the rows and columns of the source [persons]. `gap` is the largest relative distance of a
    margin from what was asked for, `iterations` the number of sweeps until it was at most `precision`.
    """

    counts: pd.DataFrame
    iterations: int
    gap: float
    precision: float
    empty_cells: float

    def __repr__(self) -> str:
        return (
            f"FittedTable({self.counts.shape[1]} groups, {self.counts.shape[0]} areas, "
            f"{self.iterations} iterations, margins within {self.gap:.1e})"
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scaling:
    """Factors per group and per area: the fitted table is `group[:, None] * table * area`."""

    group: Floats
    area: Floats
    iterations: int
    gap: float

    def __repr__(self) -> str:
        return f"Scaling({len(self.group)} groups, {len(self.area)} areas, {self.iterations} iterations)"

    def of(self, table: Floats) -> Floats:
        """Return the scaled table, shape (n_groups, n_areas)."""
        fitted = table * self.area
        fitted *= self.group[:, None]
        return np.asarray(fitted)


def fit_margins(
    source: pd.DataFrame | Floats,
    area_total: pd.Series | Floats,
    group_total: pd.Series | Floats,
    *,
    precision: float = 1e-13,
    max_iterations: int = 1000,
    empty_cells: float = 0.0,
) -> FittedTable:
    r"""Give a table other totals of areas and groups, and keep how areas and groups go together.

    The result is the one table :math:`a_i \, x_{ig} \, b_g` with the wanted row and column sums (iterative
    proportional fitting): all odds ratios are those of the source. It answers what a city would look like
    that had the segregation of one year and the districts and groups of another, and it brings an old table
    to new totals.

    Parameters
    ----------
    source : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        The table whose association is kept. [persons]
    area_total : Series or array of int or float, shape (n_areas,), indexed by area_id
        Wanted residents per area; the same areas in any order. [persons]
    group_total : Series or array of int or float, shape (n_groups,), indexed by group
        Wanted members per group; the same groups in any order, and the same sum. [persons]
    precision : float, default 1e-13
        Largest relative distance of any margin from what is wanted. [unitless]
    max_iterations : int, default 1000
        Most sweeps over the table.
    empty_cells : float, default 0
        Count that is put into empty cells of the source, where area and group are wanted. With 0 an empty
        cell stays empty. [persons]

    Returns
    -------
    FittedTable
        With the areas and groups of the source, and the sum of the margins.

    Raises
    ------
    AlignmentError
        If the margins have other areas or groups than the source.
    CountsError
        If a count is missing, infinite or negative, or if the empty cells of the source make the margins
        impossible: the message names areas that hold only groups with too few members.
    ParameterError
        If the two margins have different sums, an option is out of range, or the fit did not converge.

    Notes
    -----
    The first sweeps are those of Deming and Stephan. When they gain little (nearly separate blocks of the
    table), each further sweep competes with a Newton step on the convex dual problem, and the better one is
    taken; the result is the same, only sooner. R segregation stops when all margins, as shares of everybody,
    are within 0.001: with thousands of areas that is reached long before the table is fitted. It also puts
    1e-10 persons into empty cells, which is `empty_cells=1e-10` here.

    References
    ----------
    .. [1] W. E. Deming and F. F. Stephan (1940), On a Least Squares Adjustment of a Sampled Frequency Table
       When the Expected Marginal Totals are Known, Annals of Mathematical Statistics 11,
       doi:10.1214/aoms/1177731829.
    .. [2] L. Rüschendorf (1995), Convergence of the Iterative Proportional Fitting Procedure, Annals of
       Statistics 23, doi:10.1214/aos/1176324703.

    Examples
    --------
    >>> table = pd.DataFrame({"men": [40.0, 10.0], "women": [10.0, 40.0]}, index=["a", "b"])
    >>> fitted = fit_margins(table, pd.Series({"a": 50.0, "b": 50.0}), pd.Series({"men": 80.0, "women": 20.0}))
    >>> fitted.counts.round(3).to_numpy().tolist()
    [[48.264, 1.736], [31.736, 18.264]]
    """
    table = many_groups(source)
    areas = _margin(area_total, table.area_id, "area_total")
    groups = _margin(group_total, pd.Index(table.group), "group_total")
    if not abs(areas.sum() - groups.sum()) <= _ROUNDING * areas.sum():
        raise ParameterError("group_total", float(groups.sum()), f"the sum of area_total, {areas.sum():g}")
    filled = with_empty_cells(table.counts, areas, groups, empty_cells)
    scaling = scale_to_margins(
        filled,
        areas,
        groups,
        area_id=table.area_id,
        group=table.group,
        precision=precision,
        max_iterations=max_iterations,
    )
    return FittedTable(
        counts=pd.DataFrame(scaling.of(filled).T, index=table.area_id, columns=group_labels(source)),
        iterations=scaling.iterations,
        gap=scaling.gap,
        precision=precision,
        empty_cells=empty_cells,
    )


def with_empty_cells(table: Floats, area_total: Floats, group_total: Floats, count: float) -> Floats:
    """Return the table with a small count in the cells that are empty and wanted."""
    expected = "a finite count of 0 or more"
    count = require_number("empty_cells", count, expected, lambda number: 0 <= number < np.inf)
    if count == 0:
        return table
    wanted = (table == 0) & (area_total > 0) & (group_total[:, None] > 0)
    return np.where(wanted, count, table)


def scale_to_margins(
    table: Floats,
    area_total: Floats,
    group_total: Floats,
    *,
    area_id: pd.Index,
    group: tuple[str, ...],
    precision: float = 1e-13,
    max_iterations: int = 1000,
) -> Scaling:
    """Find the factors that give a table its margins.

    Parameters
    ----------
    table : array of float, shape (n_groups, n_areas)
        Counts, checked. [persons]
    area_total, group_total : array of float, shapes (n_areas,) and (n_groups,)
        Wanted margins, checked, with the same sum. [persons or shares]
    area_id, group : Index, tuple of str
        Names of the columns and rows, for messages.
    precision, max_iterations
        As in `fit_margins`.

    Returns
    -------
    Scaling

    Raises
    ------
    CountsError
        If the empty cells make the margins impossible.
    ParameterError
        If an option is out of range or the fit did not converge.

    Examples
    --------
    >>> found = scale_to_margins(np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([3.0, 1.0]), np.array([2.0, 2.0]),
    ...                          area_id=pd.Index(["a", "b"]), group=("men", "women"))
    >>> found.of(np.ones((2, 2))).tolist()
    [[1.5, 0.5], [1.5, 0.5]]
    """
    precision = require_number(
        "precision", precision, "a number above 0 and below 1", lambda number: 0 < number < 1
    )
    max_iterations = require_whole_number(
        "max_iterations", max_iterations, "a whole number of at least 1", least=1
    )
    columns, rows = area_total > 0, group_total > 0
    kept = table if columns.all() and rows.all() else table[np.ix_(rows, columns)]
    _require_possible(kept, area_total[columns], group_total[rows], area_id[columns], group, rows)
    swapped = kept.shape[0] > kept.shape[1]
    if swapped:
        kept = np.ascontiguousarray(kept.T)
    wanted = area_total[columns], group_total[rows]
    # Factors that run away from each other, as they do when the fit fails, may leave the range of floats.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        few, many, iterations, gap = _balance(
            kept, *(wanted[::-1] if swapped else wanted), precision, max_iterations
        )
    if not gap <= precision:
        raise ParameterError(
            "max_iterations",
            max_iterations,
            f"more: after {iterations} sweeps a margin is still {gap:.1e} off, relative to its size; if more "
            "do not help, the empty cells of the table stand against the margins (see empty_cells)",
        )
    area, members = np.zeros(len(columns)), np.zeros(len(rows))
    area[columns], members[rows] = (few, many) if swapped else (many, few)
    return Scaling(group=members, area=area, iterations=iterations, gap=gap)


def _margin(total: pd.Series | Floats, names: pd.Index, what: str) -> Floats:
    if isinstance(total, pd.Series):
        if what == "group_total":
            total = pd.Series(total.to_numpy(), index=pd.Index([str(name) for name in total.index]))
        wanted = align(total, names, what)
    else:
        wanted = by_area(total, names, what)
    numbers = numbers_of(wanted, what).astype(float)
    unusable = ~(np.isfinite(numbers) & (numbers >= 0))
    if unusable.any():
        raise CountsError(f"{what} missing, infinite or negative", names[unusable])
    if not numbers.sum() > 0:
        raise ParameterError(what, 0, "a sum above 0")
    return numbers


def _balance(
    table: Floats, many_total: Floats, few_total: Floats, precision: float, max_iterations: int
) -> tuple[Floats, Floats, int, float]:
    """Return factors of the rows (few) and columns (many), the number of sweeps and the remaining gap."""
    few = np.ones(len(few_total))
    many, reached = _sweep(table, few, many_total)
    iterations, gap = 1, _gap(reached, few_total)
    while not gap <= precision and iterations < max_iterations:
        swept = few * few_total / reached
        many_swept, reached_swept = _sweep(table, swept, many_total)
        iterations += 1
        if iterations > _SWEEPS_BEFORE_NEWTON and len(few) <= _LARGEST_NEWTON:
            step = few * np.exp(_newton(table, few, many, reached, many_total, few_total))
            many_step, reached_step = _sweep(table, step, many_total)
            if _miss(reached_step, few_total) < _miss(reached_swept, few_total):
                swept, many_swept, reached_swept = step, many_step, reached_step
        if not np.isfinite(_miss(reached_swept, few_total)):
            break
        few, many, reached = swept, many_swept, reached_swept
        gap = _gap(reached, few_total)
    return few, many, iterations, gap


def _sweep(table: Floats, few: Floats, many_total: Floats) -> tuple[Floats, Floats]:
    """Scale the columns to their totals and return their factors and the row sums that result."""
    many = few @ table
    np.divide(many_total, many, out=many)
    return many, few * (table @ many)


def _gap(reached: Floats, wanted: Floats) -> float:
    return float(np.abs(reached / wanted - 1).max())


def _miss(reached: Floats, wanted: Floats) -> float:
    """Return the number of persons at the wrong place, which sweeps never raise; infinite when undefined."""
    miss = float(np.abs(reached - wanted).sum())
    return miss if np.isfinite(miss) else np.inf


def _newton(
    table: Floats, few: Floats, many: Floats, reached: Floats, many_total: Floats, few_total: Floats
) -> Floats:
    """Return the Newton step of the logarithms of the row factors, after the columns were scaled."""
    cells = table * (many / np.sqrt(many_total))
    size = 1 / np.sqrt(reached)
    lever = (few * size)[:, None]
    curvature = np.eye(len(few)) - lever * (cells @ cells.T) * lever.T
    if not np.isfinite(curvature).all():
        return np.zeros(len(few))
    # One direction (all factors times the same number) changes nothing: the least step leaves it alone.
    step = np.linalg.lstsq(curvature, (few_total - reached) * size, rcond=1e-14)[0] * size
    return np.asarray(np.clip(step, -_LONGEST_STEP, _LONGEST_STEP))


def _require_possible(
    table: Floats,
    area_total: Floats,
    group_total: Floats,
    area_id: pd.Index,
    group: tuple[str, ...],
    rows: NDArray[np.bool_],
) -> None:
    """Refuse empty cells that no factors can make up for.

    Areas that hold only some of the groups can take no more residents than these groups have members. With
    few groups (or few areas) every choice of them is looked at.
    """
    full = table > 0
    if full.all():
        return
    names = [name for name, kept in zip(group, rows, strict=True) if kept]
    alone: NDArray[np.bool_] = np.asarray(~full.any(axis=0))
    if alone.any():
        raise CountsError(
            "the table has nobody where residents are wanted",
            area_id[alone],
            "leave these areas out, or set empty_cells",
        )
    vacant: NDArray[np.bool_] = np.asarray(~full.any(axis=1))
    if vacant.any():
        missing = [name for name, nobody in zip(names, vacant, strict=True) if nobody]
        raise ParameterError("group_total", missing, "no members of groups that the table does not have")
    by_group = len(names) <= len(area_id)
    found = (
        _overfull(full, area_total, group_total) if by_group else _overfull(full.T, group_total, area_total)
    )
    if found is None:
        return
    areas, groups = found if by_group else found[::-1]
    stuck = [name for name, chosen in zip(names, groups, strict=True) if chosen]
    raise CountsError(
        "the empty cells of the table make the margins impossible: the wanted members of "
        f"{', '.join(stuck[:5])} and the wanted residents do not fit",
        area_id[areas],
        "merge areas or groups, or put a small count into empty cells (empty_cells=1e-10)",
    )


def _overfull(
    full: NDArray[np.bool_], many_total: Floats, few_total: Floats
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
    """Return the columns that have cells only in rows whose totals together are too small, and these rows."""
    n_rows = len(full)
    if n_rows > _LARGEST_CHECKED:
        return None
    pattern = (1 << np.arange(n_rows)) @ full
    # Demand of every choice of rows: the totals of the columns whose cells all lie in it.
    demand = np.bincount(pattern, weights=many_total, minlength=1 << n_rows)
    for bit in range(n_rows):
        halves = demand.reshape(-1, 2, 1 << bit)
        halves[:, 1] += halves[:, 0]
    chosen = (np.arange(1 << n_rows)[:, None] >> np.arange(n_rows)) & 1
    excess = demand - chosen @ few_total
    worst = int(np.argmax(excess))
    if excess[worst] <= _ROUNDING * many_total.sum():
        return None
    return (pattern & ~worst) == 0, chosen[worst].astype(bool)
