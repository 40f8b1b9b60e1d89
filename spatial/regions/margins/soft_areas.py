"""What a graded delineation hands back: how far each area belongs, in which class, how sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from spatial.regions.fixed import FixedAreas

__all__ = ["CLASSES", "SoftAreas"]

CLASSES: Final = ("core", "margin", "rest")
"""From the inside to the outside."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SoftAreas:
    """Membership of every area in the priority areas, with everything needed to repeat it.

    Indexed by area_id in the order of the input: `membership`, the mean over the resamples [0–1]; `deviation`, its
    standard deviation between resamples [0–1]; `zone_class`, core, margin or rest; `class_shares`, the share of
    resamples in which the area is each of them [share, 0–1], and `certainty`, that of its own class; `core`, the
    connected piece of the core that it belongs to, <NA> outside; the inputs `need` [index points] and `population`
    [persons]. `deviation`, `class_shares` and `certainty` are missing without resamples, because nothing is known
    about them.

    `lower_threshold`, `upper_threshold`, `inertia` [index points], `border_price` [persons × index points per metre],
    `existing`, `border_factor`, `fixed`, `core_from`, `rest_up_to` [0–1] and `seed` are the parameters, `resamples` is
    the number of resamples, 0 for none.
    """

    membership: pd.Series
    deviation: pd.Series
    certainty: pd.Series
    class_shares: pd.DataFrame
    zone_class: pd.Series
    core: pd.Series
    need: pd.Series
    population: pd.Series
    lower_threshold: float
    upper_threshold: float
    border_price: float
    existing: pd.Series | None
    inertia: float
    border_factor: pd.Series | None
    fixed: FixedAreas
    core_from: float
    rest_up_to: float
    resamples: int
    seed: int

    def __repr__(self) -> str:
        counts = self.zone_class.value_counts()
        sizes = ", ".join(f"{counts[one]} {one}" for one in CLASSES)
        return (
            f"SoftAreas({len(self.membership)} areas: {sizes}; {self.core.nunique()} cores; "
            f"thresholds {self.lower_threshold:g} to {self.upper_threshold:g}, border price {self.border_price:g}, "
            f"{self.resamples} resamples, {int(self.need.isna().sum())} areas of unknown need)"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: all that is known of it."""
        return pd.DataFrame(
            {
                "membership": self.membership,
                "deviation": self.deviation,
                "zone_class": self.zone_class,
                "certainty": self.certainty,
                "core_share": self.class_shares["core"],
                "margin_share": self.class_shares["margin"],
                "rest_share": self.class_shares["rest"],
                "core": self.core,
                "need": self.need,
                "population": self.population,
            }
        )

    def summary(self) -> pd.DataFrame:
        """Return one row per class: `areas`, `residents`, `mean_need`, `certainty`.

        Need and certainty are means weighted by residents: need over those whose need is known, certainty over all.
        NaN where there are none.
        """
        table = self.to_frame()
        people = table["population"].astype(float)
        known = people.where(table["need"].notna(), 0.0)
        grouped = table.assign(
            known=known,
            needed=(table["need"] * known).fillna(0.0),
            sure=table["certainty"] * people,
        ).groupby("zone_class", observed=False)
        residents, weight = grouped["population"].sum(), grouped["known"].sum()
        return pd.DataFrame(
            {
                "areas": grouped.size(),
                "residents": residents,
                "mean_need": grouped["needed"].sum() / weight.where(weight > 0, np.nan),
                "certainty": grouped["sure"].sum(min_count=1) / residents.where(residents > 0, np.nan),
            }
        )
