"""Can any proposal keep to the limits? Asked before a search, so that the answer names the limit and what would do."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.errors import ParameterError
from spatial.regions.cuts.objective import Objective
from spatial.regions.cuts.pieces import pieces_of
from spatial.regions.limits import RegionLimits

__all__ = ["require_feasible"]


def require_feasible(objective: Objective, threshold: float, limits: RegionLimits, locked: pd.Series) -> None:
    """Raise when limits contradict what is fixed, or leave room for no region at all.

    Parameters
    ----------
    objective : Objective
        Costs, with the areas that are held in and out.
    threshold : float
        Need above which an area speaks for itself. [index points]
    limits : RegionLimits
        What regions may be like.
    locked : Series of str, in the order of the objective's areas
        Region that an area is locked in, missing for all others.

    Raises
    ------
    ParameterError
        Naming the limit, its value, and the least relaxation that would do.
    """
    if limits.is_none:
        return
    people, held_in = objective.people, objective.held_in
    is_locked = locked.notna().to_numpy(dtype=bool)
    sizes = pd.Series(people[is_locked]).groupby(locked[is_locked].astype(str).to_numpy()).sum()
    _require_locked(sizes, limits)
    _require_number(sizes, limits, bool(held_in.any()))
    most = limits.most_share * float(people.sum())
    fixed = float(people[is_locked | held_in].sum())
    if fixed > most:
        raise ParameterError(
            "most_share",
            limits.most_share,
            f"at least {_up(fixed / float(people.sum()))}: so many residents live in locked areas and areas held in",
        )
    _require_room(objective, limits)
    if not is_locked.any() and not held_in.any():
        _require_one_region(objective, threshold, limits, most)


def _require_locked(sizes: pd.Series, limits: RegionLimits) -> None:
    if len(sizes) and sizes.min() < limits.least_residents:
        raise ParameterError(
            "least_residents",
            limits.least_residents,
            f"at most {sizes.min():.10g}: the locked region {sizes.idxmin()} has no more; or unlock it",
        )
    if len(sizes) and sizes.max() > limits.most_residents:
        raise ParameterError(
            "most_residents",
            limits.most_residents,
            f"at least {sizes.max():.10g}: the locked region {sizes.idxmax()} has so many; or unlock it",
        )


def _require_number(sizes: pd.Series, limits: RegionLimits, is_held: bool) -> None:
    needed = len(sizes) + int(is_held)
    if limits.most_regions is not None and limits.most_regions < needed:
        what = f"{len(sizes)} locked region(s)" + (" and areas held in" if is_held else "")
        raise ParameterError("most_regions", limits.most_regions, f"at least {needed}: there are {what}")


def _require_room(objective: Objective, limits: RegionLimits) -> None:
    """Every area that is held in needs a connected surrounding with enough residents, and may not have too many."""
    held = objective.held_in
    if not held.any():
        return
    largest = int(np.argmax(np.where(held, objective.people, -1.0)))
    if objective.people[largest] > limits.most_residents:
        raise ParameterError(
            "most_residents",
            limits.most_residents,
            f"at least {objective.people[largest]:.10g}: {objective.area_id[largest]}, held in, has so many",
        )
    piece = pieces_of(~objective.held_out, objective)
    around = _residents(piece, objective)
    short = held & (around[piece] < limits.least_residents)
    if short.any():
        at = int(np.flatnonzero(short)[np.argmin(around[piece[short]])])
        raise ParameterError(
            "least_residents",
            limits.least_residents,
            f"at most {around[piece[at]]:.10g}: {objective.area_id[at]}, held in, is connected with no more residents",
        )


def _require_one_region(objective: Objective, threshold: float, limits: RegionLimits, most: float) -> None:
    free = ~objective.held_out
    people = objective.people[free & (objective.people > 0)]
    if not len(people):
        return
    around = _residents(pieces_of(free, objective), objective)
    if around.max() < limits.least_residents:
        raise ParameterError(
            "least_residents",
            limits.least_residents,
            f"at most {around.max():.10g}: nowhere are more residents connected",
        )
    needy = objective.people[free & (objective.people > 0) & (objective.cost(threshold) < 0)]
    least = max(float(needy.min(initial=np.inf)) if len(needy) else 0.0, limits.least_residents)
    if most < least:
        share = _up(least / float(objective.people.sum()))
        raise ParameterError("most_share", limits.most_share, f"at least {share}, enough for one region")


def _residents(piece: NDArray[np.int64], objective: Objective) -> NDArray[np.float64]:
    """Return the residents of each piece [persons]."""
    inside = piece >= 0
    members = objective.people[inside]
    return np.asarray(np.bincount(piece[inside], members, int(piece.max(initial=-1)) + 1), dtype=np.float64)


def _up(share: float) -> str:
    """Return a share with four digits, rounded up, so that what is asked for is enough."""
    return f"{np.ceil(share * 1e4) / 1e4:.4f}"
