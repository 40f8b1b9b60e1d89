"""Answers about cities, their indicators and their segregation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, Literal

from pydantic import BaseModel

from api.schemas.overlays import OverlayHead
from api.schemas.sources import SourceAnswer
from api.schemas.texts import Bilingual
from db.queries.overlays import OverlayRow
from indicators.definition import Indicator
from maps.sheets import sheet_address
from spatial.segregation.measure import Measure

__all__ = ["Cities", "CityAnswer", "IndicatorAnswer", "Indicators", "Segregation"]


class EditionAnswer(BaseModel):
    """An edition of the boundaries of a level, valid from a day up to another, or until the next one."""

    edition: str
    valid_from: date
    valid_to: date | None
    areas: int


class GeographyAnswer(BaseModel):
    """A level of areas with its newest edition of boundaries; `editions`: all of them, the newest first."""

    id: str
    title: Bilingual
    areas: int
    edition: str
    editions: list[EditionAnswer]
    is_finest: bool


class DefaultView(BaseModel):
    """What the map shows first."""

    indicator: str
    geography: str
    period: str


class CityAnswer(BaseModel):
    """A city that has been loaded.

    `sources`: of all its loads, the newest first. Which of them stand behind a value is said beside it: by its layer,
    its collection, its series. `source` is the newest of them.
    """

    id: str
    title: Bilingual
    is_synthetic: bool
    srid: int
    bbox: list[float] | None
    geographies: list[GeographyAnswer]
    default: DefaultView | None
    source: SourceAnswer | None
    sources: list[SourceAnswer]
    overlays: list[OverlayHead]

    @classmethod
    def from_rows(
        cls,
        city: Mapping[str, Any],
        geographies: Iterable[Mapping[str, Any]],
        *,
        bbox: list[float] | None,
        sources: Iterable[Mapping[str, Any]],
        default: tuple[str, str, str] | None,
        overlays: Iterable[OverlayRow],
    ) -> CityAnswer:
        """Build the answer from the rows of the catalogue."""
        named = [SourceAnswer.from_row(one) for one in sources]
        return cls(
            id=city["id"],
            title=Bilingual(de=city["title_de"], en=city["title_en"]),
            is_synthetic=city["is_synthetic"],
            srid=city["srid"],
            bbox=bbox,
            geographies=[
                GeographyAnswer(
                    id=level["id"],
                    title=Bilingual(de=level["title_de"], en=level["title_en"]),
                    areas=level["areas"],
                    edition=level["edition"],
                    editions=[EditionAnswer.model_validate(one) for one in level["editions"]],
                    is_finest=level["is_finest"],
                )
                for level in geographies
            ],
            default=DefaultView(indicator=default[0], geography=default[1], period=default[2])
            if default
            else None,
            source=named[0] if named else None,
            sources=named,
            overlays=OverlayHead.from_rows(overlays),
        )


class Cities(BaseModel):
    """All cities that have been loaded."""

    cities: list[CityAnswer]


class IndicatorAnswer(BaseModel):
    """The definition of an indicator and where it has values.

    What is computed is `factor` × (`numerator` − `minus`) / `denominator`; with a denominator below
    `minimum_denominator` there is no value. `missing`: share of a value's parts that must be known. `sheet`: its page.
    `explanation`: where it is said why an area has its value; null where nothing is explained.
    """

    id: str
    title: Bilingual
    unit: str
    kind: Literal["extensive", "intensive", "ordinal"]
    direction: str
    decimals: int
    form: str | None
    factor: float
    numerator: str | None
    minus: str | None
    denominator: str | None
    minimum_denominator: float
    missing: float
    universe: Bilingual
    caution: Bilingual
    sheet: str | None
    explanation: str | None
    group: Literal["share", "index", "count", "measure"]
    availability: dict[str, list[str]]

    @classmethod
    def from_definition(
        cls, item: Indicator, availability: dict[str, list[str]], *, explanation: str | None = None
    ) -> IndicatorAnswer:
        """Build the answer from a definition."""
        return cls(
            id=item.id,
            title=Bilingual(de=item.title_de, en=item.title_en),
            unit=item.unit,
            kind=item.kind,
            direction=item.direction,
            decimals=item.decimals,
            form=item.form,
            factor=item.factor,
            numerator=item.numerator,
            minus=item.minus,
            denominator=item.denominator,
            minimum_denominator=item.minimum_denominator,
            missing=item.missing.share,
            universe=Bilingual(de=item.universe_de, en=item.universe_en),
            sheet=sheet_address(item.id),
            explanation=explanation,
            caution=Bilingual(de=item.caution_de, en=item.caution_en),
            group=_group(item),
            availability=availability,
        )


def _group(item: Indicator) -> Literal["share", "index", "count", "measure"]:
    if item.unit in {"index", "class"}:
        return "index"
    if item.kind == "extensive":
        return "count"
    return "share" if item.is_share or item.unit == "%" else "measure"


class Indicators(BaseModel):
    """All indicators of a city."""

    indicators: list[IndicatorAnswer]


class SegregationPoint(BaseModel):
    """A measure in one period; a number is null when it is undefined (group absent) or was not computed.

    The interval is that of `corrected`, which is free of the bias that small counts bring; `expected` is what would be
    found if the same people lived where they do by chance. `residents` live in `areas`; areas without a count are left out.
    """

    period: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    corrected: float | None
    expected: float | None
    p_value: float | None
    areas: int
    areas_left_out: int
    residents: float | None


class MeasureAnswer(BaseModel):
    """A measure: its name in two languages, what it looks at, its bounds, and who published it."""

    id: str
    title: Bilingual
    dimension: str
    low: float | None
    high: float | None
    citation: str


class GroupAnswer(BaseModel):
    """The group whose distribution is measured, by the indicator that counts it; or several groups under their own name."""

    id: str
    title: Bilingual


class SegregationSeries(BaseModel):
    """A measure of one group on one level over time."""

    measure: str
    group: GroupAnswer
    total: str
    geography: str
    edition: str
    points: list[SegregationPoint]


class Segregation(BaseModel):
    """All segregation series of a city and the measures they are of; `sources`: whose data they are made of."""

    measures: list[MeasureAnswer]
    series: list[SegregationSeries]
    sources: list[SourceAnswer]

    @classmethod
    def from_rows(
        cls,
        rows: Sequence[Mapping[str, Any]],
        measures: Iterable[Measure],
        sources: Iterable[Mapping[str, Any]],
    ) -> Segregation:
        """Gather rows that are ordered by measure, group, level and period; `measures` are all that are known."""

        def key(row: Mapping[str, Any]) -> tuple[str, ...]:
            names = ("measure", "composition", "total_id", "geography_id", "edition", "title_de", "title_en")
            return tuple(row[name] for name in names)

        computed = {row["measure"] for row in rows}
        return cls(
            measures=[
                MeasureAnswer(
                    id=item.id,
                    title=Bilingual(de=item.title_de, en=item.title_en),
                    dimension=item.dimension,
                    low=item.low,
                    high=item.high,
                    citation=item.citation,
                )
                for item in measures
                if item.id in computed
            ],
            series=[
                SegregationSeries(
                    measure=measure,
                    group=GroupAnswer(id=group, title=Bilingual(de=title_de, en=title_en)),
                    total=total,
                    geography=geography,
                    edition=edition,
                    points=[
                        SegregationPoint(**{name: row[name] for name in SegregationPoint.model_fields})
                        for row in points
                    ],
                )
                for (measure, group, total, geography, edition, title_de, title_en), points in groupby(
                    rows, key=key
                )
            ],
            sources=[SourceAnswer.from_row(one) for one in sources],
        )
