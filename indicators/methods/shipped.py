"""The methods that come with the product: one file each, read when asked for."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from indicators.errors import DefinitionError
from indicators.methods.errors import suggestion
from indicators.methods.reading import read_method
from indicators.methods.schema import Method

__all__ = ["method_names", "shipped_method", "shipped_text"]


@cache
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
    names = [one.name for one in files("indicators.methods").iterdir()]
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


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
    if name not in method_names():
        raise DefinitionError(f"there is no method {name!r}; {suggestion(name, method_names())}")
    return files("indicators.methods").joinpath(f"{name}.toml").read_text(encoding="utf-8")
