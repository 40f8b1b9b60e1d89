"""Regions: which areas belong together, where their outline runs and what lies around it."""

from spatial.regions.bands import distance_band, link_zones
from spatial.regions.corridor import StreetSegments, segment_need, street_segments
from spatial.regions.fixed import FixedAreas
from spatial.regions.limits import RegionLimits
from spatial.regions.membership import resampled_needs, soft_membership
from spatial.regions.proposal import propose
from spatial.regions.result import PriorityAreas
from spatial.regions.soft_areas import SoftAreas
from spatial.regions.zones import buffer_zones, class_polygons, memberships, outlines, zone_membership

__all__ = [
    "FixedAreas",
    "PriorityAreas",
    "RegionLimits",
    "SoftAreas",
    "StreetSegments",
    "buffer_zones",
    "class_polygons",
    "distance_band",
    "link_zones",
    "memberships",
    "outlines",
    "propose",
    "resampled_needs",
    "segment_need",
    "soft_membership",
    "street_segments",
    "zone_membership",
]
