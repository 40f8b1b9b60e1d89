"""Values brought from one edition of areas to another, each with its state, its grade and what it was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from spatial.crosswalk.grades import GRADES

__all__ = ["Converted"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Converted:
    """Converted values, one per target area.

    `value` is missing where there is none, and `status` says why. `known` is the part of the target that known
    sources make up [share], `estimated` the part that is an estimate [share]; `grade` "A" to "D" (see
    `spatial.crosswalk.grades.GRADES`), missing without a value; `derivation` what the target is made of ("copy",
    "sum", "part", "mixed", "empty", "none"). `denominator` belongs to an intensive value. `totals` of an extensive
    value add up: `given` by known sources = `placed` in targets with a value + `withheld` in targets without one +
    `outside` all targets.
    """

    value: pd.Series
    status: pd.Series
    known: pd.Series
    estimated: pd.Series
    grade: pd.Series
    derivation: pd.Series
    denominator: pd.Series | None
    totals: Mapping[str, float]
    kind: Literal["extensive", "intensive"]
    parameters: Mapping[str, object]

    def __repr__(self) -> str:
        counts = self.grade.value_counts()
        graded = ", ".join(f"{int(counts.get(grade, 0))} {grade}" for grade in GRADES)
        states = self.status.value_counts()
        return (
            f"Converted({len(self.value)} {self.kind} values: {graded}; {int(states.get('missing', 0))} missing, "
            f"{int(states.get('suppressed', 0))} suppressed)"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per target; `is_converted` is true in every row."""
        columns = {
            "value": self.value,
            "status": self.status,
            "is_converted": True,
            "grade": self.grade,
            "derivation": self.derivation,
            "known": self.known,
            "estimated": self.estimated,
        }
        if self.denominator is not None:
            columns["denominator"] = self.denominator
        return pd.DataFrame(columns, index=self.value.index)

    def summary(self) -> pd.DataFrame:
        """Return one row per grade: its `meaning` and the number of `targets`."""
        counts = self.grade.value_counts().reindex(list(GRADES), fill_value=0)
        table = pd.DataFrame({"meaning": pd.Series(GRADES), "targets": counts.astype(int)})
        return table.rename_axis("grade")
