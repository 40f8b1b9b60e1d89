"""The tables of an export: values in long form, areas, indicators, and one wide table per level."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from indicators.definition import Indicator
from indicators.status import ValueStatus
from maps.catalogue import text, unit_text
from maps.exports.content import DataSet, Level
from maps.exports.errors import ExportError
from maps.numbers import Language, format_number

__all__ = [
    "area_table",
    "converted_table",
    "formula_of",
    "indicator_table",
    "main_period",
    "origin_text",
    "value_table",
    "wide_table",
]

_MISSING = ValueStatus.MISSING.value
_DIRECTIONS = {
    "higher_is_more_need": ("höher bedeutet mehr Bedarf", "higher means more need"),
    "lower_is_more_need": ("niedriger bedeutet mehr Bedarf", "lower means more need"),
    "context": ("neutral", "neutral"),
}


def value_table(dataset: DataSet, language: Language) -> pd.DataFrame:
    """Return all values with the names of areas and indicators; states and comparisons as words of the language.

    In English they are the words of the database: measured, zero, missing, suppressed, provisional, corrected, uncertain.
    """
    told = _named_values(dataset, dataset.values, language)
    if language == "de":
        words = {one: text(f"comparison.{one}", "de") for one in ("above", "below", "not_distinguishable")}
        told["comparison"] = _mapped(told["comparison"], words)
    return told


def converted_table(dataset: DataSet, language: Language) -> pd.DataFrame:
    """Return the converted values like all others, with grade, derivation and what they were counted on."""
    return _named_values(dataset, dataset.converted, language)


def _named_values(dataset: DataSet, values: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Return values with the names of areas and indicators before the columns that they have."""
    definitions = {one.id: one for one in dataset.indicators}
    levels = {one.id: one for one in dataset.levels}
    names = pd.concat([one.areas["name"] for one in dataset.levels], keys=levels)
    places = pd.MultiIndex.from_arrays([values["geography"].astype(str), values["area_id"].astype(str)])
    told = pd.DataFrame(
        {
            "geography": values["geography"],
            "edition": _mapped(values["geography"], {name: one.edition for name, one in levels.items()}),
            "area_id": values["area_id"],
            "area": names.reindex(places).to_numpy(),
            "indicator": values["indicator"],
            "title": _mapped(
                values["indicator"], {name: _title(one, language) for name, one in definitions.items()}
            ),
            "unit": _mapped(
                values["indicator"],
                {name: unit_text(one.unit, language) for name, one in definitions.items()},
            ),
        },
        index=values.index,
    )
    told = pd.concat([told, values.drop(columns=["geography", "area_id", "indicator"])], axis=1)
    if language == "de":
        told["status"] = _mapped(
            told["status"], {one.value: text(f"status.{one}", "de") for one in ValueStatus}
        )
        told["origin"] = _mapped(
            told["origin"], {str(one): origin_text(str(one), "de") for one in told["origin"].unique()}
        )
    return told


def area_table(dataset: DataSet) -> pd.DataFrame:
    """Return all areas with the area above."""
    parts = []
    for level in dataset.levels:
        areas = level.areas
        parent = areas["parent_id"].astype(object)
        parts.append(
            pd.DataFrame(
                {
                    "geography": level.id,
                    "edition": level.edition,
                    "area_id": areas.index.to_numpy(),
                    "name": areas["name"].to_numpy(),
                    "parent_geography": pd.Series(level.parent, index=parent.index)
                    .where(parent.notna(), None)
                    .to_numpy(),
                    "parent_id": parent.to_numpy(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def indicator_table(dataset: DataSet, language: Language) -> pd.DataFrame:
    """Return what an indicator is, one row each."""
    german = language == "de"
    return pd.DataFrame(
        [
            {
                "indicator": one.id,
                "title": _title(one, language),
                "unit": unit_text(one.unit, language),
                "kind": one.kind,
                "direction": _DIRECTIONS[one.direction][0 if german else 1],
                "decimals": one.decimals,
                "formula": formula_of(one, language),
                "minimum_denominator": one.minimum_denominator or None,
                "universe": one.universe_de if german else one.universe_en,
                "classes": "; ".join(
                    f"{number} {label}"
                    for number, label in enumerate(one.labels_de if german else one.labels_en, start=1)
                ),
                "caution": one.caution_de if german else one.caution_en,
                "source": one.source,
            }
            for one in dataset.indicators
        ]
    )


def formula_of(indicator: Indicator, language: Language) -> str:
    """Return how the values are computed, in ids of counts: "100 × (moved_in − moved_out) ÷ residents"."""
    if indicator.numerator is None or indicator.denominator is None:
        return ""
    above = indicator.numerator
    if indicator.minus is not None:
        above = f"({above} − {indicator.minus})"
    whole = float(indicator.factor).is_integer()
    factor = format_number(indicator.factor, 0 if whole else 6, language)
    return ("" if indicator.factor == 1 else f"{factor} × ") + f"{above} ÷ {indicator.denominator}"


def main_period(dataset: DataSet, level: Level) -> str:
    """Return the period that a map of a level shows; "" without values.

    The newest with values of at least half as many indicators as the fullest period has: a year of which only the first
    figures are there would be an empty map.
    """
    here = dataset.values[dataset.values["geography"].astype(str) == level.id]
    counted = here[here["value"].notna()].groupby("period", observed=True)["indicator"].nunique()
    if counted.empty:
        return max(map(str, here["period"].unique()), default="")
    return max(map(str, counted.index[2 * counted >= counted.max()]))


def wide_table(dataset: DataSet, level: Level, *, period: str | None = None) -> pd.DataFrame:
    """Return one row per area and period of a level, with two columns per indicator: its value and `<id>__status`.

    Also `<id>__low` and `<id>__high` where there are intervals. An area without a row is missing. With `period` only
    that one. The rows are those of the areas, once per period, in order.

    Raises
    ------
    ExportError
        If an indicator has the name of another column, or a value is of an area that is not on the level.
    """
    here = dataset.values[dataset.values["geography"].astype(str) == level.id]
    periods = sorted(map(str, here["period"].unique())) if period is None else [period]
    count = len(level.areas)
    slot = pd.Index(level.areas.index).get_indexer(pd.Index(here["area_id"].astype(str)))
    if (slot < 0).any():
        lost = sorted(set(here["area_id"].astype(str)[slot < 0]))
        raise ExportError(
            f"{level.id}: values of areas that it does not have: {', '.join(lost[:5])}; load the data anew"
        )
    at = pd.Index(periods).get_indexer(pd.Index(here["period"].astype(str)))
    columns: dict[str, object] = {
        "area_id": np.tile(level.areas.index.to_numpy(dtype=object), len(periods)),
        "name": np.tile(level.areas["name"].to_numpy(dtype=object), len(periods)),
        "parent_id": np.tile(level.areas["parent_id"].to_numpy(dtype=object), len(periods)),
        "edition": level.edition,
        "period": np.repeat(np.array(periods, dtype=object), count),
    }
    indicator = here["indicator"].astype(str).to_numpy()
    found = here[["value", "status", "ci_low", "ci_high"]]
    for one in dataset.indicators:
        mine = (indicator == one.id) & (at >= 0)
        if not mine.any():
            continue
        rows, part = at[mine] * count + slot[mine], found[mine]
        made: dict[str, object] = {one.id: _placed(part["value"], rows, len(periods) * count)}
        status = np.full(len(periods) * count, _MISSING, dtype=object)
        status[rows] = part["status"].astype(str).to_numpy()
        made[f"{one.id}__status"] = pd.Categorical(status, categories=[kind.value for kind in ValueStatus])
        if part["ci_low"].notna().any():
            made[f"{one.id}__low"] = _placed(part["ci_low"], rows, len(periods) * count)
            made[f"{one.id}__high"] = _placed(part["ci_high"], rows, len(periods) * count)
        taken = sorted({"geometry", "fid", *columns} & set(made))
        if taken:
            raise ExportError(
                f"indicator {one.id!r} needs the column {taken[0]!r} for itself, which another one has; rename the indicator"
            )
        columns |= made
    return pd.DataFrame(columns, index=pd.RangeIndex(len(periods) * count))


def _placed(column: pd.Series, rows: np.ndarray, length: int) -> np.ndarray:
    placed = np.full(length, np.nan)
    placed[rows] = column.to_numpy(dtype=float)
    return placed


def _mapped(column: pd.Series, words: Mapping[str, str]) -> pd.Series:
    """Replace words; of a categorical column only its categories are looked at."""
    return column.map(dict(words)).astype(object)


def origin_text(origin: str, language: Language) -> str:
    """Return how tables and notes name a load, a run or a layer, such as "run 9"."""
    kind, _, name = origin.partition(" ")
    german = {"load": "Lieferung", "run": "Berechnung", "overlay": "Layer"}
    return f"{german.get(kind, kind)} {name}" if language == "de" else origin


def _title(indicator: Indicator, language: Language) -> str:
    return indicator.title_de if language == "de" else indicator.title_en
