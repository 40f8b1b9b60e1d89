"""Is a city more segregated than chance alone would make it? One measure against one null model."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.neighbours import NeighbourGraph
from spatial.parameters import require_choice, require_mapping, require_seed, seed_of
from spatial.segregation.counts import Floats
from spatial.segregation.inference.models import Null, require_model
from spatial.segregation.inference.replicates import simulate
from spatial.segregation.inference.result import ExpectedValue, SingleTest
from spatial.segregation.inference.streams import Seed
from spatial.segregation.inference.tails import (
    Alternative,
    central_range,
    defined,
    mean_and_deviation,
    p_value,
    require_level,
    require_replicates,
    require_values,
)
from spatial.segregation.measure import Measure
from spatial.segregation.places import Places
from spatial.segregation.register import measure
from spatial.segregation.subject import prepare_subject

__all__ = ["expected_value", "randomisation_test", "significance_from_replicates"]


def randomisation_test(
    name: str,
    counts: pd.DataFrame | pd.Series | Floats,
    *,
    rng: np.random.Generator | int,
    model: Null = "person_permutation",
    alternative: Alternative = "two-sided",
    replicates: int = 999,
    level: float = 0.95,
    group: Hashable | None = None,
    against: Hashable | None = None,
    total: pd.Series | None = None,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None = None,
    graph: NeighbourGraph | None = None,
    workers: int | None = None,
    **options: Any,
) -> SingleTest:
    r"""Test a measure against what a null model gives.

    Parameters
    ----------
    name : str
        A measure that gives one number.
    counts, group, against, total, geometry, graph, **options
        As in `compute()`; counts must be whole where the null model deals out persons.
    rng : numpy Generator or int
        Source of randomness. The result's `seed`, given as `rng`, repeats the run.
    model : Null, default "person_permutation"
        "evenness": areas keep their residents, each of whom has a group by the city's shares. "systematic":
        groups keep their members, each of whom has an area by the areas' shares of all residents.
        "person_permutation": both are kept, persons change places (multivariate hypergeometric).
        "independence": only the number of persons is kept. "geographic_permutation": inhabited areas change
        places on the map with their residents. "even_permutation", "systematic_permutation": one after the other.
        The last three are for measures that look at the map.
    alternative : {"two-sided", "greater", "less"}, default "two-sided"
        Which values are extreme.
    replicates : int, default 999
        Simulated tables.
    level : float, default 0.95
        Share of the replicates between `null_low` and `null_high`.
    workers : int, optional
        Threads; None takes all processors. The numbers do not depend on it.

    Returns
    -------
    SingleTest
        With the p-value (r + 1) / (n + 1), never 0; NaN when the measure is undefined for the data.

    Raises
    ------
    ParameterError
        If the measure gives more than one number, looks at a map that is not given, or does not look at the map
        while the null model moves areas on it; if counts are not whole; if an option cannot be.
    CountsError, AlignmentError, CrsError, GeometryError
        As in `compute()`.

    Notes
    -----
    The default is exact: among all tables with these residents and these members, every one is as likely as the
    observed one when persons live where they do by chance. Evenness and systematic take the city's shares from the
    data and are exact only in large cities. Null models of persons ask whether there is any segregation, and
    in a large city there always is; how much is the question of `bootstrap`. Geographic permutation asks
    another question: does the pattern on the map matter, given the mix of the areas?

    `corrected` is the share of the possible way from the expected value to the upper (or, below it, lower) bound
    of the measure [2]_: 0 is chance, not evenness.

    References
    ----------
    .. [1] R. Allen, S. Burgess, R. Davidson and F. Windmeijer (2015), More reliable inference for the
       dissimilarity index of segregation, Econometrics Journal 18, doi:10.1111/ectj.12039.
    .. [2] W. J. Carrington and K. R. Troske (1997), On Measuring Segregation in Samples with Small Units,
       Journal of Business and Economic Statistics 15, doi:10.1080/07350015.1997.10524718.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [10, 30], "other": [90, 70]})
    >>> test = randomisation_test("dissimilarity", table, rng=1, alternative="greater", replicates=199)
    >>> test.p_value
    0.005
    """
    require_choice("alternative", alternative, Alternative)
    level = require_level(level)
    replicates = require_replicates(replicates)
    seed = seed_of(rng)
    subject = prepare_subject(
        name,
        counts,
        group=group,
        against=against,
        total=total,
        geometry=geometry,
        graph=graph,
        options=options,
        seed=seed,
    )
    require_model(model, Null, spatial=subject.is_spatial)
    (values,) = simulate(
        [subject.evaluate],
        subject.table.counts,
        model=model,
        seed=seed,
        first=0,
        last=replicates,
        spatial=subject.is_spatial,
        workers=workers,
    )
    return significance_from_replicates(
        name,
        subject.observed,
        values,
        model=model,
        seed=seed,
        alternative=alternative,
        level=level,
        options=options,
    )


def significance_from_replicates(
    name: str,
    observed: float,
    values: Floats,
    *,
    model: Null,
    seed: Seed,
    alternative: Alternative = "two-sided",
    level: float = 0.95,
    options: Mapping[str, Any] | None = None,
) -> SingleTest:
    """Put the pieces of `replicate_values()` together to a test.

    Parameters
    ----------
    name : str
        The measure.
    observed : float
        Its value, from `compute()`.
    values : array of float, shape (n_replicates,)
        Values of replicates 0, 1, …; NaN where undefined.
    model, seed, options
        What the replicates were drawn and evaluated with; told in the result.
    alternative : {"two-sided", "greater", "less"}, default "two-sided"
        Which values are extreme.
    level : float, default 0.95
        Share of the replicates between `null_low` and `null_high`.

    Returns
    -------
    SingleTest

    Raises
    ------
    ParameterError
        If measure, alternative or level cannot be.

    Examples
    --------
    >>> values = np.array([0.1, 0.2, 0.3])
    >>> significance_from_replicates("dissimilarity", 0.4, values, model="evenness", seed=1).p_value
    0.5
    """
    chosen = measure(name)
    require_choice("model", model, Null)
    require_seed(seed)
    level = require_level(level)
    observed, values = require_values(observed, values)
    simulated = defined(values)
    expected, deviation = mean_and_deviation(simulated)
    low, high = central_range(simulated, level)
    return SingleTest(
        measure=name,
        model=model,
        alternative=alternative,
        observed=observed,
        p_value=p_value(observed, simulated, alternative),
        expected=expected,
        deviation=deviation,
        null_low=low,
        null_high=high,
        excess=observed - expected,
        corrected=_corrected(chosen, observed, expected),
        level=level,
        replicates=len(values),
        undefined=len(values) - len(simulated),
        seed=seed,
        options=require_mapping("options", options, "the options of the measure by their names"),
        values=values,
    )


def expected_value(
    name: str,
    counts: pd.DataFrame | pd.Series | Floats,
    *,
    rng: np.random.Generator | int,
    model: Null = "person_permutation",
    replicates: int = 999,
    group: Hashable | None = None,
    against: Hashable | None = None,
    total: pd.Series | None = None,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None = None,
    graph: NeighbourGraph | None = None,
    workers: int | None = None,
    **options: Any,
) -> ExpectedValue:
    """Return the value that a measure would have by chance.

    Parameters
    ----------
    name, counts, rng, model, replicates, group, against, total, geometry, graph, workers, **options
        As in `randomisation_test()`.

    Returns
    -------
    ExpectedValue
        NaN when the measure is undefined for every replicate.

    Raises
    ------
    ParameterError, CountsError, AlignmentError, CrsError, GeometryError
        As in `randomisation_test()`.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [1, 1], "other": [1, 1]})
    >>> bool(0.2 < expected_value("dissimilarity", table, rng=1, replicates=500).expected < 0.45)
    True
    """
    test = randomisation_test(
        name,
        counts,
        rng=rng,
        model=model,
        replicates=replicates,
        group=group,
        against=against,
        total=total,
        geometry=geometry,
        graph=graph,
        workers=workers,
        **options,
    )
    known = test.replicates - test.undefined
    return ExpectedValue(
        measure=test.measure,
        model=test.model,
        expected=test.expected,
        deviation=test.deviation,
        standard_error=test.deviation / math.sqrt(known) if known else float("nan"),
        replicates=test.replicates,
        undefined=test.undefined,
        seed=test.seed,
        options=test.options,
        values=test.values,
    )


def _corrected(chosen: Measure, observed: float, expected: float) -> float:
    """Return the part of the way from the expected value to the bound on the observed value's side."""
    bound = chosen.high if observed >= expected else chosen.low
    if bound is None or bound == expected or math.isnan(observed):
        return float("nan")
    return (observed - expected) / abs(bound - expected)
