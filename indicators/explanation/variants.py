"""The same method a little different: one weight more or less, one indicator left out, one cut moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from indicators.errors import DefinitionError
from indicators.explanation.prepared import Floats
from indicators.methods.schema import Classes, Index, Method
from spatial.errors import ParameterError

__all__ = ["WeightVariants", "moved_cuts", "weight_variants", "without"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WeightVariants:
    """The weights of one index, varied one at a time: `weights` has one row for each entry of `varied`."""

    index: str
    varied: tuple[tuple[str, float], ...]  # input and the factor on its weight
    weights: Floats


def weight_variants(indices: Sequence[Index], change: float) -> list[WeightVariants]:
    """Return the weights of every index with one of them raised or lowered.

    Parameters
    ----------
    indices : sequence of Index
        Of a method; those with a single input have nothing to vary.
    change : float
        Part by which a weight is raised and lowered, 0.1 for 10 percent.

    Returns
    -------
    list of WeightVariants
        One per index. The weights are made to add up to their sum again, so that only their proportion changes.

    Raises
    ------
    ParameterError
        If the change is not between 0 and 1.

    Examples
    --------
    >>> from indicators.methods import Index, Input
    >>> index = Index(id="i", combine="sum", inputs=(Input(id="a"), Input(id="b")))
    >>> weight_variants([index], 0.5)[0].weights.tolist()
    [[0.6666666666666666, 1.3333333333333333], [1.2, 0.8], [1.3333333333333333, 0.6666666666666666], [0.8, 1.2]]
    """
    if not 0 < change < 1:
        raise ParameterError("weights", change, "a part between 0 and 1, for example 0.1 for 10 percent")
    found = []
    for index in indices:
        own = np.array([one.weight for one in index.inputs])
        if len(own) < 2:
            continue
        varied, rows = [], []
        for number, one in enumerate(index.inputs):
            for factor in (1 - change, 1 + change):
                weights = own.copy()
                weights[number] *= factor
                varied.append((one.id, factor))
                rows.append(weights * own.sum() / weights.sum())
        found.append(WeightVariants(index=index.id, varied=tuple(varied), weights=np.array(rows)))
    return found


def without(method: Method, indicator: str) -> tuple[Index, ...]:
    """Return the indices of a method as if one indicator were not there.

    Parameters
    ----------
    method : Method
        The method.
    indicator : str
        Id of the indicator to leave out.

    Returns
    -------
    tuple of Index
        An index that would be left without inputs goes too. Weights are made to add up to their sum again; plain sums
        are the sums of the others.

    Raises
    ------
    DefinitionError
        If nothing is left of the result.

    Examples
    --------
    >>> from indicators.methods import shipped_method
    >>> [one.id for one in without(shipped_method("berlin-mss-2019"), "mss_unemployed")[0].inputs]
    ['mss_transfer_not_unemployed', 'mss_child_poverty']
    """
    gone, kept = {indicator}, []
    for index in method.indices:
        inputs = tuple(one for one in index.inputs if one.id not in gone)
        if not inputs:
            gone.add(index.id)
        elif len(inputs) == len(index.inputs):
            kept.append(index)
        else:
            scale = 1.0
            if index.combine == "weighted_sum":
                scale = sum(one.weight for one in index.inputs) / sum(one.weight for one in inputs)
            reweighted = tuple(replace(one, weight=one.weight * scale) for one in inputs)
            kept.append(replace(index, inputs=reweighted, weights_sum=None))
    if method.result in gone:
        raise DefinitionError(f"method {method.id!r}: without {indicator!r} there is no {method.result!r}")
    return tuple(kept)


def moved_cuts(rules: Classes, distance: float) -> list[tuple[float, float, Classes]]:
    """Return rules with one cut moved down or up.

    Parameters
    ----------
    rules : Classes
        Rules with cuts; those with groups have none to move.
    distance : float
        By how much. [points of the index]

    Returns
    -------
    list of (cut, distance, Classes)
        Two for each cut.

    Raises
    ------
    ParameterError
        If the distance is not above 0, or a cut would meet its neighbour.

    Examples
    --------
    >>> from indicators.methods import shipped_method
    >>> [one.cuts for _, _, one in moved_cuts(shipped_method("leipzig-status").classes, 0.1)][:2]
    [(-1.1, 1.0, 1.5), (-0.9, 1.0, 1.5)]
    """
    gaps = np.diff(rules.cuts)
    if not (distance > 0 and (gaps > distance).all()):
        most = f", below {gaps.min():g}, the least distance of two cuts" if len(gaps) else ""
        raise ParameterError("cuts", distance, f"a distance above 0{most}")
    found = []
    for number, cut in enumerate(rules.cuts):
        for way in (-distance, distance):
            cuts = (*rules.cuts[:number], cut + way, *rules.cuts[number + 1 :])
            found.append((cut, way, replace(rules, cuts=cuts)))
    return found
