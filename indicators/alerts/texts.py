"""What an alert says, in German and English. Only published values, and what follows from them, are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from indicators.alerts.calendar import periods_before
from indicators.alerts.judging import class_of
from indicators.alerts.rules import Rule
from indicators.alerts.subjects import subject
from indicators.definition import Indicator

__all__ = ["Text", "german", "shown_decimals", "texts"]

_SPACE = "\u00a0"


@dataclass(frozen=True, slots=True)
class Text:
    """The same sentence in both languages."""

    de: str
    en: str


def texts(
    rule: Rule,
    told: pd.DataFrame,
    *,
    period: str,
    names: pd.Series | Mapping[str, str] | None,
    indicators: Mapping[str, Indicator] | None,
) -> list[Text]:
    """Write the sentence of each alert.

    Parameters
    ----------
    rule : Rule
        Says what was looked for.
    told : DataFrame, indexed by area_id
        The figures of the alerted areas.
    period : str
        The period that was judged.
    names : Series or mapping, optional
        Names of areas.
    indicators : mapping of str to Indicator, optional
        Titles and units that the product does not know.

    Returns
    -------
    list of Text
        In the order of the rows.

    Examples
    --------
    >>> rule = Rule(id="r", title_de="R", title_en="R", kind="level", indicators=("share_u18",), direction="rising",
    ...             threshold=20.0)
    >>> told = pd.DataFrame({"value": [25.04], "before": [None], "compared_with": [20.0], "estimate": [25.04],
    ...                      "ci_low": [23.1], "ci_high": [27.0], "moved": [None]}, index=["62"])
    >>> texts(rule, told, period="2022", names=None, indicators=None)[0].en
    '62: Share of minors (under 18) is 25.0% in 2022, surely above 20.0% (band 23.1% to 27.0%).'
    """
    writers = {"de": _Writer(rule, period, indicators, "de"), "en": _Writer(rule, period, indicators, "en")}
    named = {} if names is None else dict(names)
    return [
        Text(
            **{
                language: writer.sentence(str(named.get(area, area)), row)
                for language, writer in writers.items()
            }
        )
        for area, row in _rows(told)
    ]


def german(number: float, decimals: int, *, signed: bool = False) -> str:
    """Write a number the German way: comma, point for thousands, a real minus.

    Parameters
    ----------
    number : float
        Any finite number.
    decimals : int
        Digits after the comma.
    signed : bool
        Whether a plus is written, too.

    Returns
    -------
    str
        Never "−0".

    Examples
    --------
    >>> german(1234.56, 1), german(-0.04, 1), german(0.26, 1, signed=True)
    ('1.234,6', '0,0', '+0,3')
    """
    return _english(number, decimals, signed=signed).translate(str.maketrans(",.", ".,"))


def shown_decimals(rule: Rule, indicators: Mapping[str, Indicator] | None = None) -> int:
    """Return how many digits after the point the figures of an alert are told with.

    Parameters
    ----------
    rule : Rule
        What was looked for.
    indicators : mapping of str to Indicator, optional
        Definitions that the product does not know.

    Returns
    -------
    int
        One for a theme, which is told in standard deviations.

    Examples
    --------
    >>> shown_decimals(Rule(id="r", title_de="R", title_en="R", kind="change", indicators=("share_u18",)))
    1
    """
    if rule.kind == "theme_sum":
        return 1
    one = subject(rule.indicators[0], indicators)
    return 2 if one is None else max(one.decimals, 1)


class _Writer:
    """Writes the sentences of one rule in one language."""

    def __init__(
        self, rule: Rule, period: str, indicators: Mapping[str, Indicator] | None, language: str
    ) -> None:
        self.rule, self.period, self.is_german = rule, period, language == "de"
        one = subject(rule.indicators[0], indicators)
        self.unit = "" if one is None else one.unit
        self.decimals = shown_decimals(rule, indicators)
        fallback = rule.indicators[0]
        self.title = fallback if one is None else (one.title_de if self.is_german else one.title_en)
        back = periods_before(period, rule.periods, [])
        self.since = back[0] if len(back) > 1 else ""

    def sentence(self, area: str, row: Mapping[str, float]) -> str:
        """Return the whole sentence."""
        if self.rule.kind == "theme_sum":
            title = self.rule.title_de if self.is_german else self.rule.title_en
            return f"{area}: {title}: {self._theme(row)}"
        body = {
            "level": self._level,
            "change": self._change,
            "change_against_city": self._against_city,
            "trend_break": self._trend,
            "class_change": self._class,
            "rank_jump": self._rank,
        }[self.rule.kind]
        return f"{area}: {self.title} {body(row)}"

    def _level(self, row: Mapping[str, float]) -> str:
        limit, value = self._value(self.rule.limit), self._value(row["value"])
        is_above = row["value"] > self.rule.limit
        if self.is_german:
            side = "über" if is_above else "unter"
            return f"liegt {self.period} bei {value}, sicher {side} {limit} ({self._band(row, self._value)})."
        side = "above" if is_above else "below"
        return f"is {value} in {self.period}, surely {side} {limit} ({self._band(row, self._value)})."

    def _change(self, row: Mapping[str, float]) -> str:
        return f"{self._from_to(row)} ({self._step(row['estimate'])}; {self._band(row, self._step, self._signed)})."

    def _against_city(self, row: Mapping[str, float]) -> str:
        rest = self._step(row["compared_with"] - row["before"])
        size = f"{self._step(row['estimate'])}; {self._band(row, self._step, self._signed)}"
        if self.is_german:
            return f"{self._from_to(row)}, in der übrigen Stadt {rest}. Unterschied: {size}."
        return f"{self._from_to(row)}, in the rest of the city {rest}. Difference: {size}."

    def _trend(self, row: Mapping[str, float]) -> str:
        value, expected = self._value(row["value"]), self._value(row["compared_with"])
        size = f"{self._step(row['estimate'])}; {self._band(row, self._step, self._signed)}"
        if self.is_german:
            return f"liegt {self.period} bei {value}; nach dem Trend davor waren {expected} zu erwarten ({size})."
        return f"is {value} in {self.period}; by the trend before, {expected} were to be expected ({size})."

    def _class(self, row: Mapping[str, float]) -> str:
        before, now = (
            int(row["moved"]),
            int(class_of(np.array([row["value"]]), self.rule.cuts)[0]),
        )
        size = f"{self._step(row['estimate'])}; {self._band(row, self._step, self._signed)}"
        if self.is_german:
            return f"{self._from_to(row)} ({size}) und kommt von Klasse {before} in Klasse {now}."
        return f"{self._from_to(row)} ({size}), from class {before} into class {now}."

    def _rank(self, row: Mapping[str, float]) -> str:
        before, now = int(row["moved"]), int(row["moved"] - row["estimate"])
        if self.is_german:
            return f"{self._from_to(row)}: von Platz {before} auf Platz {now} (Platz 1: höchster Wert)."
        return f"{self._from_to(row)}: from place {before} to place {now} (place 1: highest value)."

    def _theme(self, row: Mapping[str, float]) -> str:
        number = self._number(row["estimate"], self.decimals, signed=True)
        band = self._band(row, lambda bound: self._number(bound, self.decimals, signed=True))
        if self.is_german:
            return f"zusammen {number} Standardabweichungen seit {self.since}, verglichen mit der Stadt ({band})."
        return f"together {number} standard deviations since {self.since}, compared with the city ({band})."

    def _from_to(self, row: Mapping[str, float]) -> str:
        before, value = self._value(row["before"]), self._value(row["value"])
        rises = row["value"] > row["before"]
        same = row["value"] == row["before"]
        if self.is_german:
            verb = "ist gleich geblieben" if same else f"ist {'gestiegen' if rises else 'gefallen'}"
            return f"{verb}, von {before} ({self.since}) auf {value} ({self.period})"
        verb = "has not changed" if same else f"has {'risen' if rises else 'fallen'}"
        return f"{verb}, from {before} ({self.since}) to {value} ({self.period})"

    def _band(
        self,
        row: Mapping[str, float],
        write: Callable[[float], str],
        first: Callable[[float], str] | None = None,
    ) -> str:
        low, high = (first or write)(row["ci_low"]), write(row["ci_high"])
        return f"Unsicherheitsband {low} bis {high}" if self.is_german else f"band {low} to {high}"

    def _number(self, number: float, decimals: int, *, signed: bool = False) -> str:
        write = german if self.is_german else _english
        return write(number, decimals, signed=signed)

    def _value(self, number: float) -> str:
        written = self._number(number, self.decimals)
        if self.unit == "%":
            return f"{written}{_SPACE}%" if self.is_german else f"{written}%"
        return f"{written}{_SPACE}{self.unit}" if self.unit in ("€", "m²") else written

    def _signed(self, number: float) -> str:
        return self._number(number, self.decimals, signed=True)

    def _step(self, number: float) -> str:
        written = self._signed(number)
        if self.unit == "%":
            return f"{written} Prozentpunkte" if self.is_german else f"{written} percentage points"
        return f"{written}{_SPACE}{self.unit}" if self.unit in ("€", "m²") else written


def _rows(told: pd.DataFrame) -> Iterator[tuple[str, Mapping[str, float]]]:
    for area, row in told.to_dict("index").items():
        yield str(area), {str(name): value for name, value in row.items()}


def _english(number: float, decimals: int, *, signed: bool = False) -> str:
    rounded = round(float(number), decimals)
    if rounded == 0:
        rounded = 0.0
    written = f"{abs(rounded):,.{decimals}f}"
    sign = "−" if rounded < 0 else ("+" if signed and rounded > 0 else "")
    return f"{sign}{written}"
