"""Whom does a member of a group meet in the own area? Asked when contact matters more than evenness."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from spatial.errors import CountsError, ParameterError
from spatial.parameters import require_choice
from spatial.segregation.aspatial.sums import (
    TINY,
    absolute_sum,
    blocks,
    residents,
    size_of,
    sum_over_areas,
    unrounded,
)
from spatial.segregation.counts import (
    Floats,
    are_whole,
    by_area,
    group_labels,
    many_groups,
    plain_pair,
    two_groups,
)
from spatial.segregation.measure import Evaluator, Measure

__all__ = [
    "MEASURES",
    "Meeting",
    "exposure",
    "interaction",
    "isolation",
    "prepare_interaction",
    "prepare_isolation",
    "refuse_other",
    "with_other",
]

Meeting: TypeAlias = Literal["anyone", "another"]
"""Who can be met: anyone in the area, oneself included; or any other person."""


def isolation(group: pd.Series | Floats, total: pd.Series | Floats, *, meeting: Meeting = "anyone") -> float:
    r"""Measure how likely a member of the group meets a member of the group in the own area.

    .. math:: {}_xP^*_x = \sum_i \frac{a_i}{A} \frac{a_i}{n_i}

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; fractions are allowed. [persons]
    meeting : {"anyone", "another"}, default "anyone"
        "anyone" counts meeting oneself, as nearly all publications do; "another" does not and takes
        :math:`(a_i - 1) / (n_i - 1)`, Bell's exact form, for whole persons. Who lives alone in an area meets
        nobody and is then left out.

    Returns
    -------
    float
        From P, the share in the city, when the group is spread evenly, to 1, when it lives by itself; with
        "another" a little lower. [unitless]
        NaN when the group is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError
        If the two do not have the same areas, or one names an area twice.
    CountsError
        If a count is missing, infinite or negative, or the group is larger than the total.
    ParameterError
        If there are no areas, or the option is unknown.

    References
    ----------
    .. [1] W. Bell (1954), A Probability Model for the Measurement of Ecological Segregation, Social Forces
       32, doi:10.2307/2574118.
    .. [2] S. Lieberson (1981), An Asymmetrical Approach to Segregation, in Peach, Robinson and Smith (eds),
       Ethnic Segregation in Cities, Croom Helm.

    Examples
    --------
    >>> round(isolation(pd.Series([10, 30]), pd.Series([100, 100])), 4)
    0.25
    """
    evaluate = prepare_isolation(meeting=meeting)
    pair = plain_pair(group, total) if meeting == "anyone" else None
    if pair is None:
        return float(evaluate(two_groups(group, total).counts))
    part, here = pair
    here += part
    here += TINY  # far below the last digit of anything but 0
    np.divide(part, here, out=here)
    here *= part
    return min(size_of(here) / size_of(part), 1.0)


def prepare_isolation(*, meeting: Meeting = "anyone") -> Evaluator:
    """Return the evaluator of the isolation."""
    return _prepare_meeting(0, meeting)


def interaction(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    other: pd.Series | Floats | None = None,
    meeting: Meeting = "anyone",
) -> float:
    r"""Measure how likely a member of the group meets a member of another group in the own area.

    .. math:: {}_xP^*_y = \sum_i \frac{a_i}{A} \frac{b_i}{n_i}

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; fractions are allowed. [persons]
    other : Series or array of int or float, shape (n_areas,), indexed by area_id, optional
        The group that is met. Default: everybody else. [persons]
    meeting : {"anyone", "another"}, default "anyone"
        "anyone" takes :math:`b_i / n_i`, "another" :math:`b_i / (n_i - 1)`, as for `isolation`.

    Returns
    -------
    float
        From 0, when no member of the other group lives in the same area, to the other group's share in the
        city, when the group is spread evenly (or above, when it seeks the other's areas). [unitless]
        NaN when the group is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, ParameterError
        As `isolation`; and if group and other together are larger than the total.

    Notes
    -----
    The residents are everybody: of three groups that live together in thirds, a member of the first meets the
    second with probability 1/3. Give the pair's sum as the total to look at the two as if alone.

    References
    ----------
    .. [1] W. Bell (1954), A Probability Model for the Measurement of Ecological Segregation, Social Forces
       32, doi:10.2307/2574118.

    Examples
    --------
    >>> round(interaction(pd.Series([10, 30]), pd.Series([100, 100])), 4)
    0.75
    >>> round(interaction(pd.Series([10, 30]), pd.Series([100, 100]), other=pd.Series([40, 20])), 4)
    0.25
    """
    return float(prepare_interaction(meeting=meeting)(with_other(group, total, other)))


def prepare_interaction(*, other: None = None, meeting: Meeting = "anyone") -> Evaluator:
    """Return the evaluator of the interaction of the first row of counts with the second.

    All rows together are the residents: a third one holds everybody who belongs to neither, in place of the
    option `other`.
    """
    refuse_other(other)
    return _prepare_meeting(1, meeting)


def _prepare_meeting(met: int, meeting: Meeting) -> Evaluator:
    require_choice("meeting", meeting, Meeting)

    def met_by_members(table: Floats) -> Floats | float:
        if meeting == "anyone":
            chance = table[met] / residents(table)
            chance *= table[0]
            return np.asarray(chance.sum(axis=-1))
        others = table[met] - 1 if met == 0 else table[met]
        return np.asarray((table[0] * _per_person(table, meeting) * others).sum(axis=-1))

    def members(table: Floats) -> Floats:
        return np.asarray(np.where(_per_person(table, meeting) > 0, table[0], 0.0).sum(axis=-1))

    def evaluate(counts: Floats) -> Floats:
        counts = _persons(counts, meeting)
        with np.errstate(invalid="ignore", divide="ignore"):
            if meeting == "another":
                return np.asarray(sum_over_areas(met_by_members, counts) / sum_over_areas(members, counts))
            return unrounded(sum_over_areas(met_by_members, counts) / counts[..., 0, :].sum(axis=-1))

    return evaluate


def _persons(counts: Floats, meeting: Meeting) -> Floats:
    """Refuse parts of persons where one person is taken away: the rest could be less than nobody."""
    if meeting == "anyone":
        return counts
    if not are_whole(counts).all():
        raise ParameterError("meeting", meeting, "'anyone' for weights and fractions, or whole persons")
    return np.rint(counts)


def _per_person(table: Floats, meeting: Meeting) -> Floats:
    """Return the chance to meet one given person, 0 where nobody can be met."""
    met = table.sum(axis=0)
    if meeting == "another":
        met -= 1
    return np.asarray(np.divide(1.0, met, out=np.zeros_like(met), where=met > 0))


def with_other(
    group: pd.Series | Floats, total: pd.Series | Floats, other: pd.Series | Floats | None
) -> Floats:
    """Check two groups and the residents, and return the two and everybody else."""
    table = two_groups(group, total)
    if other is None:
        return table.counts
    met = by_area(other, table.area_id, "other")
    second = two_groups(met, pd.Series(table.counts.sum(axis=0), table.area_id))
    beyond = second.counts[0] > table.counts[1] * (1 + 1e-9)
    if beyond.any():
        raise CountsError("group and other above total", table.area_id[beyond])
    rest = np.maximum(table.counts[1] - second.counts[0], 0.0)
    return np.stack([table.counts[0], second.counts[0], rest])


def refuse_other(other: None) -> None:
    """Raise when the other group comes as an option to an evaluator, which takes it as a row of counts."""
    if other is not None:
        raise ParameterError(
            "other", "a group", "a third row of counts: the evaluator takes all groups there"
        )


def exposure(counts: pd.DataFrame | Floats, *, meeting: Meeting = "anyone") -> pd.DataFrame:
    r"""Measure how likely a member of each group meets a member of each group in the own area.

    .. math:: {}_gP^*_h = \sum_i \frac{x_{gi}}{X_g} \frac{x_{hi}}{n_i}

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One column per group, together all residents; fractions are allowed. [persons]
    meeting : {"anyone", "another"}, default "anyone"
        As for `isolation`.

    Returns
    -------
    DataFrame, shape (n_groups, n_groups)
        Row: who meets; column: who is met; the diagonal is the isolation. Rows add up to 1. [unitless]
        A row is NaN when its group is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If there are no areas, fewer than two groups, a group named twice, or the option is unknown.

    References
    ----------
    .. [1] W. Bell (1954), A Probability Model for the Measurement of Ecological Segregation, Social Forces
       32, doi:10.2307/2574118.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [10, 30], "old": [40, 20], "other": [50, 50]})
    >>> exposure(table).round(2)
           young   old  other
    young   0.25  0.25    0.5
    old     0.17  0.33    0.5
    other   0.20  0.30    0.5
    """
    require_choice("meeting", meeting, Meeting)
    table = many_groups(counts)
    persons = _persons(table.counts, meeting)
    n_groups = len(table.group)
    met = np.zeros((n_groups, n_groups))
    meeting_any = np.zeros(n_groups)
    for _, areas in blocks(1, *persons.shape):
        groups = persons[:, areas]
        per_person = _per_person(groups, meeting)
        for who in range(n_groups):
            chance = groups[who] * per_person
            meeting_any[who] += groups[who][per_person > 0].sum()
            for other in range(who, n_groups):
                met[who, other] += absolute_sum(chance * groups[other])
            if meeting == "another":
                met[who, who] -= chance.sum()
    met = np.triu(met) + np.triu(met, 1).T
    names = group_labels(counts)
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.DataFrame(met / meeting_any[:, None], index=names, columns=names)


MEASURES = (
    Measure(
        id="isolation",
        title_de="Isolation (xPx)",
        title_en="Isolation (xPx)",
        dimension="exposure",
        groups="two",
        citation="Bell 1954, doi:10.2307/2574118",
        function=isolation,
        prepare=prepare_isolation,
        known_as={"PySAL segregation": "Isolation", "R segregation": "isolation", "R OasisR": "xPx"},
    ),
    Measure(
        id="interaction",
        title_de="Interaktion (xPy)",
        title_en="Interaction (xPy)",
        dimension="exposure",
        groups="two",
        citation="Bell 1954, doi:10.2307/2574118",
        function=interaction,
        prepare=prepare_interaction,
        known_as={"PySAL segregation": "Interaction"},
    ),
    Measure(
        id="exposure",
        title_de="Kontaktwahrscheinlichkeiten aller Gruppen (xPy)",
        title_en="Exposure of all groups to all groups (xPy)",
        dimension="exposure",
        groups="many",
        gives="per pair",
        citation="Bell 1954, doi:10.2307/2574118",
        function=exposure,
        known_as={"R segregation": "exposure", "R OasisR": "xPy"},
    ),
)
