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

__all__ = ["Knowledge", "guessed_from_other_years"]

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
        near = context["period"].isin(values["period"].unique()) & context["indicator_id"].isin(
            values["indicator_id"].unique()
        )
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


def guessed_from_other_years(knowledge: Knowledge, values: pd.DataFrame) -> tuple[NDArray[np.bool_], int]:
    """Find published counts of a delivery that tell a withheld one of the year beside, because nothing else changed.

    `values`: as they would be published. Returns which of them to withhold as well, and how many cannot be, because
    they are public already. Where the withheld count is known here, and another one, the guess is wrong and stays.
    """
    nothing = np.zeros(len(values), dtype=bool)
    earlier = knowledge.earlier
    beside = values[:0] if earlier is None else earlier.around(values)
    every = pd.concat([values[_COLUMNS], beside[_COLUMNS]], ignore_index=True) if len(beside) else values
    if every["period"].nunique() < 2 or not (every["status"] == _SUPPRESSED).any():
        return nothing, 0
    counts = [one.id for one in knowledge.delivery.indicators if one.kind == "extensive"]
    grid = grid_from(every, {}, counts)
    rules = knowledge.delivery.confidentiality.rules(grid.indicators)
    has_public_zeros = np.array([rule is not None and rule.zeros == "public" for rule in rules.values()])
    found = tellers(grid.value, grid.hidden, has_public_zeros)
    if not found.any():
        return nothing, 0
    names = names_of(values)
    row = pd.Series(
        np.arange(len(values)),
        index=pd.MultiIndex.from_arrays([names, values["period"], values["indicator_id"]], names=CELL),
    )
    told = _right(found, grid, pd.Series(knowledge.delivered["value"].to_numpy(dtype=float), index=row.index))
    at = row.reindex(pd.MultiIndex.from_frame(grid.keys(told)))
    mine = at.dropna().to_numpy(dtype=np.int64)
    is_free = ~knowledge.is_released(values, mine)
    nothing[mine[is_free]] = True
    return nothing, int(told.sum() - is_free.sum())


def _right(found: NDArray[np.bool_], grid: Grid, delivered: pd.Series) -> NDArray[np.bool_]:
    """Return those that tell the truth, as far as it is known here; `delivered` by area, period and indicator."""
    kept = np.zeros_like(found)
    for indicator, period, area in np.argwhere(found):
        for other in (period - 1, period + 1):
            if not 0 <= other < len(grid.periods) or not grid.hidden[indicator, other, area]:
                continue
            key = (grid.areas[area], grid.periods[other], grid.indicators[indicator])
            truth = delivered.get(key, np.nan)
            kept[indicator, period, area] |= bool(
                np.isnan(truth) or truth == grid.value[indicator, period, area]
            )
    return kept
