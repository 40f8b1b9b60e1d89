"""A figure as a file: the same bytes from the same result, with a title and a description for those who cannot see it."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Final
from xml.sax.saxutils import escape

from matplotlib.figure import Figure

from maps.figures.errors import FigureError
from maps.figures.sheet import Sheet
from maps.figures.style import house_style

__all__ = ["to_png", "to_svg"]

_NO_METADATA: Final = {"Creator": None, "Date": None, "Format": None, "Type": None}
_OPENING: Final = re.compile(r"<svg\b[^>]*>", re.DOTALL)
_DOCTYPE: Final = re.compile(r"<!DOCTYPE[^>]*>\s*", re.DOTALL)
_BLANKS: Final = re.compile(r"[ \t]+$", re.MULTILINE)


def to_svg(figure: Figure) -> str:
    """Write a figure as SVG; letters are drawn as shapes, so that it looks the same everywhere."""
    sheet = _known(figure)
    written = io.StringIO()
    with house_style():
        sheet.savefig(written, format="svg", metadata=_NO_METADATA)
    content = _BLANKS.sub("", _DOCTYPE.sub("", written.getvalue(), count=1))
    mark = hashlib.sha256(f"{sheet.title}\n{sheet.description}\n{content}".encode()).hexdigest()[:12]
    spoken = (
        f'\n <title id="title-{mark}">{escape(sheet.title)}</title>'
        f'\n <desc id="desc-{mark}">{escape(sheet.description)}</desc>'
    )

    def opening(found: re.Match[str]) -> str:
        tag = found.group()[:-1]
        return (
            f'{tag} role="img" lang="{sheet.language}" xml:lang="{sheet.language}"'
            f' aria-labelledby="title-{mark}" aria-describedby="desc-{mark}">{spoken}'
        )

    return _OPENING.sub(opening, content, count=1)


def to_png(figure: Figure, dpi: int = 150) -> bytes:
    """Write a figure as PNG with its title and description inside."""
    sheet = _known(figure)
    if not 20 <= dpi <= 1200:
        raise FigureError(f"{dpi} dots per inch", "choose 20 to 1200; 150 for a screen, 300 for print")
    written = io.BytesIO()
    told = {"Software": None, "Title": sheet.title, "Description": sheet.description}
    with house_style():
        sheet.savefig(written, format="png", dpi=dpi, metadata=told)
    return written.getvalue()


def _known(figure: Figure) -> Sheet:
    if not isinstance(figure, Sheet) or not figure.title or not figure.description:
        raise FigureError(
            "the figure does not say in words what it shows",
            "draw it with a function of maps.figures, or save it with matplotlib itself",
        )
    return figure
