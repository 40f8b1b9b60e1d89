"""Which further counts to withhold so that sums no longer give a withheld count of the sample city away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.sample_city.conclusions import Mask, bounds, from_below
from etl.sample_city.nested import Matrix, Nesting

__all__ = ["Guarded", "protect"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Guarded:
    """One indicator under protection.

    `lowest`, `highest`: what an attacker knows of a count if it is withheld. `must_reach_down`, `must_reach_up`:
    what he must still believe possible.
    """

    values: Matrix
    lowest: Matrix
    highest: Matrix
    must_reach_down: Matrix
    must_reach_up: Matrix

    def reach(self, hidden: Mask) -> tuple[Matrix, Matrix]:
        """Return the bounds known of each count before any sum is looked at."""
        return np.where(hidden, self.lowest, self.values), np.where(hidden, self.highest, self.values)


def protect(tables: list[Guarded], hidden: Mask, may_hide: Mask, nesting: Nesting) -> None:
    """Withhold more until no table exposes a withheld count, or nothing more helps; changes `hidden`."""
    withheld = -1
    while withheld != hidden.sum():
        withheld = hidden.sum()
        for table in tables:
            low, high = bounds(*table.reach(hidden), nesting)
            up, down = _shortfall(table, hidden, low, high)
            search = _Search(
                table, hidden, may_hide, nesting, rise=high - table.values, fall=table.values - low
            )
            areas, periods = np.nonzero((up > 0) | (down > 0))
            finest_first = zip(areas[::-1].tolist(), periods[::-1].tolist(), strict=True)
            for area, period in finest_first:
                search.cover(area, period, int(up[area, period]), int(down[area, period]))


def _shortfall(table: Guarded, hidden: Mask, low: Matrix, high: Matrix) -> tuple[Matrix, Matrix]:
    """Return how much farther each withheld count must reach up and down than what is known allows."""
    up = np.where(hidden, np.maximum(table.must_reach_up - high, 0), 0)
    down = np.where(hidden, np.maximum(low - table.must_reach_down, 0), 0)
    # A withheld zero that is found out is no harm: zeros are public.
    fixed = hidden & (table.values > 0) & (low >= high) & (up == 0) & (down == 0)
    up[fixed] = 1
    return up, down


class _Search:
    """Looks for the counts to withhold so that one exposed count can be larger or smaller for all one knows."""

    def __init__(
        self, table: Guarded, hidden: Mask, may_hide: Mask, nesting: Nesting, *, rise: Matrix, fall: Matrix
    ) -> None:
        self._hidden, self._nesting = hidden, nesting
        self._rise, self._fall = rise, fall  # how far a count can rise and fall for all that is known
        known_low, known_high = from_below(*table.reach(hidden), nesting)
        low, high = table.lowest.copy(), table.highest.copy()
        for level in range(nesting.levels - 1):
            here = nesting.at(level)
            low[here] = np.maximum(low[here], nesting.sums_of_children(known_low, level))
            high[here] = np.minimum(high[here], nesting.sums_of_children(known_high, level))
        # How far a count could fall and rise if it, too, were withheld.
        self._slack, self._room = np.where(may_hide, table.values - low, -1), high - table.values
        self._usual = table.values.mean(axis=1)  # the same partner in all years, where possible
        self._changed: set[tuple[int, int]] = set()
        self._begins = [nesting.first[nesting.at(level)] for level in range(nesting.levels)]

    def cover(self, area: int, period: int, up: int, down: int) -> None:
        """Withhold what lets the count of `area` rise by `up` and fall by `down` more than it can now.

        Where the neighbourhood was changed since this search began, the count has to wait for the next one: it
        may be safe already.
        """
        nesting = self._nesting
        known_from_below = self._room[area, period] < up or self._slack[area, period] < down
        partner = self._find(area, period, fall=down, rise=up) if known_from_below else None
        above = node = area
        while partner is None and node != 0:
            above = int(nesting.parent[node])
            if (above, period) in self._changed:
                return
            if self._is_loose(above, period, up, down) and not self._hidden[node, period]:
                partner = area  # the total above is withheld and wide enough: it takes only the way up to it
                break
            partner = self._find(above, period, fall=up, rise=down, leave_out=node)
            node = above if partner is None else node
        if partner is None:
            partner = area  # alone in the city: up to the total nothing is published
        chain = {*nesting.between(area, above), *nesting.between(partner, above), *([0] if node == 0 else [])}
        new = [one for one in chain if not self._hidden[one, period]]
        for one in new:
            self._hidden[one, period] = True
        if new:
            self._changed |= {(one, period) for one in (*chain, above)}

    def _is_loose(self, area: int, period: int, up: int, down: int) -> bool:
        return bool(
            self._hidden[area, period] and self._rise[area, period] >= up and self._fall[area, period] >= down
        )

    def _find(
        self, above: int, period: int, *, fall: int, rise: int, leave_out: int | None = None
    ) -> int | None:
        """Return an area inside `above` whose count can fall and rise that far.

        Coarse areas come first: of them only the total has to go. Then the smallest count. Where none reaches
        that far, the largest that helps at all.
        """
        nesting = self._nesting
        for level in range(int(nesting.level[above]) + 1, nesting.levels):
            chosen = self._choose(above, level, period, fall, rise, leave_out)
            if chosen is not None:
                return chosen
        little = (1, 0) if fall else (0, 1)
        return self._choose(above, nesting.levels - 1, period, *little, leave_out, most=True)

    def _choose(
        self,
        above: int,
        level: int,
        period: int,
        fall: int,
        rise: int,
        leave_out: int | None,
        *,
        most: bool = False,
    ) -> int | None:
        nesting, begins = self._nesting, self._begins[level]
        start = nesting.starts[level]
        first, last = (
            start + int(np.searchsorted(begins, edge[above])) for edge in (nesting.first, nesting.last)
        )
        slack = self._slack[first:last, period]
        good = (
            (slack >= fall)
            & (slack >= 0)
            & (self._room[first:last, period] >= rise)
            & ~self._hidden[first:last, period]
        )
        if leave_out is not None:
            out = [
                start + int(np.searchsorted(begins, edge[leave_out])) - first
                for edge in (nesting.first, nesting.last)
            ]
            good[max(out[0], 0) : max(out[1], 0)] = False
        found = np.flatnonzero(good)
        if not len(found):
            return None
        usual = self._usual[first:last][found]
        return first + int(found[usual.argmax() if most else usual.argmin()])
