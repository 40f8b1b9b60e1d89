"""What is a value, or a change, made of? Bars that add up, one below the other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from maps.figures.caption import NOTHING, Caption, measure_title, number_text, said, small_text
from maps.figures.errors import FigureError
from maps.figures.rows import Row, draw_rows, numbers_width, rows_height
from maps.figures.sheet import Key, Panel, lay_out
from maps.figures.style import FAINT, FALL, QUIET, RISE, decimals_for, house_style
from maps.numbers import Language, format_number
from spatial.segregation import Contributions, NestedDecomposition, SegregationChange, SpaceAndComposition
from spatial.segregation.decomposition.nested import PART_TITLES

__all__ = ["change_parts", "contribution_bars", "nested_parts", "space_parts"]

_WORDS: Final = {
    "change": ("{measure}: woher die Änderung kommt", "{measure}: where the change comes from"),
    "change_lead": (
        "Von {before}{first} auf {after}{second}: {difference}; allein durch die Mischung der Gruppen {structural}.",
        "From {before}{first} to {after}{second}: {difference}; {structural} by how the groups mix alone.",
    ),
    "at": (" ({name})", " ({name})"),
    "total_change": ("Änderung insgesamt", "Whole change"),
    "change_axis": ("Änderung des Werts", "Change of the value"),
    "rises": ("erhöht den Wert", "raises the value"),
    "falls": ("senkt den Wert", "lowers the value"),
    "first_higher": ("hebt {first} über {second}", "puts {first} above {second}"),
    "first_lower": ("senkt {first} unter {second}", "puts {first} below {second}"),
    "whole": ("Summe", "sum"),
    "method": ("Zerlegung: {method}", "Decomposition: {method}"),
    "shapley": (
        "Shapley, mit auskonvergierter Randanpassung",
        "Shapley, with converged proportional fitting",
    ),
    "karmel_maclachlan": ("Karmel und Maclachlan", "Karmel and Maclachlan"),
    "mora_ruiz_castillo": ("Mora und Ruiz-Castillo", "Mora and Ruiz-Castillo"),
    "log_base": ("Basis des Logarithmus {base}", "base of the logarithm {base}"),
    "precision": (
        "Randanpassung auf {precision} genau, höchstens {sweeps} Durchgänge",
        "proportional fitting to {precision}, {sweeps} sweeps at most",
    ),
    "empty_cells": ("leere Zellen mit {cells} gefüllt", "empty cells filled with {cells}"),
    "nested": ("{measure}: auf welcher Ebene sie liegt", "{measure}: on which level it lies"),
    "nested_lead": (
        "Von {total} liegen {share} schon zwischen den größten Teilen ({level}).",
        "Of {total}, {share} lie between the largest parts already ({level}).",
    ),
    "nested_axis": ("Teil des Werts", "Part of the value"),
    "total": ("Insgesamt", "Total"),
    "residual": ("Rest, der keiner Ebene zuzuordnen ist", "remainder that belongs to no level"),
    "of_level": ("Teil einer Ebene", "part of a level"),
    "share": ("{number}  ({share})", "{number}  ({share})"),
    "space": ("{measure}: {first} und {second}", "{measure}: {first} and {second}"),
    "space_lead": (
        "{first}: {a}, {second}: {b}; Unterschied {difference}.",
        "{first}: {a}, {second}: {b}; difference {difference}.",
    ),
    "first": ("Erste", "First"),
    "second": ("Zweite", "Second"),
    "space_total": ("Unterschied insgesamt", "Whole difference"),
    "space_axis": ("Teil des Unterschieds", "Part of the difference"),
    "approach": ("Vertauscht wird: {approach}", "Swapped: {approach}"),
    "composition": (
        "der Anteil der Gruppe an den Einwohnern der Gebiete",
        "the group's share of the residents of the areas",
    ),
    "dual_composition": (
        "der Anteil jeder Gruppe an den Einwohnern der Gebiete",
        "every group's share of the residents of the areas",
    ),
    "share_approach": (
        "der Anteil der Gebiete an den Mitgliedern jeder Gruppe",
        "the areas' share of the members of every group",
    ),
    "areas": ("{measure}: Beiträge der Gebiete", "{measure}: contributions of the areas"),
    "groups": ("{measure}: Beiträge der Gruppen", "{measure}: contributions of the groups"),
    "contributions_lead": (
        "Insgesamt {total}; die größten {n} Beiträge machen {share} aus.",
        "{total} in all; the {n} largest contributions make up {share}.",
    ),
    "others": ("Alle {n} übrigen", "All {n} others"),
    "contributions_axis": ("Beitrag zum Wert", "Contribution to the value"),
}

_LEVEL_COLOURS: Final = ("#123c60", "#2d839c", "#57a8b3", "#8fc9c4")


def change_parts(
    change: SegregationChange,
    *,
    names: tuple[str, str] = ("", ""),
    language: Language = "de",
    caption: Caption = NOTHING,
) -> Figure:
    """Draw the causes of a change as bars that start where the one above ends; the last bar is the whole change.

    `names` are those of the two periods, such as ("2011", "2022").
    """
    _require(change.difference, change.measure)
    digits = decimals_for([change.before, change.after], spread=_smallest(change.parts))
    frame = change.to_frame()
    nobody = {
        "additions": not len(change.areas_added) and not change.groups_added,
        "removals": not len(change.areas_removed) and not change.groups_removed,
    }
    frame = frame.drop(index=[part for part, absent in nobody.items() if absent])
    rows = _adding_up(frame[f"title_{language}"], frame["value"], digits, language)
    rows.append(
        _total(said(_WORDS, "total_change", language), change.difference, digits, language, signed=True)
    )
    first, second = (said(_WORDS, "at", language, name=name) if name else "" for name in names)
    lead = said(
        _WORDS,
        "change_lead",
        language,
        before=number_text(change.before, digits, language),
        after=number_text(change.after, digits, language),
        difference=number_text(change.difference, digits, language, signed=True),
        structural=number_text(float(change.parts["structural"]), digits, language, signed=True),
        first=first,
        second=second,
    )
    notes = [
        said(_WORDS, "method", language, method=said(_WORDS, change.method, language)),
        _log_base(change.measure, change.log_base, language),
    ]
    if change.iterations:
        sweeps = format_number(change.iterations, 0, language)
        exact = small_text(change.precision, language)
        notes.append(said(_WORDS, "precision", language, precision=exact, sweeps=sweeps))
    if change.empty_cells:
        cells = small_text(change.empty_cells, language)
        notes.append(said(_WORDS, "empty_cells", language, cells=cells))
    title = said(_WORDS, "change", language, measure=measure_title(change.measure, language))
    looks = {RISE: said(_WORDS, "rises", language), FALL: said(_WORDS, "falls", language)}
    return _bars(rows, _looks(rows, looks, language), title, lead, notes, "change_axis", language, caption)


def space_parts(
    result: SpaceAndComposition,
    *,
    names: tuple[str, str] = ("", ""),
    language: Language = "de",
    caption: Caption = NOTHING,
) -> Figure:
    """Draw the difference of two cities or periods as its part of space and its part of composition."""
    _require(result.difference, result.measure)
    digits = decimals_for([result.first, result.second], spread=_smallest(result.parts))
    frame = result.to_frame()
    rows = _adding_up(frame[f"title_{language}"], frame["value"], digits, language)
    rows.append(
        _total(said(_WORDS, "space_total", language), result.difference, digits, language, signed=True)
    )
    first, second = (
        name or said(_WORDS, key, language) for name, key in zip(names, ("first", "second"), strict=True)
    )
    lead = said(
        _WORDS,
        "space_lead",
        language,
        first=first,
        second=second,
        a=number_text(result.first, digits, language),
        b=number_text(result.second, digits, language),
        difference=number_text(result.difference, digits, language, signed=True),
    )
    approach = "share_approach" if result.approach == "share" else result.approach
    notes = [said(_WORDS, "approach", language, approach=said(_WORDS, approach, language))]
    measured = measure_title(result.measure, language)
    title = said(_WORDS, "space", language, measure=measured, first=first, second=second)
    looks = {
        RISE: said(_WORDS, "first_higher", language, first=first, second=second),
        FALL: said(_WORDS, "first_lower", language, first=first, second=second),
    }
    return _bars(rows, _looks(rows, looks, language), title, lead, notes, "space_axis", language, caption)


def nested_parts(
    result: NestedDecomposition,
    *,
    level_names: Mapping[str, str] | None = None,
    language: Language = "de",
    caption: Caption = NOTHING,
) -> Figure:
    """Draw what lies between the parts of every level, coarse to fine, as bars that add up to the whole.

    `level_names` are shown in place of the names of the levels, such as {"district": "Stadtbezirke"}.
    """
    _require(result.total, result.measure)
    levels = [str(level) for level in result.part.index]
    unknown = sorted(set(level_names or {}) - set(levels))
    if unknown:
        raise FigureError(f"no level {', '.join(unknown)}", f"the levels are {', '.join(levels)}")
    called = {level: level for level in levels} | dict(level_names or {})
    frame = result.to_frame()
    titles = [
        _level_title(str(level), str(within), str(kind), called, language)
        for level, within, kind in zip(frame["level"], frame["within"], frame["kind"], strict=True)
    ]
    digits = decimals_for([result.total])
    rows, reached, place = [], 0.0, 0
    for title, value, share, kind in zip(titles, frame["value"], frame["share"], frame["kind"], strict=True):
        is_rest = kind == "residual"
        rows.append(
            Row(
                name=title,
                start=reached,
                end=reached + value,
                number=_with_share(value, share, digits, language),
                colour=FAINT if is_rest else _LEVEL_COLOURS[place % len(_LEVEL_COLOURS)],
                hatch="////" if is_rest else "",
            )
        )
        reached += value
        place += not is_rest
    rows.append(_total(said(_WORDS, "total", language), result.total, digits, language))
    share = float(frame["share"].iloc[0])
    lead = said(
        _WORDS,
        "nested_lead",
        language,
        total=number_text(result.total, digits, language),
        share=_percent(share, language),
        level=called[str(result.part.index[0])],
    )
    keys = []
    if (frame["kind"] == "residual").any():
        keys = [
            Key(
                text=said(_WORDS, "residual", language), look="area", colour=FAINT, hatch="////", edge="white"
            )
        ]
    title = said(_WORDS, "nested", language, measure=measure_title(result.measure, language))
    notes = [_log_base(result.measure, result.log_base, language)]
    return _bars(rows, keys, title, lead, notes, "nested_axis", language, caption)


def contribution_bars(
    result: Contributions,
    *,
    names: Mapping[str, str] | None = None,
    most: int = 12,
    language: Language = "de",
    caption: Caption = NOTHING,
) -> Figure:
    """Draw the largest contributions of areas or groups to an index, and all others as one bar.

    `names` are shown in place of the ids of the areas, or the names of the groups.
    """
    _require(result.total, result.measure)
    if most < 1:
        raise FigureError(f"{most} bars", "ask for one at least")
    called = names or {}
    part = result.contribution.sort_values(ascending=False, kind="stable")
    digits = decimals_for([result.total], spread=float(part.iloc[:most].abs().min()) / 3)
    shares = part / result.total if result.total > 0 else part * np.nan
    shown = part.iloc[:most]
    rows = [
        Row(
            name=str(called.get(str(label), label)),
            start=0.0,
            end=float(value),
            number=_with_share(float(value), float(share), digits, language),
            colour=FALL,
        )
        for (label, value), share in zip(shown.items(), shares, strict=False)
    ]
    left = part.iloc[most:]
    if len(left):
        number = _with_share(float(left.sum()), float(shares.iloc[most:].sum()), digits, language)
        name = said(_WORDS, "others", language, n=format_number(len(left), 0, language))
        rows.append(Row(name=name, start=0.0, end=float(left.sum()), number=number, colour=FAINT))
    lead = said(
        _WORDS,
        "contributions_lead",
        language,
        total=number_text(result.total, digits, language),
        n=len(shown),
        share=_percent(float(shares.iloc[:most].sum()), language),
    )
    title = said(_WORDS, f"{result.by}s", language, measure=measure_title(result.measure, language))
    notes = [_log_base(result.measure, result.log_base, language)]
    return _bars(rows, [], title, lead, notes, "contributions_axis", language, caption, joined=False)


def _bars(
    rows: list[Row],
    keys: list[Key],
    title: str,
    lead: str,
    notes: list[str],
    axis: str,
    language: Language,
    caption: Caption,
    *,
    joined: bool = True,
) -> Figure:
    with house_style():
        sheet, axes = lay_out(
            title=title,
            caption=caption,
            lead=lead,
            panels=[Panel(height=rows_height(rows), across=said(_WORDS, axis, language))],
            keys=keys,
            notes=notes,
            facts=" ".join(f"{row.name}: {row.number}." for row in rows),
            language=language,
            right=numbers_width(rows),
        )
        draw_rows(sheet, axes[0], rows, language=language, joined=joined)
    return sheet


def _adding_up(titles: pd.Series, values: pd.Series, digits: int, language: Language) -> list[Row]:
    rows, reached = [], 0.0
    for title, value in zip(titles, values, strict=True):
        rows.append(
            Row(
                name=title,
                start=reached,
                end=reached + value,
                number=number_text(value, digits, language, signed=True),
                colour=RISE if value > 0 else FALL,
            )
        )
        reached += value
    return rows


def _total(name: str, value: float, digits: int, language: Language, *, signed: bool = False) -> Row:
    number = number_text(value, digits, language, signed=signed)
    return Row(name=name, start=0.0, end=value, number=number, colour=QUIET, is_strong=True)


def _looks(rows: list[Row], looks: Mapping[str, str], language: Language) -> list[Key]:
    used = {row.colour for row in rows}
    words = {**looks, QUIET: said(_WORDS, "whole", language)}
    return [
        Key(text=word, look="area", colour=colour, edge=colour)
        for colour, word in words.items()
        if colour in used
    ]


def _level_title(level: str, within: str, kind: str, called: Mapping[str, str], language: Language) -> str:
    template = getattr(PART_TITLES[kind], language)
    return str(template.format(level=called[level], within=called.get(within, within)))


def _with_share(value: float, share: float, digits: int, language: Language) -> str:
    number = number_text(value, digits, language)
    if np.isnan(share):
        return number
    return said(_WORDS, "share", language, number=number, share=_percent(share, language))


def _percent(share: float, language: Language) -> str:
    space = "\N{NO-BREAK SPACE}" if language == "de" else ""
    return f"{number_text(100 * share, 1, language)}{space}%"


def _log_base(index: str, base: float, language: Language) -> str:
    if index not in ("mutual_information", "divergence"):
        return ""
    shown = "e" if abs(base - math.e) < 1e-12 else f"{base:g}"
    return said(_WORDS, "log_base", language, base=shown)


def _smallest(parts: pd.Series) -> float:
    """Return what matters among the parts: the smallest that is not next to nothing."""
    sizes = parts.abs()
    counted = sizes[sizes > 0.02 * sizes.sum()]
    return float(counted.min()) if len(counted) else 0.0


def _require(value: float, index: str) -> None:
    if not np.isfinite(value):
        raise FigureError(
            f"{index} is undefined, and so are its parts", "there is nothing to draw; look at the counts"
        )
