"""Answers that say which areas went from which class to which between two periods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel

from api.errors import NotFoundError
from api.schemas.explanations import ExplainedArea, ExplainedIndicator
from api.schemas.texts import Bilingual
from indicators.definition import Indicator
from indicators.explanation.transitions import class_transitions

__all__ = ["TransitionTable"]

_STATES = {
    "suppressed": Bilingual(de="zurückgehalten", en="withheld"),
    "missing": Bilingual(de="fehlt", en="missing"),
    "absent": Bilingual(de="kein Gebiet", en="no area"),
}


class State(BaseModel):
    """A class by its number as text, or what an area without a class is."""

    id: str
    label: Bilingual


class Cell(BaseModel):
    """The areas that went from one state to another; `share` of all that started there."""

    earlier: str
    later: str
    direction: Literal["less_need", "same", "more_need"] | None
    share: float
    areas: list[ExplainedArea]


class TransitionTable(BaseModel):
    """Every pair of states that occurs; the cells hold every area once. `sentence` sums up."""

    city: str
    geography: str
    edition: str
    index: ExplainedIndicator
    earlier: str
    later: str
    states: list[State]
    cells: list[Cell]
    sentence: Bilingual

    @classmethod
    def from_rows(
        cls,
        rows: Sequence[Sequence[Mapping[str, Any]]],
        *,
        city: str,
        level: Mapping[str, Any],
        index: Indicator,
        methods: Sequence[Mapping[str, Any]],
        periods: tuple[str, str],
    ) -> TransitionTable:
        """Build the answer from the areas of both periods and the methods that gave them their classes."""
        first, second = methods
        labels = second["labels_de"], second["labels_en"]
        if not labels[0] or first["labels_de"] != labels[0] or first["class_1"] != second["class_1"]:
            raise NotFoundError(
                f"the classes of {periods[0]} and {periods[1]} are not the same, or there are none"
            )
        found = class_transitions(
            *(_states(one) for one in rows), labels=labels, class_1=second["class_1"], population=None
        )
        names = {row["area_id"]: row["area_name"] for one in rows for row in one}
        moved = found.areas["direction"].value_counts()
        more, less, same = (int(moved.get(one, 0)) for one in ("more_need", "less_need", "same"))
        named = {
            str(number): Bilingual(de=de, en=en)
            for number, (de, en) in enumerate(zip(*labels, strict=True), 1)
        }
        return cls(
            city=city,
            geography=level["id"],
            edition=level["edition"],
            index=ExplainedIndicator.from_definition(index),
            earlier=periods[0],
            later=periods[1],
            states=[State(id=one, label=(named | _STATES)[one]) for one in found.states],
            cells=[
                Cell(
                    earlier=row["earlier"],
                    later=row["later"],
                    direction=row["direction"] or None,
                    share=row["share"],
                    areas=[ExplainedArea(id=area, name=names[area]) for area in row["area_ids"].split(" ")],
                )
                for row in found.to_frame().to_dict("records")
            ],
            sentence=Bilingual(
                de=f"Von {periods[0]} auf {periods[1]} haben {more + less} Gebiete die Klasse gewechselt: {more} zu mehr "
                f"Bedarf, {less} zu weniger; {same} blieben in ihrer.",
                en=f"From {periods[0]} to {periods[1]} {more + less} areas changed class: {more} to more need, {less} to "
                f"less; {same} stayed in theirs.",
            ),
        )


def _states(rows: Sequence[Mapping[str, Any]]) -> pd.Series:
    """Return class numbers as text, otherwise the state; states of values that are there do not matter."""
    return pd.Series(
        {
            row["area_id"]: str(row["class"])
            if row["class"] is not None
            else "suppressed"
            if row["status"] == "suppressed"
            else "missing"
            for row in rows
        },
        dtype=object,
    )
