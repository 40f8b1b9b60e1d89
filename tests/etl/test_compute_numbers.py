"""Numbers that make no sense are refused before anything is computed."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine

from etl.cities import city_profile
from etl.compute import compute_city
from etl.errors import EtlError


@pytest.mark.parametrize(
    "changes", [{"threshold": float("nan")}, {"most_share": 2.0}, {"border_price": float("inf")}]
)
def test_a_number_that_makes_no_sense_is_refused_before_the_first_run(changes: dict[str, float]) -> None:
    """Nobody answers at port 1: whoever asked the database first would fail with another error."""
    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(EtlError, match=f"{next(iter(changes))} is"):
        compute_city(
            engine,
            city_profile("sample"),
            requested_by="test",
            code_version="test",
            progress=lambda _name, _share=None: None,
            changes=changes,
        )
