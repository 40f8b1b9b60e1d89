"""Would an area be in the same class if chance had given other counts? Thousands of computations with drawn values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.errors import InputError
from indicators.explanation.draws import Draws, Model
from indicators.explanation.prepared import Floats, Prepared, prepare
from indicators.methods.errors import suggestion
from indicators.methods.schema import Method
from spatial.errors import ParameterError

__all__ = ["Simulation", "index_draws", "simulate"]

RankInterval = Literal["simulation", "joint"]

_NUMBERS = 1_000_000  # drawn in one piece of work, so that it stays near the processor


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Simulation:
    """What chance in the values does to index, rank and class.

    Indexed by area_id in the order of the input, NaN or <NA> for areas without an index: `kept` (share of the runs
    in which the area is in its own class, 0–1), `probabilities` (share of the runs in each class, columns 1, 2, …),
    `table` (`index`, `ci_low`, `ci_high`, `rank`, `rank_low`, `rank_high`, `class`, `likeliest`: the class of most
    runs, the area's own at a tie). Without classes `kept` and `probabilities` are empty. `drawn`: indicators that
    vary; `fixed`: those of which nothing was given. The intervals hold the middle `level` of the runs; with
    `rank_interval` "joint" those of the ranks hold all at once.
    """

    table: pd.DataFrame
    kept: pd.Series
    probabilities: pd.DataFrame
    drawn: tuple[str, ...]
    fixed: tuple[str, ...]
    runs: int
    level: float
    model: Model
    method: str
    rank_interval: RankInterval = "simulation"

    def __repr__(self) -> str:
        kept = self.kept.dropna()
        sure = (
            f"; {int((kept >= self.level).sum())} keep their class in {self.level:.0%} of them"
            if len(kept)
            else ""
        )
        valid = int(self.table["index"].notna().sum())
        return f"Simulation({self.method}: {self.runs} runs over {valid} areas, {len(self.drawn)} indicators{sure})"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area."""
        table = self.table.assign(kept=self.kept) if len(self.probabilities.columns) else self.table
        return table.join(self.probabilities.add_prefix("probability_"))


def simulate(
    values: pd.DataFrame,
    statuses: pd.DataFrame,
    method: Method,
    *,
    rng: np.random.Generator,
    denominators: pd.DataFrame | None = None,
    standard_errors: pd.DataFrame | None = None,
    labels: pd.DataFrame | None = None,
    runs: int = 10_000,
    per: float | Mapping[str, float] = 100.0,
    model: Model = "wilson",
    level: float = 0.95,
    rank_interval: RankInterval = "simulation",
) -> Simulation:
    """Compute a method thousands of times with values drawn within their uncertainty.

    Parameters
    ----------
    values, statuses, method, labels
        As `indicators.composite.status_index`.
    rng : numpy Generator
        Source of chance; the same one gives the same result.
    denominators : DataFrame of float, same index, columns indicators
        What each rate rests on, such as the children of an area for child poverty. [persons]
    standard_errors : DataFrame of float, same index, columns indicators
        Standard error of each value instead, for surveys and for changes; drawn from a normal distribution.
        [unit of the indicator]
    runs : int
        Number of computations.
    per : float or mapping of str to float
        Rates are per so many: 100 for percentages.
    model : {"wilson", "binomial"}
        How rates are drawn, see `indicators.explanation.Draws`. Wilson's is the faster one, and lets a rate of
        0 vary.
    level : float
        Part of the runs that the intervals hold.
    rank_interval : {"simulation", "joint"}
        *simulation*: the middle of an area's own ranks. *joint* (Klein, Wright and Wieczorek): an area is surely behind
        those whose index lies wholly above its own, in intervals so wide that they hold all together; wider, and
        faster.

    Returns
    -------
    Simulation
        On the index of `values`. Which areas are valid is not drawn, and indicators in neither table stay fixed.

    Raises
    ------
    InputError, StatusError, DefinitionError, TooFewAreasError, ConstantColumnError
        As `indicators.composite.status_index`. InputError also if an area with a value has no denominator of at
        least 1 or no standard error, or a rate lies outside of 0 to `per`.
    ParameterError
        If nothing varies, an indicator is none of the method or in both tables, or an option is out of range.

    Notes
    -----
    Indicators are drawn independently of each other; those that count the same people vary together in truth. The
    observed values hold chance already, and chance is added to it: indices come out a little too close together, and
    classes too unsteady, never too steady. Memory: 8 bytes per run and area.

    References
    ----------
    .. [1] M. Klein, T. Wright and J. Wieczorek (2020), A joint confidence region for an overall ranking of
       populations, Journal of the Royal Statistical Society C 69:589–606, doi:10.1111/rssc.12402.

    Examples
    --------
    >>> from indicators.methods import shipped_method
    >>> method = shipped_method("leipzig-status")
    >>> values = pd.DataFrame({name: [10.0, 12, 14, 16, 30] for name in method.columns}, index=list("abcde"))
    >>> people = pd.DataFrame(400.0, index=values.index, columns=values.columns)
    >>> found = simulate(values, values.notna().replace(True, "measured"), method, denominators=people,
    ...                  runs=1000, rng=np.random.default_rng(1))
    >>> found.kept.round(1).to_dict()
    {'a': 0.8, 'b': 1.0, 'c': 1.0, 'd': 1.0, 'e': 1.0}
    """
    if model not in get_args(Model):
        raise ParameterError("model", model, f"one of {', '.join(get_args(Model))}")
    return simulated(
        prepare(values, statuses, method, labels=labels),
        rng=rng,
        denominators=denominators,
        standard_errors=standard_errors,
        runs=runs,
        per=per,
        model=model,
        level=level,
        rank_interval=rank_interval,
    )


def index_draws(
    values: pd.DataFrame,
    statuses: pd.DataFrame,
    method: Method,
    *,
    rng: np.random.Generator,
    denominators: pd.DataFrame | None = None,
    standard_errors: pd.DataFrame | None = None,
    labels: pd.DataFrame | None = None,
    runs: int = 200,
    per: float | Mapping[str, float] = 100.0,
    model: Model = "wilson",
) -> pd.DataFrame:
    """Draw indices as they could as well have come out: what `simulate` sums up, run by run.

    Parameters
    ----------
    values, statuses, method, rng, denominators, standard_errors, labels, per, model
        As in `simulate`.
    runs : int
        Number of computations, at least 2.

    Returns
    -------
    DataFrame of float, shape (n_runs, n_areas), with the areas of `values` as columns
        [points of the index] NaN for areas without an index.

    Raises
    ------
    InputError, StatusError, DefinitionError, TooFewAreasError, ConstantColumnError, ParameterError
        As in `simulate`.

    Examples
    --------
    >>> from indicators.methods import shipped_method
    >>> method = shipped_method("leipzig-status")
    >>> values = pd.DataFrame({name: [10.0, 12, 14, 16, 30] for name in method.columns}, index=list("abcde"))
    >>> people = pd.DataFrame(400.0, index=values.index, columns=values.columns)
    >>> index_draws(values, values.notna().replace(True, "measured"), method, denominators=people, runs=3,
    ...             rng=np.random.default_rng(1)).shape
    (3, 5)
    """
    if runs < 2:
        raise ParameterError("runs", runs, "at least 2")
    prepared = prepare(values, statuses, method, labels=labels)
    draws = _draws(prepared, denominators, standard_errors, per, model)
    index, _, _ = _run(prepared, draws, runs, rng, 0, with_ranks=False)
    table = pd.DataFrame(index.T.astype(float), columns=prepared.areas)
    return table.reindex(columns=values.index)


def simulated(
    prepared: Prepared,
    *,
    rng: np.random.Generator,
    denominators: pd.DataFrame | None,
    standard_errors: pd.DataFrame | None,
    runs: int,
    per: float | Mapping[str, float],
    model: Model = "wilson",
    level: float,
    rank_interval: RankInterval,
) -> Simulation:
    """Simulate an index that has been computed already, see `simulate`."""
    method = prepared.method
    if rank_interval not in get_args(RankInterval):
        raise ParameterError("rank_interval", rank_interval, f"one of {', '.join(get_args(RankInterval))}")
    if not 0 < level < 1:
        raise ParameterError("level", level, "a share between 0 and 1, for example 0.95")
    if runs < 100:
        raise ParameterError("runs", runs, "at least 100")
    draws = _draws(prepared, denominators, standard_errors, per, model)
    classes_count = 0 if prepared.result.rules is None else prepared.rules.count
    is_joint = rank_interval == "joint"
    index, rank, counts = _run(prepared, draws, runs, rng, classes_count, with_ranks=not is_joint)
    tail = int(np.floor(runs * (1 - level) / 2))
    ends = (tail, runs - 1 - tail)
    # Before the order of the runs is lost.
    joint = _joint_places(prepared, index, level) if is_joint else None
    ci_low, ci_high = _ends(index, ends)
    rank_low, rank_high = joint or _ends(rank, ends)
    result = prepared.result
    columns = {
        "index": result.index,
        "ci_low": prepared.spread(ci_low, "ci_low"),
        "ci_high": prepared.spread(ci_high, "ci_high"),
        "rank": result.rank,
        "rank_low": prepared.spread(rank_low, "rank_low").astype("Int64"),
        "rank_high": prepared.spread(rank_high, "rank_high").astype("Int64"),
    }
    probabilities = pd.DataFrame(index=prepared.result.index.index)
    kept = pd.Series(np.nan, index=prepared.result.index.index, name="kept")
    if classes_count:
        places, own = np.arange(len(counts)), prepared.own_classes - 1
        kept = prepared.spread(counts[places, own] / runs, "kept")
        favoured = counts.astype(float)
        favoured[places, own] += 0.5
        columns["class"] = result.classes
        columns["likeliest"] = prepared.spread(1.0 + favoured.argmax(axis=1), "likeliest").astype("Int64")
        probabilities = pd.DataFrame(
            {one + 1: prepared.spread(counts[:, one] / runs, "") for one in range(classes_count)}
        )
    return Simulation(
        table=pd.DataFrame(columns),
        kept=kept,
        probabilities=probabilities,
        drawn=tuple(draws),
        fixed=tuple(name for name in method.indicators if name not in draws),
        runs=runs,
        level=level,
        model=model,
        method=method.id,
        rank_interval=rank_interval,
    )


def _run(
    prepared: Prepared,
    draws: Mapping[str, Draws],
    runs: int,
    rng: np.random.Generator,
    classes_count: int,
    *,
    with_ranks: bool,
) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int64]]:
    """Return index and rank, shape (n_areas, n_runs), and how often each area was in each class.

    Without ranks that array has no runs.
    """
    count, columns = prepared.numbers.shape
    index = np.empty((count, runs), dtype=np.float32)
    rank = np.empty((count, runs if with_ranks else 0), dtype=np.int32)
    counts = np.zeros(count * classes_count, dtype=np.int64)
    first_of_area = classes_count * np.arange(count) - 1
    step = max(1, min(runs, _NUMBERS // (count * columns)))
    tables = np.empty((columns, step, count))  # columns lie together
    tables[:] = prepared.numbers.T[:, np.newaxis, :]
    for start in range(0, runs, step):
        rows = min(step, runs - start)
        for name, draw in draws.items():
            draw.draw(rng, tables[prepared.columns.index(name), :rows])
        piece = np.moveaxis(tables[:, :rows], 0, -1)
        values = prepared.evaluate(piece).values[prepared.method.result]
        index[:, start : start + rows] = values.T
        if with_ranks:
            rank[:, start : start + rows] = prepared.ranks(values).T
        if classes_count:
            cell = prepared.classes(values)
            cell += first_of_area
            counts += np.bincount(cell.ravel(), minlength=len(counts))
    return index, rank, counts.reshape(count, classes_count)


def _joint_places(prepared: Prepared, index: NDArray[np.float32], level: float) -> tuple[Floats, Floats]:
    """Return the best and the worst rank of every area in intervals of the index that hold all at once."""
    own = -prepared.own_values if prepared.is_turned else prepared.own_values
    best, worst = np.empty(len(own)), np.empty(len(own))
    for group in prepared.groups:
        drawn = index[group]
        middle = drawn.mean(axis=1, keepdims=True)
        error = drawn.std(axis=1, keepdims=True)
        away = np.abs(drawn - middle) / np.where(error > 0, error, np.inf)
        width = float(np.quantile(away.max(axis=0, initial=0.0), level)) * error[:, 0].astype(np.float64)
        low, high = own[group] - width, own[group] + width
        best[group] = 1 + len(group) - np.searchsorted(np.sort(low), high, side="right")
        worst[group] = len(group) - np.searchsorted(np.sort(high), low, side="left")
    return best, worst


def _ends(values: NDArray[np.float32] | NDArray[np.int32], ends: tuple[int, int]) -> tuple[Floats, Floats]:
    """Return two places of the sorted runs of every area; changes their order."""
    values.partition(ends, axis=1)
    low, high = (values[:, end].astype(np.float64) for end in ends)
    return low, high


def _draws(
    prepared: Prepared,
    denominators: pd.DataFrame | None,
    standard_errors: pd.DataFrame | None,
    per: float | Mapping[str, float],
    model: Model,
) -> dict[str, Draws]:
    names = prepared.method.indicators
    given: dict[str, pd.DataFrame] = {}
    for table, what in ((denominators, "denominators"), (standard_errors, "standard_errors")):
        for name in () if table is None else table.columns:
            if name not in names:
                raise ParameterError(what, name, f"indicators of the method; {suggestion(str(name), names)}")
            if name in given:
                raise ParameterError(what, name, "an indicator that has no denominator as well")
            given[str(name)] = table  # type: ignore[assignment]
    if not given:
        raise ParameterError("denominators", "nothing", "denominators or standard errors of an indicator")
    found = {}
    for name in (one for one in names if one in given):
        table = given[name]
        values = prepared.numbers[:, prepared.columns.index(name)]
        numbers = table[name].reindex(prepared.areas).to_numpy(dtype=float, na_value=np.nan)
        known = ~np.isnan(values)
        if table is standard_errors:
            bad = known & ~((numbers >= 0) & np.isfinite(numbers))
            hint = "give every value its standard error, or leave the indicator out"
            _refuse(prepared, bad, f"{name}: standard error missing, negative or infinite", hint)
            found[name] = Draws(values=values, basis=numbers, model="normal")
            continue
        whole = float(per.get(name, 100.0)) if isinstance(per, Mapping) else float(per)
        bad = known & ~((numbers >= 1) & np.isfinite(numbers))
        hint = "give every rate what it rests on, or leave the indicator out"
        _refuse(prepared, bad, f"{name}: denominator missing, infinite or below 1", hint)
        bad = known & ~((values >= 0) & (values <= whole))
        _refuse(prepared, bad, f"{name}: not between 0 and {whole:g}", "say `per`, or give standard errors")
        people = np.where(known, numbers, 1.0)
        found[name] = Draws(values=values, basis=people, per=whole, model=model)
    return found


def _refuse(prepared: Prepared, bad: NDArray[np.bool_], reason: str, hint: str) -> None:
    if bad.any():
        raise InputError(reason, prepared.areas[bad], hint)
