"""What protecting and auditing give: for the office, with the secrets; and for the public, without them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.confidentiality.cells import Cells
from indicators.confidentiality.primary import Rules
from indicators.confidentiality.problem import Problem
from indicators.status import ValueStatus

__all__ = ["Intervals", "Protected", "PublicView"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Protected:
    """A table with everything that has to be withheld, and the proof that it is enough. Stays in the office.

    Attributes
    ----------
    cells, problem : Cells, Problem
        The table and what was asked for, true values included.
    hidden : ndarray of bool, shape (n_cells,)
        What is withheld, in the order of the table.
    rules : mapping of str to Profile or None
        Profile of each indicator.
    cost, lower_bound : float
        Usefulness of what is withheld besides sensitive values, and what no protection can stay below.
    method : str
        How it was chosen.
    is_repeatable : bool
        False when a limit in seconds stopped the search: another machine may withhold others.
    """

    cells: Cells
    problem: Problem
    hidden: NDArray[np.bool_]
    rules: Rules
    cost: float
    lower_bound: float
    method: str
    is_repeatable: bool

    def __repr__(self) -> str:
        return (
            f"Protected({len(self.cells)} values, {int(self.hidden.sum())} withheld, "
            f"{int(self.is_partner.sum())} of them for others, gap {100 * self.gap:.1f} %, {self.method})"
        )

    @property
    def is_sensitive(self) -> NDArray[np.bool_]:
        """Values that are withheld for their own sake."""
        return self.hidden & self.problem.withheld[: len(self.cells)]

    @property
    def is_partner(self) -> NDArray[np.bool_]:
        """Values that are withheld so that others cannot be computed."""
        return self.hidden & ~self.problem.withheld[: len(self.cells)]

    @property
    def gap(self) -> float:
        """How much of the cost might be saved at most. [0–1]."""
        return 1.0 - self.lower_bound / self.cost if self.cost > 0 else 0.0

    def to_frame(self) -> pd.DataFrame:
        """Return one row per value: its true value, whether it is withheld, and why. Not for the public."""
        reason = self.problem.reason[: len(self.cells)].copy()
        reason[self.is_partner] = "partner"
        return pd.DataFrame(
            {
                "geography": self.cells.geography,
                "value": self.cells.value,
                "is_withheld": self.hidden,
                "reason": np.where(self.hidden | (reason != ""), reason, ""),
            },
            index=self.cells.key,
        )

    def summary(self) -> pd.DataFrame:
        """Return per level of areas: values, how many are sensitive, withheld for others, and the usefulness lost."""
        frame = pd.DataFrame(
            {
                "geography": self.cells.geography,
                "values": ~self.cells.missing,
                "sensitive": self.is_sensitive,
                "partners": self.is_partner,
                "lost": np.where(self.is_partner, self.cells.usefulness, 0.0),
            }
        )
        return frame.groupby("geography", sort=False).sum()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Intervals:
    """What remains possible for each protected value, for somebody who knows everything that is published.

    Attributes
    ----------
    frame : DataFrame
        One row per withheld or sensitive value: area_id, period, indicator_id; what ("value", or "rest" for what
        a part leaves of its whole); low and high, between which every conclusion ends; demanded width, must_reach
        and must_fall; is_safe; is_exact (low and high are the very ends, not only proven to be possible).
    programmes : int
        How many linear programmes were asked.
    """

    frame: pd.DataFrame
    programmes: int

    def __repr__(self) -> str:
        return (
            f"Intervals({len(self.frame)} values, {int((~self.frame['is_safe']).sum())} exposed, "
            f"{self.programmes} linear programmes)"
        )

    @property
    def exposed(self) -> pd.DataFrame:
        """Rows of values that can be narrowed down farther than the profile allows."""
        return self.frame[~self.frame["is_safe"]]

    @property
    def is_safe(self) -> bool:
        """Whether nothing can be narrowed down farther than the profile allows."""
        return bool(self.frame["is_safe"].all())


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PublicView:
    """What the public would see.

    Attributes
    ----------
    frame : DataFrame
        area_id, period, indicator_id, geography, value (NaN where there is none) and status, ordered by key: the
        order of the rows says nothing about withheld values.
    losses : DataFrame, indexed by geography
        values, published, coarsened, missing, withheld, and share_withheld. [0–1]
    """

    frame: pd.DataFrame
    losses: pd.DataFrame

    def __repr__(self) -> str:
        withheld = int((self.frame["status"] == ValueStatus.SUPPRESSED.value).sum())
        return f"PublicView({len(self.frame)} values, {withheld} withheld)"
