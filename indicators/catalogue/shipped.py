"""The definitions that come with the product, read when asked for."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from indicators.catalogue.reading import Catalogue, read_definitions
from indicators.definition import IndicatorDefinition
from indicators.errors import DefinitionError
from indicators.methods.errors import suggestion

__all__ = ["catalogue", "city_catalogue", "city_files", "definition"]

# In this order: what a file names stands in one before it.
_FILES = (
    "terms",
    "counts",
    "population",
    "moves",
    "work",
    "support",
    "children",
    "place",
    "housing",
    "civic",
)


@cache
def catalogue() -> Catalogue:
    """Return all definitions that come with the product.

    Returns
    -------
    Catalogue
        The counts that others are made of, and the indicators by theme.

    Examples
    --------
    >>> catalogue()["share_u18"].title_de
    'Jugendquote (unter 18 Jahre)'
    """
    folder = files("indicators.catalogue")
    whole = Catalogue()
    for name in _FILES:
        text = folder.joinpath(f"{name}.toml").read_text(encoding="utf-8")
        whole = read_definitions(text, file=f"{name}.toml", within=whole)
    return whole


@cache
def city_catalogue(city: str) -> Catalogue:
    """Return the catalogue with the indicators that a city has of its own.

    Parameters
    ----------
    city : str
        Id of the city.

    Returns
    -------
    Catalogue
        `catalogue()`, and behind it what stands in `city-<id>.toml`; nothing more for a city without such a file.

    Examples
    --------
    >>> sorted(set(city_catalogue("leipzig")) - set(catalogue()))[:2]
    ['bodily_harm_rate', 'dwelling_size']
    >>> city_catalogue("sample") is catalogue()
    True
    """
    file = files("indicators.catalogue").joinpath(f"city-{city}.toml")
    if not file.is_file():
        return catalogue()
    return read_definitions(file.read_text(encoding="utf-8"), file=file.name, within=catalogue())


@cache
def city_files() -> tuple[str, ...]:
    """Return the cities that have a file of their own beside the catalogue, in alphabetical order.

    Returns
    -------
    tuple of str
        Ids of cities.

    Examples
    --------
    >>> "leipzig" in city_files()
    True
    """
    names = [one.name for one in files("indicators.catalogue").iterdir()]
    found = [name.removeprefix("city-").removesuffix(".toml") for name in names if name.startswith("city-")]
    return tuple(sorted(found))


def definition(name: str) -> IndicatorDefinition:
    """Return one definition of the catalogue.

    Parameters
    ----------
    name : str
        Its id.

    Returns
    -------
    IndicatorDefinition
        As its file says.

    Raises
    ------
    DefinitionError
        If there is none of this name; the message says the nearest.

    Examples
    --------
    >>> definition("ratio_old").unit
    'per 100'
    """
    found = catalogue().get(name)
    if found is None:
        raise DefinitionError(f"there is no indicator {name!r}; {suggestion(name, catalogue())}")
    return found
