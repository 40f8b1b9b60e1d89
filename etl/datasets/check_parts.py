"""The parts of a manifest about what must hold between areas and between values, and how serious it is if not."""

# `says` makes fields, and nothing is shared by them.
# ruff: noqa: RUF009

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from etl.datasets.schema import says

__all__ = ["Asked", "ChecksPart", "CoveragePart", "IdentityPart", "IndicatorChecksPart", "Rules"]

Asked = Literal["error", "warning", "note", "off"]


@dataclass(frozen=True, kw_only=True)
class CoveragePart:
    """How serious it is when areas of a level do not fit together."""

    gap: Asked = says("places enclosed by areas that belong to none", default="warning")
    sliver: Asked = says("gaps and overlaps that are narrower than sliver_width", default="warning")
    edge: Asked = says("common borders without common vertices", default="warning")
    island: Asked = says("areas that touch no other area", default="note")
    multipart: Asked = says("areas of several parts", default="note")
    outline: Asked = says(
        "areas that together are not the larger unit, where that has a file of its own", default="warning"
    )
    sliver_width: float = says(
        "mean width up to which a gap or an overlap is a sliver, at most 0.5 [m]", default=0.5
    )
    outline_width: float = says(
        "mean width up to which a difference from the larger unit is forgiven [m]", default=0.5
    )


@dataclass(frozen=True, kw_only=True)
class IdentityPart:
    """One equation or inequality that holds for every area and period."""

    rule: str = says(
        'such as "residents = german + non_german", "rate = 100 * unemployed / residents" or "unemployed <= residents"'
    )
    severity: Asked = says("how serious it is when it does not hold", default="error")
    tolerance: float = says(
        "difference that is forgiven, such as 0.05 for a rate with one decimal", default=0.0
    )


@dataclass(frozen=True, kw_only=True)
class IndicatorChecksPart:
    """Other rules for one indicator; what is left out is as for all."""

    id: str = says("id of the indicator")
    sums: Asked | None = says("instead of checks.sums", default=None)
    categories: Asked | None = says("instead of checks.categories, for a total", default=None)
    jumps: Asked | None = says("instead of checks.jumps", default=None)
    completeness: Asked | None = says("instead of checks.completeness", default=None)
    tolerance: float | None = says("instead of checks.tolerance", default=None)
    jump: float | None = says("instead of checks.jump", default=None)
    least_share: float | None = says("instead of checks.least_share", default=None)


@dataclass(frozen=True, kw_only=True)
class ChecksPart:
    """What must hold between values."""

    sums: Asked = says("smaller areas add up to the larger one, where both are delivered", default="warning")
    categories: Asked = says(
        "counts add up to their total, as in confidentiality.categories", default="warning"
    )
    jumps: Asked = says(
        "values that stand out against those before and after, and periods in which all do", default="warning"
    )
    completeness: Asked = says(
        "values, areas and years that lack, and periods that are still to come", default="warning"
    )
    tolerance: float = says("difference that is forgiven in sums and categories", default=0.0)
    jump: float = says(
        "how many times the usual spread of changes from one period to the next is a jump", default=10.0
    )
    least_share: float = says(
        "least share (0–1) of areas with a value, for every indicator and period", default=0.9
    )
    identity: tuple[IdentityPart, ...] = says("equations and inequalities between indicators", default=())
    indicator: tuple[IndicatorChecksPart, ...] = says("other rules for single indicators", default=())

    def of(self, indicator: str) -> Rules:
        """Return the rules of one indicator: its own where it has any, and those of all."""
        own = next((one for one in self.indicator if one.id == indicator), IndicatorChecksPart(id=indicator))
        return Rules(
            sums=own.sums or self.sums,
            categories=own.categories or self.categories,
            jumps=own.jumps or self.jumps,
            completeness=own.completeness or self.completeness,
            tolerance=self.tolerance if own.tolerance is None else own.tolerance,
            jump=self.jump if own.jump is None else own.jump,
            least_share=self.least_share if own.least_share is None else own.least_share,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for one indicator."""

    sums: Asked
    categories: Asked
    jumps: Asked
    completeness: Asked
    tolerance: float
    jump: float
    least_share: float
