"""What an attacker takes for true without being told: that an area in which nothing visible changed did not change.

Beliefs are attacked and protected like facts, as long as they fit what is published. Those that cannot be true
mislead whoever holds them, and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from indicators.confidentiality.cells import KEY
from indicators.confidentiality.errors import RelationError
from indicators.confidentiality.grid import Grid
from indicators.confidentiality.primary import Rules
from indicators.confidentiality.protection import pose_problem
from indicators.confidentiality.solver import linked
from indicators.confidentiality.tables import Relations

__all__ = ["among_withheld", "tellers", "tenable"]

ENOUGH = 6  # equal counts; of what is claimed from three or four, more than half is chance


def tellers(
    value: NDArray[np.float64],
    hidden: NDArray[np.bool_],
    has_public_zeros: NDArray[np.bool_],
    *,
    enough: int = ENOUGH,
) -> NDArray[np.bool_]:
    """Find published counts that tell a withheld one of the period before or after, because nothing else has changed.

    Parameters
    ----------
    value : ndarray of float, shape (n_indicators, n_periods, n_areas)
        Published counts, NaN where there is none; periods in the order of time. [persons, households, …]
    hidden : ndarray of bool, same shape
        Withheld counts.
    has_public_zeros : ndarray of bool, shape (n_indicators,)
        Where zeros are public, a withheld count beside a published zero says that something has changed.
    enough : int
        How many counts above 0 must be published in both periods, and all that are must be equal.

    Returns
    -------
    ndarray of bool, same shape
        Published counts above 0 that are withheld for the same area in a neighbouring period.

    Notes
    -----
    What is told may be wrong; nobody can see that.

    Examples
    --------
    >>> residents, unemployed = [50.0, 50.0], [4.0, np.nan]
    >>> value = np.array([residents, unemployed])[:, :, np.newaxis]
    >>> tellers(value, np.isnan(value), np.array([True, True]), enough=1)[1].ravel().tolist()
    [True, False]
    """
    before, after = value[:, :-1], value[:, 1:]
    was_hidden, is_hidden = hidden[:, :-1], hidden[:, 1:]
    both = ~np.isnan(before) & ~np.isnan(after)
    same = both & (before == after)
    changed = (was_hidden & (after == 0)) | (is_hidden & (before == 0))
    still = ((same & (before > 0)).sum(axis=0) >= enough) & ~(both & ~same).any(axis=0)
    still &= ~changed[has_public_zeros].any(axis=0)
    found = np.zeros_like(hidden)
    found[:, :-1] |= still & is_hidden & (before > 0)
    found[:, 1:] |= still & was_hidden & (after > 0)
    return found


def among_withheld(grid: Grid, relations: Relations) -> Relations:
    """Return relations between the withheld values of a grid, with published ones as numbers.

    Parameters
    ----------
    grid : Grid
        The table as it is published.
    relations : Relations
        Of values of the grid.

    Returns
    -------
    Relations
        Those without a missing member, and with a withheld one.

    Examples
    --------
    >>> from indicators.confidentiality.grid import grid_of
    >>> from indicators.confidentiality.tables import area_sums
    >>> table = pd.DataFrame({"area_id": ["1", "10", "11"], "period": "2023", "indicator_id": "unemployed",
    ...                       "value": [9, None, 7], "status": ["measured", "suppressed", "measured"]})
    >>> nesting = {"10": "1", "11": "1"}
    >>> among_withheld(grid_of(table, {}, indicators=["unemployed"]), area_sums(table, nesting)).kinds["constant"].tolist()
    [2.0]
    """
    if not len(relations):
        return relations
    members = relations.members
    value, hidden = grid.at(members)
    of = members["relation"].to_numpy(dtype=np.int64)
    lost = np.bincount(of, ~hidden & np.isnan(value), minlength=len(relations)) > 0
    open_ = np.bincount(of, hidden, minlength=len(relations)) > 0
    constant = -relations.left(np.where(hidden, 0.0, np.nan_to_num(value)))
    reduced = Relations(members=members[hidden], kinds=relations.kinds.assign(constant=constant))
    return reduced.chosen(~lost & open_)


def tenable(table: pd.DataFrame, facts: Relations, beliefs: Relations, rules: Rules) -> Relations:
    """Return the beliefs that can be true, as far as they hang together.

    Parameters
    ----------
    table : DataFrame
        Withheld values, as `Grid.system` gives them.
    facts : Relations
        What holds for sure.
    beliefs : Relations
        What may or may not be true.
    rules : mapping of str to Profile or None
        Profile of each indicator.

    Returns
    -------
    Relations
        Where the beliefs about values that hang together contradict the facts or each other, none of them.

    Examples
    --------
    >>> from indicators.confidentiality.profiles import RECOMMENDED
    >>> from indicators.confidentiality.tables import relations_of
    >>> table = pd.DataFrame({"area_id": ["10", "11"], "period": "2023", "indicator_id": "unemployed", "value": None,
    ...                       "status": "suppressed"})
    >>> both = table.assign(relation="sum", factor=1.0)
    >>> nine = relations_of(both, kind="sum", constant=9.0)
    >>> tenable(table, nine, relations_of(both[:1], kind="guess", constant=8.0), {"unemployed": RECOMMENDED})
    Relations(1 guess)
    >>> tenable(table, nine, relations_of(both[:1], kind="guess", constant=9.0), {"unemployed": RECOMMENDED})
    Relations(none)
    """
    if not len(beliefs):
        return beliefs
    every = facts + beliefs
    cell = pd.MultiIndex.from_frame(table[KEY]).get_indexer(pd.MultiIndex.from_frame(every.members[KEY]))
    row = every.members["relation"].to_numpy(dtype=np.int64)
    shape = (len(every), len(table))
    of_cell, of_row = linked(csr_array(coo_array((np.ones(len(row)), (row, cell)), shape=shape)))
    touched = np.unique(of_row[len(facts) :])

    def fit(parts: Sequence[int] | NDArray[np.int64]) -> bool:
        try:
            pose_problem(
                table[np.isin(of_cell, parts)].reset_index(drop=True),
                every.chosen(np.isin(of_row, parts)),
                rules,
            )
        except RelationError:
            return False
        return True

    if fit(touched):
        return beliefs
    kept = [number for number in touched if fit([number])]
    return beliefs.chosen(np.isin(of_row[len(facts) :], kept))
