"""Fixtures of the pipeline tests: a raw store, cleaned real deliveries, a played portal, a small data set."""

from __future__ import annotations

import functools
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from sqlalchemy import Engine

from etl.datasets.manifest_reading import manifest_of
from etl.datasets.services.http import Limits
from etl.datasets.source import Inspection, ManifestSource, inspect, open_source
from etl.delivery import Delivery
from etl.loading import LoadReport
from etl.raw import RawStore
from etl.shipped_cities.sources import shipped_source

# Where the played portal keeps each table: Wohnungen has moved to a number nobody knows yet.
PLAYED_NUMBERS = {
    (2, 1): "einwohner-insgesamt",
    (2, 4): "migranten",
    (7, 3): "arbeitslose-insgesamt",
    (4, 4): "bedarfsgemeinschaften",
    (6, 8): "wohnflaeche-insgesamt",
    (1, 1): "gesamtflaeche",
    (9, 1): "haushaltseinkommen",
    (12, 1): "straftaten-insgesamt",
}
DISTRICTS = ("Mitte", "Nordost", "Ost", "Südost", "Süd", "Südwest", "West", "Alt-West", "Nordwest", "Nord")


@pytest.fixture
def store(tmp_path: Path) -> RawStore:
    """Return an empty raw store."""
    return RawStore(tmp_path / "raw")


@pytest.fixture(scope="session")
def quiet() -> Callable[[str, float | None], None]:
    """Progress nobody looks at."""
    return lambda _name, _share=None: None


@pytest.fixture(scope="session")
def leipzig(leipzig_folder: Path, tmp_path_factory: pytest.TempPathFactory, quiet) -> Delivery:
    """Leipzig from its files, cleaned once; tests only look at it."""
    source, store = shipped_source("leipzig", leipzig_folder), RawStore(tmp_path_factory.mktemp("leipzig"))
    return source.clean(source.fetch(store, folder=leipzig_folder, progress=quiet), progress=quiet)


@pytest.fixture(scope="session")
def berlin(berlin_folder: Path, tmp_path_factory: pytest.TempPathFactory, quiet) -> Delivery:
    """Berlin from its files, cleaned once; tests only look at it."""
    source, store = shipped_source("berlin", berlin_folder), RawStore(tmp_path_factory.mktemp("berlin"))
    return source.clean(source.fetch(store, folder=berlin_folder, progress=quiet), progress=quiet)


class PlayedPortal:
    """What the portal would answer, made from the files on the fly.

    `faults` maps a path to HTTP statuses to answer with first; `answers` replaces the bytes of a path.
    """

    def __init__(self, content: PortalContent) -> None:
        self.content = content
        self.faults: dict[str, list[int]] = {}
        self.answers: dict[str, bytes] = {}
        self.requests: Counter[str] = Counter()
        self.numbers = dict(PLAYED_NUMBERS)
        self.address = ""

    def source(self, address: str = "") -> ManifestSource:
        """Return the manifest that comes with the product, asking this portal, or one at another address."""
        shipped = shipped_source("leipzig")
        text = shipped.text
        for one in shipped.manifest.downloads:
            path = "geometry" if one.kind == "http" else "kdvalues"
            text = text.replace(f'"{one.url}"', f'"{address or self.address}/{path}"')
        source = ManifestSource(manifest_of(text), text)
        source.limits = Limits(pause=0.01)
        return source

    def answer(self, path: str) -> tuple[int, bytes]:
        self.requests[path] += 1
        if self.faults.get(path):
            return self.faults[path].pop(0), b"maintenance"
        if path in self.answers:
            return 200, self.answers[path]
        parts = urlsplit(path)
        if parts.path == "/geometry":
            return 200, self.content.geometry()
        query = parse_qs(parts.query)
        number = (int(query["kategorie_nr"][0]), int(query["rubrik_nr"][0]))
        table = self.numbers.get(number)
        return (200, self.content.table(table)) if table else (200, b"")


class PortalContent:
    """The portal's files, each made once."""

    def __init__(self, folder: Path, since: int = 0) -> None:
        self.folder = folder
        self._long = pd.read_csv(folder / "indicators_long.csv.gz").query("year >= @since")
        self.table = functools.cache(self._table)
        self.geometry = functools.cache(self._geometry)

    def _geometry(self, *, claimed: str | None = None) -> bytes:
        """GeoJSON with metric coordinates, keys as numbers and a byte order mark."""
        frame = gpd.read_file(self.folder / "ortsteile.gpkg").to_crs(25833)
        frame = frame[frame["level"] == "ortsteil"]
        document = {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"OT": int(key), "Name": name},
                    "geometry": shapely.geometry.mapping(shape),
                }
                for key, name, shape in zip(
                    frame["ortsteil_nr"], frame["ortsteil_name"], frame.geometry, strict=True
                )
            ],
        }
        if claimed is not None:
            document["crs"] = {"type": "name", "properties": {"name": claimed}}
        return b"\xef\xbb\xbf" + json.dumps(document).encode()

    def _table(self, topic: str) -> bytes:
        """CSV in the portal's shape: a column per year, names, decimal commas in quotes, signs, tail rows."""
        long = self._long[(self._long["topic"] == topic) & (self._long["occurrence"] == 1)]
        wide = long.set_index(["ortsteil_name", "indicator", "year"])["value"].unstack().reset_index()
        years = [column for column in wide.columns if isinstance(column, int)]
        keys = gpd.read_file(self.folder / "ortsteile.gpkg", ignore_geometry=True)
        district = dict(zip(keys["ortsteil_name"], keys["stadtbezirk_nr"], strict=True))
        lines = [",".join(["Gebiet", "Sachmerkmal", *map(str, years)])]
        for row in wide.to_dict("records"):
            cells = [self._cell(topic, row["indicator"], year, row[year]) for year in years]
            lines.append(",".join([row["ortsteil_name"], row["indicator"], *cells]))
        wide["district"] = wide["ortsteil_name"].map(district).astype(int)
        for names, groups in (
            (lambda key: DISTRICTS[key[0]], wide.groupby(["district", "indicator"])),
            (lambda _key: "Stadt Leipzig", wide.assign(district=0).groupby(["district", "indicator"])),
        ):
            for key, group in groups:
                cells = [self._total(topic, key[1], year, group[year]) for year in years]
                lines.append(",".join([names(key), key[1], *cells]))
        return ("\r\n".join(lines) + "\r\n").encode()

    def _total(self, topic: str, characteristic: str, year: int, column: pd.Series) -> str:
        cells = [self._cell(topic, characteristic, year, value) for value in column]
        if all(cell == "" for cell in cells):
            return ""
        if any(cell in {"", "."} for cell in cells):
            return "."
        return self._cell(
            topic, characteristic, year, column.mean() if topic == "haushaltseinkommen" else column.sum()
        )

    @staticmethod
    def _cell(topic: str, characteristic: str, year: int, value: float) -> str:
        if pd.isna(value):
            return ""
        if (
            topic == "arbeitslose-insgesamt"
            and characteristic != "Langzeitarbeitslose"
            and year >= 2018
            and value == 0
        ):
            return "."
        if topic in {"einwohner-insgesamt", "haushaltseinkommen"}:
            return f'"{value:.1f}"'.replace(".", ",")
        return str(int(value))


@pytest.fixture(scope="session")
def recent_content(leipzig_folder: Path) -> PortalContent:
    """Return the portal's files since 2020: all tables, in less time."""
    return PortalContent(leipzig_folder, since=2020)


@pytest.fixture
def portal(recent_content: PortalContent) -> Iterator[PlayedPortal]:
    """Serve the played portal with the recent years; `portal.source()` asks it."""
    with served(PlayedPortal(recent_content)) as played:
        yield played


@pytest.fixture
def whole_portal(leipzig_folder: Path) -> Iterator[PlayedPortal]:
    """Serve the played portal with all years."""
    with served(PlayedPortal(PortalContent(leipzig_folder))) as played:
        yield played


@contextmanager
def served(played: PlayedPortal) -> Iterator[PlayedPortal]:
    """Serve a played portal on the loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content = played.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            """Keep the test output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    played.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield played
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# A small made-up data set: four Stadtteile in a row, two years, two counts and a rate.
SMALL_MANIFEST = """
id = "small"
[city]
id = "small"
title_de = "Kleinstadt"
title_en = "Small town"
srid = 25832
[source]
title_de = "Atlas"
title_en = "Atlas"
publisher = "Stadt"
licence = "dl-de/by-2-0"
attribution = "Stadt"
[edition]
id = "2020"
valid_from = 2020-01-01
[[geography]]
id = "city"
title_de = "Gesamtstadt"
title_en = "City"
key_length = 3
area_id = "000"
area_name = "Kleinstadt"
[[geography]]
id = "sub_district"
title_de = "Stadtteile"
title_en = "Sub-districts"
key_length = 2
file = "areas.gpkg"
key = "nr"
name = "name"
[confidentiality]
profile = "as-published"
[compute]
segregation = [{ groups = ["non_german"] }]
[[indicator]]
id = "residents"
[[indicator]]
id = "non_german"
[[indicator]]
id = "rate"
title_de = "Quote"
title_en = "Rate"
unit = "%"
kind = "intensive"
least = 0
most = 100
[[table]]
file = "values.csv"
geography = "sub_district"
layout = "wide"
key = "nr"
decimal = ","
period_column = "jahr"
value = [
    { indicator = "residents", column = "ew" },
    { indicator = "non_german", column = "ausl" },
    { indicator = "rate", column = "quote" },
]
"""
SMALL_VALUES = """nr;jahr;ew;ausl;quote
01;2020;1000;100;5,5
02;2020;2000;300;7,0
03;2020;1500;-;.
04;2020;900;90;(3,1)
01;2021;1010;110;5,6
02;2021;2020;310;7,1
03;2021;1490;20;2,0p
04;2021;890;95;3,2r
"""
SMALL_NAMES = ("Altstadt", "Neustadt", "Südstadt", "Weststadt")


def small_areas(size: float = 1000.0) -> gpd.GeoDataFrame:
    """Return four squares side by side, in EPSG:25832."""
    boxes = [
        shapely.box(500_000 + n * size, 6_000_000, 500_000 + (n + 1) * size, 6_000_000 + size)
        for n in range(4)
    ]
    keys = ["01", "02", "03", "04"]
    return gpd.GeoDataFrame({"nr": keys, "name": SMALL_NAMES}, geometry=boxes, crs="EPSG:25832")


class SmallDataset:
    """A folder with a data set that is whole; tests change one thing in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "dataset.toml").write_text(SMALL_MANIFEST, encoding="utf-8")
        (folder / "values.csv").write_text(SMALL_VALUES, encoding="utf-8")
        self.write_areas(small_areas())

    def write_areas(self, areas: gpd.GeoDataFrame, name: str = "areas.gpkg", **options: object) -> None:
        for old in self.folder.glob("areas.gpkg*"):
            old.unlink()
        areas.to_file(self.folder / name, engine="pyogrio", **options)

    def areas(self) -> gpd.GeoDataFrame:
        return small_areas()

    def manifest(self, old: str, new: str) -> None:
        """Change the manifest; what is to be changed must be there."""
        self._change(self.folder / "dataset.toml", old, new)

    def values(self, old: str, new: str) -> None:
        """Change the table."""
        self._change(self.folder / "values.csv", old, new)

    def add(self, text: str) -> None:
        """Add to the manifest."""
        path = self.folder / "dataset.toml"
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")

    def source(self) -> ManifestSource:
        return open_source(self.folder)

    def inspect(self) -> Inspection:
        source = self.source()
        return inspect(source.manifest, source.files_in_place(None), progress=lambda _name, _share=None: None)

    @staticmethod
    def _change(path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert old in text, old
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def dataset(tmp_path: Path) -> SmallDataset:
    """Return a whole data set in a folder of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    return SmallDataset(folder)


@pytest.fixture
def load_town(load, database: Engine, dataset: SmallDataset, tmp_path: Path) -> Callable[..., LoadReport]:
    """Load the small town as it lies in its folder, into the database of the test."""
    return functools.partial(load, database, dataset, tmp_path)


@pytest.fixture
def value(dataset: SmallDataset) -> Callable[..., tuple[float, str]]:
    """Return one value of the data set with its state."""

    def one(area: str, indicator: str, period: str, geography: str = "sub_district") -> tuple[float, str]:
        found = dataset.inspect()
        assert found.delivery is not None, [one.sentence() for one in found.findings.errors]
        rows = found.delivery.values.set_index(["geography", "area_id", "indicator_id", "period"])
        row = rows.loc[(geography, area, indicator, period)]
        return row["value"], row["status"]

    return one


# Playgrounds of the small town, and who lives near one.
PLAYGROUND_LAYER = """
[[overlay]]
id = "playgrounds"
kind = "facility"
title_de = "Spielplätze"
title_en = "Playgrounds"
as_of = 2021-06-30
file = "playgrounds.geojson"
name = "name"
properties = ["places"]
"""
NEAR_PLAYGROUND = """
[[indicator]]
id = "near_playground"
title_de = "Nahe an einem Spielplatz"
title_en = "Near a playground"
unit = "%"
kind = "intensive"
direction = "lower_is_more_need"
decimals = 1
[[access]]
indicator = "near_playground"
group = "residents"
overlay = "playgrounds"
metres = 1000
"""


@pytest.fixture(scope="session")
def playground_layer() -> str:
    """What a manifest says of playgrounds."""
    return PLAYGROUND_LAYER


@pytest.fixture(scope="session")
def near_playground() -> str:
    """What a manifest says of the share of people near a playground."""
    return NEAR_PLAYGROUND


@pytest.fixture(scope="session")
def playgrounds() -> Callable[..., gpd.GeoDataFrame]:
    """Make playgrounds at points, with a column that nobody asks for."""

    def made(*points: shapely.Geometry, crs: str = "EPSG:25832", **columns: object) -> gpd.GeoDataFrame:
        names = [f"Spielplatz {number}" for number in range(1, len(points) + 1)]
        table = {"name": names, "places": range(10, 10 + len(points)), "phone": "0123", **columns}
        return gpd.GeoDataFrame(table, geometry=list(points), crs=crs)

    return made


@pytest.fixture(scope="session")
def write_playgrounds() -> Callable[[SmallDataset, gpd.GeoDataFrame], None]:
    """Write playgrounds into the folder of a data set."""

    def once(dataset: SmallDataset, frame: gpd.GeoDataFrame) -> None:
        frame.to_crs(4326).to_file(dataset.folder / "playgrounds.geojson")

    return once
