"""Is a proposal the best there is? An exact programme that proves it, finds a better one, or says what gap is left."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from spatial.errors import ParameterError
from spatial.neighbours import NeighbourGraph
from spatial.regions.cuts.objective import Objective
from spatial.regions.limited.mending import regions_near
from spatial.regions.limits import RegionLimits
from spatial.regions.programmes.programme import Conditions, Programme, Relaxed, programme_within
from spatial.regions.programmes.separators import broken_conditions, neighbour_matrix
from spatial.regions.proposal import objective_with_fixed, region_names
from spatial.regions.result import PriorityAreas

__all__ = ["Proof", "prove"]

# A round without broken conditions that leaves so much of the gap is the last: another would find the same.
_STANDSTILL = 0.98

# A gap of so small a share of all costs is none: the solver's own tolerances are of this size.
_CLOSED = 3e-7

# Residents that a sum may be off its limit by: shares of the city are no whole numbers.
_ROUNDING = 1e-6

# Relative gap at which the solver may stop.
_SOLVER_GAP = 1e-7

# Answers with areas partly in are improved while so many rounds close so much of the gap.
_PATIENCE, _WORTHWHILE = 4, 0.003

# Shares of the gap in which a better choice is looked for, the first that leaves so few areas open.
_REACHES, _FEW = (1.0, 0.5, 0.25), 3000

# Share of that part of the gap at which the solver may stop.
_COARSE = 0.05


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Proof:
    """How good a proposal is, for certain.

    `objective` is the value of the best choice that is known, `lower_bound` what no choice within the limits goes below
    [persons × index points]; `is_proved` when they are one, up to `tolerance`. `improved` is the region of each area in
    a better choice than the proposal's, on its index, or None. `status` says in words why the proof ended. `rounds` is
    the number of programmes that were solved, `undecided` the number of areas whose answer was still open at the end,
    `seconds` the time it took, `time_limit` what was allowed. `proposed` is the objective of the proposal, `threshold`
    [index points], `border_price` [persons × index points per metre] and `limits` are its parameters.
    """

    objective: float
    lower_bound: float
    is_proved: bool
    improved: pd.Series | None
    status: str
    rounds: int
    undecided: int
    seconds: float
    time_limit: float
    tolerance: float
    proposed: float
    threshold: float
    border_price: float
    limits: RegionLimits

    def __repr__(self) -> str:
        better = (
            "" if self.improved is None else f", better than proposed by {self.proposed - self.objective:.6g}"
        )
        return (
            f"Proof({self.status}: objective {self.objective:.6g}, gap {self.gap:.1g}{better}; "
            f"{self.rounds} rounds, {self.seconds:.1f} s)"
        )

    @property
    def gap(self) -> float:
        """Distance of the best known choice from the lower bound [persons × index points]."""
        return self.objective - self.lower_bound

    @property
    def relative_gap(self) -> float:
        """The gap as a share of the bound, 0 where both are 0 [share, 0–1]."""
        return self.gap / abs(self.lower_bound) if self.lower_bound else 0.0

    @property
    def is_best(self) -> bool:
        """Whether the proposal itself is proved to be the best."""
        return self.is_proved and self.improved is None


def prove(
    proposal: PriorityAreas,
    graph: NeighbourGraph,
    *,
    border_factor: pd.Series | None = None,
    time_limit: float = 60.0,
) -> Proof:
    r"""Prove that no choice of areas within the limits is better than a proposal, or find a better one.

    Parameters
    ----------
    proposal : PriorityAreas
        What `propose` handed back, with its inputs and limits.
    graph : NeighbourGraph
        The neighbours it was made with. [m]
    border_factor : Series of float, indexed by (area_id, neighbour_id), optional
        The factors it was made with.
    time_limit : float, default 60
        When to stop at the latest, but for the step that is being done. [seconds]

    Returns
    -------
    Proof
        Its bound holds whether or not the time was enough. With limits the better choice keeps to all of them.

    Raises
    ------
    AlignmentError
        If the graph has other areas.
    ParameterError
        If the time limit is not above 0, the proposal does not keep to its own limits, or graph and factors give it
        another objective.

    Notes
    -----
    Without limits the minimum cut is exact and its bound is the proof. Otherwise a mixed-integer programme is solved
    (HiGHS, through SciPy): an unknown for each area and each border, one row for the budget. What is asked of single
    regions comes in as it is broken: a piece with too few residents has to be left or to grow, and each piece has a
    root where their number is limited [1]_. The answer with areas partly in is solved first. Its prices say what
    changing the side of an area costs at least; where that is more than the gap the area is settled.

    Regions with too many residents may be split into regions that touch. How they are split is not in the
    programme: it asks only that no area has too many residents and that the number of regions is enough for all
    residents. The bound holds, but the best choice may lie above it, and the proof then ends with a gap.

    With a time limit that is reached, bound and better choice depend on the computer; otherwise they do not.

    References
    ----------
    .. [1] M. Fischetti, M. Leitner, I. Ljubić et al. (2017), Thinning out Steiner trees: a node-based model for
       uniform edge costs, Mathematical Programming Computation 9, doi:10.1007/s12532-016-0111-0.

    Examples
    --------
    A region needs 200 residents: the first block saves 200, its neighbour costs 50, the border behind it 10.

    >>> from spatial.regions import propose
    >>> ids = pd.Index(["a", "b", "c"])
    >>> row = NeighbourGraph(
    ...     area_id=ids, first=np.arange(2), second=np.arange(1, 3), border=np.full(2, 100.0))
    >>> need, people = pd.Series([3.0, 0.5, 0.0], index=ids), pd.Series(100, index=ids)
    >>> found = propose(need, people, row, threshold=1.0, border_price=0.1,
    ...                 limits=RegionLimits(least_residents=200))
    >>> proof = prove(found, row)
    >>> proof.is_best, round(proof.objective, 6)
    (True, -140.0)
    """
    started = time.perf_counter()
    if not time_limit > 0:
        raise ParameterError("time_limit", time_limit, "a number of seconds above 0")
    _require_within(proposal)
    objective = objective_with_fixed(
        proposal.need,
        proposal.population,
        graph,
        border_price=proposal.border_price,
        existing=proposal.existing,
        inertia=proposal.inertia,
        border_factor=border_factor,
        fixed=proposal.fixed,
    )
    region = proposal.region.reindex(graph.area_id)
    is_locked = np.asarray(graph.area_id.isin(proposal.fixed.locked.index))
    proposed = region.notna().to_numpy(dtype=bool) & ~is_locked
    scale = math.fsum(np.abs(objective.cost(proposal.threshold))) + math.fsum(objective.price)
    value = objective.value(proposed, proposal.threshold)
    if abs(value - proposal.objective) > 1e-9 * scale:
        raise ParameterError(
            "graph, border_factor",
            f"an objective of {value:.10g}",
            f"those of the proposal: {proposal.objective:.10g}",
        )
    task = _Task(
        objective=objective,
        proposal=proposal,
        budget=proposal.limits.most_share * float(objective.people.sum())
        - float(objective.people[is_locked].sum()),
        most_regions=None
        if proposal.limits.most_regions is None
        else proposal.limits.most_regions - len(proposal.fixed.regions),
        tolerance=_CLOSED * scale,
        until=started + time_limit,
    )
    state = _State(label=None, value=value, bound=min(proposal.lower_bound, value))
    status = _search(task, state)
    improved = None
    if state.label is not None:
        names = region_names(state.label, objective.people, graph.area_id, set(proposal.fixed.regions))
        names = region.where(is_locked, names).astype("string")
        improved = names.reindex(proposal.region.index).rename("region_id")
    return Proof(
        objective=state.value,
        lower_bound=state.bound,
        is_proved=task.is_closed(state),
        improved=improved,
        status=status,
        rounds=state.rounds,
        undecided=state.undecided,
        seconds=time.perf_counter() - started,
        time_limit=time_limit,
        tolerance=task.tolerance,
        proposed=proposal.objective,
        threshold=proposal.threshold,
        border_price=proposal.border_price,
        limits=proposal.limits,
    )


def _require_within(proposal: PriorityAreas) -> None:
    """Raise when a proposal does not keep to its own limits: nothing can be proved of it."""
    limits, residents = proposal.limits, proposal.summary()["residents"]
    people = float(proposal.population.sum())
    is_within = {
        f"regions of at least {limits.least_residents:g} residents": (
            residents >= limits.least_residents - _ROUNDING
        ).all(),
        f"regions of at most {limits.most_residents:g} residents": (
            residents <= limits.most_residents + _ROUNDING
        ).all(),
        f"a share of at most {limits.most_share:g} of the residents": residents.sum()
        <= limits.most_share * people + _ROUNDING,
        f"at most {limits.most_regions} regions": limits.most_regions is None
        or len(residents) <= limits.most_regions,
    }
    for expected, holds in is_within.items():
        if not holds:
            raise ParameterError("proposal", proposal, f"{expected}, its own limit")


@dataclass(slots=True, eq=False, kw_only=True)
class _State:
    """What is known by now; `label` is a choice better than the proposal's."""

    label: NDArray[np.int64] | None
    value: float
    bound: float
    rounds: int = 0
    undecided: int = 0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Task:
    """What is to be proved, and by when."""

    objective: Objective
    proposal: PriorityAreas
    budget: float
    most_regions: int | None
    tolerance: float
    until: float

    def left(self) -> float:
        return self.until - time.perf_counter()

    def is_closed(self, state: _State) -> bool:
        return state.value - state.bound <= self.tolerance

    def programme(self) -> Programme:
        """Return the programme, without areas that find no region at all."""
        return programme_within(
            self.objective,
            self.proposal.threshold,
            self.proposal.limits,
            budget=self.budget,
            most_regions=self.most_regions,
        )

    def broken(self, unknowns: NDArray[np.float64], programme: Programme, links: csr_array) -> Conditions:
        """Return conditions on single regions that an answer breaks."""
        return broken_conditions(
            unknowns,
            self.objective,
            links,
            least_residents=self.proposal.limits.least_residents,
            root_at=programme.root_at,
        )

    def learn(self, state: _State, unknowns: NDArray[np.float64]) -> None:
        """Keep a choice near this answer, when it is better than the best known."""
        if self.most_regions == 0:
            return
        label = regions_near(
            unknowns[: len(self.objective.people)] >= 0.5,
            self.objective,
            self.proposal.threshold,
            self.proposal.limits,
            budget=self.budget,
            most_regions=self.most_regions,
            seed=self.proposal.seed,
        )
        if label is None:
            return
        value = self.objective.value(label >= 0, self.proposal.threshold)
        if value < state.value - 1e-3 * self.tolerance:
            state.label, state.value = label, value


def _search(task: _Task, state: _State) -> str:
    """Close the gap; return in words how it ended."""
    if task.is_closed(state):
        return "proved by the bound of the proposal"
    programme = task.programme()
    links = neighbour_matrix(task.objective)
    state.undecided = programme.undecided
    is_stuck = False
    while task.left() > 0 and not is_stuck:
        programme, answer = _relax(task, state, programme, links)
        if answer is None or task.is_closed(state):
            break
        # Either a choice below the aim is among what is left open for it, or there is none.
        before = state.value - state.bound
        part, aim, reach = _aim(programme, answer, state)
        gap = _SOLVER_GAP if reach == 1.0 else max(_SOLVER_GAP, _COARSE * reach * before / abs(aim))
        whole = part.whole(task.left(), gap)
        state.rounds += 1
        state.bound = max(state.bound, min(whole.bound, aim))
        is_news = False
        if whole.unknowns is not None:
            task.learn(state, whole.unknowns)
            more = task.broken(whole.unknowns, programme, links)
            programme = programme.asking(more)
            is_news = len(more.least) > 0
        is_stuck = not is_news and state.value - state.bound > _STANDSTILL * before
    state.bound = min(state.bound, state.value)
    if task.is_closed(state):
        return "proved"
    if task.left() <= 0:
        return "not proved: the time limit was reached"
    if math.isfinite(task.proposal.limits.most_residents):
        return "not proved: how regions with too many residents are split is not in the bound"
    return "not proved: the solver did not get further"


def _aim(programme: Programme, answer: Relaxed, state: _State) -> tuple[Programme, float, float]:
    """Return the programme of choices below an aim that leaves few areas open, the aim, and its share of the gap."""
    for reach in _REACHES:
        aim = state.bound + reach * (state.value - state.bound)
        part = programme.narrowed(answer, aim)
        if part.undecided <= _FEW:
            break
    return part, aim, reach


def _relax(
    task: _Task, state: _State, programme: Programme, links: csr_array
) -> tuple[Programme, Relaxed | None]:
    """Ask for broken conditions while areas may be partly in, as long as that raises the bound."""
    answer, risen = None, [state.bound]
    while task.left() > 0:
        solved = programme.relaxed(task.left())
        if solved is None:
            break
        answer = solved
        state.rounds += 1
        state.bound = max(state.bound, min(answer.bound, state.value))
        task.learn(state, answer.unknowns)
        programme = programme.narrowed(answer, state.value)
        state.undecided = programme.undecided
        risen.append(state.bound)
        few = len(risen) > _PATIENCE
        if task.is_closed(state) or (
            few and risen[-1] - risen[-1 - _PATIENCE] < _WORTHWHILE * (state.value - state.bound)
        ):
            break
        more = task.broken(answer.unknowns, programme, links)
        if not len(more.least):
            break
        programme = programme.asking(more)
    return programme, answer
