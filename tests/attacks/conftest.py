"""What an attacker has: everything the service gives, paper and pencil, and a solver. Never the database.

`served` is what the service gives of the small sample city. `naive` is the same city from a careless publisher: small
counts are withheld one by one, and everything computed from all counts is shown. An attack has to find something in the
second, and nothing in the first. `truth` is for the judge only.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from scipy.optimize import linprog
from scipy.sparse import coo_array

from api.app import create_app
from api.settings import ServiceSettings
from etl.sample_city.confidentiality import SMALLEST_PUBLISHED
from etl.sample_city.generate import SettledCity, settle
from etl.sample_city.parameters import SampleCityParameters
from indicators.sample import SAMPLE_INDICATORS
from maps.layers import LayerSource, build_layer

Cell = tuple[str, str, str, str]  # geography, area, indicator, period

ATTACKS = {
    1: ("parent minus siblings", "counts"),
    2: ("total minus other categories", "counts"),
    3: ("rate times denominator", "counts"),
    4: ("unchanged years", "counts, a table without the relation"),
    5: ("two drawn areas", "blocks, a table without the relation"),
    6: ("editions of boundaries", "areas, a table without the relation"),
    7: ("legends", "extremes"),
    8: ("order", "values, a list in order"),
    9: ("index, z-scores, quotients", "shares, an index of all areas"),
    10: ("filter, order by", "values, a filter that looks at them"),
    11: ("publications kept", "counts, loads that forget"),
}
FOUND: dict[int, dict[str, int]] = {}
ENOUGH = 150  # withheld counts that are found out before an attack stops

LEVELS = ("city", "district", "sub_district", "statistical_district", "block")
PERIODS = ("2020", "2021", "2022")
INTERVAL = SMALLEST_PUBLISHED - 1  # narrower than this, a withheld count is found out
AGES = ("residents_u15", "residents_15_65", "residents_65p")
# What everybody can tell from the titles: the first is part of the second.
COMMON_SENSE = (
    ("residents_u15", "residents_u18"),
    ("residents_u18", "residents"),
    ("residents_80p", "residents_65p"),
    ("non_german", "migration_background"),
    ("unemployed_youth", "unemployed"),
    ("unemployed_long_term", "unemployed"),
    ("sgb2_children_u15", "sgb2_recipients"),
    ("households", "residents"),
)
SOURCE = LayerSource(title_de="x", title_en="x", attribution="x", licence="x")


@dataclass(frozen=True, kw_only=True)
class Rate:
    """What the catalogue of a service says of a computed value: factor × (numerator − minus) / denominator."""

    numerator: str
    denominator: str
    minus: str | None = None
    factor: float = 100.0
    decimals: int = 1

    @property
    def counts(self) -> tuple[str, ...]:
        return tuple(one for one in (self.numerator, self.minus, self.denominator) if one is not None)


@dataclass(frozen=True, kw_only=True)
class Public:
    """What is public of a city.

    `values` and `statuses` per cell; `parent` per (geography, area); `layers` as the service gives them;
    `rates` are all computed values, `shares` those of a part and its whole; `counts` are the indicators that add up.
    """

    values: dict[Cell, float]
    statuses: dict[Cell, str]
    parent: dict[tuple[str, str], tuple[str, str]]
    layers: dict[tuple[str, str, str], dict]  # indicator, geography, period
    shares: dict[str, tuple[str, str]]
    counts: set[str]
    rates: dict[str, Rate] = field(default_factory=dict)

    def withheld(self) -> set[Cell]:
        """Withheld counts."""
        return {
            cell
            for cell, status in self.statuses.items()
            if status == "suppressed" and cell[2] in self.counts
        }

    def unknown(self) -> set[Cell]:
        return {
            cell
            for cell, status in self.statuses.items()
            if status in {"suppressed", "missing"} and cell[2] in self.counts
        }


@dataclass
class Equations:
    """What an attacker writes down: sums of unknown counts that lie between two numbers."""

    public: Public
    lines: list[tuple[dict[Cell, float], float, float]] = field(default_factory=list)

    def add(self, members: Mapping[Cell, float], low: float, high: float) -> None:
        """Note that the sum of factor × count lies between low and high; published counts are put in."""
        unknown: dict[Cell, float] = {}
        for cell, factor in members.items():
            if cell in self.public.values:
                low, high = low - factor * self.public.values[cell], high - factor * self.public.values[cell]
            elif cell in self.public.statuses:
                unknown[cell] = factor
            else:
                return  # nobody ever counted it
        if unknown:
            self.lines.append((unknown, low, high))

    def narrowed(self, width: float = INTERVAL, *, enough: int = ENOUGH) -> dict[Cell, tuple[float, float]]:
        """Return the withheld counts for which fewer whole numbers remain than there should, and which.

        That a withheld zero is one is no secret: zeros are public. Stops after `enough` have been found.
        """
        cells = sorted(self.public.unknown())
        if not cells:
            return {}
        position = {cell: number for number, cell in enumerate(cells)}
        rows, columns, factors, limits = [], [], [], []
        for members, low, high in self.lines:
            for sign, limit in ((1.0, high), (-1.0, -low)):
                if np.isfinite(limit):
                    for cell, factor in members.items():
                        rows.append(len(limits))
                        columns.append(position[cell])
                        factors.append(sign * factor)
                    limits.append(limit)
        matrix = coo_array((factors, (rows, columns)), shape=(len(limits), len(cells))).tocsr()
        # A withheld count is not zero, because zeros are public; but an age breakdown is withheld as a whole.
        secret = [self.public.statuses[cell] == "suppressed" and cell[2] not in AGES for cell in cells]
        bounds = np.column_stack([np.array(secret, dtype=float), np.full(len(cells), 1e6)])

        def solve(goal: np.ndarray) -> np.ndarray:
            result = linprog(goal, A_ub=matrix, b_ub=np.array(limits), bounds=bounds, method="highs")
            assert result.status == 0, result.message
            return result.x

        rng = np.random.default_rng(0)
        wanted = np.array([self.public.statuses[cell] == "suppressed" for cell in cells])
        low, high = np.full(len(cells), np.inf), np.full(len(cells), -np.inf)
        for _ in range(25):  # every solution shows what is possible for all counts
            open_ = wanted & ~(high - low >= width - 1e-6)
            if not open_.any():
                return {}
            found = solve(
                np.where(open_, rng.choice([-1.0, 1.0], len(cells)) * rng.uniform(0.5, 1.5, len(cells)), 0.0)
            )
            low, high = np.minimum(low, found), np.maximum(high, found)
        result = {}
        for at in np.flatnonzero(wanted & ~(high - low >= width - 1e-6)):
            goal = np.zeros(len(cells))
            goal[at] = 1.0
            least, most = np.ceil(solve(goal)[at] - 1e-6), np.floor(solve(-goal)[at] + 1e-6)
            if most - least < width and most > 0:
                result[cells[at]] = (float(least), float(most))
            if len(result) == enough:
                break
        return result


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the suite be one: what is found on the careless city belongs to what is found on the service."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.db)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what each attack recovered."""
    if not FOUND:
        return
    terminalreporter.section("attacks on withheld values")
    for number, found in sorted(FOUND.items()):
        title, what = ATTACKS[number]
        careless, served = found.get("careless"), found.get("served", "not asked")
        told = (
            "not asked"
            if careless is None
            else f"{careless}{' or more' if careless == ENOUGH else ''} recovered"
        )
        terminalreporter.write_line(f"{number:>2} {title:<30} careless: {told} ({what}); served: {served}")


@pytest.fixture(scope="session")
def score() -> Callable[..., None]:
    """Write down how much an attack recovered."""

    def write(number: int, **found: int) -> None:
        for place, count in found.items():
            FOUND.setdefault(number, {}).setdefault(place, 0)
            FOUND[number][place] = max(FOUND[number][place], count)

    return write


@pytest.fixture(scope="session")
def equations() -> type[Equations]:
    """Paper and pencil."""
    return Equations


@pytest.fixture(scope="session")
def areas_add_up() -> Callable[[Equations], None]:
    """Write down that areas add up to the area above them."""

    def write(paper: Equations) -> None:
        inside = defaultdict(list)
        for child, parent in paper.public.parent.items():
            inside[parent].append(child)
        for indicator in sorted(paper.public.counts):
            for period in PERIODS:
                for parent, children in inside.items():
                    members = {(*parent, indicator, period): -1.0}
                    members |= {(*child, indicator, period): 1.0 for child in children}
                    paper.add(members, 0.0, 0.0)

    return write


@pytest.fixture(scope="session")
def categories_add_up() -> Callable[[Equations], None]:
    """Write down that the age groups are all residents, and that a part is no larger than its whole."""

    def write(paper: Equations) -> None:
        places = sorted({(cell[0], cell[1], cell[3]) for cell in paper.public.statuses})
        pairs = {*COMMON_SENSE, *paper.public.shares.values()}
        for geography, area, period in places:
            whole = (geography, area, "residents", period)
            ages = {(geography, area, name, period): 1.0 for name in AGES}
            paper.add(ages | {whole: -1.0}, 0.0, 0.0)
            for part, total in sorted(pairs):
                members = {(geography, area, part, period): 1.0, (geography, area, total, period): -1.0}
                paper.add(members, -np.inf, 0.0)

    return write


@pytest.fixture(scope="session")
def rates_times_denominators() -> Callable[[Equations], None]:
    """Write down what a published share says of its numerator, as precisely as it is published."""

    def write(paper: Equations) -> None:
        public = paper.public
        for (geography, area, name, period), value in public.values.items():
            rate = public.rates.get(name)
            whole = rate and public.values.get((geography, area, rate.denominator, period))
            if not rate or not whole:
                continue
            half = 0.5 * 10.0**-rate.decimals
            members = {(geography, area, rate.numerator, period): rate.factor}
            if rate.minus:
                members[geography, area, rate.minus, period] = -rate.factor
            paper.add(members, (value - half) * whole - 1e-6, (value + half) * whole + 1e-6)

    return write


@pytest.fixture(scope="session")
def client(small_city_url: str) -> Iterator[TestClient]:
    """Return the way in for everybody."""
    with TestClient(create_app(ServiceSettings(database_url=small_city_url))) as client:
        yield client


@pytest.fixture(scope="session")
def served(client: TestClient) -> Public:
    """Ask the service for everything there is about the city."""
    indicators = client.get("/cities/sample/indicators").json()["indicators"]
    layers = {}
    for item in indicators:
        for geography, periods in item["availability"].items():
            for period in periods:
                layers[item["id"], geography, period] = client.get(
                    f"/cities/sample/layers/{item['id']}", params={"geography": geography, "period": period}
                ).json()
    parent = {}
    for above, level in itertools.pairwise(LEVELS):
        answer = client.get(f"/collections/sample.{level}/items", params={"limit": 10_000}).json()
        for feature in answer["features"]:
            parent[level, feature["id"]] = (above, feature["properties"]["parent_id"])
    return Public(
        values={
            (geography, area, indicator, period): value
            for (indicator, geography, period), body in layers.items()
            for area, value in zip(body["area_ids"], body["values"], strict=True)
            if value is not None
        },
        statuses={
            (geography, area, indicator, period): status
            for (indicator, geography, period), body in layers.items()
            for area, status in zip(body["area_ids"], body["statuses"], strict=True)
        },
        parent=parent,
        layers=layers,
        shares={
            i["id"]: (i["numerator"], i["denominator"])
            for i in indicators
            if i["numerator"] and i["form"] in (None, "share")
        },
        rates={
            i["id"]: Rate(
                **{name: i[name] for name in ("numerator", "denominator", "minus", "factor", "decimals")}
            )
            for i in indicators
            if i["numerator"]
        },
        counts={i["id"] for i in indicators if i["kind"] == "extensive"},
    )


@pytest.fixture(scope="session")
def settled() -> SettledCity:
    """Return the city as it really is."""
    return settle(SampleCityParameters(blocks=600, first_year=2020, years=3), lambda *_: None)


@pytest.fixture(scope="session")
def truth(settled: SettledCity) -> dict[Cell, float]:
    """Return the true counts, for the judge."""
    places = list(zip(settled.areas["geography"], settled.areas["area_id"], strict=True))
    return {
        (*place, name, period): float(counts[row, column])
        for name, counts in settled.values.items()
        for row, place in enumerate(places)
        for column, period in enumerate(PERIODS)
    }


@pytest.fixture(scope="session")
def naive(settled: SettledCity, truth: dict[Cell, float]) -> Public:
    """Publish the same city carelessly: what is small is withheld, what is computed from it is not."""
    people = {name for name in settled.values if name not in {"dwellings", "living_space"}}
    hidden = {cell for cell, value in truth.items() if cell[2] in people and 0 < value < SMALLEST_PUBLISHED}
    values = {cell: value for cell, value in truth.items() if cell not in hidden}
    statuses = {
        cell: "suppressed" if cell in hidden else "zero" if value == 0 else "measured"
        for cell, value in truth.items()
    }
    shares = {one.id: (one.numerator, one.denominator) for one in SAMPLE_INDICATORS if one.is_share}
    for share, (numerator, denominator) in shares.items():
        for (geography, area, name, period), value in truth.items():
            whole = truth[geography, area, denominator, period]
            if name == numerator and whole:
                values[geography, area, share, period] = round(100 * value / whole, 1)
                statuses[geography, area, share, period] = "measured"
    parents = settled.areas[settled.areas["parent_id"].notna()]
    level_above = dict(zip(LEVELS[1:], LEVELS[:-1], strict=True))
    return Public(
        values=values,
        statuses=statuses,
        parent={
            (geography, area): (level_above[geography], parent)
            for geography, area, parent in zip(
                parents["geography"], parents["area_id"], parents["parent_id"], strict=True
            )
        },
        layers=_careless_layers(truth, hidden, shares),
        shares=shares,
        rates={name: Rate(numerator=part, denominator=whole) for name, (part, whole) in shares.items()},
        counts=set(settled.values),
    )


def _careless_layers(
    truth: dict[Cell, float], hidden: set[Cell], shares: dict[str, tuple[str, str]]
) -> dict[tuple[str, str, str], dict]:
    """Draw the legends of shares from all of them, and leave those of withheld counts out of the map alone."""
    definitions = {one.id: one for one in SAMPLE_INDICATORS}
    layers = {}
    for name, (numerator, denominator) in shares.items():
        for geography in LEVELS[2:]:
            cells = [cell for cell in truth if cell[0] == geography and cell[2] == numerator]
            part = np.array([truth[cell] for cell in cells])
            whole = np.array([truth[geography, cell[1], denominator, cell[3]] for cell in cells])
            frame = pd.DataFrame([(cell[1], cell[3]) for cell in cells], columns=["area_id", "period"])
            frame["value"] = np.where(whole > 0, 100 * part / np.maximum(whole, 1), np.nan)
            frame["status"] = np.where(whole == 0, "missing", np.where(part == 0, "zero", "measured"))
            for period in PERIODS:
                body = build_layer(
                    definitions[name], frame, period=period, geography=geography, source=SOURCE
                ).to_json()
                body["values"] = [
                    None if (geography, area, numerator, period) in hidden else value
                    for area, value in zip(body["area_ids"], body["values"], strict=True)
                ]
                layers[name, geography, period] = body
    return layers
