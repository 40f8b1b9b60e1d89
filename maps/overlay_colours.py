"""Which colour does an overlay have? The same on the map and in its legend entry, told apart without red and green."""

from __future__ import annotations

__all__ = ["OVERLAY_COLOURS", "overlay_colour"]

# Dark enough upon every class of the maps, and different in lightness for eyes that tell few hues apart.
OVERLAY_COLOURS = ("#b3480b", "#5b2a86", "#3d3d3d", "#8a1253", "#6b5200", "#1b3a6b")


def overlay_colour(number: int) -> str:
    """Return the colour of the overlay with this place in the list of its city; after the last one they come again."""
    return OVERLAY_COLOURS[number % len(OVERLAY_COLOURS)]
