"""Errors of rasters: cells that cannot be cells, or that do not fit the areas."""

from __future__ import annotations

from spatial.errors import SpatialError

__all__ = ["CellsError"]


class CellsError(SpatialError, ValueError):
    """A raster, or what is to be laid on one, that cannot be used as it is."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(f"{reason}; {hint}")
        self.reason, self.hint = reason, hint
