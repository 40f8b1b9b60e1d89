"""Bring published values over changes of boundaries and to other levels, with every crosswalk in force of a city."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from db.queries import areas, catalogue, conversions, runs
from db.queries.values import read_values, value_origins
from etl.cities import CityProfile
from etl.conversions.making import is_up_to_date
from etl.conversions.stored import read_crosswalk
from etl.conversions.values import Conversion, SourceValues, convert
from etl.count_tables import count_table
from etl.jobs.contract import Context, Outcome, once
from indicators.confidentiality import ShareLimits, share_limits
from indicators.definition import Indicator
from indicators.selection import LAND_AREA
from spatial.crosswalk import Crosswalk

__all__ = ["KIND", "limits_of", "read_source", "run"]

KIND = "conversion"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Step:
    """All that one conversion needs, read before anything is written."""

    row: Mapping[str, Any]
    way: Crosswalk
    source: SourceValues
    land_area: Mapping[str, float]
    there: frozenset[tuple[str, str]]


def run(context: Context) -> Outcome | None:
    """Convert with all crosswalks in force; None when the city has none.

    An indicator and period that the target edition has values of, whether they are published or withheld, is not
    converted: an estimate beside what is withheld would say what must not be said, and beside a count nothing.
    """
    connection, city = context.connection, context.city
    every = conversions.crosswalks(connection, city, only_in_force=True)
    if not every:
        return None
    usable = [row for row in every if is_up_to_date(connection, city, row)]
    stale = [row["id"] for row in every if row not in usable]
    shares = runs.newest(connection, city_id=city, kind="shares")
    return once(
        context,
        kind=KIND,
        parameters={
            "crosswalks": [[row["id"], row["fingerprint"]] for row in usable],
            "out_of_date": stale,
            "residents": context.profile.residents,
        },
        upstream=() if shares is None else (int(shares["id"]),),
        work=lambda run_id: _work(context, usable, stale, run_id),
    )


def _work(
    context: Context, usable: Sequence[Mapping[str, Any]], stale: Sequence[int], run_id: int
) -> Mapping[str, Any]:
    steps = [_step(context, row) for row in usable]
    grades: Counter[str] = Counter()
    left_out: dict[str, str] = {}
    stored = conversions.replace_converted(
        context.connection, _parts(context, steps, grades, left_out), city_id=context.city, run_id=run_id
    )
    return {
        "crosswalks": len(steps),
        "values": stored,
        **{f"grade_{name}": grades[name] for name in sorted(grades)},
        "left_out": left_out,
        "crosswalks_out_of_date": len(stale),
        "out_of_date": list(stale),
    }


def _step(context: Context, row: Mapping[str, Any]) -> _Step:
    connection, target = context.connection, row["target_vintage_id"]
    return _Step(
        row=row,
        way=read_crosswalk(connection, row),
        source=read_source(connection, context.profile, context.city, row["source_vintage_id"]),
        land_area=_land_area(context, target),
        there=frozenset(value_origins(connection, target)),
    )


def _land_area(context: Context, vintage_id: int) -> Mapping[str, float]:
    """Return the size of areas, unless their outlines do not show it."""
    only = context.profile.indicators
    known = context.profile.catalogue
    is_drawn = bool(only) and not any(LAND_AREA in known[name].counts for name in only if name in known)
    return {} if is_drawn else areas.land_area(context.connection, vintage_id)


def read_source(connection: Connection, profile: CityProfile, city: str, vintage_id: int) -> SourceValues:
    """Read everything that an edition has published, with the definitions of the city."""
    definitions = {one.id: one for one in catalogue.indicators(connection, city)}
    origins = value_origins(connection, vintage_id)
    names = sorted({name for name, _period in origins} & definitions.keys())
    frame = read_values(connection, vintage_id=vintage_id, indicator_ids=names)
    return SourceValues(
        table=count_table(frame, areas.area_ids(connection, vintage_id), names),
        definitions=definitions,
        delivered={name for (name, _period), is_delivered in origins.items() if is_delivered},
        residents=profile.residents,
    )


def limits_of(profile: CityProfile, definition: Indicator) -> ShareLimits:
    """Return what the profiles of its counts say of a rate."""
    counts = [name for name in definition.counts if name != LAND_AREA]
    return share_limits(definition, profile.source.confidentiality.rules(counts))


def _parts(
    context: Context, steps: Sequence[_Step], grades: Counter[str], left_out: dict[str, str]
) -> Iterator[pd.DataFrame]:
    """Yield the converted values of every crosswalk; they are stored while the next ones are made."""
    for done, step in enumerate(steps):
        row = step.row
        context.progress(
            f"conversion: {row['source_geography']} to {row['target_geography']}", done / len(steps)
        )
        found: Conversion = convert(
            step.source,
            step.way,
            land_area=step.land_area,
            limits=lambda one: limits_of(context.profile, one),
            there=step.there,
        )
        grades.update(found.rows["grade"].dropna())
        left_out |= found.left_out
        if len(found.rows):
            yield found.rows.assign(
                vintage_id=row["target_vintage_id"],
                source_vintage_id=row["source_vintage_id"],
                crosswalk_id=row["id"],
            )
    context.progress("conversion: store", None)
