"""What a first manifest says of rasters in a folder: what can be seen of them, as a comment to be filled in."""

from __future__ import annotations

from pathlib import Path

from etl.datasets.rasters.files import RASTER_SUFFIXES, seen_raster
from etl.errors import FetchError

__all__ = ["raster_comments"]


def raster_comments(folder: Path, names: list[str], geography: str) -> list[str]:
    """Return a commented block for every raster; what its numbers mean cannot be seen."""
    blocks = []
    for name in names:
        if not name.lower().endswith(RASTER_SUFFIXES):
            continue
        try:
            seen = seen_raster(folder / name)
        except FetchError as error:
            blocks.append(f"# {name} is a raster that cannot be read: {error.what}\n")
            continue
        lines = [
            f"{name}: {seen}",
            "[[raster]]",
            f'file = "{name}"',
            f'geography = "{geography}"',
            'indicator = "…"        # add an [[indicator]] for it',
            'statistic = "…"        # sum, mean, percent or surface',
            'holds = "…"            # mean, percent, surface: ground or persons',
            'period = "…"',
        ]
        blocks.append("".join(f"# {line}\n" for line in lines))
    return blocks
