"""Where does what was counted under old keys go under new ones? Told by a table of keys (Umsteigeschlüssel)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import pandas as pd

from spatial.crosswalk.errors import CrosswalkError
from spatial.crosswalk.result import Basis, Crosswalk, Floats
from spatial.crosswalk.shares import row_shares
from spatial.errors import ParameterError
from spatial.parameters import require_choice, require_number

__all__ = ["by_key"]

Unlisted = Literal["refuse", "same"]

_KEYS = ("from_area", "to_area")
_AMOUNTS = ("share", "weight")


def by_key(
    table: pd.DataFrame,
    *,
    source: Iterable[str] | None = None,
    target: Iterable[str] | None = None,
    unlisted: Unlisted = "refuse",
    partial: bool = False,
    basis: Basis = "unknown",
    tolerance: float = 1e-6,
) -> Crosswalk:
    """Read a table of keys: which source goes to which target, and with what share.

    Parameters
    ----------
    table : DataFrame
        Columns `from_area` and `to_area`, keys as text, one row per pair. Divided sources need a third: `share`, which
        adds up to 1 per source, or `weight`, an amount above or equal to 0 in any unit, such as residents.
    source, target : iterable of str, optional
        All keys of the two editions, in the wanted order. Default: those of the table, sorted.
    unlisted : {"refuse", "same"}
        What is done with sources that are not in the table: an error, or they keep their key (for tables that list
        the changes only). Needs `source` and `target`.
    partial : bool
        Whether shares may add up to less than 1; the rest is outside all targets.
    basis : {"population", "area", "unknown"}
        What the shares of divided sources were taken from. It decides the grade of what is divided.
    tolerance : float
        By how much the shares of a source may miss 1, because they were rounded. They are scaled. [share, 0–0.01]

    Returns
    -------
    Crosswalk
        `size` is the weight of each source; 1 without weights, or where they are not known for all sources. Pairs
        with a share of 0 are left out.

    Raises
    ------
    CrosswalkError
        If a key is missing, unknown, not text or paired twice, a source is not listed, or shares are negative, not
        finite, absent where a source is divided, or do not add up.
    ParameterError
        If the table lacks a column or has both amounts, or an option is out of its range.

    Examples
    --------
    >>> table = pd.DataFrame({"from_area": ["1", "2", "3", "3"], "to_area": ["A", "A", "B", "C"],
    ...                       "share": [1, 1, 0.25, 0.75]})
    >>> by_key(table)
    Crosswalk(3 → 3 areas by key: 2 merged, 1 divided; 4 pairs, 0 targets without source)
    """
    require_choice("unlisted", unlisted, Unlisted)
    require_choice("basis", basis, Basis)
    tolerance = require_number("tolerance", tolerance, "a share from 0 to 0.01", lambda one: 0 <= one <= 0.01)
    pairs = _checked(table)
    sources = _ids("source", source, pairs["from_area"])
    targets = _ids("target", target, pairs["to_area"])
    _refuse_unknown(pairs["from_area"], sources, "source")
    _refuse_unknown(pairs["to_area"], targets, "target")
    pairs = _with_unlisted(pairs, sources, targets, unlisted, given=source is not None and target is not None)
    origin, goal = (
        sources.get_indexer(pd.Index(pairs["from_area"])),
        targets.get_indexer(pd.Index(pairs["to_area"])),
    )
    order = np.lexsort((goal, origin))
    origin, goal, amount = origin[order], goal[order], pairs["amount"].to_numpy(dtype=float)[order]
    total = np.asarray(np.bincount(origin, amount, minlength=len(sources)), dtype=np.float64)
    by_weight = "weight" in table.columns
    # Weights of sources that the table does not list are not known; then each source counts alike.
    size = total if by_weight and sources.isin(table["from_area"]).all() else np.ones(len(sources))
    if by_weight:
        _refuse_weightless(sources, total)
        inside = np.ones(len(sources))
    else:
        inside = _sums(sources, total, tolerance, partial=partial)
    used = amount > 0
    origin, goal, amount = origin[used], goal[used], amount[used]
    fed = np.bincount(goal, minlength=len(targets)) > 0
    return Crosswalk(
        source=sources,
        target=targets,
        origin=origin,
        goal=goal,
        share=row_shares(origin, amount, inside),
        size=pd.Series(size, index=sources, name="size"),
        outside=pd.Series(1.0 - inside, index=sources, name="outside"),
        slivers=pd.Series(0.0, index=sources, name="slivers"),
        basis=pd.Series(basis, index=sources, dtype=object, name="basis"),
        without_source=pd.Series(np.where(fed, 0.0, 1.0), index=targets, name="without_source"),
        method="key",
        parameters={
            "amount": next((name for name in _AMOUNTS if name in table.columns), "whole"),
            "unlisted": unlisted,
            "partial": partial,
            "tolerance": tolerance,
        },
    )


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    """Return from_area, to_area and amount after checking each row."""
    if not isinstance(table, pd.DataFrame) or not set(_KEYS) <= set(table.columns):
        found = ", ".join(map(str, table.columns)) if isinstance(table, pd.DataFrame) else table
        raise ParameterError("table", found, "a DataFrame with columns from_area and to_area")
    amounts = [name for name in _AMOUNTS if name in table.columns]
    if len(amounts) > 1:
        raise ParameterError("table", ", ".join(amounts), "one of the columns share and weight, not both")
    for column in _KEYS:
        absent = table[column].isna().to_numpy()
        if absent.any():
            raise CrosswalkError(
                f"key table, {column}: no key in the rows", table.index[absent], "fill in the keys"
            )
        numbers = [one for one in table[column].unique() if not isinstance(one, str)]
        if numbers:
            raise CrosswalkError(
                f"key table, {column}: keys are not text",
                numbers,
                "read the column as text (dtype=str): as numbers, leading zeros are lost",
            )
    pairs = table[list(_KEYS)].reset_index(drop=True).astype(object)
    doubled = pairs.duplicated()
    if doubled.any():
        named = (pairs["from_area"] + " → " + pairs["to_area"])[doubled].unique()
        raise CrosswalkError(
            "key table: a pair is there more than once", named, "keep one row per pair; add up its shares"
        )
    return pairs.assign(amount=_amounts(table, pairs, amounts[0] if amounts else None))


def _amounts(table: pd.DataFrame, pairs: pd.DataFrame, column: str | None) -> Floats:
    """Return the share or weight of each row; without the column every source has to go somewhere whole."""
    if column is None:
        divided = pairs["from_area"].value_counts()
        if (divided > 1).any():
            raise CrosswalkError(
                "key table: sources go to several targets and it is not said how much to which",
                divided.index[divided > 1].sort_values(),
                "add a column share that adds up to 1 per source, or weight, such as residents",
            )
        return np.ones(len(pairs))
    amount = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = ~(np.isfinite(amount) & (amount >= 0))
    if wrong.any():
        named = pairs["from_area"][wrong] + " → " + pairs["to_area"][wrong]
        raise CrosswalkError(
            f"key table: {column} missing, negative, infinite or not a number",
            named.unique(),
            "give a number from 0; leave out pairs that have nothing in common",
        )
    return amount


def _ids(name: str, given: Iterable[str] | None, listed: pd.Series) -> pd.Index:
    ids = pd.Index(sorted(listed.unique()) if given is None else list(given), dtype=object)
    numbers = [one for one in ids if not isinstance(one, str)]
    if numbers:
        raise CrosswalkError(f"{name}: keys are not text", numbers, "give the keys as text")
    if not ids.is_unique:
        doubled = ids[ids.duplicated()].unique()
        raise CrosswalkError(f"{name}: a key is there more than once", doubled, "name every area once")
    return ids.rename("area_id")


def _refuse_unknown(keys: pd.Series, known: pd.Index, name: str) -> None:
    unknown = pd.Index(keys.unique()).difference(known)
    if len(unknown):
        raise CrosswalkError(
            f"key table: keys that the {name} edition does not have",
            unknown,
            f"correct the keys, or check that the table is for this {name} edition",
        )


def _with_unlisted(
    pairs: pd.DataFrame, sources: pd.Index, targets: pd.Index, unlisted: str, *, given: bool
) -> pd.DataFrame:
    absent = sources[~sources.isin(pairs["from_area"])]
    if unlisted == "same":
        if not given:
            raise ParameterError("unlisted", "same", "'refuse', unless source and target are given")
        without = absent[~absent.isin(targets)]
        if len(without):
            raise CrosswalkError(
                "key table: sources are not listed, and the target edition has no such key",
                without,
                "add a row for each of them",
            )
        kept = pd.DataFrame({"from_area": absent, "to_area": absent, "amount": 1.0})
        return pd.concat([pairs, kept], ignore_index=True)
    if len(absent):
        raise CrosswalkError(
            "key table: sources are not listed",
            absent,
            'add a row for each of them, or say unlisted="same" when the table lists changes only',
        )
    return pairs


def _refuse_weightless(sources: pd.Index, total: Floats) -> None:
    if (total == 0).any():
        raise CrosswalkError(
            "key table: all weights of a source are 0, so it cannot be divided",
            sources[total == 0],
            "give these sources another weight, for example their surface, or a share",
        )


def _sums(sources: pd.Index, total: Floats, tolerance: float, *, partial: bool) -> Floats:
    """Return what the shares of each source add up to, after checking it."""
    off = total > 1 + tolerance if partial else np.abs(total - 1) > tolerance
    if off.any():
        named = [f"{area} ({sum_:.6g})" for area, sum_ in zip(sources[off], total[off], strict=True)]
        raise CrosswalkError(
            f"key table: shares add up to {'more than ' if partial else 'something else than '}1",
            named,
            "correct the shares"
            + ("" if partial else ", or say partial=True where a part of a source is outside all targets")
            + ", or raise tolerance (up to 0.01) where they were rounded",
        )
    return np.where(np.abs(total - 1) <= tolerance, 1.0, total)
