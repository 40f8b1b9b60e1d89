"""Are the values an alert rests on still the published ones? The condition for every reading and sending of it.

Its figures also hold the values of others (the rest of the city, ranks, the correction for many tests). So every load
that takes computed values away puts the city's alerts in doubt as well, until the rules have been evaluated again.
"""

from __future__ import annotations

__all__ = ["CHANGED_SINCE", "EVIDENCE", "IS_PUBLISHED", "REPLACED_BY_LOAD"]

# The evidence of alert `a` beside the values `v` that are stored now; to be completed with the kind of join.
EVIDENCE = (
    "jsonb_to_recordset(a.evidence) AS e(indicator_id text, period text, value float8)"
    " {join} JOIN value v ON (v.vintage_id, v.indicator_id, v.period, v.area_id)"
    " = (a.vintage_id, e.indicator_id, e.period, a.area_id)"
)
# Whether a load has changed values of the city after alert `a` was last looked at.
CHANGED_SINCE = (
    "EXISTS (SELECT FROM load l WHERE l.city_id = a.city_id AND l.id > a.load_id"
    " AND jsonb_exists(l.counts, 'computed_values_removed'))"
)
# A value that is not there any more hides the alert as well, also a share whose counts are still there.
IS_PUBLISHED = (
    f"NOT {CHANGED_SINCE} AND NOT EXISTS (SELECT FROM {EVIDENCE.format(join='LEFT')}"
    " WHERE v.value IS DISTINCT FROM e.value)"
)
REPLACED_BY_LOAD = (
    f"EXISTS (SELECT FROM {EVIDENCE.format(join='')}"
    " WHERE v.load_id = :load AND v.value IS DISTINCT FROM e.value)"
)
