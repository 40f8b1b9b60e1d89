"""Berlin: the Monitoring Soziale Stadtentwicklung 2013, 2017, 2019 on 447 planning areas, from files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from etl.confidentiality import Confidentiality
from etl.delivery import REJECTED_COLUMNS, City, Delivery, Geography, Source
from etl.errors import FetchError
from etl.raw import RawFile, RawStore
from etl.sources.berlin_areas import KEY_LENGTHS, read_areas
from etl.sources.berlin_tables import MSS_EDITIONS, ewr_values, mss_keys, mss_values
from etl.sources.contract import Progress
from indicators.berlin import BERLIN_INDICATORS
from indicators.confidentiality import AS_PUBLISHED

__all__ = ["BerlinSource"]

_LOR, _BEZIRKE = "lor_pre2021.gpkg", "bezirke.gpkg"
_MSS_TABLES = ("1-planning-areas", "2-1-planning-areas", "2-2-district-regions", "2-3-districts")
_EWR_FILES = "berlin-lor-population-*-02-t[12]-planning-areas.csv"
_EWR_FOLDER = "berlin-ewr-population-lor-pre2021"
# The layers say since when each area has its shape: mostly 14.6.2006, a few 2008 and 2009. On 1.1.2019 one
# planning area was split, on 1.1.2021 all were cut anew.
_EDITION, _VALID_FROM, _VALID_TO = "2006", date(2006, 6, 14), date(2018, 12, 31)

_CITY = City(id="berlin", title_de="Berlin", title_en="Berlin", srid=25833)
_SOURCE = Source(
    id="berlin-mss-lor-pre2021",
    title_de="Monitoring Soziale Stadtentwicklung und Einwohnerregister Berlin",
    title_en="Berlin Monitoring Social Urban Development and population register",
    publisher=(
        "Senatsverwaltung für Stadtentwicklung, Bauen und Wohnen Berlin; Amt für Statistik Berlin-Brandenburg"
    ),
    licence="CC BY 3.0 DE; Datenlizenz Deutschland – Namensnennung – 2.0",
    attribution=(
        "Monitoring Soziale Stadtentwicklung, SenStadt Berlin; Amt für Statistik Berlin-Brandenburg; "
        "Geoportal Berlin / LOR"
    ),
    url="https://www.berlin.de/sen/sbw/stadtdaten/stadtwissen/monitoring-soziale-stadtentwicklung/",
)
_TITLES = {
    "city": ("Gesamtstadt", "City"),
    "district": ("Bezirke", "Districts"),
    "forecast_area": ("Prognoseräume", "Forecast areas"),
    "sub_district": ("Bezirksregionen", "District regions"),
    "planning_area": ("Planungsräume", "Planning areas"),
}


class BerlinSource:
    """Berlin's way in: a folder with the files; there is no one portal that has them."""

    city_id = _CITY.id
    # The offices published every count of the register tables, and classes where planning areas are too small.
    confidentiality = Confidentiality(profile=AS_PUBLISHED)

    def fetch(self, store: RawStore, *, folder: Path | None, progress: Progress) -> Sequence[RawFile]:
        """Bring boundaries and tables into the store, and register tables lying in or beside the folder."""
        if folder is None:
            raise FetchError(
                "Berlin cannot be loaded from the network",
                "the MSS tables and the boundaries before 2021 have no one portal",
                "load from files with --from DIR",
            )
        if not folder.is_dir():
            raise FetchError(
                "folder not found", str(folder), "give the folder with the Berlin files after --from"
            )
        progress("keep raw files", None)
        paths = [folder / _LOR, folder / _BEZIRKE]
        for edition in MSS_EDITIONS:
            stem = f"berlin-monitoring-social-urban-development-{edition}-00-"
            paths += [folder / f"mss_{edition}" / f"{stem}{table}.csv" for table in _MSS_TABLES]
        return [store.keep(path) for path in (*paths, *_ewr_files(folder))]

    def clean(self, files: Sequence[RawFile], *, progress: Progress) -> Delivery:
        """Read the raw files into a clean delivery."""
        repairs: dict[str, int] = {}
        rejected: list[pd.DataFrame] = [pd.DataFrame(columns=list(REJECTED_COLUMNS))]
        progress("read tables", 0.0)
        keys = mss_keys(files)
        values = [*mss_values(files, rejected=rejected), *ewr_values(files, repairs=repairs)]
        progress("read boundaries", 0.4)
        areas = read_areas(_named(files, _LOR), _named(files, _BEZIRKE), keys, repairs=repairs)
        return Delivery(
            city=_CITY,
            source=_SOURCE,
            geographies=_geographies(),
            areas=areas,
            indicators=BERLIN_INDICATORS,
            values=pd.concat(values, ignore_index=True),
            rejected=pd.concat(rejected, ignore_index=True),
            repairs=repairs,
            confidentiality=self.confidentiality,
        )


def _ewr_files(folder: Path) -> list[Path]:
    """Return the register tables from the first place that has any."""
    for place in (folder, folder / _EWR_FOLDER, folder.resolve().parent / _EWR_FOLDER):
        found = sorted(place.glob(_EWR_FILES))
        if found:
            return found
    return []


def _named(files: Sequence[RawFile], name: str) -> RawFile:
    file = next((file for file in files if file.name == name), None)
    if file is None:
        raise FetchError("file not found among the raw files", name, "check the folder given with --from")
    return file


def _geographies() -> tuple[Geography, ...]:
    lengths = {**KEY_LENGTHS, "city": 8}
    levels = []
    parent = None
    for level, (title_de, title_en) in _TITLES.items():
        levels.append(
            Geography(
                id=level,
                parent=parent,
                title_de=title_de,
                title_en=title_en,
                key_length=lengths[level],
                edition=_EDITION,
                valid_from=_VALID_FROM,
                valid_to=_VALID_TO,
            )
        )
        parent = level
    return tuple(levels)
