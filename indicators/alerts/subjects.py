"""What a rule watches: how its indicators are defined, and which chance their values therefore have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from indicators.alerts.rules import NoiseModel, Rule
from indicators.berlin import BERLIN_INDICATORS
from indicators.catalogue import catalogue
from indicators.computed import DYNAMICS_CLASS, DYNAMICS_INDEX, STATUS_CLASS, STATUS_INDEX
from indicators.definition import Indicator
from indicators.errors import DefinitionError
from indicators.known import described
from indicators.leipzig import LEIPZIG_INDICATORS
from indicators.sample import SAMPLE_INDICATORS

__all__ = ["fitted", "subject"]


def subject(name: str, indicators: Mapping[str, Indicator] | None = None) -> Indicator | None:
    """Return the definition of an indicator that a rule watches.

    Parameters
    ----------
    name : str
        Its id.
    indicators : mapping of str to Indicator, optional
        Definitions of the city; they come first.

    Returns
    -------
    Indicator or None
        None for what neither they nor the product know.

    Examples
    --------
    >>> subject("share_u18").unit
    '%'
    """
    return (indicators or {}).get(name) or _known().get(name)


def fitted(rule: Rule, indicators: Mapping[str, Indicator] | None = None) -> Rule:
    """Return a rule with the model of chance that its indicators have by definition.

    Parameters
    ----------
    rule : Rule
        With a model or without.
    indicators : mapping of str to Indicator, optional
        Definitions that the product does not know.

    Returns
    -------
    Rule
        With a model. A part of its whole is a *share*, events are a *rate*; for everything else, a quotient of two
        counts included, and for several that are not alike, the *series* says what is usual. What nobody knows counts
        as a share unless the rule says otherwise.

    Raises
    ------
    DefinitionError
        If the rule says a model that its indicators do not have. *series* fits all.

    Examples
    --------
    >>> rule = Rule(id="r", title_de="R", title_en="R", kind="change", indicators=("ratio_youth",))
    >>> fitted(rule).model
    'series'
    """
    models = {name: _model(subject(name, indicators)) for name in rule.indicators}
    if rule.model is None:
        own = {one for one in models.values() if one is not None} or {"share"}
        return replace(rule, model=own.pop() if len(own) == 1 else "series")
    for name, model in models.items():
        if rule.model != "series" and model not in (None, rule.model):
            hint = "leave model out" if model != "series" else 'leave model out, or use model = "series"'
            raise DefinitionError(
                f"rule {rule.id!r}: model is {rule.model!r}, but {name!r} is no {rule.model} by its definition; {hint}"
            )
    return rule


def _model(definition: Indicator | None) -> NoiseModel | None:
    if definition is None:
        return None
    form = described(definition).form
    if form is None:  # an index, or what nobody said more of
        return None
    if form == "share":
        return "share"
    return "rate" if form == "rate" else "series"


@cache
def _known() -> Mapping[str, Indicator]:
    """Return what the product knows, by id."""
    computed = (STATUS_INDEX, STATUS_CLASS, DYNAMICS_INDEX, DYNAMICS_CLASS)
    cities = (*BERLIN_INDICATORS, *LEIPZIG_INDICATORS, *SAMPLE_INDICATORS, *computed)
    return {**dict(catalogue()), **{one.id: one for one in cities}}
