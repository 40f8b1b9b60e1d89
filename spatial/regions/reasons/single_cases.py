"""Which areas of high need end in no region, and why? So that nobody is forgotten."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.alignment import align
from spatial.neighbours import NeighbourGraph
from spatial.parameters import require_choice, require_number
from spatial.regions.cuts.choice import best_choice
from spatial.regions.cuts.objective import Objective
from spatial.regions.cuts.pieces import pieces_of
from spatial.regions.reasons.plain_words import LIMIT_WORDS, Language, limit_sentence
from spatial.regions.reasons.rerun import deciding_limits, objective_behind
from spatial.regions.result import PriorityAreas

__all__ = ["REASONS", "SingleCases", "case_sentence", "single_cases"]

REASONS = {
    "forbidden": (
        "Das wurde vorab so festgelegt und nicht berechnet.",
        "This was decided beforehand and not computed.",
    ),
    "residents_unknown": (
        "Wie viele Menschen hier wohnen, ist nicht bekannt oder wird zurückgehalten; gerechnet wurde ohne sie.",
        "How many people live here is not known or withheld; they were not counted.",
    ),
    "nobody_lives_here": ("Hier wohnt niemand.", "Nobody lives here."),
    "least_residents": (
        "Hier wohnen zu wenige Menschen für einen eigenen Schwerpunktraum.",
        "Too few people live here for a priority area of its own.",
    ),
    "most_residents": (
        "Sonst lebten zu viele Menschen in einem Schwerpunktraum.",
        "Otherwise too many people would live in one priority area.",
    ),
    "most_share": (
        "Sonst lebten mehr Menschen in Schwerpunkträumen, als vorgesehen sind.",
        "Otherwise more people would live in priority areas than are planned for.",
    ),
    "most_regions": (
        "Sonst gäbe es mehr Schwerpunkträume, als vorgesehen sind.",
        "Otherwise there would be more priority areas than are planned for.",
    ),
    "several_limits": (
        "Mehrere Vorgaben zu Größe, Zahl und Anteil der Schwerpunkträume entscheiden zusammen.",
        "Several rules on size, number and share of the priority areas decide together.",
    ),
    "map_in_force": (
        "Hier ist bisher kein Schwerpunktraum, und der Bedarf liegt nur wenig über dem Grenzwert.",
        "There is no priority area here so far, and the need lies only little above the mark.",
    ),
    "border": (
        "Der Rand würde zu lang, denn zu wenige Nachbarn haben ebenfalls einen erhöhten Bedarf.",
        "The outline would become too long, for too few neighbours have raised need as well.",
    ),
}
"""Why an area of high need lies in no region: a sentence in German and one in English."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SingleCases:
    """Areas whose need is above a threshold and that are in no region and no margin, each with its reason.

    `cases` has one row per area, the most residents first: `need`, `population`, `above` (need above the threshold),
    `reason` (a key of `REASONS`), `note` (the reason that was given with a decision, else ""), and `together`, the
    residents of the connected areas of which it is one, all of them cases [persons]. `where` has one row for each
    place in which areas above the threshold ended: `region`, `margin`, `single case`, and `all`. `upper` is the
    threshold [index points], `unknown` the number of areas in no region whose need is not known.
    """

    cases: pd.DataFrame
    where: pd.DataFrame
    upper: float
    unknown: int

    def __repr__(self) -> str:
        return (
            f"SingleCases({len(self.cases)} of {int(self.where['areas']['all'])} areas above {self.upper:g}, "
            f"{self.cases['population'].sum():.0f} residents; {self.unknown} areas of unknown need in no region)"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area."""
        return self.cases

    def summary(self) -> pd.DataFrame:
        """Return one row per reason: `areas` and `residents`, the most residents first."""
        grouped = self.cases.groupby("reason", sort=True)["population"]
        table = pd.DataFrame({"areas": grouped.size(), "residents": grouped.sum()})
        return table.sort_values("residents", ascending=False, kind="stable")


def single_cases(
    proposal: PriorityAreas,
    graph: NeighbourGraph,
    *,
    upper: float | None = None,
    membership: pd.Series | None = None,
    border_factor: pd.Series | None = None,
    known_population: pd.Series | None = None,
) -> SingleCases:
    """List every area of high need that is in no region and no margin.

    Parameters
    ----------
    proposal : PriorityAreas
        What `propose` returned.
    graph : NeighbourGraph
        The neighbours it was made with. [m]
    upper : float, optional
        Need above which an area is listed, at least the threshold of the proposal, which is the default.
        [index points]
    membership : Series of float, indexed by area_id, optional
        How far each area belongs to a soft margin; above 0 it lies in it. [share, 0–1]
    border_factor : Series of float, indexed by (area_id, neighbour_id), optional
        The cheap and dear borders it was made with.
    known_population : Series of bool, indexed by area_id, optional
        Where it is known how many people live; elsewhere the proposal counted nobody, which is not to say that
        nobody lives there. Default: everywhere.

    Returns
    -------
    SingleCases
        The areas in regions, in margins and listed are together all areas above the threshold.

    Raises
    ------
    AlignmentError
        If the membership, `known_population` or the graph is of other areas.
    ParameterError
        If `upper` lies below the proposal's threshold, or the graph is not that of the proposal.

    Notes
    -----
    The first reason that holds is given, in the order of `REASONS`. A limit is a reason where the exact choice
    without limits has the area and dropping that limit alone brings it in; the border where even the choice
    without limits leaves it out.

    Examples
    --------
    >>> from spatial.regions import propose
    >>> ids = pd.Index(["a", "b"])
    >>> pair = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([500.0]))
    >>> found = propose(pd.Series([1.5, 0.5], ids), pd.Series(100, ids), pair, threshold=1.0, border_price=0.2)
    >>> single_cases(found, pair).summary()
            areas  residents
    reason
    border      1        100
    """
    mark = proposal.threshold
    if upper is not None:
        mark = require_number(
            "upper", upper, f"at least the threshold of the proposal, {mark:g}", lambda value: value >= mark
        )
    names = proposal.region.index
    in_region = proposal.region.notna().to_numpy(dtype=bool)
    in_margin = np.zeros(len(names), dtype=bool)
    if membership is not None:
        in_margin = align(membership, names, "membership").fillna(0.0).to_numpy(dtype=float) > 0
    in_margin &= ~in_region
    above = (proposal.need > mark).to_numpy(dtype=bool)
    listed = above & ~in_region & ~in_margin
    objective = objective_behind(proposal, graph, border_factor=border_factor)
    is_unknown = np.zeros(len(names), dtype=bool)
    if known_population is not None:
        is_unknown = ~align(known_population, names, "known_population").to_numpy(dtype=bool)
    reason = _reasons(proposal, graph, objective, border_factor, listed, is_unknown)
    cases = pd.DataFrame(
        {
            "need": proposal.need[listed],
            "population": proposal.population[listed],
            "above": proposal.need[listed] - mark,
            "reason": reason[listed],
            "note": proposal.fixed.outside.reindex(names[listed]).fillna("").astype(str),
            "together": _together(listed, names, objective)[listed],
        }
    )
    order = np.lexsort((cases.index.astype(str), -cases["population"].to_numpy(dtype=float)))
    people = proposal.population
    rows = {"region": above & in_region, "margin": above & in_margin, "single case": listed, "all": above}
    where = pd.DataFrame(
        {
            "areas": {place: int(who.sum()) for place, who in rows.items()},
            "residents": {place: people[who].sum() for place, who in rows.items()},
        }
    )
    return SingleCases(
        cases=cases.iloc[order],
        where=where,
        upper=mark,
        unknown=int((proposal.need.isna().to_numpy() & ~in_region).sum()),
    )


def case_sentence(
    cases: SingleCases, area_id: str, proposal: PriorityAreas, language: Language = "de"
) -> str:
    """Say in plain words why one area of high need lies in no region.

    Parameters
    ----------
    cases : SingleCases
        What `single_cases` returned.
    area_id : str
        One of them.
    proposal : PriorityAreas
        The proposal it is about.
    language : {"de", "en"}, default "de"
        German or English.

    Returns
    -------
    str
        Whole sentences: the reason, the value of the limit, and the reason that was given with a decision.

    Examples
    --------
    >>> from spatial.regions import propose
    >>> ids = pd.Index(["a", "b"])
    >>> pair = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([500.0]))
    >>> found = propose(pd.Series([1.5, 0.5], ids), pd.Series(100, ids), pair, threshold=1.0, border_price=0.2)
    >>> case_sentence(single_cases(found, pair), "a", found, "en")
    'The outline would become too long, for too few neighbours have raised need as well.'
    """
    require_choice("language", language, ("de", "en"))
    case = cases.cases.loc[area_id]
    reason, note = str(case["reason"]), str(case["note"])
    is_german = language == "de"
    said = [REASONS[reason][not is_german]]
    if reason in LIMIT_WORDS:
        rule = limit_sentence(reason, proposal.limits, language)
        said.append(f"Die Vorgabe lautet: {rule}." if is_german else f"The rule is: {rule}.")
    if note:
        said.append(f"{'Begründung' if is_german else 'Reason'}: {note.rstrip('.')}.")
    return " ".join(said)


def _reasons(
    proposal: PriorityAreas,
    graph: NeighbourGraph,
    objective: Objective,
    border_factor: pd.Series | None,
    listed: NDArray[np.bool_],
    is_unknown: NDArray[np.bool_],
) -> pd.Series:
    """Return the reason of every listed area, in the order of the proposal."""
    names = proposal.region.index
    reason = pd.Series("border", index=names, dtype="str")
    if not listed.any():
        return reason
    freely = _on(best_choice(objective, proposal.threshold).chosen, graph, names)
    if proposal.inertia:
        calm = objective_behind(proposal, graph, border_factor=border_factor, inertia=0.0)
        reason[_on(best_choice(calm, proposal.threshold).chosen, graph, names)] = "map_in_force"
    if not proposal.limits.is_none:
        reason[freely] = "several_limits"
        deciding = deciding_limits(proposal, graph, border_factor=border_factor)
        for name in reversed(deciding.columns):
            reason[deciding[name].to_numpy(dtype=bool) & freely] = str(name)
    reason[(proposal.population == 0).to_numpy(dtype=bool)] = "nobody_lives_here"
    reason[is_unknown] = "residents_unknown"
    reason[names.isin(proposal.fixed.outside.index)] = "forbidden"
    return reason


def _on(chosen: NDArray[np.bool_], graph: NeighbourGraph, names: pd.Index) -> NDArray[np.bool_]:
    return pd.Series(chosen, index=graph.area_id).reindex(names).to_numpy(dtype=bool)


def _together(listed: NDArray[np.bool_], names: pd.Index, objective: Objective) -> NDArray[np.float64]:
    """Return the residents of the connected piece of listed areas around each [persons]."""
    mask = pd.Series(listed, index=names).reindex(objective.area_id).to_numpy(dtype=bool)
    piece = pieces_of(mask, objective)
    residents = np.bincount(piece[mask], objective.people[mask], int(piece.max(initial=-1)) + 1)
    around = np.zeros(len(mask))
    around[mask] = residents[piece[mask]]
    return np.asarray(pd.Series(around, index=objective.area_id).reindex(names), dtype=np.float64)
