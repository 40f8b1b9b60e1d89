"""Which values are too small to be shown, and how well must they be hidden? One profile per source, data only."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from indicators.confidentiality.errors import ProfileError, UnknownProfileError

__all__ = [
    "AMSTERDAM",
    "AS_PUBLISHED",
    "EMPLOYMENT_AGENCY",
    "EMPLOYMENT_AGENCY_ROUNDED",
    "PROFILES",
    "PUBLIC_STAFF",
    "RECOMMENDED",
    "STRICT",
    "SURVEY",
    "Dominance",
    "Profile",
    "Treatment",
    "profile",
]

Treatment = Literal["withhold", "round", "raise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dominance:
    """A value is sensitive when its `largest` contributors hold more than `percent` of it.

    `largest` is 1 or 2, because a table brings the two largest contributions at most.
    """

    largest: int = 1
    percent: float = 85.0

    def __post_init__(self) -> None:
        """Refuse what is no rule."""
        if self.largest not in {1, 2} or not 0 < self.percent < 100:
            raise ProfileError(
                f"dominance of the {self.largest} largest above {self.percent} %: "
                "give 1 or 2 contributors and a percentage between 0 and 100"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Rules of one source.

    Attributes
    ----------
    minimum_count : int
        Counts from 1 to one less than this are sensitive. 1 means that no count is too small.
    minimum_denominator : float
        Rates of fewer are withheld. [persons, households, …]
    complement : bool
        Whether a part that leaves fewer than `minimum_count` others of its whole is sensitive, too.
    zeros : {"public", "secret"}
        Public zeros are never withheld, and everybody knows it: a withheld count is at least 1. Secret zeros may be
        withheld as partners of others.
    protection : int, optional
        Width of the interval that must remain possible for a withheld value; `minimum_count - 1` when not given, so
        that a withheld 1 or 2 may as well be a publishable 3. [same unit as the values]
    treatment : {"withhold", "round", "raise"}
        What happens to sensitive values: they are withheld; or all values are rounded to multiples of `base`; or
        sensitive ones are shown as `base` (Amsterdam's "1 to 4 become 5").
    base : int
        Multiple, or the number shown instead, for the last two treatments.
    top_percent : float, optional
        Sensitive rates above are shown as this number only.
    dominance, p_percent
        Rules for sums of amounts, which need the largest contributions.
    safety_range : float
        How far an amount with too few contributors must remain uncertain to either side. [percent of the amount]
    reference : str
        Where the rules come from.

    Examples
    --------
    >>> Profile(id="house", title_de="Haus", title_en="House", minimum_count=5).width
    4
    """

    id: str
    title_de: str
    title_en: str
    minimum_count: int = 3
    minimum_denominator: float = 100.0
    complement: bool = True
    zeros: Literal["public", "secret"] = "public"
    protection: int | None = None
    treatment: Treatment = "withhold"
    base: int = 0
    top_percent: float | None = 90.0
    dominance: Dominance | None = None
    p_percent: float | None = None
    safety_range: float = 20.0
    reference: str = ""

    def __post_init__(self) -> None:
        """Refuse profiles that contradict themselves."""
        rules = (
            (self.minimum_count >= 1, "minimum_count", "a whole number of at least 1"),
            (
                math.isfinite(self.minimum_denominator) and self.minimum_denominator >= 0,
                "minimum_denominator",
                "a finite number of at least 0",
            ),
            (self.zeros in {"public", "secret"}, "zeros", "'public' or 'secret'"),
            (self.protection is None or self.protection >= 1, "protection", "a width of at least 1"),
            (self.treatment in {"withhold", "round", "raise"}, "treatment", "'withhold', 'round' or 'raise'"),
            (
                self.treatment == "withhold" or self.base >= 2,
                "base",
                "a whole number of at least 2 for rounding and raising",
            ),
            (
                self.treatment != "raise" or self.base >= self.minimum_count,
                "base",
                "at least minimum_count, or what is shown would be sensitive itself",
            ),
            (
                self.top_percent is None or 50 <= self.top_percent < 100,
                "top_percent",
                "a percentage from 50 to below 100, or nothing",
            ),
            (
                self.p_percent is None or 0 < self.p_percent <= 100,
                "p_percent",
                "a percentage above 0, up to 100",
            ),
            (0 < self.safety_range <= 100, "safety_range", "a percentage above 0, up to 100"),
        )
        for holds, name, expected in rules:
            if not holds:
                raise ProfileError(f"profile {self.id!r}: {name} is {getattr(self, name)!r}; give {expected}")

    @property
    def width(self) -> int:
        """Width of the interval that must remain possible."""
        return self.protection if self.protection is not None else max(self.minimum_count - 1, 1)


RECOMMENDED = Profile(
    id="recommended",
    title_de="Empfohlen: ab 3 Fällen, Quoten ab 100 Personen",
    title_en="Recommended: 3 cases or more, rates of 100 persons or more",
    reference="§ 16 BStatG; practice of German statistics offices",
)
STRICT = replace(
    RECOMMENDED,
    id="strict",
    title_de="Streng: ab 5 Fällen",
    title_en="Strict: 5 cases or more",
    minimum_count=5,
)
SURVEY = replace(
    RECOMMENDED,
    id="survey",
    title_de="Befragung: ab 10 Antworten, Anteile ab 30",
    title_en="Survey: 10 answers or more, shares of 30 or more",
    minimum_count=10,
    minimum_denominator=30.0,
    reference="practice of municipal surveys",
)
EMPLOYMENT_AGENCY = replace(
    RECOMMENDED,
    id="employment-agency",
    title_de="Statistik der Bundesagentur für Arbeit: ab 3 Fällen",
    title_en="Statistics of the Federal Employment Agency: 3 cases or more",
    top_percent=None,
    reference="Statistik der BA, Grundlagen: Statistische Geheimhaltung (the dominance parameters are not public)",
)
EMPLOYMENT_AGENCY_ROUNDED = replace(
    EMPLOYMENT_AGENCY,
    id="employment-agency-rounded",
    title_de="Statistik der Bundesagentur für Arbeit: auf Vielfache von 10 gerundet",
    title_en="Statistics of the Federal Employment Agency: rounded to multiples of 10",
    treatment="round",
    base=10,
)
PUBLIC_STAFF = replace(
    RECOMMENDED,
    id="public-staff",
    title_de="Personalstandstatistik: auf Vielfache von 5 gerundet",
    title_en="Statistics of public staff: rounded to multiples of 5",
    treatment="round",
    base=5,
    top_percent=None,
    reference="Statistisches Bundesamt, Personalstandstatistik",
)
AMSTERDAM = replace(
    RECOMMENDED,
    id="amsterdam",
    title_de="Amsterdam: 1 bis 4 werden 5, über 90 % werden 90 %",
    title_en="Amsterdam: 1 to 4 become 5, above 90 % becomes 90 %",
    minimum_count=5,
    treatment="raise",
    base=5,
    reference="Gemeente Amsterdam, Onderzoek en Statistiek",
)

AS_PUBLISHED = Profile(
    id="as-published",
    title_de="Wie veröffentlicht: geschützt wird nur, was der Herausgeber geheim hält",
    title_en="As published: only what the publisher withholds is protected",
    minimum_count=1,
    minimum_denominator=0.0,
    complement=False,
    zeros="secret",
    protection=2,
    top_percent=None,
    reference="what a publisher has made public cannot be taken back; withheld counts keep three possible values",
)

PROFILES: Mapping[str, Profile] = {
    one.id: one
    for one in (
        RECOMMENDED,
        STRICT,
        SURVEY,
        EMPLOYMENT_AGENCY,
        EMPLOYMENT_AGENCY_ROUNDED,
        PUBLIC_STAFF,
        AMSTERDAM,
        AS_PUBLISHED,
    )
}


def profile(name: str) -> Profile:
    """Return a shipped profile by its name.

    Parameters
    ----------
    name : str
        One of `PROFILES`.

    Returns
    -------
    Profile
        Its rules.

    Raises
    ------
    UnknownProfileError
        With the nearest name.

    Examples
    --------
    >>> profile("strict").minimum_count
    5
    """
    if name not in PROFILES:
        near = difflib.get_close_matches(name, PROFILES, n=1)
        raise UnknownProfileError(name, PROFILES, near[0] if near else None)
    return PROFILES[name]
