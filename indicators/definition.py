"""What an indicator *is*: data only, so that anyone can read it and every layer speaks of the same thing."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Literal

from indicators.errors import DefinitionError

__all__ = ["AtLeast", "Direction", "Form", "Indicator", "IndicatorDefinition", "Kind"]

Kind = Literal["extensive", "intensive", "ordinal"]
Direction = Literal["higher_is_more_need", "lower_is_more_need", "context"]
Form = Literal["count", "share", "quotient", "rate", "ratio", "balance", "change", "mean", "median"]

_COMPUTED = ("share", "quotient", "rate", "ratio", "balance")


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Missing-data policy: the least share of a value's parts (small areas, cohorts, years) that must be known.

    With 1, one unknown part makes the whole unknown. With less, the whole is made of the known parts and called
    uncertain. A withheld part always makes the whole withheld, and nothing is ever filled in.
    """

    share: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        if not 0 < self.share <= 1:
            raise DefinitionError(
                f"missing: at least {self.share!r} of the parts; give a share above 0, up to 1"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """Definition of one indicator.

    `kind`: *extensive* counts add up over areas, *intensive* rates do not, *ordinal* are classes (1, 2, …).
    What is computed has a `numerator` and a `denominator`, both ids of extensive indicators: its value is `factor` ×
    (numerator − `minus`) / denominator, from the counts and never averaged. It is a share in percent unless `form`
    says otherwise, see `IndicatorDefinition`. `decimals` is what is shown, not what is stored. `universe_de`,
    `universe_en`: who or what is looked at, empty when nobody said. `missing`: see `AtLeast`. With a denominator below
    `minimum_denominator` there is no value, because chance would rule; not a rule of secrecy.
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
    form: Form | None = None
    factor: float = 100.0
    minus: str | None = None
    universe_de: str = ""
    universe_en: str = ""
    missing: AtLeast = field(default=AtLeast())
    minimum_denominator: float = 0.0

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
        """Whether the values are percentages computed from two counts, a part and its whole."""
        return self.numerator is not None and self.form in (None, "share")

    @property
    def is_computable(self) -> bool:
        """Whether the values are computed from counts of the same area and period."""
        return self.numerator is not None and self.form in (None, *_COMPUTED)

    @property
    def counts(self) -> tuple[str, ...]:
        """Ids of the counts that the values are computed from."""
        used = (self.numerator, self.minus, self.denominator)
        return tuple(dict.fromkeys(name for name in used if name is not None))


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorDefinition(Indicator):
    """An indicator with all that its sheet (Indikatorenblatt) says: enough to compute, judge and explain its values.

    `form` says what kind of number it is, and with it which interval belongs to it:

    * *count*: people, cases or things of an area; adds up. `sum_of`: ids of the counts it is the sum of.
    * *share*: a part of its whole, `factor` 100: the numerator is never larger than the denominator.
    * *quotient*: one group per so many of another one, such as children per 100 of working age.
    * *rate*: events or cases per so many people.
    * *ratio*: an amount per person or area; no model of chance stands behind it.
    * *balance*: `numerator` less `minus`, per so many people; may be negative.
    * *change*: how a count has grown, in percent of what it was.
    * *mean*, *median*: delivered by the source.

    A change has `years` and the same count as numerator and denominator: its value is `factor` × the growth since so many
    years before. `numerator_de` … say in words what is no count of its own. `used_by`: where it is published.
    `same_as`: ids under which cities keep the same thing.
    """

    theme: str
    form: Form
    factor: float = 1.0
    years: int = 0
    sum_of: tuple[str, ...] = field(default=())
    numerator_de: str = ""
    numerator_en: str = ""
    denominator_de: str = ""
    denominator_en: str = ""
    universe_de: str
    universe_en: str
    source_en: str = ""
    used_by: tuple[str, ...] = field(default=())
    same_as: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse definitions that contradict themselves."""
        Indicator.__post_init__(self)
        is_count = self.form == "count"
        rules = {
            "a count is extensive, everything else intensive": self.kind
            == ("extensive" if is_count else "intensive"),
            "sum_of is for counts": is_count or not self.sum_of,
            "minus is for balances, and a balance that is computed has one": (self.minus is not None)
            == (self.form == "balance" and self.is_computable),
            "a numerator and a denominator that are counts": self.numerator is None
            or self.form in (*_COMPUTED, "change"),
            "years are for changes, and a change that is computed is that of one count over years": (
                self.years > 0
            )
            == self.is_growth
            and (not self.is_growth or self.numerator == self.denominator),
            "a finite factor above 0": math.isfinite(self.factor) and self.factor > 0,
            "a share in % has the factor 100": self.form != "share" or (self.factor, self.unit) == (100, "%"),
            "a finite minimum_denominator of at least 0": math.isfinite(self.minimum_denominator)
            and self.minimum_denominator >= 0,
        }
        broken = [rule for rule, is_kept in rules.items() if not is_kept]
        if broken:
            raise DefinitionError(f"indicator {self.id!r} needs: {'; '.join(broken)}")

    @property
    def is_growth(self) -> bool:
        """Whether the values are computed from one count of two periods."""
        return self.form == "change" and self.numerator is not None

    @property
    def counts(self) -> tuple[str, ...]:
        """Ids of the counts that the values are computed from."""
        used = self.sum_of or (self.numerator, self.minus, self.denominator)
        return tuple(dict.fromkeys(name for name in used if name is not None))

    def as_indicator(self) -> Indicator:
        """Return what is stored and served with the values.

        Only what is computed from counts of one date keeps its numerator and denominator there: who finds them
        computes `factor` × (numerator − minus) / denominator.
        """
        facts = {one.name: getattr(self, one.name) for one in fields(Indicator)}
        if not self.is_computable:
            facts |= {"numerator": None, "denominator": None}
        return Indicator(**facts)
