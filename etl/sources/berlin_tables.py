"""Berlin's tables: the Monitoring Soziale Stadtentwicklung (MSS) and the register population (EWR)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from etl.delivery import REJECTED_COLUMNS, VALUE_COLUMNS
from etl.errors import DeliveryError, FetchError, Problem
from etl.raw import RawFile
from etl.sources.berlin_areas import CITY_KEY, KEY_LENGTHS, MERGED
from etl.sources.nesting import add_up
from etl.sources.reading import read_table
from indicators.berlin import MSS_CHANGE_INDICATORS, MSS_STATUS_INDICATORS
from indicators.status import ValueStatus

__all__ = ["MSS_EDITIONS", "ewr_values", "mss_keys", "mss_values"]

# Edition → reference date of its figures.
MSS_EDITIONS = {"2013": date(2012, 12, 31), "2017": date(2016, 12, 31), "2019": date(2018, 12, 31)}

_FINEST = "planning_area"
_UPPER_TABLES = {"sub_district": "2-2-district-regions", "district": "2-3-districts"}
_SUBJECTS = (
    "percentage_unemployed",
    "percentage_long_term_unemployed",
    "percentage_transfer_payments_recipients",
    "percentage_transfer_payments_recipients_below_15_years",
)
_STATUS_COLUMNS = {
    f"s{number}_{subject}": MSS_STATUS_INDICATORS[number - 1] for number, subject in enumerate(_SUBJECTS, 1)
}
_CHANGE_COLUMNS = {
    f"d{number}_{subject}": MSS_CHANGE_INDICATORS[number - 1] for number, subject in enumerate(_SUBJECTS, 1)
}
_SHARES = {**_STATUS_COLUMNS, **_CHANGE_COLUMNS}
_CLASSES = {
    "status_index": ("mss_published_status_class", {"1": 1.0, "2": 2.0, "3": 3.0, "4": 4.0}),
    "dynamic_index": ("mss_published_dynamic_class", {"+": 1.0, "+/-": 2.0, "-": 3.0}),
}
_NO_CLASS = _NOT_PRINTED = ("", "0")  # what excluded areas have in place of a class, and of a share

_EWR_NAME = re.compile(r"berlin-lor-population-(?P<year>\d{4})-02-(?P<table>t[12])-planning-areas\.csv")
_EWR_COUNTS: dict[str, dict[str, tuple[str, ...]]] = {
    "t1": {
        "residents": ("inhabitants",),
        "german": ("inhabitants_germans",),
        "non_german": ("inhabitants_foreigners",),
        "migration_background": ("inhabitants_with_migration_background",),
    },
    "t2": {
        "women": ("inhabitants_female",),
        "residents_u15": ("inhabitants_age_below_6", "inhabitants_age_6_15"),
        "residents_u18": ("inhabitants_age_below_6", "inhabitants_age_6_15", "inhabitants_age_15_18"),
        "residents_15_65": (
            "inhabitants_age_15_18",
            "inhabitants_age_18_27",
            "inhabitants_age_27_45",
            "inhabitants_age_45_55",
            "inhabitants_age_55_65",
        ),
        "residents_65p": ("inhabitants_age_above_65",),
    },
}


def mss_keys(files: Sequence[RawFile]) -> set[str]:
    """Return the keys of the planning areas, which all editions must share."""
    keys = {
        edition: set(_read(_mss_file(files, edition, "1-planning-areas"), ("id",))["id"])
        for edition in MSS_EDITIONS
    }
    newest = max(keys)
    problems = [
        Problem(
            f"MSS edition {edition} has other planning areas than {newest}: "
            f"{', '.join(sorted(other ^ keys[newest])[:5])}; load editions with the same boundaries"
        )
        for edition, other in keys.items()
        if other != keys[newest]
    ]
    if problems:
        raise DeliveryError("berlin tables", problems)
    return keys[newest]


def mss_values(files: Sequence[RawFile], *, rejected: list[pd.DataFrame]) -> list[pd.DataFrame]:
    """Return the published values of all editions and levels, as frames to put together."""
    return [rows for edition in MSS_EDITIONS for rows in _edition(files, edition, rejected)]


def ewr_values(files: Sequence[RawFile], *, repairs: dict[str, int]) -> list[pd.DataFrame]:
    """Return the register counts of all levels, in the areas of the MSS tables, as frames to put together."""
    parts = []
    for file in files:
        match = _EWR_NAME.fullmatch(file.name)
        if match is None:
            continue
        year, counts = match["year"], _EWR_COUNTS[match["table"]]
        if year < "1000":
            raise FetchError(
                f"{year} is not a year", file.name, "correct the name of the file and load again"
            )
        needed = {column for columns in counts.values() for column in columns}
        table = _read(file, ("id", *sorted(needed)))
        numbers = pd.DataFrame({column: _numbers(table, column, file.name) for column in needed})
        merged = table["id"].map(MERGED)
        if merged.notna().any():
            repairs[f"areas split off in 2019 added to where they came from ({match['table']}, {year})"] = (
                int(merged.notna().sum())
            )
        area = merged.fillna(table["id"])
        for indicator, columns in counts.items():
            summed = numbers[list(columns)].sum(axis=1).groupby(area).sum()
            parts.append(_rows(_FINEST, summed, indicator, year, date(int(year), 12, 31)))
    if not parts:
        return []
    finest = pd.concat(parts, ignore_index=True)
    return [finest, *_all_sums(finest)]


def _edition(files: Sequence[RawFile], edition: str, rejected: list[pd.DataFrame]) -> list[pd.DataFrame]:
    classes_file = _mss_file(files, edition, "1-planning-areas")
    shares_file = _mss_file(files, edition, "2-1-planning-areas")
    classes = _read(classes_file, ("id", "inhabitants", "status_index", "dynamic_index")).set_index("id")
    shares = _read(shares_file, ("id", "inhabitants", *_SHARES)).set_index("id")
    differing = ", ".join(sorted(set(classes.index) ^ set(shares.index))[:5])
    if differing:
        what = f"{shares_file.name}: other areas than {classes_file.name}: {differing}; load both whole"
        raise DeliveryError("berlin tables", [Problem(what)])
    inhabitants = _numbers(shares, "inhabitants", shares_file.name)
    residents = _rows(_FINEST, inhabitants, "mss_residents", edition, MSS_EDITIONS[edition])
    excluded = classes["status_index"].isin(_NO_CLASS).reindex(shares.index)
    finest = [
        residents,
        _share_rows(shares, excluded, level=_FINEST, edition=edition, file=shares_file, rejected=rejected),
    ]
    for column, (indicator, labels) in _CLASSES.items():
        finest.append(_class_rows(classes[column], labels, indicator, edition, classes_file))
    upper = [
        rows
        for level in _UPPER_TABLES
        for rows in _upper_level(files, edition, level, inhabitants=inhabitants, rejected=rejected)
    ]
    return [*finest, *_all_sums(residents), *upper]


def _upper_level(
    files: Sequence[RawFile],
    edition: str,
    level: str,
    *,
    inhabitants: pd.Series,
    rejected: list[pd.DataFrame],
) -> list[pd.DataFrame]:
    """Return the published shares of an upper level, or nothing when the table is not of this edition.

    The 2017 table of the Bezirksregionen is a copy of the 2019 one: its inhabitants are not those of 2017.
    """
    file = _mss_file(files, edition, _UPPER_TABLES[level])
    table = _read(file, ("id", "inhabitants", *_SHARES)).set_index("id")
    sums = inhabitants.groupby(inhabitants.index.str[: KEY_LENGTHS[level]]).sum()
    printed = _numbers(table, "inhabitants", file.name)
    differing = int((printed.reindex(sums.index) != sums).sum())
    if differing:
        reason = (
            f"inhabitants differ from the sums of the planning areas in {differing} of {len(sums)} areas: "
            f"the table is not of edition {edition}"
        )
        rejected.append(_left_out(file.name, f"all {len(table)} rows", reason))
        return []
    excluded = table[list(_SHARES)].isin(_NOT_PRINTED).all(axis=1)
    return [_share_rows(table, excluded, level=level, edition=edition, file=file, rejected=rejected)]


def _share_rows(
    table: pd.DataFrame,
    excluded: pd.Series,
    *,
    level: str,
    edition: str,
    file: RawFile,
    rejected: list[pd.DataFrame],
) -> pd.DataFrame:
    """Return S and D values; excluded areas print 0 everywhere, which means withheld."""
    printed = table[list(_SHARES)]
    contradictory = excluded & ~printed.isin(_NOT_PRINTED).all(axis=1)
    if contradictory.any():
        keys = ", ".join(table.index[contradictory][:5])
        what = f"{file.name}: areas without a class have values: {keys}; use tables of one edition"
        raise DeliveryError("berlin tables", [Problem(what)])
    parts = []
    for column, indicator in _SHARES.items():
        if (printed[column] == "").all():
            reason = "column empty throughout: the indicator is not part of this edition"
            rejected.append(_left_out(file.name, f"column {column}", reason))
            continue
        number = _numbers(table, column, file.name, empty_is_missing=True).mask(excluded)
        rows = _rows(level, number, indicator, edition, MSS_EDITIONS[edition])
        # A share of exactly 0 in a valid area is a true zero; a change of 0 is a measurement like any other.
        none_there = (number == 0).to_numpy() & (indicator in MSS_STATUS_INDICATORS)
        rows["status"] = np.select(
            [excluded.to_numpy(), number.isna().to_numpy(), none_there],
            [ValueStatus.SUPPRESSED.value, ValueStatus.MISSING.value, ValueStatus.ZERO.value],
            default=ValueStatus.MEASURED.value,
        )
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)


def _class_rows(
    printed: pd.Series, labels: dict[str, float], indicator: str, edition: str, file: RawFile
) -> pd.DataFrame:
    unknown = printed[~printed.isin([*labels, *_NO_CLASS])]
    if len(unknown):
        known = ", ".join(labels)
        problems = [
            Problem(f"{file.name}, {area}: {text!r} is not one of the classes {known}; correct it")
            for area, text in unknown.items()
        ]
        raise DeliveryError("berlin tables", problems)
    number = printed.map(labels).astype(float)
    rows = _rows(_FINEST, number, indicator, edition, MSS_EDITIONS[edition])
    rows["status"] = np.where(number.isna(), ValueStatus.SUPPRESSED.value, ValueStatus.MEASURED.value)
    return rows


def _rows(level: str, number: pd.Series, indicator: str, period: str, reference: date) -> pd.DataFrame:
    status = np.where(number.to_numpy() == 0, ValueStatus.ZERO.value, ValueStatus.MEASURED.value)
    return pd.DataFrame(
        {
            "geography": level,
            "area_id": number.index.to_numpy(),
            "indicator_id": indicator,
            "period": period,
            "reference_date": reference,
            "value": number.to_numpy(dtype=float),
            "status": status.astype(object),
        },
        columns=list(VALUE_COLUMNS),
    )


def _all_sums(finest: pd.DataFrame) -> list[pd.DataFrame]:
    keys = finest["area_id"].unique()
    sums = [
        add_up(finest, pd.Series([key[:length] for key in keys], index=keys), geography=level)
        for level, length in KEY_LENGTHS.items()
        if level != _FINEST
    ]
    return [*sums, add_up(finest, pd.Series(CITY_KEY, index=keys), geography="city")]


def _mss_file(files: Sequence[RawFile], edition: str, table: str) -> RawFile:
    name = f"berlin-monitoring-social-urban-development-{edition}-00-{table}.csv"
    file = next((file for file in files if file.name == name), None)
    if file is None:
        raise FetchError("file not found among the raw files", name, "check the folder given with --from")
    return file


def _read(file: RawFile, columns: Sequence[str]) -> pd.DataFrame:
    table = read_table(file, columns)
    twice = table.loc[table["id"].duplicated(), "id"]
    if len(twice):
        raise DeliveryError(
            "berlin tables",
            [Problem(f"{file.name}: key {key} occurs more than once; one row each") for key in twice],
        )
    return table


def _numbers(
    table: pd.DataFrame, column: str, file_name: str, *, empty_is_missing: bool = False
) -> pd.Series:
    texts = table[column]
    number = pd.to_numeric(texts, errors="coerce").astype(float)
    unread = number.isna() & ~((texts == "") & empty_is_missing)
    if unread.any():
        shown = ", ".join(f"{text!r}" for text in texts[unread].unique()[:5])
        what = f"{file_name}, column {column}: {unread.sum()} cell(s) are not numbers: {shown}; correct them"
        raise DeliveryError("berlin tables", [Problem(what)])
    return number


def _left_out(file_name: str, place: str, reason: str) -> pd.DataFrame:
    return pd.DataFrame([(file_name, place, reason, "")], columns=list(REJECTED_COLUMNS))
