"""Take the last load of a city back: all of it or nothing, and no number becomes public that must stay withheld."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine

from db.queries import datasets, deliveries, undo
from db.queries.areas import geographies
from db.queries.city_lock import lock_city
from db.queries.definition_changes import changes, read_definitions, take_back
from db.queries.load_order import in_force_after, number_of, read_order
from db.queries.overlays import take_back_overlays
from db.queries.rows import read_one
from db.queries.values import remove_computed, renew_availability
from etl.delivery import REJECTED_COLUMNS
from etl.errors import UndoError
from etl.loading import checksum_of
from etl.source import Progress
from etl.undone_publication import kept_withheld

__all__ = ["UndoReport", "undo_load"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoReport:
    """What an undo did: the load it took back, the one that is in force now (none: the city is empty), and counts.

    `number`, `undone` and `in_force` count the loads of the city; `load_id` is the id of the undo in the database.
    With `dry_run` it is what an undo would do: nothing of it was kept.
    """

    city: str
    load_id: int
    number: int
    undone: int
    in_force: int | None
    counts: dict[str, int]
    confidentiality: Mapping[str, Any] = field(default_factory=dict)
    dry_run: bool = False

    def sentence(self) -> str:
        """Say it in one line."""
        counts = ", ".join(
            f"{name.replace('_', ' ')} {count:,}" for name, count in self.counts.items() if count
        )
        done = (
            f"dry run, nothing was kept: load {self.undone} undone"
            if self.dry_run
            else f"load {self.undone} undone by load {self.number}"
        )
        now = "nothing is loaded any more" if self.in_force is None else f"load {self.in_force} is in force"
        return f"{self.city}: {done}, {now}: {counts or '0 rows changed'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Undo:
    """A load that can be undone: its row, the loads in force now and then, and whose source that is.

    `brought_by`: the load and the undos of its undos, which brought the same back. `numbers`: by id, of all loads.
    """

    load: Mapping[str, Any]
    brought_by: tuple[int, ...]
    in_force_now: int | None
    in_force_then: int | None
    source: str
    numbers: Mapping[int, int]


def undo_load(
    engine: Engine,
    load_id: int,
    *,
    undone_by: str,
    code_version: str,
    progress: Progress,
    dry_run: bool = False,
) -> UndoReport:
    """Undo the load (by its id) that is in force in its city, in one transaction; a crash leaves the database as it was.

    What it brought is kept as superseded, the values, areas, editions, overlays and definitions before it are in force
    again, and the undo is a load of its own, which can be undone as well. Counts that were withheld since stay withheld
    where they must, and nothing is committed before an attack on what would be public has found nothing.

    Raises
    ------
    UndoError
        If there is no such load, it is not the one in force, or what would be public would give withheld counts away.
    """
    with engine.begin() as connection:
        city = _city_of(connection, load_id)
        lock_city(connection, city)
        chosen = _chosen(connection, city, load_id)
        undo_id = deliveries.record_load(
            connection,
            city_id=city,
            source_id=chosen.source,
            checksum=checksum_of([]),
            code_version=code_version,
            loaded_by=undone_by,
            counts={},
            repairs={},
            raw_files=[],
            rejected=pd.DataFrame(columns=list(REJECTED_COLUMNS)),
            undoes=load_id,
        )
        progress("definitions", None)
        before, newest = read_definitions(connection, city), _newest_editions(connection, city)
        counts = take_back(connection, city, chosen.load["definitions"], load_id=undo_id)
        _keep_manifest(connection, chosen.in_force_then, undo_id)
        progress("areas", None)
        counts["areas_restored"] = undo.restore_areas(connection, city, load_id, load_id=undo_id)
        counts["overlays_restored"] = sum(
            take_back_overlays(connection, one, undone_by=undo_id) for one in chosen.brought_by
        )
        progress("confidentiality", None)
        undo.find_values(connection, city, load_id)
        kept = kept_withheld(
            connection,
            city,
            number=chosen.numbers[load_id],
            source=chosen.source,
            now=chosen.in_force_now,
            then=chosen.in_force_then,
        )
        progress("values", None)
        touched = sorted(
            {*newest, *_newest_editions(connection, city), *undo.touched_editions(connection), *kept.editions}
        )
        counts["computed_values_removed"] = remove_computed(connection, touched)
        counts |= undo.apply_values(connection, kept.values, load_id=undo_id)
        counts["alerts_withdrawn"] = undo.withdraw_alerts(connection, city, load_id=undo_id)
        renew_availability(connection, touched)
        progress("proof of confidentiality", None)
        kept.require_served_safe(connection)
        told = {**counts, "confidentiality": kept.told} if kept.told else counts
        deliveries.complete_undo(
            connection,
            undo_id,
            counts=told,
            definitions=changes(
                before,
                read_definitions(connection, city),
                sources=[one["key"] for one in chosen.load["definitions"] if one["relation"] == "source"],
            ),
        )
        number = number_of(connection, undo_id)
        if dry_run:
            connection.rollback()
        else:
            progress("commit", None)
    return UndoReport(
        city=city,
        load_id=undo_id,
        number=number,
        undone=chosen.numbers[load_id],
        in_force=None if chosen.in_force_then is None else chosen.numbers[chosen.in_force_then],
        counts=counts,
        confidentiality=kept.told,
        dry_run=dry_run,
    )


def _city_of(connection: Connection, load_id: int) -> str:
    found = read_one(connection, "SELECT city_id FROM load WHERE id = :load", {"load": load_id})
    if found is None:
        raise UndoError(load_id, "there is no such load", "'sozialraum history CITY' lists the loads")
    return str(found["city_id"])


def _chosen(connection: Connection, city: str, load_id: int) -> _Undo:
    """Return the load with what is in force before and after it is undone, or refuse."""
    loads = read_order(connection, city)
    in_force = in_force_after(loads)
    numbers: list[int | None] = [None, *(one["id"] for one in loads)]
    load, newest = next(one for one in loads if one["id"] == load_id), loads[-1]
    now = in_force[newest["id"]]
    if load_id not in (now, newest["id"]):
        raise _refused(city, loads, load, now)
    if load["definitions"] is None:
        raise UndoError(
            load["number"],
            "an earlier version of the program made it, which did not keep what was before",
            "load the earlier delivery again",
        )
    then = in_force[numbers[numbers.index(load_id) - 1]]
    source = next((one["source_id"] for one in loads if one["id"] == then), load["source_id"])
    before = dict(zip(numbers[1:], (in_force[one] for one in numbers), strict=False))
    again = (
        one["id"]
        for one in loads
        if one["undoes"] and (before[one["id"]], in_force[one["id"]]) == (then, load_id)
    )
    return _Undo(
        load=load,
        brought_by=(load_id, *again),
        in_force_now=now,
        in_force_then=then,
        source=source,
        numbers={one["id"]: one["number"] for one in loads},
    )


def _refused(
    city: str, loads: Sequence[Mapping[str, Any]], load: Mapping[str, Any], in_force: int | None
) -> UndoError:
    """Say why a load that is not in force cannot be undone, and which could be."""
    by = next((one for one in reversed(loads) if one["undoes"] == load["id"]), None)
    if by is not None:
        todo = (
            f"'sozialraum undo {city} {by['number']}' brings it back"
            if by is loads[-1]
            else "load its delivery again, its files are kept"
        )
        return UndoError(load["number"], f"load {by['number']} has undone it already", todo)
    if in_force is None:
        return UndoError(load["number"], "nothing of the city is in force", "load a delivery")
    newer = next(one["number"] for one in loads if one["id"] == in_force)
    return UndoError(
        load["number"], f"load {newer} came after it and rests on it", f"undo load {newer} first"
    )


def _keep_manifest(connection: Connection, of_load: int | None, load_id: int) -> None:
    """Keep the manifest that is in force again with the undo: a city is what its newest manifest says."""
    kept = None if of_load is None else datasets.manifest_of_load(connection, of_load)
    if kept is not None:
        datasets.keep_manifest(connection, load_id, *kept)


def _newest_editions(connection: Connection, city: str) -> set[int]:
    return {level["vintage_id"] for level in geographies(connection, city)}
