"""Where does what was counted two editions ago go today? One crosswalk after another."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spatial.crosswalk.errors import CrosswalkError
from spatial.crosswalk.result import Crosswalk
from spatial.crosswalk.shares import row_shares

__all__ = ["chain"]

# The weaker of two bases is that of both.
_WEAKEST = ("unknown", "area", "population")


def chain(first: Crosswalk, second: Crosswalk) -> Crosswalk:
    """Join two crosswalks: from the sources of the first to the targets of the second.

    Parameters
    ----------
    first, second : Crosswalk
        The targets of the first are the sources of the second, in any order.

    Returns
    -------
    Crosswalk
        Shares are products, summed over the ways. A source is as roughly divided as the roughest step on its way.
        `size` and `slivers` are those of the first.

    Raises
    ------
    CrosswalkError
        If the areas in the middle differ.

    Notes
    -----
    Two steps know less than one: what goes apart in the first and together again in the second comes out whole, but
    parts of a middle area are taken to be spread evenly in it. A direct crosswalk is better where there is one.

    Examples
    --------
    >>> from spatial.crosswalk.key_table import by_key
    >>> one = by_key(pd.DataFrame({"from_area": ["1", "2"], "to_area": ["A", "B"]}))
    >>> two = by_key(pd.DataFrame({"from_area": ["A", "B"], "to_area": ["X", "X"]}))
    >>> chain(one, two)
    Crosswalk(2 → 1 areas by chain: 2 merged; 2 pairs, 0 targets without source)
    """
    differ = sorted(first.target.symmetric_difference(second.source, sort=False), key=str)
    if differ:
        raise CrosswalkError(
            "two crosswalks do not meet: areas that only one of them has in the middle",
            differ,
            "join crosswalks of which the second starts from the edition that the first leads to",
        )
    place = second.source.get_indexer(first.target)
    middle = first.matrix
    step = second.matrix[place]
    product = (middle @ step).tocoo()
    used = product.data > 0
    origin, goal = product.row[used].astype(np.intp), product.col[used].astype(np.intp)
    order = np.lexsort((goal, origin))
    origin, goal, share = origin[order], goal[order], product.data[used][order]
    lost = first.outside.to_numpy() + middle @ second.outside.to_numpy()[place]
    # What a middle area lacks, its targets lack by the part that it makes up of them, in the measure of the second.
    flow = step.multiply(second.size.to_numpy()[place][:, None]).tocsc()
    received = np.asarray(flow.sum(axis=0)).ravel()
    lacking = np.asarray(flow.T @ first.without_source.to_numpy()).ravel()
    part = np.divide(lacking, received, out=np.zeros(len(received)), where=received > 0)
    own = second.without_source.to_numpy()
    return Crosswalk(
        source=first.source,
        target=second.target,
        origin=origin,
        goal=goal,
        share=row_shares(origin, share, np.maximum(1.0 - lost, 0.0)),
        size=first.size,
        outside=pd.Series(np.clip(lost, 0.0, 1.0), index=first.source, name="outside"),
        slivers=first.slivers,
        basis=_basis(first, second, place),
        without_source=pd.Series(
            1.0 - (1.0 - own) * (1.0 - part), index=second.target, name="without_source"
        ),
        method="chain",
        parameters={"first": first.method, "second": second.method},
    )


def _basis(first: Crosswalk, second: Crosswalk, place: np.ndarray) -> pd.Series:
    rank = {word: code for code, word in enumerate(_WEAKEST)}
    mine = first.basis.map(rank).to_numpy()
    next_step = np.where(
        np.bincount(second.origin[second.share < 1], minlength=len(second.source)) > 0,
        second.basis.map(rank).to_numpy(),
        len(_WEAKEST) - 1,
    )[place]
    divided = np.bincount(first.origin[first.share < 1], minlength=len(first.source)) > 0
    weakest = np.where(divided, mine, len(_WEAKEST) - 1)
    np.minimum.at(weakest, first.origin, next_step[first.goal])
    return pd.Series(
        np.array(_WEAKEST, dtype=object)[weakest], index=first.source, name="basis", dtype=object
    )
