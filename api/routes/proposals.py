"""A city's proposal of priority areas: how it was made, all areas, why one is in or out, and who is in none."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError

from api.addresses import address_of, base_of
from api.dependencies import Database, known_city, known_keys
from api.schemas.proposals import Proposal, ProposalAreas, SingleCases
from api.schemas.proposals_explained import ProposalAreaExplanation, ProposalRegionExplanation
from db.queries import features, proposal_reasons, proposal_tables, proposals, withheld_areas

__all__ = ["router"]

router = APIRouter(
    prefix="/cities/{city}/proposal", tags=["priority areas"], dependencies=[Depends(known_keys)]
)
MAXIMUM = 10_000

Run = Annotated[
    int | None,
    Query(ge=1, le=2**31 - 1, description="number of a run; the city's newest proposal by default"),
]
Name = Annotated[
    str | None, Query(max_length=64, description="name of a scenario, for the newest proposal made with it")
]


@router.get("", summary="A proposal of priority areas: parameters, figures, regions, decisions")
def proposal(
    database: Database, request: Request, city: str, run: Run = None, scenario: Name = None
) -> Proposal:
    """Return how the areas were proposed and what came of it; shapes are in the collections."""
    found = _run(database, city, run, scenario)
    return Proposal.from_run(
        withheld_areas.told_run(database, found),
        regions=proposal_tables.read_regions(database, found["id"]),
        decisions=proposal_tables.read_decisions(database, found),
        collections=features.of_run(database, found["id"]),
        url=address_of(request),
        base=base_of(request),
    )


@router.get("/areas", summary="All areas of a proposal: region, membership, certainty, stability, change")
def proposal_areas(
    database: Database,
    request: Request,
    city: str,
    run: Run = None,
    scenario: Name = None,
    limit: Annotated[int, Query(ge=1, le=MAXIMUM, description="most areas of one answer")] = 1000,
    after: Annotated[
        str, Query(max_length=64, description="code of the last area of the answer before")
    ] = "",
) -> ProposalAreas:
    """Return areas in the order of their codes; follow `next` for more."""
    found = _run(database, city, run, scenario)
    rows = proposal_tables.read_page(database, found, limit=limit + 1, after=after)
    told = withheld_areas.told_run(database, found)
    return ProposalAreas.from_rows(rows, limit=limit, url=address_of(request), run=told)


@router.get("/areas/{area}", summary="Why one area belongs to a proposal, or why not")
def area_explanation(
    database: Database, city: str, area: str, run: Run = None, scenario: Name = None
) -> ProposalAreaExplanation:
    """Explain one area in numbers and sentences."""
    found = _run(database, city, run, scenario)
    told = proposal_reasons.explain_area_of(database, found, area)
    return ProposalAreaExplanation.from_explained(told, found)


@router.get(
    "/regions/{region}", summary="Why a priority area is proposed here, who lives here, what is strong"
)
def region_explanation(
    database: Database, city: str, region: str, run: Run = None, scenario: Name = None
) -> ProposalRegionExplanation:
    """Explain one region in numbers and sentences."""
    found = _run(database, city, run, scenario)
    told = proposal_reasons.explain_region_of(database, found, region)
    return ProposalRegionExplanation.from_explained(told, found)


@router.get(
    "/single-cases", summary="Areas of raised need in no priority area and no margin, with the reason"
)
def single_cases(database: Database, city: str, run: Run = None, scenario: Name = None) -> SingleCases:
    """List every such area, so that nobody is forgotten."""
    found = _run(database, city, run, scenario)
    return SingleCases.from_list(proposal_tables.read_single_cases(database, found), found)


def _run(database: Database, city: str, run: int | None, scenario: str | None) -> dict[str, Any]:
    if run is not None and scenario is not None:
        both = {"loc": ("query", "scenario"), "msg": "give a run or a scenario, not both"}
        raise RequestValidationError([both])
    known_city(database, city)
    return proposals.find_run(database, city, run_id=run, scenario=scenario)
