"""What the public would see of a delivery, or of a table of counts, before anything is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from etl.cities import CityProfile
from etl.confidentiality import Confidentiality
from etl.delivered_rates import checked_rates
from etl.delivery import Delivery
from etl.errors import EtlError
from etl.lost_results import lost_results
from etl.method_values import read_method_values
from etl.withholding import withhold
from indicators.confidentiality import (
    Profile,
    area_sums,
    category_sums,
    no_relations,
    parts,
    protect,
    public_view,
)
from indicators.status import ValueStatus

__all__ = ["Preview", "preview_delivery", "preview_file", "with_profile"]

_SUPPRESSED, _MISSING = ValueStatus.SUPPRESSED.value, ValueStatus.MISSING.value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Preview:
    """What would be published.

    `values`: geography, area_id, period, indicator_id, value and status. `losses`: one row per level with values,
    published, missing, withheld_before (by the publisher) and withheld_now. `told`: totals, and what they cost.
    `results`: what is lost of rates and classes, see `etl.lost_results`; of a city only.
    """

    values: pd.DataFrame
    losses: pd.DataFrame
    told: Mapping[str, Any]
    results: pd.DataFrame | None = None

    def __repr__(self) -> str:
        return f"Preview({len(self.values)} values, {int(self.losses['withheld_now'].sum())} withheld now)"


def with_profile(declared: Confidentiality, profile: Profile) -> Confidentiality:
    """Return a declaration with another profile; what needs no protection still needs none."""
    return replace(
        declared,
        profile=profile,
        exceptions={
            name: None if one is None else replace(profile, zeros=one.zeros)
            for name, one in declared.exceptions.items()
        },
    )


def preview_delivery(delivery: Delivery, profile: CityProfile | None = None) -> Preview:
    """Withhold what a load of the delivery would withhold, and count per level what is lost.

    `profile`: of the city, to say what is lost of the rates and classes that would be computed.
    """
    guarded = withhold(delivery)
    counts = [one.id for one in delivery.indicators if one.kind == "extensive"]
    mine = delivery.values["indicator_id"].isin(counts).to_numpy()
    after = guarded.delivery.values[mine]
    before = delivery.values["status"].to_numpy()[mine]
    titles = {level.id: level.title_de for level in delivery.geographies}
    columns = ["geography", "area_id", "period", "indicator_id", "value", "status"]
    return Preview(
        values=after[columns].reset_index(drop=True),
        losses=_losses(after["geography"], before, after["status"].to_numpy(), list(titles)),
        told=guarded.told() | checked_rates(guarded.delivery).told(),
        results=None if profile is None else lost_results(profile, delivery, guarded.delivery),
    )


def preview_file(
    path: Path,
    profile: Profile,
    *,
    sums: Sequence[tuple[str, tuple[str, ...]]],
    pairs: Sequence[tuple[str, str]],
) -> Preview:
    """Protect a CSV file of counts, with a column for each of them, and count per level what is lost.

    Columns: area_id, and where there are any parent_id and period. Areas add up to the area above them if that has a
    row of its own. `sums`: totals and their categories; `pairs`: parts and wholes.
    """
    read = read_method_values(path, labels=("parent_id", "period"))
    keys = pd.DataFrame({"area_id": read.values.index.astype(str)})
    keys["period"] = read.labels["period"].to_numpy() if "period" in read.labels else "-"
    parents = _parents(path, keys["area_id"], read.labels)
    keys["geography"] = _levels(keys["area_id"], parents)
    named = {name for total, inside in sums for name in (total, *inside)} | {
        name for pair in pairs for name in pair
    }
    if unknown := sorted(named - set(read.values.columns)):
        raise EtlError(
            f"{path.name} has no column {', '.join(unknown)}; it has {', '.join(read.values.columns)}"
        )
    table = pd.concat(
        [
            keys.assign(
                indicator_id=name, value=read.values[name].to_numpy(), status=read.statuses[name].to_numpy()
            )
            for name in read.values.columns
        ],
        ignore_index=True,
    )
    relations = no_relations() + area_sums(table, parents)
    for total, inside in sums:
        relations = relations + category_sums(table, total, inside)
    for part, whole in pairs:
        relations = relations + parts(table, part, whole, top_coded=True)
    protected = protect(table, relations, profile)
    view = public_view(protected).frame
    where = view.set_index(["area_id", "period", "indicator_id"])
    order = pd.MultiIndex.from_frame(table[["area_id", "period", "indicator_id"]])
    seen = where.reindex(order)
    levels = sorted(keys["geography"].unique())
    return Preview(
        values=table.assign(value=seen["value"].to_numpy(), status=seen["status"].to_numpy()),
        losses=_losses(table["geography"], table["status"].to_numpy(), seen["status"].to_numpy(), levels),
        told={
            "profile": profile.id,
            "withheld_by_publisher": int(protected.cells.unknown.sum()),
            "withheld_small": int((protected.is_sensitive & ~protected.cells.unknown).sum()),
            "withheld_for_others": int(protected.is_partner.sum()),
            "gap": round(protected.gap, 4),
        },
    )


def _parents(path: Path, areas: pd.Series, labels: pd.DataFrame) -> dict[str, str]:
    if "parent_id" not in labels:
        return {}
    pairs = pd.DataFrame({"area_id": areas, "parent_id": labels["parent_id"].to_numpy()})
    pairs = pairs[pairs["parent_id"].notna() & (pairs["parent_id"] != "")].drop_duplicates()
    twice = pairs.loc[pairs["area_id"].duplicated(), "area_id"]
    if len(twice):
        raise EtlError(
            f"{path.name}: area {twice.iloc[0]!r} has two parents; give each area one in all periods"
        )
    return dict(zip(pairs["area_id"], pairs["parent_id"].astype(str), strict=True))


def _levels(areas: pd.Series, parents: Mapping[str, str]) -> list[str]:
    """Return "level 1" for areas without a parent, "level 2" for those in them, and so on."""
    depth: dict[str, int] = {}
    for area in areas.unique():
        chain = [area]
        while chain[-1] in parents and parents[chain[-1]] not in chain:
            chain.append(parents[chain[-1]])
        depth[area] = len(chain)
    return [f"level {depth[area]}" for area in areas]


def _losses(
    geography: pd.Series, before: np.ndarray, after: np.ndarray, levels: Sequence[str]
) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "geography": geography.to_numpy(),
            "values": 1,
            "published": ~np.isin(after, [_SUPPRESSED, _MISSING]),
            "missing": after == _MISSING,
            "withheld_before": before == _SUPPRESSED,
            "withheld_now": (after == _SUPPRESSED) & (before != _SUPPRESSED),
        }
    )
    return frame.groupby("geography").sum().reindex(list(levels)).fillna(0).astype(int)
