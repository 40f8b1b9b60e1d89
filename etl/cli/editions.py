"""`sozialraum method compare` and `transitions`: what changed between two editions or periods, and why."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from etl.cli.method_input import (
    City,
    Csv,
    File,
    Geography,
    Json,
    german,
    one_form,
    print_json,
    records,
)
from etl.cli.method_source import OwnTable, ValueSource, value_source, with_names, write_csv, written_note
from etl.errors import EtlError
from indicators.composite import status_index
from indicators.explanation import Edition, EditionComparison, Transitions, compare_editions
from indicators.explanation import transitions as put_side_by_side
from indicators.methods.errors import suggestion

__all__ = ["compare", "transitions"]

Periods = Annotated[
    list[str] | None, typer.Option(help="Period of the city; give two or more, the earliest first.")
]

_CAUSES = {"data": "Daten", "method": "Verfahren", "boundaries": "Gebietsgrenzen", "all": "zusammen"}


def compare(
    old: Annotated[str, typer.Argument(help="Method of the earlier edition: a file, or a name.")],
    new: Annotated[str, typer.Argument(help="Method of the later edition; may be the same.")],
    values: OwnTable = None,
    later: Annotated[Path | None, typer.Option(help="The table of the later edition.")] = None,
    city: City = None,
    period: Periods = None,
    geography: Geography = None,
    redefined: Annotated[
        list[str] | None,
        typer.Option(help="Indicator whose definition changed under the same name: counts as method."),
    ] = None,
    as_csv: Csv = False,
    as_json: Json = False,
) -> None:
    """Say of every area that changed class how much is due to data, method and boundaries.

    With --city it is made of published values only. Tables of your own are not checked for confidentiality.
    """
    one_form(as_csv=as_csv, as_json=as_json)
    tables = [path for path in (values, later) if path is not None]
    sources = _sources([old, new], tables, city, period or [], geography)
    if len(sources) != 2:
        raise typer.BadParameter("give --values and --later, or --city with --period twice")
    found = compare_editions(*map(_edition, sources), redefined=redefined or ())
    is_published = city is not None
    if as_json:
        print_json(
            {
                "old": found.old_method,
                "new": found.new_method,
                "carried": found.carried,
                "redefined": found.redefined,
                "summary": records(found.summary().reset_index()),
                "kinds": found.kinds().to_dict(),
                "areas": records(with_names(found.to_frame(), _names(sources)).reset_index()),
            }
            | written_note(is_published=is_published)
        )
    elif as_csv:
        write_csv(with_names(found.to_frame(), _names(sources)), is_published=is_published)
    else:
        _show_comparison(found)


def transitions(
    file: File,
    values: Annotated[
        list[Path] | None,
        typer.Option(
            help="CSV of a period; give two or more, the earliest first. It is not checked for confidentiality."
        ),
    ] = None,
    city: City = None,
    period: Periods = None,
    geography: Geography = None,
    later_method: Annotated[
        str | None, typer.Option(help="Another method for the last period, when the edition changed.")
    ] = None,
    residents: Annotated[
        str | None,
        typer.Option(
            help="Column, or indicator of the city, with the residents, to count people besides areas."
        ),
    ] = None,
    as_csv: Csv = False,
    as_json: Json = False,
) -> None:
    """Count which areas went from which class to which; withheld and missing are states of their own.

    With --city it is made of published values only. Tables of your own are not checked for confidentiality.
    """
    one_form(as_csv=as_csv, as_json=as_json)
    if len(values or []) < 2 and len(period or []) < 2:
        raise typer.BadParameter("give --values at least twice, or --city and --period at least twice")
    count = max(len(values or []), len(period or []))
    methods = [file] * (count - 1) + [later_method or file]
    also = () if residents is None else (residents,)
    sources = _sources(methods, values or [], city, period or [], geography, also=also)
    results, population = [], []
    for one in sources:
        table = one.table
        results.append(status_index(table.values, table.statuses, one.method, labels=table.labels))
        if residents is not None and residents not in table.values:
            raise EtlError(
                f"{one.title} has no column {residents!r}; {suggestion(residents, table.values.columns)}"
            )
        population.append(None if residents is None else table.values[residents])
    found = {
        (first.title, second.title): put_side_by_side(before, after, population=people)
        for first, second, before, after, people in zip(
            sources, sources[1:], results, results[1:], population[1:], strict=False
        )
    }
    is_published = city is not None
    if as_json:
        note = written_note(is_published=is_published)
        print_json([_facts(*periods, one) | note for periods, one in found.items()])
    elif as_csv:
        rows = [
            with_names(one.areas, _names(sources)).assign(earlier_period=first, later_period=second)
            for (first, second), one in found.items()
        ]
        write_csv(pd.concat(rows), is_published=is_published)
    else:
        sys.stdout.write("\n".join(_told(*periods, one) for periods, one in found.items()))


def _sources(
    methods: Sequence[str],
    tables: Sequence[Path],
    city: str | None,
    periods: Sequence[str],
    geography: str | None,
    *,
    also: Sequence[str] = (),
) -> list[ValueSource]:
    """Read every table, or every period of a city with `also` further indicators, by its method."""
    if (city is None) == (not tables) or (city is None and (periods or geography)):
        raise typer.BadParameter("give either tables or --city (with --period, --geography)")
    if city is None:
        return [value_source(one, path, None) for one, path in zip(methods, tables, strict=False)]
    return [
        value_source(one, None, city, geography=geography, period=period, also=also)
        for one, period in zip(methods, periods, strict=False)
    ]


def _names(sources: Sequence[ValueSource]) -> pd.Series | None:
    """Return the names of all areas, the later ones where they changed."""
    given = [one.names for one in reversed(sources) if one.names is not None]
    if not given:
        return None
    names = pd.concat(given)
    return names[~names.index.duplicated()]


def _edition(source: ValueSource) -> Edition:
    return Edition(
        values=source.table.values,
        statuses=source.table.statuses,
        method=source.method,
        labels=source.table.labels if source.method.labels else None,
    )


def _show_comparison(found: EditionComparison) -> None:
    summary, kinds = found.summary(), found.kinds()
    total = int(summary["changed"]["all"])
    shown = pd.DataFrame(
        {
            "Ursache": [_CAUSES[cause] for cause in summary.index],
            "cause": summary.index,
            "Gebiete": [german(one, 1) for one in summary["changed"]],
            "allein": summary["changed_alone"].astype(int),
            "neu mit Klasse": [german(one, 1) for one in summary["appeared"]],
            "nicht mehr": [german(one, 1) for one in summary["vanished"]],
        }
    )
    sys.stdout.write(
        f"{found.old_method} → {found.new_method}: {total} Gebiete haben die Klasse gewechselt, {kinds['same']} nicht / "
        f"{total} areas changed class, {kinds['same']} did not\n\n{shown.to_string(index=False)}\n\n"
    )
    if found.carried:
        sys.stdout.write(
            "Nur in einer Ausgabe, daher beim Verfahren / in one edition only, so with the method: "
            f"{', '.join(found.carried)}\n"
        )
    if found.redefined:
        sys.stdout.write(f"Neu definiert / redefined: {', '.join(found.redefined)}\n")
    sys.stdout.write(
        "Anteile nach Shapley: Mittel über alle Reihenfolgen, in denen sich die drei ändern können / "
        "shares after Shapley: mean over all orders in which the three can change\n"
    )


def _facts(first: str, second: str, found: Transitions) -> dict[str, object]:
    return {
        "earlier": first,
        "later": second,
        "labels_de": found.labels_de,
        "labels_en": found.labels_en,
        "transitions": records(found.to_frame()),
    }


def _told(first: str, second: str, found: Transitions) -> str:
    counts = found.counts()
    is_used = (counts.sum(axis=1) > 0) | (counts.sum(axis=0) > 0)
    labels = {str(number): f"{number} {label}" for number, label in enumerate(found.labels_de, start=1)}
    labels |= {"suppressed": "zurückgehalten", "missing": "fehlt", "absent": "kein Gebiet"}
    shown = counts.loc[is_used, is_used].rename(index=labels, columns=labels)
    moved = found.areas["direction"].value_counts()
    text = (
        f"{first} → {second}: {moved.get('more_need', 0)} Gebiete mit mehr Bedarf, {moved.get('less_need', 0)} mit weniger, "
        f"{moved.get('same', 0)} gleich / areas with more need, with less, the same\n"
        f"Zeilen: Klasse {first}, Spalten: Klasse {second} / rows: class of {first}, columns: class of {second}\n"
        f"{shown.rename_axis(index=None, columns=None).to_string()}\n"
    )
    if "residents" in found.areas:
        people = found.residents().loc[is_used, is_used].rename(index=labels, columns=labels)
        people = people.rename_axis(index=None, columns=None)
        text += "Einwohner / residents:\n"
        text += people.to_string(na_rep="–", float_format="{:.0f}".format) + "\n"
    return text
