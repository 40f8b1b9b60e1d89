"""The loaded stage: put one clean delivery into the database, all of it or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pandas as pd
import shapely
from sqlalchemy import Connection, Engine

from db.queries import deliveries
from db.queries.values import remove_computed, renew_availability
from etl.delivery import Delivery
from etl.raw import RawFile
from etl.sources.contract import Progress

__all__ = ["LoadReport", "checksum_of", "load", "unchanged_since"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What a load did, in rows."""

    city: str
    load_id: int
    changed: bool
    counts: dict[str, int]
    repairs: dict[str, int]

    def sentence(self) -> str:
        """Say it in one line."""
        if not self.changed:
            return f"{self.city}: unchanged since load {self.load_id}, 0 rows changed"
        counts = ", ".join(
            f"{name.replace('_', ' ')} {count:,}" for name, count in self.counts.items() if count
        )
        repairs = (
            "; repaired: " + ", ".join(f"{name} {count}" for name, count in self.repairs.items())
            if self.repairs
            else ""
        )
        return f"{self.city}: load {self.load_id}: {counts or '0 rows changed'}{repairs}"


def checksum_of(files: Sequence[RawFile]) -> str:
    """Return one checksum for a set of raw files, whatever their order."""
    lines = sorted(f"{file.sha256}  {file.name}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def unchanged_since(
    connection: Connection, city_id: str, *, checksum: str, code_version: str
) -> LoadReport | None:
    """Return a report when the newest load of the city came from the same files and the same code."""
    newest = deliveries.newest_load(connection, city_id)
    if newest is None or (newest["checksum"], newest["code_version"]) != (checksum, code_version):
        return None
    return LoadReport(city=city_id, load_id=newest["id"], changed=False, counts={}, repairs={})


def load(
    engine: Engine,
    delivery: Delivery,
    files: Sequence[RawFile],
    *,
    loaded_by: str,
    code_version: str,
    progress: Progress,
) -> LoadReport:
    """Load a checked delivery in one transaction; a crash at any moment leaves the database as it was."""
    city = delivery.city
    with engine.begin() as connection:
        deliveries.lock_city(connection, city.id)
        done = unchanged_since(connection, city.id, checksum=checksum_of(files), code_version=code_version)
        if done is not None:  # somebody else loaded the same while we were waiting
            return done
        progress("definitions", None)
        deliveries.put_city(connection, **asdict(city))
        deliveries.put_source(connection, **asdict(delivery.source))
        deliveries.put_indicators(connection, city.id, delivery.indicators)
        vintages = _put_geographies(connection, delivery)
        load_id = deliveries.record_load(
            connection,
            city_id=city.id,
            source_id=delivery.source.id,
            checksum=checksum_of(files),
            code_version=code_version,
            loaded_by=loaded_by,
            counts={},
            repairs=delivery.repairs,
            raw_files=[{"name": file.name, "sha256": file.sha256, "size": file.size} for file in files],
            rejected=delivery.rejected,
        )
        progress("areas", None)
        counts = deliveries.merge_areas(connection, _area_rows(delivery, vintages), load_id=load_id)
        progress("values", None)
        values = delivery.values.assign(vintage_id=delivery.values["geography"].map(vintages))
        counts |= deliveries.merge_values(connection, values, load_id=load_id)
        if counts["values_inserted"] or counts["values_corrected"]:
            # A share of an old count beside the new one could give away what is withheld now.
            counts["computed_values_removed"] = remove_computed(connection, list(vintages.values()))
        renew_availability(connection, list(vintages.values()))
        counts["rows_rejected"] = len(delivery.rejected)
        deliveries.set_counts(connection, load_id, counts)
        progress("commit", None)
    return LoadReport(city=city.id, load_id=load_id, changed=True, counts=counts, repairs=delivery.repairs)


def _put_geographies(connection: Connection, delivery: Delivery) -> dict[str, int]:
    vintages = {}
    for rank, level in enumerate(delivery.geographies):
        vintages[level.id] = deliveries.put_geography(
            connection,
            city_id=delivery.city.id,
            id=level.id,
            parent_id=level.parent,
            rank=rank,
            key_length=level.key_length,
            title_de=level.title_de,
            title_en=level.title_en,
            vintage={
                "edition": level.edition,
                "valid_from": level.valid_from,
                "valid_to": level.valid_to,
                "srid": delivery.city.srid,
            },
        )
    return vintages


def _area_rows(delivery: Delivery, vintages: dict[str, int]) -> pd.DataFrame:
    areas = delivery.areas
    parent_level = {level.id: level.parent for level in delivery.geographies}
    parent_vintage = areas["geography"].map(lambda level: vintages.get(parent_level[level] or ""))
    with_srid = shapely.set_srid(areas.geometry.to_numpy(), delivery.city.srid)
    return pd.DataFrame(
        {
            "vintage_id": areas["geography"].map(vintages),
            "area_id": areas["area_id"],
            "parent_vintage_id": parent_vintage.astype("Int64"),
            "parent_area_id": areas["parent_id"],
            "name": areas["name"],
            "srid": delivery.city.srid,
            "geometry": shapely.to_wkb(with_srid, hex=True, include_srid=True),
        }
    )
