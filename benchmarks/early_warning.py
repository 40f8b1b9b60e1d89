"""How often every kind of rule raises a false alarm on pure noise, and how often it finds a real jump.

Run with `python -m benchmarks.early_warning`; prints the tables of docs/methods/early-warning.md.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

import numpy as np

from indicators.alerts import Rule, simulate_track, try_rule
from indicators.limits import Floats

AREAS = 400
SEED = 20
RULES = {
    "level": {"threshold": 10.0, "direction": "rising"},
    "change": {"periods": 1},
    "change_against_city": {"periods": 2},
    "trend_break": {"periods": 5},
    "class_change": {"periods": 1, "cuts": (8.0, 10.0, 12.0)},
    "rank_jump": {"periods": 1, "threshold": 5.0},
    "theme_sum": {"periods": 1, "indicators": ("x", "y", "z")},
}
NOISE = {
    "chance alone": {},
    "with unrest": {"unrest": 0.1},
    "with unrest that neighbours share": {"unrest": 0.1, "neighbours": 9},
}
JUMPS = (0.02, 0.03, 0.05)


def made_rule(kind: str, **changed: object) -> Rule:
    """Return the rule of a kind that is tried."""
    facts = {
        "id": kind,
        "title_de": kind,
        "title_en": kind,
        "kind": kind,
        "indicators": ("x",),
        "direction": "both",
    }
    return Rule(**{**facts, **RULES[kind], **changed})  # type: ignore[arg-type]


def made_areas(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return shares (most of 3 to 25 %) and residents (300 to about 15,000) of the areas."""
    residents = np.exp(rng.normal(np.log(2000), 0.7, AREAS)).clip(300)
    return rng.beta(6, 50, AREAS).clip(0.02, 0.4), residents


def noise_table(runs: int) -> str:
    """Return the share of runs with a false alert, by kind of rule and of noise."""
    rng = np.random.default_rng(SEED)
    shares, residents = made_areas(rng)
    lines = ["| kind | counts | " + " | ".join(NOISE) + " |", "|---|---|" + "---|" * len(NOISE)]
    cells: dict[tuple[str, str], list[str]] = {
        (kind, model): [] for kind in RULES for model in ("share", "series")
    }
    for options in NOISE.values():
        tracks = [simulate_track(shares, residents, runs=runs, rng=rng, **options) for _ in range(3)]  # type: ignore[arg-type]
        flat = simulate_track(np.full(AREAS, 0.1), residents, runs=runs, rng=rng, **options)  # type: ignore[arg-type]
        for (kind, model), row in cells.items():
            rule = made_rule(kind, model=model)
            used = [flat] if kind == "level" else tracks[: len(rule.indicators)]
            row.append(f"{100 * try_rule(rule, used).with_false_alert:.1f} %")
            sys.stderr.write(f"{kind} {model} {row[-1]}\n")
    for (kind, model), row in cells.items():
        known = "known" if model == "share" else "unknown"
        lines.append(f"| {kind} | {known} | " + " | ".join(row) + " |")
    return "\n".join(lines)


def power_table(runs: int) -> str:
    """Return the share of real jumps found, in ten areas of 2,000 residents at 10 % among 400 that stay."""
    rng = np.random.default_rng(SEED)
    jumping = range(0, AREAS, AREAS // 10)
    shares, residents = made_areas(rng)
    shares[list(jumping)], residents[list(jumping)] = 0.1, 2000.0
    head = [f"+{100 * jump:.0f} points" for jump in JUMPS]
    lines = [
        "| kind | " + " | ".join(head) + " | false among the alerts |",
        "|---|" + "---|" * (len(head) + 1),
    ]
    for kind in RULES:
        if kind == "level":
            continue
        rule, found, false = replace(made_rule(kind), direction="rising"), [], []
        for jump in JUMPS:
            tracks = [
                simulate_track(shares, residents, runs=runs, rng=rng, jump=jump, jumping=jumping)
                for _ in rule.indicators
            ]
            tried = try_rule(rule, tracks, jumping=jumping)
            found.append(f"{100 * tried.found:.0f} %")
            false.append(tried.false_discovery)
        lines.append(f"| {kind} | " + " | ".join(found) + f" | at most {100 * max(false):.1f} % |")
    return "\n".join(lines)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    runs = parser.parse_args().runs
    sys.stdout.write(f"{noise_table(runs)}\n\n{power_table(max(1, runs // 5))}\n")


if __name__ == "__main__":
    main()
