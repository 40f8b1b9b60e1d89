"""What does a choice of areas cost, and what does it save? The one yardstick of every search for boundaries."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.alignment import align, require_unique
from spatial.errors import CountsError, ParameterError
from spatial.neighbours import NeighbourGraph

__all__ = ["Objective", "in_force", "need_and_people", "objective_of"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Objective:
    r"""The costs of choosing areas, ready to be searched.

    .. math:: E(x) = \sum_i w_i (\tau - s_i) x_i + \sum_{ij} c_{ij} |x_i - x_j|

    `weight` :math:`w` are the residents of areas whose need is known, 0 elsewhere [persons]; `strength` :math:`s`
    is the need with what stays for or against the area for the sake of stability [index points], 0 where it is not
    known; `price` :math:`c` is what separating the neighbours `first` and `second` costs [persons × index points].
    `people` are all residents [persons]. `held_in` and `held_out` are areas whose answer is given. All arrays are
    in the order of `area_id`; none is changed after it was made.
    """

    area_id: pd.Index
    people: NDArray[np.float64]
    weight: NDArray[np.float64]
    strength: NDArray[np.float64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    price: NDArray[np.float64]
    held_in: NDArray[np.bool_]
    held_out: NDArray[np.bool_]

    def __repr__(self) -> str:
        return (
            f"Objective({len(self.area_id)} areas, {self.people.sum():.0f} residents, {len(self.price)} borders, "
            f"{int(self.held_in.sum())} held in, {int(self.held_out.sum())} held out)"
        )

    def cost(self, threshold: float) -> NDArray[np.float64]:
        """Return what choosing each area costs by itself, negative where it saves [persons × index points]."""
        return self.weight * (threshold - self.strength)

    def value(self, chosen: NDArray[np.bool_], threshold: float) -> float:
        """Return the objective of a choice [persons × index points]; lower is better, choosing nothing is 0."""
        cut = chosen[self.first] != chosen[self.second]
        return math.fsum(self.cost(threshold)[chosen]) + math.fsum(self.price[cut])

    def holding(
        self, held_in: NDArray[np.bool_] | None = None, held_out: NDArray[np.bool_] | None = None
    ) -> Objective:
        """Return the same objective with further areas whose answer is given."""
        inside = self.held_in if held_in is None else self.held_in | held_in
        outside = self.held_out if held_out is None else self.held_out | held_out
        both = inside & outside
        if both.any():
            raise ParameterError(
                "held areas",
                ", ".join(self.area_id[both].astype(str)[:5]),
                "areas either in or out, not both: take them out of one of the lists",
            )
        return replace(self, held_in=inside, held_out=outside)


def objective_of(
    need: pd.Series,
    population: pd.Series,
    graph: NeighbourGraph,
    *,
    border_price: float,
    existing: pd.Series | None = None,
    inertia: float = 0.0,
    border_factor: pd.Series | None = None,
) -> Objective:
    r"""Put need, residents and borders together.

    Parameters
    ----------
    need : Series of float, shape (n_areas,), indexed by area_id
        Need index, higher = more need. [index points] Missing need speaks neither for nor against an area.
    population : Series of int or float, shape (n_areas,), indexed by area_id
        Residents. [persons]
    graph : NeighbourGraph
        Neighbours and shared borders of the same areas. [m]
    border_price : float
        What a metre of border costs, not negative. [persons × index points per metre]
    existing : Series, shape (n_areas,), indexed by area_id, optional
        Region of the map in force that an area lies in; missing (or False) where it is in none.
    inertia : float, default 0
        How much the map in force counts: added to the need of areas inside, taken from that of areas outside. It
        needs `existing`. [index points]
    border_factor : Series of float, indexed by (area_id, neighbour_id), optional
        Cheap and dear borders: 0.3 along a river makes a good end of a region, 2 inside a neighbourhood a bad one.
        Pairs that are not named have 1.

    Returns
    -------
    Objective
        In the order of the graph's areas.

    Raises
    ------
    AlignmentError
        If the inputs do not have the same areas, or a pair is no pair of neighbours.
    CountsError
        If the population is missing, infinite or negative, or a need is infinite.
    ParameterError
        If price, inertia or a factor is not finite or negative, or inertia is given without a map in force.

    Examples
    --------
    >>> ids = pd.Index(["a", "b"])
    >>> pair = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([50.0]))
    >>> costs = objective_of(pd.Series([1.5, 0.5], ids), pd.Series([100, 40], ids), pair, border_price=0.2)
    >>> costs.value(np.array([True, False]), 1.0)
    -40.0
    """
    for name, value in (("border_price", border_price), ("inertia", inertia)):
        if not (math.isfinite(value) and value >= 0):
            raise ParameterError(name, value, "a finite number of at least 0")
    strength, people = need_and_people(need, population, graph.area_id)
    known = ~np.isnan(strength)
    if existing is not None:
        strength = strength + np.where(in_force(existing, graph.area_id), inertia, -inertia)
    elif inertia:
        raise ParameterError("inertia", inertia, "0, or a map in force to keep close to (existing=…)")
    nobody = np.zeros(len(people), dtype=bool)
    return Objective(
        area_id=graph.area_id,
        people=people,
        weight=np.where(known, people, 0.0),
        strength=np.where(known, strength, 0.0),
        first=graph.first,
        second=graph.second,
        price=border_price * graph.border * _factors(border_factor, graph),
        held_in=nobody,
        held_out=nobody,
    )


def need_and_people(
    need: pd.Series, population: pd.Series, area_id: pd.Index
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Check need and residents, and bring them into the order of the areas.

    Parameters
    ----------
    need : Series of float, shape (n_areas,), indexed by area_id
        Need index; missing where it is not known. [index points]
    population : Series of int or float, shape (n_areas,), indexed by area_id
        Residents. [persons]
    area_id : Index of area_id, shape (n_areas,)
        The wanted order.

    Returns
    -------
    tuple of array of float, shape (n_areas,)
        Need, NaN where it is not known, and residents.

    Raises
    ------
    AlignmentError
        If the areas are not the same.
    CountsError
        If the population is missing, infinite or negative, or a need is infinite.

    Examples
    --------
    >>> both = need_and_people(pd.Series({"a": 1.5, "b": None}), pd.Series({"b": 0, "a": 10}), pd.Index(["b", "a"]))
    >>> [values.tolist() for values in both]
    [[nan, 1.5], [0.0, 10.0]]
    """
    require_unique(need.index, "need")
    people = align(population, area_id, "population").to_numpy(dtype=float, na_value=np.nan)
    index = align(need, area_id, "need").to_numpy(dtype=float, na_value=np.nan)
    _require_usable(index, people, area_id)
    return index, people


def in_force(existing: pd.Series, area_id: pd.Index) -> NDArray[np.bool_]:
    """Say which areas lie in a region of the map in force; a Series of truth values says it itself.

    Parameters
    ----------
    existing : Series, shape (n_areas,), indexed by area_id
        Region of the map in force; missing (or False) where an area is in none.
    area_id : Index of area_id, shape (n_areas,)
        The wanted order.

    Returns
    -------
    array of bool, shape (n_areas,)

    Raises
    ------
    AlignmentError
        If the areas are not the same.

    Examples
    --------
    >>> in_force(pd.Series({"a": "West", "b": None}), pd.Index(["b", "a"])).tolist()
    [False, True]
    """
    region = align(existing, area_id, "existing")
    if pd.api.types.is_bool_dtype(region.dtype):
        return region.fillna(False).to_numpy(dtype=bool)
    return region.notna().to_numpy(dtype=bool)


def _factors(border_factor: pd.Series | None, graph: NeighbourGraph) -> NDArray[np.float64]:
    factor = np.ones(len(graph.border))
    if border_factor is None:
        return factor
    pairs = pd.MultiIndex.from_arrays([graph.area_id[graph.first], graph.area_id[graph.second]])
    values = border_factor.to_numpy(dtype=float, na_value=np.nan)
    if not (np.isfinite(values) & (values >= 0)).all():
        raise ParameterError("border_factor", float(values.min(initial=0)), "finite factors of at least 0")
    one, other = (border_factor.index.get_level_values(level) for level in (0, 1))
    place = pairs.get_indexer(pd.MultiIndex.from_arrays([one, other]))
    swapped = pairs.get_indexer(pd.MultiIndex.from_arrays([other, one]))
    place = np.where(place < 0, swapped, place)
    if (place < 0).any():
        strangers = [f"{a} | {b}" for a, b in border_factor.index[place < 0]]
        raise ParameterError("border_factor", ", ".join(strangers[:5]), "pairs of areas that have a border")
    factor[place] = values
    return factor


def _require_usable(need: NDArray[np.float64], people: NDArray[np.float64], names: pd.Index) -> None:
    missing = ~np.isfinite(people)
    if missing.any():
        raise CountsError("population missing or infinite", names[missing], "give 0 where nobody lives")
    negative = people < 0
    if negative.any():
        raise CountsError("population negative", names[negative])
    infinite = np.isinf(need)
    if infinite.any():
        raise CountsError(
            "need infinite", names[infinite], "give a number, or leave it missing if it is not known"
        )
