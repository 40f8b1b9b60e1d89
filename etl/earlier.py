"""What a city has published before: whoever kept it can still calculate with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.editions import OtherEditions
from etl.relations import grid_from, names_of
from indicators.confidentiality import Grid, Relations, no_relations
from indicators.status import ValueStatus

__all__ = ["Beside", "Earlier", "publications"]

_KEY = ["geography", "area_id", "period", "indicator_id"]
_COLUMNS = [*_KEY, "value", "status"]
_SUPPRESSED = ValueStatus.SUPPRESSED.value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Beside:
    """A delivery beside what was published before, row by row.

    `number`: what was public last, NaN where nothing ever was. `is_released`: public as it is delivered now.
    `was_withheld`: withheld by an earlier load, and not known since. `changed`: periods in which the last publication
    was another one. `context`: what stays published in the same periods of the same counts and those that are tied to
    them: of areas and indicators that are not delivered, and of other editions.
    """

    number: NDArray[np.float64]
    is_released: NDArray[np.bool_]
    was_withheld: NDArray[np.bool_]
    changed: frozenset[str]
    context: pd.DataFrame

    def __repr__(self) -> str:
        return (
            f"Beside({len(self.number)} values, {int(self.is_released.sum())} public as they are, "
            f"{int(self.was_withheld.sum())} withheld before, {len(self.context)} not delivered)"
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Earlier:
    """What a city has published of counts, in the editions of a new delivery and in others.

    `values`: geography, area_id, period, indicator_id, value, status of the last publication, in the periods of the
    delivery and the stored ones beside them; also of counts that the delivery does not bring. `replaced`: the
    publications before, newest first, in the periods in which they were corrected. `others`: editions of boundaries
    that the delivery is not in.
    """

    load_id: int
    values: pd.DataFrame
    replaced: tuple[pd.DataFrame, ...] = ()
    others: OtherEditions | None = None

    def __repr__(self) -> str:
        return f"Earlier(load {self.load_id}, {len(self.values)} values, {len(self.replaced)} publications before)"

    @property
    def parents(self) -> Mapping[str, str]:
        """Area above each area of other editions."""
        return {} if self.others is None else self.others.parents

    def beside(self, values: pd.DataFrame, counts: Collection[str]) -> Beside:
        """Put a delivery beside all that was published before; `counts`: those of which stored values count."""
        given = values["value"].to_numpy(dtype=float)
        is_gone = (values["status"] == _SUPPRESSED).to_numpy(dtype=bool)
        number = np.full(len(values), np.nan)
        was_withheld, is_changed = np.zeros(len(values), dtype=bool), np.zeros(len(values), dtype=bool)
        is_delivered = np.zeros(len(self.values), dtype=bool)
        for one in self._publications():
            at = _positions(one, values)
            found = at >= 0
            old = np.where(found, one["value"].to_numpy(dtype=float)[at], np.nan)
            hidden = found & (one["status"] == _SUPPRESSED).to_numpy(dtype=bool)[at]
            number = np.where(np.isnan(number), old, number)
            was_withheld |= hidden
            if one is self.values:  # nothing of it is left where the last load was undone
                is_delivered[at[found]] = True
                is_same = (old == given) | (np.isnan(old) & np.isnan(given) & (hidden == is_gone))
                is_changed = found & ~is_same
        is_released = number == given
        stays_withheld = was_withheld & ~is_released & (given != 0)
        return Beside(
            number=number,
            is_released=is_released,
            was_withheld=was_withheld & ~is_released,
            changed=frozenset(values["period"].to_numpy()[is_changed & ~stays_withheld]),
            context=self._context(values, is_delivered, counts),
        )

    def _context(
        self, values: pd.DataFrame, is_delivered: NDArray[np.bool_], counts: Collection[str]
    ) -> pd.DataFrame:
        every = [self.values.loc[~is_delivered, _COLUMNS]]
        if self.others is not None:
            every.append(self.others.values[_COLUMNS])
        stays = pd.concat(every, ignore_index=True)
        near = stays["period"].isin(values["period"].unique()) & stays["indicator_id"].isin(set(counts))
        return stays[near].reset_index(drop=True)

    def around(self, values: pd.DataFrame) -> pd.DataFrame:
        """Return what is stored of the periods right before and after those of a delivery."""
        return self.values.loc[~self.values["period"].isin(values["period"].unique()), _COLUMNS]

    def sums(
        self,
        now: Grid,
        parents: Mapping[str, str],
        categories: Sequence[tuple[str, Sequence[str]]],
        counts: Collection[str],
        changed: Collection[str],
    ) -> tuple[Relations, Relations]:
        """Return the sums of withheld counts that were known from publications before, in the periods of a grid.

        `changed`: periods in which the last publication was another one; else it says nothing that is not said again.
        `now`: the counts as they are delivered. First those that still hold; then those of which nobody here knows,
        because the publisher withholds a member. What was corrected meanwhile says nothing.
        """
        facts, beliefs = no_relations(), no_relations()
        for one in self._publications():
            is_last = one is self.values
            rows = one[one["period"].isin(set(now.periods) & set(changed) if is_last else set(now.periods))]
            if not (rows["status"] == _SUPPRESSED).any():
                continue
            _, known = grid_from(rows, parents, list(counts)).system(categories, ())
            left = known.left(now.at(known.members)[0])
            is_closed = ~known.kinds["remainder"].to_numpy(dtype=bool)
            known = Relations(members=known.members, kinds=known.kinds.assign(kind="published before"))
            facts = facts + known.chosen(is_closed & (np.abs(left) < 0.5))
            beliefs = beliefs + known.chosen(is_closed & np.isnan(left))
        return facts, beliefs

    def editions(self, now: Grid, values: pd.DataFrame) -> tuple[Relations, Relations]:
        """Return what ties `values`, delivered ones with their context, to other editions: facts, and beliefs.

        Where all members are known and differ, their difference is taken as known.
        """
        if self.others is None:
            return no_relations(), no_relations()
        table = pd.DataFrame(
            {"area_id": names_of(values), "period": values["period"], "indicator_id": values["indicator_id"]}
        )
        every = self.others.relations(table)
        if not len(every):
            return every, every
        left = every.left(now.at(every.members)[0])
        is_known = ~np.isnan(left)
        kinds = every.kinds.assign(constant=np.where(is_known, left, 0.0))
        settled = Relations(members=every.members, kinds=kinds)
        return settled.chosen(is_known), settled.chosen(~is_known)

    def _publications(self) -> Iterator[pd.DataFrame]:
        yield from (one for one in (self.values, *self.replaced) if len(one))


def _positions(old: pd.DataFrame, new: pd.DataFrame) -> NDArray[np.int64]:
    """Return where each row of `new` is in `old`, or -1."""
    code = np.zeros(len(old) + len(new), dtype=np.int64)
    for name in _KEY:
        each, values = pd.factorize(
            np.concatenate([old[name].to_numpy(dtype=object), new[name].to_numpy(dtype=object)])
        )
        code = code * len(values) + each
    return pd.Index(code[: len(old)]).get_indexer(pd.Index(code[len(old) :])).astype(np.int64)


def publications(current: pd.DataFrame, replaced: pd.DataFrame) -> tuple[pd.DataFrame, ...]:
    """Return what was public before each correction, newest first, in the periods that were corrected.

    `current` and `replaced`: geography, area_id, period, indicator_id, value, status and load_id; replaced values also
    superseded_by, the load that corrected them.
    """
    versions = pd.concat([current, replaced], ignore_index=True)
    ended = versions["superseded_by"].fillna(np.inf) if len(replaced) else np.inf
    found = []
    for load in sorted(replaced["superseded_by"].unique(), reverse=True):
        periods = replaced.loc[replaced["superseded_by"] == load, "period"].unique()
        then = (versions["load_id"] < load) & (ended >= load) & versions["period"].isin(periods)
        found.append(versions.loc[then, _COLUMNS].reset_index(drop=True))
    return tuple(found)
