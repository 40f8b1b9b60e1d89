"""`sozialraum crosswalk …`: where areas of one edition or level go in another, and values brought there."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from sqlalchemy import Connection

from db.engine import snapshot
from db.queries import areas, conversions
from db.queries.city_lock import lock_city
from etl.cities import city_names, city_profile
from etl.cli.json_output import write_json
from etl.cli.session import open_session
from etl.compute import compute_conversions
from etl.conversions.key_files import is_dividing, read_key_table
from etl.conversions.making import Recipe, is_up_to_date, make_crosswalk, named_weights
from etl.conversions.own_areas import convert_to_file
from etl.conversions.places import pairs_of
from etl.conversions.stored import read_crosswalk
from etl.conversions.weights import Weights, require_public, weights_from_file
from etl.errors import EtlError
from etl.planning.area_files import digest
from etl.progress import steps
from maps.exports.spreadsheet_text import guarded_table
from spatial.crosswalk import Crosswalk

__all__ = ["app"]

app = typer.Typer(
    help="Where areas of one edition or level go in another, and values brought there.", no_args_is_help=True
)

City = Annotated[
    str, typer.Argument(help=f"One of: {', '.join(city_names())}; or a city that was loaded with a manifest.")
]
Number = Annotated[int, typer.Argument(help="Number of the crosswalk.")]
Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
By = Annotated[
    Literal["key", "area", "population"],
    typer.Option(
        "--by", help="key: a table of keys; area: surface; population: where the people of --weights live."
    ),
]
WeightsOption = Annotated[
    str | None,
    typer.Option(
        help="population: published counts, LEVEL[@EDITION]:INDICATOR:PERIOD; or FILE:COLUMN of a map of blocks or"
        " points, FILE:BAND of a raster."
    ),
]
PublicOption = Annotated[
    bool,
    typer.Option(
        "--weights-are-public",
        help="The weights of a file, or the shares or weights of a key table, may be published. Whoever sees the"
        " converted values can work them out, and with them the counts that they were made of, also withheld ones.",
    ),
]
Tolerance = Annotated[
    float | None,
    typer.Option(
        help="Share up to which a piece or a gap is a matter of drawing; of a key table, of rounding."
    ),
]
OutsideOption = Annotated[
    Literal["kept_out", "shared_out"],
    typer.Option(help="What becomes of the part of a source outside all targets."),
]
_LISTED = 8


@app.command(
    epilog="Example: sozialraum crosswalk make berlin-split --from planning_area@2006 --to planning_area@2019"
    " --by population --weights planning_area@2019:residents:2019"
)
def make(
    city: City,
    source: Annotated[str, typer.Option("--from", help="LEVEL[@EDITION], or @EDITION for all levels.")],
    target: Annotated[str, typer.Option("--to", help="LEVEL[@EDITION], or @EDITION for all levels.")],
    by: By,
    table: Annotated[
        Path | None,
        typer.Option(
            help="key: file with from_area, to_area, share or weight; divided areas need --weights-are-public."
        ),
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="key: what the file calls a column, such as from_area=alt.")
    ] = None,
    decimal: Annotated[Literal[".", ","], typer.Option(help="key: decimal sign of the file.")] = ".",
    changes_only: Annotated[
        bool, typer.Option("--changes-only", help="key: areas that are not listed keep their key.")
    ] = False,
    basis: Annotated[
        Literal["population", "area", "unknown"], typer.Option(help="key: what its shares were taken from.")
    ] = "unknown",
    weights_are_public: PublicOption = False,
    weights: WeightsOption = None,
    tolerance: Tolerance = None,
    outside: OutsideOption = "kept_out",
    note: Annotated[str, typer.Option(help="Where it comes from, what it is for.")] = "",
    as_json: Json = False,
) -> None:
    """Make the crosswalk between two editions or levels that is in force from now on; the older one stays known.

    What was converted with the older one is removed; 'sozialraum compute' or 'crosswalk convert' makes it anew.
    """
    with open_session() as session, session.engine.begin() as connection:
        city_profile(city, connection)
        lock_city(connection, city)
        pairs = pairs_of(conversions.editions(connection, city), source, target)
        if by == "key" and len(pairs) > 1:
            raise EtlError("a table of keys is for one level; name it, as in --from planning_area@2006")
        if (by == "key") != (table is not None):
            raise typer.BadParameter("--by key and --table go together", param_hint="--table")
        if (by == "population") != (weights is not None):
            raise typer.BadParameter("--by population and --weights go together", param_hint="--weights")
        told: dict[str, Any] = {}
        keys = None
        if table is not None:
            keys = read_key_table(table, _columns(column or []), decimal=decimal)
            if is_dividing(keys):
                require_public(table, is_public=weights_are_public)
            session.store.keep(table)
            told = {"file": table.name, "sha256": digest(table), "weights_are_public": weights_are_public}
        recipe = Recipe(
            keys=keys,
            weights=_weights(connection, city, weights, is_public=weights_are_public),
            basis=basis,
            changes_only=changes_only,
            tolerance=tolerance,
            outside=outside,
            told=told,
        )
        made = {
            pair: make_crosswalk(
                connection,
                city,
                pair,
                recipe,
                made_by=session.user,
                code_version=session.code_version,
                note=note,
            )
            for pair in pairs
        }
    if as_json:
        write_json(
            [
                {
                    "id": one.number,
                    "from": str(before),
                    "to": str(after),
                    **_counts(one.way),
                    "converted_values_removed": one.removed,
                }
                for (before, after), one in made.items()
            ]
        )
        return
    for (before, after), one in made.items():
        sys.stdout.write(f"{city}: crosswalk {one.number}, {before} → {after}: {_sentence(one.way)}\n")
    if recipe.weights is not None:
        sys.stdout.write(_weights_sentence(recipe.weights) + "\n")
    if removed := sum(one.removed for one in made.values()):
        sys.stdout.write(
            f"{removed:,} values converted with the crosswalk before are removed; 'sozialraum crosswalk convert {city}' or"
            f" 'sozialraum compute {city}' makes them anew\n"
        )


@app.command(name="list", epilog="Example: sozialraum crosswalk list berlin-split")
def list_(city: City, as_json: Json = False) -> None:
    """List the crosswalks of a city, which are in force, and whether boundaries or weights changed since."""
    with open_session() as session, session.engine.connect() as connection:
        city_profile(city, connection)
        rows = conversions.crosswalks(connection, city)
        states = {row["id"]: _state(connection, city, row) for row in rows}
    if as_json:
        write_json([{**row, "state": states[row["id"]]} for row in rows])
        return
    if not rows:
        sys.stdout.write(f"{city}: no crosswalks; 'sozialraum crosswalk make {city} …' makes one\n")
    for row in rows:
        kinds = ", ".join(f"{count} {kind}" for kind, count in row["summary"]["sources"].items() if count)
        note = f" ({row['note']})" if row["note"] else ""
        sys.stdout.write(
            f"{row['id']}: {row['source_geography']}@{row['source_edition']} → {row['target_geography']}@"
            f"{row['target_edition']} by {row['method']}{note}: {kinds}; {states[row['id']]}; by {row['made_by']},"
            f" {row['made_at']:%Y-%m-%d}\n"
        )


@app.command(epilog="Example: sozialraum crosswalk show berlin-split 1 --csv")
def show(
    city: City,
    number: Number,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print all pairs with their shares as CSV.")] = False,
) -> None:
    """Show which areas a crosswalk divides or puts together, and with what shares."""
    with open_session() as session, session.engine.connect() as connection:
        city_profile(city, connection)
        way = read_crosswalk(connection, conversions.get_crosswalk(connection, city, number))
    pairs = way.to_frame().drop(columns="amount")
    if as_csv:
        guarded_table(pairs).to_csv(sys.stdout, index=False, lineterminator="\n")
        return
    sys.stdout.write(_sentence(way) + "\n")
    kind = way.source_kind
    changed = pairs[~pairs["from_area"].isin(kind.index[kind == "same"])]
    for row in changed.to_dict("records"):
        sys.stdout.write(f"{row['from_area']} → {row['to_area']}: {row['share']:.6f} ({row['basis']})\n")


@app.command(epilog="Example: sozialraum crosswalk convert berlin-split")
def convert(city: City, as_json: Json = False) -> None:
    """Convert published values with all crosswalks in force; 'sozialraum compute' does it as well."""
    with open_session() as session, steps(f"convert {city}") as progress:
        with session.engine.connect() as connection:
            profile = city_profile(city, connection)
        outcome = compute_conversions(
            session.engine,
            profile,
            requested_by=session.user,
            code_version=session.code_version,
            progress=progress,
        )
    if outcome is None:
        raise EtlError(f"{city} has no crosswalks; 'sozialraum crosswalk make {city} …' makes one")
    if as_json:
        write_json({"kind": outcome.kind, "run_id": outcome.run_id, **outcome.summary})
        return
    sys.stdout.write(outcome.sentence() + "\n")
    for name, reason in outcome.summary["left_out"].items():
        sys.stdout.write(f"left out: {name}: {reason}\n")
    for number in outcome.summary["out_of_date"]:
        sys.stdout.write(f"crosswalk {number} is out of date: make it again\n")


@app.command(
    epilog="Example: sozialraum crosswalk apply leipzig --from sub_district --to grid.gpkg --key cell --by area"
    " --out grid.csv"
)
def apply(
    city: City,
    source: Annotated[
        str, typer.Option("--from", help="LEVEL[@EDITION] whose published values are converted.")
    ],
    target: Annotated[Path, typer.Option("--to", help="Map file with the areas to convert to.")],
    key: Annotated[str, typer.Option(help="Its column with the keys.")],
    by: Annotated[Literal["area", "population"], typer.Option("--by", help="Surface, or --weights.")],
    out: Annotated[Path, typer.Option(help="File to write: .csv, or .gpkg with the areas.")],
    layer: Annotated[str | None, typer.Option(help="Its layer.")] = None,
    weights: WeightsOption = None,
    weights_are_public: PublicOption = False,
    indicator: Annotated[
        list[str] | None, typer.Option(help="Only this indicator (may be repeated).")
    ] = None,
    period: Annotated[list[str] | None, typer.Option(help="Only this period (may be repeated).")] = None,
    tolerance: Tolerance = None,
    outside: OutsideOption = "kept_out",
    clip: Annotated[
        bool,
        typer.Option(
            "--clip", help="Cut the areas at the border of the city, and leave out those beyond it."
        ),
    ] = False,
) -> None:
    """Convert published values to areas of your own, such as grid cells; nothing is kept in the database."""
    if (by == "population") != (weights is not None):
        raise typer.BadParameter("--by population and --weights go together", param_hint="--weights")
    with open_session() as session, snapshot(session.engine) as connection:
        profile = city_profile(city, connection)
        found = convert_to_file(
            connection,
            profile,
            city,
            source=source,
            target=target,
            layer=layer,
            key=key,
            weights=_weights(connection, city, weights, is_public=weights_are_public),
            indicators=indicator or [],
            periods=period or [],
            options={"outside": outside} | ({} if tolerance is None else {"tolerance": tolerance}),
            clip=clip,
            out=out,
        )
    cut = f"; {found.areas_cut} cut at the border, {found.areas_beyond} beyond it left out" if clip else ""
    sys.stdout.write(
        f"{city}: {_sentence(found.way)}{cut}\n{out}: {found.values:,} converted values, each with its grade\n"
    )


def _columns(pairs: Sequence[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        wanted, sign, name = pair.partition("=")
        if not sign or not name:
            raise EtlError(
                f"--column {pair}: write what we call it = what the file calls it, as from_area=alt"
            )
        found[wanted] = name
    return found


def _weights(connection: Connection, city: str, text: str | None, *, is_public: bool) -> Weights | None:
    """Return the weights that a text names, published counts or those of a file; None when there is no text."""
    if text is None:
        return None
    name, sign, column = text.rpartition(":")
    path = Path(name)
    if sign and path.is_file():
        require_public(path, is_public=is_public)
        finest = areas.finest_geography(connection, city)
        return weights_from_file(path, column, crs=f"EPSG:{finest['srid']}")
    return named_weights(connection, city, text)


def _weights_sentence(weights: Weights) -> str:
    told = weights.told
    filled = told.get("blocks_filled", 0)
    without = told.get("blocks_without_count", 0)
    return (
        f"weights {told['weights']}: {told['blocks']} areas or points"
        + (f", {filled} withheld ones share what the area above leaves" if filled else "")
        + (f", {without} without a published count weigh nothing" if without else "")
    )


def _state(connection: Connection, city: str, row: Mapping[str, Any]) -> str:
    if not row["is_in_force"]:
        return "replaced by a newer one"
    return "in force" if is_up_to_date(connection, city, row) else "out of date: make it again"


def _counts(way: Crosswalk) -> dict[str, Any]:
    return {
        "method": way.method,
        "pairs": len(way.share),
        "sources": {str(kind): int(count) for kind, count in way.summary()["sources"].items()},
        "targets": {str(kind): int(count) for kind, count in way.derivation.value_counts().items()},
        "largest_sliver": float(way.slivers.max()),
        "outside": float((way.outside * way.size).sum() / way.size.sum()) if way.size.sum() else None,
    }


def _sentence(way: Crosswalk) -> str:
    """Say what becomes of the sources, and name the divided ones."""
    told = repr(way).removeprefix("Crosswalk(").removesuffix(")")
    kind = way.source_kind
    divided = [str(area) for area in kind.index[kind == "divided"]]
    named = ", ".join(divided[:_LISTED]) + (" …" if len(divided) > _LISTED else "")
    return told + (f"; divided: {named}" if divided else "")
