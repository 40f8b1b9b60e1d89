"""Which colour does an overlay have? The same on the map and in its legend entry, told apart without red and green."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["OVERLAY_COLOURS", "STREET_COLOUR", "overlay_colours"]

# Dark enough upon every class of the maps, and different in lightness for eyes that tell few hues apart; none is that of
# the priority areas.
OVERLAY_COLOURS = ("#b3480b", "#5b2a86", "#111111", "#6b5200", "#1b3a6b")
STREET_COLOUR = "#4a4a4a"  # so many lines that they stay behind everything else


def overlay_colours(kinds: Sequence[str]) -> list[str]:
    """Return the colours of the overlays of a city by their kinds; after the last one they come again."""
    number = -1
    colours = []
    for kind in kinds:
        number += kind != "street"
        colours.append(STREET_COLOUR if kind == "street" else OVERLAY_COLOURS[number % len(OVERLAY_COLOURS)])
    return colours
