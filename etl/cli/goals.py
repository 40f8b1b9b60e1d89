"""`sozialraum goals …`: do clearly segregated areas stay small, and does a group grow everywhere? Tables with formulas."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from etl.cli.city_table import every_period, require_one_source
from etl.cli.method_input import City, Geography, Json, german, one_form, print_json, records
from etl.cli.method_source import write_csv, written_note
from etl.errors import EtlError
from etl.method_values import MethodValues, read_method_values
from indicators.goals import segregated_areas
from indicators.growth import growth_over_time
from indicators.methods.errors import suggestion
from indicators.status import ValueStatus

__all__ = ["app"]

app = typer.Typer(
    help="Goal metrics (Zielmaße): areas above a threshold, and the dispersion of growth.",
    no_args_is_help=True,
)

Table = Annotated[
    Path | None,
    typer.Argument(
        help="CSV with the columns area_id and period, one row for each pair; it is not checked for confidentiality."
        " Or give --city."
    ),
]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print the table as CSV, with its formula.")]

_SEGREGATED = (
    "Gebiete mit {value} über {threshold}; Anteil = Einwohner dieser Gebiete / Einwohner aller Gebiete mit Wert, in %",
    "areas with {value} above {threshold}; share = their residents / residents of all areas with a value, in %",
)
_GROWTH = (
    "Wachstum g = {group} später / früher − 1; Streuung = √(Σ Bestand · (g − g der Stadt)² / Σ Bestand) in Prozentpunkten; "
    "zufällig = √((n − 1) · (1 + g der Stadt) / Σ Bestand); ohne Gebiete mit weniger als {minimum:g}",
    "growth g = {group} later / earlier − 1; deviation = √(Σ base · (g − the city's g)² / Σ base) in percentage points; "
    "by chance = √((n − 1) · (1 + the city's g) / Σ base); without areas below {minimum:g}",
)


@app.command(
    epilog="Example: sozialraum goals segregated leipzig.csv --value sgb2_share --residents residents --threshold 20"
)
def segregated(
    file: Table = None,
    *,
    value: Annotated[str, typer.Option(help="Column that tells how one-sided an area is; higher is more.")],
    residents: Annotated[str, typer.Option(help="Column with the residents.")],
    threshold: Annotated[float, typer.Option(help="An area is clearly segregated above it.")],
    also: Annotated[
        list[float] | None,
        typer.Option(help="Further thresholds; 10 and 20 % above and below when left out."),
    ] = None,
    hectares: Annotated[
        str | None, typer.Option(help="Column with the size of the areas; of a city it is measured.")
    ] = None,
    city: City = None,
    geography: Geography = None,
    as_csv: AsCsv = False,
    as_json: Json = False,
) -> None:
    """Count the areas above a threshold in every period, with their residents, size and share of all residents.

    With --city it is made of published values only.
    """
    one_form(as_csv=as_csv, as_json=as_json)
    require_one_source(file, city, options=(geography,))
    if city is not None and hectares is not None:
        raise typer.BadParameter("the size of a city's areas is measured; leave --hectares out")
    is_published = file is None
    table = _read(file, city, [value, residents, *([hectares] if hectares else [])], geography)
    sizes = table.labels.get("hectares") if hectares is None else table.values[hectares]
    found = segregated_areas(
        table.values[value],
        table.statuses[value],
        table.values[residents],
        residents_status=table.statuses[residents],
        threshold=threshold,
        sensitivity=also or (),
        hectares=None if sizes is None else sizes.groupby(level="area_id").first(),
    )
    words = {"value": value, "threshold": f"{threshold:g}"}
    formulas = [one.format(**words) for one in _SEGREGATED]
    if as_json:
        told = written_note(is_published=is_published)
        told |= dict(zip(("formula_de", "formula_en"), formulas, strict=True))
        print_json(told | {"threshold": threshold, "rows": records(found.to_frame())})
    elif as_csv:
        write_csv(found.to_frame(), is_published=is_published, notes=formulas, index=False)
    else:
        summary = found.summary()
        shown = pd.DataFrame(
            {
                "Gebiete": summary["areas"].astype(int),
                "Hektar": [german(one, 0) for one in summary["hectares"]],
                "Einwohner": [german(one, 0) for one in summary["residents"]],
                "Anteil %": [german(one, 1) for one in summary["share"]],
                "mindestens %": [german(one, 1) for one in summary["share_at_least"]],
                "höchstens %": [german(one, 1) for one in summary["share_at_most"]],
                "ohne Wert": summary["areas_without_value"].astype(int),
            }
        )
        others = found.sensitivity().map(lambda one: german(one, 1))
        sys.stdout.write("\n".join(formulas) + f"\n\n{shown.to_string()}\n\n")
        sys.stdout.write(
            f"Anteil % bei anderen Schwellen / share at other thresholds:\n{others.to_string()}\n"
        )


@app.command(epilog="Example: sozialraum goals growth leipzig.csv --group residents_u15 --span 5")
def growth(
    file: Table = None,
    *,
    group: Annotated[str, typer.Option(help="Column with the number of people of the group.")],
    span: Annotated[
        int,
        typer.Option(min=1, help="Steps between the two dates, in periods that the table has, not in years."),
    ] = 1,
    minimum_base: Annotated[
        float, typer.Option(min=0, help="Smallest group for which there is a growth.")
    ] = 20,
    city: City = None,
    geography: Geography = None,
    as_csv: AsCsv = False,
    as_json: Json = False,
) -> None:
    """Measure how unevenly a group grows over the areas, beside what chance alone would give.

    With --city it is made of published values only.
    """
    one_form(as_csv=as_csv, as_json=as_json)
    require_one_source(file, city, options=(geography,))
    is_published = file is None
    table = _read(file, city, [group], geography)
    counts = table.values[group].unstack("period")
    states = table.statuses[group].unstack("period").fillna(ValueStatus.MISSING.value)
    if counts.shape[1] <= span:
        where = city if file is None else file.name
        raise EtlError(
            f"{where} has {counts.shape[1]} period(s), --span {span} needs {span + 1}: it counts the periods that are"
            " there, not years; use --span 1 for two periods"
        )
    found = (
        growth_over_time(counts, states, span=span, minimum_base=minimum_base)
        .rename_axis("period")
        .reset_index()
    )
    formulas = [one.format(group=group, minimum=minimum_base) for one in _GROWTH]
    if as_json:
        told = written_note(is_published=is_published)
        told |= dict(zip(("formula_de", "formula_en"), formulas, strict=True))
        print_json(told | {"group": group, "span": span, "rows": records(found)})
    elif as_csv:
        write_csv(found, is_published=is_published, notes=formulas, index=False)
    else:
        shown = pd.DataFrame(
            {
                "von": found["since"],
                "bis": found["period"],
                "Stadt %": [german(one, 1, sign=True) for one in found["city_growth"]],
                "Streuung": [german(one, 1) for one in found["deviation"]],
                "zufällig": [german(one, 1) for one in found["expected_deviation"]],
                "Gebiete": found["areas"],
                "ohne": found["areas_left_out"],
            }
        )
        sys.stdout.write("\n".join(formulas) + f"\n\n{shown.to_string(index=False)}\n")


def _read(file: Path | None, city: str | None, columns: list[str], geography: str | None) -> MethodValues:
    if file is None:
        return every_period(city or "", columns, geography=geography)
    table = read_method_values(file, keys=("area_id", "period"))
    for name in columns:
        if name not in table.values:
            raise EtlError(f"{file.name} has no column {name!r}; {suggestion(name, table.values.columns)}")
    twice = table.values.index[table.values.index.duplicated()]
    if len(twice):
        raise EtlError(
            f"{file.name}: {' / '.join(map(str, twice[0]))} is there twice; give each area and period one row"
        )
    return table
