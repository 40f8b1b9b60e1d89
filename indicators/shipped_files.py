"""Which files come with the product, and what is in them? Methods and rules are kept as one file each."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from indicators.errors import DefinitionError
from indicators.methods.errors import suggestion

__all__ = ["file_names", "file_text"]


@cache
def file_names(package: str) -> tuple[str, ...]:
    """Return the names of a package's files without their ending, in alphabetical order.

    Parameters
    ----------
    package : str
        Package that the TOML files lie in.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> "england-imd-2019" in file_names("indicators.methods")
    True
    """
    names = [one.name for one in files(package).iterdir()]
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def file_text(package: str, name: str, kind: str) -> str:
    """Return what is in one of a package's files.

    Parameters
    ----------
    package : str
        Package that the TOML files lie in.
    name : str
        Name of the file without its ending.
    kind : str
        What such a file holds, for the message.

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
    >>> file_text("indicators.methods", "england-imd-2018", "method")
    Traceback (most recent call last):
    indicators.errors.DefinitionError: there is no method 'england-imd-2018'; did you mean 'england-imd-2019'?
    """
    known = file_names(package)
    if name not in known:
        raise DefinitionError(f"there is no {kind} {name!r}; {suggestion(name, known)}")
    return files(package).joinpath(f"{name}.toml").read_text(encoding="utf-8")
