"""How sure is a measure? A bias-corrected estimate with an interval, from persons or areas drawn anew."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.neighbours import NeighbourGraph
from spatial.parameters import require_choice, require_mapping, require_seed, seed_of
from spatial.segregation.counts import Floats
from spatial.segregation.inference.models import Resampling, require_model
from spatial.segregation.inference.replicates import simulate
from spatial.segregation.inference.result import BootstrapEstimate
from spatial.segregation.inference.streams import Seed
from spatial.segregation.inference.tails import (
    Interval,
    bootstrap_interval,
    defined,
    mean_and_deviation,
    require_level,
    require_replicates,
    require_values,
)
from spatial.segregation.places import Places
from spatial.segregation.register import measure
from spatial.segregation.subject import prepare_subject

__all__ = ["bootstrap", "estimate_from_replicates"]


def bootstrap(
    name: str,
    counts: pd.DataFrame | pd.Series | Floats,
    *,
    rng: np.random.Generator | int,
    model: Resampling = "bootstrap_persons",
    interval: Interval = "basic",
    replicates: int = 1000,
    level: float = 0.95,
    group: Hashable | None = None,
    against: Hashable | None = None,
    total: pd.Series | None = None,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None = None,
    graph: NeighbourGraph | None = None,
    workers: int | None = None,
    **options: Any,
) -> BootstrapEstimate:
    r"""Estimate a measure without its upward bias, and with an interval.

    Parameters
    ----------
    name : str
        A measure that gives one number.
    counts, group, against, total, geometry, graph, **options
        As in `compute()`; the number of all persons must be whole for "bootstrap_persons".
    rng : numpy Generator or int
        Source of randomness. The result's `seed`, given as `rng`, repeats the run.
    model : {"bootstrap_persons", "bootstrap_areas"}, default "bootstrap_persons"
        What is drawn with replacement: as many persons as there are, from the cells of the table (one
        multinomial draw), or as many areas as are inhabited.
    interval : {"basic", "percentile", "bias_corrected"}, default "basic"
        Kind of interval; see Notes.
    replicates : int, default 1000
        Tables drawn.
    level : float, default 0.95
        Share of such intervals that cover the true value.
    workers : int, optional
        Threads; None takes all processors. The numbers do not depend on it.

    Returns
    -------
    BootstrapEstimate
        `estimate` is :math:`2\hat\theta - \overline{\theta^*}`.

    Raises
    ------
    ParameterError
        If the measure gives more than one number or looks at a map that is not given; if areas are to be drawn
        for a measure of the map, where the place of an area is taken; if an option cannot be.
    CountsError, AlignmentError, CrsError, GeometryError
        As in `compute()`.

    Notes
    -----
    Chance makes small areas uneven, so a measure of unevenness is too high, and drawing persons adds the same
    chance a second time: the replicates lie above the observed value as the observed value lies above the true
    one. The basic interval turns them around the observed value and so corrects twice for that, as it must; the
    percentile interval lies too high by twice the bias and may miss even the observed value. Where almost all
    replicates lie above the observed value, the bias-corrected interval is undefined (NaN). Near evenness, where
    the measure cannot be smaller, all intervals are only approximate.

    The persons of a register are all there are: their interval tells how far the value reflects chance moves of
    single persons, not an error of the register.

    References
    ----------
    .. [1] B. Efron and R. J. Tibshirani (1993), An Introduction to the Bootstrap, doi:10.1201/9780429246593.
    .. [2] B. Elbers (2023), A Method for Studying Differences in Segregation Across Time and Space,
       Sociological Methods and Research 52, doi:10.1177/0049124121986204.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [10, 30, 20], "other": [90, 70, 80]})
    >>> result = bootstrap("dissimilarity", table, rng=1, replicates=200)
    >>> bool(result.ci_low < result.estimate < result.observed)
    True
    """
    require_choice("interval", interval, Interval)
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
    require_model(model, Resampling, spatial=subject.is_spatial)
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
    return estimate_from_replicates(
        name,
        subject.observed,
        values,
        model=model,
        seed=seed,
        interval=interval,
        level=level,
        options=options,
    )


def estimate_from_replicates(
    name: str,
    observed: float,
    values: Floats,
    *,
    model: Resampling = "bootstrap_persons",
    seed: Seed,
    interval: Interval = "basic",
    level: float = 0.95,
    options: Mapping[str, Any] | None = None,
) -> BootstrapEstimate:
    """Put the pieces of `replicate_values()` together to an estimate.

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
    interval : {"basic", "percentile", "bias_corrected"}, default "basic"
        Kind of interval.
    level : float, default 0.95
        Share of such intervals that cover the true value.

    Returns
    -------
    BootstrapEstimate

    Raises
    ------
    ParameterError
        If interval or level cannot be.

    Examples
    --------
    >>> values = np.array([0.42, 0.44, 0.46])
    >>> round(estimate_from_replicates("dissimilarity", 0.4, values, seed=1).estimate, 4)
    0.36
    """
    measure(name)
    require_choice("model", model, Resampling)
    require_seed(seed)
    level = require_level(level)
    observed, values = require_values(observed, values)
    simulated = defined(values)
    mean, deviation = mean_and_deviation(simulated)
    low, high = bootstrap_interval(observed, simulated, interval, level)
    return BootstrapEstimate(
        measure=name,
        model=model,
        observed=observed,
        estimate=2 * observed - mean,
        bias=mean - observed,
        standard_error=deviation,
        ci_low=low,
        ci_high=high,
        interval=interval,
        level=level,
        replicates=len(values),
        undefined=len(values) - len(simulated),
        seed=seed,
        options=require_mapping("options", options, "the options of the measure by their names"),
        values=values,
    )
