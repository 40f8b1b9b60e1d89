"""`sozialraum surface`: an indicator without borders, as a GeoTIFF for map programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from db.engine import snapshot
from etl.cities import city_names, city_profile
from etl.cli.json_output import write_json
from etl.cli.session import open_session
from etl.progress import steps
from etl.surfaces import CitySurface, Smoothing, city_surface
from maps.surfaces import surface_geotiff
from maps.whole_files import write_whole
from spatial.rasters.surface import Kernel

__all__ = ["surface"]

_USUAL = Smoothing()


def surface(
    city: Annotated[
        str,
        typer.Argument(help=f"One of: {', '.join(city_names())}; or a city that was loaded with a manifest."),
    ],
    indicator: Annotated[str, typer.Argument(help="A rate, or a count, which becomes a density.")],
    out: Annotated[Path, typer.Option(help="File to write: .tif.")],
    period: Annotated[str | None, typer.Option(help="Period; the newest by default.")] = None,
    geography: Annotated[
        str | None, typer.Option(help="Level of areas; the finest with values by default.")
    ] = None,
    edition: Annotated[
        str | None, typer.Option(help="Edition of the boundaries; the newest by default.")
    ] = None,
    bandwidth: Annotated[float, typer.Option(help="Bandwidth of the kernel in metres.")] = _USUAL.bandwidth,
    cell_size: Annotated[float, typer.Option(help="Side of a cell in metres.")] = _USUAL.cell_size,
    kernel: Annotated[
        Kernel, typer.Option(help="quartic ends at the bandwidth, gaussian at three of them.")
    ] = _USUAL.kernel,
    least_persons: Annotated[
        float, typer.Option(min=1, help="Cells with fewer persons under the kernel are not shown.")
    ] = _USUAL.least_persons,
    weight: Annotated[
        str | None,
        typer.Option(
            help="Count of persons; the denominator of the indicator, or the residents, by default."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON on standard output.")
    ] = False,
) -> None:
    """Smooth an indicator from published values and write it as a cloud-optimised GeoTIFF."""
    if out.suffix.lower() not in (".tif", ".tiff"):
        raise typer.BadParameter("the file ends in .tif", param_hint="--out")
    smoothing = Smoothing(
        bandwidth=bandwidth, cell_size=cell_size, kernel=kernel, least_persons=least_persons
    )
    with (
        open_session() as session,
        snapshot(session.engine) as connection,
        steps(f"surface {city}") as progress,
    ):
        progress("smooth", None)
        made = city_surface(
            connection,
            city_profile(city, connection),
            indicator,
            geography=geography,
            period=period,
            edition=edition,
            weight=weight,
            smoothing=smoothing,
        )
        progress("write", None)
        write_whole(out, surface_geotiff(made.surface, made.words, decimals=made.decimals))
    if as_json:
        write_json({"file": str(out), **made.told()})
    else:
        sys.stdout.write(f"{_sentence(out, made)}\n")


def _sentence(out: Path, made: CitySurface) -> str:
    words, cells = made.words, made.surface.counts
    hidden = {
        "with too few persons": cells["few_persons"],
        "near a value that is not published": cells["unknown_near"],
    }
    told = "".join(f", {number:,} {why}" for why, number in hidden.items() if number)
    return (
        f"{out}: {words.indicator} [{words.unit}] {words.period} from {made.published:,} areas of {words.geography}"
        f" ({made.withheld:,} withheld, {made.missing:,} missing): {cells['shown']:,} cells shown{told}"
    )
