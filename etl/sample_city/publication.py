"""What the sample city publishes: each count with its state, and nothing at all where it is withheld or missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etl.sample_city.conclusions import Mask
from etl.sample_city.confidentiality import UNPROTECTED
from etl.sample_city.nested import Matrix, Nesting
from indicators.status import ValueStatus

__all__ = ["STATUSES", "Publication", "publish"]

STATUSES = tuple(ValueStatus)  # the position is the code in `Publication.status`
_CODE = {status: code for code, status in enumerate(STATUSES)}
_LATE = "old_age_basic_security"  # one district's details for one year never came
_LATE_DISTRICT = 7
_PROVISIONAL = "sgb2_recipients"  # the newest year, before the waiting period is over
_CORRECTED = "unemployed"  # the statistical district with the most of them, with its blocks, one year
_LOST = 0.0006  # share of the blocks' counts that were lost on the way


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Publication:
    """Published counts: `value` and `status` have the shape (n_areas, n_years, n_indicators).

    `value` is NaN where the status is missing or suppressed; `status` holds positions in `STATUSES`.
    """

    indicators: tuple[str, ...]
    value: NDArray[np.float64]
    status: NDArray[np.int8]


def publish(
    values: Mapping[str, Matrix], hidden: Mapping[str, Mask], nesting: Nesting, rng: np.random.Generator
) -> Publication:
    """Put counts and what is withheld into their published form."""
    names = tuple(values)
    shape = (*next(iter(values.values())).shape, len(names))
    value = np.empty(shape)
    status = np.empty(shape, dtype=np.int8)
    for position, name in enumerate(names):
        count = values[name]
        state = np.where(count == 0, _CODE[ValueStatus.ZERO], _CODE[ValueStatus.MEASURED])
        _mark_revisions(name, count, state, nesting)
        state = np.where(hidden[name], _CODE[ValueStatus.SUPPRESSED], state)
        missing = _missing(name, count, nesting, rng) & ~(_is_scattered(name) & hidden[name])
        state = np.where(missing, _CODE[ValueStatus.MISSING], state)
        value[:, :, position] = np.where(hidden[name] | missing, np.nan, count)
        status[:, :, position] = state
    return Publication(indicators=names, value=value, status=status)


def _mark_revisions(name: str, count: Matrix, state: NDArray[np.int64], nesting: Nesting) -> None:
    """Mark provisional and corrected counts; zeros stay zeros. Changes `state`."""
    measured = state == _CODE[ValueStatus.MEASURED]
    if name == _PROVISIONAL:
        state[measured[:, -1], -1] = _CODE[ValueStatus.PROVISIONAL]
    if name == _CORRECTED and state.shape[1] > 2:
        year = state.shape[1] // 2
        above_blocks = nesting.at(nesting.levels - 2)
        area = above_blocks.start + int(count[above_blocks, year].argmax())
        first = nesting.starts[-2]
        for rows in (slice(area, area + 1), slice(first + nesting.first[area], first + nesting.last[area])):
            state[rows, year] = np.where(
                measured[rows, year], _CODE[ValueStatus.CORRECTED], state[rows, year]
            )


def _is_scattered(name: str) -> bool:
    return name != _LATE


def _missing(name: str, count: Matrix, nesting: Nesting, rng: np.random.Generator) -> Mask:
    """Return what was never delivered: single counts of blocks, and below one district one indicator for one year."""
    missing = np.zeros(count.shape, dtype=bool)
    leaves = nesting.leaves
    lost = rng.uniform(size=count[leaves].shape) < _LOST
    if _is_scattered(name):
        missing[leaves] = lost & (count[leaves] > 0) & (name not in (*UNPROTECTED, "residents"))
    elif count.shape[1] > 3 and nesting.starts[2] - nesting.starts[1] > _LATE_DISTRICT:
        district = nesting.at(1).start + _LATE_DISTRICT
        inside = (nesting.first >= nesting.first[district]) & (nesting.last <= nesting.last[district])
        missing[inside & (nesting.level > 1), count.shape[1] // 3] = True
    return missing
