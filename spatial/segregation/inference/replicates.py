"""Which values does a measure have in the replicates of a null model or bootstrap? In pieces that add up."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.neighbours import NeighbourGraph
from spatial.parameters import require_seed
from spatial.segregation.counts import Floats
from spatial.segregation.inference.models import Model, require_model, sampler
from spatial.segregation.inference.streams import CHUNK, blocks_of_replicates, in_chunks
from spatial.segregation.measure import Evaluator
from spatial.segregation.places import Places
from spatial.segregation.subject import prepare_subject

__all__ = ["replicate_values", "simulate"]


def replicate_values(
    name: str,
    counts: pd.DataFrame | pd.Series | Floats,
    *,
    model: Model,
    rng: int | Sequence[int],
    first: int,
    last: int,
    group: Hashable | None = None,
    against: Hashable | None = None,
    total: pd.Series | None = None,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None = None,
    graph: NeighbourGraph | None = None,
    workers: int | None = 1,
    **options: Any,
) -> Floats:
    """Compute a measure for some of the replicates of a null model or bootstrap.

    The piece that a scheduler runs: the value of replicate i depends on the counts, the measure with its
    options, the model, `rng` and i, and on nothing else. Pieces computed anywhere, in any order, again after
    a restart, add up to the whole.

    Parameters
    ----------
    name : str
        A measure that gives one number.
    counts, group, against, total, geometry, graph, **options
        As in `compute()`.
    model : Model
        Null model or bootstrap.
    rng : int or sequence of int
        Where the random numbers start: whole numbers of at least 0, for example (run, city, year), or the
        `seed` of a result. No Generator: the next piece would start from another place.
    first, last : int
        Replicates first, …, last - 1; 0 ≤ first ≤ last. Borders at multiples of `CHUNK` waste nothing.
    workers : int, optional
        Threads; None takes all processors. The values do not depend on it.

    Returns
    -------
    array of float, shape (last - first,)
        NaN where the measure is undefined for a replicate.

    Raises
    ------
    ParameterError
        If measure, model, option, `rng` or the piece cannot be, or the map is needed and not given.
    CountsError, AlignmentError
        As in `compute()`.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [10, 30], "other": [90, 70]})
    >>> whole = replicate_values("dissimilarity", table, model="evenness", rng=1, first=0, last=60)
    >>> piece = replicate_values("dissimilarity", table, model="evenness", rng=1, first=40, last=60)
    >>> bool((whole[40:] == piece).all())
    True
    """
    seed = require_seed(rng, "rng")
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
    require_model(model, Model, spatial=subject.is_spatial)
    values: Floats = simulate(
        [subject.evaluate],
        subject.table.counts,
        model=model,
        seed=seed,
        first=first,
        last=last,
        spatial=subject.is_spatial,
        workers=workers,
    )[0]
    return values


def simulate(
    evaluators: Sequence[Evaluator],
    counts: Floats,
    *,
    model: Model,
    seed: int | Sequence[int],
    first: int,
    last: int,
    spatial: bool = False,
    workers: int | None = 1,
) -> Floats:
    """Evaluate measures on the same replicates: drawing costs more than evaluating.

    Parameters
    ----------
    evaluators : sequence of Evaluator
        Prepared measures of these counts.
    counts : array of float, shape (n_groups, n_areas)
        Checked counts. [persons]
    model : Model
        Null model or bootstrap.
    seed : int or sequence of int
        Whole numbers of at least 0.
    first, last : int
        Replicates first, …, last - 1.
    spatial : bool, default False
        Whether a measure looks at the map; it is then given more replicates at once.
    workers : int, optional
        Threads; None takes all processors. The values do not depend on it.

    Returns
    -------
    array of float, shape (n_evaluators, last - first)

    Raises
    ------
    ParameterError
        If seed or piece cannot be, or the counts do not fit the model.

    Examples
    --------
    >>> table = np.array([[10.0, 30.0], [90.0, 70.0]])
    >>> shares = [lambda counts: counts[..., 0, 0], lambda counts: counts[..., 0, 1]]
    >>> simulate(shares, table, model="person_permutation", seed=1, first=0, last=3).sum(axis=0).tolist()
    [40.0, 40.0, 40.0]
    """
    draw = sampler(model, counts)

    def evaluate(rng: np.random.Generator, wanted: int) -> Floats:
        found = np.empty((len(evaluators), CHUNK))
        for part in blocks_of_replicates(wanted, counts.size, spatial=spatial):
            tables = np.empty((part.stop - part.start, *counts.shape))
            draw(rng, tables)
            for values, evaluator in zip(found, evaluators, strict=True):
                values[part] = evaluator(tables)
        return found

    return in_chunks(evaluate, len(evaluators), counts.size, seed, first, last, workers)
