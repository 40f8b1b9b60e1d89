"""Which areas does a measure hang on? Its value without each of them, and the bias and error that follow."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.neighbours import NeighbourGraph
from spatial.segregation.counts import Floats
from spatial.segregation.inference.result import JackknifeEstimate
from spatial.segregation.inference.streams import blocks_of_replicates
from spatial.segregation.places import Places
from spatial.segregation.subject import prepare_subject
from spatial.segregation.threads import in_threads, thread_count

__all__ = ["jackknife"]

# A measure that draws lots draws the same in every run.
_SEED: Final = 0


def jackknife(
    name: str,
    counts: pd.DataFrame | pd.Series | Floats,
    *,
    group: Hashable | None = None,
    against: Hashable | None = None,
    total: pd.Series | Floats | None = None,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None = None,
    graph: NeighbourGraph | None = None,
    workers: int | None = None,
    **options: Any,
) -> JackknifeEstimate:
    r"""Leave out one area after the other, to see bias, error, and the areas that a measure hangs on.

    .. math:: bias = (n - 1)(\overline{\theta_{(\cdot)}} - \hat\theta), \qquad
              se = \sqrt{\tfrac{n - 1}{n} \sum_i (\theta_{(i)} - \overline{\theta_{(\cdot)}})^2}

    with the value :math:`\hat\theta` of all :math:`n` inhabited areas and :math:`\theta_{(i)}` without the
    residents of area :math:`i` [1]_ [2]_.

    Parameters
    ----------
    name : str
        A measure that gives one number.
    counts, group, against, total, geometry, graph, **options
        As in `compute()`.
    workers : int, optional
        Threads; None takes all processors. The numbers do not depend on it.

    Returns
    -------
    JackknifeEstimate
        `values` tells for each inhabited area the value without it: far from the others means that the measure
        hangs on this area. NaN where fewer than two areas are inhabited, or the measure is undefined without
        one of them.

    Raises
    ------
    ParameterError
        If the measure gives more than one number or looks at a map that is not given; if an option cannot be.
    CountsError, AlignmentError, CrsError, GeometryError
        As in `compute()`.

    Notes
    -----
    An area is left out by taking its residents away: an area where nobody lives has no effect. The map stays,
    so options that count uninhabited land count it here, too.

    The jackknife takes areas for a random sample and is made for smooth measures; of D, Gini and the like its
    error is approximate, and it does not see that small areas are uneven by chance. For an interval use
    `bootstrap`. The time grows with the square of the number of areas; environments of the nearest areas are
    searched anew for each.

    References
    ----------
    .. [1] B. Efron and R. J. Tibshirani (1993), An Introduction to the Bootstrap, doi:10.1201/9780429246593.
    .. [2] M. Tivadar (2019), OasisR: An R Package to Bring Some Order to the World of Segregation
       Measurement, Journal of Statistical Software 89(7), doi:10.18637/jss.v089.i07.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [10, 30, 20], "other": [90, 70, 80]}, index=["a", "b", "c"])
    >>> jackknife("dissimilarity", table).values.round(4).to_dict()
    {'a': 0.1333, 'b': 0.1961, 'c': 0.3125}
    """
    threads = thread_count(workers)
    subject = prepare_subject(
        name,
        counts,
        group=group,
        against=against,
        total=total,
        geometry=geometry,
        graph=graph,
        options=options,
        seed=_SEED,
    )
    whole = subject.table.counts
    inhabited = np.flatnonzero(whole.any(axis=0))
    found = np.full(len(inhabited), np.nan)

    def without(block: slice) -> None:
        areas = inhabited[block]
        tables = np.repeat(whole[np.newaxis], len(areas), axis=0)
        tables[np.arange(len(areas)), :, areas] = 0.0
        found[block] = subject.evaluate(tables)

    step = _areas_at_once(whole.size, spatial=subject.is_spatial)
    blocks = [slice(start, min(start + step, len(found))) for start in range(0, len(found), step)]
    in_threads(without, blocks, threads)
    observed, n_areas = subject.observed, len(found)
    bias = error = math.nan
    if n_areas > 1:
        mean = float(found.mean())
        bias = (n_areas - 1) * (mean - observed)
        error = math.sqrt((n_areas - 1) / n_areas * float(((found - mean) ** 2).sum()))
    return JackknifeEstimate(
        measure=name,
        observed=observed,
        estimate=observed - bias,
        bias=bias,
        standard_error=error,
        areas=n_areas,
        undefined=int(np.isnan(found).sum()),
        options=dict(options),
        values=pd.Series(found, index=subject.table.area_id[inhabited], name=name),
    )


def _areas_at_once(numbers: int, *, spatial: bool) -> int:
    """Return how many tables with one area left out are looked at together, by their size."""
    first = next(blocks_of_replicates(1, numbers, spatial=spatial))
    return int(first.stop - first.start)
