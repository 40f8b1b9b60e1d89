"""Is a delivery of the city that is stored under its id? Another town's folder must not take its place."""

from __future__ import annotations

import shapely
from geopandas import GeoSeries
from sqlalchemy import Connection

from db.queries.stored_city import StoredGround, stored_city
from etl.datasets.findings import DatasetError, Finding
from etl.delivery import Delivery

__all__ = ["require_same_place", "title_findings"]

_TAKEN = "give the city of this data set an id of its own in [city]"


def require_same_place(connection: Connection, delivery: Delivery) -> None:
    """Refuse a delivery that lies nowhere near the areas of its city, or has another coordinate system."""
    stored = stored_city(connection, delivery.city.id)
    if stored is None or not stored.grounds:
        return
    distances = [_distance(delivery, one) for one in stored.grounds]
    if min(distances) > 0:
        far = f"{min(distances) / 1000:,.1f} km away from" if min(distances) < float("inf") else "far from"
        what = f"the areas of this delivery lie {far} those of the city {delivery.city.id!r}, loaded as {stored.title_de!r}"
        raise _refused(delivery, what, _TAKEN)
    numbers = [one.srid for one in stored.grounds]
    if delivery.city.srid not in numbers:
        what = (
            f"the coordinate system of the city is EPSG:{delivery.city.srid}, but {delivery.city.id!r} was loaded in"
            f" EPSG:{numbers[0]}; lengths and areas of one city are of one system"
        )
        todo = f"say srid = {numbers[0]} in [city]; files in other systems are converted when they are read"
        raise _refused(delivery, what, todo)


def title_findings(connection: Connection, delivery: Delivery) -> list[Finding]:
    """Return whether a data set gives its city another title than the data set that was loaded last."""
    stored = stored_city(connection, delivery.city.id)
    if stored is None or stored.source_id in ("", delivery.source.id):
        return []
    before, after = stored.title_de, delivery.city.title_de
    if before == after:
        before, after = stored.title_en, delivery.city.title_en
    if before == after:
        return []
    what = (
        f"the city {delivery.city.id!r} was loaded as {before!r} with the data set {stored.source_id!r};"
        f" its title becomes {after!r}"
    )
    todo = "write the title in [city] as it was, or give the city an id of its own if it is another one"
    return [Finding(severity="warning", check="city", file=delivery.source.id, what=what, todo=todo)]


def _distance(delivery: Delivery, ground: StoredGround) -> float:
    """Return how far the extents are from each other [m]; 0 where they touch."""
    extent = GeoSeries([shapely.box(*delivery.areas.total_bounds)], crs=delivery.city.srid)
    if ground.srid != delivery.city.srid:
        extent = extent.to_crs(ground.srid)
    box = extent.iloc[0]
    if not all(abs(one) < float("inf") for one in box.bounds):
        return float("inf")
    return float(shapely.distance(box, shapely.box(*ground.bounds)))


def _refused(delivery: Delivery, what: str, todo: str) -> DatasetError:
    return DatasetError(
        delivery.source.id, [Finding(check="city", file=delivery.source.id, what=what, todo=todo)]
    )
