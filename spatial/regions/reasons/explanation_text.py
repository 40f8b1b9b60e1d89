"""How is it said, so that somebody who does not know the method understands it? Sentences in German and English.

Data only: facts in, sentences out. The blocks of a city may be called something else: `noun` says what.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from spatial.parameters import require_choice
from spatial.regions.limits import RegionLimits
from spatial.regions.reasons.explanation import AreaReasons
from spatial.regions.reasons.plain_words import Language, in_words, limit_sentence

__all__ = ["area_sentences", "area_statements"]

_NOUN = {"de": "Der Block", "en": "The block"}
_NAMED_PARTS = 3


def area_sentences(
    reasons: AreaReasons,
    limits: RegionLimits,
    language: Language = "de",
    *,
    name: str | None = None,
    noun: str | None = None,
    titles: pd.Series | None = None,
    decimals: int = 2,
    fewest: float = 0,
) -> list[str]:
    """Say in plain words why an area belongs to a proposal, or why not.

    Parameters
    ----------
    reasons : AreaReasons
        What `explain_area` returned.
    limits : RegionLimits
        The limits of the proposal.
    language : {"de", "en"}, default "de"
        German or English.
    name : str, optional
        How the area is called. Default: its id.
    noun : str, optional
        What the areas are, with its article: "Der Ortsteil". Default: "Der Block", "The block".
    titles : Series of str, indexed by indicator, optional
        How the contributions are called in this language. Default: their index.
    decimals : int, default 2
        Of index points.
    fewest : float, default 0
        Where fewer people than this live, but not nobody, neither their number is told nor anything that it follows
        from. [persons]

    Returns
    -------
    list of str
        One statement each, the answer first.

    Examples
    --------
    >>> import numpy as np
    >>> from spatial.neighbours import NeighbourGraph
    >>> from spatial.regions.reasons.explanation import explain_area
    >>> from spatial.regions.proposal import propose
    >>> ids = pd.Index(["a", "b"])
    >>> pair = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([50.0]))
    >>> found = propose(pd.Series([1.5, 0.5], ids), pd.Series(100, ids), pair, threshold=1.0, border_price=0.2)
    >>> area_sentences(explain_area(found, pair, "a"), found.limits, "en")[1]
    '100 people live here. Their need is 1.50 points, 0.50 points above the mark of 1.00 points. That speaks for it.'
    """
    told = area_statements(
        reasons, limits, language, name=name, noun=noun, titles=titles, decimals=decimals, fewest=fewest
    )
    return [sentence for _, sentence in told]


def area_statements(
    reasons: AreaReasons,
    limits: RegionLimits,
    language: Language = "de",
    *,
    name: str | None = None,
    noun: str | None = None,
    titles: pd.Series | None = None,
    decimals: int = 2,
    fewest: float = 0,
) -> list[tuple[str, str]]:
    """Say what `area_sentences` says, each statement with what it is about.

    Parameters
    ----------
    reasons, limits, language, name, noun, titles, decimals, fewest
        As in `area_sentences`.

    Returns
    -------
    list of (str, str)
        What it is about ("answer", "need", "contributions", "border", "inertia", "together", "limits", "turning",
        "forcing"), and the sentence. What there is to say is the same in both languages.

    Examples
    --------
    >>> import numpy as np
    >>> from spatial.neighbours import NeighbourGraph
    >>> from spatial.regions.reasons.explanation import explain_area
    >>> from spatial.regions.proposal import propose
    >>> ids = pd.Index(["a", "b"])
    >>> pair = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([50.0]))
    >>> found = propose(pd.Series([1.5, 0.5], ids), pd.Series(100, ids), pair, threshold=1.0, border_price=0.2)
    >>> [about for about, _ in area_statements(explain_area(found, pair, "a"), found.limits)]
    ['answer', 'need', 'border', 'together', 'turning', 'turning', 'forcing']
    """
    require_choice("language", language, ("de", "en"))
    subject = f"{noun or _NOUN[language]} {name or reasons.area_id}"
    few = fewest if 0 < reasons.residents < fewest else None
    words = _Words(language, subject, noun or _NOUN[language], decimals, few)
    said = {
        "answer": [words.answer(reasons)],
        "need": [words.need(reasons)],
        "contributions": words.contributions(reasons, titles),
    }
    if reasons.fixed is None:
        said |= {"border": words.border(reasons), "inertia": words.inertia(reasons)}
        if few is None:
            said |= {
                "together": words.together(reasons),
                "limits": words.limits(reasons, limits),
                "turning": words.turning(reasons),
                "forcing": words.forcing(reasons),
            }
    return [(about, sentence) for about, sentences in said.items() for sentence in sentences]


@dataclass(frozen=True, slots=True)
class _Words:
    """The sentences about one area in one language."""

    language: Language
    subject: str
    noun: str
    decimals: int
    few: float | None

    def pick(self, german: str, english: str) -> str:
        return german if self.language == "de" else english

    def points(self, value: float) -> str:
        amount = in_words(value, self.language, decimals=self.decimals)
        return f"{amount} {self.pick('Punkte', 'points')}"

    def whole(self, value: float) -> str:
        return in_words(value, self.language)

    def of_points(self, value: float) -> str:
        """Return points after a preposition, which in German takes the dative."""
        return self.points(value) + self.pick("n", "")

    def answer(self, why: AreaReasons) -> str:
        if why.is_member:
            said = self.pick(
                f"{self.subject} gehört zum Vorschlag, zum Schwerpunktraum {why.region_id}.",
                f"{self.subject} belongs to the proposal, to priority area {why.region_id}.",
            )
        else:
            said = self.pick(
                f"{self.subject} gehört nicht zum Vorschlag.",
                f"{self.subject} does not belong to the proposal.",
            )
        if why.fixed is None:
            return said
        return f"{said} " + self.pick(
            f"Das wurde vorab festgelegt und nicht berechnet. Begründung: {(why.fixed_reason or '').rstrip('.')}.",
            f"This was decided beforehand and not computed. Reason: {(why.fixed_reason or '').rstrip('.')}.",
        )

    def need(self, why: AreaReasons) -> str:
        if why.residents == 0:
            return self.pick(
                "Hier wohnt niemand. Ein Bedarf zählt deshalb nicht, nur die Lage zu den Nachbarn.",
                "Nobody lives here. So no need counts, only the place among its neighbours.",
            )
        people = self.residents(why)
        if math.isnan(why.need):
            return f"{people} " + self.pick(
                "Ihr Bedarf ist nicht bekannt und spricht weder dafür noch dagegen.",
                "Their need is not known and speaks neither for it nor against it.",
            )
        apart = why.need - why.threshold
        if round(apart, self.decimals) == 0:
            where = self.pick("genau am Grenzwert von", "just at the mark of")
            side = ""
        else:
            where = self.pick(
                f"{self.points(abs(apart))} {'über' if apart > 0 else 'unter'} dem Grenzwert von",
                f"{self.points(abs(apart))} {'above' if apart > 0 else 'below'} the mark of",
            )
            side = self.pick(
                f" Das spricht {'dafür' if apart > 0 else 'dagegen'}.",
                f" That speaks {'for' if apart > 0 else 'against'} it.",
            )
        return f"{people} " + self.pick(
            f"Ihr Bedarf beträgt {self.points(why.need)} und liegt damit {where} {self.of_points(why.threshold)}.{side}",
            f"Their need is {self.points(why.need)}, {where} {self.points(why.threshold)}.{side}",
        )

    def residents(self, why: AreaReasons) -> str:
        if self.few is not None:
            number = self.whole(self.few)
            return self.pick(
                f"Hier wohnen weniger als {number} Menschen.", f"Fewer than {number} people live here."
            )
        one, number = round(why.residents) == 1, self.whole(why.residents)
        return self.pick(
            f"Hier {'wohnt' if one else 'wohnen'} {number} {'Mensch' if one else 'Menschen'}.",
            f"{number} {'person lives' if one else 'people live'} here.",
        )

    def contributions(self, why: AreaReasons, titles: pd.Series | None) -> list[str]:
        if why.contributions is None or why.residents == 0:
            return []
        parts = why.contributions.dropna()
        parts = parts[parts.abs().sort_values(ascending=False, kind="stable").index][:_NAMED_PARTS]
        if not len(parts):
            return []
        names = [str(one) if titles is None else str(titles.get(one, one)) for one in parts.index]
        listed = ", ".join(
            f"{name} ({in_words(part, self.language, decimals=self.decimals, signed=True)})"
            for name, part in zip(names, parts, strict=True)
        )
        return [
            self.pick(
                f"Am meisten bestimmen diesen Wert: {listed}. Plus heißt mehr Bedarf, minus weniger.",
                f"What shapes this value most: {listed}. Plus means more need, minus less.",
            )
        ]

    def border(self, why: AreaReasons) -> list[str]:
        if not len(why.borders):
            return [self.pick(f"{self.noun} hat keine Nachbarn.", f"{self.noun} has no neighbours.")]
        if not why.borders["support"].any():
            return [
                self.pick(
                    "Wie lang der Rand ist, zählt hier nicht.",
                    "How long the outline is does not count here.",
                )
            ]
        member = why.borders["is_member"]
        inside, outside = (self.whole(why.borders["border"][side].sum()) for side in (member, ~member))
        shared = self.pick(
            f"Von den Grenzen liegen {inside} m an Nachbarn, die dazugehören, und {outside} m an Nachbarn, "
            "die nicht dazugehören.",
            f"Of its borders {inside} m are with neighbours that belong to it and {outside} m with neighbours "
            "that do not.",
        )
        gained = why.border_support
        if gained == 0:
            return [shared + self.pick(" Das gleicht sich aus.", " This evens out.")]
        if gained > 0:
            side = self.pick(
                "Der Rand wird dadurch einfacher, das spricht dafür",
                "So the outline becomes simpler, which speaks for it",
            )
        else:
            side = self.pick(
                "Der Rand würde länger, das spricht dagegen",
                "The outline would become longer, which speaks against it",
            )
        return [f"{shared} {side}{self.worth(why, gained)}."]

    def worth(self, why: AreaReasons, amount: float) -> str:
        if why.residents == 0 or math.isnan(why.need) or self.few is not None:
            return ""
        less = amount < 0
        value = self.points(abs(amount) / why.residents)
        return self.pick(
            f" so stark wie {value} {'weniger' if less else 'mehr'} Bedarf",
            f" as much as {value} {'less' if less else 'more'} need",
        )

    def inertia(self, why: AreaReasons) -> list[str]:
        if why.in_force is None or why.inertia == 0 or why.inertia_support == 0:
            return []
        amount = self.points(abs(why.inertia))
        if why.in_force:
            return [
                self.pick(
                    f"{self.noun} liegt schon heute in einem Schwerpunktraum. Damit sich Grenzen nicht wegen "
                    f"kleiner Schwankungen verschieben, zählt das wie {amount} mehr Bedarf.",
                    f"{self.noun} lies in a priority area already. So that outlines do not move with small "
                    f"fluctuations, this counts as {amount} more need.",
                )
            ]
        return [
            self.pick(
                f"{self.noun} liegt heute in keinem Schwerpunktraum. Damit sich Grenzen nicht wegen kleiner "
                f"Schwankungen verschieben, zählt das wie {amount} weniger Bedarf.",
                f"{self.noun} lies in no priority area today. So that outlines do not move with small "
                f"fluctuations, this counts as {amount} less need.",
            )
        ]

    def together(self, why: AreaReasons) -> list[str]:
        if why.residents == 0 or math.isnan(why.need):
            return []
        total = why.support / why.residents
        if round(total, self.decimals) == 0:
            return [
                self.pick(
                    "Zusammengenommen hält sich beides fast die Waage.", "Taken together it is nearly even."
                )
            ]
        side = self.pick("dafür" if total > 0 else "dagegen", "for it" if total > 0 else "against it")
        return [
            self.pick(
                f"Zusammengenommen überwiegt, was {side} spricht, um {self.points(abs(total))}.",
                f"Taken together, what speaks {side} prevails by {self.points(abs(total))}.",
            )
        ]

    def limits(self, why: AreaReasons, limits: RegionLimits) -> list[str]:
        if not why.has_limits:
            return []
        if why.deciding_limits:
            rules = "; ".join(f"„{limit_sentence(one, limits, 'de')}“" for one in why.deciding_limits)
            english = "; ".join(f"“{limit_sentence(one, limits, 'en')}”" for one in why.deciding_limits)
            it = self._lower()
            would = self.pick(
                f"würde {it} {'nicht ' if why.is_member else ''}dazugehören",
                f"{it} would {'not ' if why.is_member else ''}belong to it",
            )
            if len(why.deciding_limits) == 1:
                return [
                    self.pick(
                        f"Entscheidend ist eine Vorgabe: {rules}. Ohne sie {would}.",
                        f"One rule decides: {english}. Without it {would}.",
                    )
                ]
            return [
                self.pick(
                    f"Entscheidend sind mehrere Vorgaben: {rules}. Fiele eine von ihnen weg, {would}.",
                    f"Several rules decide: {english}. Without any one of them {would}.",
                )
            ]
        if why.is_member != why.is_member_without_limits:
            return [
                self.pick(
                    "Entscheidend sind mehrere Vorgaben zu Größe, Zahl und Anteil der Schwerpunkträume zusammen.",
                    "Several rules on size, number and share of the priority areas decide together.",
                )
            ]
        return []

    def turning(self, why: AreaReasons) -> list[str]:
        inside, it = why.is_member_without_limits, self._lower()
        said = []
        if why.has_limits and (not math.isnan(why.flips_at) or math.isfinite(why.critical_threshold)):
            said.append(
                self.pick(
                    f"Ohne die Vorgaben zu Größe, Zahl und Anteil gehörte {it} {'' if inside else 'nicht '}dazu. "
                    "Für diesen Fall gilt das Folgende.",
                    f"Without the rules on size, number and share {it} would {'' if inside else 'not '}belong to it. "
                    "What follows holds for that case.",
                )
            )
        if not math.isnan(why.flips_at):
            mark, now = self.points(why.flips_at), self.points(why.need)
            then = self.pick(
                f"auf {mark} sänke" if inside else f"auf mehr als {mark} stiege",
                f"fell from {now} to {mark}" if inside else f"rose from {now} to more than {mark}",
            )
            said.append(
                self.pick(
                    f"{self.noun} {'fiele heraus' if inside else 'käme hinzu'}, wenn der Bedarf von "
                    f"{self.of_points(why.need)} {then}.",
                    f"{self.noun} would {'leave' if inside else 'come in'} if its need {then}.",
                )
            )
        if math.isfinite(why.critical_threshold):
            level, today = self.of_points(why.critical_threshold), self.of_points(why.threshold)
            said.append(
                self.pick(
                    f"Läge der Grenzwert für die ganze Stadt {'bei' if inside else 'unter'} {level} statt bei "
                    f"{today}, {'fiele' if inside else 'käme'} {it} {'heraus' if inside else 'hinzu'}.",
                    f"If the mark for the whole city were {'' if inside else 'below '}{level} instead of {today}, "
                    f"{it} would {'leave' if inside else 'come in'}.",
                )
            )
        return said

    def forcing(self, why: AreaReasons) -> list[str]:
        if math.isnan(why.forcing_value) or why.is_member != why.is_member_without_limits:
            return []
        people = self.whole(why.forcing_value)
        if people == "0":
            return [
                self.pick(
                    f"{self.noun} ist ein Grenzfall: Für den Vorschlag als Ganzes macht es kaum einen Unterschied.",
                    f"{self.noun} is a borderline case: it makes hardly any difference to the proposal as a whole.",
                )
            ]
        other = self.pick(
            "herausnehmen" if why.is_member else "hinzunehmen",
            "Taking it out" if why.is_member else "Adding it",
        )
        return [
            self.pick(
                f"{self.noun} lässt sich trotzdem {other}. Der Vorschlag wird dann so viel schlechter, als "
                f"{'bliebe 1 Mensch' if people == '1' else f'blieben {people} Menschen'} unberücksichtigt, "
                f"{'dessen' if people == '1' else 'deren'} Bedarf einen Punkt über dem Grenzwert liegt. "
                "Nachbarn, die dann mit wechseln, sind eingerechnet.",
                f"{other} is possible all the same. It makes the proposal worse by as much as if "
                f"{'1 person was' if people == '1' else f'{people} people were'} left out whose need lies one point "
                "above the mark. Neighbours that would then change with it are included.",
            )
        ]

    def _lower(self) -> str:
        return self.noun[:1].lower() + self.noun[1:]
