"""Regions: which areas belong together, where their outline runs and what lies around it."""

from spatial.regions.fixed import FixedAreas
from spatial.regions.limits import RegionLimits
from spatial.regions.proposal import propose
from spatial.regions.result import PriorityAreas
from spatial.regions.zones import buffer_zones, memberships, outlines, zone_membership

__all__ = [
    "FixedAreas",
    "PriorityAreas",
    "RegionLimits",
    "buffer_zones",
    "memberships",
    "outlines",
    "propose",
    "zone_membership",
]
