"""Regions: which areas belong together, where their outline runs and what lies around it."""

from spatial.regions.corridor import StreetSegments, segment_need, street_segments
from spatial.regions.fixed import FixedAreas
from spatial.regions.limits import RegionLimits
from spatial.regions.proposal import propose
from spatial.regions.result import PriorityAreas
from spatial.regions.zones import buffer_zones, memberships, outlines, zone_membership

__all__ = [
    "FixedAreas",
    "PriorityAreas",
    "RegionLimits",
    "StreetSegments",
    "buffer_zones",
    "memberships",
    "outlines",
    "propose",
    "segment_need",
    "street_segments",
    "zone_membership",
]
