"""Which areas have other outlines, names or parents? Their edition is said to be the same, so it is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from db.queries.stored_series import changed_areas
from etl.comparison.wording import counted, listed
from etl.datasets.findings import Finding, Severity
from etl.delivery import Delivery

__all__ = ["changed_area_findings"]

_MEASURED = 5  # of the areas that moved most, it is said how far
_ROUNDING = 0.01  # [m²] of ground that changed hands; less comes from writing coordinates with fewer places
_MOVED = (
    "if the boundaries are new, give them an edition of their own (id and valid_from in [edition]); if only a drawing was"
    " corrected, leave it: what was before is kept, and an undo brings it back"
)
_NAMED_ANEW = "nothing to do if that is right; what was before is kept, and an undo brings it back"


def changed_area_findings(connection: Connection, delivery: Delivery, load_id: int) -> list[Finding]:
    """Return what a load changed of areas whose edition was loaded before: outlines, parents, names."""
    changed = changed_areas(connection, load_id)
    found: list[Finding] = []
    if changed.empty:
        return found
    sizes = delivery.areas.groupby("geography").size()
    order = [level.id for level in reversed(delivery.geographies)]
    by_level = dict(list(changed.groupby(["geography", "edition"])))
    for level, edition in sorted(by_level, key=lambda one: order.index(str(one[0]))):
        rows = by_level[level, edition]
        where = f"of {counted(int(sizes[level]), 'area')} of {level} in the loaded edition {edition!r}"
        found += [
            *_moved(delivery, rows, where),
            *_renamed(delivery, rows, "parent", "another area above", where, "warning"),
            *_renamed(delivery, rows, "name", "another name", where, "note"),
        ]
    return found


def _moved(delivery: Delivery, rows: pd.DataFrame, where: str) -> list[Finding]:
    before, after = rows["geometry_before"].to_numpy(), rows["geometry_after"].to_numpy()
    at = np.flatnonzero(~shapely.equals_exact(before, after, tolerance=0.0))
    if not len(at):
        return []
    ground = shapely.symmetric_difference(before[at], after[at])
    size = shapely.area(ground)
    is_real = size > _ROUNDING
    if not is_real.any():
        verb = "is" if len(at) == 1 else "are"
        what = f"{counted(len(at), 'outline')} {where} {verb} written anew, by less than {_ROUNDING} m² each"
        return [_finding(delivery, "note", what, "nothing to do")]
    order = [one for one in np.argsort(-size, kind="stable") if is_real[one]]
    largest = order[:_MEASURED]
    far = shapely.hausdorff_distance(before[at[largest]], after[at[largest]])
    told = ", ".join(
        f"{_named(rows.iloc[at[one]])} {_metres(size[one])} m², up to {_metres(distance)} m"
        for one, distance in zip(largest, far, strict=True)
    )
    more = f" … and {len(order) - len(largest):,} more" if len(order) > len(largest) else ""
    verb = "has" if len(order) == 1 else "have"
    return [
        _finding(
            delivery,
            "warning",
            f"{len(order):,} {where} {verb} another outline: {told}{more}",
            _MOVED,
            geometry=shapely.union_all(ground[largest]),
        )
    ]


def _renamed(
    delivery: Delivery, rows: pd.DataFrame, part: str, what: str, where: str, severity: Severity
) -> list[Finding]:
    before, after = rows[f"{part}_before"].fillna(""), rows[f"{part}_after"].fillna("")
    other = rows[before != after]
    if other.empty:
        return []
    told = [
        f"{area}: {old} → {new}"
        for area, old, new in zip(other["area_id"], before[other.index], after[other.index], strict=True)
    ]
    verb = "has" if len(other) == 1 else "have"
    todo = _MOVED if severity == "warning" else _NAMED_ANEW
    return [_finding(delivery, severity, f"{len(other):,} {where} {verb} {what}: {listed(told)}", todo)]


def _finding(
    delivery: Delivery, severity: Severity, what: str, todo: str, *, geometry: shapely.Geometry | None = None
) -> Finding:
    return Finding(
        severity=severity,
        check="edition",
        file=delivery.source.id,
        what=what,
        todo=todo,
        geometry=geometry,
        srid=None if geometry is None else delivery.city.srid,
    )


def _named(row: pd.Series) -> str:
    area, name = str(row["area_id"]), str(row["name_after"])
    return area if name == area else f"{area} ({name})"


def _metres(number: float) -> str:
    """Write with two places what is small, and whole what is large."""
    return f"{number:,.0f}" if number >= 100 else f"{number:,.2f}".rstrip("0").rstrip(".")
