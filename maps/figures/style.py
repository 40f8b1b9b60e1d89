"""How do all figures look? Ink, colours, lines, and numbers on axes; the same whatever the user's own settings are.

matplotlib keeps its settings in one place for the whole process. `house_style()` puts ours there while a figure
is made or written, one thread at a time, and puts the user's back afterwards.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import matplotlib
import numpy as np
from matplotlib.ticker import Formatter

from maps.numbers import Language, format_number

__all__ = [
    "BAND",
    "BAND_EDGE",
    "BORDER",
    "DASHES",
    "FAINT",
    "FALL",
    "GRID",
    "INK",
    "LINES",
    "MARKERS",
    "QUIET",
    "RISE",
    "NumberTicks",
    "decimals_for",
    "house_style",
]

INK, QUIET, GRID, FAINT, BORDER = "#10202a", "#46555e", "#dfe4e6", "#aab4b9", "#7b8890"
RISE, FALL = "#b86a1c", "#1a5e81"
BAND, BAND_EDGE = "#dcefec", "#3f9a86"

# Told apart under every common colour vision deficiency; never without another dash or marker.
LINES: Final = ("#1a5e81", "#c9741a", "#8c36e2", "#349d9d", "#4d1926", "#200d59")
DASHES: Final[tuple[tuple[float, ...], ...]] = ((), (5, 2), (1.2, 1.6), (6, 1.6, 1.2, 1.6))
MARKERS: Final = ("o", "s", "^", "D", "v", "P")

_SETTINGS: Final[dict[str, Any]] = {
    "axes.axisbelow": True,
    "axes.edgecolor": FAINT,
    "axes.facecolor": "white",
    "axes.grid": False,
    "axes.labelcolor": QUIET,
    "axes.labelpad": 5.0,
    "axes.labelsize": 8.5,
    "axes.linewidth": 0.8,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.xmargin": 0.0,
    "figure.dpi": 100.0,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "hatch.linewidth": 0.8,
    "patch.linewidth": 0.0,
    "svg.fonttype": "path",
    "svg.hashsalt": "sozialraum",
    "text.color": INK,
    "text.hinting": "no_hinting",
    "text.parse_math": False,
    "xtick.color": FAINT,
    "xtick.labelcolor": QUIET,
    "xtick.labelsize": 8.5,
    "ytick.color": FAINT,
    "ytick.labelcolor": QUIET,
    "ytick.labelsize": 8.5,
    "ytick.left": False,
}

_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def house_style() -> Iterator[None]:
    """Let matplotlib work with the settings of this house, in this block only."""
    with _ONE_AT_A_TIME, matplotlib.rc_context():
        matplotlib.rcdefaults()
        for name, value in _SETTINGS.items():
            matplotlib.rcParams[name] = value  # type: ignore[index]
        yield


class NumberTicks(Formatter):
    """Numbers on an axis as people read them, with as many decimals as the steps need; NaN has no label."""

    def __init__(self, language: Language, *, factor: float = 1.0) -> None:
        self.language, self.factor, self.decimals = language, factor, 0

    def set_locs(self, locs: Any) -> None:
        """Find the decimals that tell all ticks apart."""
        shown = np.asarray(locs, dtype=float) * self.factor
        self.decimals = next(
            (
                decimals
                for decimals in range(9)
                if np.allclose(shown, np.round(shown, decimals), rtol=0, atol=1e-10)
            ),
            9,
        )

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the label of one tick."""
        return "" if np.isnan(x) else format_number(x * self.factor + 0.0, self.decimals, self.language)


def decimals_for(values: Sequence[float], *, spread: float = 0.0) -> int:
    """Return the decimals, 3 to 6, that show the values and a spread that matters among them."""
    finite = [abs(value) for value in values if np.isfinite(value) and value]
    wanted = [3]
    if finite:
        wanted.append(2 - int(np.floor(np.log10(max(finite)))))
    if np.isfinite(spread) and spread > 0:
        wanted.append(-int(np.floor(np.log10(spread))))
    return min(max(wanted), 6)
