"""How a composite index is made: data only, so that a published index can be named, repeated and compared."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from indicators.errors import DefinitionError
from indicators.leipzig import LEIPZIG_STATUS_INDICATORS
from indicators.sample import SAMPLE_STATUS_INDICATORS

__all__ = [
    "BERLIN_MSS_2013",
    "BERLIN_MSS_2017",
    "BERLIN_MSS_2019",
    "LEIPZIG_STATUS",
    "METHODS",
    "SAMPLE_STATUS",
    "Method",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """Recipe of one composite index.

    `signs`: +1 where a higher value is more need, -1 where it is less; `weights`: above 0, in the sum of the
    z-scores. Both are one per indicator and all 1 when left out. `ddof`: 0 for the population, 1 for the
    sample standard deviation. `cuts`: rising limits of the classes on the standardised index; a value exactly
    on a cut belongs to the class nearer to 0, the mean of the city. Class 1 is the least need. `labels_de`,
    `labels_en`: one per class. `minimum_areas`: fewest valid areas for which the index is computed. `source`:
    where it is published.
    """

    id: str
    title_de: str
    title_en: str
    indicators: tuple[str, ...]
    cuts: tuple[float, ...]
    labels_de: tuple[str, ...]
    labels_en: tuple[str, ...]
    signs: tuple[int, ...] = field(default=())
    weights: tuple[float, ...] = field(default=())
    ddof: int = 0
    minimum_areas: int = 2
    source: str = ""

    def __post_init__(self) -> None:
        """Fill in signs and weights; refuse recipes that contradict themselves."""
        count = len(self.indicators)
        object.__setattr__(self, "signs", tuple(self.signs) or (1,) * count)
        object.__setattr__(self, "weights", tuple(self.weights) or (1.0,) * count)
        problems = {
            "at least one indicator": count >= 1,
            "each indicator once": len(set(self.indicators)) == count,
            "one sign of +1 or -1 per indicator": len(self.signs) == count and set(self.signs) <= {1, -1},
            "one finite weight above 0 per indicator": len(self.weights) == count
            and all(math.isfinite(weight) and weight > 0 for weight in self.weights),
            "finite cuts in rising order": all(math.isfinite(cut) for cut in self.cuts)
            and list(self.cuts) == sorted(set(self.cuts)),
            "one label per class in both languages": len(self.labels_de)
            == len(self.labels_en)
            == len(self.cuts) + 1,
            "ddof 0 or 1": self.ddof in (0, 1),
            "at least two areas": self.minimum_areas >= 2,
        }
        broken = [rule for rule, is_kept in problems.items() if not is_kept]
        if broken:
            raise DefinitionError(f"method {self.id!r} needs {'; '.join(broken)}")


_CUTS = (-1.0, 1.0, 1.5)
_LABELS_DE = ("hoch", "mittel", "niedrig", "sehr niedrig")
_LABELS_EN = ("high", "medium", "low", "very low")
_FOUR = ("mss_unemployed", "mss_long_term_unemployed", "mss_transfer_not_unemployed", "mss_child_poverty")
_THREE = ("mss_unemployed", "mss_transfer_not_unemployed", "mss_child_poverty")
_SOURCE = (
    "Senatsverwaltung für Stadtentwicklung, Bauen und Wohnen Berlin, Monitoring Soziale Stadtentwicklung"
)

BERLIN_MSS_2013 = Method(
    id="berlin_mss_2013",
    title_de="Statusindex, Monitoring Soziale Stadtentwicklung Berlin 2013",
    title_en="Status index, Berlin Monitoring Social Urban Development 2013",
    indicators=_FOUR,
    cuts=_CUTS,
    labels_de=_LABELS_DE,
    labels_en=_LABELS_EN,
    source=f"{_SOURCE} 2013",
)
BERLIN_MSS_2017 = Method(
    id="berlin_mss_2017",
    title_de="Statusindex, Monitoring Soziale Stadtentwicklung Berlin 2017",
    title_en="Status index, Berlin Monitoring Social Urban Development 2017",
    indicators=_FOUR,
    cuts=_CUTS,
    labels_de=_LABELS_DE,
    labels_en=_LABELS_EN,
    source=f"{_SOURCE} 2017",
)
BERLIN_MSS_2019 = Method(
    id="berlin_mss_2019",
    title_de="Statusindex, Monitoring Soziale Stadtentwicklung Berlin 2019",
    title_en="Status index, Berlin Monitoring Social Urban Development 2019",
    indicators=_THREE,
    cuts=_CUTS,
    labels_de=_LABELS_DE,
    labels_en=_LABELS_EN,
    source=f"{_SOURCE} 2019",
)

LEIPZIG_STATUS = Method(
    id="leipzig_status",
    title_de="Statusindex Leipzig (eigene Berechnung nach dem Berliner Verfahren)",
    title_en="Status index Leipzig (own computation by the Berlin procedure)",
    indicators=LEIPZIG_STATUS_INDICATORS,
    cuts=_CUTS,
    labels_de=_LABELS_DE,
    labels_en=_LABELS_EN,
    source="own computation; Leipzig publishes no such index",
)

SAMPLE_STATUS = Method(
    id="sample_status",
    title_de="Statusindex der synthetischen Musterstadt (nach dem Berliner Verfahren)",
    title_en="Status index of the synthetic sample city (by the Berlin procedure)",
    indicators=SAMPLE_STATUS_INDICATORS,
    cuts=_CUTS,
    labels_de=_LABELS_DE,
    labels_en=_LABELS_EN,
    source="own computation on generated data",
)

METHODS = (BERLIN_MSS_2013, BERLIN_MSS_2017, BERLIN_MSS_2019, LEIPZIG_STATUS, SAMPLE_STATUS)
