"""Errors of the figures: what cannot be drawn, and what would help."""

from __future__ import annotations

from maps.errors import MapsError

__all__ = ["FigureError"]


class FigureError(MapsError, ValueError):
    """A result cannot be drawn as asked."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(f"{reason}; {hint}")
        self.reason, self.hint = reason, hint
