"""`sozialraum propose`: priority areas from map files alone, without a database."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Annotated, Any

import geopandas as gpd
import pandas as pd
import typer

from etl.cli.method_input import Json, german
from etl.errors import EtlError
from etl.planning.area_files import area_column, digest, read_map, require_writable, write_map
from etl.planning.file_layers import change_table
from etl.planning.file_proposal import (
    AreaTable,
    FileProposal,
    ProposalOptions,
    propose_from,
    read_area_table,
    read_fixed,
)
from spatial.regions import RegionLimits
from spatial.regions.proofs.proof import Proof

__all__ = ["propose"]


def propose(
    areas: Annotated[Path, typer.Option(help="Map file with the areas (GeoPackage, GeoJSON, Shapefile …).")],
    need: Annotated[str, typer.Option(help="Column with the need index; higher is more need.")],
    population: Annotated[str, typer.Option(help="Column with the residents.")],
    out: Annotated[Path, typer.Option(help="GeoPackage to write: areas, regions, zones, passport.")],
    threshold: Annotated[float, typer.Option(help="Need above which an area speaks for itself.")] = 1.0,
    border_price: Annotated[
        float, typer.Option(help="Price of a metre of border, in residents × index points.")
    ] = 0.1,
    layer: Annotated[str | None, typer.Option(help="Layer of the map file, where it has several.")] = None,
    area_id: Annotated[str, typer.Option("--id", help="Column with the id of the areas.")] = "area_id",
    name: Annotated[str | None, typer.Option(help="Column with the names of the areas.")] = None,
    least_residents: Annotated[float, typer.Option(help="Least residents of each region.")] = 0.0,
    most_residents: Annotated[
        float | None, typer.Option(help="Most residents of each region; larger ones are split.")
    ] = None,
    most_share: Annotated[
        float,
        typer.Option(help="Budget: most residents of all regions together, as a share of the city's (0–1)."),
    ] = 1.0,
    most_regions: Annotated[int | None, typer.Option(help="Most regions.")] = None,
    existing_column: Annotated[
        str | None,
        typer.Option(help="Column with the region of the map in force; empty where there is none."),
    ] = None,
    existing: Annotated[
        Path | None, typer.Option(help="Instead: map file with the map in force, one row per region.")
    ] = None,
    existing_id: Annotated[str, typer.Option(help="Column with the region in that file.")] = "region_id",
    inertia: Annotated[float, typer.Option(help="How much the map in force counts, in index points.")] = 0.0,
    fixed: Annotated[
        Path | None,
        typer.Option(help="CSV with area_id, decision (locked, inside, outside), reason and region_id."),
    ] = None,
    lines: Annotated[Path | None, typer.Option(help="Map file with rivers, railways or main roads.")] = None,
    line_factor: Annotated[
        float, typer.Option(help="What a border along them costs; below 1 a good end of a region.")
    ] = 0.3,
    gap: Annotated[float, typer.Option(help="Areas that face each other across so many metres touch.")] = 0.0,
    reach: Annotated[float, typer.Option(help="Islands are linked over so many metres.")] = 0.0,
    zone_distance: Annotated[float, typer.Option(help="Width of the soft zone in metres.")] = 200.0,
    prove: Annotated[
        float | None, typer.Option(help="Prove how good it is, for so many seconds at most.")
    ] = None,
    seed: Annotated[int, typer.Option(help="For splitting; the same seed gives the same map.")] = 0,
    as_json: Json = False,
) -> None:
    """Propose priority areas from map files alone: the best choice, with its bound and everything to repeat it."""
    require_writable(out)
    table = read_area_table(areas, layer=layer, area_id=area_id, need=need, population=population, name=name)
    if existing is not None and existing_column is not None:
        raise EtlError("give --existing or --existing-column, not both")
    in_force: Any = None
    if existing_column is not None:
        column = area_column(read_map(areas, layer=layer), existing_column, areas)
        in_force = column.set_axis(table.areas.index).replace("", None)
    elif existing is not None:
        drawn = _same_crs(existing, table)
        in_force = drawn.set_index(area_column(drawn, existing_id, existing).astype(str))
    found = propose_from(
        table,
        ProposalOptions(
            threshold=threshold,
            border_price=border_price,
            inertia=inertia,
            limits=RegionLimits(
                least_residents=least_residents,
                most_residents=math.inf if most_residents is None else most_residents,
                most_share=most_share,
                most_regions=most_regions,
            ),
            zone_distance=zone_distance,
            gap=gap,
            reach=reach,
            seed=seed,
        ),
        existing=in_force,
        fixed=None if fixed is None else read_fixed(fixed),
        lines=None if lines is None else _same_crs(lines, table),
        line_factor=line_factor,
        prove_seconds=prove,
        files={path.name: digest(path) for path in (fixed, lines, existing) if path is not None},
    )
    write_map(out, found.layers())
    if as_json:
        sys.stdout.write(json.dumps(_told(found, out), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(_sentences(found, out))


def _same_crs(path: Path, table: AreaTable) -> gpd.GeoDataFrame:
    found = read_map(path)
    if found.crs != table.areas.crs:
        raise EtlError(
            f"{path}: is in {found.crs.name}, the areas in {table.areas.crs.name}; reproject one of them"
        )
    return found


def _told(found: FileProposal, out: Path) -> dict[str, Any]:
    summary = found.result.summary().reset_index()
    told = {
        "file": str(out),
        **found.passport,
        "regions": json.loads(summary.to_json(orient="records")),
        "single_cases": found.cases.to_frame().index.astype(str).tolist(),
    }
    if found.proof is not None:
        proof = found.proof
        told["proof"] = {
            "is_proved": proof.is_proved,
            "status": proof.status,
            "objective": proof.objective,
            "lower_bound": proof.lower_bound,
            "relative_gap": proof.relative_gap,
            "undecided_areas": proof.undecided,
            "seconds": round(proof.seconds, 2),
            "is_proposal_best": proof.is_best,
        }
    if found.comparison is not None:
        changes = change_table(found.comparison)
        told |= {
            "jaccard": found.comparison.jaccard,
            "changes": json.loads(changes.to_json(orient="records")),
        }
    return told


def _sentences(found: FileProposal, out: Path) -> str:
    result, table = found.result, found.table
    summary = result.summary()
    everybody = float(table.population.sum())
    inside = float(summary["residents"].sum())
    shown = pd.DataFrame(
        {
            "areas": summary["areas"].astype(int),
            "residents": [german(one, 0) for one in summary["residents"]],
            "mean need": [german(one, 2) for one in summary["mean_need"]],
            "border km": [german(one / 1000, 1) for one in summary["border_length"]],
            "locked": ["yes" if one else "" for one in summary["is_locked"]],
        },
        index=summary.index,
    )
    share = inside / everybody if everybody else 0.0
    best = (
        "proved best"
        if result.relative_gap < 1e-9
        else f"at most {100 * result.relative_gap:.2f} % from the best"
    )
    text = f"{shown.to_string()}\n\n" if len(shown) else ""
    return (
        text + f"{len(summary)} region(s), {int(result.region.notna().sum())} of {len(result.region)} areas, "
        f"{german(inside, 0)} residents ({100 * share:.1f} %); {best}\n"
        f"{len(found.cases.to_frame())} area(s) above the threshold in no region (layer single_cases)\n"
        + _unsure(found)
        + (_proof(found.proof) if found.proof is not None else "")
        + (f"map in force: {found.comparison}\n" if found.comparison is not None else "")
        + f"{out}\n"
    )


def _unsure(found: FileProposal) -> str:
    """Say what the proposal could not know or had to convert, one line each; nothing where all is known."""
    lines = []
    if found.result.unknown:
        lines.append(f"{found.result.unknown} area(s) of unknown need: they follow their neighbours")
    alone = found.passport["areas_without_neighbour"]
    if alone:
        lines.append(
            f"{len(alone)} area(s) without a neighbour: {_few(alone)}; --gap and --reach link areas that lie apart"
        )
    quality = found.passport["existing"]
    if quality:
        share = quality["ambiguous_share_of_residents"] or 0.0
        lines.append(f"map in force, converted by surface: {100 * share:.1f} % of its residents are not sure")
        if quality["lost"]:
            lines.append(f"its region(s) {_few(quality['lost'])} got no area: too small, or outside the city")
        if quality["outside"]:
            lines.append(
                f"its region(s) {_few(quality['outside'])} lie outside the city, "
                f"{quality['outside_hectares']:.1f} ha together"
            )
    return "".join(f"{line}\n" for line in lines)


def _few(names: list[str]) -> str:
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")


def _proof(proof: Proof) -> str:
    better = 1 - proof.proposed / proof.objective if proof.objective else 0.0
    told = "" if proof.is_best else f"; the best known choice saves {100 * better:.2f} % more"
    return f"proof: {proof.status}{told}\n"
