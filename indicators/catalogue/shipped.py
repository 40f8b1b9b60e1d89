"""The definitions that come with the product, read when asked for."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from indicators.catalogue.reading import Catalogue, read_definitions
from indicators.definition import IndicatorDefinition
from indicators.errors import DefinitionError
from indicators.methods.errors import suggestion

__all__ = ["catalogue", "definition"]

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
