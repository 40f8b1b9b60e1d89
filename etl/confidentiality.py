"""What a source declares about confidentiality: its profile, and what an attacker can add up besides areas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from indicators.confidentiality import RECOMMENDED, Profile
from indicators.definition import Indicator

__all__ = ["Confidentiality"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidentiality:
    """Rules of one source. Without a declaration the recommended rules hold for every count.

    `profile`: rules of all counts but those in `exceptions`; None there is for what needs no protection.
    `categories`: a total and the counts that add up to it. `parts`: (part, whole), where the part is never larger;
    numerators and denominators of the source's shares are added, and of these the rest is protected, too, where
    the profile says so (`complement`). That areas add up to the area above is always assumed.
    """

    profile: Profile = RECOMMENDED
    exceptions: Mapping[str, Profile | None] = field(default_factory=dict)
    categories: tuple[tuple[str, tuple[str, ...]], ...] = ()
    parts: tuple[tuple[str, str], ...] = ()

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

    def all_parts(self, indicators: Iterable[Indicator]) -> list[tuple[str, str]]:
        """Return every pair of a part and its whole, each once."""
        return list(dict.fromkeys([*self.close_parts(indicators), *self.parts]))
