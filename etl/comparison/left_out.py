"""What did earlier loads of a data set bring that this delivery leaves out? Told, because it may be a mistake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd
from sqlalchemy import Connection

from db.queries.stored_series import stored_series, values_gone
from etl.comparison.wording import counted, listed
from etl.datasets.check_parts import ChecksPart
from etl.datasets.findings import LISTED, Finding
from etl.datasets.manifest_reading import manifest_of
from etl.delivery import Delivery

__all__ = ["gone_findings", "left_out_findings"]

_SERIES = ["geography", "indicator_id", "period"]
_STAYS = "deliver them if they were forgotten; what is stored stays as it is"
_GONE = "look whether rows or cells lack in the file; the history keeps what was before, and an undo brings it back"


def left_out_findings(connection: Connection, delivery: Delivery) -> list[Finding]:
    """Return what earlier loads of the data set brought, in the same editions, and the delivery has no row of.

    As serious as the manifest says of completeness. A delivery that begins later is usual: periods before its
    first one are no more than a note.
    """
    editions = [(level.id, level.edition) for level in delivery.geographies]
    stored = stored_series(connection, delivery.city.id, editions, source_id=delivery.source.id)
    if stored.empty:
        return []
    given = delivery.values[_SERIES].drop_duplicates().astype(str)
    merged = stored.merge(given, how="left", on=_SERIES, indicator="there")
    lacking = merged[merged["there"] == "left_only"]
    earlier: list[pd.DataFrame] = []
    told: list[tuple[str, str]] = []
    for indicator, rows in lacking.groupby("indicator_id", sort=True):
        name = str(indicator)
        periods = set(given.loc[given["indicator_id"] == name, "period"])
        on_others = rows["period"].isin(periods)
        is_earlier = rows["period"] < min(periods) if periods else on_others & False
        earlier.append(rows[is_earlier])
        told += _left_out(delivery, name, rows[~is_earlier & ~on_others], is_there=bool(periods))
        told += _levels_left_out(name, rows[on_others])
    usual = pd.concat(earlier) if earlier else lacking
    return [*_findings(delivery, told, _STAYS), *([_newer_only(delivery, usual)] if len(usual) else [])]


def gone_findings(connection: Connection, delivery: Delivery, load_id: int) -> list[Finding]:
    """Return which values had a number and are missing since a load: rows or cells that it left out."""
    told = []
    for indicator, rows in values_gone(connection, load_id).groupby("indicator_id", sort=True):
        finest = [level.id for level in delivery.geographies if level.id in set(rows["geography"])][-1]
        areas = sorted(rows.loc[rows["geography"] == finest, "area_id"].unique())
        what = (
            f"{indicator}: {counted(len(rows), 'value')} of earlier loads {'is' if len(rows) == 1 else 'are'} missing now,"
            f" in {listed(sorted(rows['period'].unique()))} ({_by_level(delivery, rows.groupby('geography').size())}):"
            f" {finest} {listed(areas)}"
        )
        told.append((str(indicator), what))
    return _findings(delivery, told, _GONE)


def _left_out(
    delivery: Delivery, name: str, rows: pd.DataFrame, *, is_there: bool
) -> Iterator[tuple[str, str]]:
    if rows.empty:
        return
    when, values = listed(sorted(rows["period"].unique())), rows.groupby("geography")["values"].sum()
    brought = f"earlier loads brought {counted(int(values.sum()), 'value')}"
    by_level = _by_level(delivery, values)
    if is_there:
        yield name, f"{name} is not delivered for {when}; {brought} ({by_level})"
    else:
        yield name, f"{name} is not in this delivery; {brought} for {when} ({by_level})"


def _levels_left_out(name: str, rows: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield the levels that lack in periods that are delivered on another one."""
    for level, here in rows.groupby("geography", sort=False):
        yield (
            name,
            f"{name} is not delivered on {level} for {listed(sorted(here['period'].unique()))};"
            f" earlier loads brought {counted(int(here['values'].sum()), 'value')} there",
        )


def _findings(delivery: Delivery, told: Iterable[tuple[str, str]], todo: str) -> list[Finding]:
    """Return a finding each, as serious as completeness is; of very many only the first, and how many more."""
    checks = manifest_of(delivery.manifest).checks if delivery.manifest else ChecksPart()
    found = [
        Finding(severity=severity, check="completeness", file=delivery.source.id, what=what, todo=todo)
        for name, what in told
        if (severity := checks.of(name).completeness) != "off"
    ]
    if len(found) <= LISTED:
        return found
    more = f"{counted(len(found) - LISTED, 'more finding')} of the same kind"
    last = Finding(
        severity=found[LISTED].severity, check="completeness", file=delivery.source.id, what=more, todo=todo
    )
    return [*found[:LISTED], last]


def _newer_only(delivery: Delivery, rows: pd.DataFrame) -> Finding:
    names, periods, count = (
        sorted(rows["indicator_id"].unique()),
        sorted(rows["period"].unique()),
        int(rows["values"].sum()),
    )
    stay = "stays as it is" if count == 1 else "stay as they are"
    return Finding(
        severity="note",
        check="completeness",
        file=delivery.source.id,
        what=f"only newer periods of {listed(names)} are delivered; {counted(count, 'value')} of {listed(periods)} {stay}",
        todo="nothing to do",
    )


def _by_level(delivery: Delivery, counts: pd.Series) -> str:
    """Return the counts by level, the finest first."""
    order = [level.id for level in reversed(delivery.geographies) if level.id in counts.index]
    return ", ".join(f"{level} {int(counts[level]):,}" for level in order)
