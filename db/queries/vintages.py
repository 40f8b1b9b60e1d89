"""Which edition of the boundaries counts: the newest one, for everybody who does not ask for another."""

from __future__ import annotations

__all__ = ["NEWEST_VINTAGE"]

# A table expression with the columns of `vintage`, one row per city and level.
NEWEST_VINTAGE = (
    "(SELECT DISTINCT ON (city_id, geography_id) * FROM vintage"
    " ORDER BY city_id, geography_id, valid_from DESC)"
)
