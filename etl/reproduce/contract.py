"""What it means to have reproduced a published result: how many figures, how many agree, by how much the others differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from etl.raw import RawFile
from etl.reading import read_table

__all__ = ["Check", "Reference", "compared", "matched", "published_table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One published quantity against ours.

    `agreeing`: figures that are equal, or differ by no more than `within`; `promised`: least number of them for the
    result to count as reproduced; `difference`: largest difference, None where figures are names or classes;
    `at_most`: what it may be.
    """

    what_de: str
    what_en: str
    published: int
    agreeing: int
    promised: int
    within: float = 0.0
    difference: float | None = None
    at_most: float = math.inf

    @property
    def is_kept(self) -> bool:
        """Whether what is promised of this quantity holds."""
        near = self.difference is None or self.difference <= self.at_most
        return self.published > 0 and self.agreeing >= self.promised and near


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A published result that a method must reproduce: the folder its files are in, and how they are compared."""

    method: str
    folder: str
    run: Callable[[Path], list[Check]]


def published_table(folder: Path, name: str, columns: Mapping[str, str]) -> pd.DataFrame:
    """Read a publisher's table where it lies; all cells are text, columns renamed as `columns` says."""
    file = RawFile(name=name, path=folder / name, sha256="", size=0)  # nothing is kept of it
    return read_table(file, list(columns))[list(columns)].rename(columns=dict(columns))


def matched(what_de: str, what_en: str, published: pd.Series, ours: pd.Series, promised: int) -> Check:
    """Compare names or classes, area by area."""
    same = (ours.reindex(published.index).astype("object") == published.astype("object")).fillna(value=False)
    return Check(
        what_de=what_de,
        what_en=what_en,
        published=len(published),
        agreeing=int(same.sum()),
        promised=promised,
    )


def compared(
    what_de: str,
    what_en: str,
    published: pd.Series | pd.DataFrame,
    ours: pd.Series | pd.DataFrame,
    *,
    within: float,
    promised: int,
    at_most: float | None = None,
) -> Check:
    """Compare numbers in the same order; a number that one side lacks does not agree."""
    theirs, own = np.asarray(published, dtype=float), np.asarray(ours, dtype=float)
    difference = np.abs(theirs - own)
    return Check(
        what_de=what_de,
        what_en=what_en,
        published=theirs.size,
        agreeing=int((difference <= within).sum()),
        promised=promised,
        within=within,
        difference=float(np.nan_to_num(difference, nan=np.inf).max(initial=0.0)),
        at_most=within if at_most is None else at_most,
    )
