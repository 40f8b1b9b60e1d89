"""Overlays of a delivery as rows of the database, each with a checksum by which it is known again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely

from db.queries.overlays import FEATURE_COLUMNS, IncomingOverlay
from etl.delivery import Overlay

__all__ = ["overlay_rows"]

_ABOUT = ("kind", "title_de", "title_en", "publisher", "licence", "attribution", "url", "as_of")


def overlay_rows(overlays: Sequence[Overlay], srid: int) -> list[IncomingOverlay]:
    """Return the overlays as they are stored."""
    return [_rows(one, srid) for one in overlays]


def _rows(overlay: Overlay, srid: int) -> IncomingOverlay:
    features = overlay.features
    with_srid = shapely.set_srid(features.geometry.to_numpy(), srid)
    frame = pd.DataFrame(
        {
            "number": np.arange(1, len(features) + 1),
            "name": features["name"].to_numpy(),
            "properties": [
                json.dumps(one, ensure_ascii=False, sort_keys=True) for one in features["properties"]
            ],
            "srid": srid,
            "geometry": shapely.to_wkb(with_srid, hex=True, include_srid=True),
        },
        columns=list(FEATURE_COLUMNS),
    )
    about = {name: getattr(overlay, name) for name in _ABOUT}
    digest = hashlib.sha256(json.dumps([overlay.id, about, srid], default=str, sort_keys=True).encode())
    for row in frame.itertuples(index=False):
        digest.update(f"{row.name}\0{row.properties}\0{row.geometry}\n".encode())
    return IncomingOverlay(
        about={"name": overlay.id, **about, "srid": srid, "checksum": digest.hexdigest()}, features=frame
    )
