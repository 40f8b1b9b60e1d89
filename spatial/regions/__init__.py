"""Regions: which areas belong together, where their outline runs and what lies around it."""

from spatial.regions.cut import propose
from spatial.regions.result import PriorityAreas
from spatial.regions.zones import buffer_zones, memberships, outlines, zone_membership

__all__ = ["PriorityAreas", "buffer_zones", "memberships", "outlines", "propose", "zone_membership"]
