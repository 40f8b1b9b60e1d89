"""Crosswalks as they are kept: written with what they rest on, read back as they were, and known to be out of date."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from db.queries import conversions
from etl.conversions.places import Place
from spatial.crosswalk import Crosswalk

__all__ = ["is_current", "keep_crosswalk", "places_of", "read_crosswalk"]


def keep_crosswalk(
    connection: Connection,
    city: str,
    way: Crosswalk,
    places: tuple[Place, Place],
    *,
    parameters: Mapping[str, Any],
    weights: str,
    note: str,
    made_by: str,
    code_version: str,
) -> int:
    """Keep a crosswalk between two editions and return its number; `weights`: fingerprint of what divides it."""
    source, target = places
    shares = way.to_frame().rename(columns={"from_area": "source_area_id", "to_area": "target_area_id"})
    summary = way.summary()
    return conversions.put_crosswalk(
        connection,
        sources=pd.DataFrame(
            {
                "size": way.size,
                "outside": way.outside.clip(0, 1),
                "slivers": way.slivers.clip(0, 1),
                "basis": way.basis,
            }
        )
        .rename_axis("area_id")
        .reset_index(),
        targets=way.without_source.clip(0, 1).rename_axis("area_id").reset_index(name="without_source"),
        shares=shares,
        city_id=city,
        source_vintage_id=source.vintage_id,
        target_vintage_id=target.vintage_id,
        method=way.method,
        parameters={**way.parameters, **parameters},
        summary={
            "pairs": len(way.share),
            "sources": {str(kind): int(count) for kind, count in summary["sources"].items()},
            "size_share": {
                str(kind): None if np.isnan(share) else float(share)
                for kind, share in summary["size_share"].items()
            },
            "targets": {str(kind): int(count) for kind, count in way.derivation.value_counts().items()},
        },
        fingerprint=_fingerprint(connection, way.method, places, weights),
        note=note,
        made_by=made_by,
        code_version=code_version,
    )


def _fingerprint(connection: Connection, method: str, places: tuple[Place, Place], weights: str) -> str:
    """Return what changes with the boundaries of both editions and the weights; empty for a table of keys."""
    if method == "key":
        return ""
    parts = [method, *(conversions.outlines(connection, one.vintage_id) for one in places), weights]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def is_current(connection: Connection, row: Mapping[str, Any], weights: str) -> bool:
    """Whether the boundaries and weights that a crosswalk rests on are still the same."""
    return bool(row["fingerprint"] == _fingerprint(connection, row["method"], places_of(row), weights))


def places_of(row: Mapping[str, Any]) -> tuple[Place, Place]:
    """Return the two editions of a crosswalk."""
    source, target = (
        Place(
            vintage_id=row[f"{end}_vintage_id"],
            geography=row[f"{end}_geography"],
            edition=row[f"{end}_edition"],
        )
        for end in ("source", "target")
    )
    return source, target


def read_crosswalk(connection: Connection, row: Mapping[str, Any]) -> Crosswalk:
    """Return a crosswalk as it was kept."""
    sources, targets, shares = conversions.crosswalk_parts(connection, row["id"])
    source = pd.Index(sources["area_id"], dtype=object, name="area_id")
    target = pd.Index(targets["area_id"], dtype=object, name="area_id")
    origin = source.get_indexer(pd.Index(shares["source_area_id"], dtype=object))
    goal = target.get_indexer(pd.Index(shares["target_area_id"], dtype=object))
    order = np.lexsort((goal, origin))

    def on(index: pd.Index, frame: pd.DataFrame, name: str, kind: type) -> pd.Series:
        return pd.Series(frame[name].to_numpy(), index=index, name=name, dtype=kind)

    return Crosswalk(
        source=source,
        target=target,
        origin=origin[order].astype(np.intp),
        goal=goal[order].astype(np.intp),
        share=shares["share"].to_numpy(dtype=np.float64)[order],
        size=on(source, sources, "size", float),
        outside=on(source, sources, "outside", float),
        slivers=on(source, sources, "slivers", float),
        basis=on(source, sources, "basis", object),
        without_source=on(target, targets, "without_source", float),
        method=row["method"],
        parameters=row["parameters"],
    )
