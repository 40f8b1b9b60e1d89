"""Which layers and shares near them does a delivery take away? A data set says all of them, or they go."""

from __future__ import annotations

import tomllib

from sqlalchemy import Connection

from db.queries.datasets import newest_manifest
from db.queries.overlays import names_of_source
from etl.comparison.wording import counted, listed
from etl.datasets.findings import Finding
from etl.delivery import Delivery

__all__ = ["layer_findings"]


def layer_findings(connection: Connection, delivery: Delivery) -> list[Finding]:
    """Return the overlays of the data set that are not delivered, and the shares that are not asked for any more."""
    return [*_withdrawn(connection, delivery), *_not_asked(connection, delivery)]


def _withdrawn(connection: Connection, delivery: Delivery) -> list[Finding]:
    given = {one.id for one in delivery.overlays}
    stored = names_of_source(connection, delivery.city.id, delivery.source.id)
    gone = [name for name in stored if name not in given]
    if not gone:
        return []
    verb = "is" if len(gone) == 1 else "are"
    what = f"{counted(len(gone), 'overlay')} of earlier loads {verb} not in this delivery and withdrawn: {listed(gone)}"
    todo = "add [[overlay]] with its file again if it was forgotten; 'undo' brings back what was withdrawn"
    return [Finding(severity="warning", check="overlays", file=delivery.source.id, what=what, todo=todo)]


def _not_asked(connection: Connection, delivery: Delivery) -> list[Finding]:
    """Return the shares near facilities of the newest manifest that this one, which takes its place, does not have."""
    kept = newest_manifest(connection, delivery.city.id)
    asked = _shares(delivery.manifest)
    gone = [name for name in (_shares(kept[0]) if kept else []) if name not in asked]
    if not gone:
        return []
    what = (
        f"the manifest does not ask for {counted(len(gone), 'share')} near facilities that the one before asked for,"
        f" so 'compute' leaves out {listed(gone)}"
    )
    todo = "add [[access]] again if it was forgotten; the manifest loaded last says what is computed"
    return [Finding(severity="warning", check="overlays", file=delivery.source.id, what=what, todo=todo)]


def _shares(manifest: str | None) -> list[str]:
    document = tomllib.loads((manifest or "").removeprefix("\ufeff"))
    return [str(one["indicator"]) for one in document.get("access", [])]
