"""Early warning: every rule that is switched on against the values of a city; each alert is raised once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from db.queries import alert_rules, runs
from db.queries.alerts import FoundAlert, merge, periods_with_alerts
from etl.alert_inputs import RuleInputs, read_rule_inputs
from etl.errors import EtlError
from etl.jobs import shares, status_index
from etl.jobs.contract import Context, Outcome, once
from indicators.alerts import AlertRun, Rule, evaluate_rule
from indicators.alerts.texts import shown_decimals
from indicators.errors import IndicatorError
from spatial.errors import SpatialError

__all__ = ["KIND", "run"]

KIND = "alerts"
_FIGURES = ("value", "compared_with", "estimate", "ci_low", "ci_high", "p_value", "q_value")
_CHANCES = ("p_value", "q_value")
_DIGITS = 2  # significant ones of a p-value or q-value that are kept


def run(context: Context, *, period: str | None = None) -> Outcome | None:
    """Evaluate all rules that are switched on, for a period (default: each rule's newest); None when there are none.

    Periods that have alerts already are looked at again, so that what was corrected since then is revised or withdrawn.
    """
    rules = alert_rules.active(context.connection, context.city)
    if not rules:
        return None
    told = [
        {"id": row["id"], "geography": row["geography_id"], "definition": row["definition"]} for row in rules
    ]
    before = [
        runs.newest(context.connection, city_id=context.city, kind=kind)
        for kind in (shares.KIND, status_index.KIND)
    ]
    return once(
        context,
        kind=KIND,
        parameters={"rules": told, "period": period},
        upstream=tuple(row["id"] for row in before if row is not None),
        work=lambda run_id: _work(context, run_id, rules, period),
    )


def _work(
    context: Context, run_id: int, rules: Sequence[Mapping[str, Any]], period: str | None
) -> Mapping[str, Any]:
    counts: Counter[str] = Counter(raised=0, revised=0, withdrawn=0, tested=0)
    left_out: list[str] = []
    for done, row in enumerate(rules):
        rule = Rule.from_json(row["definition"])
        context.progress(f"early warning: {rule.title_de}", done / len(rules))
        try:
            inputs = read_rule_inputs(context.connection, context.city, rule, geography=row["geography_id"])
            counts.update(_one_rule(context, run_id, rule, inputs, period, left_out))
        except EtlError as error:
            if period is not None:
                raise
            left_out.append(str(error))
    return {"rules": len(rules), **counts, "left_out": left_out}


def _one_rule(
    context: Context, run_id: int, rule: Rule, inputs: RuleInputs, period: str | None, left_out: list[str]
) -> Counter[str]:
    key: dict[str, Any] = {"city_id": context.city, "rule_id": rule.id, "vintage_id": inputs.vintage_id}
    known = inputs.periods()
    if period is not None and period not in known:
        raise EtlError(
            f"{context.city}: no values for rule {rule.id!r} in {period!r}; periods: {', '.join(known) or 'none'}"
        )
    chosen = period or (known[-1] if known else None)
    earlier = periods_with_alerts(context.connection, **key)
    counts: Counter[str] = Counter()
    for one in sorted({*earlier, *([chosen] if chosen else [])}):
        try:
            found = evaluate_rule(
                rule,
                inputs.until(one),
                period=one,
                city=inputs.city[inputs.city["period"] <= one],
                names=inputs.names,
                indicators=inputs.definitions,
            )
        except (
            IndicatorError,
            SpatialError,
        ) as error:  # what cannot be tested any more is not alarming either
            left_out.append(f"{rule.id} {one}: {error}")
            alerts = []
        else:
            alerts = _alerts(found, inputs)
            counts["tested"] += found.tested
            silent = int((found.left_out == "no_city_value").sum())
            if silent:
                left_out.append(
                    f"{rule.id} {one}: no value of the whole city to compare {silent} area(s) with"
                )
        counts.update(merge(context.connection, alerts, **key, period=one, run_id=run_id))
    return counts


def _alerts(found: AlertRun, inputs: RuleInputs) -> list[FoundAlert]:
    # No finer than they are told: from more digits the counts of other areas could be solved for.
    decimals = shown_decimals(found.rule, inputs.definitions)
    return [
        FoundAlert(
            area_id=row["area_id"],
            indicator_id=row["indicator_id"],
            figures={name: _shown(name, row[name], decimals) for name in _FIGURES},
            evidence=inputs.evidence(found.rule, row["area_id"], found.period),
            text_de=row["text_de"],
            text_en=row["text_en"],
        )
        for row in found.alerts.to_dict("records")
    ]


def _shown(name: str, number: float, decimals: int) -> float | None:
    if pd.isna(number):
        return None
    return float(f"{float(number):.{_DIGITS}g}") if name in _CHANCES else round(float(number), decimals)
