"""From an explanation as it is stored to what can be told of it: numbers with their titles, units and labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from indicators.definition import Indicator
from indicators.explanation.told import AreaClass, Flip, Limit, Part, ToldArea, Towards

__all__ = ["told_area"]

_SIDES: tuple[Towards, ...] = ("less_need", "more_need")


def told_area(
    row: Mapping[str, Any],
    *,
    index: Indicator,
    inputs: Mapping[str, Indicator],
    labels: tuple[Sequence[str], Sequence[str]] | None,
) -> ToldArea:
    """Put titles, units and labels to a stored explanation.

    Parameters
    ----------
    row : mapping
        One area: `area_name`, `period`, `value`, `areas`, `rank`, `rank_low`, `rank_high`, `class`, `kept`, `runs`,
        `base`, `filled`, `limit_…` and `class_…` of both directions, `parts`, `reason_de`, `reason_en`.
    index : Indicator
        The index itself.
    inputs : mapping of str to Indicator
        What goes in; what is not there is called by its id.
    labels : pair of sequences of str, optional
        German and English labels of the classes 1, 2, …

    Returns
    -------
    ToldArea
        Parts in the order of the row.

    Examples
    --------
    >>> from indicators.computed import STATUS_INDEX
    >>> empty = dict.fromkeys(("value", "rank", "rank_low", "rank_high", "class", "kept", "runs", "base", "filled",
    ...                        "limit_less_need", "limit_more_need", "class_less_need", "class_more_need"))
    >>> row = empty | {"area_name": "Mitte", "period": "2022", "areas": 62, "parts": [], "reason_de": "a: fehlt",
    ...                "reason_en": "a: missing"}
    >>> told_area(row, index=STATUS_INDEX, inputs={}, labels=None).reason_en
    'a: missing'
    """

    def named(number: int | None) -> AreaClass | None:
        if number is None:
            return None
        german, english = labels or ((), ())
        is_named = 0 < number <= min(len(german), len(english))
        return AreaClass(
            number=number,
            label_de=german[number - 1] if is_named else str(number),
            label_en=english[number - 1] if is_named else str(number),
        )

    value = row["value"]
    limits = []
    for side in _SIDES:
        beyond = named(row[f"class_{side}"])
        if beyond is not None and row[f"limit_{side}"] is not None and value is not None:
            limit = float(row[f"limit_{side}"])
            limits.append(Limit(towards=side, limit=limit, distance=limit - value, beyond=beyond))
    return ToldArea(
        name=row["area_name"],
        period=row["period"],
        title_de=index.title_de,
        title_en=index.title_en,
        value=value,
        rank=row["rank"],
        areas=row["areas"],
        rank_low=row["rank_low"],
        rank_high=row["rank_high"],
        area_class=named(row["class"]),
        kept=row["kept"],
        runs=row["runs"],
        base=row["base"],
        filled=row["filled"],
        limits=tuple(limits),
        parts=tuple(_part(one, inputs.get(one["indicator"]), named) for one in row["parts"]),
        reason_de=_titled(row["reason_de"], inputs, "de"),
        reason_en=_titled(row["reason_en"], inputs, "en"),
    )


def _part(
    one: Mapping[str, Any],
    definition: Indicator | None,
    named: Callable[[int | None], AreaClass | None],
) -> Part:
    flips = []
    for side in _SIDES:
        way = one.get(side)
        if way is None:
            continue
        new, value = way["new_value"], one["value"]
        flips.append(
            Flip(
                towards=side,
                new_value=new,
                change=None if new is None or value is None else round(new - value, 9),
                new_class=named(way["new_class"]),
                reason=way["reason"],
            )
        )
    return Part(
        indicator=one["indicator"],
        title_de=definition.title_de if definition else one["indicator"],
        title_en=definition.title_en if definition else one["indicator"],
        unit=definition.unit if definition else "",
        decimals=definition.decimals if definition else 2,
        value=one["value"],
        contribution=one["contribution"],
        flips=tuple(flips),
    )


def _titled(reason: str, inputs: Mapping[str, Indicator], language: str) -> str:
    """Put titles in place of the ids that a reason names."""
    told = []
    for clause in filter(None, reason.split("; ")):
        name, colon, rest = clause.partition(": ")
        one = inputs.get(name) if colon else None
        title = clause if one is None else one.title_de if language == "de" else one.title_en
        told.append(title if one is None else f"{title}: {rest}")
    return "; ".join(told)
