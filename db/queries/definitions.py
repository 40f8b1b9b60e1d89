"""What an indicator means in a city: its own word goes before the common one, so that two cities can use one id."""

from __future__ import annotations

__all__ = ["CITY_DEFINITION"]

# A table expression with `city_id`, `indicator_id` and the columns of `indicator`, one row per city and indicator; also
# where a city says nothing of it any more, because the load that brought it was undone.
CITY_DEFINITION = (
    "(SELECT c.id AS city_id, i.id AS indicator_id, d.* FROM city c CROSS JOIN indicator i"
    " LEFT JOIN city_indicator n ON (n.city_id, n.indicator_id) = (c.id, i.id)"
    " CROSS JOIN LATERAL jsonb_populate_record(i, coalesce(n.own, '{}')) AS d)"
)
