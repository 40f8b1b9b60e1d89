"""Rows as plain dictionaries, so that nobody above needs to know the driver's types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

__all__ = ["frame_rows", "read_one", "read_rows"]


def read_rows(
    connection: Connection, query: str, parameters: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return all rows of a query with named parameters (`:name`)."""
    return [dict(row) for row in connection.execute(text(query), dict(parameters or {})).mappings()]


def read_one(
    connection: Connection, query: str, parameters: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """Return the only row, or None when there is none."""
    row = connection.execute(text(query), dict(parameters or {})).mappings().one_or_none()
    return None if row is None else dict(row)


def frame_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame; what is missing is None."""
    plain = frame.astype(object)
    return [
        {str(name): one for name, one in row.items()}
        for row in plain.where(plain.notna(), None).to_dict("records")
    ]
