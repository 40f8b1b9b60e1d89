"""Which indicators exist: the ids that a method file may use without declaring them."""

from __future__ import annotations

from functools import cache

from indicators.berlin import BERLIN_INDICATORS
from indicators.catalogue import catalogue
from indicators.leipzig import LEIPZIG_INDICATORS
from indicators.sample import SAMPLE_INDICATORS

__all__ = ["known_indicators"]


@cache
def known_indicators() -> frozenset[str]:
    """Return the ids of the catalogue and of all indicators of the cities.

    Returns
    -------
    frozenset of str
        In no order.

    Examples
    --------
    >>> "mss_unemployed" in known_indicators()
    True
    """
    cities = (*BERLIN_INDICATORS, *LEIPZIG_INDICATORS, *SAMPLE_INDICATORS)
    return frozenset(catalogue()) | {indicator.id for indicator in cities}
