"""Answers about a proposal of priority areas: how it was made, its regions, its areas, and who is in none of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from starlette.datastructures import URL

from api.schemas.texts import Bilingual, Link, edition_detail, withheld_detail
from db.queries.features import CollectionRow
from db.queries.proposal_tables import AreaCount, Decisions, SingleCaseList

__all__ = [
    "Proposal",
    "ProposalAreas",
    "ProposalSummary",
    "RunAnswer",
    "SingleCaseReason",
    "SingleCases",
    "Standing",
    "ZoneClass",
    "known",
]

ZoneClass = Literal["core", "margin", "rest"]
Standing = Literal["always", "mostly", "sometimes", "never"]
Side = Literal["kept", "added", "removed"]


def known(value: float | None) -> float | None:
    """Return a number that JSON knows, or None."""
    return None if value is None or not math.isfinite(value) else float(value)


class RunAnswer(BaseModel):
    """A computation: equal `inputs_hash` and `code_version` give the same result, byte for byte."""

    id: int
    kind: str
    finished_at: datetime
    inputs_hash: str
    code_version: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> RunAnswer:
        """Build the answer from a run."""
        return cls.model_validate({name: row[name] for name in cls.model_fields})


class SideAnswer(BaseModel):
    """How many areas, and how many live in them; null where that would tell what is withheld by now."""

    areas: int
    residents: float | None

    @classmethod
    def from_count(cls, one: AreaCount) -> SideAnswer:
        """Build the answer."""
        return cls(areas=one.areas, residents=one.residents)


class Changes(BaseModel):
    """What becomes of the map in force."""

    kept: SideAnswer
    added: SideAnswer
    removed: SideAnswer


class PartAnswer(BaseModel):
    """What of a region stays, comes in or goes out; residents are null where one of them is withheld by now."""

    areas: int
    hectares: float
    residents: float | None


class RegionChange(BaseModel):
    """What becomes of regions of the map in force, or which are new.

    `change` is keep, retype, shrink, grow, new, retire, split, merge or rearrange; `retyped` names the types before and
    after where they differ.
    """

    existing: list[str]
    proposed: list[str]
    change: str
    retyped: str
    kept: PartAnswer
    added: PartAnswer
    removed: PartAnswer


class ProposalSummary(BaseModel):
    """A proposal in figures.

    No choice of areas has an objective below `lower_bound` [persons × index points]; `relative_gap` is the distance of
    the proposal from it as a share, 0 is proved best. `geometry_sha256`: equal ones mean equal outlines. `map_in_force`:
    number of the map that the proposal was compared with; `map_quality` how well that one fits, where it was drawn on
    other areas. `draws` of the values stand behind the certainty; `variants` were counted for the stability, of
    `variant_periods`, and `variants_refused` allowed no proposal.
    Sums of residents, `objective` and `lower_bound` are null where values of an area are withheld by now.
    """

    period: str
    regions: int
    areas: int
    residents: float | None
    objective: float | None
    lower_bound: float | None
    relative_gap: float
    resolution: float
    method: str
    geometry_sha256: str
    map_in_force: int | None
    map_quality: dict[str, Any] | None
    areas_without_need: int
    areas_without_residents_count: int
    core_areas: int
    margin_areas: int
    single_cases: int
    single_case_residents: float | None
    draws: int
    variants: int
    variants_refused: int
    variant_periods: list[str]
    changes: Changes | None
    region_changes: list[RegionChange] | None = None


class RegionAnswer(BaseModel):
    """A proposed priority area: blue, red or green; `border_length` with the rest of the city, `zone_distance` [m].

    `residents` and `mean_need` are null where values of any area of the proposal are withheld by now.
    """

    id: str
    kind: str
    areas: int
    residents: float | None
    mean_need: float | None
    border_length: float
    zone_distance: float

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> RegionAnswer:
        """Build the answer; a mean of nobody is null."""
        values = {name: row[name] for name in cls.model_fields if name not in ("id", "mean_need")}
        return cls(id=row["region_id"], mean_need=known(row["mean_need"]), **values)


class LockedRegion(BaseModel):
    """A region of the map in force that stays as it is, and why."""

    region_id: str
    reason: str


class DecidedArea(BaseModel):
    """An area that has to be in or out, and why."""

    id: str
    name: str
    reason: str


class DecisionsAnswer(BaseModel):
    """What was decided beforehand and not computed."""

    locked: list[LockedRegion]
    inside: list[DecidedArea]
    outside: list[DecidedArea]

    @classmethod
    def from_decisions(cls, given: Decisions) -> DecisionsAnswer:
        """Build the answer."""

        def areas(rows: Iterable[Mapping[str, Any]]) -> list[DecidedArea]:
            return [DecidedArea(id=row["area_id"], name=row["name"], reason=row["reason"]) for row in rows]

        return cls(
            locked=[LockedRegion.model_validate(row) for row in given.locked],
            inside=areas(given.inside),
            outside=areas(given.outside),
        )


class Proposal(BaseModel):
    """A proposal of priority areas: a suggestion that can be checked, not a decision.

    `is_withheld`: values that it was made of are withheld by now, so no sum is told; `detail` says what to do.
    `edition_detail`: that it belongs to an earlier edition of the boundaries; null where its edition is the newest.
    """

    city: str
    run: RunAnswer
    period: str
    geography: str
    edition: str
    edition_detail: Bilingual | None = None
    is_withheld: bool
    detail: Bilingual | None
    parameters: dict[str, Any]
    summary: ProposalSummary
    regions: list[RegionAnswer]
    decisions: DecisionsAnswer
    links: list[Link]

    @classmethod
    def from_run(
        cls,
        run: Mapping[str, Any],
        *,
        regions: Iterable[Mapping[str, Any]],
        decisions: Decisions,
        collections: Iterable[CollectionRow],
        url: str,
        base: str,
    ) -> Proposal:
        """Build the answer; its links hold on to this run, whatever is proposed later."""
        own, query = f"{base}cities/{run['city_id']}/proposal", f"?run={run['id']}"
        return cls(
            city=run["city_id"],
            run=RunAnswer.from_row(run),
            period=run["parameters"]["period"],
            geography=run["parameters"]["geography"],
            edition=run["parameters"]["edition"],
            edition_detail=edition_detail(run["parameters"]["edition"], run["newest_edition"]),
            is_withheld=run["is_withheld"],
            detail=withheld_detail(run["is_withheld"]),
            parameters=run["parameters"],
            summary=ProposalSummary.model_validate(run["summary"]),
            regions=[RegionAnswer.from_row(row) for row in regions],
            decisions=DecisionsAnswer.from_decisions(decisions),
            links=[
                Link(rel="self", href=url),
                Link(rel="canonical", href=f"{own}{query}"),
                Link(rel="areas", href=f"{own}/areas{query}"),
                Link(rel="single-cases", href=f"{own}/single-cases{query}"),
                Link(rel="scenarios", href=f"{base}cities/{run['city_id']}/scenarios"),
                Link(rel="priority-maps", href=f"{base}cities/{run['city_id']}/priority-maps"),
                *(
                    Link(rel="collection", href=f"{base}collections/{row.id}", title=row.title_de)
                    for row in collections
                ),
            ],
        )


class SingleCaseReason(BaseModel):
    """Why an area of raised need lies in no region and no margin."""

    reason: str
    sentence: Bilingual

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> SingleCaseReason | None:
        """Build the answer; None for an area that is no single case."""
        if not row["case_de"]:
            return None
        return cls(reason=row["case_reason"], sentence=Bilingual(de=row["case_de"], en=row["case_en"]))


class ProposalArea(BaseModel):
    """One area of the table.

    `membership` 0–1 says how far it belongs to the soft margin, with the standard deviation and the certainty of its
    class when the values are drawn as chance could have given them. `stability`: share of variants with the area,
    `standing` the same in words. `critical_threshold`: threshold up to which it stays in. `existing`: its region in the
    map in force, `change` what becomes of it.
    """

    id: str
    name: str
    region_id: str | None
    need: float | None
    membership: float | None
    deviation: float | None
    certainty: float | None
    zone_class: ZoneClass
    stability: float | None
    standing: Standing | None
    critical_threshold: float | None
    change: Side | None
    existing: str | None
    case: SingleCaseReason | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> ProposalArea:
        """Build the answer from a stored area."""
        values = {name: row[name] for name in cls.model_fields if name not in ("id", "case")}
        return cls(id=row["area_id"], case=SingleCaseReason.from_row(row), **values)


class ProposalAreas(BaseModel):
    """All areas of a proposal in the order of their codes; follow `next` for more.

    `is_withheld`: values of some area are withheld by now, so no area has a critical threshold, which several share, nor a
    membership between 0 and 1.
    """

    city: str
    run: int
    period: str
    geography: str
    edition: str
    threshold: float
    is_withheld: bool
    detail: Bilingual | None
    areas: list[ProposalArea]
    links: list[Link]

    @classmethod
    def from_rows(
        cls, rows: Sequence[Mapping[str, Any]], *, limit: int, url: str, run: Mapping[str, Any]
    ) -> ProposalAreas:
        """Build the answer from up to `limit` + 1 rows; `next` asks for the same run, whatever is proposed meanwhile."""
        links = [Link(rel="self", href=url)]
        if len(rows) > limit:
            following = URL(url).remove_query_params("scenario")
            following = following.include_query_params(run=run["id"], after=rows[limit - 1]["area_id"])
            links.append(Link(rel="next", href=str(following)))
        return cls(
            city=run["city_id"],
            run=run["id"],
            period=run["parameters"]["period"],
            geography=run["parameters"]["geography"],
            edition=run["parameters"]["edition"],
            threshold=run["parameters"]["threshold"],
            is_withheld=run["is_withheld"],
            detail=withheld_detail(run["is_withheld"]),
            areas=[ProposalArea.from_row(row) for row in rows[:limit]],
            links=links,
        )


class SingleCase(BaseModel):
    """An area of raised need in no region and no margin; `above`: how far its need lies above the threshold."""

    id: str
    name: str
    need: float | None
    residents: float | None
    above: float | None
    reason: str
    sentence: Bilingual


class Where(BaseModel):
    """Where all areas are whose need lies above the threshold."""

    region: SideAnswer
    margin: SideAnswer
    single_case: SideAnswer
    all: SideAnswer


class SingleCases(BaseModel):
    """Areas of raised need that would otherwise be forgotten, the most residents first, each with its reason."""

    city: str
    run: int
    period: str
    geography: str
    edition: str
    threshold: float
    is_withheld: bool
    detail: Bilingual | None
    where: Where
    cases: list[SingleCase]

    @classmethod
    def from_list(cls, found: SingleCaseList, run: Mapping[str, Any]) -> SingleCases:
        """Build the answer."""
        return cls(
            city=run["city_id"],
            run=run["id"],
            period=run["parameters"]["period"],
            geography=run["parameters"]["geography"],
            edition=run["parameters"]["edition"],
            threshold=run["parameters"]["threshold"],
            is_withheld=found.is_withheld,
            detail=withheld_detail(found.is_withheld),
            where=Where(
                region=SideAnswer.from_count(found.region),
                margin=SideAnswer.from_count(found.margin),
                single_case=SideAnswer.from_count(found.single_case),
                all=SideAnswer.from_count(found.all),
            ),
            cases=[
                SingleCase(
                    id=row["area_id"],
                    name=row["name"],
                    need=row["need"],
                    residents=row["residents"],
                    above=row["above"],
                    reason=row["case_reason"],
                    sentence=Bilingual(de=row["case_de"], en=row["case_en"]),
                )
                for row in found.rows
            ],
        )
