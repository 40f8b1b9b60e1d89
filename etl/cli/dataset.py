"""Commands about data sets with a manifest: write a first one, check one, and tell a path from a city."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from etl.cities import CityProfile, city_names, city_profile, manifest_profile
from etl.datasets.findings import DatasetError, Finding, Findings, as_json, as_text
from etl.datasets.first_look import first_look
from etl.datasets.first_manifest import first_manifest
from etl.datasets.manifest import Manifest
from etl.datasets.manifest_reading import MANIFEST_NAME, manifest_file
from etl.datasets.report import write_geopackage, write_html
from etl.datasets.report_files import require_beside_data, require_free
from etl.datasets.source import Inspection, inspect, open_source
from etl.errors import EtlError, FetchError
from etl.progress import steps
from etl.raw import RawStore
from etl.settings import PipelineSettings
from etl.shipped_cities.sources import SHIPPED, shipped_source
from maps.validation.page import NOT_FOR_PUBLICATION

__all__ = ["check", "init", "is_dataset", "profile_of", "profile_to_load"]

From = Annotated[
    Path | None, typer.Option("--from", help="Folder with the files; where the manifest lies by default.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]


def is_dataset(what: str) -> bool:
    """Whether an argument is a path of a manifest or of a folder with one, and not the name of a city."""
    if what in city_names():
        return False
    path = Path(what)
    return path.suffix == ".toml" or "/" in what or path.is_dir()


def profile_to_load(what: str, folder: Path | None = None) -> CityProfile:
    """Return the profile that the name of a shipped city, with its files in the folder, or a path stands for."""
    return (
        manifest_profile(open_source(Path(what))) if is_dataset(what) else city_profile(what, folder=folder)
    )


def profile_of(what: str, engine: Engine) -> CityProfile:
    """Return the profile of a city, or of the city of a data set; as it was loaded where it came with a manifest."""
    city = open_source(Path(what)).city_id if is_dataset(what) else what
    with engine.connect() as connection:
        return city_profile(city, connection)


def check(
    where: Annotated[
        Path,
        typer.Argument(help=f"Folder with a dataset.toml, or a manifest; or one of: {', '.join(SHIPPED)}."),
    ],
    folder: From = None,
    html: Annotated[
        Path | None, typer.Option(help="Write the report as one HTML file, with a map of the places.")
    ] = None,
    gpkg: Annotated[
        Path | None,
        typer.Option(help="Write the findings as a GeoPackage, to look at beside the boundaries."),
    ] = None,
    as_json_output: Json = False,
) -> None:
    """Check a data set without a database: everything that is wrong with it in one pass.

    Reports are for those who keep the data: they tell figures of the delivery and are not for publication.
    """
    require_free(html, gpkg)
    manifest: Manifest | None = None
    found: Inspection | None = None
    try:
        source = shipped_source(str(where), folder) if str(where) in SHIPPED else open_source(where)
        manifest = source.manifest
        written = (folder or Path()) / MANIFEST_NAME if source.beside is None else manifest_file(where)
        require_beside_data((html, gpkg), manifest, written, folder or written.parent)
        with steps(f"check {where.name}") as progress:
            manifest_profile(source)
            store = RawStore(PipelineSettings().raw_dir)
            told = Findings()
            files = source.files_in_place(folder, store=store, progress=progress, told=told)
            found = inspect(manifest, files, progress=progress, findings=told)
        findings: Sequence[Finding] = found.findings.found
    except DatasetError as error:
        is_refused_manifest = manifest is None and str(where) not in SHIPPED
        findings = first_look(where, folder) if is_refused_manifest else error.findings
    made = f"{datetime.now(tz=UTC).astimezone():%d.%m.%Y, %H:%M}"
    if html is not None:
        write_html(html, where.name, findings, manifest=manifest, found=found, made=made)
    if gpkg is not None:
        write_geopackage(gpkg, findings)
    _tell(where, findings, found, as_json_output)
    if found is None or found.delivery is None:
        raise typer.Exit(1)


def _tell(where: Path, findings: Sequence[Finding], found: Inspection | None, as_json_output: bool) -> None:
    errors = sum(one.severity == "error" for one in findings)
    delivery = None if found is None else found.delivery
    repaired = {} if delivery is None else delivery.repairs
    counted = {} if found is None else dict(found.counted)
    counts = {
        "areas": 0 if delivery is None else len(delivery.areas),
        "values": 0 if delivery is None else len(delivery.values),
        "rejected": 0 if delivery is None else len(delivery.rejected),
    }
    if as_json_output:
        told = {
            "dataset": str(where),
            "not_for_publication": NOT_FOR_PUBLICATION[1],
            "errors": errors,
            **counts,
            "repairs": repaired,
            "counted": counted,
            "findings": as_json(findings),
        }
        sys.stdout.write(json.dumps(told, ensure_ascii=False, default=str) + "\n")
        return
    lines = [as_text(findings)] if findings else []
    for word, steps_of in (("corrected", repaired), ("counted", counted if delivery is not None else {})):
        lines += [f"{word}: {name}: {count:,}" for name, count in steps_of.items()]
    if delivery is not None:
        by_level = delivery.areas.groupby("geography", sort=False).size()
        shown = ", ".join(f"{level} {count:,}" for level, count in by_level.items())
        lines.append(
            f"{delivery.city.id}: ready to load: areas {counts['areas']:,} ({shown}), values {counts['values']:,} of"
            f" {len(delivery.indicators)} indicators, rejected rows {counts['rejected']:,}"
        )
        if delivery.overlays:
            layers = ", ".join(f"{one.id} {len(one.features):,}" for one in delivery.overlays)
            lines.append(f"overlays (features): {layers}")
    else:
        lines.append(f"{where}: not ready to load, {errors} error(s)")
    sys.stdout.write("\n".join(lines) + "\n")


def init(
    folder: Annotated[Path, typer.Argument(help="Folder with the files of a data set.")],
    out: Annotated[
        Path | None,
        typer.Option(help=f"File to write; {MANIFEST_NAME} in the folder by default, - for the screen."),
    ] = None,
) -> None:
    """Look at the files of a folder and write a first manifest to go on from."""
    if not folder.is_dir():
        raise FetchError("folder not found", str(folder), "give the folder with the files")
    target = out or folder / MANIFEST_NAME
    if str(target) != "-" and target.exists():
        raise EtlError(f"{target} is there already; move it away, or give another name with --out")
    text = first_manifest(folder)
    if str(target) == "-":
        sys.stdout.write(text)
        return
    target.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{target}\n")
