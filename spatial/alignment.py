"""Do two inputs speak of the same areas? Asked by every function that takes more than one of them."""

from __future__ import annotations

import pandas as pd

from spatial.errors import AlignmentError

__all__ = ["align", "lacks_ids", "require_unique"]


def lacks_ids(index: pd.Index) -> bool:
    """Say whether an area has no id: None or NaN in its place.

    Parameters
    ----------
    index : Index of area_id
        Ids to look at; they are looked at once, as the Index remembers the answer.

    Returns
    -------
    bool

    Examples
    --------
    >>> lacks_ids(pd.Index(["00", None]))
    True
    """
    return not isinstance(index, pd.MultiIndex) and bool(index.hasnans)


def require_unique(index: pd.Index, what: str) -> None:
    """Raise when an area id is missing, or occurs more than once.

    Parameters
    ----------
    index : Index of area_id
        Ids to look at.
    what : str
        Name of the input, for the message.

    Raises
    ------
    AlignmentError
        With the number of missing ids, or the ids that occur more than once.

    Examples
    --------
    >>> require_unique(pd.Index(["00", "01"]), "need")
    """
    if lacks_ids(index):
        raise AlignmentError(f"{what} has an area without an id", index[index.isna()])
    if not index.is_unique:
        raise AlignmentError(f"{what} has an area id more than once", index[index.duplicated()].unique())


def align(values: pd.Series, index: pd.Index, what: str) -> pd.Series:
    """Bring values into the order of an index that has the same area ids.

    Parameters
    ----------
    values : Series, indexed by area_id
        Values in any order.
    index : Index of area_id, unique
        The wanted order.
    what : str
        Name of the input, for the message.

    Returns
    -------
    Series
        The same values on `index`; never a filled gap.

    Raises
    ------
    AlignmentError
        If an id is doubled, absent, or too many.

    Examples
    --------
    >>> align(pd.Series([1, 2], index=["b", "a"]), pd.Index(["a", "b"]), "need").tolist()
    [2, 1]
    """
    if values.index.equals(index):
        return values
    require_unique(values.index, what)
    absent = index.difference(values.index)
    if len(absent):
        raise AlignmentError(f"{what} has no row for some areas", absent)
    surplus = values.index.difference(index)
    if len(surplus):
        raise AlignmentError(f"{what} has rows for unknown areas", surplus)
    return values.reindex(index)
