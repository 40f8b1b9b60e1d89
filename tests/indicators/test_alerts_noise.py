"""On pure noise the share of false alerts stays within the promised rate, and a real jump is found."""

from __future__ import annotations

import numpy as np
import pytest

from indicators.alerts import Rule, simulate_track, try_rule
from spatial.errors import ParameterError

AREAS = 400
# Beside each rate stands what chance does to a rate of 5 % in so many runs: two standard errors.
RUNS, FEW = 1000, 200
LIMIT = {RUNS: 0.05 + 2 * (0.05 * 0.95 / RUNS) ** 0.5, FEW: 0.05 + 2 * (0.05 * 0.95 / FEW) ** 0.5}
KINDS = {
    "level": {"threshold": 10.0, "direction": "rising"},
    "change": {"periods": 1},
    "change_against_city": {"periods": 2},
    "trend_break": {"periods": 5},
    "class_change": {"periods": 1, "cuts": (8.0, 10.0, 12.0)},
    "rank_jump": {"periods": 1, "threshold": 5.0},
    "theme_sum": {"periods": 1, "indicators": ("x", "y")},
}


def made(kind: str, **facts) -> Rule:
    plain = {"id": kind, "title_de": kind, "title_en": kind, "kind": kind, "indicators": ("x",)}
    return Rule(**{**plain, "direction": "both", **KINDS[kind], **facts})


@pytest.fixture(scope="module")
def areas():
    rng = np.random.default_rng(8)
    return rng.beta(6, 50, AREAS).clip(0.02, 0.4), np.exp(rng.normal(np.log(2000), 0.7, AREAS)).clip(300)


def simulated(areas, runs, seed, **noise):
    """Return two tracks of the areas and one in which every area is at 10 %, the threshold of the level."""
    shares, residents = areas
    rng = np.random.default_rng(seed)
    places = (shares, shares, np.full(AREAS, 0.1))
    return [simulate_track(share, residents, runs=runs, rng=rng, **noise) for share in places]


@pytest.fixture(scope="module")
def quiet(areas):
    return simulated(areas, RUNS, 1)


@pytest.fixture(scope="module")
def restless(areas):
    return simulated(areas, FEW, 2, unrest=0.1)


@pytest.fixture(scope="module")
def neighbourly(areas):
    return simulated(areas, FEW, 3, unrest=0.1, neighbours=9)


def tried(rule, tracks):
    return try_rule(rule, tracks[2:] if rule.kind == "level" else tracks[: len(rule.indicators)])


@pytest.mark.parametrize("kind", KINDS)
def test_chance_alone_gives_no_more_false_alerts_than_promised(quiet, kind):
    result = tried(made(kind), quiet)
    assert result.runs == RUNS
    assert result.false_discovery <= LIMIT[RUNS]
    assert result.false_alerts < 0.001


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("noise", ["restless", "neighbourly"])
def test_more_than_chance_gives_no_more_false_alerts_than_promised(request, noise, kind):
    assert tried(made(kind), request.getfixturevalue(noise)).false_discovery <= LIMIT[FEW]


@pytest.mark.parametrize("kind", KINDS)
def test_own_history_gives_no_more_false_alerts_than_promised(neighbourly, kind):
    assert tried(made(kind, model="series"), neighbourly).false_discovery <= LIMIT[FEW]


def test_a_jump_of_five_points_is_found(areas):
    # Ten areas of 2,000 residents at 10 %: nine of ten jumps are found, and hardly an alert is false.
    shares, residents = (one.copy() for one in areas)
    jumping = range(0, AREAS, 40)
    shares[list(jumping)], residents[list(jumping)] = 0.1, 2000.0
    rng = np.random.default_rng(4)
    track = simulate_track(shares, residents, runs=50, rng=rng, jump=0.05, jumping=jumping)
    result = try_rule(made("change", direction="rising"), [track], jumping=jumping)
    assert result.found > 0.85
    assert result.false_discovery <= 0.05


def test_the_same_seed_gives_the_same_trial():
    def again():
        rng = np.random.default_rng(6)
        track = simulate_track(
            np.full(20, 0.1), np.full(20, 500.0), runs=20, rng=rng, unrest=0.2, neighbours=3
        )
        return repr(try_rule(made("change"), [track])), track.part.sum()

    assert again() == again()


@pytest.mark.parametrize(
    ("option", "value"), [("runs", 0), ("periods", 0), ("unrest", -1.0), ("neighbours", 4)]
)
def test_options_out_of_range_are_refused(option, value):
    options = {"runs": 5, option: value}
    with pytest.raises(ParameterError, match=option):
        simulate_track(np.full(3, 0.1), np.full(3, 50.0), rng=np.random.default_rng(1), **options)


def test_a_trial_needs_the_periods_of_the_rule():
    track = simulate_track(np.full(3, 0.1), np.full(3, 50.0), runs=2, periods=2, rng=np.random.default_rng(1))
    with pytest.raises(ParameterError, match="at least 3 for this rule"):
        try_rule(made("change_against_city"), [track])
