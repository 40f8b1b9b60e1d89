"""A sum of z-scores when a single value of it is another one: mean and deviation are moved, not computed again.

For the search of flipping changes in cities of thousands of areas. Methods that go another way than z-scores and a sum
are computed as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indicators.explanation.prepared import Floats
from indicators.methods.schema import Index, Method
from indicators.methods.steps import ZScore

__all__ = ["StandardisedSum", "is_standardised_sum", "standardised_sum"]

_FLAT = 1e-6  # of a sum of squares: where less of it is left, moving it would cost digits


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StandardisedSum:
    r"""What has to be known of a sum of z-scores to say what becomes of it when one value moves by d.

    With deviations :math:`a`, sums of squares and products :math:`S` and factors :math:`f_l = w_l / s_l`, the moved
    column k has :math:`S_{kk} + 2 d a_{ik} + d^2 (1 - 1/n)`, its products with the others :math:`S_{kl} + d a_{il}`.
    By area and input: `deviations` a, `others` (Σ over the other inputs of f · a). By input: `weights`, `squares`
    S, `ddof`, `rest` (Σ over pairs of others of f · S · f), `across` (Σ over others of f · S). `ddof_sum`: of the sum's
    deviation, None where it is not standardised again. `signs`: −1 where less is more need.
    """

    areas: int
    places: NDArray[np.intp]
    signs: Floats
    values: Floats
    deviations: Floats
    others: Floats
    weights: Floats
    squares: Floats
    ddof: NDArray[np.intp]
    rest: Floats
    across: Floats
    ddof_sum: int | None

    def __repr__(self) -> str:
        return f"StandardisedSum({self.areas} areas, {len(self.places)} inputs)"

    def replaced(self, area: NDArray[np.intp], column: NDArray[np.intp], value: Floats) -> Floats:
        """Return the index of each area when its value in one column is another one, all else being equal.

        Parameters
        ----------
        area, column : array of int, shape (n_candidates,)
            Position of the area, and of the column in the table that was given.
        value : array of float, same shape
            The value instead.

        Returns
        -------
        array of float, same shape
            NaN where hardly anything is left to be standardised: compute the whole there.
        """
        own = np.searchsorted(self.places, column)
        kept = 1 - 1 / self.areas
        away, others = self.deviations[area, own], self.others[area, own]
        move = self.signs[own] * value - self.values[area, own]
        before = self.squares[own]
        square = before + move * (2 * away + kept * move)
        is_flat = square <= _FLAT * (before + move * move)
        square[is_flat] = 1.0
        factor = self.weights[own] / np.sqrt(square / (self.areas - self.ddof[own]))
        index = others + factor * (away + kept * move)
        if self.ddof_sum is not None:
            own_part = factor * factor * square
            rest = self.rest[own]
            spread = rest + 2 * factor * (self.across[own] + move * others) + own_part
            is_flat |= spread <= _FLAT * (rest + own_part)
            spread[is_flat] = 1.0
            index /= np.sqrt(spread / (self.areas - self.ddof_sum))
        index[is_flat] = np.nan
        return index


def standardised_sum(method: Method, columns: tuple[str, ...], values: Floats) -> StandardisedSum | None:
    """Return what a sum of z-scores is moved with; None for methods that go another way.

    Parameters
    ----------
    method : Method
        One index, each input a z-score and nothing else, the sum or mean standardised again or left as it is.
    columns : tuple of str
        Ids of the columns of the table.
    values : array of float, shape (n_areas, n_columns)
        Values of the valid areas that are compared with each other.

    Returns
    -------
    StandardisedSum or None
        None also if an input is the same everywhere, so that the method says what is wrong.

    Examples
    --------
    >>> from indicators.methods import shipped_method
    >>> method = shipped_method("leipzig-status")
    >>> table = np.array([[1.0, 5, 2], [2, 9, 3], [6, 7, 9]])
    >>> sums = standardised_sum(method, method.columns, table)
    >>> sums.replaced(np.array([2]), np.array([0]), np.array([6.0])).round(3).tolist()  # what it is already
    [1.175]
    >>> standardised_sum(shipped_method("england-imd-2019"), (), table) is None
    True
    """
    ddofs = _ddofs(method.indices[0]) if len(method.indices) == 1 else None
    if ddofs is None or len(values) < 2:
        return None
    index, count = method.indices[0], len(values)
    order = sorted(index.inputs, key=lambda one: columns.index(one.id))
    places = np.array([columns.index(one.id) for one in order], dtype=np.intp)
    signs = np.array([-1.0 if one.direction == "lower_is_more_need" else 1.0 for one in order])
    weights = np.array([one.weight for one in order])
    if index.combine in ("mean", "weighted_mean"):
        weights = weights / weights.sum()
    signed = values[:, places] * signs
    deviations = signed - signed.mean(axis=0)
    products = deviations.T @ deviations
    squares = np.diagonal(products).copy()
    if not (squares > 0).all():
        return None
    ddof = np.array([ddofs[one.id] for one in order], dtype=np.intp)
    factors = weights / np.sqrt(squares / (count - ddof))
    parts = factors * deviations
    pairs = factors[:, np.newaxis] * products * factors
    own = np.diagonal(pairs)
    with_others = pairs.sum(axis=1) - own
    last = index.then[0] if index.then else None
    return StandardisedSum(
        areas=count,
        places=places,
        signs=signs,
        values=signed,
        deviations=deviations,
        others=parts.sum(axis=1, keepdims=True) - parts,
        weights=weights,
        squares=squares,
        ddof=ddof,
        rest=pairs.sum() - own - 2 * with_others,
        across=with_others / factors,
        ddof_sum=last.ddof if isinstance(last, ZScore) else None,
    )


def is_standardised_sum(method: Method) -> bool:
    """Return whether a method is a sum of z-scores with class limits, of which flipping changes are found quickly.

    Parameters
    ----------
    method : Method
        Any.

    Returns
    -------
    bool
        False also for a method without classes, or with classes by rank.

    Examples
    --------
    >>> from indicators.methods import shipped_method
    >>> [is_standardised_sum(shipped_method(name)) for name in ("berlin-mss-2019", "england-imd-2019")]
    [True, False]
    """
    has_cuts = method.classes is not None and method.classes.groups is None
    return has_cuts and len(method.indices) == 1 and _ddofs(method.indices[0]) is not None


def _ddofs(index: Index) -> dict[str, int] | None:
    """Return how the deviation of each input is formed; None when the index is no sum of z-scores."""
    found: dict[str, int] = {}
    for one in index.inputs:
        step = one.transform[0] if len(one.transform) == 1 else None
        if not isinstance(step, ZScore) or one.missing != "exclude":
            return None
        found[one.id] = step.ddof
    is_sum = not index.then or (len(index.then) == 1 and isinstance(index.then[0], ZScore))
    return found if is_sum else None
