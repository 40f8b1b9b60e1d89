"""What one map shows: values, classes, colours and states of one indicator, geography and period.

A `Layer` is the one object from which map, legend, table and offline map are drawn; nobody else computes a
break, a colour or a label. `to_json()` is what the page receives:

```
{
  "indicator": {"id", "title": {"de", "en"}, "unit", "decimals", "direction", "kind",
                "form", "factor", "numerator", "minus", "denominator", "minimum_denominator",
                "universe": {"de", "en"}, "caution": {"de", "en"}, "sheet": "indicators/…/sheet" | null},
  "geography": "block", "period": "2019", "periods": ["2017", "2019"], "reference_date": "2019-12-31" | null,
  "drawing": "areas" | "symbols",
  "scheme": {"id", "title": {"de", "en"}, "periods": [...], "diverging_at": null | 0.0},
  "classes": [{"low", "high", "colour", "label": {"de", "en"}, "count"}],
  "symbols": null | {"colour", "negative_colour", "scale",
                     "steps": [{"value", "radius", "label": {"de", "en"}}]},
  "states": {"zero" | "missing" | "suppressed" | "uncertain":
             {"colour", "pattern": {"name", "tile", "path", "width"}, "ink", "label": {"de", "en"}, "count"}},
  "area_ids": ["0101", ...], "values": [12.3, null, ...], "statuses": ["measured", "missing", ...],
  "class_index": [2, -1, ...],
  "intervals": null | {"level": 0.95, "ci_low": [10.1, null, ...], "ci_high": [14.9, null, ...],
                       "comparison": ["above" | "below" | "not_distinguishable" | null, ...]},
  "source": {"title": {"de", "en"}, "attribution", "licence", "url", "edition", "synthetic"},
  "sources": [{"title": {"de", "en"}, "attribution", "licence", "url"}]
}
```

The lists have one entry per area, in the same order. `values` are rounded to `decimals` (the data API
has the stored ones), null exactly for missing and suppressed. `class_index` is -1 for everything that has
no class: zero, missing, suppressed, and all areas of a layer drawn as symbols. `intervals` are there for what is
computed from counts with a model of chance; they are null where there is no value, and `comparison` says how the area
compares with the rest of its city. Class breaks cover all
periods, `count` is of the shown period. A pattern is a seamless tile of `tile` pixels with strokes along an
SVG `path`. A symbol's radius in pixels is `scale * sqrt(|value|)`, so its area is proportional to the value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd

from indicators.definition import Indicator
from indicators.limits import INTERVAL_LEVEL
from indicators.status import WITHOUT_VALUE, ValueStatus
from maps.classification import Classes, Scheme, assign, classify, classify_labels
from maps.errors import LayerError
from maps.numbers import format_number, round_shown
from maps.palettes import PATTERNS, STATES, SYMBOL_COLOUR, SYMBOL_COLOUR_NEGATIVE
from maps.sheets import sheet_address

__all__ = ["SCHEME_TITLES", "Intervals", "Layer", "LayerSource", "SymbolStep", "Symbols", "build_layer"]

SCHEME_TITLES = {
    "quantiles": ("Gleich viele Gebiete je Klasse (Quantile)", "Equal number of areas per class (quantiles)"),
    "fisher_jenks": ("Natürliche Grenzen (Fisher-Jenks)", "Natural breaks (Fisher-Jenks)"),
    "equal_interval": ("Gleich breite Klassen", "Equal class width"),
    "labels": ("Klassen wie vom Verfahren vergeben", "Classes as given by the method"),
    "symbols": ("Kreisfläche entspricht der Anzahl", "Circle area is proportional to the count"),
}

_NAMED = ("title_de", "title_en", "attribution", "licence", "url")


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSource:
    """Whom to name below the map, and which edition of the boundaries is drawn.

    Where several stand behind the values, the texts have all of them, and `named` has title_de, title_en, attribution,
    licence and url of each.
    """

    title_de: str
    title_en: str
    attribution: str
    licence: str
    url: str = ""
    edition: str = ""
    is_synthetic: bool = False
    named: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolStep:
    """One circle of the legend; the radius is in pixels."""

    value: float
    radius: float
    label_de: str
    label_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbols:
    """Proportional circles: radius [pixels] = `scale` * sqrt(|value|), the same scale in all periods."""

    scale: float
    colour: str
    negative_colour: str
    steps: tuple[SymbolStep, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Intervals:
    """How far chance may carry each value, rounded as shown, and how each area compares with the rest of its city."""

    ci_low: tuple[float | None, ...]
    ci_high: tuple[float | None, ...]
    comparison: tuple[str | None, ...]
    level: float = INTERVAL_LEVEL

    def to_json(self) -> dict[str, Any]:
        """Return the part of the layer's body."""
        lists = {name: list(getattr(self, name)) for name in ("ci_low", "ci_high", "comparison")}
        return {"level": self.level, **lists}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Layer:
    """One indicator on one geography in one period, ready to be drawn; one row of the lists per area."""

    indicator: Indicator
    geography: str
    period: str
    periods: tuple[str, ...]
    reference_date: date | None
    classes: Classes
    symbols: Symbols | None
    area_ids: tuple[str, ...]
    values: tuple[float | None, ...]
    statuses: tuple[ValueStatus, ...]
    class_index: tuple[int, ...]
    source: LayerSource
    intervals: Intervals | None = None

    def __repr__(self) -> str:
        return (
            f"Layer({self.indicator.id} {self.period}, {self.geography}: {len(self.area_ids)} areas, "
            f"{len(self.classes)} classes, {self.count('missing')} missing, "
            f"{self.count('suppressed')} suppressed)"
        )

    @property
    def drawing(self) -> Literal["areas", "symbols"]:
        """Counts are drawn as circles, everything else as filled areas."""
        return "areas" if self.symbols is None else "symbols"

    def count(self, status: str) -> int:
        """Return how many areas are in this state."""
        return sum(s == status for s in self.statuses)

    def to_frame(self) -> pd.DataFrame:
        """One row per area: value (NaN where there is none), status and class_index, indexed by area_id."""
        return pd.DataFrame(
            {
                "value": np.array(self.values, dtype=float),
                "status": [s.value for s in self.statuses],
                "class_index": np.array(self.class_index, dtype=int),
            },
            index=pd.Index(self.area_ids, name="area_id"),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the body the page is drawn from, see the module's first lines."""
        indicator, classes, symbols, source = self.indicator, self.classes, self.symbols, self.source
        scheme = "symbols" if symbols else classes.scheme
        whole = indicator.decimals == 0
        return {
            "indicator": _indicator_json(indicator),
            "geography": self.geography,
            "period": self.period,
            "periods": list(self.periods),
            "reference_date": self.reference_date.isoformat() if self.reference_date else None,
            "drawing": self.drawing,
            "scheme": {
                "id": scheme,
                "title": _both(*SCHEME_TITLES[scheme]),
                "periods": list(self.periods),
                "diverging_at": classes.diverging_at,
            },
            "classes": [
                {
                    "low": low,
                    "high": high,
                    "colour": colour,
                    "label": _both(label_de, label_en),
                    "count": count,
                }
                for low, high, colour, label_de, label_en, count in zip(
                    classes.lows,
                    classes.highs,
                    classes.colours,
                    classes.labels_de,
                    classes.labels_en,
                    classes.counts,
                    strict=True,
                )
            ],
            "symbols": symbols
            and {
                "colour": symbols.colour,
                "negative_colour": symbols.negative_colour,
                "scale": symbols.scale,
                "steps": [
                    {"value": s.value, "radius": s.radius, "label": _both(s.label_de, s.label_en)}
                    for s in symbols.steps
                ],
            },
            "states": {
                name: {
                    "colour": style.colour,
                    "pattern": {
                        "name": style.pattern,
                        "tile": PATTERNS[style.pattern].tile,
                        "path": PATTERNS[style.pattern].path,
                        "width": PATTERNS[style.pattern].width,
                    },
                    "ink": style.ink,
                    "label": _both(style.label_de, style.label_en),
                    "count": self.count(name),
                }
                for name, style in STATES.items()
            },
            "area_ids": list(self.area_ids),
            "values": [int(v) if whole and v is not None else v for v in self.values],
            "statuses": [s.value for s in self.statuses],
            "class_index": list(self.class_index),
            "intervals": self.intervals and self.intervals.to_json(),
            "source": {
                "title": _both(source.title_de, source.title_en),
                "attribution": source.attribution,
                "licence": source.licence,
                "url": source.url,
                "edition": source.edition,
                "synthetic": source.is_synthetic,
            },
            "sources": [
                {"title": _both(one["title_de"], one["title_en"])}
                | {name: one[name] for name in ("attribution", "licence", "url")}
                for one in source.named or ({name: getattr(source, name) for name in _NAMED},)
            ],
        }


def build_layer(
    indicator: Indicator,
    values: pd.DataFrame,
    *,
    period: str,
    geography: str,
    source: LayerSource,
    area_ids: Sequence[str] | None = None,
    reference_date: date | None = None,
    scheme: Scheme = "quantiles",
    k: int = 5,
    diverging_at: float | Literal["auto"] | None = "auto",
    intervals: pd.DataFrame | None = None,
) -> Layer:
    """Make the layer of one period from the values of *all* periods, so that classes stay comparable.

    `values` has the columns area_id, period, value and status, one row per area and period. `area_ids` are
    all areas of the geography in the order wanted; an area without a row is missing. Without it, every area
    that occurs in any period is shown. `diverging_at="auto"` puts a break at 0 when there are values on
    both sides. The ramp is turned round for ordinal and diverging indicators whose low values mean more
    need, so that one colour always means more need. `intervals` has area_id, ci_low, ci_high and comparison of the
    shown period; those of an area without a value are left out, whatever they say.
    """
    frame = _checked(values)
    periods = tuple(sorted(frame["period"].unique()))
    if period not in periods:
        raise LayerError(
            f"indicator {indicator.id!r} has no values in period {period!r} on {geography!r}; other periods",
            periods,
            "choose one of these",
        )
    areas = tuple(area_ids) if area_ids is not None else tuple(sorted(frame["area_id"].unique()))
    frame["value"] = round_shown(frame["value"].to_numpy(dtype=float), indicator.decimals)
    on_scale = frame.loc[~frame["status"].isin([*WITHOUT_VALUE, ValueStatus.ZERO]), "value"]
    shown = frame[frame["period"] == period].set_index("area_id").reindex(areas)
    status = shown["status"].astype(object).where(shown["status"].notna(), ValueStatus.MISSING.value)
    scaled = shown["value"].where(status != ValueStatus.ZERO)

    symbols = None
    if indicator.kind == "extensive":
        classes = classify([], decimals=indicator.decimals)
        symbols = _symbols(on_scale, len(areas), indicator.decimals)
        index = pd.Series(-1, index=scaled.index)
    else:
        classes = _classes(indicator, on_scale, scheme, k, diverging_at)
        index = assign(scaled, classes)
        counts = np.bincount(index[index >= 0], minlength=len(classes))
        classes = replace(classes, counts=tuple(int(n) for n in counts))
    return Layer(
        indicator=indicator,
        geography=geography,
        period=period,
        periods=periods,
        reference_date=reference_date,
        classes=classes,
        symbols=symbols,
        area_ids=areas,
        values=tuple(None if np.isnan(v) else float(v) for v in shown["value"].to_numpy(dtype=float)),
        statuses=tuple(ValueStatus(s) for s in status),
        class_index=tuple(int(i) for i in index),
        source=source,
        intervals=_intervals(intervals, shown["value"], indicator.decimals),
    )


def _intervals(table: pd.DataFrame | None, value: pd.Series, decimals: int) -> Intervals | None:
    """Bring the intervals into the order of the areas; None when no area has one."""
    if table is None or table["ci_low"].isna().all():
        return None
    rows = table.set_index("area_id").reindex(value.index)
    has_value = value.notna().to_numpy()

    def limits(name: str) -> tuple[float | None, ...]:
        rounded = round_shown(rows[name].to_numpy(dtype=float), decimals)
        known = has_value & ~np.isnan(rounded)
        return tuple(float(one) if is_known else None for one, is_known in zip(rounded, known, strict=True))

    said = rows["comparison"]
    return Intervals(
        ci_low=limits("ci_low"),
        ci_high=limits("ci_high"),
        comparison=tuple(
            str(one) if known else None
            for one, known in zip(said, has_value & said.notna().to_numpy(), strict=True)
        ),
    )


def _indicator_json(indicator: Indicator) -> dict[str, Any]:
    names = (
        "id",
        "unit",
        "decimals",
        "direction",
        "kind",
        "form",
        "factor",
        "numerator",
        "minus",
        "denominator",
    )
    return {name: getattr(indicator, name) for name in names} | {
        "title": _both(indicator.title_de, indicator.title_en),
        "minimum_denominator": indicator.minimum_denominator,
        "universe": _both(indicator.universe_de, indicator.universe_en),
        "caution": _both(indicator.caution_de, indicator.caution_en),
        "sheet": sheet_address(indicator.id),
    }


def _both(german: str, english: str) -> dict[str, str]:
    return {"de": german, "en": english}


def _checked(values: pd.DataFrame) -> pd.DataFrame:
    """Copy the four columns, or say which rows contradict themselves; no withheld value is let through."""
    frame = values.loc[:, ["area_id", "period", "value", "status"]].reset_index(drop=True)
    frame["value"] = frame["value"].astype(float)
    frame["status"] = frame["status"].map(str)
    has_none = frame["status"].isin(WITHOUT_VALUE)
    is_zero = frame["status"] == ValueStatus.ZERO
    rules = (
        (~frame["status"].isin(list(ValueStatus)), "unknown status", f"use one of {', '.join(ValueStatus)}"),
        (frame.duplicated(["area_id", "period"]), "more than one value for an area and period", "keep one"),
        (has_none & frame["value"].notna(), "missing or suppressed, but with a value", "remove the value"),
        (~has_none & frame["value"].isna(), "neither a value nor the status missing", "set the status"),
        (is_zero & (frame["value"] != 0), "status zero, but another value", "correct one of them"),
    )
    for broken, reason, hint in rules:
        if broken.any():
            rows = frame[broken]
            places = [f"{area} in {at}" for area, at in zip(rows["area_id"], rows["period"], strict=True)]
            raise LayerError(reason, places, hint)
    return frame


def _classes(
    indicator: Indicator,
    on_scale: pd.Series,
    scheme: Scheme,
    k: int,
    diverging_at: float | Literal["auto"] | None,
) -> Classes:
    low_is_need = indicator.direction == "lower_is_more_need"
    if indicator.kind == "ordinal":
        return classify_labels(on_scale, indicator.labels_de, indicator.labels_en, is_reversed=low_is_need)
    centre = diverging_at
    if centre == "auto":
        centre = 0.0 if len(on_scale) and on_scale.min() < 0 < on_scale.max() else None
    return classify(
        on_scale,
        scheme=scheme,
        k=k + k % 2 if centre is not None else k,
        diverging_at=centre,
        decimals=indicator.decimals,
        is_reversed=low_is_need and centre is not None,
    )


def _symbols(on_scale: pd.Series, n_areas: int, decimals: int) -> Symbols:
    """Scale the largest circle to the number of areas, so that 3,000 blocks do not hide each other."""
    largest = float(on_scale.abs().max()) if len(on_scale) else 0.0
    widest = float(np.clip(210 / np.sqrt(max(n_areas, 1)), 5, 26))
    scale = float(widest / np.sqrt(largest)) if largest else 0.0
    steps = sorted({_round_down(largest * share, decimals) for share in (1, 0.4, 0.1)} - {0.0}, reverse=True)
    if steps and on_scale.min() < 0:
        steps = [*steps, -steps[0]]
    return Symbols(
        scale=scale,
        colour=SYMBOL_COLOUR,
        negative_colour=SYMBOL_COLOUR_NEGATIVE,
        steps=tuple(
            SymbolStep(
                value=value,
                radius=round(scale * abs(value) ** 0.5, 2),
                label_de=format_number(value, decimals, "de"),
                label_en=format_number(value, decimals, "en"),
            )
            for value in steps
        ),
    )


def _round_down(value: float, decimals: int) -> float:
    """Keep the first figure as 1, 2 or 5: 12,345 becomes 10,000; below what is shown it becomes 0."""
    if value < 10.0**-decimals:
        return 0.0
    power = 10.0 ** np.floor(np.log10(value))
    first = max(f for f in (1, 2, 5) if f * power <= value * (1 + 1e-12))
    return float(round(first * power, max(decimals, 0)))
