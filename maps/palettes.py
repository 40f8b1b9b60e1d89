"""Which colour and which pattern stands for what, the same on every map, legend, print and export.

Sequential ramps get darker with the value and never rely on hue; diverging ramps go from blue over light to
ochre, a pair that stays apart under every common colour vision deficiency. What is no value on the scale
(zero, missing, suppressed) differs by pattern too, so that it survives a grey-scale print.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from maps.errors import ClassificationError

__all__ = [
    "PATTERNS",
    "STATES",
    "SYMBOL_COLOUR",
    "SYMBOL_COLOUR_NEGATIVE",
    "Pattern",
    "PatternShape",
    "StateStyle",
    "diverging",
    "sequential",
]

Pattern = Literal["dots", "diagonal", "crosshatch", "horizontal", "wide_diagonal"]

_SEQUENTIAL = ("#edf4de", "#bee0cf", "#8fc9c4", "#57a8b3", "#2d839c", "#1a5e81", "#123c60")
_LOW_SIDE = ("#b4d3e5", "#6ba3cc", "#30709f", "#173f66")  # from the centre outwards
_HIGH_SIDE = ("#f6d6a6", "#e2a150", "#b86a1c", "#743b0a")

SYMBOL_COLOUR = "#1a5e81"
SYMBOL_COLOUR_NEGATIVE = "#b86a1c"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternShape:
    """A seamless tile: strokes with round ends along an SVG path. [pixels]."""

    tile: int
    path: str
    width: float


PATTERNS: MappingProxyType[Pattern, PatternShape] = MappingProxyType(
    {
        "dots": PatternShape(tile=6, path="M1.5 1.5h.01M4.5 4.5h.01", width=1.5),
        "diagonal": PatternShape(tile=6, path="M-1 1L1-1M0 6L6 0M5 7L7 5", width=1.0),
        "crosshatch": PatternShape(tile=6, path="M0 0L6 6M0 6L6 0", width=0.9),
        "horizontal": PatternShape(tile=6, path="M0 3H6", width=0.8),
        "wide_diagonal": PatternShape(tile=16, path="M-2 2L2-2M0 16L16 0M14 18L18 14", width=1.6),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateStyle:
    """How a state that has no place on the scale is drawn: ground colour, pattern and the pattern's ink."""

    colour: str
    pattern: Pattern
    ink: str
    label_de: str
    label_en: str


STATES: MappingProxyType[str, StateStyle] = MappingProxyType(
    {
        "zero": StateStyle(
            colour="#ffffff",
            pattern="dots",
            ink="#7f939e",
            label_de="nichts vorhanden (0)",
            label_en="nothing present (0)",
        ),
        "missing": StateStyle(
            colour="#efeeea", pattern="diagonal", ink="#bbb9b1", label_de="keine Angabe", label_en="no data"
        ),
        "suppressed": StateStyle(
            colour="#dddbe6",
            pattern="crosshatch",
            ink="#6f6a86",
            label_de="nicht veröffentlicht (Datenschutz)",
            label_en="not published (data protection)",
        ),
        "uncertain": StateStyle(
            colour="transparent",
            pattern="horizontal",
            ink="#2b2b2b",
            label_de="eingeschränkt aussagekräftig",
            label_en="limited validity",
        ),
    }
)


def _mix(low: str, high: str, share: float) -> str:
    channels = zip(bytes.fromhex(low[1:]), bytes.fromhex(high[1:]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in channels)


def _along(anchors: tuple[str, ...], position: float) -> str:
    place = position * (len(anchors) - 1)
    left = min(int(place), len(anchors) - 2)
    return _mix(anchors[left], anchors[left + 1], place - left)


def _spread(anchors: tuple[str, ...], k: int, alone: float) -> tuple[str, ...]:
    if k == 1:
        return (_along(anchors, alone),)
    return tuple(_along(anchors, i / (k - 1)) for i in range(k))


def sequential(k: int, *, is_reversed: bool = False) -> tuple[str, ...]:
    """Return `k` colours from light to dark (from dark to light when reversed)."""
    if k < 1:
        raise ClassificationError(f"a ramp needs at least one colour, not {k}; ask for one per class")
    colours = _spread(_SEQUENTIAL, k, alone=0.5)
    return colours[::-1] if is_reversed else colours


def diverging(low: int, high: int, *, is_reversed: bool = False) -> tuple[str, ...]:
    """Return colours for `low` classes below and `high` classes above the centre, strongest at both ends.

    Ochre stands above the centre; when reversed, below it.
    """
    if min(low, high) < 0 or low + high == 0:
        raise ClassificationError(
            f"a diverging ramp needs classes on one side at least, not {low} and {high}"
        )
    below, above = (_HIGH_SIDE, _LOW_SIDE) if is_reversed else (_LOW_SIDE, _HIGH_SIDE)
    left = _spread(below, low, alone=1 / 3)[::-1] if low else ()
    right = _spread(above, high, alone=1 / 3) if high else ()
    return left + right
