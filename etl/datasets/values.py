"""Cells to values: area by key or name, number and state by the rules of the table, every doubt a finding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import starmap

import numpy as np
import pandas as pd

from etl.datasets.counts import MOST_COUNTED, are_counts, check_thousands, check_whole
from etl.datasets.findings import Findings
from etl.datasets.keys import KeyRule, filled, nearest_name, tidy
from etl.datasets.layouts import Read, reference_date
from etl.datasets.manifest import Manifest, TablePart, ValuePart
from etl.datasets.manifest_parts import GeographyPart
from etl.datasets.numbers import GERMAN_SIGNS, NumberFormat, read_numbers
from etl.delivery import VALUE_COLUMNS
from indicators.known import known_by_id
from indicators.status import PRECEDENCE, WITHOUT_VALUE, ValueStatus

__all__ = ["Places", "placed", "values_from"]

_BLANKS = re.compile("[\u00a0\u202f\u2009]")  # they look like a blank, and a reader is to see one
_WITHOUT = [state.value for state in WITHOUT_VALUE]
_ERROR_CELL = re.compile(
    r"#[A-ZÄÖÜa-zäöü0-9/_]+[!?]?|Err:\d+"
)  # of a spreadsheet: #REF!, #BEZUG!, #N/A, Err:522

_OTHER_SIGNS = "a number only with other signs (decimal sign, thousands, footnotes)"
_OTHER_SIGNS_TODO = "say decimal, thousands or footnotes for this table, or correct the cell"
_NO_NUMBER_TODO = "correct the cell, or say in signs or sentinels what it stands for"


@dataclass(frozen=True, slots=True)
class Places:
    """The areas of one level that tables may speak of: name by key."""

    level: GeographyPart
    names: Mapping[str, str]


def placed(
    cells: pd.DataFrame, table: TablePart, places: Places, findings: Findings, read: Read
) -> pd.DataFrame:
    """Return the cells with `area_id`; what joins no area is refused, kept with a reason, or counted."""
    if cells.empty:
        return cells.assign(area_id=pd.Series(dtype=object))
    file = str(cells["file"].iloc[0])
    texts = cells["key"].map(dict(table.aliases)).fillna(cells["key"]) if table.aliases else cells["key"]
    first = ~texts.duplicated()
    distinct = dict(zip(texts[first], cells.loc[first, "row"], strict=True))
    if table.join == "name":
        area = _by_name(distinct, table, places, file, findings)
    else:
        area = _by_key(distinct, table, places, file, findings, read)
    found = texts.map(area)
    found = found.map(dict(places.level.merge)).fillna(found) if places.level.merge else found
    known = found.isin(places.names.keys())
    unknown = cells[found.notna() & ~known].drop_duplicates("row")
    if len(unknown):
        _unknown(unknown.assign(area=found), table, places, file, findings, read)
    joined = cells.assign(area_id=found)
    return joined if known.all() else joined[known]


def _by_key(
    distinct: Mapping[str, object],
    table: TablePart,
    places: Places,
    file: str,
    findings: Findings,
    read: Read,
) -> dict[str, str | None]:
    level = places.level
    rule = KeyRule(
        pattern=table.key_pattern, prefix=table.key_prefix, length=level.key_length, zero_fill=table.zero_fill
    )
    # A wrong form is told once per key, with the first row that has it.
    wrong = [] if table.unknown_areas != "refuse" else [(text, rule.problem(text)) for text in distinct]
    for what, texts in _by_reason(
        [(text, problem) for text, problem in wrong if problem is not None]
    ).items():
        findings.each(
            file,
            ((f"row {distinct[text]}", told) for text, told in texts),
            what,
            column=" and ".join(table.key),
        )
    read.count(f"{file}: keys filled up with zeros", filled(pd.Series(list(distinct)), rule))
    bad = {text for text, problem in wrong if problem is not None}
    # A text without a key is no area either: it is rejected or counted under what it says.
    return {text: None if text in bad else rule.key(text) or text for text in distinct}


def _by_reason(wrong: list[tuple[str, tuple[str, str] | None]]) -> dict[str, list[tuple[str, str]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for text, problem in wrong:
        if problem is not None:
            groups.setdefault(problem[1], []).append((text, problem[0]))
    return groups


def _by_name(
    distinct: Mapping[str, object], table: TablePart, places: Places, file: str, findings: Findings
) -> dict[str, str | None]:
    by_name: dict[str, str] = {}
    for key, name in places.names.items():
        by_name.setdefault(tidy(name), key)
    if len(by_name) < len(places.names):
        findings.error(
            file,
            f"names of {places.level.id} occur more than once, so that names join no area for sure",
            "join by key",
            column=" and ".join(table.key),
        )
    result: dict[str, str | None] = {}
    lost = []
    for text, row in distinct.items():
        result[text] = by_name.get(tidy(text)) or (text if text in places.names else None)
        if result[text] is None:
            lost.append(
                (f"row {row}", f"the name {text!r} joins no area ({nearest_name(tidy(text), by_name)})")
            )
    if table.unknown_areas == "refuse":
        findings.each(file, lost, "correct the name, or say aliases", column=" and ".join(table.key))
        return result
    return {text: key if key is not None else text for text, key in result.items()}


def _unknown(
    rows: pd.DataFrame, table: TablePart, places: Places, file: str, findings: Findings, read: Read
) -> None:
    if table.unknown_areas == "leave_out":
        read.count(f"{file}: rows of areas that have no geometry here", len(rows))
    elif table.unknown_areas == "reject":
        kept = rows.set_index("row")[["key"]]
        read.reject(file, kept, f"the area is none of {places.level.id}")
    else:
        findings.each(
            file,
            (
                (f"row {row.row}", f"the area {row.area!r} is none of {places.level.id}")
                for row in rows.itertuples()
            ),
            "deliver its geometry, correct the key, or say what to do with such rows in unknown_areas",
            column=" and ".join(table.key),
        )


def values_from(
    cells: pd.DataFrame, table: TablePart, manifest: Manifest, places: Places, findings: Findings, read: Read
) -> pd.DataFrame:
    """Return the values of placed cells with `VALUE_COLUMNS`; cells that cannot be understood are findings."""
    parts = []

    def understood(number: int, value: ValuePart) -> pd.DataFrame:
        own = cells[cells["entry"] == number]
        return own.join(_understood(own, table, value, findings))

    groups: Iterable[pd.DataFrame] = starmap(understood, enumerate(table.value))  # one after the other
    empty_rows = None
    if table.all_zero_rows:
        groups = list(groups)
        empty_rows = _empty_rows(groups)
    for value, rows in zip(table.value, groups, strict=True):
        if rows.empty:
            continue
        numbers = _judged(rows, value, read, empty_rows=empty_rows, empty_is=table.all_zero_rows)
        if not check_thousands(rows, table, value, manifest, findings):
            check_whole(numbers, value, manifest, findings)
        numbers["value"] *= value.factor
        _check_range(numbers, value, manifest, findings)
        parts.append(_one_per_area(numbers, value, places, findings).assign(indicator_id=value.indicator))
    if not parts:
        return pd.DataFrame(columns=list(VALUE_COLUMNS))
    # Column by column: what has been joined is not needed twice.
    joined: dict[str, pd.Series] = {}
    for name in map(str, list(parts[0])):
        columns: list[pd.Series] = [part.pop(name) for part in parts]
        joined[name] = pd.concat(columns, ignore_index=True)
    codes, periods = pd.factorize(joined["period"])
    days = np.array([reference_date(table, period) for period in periods], dtype=object)
    values = pd.DataFrame(joined | {"reference_date": days[codes]}, copy=False)
    return values.assign(geography=table.geography)[list(VALUE_COLUMNS)]


def _understood(rows: pd.DataFrame, table: TablePart, value: ValuePart, findings: Findings) -> pd.DataFrame:
    told = {text: ValueStatus(state) for text, state in {**table.signs, **value.signs}.items()}
    signs = {**GERMAN_SIGNS, **told}
    sentinels = {**table.sentinels, **value.sentinels}
    form = NumberFormat(
        decimal=table.decimal,
        thousands=table.thousands,
        signs={text: state for text, state in signs.items() if text not in value.labels},
        sentinels={float(text): ValueStatus(state) for text, state in sentinels.items()},
        footnotes=table.footnotes,
    )
    texts = rows["text"].str.strip()
    numbers = read_numbers(texts, form)
    if value.labels:
        labelled = texts.isin(value.labels.keys())
        numbers["value"] = numbers["value"].mask(labelled, texts.map(dict(value.labels)).astype(float))
        numbers["status"] = numbers["status"].mask(labelled, ValueStatus.MEASURED.value)
        numbers["readable"] |= labelled
        unlabelled = numbers["readable"] & ~labelled & numbers["value"].notna()
        numbers["readable"] &= ~unlabelled
    fixed = rows["fixed"] != ""
    numbers["status"] = numbers["status"].mask(fixed, rows["fixed"].astype(object))
    numbers["value"] = numbers["value"].mask(fixed)
    numbers["readable"] |= fixed
    for column, unread in rows[~numbers["readable"]].groupby("column", sort=False):
        by_todo: dict[str, list[tuple[str, str]]] = {}
        for row in unread.itertuples():
            why = _no_number(str(row.text), form, value)
            todo = _OTHER_SIGNS_TODO if why == _OTHER_SIGNS else _NO_NUMBER_TODO
            by_todo.setdefault(todo, []).append(
                (f"row {row.row}", f"{_BLANKS.sub(' ', str(row.text))!r} is {why}")
            )
        for todo, places in by_todo.items():
            findings.each(str(rows["file"].iloc[0]), places, todo, column=str(column))
    return numbers


def _no_number(text: str, form: NumberFormat, value: ValuePart) -> str:
    if value.labels:
        return f"none of the classes {', '.join(value.labels)}"
    if any(sign.isdecimal() and not sign.isascii() for sign in text):
        return "written with other digits than 0 to 9"
    if text.startswith("=") and len(text) > 1:
        return "a formula without a stored result (open and save it in an office program)"
    if _ERROR_CELL.fullmatch(text.strip()) or text.strip().lower() in {
        "nan",
        "inf",
        "-inf",
        "infinity",
        "-infinity",
        "na",
        "n/a",
        "null",
        "none",
    }:
        return "no figure but a program's word for none"
    other = NumberFormat(
        decimal="," if form.decimal == "." else ".",
        thousands="." if form.decimal == "." else ",",
        footnotes=True,
    )
    spaced = NumberFormat(decimal=form.decimal, thousands=" ", footnotes=True)
    if text.strip() and (other.read(text)[2] or spaced.read(text)[2]):
        return _OTHER_SIGNS
    return "neither a number nor a known sign"


def _plain_zeros(rows: pd.DataFrame) -> pd.Series:
    return (rows["value"] == 0) & (rows["status"] == ValueStatus.MEASURED.value)


def _empty_rows(understood: list[pd.DataFrame]) -> pd.MultiIndex:
    """Return the areas and periods in which every value of the table is 0."""
    together = pd.concat(understood)
    seen = ~_plain_zeros(together) & together["value"].notna()
    any_seen = seen.groupby([together["area_id"], together["period"]]).any()
    return pd.MultiIndex.from_tuples(any_seen.index[~any_seen], names=["area_id", "period"])


def _judged(
    rows: pd.DataFrame, value: ValuePart, read: Read, *, empty_rows: pd.MultiIndex | None, empty_is: str
) -> pd.DataFrame:
    """Return the rows with every plain 0 called what the manifest says it is."""
    number, status = rows["value"], rows["status"]
    plain = _plain_zeros(rows)
    if value.labels:
        return rows
    meant = plain & (rows["period"] >= value.zero_from)
    status = status.mask(plain, value.zero_before).mask(meant, value.zero)
    if value.all_zero:
        seen = (~plain & number.notna()).groupby(rows["period"]).transform("any")
        empty = plain & ~seen
        status = status.mask(empty, value.all_zero)
        read.count(
            f"{value.indicator}: 0 in all areas of a period, taken as {value.all_zero}", int(empty.sum())
        )
        meant &= ~empty
    if empty_rows is not None:
        empty = plain & pd.MultiIndex.from_frame(rows[["area_id", "period"]]).isin(empty_rows)
        status = status.mask(empty, empty_is)
        read.count(f"{value.indicator}: 0 in a whole row of the table, taken as {empty_is}", int(empty.sum()))
        meant &= ~empty
    if value.zero in _WITHOUT:
        read.count(f"{value.indicator}: 0 taken as {value.zero}", int(meant.sum()))
    return rows.assign(value=number.mask(status.isin(_WITHOUT)), status=status)


def _check_range(numbers: pd.DataFrame, value: ValuePart, manifest: Manifest, findings: Findings) -> None:
    definition = next(one for one in manifest.indicator if one.id == value.indicator)
    given = numbers["value"]
    broken = []
    least = definition.least
    if least is None:
        known = known_by_id().get(definition.id)
        least = 0.0 if (definition.kind if known is None else known.kind) == "extensive" else None
    if least is not None:
        broken.append((given < least, f"is below {least:g}"))
    if definition.most is not None:
        broken.append((given > definition.most, f"is above {definition.most:g}"))
    elif are_counts(value, manifest):
        broken.append((given > MOST_COUNTED, f"is above {MOST_COUNTED:,}, more than there are people"))
    for wrong, what in broken:
        rows = numbers[wrong]
        if len(rows):
            findings.each(
                str(rows["file"].iloc[0]),
                ((f"row {row.row}", f"{row.value:g} {what}") for row in rows.itertuples()),
                "correct the cell, or the range of the indicator",
                column=str(rows["column"].iloc[0]),
            )


def _one_per_area(
    numbers: pd.DataFrame, value: ValuePart, places: Places, findings: Findings
) -> pd.DataFrame:
    """Return one value per area and period: columns of a sum are added, and so are areas that were merged."""
    key = ["area_id", "period"]
    merged = set(places.level.merge) if places.level.merge else set()
    written = ["key", *key, "part"]
    twice = numbers.duplicated(written)
    same_area = numbers.duplicated([*key, "part"]) & ~twice & ~numbers["key"].isin(merged)
    same_area &= ~numbers["area_id"].isin(set(places.level.merge.values()))
    wrong = (twice | same_area) & (not value.adds_rows)
    for row in _first(numbers[wrong]):
        findings.error(
            row["file"],
            f"a second row for area {row['area_id']} in {row['period']}",
            "deliver one row each, or say in where or reject which one counts",
            place=f"row {row['row']}",
            column=row["column"],
        )
    numbers = numbers[~wrong]
    if not numbers.duplicated(key).any():
        return numbers[[*key, "value", "status"]]
    order = {state.value: rank for rank, state in enumerate(PRECEDENCE)}
    names = np.array([state.value for state in PRECEDENCE], dtype=object)
    groups = numbers.assign(rank=numbers["status"].map(order)).groupby(key, sort=False)
    summed = groups.agg(value=("value", "sum"), rank=("rank", "min")).reset_index()
    summed["status"] = names[summed["rank"].to_numpy(dtype=int)]
    summed["value"] = summed["value"].mask(summed["status"].isin(_WITHOUT))
    return summed[[*key, "value", "status"]]


def _first(rows: pd.DataFrame, most: int = 20) -> list[dict[str, str]]:
    return rows.head(most).to_dict("records")  # type: ignore[return-value]
