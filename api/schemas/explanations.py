"""Answers that say why areas have their index: numbers to draw, sentences to read, both from the published values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel
from starlette.datastructures import URL

from api.schemas.texts import Bilingual, Link
from indicators.definition import Indicator
from indicators.explanation.stored import told_area
from indicators.explanation.told import AreaClass, Flip, Limit, Part, sentences

__all__ = ["AreaExplanation", "Explanations"]

Towards = Literal["less_need", "more_need"]
_REASONS = {
    "end_class": Bilingual(de="es gibt keine weitere Klasse", en="there is no further class"),
    "beyond_range": Bilingual(de="kein möglicher Wert reicht", en="no possible value does it"),
    "withheld": Bilingual(de="der Wert wird zurückgehalten", en="the value is withheld"),
    "missing": Bilingual(de="der Wert fehlt", en="the value is missing"),
}


class ExplainedArea(BaseModel):
    """An area by code and name."""

    id: str
    name: str


class ExplainedIndicator(BaseModel):
    """An indicator: what it is called, and how its values are written."""

    id: str
    title: Bilingual
    unit: str
    decimals: int

    @classmethod
    def from_definition(cls, item: Indicator) -> ExplainedIndicator:
        """Build the answer from a definition."""
        title = Bilingual(de=item.title_de, en=item.title_en)
        return cls(id=item.id, title=title, unit=item.unit, decimals=item.decimals)


class ExplainedMethod(BaseModel):
    """The method by which the index is made."""

    id: str
    title: Bilingual


class ClassAnswer(BaseModel):
    """A class by number and label."""

    number: int
    label: Bilingual

    @classmethod
    def from_class(cls, one: AreaClass | None) -> ClassAnswer | None:
        """Build the answer; None stays None."""
        label = None if one is None else Bilingual(de=one.label_de, en=one.label_en)
        return None if one is None or label is None else cls(number=one.number, label=label)


class LimitAnswer(BaseModel):
    """The class limit on one side: where it is, how far away [points of the index], and the class beyond."""

    towards: Towards
    limit: float
    distance: float
    beyond: ClassAnswer | None

    @classmethod
    def from_limit(cls, one: Limit) -> LimitAnswer:
        """Build the answer."""
        beyond = ClassAnswer.from_class(one.beyond)
        return cls(towards=one.towards, limit=one.limit, distance=one.distance, beyond=beyond)


class FlipAnswer(BaseModel):
    """The least change of this value alone, in its own unit, that leads to another class; otherwise why there is none."""

    towards: Towards
    new_value: float | None
    change: float | None
    new_class: ClassAnswer | None
    reason: Bilingual | None

    @classmethod
    def from_flip(cls, one: Flip) -> FlipAnswer:
        """Build the answer."""
        return cls(
            towards=one.towards,
            new_value=one.new_value,
            change=one.change,
            new_class=ClassAnswer.from_class(one.new_class),
            reason=_REASONS.get(one.reason, Bilingual(de=one.reason, en=one.reason)) if one.reason else None,
        )


class PartAnswer(BaseModel):
    """What one indicator adds to the index, against the average area; null where the area has no value of its own."""

    indicator: ExplainedIndicator
    value: float | None
    contribution: float | None
    flips: list[FlipAnswer]

    @classmethod
    def from_part(cls, one: Part) -> PartAnswer:
        """Build the answer."""
        return cls(
            indicator=ExplainedIndicator(
                id=one.indicator,
                title=Bilingual(de=one.title_de, en=one.title_en),
                unit=one.unit,
                decimals=one.decimals,
            ),
            value=one.value,
            contribution=one.contribution,
            flips=[FlipAnswer.from_flip(flip) for flip in one.flips],
        )


class SentenceAnswer(BaseModel):
    """One statement in plain words."""

    about: str
    sentence: Bilingual


class AreaExplanation(BaseModel):
    """Why one area has its index and its class, how near the next one is, and how sure that is.

    `contributions`, the largest first, add up with `average_area` and `filled_in` to `value`. `class_kept`: share of
    `runs` in which the class stays when the values are drawn as chance could have given them; null where nobody knows
    how far chance moves them. `rank_low` and `rank_high` hold for all areas at once, with 95 percent. An area without
    an index has a `reason` and nothing else.
    """

    city: str
    geography: str
    edition: str
    period: str
    area: ExplainedArea
    index: ExplainedIndicator
    method: ExplainedMethod
    value: float | None
    status: str
    areas: int
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    area_class: ClassAnswer | None
    class_kept: float | None
    runs: int | None
    average_area: float | None
    filled_in: float | None
    contributions: list[PartAnswer]
    limits: list[LimitAnswer]
    sentences: list[SentenceAnswer]
    reason: Bilingual | None

    @classmethod
    def from_row(
        cls,
        row: Mapping[str, Any],
        *,
        index: Indicator,
        inputs: Mapping[str, Indicator],
        method: Mapping[str, Any],
    ) -> AreaExplanation:
        """Build the answer from a stored explanation and the definitions it names."""
        told = told_area(row, index=index, inputs=inputs, labels=_labels(method))
        is_explained = told.value is not None
        return cls(
            city=row["city_id"],
            geography=row["geography_id"],
            edition=row["edition"],
            period=row["period"],
            area=ExplainedArea(id=row["area_id"], name=row["area_name"]),
            index=ExplainedIndicator.from_definition(index),
            method=_method(row["method"], method),
            value=told.value,
            status=row["status"],
            areas=told.areas,
            rank=told.rank,
            rank_low=told.rank_low,
            rank_high=told.rank_high,
            area_class=ClassAnswer.from_class(told.area_class),
            class_kept=told.kept,
            runs=told.runs if is_explained else None,
            average_area=told.base,
            filled_in=told.filled,
            contributions=[PartAnswer.from_part(one) for one in told.parts],
            limits=[LimitAnswer.from_limit(one) for one in told.limits],
            sentences=[
                SentenceAnswer(about=one.about, sentence=Bilingual(de=one.de, en=one.en))
                for one in sentences(told)
            ],
            reason=None if is_explained else Bilingual(de=told.reason_de, en=told.reason_en),
        )


class ExplanationRow(BaseModel):
    """One area of the table: `nearest` is the nearer class limit; `contributions` by indicator."""

    area: ExplainedArea
    value: float | None
    status: str
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    area_class: int | None
    class_kept: float | None
    nearest: LimitAnswer | None
    contributions: dict[str, float | None]
    reason: Bilingual | None


class Explanations(BaseModel):
    """All areas of a level and period by rank, those without an index last; follow `next` for more."""

    city: str
    geography: str
    edition: str
    period: str
    index: ExplainedIndicator
    method: ExplainedMethod
    areas: int
    runs: int | None
    classes: list[ClassAnswer]
    indicators: list[ExplainedIndicator]
    explanations: list[ExplanationRow]
    links: list[Link]

    @classmethod
    def from_rows(
        cls,
        rows: Sequence[Mapping[str, Any]],
        *,
        limit: int,
        url: str,
        index: Indicator,
        inputs: Mapping[str, Indicator],
        method: Mapping[str, Any],
    ) -> Explanations:
        """Build the answer from at least one row and up to `limit` + 1; the surplus one says that there are more."""
        links = [Link(rel="self", href=url)]
        if len(rows) > limit:
            following = URL(url).include_query_params(after=rows[limit - 1]["area_id"])
            links.append(Link(rel="next", href=str(following)))
        first, labels = rows[0], _labels(method)
        used = sorted({one["indicator"] for row in rows for one in row["parts"]})
        return cls(
            city=first["city_id"],
            geography=first["geography_id"],
            edition=first["edition"],
            period=first["period"],
            index=ExplainedIndicator.from_definition(index),
            method=_method(first["method"], method),
            areas=first["areas"],
            runs=first["runs"],
            classes=[
                ClassAnswer(number=number, label=Bilingual(de=de, en=en))
                for number, (de, en) in enumerate(zip(*labels, strict=True), start=1)
            ]
            if labels
            else [],
            indicators=[ExplainedIndicator.from_definition(inputs[name]) for name in used if name in inputs],
            explanations=[_row(row, index, inputs, labels) for row in rows[:limit]],
            links=links,
        )


def _row(
    row: Mapping[str, Any],
    index: Indicator,
    inputs: Mapping[str, Indicator],
    labels: tuple[Sequence[str], Sequence[str]] | None,
) -> ExplanationRow:
    told = told_area(row, index=index, inputs=inputs, labels=labels)
    nearest = min(told.limits, key=lambda one: abs(one.distance), default=None)
    return ExplanationRow(
        area=ExplainedArea(id=row["area_id"], name=row["area_name"]),
        value=told.value,
        status=row["status"],
        rank=told.rank,
        rank_low=told.rank_low,
        rank_high=told.rank_high,
        area_class=None if told.area_class is None else told.area_class.number,
        class_kept=told.kept,
        nearest=None if nearest is None else LimitAnswer.from_limit(nearest),
        contributions={one.indicator: one.contribution for one in told.parts},
        reason=None if told.value is not None else Bilingual(de=told.reason_de, en=told.reason_en),
    )


def _labels(method: Mapping[str, Any]) -> tuple[Sequence[str], Sequence[str]] | None:
    if not method["labels_de"] or not method["labels_en"]:
        return None
    return method["labels_de"], method["labels_en"]


def _method(name: str, method: Mapping[str, Any]) -> ExplainedMethod:
    return ExplainedMethod(id=name, title=Bilingual(de=method["title_de"], en=method["title_en"]))
