"""Which edition of the boundaries counts: the newest one, for everybody who does not ask for another.

An edition that came with a load that was undone is withdrawn: kept, and shown no more.
"""

from __future__ import annotations

__all__ = [
    "CHOSEN_VINTAGE",
    "NEWEST_EDITION_OF_RUN",
    "NEWEST_VINTAGE",
    "newest_edition",
    "on_withdrawn_edition",
]

NEWEST_VINTAGE = (
    "(SELECT DISTINCT ON (city_id, geography_id) * FROM vintage WHERE withdrawn_by IS NULL"
    " ORDER BY city_id, geography_id, valid_from DESC)"
)
"""A table expression with the columns of `vintage`, one row per city and level."""

CHOSEN_VINTAGE = (
    "(SELECT DISTINCT ON (city_id, geography_id) * FROM vintage WHERE withdrawn_by IS NULL"
    " AND (CAST(:edition AS text) IS NULL OR edition = :edition) ORDER BY city_id, geography_id, valid_from DESC)"
)
"""The same for the edition `:edition`: without the levels that have none of this name; the newest where it is null."""


def newest_edition(result: str) -> str:
    """Return the newest edition, as a subquery, of the level that a result with city_id and geography_id is on."""
    return (
        f"(SELECT n.edition FROM {NEWEST_VINTAGE} n"
        f" WHERE (n.city_id, n.geography_id) = ({result}.city_id, {result}.geography_id))"
    )


NEWEST_EDITION_OF_RUN = (
    f"(SELECT {newest_edition('p')} FROM (SELECT r.city_id, r.parameters->>'geography' AS geography_id) AS p)"
)
"""A subquery: the newest edition of the level that the run `r` proposed on."""


def on_withdrawn_edition(run: str) -> str:
    """Return the condition that a run proposed areas on an edition that was withdrawn since."""
    return (
        "EXISTS (SELECT FROM proposal_area x JOIN vintage y ON y.id = x.vintage_id"
        f" WHERE x.run_id = {run} AND y.withdrawn_by IS NOT NULL)"
    )
