"""Segregation measures: how unevenly groups are spread over a city."""

from spatial.segregation.evenness import dissimilarity

__all__ = ["dissimilarity"]
