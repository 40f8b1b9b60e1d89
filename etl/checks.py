"""Check a clean delivery before it is loaded: all broken rules in one pass, each told in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from db.models import PERIOD_PATTERN
from etl.delivery import AREA_COLUMNS, VALUE_COLUMNS, Delivery
from etl.errors import DeliveryError, Problem
from etl.geometry_checks import crs_problems, geometry_problems, overlap_problems
from etl.problems import SHOWN, listed, named
from indicators.shares import ROUNDING
from indicators.status import WITH_VALUE, WITHOUT_VALUE, ValueStatus

__all__ = ["check"]

_STATUSES = [status.value for status in ValueStatus]


def check(delivery: Delivery) -> None:
    """Raise a `DeliveryError` with every problem of the delivery, or return when there is none."""
    tables = {"areas": delivery.areas, "values": delivery.values}
    problems = [
        *named(
            "table(s) without any row",
            [name for name, table in tables.items() if table.empty],
            "deliver them",
        ),
        *_geography_problems(delivery),
        *_indicator_problems(delivery),
        *_schema_problems(_area_schema(delivery), delivery.areas, "areas"),
        *_schema_problems(_value_schema(delivery), delivery.values, "values"),
    ]
    if not isinstance(delivery.areas, gpd.GeoDataFrame):
        problems.append(Problem("the areas are a table without geometry; deliver a GeoDataFrame"))
    elif _has_columns(delivery.areas, AREA_COLUMNS):
        problems += [
            *_key_problems(delivery),
            *crs_problems(delivery.areas, delivery.city.srid),
            *geometry_problems(delivery.areas, multi=True),
            *_overlap_problems(delivery),
        ]
    if _has_columns(delivery.values, VALUE_COLUMNS):
        problems += [*_value_problems(delivery), *_share_problems(delivery)]
    if problems:
        raise DeliveryError(delivery.source.id, problems)


def _geography_problems(delivery: Delivery) -> Iterator[Problem]:
    above: str | None = None
    for geography in delivery.geographies:
        if geography.parent != above:
            yield Problem(
                f"geography {geography.id!r} has the parent {geography.parent!r}, "
                f"the level above it is {above!r}; list the geographies from the top down"
            )
        above = geography.id
    ids = pd.Series([geography.id for geography in delivery.geographies], dtype=object)
    yield from named("level(s) defined twice", ids[ids.duplicated()], "define each level once")
    if _has_columns(delivery.areas, ("geography",)):
        empty = sorted(set(ids) - set(delivery.areas["geography"]))
        yield from named("level(s) without any area", empty, "deliver their areas or leave the level out")


def _indicator_problems(delivery: Delivery) -> Iterator[Problem]:
    ids = pd.Series([indicator.id for indicator in delivery.indicators], dtype=object)
    yield from named("indicator(s) defined twice", ids[ids.duplicated()], "define each indicator once")
    known = set(ids)
    for indicator in delivery.indicators:
        lacking = [
            part
            for part in (indicator.numerator, indicator.denominator)
            if part is not None and part not in known
        ]
        if lacking:
            yield Problem(
                f"indicator {indicator.id!r} needs {', '.join(lacking)}, which the delivery does not define; "
                "add the definition(s)"
            )


def _area_schema(delivery: Delivery) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(
        {
            "geography": _text(
                "a level of the delivery", {geography.id for geography in delivery.geographies}
            ),
            "area_id": _text("text, not empty, without blanks at its ends", None),
            "name": _text("text, not empty, without blanks at its ends", None),
        },
        checks=[
            pa.Check(
                lambda frame: _has_columns(frame, AREA_COLUMNS),
                error=f"has the columns {', '.join(AREA_COLUMNS)}",
            )
        ],
    )


def _value_schema(delivery: Delivery) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(
        {
            "geography": _text(
                "a level of the delivery", {geography.id for geography in delivery.geographies}
            ),
            "area_id": _text("text, not empty, without blanks at its ends", None),
            "indicator_id": _text(
                "an indicator of the delivery", {indicator.id for indicator in delivery.indicators}
            ),
            "period": _text("ISO text such as 2019, 2019-Q2 or 2019-06-30", re.compile(PERIOD_PATTERN)),
            "reference_date": pa.Column(
                None, pa.Check(lambda column: _each(column, _is_date), error="a datetime.date"), nullable=True
            ),
            "value": pa.Column(
                float,
                pa.Check(_is_finite, error="finite", ignore_na=True),
                nullable=True,
            ),
            "status": _text(f"one of {', '.join(_STATUSES)}", set(_STATUSES)),
        },
        checks=[
            pa.Check(
                lambda frame: _has_columns(frame, VALUE_COLUMNS),
                error=f"has the columns {', '.join(VALUE_COLUMNS)}",
            )
        ],
    )


def _text(rule: str, allowed: set[str] | re.Pattern[str] | None) -> pa.Column:
    """Return a column of text; the rule is decided once per distinct text, a million rows have few."""

    def fits(text: Any) -> bool:
        if not isinstance(text, str):
            return False
        if allowed is None:
            return bool(text) and text == text.strip()
        return text in allowed if isinstance(allowed, set) else allowed.match(text) is not None

    return pa.Column(
        None, pa.Check(lambda column: _each(column, fits), error=rule, ignore_na=False), nullable=True
    )


def _each(column: pd.Series, fits: Any) -> pd.Series:
    codes, distinct = pd.factorize(column, use_na_sentinel=False)
    verdicts = np.array([fits(item) for item in distinct], dtype=bool)
    return pd.Series(verdicts[codes] if len(verdicts) else np.zeros(0, dtype=bool), index=column.index)


def _is_finite(column: pd.Series) -> pd.Series:
    number = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    return pd.Series(~np.isinf(number), index=column.index)


def _is_date(item: Any) -> bool:
    return isinstance(item, date) and not isinstance(item, datetime)


def _schema_problems(schema: pa.DataFrameSchema, frame: pd.DataFrame, table: str) -> Iterator[Problem]:
    if frame.empty:
        return
    plain = pd.DataFrame(
        {column: frame[column].reset_index(drop=True) for column in frame.columns if column != "geometry"}
    )
    if "geometry" in frame.columns:
        plain["geometry"] = None
    try:
        schema.validate(plain, lazy=True)
    except SchemaErrors as error:
        failures = error.failure_cases
        for (column, rule), cases in failures.groupby(["column", "check"], sort=False, dropna=False):
            yield _schema_problem(table, plain, str(column), str(rule), cases)


def _schema_problem(table: str, frame: pd.DataFrame, column: str, rule: str, cases: pd.DataFrame) -> Problem:
    if rule == "column_in_dataframe":
        return Problem(f"{table} has no column {cases['failure_case'].iloc[0]!r}; deliver it")
    if column not in frame.columns:
        return Problem(f"{table} must be a table that {rule}; deliver the missing columns")
    if rule.startswith("dtype("):
        return Problem(
            f"{table}, column {column!r}: is {frame[column].dtype}, decimal numbers are expected; convert it"
        )
    shown = [
        f"row {int(row)} has {case!r}"
        for row, case in zip(cases["index"][:SHOWN], cases["failure_case"][:SHOWN], strict=True)
    ]
    return Problem(
        f"{table}, column {column!r}: {len(cases)} cell(s) are not {rule}: {listed(shown, len(cases))}; "
        "correct them"
    )


def _key_problems(delivery: Delivery) -> Iterator[Problem]:
    areas = delivery.areas
    keys = areas["area_id"].astype(str)
    twice = areas.duplicated(["geography", "area_id"], keep="first")
    yield from named(
        "area key(s) that occur twice",
        areas.loc[twice, "geography"].astype(str) + " " + keys[twice],
        "every area needs its own key",
    )
    above: set[str] | None = None
    for geography in delivery.geographies:
        here = (areas["geography"] == geography.id).to_numpy()
        wrong = keys[here][keys[here].str.len() != geography.key_length]
        yield from named(
            f"key(s) of {geography.id} that do not have {geography.key_length} character(s)",
            wrong,
            "keys are text with their leading zeros",
        )
        parents = areas.loc[here, "parent_id"]
        if above is None:
            yield from named(
                f"area(s) of the top level {geography.id} with a parent",
                keys[here][parents.notna()],
                "remove it",
            )
        else:
            lost = ~parents.isin(above)
            shown = (
                keys[here][lost]
                + " (parent "
                + parents[lost].astype(object).where(parents[lost].notna(), "none").astype(str)
                + ")"
            )
            yield from named(
                f"area(s) of {geography.id} whose parent is not in {geography.parent}",
                shown,
                "give each a parent from that level",
            )
        above = set(keys[here])


def _overlap_problems(delivery: Delivery) -> Iterator[Problem]:
    areas = delivery.areas
    if areas.crs is None or not areas.crs.is_projected:
        return  # said already; without metres no width can be judged
    for geography in delivery.geographies:
        yield from overlap_problems(areas[areas["geography"] == geography.id], geography.id)


def _value_problems(delivery: Delivery) -> Iterator[Problem]:
    values, areas = delivery.values, delivery.areas
    place = ["geography", "area_id"]
    if _has_columns(areas, AREA_COLUMNS):
        known = pd.MultiIndex.from_frame(areas[place].astype(str))
        distinct = values[place].astype(str).drop_duplicates()
        lost = distinct[~pd.MultiIndex.from_frame(distinct).isin(known)]
        yield from named(
            "area(s) that have values but no geometry",
            lost["geography"] + " " + lost["area_id"],
            "deliver the areas too",
        )
    status = values["status"].astype(str)
    number = pd.to_numeric(values["value"], errors="coerce").to_numpy(dtype=float)
    given = ~np.isnan(number)
    with_value = status.isin([state.value for state in WITH_VALUE]).to_numpy()
    without_value = status.isin([state.value for state in WITHOUT_VALUE]).to_numpy()
    rules = (
        (
            with_value & ~given,
            "value(s) whose status needs a number, but there is none",
            "set the status to missing or suppressed",
        ),
        (
            without_value & given,
            "value(s) that are missing or suppressed, but have a number",
            "remove the number",
        ),
        (
            (status == ValueStatus.ZERO.value).to_numpy() & given & (number != 0),
            "value(s) called zero that are not 0",
            "correct the status",
        ),
        (
            _class_out_of_range(delivery, number),
            "class(es) that are not one of the indicator's labels",
            "correct the class",
        ),
        (
            _negative_counts(delivery, number),
            "count(s) below 0",
            "correct them; what can be negative is not a count, but intensive",
        ),
    )
    for broken, what, remedy in rules:
        yield from named(what, _places(values[broken]), remedy, count=int(broken.sum()))
    key = [*place, "indicator_id", "period"]
    twice = _repeated(values, key)
    yield from named(
        "value(s) that occur twice for the same area, indicator and period",
        _places(values[twice]),
        "deliver one value each",
        count=int(twice.sum()),
    )


def _repeated(values: pd.DataFrame, key: list[str]) -> np.ndarray:
    return pd.Series(_joint_codes(values, key)).duplicated().to_numpy()


def _joint_codes(values: pd.DataFrame, key: list[str]) -> np.ndarray:
    """Return one number per key; numbers stand for the texts, because comparing a million texts is slow."""
    joint = np.zeros(len(values), dtype=np.int64)
    for column in key:
        codes, distinct = pd.factorize(values[column], use_na_sentinel=False)
        joint = joint * (len(distinct) + 1) + codes
    return joint


def _negative_counts(delivery: Delivery, number: np.ndarray) -> np.ndarray:
    extensive = [definition.id for definition in delivery.indicators if definition.kind == "extensive"]
    below = number < 0
    if below.any():
        below &= delivery.values["indicator_id"].isin(extensive).to_numpy()
    return below


def _share_problems(delivery: Delivery) -> Iterator[Problem]:
    """Yield the shares whose part is larger than its whole, for all levels and periods."""
    values = delivery.values
    shares = [definition for definition in delivery.indicators if definition.is_share]
    if not shares or values.empty:
        return
    number = pd.to_numeric(values["value"], errors="coerce").to_numpy(dtype=float)
    place, distinct = pd.factorize(_joint_codes(values, ["geography", "area_id", "period"]))
    rows_of = values.reset_index(drop=True).groupby("indicator_id", observed=True).indices
    for definition in shares:
        part, whole = rows_of.get(definition.numerator), rows_of.get(definition.denominator)
        if part is None or whole is None:
            continue
        limit = np.full(len(distinct), np.nan)
        limit[place[whole]] = number[whole]
        above = np.asarray(part)[number[part] > limit[place[part]] * (1 + ROUNDING)]
        yield from named(
            f"count(s) of {definition.numerator} above {definition.denominator}, the whole they are part of",
            _places(values.take(above)),
            "check that both are of the same group and date",
            count=len(above),
        )


def _class_out_of_range(delivery: Delivery, number: np.ndarray) -> np.ndarray:
    indicator = delivery.values["indicator_id"]
    broken = np.zeros(len(number), dtype=bool)
    for definition in delivery.indicators:
        if definition.kind == "ordinal":
            here = (indicator == definition.id).to_numpy(dtype=bool) & ~np.isnan(number)
            broken |= here & ~np.isin(number, np.arange(1, len(definition.labels_de) + 1))
    return broken


def _places(values: pd.DataFrame) -> list[str]:
    return [
        f"{row.geography} {row.area_id}, {row.indicator_id}, {row.period}"
        for row in values.head(SHOWN).itertuples(index=False)
    ]


def _has_columns(frame: pd.DataFrame, columns: Iterable[str]) -> bool:
    return set(columns) <= set(frame.columns)
