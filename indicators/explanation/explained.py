"""Everything that can be said of an index in one place: parts, limits, what flips a class, and how sure all that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from indicators.explanation.contributions import Baseline, Explanation, explained
from indicators.explanation.distance import ClassDistances, class_distances
from indicators.explanation.flips import FlippingChanges, searched
from indicators.explanation.prepared import prepare
from indicators.explanation.simulation import Simulation, simulated
from indicators.methods.result import CompositeIndex
from indicators.methods.schema import Method

__all__ = ["ExplainedIndex", "explained_index"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ExplainedIndex:
    """An index with all its explanations, each on the areas of the input.

    `distances` and `changes` are None where the method has no classes; `simulation` is None where chance moves none of
    the indicators, or nobody said how far.
    """

    parts: Explanation
    distances: ClassDistances | None
    changes: FlippingChanges | None
    simulation: Simulation | None

    def __repr__(self) -> str:
        runs = f", {self.simulation.runs} runs" if self.simulation else ""
        return f"ExplainedIndex({self.parts!r}{runs})"

    @property
    def result(self) -> CompositeIndex:
        """Index, ranks and classes."""
        return self.parts.result

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: index, rank with its interval, class and how often it is kept, limits, parts, changes."""
        table = self.parts.to_frame()
        if self.distances is not None:
            table = table.join(self.distances.table.drop(columns=["index", "class"]))
        if self.simulation is not None:
            table = table.join(self.simulation.table[["rank_low", "rank_high"]]).assign(
                kept=self.simulation.kept
            )
        if self.changes is not None:
            wide = self.changes.table.pivot(
                index="area_id", columns=["indicator", "towards"], values="change"
            )
            wide = wide.set_axis(["_".join(["change", *map(str, pair)]) for pair in wide.columns], axis=1)
            table = table.join(wide)
        return table


def explained_index(
    values: pd.DataFrame,
    statuses: pd.DataFrame,
    method: Method,
    *,
    labels: pd.DataFrame | None = None,
    baseline: Baseline = "average",
    with_changes: bool = True,
    denominators: pd.DataFrame | None = None,
    standard_errors: pd.DataFrame | None = None,
    per: float | Mapping[str, float] = 100.0,
    runs: int = 1000,
    level: float = 0.95,
    rng: np.random.Generator | None = None,
) -> ExplainedIndex:
    """Compute a method and explain every area's index.

    Parameters
    ----------
    values, statuses, method, labels
        As `indicators.composite.status_index`.
    baseline
        As `indicators.explanation.explain`.
    with_changes : bool
        Whether to look for the changes that flip a class; quick for sums of z-scores, slow for other methods with
        thousands of areas.
    denominators, standard_errors, per, runs, level, rng
        As `indicators.explanation.simulate`, with joint intervals of the ranks. Without an rng, or without any
        denominators and standard errors, nothing is simulated.

    Returns
    -------
    ExplainedIndex
        On the index of `values`.

    Raises
    ------
    InputError, StatusError, DefinitionError, TooFewAreasError, ConstantColumnError, ParameterError
        As `indicators.composite.status_index` and `indicators.explanation.simulate`.

    Examples
    --------
    >>> from indicators.methods import shipped_method
    >>> method = shipped_method("leipzig-status")
    >>> values = pd.DataFrame({name: [10.0, 12, 14, 16, 30] for name in method.columns}, index=list("abcde"))
    >>> people = pd.DataFrame(400.0, index=values.index, columns=values.columns)
    >>> found = explained_index(values, values.notna().replace(True, "measured"), method, denominators=people,
    ...                         rng=np.random.default_rng(1))
    >>> found.to_frame().loc["e", ["rank", "rank_low", "rank_high", "class", "kept"]].tolist()
    [1.0, 1.0, 1.0, 4.0, 1.0]
    """
    prepared = prepare(values, statuses, method, labels=labels)
    parts = explained(prepared, values, statuses, baseline)
    has_classes = method.classes is not None
    given = [table for table in (denominators, standard_errors) if table is not None and len(table.columns)]
    return ExplainedIndex(
        parts=parts,
        distances=class_distances(parts.result) if has_classes else None,
        changes=searched(prepared, values, statuses) if has_classes and with_changes else None,
        simulation=simulated(
            prepared,
            denominators=denominators,
            standard_errors=standard_errors,
            per=per,
            runs=runs,
            level=level,
            rank_interval="joint",
            rng=rng,
        )
        if rng is not None and given
        else None,
    )
