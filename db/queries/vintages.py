"""Which edition of the boundaries counts: the newest one, for everybody who does not ask for another.

An edition that came with a load that was undone is withdrawn: kept, and shown no more.
"""

from __future__ import annotations

__all__ = ["NEWEST_VINTAGE", "on_withdrawn_edition"]

# A table expression with the columns of `vintage`, one row per city and level.
NEWEST_VINTAGE = (
    "(SELECT DISTINCT ON (city_id, geography_id) * FROM vintage WHERE withdrawn_by IS NULL"
    " ORDER BY city_id, geography_id, valid_from DESC)"
)


def on_withdrawn_edition(run: str) -> str:
    """Return the condition that a run proposed areas on an edition that was withdrawn since."""
    return (
        "EXISTS (SELECT FROM proposal_area x JOIN vintage y ON y.id = x.vintage_id"
        f" WHERE x.run_id = {run} AND y.withdrawn_by IS NOT NULL)"
    )
