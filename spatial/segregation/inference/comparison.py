"""Has segregation changed between two years, do two cities differ? Told together with what chance alone would do."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeAlias, get_args

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.alignment import align
from spatial.errors import ParameterError
from spatial.neighbours import NeighbourGraph
from spatial.parameters import require_choice, require_flag, seed_of
from spatial.segregation.compute import same_groups, table_of_groups
from spatial.segregation.counts import Floats
from spatial.segregation.decomposition.counterfactual import Approach, Quantiles, parts_of, swap_compositions
from spatial.segregation.inference.pairs import PairModel, Statistic, pair_sampler, require_pair_model
from spatial.segregation.inference.result import TwoSampleTest
from spatial.segregation.inference.streams import CHUNK, blocks_of_replicates, in_chunks
from spatial.segregation.inference.tails import (
    Alternative,
    bootstrap_interval,
    central_range,
    defined,
    mean_and_deviation,
    p_value,
    require_level,
    require_replicates,
)
from spatial.segregation.places import Places
from spatial.segregation.subject import Subject, prepare_subject

__all__ = ["compare"]

_Parts: TypeAlias = dict[str, Floats]


def compare(
    name: str,
    first: pd.DataFrame | pd.Series | Floats,
    second: pd.DataFrame | pd.Series | Floats,
    *,
    rng: np.random.Generator | int,
    model: PairModel = "bootstrap_persons",
    paired: bool = False,
    statistic: Statistic = "difference",
    counterfactual: Approach | None = None,
    quantiles: Quantiles = "interpolated",
    alternative: Alternative = "two-sided",
    replicates: int = 999,
    level: float = 0.95,
    group: Hashable | None = None,
    against: Hashable | None = None,
    total: pd.Series | None = None,
    second_total: pd.Series | None = None,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None = None,
    second_geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None = None,
    graph: NeighbourGraph | None = None,
    second_graph: NeighbourGraph | None = None,
    workers: int | None = None,
    **options: Any,
) -> TwoSampleTest:
    r"""Test whether a measure differs between two cities, or between two periods of one city.

    Parameters
    ----------
    name : str
        A measure that gives one number.
    first, second : DataFrame, Series or array of int or float, shapes (n_areas, n_groups), indexed by area_id
        The two tables, with the same columns. [persons]
    rng : numpy Generator or int
        Source of randomness. The result's `seed`, given as `rng`, repeats the run.
    model : PairModel, default "bootstrap_persons"
        "bootstrap_persons", "bootstrap_areas": both are drawn anew with replacement, which gives an interval
        for the difference. "random_label": the inhabited areas of both are put together and dealt out anew
        (paired: a coin decides for each area which of its two tables counts as the first). "person_label": in
        each area the persons of both periods are put together and dealt out anew. "person_permutation": the
        persons of both are put together and dealt out to all areas of both.
    paired : bool, default False
        Both tables are of the same areas, as for two periods: areas are then drawn, or exchanged, together.
    statistic : {"difference", "space", "composition"}, default "difference"
        What is tested: first - second, or one of its two parts, see `space_and_composition()`.
    counterfactual : {"composition", "share", "dual_composition"}, optional
        How the two are swapped to find the parts. With `statistic="difference"` the result states both parts,
        and tests their sum.
    quantiles : {"interpolated", "observed"}, default "interpolated"
        As in `space_and_composition()`.
    alternative : {"two-sided", "greater", "less"}, default "two-sided"
        Whether far above 0, far below or both are extreme.
    replicates : int, default 999
        Simulated pairs of tables.
    level : float, default 0.95
        Share of the replicates between `null_low` and `null_high`, or of the intervals that cover the true value.
    group, against, total, geometry, graph, **options
        As in `compute()`; all but the total hold for both tables.
    second_total, second_geometry, second_graph
        Those of the second table. Default of the map: that of the first.
    workers : int, optional
        Threads; None takes all processors. The numbers do not depend on it.

    Returns
    -------
    TwoSampleTest
        With the p-value (r + 1) / (n + 1), never 0; NaN when the measure is undefined for one of the two.

    Raises
    ------
    ParameterError
        If the two have other groups; if model, statistic or counterfactual do not fit each other or the measure;
        if persons are dealt out and the counts are not whole; else as in `compute()`.
    AlignmentError
        If, paired, the two have other areas; else as in `compute()`.
    CountsError, CrsError, GeometryError
        As in `compute()`.

    Notes
    -----
    What each model takes for granted when nothing differs, from much to little: person_permutation, that nobody
    is segregated in either, so that the difference of two segregated cities lies outside for chance alone;
    random_label, that the areas of both are drawn from one population of areas (same sizes, same city's share);
    person_label, that no area has changed; the bootstraps, only that the tested quantity is 0: their
    p-value compares the observed quantity with the replicates' deviations from it, and fits the basic interval.
    bootstrap_persons takes the areas as given, bootstrap_areas as a sample.

    References
    ----------
    .. [1] S. J. Rey and M. L. Sastré-Gutiérrez (2010), Interregional Inequality Dynamics in Mexico, Spatial
       Economic Analysis 5, doi:10.1080/17421772.2010.493955.
    .. [2] B. Efron and R. J. Tibshirani (1993), An Introduction to the Bootstrap, chapters 15 and 16,
       doi:10.1201/9780429246593.

    Examples
    --------
    >>> old = pd.DataFrame({"young": [10, 30], "other": [90, 70]}, index=["00", "01"])
    >>> new = pd.DataFrame({"young": [15, 15], "other": [85, 85]}, index=["00", "01"])
    >>> test = compare("dissimilarity", old, new, rng=1, paired=True, model="person_label", replicates=199)
    >>> round(test.observed, 4), test.p_value < 0.05
    (0.3125, True)
    """
    level = require_level(level)
    replicates = require_replicates(replicates)
    require_choice("statistic", statistic, Statistic)
    require_choice("alternative", alternative, Alternative)
    require_choice("quantiles", quantiles, Quantiles)
    if counterfactual is not None:
        require_choice("counterfactual", counterfactual, Approach)
    require_flag("paired", paired)
    if statistic != "difference" and counterfactual is None:
        raise ParameterError(
            "counterfactual", None, f"one of {', '.join(get_args(Approach))}, to find the parts"
        )
    if (total is None) != (second_total is None):
        raise ParameterError(
            "total, second_total", "one of them", "all residents of both tables, or of neither"
        )
    frames = [table_of_groups(first), table_of_groups(second)]
    frames[1] = same_groups(*frames)
    if paired:
        order = align(pd.Series(range(len(frames[1])), index=frames[1].index), frames[0].index, "second")
        frames[1] = frames[1].iloc[order.to_numpy()]
    seed = seed_of(rng)
    one = prepare_subject(
        name,
        frames[0],
        group=group,
        against=against,
        total=total,
        geometry=geometry,
        graph=graph,
        options=options,
        seed=seed,
    )
    other = prepare_subject(
        name,
        frames[1],
        group=group,
        against=against,
        total=second_total,
        geometry=geometry if second_geometry is None else second_geometry,
        graph=graph if second_graph is None else second_graph,
        options=options,
        seed=seed,
    )
    require_pair_model(model, paired=paired, spatial=one.is_spatial)
    told = _parts(one, other, counterfactual, quantiles)(one.table.counts, other.table.counts)
    found = {part: float(value) for part, value in told.items()}
    wanted = counterfactual if statistic != "difference" else None
    part_of = _parts(one, other, wanted, quantiles)
    values = _replicates(one, other, part_of, statistic, model, paired, seed, replicates, workers)
    simulated, observed = defined(values), found[statistic]
    mean, deviation = mean_and_deviation(simulated)
    drawn_anew = model in ("bootstrap_persons", "bootstrap_areas")
    nothing = (float("nan"), float("nan"))
    interval = bootstrap_interval(observed, simulated, "basic", level) if drawn_anew else nothing
    null_range = nothing if drawn_anew else central_range(simulated, level)
    return TwoSampleTest(
        measure=name,
        model=model,
        paired=paired,
        statistic=statistic,
        counterfactual=counterfactual,
        alternative=alternative,
        first=one.observed,
        second=other.observed,
        space=found.get("space", float("nan")),
        composition=found.get("composition", float("nan")),
        observed=observed,
        p_value=p_value(observed, simulated - observed if drawn_anew else simulated, alternative),
        estimate=2 * observed - mean if drawn_anew else float("nan"),
        ci_low=interval[0],
        ci_high=interval[1],
        expected=float("nan") if drawn_anew else mean,
        deviation=deviation,
        null_low=null_range[0],
        null_high=null_range[1],
        level=level,
        replicates=replicates,
        undefined=replicates - len(simulated),
        seed=seed,
        options=dict(options),
        values=values,
    )


def _replicates(
    one: Subject,
    other: Subject,
    parts_of: Callable[[Floats, Floats], _Parts],
    statistic: Statistic,
    model: PairModel,
    paired: bool,
    seed: int,
    replicates: int,
    workers: int | None,
) -> Floats:
    first, second = one.table.counts, other.table.counts
    draw = pair_sampler(model, first, second, paired=paired)
    numbers = first.size + second.size

    def evaluate(rng: np.random.Generator, wanted: int) -> Floats:
        found = np.empty((1, CHUNK))
        for part in blocks_of_replicates(wanted, numbers, spatial=one.is_spatial):
            size = part.stop - part.start
            tables = np.empty((size, *first.shape)), np.empty((size, *second.shape))
            draw(rng, *tables)
            found[0, part] = parts_of(*tables)[statistic]
        return found

    values: Floats = in_chunks(evaluate, 1, numbers, seed, 0, replicates, workers)[0]
    return values


def _parts(
    one: Subject, other: Subject, approach: Approach | None, quantiles: Quantiles
) -> Callable[[Floats, Floats], _Parts]:
    """Return the function from both tables (with any leading axes) to the difference and its parts."""

    def difference(first: Floats, second: Floats) -> _Parts:
        return {"difference": one.evaluate(first) - other.evaluate(second)}

    def with_parts(first: Floats, second: Floats) -> _Parts:
        mixed_first, mixed_second = np.empty_like(first), np.empty_like(second)
        for place in np.ndindex(first.shape[:-2]):
            if approach is not None:
                mixed_first[place], mixed_second[place] = swap_compositions(
                    first[place], second[place], approach, quantiles
                )
        both = one.evaluate(first), other.evaluate(second)
        space, composition = parts_of(both, (one.evaluate(mixed_first), other.evaluate(mixed_second)))
        return {"difference": both[0] - both[1], "space": space, "composition": composition}

    return difference if approach is None else with_parts
