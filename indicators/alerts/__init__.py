"""Early warning: rules as data, their tests on every area and period, and their trial on history."""

from __future__ import annotations

from indicators.alerts.backtest import BacktestReport, backtest
from indicators.alerts.evaluation import evaluate_rule
from indicators.alerts.outcomes import Outcome
from indicators.alerts.reading import RuleFileError, read_rule
from indicators.alerts.result import ALERT_COLUMNS, AlertRun, alert_id
from indicators.alerts.rules import Rule, RuleKind
from indicators.alerts.shipped import rule, rule_names, rule_text, shipped_rules
from indicators.alerts.simulation import TrialRuns, simulate_track, try_rule

__all__ = [
    "ALERT_COLUMNS",
    "AlertRun",
    "BacktestReport",
    "Outcome",
    "Rule",
    "RuleFileError",
    "RuleKind",
    "TrialRuns",
    "alert_id",
    "backtest",
    "evaluate_rule",
    "read_rule",
    "rule",
    "rule_names",
    "rule_text",
    "shipped_rules",
    "simulate_track",
    "try_rule",
]
