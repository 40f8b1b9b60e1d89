"""Attack 13: exported files; who knows all the rest of a delivery tries the withheld counts until a fingerprint fits.

Not one of the ten of the requirements. The proof is that of two towns with different secrets and the same publication:
every byte of every exported file, and every fingerprint that is published, must be the same.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import pytest
from shapely import MultiPolygon, box
from sqlalchemy import Engine, text

from db.engine import connect
from db.queries.runs import hash_inputs
from etl.cities import CityProfile
from etl.confidentiality import Confidentiality
from etl.delivery import City, Delivery, Geography, Source
from etl.export import export_dataset
from etl.export_reading import read_dataset
from etl.loading import load
from etl.raw import RawFile
from indicators.definition import Indicator
from maps.exports.formats import FORMATS

# 2 and 1 are too small; 9 and 10 are withheld for them; everything else, and the total, is the same.
ONE, OTHER = [2, 9, 20, 30], [1, 10, 20, 30]
MOMENT = datetime(2021, 3, 1, 12, tzinfo=UTC)


def file_of(counts: list[int]) -> bytes:
    return "".join(f"0{number};{count}\n" for number, count in enumerate(counts)).encode()


def store(engine: Engine, counts: list[int]) -> None:
    """Load a town as its statistics office delivers it, with the checksum of its file."""
    keys = [f"0{number}" for number in range(len(counts))]
    level = {"edition": "2020", "valid_from": date(2020, 1, 1)}
    delivery = Delivery(
        city=City(id="town", title_de="Ort", title_en="Town", srid=25833),
        source=Source(
            id="town",
            title_de="Quelle",
            title_en="Source",
            publisher="p",
            licence="dl-de/by-2-0",
            attribution="a",
        ),
        geographies=(
            Geography(id="city", parent=None, title_de="Stadt", title_en="City", key_length=1, **level),
            Geography(id="block", parent="city", title_de="Blöcke", title_en="Blocks", key_length=2, **level),
        ),
        areas=gpd.GeoDataFrame(
            {
                "geography": ["city", *["block"] * len(keys)],
                "area_id": ["T", *keys],
                "parent_id": [None, *["T"] * len(keys)],
                "name": ["Town", *keys],
            },
            geometry=[MultiPolygon([box(0, 0, 400, 100)])]
            + [MultiPolygon([box(100 * place, 0, 100 * place + 100, 100)]) for place in range(len(keys))],
            crs="EPSG:25833",
        ),
        indicators=(
            Indicator(id="unemployed", title_de="A", title_en="U", unit="persons", kind="extensive"),
        ),
        values=pd.DataFrame(
            {
                "geography": ["city", *["block"] * len(keys)],
                "area_id": ["T", *keys],
                "value": [float(sum(counts)), *map(float, counts)],
                "indicator_id": "unemployed",
                "period": "2020",
                "reference_date": date(2020, 12, 31),
                "status": "measured",
            }
        ),
    )
    content = file_of(counts)
    raw = RawFile(
        name="values.csv",
        path=Path("values.csv"),
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
    )
    load(engine, delivery, [raw], loaded_by="test", code_version="1", progress=lambda *_: None)
    with engine.begin() as connection:
        connection.execute(text("UPDATE load SET loaded_at = :moment"), {"moment": MOMENT})


def test_it_recovers_counts_from_a_checksum_of_what_was_delivered() -> None:
    careless = hashlib.sha256(file_of(ONE)).hexdigest()
    # 61 less 20 and 30 leaves 11 for two.
    fits = [
        (one, 11 - one)
        for one in range(12)
        if hashlib.sha256(file_of([one, 11 - one, 20, 30])).hexdigest() == careless
    ]
    assert fits == [(2, 9)]


@pytest.mark.db
def test_it_finds_nothing_because_two_secrets_with_one_publication_give_one_export(
    make_database, tmp_path: Path
) -> None:
    profile = CityProfile(
        source=SimpleNamespace(city_id="town", confidentiality=Confidentiality()), methods={}, segregation=()
    )
    folders, fingerprints = [], []
    for number, counts in enumerate((ONE, OTHER)):
        engine = connect(make_database())
        store(engine, counts)
        with engine.connect() as connection:
            dataset = read_dataset(connection, profile)
            fingerprints.append(hash_inputs(connection, "town", parameters={"least": 100}))
        engine.dispose()
        folders.append(tmp_path / str(number) / "export")
        folders[-1].parent.mkdir()
        export_dataset(dataset, folders[-1], list(FORMATS), issued=MOMENT)
    states = dataset.values.set_index("area_id")["status"].astype(str)
    assert [states[area] for area in ("00", "01", "02", "03")] == [
        "suppressed",
        "suppressed",
        "measured",
        "measured",
    ]
    files = sorted(path.name for path in folders[0].iterdir())
    assert files == sorted(path.name for path in folders[1].iterdir())
    assert len(files) > 10
    for name in files:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name
    assert fingerprints[0] == fingerprints[1]
