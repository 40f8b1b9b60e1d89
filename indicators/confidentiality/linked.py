"""What ties tables together: own drawn areas, editions of boundaries, years that did not change, published changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array

from indicators.confidentiality.cells import KEY, read_cells
from indicators.confidentiality.errors import RelationError
from indicators.confidentiality.solver import linked
from indicators.confidentiality.tables import Relations, no_relations, relations_of, sums_over_areas

__all__ = ["drawn_areas", "editions", "published_changes", "unchanged_years", "with_drawn_areas"]


def with_drawn_areas(table: pd.DataFrame, drawn: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Append the counts of own drawn areas to a table.

    Parameters
    ----------
    table : DataFrame
        The table under protection, counts only.
    drawn : mapping of str to sequence of str
        Ids of the areas that each drawn area is made of.

    Returns
    -------
    DataFrame
        The table with one row more per drawn area, period and indicator, of geography "drawn"; missing where a
        count is missing.

    Raises
    ------
    RelationError
        If a drawn area has the id of another area, or contains one that is not in the table.

    Examples
    --------
    >>> table = pd.DataFrame({"area_id": ["10", "11"], "period": "2023", "indicator_id": "unemployed",
    ...                       "value": [5, 7]})
    >>> with_drawn_areas(table, {"mine": ["10", "11"]})["value"].tolist()
    [5.0, 7.0, 12.0]
    """
    cells = read_cells(table)
    known = set(cells.key.get_level_values(0))
    if taken := sorted(known & {str(name) for name in drawn}):
        raise RelationError("a drawn area has the id of another", taken, "give it another id")
    pairs = _pairs(drawn)
    if lost := sorted(set(pairs["child"]) - known):
        raise RelationError("a drawn area contains an unknown area", lost, "draw it from areas of the table")
    rows = pd.DataFrame(list(cells.key), columns=KEY).assign(value=cells.value)
    joined = rows.merge(pairs, left_on="area_id", right_on="child")
    sums = joined.groupby(["whole", "period", "indicator_id"], sort=False)["value"].agg(
        lambda values: values.sum() if values.notna().all() else np.nan
    )
    added = sums.reset_index().rename(columns={"whole": "area_id"}).assign(geography="drawn")
    if "status" in table.columns:
        added["status"] = np.where(
            added["value"].isna(), "missing", np.where(added["value"] == 0, "zero", "measured")
        )
    before = table.assign(value=cells.value)
    if "geography" not in table.columns:
        added = added.drop(columns="geography")
    return pd.concat([before, added], ignore_index=True)


def drawn_areas(table: pd.DataFrame, drawn: Mapping[str, Sequence[str]]) -> Relations:
    """Relate own drawn areas to the areas they are made of.

    Two that differ by one block give that block away by their difference. A drawn area that was published before
    is marked as released in the table: it cannot be taken back, so the others have to give way.

    Parameters
    ----------
    table : DataFrame
        The table under protection, with the rows that `with_drawn_areas` makes.
    drawn : mapping of str to sequence of str
        Ids of the areas that each drawn area is made of.

    Returns
    -------
    Relations
        One per drawn area, period and indicator.

    Examples
    --------
    >>> table = pd.DataFrame({"area_id": ["10", "11"], "period": "2023", "indicator_id": "unemployed",
    ...                       "value": [5, 7]})
    >>> drawn_areas(with_drawn_areas(table, {"mine": ["10", "11"]}), {"mine": ["10", "11"]})
    Relations(1 drawn areas)
    """
    return sums_over_areas(table, _pairs(drawn), kind="drawn areas")


def editions(table: pd.DataFrame, crosswalk: pd.DataFrame) -> Relations:
    """Relate two editions of boundaries: areas that cover the same ground together hold the same people.

    Parameters
    ----------
    table : DataFrame
        The table under protection, with the areas of both editions.
    crosswalk : DataFrame
        Columns from_area and to_area: every pair of areas that overlap. Areas that hang together through such
        pairs form a group with the same ground in both editions.

    Returns
    -------
    Relations
        One per group, period and indicator for which all areas of the group have a row in both editions.

    Raises
    ------
    RelationError
        If an area is in both editions under the same id.

    Examples
    --------
    >>> table = pd.DataFrame({"area_id": ["old", "new1", "new2"], "period": "2023", "value": [12, 5, 7],
    ...                       "indicator_id": "unemployed"})
    >>> editions(table, pd.DataFrame({"from_area": ["old", "old"], "to_area": ["new1", "new2"]}))
    Relations(1 editions)
    """
    before, after = (crosswalk[name].astype(str).to_numpy() for name in ("from_area", "to_area"))
    if both := sorted(set(before) & set(after)):
        raise RelationError(
            "an area is in both editions under one id", both, "put the edition in front of the id"
        )
    if not len(before):
        return no_relations()
    names, code = np.unique(np.concatenate([before, after]), return_inverse=True)
    pair = np.arange(len(before))
    inside = coo_array((np.ones(2 * len(pair)), (np.tile(pair, 2), code)), shape=(len(pair), len(names)))
    group = linked(csr_array(inside))[0]
    member = pd.DataFrame(
        {"area_id": names, "group": group, "factor": np.where(np.isin(names, before), -1.0, 1.0)}
    )
    rows = table[KEY].astype(str).merge(member, on="area_id")
    size = member.groupby("group")["area_id"].nunique()
    label = ["group", "period", "indicator_id"]
    present = rows.groupby(label)["area_id"].transform("nunique")
    rows = rows[(present == rows["group"].map(size)).to_numpy()]
    if not len(rows):
        return no_relations()
    return relations_of(
        rows.assign(relation=pd.MultiIndex.from_frame(rows[label]).to_flat_index()), kind="editions"
    )


def unchanged_years(table: pd.DataFrame, total: str) -> Relations:
    """Relate years in which an area did not change: what is withheld in one must not stand in the other.

    Who sees the same total in two years will take the parts to be the same, too; where that is true, the
    published year gives the withheld one away.

    Parameters
    ----------
    table : DataFrame
        The table under protection.
    total : str
        Indicator whose sum is looked at, such as residents.

    Returns
    -------
    Relations
        One per area, pair of consecutive periods and indicator of the same value, where the total is the same.

    Examples
    --------
    >>> table = pd.DataFrame({"area_id": "00", "period": ["2022", "2023"] * 2, "value": [50, 50, 2, 2],
    ...                       "indicator_id": ["residents"] * 2 + ["unemployed"] * 2})
    >>> unchanged_years(table, "residents")
    Relations(2 unchanged years)
    """
    cells = read_cells(table)
    wide = pd.Series(cells.value, index=cells.key).unstack("period")
    wide = wide.reindex(columns=sorted(wide.columns))
    pieces = []
    for before, after in zip(wide.columns[:-1], wide.columns[1:], strict=True):
        same = wide.index[(wide[before] == wide[after]) & (wide[after] > 0)]
        still = {area for area, indicator in same if indicator == total}
        kept = [pair for pair in same if pair[0] in still]
        for period, factor in ((before, -1.0), (after, 1.0)):
            frame = pd.DataFrame(kept, columns=["area_id", "indicator_id"])
            labels = [(area, before, after, indicator) for area, indicator in kept]
            pieces.append(
                frame.assign(period=period, factor=factor, relation=pd.Series(labels, dtype=object))
            )
    filled = [piece for piece in pieces if len(piece)]
    if not filled:
        return no_relations()
    return relations_of(pd.concat(filled, ignore_index=True), kind="unchanged years")


def published_changes(table: pd.DataFrame, changes: pd.DataFrame) -> Relations:
    """Relate two periods whose difference is public, as in "12 more than two years ago".

    Parameters
    ----------
    table : DataFrame
        The table under protection.
    changes : DataFrame
        Columns area_id, indicator_id, period and previous: the two periods compared.

    Returns
    -------
    Relations
        One per row whose two values are in the table and known; the constant is their difference.

    Examples
    --------
    >>> table = pd.DataFrame({"area_id": "00", "period": ["2021", "2023"], "value": [2, 14],
    ...                       "indicator_id": "unemployed"})
    >>> changes = pd.DataFrame({"area_id": ["00"], "indicator_id": ["unemployed"], "period": ["2023"],
    ...                         "previous": ["2021"]})
    >>> published_changes(table, changes).kinds["constant"].tolist()
    [12.0]
    """
    cells = read_cells(table)
    value = pd.Series(cells.value, index=cells.key)
    asked = changes[["area_id", "period", "previous", "indicator_id"]].astype(str)
    now = value.reindex(pd.MultiIndex.from_frame(asked[KEY])).to_numpy()
    then = value.reindex(pd.MultiIndex.from_frame(asked[["area_id", "previous", "indicator_id"]])).to_numpy()
    known = ~np.isnan(now) & ~np.isnan(then)
    asked = asked[known]
    if not len(asked):
        return no_relations()
    labels = pd.MultiIndex.from_frame(asked).to_flat_index()
    later = asked[KEY].assign(relation=labels, factor=1.0)
    earlier = asked[["area_id", "previous", "indicator_id"]].rename(columns={"previous": "period"})
    earlier = earlier.assign(relation=labels, factor=-1.0)
    constant = pd.Series((now - then)[known], index=labels)
    return relations_of(
        pd.concat([later, earlier], ignore_index=True),
        kind="published change",
        constant=constant[~constant.index.duplicated()],
    )


def _pairs(drawn: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    pairs = [
        (str(whole), str(child)) for whole, children in drawn.items() for child in dict.fromkeys(children)
    ]
    return pd.DataFrame(pairs, columns=["whole", "child"])
