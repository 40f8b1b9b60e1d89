"""Reardon and O'Sullivan's indices as formulas of counts and environments, for many counts at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.segregation.aspatial.sums import TINY
from spatial.segregation.counts import Floats, many_groups
from spatial.segregation.environments.kernels import KernelShape
from spatial.segregation.environments.street_network import StreetNetwork
from spatial.segregation.environments.surroundings import Surroundings
from spatial.segregation.environments.weighted_sums import LocalSums
from spatial.segregation.measure import Evaluator
from spatial.segregation.places import Places

__all__ = [
    "SpatialIndex",
    "dissimilarity_of",
    "evaluator_of",
    "exposure_of",
    "gini_of",
    "information_theory_of",
    "prepare_index",
    "relative_diversity_of",
    "value_of",
]

SpatialIndex: TypeAlias = Callable[[Floats, LocalSums], Floats]
"""Counts (n_replicates, n_groups, n_areas) and the operator of the environments to values (n_replicates, …)."""

# Replicates whose environments are held at the same time by the Gini index, which needs all areas at once.
_TOGETHER: Final = 16


def dissimilarity_of(counts: Floats, around: LocalSums) -> Floats:
    """Return D̃, shape (n_replicates,)."""
    whole, share = _city(counts)

    def term(environment: Floats, own: Floats, some: slice) -> Floats:
        gap = _shares(environment)
        gap -= share[some, :, None]
        return _weighted(np.abs(gap, out=gap).sum(axis=-2), own)

    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(around.total(counts, term) / (2 * whole * _interaction(share)))


def information_theory_of(counts: Floats, around: LocalSums) -> Floats:
    """Return H̃, shape (n_replicates,)."""
    whole, share = _city(counts)

    def term(environment: Floats, own: Floats, _: slice) -> Floats:
        return _weighted(_entropy(_shares(environment)), own)

    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - around.total(counts, term) / (whole * _entropy(share[..., None])[..., 0])


def relative_diversity_of(counts: Floats, around: LocalSums) -> Floats:
    """Return R̃, shape (n_replicates,)."""
    whole, share = _city(counts)

    def term(environment: Floats, own: Floats, _: slice) -> Floats:
        shares = _shares(environment)
        np.multiply(shares, 1 - shares, out=shares)
        return _weighted(shares.sum(axis=-2), own)

    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - around.total(counts, term) / (whole * _interaction(share))


def exposure_of(counts: Floats, around: LocalSums) -> Floats:
    """Return P̃, the exposure of each group (row) to each (column), shape (n_replicates, n_groups, n_groups)."""

    def term(environment: Floats, own: Floats, _: slice) -> Floats:
        return np.asarray(own @ _shares(environment).swapaxes(-1, -2))

    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(around.total(counts, term) / counts.sum(axis=-1)[..., None])


def gini_of(counts: Floats, around: LocalSums) -> Floats:
    """Return the Gini index of the environments, shape (n_replicates,)."""
    whole, share = _city(counts)
    # With two groups the shares of the second mirror those of the first.
    looked_at = 1 if counts.shape[1] == 2 else counts.shape[1]
    apart = np.zeros(len(counts))
    for first in range(0, len(counts), _TOGETHER):
        some = counts[first : first + _TOGETHER]
        residents = some.sum(axis=-2)
        shares = _shares(around.sums(some))
        for replicate in range(len(some)):
            for group in range(looked_at):
                apart[first + replicate] += _differences(shares[replicate, group], residents[replicate])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(apart * (counts.shape[1] / looked_at) / (2 * whole**2 * _interaction(share)))


def evaluator_of(index: SpatialIndex, around: LocalSums) -> Evaluator:
    """Return the evaluator of an index: counts of shape (…, n_groups, n_areas) to values of shape (…)."""

    def value(counts: Floats) -> Floats:
        flat = np.asarray(counts, dtype=np.float64).reshape(-1, *counts.shape[-2:])
        found = index(flat, around)
        return found.reshape(counts.shape[:-2] + found.shape[1:])

    return value


def prepare_index(
    index: SpatialIndex,
    *,
    places: Places,
    bandwidth: float | None = None,
    neighbours: int | None = None,
    kernel: KernelShape | None = None,
    cutoff: float | None = None,
    streets: gpd.GeoSeries | gpd.GeoDataFrame | StreetNetwork | None = None,
    access: Literal["added", "ignored"] = "added",
    method: Literal["auto", "exact", "grid"] = "auto",
    workers: int | None = None,
) -> Evaluator:
    """Find the environments of some places once, and return the evaluator of an index on them."""
    surroundings = Surroundings(
        bandwidth=bandwidth,
        neighbours=neighbours,
        kernel=kernel,
        cutoff=cutoff,
        streets=streets,
        access=access,
        method=method,
        workers=workers,
    )
    return evaluator_of(index, surroundings.environments(places).around)


def value_of(
    index: SpatialIndex,
    counts: pd.DataFrame | Floats,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    surroundings: Surroundings,
    what: str,
) -> Floats:
    """Check counts and geometry, and return the value of an index."""
    table = many_groups(counts)
    places = Places.of(geometry, table.area_id, what)
    return evaluator_of(index, surroundings.environments(places).around)(table.counts)


def _city(counts: Floats) -> tuple[Floats, Floats]:
    """Return all people (n_replicates,) and the shares of the groups (n_replicates, n_groups)."""
    total = counts.sum(axis=-1)
    whole = total.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return whole, total / whole[:, None]


def _shares(environment: Floats) -> Floats:
    """Return the shares of the groups in each environment, 0 where nobody lives around."""
    everybody = environment.sum(axis=-2, keepdims=True)
    everybody[everybody == 0] = 1.0
    return np.asarray(environment / everybody)


def _interaction(share: Floats) -> Floats:
    """Return the chance that two people belong to different groups; exactly 0 where there is one group only."""
    return np.asarray((share * (1 - share)).sum(axis=-1))


def _entropy(shares: Floats) -> Floats:
    """Return the entropy of shares of shape (…, n_groups, n_areas) over the groups."""
    logarithm = np.maximum(shares, TINY)
    np.log(logarithm, out=logarithm)
    logarithm *= shares
    return np.asarray(-logarithm.sum(axis=-2))


def _weighted(values: Floats, own: Floats) -> Floats:
    """Add up values per area, each as often as it has residents."""
    values *= own.sum(axis=-2)
    return np.asarray(values.sum(axis=-1))


def _differences(values: Floats, residents: Floats) -> float:
    """Return the sum over all pairs of people of the difference of their values, each pair counted twice."""
    order = np.argsort(values)
    ordered = values[order]
    below = np.cumsum(residents[order])
    steps = np.diff(ordered)
    # A step separates those below from those above; no term is negative, so nothing cancels.
    steps *= below[:-1]
    steps *= below[-1] - below[:-1]
    return float(2 * steps.sum())
