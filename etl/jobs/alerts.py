"""Early warning: every rule that is switched on against the values of a city; each alert is raised once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from db.queries import alert_rules, runs
from db.queries.alert_merge import FoundAlert, merge, periods_with_alerts
from etl.alert_inputs import RuleInputs, Seen, read_inputs_of_period, read_rule_inputs
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

    Periods that have alerts already are looked at again, by the rule as it was when it raised them, so that what was
    corrected since then is revised or withdrawn. Those of rules that are switched off are looked after as well, but
    such a rule raises no new ones.
    """
    rules = alert_rules.watched(context.connection, context.city)
    if not rules:
        return None
    told = [
        {
            "id": row["id"],
            "version": row["version"],
            "is_active": row["is_active"],
            "geography": row["geography_id"],
            "definition": row["definition"],
        }
        for row in rules
    ]
    return once(
        context,
        kind=KIND,
        parameters={"rules": told, "period": period},
        upstream=_computed(context),
        work=lambda run_id: _work(context, run_id, rules, period),
    )


def _computed(context: Context) -> tuple[int, ...]:
    """Return the runs that the values come from; refused while what was loaded later waits to be computed."""
    before: tuple[int, ...] = ()
    for kind in (shares.KIND, status_index.KIND):
        newest = runs.newest(context.connection, city_id=context.city, kind=kind)
        if newest is None:
            continue
        upstream = before if kind == status_index.KIND else ()
        now = runs.hash_inputs(
            context.connection, context.city, parameters=newest["parameters"], upstream=upstream
        )
        if newest["inputs_hash"] != now:
            raise EtlError(
                f"{context.city}: values were loaded that wait to be computed, and rules on half of them would take "
                f"alerts back; run 'sozialraum compute {context.city}', which evaluates the rules as well"
            )
        before = (*before, newest["id"])
    return before


def _work(
    context: Context, run_id: int, rules: Sequence[Mapping[str, Any]], period: str | None
) -> Mapping[str, Any]:
    counts: Counter[str] = Counter(raised=0, revised=0, withdrawn=0, tested=0)
    left_out: list[str] = []
    for done, row in enumerate(rules):
        context.progress(f"early warning: {row['definition']['title_de']}", done / len(rules))
        watch = _Watch(context=context, run_id=run_id, row=row)
        counts.update(watch.look(period))
        left_out += watch.left_out
    return {"rules": sum(row["is_active"] for row in rules), **counts, "left_out": left_out}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watch:
    """One rule over all periods that it has to be evaluated for, each by the version of the rule that counts there."""

    context: Context
    run_id: int
    row: Mapping[str, Any]
    left_out: list[str] = field(default_factory=list)
    seen: Seen = field(default_factory=dict)

    def look(self, period: str | None) -> Counter[str]:
        """Evaluate the chosen period by the rule as it is, and those with alerts by the rule as it was."""
        plan = periods_with_alerts(self.context.connection, city_id=self.context.city, rule_id=self.row["id"])
        chosen = self._chosen(period) if self.row["is_active"] else None
        if chosen is not None:
            plan |= {chosen: self.row["version"]}
        counts: Counter[str] = Counter()
        for one, version in sorted(plan.items()):
            counts.update(self._judge(one, version))
        return counts

    def _chosen(self, period: str | None) -> str | None:
        try:
            rule = Rule.from_json(self.row["definition"])
            inputs = read_rule_inputs(
                self.context.connection,
                self.context.city,
                rule,
                geography=self.row["geography_id"],
                seen=self.seen,
            )
        except (EtlError, IndicatorError) as error:
            if period is not None:
                raise
            self.left_out.append(str(error))
            return None
        known = inputs.periods()
        if period is not None and period not in known:
            raise EtlError(
                f"{self.context.city}: no values for rule {rule.id!r} in {period!r}; "
                f"periods: {', '.join(known) or 'none'}"
            )
        return period or (known[-1] if known else None)

    def _judge(self, period: str, version: int) -> Counter[str]:
        connection, city = self.context.connection, self.context.city
        was = alert_rules.version_of(connection, city, self.row["id"], version)
        vintage: int | None = None
        alerts: list[FoundAlert] = []
        tested = 0
        try:
            rule = Rule.from_json(was["definition"])
            inputs = read_inputs_of_period(
                connection, city, rule, geography=was["geography_id"], period=period, seen=self.seen
            )
            vintage = inputs.vintage_id
            found = evaluate_rule(
                rule,
                inputs.until(period),
                period=period,
                city=inputs.city[inputs.city["period"] <= period],
                names=inputs.names,
                indicators=inputs.definitions,
            )
        except (EtlError, IndicatorError, SpatialError) as error:
            # what cannot be tested any more is not alarming either
            self.left_out.append(f"{self.row['id']} {period}: {error}")
        else:
            alerts, tested = _alerts(found, inputs), found.tested
            self._note_silence(found)
        merged = merge(
            connection,
            alerts,
            city_id=city,
            rule_id=self.row["id"],
            rule_version=version,
            vintage_id=vintage,
            period=period,
            run_id=self.run_id,
            may_raise=self.row["is_active"],
            otherwise="not_found" if tested else "not_testable",
        )
        return Counter(tested=tested, **merged)

    def _note_silence(self, found: AlertRun) -> None:
        silent = int((found.left_out == "no_city_value").sum())
        if silent:
            self.left_out.append(
                f"{found.rule.id} {found.period}: no value of the whole city to compare {silent} area(s) with"
            )


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
