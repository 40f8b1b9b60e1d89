"""What a proposal of priority areas hands back: who is in, at what price, how sure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial.regions.fixed import FixedAreas
from spatial.regions.limits import RegionLimits

__all__ = ["PriorityAreas"]

# A gap of this share of what all areas cost or save by themselves is none.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PriorityAreas:
    """Regions proposed by one run, with everything needed to repeat it.

    `region` holds the region id of each chosen area and <NA> for all others, indexed by area_id in the order
    of the input; `need` [index points] and `population` [persons] are the inputs on the same index. `border`
    is, per region id, the length of its border with areas outside [m]; the rim of the city is not in it.
    `objective` is the value of the objective of this choice, lower is better, 0 is choosing nothing [persons
    × index points]; no choice lies below `lower_bound`. `threshold` [index points] and `border_price`
    [persons × index points per metre] are the parameters, `resolution` is the unit to which costs were
    rounded before the search [persons × index points], `unknown` the number of areas whose need is not known.
    `limits`, `existing`, `inertia` [index points], `fixed` and `seed` are the further inputs; `existing` is None
    where no map in force was given. Locked regions are in `region`, but no part of `objective` and `lower_bound`.
    """

    region: pd.Series
    need: pd.Series
    population: pd.Series
    border_length: pd.Series
    objective: float
    lower_bound: float
    threshold: float
    border_price: float
    limits: RegionLimits
    existing: pd.Series | None
    inertia: float
    fixed: FixedAreas
    resolution: float
    unknown: int
    seed: int
    method: str

    def __repr__(self) -> str:
        chosen = self.region.notna()
        return (
            f"PriorityAreas({len(self.border_length)} regions, {int(chosen.sum())} of {len(chosen)} areas, "
            f"{self.population[chosen].sum():.0f} residents, {self.unknown} areas of unknown need; "
            f"threshold {self.threshold:g}, border price {self.border_price:g}, "
            f"objective {self.objective:.6g}, gap {self.gap:.1g}; {self.method})"
        )

    @property
    def gap(self) -> float:
        """Distance of the objective from the lower bound; 0 is proved best [persons × index points]."""
        return self.objective - self.lower_bound

    @property
    def relative_gap(self) -> float:
        """Distance of the objective from the lower bound as a share of the bound, 0 where it is rounding [share, 0–1]."""
        costs = float((self.population * (self.need - self.threshold).abs()).sum())
        return 0.0 if self.gap <= _ROUNDING * costs else self.gap / abs(self.lower_bound)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: `region_id`, `is_member`, `need`, `population`."""
        return pd.DataFrame(
            {
                "region_id": self.region,
                "is_member": self.region.notna(),
                "need": self.need,
                "population": self.population,
            }
        )

    def summary(self) -> pd.DataFrame:
        """Return one row per region: `areas`, `residents`, `mean_need`, `border_length` [m], `is_locked`.

        The mean is weighted by the residents of the areas whose need is known; NaN when there are none.
        """
        inside = self.to_frame().dropna(subset="region_id")
        known = inside["need"].notna()
        grouped = inside.assign(
            weight=inside["population"].where(known, 0.0),
            weighted=(inside["need"] * inside["population"]).where(known, 0.0),
        ).groupby("region_id", sort=False)
        weight = grouped["weight"].sum().reindex(self.border_length.index)
        table = pd.DataFrame(
            {
                "areas": grouped.size().reindex(self.border_length.index),
                "residents": grouped["population"].sum().reindex(self.border_length.index),
                "mean_need": grouped["weighted"].sum().reindex(self.border_length.index)
                / weight.where(weight > 0, np.nan),
                "border_length": self.border_length,
            }
        )
        table["is_locked"] = table.index.isin(self.fixed.regions)
        table.index.name = "region_id"
        return table
