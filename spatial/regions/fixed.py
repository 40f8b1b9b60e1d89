"""Which answers are given before a search begins? Areas that stay as they are, come in or keep out, each with a reason."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from spatial.alignment import require_unique
from spatial.errors import AlignmentError, ParameterError

__all__ = ["FixedAreas"]


def _nothing() -> pd.Series:
    return pd.Series([], index=pd.Index([], dtype="str"), dtype="str")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FixedAreas:
    """Areas whose answer is given.

    `locked`: region id per area_id of regions that stay as they are; `reason`: why, per locked region id. `inside`
    and `outside`: reason per area_id of single areas that have to lie in a region, or in none.

    Examples
    --------
    >>> FixedAreas(
    ...     locked=pd.Series({"07": "Grünau", "08": "Grünau"}), reason=pd.Series({"Grünau": "decided until 2030"}),
    ...     outside=pd.Series({"31": "allotment gardens"}))
    FixedAreas(1 region locked with 2 areas, 0 areas in, 1 area out)
    """

    locked: pd.Series = field(default_factory=_nothing)
    reason: pd.Series = field(default_factory=_nothing)
    inside: pd.Series = field(default_factory=_nothing)
    outside: pd.Series = field(default_factory=_nothing)

    def __post_init__(self) -> None:
        """Refuse contradictions, and decisions without a reason."""
        given = {"locked": self.locked, "inside": self.inside, "outside": self.outside}
        for name, areas in given.items():
            require_unique(areas.index, name)
        for name, reasons in (("inside", self.inside), ("outside", self.outside)):
            _require_reasons(name, reasons)
        if self.locked.isna().any():
            raise AlignmentError(
                "locked without a region",
                self.locked.index[self.locked.isna()],
                "name the region of each area",
            )
        silent = [one for one in self.regions if one not in self.reason.index]
        if silent:
            raise ParameterError("reason", ", ".join(silent[:5]), "a reason for each locked region")
        _require_reasons("reason", self.reason)
        names = list(given)
        for place, one in enumerate(names):
            for other in names[place + 1 :]:
                both = given[one].index.intersection(given[other].index)
                if len(both):
                    raise AlignmentError(
                        f"areas both {one} and {other}", both, "take them out of one of the two"
                    )

    def __repr__(self) -> str:
        def counted(number: int, what: str) -> str:
            return f"{number} {what}{'' if number == 1 else 's'}"

        return (
            f"FixedAreas({counted(len(self.regions), 'region')} locked with {counted(len(self.locked), 'area')}, "
            f"{counted(len(self.inside), 'area')} in, {counted(len(self.outside), 'area')} out)"
        )

    @property
    def regions(self) -> list[str]:
        """Ids of the locked regions."""
        return sorted(set(self.locked.astype(str)))

    def require_in(self, area_id: pd.Index) -> None:
        """Raise when an area is not one of the city's.

        Raises
        ------
        AlignmentError
            With the ids that do not occur.
        """
        for name, areas in (("locked", self.locked), ("inside", self.inside), ("outside", self.outside)):
            strangers = areas.index.difference(area_id)
            if len(strangers):
                raise AlignmentError(f"{name} areas that the city does not have", strangers)


def _require_reasons(name: str, reasons: pd.Series) -> None:
    empty = reasons.index[[not (isinstance(text, str) and text.strip()) for text in reasons]]
    if len(empty):
        raise AlignmentError(f"{name} without a reason", empty, "say why: whoever reads the map will ask")
