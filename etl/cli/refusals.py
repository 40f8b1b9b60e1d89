"""What a command says when it refuses: one line on standard error, every finding before it."""

from __future__ import annotations

import json
import sys
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from db.errors import DatabaseError
from etl.datasets.findings import DatasetError, as_json, as_text
from etl.errors import DeliveryError, EtlError
from etl.message_text import visible
from indicators.errors import IndicatorError
from maps.errors import MapsError
from spatial.errors import SpatialError

__all__ = ["refusal"]


def refusal(error: Exception) -> str | None:
    """Tell what belongs to an error, and return its one line; None for an error that nobody expected."""
    if isinstance(error, DeliveryError):
        return _refused_delivery(error)
    if isinstance(error, EtlError | DatabaseError | IndicatorError | SpatialError | MapsError):
        return str(error)
    if isinstance(error, SQLAlchemyError):
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return f"database: {reason}; nothing was changed"
    if isinstance(error, OSError):
        return f"{error.filename or 'file'}: {error.strerror or error}; check space and permissions"
    return None


def _refused_delivery(error: DeliveryError) -> str:
    """Tell everything that is wrong with a delivery, each thing once: as JSON, or as text with a line that sums it up."""
    findings = error.findings if isinstance(error, DatasetError) else ()
    if "--json" in sys.argv:
        told: dict[str, Any] = {"source": error.source, "problems": error.problems}
        told |= {"findings": as_json(findings)} if findings else {}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        return str(error)
    errors = len(error.problems)
    if errors == 1 and len(findings) < 2:
        return str(error)
    listed = [f"{errors} error{'s' if errors > 1 else ''}:", *(f"  {visible(one)}" for one in error.problems)]
    sys.stderr.write((as_text(findings) if findings else "\n".join(listed)) + "\n")
    return f"{error.source}: {errors} error{'s' if errors > 1 else ''}, told above; nothing was loaded"
