"""Attack 13: exported files; who knows all the rest of a delivery tries the withheld counts until a fingerprint fits.

Not one of the ten of the requirements. The proof is that of two towns with different secrets and the same publication:
every byte of every exported file, and every fingerprint that is published, must be the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from db.engine import connect
from db.queries.runs import hash_inputs
from etl.cities import CityProfile
from etl.confidentiality import Confidentiality
from etl.export import export_dataset
from etl.export_reading import read_dataset
from etl.loading import load
from etl.raw import RawFile
from maps.exports.formats import FORMATS

# 2 and 1 are too small; 9 and 10 are withheld for them; everything else, and the total, is the same.
ONE, OTHER = [2, 9, 20, 30], [1, 10, 20, 30]
MOMENT = datetime(2021, 3, 1, 12, tzinfo=UTC)


def file_of(counts: list[int]) -> bytes:
    return "".join(f"0{number};{count}\n" for number, count in enumerate(counts)).encode()


@pytest.fixture(scope="session")
def store(town_of_districts) -> Callable[..., None]:
    def made(engine: Engine, counts: list[int]) -> None:
        """Load a town as its statistics office delivers it, with the checksum of its file."""
        keys = [f"0{number}" for number in range(len(counts))]
        values = pd.DataFrame(
            {
                "geography": ["city", *["district"] * len(keys)],
                "area_id": ["T", *keys],
                "value": [sum(counts), *counts],
                "indicator_id": "unemployed",
                "period": "2020",
            }
        )
        delivery = town_of_districts(values, ["unemployed"])
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

    return made


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
    store, make_database, tmp_path: Path
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
