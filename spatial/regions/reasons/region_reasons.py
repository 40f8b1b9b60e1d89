"""Why does this priority area lie here, who lives here, what is strong here? One region of a proposal, told fairly."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from spatial.errors import AlignmentError, ParameterError
from spatial.parameters import require_choice
from spatial.regions.reasons.plain_words import Language, in_words
from spatial.regions.result import PriorityAreas

__all__ = ["RegionReasons", "explain_region", "region_sentences", "region_statements"]

_COLUMNS = ("title", "unit", "region", "city", "spread", "meaning")
_MEANINGS = ("need", "strength", "neutral")
_NAMED = 3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RegionReasons:
    """What there is to say about one region.

    `areas` and `residents` [persons] are its size, `share_of_residents` of the city's [share, 0–1]. `mean_need` and
    `city_need` are means weighted by residents, `threshold` the one of the proposal [index points].
    `areas_below` and `residents_below` lie in the region though not above the threshold, because the outline is
    simpler with them; `areas_unknown` have no known need. `border_length` is its border inside the city [m];
    `most_need` are the ids of its areas of highest need, the highest first. `reason` says why it is locked, None
    where it was computed. `profile` has one row per indicator: `title`, `unit`, `region`, `city`, `spread`,
    `meaning`, and `distance`, how many spreads the region lies above the city; `standing` is "need", "strength" or
    "like the city".
    """

    region_id: str
    areas: int
    residents: float
    share_of_residents: float
    mean_need: float
    city_need: float
    threshold: float
    areas_below: int
    residents_below: float
    areas_unknown: int
    border_length: float
    most_need: tuple[str, ...]
    reason: str | None
    profile: pd.DataFrame

    def __repr__(self) -> str:
        standing = self.profile["standing"].value_counts()
        return (
            f"RegionReasons({self.region_id}: {self.areas} areas, {self.residents:.0f} residents, need "
            f"{self.mean_need:.3g} against {self.city_need:.3g}; {standing.get('need', 0)} needs, "
            f"{standing.get('strength', 0)} strengths)"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per indicator of the profile."""
        return self.profile

    def summary(self) -> pd.DataFrame:
        """Return one row: the size of the region and its need."""
        row = {
            "areas": self.areas,
            "residents": self.residents,
            "share_of_residents": self.share_of_residents,
            "mean_need": self.mean_need,
            "city_need": self.city_need,
            "areas_below": self.areas_below,
            "residents_below": self.residents_below,
            "areas_unknown": self.areas_unknown,
            "border_length": self.border_length,
        }
        return pd.DataFrame([row], index=pd.Index([self.region_id], name="region_id"))


def explain_region(
    proposal: PriorityAreas,
    region_id: str,
    *,
    profile: pd.DataFrame | None = None,
    well_apart: float = 0.5,
) -> RegionReasons:
    """Say why a region lies where it lies, and what is known about it.

    Parameters
    ----------
    proposal : PriorityAreas
        What `propose` returned.
    region_id : str
        One of its regions.
    profile : DataFrame, indexed by indicator, optional
        Columns `title`, `unit`, `region` and `city` (values of the indicator, already rounded and checked for
        confidentiality as they are published), `spread` (its standard deviation over the city) and `meaning`: "need"
        where a high value is a need, "strength" where it is a strength, "neutral" for who lives here.
    well_apart : float, default 0.5
        How far from the city a value has to lie to be named. [spreads]

    Returns
    -------
    RegionReasons
        An indicator of need that lies well below the city is a strength, and the other way round.

    Raises
    ------
    AlignmentError
        If the proposal has no such region.
    ParameterError
        If the profile lacks a column or has an unknown meaning.

    Examples
    --------
    >>> import numpy as np
    >>> from spatial.neighbours import NeighbourGraph
    >>> from spatial.regions import propose
    >>> ids = pd.Index(["a", "b"])
    >>> pair = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([50.0]))
    >>> found = propose(pd.Series([1.5, 0.5], ids), pd.Series(100, ids), pair, threshold=1.0, border_price=0.2)
    >>> explain_region(found, "1")
    RegionReasons(1: 1 areas, 100 residents, need 1.5 against 1; 0 needs, 0 strengths)
    """
    inside = (proposal.region == region_id).fillna(False).to_numpy(dtype=bool)
    if not inside.any():
        raise AlignmentError(
            "a region that the proposal does not have", [region_id], "name one of its regions"
        )
    need, people = proposal.need[inside], proposal.population[inside]
    below = (need <= proposal.threshold).to_numpy(dtype=bool)
    ranked = need.dropna().sort_index().sort_values(ascending=False, kind="stable")
    total = float(proposal.population.sum())
    residents = float(people.sum())
    return RegionReasons(
        region_id=str(region_id),
        areas=int(inside.sum()),
        residents=residents,
        share_of_residents=residents / total if total > 0 else math.nan,
        mean_need=_mean(need, people),
        city_need=_mean(proposal.need, proposal.population),
        threshold=proposal.threshold,
        areas_below=int(below.sum()),
        residents_below=float(people[below].sum()),
        areas_unknown=int(need.isna().sum()),
        border_length=float(proposal.border_length[region_id]),
        most_need=tuple(str(one) for one in ranked.index[:_NAMED]),
        reason=str(proposal.fixed.reason[region_id]) if region_id in proposal.fixed.regions else None,
        profile=_standing(profile, well_apart),
    )


def region_sentences(
    reasons: RegionReasons, language: Language = "de", *, name: str | None = None, decimals: int = 2
) -> list[str]:
    """Say in plain words what there is to say about a region: why here, who lives here, strengths and needs.

    Parameters
    ----------
    reasons : RegionReasons
        What `explain_region` returned.
    language : {"de", "en"}, default "de"
        German or English.
    name : str, optional
        How the region is called. Default: its id.
    decimals : int, default 2
        Of index points.

    Returns
    -------
    list of str
        One statement each.

    Examples
    --------
    >>> import numpy as np
    >>> from spatial.neighbours import NeighbourGraph
    >>> from spatial.regions import propose
    >>> ids = pd.Index(["a", "b"])
    >>> pair = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([50.0]))
    >>> found = propose(pd.Series([1.5, 0.5], ids), pd.Series(100, ids), pair, threshold=1.0, border_price=0.2)
    >>> region_sentences(explain_region(found, "1"), "en")[0]
    'Priority area 1: 100 people live here in 1 area, 50 % of the city.'
    """
    return [sentence for _, sentence in region_statements(reasons, language, name=name, decimals=decimals)]


def region_statements(
    reasons: RegionReasons,
    language: Language = "de",
    *,
    name: str | None = None,
    nouns: tuple[str, str, str] = ("Block", "Blöcke", "Blöcken"),
    decimals: int = 2,
) -> list[tuple[str, str]]:
    """Say what `region_sentences` says, each statement with what it is about.

    Parameters
    ----------
    reasons, language, name, decimals
        As in `region_sentences`.
    nouns : (str, str, str), default ("Block", "Blöcke", "Blöcken")
        What one of the areas is called in German, what many, and many in the dative.

    Returns
    -------
    list of (str, str)
        What it is about ("size", "decision", "need", "most_need", "below", "residents", "strengths", "needs"), and
        the sentence. With a profile there is always one on strengths.

    Examples
    --------
    >>> import numpy as np
    >>> from spatial.neighbours import NeighbourGraph
    >>> from spatial.regions import propose
    >>> ids = pd.Index(["a", "b"])
    >>> pair = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([50.0]))
    >>> found = propose(pd.Series([1.5, 0.5], ids), pd.Series(100, ids), pair, threshold=1.0, border_price=0.2)
    >>> [about for about, _ in region_statements(explain_region(found, "1"))]
    ['size', 'need']
    """
    require_choice("language", language, ("de", "en"))
    german = language == "de"
    single, many, dative = nouns

    def number(value: float, places: int = 0) -> str:
        return in_words(value, language, decimals=places)

    called = name or reasons.region_id
    share = number(100 * reasons.share_of_residents, 1 if reasons.share_of_residents < 0.1 else 0)
    one = reasons.areas == 1
    size = (
        f"Schwerpunktraum {called}: Hier leben {number(reasons.residents)} Menschen in {number(reasons.areas)} "
        f"{single if one else dative}, das sind {share} % der Stadt."
        if german
        else f"Priority area {called}: {number(reasons.residents)} people live here in {number(reasons.areas)} "
        f"{'area' if one else 'areas'}, {share} % of the city."
    )
    said = [("size", size)]
    if reasons.reason is not None:
        why = reasons.reason.rstrip(".")
        decision = (
            f"Die Grenze wurde festgelegt und nicht berechnet. Begründung: {why}."
            if german
            else f"Its outline was decided and not computed. Reason: {why}."
        )
        said.append(("decision", decision))
    if not math.isnan(reasons.mean_need):
        here, city, mark = (
            number(value, decimals) for value in (reasons.mean_need, reasons.city_need, reasons.threshold)
        )
        need = (
            f"Der Bedarf beträgt hier im Mittel {here} Punkte, in der ganzen Stadt {city}; der Grenzwert ist {mark}."
            if german
            else f"The mean need is {here} points here and {city} in the whole city; the mark is {mark}."
        )
        said.append(("need", need))
    if reasons.most_need and reasons.areas > 1:
        listed = ", ".join(reasons.most_need)
        said.append(
            ("most_need", f"Am höchsten ist er in {listed}." if german else f"It is highest in {listed}.")
        )
    if reasons.areas_below:
        amount, people = number(reasons.areas_below), number(reasons.residents_below)
        lone = reasons.areas_below == 1
        below = (
            f"{amount} {single if lone else many} ohne erhöhten Bedarf, mit {people} Menschen, "
            f"{'gehört' if lone else 'gehören'} dazu, weil die Grenze dadurch einfacher wird."
            if german
            else f"{amount} {'area' if lone else 'areas'} without a raised need, with {people} people, "
            f"{'belongs' if lone else 'belong'} to it, since that makes the outline simpler."
        )
        said.append(("below", below))
    return said + _profile_statements(reasons.profile, language)


_PROFILE = {
    "residents": ("neutral", "Wer hier lebt, zeigen diese Werte", "These values show who lives here"),
    "strengths": ("strength", "Stärken zeigen diese Werte", "These values show strengths"),
    "needs": (
        "need",
        "Wo mehr Unterstützung als anderswo gebraucht wird, zeigen diese Werte",
        "These values show where more support is needed than elsewhere",
    ),
}


def _profile_statements(profile: pd.DataFrame, language: Language) -> list[tuple[str, str]]:
    """Say who lives in a region, and what its strengths and needs are, each value beside the city's."""
    german = language == "de"
    said = []
    for about, (standing, title_de, title_en) in _PROFILE.items():
        rows = profile[profile["standing"] == standing]
        lines = [
            f"{title} {in_words(float(here), language, decimals=1)} {unit}"
            f" ({'Stadt' if german else 'city'}: {in_words(float(city), language, decimals=1)})"
            for title, here, unit, city in zip(
                rows["title"], rows["region"], rows["unit"], rows["city"], strict=True
            )
        ]
        if lines:
            said.append((about, f"{title_de if german else title_en}: {'; '.join(lines)}."))
        elif about == "strengths" and len(profile):
            said.append((about, _no_strengths(profile, german=german)))
    return said


def _no_strengths(profile: pd.DataFrame, *, german: bool) -> str:
    """Say what is like in the whole city, or that figures of need show no strengths: a region is more than its needs."""
    like = [str(title) for title in profile.loc[profile["standing"] == "like the city", "title"]]
    if like:
        listed = "; ".join(like)
        return (
            f"Wie in der ganzen Stadt liegen: {listed}."
            if german
            else f"Like in the whole city are: {listed}."
        )
    if german:
        return "Diese Werte messen vor allem Bedarf und zeigen keine Stärken; die Stärken kennt, wer hier lebt und arbeitet."
    return "These figures measure need above all and show no strengths; who lives and works here knows them."


def _mean(need: pd.Series, population: pd.Series) -> float:
    weight = population.to_numpy(dtype=float)[need.notna().to_numpy()]
    if not weight.sum() > 0:
        return math.nan
    return float((need.dropna().to_numpy(dtype=float) * weight).sum() / weight.sum())


def _standing(profile: pd.DataFrame | None, well_apart: float) -> pd.DataFrame:
    """Say of each indicator whether it is a need or a strength of the region, or tells who lives there."""
    if profile is None:
        profile = pd.DataFrame(columns=list(_COLUMNS))
    lacking = [one for one in _COLUMNS if one not in profile.columns]
    if lacking:
        raise ParameterError("profile", ", ".join(profile.columns), f"the columns {', '.join(_COLUMNS)}")
    strange = sorted(set(profile["meaning"]) - set(_MEANINGS))
    if strange:
        raise ParameterError("meaning", ", ".join(map(str, strange)), "need, strength or neutral")
    table = profile.loc[:, list(_COLUMNS)].copy()
    spread = table["spread"].astype(float)
    distance = (table["region"].astype(float) - table["city"].astype(float)) / spread.where(spread > 0)
    table["distance"] = distance
    sign = table["meaning"].map({"need": 1.0, "strength": -1.0, "neutral": 0.0}).astype(float)
    towards_need = (sign * distance).fillna(0.0)
    standing = pd.Series("like the city", index=table.index, dtype="str")
    standing[towards_need >= well_apart] = "need"
    standing[towards_need <= -well_apart] = "strength"
    standing[table["meaning"] == "neutral"] = "neutral"
    known = table["region"].notna()
    table["standing"] = standing.where(known, "unknown")
    return table
