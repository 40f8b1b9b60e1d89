"""What a city has published before: whoever kept it can still calculate with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.confidentiality import Relations
from indicators.status import ValueStatus

__all__ = ["Earlier", "confirmed"]

_KEY = ["geography", "area_id", "period", "indicator_id"]
_CELL = ["area_id", "period", "indicator_id"]
_SUPPRESSED = ValueStatus.SUPPRESSED.value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Earlier:
    """The last publication of a city, in the editions and periods of a new delivery.

    `values`: geography, area_id, period, indicator_id, value, status; also of counts that the delivery does not bring.
    """

    load_id: int
    values: pd.DataFrame

    def __repr__(self) -> str:
        return f"Earlier(load {self.load_id}, {len(self.values)} values)"

    def beside(self, values: pd.DataFrame) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which values of a delivery were withheld before, and which are published already as they are."""
        old = self.values.set_index(_KEY).reindex(pd.MultiIndex.from_frame(values[_KEY]))
        is_withheld = (old["status"] == _SUPPRESSED).to_numpy(dtype=bool)
        is_released = old["value"].to_numpy(dtype=float) == values["value"].to_numpy(dtype=float)
        return is_withheld, is_released


def confirmed(relations: Relations, cells: pd.DataFrame) -> Relations:
    """Return the relations of an earlier publication that still hold: nothing withheld in them was corrected since.

    `cells`: area_id, period, indicator_id and value as delivered now. Where something was corrected, or the publisher
    withholds it himself, what was known of the old counts says nothing that we could check of the new ones.
    """
    value = cells.set_index(_CELL)["value"]
    members = relations.members
    each = value.reindex(pd.MultiIndex.from_frame(members[_CELL])).to_numpy(dtype=float)
    of = members["relation"].to_numpy(dtype=np.int64)
    sums = np.bincount(of, weights=each * members["factor"].to_numpy(dtype=float), minlength=len(relations))
    holds = np.abs(sums - relations.kinds["constant"].to_numpy(dtype=float)) < 0.5
    kept = holds & ~relations.kinds["remainder"].to_numpy(dtype=bool)
    number = np.where(kept, np.cumsum(kept) - 1, -1)[of]
    return Relations(
        members=members[number >= 0].assign(relation=number[number >= 0]),
        kinds=relations.kinds[kept].reset_index(drop=True).assign(kind="published before"),
    )
