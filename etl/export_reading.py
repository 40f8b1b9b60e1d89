"""Read one data set as it is published: what the service would serve, with everything that explains it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from db.queries import areas, catalogue, exports, sources, values
from etl.cities import CityProfile
from etl.datasets.source import ManifestSource
from etl.errors import EtlError
from etl.export_layers import converted_from, read_converted, read_layers
from indicators.confidentiality import Profile
from indicators.definition import Indicator
from indicators.methods.errors import suggestion
from maps.exports.content import VALUE_COLUMNS, Computation, DataSet, Level, Origin

__all__ = ["contact_of", "protection_of", "read_dataset"]

_NUMBERS = ("value", "ci_low", "ci_high")


def read_dataset(
    connection: Connection,
    profile: CityProfile,
    *,
    geographies: Sequence[str] = (),
    indicator_ids: Sequence[str] = (),
    periods: Sequence[str] = (),
    edition: str | None = None,
) -> DataSet:
    """Return a city's data set, all of it or some levels, indicators and periods, in the newest editions or in one.

    The caller's transaction should be a `db.engine.snapshot`, so that everything is of one moment.

    Raises
    ------
    EtlError
        If the city has not been loaded, or has nothing of what was asked for.
    """
    city_id = profile.source.city_id
    city = next((row for row in catalogue.cities(connection) if row["id"] == city_id), None)
    moments = exports.moments(connection, city_id)
    if city is None or moments is None:
        raise EtlError(f"{city_id} has not been loaded; 'sozialraum load {city_id}' does it")
    known = {row["id"]: row for row in areas.geographies(connection, city_id, edition=edition)}
    levels = _chosen("level", geographies, known)
    served = values.availability(connection, city_id, edition=edition)
    with_values = {row["indicator_id"] for row in served}
    definitions = _chosen(
        "indicator",
        indicator_ids,
        {one.id: one for one in catalogue.indicators(connection, city_id) if one.id in with_values},
    )
    within = {row["id"] for row in levels}, {one.id for one in definitions}
    there = sorted(
        {
            row["period"]
            for row in served
            if (row["geography_id"] in within[0] and row["indicator_id"] in within[1])
        }
    )
    told = values.told_periods(
        connection, city_id, indicator_ids=sorted(within[1]) or None, geographies=sorted(within[0])
    )
    if not there:
        raise EtlError(
            f"{city_id} has no values of these indicators on these levels in the edition asked for; choose another"
            f" with --edition ({told}), or compute first"
        )
    for absent in [one for one in periods if one not in there][:1]:
        raise EtlError(
            f"no period {absent!r} with values; choose another, or its edition with --edition ({told})"
        )
    read = _values(connection, levels, definitions, periods)
    named = [one for one in definitions if one.id in set(read["indicator"].unique())]
    ids = [one.id for one in named]
    converted = read_converted(connection, levels, ids, list(periods) or None)
    counted_on = converted_from(connection, city_id, converted)
    behind = _behind(connection, [*levels, *counted_on], ids, periods)
    runs = _runs([*read["origin"].unique(), *converted["origin"].unique()])
    numbered = {f"load {row['load_id']}": f"load {row['number']}" for row in behind if row["number"]}
    read = read.assign(origin=read["origin"].cat.rename_categories(numbered))
    title = sources.together([row for row in behind if row["number"]])  # overlays have titles of their own
    protection = protection_of(profile)
    return DataSet(
        city=city_id,
        title_de=title["title_de"],
        title_en=title["title_en"],
        city_title_de=city["title_de"],
        city_title_en=city["title_en"],
        is_synthetic=city["is_synthetic"],
        srid=city["srid"],
        levels=tuple(_level(connection, row) for row in levels),
        indicators=tuple(named),
        values=read,
        origins=tuple(_origin(row) for row in behind),
        computations=tuple(_computation(row) for row in exports.named_runs(connection, runs)),
        changed_at=moments["last"],
        contact=contact_of(profile),
        protection_de=protection[0],
        protection_en=protection[1],
        layers=read_layers(connection, city_id),
        converted=converted,
    )


def protection_of(profile: CityProfile) -> tuple[str, str]:
    """Return in German and in English which rules of confidentiality a city's source has."""
    rules = profile.source.confidentiality
    told: dict[str, list[str]] = {}
    for name, one in rules.exceptions.items():
        told.setdefault(_title(one), []).append(name)
    also = [(title.split("|"), ", ".join(sorted(names))) for title, names in sorted(told.items())]
    german = [rules.profile.title_de, *(f"{names}: {title[0]}" for title, names in also)]
    english = [rules.profile.title_en, *(f"{names}: {title[1]}" for title, names in also)]
    return "; ".join(german), "; ".join(english)


def contact_of(profile: CityProfile) -> str:
    """Return whom to ask about the data, as the manifest says; empty for a city without one."""
    source = profile.source
    return source.manifest.source.contact if isinstance(source, ManifestSource) else ""


def _title(rules: Profile | None) -> str:
    return "ohne Schutz|not protected" if rules is None else f"{rules.title_de}|{rules.title_en}"


def _chosen(kind: str, asked: Sequence[str], known: dict[str, Any]) -> list[Any]:
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise EtlError(f"no {kind} {unknown[0]!r} with values; {suggestion(unknown[0], list(known))}")
    return [one for name, one in known.items() if not asked or name in asked]


def _values(
    connection: Connection,
    levels: Sequence[dict[str, Any]],
    definitions: Sequence[Indicator],
    periods: Sequence[str],
) -> pd.DataFrame:
    """Return the values of all levels, with texts and dates as categories."""
    parts = [
        exports.published_values(
            connection,
            row["vintage_id"],
            indicator_ids=[one.id for one in definitions],
            periods=list(periods) or None,
        ).assign(geography=row["id"])
        for row in levels
    ]
    for name in set(VALUE_COLUMNS) - set(_NUMBERS):
        kinds = sorted({one for part in parts for one in part[name].dropna().unique()})
        for part in parts:
            part[name] = pd.Categorical(part[name], categories=kinds)
    together = pd.concat(parts, ignore_index=True).loc[:, list(VALUE_COLUMNS)]
    days = together["reference_date"].cat
    return together.assign(
        reference_date=days.rename_categories(list(map(date.fromisoformat, days.categories)))
    )


def _behind(
    connection: Connection,
    levels: Sequence[dict[str, Any]],
    indicator_ids: Sequence[str],
    periods: Sequence[str],
) -> list[dict[str, Any]]:
    """Return the loads and overlays that values and boundaries of all levels come from or are made of, the newest first."""
    found = {
        (row["load_id"], row.get("name", "")): row
        for level in levels
        for row in sources.loads_behind_values(
            connection,
            level["vintage_id"],
            indicator_ids=indicator_ids,
            periods=list(periods) or None,
        )
    }
    return [found[one] for one in sorted(found, key=lambda one: (-one[0], one[1]))]


def _runs(origins: Iterable[str]) -> set[int]:
    """Return the numbers of the runs that values name."""
    return {int(one.removeprefix("run ")) for one in origins if one.startswith("run ")}


def _level(connection: Connection, row: dict[str, Any]) -> Level:
    return Level(
        id=row["id"],
        parent=row["parent_id"],
        title_de=row["title_de"],
        title_en=row["title_en"],
        edition=row["edition"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        areas=areas.read_areas(connection, row["vintage_id"]),
    )


def _origin(row: dict[str, Any]) -> Origin:
    told = {one.name: row[one.name] for one in fields(Origin) if one.name != "id"}
    return Origin(id=f"load {row['number']}" if row["number"] else f"overlay {row['name']}", **told)


def _computation(row: dict[str, Any]) -> Computation:
    return Computation(id=f"run {row['id']}", **{name: value for name, value in row.items() if name != "id"})
