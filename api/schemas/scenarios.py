"""Answers about named parameters: what each proposes, alone and beside others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from api.schemas.proposals import ProposalSummary
from api.schemas.texts import Bilingual, edition_detail, withheld_detail

__all__ = ["ScenarioComparison", "Scenarios"]


class ScenarioAnswer(BaseModel):
    """Parameters under a name; `run` is the newest proposal that was made with them, null when there is none yet.

    `is_withheld`: values that it was made of are withheld by now, so the summary has no sums; `detail` says what to do.
    `edition` of the boundaries that it was made on; `edition_detail` where that is an earlier one.
    """

    name: str
    note: str
    parameters: dict[str, Any]
    created_at: datetime
    changed_at: datetime | None
    run: int | None
    edition: str | None = None
    edition_detail: Bilingual | None = None
    is_withheld: bool
    detail: Bilingual | None
    summary: ProposalSummary | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> ScenarioAnswer:
        """Build the answer."""
        values = {
            name: row[name]
            for name in cls.model_fields
            if name not in ("run", "edition_detail", "detail", "summary")
        }
        summary = None if row["run_id"] is None else ProposalSummary.model_validate(row["summary"])
        detail = withheld_detail(row["is_withheld"])
        return cls(
            run=row["run_id"],
            summary=summary,
            detail=detail,
            edition_detail=edition_detail(row["edition"], row["newest_edition"]) if row["edition"] else None,
            **values,
        )


class Scenarios(BaseModel):
    """All scenarios of a city by name."""

    city: str
    scenarios: list[ScenarioAnswer]

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Any]], city: str) -> Scenarios:
        """Build the answer."""
        return cls(city=city, scenarios=[ScenarioAnswer.from_row(row) for row in rows])


class ScenarioBeside(BaseModel):
    """One scenario of the table.

    `common_residents` live in regions of both, this and the first scenario with a proposal; `jaccard` is their share of
    those in either, where both are of the same `edition`. Without a proposal all figures are null and `refused` says so.
    `is_withheld` and `edition_detail` as in the list.
    """

    name: str
    note: str
    parameters: dict[str, Any]
    run: int | None
    edition: str | None = None
    edition_detail: Bilingual | None = None
    period: str | None
    regions: int | None
    areas: int | None
    residents: float | None
    share_of_residents: float | None
    common_residents: float | None
    jaccard: float | None
    objective: float | None
    relative_gap: float | None
    single_cases: int | None
    is_withheld: bool
    detail: Bilingual | None
    refused: Bilingual | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> ScenarioBeside:
        """Build the answer."""
        refused = Bilingual(
            de="Damit ist noch kein Vorschlag gerechnet, oder die Vorgaben lassen keinen zu.",
            en="No proposal has been computed with it yet, or its rules allow none.",
        )
        detail = withheld_detail(row["is_withheld"])
        told = {name: value for name, value in row.items() if name != "newest_edition"}
        earlier = edition_detail(row["edition"], row["newest_edition"]) if row["edition"] else None
        return cls(
            **told, detail=detail, edition_detail=earlier, refused=refused if row["run"] is None else None
        )


class ScenarioComparison(BaseModel):
    """Scenarios side by side in the order they were asked for."""

    city: str
    scenarios: list[ScenarioBeside]

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Any]], city: str) -> ScenarioComparison:
        """Build the answer."""
        return cls(city=city, scenarios=[ScenarioBeside.from_row(row) for row in rows])
