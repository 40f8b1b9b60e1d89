"""What adds up in a delivery, and which of its counts need protection: tables as the confidentiality package wants them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from etl.confidentiality import Confidentiality
from etl.delivery import Delivery
from indicators.confidentiality import (
    Grid,
    Relations,
    area_sums,
    category_sums,
    grid_of,
    parts,
)
from indicators.definition import Indicator
from indicators.status import ValueStatus

__all__ = [
    "CELL",
    "counts_of",
    "grid_from",
    "names_of",
    "not_settled",
    "parents_of",
    "relations_in",
    "sums_named",
    "tied_counts",
]

CELL = ["area_id", "period", "indicator_id"]
_TOLERANCE = 1e-6  # values may be sums of decimals
_MISSING = ValueStatus.MISSING.value


def counts_of(indicators: Collection[Indicator], declared: Confidentiality) -> list[str]:
    """Return the counts that need protection, and those that are tied to others, also those of other sources."""
    tied = [name for group in _ties(indicators, declared) for name in group]
    others = {one.id for one in indicators if one.kind != "extensive"}
    counts = dict.fromkeys(one.id for one in indicators if one.kind == "extensive")
    counts |= dict.fromkeys(name for name in tied if name not in others)
    kept = set(tied)
    return [name for name, rule in declared.rules(counts).items() if rule is not None or name in kept]


def tied_counts(
    delivered: Collection[str], indicators: Collection[Indicator], declared: Confidentiality
) -> set[str]:
    """Return the counts that sums, parts and shares tie to delivered ones, over any number of steps, and these.

    What is stored of them counts when the delivery is judged, attacked and protected; nothing else that is stored does.
    """
    found, groups = set(delivered), [set(one) for one in _ties(indicators, declared)]
    while more := {name for one in groups if one & found for name in one - found}:
        found |= more
    return found


def _ties(indicators: Collection[Indicator], declared: Confidentiality) -> list[tuple[str, ...]]:
    sums = [(total, *inside) for total, inside in declared.sums(indicators)]
    return [*sums, *declared.all_parts(indicators)]


def parents_of(delivery: Delivery) -> dict[str, str]:
    """Return the area above each area; all are named with their level in front."""
    above = {level.id: level.parent for level in delivery.geographies}
    areas = delivery.areas
    places = zip(areas["geography"], areas["area_id"], areas["parent_id"], strict=True)
    return {
        f"{level} {area}": f"{above[level]} {parent}"
        for level, area, parent in places
        if parent is not None and above.get(level) is not None
    }


def names_of(frame: pd.DataFrame) -> np.ndarray:
    """Return one name per area of any level: keys alone might occur on two levels."""
    level, levels = pd.factorize(frame["geography"])
    key, keys = pd.factorize(frame["area_id"])
    pair, pairs = pd.factorize(level * len(keys) + key)
    places = [divmod(int(one), len(keys)) for one in pairs]
    names = [f"{levels[at]} {keys[area]}" for at, area in places]
    return np.array(names, dtype=np.object_)[pair]


def grid_from(values: pd.DataFrame, parents: Mapping[str, str], counts: list[str]) -> Grid:
    """Arrange values with geography, area_id, period, indicator_id, value and status as a block."""
    named = pd.DataFrame(
        {
            "area_id": names_of(values),
            **{name: values[name].array for name in ("period", "indicator_id", "value", "status")},
        }
    )
    return grid_of(named, parents, indicators=counts)


def relations_in(
    table: pd.DataFrame,
    parents: Mapping[str, str],
    declared: Confidentiality,
    indicators: Collection[Indicator],
) -> tuple[Relations, int]:
    """Return everything that adds up in a table, sums that do not hold with their error, and how many were left out.

    Areas are named as in `parents`.
    """
    grid = grid_of(table, parents, indicators=list(table["indicator_id"].unique()))
    relations, left_out = _with_errors(area_sums(table, parents), table, grid.untrue([]))
    for total, categories in declared.sums(indicators):
        # One after the other: of two sums of the same total, one may hold and the other not.
        wrong = grid.untrue([(total, categories)])
        one, lost = _with_errors(category_sums(table, total, categories), table, wrong)
        relations, left_out = relations + one, left_out + lost
    close = declared.close_parts(indicators)
    for part, whole in declared.all_parts(indicators):
        is_share = (part, whole) in close
        relations = relations + parts(table, part, whole, complement=is_share, top_coded=is_share)
    return relations, left_out


def _with_errors(relations: Relations, table: pd.DataFrame, untrue: pd.DataFrame) -> tuple[Relations, int]:
    """Let sums that do not hold be off by what they are off: everybody can still subtract, and be wrong by little.

    `relations`: of one kind, one per whole. Where a member is withheld, and what is published alone is more than the
    whole, nobody knows by how much: such sums are left out, and counted.
    """
    kinds = relations.kinds
    if not len(kinds) or not len(untrue):
        return relations, 0
    value = table.set_index(CELL)["value"].where(table["status"].to_numpy() != _MISSING, 0.0)
    at = pd.MultiIndex.from_frame(relations.members[CELL])
    constant = kinds["constant"].to_numpy(dtype=float)
    off = constant + relations.left(value.reindex(at).to_numpy(dtype=float))  # NaN where a member is withheld
    names = {name for kind, name in sums_named(untrue) if kind == kinds["kind"].iloc[0]}
    chosen = kinds["name"].isin(names).to_numpy(dtype=bool)
    unknown = chosen & np.isnan(off)
    settled = replace(relations, kinds=kinds.assign(constant=np.where(chosen & ~unknown, off, constant)))
    return settled.chosen(~unknown), int(unknown.sum())


def not_settled(relations: Relations, table: pd.DataFrame) -> Relations:
    """Return the relations that say something of a delivery: not those between numbers that are stored alone.

    `table`: with `is_stored`, numbers that stay public beside the delivery. A part of one source that is larger than
    its whole of another is of another date, and limits nothing.
    """
    at = pd.MultiIndex.from_frame(table[CELL]).get_indexer(pd.MultiIndex.from_frame(relations.members[CELL]))
    is_stored = table["is_stored"].to_numpy(dtype=bool)[at]
    of = relations.members["relation"].to_numpy(dtype=np.int64)
    n_stored = np.bincount(of, is_stored, minlength=len(relations))
    n_members = np.bincount(of, minlength=len(relations))
    left = relations.left(table["value"].to_numpy(dtype=float)[at])  # NaN where a member is withheld
    is_more = relations.kinds["remainder"].to_numpy(dtype=bool) & (n_stored > 0) & (left > _TOLERANCE)
    return relations.chosen((n_stored < n_members) & ~is_more)


def sums_named(untrue: pd.DataFrame) -> list[tuple[str, str]]:
    """Return kind and name of sums, as relations are named."""
    names = untrue["area_id"] + " / " + untrue["period"] + " / " + untrue["indicator_id"]
    return list(zip(untrue["kind"], names, strict=True))
