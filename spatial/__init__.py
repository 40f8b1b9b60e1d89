"""The engine: pure computation on arrays, Series and GeoDataFrames."""

from spatial.barriers import BorderFactors, border_factors
from spatial.contiguity import shared_borders
from spatial.coverage_findings import CoverageFindings, coverage_findings, outline_findings
from spatial.crosswalk import Crosswalk, CrosswalkError, bridge, by_area, by_key, by_population
from spatial.errors import AlignmentError, CountsError, CrsError, GeometryError, ParameterError, SpatialError
from spatial.links import LinkedGraph, linked
from spatial.neighbours import NeighbourGraph
from spatial.regions import PriorityAreas, buffer_zones, memberships, outlines, propose, zone_membership
from spatial.segregation import dissimilarity

__all__ = [
    "AlignmentError",
    "BorderFactors",
    "CountsError",
    "CoverageFindings",
    "Crosswalk",
    "CrosswalkError",
    "CrsError",
    "GeometryError",
    "LinkedGraph",
    "NeighbourGraph",
    "ParameterError",
    "PriorityAreas",
    "SpatialError",
    "border_factors",
    "bridge",
    "buffer_zones",
    "by_area",
    "by_key",
    "by_population",
    "coverage_findings",
    "dissimilarity",
    "linked",
    "memberships",
    "outline_findings",
    "outlines",
    "propose",
    "shared_borders",
    "zone_membership",
]
