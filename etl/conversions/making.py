"""Make a crosswalk between two editions or levels of a city, by a table of keys, by surface, or by where people live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd
from sqlalchemy import Connection

from db.queries import areas, conversions
from etl.conversions.places import Place, find_place
from etl.conversions.stored import is_current, keep_crosswalk
from etl.conversions.weights import Weights, published_weights
from etl.errors import EtlError
from spatial.crosswalk import Crosswalk, by_area, by_key, by_population

__all__ = ["Made", "Recipe", "is_up_to_date", "make_crosswalk", "named_weights"]

Outside = Literal["kept_out", "shared_out"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recipe:
    """How areas are divided: by `keys`, else by `weights`, else by surface.

    `keys`: table as `spatial.crosswalk.by_key` takes it, with `basis` of its shares and whether it `changes_only`.
    `outside`: what becomes of the part of a source outside all targets. `told`: what else is to be kept with it.
    """

    keys: pd.DataFrame | None = None
    weights: Weights | None = None
    basis: Literal["population", "area", "unknown"] = "unknown"
    changes_only: bool = False
    partial: bool = False
    tolerance: float | None = None
    outside: Outside = "kept_out"
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Made:
    """A crosswalk that was made and kept: its number, itself, and how many values of the one before were removed."""

    number: int
    way: Crosswalk
    removed: int

    def __repr__(self) -> str:
        return f"Made({self.number}: {self.way!r})"


def make_crosswalk(
    connection: Connection,
    city: str,
    places: tuple[Place, Place],
    recipe: Recipe,
    *,
    made_by: str,
    code_version: str,
    note: str = "",
) -> Made:
    """Make a crosswalk and keep it as the one in force between its two editions.

    What was converted with the one before is removed: nobody could tell it from what the new one gives. The caller holds
    the lock of the city.

    Raises
    ------
    CrosswalkError, GeometryError, CrsError
        If the table or the boundaries cannot be one.
    """
    way = _way(connection, places, recipe)
    weights = recipe.weights
    told = {} if weights is None else weights.told
    number = keep_crosswalk(
        connection,
        city,
        way,
        places,
        parameters={**told, **recipe.told, **({"basis": recipe.basis} if recipe.keys is not None else {})},
        weights="" if weights is None else weights.fingerprint,
        note=note,
        made_by=made_by,
        code_version=code_version,
    )
    source, target = places
    removed = conversions.remove_converted_between(connection, source.vintage_id, target.vintage_id)
    return Made(number=number, way=way, removed=removed)


def _way(connection: Connection, places: tuple[Place, Place], recipe: Recipe) -> Crosswalk:
    limits = {} if recipe.tolerance is None else {"tolerance": recipe.tolerance}
    if recipe.keys is not None:
        source, target = (areas.area_ids(connection, one.vintage_id) for one in places)
        return by_key(
            recipe.keys,
            source=source,
            target=target,
            unlisted="same" if recipe.changes_only else "refuse",
            partial=recipe.partial,
            basis=recipe.basis,
            **limits,
        )
    before, after = (areas.read_areas(connection, one.vintage_id).geometry for one in places)
    if recipe.weights is None:
        return by_area(before, after, outside=recipe.outside, **limits)
    weights = recipe.weights
    return by_population(before, after, weights.blocks, weights.persons, outside=recipe.outside, **limits)


def named_weights(connection: Connection, city: str, text: str) -> Weights:
    """Return the published counts that a text such as `block@2023:residents:2023` names.

    Raises
    ------
    EtlError
        If it does not have three parts, or there are no such counts.
    """
    parts = text.split(":")
    if len(parts) != 3:
        raise EtlError(
            f"weights {text!r}: name level, indicator and period, such as block:residents:2023; the level may have an "
            "edition, as in planning_area@2019"
        )
    level, indicator, period = parts
    place = find_place(conversions.editions(connection, city), level)
    return published_weights(connection, place, indicator, period)


def is_up_to_date(connection: Connection, city: str, row: Mapping[str, Any]) -> bool:
    """Whether a kept crosswalk still fits the boundaries, and the published counts, that it was made from."""
    named = str(row["parameters"].get("weights", ""))
    weights = ""
    if row["method"] == "population" and "sha256" not in row["parameters"]:
        try:
            weights = named_weights(connection, city, named).fingerprint
        except EtlError:  # the counts, or their edition, are not there any more
            return False
    return is_current(connection, row, weights)
