"""Regions: which areas belong together, where their outline runs and what lies around it."""

from spatial.regions.area_types import deficit_need, typed_areas
from spatial.regions.changes.comparison import boundary_diff, compare_maps
from spatial.regions.changes.conversion import on_these_areas
from spatial.regions.changes.paths import link_periods
from spatial.regions.changes.stability_price import price_of_stability
from spatial.regions.corridor import StreetSegments, segment_need, street_segments
from spatial.regions.fixed import FixedAreas
from spatial.regions.limits import RegionLimits
from spatial.regions.margins.bands import distance_band, link_zones
from spatial.regions.margins.beside_regions import margins_of
from spatial.regions.margins.membership import resampled_needs, soft_membership
from spatial.regions.margins.soft_areas import SoftAreas
from spatial.regions.margins.zones import buffer_zones, class_polygons, memberships, outlines, zone_membership
from spatial.regions.outline_digest import outlines_digest
from spatial.regions.proofs.proof import Proof, prove
from spatial.regions.proposal import propose
from spatial.regions.reasons.explanation import explain_area
from spatial.regions.reasons.explanation_text import area_sentences
from spatial.regions.reasons.region_reasons import explain_region, region_sentences
from spatial.regions.reasons.single_cases import single_cases
from spatial.regions.result import PriorityAreas
from spatial.regions.scenarios.runs import run_scenarios
from spatial.regions.scenarios.scenario import PlanningData, Scenario
from spatial.regions.scenarios.stability import stability, variants
from spatial.regions.scenarios.suggested import suggested_parameters

__all__ = [
    "FixedAreas",
    "PlanningData",
    "PriorityAreas",
    "Proof",
    "RegionLimits",
    "Scenario",
    "SoftAreas",
    "StreetSegments",
    "area_sentences",
    "boundary_diff",
    "buffer_zones",
    "class_polygons",
    "compare_maps",
    "deficit_need",
    "distance_band",
    "explain_area",
    "explain_region",
    "link_periods",
    "link_zones",
    "margins_of",
    "memberships",
    "on_these_areas",
    "outlines",
    "outlines_digest",
    "price_of_stability",
    "propose",
    "prove",
    "region_sentences",
    "resampled_needs",
    "run_scenarios",
    "segment_need",
    "single_cases",
    "soft_membership",
    "stability",
    "street_segments",
    "suggested_parameters",
    "typed_areas",
    "variants",
    "zone_membership",
]
