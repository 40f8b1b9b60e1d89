"""Where does what was counted in one edition of areas go in another? The table of shares, and what it does not cover."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

__all__ = ["DERIVATIONS", "SOURCE_KINDS", "Basis", "Crosswalk", "Floats", "Positions"]

Positions = NDArray[np.intp]
Floats = NDArray[np.float64]
Basis = Literal["population", "area", "unknown"]

SOURCE_KINDS: Final = ("same", "merged", "divided", "partly_outside", "outside")
"""What becomes of a source: it stays alone, goes whole into a larger one, is cut, loses a part, is not there."""

DERIVATIONS: Final = ("copy", "sum", "part", "mixed", "empty", "none")
"""What a target is made of: one whole source, several whole ones, a part of one, parts of several, no share of any
(nobody lives there), no source at all."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Crosswalk:
    """Shares of each source area that go to each target area.

    The pairs are three arrays of the same length, sorted by source, then by target: `origin` and `goal` are places
    in `source` and `target`, `share` the share of the source, above 0 [share, 0–1]. On the sources: `size`, what the
    shares are shares of (surface [m²], residents [persons], or weight of the key table), `outside`, the share outside
    all targets, `slivers`, the share that was dropped as slivers and given to the other pieces, and `basis`, on
    what the source is divided ("population", "area", "unknown"). On the targets: `without_source`, the share that
    lies in no source. `method` and `parameters` are what made it.
    """

    source: pd.Index
    target: pd.Index
    origin: Positions
    goal: Positions
    share: Floats
    size: pd.Series
    outside: pd.Series
    slivers: pd.Series
    basis: pd.Series
    without_source: pd.Series
    method: Literal["key", "area", "population", "chain"]
    parameters: Mapping[str, object]

    def __repr__(self) -> str:
        kinds = self.source_kind.value_counts()
        told = ", ".join(f"{kinds[kind]} {kind}" for kind in SOURCE_KINDS if kinds.get(kind, 0))
        return (
            f"Crosswalk({len(self.source)} → {len(self.target)} areas by {self.method}: {told}; "
            f"{len(self.share)} pairs, {int((self.derivation == 'none').sum())} targets without source)"
        )

    @property
    def matrix(self) -> csr_array:
        """Shares as a sparse matrix, shape (n_source, n_target)."""
        shape = (len(self.source), len(self.target))
        return csr_array((self.share, (self.origin, self.goal)), shape=shape)

    @property
    def source_kind(self) -> pd.Series:
        """What becomes of each source: one of `SOURCE_KINDS`."""
        goals = np.bincount(self.origin, minlength=len(self.source))
        sources = np.bincount(self.goal, minlength=len(self.target))
        alone = np.zeros(len(self.source), dtype=bool)
        alone[self.origin] = sources[self.goal] == 1
        kind = np.select(
            [goals == 0, goals > 1, self.outside.to_numpy() > 0, alone],
            ["outside", "divided", "partly_outside", "same"],
            "merged",
        )
        return pd.Series(kind.astype(object), index=self.source, name="kind")

    @property
    def derivation(self) -> pd.Series:
        """What each target is made of: one of `DERIVATIONS`."""
        sources = np.bincount(self.goal, minlength=len(self.target))
        parts = np.bincount(self.goal[self.share < 1], minlength=len(self.target))
        kind = np.select(
            [
                (sources == 0) & (self.without_source.to_numpy() < 1),
                sources == 0,
                (parts == 0) & (sources == 1),
                parts == 0,
                sources == 1,
            ],
            ["empty", "none", "copy", "sum", "part"],
            "mixed",
        )
        return pd.Series(kind.astype(object), index=self.target, name="derivation")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per pair: `from_area`, `to_area`, `share`, `amount` (share × size) and `basis`."""
        return pd.DataFrame(
            {
                "from_area": self.source[self.origin],
                "to_area": self.target[self.goal],
                "share": self.share,
                "amount": self.share * self.size.to_numpy()[self.origin],
                "basis": self.basis.to_numpy()[self.origin],
            }
        )

    def sources(self) -> pd.DataFrame:
        """Return one row per source: `kind`, `targets`, `size`, `outside`, `slivers`, `basis`."""
        targets = np.bincount(self.origin, minlength=len(self.source))
        return pd.DataFrame(
            {
                "kind": self.source_kind,
                "targets": targets,
                "size": self.size,
                "outside": self.outside,
                "slivers": self.slivers,
                "basis": self.basis,
            }
        )

    def targets(self) -> pd.DataFrame:
        """Return one row per target: `derivation`, `sources`, `without_source`."""
        sources = np.bincount(self.goal, minlength=len(self.target))
        return pd.DataFrame(
            {"derivation": self.derivation, "sources": sources, "without_source": self.without_source}
        )

    def summary(self) -> pd.DataFrame:
        """Return one row per kind of source: `sources`, their `size` and its share of all, `size_share`."""
        by_kind = self.size.groupby(self.source_kind.to_numpy())
        table = pd.DataFrame({"sources": by_kind.size(), "size": by_kind.sum()})
        table = table.reindex(list(SOURCE_KINDS), fill_value=0).rename_axis("kind")
        total = float(table["size"].sum())
        table["size_share"] = table["size"] / total if total > 0 else np.nan
        return table
