"""The back-test of a rule as a text for those who decide whether it is switched on; German first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from indicators.alerts.backtest import BacktestReport
from indicators.alerts.hits import HitRate
from indicators.alerts.texts import german

__all__ = ["report"]

_SHOWN = 15


def report(
    tried: BacktestReport, *, language: Literal["both", "de", "en"] = "both", markdown: bool = False
) -> str:
    """Write a back-test down.

    Parameters
    ----------
    tried : BacktestReport
        What `backtest` returned.
    language : {"both", "de", "en"}
        *both*: German, then English.
    markdown : bool
        Headings and tables in Markdown; plain text otherwise.

    Returns
    -------
    str
        Ends with a line break. Figures are of published values only.

    Examples
    --------
    >>> from indicators.alerts import Rule, backtest
    >>> import pandas as pd
    >>> rows = [(area, str(year), "x", share, "measured", 10 * share, 1000)
    ...         for area, shares in {"01": (10, 16, 16), "02": (10, 10, 10)}.items()
    ...         for year, share in zip((2020, 2021, 2022), shares)]
    >>> columns = ["area_id", "period", "indicator_id", "value", "status", "numerator", "denominator"]
    >>> rising = Rule(id="r", title_de="Regel", title_en="Rule", kind="change", indicators=("x",), direction="rising")
    >>> print(report(backtest(rising, pd.DataFrame(rows, columns=columns)), language="en").splitlines()[0])
    Back-test: Rule
    """
    if language == "both":
        return "\n".join(_Writer(tried, one == "de", markdown).text() for one in ("de", "en"))
    return _Writer(tried, language == "de", markdown).text()


class _Writer:
    def __init__(self, tried: BacktestReport, is_german: bool, markdown: bool) -> None:
        self.tried, self.is_german, self.markdown = tried, is_german, markdown

    def text(self) -> str:
        """Return the whole report."""
        tried, rule = self.tried, self.tried.rule
        title = f"Rückschau: {rule.title_de}" if self.is_german else f"Back-test: {rule.title_en}"
        words = tried.outcome.words("de" if self.is_german else "en")
        event = f"Als bestätigt gilt: {words}." if self.is_german else f"Counts as confirmed: {words}."
        parts = [self._heading(title), f"{self._span()} {event}", self._figures(), self._notes()]
        if tried.alerts:
            parts += [self._by_period(), self._alerts()]
        return "\n\n".join(part for part in parts if part) + "\n"

    def _span(self) -> str:
        summary = self.tried.summary().iloc[0]
        if not summary["periods"]:
            return (
                "Kein Zeitraum ließ sich prüfen."
                if self.is_german
                else "There is no period that can be tested."
            )
        if self.is_german:
            return (
                f"Regel {self.tried.rule.id}, {summary['first_period']} bis {summary['last_period']}, "
                f"{summary['tested']} Prüfungen, {self.tried.alerts} Meldungen."
            )
        return (
            f"Rule {self.tried.rule.id}, {summary['first_period']} to {summary['last_period']}, "
            f"{summary['tested']} tests, {self.tried.alerts} alerts."
        )

    def _figures(self) -> str:
        tried, summary = self.tried, self.tried.summary().iloc[0]
        rows: list[tuple[str, str, str]] = [
            (
                "Trefferquote (bestätigte Meldungen)",
                "Hit rate (confirmed alerts)",
                self._rate(tried.precision),
            ),
            ("zum Vergleich: alle Gebiete", "for comparison: all areas", self._rate(tried.base)),
            ("Ereignisse, die gemeldet wurden", "Events that were told", self._rate(tried.recall)),
            ("verpasste Ereignisse", "Missed events", str(summary["missed"])),
            ("falsche Meldungen", "False alerts", str(summary["refuted"])),
            (
                "zu spät gemeldet (Ereignis schon da)",
                "Told too late (event already there)",
                str(summary["late"]),
            ),
            ("noch nicht zu beurteilen", "Not to be judged yet", str(summary["unknown"])),
        ]
        if tried.announced.cases:
            lead = self._number(tried.lead, 1)
            told = (
                f"{lead} ({tried.announced.hits} von {tried.announced.cases} vorher gemeldet)"
                if self.is_german
                else f"{lead} ({tried.announced.hits} of {tried.announced.cases} told before)"
            )
            rows.append(
                (
                    f"Vorlauf (Median, Zeiträume): {tried.lead_outcome.words('de')}",
                    f"Lead time (median, periods): {tried.lead_outcome.words('en')}",
                    told,
                )
            )
        return self._table(
            ("Kennzahl", "Wert") if self.is_german else ("figure", "value"),
            [(one if self.is_german else other, value) for one, other, value in rows],
        )

    def _notes(self) -> str:
        summary, tried = self.tried.summary().iloc[0], self.tried
        notes = {
            (
                "Die Regel hätte nie gemeldet; über ihre Treffer lässt sich nichts sagen, und sie lässt sich so nicht "
                "einschalten.",
                "The rule would never have told anything; nothing can be said of its hits, and it cannot be switched "
                "on like this.",
            ): not tried.alerts and bool(summary["periods"]),
            (
                "Von keiner Meldung ist bekannt, ob sie recht hatte; so lässt sich die Regel nicht einschalten.",
                "Of no alert it is known whether it was right; the rule cannot be switched on like this.",
            ): bool(tried.alerts) and not tried.precision.cases,
            (
                "Alle Meldungen fallen in einen Zeitraum: ein Ereignis der Stadt, nicht viele unabhängige.",
                "All alerts fall into one period: one event of the city, not many independent ones.",
            ): tried.alerts > 1 and summary["periods_with_alerts"] == 1,
        }
        return " ".join((one if self.is_german else other) for (one, other), is_so in notes.items() if is_so)

    def _by_period(self) -> str:
        head = (
            ("Zeitraum", "geprüft", "Meldungen", "bestätigt", "falsch", "zu spät", "offen", "Streuung")
            if self.is_german
            else ("period", "tested", "alerts", "confirmed", "false", "late", "open", "scatter")
        )
        columns = ("tested", "alerts", "confirmed", "refuted", "late", "unknown")
        rows = [
            (str(period), *(str(int(row[name])) for name in columns), self._number(row["dispersion"], 1))
            for period, row in self.tried.runs.iterrows()
            if row["alerts"]
        ]
        return self._table(head, rows)

    def _alerts(self) -> str:
        told = self.tried.to_frame().sort_values(["period", "q_value", "area_id"])
        head = (
            ("Zeitraum", "Gebiet", "Wert", "verglichen mit", "Größe", "eingetreten")
            if self.is_german
            else ("period", "area", "value", "compared with", "size", "came true")
        )
        rows = [
            (
                str(row["period"]),
                self.tried.names.get(str(row["area_id"]), str(row["area_id"])),
                self._number(row["value"], 1),
                self._number(row["compared_with"], 1),
                self._number(row["estimate"], 1, signed=self.tried.rule.kind != "level"),
                self._verdict(row["event"], bool(row["is_late"])),
            )
            for row in told.head(_SHOWN).to_dict("records")
        ]
        more = len(told) - _SHOWN
        rest = ""
        if more > 0:
            rest = f"\n\n… und {more} weitere" if self.is_german else f"\n\n… and {more} more"
        return self._table(head, rows) + rest

    def _verdict(self, event: float, is_late: bool) -> str:
        if is_late:
            return "zu spät" if self.is_german else "late"
        if math.isnan(event):
            return "offen" if self.is_german else "open"
        yes, no = ("ja", "nein") if self.is_german else ("yes", "no")
        return yes if event == 1 else no

    def _rate(self, rate: HitRate) -> str:
        if rate.cases == 0:
            return "–"
        low, high = (self._number(100 * one, 0) for one in (rate.ci_low, rate.ci_high))
        share = self._number(100 * rate.share, 0)
        if self.is_german:
            return f"{share} % ({low} bis {high} %; {rate.hits} von {rate.cases})"
        return f"{share}% ({low} to {high}%; {rate.hits} of {rate.cases})"

    def _number(self, number: float, decimals: int, *, signed: bool = False) -> str:
        if math.isnan(number):
            return "–"
        written = german(number, decimals, signed=signed)
        return written if self.is_german else written.translate(str.maketrans(",.", ".,"))

    def _heading(self, title: str) -> str:
        return f"## {title}" if self.markdown else f"{title}\n{'=' * len(title)}"

    def _table(self, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
        if self.markdown:
            lines = [head, tuple("---" for _ in head), *((_escaped(cell) for cell in row) for row in rows)]
            return "\n".join("| " + " | ".join(line) + " |" for line in lines)
        widths = [max(len(line[place]) for line in (head, *rows)) for place in range(len(head))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in (head, *rows)
        )


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")
