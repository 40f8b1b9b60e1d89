"""Results for programs: JSON on standard output, with null for what is not known."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from typing import Any

__all__ = ["write_json"]


def write_json(data: Any) -> None:
    """Write data as one line of JSON; numbers that JSON does not know are null, other things are written as text."""
    sys.stdout.write(json.dumps(_plain(data), ensure_ascii=False, default=str, allow_nan=False) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
