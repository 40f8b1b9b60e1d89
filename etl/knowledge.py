"""What an attacker has besides a delivery: earlier publications, other editions of the boundaries, the year beside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.delivery import Delivery
from etl.earlier import Beside, Earlier
from etl.relations import CELL, counts_of, grid_from, names_of, parents_of
from indicators.confidentiality import Grid, Relations, no_relations, tellers
from indicators.definition import Indicator
from indicators.status import ValueStatus

__all__ = ["Guesses", "Knowledge", "guessed_from_other_years"]

_COLUMNS = ["geography", "area_id", "period", "indicator_id", "value", "status"]
_SUPPRESSED = ValueStatus.SUPPRESSED.value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Knowledge:
    """A delivery beside what its city has published.

    `definitions`: what relates its counts. `delivered`: its values as they came. `earlier` and `beside`: what was
    published before, and the delivery beside it; None for a first load.
    """

    delivery: Delivery
    definitions: tuple[Indicator, ...]
    delivered: pd.DataFrame
    earlier: Earlier | None = None
    beside: Beside | None = None

    def __repr__(self) -> str:
        return f"Knowledge({self.delivery.city.id}, {self.earlier})"

    @property
    def load_id(self) -> int | None:
        """Number of the load whose publication was looked at."""
        return None if self.earlier is None else self.earlier.load_id

    @property
    def unrelated(self) -> int:
        """Areas that no group of areas of another edition covers, so that nobody can say what adds up to what."""
        return 0 if self.earlier is None or self.earlier.others is None else self.earlier.others.unrelated

    def public_elsewhere(self, values: pd.DataFrame) -> int:
        """Withheld counts of `values` that are numbers in another edition, for the same period and area id."""
        others = None if self.earlier is None else self.earlier.others
        return 0 if others is None else others.public_of(values)

    @property
    def counts(self) -> list[str]:
        """Ids of the counts that need protection, and of those that are tied to them."""
        return counts_of(self.definitions, self.delivery.confidentiality)

    @property
    def parents(self) -> dict[str, str]:
        """Area above each area, in all editions; areas are named with their level in front."""
        return parents_of(self.delivery) | ({} if self.earlier is None else dict(self.earlier.parents))

    def is_released(self, values: pd.DataFrame, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return which of some rows are public already, as they are; `values`: the delivery as it would be published."""
        if self.beside is None:
            return np.zeros(len(rows), dtype=bool)
        is_there: NDArray[np.bool_] = values["value"].notna().to_numpy()[rows]
        return self.beside.is_released[rows] & is_there

    def with_context(self, values: pd.DataFrame) -> pd.DataFrame:
        """Return values of the delivery, and behind them what stays published beside them."""
        if self.beside is None or not len(self.beside.context):
            return values[_COLUMNS]
        context = self.beside.context
        near = context["period"].isin(values["period"].unique())
        return pd.concat([values[_COLUMNS], context[near]], ignore_index=True)

    def relations(self, is_asked: NDArray[np.bool_]) -> tuple[Relations, Relations]:
        """Return what is known of some of the delivered values: facts, and beliefs that nobody here can check."""
        if self.earlier is None or self.beside is None:
            return no_relations(), no_relations()
        if not (self.beside.changed or self.earlier.replaced or self.earlier.others):
            return no_relations(), no_relations()
        values = self.with_context(self.delivered[is_asked])
        now = grid_from(values, self.parents, self.counts)
        sums = self.delivery.confidentiality.sums(self.definitions)
        facts, beliefs = self.earlier.sums(
            now, parents_of(self.delivery), sums, self.counts, self.beside.changed
        )
        wanted = values[values["indicator_id"].isin(self.counts)]
        more_facts, more_beliefs = self.earlier.editions(now, wanted)
        return facts + more_facts, beliefs + more_beliefs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Guesses:
    """What the year beside tells of withheld counts, by row of the delivery.

    `tellers`: published counts to be withheld as well. `told`: withheld counts that a public year tells for good.
    `left`: how many counts tell them, which are public already.
    """

    tellers: NDArray[np.bool_]
    told: NDArray[np.bool_]
    left: int

    def __repr__(self) -> str:
        return f"Guesses({int(self.tellers.sum())} to withhold, {int(self.told.sum())} told by {self.left} public ones)"


def guessed_from_other_years(knowledge: Knowledge, values: pd.DataFrame) -> Guesses:
    """Find published counts that tell a withheld one of the year beside, because nothing else changed.

    `values`: the delivery as it would be published. Where the withheld count is known here, and another one, the guess
    is wrong and stays.
    """
    also, told = np.zeros(len(values), dtype=bool), np.zeros(len(values), dtype=bool)
    nothing = Guesses(tellers=also, told=told, left=0)
    every = knowledge.with_context(values)
    if knowledge.earlier is not None and len(beside := knowledge.earlier.around(values)):
        every = pd.concat([every, beside[_COLUMNS]], ignore_index=True)
    if every["period"].nunique() < 2 or not (every["status"] == _SUPPRESSED).any():
        return nothing
    delivered = {one.id for one in knowledge.delivery.indicators}
    counts = {one.id for one in knowledge.delivery.indicators if one.kind == "extensive"}
    counts |= (
        set(every["indicator_id"].iloc[len(values) :].unique()) - delivered
    )  # stored beside are counts alone
    grid = grid_from(every, {}, sorted(counts))
    rules = knowledge.delivery.confidentiality.rules(grid.indicators)
    has_public_zeros = np.array(
        [rule is not None and rule.zeros == "public" for rule in rules.values()], dtype=bool
    )
    found = tellers(grid.value, grid.hidden, has_public_zeros)
    if not found.any():
        return nothing
    rows = pd.MultiIndex.from_arrays([names_of(values), values["period"], values["indicator_id"]], names=CELL)
    telling, hidden = _pairs(found, grid.hidden)
    of, number = _rows(grid, telling, rows), grid.value[tuple(telling.T)]
    about = _rows(grid, hidden, rows)
    truth = np.where(about >= 0, knowledge.delivered["value"].to_numpy(dtype=float)[about], np.nan)
    is_right = np.isnan(truth) | (truth == number)
    is_free = is_right & (of >= 0)
    is_free[is_free] = ~knowledge.is_released(values, of[is_free])
    stays = is_right & ~is_free
    also[of[is_free]] = True
    told[about[stays & (about >= 0)]] = True
    return Guesses(tellers=also, told=told, left=len(np.unique(telling[stays], axis=0)))


def _pairs(found: NDArray[np.bool_], hidden: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the positions of the counts that tell, and of those in the periods beside that they tell."""
    at = np.argwhere(found)
    beside = [at + np.array([0, step, 0]) for step in (-1, 1)]
    telling, others = np.concatenate([at, at]), np.concatenate(beside)
    inside = (others[:, 1] >= 0) & (others[:, 1] < found.shape[1])
    telling, others = telling[inside], others[inside]
    is_hidden = hidden[tuple(others.T)]
    return telling[is_hidden], others[is_hidden]


def _rows(grid: Grid, positions: NDArray[np.intp], rows: pd.MultiIndex) -> NDArray[np.intp]:
    """Return the row of each position of a grid, or -1 where it is not delivered."""
    indicator, period, area = positions.T
    keys = [grid.areas[area], grid.periods[period], grid.indicators[indicator]]
    return np.asarray(rows.get_indexer(pd.MultiIndex.from_arrays(keys)), dtype=np.intp)
