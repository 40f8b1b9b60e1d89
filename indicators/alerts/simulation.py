"""How often a rule raises an alarm when there is nothing but chance, and how often it finds a real jump.

To be asked with the sizes of a city's own areas before a rule is switched on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indicators.alerts.discovery import q_values
from indicators.alerts.judging import judge
from indicators.alerts.rules import Rule
from indicators.alerts.tracks import CityTrack, Track
from indicators.limits import Floats
from spatial.errors import ParameterError

__all__ = ["TrialRuns", "simulate_track", "try_rule"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TrialRuns:
    """A rule on simulated cities.

    `with_false_alert`: share of the runs with at least one alert for an area in which nothing happened.
    `false_discovery`: mean over the runs of the share of alerts that are false, which is what the rule promises; without
    any real jump, it is `with_false_alert`. `false_alerts`: of all area tests without a jump, the share that gave an
    alert. `found`: of all real jumps, the share that was told; NaN when there were none.
    """

    rule: Rule
    runs: int
    areas: int
    with_false_alert: float
    false_discovery: float
    false_alerts: float
    found: float

    def __repr__(self) -> str:
        return (
            f"TrialRuns({self.rule.id}, {self.runs} runs of {self.areas} areas: "
            f"{100 * self.false_discovery:.1f} % of alerts false, promised {100 * self.rule.false_discovery_rate:g} %)"
        )


def simulate_track(
    shares: Floats,
    denominators: Floats,
    *,
    runs: int,
    rng: np.random.Generator,
    periods: int = 10,
    unrest: float = 0.0,
    neighbours: int = 1,
    jump: float = 0.0,
    jumping: Sequence[int] = (),
) -> Track:
    """Make cities in which nothing happens but chance, apart from the jumps that are asked for.

    Parameters
    ----------
    shares : array of float, shape (n_areas,)
        True share of each area in all periods. [0–1]
    denominators : array of float, shape (n_areas,)
        Residents of each area. [persons]
    runs : int
        Simulated cities.
    rng : Generator
        Where chance comes from.
    periods : int
        Periods of each city.
    unrest : float
        Standard deviation, relative to the share, by which the true share of each area varies from period to period
        without lasting: more than chance, yet no news.
    neighbours : int
        Areas next to each other (in their order, as on a ring) that share their unrest; 1 for none.
    jump : float
        By how much the true share of some areas is higher in the last period. [0–1]
    jumping : sequence of int
        Positions of these areas.

    Returns
    -------
    Track
        Arrays of shape (runs, n_periods, n_areas), values in percent.

    Raises
    ------
    ParameterError
        If an option is out of range.

    Examples
    --------
    >>> simulate_track(np.full(3, 0.1), np.full(3, 50.0), runs=2, rng=np.random.default_rng(1)).value.shape
    (2, 10, 3)
    """
    number = len(shares)
    if runs < 1:
        raise ParameterError("runs", runs, "at least 1")
    if periods < 1:
        raise ParameterError("periods", periods, "at least 1")
    if not 1 <= neighbours <= number:
        raise ParameterError("neighbours", neighbours, f"1 to {number}, the number of areas")
    if not (np.isfinite(unrest) and unrest >= 0):
        raise ParameterError("unrest", unrest, "a finite number of at least 0")
    shape = runs, periods, number
    true = np.broadcast_to(shares, shape)
    if unrest > 0:
        true = true * (1 + unrest * _shared_noise(shape, neighbours, rng))
    if jump and len(jumping):
        true = true.copy()
        true[:, -1, list(jumping)] += jump
    whole = np.broadcast_to(np.round(denominators), shape)
    part = rng.binomial(whole.astype(np.int64), np.clip(true, 0.0, 1.0)).astype(float)
    return Track(value=100 * part / whole, part=part, whole=whole.astype(float), factor=100.0)


def try_rule(rule: Rule, tracks: Sequence[Track], *, jumping: Sequence[int] = ()) -> TrialRuns:
    """Try a rule on simulated cities.

    Parameters
    ----------
    rule : Rule
        What is looked for. Values are in percent, so that thresholds are percentage points.
    tracks : sequence of Track
        What `simulate_track` made, one for each indicator of the rule. The last period is judged.
    jumping : sequence of int
        Positions of the areas in which something happened.

    Returns
    -------
    TrialRuns
        Shares of false alerts and of jumps found.

    Raises
    ------
    ParameterError
        If there are fewer periods than the rule needs.

    Examples
    --------
    >>> rule = Rule(id="r", title_de="R", title_en="R", kind="change", indicators=("x",))
    >>> track = simulate_track(np.full(50, 0.1), np.full(50, 2e3), runs=40, rng=np.random.default_rng(1))
    >>> try_rule(rule, [track]).areas
    50
    """
    runs, periods, number = tracks[0].value.shape
    least = 1 if rule.kind == "level" else rule.periods + 1
    if periods < least:
        raise ParameterError("periods", periods, f"at least {least} for this rule")
    cities = [_city(one) for one in tracks]
    judged = judge(rule, tracks, cities, by_counts=np.full(number, rule.noise != "series"))
    p_value = np.where(np.isnan(judged.p_value), 1.0, judged.p_value)
    told = (q_values(p_value, correction=rule.correction) <= rule.false_discovery_rate) & judged.is_clear
    is_real = np.zeros(number, dtype=bool)
    is_real[list(jumping)] = True
    false, every = told[:, ~is_real], told.sum(axis=1)
    return TrialRuns(
        rule=rule,
        runs=runs,
        areas=number,
        with_false_alert=float(false.any(axis=1).mean()),
        false_discovery=float((false.sum(axis=1) / np.maximum(every, 1)).mean()),
        false_alerts=float(false.mean()) if false.size else 0.0,
        found=float(told[:, is_real].mean()) if is_real.any() else float("nan"),
    )


def _city(track: Track) -> CityTrack:
    part, whole = track.part.sum(axis=-1), track.whole.sum(axis=-1)
    return CityTrack(value=track.factor * part / whole, part=part, whole=whole)


def _shared_noise(shape: tuple[int, int, int], neighbours: int, rng: np.random.Generator) -> Floats:
    """Draw standard normal noise that areas next to each other have partly in common."""
    own = rng.standard_normal(shape)
    if neighbours == 1:
        return own
    around = np.concatenate([own, own[..., : neighbours - 1]], axis=-1).cumsum(axis=-1)
    before = np.concatenate([np.zeros((*shape[:-1], 1)), around], axis=-1)[..., : shape[-1]]
    return np.asarray((around[..., neighbours - 1 :] - before) / np.sqrt(neighbours))
