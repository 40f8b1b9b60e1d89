"""The manifest of Leipzig's open-data interface gives every value of an Ortsteil as the code for the interface does."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from etl.datasets.manifest_reading import manifest_of
from etl.datasets.services.http import Limits
from etl.datasets.source import ManifestSource, inspect
from etl.sources.leipzig import LeipzigSource

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = ROOT / "data" / "manifests" / "services" / "leipzig-open-data.toml"
VALUE = ["geography", "area_id", "indicator_id", "period"]


def test_the_manifest_says_all_that_the_code_does(portal, store, quiet, tmp_path: Path) -> None:
    text = MANIFEST.read_text(encoding="utf-8")
    for one in manifest_of(text).downloads:
        played = portal.addresses.geometry if one.kind == "http" else portal.addresses.tables
        text = text.replace(one.url, played)
    source = ManifestSource(manifest_of(text), text, beside=tmp_path)
    source.limits = Limits(pause=0.01)
    found = inspect(source.manifest, source.fetch(store, folder=None, progress=quiet), progress=quiet)
    assert [one.sentence() for one in found.findings.errors] == []
    code = LeipzigSource(portal.addresses)
    delivery = code.clean(code.fetch(store, folder=None, progress=quiet), progress=quiet)
    made, expected = (
        one.values[one.values["geography"] == "sub_district"] for one in (found.delivery, delivery)
    )
    both = made.merge(expected, on=VALUE, how="outer", suffixes=("", "_code"), indicator=True)
    assert len(expected) > 30_000
    # In years that a table has and an indicator has not, the manifest says missing, and the code nothing.
    only = both[both["_merge"] != "both"]
    assert set(only["_merge"]) == {"left_only"}
    assert set(only["status"]) == {"missing"}
    assert set(only.groupby(["indicator_id", "period"]).size()) == {63}
    both = both[both["_merge"] == "both"]
    assert len(both) == len(expected)
    assert (both["status"] == both["status_code"]).all()
    assert np.array_equal(both["value"], both["value_code"], equal_nan=True)
    # The played portal has the migrants under their older number, 4, and the dwellings under 8.
    told = [one.what for one in found.findings.found if "rubric" in one.what]
    assert told == [
        "the table was found as rubric 4 instead of 5",
        "the table was found as rubric 8 instead of 5",
    ]
