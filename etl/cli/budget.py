"""`sozialraum budget`: a sum distributed by need and population, variants side by side, with the formula."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import pandas as pd
import typer

from etl.cli.city_table import one_period, require_one_source
from etl.cli.method_input import City, Csv, Geography, Json, Period, german, one_form, print_json, records
from etl.cli.method_source import with_names, write_csv, written_note
from etl.errors import EtlError
from etl.method_values import MethodValues, read_method_values
from indicators.budget import Allocation, WithoutNeed, compare_variants, distribute, need_from_index
from indicators.methods.errors import suggestion

__all__ = ["budget"]

_ROWS_SHOWN = 10
_FIRST = "Grundvariante"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Variant:
    """What is decided about a distribution; the names are those of the options."""

    total: str
    need: str
    ratio: float | None
    base_share: str
    floor: str | None
    cap: str | None
    per: Literal["area", "resident"]
    without_need: WithoutNeed


@dataclass(frozen=True, slots=True)
class _Distribution:
    """A variant and what came out."""

    variant: _Variant
    made: Allocation

    def formula(self, language: Literal["de", "en"]) -> str:
        """Return the whole formula: also what stands for the need."""
        one, german_words = self.variant, language == "de"
        need = one.need if one.ratio is None else f"{one.ratio:g} ^ {one.need}"
        unknown = {
            "refuse": "",
            "mean": (", if unknown the mean", ", wo unbekannt das Mittel")[german_words],
            "base_only": (", if unknown 0", ", wo unbekannt 0")[german_words],
        }[one.without_need]
        return f"{self.made.formula(language)}; {'Bedarf' if german_words else 'need'} = {need}{unknown}"


def budget(
    file: Annotated[
        Path | None,
        typer.Argument(help="CSV with a column area_id, the need and the population; or give --city."),
    ] = None,
    *,
    total: Annotated[str, typer.Option(help="Sum to distribute in euros, such as 1000000 or 1000,50.")],
    need: Annotated[str, typer.Option(help="Column, or indicator of the city, with the need.")],
    population: Annotated[
        str, typer.Option(help="Column, or indicator of the city, with the people the sum is meant for.")
    ],
    city: City = None,
    period: Period = None,
    geography: Geography = None,
    ratio: Annotated[
        float | None,
        typer.Option(help="The need is an index around 0: one point more is so many times the need."),
    ] = None,
    base_share: Annotated[str, typer.Option(help="Part that goes by population alone, 0 to 1.")] = "0",
    floor: Annotated[str | None, typer.Option(help="Least amount in euros.")] = None,
    cap: Annotated[str | None, typer.Option(help="Greatest amount in euros.")] = None,
    per: Annotated[Literal["area", "resident"], typer.Option(help="What floor and cap are per.")] = "area",
    without_need: Annotated[
        WithoutNeed, typer.Option(help="What an area gets whose need is unknown or withheld.")
    ] = "refuse",
    variant: Annotated[
        list[str] | None,
        typer.Option(help='Another variant beside the first: "NAME: base-share=0.3, floor=1000".'),
    ] = None,
    as_csv: Csv = False,
    as_json: Json = False,
) -> None:
    """Distribute a sum over areas by need × population, to the cent; variants side by side.

    With --city it is made of published values only. A table of your own is not checked for confidentiality.
    """
    one_form(as_csv=as_csv, as_json=as_json)
    require_one_source(file, city, options=(period, geography))
    first = _Variant(
        total=total,
        need=need,
        ratio=ratio,
        base_share=base_share,
        floor=floor,
        cap=cap,
        per=per,
        without_need=without_need,
    )
    chosen = {_FIRST: first}
    for text in variant or ():
        name, other = _parsed(text, first)
        if name in chosen:
            raise typer.BadParameter(f"there are two variants {name!r}; give each a name of its own")
        chosen[name] = other
    if file is not None:
        table = read_method_values(file)
    else:
        names = dict.fromkeys([population, *(one.need for one in chosen.values())])
        table = one_period(city or "", names, geography=geography, period=period)
    is_published = file is None
    found = {name: _Distribution(one, _distributed(one, table, population)) for name, one in chosen.items()}
    if as_json:
        note = written_note(is_published=is_published)
        print_json(note | {"variants": [_facts(*one) for one in found.items()]})
    elif as_csv:
        languages: tuple[Literal["de", "en"], ...] = ("de", "en")
        formulas = [f"{name}: {made.formula(one)}" for name, made in found.items() for one in languages]
        write_csv(_named(_wide(found), table), is_published=is_published, notes=formulas)
    else:
        _show(found)


def _parsed(text: str, first: _Variant) -> tuple[str, _Variant]:
    """Return a variant that says only what is different from the first."""
    name, colon, rest = text.partition(":")
    if not (colon and name.strip()):
        raise typer.BadParameter(f'{text!r} is no variant; write "NAME: base-share=0.3, floor=1000"')
    known = {one.name.replace("_", "-"): one.name for one in fields(_Variant)}
    options: dict[str, Any] = {}
    for part in filter(None, (one.strip() for one in rest.split(","))):
        key, _, value = (one.strip() for one in part.partition("="))
        if key not in known:
            raise typer.BadParameter(f"unknown option {key!r} in variant {name!r}; {suggestion(key, known)}")
        options[known[key]] = _read(key, value)
    return name.strip(), replace(first, **options)


def _read(key: str, value: str) -> str | float | None:
    words = {"per": ("area", "resident"), "without-need": get_args(WithoutNeed)}
    if key in words and value not in words[key]:
        raise typer.BadParameter(f"{key}={value}; choose one of {', '.join(words[key])}")
    if key == "ratio":
        try:
            return float(value)
        except ValueError:
            raise typer.BadParameter(f"ratio={value}; give a number above 1") from None
    return (value or None) if key in ("floor", "cap") else value


def _distributed(one: _Variant, table: MethodValues, population: str) -> Allocation:
    for name in (one.need, population):
        if name not in table.values:
            raise EtlError(f"the table has no column {name!r}; {suggestion(name, table.values.columns)}")
    need, status = table.values[one.need], table.statuses[one.need]
    below = need.index[need < 0]
    if one.ratio is None and len(below):
        raise EtlError(
            f"{one.need} is negative in {len(below)} area(s): {', '.join(map(str, below[:5]))}; it is no need but an"
            " index around 0, give --ratio 2: one point more is then twice the need (ratio=2 in a variant)"
        )
    if one.ratio is not None:
        need, status = need_from_index(need, ratio=one.ratio), status.replace("zero", "measured")
    return distribute(
        _euros(one.total),
        need,
        table.values[population],
        need_status=status,
        base_share=one.base_share,
        floor=None if one.floor is None else _euros(one.floor),
        cap=None if one.cap is None else _euros(one.cap),
        limits_per=one.per,
        without_need=one.without_need,
    )


def _euros(text: str) -> str:
    """Return an amount with a decimal point; 1000,50 is one with a comma, and points are between thousands then."""
    whole, comma, cents = text.partition(",")
    if not comma:
        return text
    if re.fullmatch(r"\d{1,3}(\.\d{3})+", whole):
        whole = whole.replace(".", "")
    if not (re.fullmatch(r"\d+", whole) and re.fullmatch(r"\d{1,2}", cents)):
        raise typer.BadParameter(f"{text!r} is no amount; write 1000000, 1000000,50 or 1000000.50")
    return f"{whole}.{cents}"


def _facts(name: str, distribution: _Distribution) -> dict[str, Any]:
    one = distribution.made
    return {
        "name": name,
        "formula_de": distribution.formula("de"),
        "formula_en": distribution.formula("en"),
        "need": distribution.variant.need,
        "ratio": distribution.variant.ratio,
        "total": str(one.total),
        "base_share": str(one.base_share),
        "floor": None if one.floor is None else str(one.floor),
        "cap": None if one.cap is None else str(one.cap),
        "limits_per": one.limits_per,
        "without_need": one.without_need,
        "areas": records(one.to_frame().reset_index()),
    }


def _wide(found: Mapping[str, _Distribution]) -> pd.DataFrame:
    """Return one row per area: the population, then of each variant need, amount and limit, and the difference."""
    made = {name: one.made for name, one in found.items()}
    first, *others = made
    if not others:
        return made[first].to_frame()
    table = pd.DataFrame({"population": made[first].population})
    both = compare_variants(made)
    for name, one in made.items():
        columns = both[name] if name != first else both[name].drop(columns="difference")
        columns = columns.assign(need=one.need, need_is_own=one.need_is_own)
        table = table.join(columns.add_prefix(f"{name}_"))
    return table


def _named(wide: pd.DataFrame, table: MethodValues) -> pd.DataFrame:
    """Put the names of the areas of a city in front."""
    return with_names(wide, table.labels.get("name"))


def _show(found: Mapping[str, _Distribution]) -> None:
    for name, one in found.items():
        limited = one.made.limited_by.value_counts()
        sys.stdout.write(
            f"{name}: {one.formula('de')}\n{name}: {one.formula('en')}\n"
            f"  {len(one.made.cents)} Gebiete, {limited.get('floor', 0)} an der Untergrenze, "
            f"{limited.get('cap', 0)} an der Obergrenze / areas, at the floor, at the cap\n"
        )
    amounts: dict[str, Sequence[str]] = {}
    for name, one in found.items():
        rows = one.made.to_frame()
        amounts[f"{name} €"] = [german(amount, 2) for amount in rows["amount"]]
        amounts[f"{name} € je Kopf"] = [german(amount, 2) for amount in rows["per_resident"]]
    shown = pd.DataFrame(amounts, index=next(iter(found.values())).made.cents.index)
    sys.stdout.write(f"\n{shown.head(_ROWS_SHOWN).to_string()}\n")
    if len(shown) > _ROWS_SHOWN:
        rest = len(shown) - _ROWS_SHOWN
        sys.stdout.write(
            f"… {rest} weitere Gebiete mit --csv oder --json / more areas with --csv or --json\n"
        )
