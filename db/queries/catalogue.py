"""What is there: cities with their levels and sources, indicators with their levels and periods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from db.queries.definitions import CITY_DEFINITION
from db.queries.rows import read_one, read_rows
from db.queries.vintages import NEWEST_VINTAGE
from indicators.definition import AtLeast, Indicator

__all__ = [
    "cities",
    "delivered",
    "extent",
    "first_view",
    "forget_catalogue",
    "indicator",
    "indicators",
    "set_minimum_denominators",
]


_DEFINITION = (
    "SELECT d.*, n.source, n.caution_de, n.caution_en, n.minimum_denominator,"
    " n.universe_de AS own_de, n.universe_en AS own_en FROM indicator i"
    " JOIN city_indicator n ON n.indicator_id = i.id"
    " CROSS JOIN LATERAL jsonb_populate_record(i, n.own) AS d WHERE n.city_id = :city"
)


def _definition(row: dict[str, Any]) -> Indicator:
    own = {f"universe_{language}": row.pop(f"own_{language}") for language in ("de", "en")}
    told = {name: text for name, text in own.items() if text}  # the city's word goes before the common one
    texts = {name: tuple(row[name]) for name in ("labels_de", "labels_en")}
    return Indicator(**(row | told | texts | {"missing": AtLeast(row["missing"])}))


def cities(connection: Connection) -> list[dict[str, Any]]:
    """Return all cities that have been loaded, by title; not those of which every load was undone."""
    return read_rows(
        connection,
        "SELECT * FROM city WHERE EXISTS (SELECT FROM vintage v WHERE v.city_id = city.id AND v.withdrawn_by IS NULL)"
        " ORDER BY is_synthetic, title_de",
    )


def extent(connection: Connection, city_id: str) -> list[float] | None:
    """Return west, south, east, north of a city in degrees (WGS 84)."""
    row = connection.execute(
        text(
            "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM ("
            " SELECT ST_Extent(ST_Transform(a.geometry, 4326)) AS e FROM area a JOIN vintage v ON v.id = a.vintage_id"
            " JOIN geography_level g ON (g.city_id, g.id) = (v.city_id, v.geography_id)"
            " WHERE g.city_id = :city AND g.rank = 0 AND v.withdrawn_by IS NULL) AS top"
        ),
        {"city": city_id},
    ).one()
    return [float(value) for value in row] if row[0] is not None else None


def indicators(connection: Connection, city_id: str, *, is_declared: bool = False) -> list[Indicator]:
    """Return the definitions of all indicators a city publishes, with what it says of them.

    `is_declared`: only those that the city declares itself, not what its counts allow by the catalogue.
    """
    declared = " AND NOT n.is_from_catalogue" if is_declared else ""
    rows = read_rows(connection, f"{_DEFINITION}{declared} ORDER BY i.id", {"city": city_id})
    return [_definition(row) for row in rows]


def forget_catalogue(connection: Connection, city_id: str) -> list[str]:
    """Take from a city what it has from the catalogue, and return the ids; its values are not touched."""
    statement = text(
        "DELETE FROM city_indicator WHERE city_id = :city AND is_from_catalogue RETURNING indicator_id"
    )
    return list(connection.execute(statement, {"city": city_id}).scalars())


def indicator(connection: Connection, city_id: str, indicator_id: str) -> Indicator | None:
    """Return one definition, or None."""
    row = read_one(
        connection, f"{_DEFINITION} AND i.id = :indicator", {"city": city_id, "indicator": indicator_id}
    )
    return None if row is None else _definition(row)


def delivered(connection: Connection, city_id: str) -> set[str]:
    """Return the ids of all indicators that a city has delivered values of, on any level."""
    rows = read_rows(
        connection,
        "SELECT DISTINCT a.indicator_id FROM availability a JOIN vintage v ON v.id = a.vintage_id"
        " WHERE v.city_id = :city AND EXISTS (SELECT FROM value w WHERE w.load_id IS NOT NULL"
        "  AND (w.vintage_id, w.indicator_id, w.period) = (a.vintage_id, a.indicator_id, a.period))",
        {"city": city_id},
    )
    return {row["indicator_id"] for row in rows}


def set_minimum_denominators(connection: Connection, city_id: str, minima: Mapping[str, float]) -> None:
    """Note with how few people, households or cases a city still shows a value."""
    if minima:
        connection.execute(
            text(
                "UPDATE city_indicator SET minimum_denominator = :least"
                " WHERE (city_id, indicator_id) = (:city, :indicator)"
            ),
            [{"city": city_id, "indicator": name, "least": least} for name, least in minima.items()],
        )


def first_view(connection: Connection, city_id: str) -> tuple[str, str, str] | None:
    """Return indicator, geography and period to show first.

    The status index if there is one, in its newest period, on the finest level on which most areas have a value:
    a map of withheld values is no first impression.
    """
    row = read_one(
        connection,
        "SELECT i.id, v.geography_id, max(a.period) AS period FROM availability a"
        f" JOIN {NEWEST_VINTAGE} v ON v.id = a.vintage_id"
        " JOIN geography_level g ON (g.city_id, g.id) = (v.city_id, v.geography_id)"
        f" JOIN {CITY_DEFINITION} i ON (i.city_id, i.indicator_id) = (v.city_id, a.indicator_id)"
        " WHERE v.city_id = :city AND a.with_value > 0 GROUP BY i.id, i.numerator, v.geography_id, g.rank"
        " ORDER BY i.id = 'status_index' DESC, i.numerator IS NOT NULL DESC,"
        " sum(a.with_value) >= 0.6 * sum(a.areas) DESC, g.rank DESC, i.id LIMIT 1",
        {"city": city_id},
    )
    return None if row is None else (row["id"], row["geography_id"], row["period"])
