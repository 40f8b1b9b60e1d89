"""Can what a publisher withheld be found out from what he published? For tables whose truth nobody here knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from indicators.confidentiality.audit import audit_problem
from indicators.confidentiality.beliefs import among_withheld, tenable
from indicators.confidentiality.cells import KEY
from indicators.confidentiality.grid import Grid
from indicators.confidentiality.primary import Rules
from indicators.confidentiality.protection import pose_problem
from indicators.confidentiality.result import Intervals
from indicators.confidentiality.tables import Relations

__all__ = ["audit_published"]


def audit_published(
    grid: Grid,
    rules: Rules,
    *,
    categories: Sequence[tuple[str, Sequence[str]]] = (),
    parts: Sequence[tuple[str, str]] = (),
    besides: Relations | None = None,
    beliefs: Relations | None = None,
) -> Intervals:
    """Attack a published table and say how narrow the interval of each withheld value is.

    Parameters
    ----------
    grid : Grid
        The table as it is published.
    rules : mapping of str to Profile or None
        Profile of each indicator. With public zeros, a withheld count is known to be at least 1.
    categories : sequence of (total, categories)
        Indicators that add up to a total. Sums that do not hold are left out (`Grid.untrue`).
    parts : sequence of (part, whole)
        Indicators of which one is no larger than the other.
    besides : Relations, optional
        What is known besides, such as sums of an earlier publication. Relations with a missing value say nothing.
    beliefs : Relations, optional
        What an attacker takes for true; left out where it cannot be (`tenable`).

    Returns
    -------
    Intervals
        One row per withheld value. Exposed is what can be narrowed down to fewer values than its profile allows; that
        something withheld is a zero is no secret, because zeros are public elsewhere.

    Raises
    ------
    RelationError
        If nothing fits what is published.

    Examples
    --------
    >>> import pandas as pd
    >>> from indicators.confidentiality.grid import grid_of
    >>> from indicators.confidentiality.profiles import RECOMMENDED
    >>> table = pd.DataFrame({"area_id": ["1", "10", "11"], "period": "2023", "indicator_id": "unemployed",
    ...                       "value": [9, None, 7], "status": ["measured", "suppressed", "measured"]})
    >>> grid = grid_of(table, {"10": "1", "11": "1"}, indicators=["unemployed"])
    >>> audit_published(grid, {"unemployed": RECOMMENDED}).exposed[["area_id", "low", "high"]]
      area_id  low  high
    0      10  2.0   2.0
    """
    table, relations = grid.system(categories, parts)
    if besides is not None:
        relations = relations + among_withheld(grid, besides)
    if beliefs is not None:
        relations = relations + tenable(table, relations, among_withheld(grid, beliefs), rules)
    cells, problem, _ = pose_problem(table, relations, rules)
    # Whether a withheld value was small is not known; only how wide its interval has to be.
    problem = replace(
        problem,
        must_reach=np.full(len(problem), -np.inf),
        must_fall=np.full(len(problem), np.inf),
    )
    frame, programmes = audit_problem(problem, np.ones(len(problem), dtype=bool))
    key = cells.key[frame["column"]].to_frame(index=False).set_axis(KEY, axis=1)
    key["what"] = "value"
    frame["is_safe"] |= frame["high"] == 0
    return Intervals(
        frame=key.join(frame.drop(columns="column").reset_index(drop=True)), programmes=programmes
    )
