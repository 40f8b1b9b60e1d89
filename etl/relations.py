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
    no_relations,
    parts,
)
from indicators.definition import Indicator
from indicators.status import ValueStatus

__all__ = ["CELL", "counts_of", "folded", "grid_from", "names_of", "parents_of", "relations_in", "sums_named"]

CELL = ["area_id", "period", "indicator_id"]
_MISSING = ValueStatus.MISSING.value


def counts_of(indicators: Collection[Indicator], declared: Confidentiality) -> list[str]:
    """Return the counts that need protection, and those that are tied to others."""
    tied = {name for total, inside in declared.sums(indicators) for name in (total, *inside)}
    tied |= {name for pair in declared.all_parts(indicators) for name in pair}
    counts = dict.fromkeys(one.id for one in indicators if one.kind == "extensive")
    return [name for name, rule in declared.rules(counts).items() if rule is not None or name in tied]


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
            **{name: values[name].to_numpy() for name in ("period", "indicator_id", "value", "status")},
        }
    )
    return grid_of(named, parents, indicators=counts)


def relations_in(
    table: pd.DataFrame,
    parents: Mapping[str, str],
    declared: Confidentiality,
    indicators: Collection[Indicator],
) -> Relations:
    """Return everything that adds up in a table, sums that do not hold with their error; areas are named as in `parents`."""
    relations = no_relations() + area_sums(table, parents)
    sums = declared.sums(indicators)
    for total, categories in sums:
        relations = relations + category_sums(table, total, categories)
    counts = list(table["indicator_id"].unique())
    untrue = grid_of(table, parents, indicators=counts).untrue(sums)
    for kind, names in untrue.groupby("kind"):
        relations = _with_errors(relations, table, str(kind), {name for _, name in sums_named(names)})
    close = declared.close_parts(indicators)
    for part, whole in declared.all_parts(indicators):
        is_share = (part, whole) in close
        relations = relations + parts(table, part, whole, complement=is_share, top_coded=is_share)
    return relations


def _with_errors(relations: Relations, table: pd.DataFrame, kind: str, names: set[str]) -> Relations:
    """Let sums that do not hold be off by what they are off: everybody can still subtract, and be wrong by little.

    Where a member is withheld, and what is published alone is more than the whole, nobody knows by how much: such sums
    are left out.
    """
    value = table.set_index(CELL)["value"].where(table["status"].to_numpy() != _MISSING, 0.0)
    at = pd.MultiIndex.from_frame(relations.members[CELL])
    kinds = relations.kinds
    constant = kinds["constant"].to_numpy(dtype=float)
    off = constant + relations.left(value.reindex(at).to_numpy(dtype=float))  # NaN where a member is withheld
    chosen = ((kinds["kind"] == kind) & kinds["name"].isin(names)).to_numpy(dtype=bool)
    unknown = chosen & np.isnan(off)
    settled = replace(relations, kinds=kinds.assign(constant=np.where(chosen & ~unknown, off, constant)))
    return settled.chosen(~unknown)


def folded(relations: Relations, known: pd.Series) -> Relations:
    """Put known values, by area, period and indicator, into relations as numbers."""
    members = relations.members
    value = known.reindex(pd.MultiIndex.from_frame(members[CELL])).to_numpy(dtype=float)
    is_known = ~np.isnan(value)
    constant = -relations.left(np.where(is_known, value, 0.0))
    of = members["relation"].to_numpy(dtype=np.int64)
    is_open = np.bincount(of, ~is_known, minlength=len(relations)) > 0
    left = replace(relations, members=members[~is_known], kinds=relations.kinds.assign(constant=constant))
    return left.chosen(is_open)


def sums_named(untrue: pd.DataFrame) -> list[tuple[str, str]]:
    """Return kind and name of sums, as relations are named."""
    names = untrue["area_id"] + " / " + untrue["period"] + " / " + untrue["indicator_id"]
    return list(zip(untrue["kind"], names, strict=True))
