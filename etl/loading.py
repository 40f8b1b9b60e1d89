"""The loaded stage: put one clean delivery into the database, all of it or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import pandas as pd
import shapely
from sqlalchemy import Connection, Engine

from db.queries import catalogue, datasets, deliveries
from db.queries.alert_merge import withdraw_replaced
from db.queries.areas import geographies
from db.queries.city_lock import lock_city
from db.queries.definition_changes import changes, read_definitions
from db.queries.load_order import BROUGHT, BROUGHT_OVERLAYS, load_in_force, number_of
from db.queries.overlays import put_overlays
from db.queries.values import remove_computed, renew_availability
from etl.access_changes import asks_otherwise
from etl.comparison.jumps import stored_jump_findings
from etl.comparison.layers import layer_findings
from etl.comparison.left_out import gone_findings, left_out_findings
from etl.comparison.new_editions import new_edition_findings
from etl.comparison.older_files import older_files_findings
from etl.comparison.outlines import changed_area_findings
from etl.comparison.same_city import require_same_place, title_findings
from etl.datasets.findings import DatasetError, Finding, as_json
from etl.delivered_rates import checked_rates, rates_sentence
from etl.delivery import Delivery
from etl.errors import DeliveryError, Problem
from etl.overlays import overlay_rows
from etl.publications import newest_load_id, read_earlier
from etl.published_counts import read_published
from etl.raw import RawFile
from etl.source import Progress
from etl.top_coding import top_coded
from etl.withholding import (
    ExposedCountsError,
    Guarded,
    exposed_counts,
    withhold_exposed,
    withhold_sensitive,
)
from indicators.catalogue import city_catalogue
from indicators.confidentiality import ConfidentialityError

__all__ = ["LoadReport", "checksum_of", "load", "require_served_safe", "unchanged_since"]

# Up to so many withheld counts the attack takes less than a second; the attack on more runs beside the writing.
_FEW = 20_000
_NAMED = 3  # kinds of counted rows that the sentence about a load names


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What a load did, in rows; `confidentiality` says what was withheld, by whom, and what the proof took.

    `number` counts the loads of the city, `load_id` is its id in the database. `findings`: what stands out against what
    was loaded before. With `dry_run` it is what a load would do: nothing of it was kept.
    """

    city: str
    load_id: int
    number: int
    changed: bool
    counts: dict[str, int]
    repairs: dict[str, int]
    counted: Mapping[str, int] = field(default_factory=dict)
    confidentiality: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    dry_run: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return it for programs."""
        told = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "load_id"}
        return {**told, "findings": as_json(self.findings)}

    def sentence(self) -> str:
        """Say it in one line."""
        if not self.changed:
            return f"{self.city}: unchanged since load {self.number}, 0 rows changed"
        counts = ", ".join(
            f"{name.replace('_', ' ')} {count:,}" for name, count in self.counts.items() if count
        )
        told = _listed("corrected", self.repairs, most=len(self.repairs)) + _listed("counted", self.counted)
        done = "dry run, nothing was kept" if self.dry_run else f"load {self.number}"
        return f"{self.city}: {done}: {counts or '0 rows changed'}{self._withheld()}{told}"

    def _withheld(self) -> str:
        told = self.confidentiality
        if not told:
            return ""
        kept = told["withheld_before"]
        before = f", {kept:,} because an earlier load withheld them" if kept else ""
        spared = (
            f"at most {100 * told['gap']:.1f} % of these could be spared"
            if told["gap"]
            else "none could be spared"
        )
        elsewhere = told.get("withheld_but_public_in_other_editions", 0)
        return (
            f"; withheld: {told['withheld_by_publisher']:,} by the publisher, {told['withheld_small']:,} too small, "
            f"{told['withheld_for_others']:,} because they would give those away ({spared}){before}"
            f", found in {told['seconds']:.1f} s"
            f"{', ' + format(elsewhere, ',') + ' of them public in another edition' if elsewhere else ''}"
            f"{rates_sentence(told)}"
        )


def _listed(word: str, steps: Mapping[str, int], *, most: int = _NAMED) -> str:
    """Return named steps with their counts, the first ones and how many more there are."""
    if not steps:
        return ""
    named = ", ".join(f"{name} ({count:,})" for name, count in list(steps.items())[:most])
    more = f" and {len(steps) - most} more, told by 'sozialraum check'" if len(steps) > most else ""
    return f"; {word}: {named}{more}"


def checksum_of(files: Sequence[RawFile]) -> str:
    """Return one checksum for a set of raw files, whatever their order."""
    lines = sorted(f"{file.sha256}  {file.name}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def unchanged_since(
    connection: Connection, city_id: str, *, checksum: str, code_version: str
) -> LoadReport | None:
    """Return a report when the load of the city that is in force came from the same files and the same code."""
    newest = load_in_force(connection, city_id)
    if newest is None or (newest["checksum"], newest["code_version"]) != (checksum, code_version):
        return None
    return LoadReport(
        city=city_id, load_id=newest["id"], number=newest["number"], changed=False, counts={}, repairs={}
    )


def load(
    engine: Engine,
    delivery: Delivery,
    files: Sequence[RawFile],
    *,
    loaded_by: str,
    code_version: str,
    progress: Progress,
    dry_run: bool = False,
) -> LoadReport:
    """Load a checked delivery in one transaction; a crash at any moment leaves the database as it was.

    With `dry_run` the transaction is rolled back at its end: the report says what a load would change.

    Only what may be published is written: counts that are too small, and what would give withheld ones away, are
    withheld before, and nothing is committed until an attack on the whole has found nothing. What was withheld by
    earlier loads stays withheld, and what they published is taken as known. Delivered rates say no more than the counts.
    """
    progress("confidentiality", None)
    delivery = top_coded(delivery)
    with engine.connect() as connection:
        require_same_place(connection, delivery)
        earlier = read_earlier(connection, delivery)
    guarded = withhold_sensitive(delivery, earlier)

    def store(checked: Guarded, proof: Callable[[], Guarded]) -> LoadReport:
        return _store(
            engine,
            checked,
            files,
            proof=proof,
            loaded_by=loaded_by,
            code_version=code_version,
            progress=progress,
            dry_run=dry_run,
        )

    if guarded.by_publisher <= _FEW:
        proven = withhold_exposed(guarded)
        return store(proven, lambda: proven)
    with ThreadPoolExecutor(max_workers=1) as beside:
        attacked = beside.submit(exposed_counts, guarded)

        def proof() -> Guarded:
            seconds, exposed = attacked.result()
            if len(exposed):
                raise ExposedCountsError(delivery.source.id, exposed)
            return guarded.after(seconds)

        try:
            return store(guarded, proof)
        except ExposedCountsError:
            pass  # nothing was committed
    proven = withhold_exposed(guarded)
    return store(proven, lambda: proven)


def _beside_stored(connection: Connection, delivery: Delivery) -> list[Finding]:
    """Return what is left out of what is stored, and what jumps against it; errors where the manifest says so.

    `delivery` is what is going to be public: a number that is withheld must not be told by a comparison.
    """
    found = [
        *title_findings(connection, delivery),
        *new_edition_findings(connection, delivery),
        *layer_findings(connection, delivery),
        *left_out_findings(connection, delivery),
        *stored_jump_findings(connection, delivery),
    ]
    _refuse_errors(delivery, found)
    return found


def _refuse_errors(delivery: Delivery, found: Sequence[Finding]) -> None:
    if any(one.severity == "error" for one in found):
        raise DatasetError(delivery.source.id, found)


def _store(
    engine: Engine,
    guarded: Guarded,
    files: Sequence[RawFile],
    *,
    proof: Callable[[], Guarded],
    loaded_by: str,
    code_version: str,
    progress: Progress,
    dry_run: bool,
) -> LoadReport:
    """Write a delivery and commit it when `proof` has been given, unless it is a dry run."""
    rates = checked_rates(guarded.delivery, guarded.knowledge.earlier)
    delivery = rates.delivery
    city = delivery.city
    with engine.begin() as connection:
        lock_city(connection, city.id)
        done = unchanged_since(connection, city.id, checksum=checksum_of(files), code_version=code_version)
        if done is not None:  # somebody else loaded the same while we were waiting
            return done
        if newest_load_id(connection, city.id) != guarded.after_load:
            what = (
                "another load of this city was finished meanwhile, and what it published counts; load again"
            )
            raise DeliveryError(delivery.source.id, [Problem(what)])
        found = [] if guarded.after_load is None else _beside_stored(connection, delivery)
        progress("definitions", None)
        before = read_definitions(connection, city.id)
        deliveries.put_city(connection, **asdict(city))
        deliveries.put_source(connection, **asdict(delivery.source))
        _put_indicators(connection, delivery)
        vintages = _put_geographies(connection, delivery)
        kept_manifest = datasets.newest_manifest(connection, city.id)
        asks = asks_otherwise(kept_manifest[0] if kept_manifest else None, delivery.manifest)
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
            rejected=_kept_of_rejected(delivery),
            definitions=changes(before, read_definitions(connection, city.id), sources=[delivery.source.id]),
        )
        if delivery.manifest:
            datasets.keep_manifest(connection, load_id, delivery.manifest, delivery.methods)
        progress("areas", None)
        counts = deliveries.merge_areas(connection, _area_rows(delivery, vintages), load_id=load_id)
        progress("values", None)
        values = delivery.values.assign(vintage_id=delivery.values["geography"].map(vintages))
        counts |= deliveries.merge_values(connection, values, load_id=load_id)
        counts |= put_overlays(
            connection,
            overlay_rows(delivery.overlays, city.srid),
            city_id=city.id,
            source_id=delivery.source.id,
            load_id=load_id,
        )
        newest = {level["vintage_id"] for level in geographies(connection, city.id)}
        touched = sorted(newest.union(vintages.values()))
        if asks or any(counts.get(name) for name in (*BROUGHT, *BROUGHT_OVERLAYS)):
            # Computed values rest on counts, and on where areas lie. A share of an old count beside the new one could give
            # away what is withheld now, and a density of an old boundary is wrong; levels that are not delivered may be
            # made of those that are. A share near facilities must not stand under the text of another distance.
            counts["computed_values_removed"] = remove_computed(connection, touched)
            withdrawn = withdraw_replaced(connection, city.id, load_id=load_id)
            counts |= {"alerts_withdrawn": withdrawn} if withdrawn else {}
        renew_availability(connection, touched)
        told_of = [*found, *_changed(connection, delivery, counts, load_id)]
        number = number_of(connection, load_id)
        counts["rows_rejected"] = len(delivery.rejected)
        progress("proof of confidentiality", None)
        told = proof().told() | rates.told()
        require_served_safe(connection, delivery)
        kept = {**counts, "counted": delivery.counted} if delivery.counted else counts
        deliveries.set_counts(connection, load_id, {**kept, "confidentiality": told})
        if dry_run:
            counts |= _unchanged(delivery, counts)
            connection.rollback()
        else:
            progress("commit", None)
    return LoadReport(
        city=city.id,
        load_id=load_id,
        number=number,
        changed=True,
        counts=counts,
        repairs=delivery.repairs,
        counted=delivery.counted,
        confidentiality=told,
        findings=tuple(told_of),
        dry_run=dry_run,
    )


def _changed(
    connection: Connection, delivery: Delivery, counts: Mapping[str, int], load_id: int
) -> list[Finding]:
    """Return what a load changed of areas, and which values it left without a number."""
    found = []
    if counts["areas_changed"]:
        found += changed_area_findings(connection, delivery, load_id)
    if counts["values_corrected"]:
        found += older_files_findings(connection, delivery, load_id)
        found += gone_findings(connection, delivery, load_id)
    _refuse_errors(delivery, found)
    return found


def _unchanged(delivery: Delivery, counts: Mapping[str, int]) -> dict[str, int]:
    """Return how many areas and values of a delivery are there already, just as they are."""
    areas = len(delivery.areas) - counts["areas_inserted"] - counts["areas_changed"]
    values = len(delivery.values) - counts["values_inserted"] - counts["values_corrected"]
    return {"areas_unchanged": areas, "values_unchanged": values}


def _kept_of_rejected(delivery: Delivery) -> pd.DataFrame:
    """Return what is kept of rejected rows; the cells only of a publication, others may hold what is too small.

    Place and reason are enough to find the cell in the raw file, which is not part of the database.
    """
    rejected = delivery.rejected
    return rejected if delivery.confidentiality.is_publication else rejected.assign(content="")


def require_served_safe(connection: Connection, delivery: Delivery) -> None:
    """Attack what is served together with what earlier loads left; where they left nothing, that has been done."""
    city, periods = delivery.city.id, list(delivery.values["period"].unique())
    if deliveries.stored_values(connection, city, periods) == len(delivery.values):
        return
    served = read_published(connection, city)
    at = served.values["period"].isin(periods)
    try:
        exposed = replace(served, values=served.values[at]).exposed(delivery.confidentiality)
    except ConfidentialityError as error:
        raise DeliveryError(
            delivery.source.id, [Problem(f"confidentiality of the delivery beside earlier ones: {error}")]
        ) from error
    if len(exposed):
        raise ExposedCountsError(delivery.source.id, exposed)


def _put_indicators(connection: Connection, delivery: Delivery) -> None:
    """Write the definitions down; what a delivered rate is made of need not be delivered, but somebody has to define it."""
    city = delivery.city.id
    made_of = {
        name for one in delivery.indicators for name in (one.numerator, one.minus, one.denominator) if name
    }
    known = {one.id for one in (*delivery.indicators, *catalogue.indicators(connection, city))}
    shared, needed = city_catalogue(city), sorted(made_of - known)
    if unknown := [name for name in needed if name not in shared]:
        what = f"indicators are made of {', '.join(unknown)}, which nobody defines; define them, or correct their names"
        raise DeliveryError(delivery.source.id, [Problem(what)])
    deliveries.put_indicators(connection, city, [shared[name] for name in needed], is_from_catalogue=True)
    deliveries.put_indicators(connection, city, delivery.indicators)


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
            "geometry": with_srid,
        }
    )
