"""What an indicator *is*: data only, so that anyone can read it and every layer speaks of the same thing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from indicators.errors import DefinitionError

__all__ = ["Direction", "Indicator", "Kind"]

Kind = Literal["extensive", "intensive", "ordinal"]
Direction = Literal["higher_is_more_need", "lower_is_more_need", "context"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """Definition of one indicator.

    `kind`: *extensive* counts add up over areas, *intensive* rates do not, *ordinal* are classes (1, 2, …).
    A share has a `numerator` and a `denominator`, both ids of extensive indicators; its values are computed from
    the counts, never averaged. `decimals` is what is shown, not what is stored.
    """

    id: str
    title_de: str
    title_en: str
    unit: str  # "persons", "households", "%", "years", "€", "m²", "index", "class", …
    kind: Kind
    direction: Direction = "context"
    numerator: str | None = None
    denominator: str | None = None
    decimals: int = 0
    source: str = ""
    caution_de: str = ""
    caution_en: str = ""
    labels_de: tuple[str, ...] = field(default=())  # ordinal only: label of class 1, 2, …
    labels_en: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse definitions that contradict themselves."""
        if (self.numerator is None) != (self.denominator is None):
            raise DefinitionError(
                f"indicator {self.id!r}: numerator and denominator are given together or not at all"
            )
        if self.numerator is not None and self.kind != "intensive":
            raise DefinitionError(f"indicator {self.id!r}: a share is intensive, not {self.kind}")
        if (self.kind == "ordinal") != bool(self.labels_de) or len(self.labels_de) != len(self.labels_en):
            raise DefinitionError(
                f"indicator {self.id!r}: an ordinal indicator has one label per class in both languages"
            )

    @property
    def is_share(self) -> bool:
        """Whether the values are computed from two counts."""
        return self.numerator is not None
