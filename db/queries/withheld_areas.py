"""What a proposal was made with may be withheld by a newer load: then nobody tells it any more."""

from __future__ import annotations

__all__ = ["IS_WITHHELD", "REGION_IS_WITHHELD"]

# The need is one index, or made of weighted indicators.
_MADE_OF = (
    "CASE jsonb_typeof(r.parameters->'weights') WHEN 'object' THEN r.parameters->'weights'"
    " ELSE jsonb_build_object(coalesce(r.parameters->>'need_indicator', ''), 0) END"
)
# The need that so many disciplines speak for is known while no more than the others are missing.
_MAY_BE_MISSING = (
    "CASE WHEN r.parameters->>'at_least' IS NULL THEN 0 ELSE"
    " (SELECT count(*) FROM jsonb_object_keys(r.parameters->'weights')) - (r.parameters->>'at_least')::integer END"
)


def _withheld(indicators: str) -> str:
    """Return how many of the indicators are withheld; OFFSET keeps it to one look-up each, whatever the planner guesses."""
    return (
        f"(SELECT count(*) FROM {indicators} AS i (id) CROSS JOIN LATERAL ("
        "SELECT w.status FROM value w WHERE (w.vintage_id, w.indicator_id, w.period, w.area_id)"
        " = (p.vintage_id, i.id, r.parameters->>'period', p.area_id) OFFSET 0) AS n WHERE n.status = 'suppressed')"
    )


# Counted, not only asked for whether there is one: else the planner may look through all areas of all runs at once.
IS_WITHHELD = (
    f"(p.need IS NOT NULL AND {_withheld(f'jsonb_object_keys({_MADE_OF})')} > {_MAY_BE_MISSING}"
    " OR p.residents IS NOT NULL"
    f" AND {_withheld('''(SELECT r.parameters->>'residents_indicator')''')} > 0)"
)
"""A condition on the area `p` of the run `r`: its need or its residents are withheld by now."""

REGION_IS_WITHHELD = (
    "(SELECT count(*) FROM proposal_area p JOIN run r ON r.id = p.run_id"
    f" WHERE (p.run_id, p.region_id) = (g.run_id, g.region_id) AND {IS_WITHHELD}) > 0"
)
"""A condition on the region `g`: it holds such an area, whose figures those of a small region would tell."""
