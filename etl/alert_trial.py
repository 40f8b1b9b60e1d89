"""A rule tried on a city's history: the report to read, and the facts that are kept with the rule."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from etl.alert_inputs import RuleInputs
from etl.errors import EtlError
from indicators.alerts import Outcome, Rule, backtest
from indicators.alerts.report import report

__all__ = ["Trial", "try_rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """`facts` are plain numbers and texts, to be stored; `text` is the report, German first."""

    facts: dict[str, Any]
    text: str


def try_rule(rule: Rule, inputs: RuleInputs, *, outcome: Outcome, markdown: bool = False) -> Trial:
    """Back-test a rule on everything that is published of its level; refused when nothing can be tested."""
    tried = backtest(
        rule,
        inputs.values,
        city=inputs.city,
        outcome=outcome,
        names=inputs.names,
        indicators=inputs.definitions,
    )
    facts = _plain(tried.summary().to_dict("records")[0])
    if not facts["periods"]:
        known = ", ".join(inputs.periods()) or "none"
        raise EtlError(
            f"rule {rule.id!r} cannot be tested in any period of level {inputs.geography!r} (periods with values: {known}); "
            "load a longer history, or compare over fewer periods"
        )
    return Trial(facts=facts, text=report(tried, markdown=markdown))


def _plain(facts: dict[Any, Any]) -> dict[str, Any]:
    """Return numbers and texts as JSON has them; what is undefined is None."""
    plain: dict[str, Any] = {}
    for name, fact in facts.items():
        value = fact.item() if hasattr(fact, "item") else fact
        plain[str(name)] = None if isinstance(value, float) and not math.isfinite(value) else value
    return plain
