"""Why one area has its index, in plain sentences: for planners, who read neither z-scores nor JSON.

Sentences say what was computed, not what causes it or what a city should do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from indicators.alerts.texts import german
from indicators.explanation.flips import DIRECTIONS

__all__ = ["AreaClass", "Flip", "Limit", "Part", "Sentence", "ToldArea", "sentences"]

Towards = Literal["less_need", "more_need"]
About = Literal["position", "parts", "limits", "flips", "certainty", "reason"]

_INDEX_DECIMALS = 2
_SURE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaClass:
    """A class by number and label."""

    number: int
    label_de: str
    label_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A class limit beside an area: where it is, how far away [points of the index], and the class beyond."""

    towards: Towards
    limit: float
    distance: float
    beyond: AreaClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """The least change of one value that leads to another class; without one the `reason` says why not."""

    towards: Towards
    new_value: float | None
    change: float | None
    new_class: AreaClass | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one indicator adds to the index of an area. `value` and `contribution` are None where it has no own value."""

    indicator: str
    title_de: str
    title_en: str
    unit: str
    decimals: int
    value: float | None
    contribution: float | None
    flips: tuple[Flip, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldArea:
    """All that is known of one area's index. Without an index everything is empty but the reason.

    `kept`: share of `runs` simulated computations in which the area keeps its class. `filled`: what stands in for
    unknown values. `base`: index of the average area, which the contributions are measured against.
    """

    name: str
    period: str
    title_de: str
    title_en: str
    value: float | None
    rank: int | None
    areas: int
    rank_low: int | None
    rank_high: int | None
    area_class: AreaClass | None
    kept: float | None
    runs: int | None
    base: float | None
    filled: float | None
    limits: tuple[Limit, ...]
    parts: tuple[Part, ...]
    reason_de: str
    reason_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One statement in German and English."""

    about: About
    de: str
    en: str


def sentences(told: ToldArea) -> tuple[Sentence, ...]:
    """Say in words why an area has its index and its class, and how sure that is.

    Parameters
    ----------
    told : ToldArea
        What is known.

    Returns
    -------
    tuple of Sentence
        Position, parts, class limits, flipping changes, certainty; each only where there is something to say. For an
        area without an index the reason alone.

    Examples
    --------
    >>> area = ToldArea(name="Mitte", period="2022", title_de="Status-Index", title_en="Status index", value=0.784, rank=7,
    ...                 areas=63, rank_low=3, rank_high=15, area_class=None, kept=None, runs=None, base=0.0, filled=0.0,
    ...                 limits=(), parts=(), reason_de="", reason_en="")
    >>> [one.de for one in sentences(area)][0]
    'Mitte hat 2022 den Status-Index 0,78 und damit Rang 7 von 63 Gebieten (Rang 1: am meisten Bedarf).'
    """
    if told.value is None or told.rank is None:
        return (
            Sentence(
                about="reason",
                de=f"{told.name} hat {told.period} keinen {told.title_de}: {told.reason_de}.",
                en=f"{told.name} has no {told.title_en.lower()} in {told.period}: {told.reason_en}.",
            ),
        )
    found = [_position(told), _parts(told), *map(_limit, told.limits), *_flips(told), *_certainty(told)]
    return tuple(one for one in found if one is not None)


def _position(told: ToldArea) -> Sentence:
    value, one = float(told.value or 0.0), told.area_class
    class_de = "" if one is None else f" Das ist die Klasse {one.number} „{one.label_de}“."
    class_en = "" if one is None else f" That is class {one.number} “{one.label_en}”."
    return Sentence(
        about="position",
        de=f"{told.name} hat {told.period} den {told.title_de} {german(value, _INDEX_DECIMALS)} und damit Rang {told.rank} "
        f"von {told.areas} Gebieten (Rang 1: am meisten Bedarf).{class_de}",
        en=f"{told.name} has the {told.title_en.lower()} {_english(value, _INDEX_DECIMALS)} in {told.period}, which is rank "
        f"{told.rank} of {told.areas} areas (rank 1: most need).{class_en}",
    )


def _parts(told: ToldArea) -> Sentence | None:
    known = [one for one in told.parts if one.contribution is not None]
    if not known or told.base is None:
        return None
    de = _list([f"{one.title_de} {_signed(one.contribution, 'de')}" for one in known], "und")
    en = _list([f"{one.title_en} {_signed(one.contribution, 'en')}" for one in known], "and")
    filled_de = filled_en = ""
    if told.filled:
        filled_de = f"; für unbekannte Werte steht {_signed(told.filled, 'de')}"
        filled_en = f"; {_signed(told.filled, 'en')} stands in for unknown values"
    return Sentence(
        about="parts",
        de=f"Gegenüber dem durchschnittlichen Gebiet ({german(told.base, _INDEX_DECIMALS)}) tragen bei: {de}{filled_de}. "
        "Das ist Rechnung, keine Ursache.",
        en=f"Against the average area ({_english(told.base, _INDEX_DECIMALS)}) the parts are: {en}{filled_en}. "
        "This is arithmetic, not a cause.",
    )


def _limit(one: Limit) -> Sentence:
    more = one.towards == "more_need"
    return Sentence(
        about="limits",
        de=f"Zur Klasse {one.beyond.number} „{one.beyond.label_de}“ ({'mehr' if more else 'weniger'} Bedarf) sind es "
        f"{_signed(one.distance, 'de')} Indexpunkte bis zur Grenze {german(one.limit, _INDEX_DECIMALS)}.",
        en=f"Class {one.beyond.number} “{one.beyond.label_en}” ({'more' if more else 'less'} need) is "
        f"{_signed(one.distance, 'en')} index points away, at {_english(one.limit, _INDEX_DECIMALS)}.",
    )


def _flips(told: ToldArea) -> list[Sentence]:
    """Say for each direction which single indicator would have to change least, in shares of its own value."""
    found = []
    for towards in DIRECTIONS:
        ways = [
            (part, flip)
            for part in told.parts
            for flip in part.flips
            if flip.towards == towards and flip.new_value is not None and part.value is not None
        ]
        if not ways:
            continue
        said_de = _list([_flip(part, flip, "de") for part, flip in ways], "oder")
        said_en = _list([_flip(part, flip, "en") for part, flip in ways], "or")
        numbers = {flip.new_class.number: flip.new_class for _, flip in ways if flip.new_class is not None}
        into_de = " oder ".join(f"{one.number} „{one.label_de}“" for one in numbers.values())
        into_en = " or ".join(f"{one.number} “{one.label_en}”" for one in numbers.values())
        found.append(
            Sentence(
                about="flips",
                de=f"In Klasse {into_de} käme das Gebiet, wenn sich ein einziger Wert änderte und alles andere bliebe: "
                f"{said_de}.",
                en=f"The area would be in class {into_en} if a single value changed and all else stayed: {said_en}.",
            )
        )
    return found


def _flip(part: Part, flip: Flip, language: Literal["de", "en"]) -> str:
    number = german if language == "de" else _english
    digits = max(part.decimals, 1)
    title, to = (part.title_de, "auf") if language == "de" else (part.title_en, "to")
    start, end = "von" if language == "de" else "from", float(flip.new_value or 0.0)
    unit = f" {part.unit}" if part.unit == "%" and language == "de" else part.unit if part.unit == "%" else ""
    return f"{title} {start} {number(float(part.value or 0.0), digits)} {to} {number(end, digits)}{unit}"


def _certainty(told: ToldArea) -> list[Sentence]:
    found = []
    if told.kept is not None and told.runs is not None:
        percent, runs_de, runs_en = 100 * told.kept, german(told.runs, 0), _english(told.runs, 0)
        sure = told.kept >= _SURE
        found.append(
            Sentence(
                about="certainty",
                de=f"Mit Zufall in den Werten bleibt das Gebiet in {percent:.0f} % von {runs_de} Läufen in seiner Klasse"
                + ("." if sure else ": die Klasse ist nicht sicher."),
                en=f"With chance in the values the area keeps its class in {percent:.0f}% of {runs_en} runs"
                + ("." if sure else ": the class is not certain."),
            )
        )
    if told.rank_low is not None and told.rank_high is not None:
        is_one = told.rank_low == told.rank_high
        de = f"ist {told.rank_low}" if is_one else f"liegt zwischen {told.rank_low} und {told.rank_high}"
        en = f"is {told.rank_low}" if is_one else f"is between {told.rank_low} and {told.rank_high}"
        found.append(
            Sentence(
                about="certainty",
                de=f"Sein Rang {de}; das gilt mit 95 % Sicherheit für alle Gebiete zugleich.",
                en=f"Its rank {en}; that holds for all areas at once with 95% certainty.",
            )
        )
    return found


def _list(items: Sequence[str], last: str) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def _signed(number: float | None, language: Literal["de", "en"]) -> str:
    value = number or 0.0
    if language == "de":
        return german(value, _INDEX_DECIMALS, signed=True)
    return _english(value, _INDEX_DECIMALS, signed=True)


def _english(number: float, decimals: int, *, signed: bool = False) -> str:
    rounded = round(number, decimals) + 0.0
    return f"{rounded:{'+' if signed else ''},.{decimals}f}".replace("-", "−")
