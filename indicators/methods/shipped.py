"""The methods that come with the product: one file each, read when asked for."""

from __future__ import annotations

from functools import cache

from indicators.methods.reading import read_method
from indicators.methods.schema import Method
from indicators.shipped_files import file_names, file_text

__all__ = ["method_names", "shipped_method", "shipped_text"]

_PACKAGE = "indicators.methods"


def method_names() -> tuple[str, ...]:
    """Return the ids of the methods that come with the product, in alphabetical order.

    Returns
    -------
    tuple of str
        One for each file of the folder.

    Examples
    --------
    >>> "england-imd-2019" in method_names()
    True
    """
    return file_names(_PACKAGE)


@cache
def shipped_method(name: str) -> Method:
    """Return a method that comes with the product.

    Parameters
    ----------
    name : str
        Its id.

    Returns
    -------
    Method
        As its file says.

    Raises
    ------
    DefinitionError
        If there is none of this name; the message says the nearest.

    Examples
    --------
    >>> shipped_method("berlin-mss-2019").indicators
    ('mss_unemployed', 'mss_transfer_not_unemployed', 'mss_child_poverty')
    """
    return read_method(shipped_text(name), file=f"{name}.toml")


def shipped_text(name: str) -> str:
    """Return the file of a method that comes with the product, to show it or to begin an own one with.

    Parameters
    ----------
    name : str
        Its id.

    Returns
    -------
    str
        TOML.

    Raises
    ------
    DefinitionError
        If there is none of this name; the message says the nearest.

    Examples
    --------
    >>> shipped_text("england-imd-2018")
    Traceback (most recent call last):
    indicators.errors.DefinitionError: there is no method 'england-imd-2018'; did you mean 'england-imd-2019'?
    """
    return file_text(_PACKAGE, name, "method")
