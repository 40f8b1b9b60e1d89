"""Statistical confidentiality: what may be published, what must be withheld with it, and the proof that it is enough."""

from indicators.confidentiality.audit import audit
from indicators.confidentiality.beliefs import among_withheld, tellers, tenable
from indicators.confidentiality.errors import (
    ConfidentialityError,
    ProfileError,
    RelationError,
    TableError,
    UnknownProfileError,
    UnprotectableError,
)
from indicators.confidentiality.grid import Grid, grid_of
from indicators.confidentiality.linked import (
    drawn_areas,
    editions,
    published_changes,
    unchanged_years,
    with_drawn_areas,
)
from indicators.confidentiality.profiles import (
    AS_PUBLISHED,
    PROFILES,
    RECOMMENDED,
    STRICT,
    SURVEY,
    Dominance,
    Profile,
    profile,
)
from indicators.confidentiality.protection import protect
from indicators.confidentiality.publication import (
    PublishableCounts,
    ShareLimits,
    public_shares,
    public_view,
    publishable,
    published_ranks,
    share_limits,
)
from indicators.confidentiality.published import audit_published
from indicators.confidentiality.result import Intervals, Protected, PublicView
from indicators.confidentiality.rounding import decimals_allowed, numerator_interval, raised, rounded
from indicators.confidentiality.tables import (
    Relations,
    area_sums,
    category_sums,
    no_relations,
    parts,
    relations_of,
    sums_over_areas,
)

__all__ = [
    "AS_PUBLISHED",
    "PROFILES",
    "RECOMMENDED",
    "STRICT",
    "SURVEY",
    "ConfidentialityError",
    "Dominance",
    "Grid",
    "Intervals",
    "Profile",
    "ProfileError",
    "Protected",
    "PublicView",
    "PublishableCounts",
    "RelationError",
    "Relations",
    "ShareLimits",
    "TableError",
    "UnknownProfileError",
    "UnprotectableError",
    "among_withheld",
    "area_sums",
    "audit",
    "audit_published",
    "category_sums",
    "decimals_allowed",
    "drawn_areas",
    "editions",
    "grid_of",
    "no_relations",
    "numerator_interval",
    "parts",
    "profile",
    "protect",
    "public_shares",
    "public_view",
    "publishable",
    "published_changes",
    "published_ranks",
    "raised",
    "relations_of",
    "rounded",
    "share_limits",
    "sums_over_areas",
    "tellers",
    "tenable",
    "unchanged_years",
    "with_drawn_areas",
]
