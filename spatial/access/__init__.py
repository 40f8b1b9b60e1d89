"""How far is it to the next facility, straight or along streets, and who lives near one: points, lines, shares."""

from spatial.access.crossings import joined_at_crossings
from spatial.access.places import place_points
from spatial.access.straight import straight_distance
from spatial.access.streets import StreetDistance, street_distance
from spatial.access.within import NEARLY, reached_share

__all__ = [
    "NEARLY",
    "StreetDistance",
    "joined_at_crossings",
    "place_points",
    "reached_share",
    "straight_distance",
    "street_distance",
]
