"""What an index says of larger units: the average of their areas, and the share of areas in one class."""

from __future__ import annotations

import numpy as np
import pandas as pd

from indicators.errors import InputError
from indicators.methods.result import CompositeIndex
from indicators.statuses import require_same_index

__all__ = ["larger_units"]


def larger_units(
    result: CompositeIndex,
    unit: pd.Series,
    *,
    population: pd.Series | None = None,
    of_class: int = 1,
) -> pd.DataFrame:
    """Summarise an index by larger units, as the local authority summaries of the English indices do.

    Parameters
    ----------
    result : CompositeIndex
        Index and classes of the areas.
    unit : Series of str, indexed by area_id
        Larger unit that each area belongs to.
    population : Series of float, indexed by area_id, optional
        Weights of the average; every area counts once when left out. [persons]
    of_class : int
        Class whose share is counted.

    Returns
    -------
    DataFrame, indexed by unit in alphabetical order
        `areas` (all), `valid_areas`, `average` of the index over the valid areas, `share` of the valid areas that
        are in the class (0 to 1). Both are NaN for a unit without a valid area; the average also for one
        whose valid areas have no population.

    Raises
    ------
    InputError
        If the rows differ, or a population is missing or negative.

    References
    ----------
    .. [1] Ministry of Housing, Communities and Local Government (2019), The English Indices of Deprivation 2019,
       technical report: average score and proportion of areas in the most deprived 10 percent.

    Examples
    --------
    >>> from indicators.composite import status_index
    >>> from indicators.methods import shipped_method
    >>> method = shipped_method("leipzig-status")
    >>> values = pd.DataFrame({name: [1.0, 2.0, 6.0] for name in method.columns}, index=["00", "01", "10"])
    >>> result = status_index(values, values.notna().replace(True, "measured"), method)
    >>> larger_units(result, pd.Series(["0", "0", "1"], values.index), of_class=2)["share"].tolist()
    [1.0, 0.0]
    """
    require_same_index(result.index, unit, "index and larger units")
    weight = pd.Series(1.0, index=unit.index)
    if population is not None:
        require_same_index(result.index, population, "index and population")
        bad = ~(population >= 0)
        if bad.any():
            raise InputError("population missing or negative", population.index[bad], "correct it")
        weight = population.astype(float)
    table = pd.DataFrame(
        {
            "valid_areas": result.is_valid.astype(float),
            "weight": weight.where(result.is_valid, 0.0),
            "sum": (result.index * weight).where(result.is_valid, 0.0),
            "in_class": (result.classes == of_class).fillna(value=False).astype(float),
        }
    )
    groups = table.groupby(unit.to_numpy(dtype=object), sort=True)
    sums = groups.sum()
    return pd.DataFrame(
        {
            "areas": groups.size(),
            "valid_areas": sums["valid_areas"].astype(int),
            "average": sums["sum"] / sums["weight"].replace(0.0, np.nan),
            "share": sums["in_class"] / sums["valid_areas"].replace(0.0, np.nan),
        }
    ).rename_axis("unit")
