"""Segregation measures: how groups are spread over a city, by themselves and on the map."""

from spatial.segregation.compute import compute
from spatial.segregation.evenness import dissimilarity
from spatial.segregation.register import available

__all__ = ["available", "compute", "dissimilarity"]
