"""Leipzig: 63 Ortsteile with the city's own statistics since 2000, from files or the open-data portal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd

from etl.confidentiality import Confidentiality
from etl.delivery import AREA_COLUMNS, City, Delivery, Geography, Source
from etl.errors import DeliveryError, FetchError, Problem
from etl.raw import RawFile, RawStore
from etl.sources.contract import Progress
from etl.sources.leipzig_portal import GEOMETRY_NAME, PortalAddresses, fetch_from_portal, rubric_drift
from etl.sources.leipzig_tables import CITY_KEY, DISTRICT_NAMES, TABLES
from etl.sources.leipzig_values import TABLE_NAMES, read_statistics, rejected_rows, tidy, values_of
from etl.sources.nesting import dissolve, require_sound_geometry
from etl.sources.placing import CityBox, as_multipolygons, place_in_city, share_borders
from etl.sources.reading import read_geojson, read_layer
from indicators.confidentiality import AS_PUBLISHED
from indicators.leipzig import LEIPZIG_INDICATORS

__all__ = ["LeipzigSource"]

_SRID = 25833
_BOX = CityBox(west=12.2, south=51.2, east=12.6, north=51.5)
_AREAS = 63
# No file names its edition. The areas have the sizes published since 2014, after Heiterblick gave land to
# Engelsdorf in 2013, not those of 2012 and before (docs/how-to/load-leipzig.md).
_EDITION, _VALID_FROM = "2013", date(2013, 1, 1)

# Name of the geometry file → attributes with key and name, in the order in which they are looked for.
_GEOMETRY = {
    "ortsteile.gpkg": ("ortsteil_nr", "ortsteil_name"),
    "raw_leipzig-districts.json": ("key", "title"),
    GEOMETRY_NAME: ("OT", "Name"),
}
_ZERO_FILLED = "OT"  # the portal writes its keys as numbers; no other key is filled up
_OUTLINE = "XX"  # key of the whole city among the Ortsteile

_CITY = City(id="leipzig", title_de="Leipzig", title_en="Leipzig", srid=_SRID)
_SOURCE = Source(
    id="leipzig-ortsteile",
    title_de="Kleinräumige Statistik der Stadt Leipzig nach Ortsteilen",
    title_en="Small-area statistics of the City of Leipzig by sub-district",
    publisher="Stadt Leipzig, Amt für Statistik und Wahlen; Amt für Geoinformation und Bodenordnung",
    licence="Datenlizenz Deutschland – Namensnennung – 2.0",
    attribution="Stadt Leipzig, Amt für Statistik und Wahlen (dl-de/by-2-0)",
    url="https://statistik.leipzig.de",
)
# The office decides what is too small; what it withholds must not follow from what it publishes beside it.
_CONFIDENTIALITY = Confidentiality(
    profile=AS_PUBLISHED,
    categories=tuple((table.total, parts) for table in TABLES for parts in table.partitions),
)
_GEOGRAPHIES = (
    Geography(
        id="city",
        parent=None,
        title_de="Gesamtstadt",
        title_en="City",
        key_length=8,
        edition=_EDITION,
        valid_from=_VALID_FROM,
    ),
    Geography(
        id="district",
        parent="city",
        title_de="Stadtbezirke",
        title_en="Districts",
        key_length=1,
        edition=_EDITION,
        valid_from=_VALID_FROM,
    ),
    Geography(
        id="sub_district",
        parent="district",
        title_de="Ortsteile",
        title_en="Sub-districts",
        key_length=2,
        edition=_EDITION,
        valid_from=_VALID_FROM,
    ),
)


class LeipzigSource:
    """Leipzig's way in: a folder with the files, or the portal when there is no folder."""

    city_id = _CITY.id
    confidentiality = _CONFIDENTIALITY

    def __init__(self, portal: PortalAddresses | None = None) -> None:
        self.portal = portal or PortalAddresses()

    def fetch(self, store: RawStore, *, folder: Path | None, progress: Progress) -> Sequence[RawFile]:
        """Bring boundaries and statistics into the store."""
        if folder is None:
            return fetch_from_portal(store, self.portal, progress=progress)
        if not folder.is_dir():
            raise FetchError(
                "folder not found", str(folder), "give the folder with the Leipzig files after --from"
            )
        geometry = _first(folder, _GEOMETRY)
        tables = sorted(folder.glob("kdvalues-*.csv")) or [_first(folder, TABLE_NAMES)]
        return [store.keep(path) for path in (geometry, *tables)]

    def clean(self, files: Sequence[RawFile], *, progress: Progress) -> Delivery:
        """Read the raw files into a clean delivery."""
        repairs = rubric_drift(files)
        counted: dict[str, int] = {}
        rejected: list[pd.DataFrame] = []
        progress("read boundaries", 0.0)
        ortsteile = _read_ortsteile(files, repairs, rejected)
        progress("read statistics", 0.3)
        cells = read_statistics(files, rejected)
        progress("join and add up", 0.6)
        names = dict(zip(ortsteile["name"], ortsteile["area_id"], strict=True))
        values = values_of(cells, names, repairs=repairs, counted=counted)
        progress("dissolve", 0.9)
        empty = rejected_rows("", pd.Series(dtype=object), "")
        return Delivery(
            city=_CITY,
            source=_SOURCE,
            geographies=_GEOGRAPHIES,
            areas=_nest(ortsteile),
            indicators=LEIPZIG_INDICATORS,
            values=values,
            rejected=pd.concat([empty, *rejected], ignore_index=True),
            repairs=repairs,
            counted=counted,
            confidentiality=self.confidentiality,
        )


def _first(folder: Path, names: Iterable[str]) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise FetchError(
        "file not found", f"{folder} has none of {', '.join(names)}", "check the folder given with --from"
    )


def _read_ortsteile(
    files: Sequence[RawFile], repairs: dict[str, int], rejected: list[pd.DataFrame]
) -> gpd.GeoDataFrame:
    file = next((file for file in files if file.name in _GEOMETRY), None)
    if file is None:
        raise FetchError(
            "no boundaries among the raw files", ", ".join(file.name for file in files), "fetch again"
        )
    key, name = _GEOMETRY[file.name]
    place = f"leipzig boundaries, {file.name}"
    raw = (
        read_layer(file, (key, name), layer="ortsteile")
        if file.name.endswith(".gpkg")
        else read_geojson(file, (key, name))
    )
    keys = raw[key].map(str).str.strip()
    if key == _ZERO_FILLED:
        short = keys.str.fullmatch(r"\d")
        keys = keys.where(~short, keys.str.zfill(2))
        if short.any():
            repairs["keys filled up to two digits"] = int(short.sum())
    names = raw[name].map(lambda text: tidy(str(text)))
    frame = gpd.GeoDataFrame({"area_id": keys, "name": names}, geometry=raw.geometry, crs=raw.crs)
    outline = frame["area_id"] == _OUTLINE
    if outline.any():
        reason = "outline of the whole city; the city is made from its Ortsteile"
        rejected.append(rejected_rows(file.name, keys[outline], reason, names[outline]))
    frame = place_in_city(frame[~outline], box=_BOX, srid=_SRID, place=place, repairs=repairs)
    _require_keys(frame, place)
    require_sound_geometry(frame, place=place)
    return share_borders(as_multipolygons(frame), repairs=repairs).sort_values("area_id", ignore_index=True)


def _require_keys(frame: gpd.GeoDataFrame, place: str) -> None:
    keys, names = frame["area_id"], frame["name"]
    wrong = keys[~keys.str.fullmatch(r"\d\d")]
    problems = [
        Problem(f"key {key!r} is not two digits; keys are text with their leading zero") for key in wrong
    ]
    problems += [
        Problem(f"key {key!r} occurs {count} times; every Ortsteil needs its own")
        for key, count in _repeats(keys)
    ]
    problems += [
        Problem(f"name {name!r} occurs {count} times; the statistics are joined by name")
        for name, count in _repeats(names)
    ]
    if len(frame) != _AREAS:
        problems.append(Problem(f"{len(frame)} Ortsteile, {_AREAS} are expected; fetch the complete file"))
    if problems:
        raise DeliveryError(place, problems)


def _repeats(texts: pd.Series) -> list[tuple[str, int]]:
    counts = texts.value_counts(sort=False)
    return [(str(text), int(count)) for text, count in counts[counts > 1].items()]


def _nest(ortsteile: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    finest = ortsteile.assign(geography="sub_district", parent_id=ortsteile["area_id"].str[0])[
        list(AREA_COLUMNS)
    ]
    districts = dissolve(
        finest,
        finest["parent_id"],
        geography="district",
        names=pd.Series(DISTRICT_NAMES),
        parent_of=pd.Series(CITY_KEY, index=list(DISTRICT_NAMES)),
    )
    city = dissolve(
        finest,
        pd.Series(CITY_KEY, index=finest.index),
        geography="city",
        names=pd.Series({CITY_KEY: "Leipzig"}),
        parent_of=None,
    )
    return gpd.GeoDataFrame(pd.concat([city, districts, finest], ignore_index=True), crs=ortsteile.crs)
