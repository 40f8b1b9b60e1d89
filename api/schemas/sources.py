"""Whom to name beside values: the words of the loads that they come from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from api.schemas.texts import Bilingual

__all__ = ["SourceAnswer"]


class SourceAnswer(BaseModel):
    """Whom to name."""

    title: Bilingual
    publisher: str
    attribution: str
    licence: str
    url: str
    loaded_at: datetime

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> SourceAnswer:
        """Build the answer from the words of a source."""
        return cls(
            title=Bilingual(de=row["title_de"], en=row["title_en"]),
            publisher=row["publisher"],
            attribution=row["attribution"],
            licence=row["licence"],
            url=row["url"],
            loaded_at=row["loaded_at"],
        )
