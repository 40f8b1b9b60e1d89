"""Every constraint at once against all subsets of up to fourteen areas: what is proposed, bounded, proved and refused."""

import math
import re
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import NeighbourGraph, ParameterError, propose
from spatial.regions import FixedAreas, RegionLimits, prove

THRESHOLD = 1.0


@dataclass(frozen=True, kw_only=True)
class City:
    """A small city with everything that may be asked of its regions."""

    need: pd.Series
    people: pd.Series
    graph: NeighbourGraph
    price: float
    limits: RegionLimits
    fixed: FixedAreas
    existing: pd.Series | None
    inertia: float
    factor: pd.Series | None

    def proposal(self):
        return propose(
            self.need,
            self.people,
            self.graph,
            threshold=THRESHOLD,
            border_price=self.price,
            limits=self.limits,
            fixed=self.fixed,
            existing=self.existing,
            inertia=self.inertia,
            border_factor=self.factor,
        )

    def reordered(self, order):
        """Return the same city with its rows in another order."""
        index = self.need.index[order]
        return replace(self, need=self.need[index], graph=self.graph.in_order(index))

    def areas(self, series):
        return self.need.index.isin(series.index)


class EverySubset:
    """All subsets of a city's areas as bits of a number, from the cheapest to the dearest."""

    def __init__(self, city):
        self.city, self.limits = city, city.limits
        self.people = city.people.to_numpy(dtype=float)
        self.near = [0] * len(self.people)
        for one, other in zip(city.graph.first.tolist(), city.graph.second.tolist(), strict=True):
            self.near[one] |= 1 << other
            self.near[other] |= 1 << one
        self.bits = ((np.arange(1 << len(self.people))[:, None] >> np.arange(len(self.people))) & 1).astype(
            bool
        )
        self.residents = self.bits @ self.people
        self.fewest = {0: 0}

    @cached_property
    def energy(self):
        """Objective of each subset, as the formula of the method says it."""
        city, graph = self.city, self.city.graph
        pull = 0.0
        if city.existing is not None:
            pull = np.where(city.existing.notna(), city.inertia, -city.inertia)
        need = city.need.to_numpy(dtype=float) + pull
        cost = np.where(np.isnan(need), 0.0, self.people * (THRESHOLD - need))
        price = city.price * graph.border * (1.0 if city.factor is None else city.factor.to_numpy())
        return self.bits @ cost + (self.bits[:, graph.first] != self.bits[:, graph.second]) @ price

    def connected(self, subset):
        """Return the piece of a subset that its first area lies in."""
        piece = edge = subset & -subset
        while edge:
            around = 0
            while edge:
                around |= self.near[(edge & -edge).bit_length() - 1]
                edge &= edge - 1
            edge = around & subset & ~piece
            piece |= edge
        return piece

    def regions(self, subset):
        """Return the least number of regions within the limits that make up a subset, infinite where there is none."""
        if subset in self.fewest:
            return self.fewest[subset]
        piece, limits = self.connected(subset), self.limits
        if piece != subset:
            number = self.regions(piece) + self.regions(subset & ~piece)
        elif self.residents[subset] < limits.least_residents:
            number = math.inf
        elif self.residents[subset] <= limits.most_residents:
            number = 1
        else:
            number = self.split(subset)
        self.fewest[subset] = number
        return number

    def split(self, subset):
        """Try every connected part with the first area and as many residents as a region may have."""
        first, number = subset & -subset, math.inf
        rest = part = subset & ~first
        while part:
            part = (part - 1) & rest
            one = part | first
            size = self.residents[one]
            if (
                self.limits.least_residents <= size <= self.limits.most_residents
                and self.connected(one) == one
            ):
                number = min(number, 1 + self.regions(subset & ~one))
        return number

    @cached_property
    def best(self):
        """Least objective of all subsets that keep to everything, infinite where there is none."""
        city, limits = self.city, self.limits
        fixed = city.fixed
        locked = city.people.groupby(fixed.locked.astype(str).reindex(city.people.index)).sum()
        if ((locked < limits.least_residents) | (locked > limits.most_residents)).any():
            return math.inf
        is_out = city.areas(fixed.outside) | city.areas(fixed.locked)
        budget = limits.most_share * self.people.sum() - locked.sum()
        most = math.inf if limits.most_regions is None else limits.most_regions - len(locked)
        allowed = (
            self.bits[:, city.areas(fixed.inside)].all(axis=1)
            & ~self.bits[:, is_out].any(axis=1)
            & (self.residents <= budget + 1e-9)
        )
        subsets = np.flatnonzero(allowed)
        for subset in subsets[np.argsort(self.energy[subsets], kind="stable")].tolist():
            number = self.regions(subset)
            if math.isfinite(number) and number <= most:
                return float(self.energy[subset])
        return math.inf


def build(draw, n, limits):
    """Make a city of `n` areas; a road runs through most of them, needs and prices are exact in binary."""
    index = pd.Index([f"{place:03d}" for place in range(n)], name="area_id")
    need = draw(st.lists(st.none() | st.integers(-8, 12), min_size=n, max_size=n))
    path = {(place, place + 1): draw(st.integers(1, 60)) for place in range(n - 1) if draw(st.integers(0, 6))}
    others = st.sampled_from([(i, j) for i in range(n) for j in range(i + 1, n)])
    pairs = dict(sorted((draw(st.dictionaries(others, st.integers(1, 60), max_size=n)) | path).items()))
    first, second = (np.array([pair[end] for pair in pairs], dtype=np.int64) for end in (0, 1))
    border = np.array(list(pairs.values()), dtype=float)
    answers = np.array(["free"] * n)
    if draw(st.booleans()):
        kinds = st.sampled_from(["free"] * 8 + ["inside", "outside", "locked"])
        answers = np.array(draw(st.lists(kinds, min_size=n, max_size=n)))
    locked = pd.Series(
        draw(st.lists(st.sampled_from(["old", "older"]), min_size=n, max_size=n)), index, dtype=str
    )
    locked = locked[answers == "locked"]
    existing = draw(st.none() | st.lists(st.sampled_from(["now", None]), min_size=n, max_size=n))
    factor = draw(st.none() | st.just(st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0])))
    return City(
        need=pd.Series([np.nan if one is None else one / 4 for one in need], index, dtype=float),
        people=pd.Series(draw(st.lists(st.integers(0, 40), min_size=n, max_size=n)), index),
        graph=NeighbourGraph(area_id=index, first=first, second=second, border=border),
        price=draw(st.integers(0, 8)) / 8,
        limits=draw(limits),
        fixed=FixedAreas(
            inside=pd.Series("a reason", index[answers == "inside"], dtype=str),
            outside=pd.Series("a reason", index[answers == "outside"], dtype=str),
            locked=locked,
            reason=pd.Series("a reason", sorted(set(locked)), dtype=str),
        ),
        existing=None if existing is None else pd.Series(existing, index, dtype="string"),
        inertia=0.0 if existing is None else draw(st.integers(0, 4)) / 4,
        factor=None
        if factor is None
        else pd.Series(
            draw(st.lists(factor, min_size=len(border), max_size=len(border))),
            pd.MultiIndex.from_arrays([index[first], index[second]]),
            dtype=float,
        ),
    )


def limits(*most_residents):
    pairs = [(least, most) for least in (0, 25, 60) for most in most_residents if least <= most]
    return st.builds(
        lambda pair, share, number: RegionLimits(
            least_residents=pair[0], most_residents=pair[1], most_share=share, most_regions=number
        ),
        st.sampled_from(pairs),
        st.sampled_from([0.25, 0.5, 1.0]),
        st.sampled_from([None, None, 1, 2, 3]),
    )


@st.composite
def cities(draw, largest=14, most_residents=(math.inf,)):
    return build(draw, draw(st.integers(2, largest)), limits(*most_residents))


def tried(city):
    """Return the proposal, or the error that says why there is none."""
    try:
        return city.proposal()
    except ParameterError as error:
        return error


def require_kept(region, city):
    """Check regions against everything that was asked."""
    fixed, rules = city.fixed, city.limits
    residents = city.people.groupby(region).sum()
    for one in residents.index.difference(fixed.regions):  # what is locked may lie apart
        assert city.graph.components((region == one).fillna(False)).max() == 0
    assert (residents >= rules.least_residents).all()
    assert (residents <= rules.most_residents).all()
    assert residents.sum() <= rules.most_share * city.people.sum() + 1e-9
    assert rules.most_regions is None or len(residents) <= rules.most_regions
    assert region[fixed.inside.index].notna().all()
    assert region[fixed.outside.index].isna().all()
    assert region[fixed.locked.index].tolist() == fixed.locked.tolist()
    assert not set(region.drop(fixed.locked.index).dropna()) & set(fixed.regions)


def require_between(city, result, every):
    """Check that the best of all subsets lies between the bound and the proposal, and that the proof finds it."""
    best = every.best
    assert result.lower_bound - 1e-9 <= best <= result.objective + 1e-9
    chosen = result.region.reindex(city.need.index).notna().to_numpy() & ~city.areas(city.fixed.locked)
    assert result.objective == pytest.approx(every.energy[(every.bits == chosen).all(axis=1)][0], abs=1e-9)
    proof = prove(result, city.graph, border_factor=city.factor)
    noise = 2 * proof.tolerance + 1e-9
    assert proof.lower_bound - noise <= best <= proof.objective + noise
    if proof.improved is not None:
        require_kept(proof.improved, city)
    return proof, noise


@settings(max_examples=80, deadline=None)
@given(cities())
def test_a_proposal_keeps_to_everything_and_its_proof_is_the_best_of_all_subsets(city):
    result = tried(city)
    if isinstance(result, ParameterError):
        return
    require_kept(result.region, city)
    every = EverySubset(city)
    proof, noise = require_between(city, result, every)
    assert proof.is_proved
    assert proof.objective == pytest.approx(every.best, abs=noise)


@settings(max_examples=80, deadline=None)
@given(cities(10, (40, 70, 120)))
def test_where_regions_are_split_the_best_of_all_splits_lies_between_bound_and_proposal(city):
    result = tried(city)
    if isinstance(result, ParameterError):
        return
    require_kept(result.region, city)
    every = EverySubset(city)
    proof, noise = require_between(city, result, every)
    if proof.is_proved:
        assert proof.objective == pytest.approx(every.best, abs=noise)


@settings(max_examples=60, deadline=None)
@given(cities(10, (70, 120, math.inf)))
def test_what_is_refused_without_areas_held_in_has_no_region_worth_having(city):
    city = replace(city, fixed=replace(city.fixed, inside=pd.Series([], pd.Index([], dtype=str), dtype=str)))
    if isinstance(tried(city), ParameterError):
        # Nothing that is allowed saves anything; where a locked region breaks a limit nothing is allowed at all.
        assert EverySubset(city).best >= -1e-9


@settings(max_examples=60, deadline=None)
@given(cities(9, (40, 70, math.inf)))
def test_what_keeps_to_all_limits_is_found_or_its_areas_held_in_are_named(city):
    result = tried(city)
    every = EverySubset(city)
    if not isinstance(result, ParameterError):
        assert math.isfinite(every.best)
    elif math.isfinite(every.best) and len(city.fixed.inside):
        # A search is no proof: what is not found is said to be so, by the areas and not as a limit that is too low.
        assert result.name in {"inside", "most_share", "most_regions"}


LIMIT = re.compile(r"at (?:least|most) ([0-9.]+)")


@settings(max_examples=80, deadline=None)
@given(cities(9, (40, 70, math.inf)))
def test_the_relaxation_that_is_named_for_a_locked_region_is_enough_and_not_too_much(city):
    city = replace(city, fixed=replace(city.fixed, inside=pd.Series([], pd.Index([], dtype=str), dtype=str)))
    first = tried(city)
    if not isinstance(first, ParameterError) or not len(city.fixed.locked):
        return
    relaxed, named = city, []
    # Each limit is named once at most: the relaxation that was given is enough for it.
    while isinstance(error := tried(relaxed), ParameterError):
        assert error.name not in named
        named.append(error.name)
        value = float(LIMIT.search(error.expected)[1])
        value = int(value) if error.name == "most_regions" else value
        before = relaxed
        relaxed = replace(relaxed, limits=replace(relaxed.limits, **{error.name: value}))
    require_kept(tried(relaxed).region, relaxed)
    # A little less than the last relaxation is refused again, for the same reason.
    less = {"least_residents": 0.5, "most_residents": -0.5, "most_share": -2e-4, "most_regions": -1}[
        named[-1]
    ]
    value = getattr(relaxed.limits, named[-1]) + less
    if named[-1] == "most_regions" and value < 1:
        return
    again = tried(replace(before, limits=replace(before.limits, **{named[-1]: value})))
    assert isinstance(again, ParameterError)
    assert again.name == named[-1]


@settings(max_examples=80, deadline=None)
@given(cities(9, (70, 120, math.inf)), st.randoms(use_true_random=False))
def test_the_order_of_rows_is_irrelevant_whatever_is_asked(city, random):
    order = list(range(len(city.need)))
    random.shuffle(order)
    one, other = tried(city), tried(city.reordered(order))
    if isinstance(one, ParameterError):
        assert str(other) == str(one)
        return
    pd.testing.assert_series_equal(other.region.reindex(one.region.index), one.region)
    assert other.objective == one.objective


@settings(max_examples=80, deadline=None)
@given(cities(9), st.integers(1, 8))
def test_a_higher_threshold_takes_no_area_in_whatever_is_held(city, steps):
    city = replace(city, limits=RegionLimits())
    below = city.proposal().region.notna()
    higher = replace(city, need=city.need - steps / 4).proposal().region.notna()
    assert not (higher & ~below).any()


def test_fourteen_areas_with_everything_that_may_be_asked():
    # A ring of fourteen: two hills of need, a locked region between them, a block held in and one held out, a river.
    index = pd.Index([f"{place:03d}" for place in range(14)], name="area_id")
    need = pd.Series([2, 2.5, 3, 1.5, 0, -1, 0.5, 2.5, 3, 2, 0.75, -2, 0, 1.25], index)
    ring = np.arange(14)
    graph = NeighbourGraph(
        area_id=index,
        first=np.minimum(ring, (ring + 1) % 14),
        second=np.maximum(ring, (ring + 1) % 14),
        border=np.full(14, 40.0),
    )
    city = City(
        need=need,
        people=pd.Series([30, 20, 40, 25, 10, 35, 20, 30, 40, 15, 20, 5, 0, 30], index),
        graph=graph,
        price=0.25,
        limits=RegionLimits(least_residents=60, most_residents=130, most_share=0.75, most_regions=4),
        fixed=FixedAreas(
            locked=pd.Series({"004": "old", "005": "old", "006": "old"}),
            reason=pd.Series({"old": "decided"}),
            inside=pd.Series({"010": "school"}),
            outside=pd.Series({"013": "allotments"}),
        ),
        existing=pd.Series(["now"] * 3 + [None] * 11, index, dtype="string"),
        inertia=0.25,
        factor=pd.Series([0.25], pd.MultiIndex.from_tuples([("002", "003")])).reindex(
            pd.MultiIndex.from_arrays([index[graph.first], index[graph.second]]), fill_value=1.0
        ),
    )
    result = city.proposal()
    require_kept(result.region, city)
    every = EverySubset(city)
    proof, noise = require_between(city, result, every)
    assert proof.is_proved
    assert proof.objective == pytest.approx(every.best, abs=noise)
    assert result.summary()["is_locked"].sum() == 1
