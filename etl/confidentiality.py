"""What a source declares about confidentiality: its profile, and what an attacker can add up besides areas."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from indicators.catalogue import city_catalogue
from indicators.confidentiality import RECOMMENDED, Profile
from indicators.definition import Indicator, IndicatorDefinition

__all__ = ["Confidentiality", "definitions_for"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidentiality:
    """Rules of one source. Without a declaration the recommended rules hold for every count.

    `profile`: rules of all counts but those in `exceptions`; None there is for what needs no protection.
    `categories`: a total and the counts that add up to it. `parts`: (part, whole), where the part is never larger.
    Both only add to what definitions say, those of the source and of the catalogue (`definitions_for`): sums, and
    numerators and denominators of shares; of these the rest is protected, too, where the profile says so
    (`complement`). That areas add up to the area above is always assumed.
    """

    profile: Profile = RECOMMENDED
    exceptions: Mapping[str, Profile | None] = field(default_factory=dict)
    categories: tuple[tuple[str, tuple[str, ...]], ...] = ()
    parts: tuple[tuple[str, str], ...] = ()

    @property
    def is_publication(self) -> bool:
        """Whether the source brings what its publisher has made public already: no count of it is too small."""
        return all(one is None or one.minimum_count == 1 for one in (self.profile, *self.exceptions.values()))

    def idle_rules(self) -> list[str]:
        """Say which rules of its profiles cannot act on a delivery, so that nobody relies on them."""
        profiles = {one.id: one for one in (self.profile, *self.exceptions.values()) if one is not None}
        idle = []
        for name, one in sorted(profiles.items()):
            if one.treatment != "withhold":
                idle.append(
                    f"profile {name!r}: profiles that round or raise counts are for tables; give the source one that"
                    " withholds"
                )
            if one.dominance is not None or one.p_percent is not None:
                idle.append(
                    f"profile {name!r}: dominance and p % are for amounts with their largest contributions, which a"
                    " delivery does not bring; leave the rules out, and protect the amounts as a table before"
                )
        return idle

    def rules(self, counts: Iterable[str]) -> dict[str, Profile | None]:
        """Return the profile of each count."""
        return {name: self.exceptions.get(name, self.profile) for name in counts}

    def close_parts(self, indicators: Iterable[Indicator]) -> list[tuple[str, str]]:
        """Return numerator and denominator of every share, each pair once."""
        pairs = [
            (one.numerator, one.denominator)
            for one in indicators
            if one.is_share and one.numerator is not None and one.denominator is not None
        ]
        return list(dict.fromkeys(pairs))

    def all_parts(self, indicators: Collection[Indicator]) -> list[tuple[str, str]]:
        """Return every pair of a part and its whole, each once; what is part of a sum is part of the sum's whole."""
        sums = dict(_defined_sums(indicators))
        pairs = [*self.close_parts(indicators), *self.parts]
        pairs += [(inside, whole) for part, whole in pairs for inside in sums.get(part, ())]
        return list(dict.fromkeys(pairs))

    def sums(self, indicators: Iterable[Indicator]) -> list[tuple[str, tuple[str, ...]]]:
        """Return every total with the counts that add up to it, each once: those of definitions, and the declared."""
        defined = [
            (one.id, one.sum_of) for one in indicators if isinstance(one, IndicatorDefinition) and one.sum_of
        ]
        every = {
            (total, frozenset(inside)): (total, inside) for total, inside in [*defined, *self.categories]
        }
        return list(every.values())


def definitions_for(city: str, indicators: Iterable[Indicator]) -> tuple[Indicator, ...]:
    """Return what a city's counts are related by: its own indicators, and the shares and sums of its catalogue.

    Whatever the catalogue makes of the counts is published beside them, whether the source declares it or not.
    """
    own = {one.id: one for one in indicators}
    catalogue = city_catalogue(city)
    shares = {(one.numerator, one.denominator) for one in own.values() if one.is_share}
    return (
        *own.values(),
        *(
            one
            for one in catalogue.values()
            if one.sum_of or (one.is_share and (one.numerator, one.denominator) not in shares)
        ),
    )


def _defined_sums(indicators: Iterable[Indicator]) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.id, one.sum_of) for one in indicators if isinstance(one, IndicatorDefinition) and one.sum_of]
