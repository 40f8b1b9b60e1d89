"""`sozialraum method explain`: why an area has its index and its class, and what would change it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
import typer

from etl.cli.method_input import (
    City,
    Csv,
    File,
    Geography,
    Json,
    OwnIndicators,
    Period,
    german,
    one_form,
    print_json,
    records,
)
from etl.cli.method_source import OwnTable, ValueSource, value_source, with_names, write_csv, written_note
from etl.errors import EtlError
from etl.index_explanations import runs_for
from indicators.explanation import (
    Explanation,
    FlippingChanges,
    Simulation,
    class_distances,
    flipping_changes,
    simulate,
)
from indicators.explanation import explain as explain_index
from indicators.methods.errors import suggestion

__all__ = ["explain"]

_ROWS_SHOWN = 10
_REASONS = {
    "end_class": "letzte Klasse",
    "beyond_range": "nicht erreichbar",
    "withheld": "zurückgehalten",
    "missing": "fehlt",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What is known of the areas asked for."""

    parts: Explanation
    distances: pd.DataFrame | None
    changes: FlippingChanges | None
    simulation: Simulation | None
    areas: list[str]
    names: pd.Series | None

    def called(self, area: str) -> str:
        """Return name and code of an area."""
        return area if self.names is None else f"{self.names[area]} ({area})"


def explain(
    file: File,
    values: OwnTable = None,
    city: City = None,
    period: Period = None,
    geography: Geography = None,
    indicators: OwnIndicators = None,
    area: Annotated[
        list[str] | None, typer.Option(help="Only this area, in full; may be given several times.")
    ] = None,
    flips: Annotated[
        bool, typer.Option("--flips", help="Look for the changes that flip the class in all areas.")
    ] = False,
    ranges: Annotated[
        list[str] | None,
        typer.Option("--range", help="Between which values an indicator may lie, as ID=LOW..HIGH."),
    ] = None,
    baseline: Annotated[
        Literal["average", "zero"], typer.Option(help="What the parts are measured against.")
    ] = "average",
    as_csv: Csv = False,
    as_json: Json = False,
) -> None:
    """Explain the index of every area: the part of each indicator, the class limits, what would flip the class.

    With --city it is made of published values only, and says how sure ranks and classes are. A table of your own is not
    checked for confidentiality.
    """
    one_form(as_csv=as_csv, as_json=as_json)
    given = value_source(file, values, city, geography=geography, period=period, own=indicators)
    method, table = given.method, given.table
    parts = explain_index(table.values, table.statuses, method, labels=table.labels, baseline=baseline)
    chosen = _chosen(area, parts)
    distances = None if method.classes is None else class_distances(parts.result).table
    changes = None
    if method.classes is not None and (flips or area):
        changes = flipping_changes(
            table.values,
            table.statuses,
            method,
            labels=table.labels,
            areas=chosen,
            ranges=dict(_range(one) for one in ranges or ()),
        )
    found = _Found(
        parts=parts,
        distances=distances,
        changes=changes,
        simulation=_simulated(given),
        areas=chosen,
        names=given.names,
    )
    if as_json:
        print_json(
            {"method": method.id, "baseline": baseline}
            | written_note(is_published=given.is_published)
            | {"areas": [_facts(found, one) for one in chosen]}
        )
    elif as_csv:
        write_csv(_rows(found), is_published=given.is_published)
    elif area:
        sys.stdout.write("\n".join(_told(found, one) for one in chosen))
    else:
        _show_all(found)


def _simulated(given: ValueSource) -> Simulation | None:
    """Return how sure ranks and classes are, where it is known what the values rest on."""
    runs = runs_for(len(given.table.values))
    if given.people.empty or not runs:
        return None
    return simulate(
        given.table.values,
        given.table.statuses,
        given.method,
        labels=given.table.labels,
        denominators=given.people,
        per=given.per,
        runs=runs,
        rank_interval="joint",
        rng=np.random.default_rng(1),
    )


def _chosen(asked: Sequence[str] | None, parts: Explanation) -> list[str]:
    """Return the areas that were asked for, or all of them by rank."""
    rank = parts.result.rank
    known = [str(area) for area in rank.sort_values(kind="stable", na_position="last").index]
    for area in asked or ():
        if area not in known:
            raise EtlError(f"there is no area {area!r} in the table; {suggestion(area, known)}")
    return list(dict.fromkeys(asked)) if asked else known


def _range(text: str) -> tuple[str, tuple[float, float]]:
    name, _, limits = text.partition("=")
    low, _, high = limits.partition("..")
    try:
        return name.strip(), (float(low), float(high))
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no range; write ID=LOW..HIGH, such as child_poverty=0..60"
        ) from None


def _rows(found: _Found) -> pd.DataFrame:
    table = found.parts.to_frame()
    if found.distances is not None:
        table = table.join(found.distances.drop(columns=["index", "class"]))
    if found.changes is not None:
        wide = found.changes.table.pivot(index="area_id", columns=["indicator", "towards"], values="change")
        wide = wide.set_axis(["_".join(["change", *map(str, pair)]) for pair in wide.columns], axis=1)
        table = table.join(wide)
    if found.simulation is not None:
        certain = found.simulation.table[["rank_low", "rank_high"]].assign(kept=found.simulation.kept)
        table = table.join(certain)
    return with_names(table.loc[found.areas], found.names)


def _facts(found: _Found, area: str) -> dict[str, Any]:
    row = found.parts.to_frame().loc[[area]]
    plain = [name for name in row if not str(name).startswith("contribution_")]
    facts = records(with_names(row[plain], found.names).reset_index())[0]
    if found.distances is not None:
        facts["limits"] = records(found.distances.loc[[area]].drop(columns=["index", "class"]))[0]
    facts["contributions"] = records(found.parts.of(area).reset_index())
    if found.changes is not None:
        rows = found.changes.table
        facts["flips"] = records(rows[rows["area_id"] == area].drop(columns=["area_id", "class"]))
    if found.simulation is not None:
        certain = found.simulation.table.loc[[area], ["rank_low", "rank_high"]]
        facts |= records(certain.assign(kept=found.simulation.kept))[0]
        facts["runs"] = found.simulation.runs
    return facts


def _told(found: _Found, area: str) -> str:
    """Return the explanation of one area in words, German first."""
    result = found.parts.result
    if not result.is_valid[area]:
        return (
            f"Gebiet {found.called(area)}: {result.labels('de')[area]} ({found.parts.reason_de[area]})\n"
            f"area {found.called(area)}: {result.labels('en')[area]} ({found.parts.reason_en[area]})\n"
        )
    index, rank, valid = float(result.index[area]), result.rank[area], int(result.is_valid.sum())
    german_class = english_class = ""
    if result.rules is not None:
        number = result.classes[area]
        german_class = f", Klasse {number} „{result.labels('de')[area]}“"
        english_class = f", class {number} “{result.labels('en')[area]}”"
    base = float(found.parts.base[area])
    against = ("dem durchschnittlichen Gebiet", "the average area")
    if found.parts.baseline == "zero":
        against = ("null", "zero")
    lines = [
        f"Gebiet {found.called(area)}: Index {german(index)}, Rang {rank} von {valid}{german_class}",
        f"area {found.called(area)}: index {index:.3f}, rank {rank} of {valid}{english_class}",
        "",
        f"Beiträge gegenüber {against[0]} ({german(base)}) / parts against {against[1]}:",
        _parts_table(found, area),
    ]
    filled = float(found.parts.filled[area])
    if filled:
        lines.append(
            f"für Werte, die fehlen oder zurückgehalten sind / for values not known: {german(filled, sign=True)}"
        )
    if found.distances is not None:
        lines += ["", *_limits(found.distances.loc[[area]].iloc[0])]
    if found.changes is not None:
        lines.append(
            "Zu weniger, zu mehr Bedarf: kleinste Änderung dieses einen Indikators in seiner Einheit, mit der die Klasse "
            "wechselt / least change of this indicator alone, in its own unit, that changes the class"
        )
    if found.simulation is not None:
        lines += ["", *_certainty(found.simulation, area)]
    return "\n".join(lines) + "\n"


def _parts_table(found: _Found, area: str) -> str:
    parts = found.parts.of(area)
    shown = pd.DataFrame(
        {
            "Indikator": parts["title_de"],
            "Wert": [german(one, 2) for one in parts["value"]],
            "Beitrag": [german(one, sign=True) for one in parts["contribution"]],
        }
    )
    if found.changes is not None:
        rows = found.changes.table.query("area_id == @area").set_index(["indicator", "towards"])
        for towards, head in (("less_need", "zu weniger Bedarf"), ("more_need", "zu mehr Bedarf")):
            cells = [rows.loc[(name, towards)] for name in parts.index]
            shown[head] = [
                _REASONS.get(one["reason"], one["reason"]) or german(one["change"], 2, sign=True)
                for one in cells
            ]
    return shown.to_string(index=False)


def _limits(row: pd.Series) -> list[str]:
    lines = []
    for side, de, en in (("less_need", "weniger", "less"), ("more_need", "mehr", "more")):
        if pd.notna(row[f"class_{side}"]):
            away, limit = row[f"to_{side}"], row[f"limit_{side}"]
            number = int(row[f"class_{side}"])
            lines.append(
                f"Zu Klasse {number} ({de} Bedarf): {german(away, sign=True)} bis zur Grenze {german(limit)} / "
                f"to class {number} ({en} need): {away:+.3f}"
            )
    return lines


def _certainty(simulation: Simulation, area: str) -> list[str]:
    ((low, high),) = simulation.table.loc[[area], ["rank_low", "rank_high"]].to_numpy(dtype=object).tolist()
    kept, runs = simulation.kept[area], simulation.runs
    lines = [
        f"Rang {low} bis {high}, zu 95 % für alle Gebiete zugleich / rank {low} to {high}, for all areas at once with 95 %"
    ]
    if pd.notna(kept):
        lines.append(
            f"Mit Zufall in den Werten bleibt die Klasse in {german(100 * kept, 0)} % von {german(runs, 0)} Läufen / "
            f"with chance in the values the class stays in {100 * kept:.0f} % of {runs:,} runs"
        )
    return lines


def _show_all(found: _Found) -> None:
    table = _rows(found)
    names = [
        name
        for name in ("name", "index", "rank", "class", "label_de", "nearest", "kept", "largest", "reason_de")
        if name in table
    ]
    sys.stdout.write(f"{found.parts!r}\n")
    shown = table[names].head(_ROWS_SHOWN)
    sys.stdout.write(f"{shown.to_string(na_rep='–', float_format='{:.4f}'.format)}\n")
    if len(table) > _ROWS_SHOWN:
        sys.stdout.write(
            f"… {len(table) - _ROWS_SHOWN} weitere Gebiete mit --csv oder --json, ein Gebiet genau mit --area / "
            "more areas with --csv or --json, one in full with --area\n"
        )
