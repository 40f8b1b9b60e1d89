"""The raw files of the sample city: as a statistics office would hand them over, and always the same bytes.

Areas are a GeoPackage, facilities and streets another one with a layer each, values a table with one line per area and
year and the usual German signs: "-" nothing there, "." withheld, "..." unknown, "p" provisional, "r" corrected. All of
them say that they are synthetic.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio

from etl.sample_city.delivery import CITY, NOTICE_DE, NOTICE_EN, SOURCE
from etl.sample_city.generate import SampleCity
from etl.sample_city.overlays import LAYERS
from etl.sample_city.parameters import SRID
from etl.sample_city.publication import STATUSES, Publication
from indicators.status import ValueStatus

__all__ = [
    "ABOUT",
    "AREAS",
    "FILE_NAMES",
    "KEY_COLUMNS",
    "LAYER",
    "OVERLAYS",
    "OVERLAY_COLUMNS",
    "VALUES",
    "write_files",
]

AREAS = "sample-city-synthetic-areas.gpkg"
VALUES = "sample-city-synthetic-values.csv.gz"
OVERLAYS = "sample-city-synthetic-overlays.gpkg"
ABOUT = "sample-city-synthetic-about.json"
FILE_NAMES = (AREAS, VALUES, OVERLAYS, ABOUT)
LAYER = "areas"
KEY_COLUMNS = ("origin", "geography", "area_id", "period")
OVERLAY_COLUMNS = ("name", "kind")
_ORIGIN = "synthetic (synthetisch)"
_SIGNS = {ValueStatus.ZERO: "-", ValueStatus.SUPPRESSED: ".", ValueStatus.MISSING: "..."}
_MARKS = {ValueStatus.PROVISIONAL: "p", ValueStatus.CORRECTED: "r"}
_TIMELESS = "2000-01-01T00:00:00.000Z"  # a GeoPackage notes when it was written


def write_files(city: SampleCity, folder: Path) -> list[Path]:
    """Write the four files into a folder; nothing that is withheld is in any of them."""
    with _fixed_clock():
        pyogrio.write_dataframe(
            city.areas,
            folder / AREAS,
            layer=LAYER,
            driver="GPKG",
            layer_options={"IDENTIFIER": CITY.title_de, "DESCRIPTION": f"{NOTICE_DE} {NOTICE_EN}"},
        )
        for name, (_kind, german, _english) in LAYERS.items():
            pyogrio.write_dataframe(
                city.layers[name][[*OVERLAY_COLUMNS, "geometry"]],
                folder / OVERLAYS,
                layer=name,
                driver="GPKG",
                layer_options={"IDENTIFIER": german, "DESCRIPTION": f"{NOTICE_DE} {NOTICE_EN}"},
            )
    table = _table(city).to_csv(index=False, lineterminator="\n")
    (folder / VALUES).write_bytes(gzip.compress(table.encode(), compresslevel=6, mtime=0))
    (folder / ABOUT).write_text(
        json.dumps(_about(city), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    return [folder / name for name in FILE_NAMES]


def _about(city: SampleCity) -> dict[str, object]:
    return {
        "notice_de": NOTICE_DE,
        "notice_en": NOTICE_EN,
        "title_de": CITY.title_de,
        "title_en": CITY.title_en,
        "publisher": SOURCE.publisher,
        "licence": SOURCE.licence,
        "crs": f"EPSG:{SRID}",
        "parameters": asdict(city.parameters),
        "block_digits": city.block_digits,
        "areas": {
            str(level): int(count)
            for level, count in city.areas["geography"].value_counts(sort=False).items()
        },
        "overlays": {name: len(city.layers[name]) for name in LAYERS},
    }


def _table(city: SampleCity) -> pd.DataFrame:
    rows, years = len(city.areas), city.parameters.years
    area = np.repeat(np.arange(rows), years)
    cells = _cells(city.publication).reshape(rows * years, -1)
    keys = pd.DataFrame(
        {
            "origin": _ORIGIN,
            "geography": city.areas["geography"].to_numpy()[area],
            "area_id": city.areas["area_id"].to_numpy()[area],
            "period": np.tile([str(period) for period in city.parameters.periods], rows),
        }
    )
    return pd.concat([keys, pd.DataFrame(cells, columns=list(city.publication.indicators))], axis=1)


def _cells(publication: Publication) -> np.ndarray:
    """Return the text of every count; each distinct text is made once."""
    number = np.nan_to_num(publication.value, nan=0.0).astype(np.int64)
    codes, position = np.unique(number * len(STATUSES) + publication.status, return_inverse=True)
    texts = []
    for code in codes.tolist():
        value, status = divmod(code, len(STATUSES))
        state = STATUSES[status]
        texts.append(_SIGNS.get(state, f"{value}{_MARKS.get(state, '')}"))
    return np.array(texts, dtype=object)[position].reshape(publication.value.shape)


@contextmanager
def _fixed_clock() -> Iterator[None]:
    """Make GDAL write the same time into every file, for as long as this lasts."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _TIMELESS})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
