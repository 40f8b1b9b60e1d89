"""Which indicators exist, and what is known of each: for method files, for what is stored, for the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from indicators.berlin import BERLIN_INDICATORS
from indicators.catalogue import Catalogue, catalogue, city_catalogue, city_files
from indicators.definition import Indicator, IndicatorDefinition
from indicators.leipzig import LEIPZIG_INDICATORS
from indicators.sample import SAMPLE_INDICATORS

__all__ = [
    "catalogue_of",
    "definition_of",
    "described",
    "known_by_id",
    "known_indicators",
    "lower_is_more_need",
]


@cache
def known_by_id() -> Mapping[str, Indicator]:
    """Return every indicator that may be named without being declared: of the catalogue, and of all cities.

    Returns
    -------
    mapping of str to Indicator
        The catalogue first, then what cities have of their own, then the ids that cities use for the same things.

    Examples
    --------
    >>> known_by_id()["unemployed_share"].title_en
    'Unemployed share'
    """
    cities = {one.id: one for one in (*BERLIN_INDICATORS, *LEIPZIG_INDICATORS, *SAMPLE_INDICATORS)}
    own = {name: one for city in city_files() for name, one in city_catalogue(city).items()}
    aliases = {name: one for name, one in _defined().items() if name not in cities}
    return {**catalogue(), **own, **cities, **aliases, **catalogue()}


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
    return frozenset(known_by_id())


@cache
def lower_is_more_need() -> frozenset[str]:
    """Return the known indicators of which less is more need.

    Returns
    -------
    frozenset of str
        Ids of the catalogue and of the cities, in no order.

    Examples
    --------
    >>> "income_median" in lower_is_more_need()
    True
    """
    cities = (*BERLIN_INDICATORS, *LEIPZIG_INDICATORS, *SAMPLE_INDICATORS)
    directions = {one.id: one.direction for one in cities}
    directions |= {name: one.direction for name, one in _defined().items()}
    return frozenset(name for name, direction in directions.items() if direction == "lower_is_more_need")


def definition_of(name: str) -> IndicatorDefinition | None:
    """Return the definition of an indicator, also one of a city's own, and under the id that a city keeps it under.

    Parameters
    ----------
    name : str
        Id in the catalogue, or in a city.

    Returns
    -------
    IndicatorDefinition or None
        None for what neither the catalogue nor a city's file has.

    Examples
    --------
    >>> definition_of("unemployed_share").id
    'unemp_share'
    """
    return _defined().get(name)


def described(indicator: Indicator) -> Indicator:
    """Return an indicator of a city with what the catalogue knows of the same thing.

    Parameters
    ----------
    indicator : Indicator
        As the city declares it; a definition comes back as what is stored of it.

    Returns
    -------
    Indicator
        With form, universe and missing-data policy, where they are known; what the city says itself stays.

    Examples
    --------
    >>> one = described(next(one for one in SAMPLE_INDICATORS if one.id == "unemployed_share"))
    >>> one.form, one.universe_en.split(" in ")[0]
    ('share', 'people by residence')
    """
    if isinstance(indicator, IndicatorDefinition):
        return indicator.as_indicator()
    same = definition_of(indicator.id)
    form = indicator.form
    if form is None and indicator.numerator is not None:
        form = "share"
    elif form is None and indicator.kind == "extensive":
        form = "count"
    elif form is None and same is not None:
        form = same.form
    if same is None or indicator.universe_de:
        return replace(indicator, form=form)
    return replace(
        indicator,
        form=form,
        universe_de=same.universe_de,
        universe_en=same.universe_en,
        missing=same.missing,
    )


def catalogue_of(name: str) -> Catalogue:
    """Return the catalogue that an indicator is defined in, with everything its definition names.

    Parameters
    ----------
    name : str
        Id as in `definition_of`.

    Returns
    -------
    Catalogue
        That of the city whose file has it, otherwise the common one.

    Examples
    --------
    >>> catalogue_of("theft_rate")["theft_rate"].factor
    1000.0
    """
    found = definition_of(name)
    cities = (city_catalogue(city) for city in city_files())
    return next(
        (one for one in cities if found is not None and found.id in one and found.id not in catalogue()),
        catalogue(),
    )


@cache
def _defined() -> Mapping[str, IndicatorDefinition]:
    """Return all definitions by their ids and by those that cities use; the catalogue's own ids come first."""
    own = {name: one for city in city_files() for name, one in city_catalogue(city).items()}
    aliases = {name: one for one in catalogue().values() for name in one.same_as}
    return {**aliases, **own, **catalogue()}
