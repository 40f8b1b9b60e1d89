"""Which methods have a published result to be compared with, and the comparison of one or all of them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from etl.errors import EtlError, FetchError
from etl.reproduce.berlin import BERLIN
from etl.reproduce.cdc import CDC
from etl.reproduce.contract import Check, Reference
from etl.reproduce.england import ENGLAND
from etl.source import Progress
from indicators.methods import method_names
from indicators.methods.errors import suggestion

__all__ = ["REFERENCES", "references", "reproduce", "table_of"]

REFERENCES: dict[str, Reference] = {one.method: one for one in (*BERLIN, *ENGLAND, *CDC)}


def references(name: str | None) -> list[Reference]:
    """Return the reference of a method, or all of them."""
    if name is None:
        return list(REFERENCES.values())
    if name in REFERENCES:
        return [REFERENCES[name]]
    if name in method_names():
        raise EtlError(
            f"nothing is published for {name} that its result could be compared with; "
            f"there is for {', '.join(REFERENCES)}"
        )
    raise EtlError(f"there is no method {name!r}; {suggestion(name, REFERENCES)}")


def reproduce(wanted: list[Reference], folder: Path, *, progress: Progress) -> dict[str, list[Check]]:
    """Compute each method from its publisher's inputs and compare; `folder` holds the files or the folders of files."""
    checks = {}
    for done, reference in enumerate(wanted):
        progress(reference.method, done / len(wanted))
        place = folder / reference.folder
        place = place if place.is_dir() else folder
        if not place.is_dir():
            raise FetchError("folder not found", str(folder), "name the folder of the files with --from")
        checks[reference.method] = reference.run(place)
    return checks


def table_of(checks: dict[str, list[Check]]) -> pd.DataFrame:
    """Return one row per method and quantity: how many are published, how many agree, the largest difference."""
    return pd.DataFrame(
        [
            {
                "method": method,
                "what_de": check.what_de,
                "what_en": check.what_en,
                "published": check.published,
                "agreeing": check.agreeing,
                "promised": check.promised,
                "within": check.within,
                "largest_difference": check.difference,
                "is_kept": check.is_kept,
            }
            for method, of_method in checks.items()
            for check in of_method
        ]
    )
