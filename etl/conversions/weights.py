"""Where do residents live, as far as that is public? Weights for crosswalks, from published counts or from a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy import Connection

from db.queries import areas, conversions, deliveries
from db.queries.values import read_values
from etl.conversions.places import Place
from etl.datasets.rasters.files import RASTER_SUFFIXES
from etl.datasets.rasters.people import people_of_raster
from etl.errors import EtlError
from etl.planning.area_files import area_column, digest, read_map

__all__ = ["Weights", "published_weights", "require_public", "weights_from_file"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weights:
    """Residents of blocks or points, with what was made up for counts that are withheld.

    `told`: the name of the weights, and how many blocks there are, are filled, or have none. `fingerprint`: changes when
    a weight or the outline of its block does; empty for a file, which is known by its checksum.
    """

    blocks: gpd.GeoSeries
    persons: pd.Series
    told: dict[str, object]
    fingerprint: str

    def __repr__(self) -> str:
        return f"Weights({self.told['weights']}: {len(self.persons)} blocks)"


def published_weights(connection: Connection, place: Place, indicator: str, period: str) -> Weights:
    """Return the published counts of an edition as weights.

    What is withheld gets an equal part of what the published count of the area above leaves; everybody can work that
    out. Where that is not known either, the block has no weight. Both are counted.

    Raises
    ------
    EtlError
        If there are no such counts.
    """
    vintage = place.vintage_id
    frame = areas.read_areas(connection, vintage)
    counts = _counts(connection, vintage, indicator, period).reindex(frame.index)
    if counts.isna().all():
        raise EtlError(
            f"there are no values of {indicator!r} in {period} for {place}; name others as weights"
        )
    if (counts < 0).any():
        raise EtlError(
            f"{indicator} of {place} is below 0 in {period}; weights are counts of people or things"
        )
    above = deliveries.area_parents(connection, vintage)
    parents = pd.Series({area: parent for area, (_vintage, parent) in above.items()}, dtype=object)
    totals = [
        _counts(connection, upper, indicator, period)
        for upper in sorted({upper for upper, _parent in above.values()})
    ]
    total = pd.concat(totals) if totals else pd.Series(dtype=float)
    filled = counts.fillna(_remainders(counts, parents.reindex(frame.index), total))
    return Weights(
        blocks=frame.geometry,
        persons=filled.fillna(0.0),
        told={
            "weights": f"{place}:{indicator}:{period}",
            "blocks": len(frame),
            "blocks_filled": int((counts.isna() & filled.notna()).sum()),
            "blocks_without_count": int(filled.isna().sum()),
        },
        fingerprint=f"{pd.util.hash_pandas_object(filled).sum()} {conversions.outlines(connection, vintage)}",
    )


def _counts(connection: Connection, vintage: int, indicator: str, period: str) -> pd.Series:
    found = read_values(connection, vintage_id=vintage, indicator_ids=[indicator], period=period)
    return found.set_index("area_id")["value"]


def _remainders(counts: pd.Series, parents: pd.Series, total: pd.Series) -> pd.Series:
    """Return for every block an equal part of what is left of the area above; NaN where nobody can tell."""
    known = counts.groupby(parents).sum()
    unknown = counts.isna().groupby(parents).sum()
    left = (total.reindex(known.index) - known).clip(lower=0) / unknown.where(unknown > 0)
    return pd.Series(parents.map(left).to_numpy(dtype=float), index=counts.index)


def weights_from_file(path: Path, column: str, *, crs: object, layer: str | None = None) -> Weights:
    """Return the blocks or points of a map file with the weights of one of its columns, in the CRS of the city.

    Of a raster the inhabited cells, and instead of a column the number of its band.

    Raises
    ------
    EtlError, FetchError
        If the file is no map, or the column is no numbers.
    """
    if path.suffix.lower() in RASTER_SUFFIXES:
        return _weights_from_raster(path, column, crs)
    frame = read_map(path, layer=layer)
    persons = pd.to_numeric(area_column(frame, column, path), errors="coerce").astype(float)
    wrong = ~(np.isfinite(persons) & (persons >= 0))
    if wrong.any():
        raise EtlError(
            f"{path}: {int(wrong.sum())} weight(s) missing, negative or no number, the first in feature "
            f"{int(np.flatnonzero(wrong)[0]) + 1}; correct them, 0 where nobody lives"
        )
    return Weights(
        blocks=frame.geometry.to_crs(crs),
        persons=persons,
        told={"weights": f"{path.name}:{column}", "blocks": len(frame), "sha256": digest(path)},
        fingerprint="",
    )


def _weights_from_raster(path: Path, band: str, crs: object) -> Weights:
    if not band.isdigit() or int(band) < 1:
        raise EtlError(f"{path}: {band!r} is no band of a raster; give its number, such as {path.name}:1")
    people = people_of_raster(path, int(band), crs=crs)
    return Weights(
        blocks=people.cells,
        persons=people.population,
        told={"weights": f"{path.name}:{band}", "blocks": len(people.cells), "sha256": digest(path)},
        fingerprint="",
    )


def require_public(path: Path, *, is_public: bool) -> None:
    """Refuse weights of a file, or shares made of them, of which nobody says that they may be published.

    Who has the converted residents of an area has the weights behind them: a block that is withheld could be worked out
    from a sum of blocks with it. A share of the blocks of an area times its published sum is that count just so.
    Published counts of the city need no such word.

    Raises
    ------
    EtlError
        Unless they are public.
    """
    if not is_public:
        raise EtlError(
            f"{path.name}: weights and shares can be worked out from what is converted with them, and withheld counts from"
            " these, so they must be numbers, and be made of numbers, that may be published; say"
            " --weights-are-public if they are, or take published counts (--by population --weights"
            " LEVEL:INDICATOR:PERIOD)"
        )
