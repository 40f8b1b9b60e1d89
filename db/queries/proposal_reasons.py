"""Why is this area, or this region, part of a proposal? Computed on request from what the run stored, in both languages.

Sentences name no number of very few residents, and say so where it is not known how many there are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from db.errors import UnknownValuesError
from db.queries import catalogue, proposals
from db.queries.proposal_tables import standings
from db.queries.region_profiles import read_profile
from db.queries.rows import read_one
from db.queries.withheld_areas import FEWEST, area_withheld, run_withheld
from indicators.computed import STATUS_INDEX
from indicators.definition import Indicator
from spatial.regions import PriorityAreas, explain_region
from spatial.regions import explain_area as reasons_for
from spatial.regions.reasons.explanation import AreaReasons
from spatial.regions.reasons.explanation_text import area_statements
from spatial.regions.reasons.plain_words import Language
from spatial.regions.reasons.region_reasons import RegionReasons, region_statements
from spatial.regions.reasons.single_cases import REASONS

__all__ = ["ExplainedArea", "ExplainedRegion", "Statement", "explain_area_of", "explain_region_of"]

_LANGUAGES: tuple[Language, Language] = ("de", "en")
# What is said of an area with figures of others: all that leave the proposal together.
_OF_OTHERS = ("together", "turning", "forcing")
# What the areas of a level are called: one in German and English, and in German many, also in the dative.
_NOUNS = {
    "block": ("Der Block", "The block", "Blöcke", "Blöcken"),
    "sub_district": ("Der Ortsteil", "The sub-district", "Ortsteile", "Ortsteilen"),
    "planning_area": ("Der Planungsraum", "The planning area", "Planungsräume", "Planungsräumen"),
}
_ANY_NOUNS = ("Das Gebiet", "The area", "Gebiete", "Gebieten")
_UNKNOWN_RESIDENTS = (
    "Wie viele Menschen hier wohnen, ist nicht bekannt oder wird zurückgehalten. Ein Bedarf zählt deshalb nicht, nur die "
    "Lage zu den Nachbarn.",
    "How many people live here is not known or withheld. So no need counts, only the place among its neighbours.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement in plain words, and what it is about."""

    about: str
    de: str
    en: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ExplainedArea:
    """All there is to say about one area of a proposal.

    `row`: the area as it was stored, without residents where they are very few; `standing`: its stability in words.
    `amounts` and `turning` are those of `reasons` as they may be published: none that tells how many residents there
    are where these are very few, or not known; `turning` is empty too where values of another area are withheld by
    now, for it is made of those of all that leave together. `contributions` to the need by indicator, empty where it is
    not the status index or the index was computed anew; `definitions` by indicator; `names` of its neighbours.
    """

    row: Mapping[str, Any]
    reasons: AreaReasons
    amounts: pd.DataFrame
    turning: Mapping[str, float]
    contributions: Mapping[str, float]
    definitions: Mapping[str, Indicator]
    names: Mapping[str, str]
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ExplainedRegion:
    """All there is to say about one region of a proposal.

    `profile` as `read_profile` has it, with distance and standing; `residents_below` as in `reasons`, None where they
    are very few.
    """

    kind: str
    reasons: RegionReasons
    residents_below: float | None
    profile: pd.DataFrame
    definitions: Mapping[str, Indicator]
    names: Mapping[str, str]
    statements: tuple[Statement, ...]


def explain_area_of(connection: Connection, run: Mapping[str, Any], area_id: str) -> ExplainedArea:
    """Say why an area belongs to a proposal, or why not.

    Raises
    ------
    UnknownValuesError
        If the proposal has no such area, or what it was made of is withheld by now.
    """
    result, graph, table = proposals.read_result(connection, run)
    if area_id not in table.index:
        raise UnknownValuesError(
            f"the proposal of run {run['id']} has no area {area_id!r} ({run['parameters']['geography']}, edition"
            f" {run['parameters']['edition']}); see /cities/{run['city_id']}/proposal/areas"
        )
    if area_withheld(connection, run["id"], area_id):
        raise UnknownValuesError(
            f"the values of area {area_id!r} are withheld since a newer load; run 'sozialraum compute {run['city_id']}'"
        )
    is_alone = run_withheld(connection, run["id"])
    row: dict[str, Any] = {str(name): value for name, value in table.loc[area_id].items()}
    definitions = {one.id: one for one in catalogue.indicators(connection, run["city_id"])}
    parts = _contributions(connection, run, area_id, row["need"])
    why = reasons_for(
        result,
        graph,
        area_id,
        contributions=pd.Series(parts, dtype=float) if parts else None,
        critical=table["critical_threshold"],
    )
    is_unknown = bool(pd.isna(row["residents"]))
    if is_alone or _is_few(why):
        in_margin = 0 < row["membership"] < 1
        row |= {"membership": math.nan if in_margin else row["membership"], "deviation": math.nan}
    row |= {"standing": standings([row])[0], "residents": math.nan if _is_few(why) else row["residents"]}
    if is_unknown and row["case_reason"] == "nobody_lives_here":
        row |= dict(zip(("case_de", "case_en"), REASONS["residents_unknown"], strict=True))
        row |= {"case_reason": "residents_unknown"}
    statements = _area_statements(
        why, result, run, name=row["name"], definitions=definitions, is_unknown=is_unknown
    )
    return ExplainedArea(
        row=row,
        reasons=why,
        amounts=_amounts(why, is_unknown=is_unknown),
        turning=_turning(why, is_hidden=is_alone or _is_few(why)),
        contributions=parts,
        definitions=definitions,
        names=_names(table, why.borders.index),
        statements=tuple(one for one in statements if not (is_alone and one.about in _OF_OTHERS)),
    )


def explain_region_of(connection: Connection, run: Mapping[str, Any], region_id: str) -> ExplainedRegion:
    """Say why a region lies where it lies, who lives in it, and what is strong there.

    Raises
    ------
    UnknownValuesError
        If the proposal has no such region, or what it was made of is withheld by now.
    """
    kind = read_one(
        connection,
        "SELECT kind FROM region WHERE run_id = :run AND region_id = :region",
        {"run": run["id"], "region": region_id},
    )
    if kind is None:
        raise UnknownValuesError(
            f"the proposal of run {run['id']} has no region {region_id!r}; see /cities/{run['city_id']}/proposal"
        )
    if run_withheld(connection, run["id"]):
        raise UnknownValuesError(
            f"values of areas that run {run['id']} was made of are withheld since a newer load, so nobody tells what"
            f" region {region_id!r} adds up to; run 'sozialraum compute {run['city_id']}'"
        )
    result, _, table = proposals.read_result(connection, run)
    definitions = {one.id: one for one in catalogue.indicators(connection, run["city_id"])}
    profile = read_profile(connection, run, region_id, definitions)
    told = {
        language: explain_region(
            result, region_id, profile=profile.assign(title=profile[f"title_{language}"])
        )
        for language in ("de", "en")
    }
    why = told["de"]
    names = _names(table, why.most_need)
    return ExplainedRegion(
        kind=kind["kind"],
        reasons=why,
        residents_below=None if 0 < why.residents_below < FEWEST else why.residents_below,
        profile=profile.join(why.profile[["distance", "standing"]]),
        definitions=definitions,
        names=names,
        statements=_region_statements(told, names, run["parameters"]["geography"]),
    )


def _names(table: pd.DataFrame, area_ids: Iterable[str]) -> dict[str, str]:
    chosen = list(area_ids)
    return dict(zip(chosen, table["name"].loc[chosen].astype(str), strict=True))


def _contributions(
    connection: Connection, run: Mapping[str, Any], area_id: str, need: float
) -> dict[str, float]:
    """Return what each indicator adds to the need; nothing where the need is not the index that is explained."""
    parameters = run["parameters"]
    if parameters["weights"] is not None or parameters["need_indicator"] != STATUS_INDEX.id:
        return {}
    row = read_one(
        connection,
        "SELECT e.parts FROM proposal_area p JOIN index_explanation e USING (vintage_id, area_id)"
        " JOIN value w ON (w.vintage_id, w.indicator_id, w.period, w.area_id, w.run_id)"
        "  = (e.vintage_id, e.indicator_id, e.period, e.area_id, e.run_id)"
        " WHERE p.run_id = :run AND p.area_id = :area AND e.indicator_id = :indicator AND e.period = :period"
        " AND w.value = p.need",
        {
            "run": run["id"],
            "area": area_id,
            "indicator": parameters["need_indicator"],
            "period": parameters["period"],
        },
    )
    if row is None or math.isnan(need):
        return {}
    return {one["indicator"]: one["contribution"] for one in row["parts"] if one["contribution"] is not None}


def _is_few(why: AreaReasons) -> bool:
    return 0 < why.residents < FEWEST


def _amounts(why: AreaReasons, *, is_unknown: bool) -> pd.DataFrame:
    """Return the amounts, without those that only known residents give, or that would tell very few of them."""
    amounts = why.summary()
    if is_unknown:
        amounts.loc[["need", "inertia"], "support"] = math.nan
    if _is_few(why):
        amounts.loc[["need", "inertia", "sum"], "support"] = math.nan
        amounts["points"] = math.nan
    return amounts


def _turning(why: AreaReasons, *, is_hidden: bool) -> dict[str, float]:
    """Return what would turn the answer round, and what forcing it costs."""
    names = ("critical_threshold", "forcing_value", "flipping_change", "flips_at")
    return {name: math.nan if is_hidden else getattr(why, name) for name in names}


def _area_statements(
    why: AreaReasons,
    result: PriorityAreas,
    run: Mapping[str, Any],
    *,
    name: str,
    definitions: Mapping[str, Indicator],
    is_unknown: bool,
) -> tuple[Statement, ...]:
    nouns = _NOUNS.get(run["parameters"]["geography"], _ANY_NOUNS)
    said = []
    for at, language in enumerate(_LANGUAGES):
        told = area_statements(
            why,
            result.limits,
            language,
            # "Block 17" is not called "the block Block 17".
            name=name.removeprefix(f"{nouns[0].rpartition(' ')[2]} "),
            noun=nouns[at],
            titles=pd.Series({one.id: _title(one, language) for one in definitions.values()}, dtype="str"),
            fewest=FEWEST,
        )
        unknown = _UNKNOWN_RESIDENTS[at]
        said.append([(about, unknown if is_unknown and about == "need" else one) for about, one in told])
    return _statements(said)


def _region_statements(
    told: Mapping[str, RegionReasons], names: Mapping[str, str], geography: str
) -> tuple[Statement, ...]:
    one, _, many, dative = _NOUNS.get(geography, _ANY_NOUNS)
    said = []
    for language in _LANGUAGES:
        why = told[language]
        if 0 < why.residents_below < FEWEST:
            why = replace(why, areas_below=0)
        why = replace(why, most_need=tuple(names[area] for area in why.most_need))
        said.append(region_statements(why, language, nouns=(one.rpartition(" ")[2], many, dative)))
    return _statements(said)


def _title(one: Indicator, language: Language) -> str:
    return one.title_de if language == "de" else one.title_en


def _statements(said: Sequence[Sequence[tuple[str, str]]]) -> tuple[Statement, ...]:
    german, english = said
    return tuple(
        Statement(about=about, de=de, en=en) for (about, de), (_, en) in zip(german, english, strict=True)
    )
