"""The engine: pure computation on arrays, Series and GeoDataFrames."""

from spatial.barriers import BorderFactors, border_factors
from spatial.contiguity import shared_borders
from spatial.errors import AlignmentError, CountsError, CrsError, GeometryError, ParameterError, SpatialError
from spatial.links import LinkedGraph, linked
from spatial.neighbours import NeighbourGraph
from spatial.regions import PriorityAreas, buffer_zones, memberships, outlines, propose, zone_membership
from spatial.segregation import dissimilarity

__all__ = [
    "AlignmentError",
    "BorderFactors",
    "CountsError",
    "CrsError",
    "GeometryError",
    "LinkedGraph",
    "NeighbourGraph",
    "ParameterError",
    "PriorityAreas",
    "SpatialError",
    "border_factors",
    "buffer_zones",
    "dissimilarity",
    "linked",
    "memberships",
    "outlines",
    "propose",
    "shared_borders",
    "zone_membership",
]
