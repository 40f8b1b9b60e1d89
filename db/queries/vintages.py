"""Which edition of the boundaries counts: the newest one, for everybody who does not ask for another.

An edition that came with a load that was undone is withdrawn: kept, and shown no more. A period is served in the newest
edition of a level that has any value of it, and in no older one beside it: what the newer one withholds could be read there.
"""

from __future__ import annotations

__all__ = [
    "CHOSEN_VINTAGE",
    "NEWEST_EDITION_OF_RUN",
    "NEWEST_VINTAGE",
    "newest_edition",
    "on_withdrawn_edition",
    "replaced_periods",
    "withholds_in_newer",
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


_NEWER = (
    " vintage older JOIN vintage newer ON (newer.city_id, newer.geography_id) = (older.city_id, older.geography_id)"
    " AND newer.valid_from > older.valid_from AND newer.withdrawn_by IS NULL"
    " JOIN availability n ON n.vintage_id = newer.id WHERE older.id ="
)


def replaced_periods(vintage: str) -> str:
    """Return the periods, as an array, that an edition does not serve, because a newer one of its level has values of them.

    `vintage` is its id, as an expression. Withheld is a value as well, missing is none.
    """
    return (
        f"ARRAY(SELECT DISTINCT n.period FROM{_NEWER} {vintage} AND (n.with_value > 0"
        " OR EXISTS (SELECT FROM value k WHERE (k.vintage_id, k.indicator_id, k.period)"
        " = (n.vintage_id, n.indicator_id, n.period) AND k.status <> 'missing')))"
    )


def withholds_in_newer(vintage: str, period: str) -> str:
    """Return the condition that a newer edition of the level has no number for some area in a period.

    What was made of the older edition's values then, and is kept with it, would tell them. Both are expressions.
    """
    return f"EXISTS (SELECT FROM{_NEWER} {vintage} AND n.period = {period} AND n.with_value < n.areas)"


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
