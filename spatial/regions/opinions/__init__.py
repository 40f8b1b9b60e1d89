"""Second opinions: other well-known methods on the same city, to be laid beside our own proposal."""

from spatial.regions.opinions.comparison import OpinionComparison, compare_opinions, missed
from spatial.regions.opinions.getis_ord import getis_ord
from spatial.regions.opinions.local_moran import local_moran
from spatial.regions.opinions.max_p import max_p
from spatial.regions.opinions.result import SecondOpinion
from spatial.regions.opinions.skater import skater
from spatial.regions.opinions.ward import ward

__all__ = [
    "OpinionComparison",
    "SecondOpinion",
    "compare_opinions",
    "getis_ord",
    "local_moran",
    "max_p",
    "missed",
    "skater",
    "ward",
]
