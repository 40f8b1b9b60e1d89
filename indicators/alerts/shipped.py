"""The rules that come with the product: one file each, read when asked for."""

from __future__ import annotations

from functools import cache

from indicators.alerts.reading import read_rule
from indicators.alerts.rules import Rule
from indicators.shipped_files import file_names, file_text

__all__ = ["rule", "rule_names", "rule_text", "shipped_rules"]

_PACKAGE = "indicators.alerts"


def rule_names() -> tuple[str, ...]:
    """Return the ids of the rules that come with the product, in alphabetical order.

    Returns
    -------
    tuple of str
        One for each file of the folder.

    Examples
    --------
    >>> len(rule_names())
    7
    """
    return file_names(_PACKAGE)


def shipped_rules() -> dict[str, Rule]:
    """Return all rules that come with the product, one of each kind.

    Returns
    -------
    dict of str to Rule
        By id, in alphabetical order.

    Examples
    --------
    >>> sorted(one.kind for one in shipped_rules().values())[:3]
    ['change', 'change_against_city', 'class_change']
    """
    return {name: rule(name) for name in rule_names()}


@cache
def rule(name: str) -> Rule:
    """Return a rule that comes with the product.

    Parameters
    ----------
    name : str
        Its id.

    Returns
    -------
    Rule
        As its file says.

    Raises
    ------
    DefinitionError
        If there is none of this name; the message says the nearest.

    Examples
    --------
    >>> rule("benefit-level").threshold
    20.0
    """
    return read_rule(rule_text(name), file=f"{name}.toml")


def rule_text(name: str) -> str:
    """Return the file of a rule that comes with the product, to show it or to begin an own one with.

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
    >>> rule_text("benefit-levl")
    Traceback (most recent call last):
    indicators.errors.DefinitionError: there is no rule 'benefit-levl'; did you mean 'benefit-level'?
    """
    return file_text(_PACKAGE, name, "rule")
