"""A proposal of priority areas from files alone: no database, everything that is needed to repeat it in the result."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from etl.errors import EtlError
from etl.planning.area_files import area_column, digest, id_text, read_map
from etl.planning.conversion_quality import conversion_quality
from etl.planning.file_layers import (
    area_layer,
    case_layer,
    change_table,
    difference_layer,
    passport_table,
    region_layer,
)
from etl.version import code_version
from spatial.barriers import border_factors
from spatial.contiguity import shared_borders
from spatial.links import linked
from spatial.regions import (
    FixedAreas,
    PriorityAreas,
    RegionLimits,
    buffer_zones,
    compare_maps,
    on_these_areas,
    outlines,
    outlines_digest,
    propose,
    prove,
    single_cases,
)
from spatial.regions.changes.comparison import MapComparison
from spatial.regions.proofs.proof import Proof
from spatial.regions.reasons.single_cases import SingleCases

__all__ = ["AreaTable", "FileProposal", "ProposalOptions", "propose_from", "read_area_table", "read_fixed"]

_DECISIONS = ("locked", "inside", "outside")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AreaTable:
    """Areas of a map file with what a proposal needs; all on the index of area ids. `files`: digest by file name."""

    areas: gpd.GeoSeries
    need: pd.Series
    population: pd.Series
    name: pd.Series | None
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalOptions:
    """What a proposal from files is asked for; in the words and units of `spatial.regions.propose`."""

    threshold: float
    border_price: float
    inertia: float = 0.0
    limits: RegionLimits = field(default_factory=RegionLimits)
    zone_distance: float = 200.0
    gap: float = 0.0
    reach: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FileProposal:
    """A proposal with its shapes, and the passport by which it can be repeated."""

    table: AreaTable
    result: PriorityAreas
    outlines: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    cases: SingleCases
    comparison: MapComparison | None
    proof: Proof | None
    passport: Mapping[str, Any]

    def layers(self) -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
        """Return the layers of the map file."""
        areas, names = self.table.areas, self.table.name
        found: dict[str, gpd.GeoDataFrame | pd.DataFrame] = {
            "areas": area_layer(areas, names, self.result, self.zones),
            "regions": region_layer(self.result, self.outlines),
            "zones": self.zones.assign(region_id=self.zones.index.astype(str)).reset_index(drop=True),
            "single_cases": case_layer(areas, names, self.cases, self.result),
        }
        if self.comparison is not None and self.result.existing is not None:
            found["differences"] = difference_layer(areas, self.result.existing, self.result)
            found["changes"] = change_table(self.comparison)
        return found | {"passport": passport_table(self.passport)}


def read_area_table(
    path: Path,
    *,
    layer: str | None = None,
    area_id: str = "area_id",
    need: str,
    population: str,
    name: str | None = None,
) -> AreaTable:
    """Read areas, need and population from one map file.

    Raises
    ------
    EtlError
        If the file or a column is not there, a column holds no numbers, or no need is known at all.
    """
    frame = read_map(path, layer=layer)
    ids = area_column(frame, area_id, path)
    if ids.isna().any():
        raise EtlError(f"{path}: {int(ids.isna().sum())} row(s) without {area_id}; give every area an id")
    index = pd.Index(id_text(ids), name="area_id")
    table = frame.set_axis(index, axis=0)
    needs = _numbers(table, need, path)
    if len(needs) and needs.isna().all():
        raise EtlError(
            f"{path}: {need} is empty in all {len(needs)} area(s); give the need of those where it is known"
        )
    return AreaTable(
        areas=table.geometry,
        need=needs,
        population=_numbers(table, population, path),
        name=None if name is None else area_column(table, name, path),
        files={path.name: digest(path)},
    )


def _numbers(frame: gpd.GeoDataFrame, name: str, path: Path) -> pd.Series:
    column = area_column(frame, name, path)
    if not pd.api.types.is_numeric_dtype(column.dtype):
        numbers = pd.to_numeric(column, errors="coerce")
        wrong = column[numbers.isna() & column.notna()]
        if len(wrong):
            raise EtlError(
                f"{path}: {name} is no number in {len(wrong)} area(s), first {wrong.iloc[0]!r} in {wrong.index[0]};"
                " write numbers with a point, and leave unknown ones empty"
            )
        column = numbers
    return column.astype(float)


def read_fixed(path: Path) -> FixedAreas:
    """Read areas whose answer is given: a CSV with area_id, decision (locked, inside, outside), reason and region_id.

    Raises
    ------
    EtlError
        If it is no table, a column is missing, a decision unknown, or a locked area names no region.
    """
    if not path.is_file():
        raise EtlError(f"{path}: no such file; give a CSV with area_id, decision, reason and region_id")
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, sep=None, engine="python")
    except (csv.Error, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise EtlError(
            f"{path}: no table in UTF-8; give a CSV with area_id, decision, reason and region_id"
        ) from error
    for name in ("area_id", "decision", "reason"):
        area_column(table, name, path)
    strange = table.loc[~table["decision"].isin(_DECISIONS), "decision"]
    if len(strange):
        line, word = int(strange.index[0]) + 2, strange.iloc[0]
        raise EtlError(f"{path}, line {line}: decision {word!r}; one of: {', '.join(_DECISIONS)}")
    locked = table[table["decision"] == "locked"]
    if len(locked):
        nameless = locked.index[area_column(locked, "region_id", path).str.strip() == ""]
        if len(nameless):
            raise EtlError(
                f"{path}, line {int(nameless[0]) + 2}: locked without a region_id; name its region"
            )
    by_id = table.set_index("area_id")
    return FixedAreas(
        locked=by_id.loc[by_id["decision"] == "locked", "region_id"] if len(locked) else pd.Series(dtype=str),
        reason=locked.groupby("region_id")["reason"].first() if len(locked) else pd.Series(dtype=str),
        inside=by_id.loc[by_id["decision"] == "inside", "reason"],
        outside=by_id.loc[by_id["decision"] == "outside", "reason"],
    )


def propose_from(
    table: AreaTable,
    options: ProposalOptions,
    *,
    existing: pd.Series | gpd.GeoDataFrame | None = None,
    fixed: FixedAreas | None = None,
    lines: gpd.GeoDataFrame | None = None,
    line_factor: float = 0.3,
    files: Mapping[str, str] | None = None,
    prove_seconds: float | None = None,
) -> FileProposal:
    """Propose priority areas for areas of a file.

    `existing`: region of the map in force per area, or its polygons, indexed by region; these are converted, and the
    passport says with which quality. `lines`: rivers, railways or streets; a border that runs along one
    costs `line_factor` of its length. `files`: digests of the further files. `prove_seconds`: time for a
    proof, none without.

    Raises
    ------
    SpatialError
        As `spatial.regions.propose` and its parts say.
    """
    joined = linked(shared_borders(table.areas), table.areas, gap=options.gap, reach=options.reach)
    factors = None
    if lines is not None:
        factors = border_factors(table.areas, joined.graph, lines, factor=line_factor, gap=options.gap)
    quality: Mapping[str, Any] = {}
    if isinstance(existing, gpd.GeoDataFrame):
        converted = on_these_areas(existing, table.areas, table.population)
        existing, quality = converted.region, conversion_quality(converted)
    factor = None if factors is None else factors.factor
    result = propose(
        table.need,
        table.population,
        joined.graph,
        threshold=options.threshold,
        border_price=options.border_price,
        limits=options.limits,
        existing=existing,
        inertia=options.inertia,
        border_factor=factor,
        fixed=fixed,
        seed=options.seed,
    )
    comparison = None
    if existing is not None:
        comparison = compare_maps(existing, result.region, table.population, table.areas)
    proof = None
    if prove_seconds is not None:
        proof = prove(result, joined.graph, border_factor=factor, time_limit=prove_seconds)
    shapes = outlines(table.areas, result.region)
    zones = buffer_zones(table.areas, result.region, distance=options.zone_distance)
    passport = {
        "method": result.method,
        "code_version": code_version(),
        "inputs": dict(sorted({**table.files, **(files or {})}.items())),
        "parameters": asdict(options) | ({} if lines is None else {"line_factor": line_factor}),
        "links": {kind: int(row) for kind, row in joined.links["kind"].value_counts().sort_index().items()},
        "areas": len(table.areas),
        "areas_without_need": result.unknown,
        "areas_without_neighbour": joined.graph.isolates().tolist(),
        "objective": result.objective,
        "lower_bound": result.lower_bound,
        "relative_gap": result.relative_gap,
        "existing": quality,
        "geometry_sha256": outlines_digest(shapes),
    }
    return FileProposal(
        table=table,
        result=result,
        outlines=shapes,
        zones=zones,
        cases=single_cases(result, joined.graph, border_factor=factor),
        comparison=comparison,
        proof=proof,
        passport=_plain(passport),
    )


def _plain(value: Any) -> Any:
    """Return numbers that JSON knows; what has no end is null."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value
