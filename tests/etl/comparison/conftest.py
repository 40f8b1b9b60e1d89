"""Fixtures of the tests of what is told beside a load: the small town, loaded as it lies in its folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from etl.loading import LoadReport
from etl.pipeline import load_city
from etl.raw import RawStore


@pytest.fixture
def load(database: Engine, dataset, tmp_path: Path, quiet) -> Callable[..., LoadReport]:
    """Return what loads the small town as it lies in its folder."""

    def once(*, dry_run: bool = False) -> LoadReport:
        known = {"folder": None, "loaded_by": "test", "code_version": "test", "progress": quiet}
        return load_city(database, dataset.source(), RawStore(tmp_path / "raw"), dry_run=dry_run, **known)

    return once
