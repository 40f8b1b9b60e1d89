"""What must stay withheld when an earlier publication comes back: it goes the way of a delivery of the same values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection

from db.queries import areas, catalogue, datasets, undo
from db.queries.rows import read_one, read_rows
from etl.cities import city_names, city_profile
from etl.confidentiality import Confidentiality, definitions_for
from etl.datasets.source import source_of_text
from etl.delivered_rates import checked_rates
from etl.delivery import VALUE_COLUMNS, City, Delivery, Geography, Source
from etl.errors import DeliveryError, UndoError
from etl.loading import require_served_safe
from etl.publications import read_earlier
from etl.relations import CELL, counts_of, grid_from, names_of, parents_of
from etl.withholding import withhold_exposed, withhold_sensitive
from indicators.confidentiality import PROFILES
from indicators.status import ValueStatus

__all__ = ["KeptWithheld", "kept_withheld"]

_SUPPRESSED = ValueStatus.SUPPRESSED.value
_STORED = ["vintage_id", "indicator_id", "period", "area_id", "reference_date", "value", "status"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeptWithheld:
    """Values that are not published again as they were, and the delivery they belong to; None where nothing comes back.

    `values`: with the columns of the table, as they are to be stored instead.
    """

    number: int
    values: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=_STORED))
    delivery: Delivery | None = None
    editions: tuple[int, ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"KeptWithheld(load {self.number}: {len(self.values)} values, {self.delivery})"

    def require_served_safe(self, connection: Connection) -> None:
        """Attack what is served now together with what earlier loads left, or refuse the undo."""
        if self.delivery is None:
            return
        try:
            require_served_safe(connection, self.delivery)
        except DeliveryError as error:
            raise _unsafe(self.number, error) from error


def kept_withheld(
    connection: Connection, city: str, *, number: int, source: str, now: int | None, then: int | None
) -> KeptWithheld:
    """Say what of the values before a load must not be public again; `undo.find_values` has found them.

    Numbers that are withheld now were public once. They come back, unless one of them in the same period is too small
    by the profile that was in force then or the one that is in force now, and where a publisher decides by himself, by
    the strict one: then all that are withheld now in that period stay withheld, and what would give them away is withheld
    with them. `now`, `then`: the loads in force before and after the undo. `number`: of the undone load, for messages.

    Raises
    ------
    UndoError
        If what would be public could not be protected.
    """
    editions, periods = undo.restored_cells(connection)
    if not editions or then is None:
        return KeptWithheld(number=number)
    rows = _levels(connection, city, editions, number)
    delivery, is_withheld = _delivery(
        connection, city, source, rows, periods, _declared(connection, then, city)
    )
    stays = _staying(delivery, is_withheld, _declared(connection, now, city))
    values = delivery.values
    given = replace(
        delivery,
        values=values.assign(
            value=values["value"].mask(stays), status=values["status"].mask(stays, _SUPPRESSED)
        ),
    )
    try:
        guarded = withhold_exposed(withhold_sensitive(given, read_earlier(connection, given)))
        rates = checked_rates(guarded.delivery, guarded.knowledge.earlier)
    except DeliveryError as error:
        raise _unsafe(number, error) from error
    public = rates.delivery.values
    differs = (public["status"] != values["status"]) | ~(
        (public["value"] == values["value"]) | (public["value"].isna() & values["value"].isna())
    )
    vintages = {row["id"]: row["vintage_id"] for row in rows}
    return KeptWithheld(
        number=number,
        values=public[differs].assign(vintage_id=lambda found: found["geography"].map(vintages))[_STORED],
        delivery=rates.delivery,
        editions=tuple(vintages.values()),
        told=guarded.told() | rates.told(),
    )


def _unsafe(number: int, error: DeliveryError) -> UndoError:
    return UndoError(
        number,
        f"what would be public again gives withheld counts away: {error.problems[0]}",
        "correct it with a new delivery",
    )


def _declared(connection: Connection, load_id: int | None, city: str) -> Confidentiality:
    """Return what a load declared about confidentiality."""
    kept = None if load_id is None else datasets.manifest_of_load(connection, load_id)
    if kept is not None:
        return source_of_text(*kept).confidentiality
    return city_profile(city).source.confidentiality if city in city_names() else Confidentiality()


def _staying(delivery: Delivery, is_withheld: pd.Series, declared_now: Confidentiality) -> pd.Series:
    """Return which counts stay withheld: all that are in periods in which one of them is too small by any profile."""
    values = delivery.values
    counts = {one.id for one in delivery.indicators if one.kind == "extensive"}
    candidate = is_withheld & values["value"].notna() & values["indicator_id"].isin(counts)
    if not candidate.any():
        return candidate
    place = pd.MultiIndex.from_arrays(
        [names_of(values), values["period"], values["indicator_id"]], names=CELL
    )
    definitions = definitions_for(delivery.city.id, delivery.indicators)
    small = pd.Series(data=False, index=values.index)
    judges = [delivery.confidentiality, declared_now]
    if any(one.is_publication for one in judges):  # its publisher decides, and has withheld them
        judges.append(Confidentiality(profile=PROFILES["strict"]))
    for declared in judges:
        grid = grid_from(values, parents_of(delivery), counts_of(definitions, declared))
        found = grid.keys(grid.sensitive(declared.rules(grid.indicators), declared.close_parts(definitions)))
        small |= place.isin(pd.MultiIndex.from_frame(found[CELL]))
    periods = values.loc[candidate & small, "period"].unique()
    return candidate & values["period"].isin(periods)


def _levels(connection: Connection, city: str, editions: Sequence[int], number: int) -> list[dict[str, Any]]:
    """Return the levels of the editions that come back and of those they hang together with, from the top down."""
    related = undo.related_editions(connection, editions)
    rows = read_rows(
        connection,
        "SELECT DISTINCT ON (g.rank, g.id) g.*, v.id AS vintage_id, v.edition, v.valid_from, v.valid_to"
        " FROM geography_level g JOIN vintage v ON (v.city_id, v.geography_id) = (g.city_id, g.id)"
        " WHERE g.city_id = :city AND v.id = ANY(:related)"
        " ORDER BY g.rank, g.id, v.id = ANY(:editions) DESC, v.valid_from DESC",
        {"city": city, "related": related, "editions": list(editions)},
    )
    if not set(editions) <= {row["vintage_id"] for row in rows}:
        raise UndoError(
            number,
            "its values are in several editions of one level",
            "load the earlier delivery again",
        )
    return rows


def _delivery(
    connection: Connection,
    city: str,
    source: str,
    levels: Collection[Mapping[str, Any]],
    periods: Sequence[str],
    declared: Confidentiality,
) -> tuple[Delivery, pd.Series]:
    """Return the values before the load as a delivery, and which of them are withheld now."""
    names = {row["vintage_id"]: row["id"] for row in levels}
    frames = [
        areas.read_areas(connection, vintage).reset_index().assign(geography=name)
        for vintage, name in names.items()
    ]
    values = undo.values_before(connection, list(names), periods)
    values["geography"] = values["vintage_id"].map(names)
    values["reference_date"] = pd.to_datetime(values["reference_date"]).dt.date
    about = read_one(connection, "SELECT * FROM city WHERE id = :city", {"city": city}) or {}
    origin = read_one(connection, "SELECT * FROM source WHERE id = :source", {"source": source}) or {}
    delivery = Delivery(
        city=City(**{one.name: about[one.name] for one in fields(City)}),
        source=Source(**{one.name: origin[one.name] for one in fields(Source)}),
        geographies=tuple(
            Geography(
                id=row["id"],
                parent=row["parent_id"],
                **{
                    name: row[name]
                    for name in ("title_de", "title_en", "key_length", "edition", "valid_from", "valid_to")
                },
            )
            for row in levels
        ),
        areas=gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs),
        indicators=tuple(catalogue.indicators(connection, city, is_declared=True)),
        values=values[list(VALUE_COLUMNS)],
        confidentiality=declared,
    )
    return delivery, values["status_now"] == _SUPPRESSED
