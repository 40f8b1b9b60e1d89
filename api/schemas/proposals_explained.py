"""Answers that say why an area or a region is part of a proposal: numbers to draw, sentences to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel

from api.schemas.explanations import ExplainedArea, ExplainedIndicator, SentenceAnswer
from api.schemas.proposals import SingleCaseReason, Standing, ZoneClass, known
from api.schemas.texts import Bilingual
from db.queries import proposal_reasons
from indicators.definition import Indicator

__all__ = ["ProposalAreaExplanation", "ProposalRegionExplanation"]


class Amount(BaseModel):
    """What speaks for the area, against it where it is below 0 [persons × index points]; `points` per resident."""

    about: Literal["need", "border", "inertia", "sum"]
    support: float | None
    points: float | None


class FixedAnswer(BaseModel):
    """A decision that fixed the answer, and its reason."""

    decision: Literal["locked", "inside", "outside"]
    reason: str


class Contribution(BaseModel):
    """What one indicator adds to the need, against the average area [index points]."""

    indicator: ExplainedIndicator
    contribution: float


class Neighbour(BaseModel):
    """A neighbour: the shared border [m], whether it belongs to the proposal, and what that border speaks."""

    id: str
    name: str
    border: float
    is_member: bool
    support: float


class ProposalAreaExplanation(BaseModel):
    """Why an area belongs to a proposal, or why not.

    `amounts` speak for the area where they are above 0, all other areas left as they are. `critical_threshold`: the
    threshold up to which it stays in. `forcing_value`: by how much the proposal gets worse with the other answer;
    `flipping_change`: the change of its own need that turns the answer round, `flips_at` the need it then has. These
    four are exact, of the choice without limits; where that is another one, `deciding_limits` names the limits that
    make the difference alone. Where very few people live, whatever would tell how many is null, and
    where values of another area are withheld by now, whatever is made of those.
    """

    city: str
    run: int
    period: str
    geography: str
    edition: str
    area: ExplainedArea
    is_member: bool
    region_id: str | None
    zone_class: ZoneClass
    membership: float | None
    deviation: float | None
    certainty: float | None
    need: float | None
    residents: float | None
    threshold: float
    amounts: list[Amount]
    critical_threshold: float | None
    forcing_value: float | None
    flipping_change: float | None
    flips_at: float | None
    deciding_limits: list[str]
    fixed: FixedAnswer | None
    contributions: list[Contribution]
    neighbours: list[Neighbour]
    stability: float | None
    standing: Standing | None
    sentences: list[SentenceAnswer]
    case: SingleCaseReason | None

    @classmethod
    def from_explained(
        cls, told: proposal_reasons.ExplainedArea, run: Mapping[str, Any]
    ) -> ProposalAreaExplanation:
        """Build the answer."""
        row, why = told.row, told.reasons
        return cls(
            **_made_with(run),
            area=ExplainedArea(id=why.area_id, name=row["name"]),
            is_member=why.is_member,
            region_id=why.region_id,
            zone_class=row["zone_class"],
            membership=known(row["membership"]),
            deviation=known(row["deviation"]),
            certainty=known(row["certainty"]),
            need=known(why.need),
            residents=known(row["residents"]),
            threshold=why.threshold,
            amounts=[
                Amount.model_validate(
                    {"about": about, "support": known(one["support"]), "points": known(one["points"])}
                )
                for about, one in told.amounts.to_dict("index").items()
            ],
            critical_threshold=known(told.turning["critical_threshold"]),
            forcing_value=known(told.turning["forcing_value"]),
            flipping_change=known(told.turning["flipping_change"]),
            flips_at=known(told.turning["flips_at"]),
            deciding_limits=list(why.deciding_limits),
            fixed=_fixed(why.fixed, why.fixed_reason),
            contributions=[
                Contribution(indicator=_indicator(name, told.definitions), contribution=value)
                for name, value in told.contributions.items()
            ],
            neighbours=_neighbours(why.borders, told.names),
            stability=known(row["stability"]),
            standing=row["standing"],
            sentences=_sentences(told.statements),
            case=SingleCaseReason.from_row(row),
        )


class ProfileRow(BaseModel):
    """One indicator of a region beside the city's.

    `base`: how many people, households or cases the region's value relates to. `distance`: how many times the
    `spread` of the city's areas the region lies above the city. `meaning` says what a high value is, `standing` what
    the region's is. `share_known`: share of the region's residents in areas whose value is published.
    """

    indicator: ExplainedIndicator
    region: float
    city: float
    base: float
    spread: float
    distance: float | None
    meaning: Literal["need", "strength", "neutral"]
    standing: Literal["need", "strength", "like the city", "neutral", "unknown"]
    share_known: float


class ProposalRegionExplanation(BaseModel):
    """Why a region lies where it lies, who lives in it, what is strong there and what needs support.

    Means of the need are weighted by residents. `areas_below` lie in it though their need is not above the threshold,
    because the outline is simpler with them. `reason`: why it was decided and not computed.
    """

    city: str
    run: int
    period: str
    geography: str
    edition: str
    region_id: str
    kind: str
    areas: int
    residents: float
    share_of_residents: float | None
    mean_need: float | None
    city_need: float | None
    threshold: float
    areas_below: int
    residents_below: float | None
    areas_unknown: int
    border_length: float
    most_need: list[ExplainedArea]
    reason: str | None
    profile: list[ProfileRow]
    sentences: list[SentenceAnswer]

    @classmethod
    def from_explained(
        cls, told: proposal_reasons.ExplainedRegion, run: Mapping[str, Any]
    ) -> ProposalRegionExplanation:
        """Build the answer."""
        why = told.reasons
        return cls(
            **_made_with(run),
            region_id=why.region_id,
            kind=told.kind,
            areas=why.areas,
            residents=why.residents,
            share_of_residents=known(why.share_of_residents),
            mean_need=known(why.mean_need),
            city_need=known(why.city_need),
            threshold=why.threshold,
            areas_below=why.areas_below,
            residents_below=told.residents_below,
            areas_unknown=why.areas_unknown,
            border_length=why.border_length,
            most_need=[ExplainedArea(id=one, name=told.names[one]) for one in why.most_need],
            reason=why.reason,
            profile=[
                ProfileRow(
                    indicator=_indicator(name, told.definitions),
                    region=one["region"],
                    city=one["city"],
                    base=one["base"],
                    spread=one["spread"],
                    distance=known(one["distance"]),
                    meaning=one["meaning"],
                    standing=one["standing"],
                    share_known=one["known"],
                )
                for name, one in told.profile.to_dict("index").items()
            ],
            sentences=_sentences(told.statements),
        )


def _made_with(run: Mapping[str, Any]) -> dict[str, Any]:
    parameters = run["parameters"]
    return {
        "city": run["city_id"],
        "run": run["id"],
        "period": parameters["period"],
        "geography": parameters["geography"],
        "edition": parameters["edition"],
    }


def _fixed(decision: Any, reason: str | None) -> FixedAnswer | None:
    return None if decision is None else FixedAnswer(decision=decision, reason=reason or "")


def _indicator(name: Any, definitions: Mapping[str, Indicator]) -> ExplainedIndicator:
    if name in definitions:
        return ExplainedIndicator.from_definition(definitions[name])
    return ExplainedIndicator(id=name, title=Bilingual(de=name, en=name), unit="", decimals=2)


def _neighbours(borders: pd.DataFrame, names: Mapping[Any, str]) -> list[Neighbour]:
    """Return the neighbours, the longest border first."""
    ordered = borders.sort_values("border", ascending=False, kind="stable")
    return [
        Neighbour.model_validate({"id": one, "name": names[one], **row})
        for one, row in ordered.to_dict("index").items()
    ]


def _sentences(told: Iterable[proposal_reasons.Statement]) -> list[SentenceAnswer]:
    return [SentenceAnswer(about=one.about, sentence=Bilingual(de=one.de, en=one.en)) for one in told]
