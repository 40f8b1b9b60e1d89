"""How well a map drawn on other areas fits those of today, in figures for a passport or a summary."""

from __future__ import annotations

from typing import Any

import pandas as pd

from spatial.regions.changes.conversion import ConvertedMap

__all__ = ["conversion_quality"]


def conversion_quality(converted: ConvertedMap) -> dict[str, Any]:
    """Return the share of residents on the wrong side, hectares outside, and the regions lost or outside by name."""
    whole = converted.summary().loc[["all"]]
    (share,), (outside,) = whole["ambiguous_share"].tolist(), whole["outside_hectares"].tolist()
    return {
        "ambiguous_share_of_residents": None if pd.isna(share) else share,
        "outside_hectares": outside,
        "lost": converted.lost,
        "outside": converted.outside,
    }
