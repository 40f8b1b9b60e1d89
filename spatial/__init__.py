"""The engine: pure computation on arrays, Series and GeoDataFrames."""

from spatial.errors import AlignmentError, CountsError, CrsError, GeometryError, ParameterError, SpatialError
from spatial.neighbours import NeighbourGraph, shared_borders
from spatial.regions import PriorityAreas, buffer_zones, memberships, outlines, propose, zone_membership
from spatial.segregation import dissimilarity

__all__ = [
    "AlignmentError",
    "CountsError",
    "CrsError",
    "GeometryError",
    "NeighbourGraph",
    "ParameterError",
    "PriorityAreas",
    "SpatialError",
    "buffer_zones",
    "dissimilarity",
    "memberships",
    "outlines",
    "propose",
    "shared_borders",
    "zone_membership",
]
