"""Which counts of the sample city are withheld, so that nobody can compute what a small count was.

Primary: counts of one or two people or households, and parts that leave fewer than three others of their whole.
Secondary: further counts, until nobody can narrow a withheld count down by what is published. A withheld count is
known not to be zero, because zeros are published, except inside a withheld age breakdown, where they are not.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from etl.errors import EtlError
from etl.sample_city.conclusions import AGE_GROUPS, CLOSE_PAIRS, PARTS, UNLIMITED, Mask, conclude, from_below
from etl.sample_city.nested import Matrix, Nesting
from etl.sample_city.partners import Guarded, protect
from indicators.confidentiality import tellers

__all__ = ["SMALLEST_PUBLISHED", "UNPROTECTED", "ExposedError", "withhold"]

SMALLEST_PUBLISHED = 3
UNPROTECTED = ("dwellings", "living_space")  # the stock of buildings, not people
# Wholes before their parts; what stands together is withheld together.
_ORDER = (
    ("residents",),
    AGE_GROUPS,
    ("residents_u18",),
    ("residents_80p",),
    ("migration_background",),
    ("non_german",),
    ("households",),
    ("households_single",),
    ("households_with_children",),
    ("households_single_parent",),
    ("unemployed",),
    ("unemployed_youth",),
    ("unemployed_long_term",),
    ("sgb2_recipients",),
    ("sgb2_children_u15",),
    ("old_age_basic_security",),
)
# Parts and wholes of single age groups; withheld wherever the age breakdown is, or they would narrow it down.
_AGE_FOLLOWERS = ("residents_u18", "residents_80p")
_ATTEMPTS = 12
# Of a withheld count, as many values must remain possible as from 1 to the smallest that is published.
_WIDTH = SMALLEST_PUBLISHED - 1


class ExposedError(EtlError, RuntimeError):
    """A withheld count could still be computed; nothing may be written."""


def withhold(values: Mapping[str, Matrix], nesting: Nesting) -> dict[str, Mask]:
    """Return which counts are withheld, per indicator; counts of the whole hierarchy, zeros included.

    A count that is missing for another reason is to be blanked afterwards: it is taken as known here.
    """
    hidden = {name: _primary(name, values) for name in values}
    for _ in range(_ATTEMPTS):
        _protect_all(values, hidden, nesting)
        exposed = _exposed_counts(values, hidden, nesting, _WIDTH)
        told = {} if exposed else _told_by_other_years(values, hidden)
        if not exposed and not told:
            return hidden
        for name, known in exposed.items():
            hidden[name] = _with_next_above(hidden[name], known, nesting)
        for name, other in told.items():
            hidden[name] = hidden[name] | other
    # Where parts of parts fill a tiny area, not as much uncertainty can be had; but some there must be.
    exposed = _exposed_counts(values, hidden, nesting, 1)
    if not exposed:
        return hidden
    counts = ", ".join(f"{name} {int(known.sum())}" for name, known in exposed.items())
    raise ExposedError(
        f"withheld counts can be computed from what is published: {counts}; "
        "this is an error of the generator, report it with the parameters"
    )


def _protect_all(values: Mapping[str, Matrix], hidden: dict[str, Mask], nesting: Nesting) -> None:
    """Withhold what each indicator needs, wholes before their parts; changes `hidden`."""
    for together in _ORDER:
        names = [name for name in together if name in values]
        if not names:
            continue
        mask = np.logical_or.reduce([hidden[name] for name in names])
        if names[0] in AGE_GROUPS:
            mask |= hidden["residents"]
            may_hide = values["residents"] > 0
        else:
            may_hide = values[names[0]] > 0
        if names[0] in _AGE_FOLLOWERS and AGE_GROUPS[0] in hidden:
            mask |= hidden[AGE_GROUPS[0]] & may_hide
        protect([_guarded(name, values, hidden, nesting) for name in names], mask, may_hide, nesting)
        for name in names:
            hidden[name] = mask


def _primary(name: str, values: Mapping[str, Matrix]) -> Mask:
    """Return the counts that are themselves too small, or leave too few others."""
    count = values[name]
    if name in UNPROTECTED:
        return np.zeros(count.shape, dtype=bool)
    sensitive = (count > 0) & (count < SMALLEST_PUBLISHED)
    for part, whole in CLOSE_PAIRS:
        if part == name and whole in values:
            sensitive |= (count > 0) & (values[whole] - count < SMALLEST_PUBLISHED)
    return sensitive


def _guarded(
    name: str, values: Mapping[str, Matrix], hidden: Mapping[str, Mask], nesting: Nesting
) -> Guarded:
    """Say what an attacker knows of an indicator from the published parts and wholes."""
    count = values[name]
    lowest = np.where((count > 0) & (name not in AGE_GROUPS), 1, 0)
    highest = np.full(count.shape, UNLIMITED)
    reach_down = count.copy()
    for part, whole in PARTS:
        if part == name and whole in values:
            published = ~hidden[whole] & ((whole not in _AGE_FOLLOWERS) | (values[whole] == 0))
            highest = np.where(published, np.minimum(highest, values[whole]), highest)
            close = published & (count > 0) & (values[whole] - count < SMALLEST_PUBLISHED)
            if (part, whole) in CLOSE_PAIRS:
                reach_down = np.where(
                    close, np.minimum(reach_down, values[whole] - SMALLEST_PUBLISHED), reach_down
                )
        if whole == name and part in values:
            follows = name in AGE_GROUPS and part in _AGE_FOLLOWERS
            known = np.where(hidden[part] | follows, np.minimum(values[part], 1), values[part])
            lowest = np.maximum(lowest, known)
    least, most = from_below(lowest, highest, nesting)
    small = (count > 0) & (count < SMALLEST_PUBLISHED)
    reach_up = np.where(small, SMALLEST_PUBLISHED, count)
    return Guarded(
        values=count,
        lowest=lowest,
        highest=highest,
        must_reach_down=np.maximum(reach_down, least),
        must_reach_up=np.minimum(reach_up, most),
    )


def _told_by_other_years(values: Mapping[str, Matrix], hidden: Mapping[str, Mask]) -> dict[str, Mask]:
    """Return, per indicator that has any, the counts that are withheld next year or last year, when nothing changed."""
    names = list(values)
    mask = np.stack([hidden[name].T for name in names])
    public = np.where(mask, np.nan, np.stack([values[name].T for name in names]))
    found = tellers(public, mask, np.array([name not in AGE_GROUPS for name in names]))
    return {name: found[at].T for at, name in enumerate(names) if found[at].any()}


def _with_next_above(hidden: Mask, known: Mask, nesting: Nesting) -> Mask:
    """Return the mask with, for each known count, the nearest published total above it withheld as well."""
    more = hidden.copy()
    for start, period in np.argwhere(known):
        area = int(start)
        while area >= 0 and hidden[area, period]:
            area = int(nesting.parent[area])
        if area >= 0:
            more[area, period] = True
    return more


def _exposed_counts(
    values: Mapping[str, Matrix], hidden: Mapping[str, Mask], nesting: Nesting, width: int
) -> dict[str, Mask]:
    """Return, per indicator that has any, the withheld counts whose interval is narrower than that."""
    reach = {
        name: _guarded(name, values, hidden, nesting).reach(hidden[name])
        for name in values
        if name not in UNPROTECTED
    }
    low = {name: one[0] for name, one in reach.items()}
    high = {name: one[1] for name, one in reach.items()}
    conclude(low, high, nesting)
    exposed = {name: hidden[name] & (values[name] > 0) & (high[name] - low[name] < width) for name in low}
    return {name: known for name, known in exposed.items() if known.any()}
