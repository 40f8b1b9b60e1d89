"""How near is near? One meaning of distance and proximity for every measure that sums over pairs of areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from spatial.errors import GeometryError, ParameterError
from spatial.parameters import LONGEST, SHORTEST, require_choice, require_number
from spatial.segregation.counts import Floats
from spatial.segregation.places import Places

__all__ = ["Decay", "Diagonal", "Proximity", "from_squares", "proximity_of"]

Decay: TypeAlias = Literal["exponential", "inverse", "distance"]
"""Proximity c of two places at distance d: exp(-d), 1/d, or d itself (then near is small)."""

Diagonal: TypeAlias = Literal["0.6 sqrt(area)", "sqrt(0.6 area)", "zero", "excluded"]
"""Distance of an area from itself; "excluded" leaves the pairs within one area out."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Proximity:
    """Places on a plane that is measured in distance units, and how proximity follows from distance.

    `x`, `y` are coordinates [distance units] from the lowest ones, `own` is the proximity of each area to
    itself, `decay` the rule for all others.
    """

    x: Floats
    y: Floats
    own: Floats
    decay: Decay

    def __repr__(self) -> str:
        return f"Proximity({self.decay}, {len(self.x)} places)"


def proximity_of(
    places: Places,
    what: str,
    *,
    distance_unit: float = 1000.0,
    decay: Decay = "exponential",
    diagonal: Diagonal = "0.6 sqrt(area)",
) -> Proximity:
    """Choose unit, decay and diagonal for the proximity of areas.

    Parameters
    ----------
    places : Places
        Where the areas lie and how large they are.
    what : str
        Who asks, for messages.
    distance_unit : float, default 1000.0
        Metres in one unit of distance; proximity is taken of the distance in these units. [m]
    decay : {"exponential", "inverse", "distance"}
        Proximity at distance d: exp(-d), 1/d, or d itself.
    diagonal : {"0.6 sqrt(area)", "sqrt(0.6 area)", "zero", "excluded"}
        Distance of an area from itself; "excluded" leaves pairs within one area out.

    Returns
    -------
    Proximity

    Raises
    ------
    ParameterError
        If an option is unknown, the unit is not a length, the diagonal needs sizes and the places are points,
        or the diagonal is 0 and proximity 1/d.
    GeometryError
        If two areas lie at one place and proximity is 1/d.

    Examples
    --------
    >>> import pandas as pd
    >>> block = Places(area_id=pd.Index(["00"]), x=np.zeros(1), y=np.zeros(1), size=np.array([1e6]))
    >>> proximity_of(block, "the example").own.round(4).tolist()  # exp(-0.6)
    [0.5488]
    """
    distance_unit = require_number(
        "distance_unit",
        distance_unit,
        "a finite length above 0 m, from 1 µm to 10¹² km",
        lambda metres: SHORTEST <= metres <= LONGEST,
    )
    require_choice("decay", decay, Decay)
    require_choice("diagonal", diagonal, Diagonal)
    x, y = ((values - values.min()) / distance_unit for values in (places.x, places.y))
    if decay == "inverse":
        _refuse_one_place(places, what)
    own = _own_distance(places, what, diagonal) / distance_unit
    if diagonal == "excluded":
        own = np.zeros(len(x))
    elif decay == "inverse" and diagonal == "zero":
        raise ParameterError(
            "diagonal", diagonal, "another rule when decay is 'inverse': 1/0 is no proximity"
        )
    else:
        own *= own
        from_squares(own, decay)
    return Proximity(x=x, y=y, own=own, decay=decay)


def from_squares(squares: Floats, decay: Decay) -> None:
    """Turn squared distances into proximities, in place.

    Parameters
    ----------
    squares : array of float
        Squared distances [distance units squared]; overwritten with proximities.
    decay : {"exponential", "inverse", "distance"}
        See `proximity_of`.

    Examples
    --------
    >>> four = np.array([4.0])
    >>> from_squares(four, "inverse")
    >>> four.tolist()
    [0.5]
    """
    np.sqrt(squares, out=squares)
    if decay == "exponential":
        np.negative(squares, out=squares)
        np.exp(squares, out=squares)
    elif decay == "inverse":
        np.reciprocal(squares, out=squares)


def _own_distance(places: Places, what: str, diagonal: Diagonal) -> Floats:
    """Return the distance of each area from itself [m]."""
    if diagonal in ("zero", "excluded"):
        return np.zeros(len(places.x))
    if places.size is None:
        raise ParameterError(
            "diagonal", diagonal, f"'zero' or 'excluded' when {what} is given points, which have no size"
        )
    if diagonal == "0.6 sqrt(area)":
        return np.asarray(0.6 * np.sqrt(places.size))
    return np.asarray(np.sqrt(0.6 * places.size))


def _refuse_one_place(places: Places, what: str) -> None:
    order = np.lexsort((places.y, places.x))
    same = (np.diff(places.x[order]) == 0) & (np.diff(places.y[order]) == 0)
    if same.any():
        raise GeometryError(
            f"{what} with decay 'inverse' finds another area at the same place",
            places.area_id[np.sort(order[1:][same])],
            "choose decay 'exponential', or give every area a place of its own",
        )
