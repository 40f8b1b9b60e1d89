"""Would an area keep its class if the method were a little different? Weights, indicators and cuts, one at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.explanation.prepared import Floats, Prepared, prepare
from indicators.explanation.variants import moved_cuts, weight_variants, without
from indicators.methods.schema import Method

__all__ = ["Sensitivity", "sensitivity"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sensitivity:
    """What small changes of a method do to the classes.

    `scenarios`: one row for each change, indexed by its name: `kind` ("weight", "left_out", "cut"), `what` (input,
    indicator or cut), `change` (factor on the weight, 0 for left out, points of the index for a cut), `areas_kept`,
    `areas_less_need`, `areas_more_need` (valid areas that keep their class, or move to less or more need),
    `share_kept` (0–1) and `rank_correlation` with the index as it is (Spearman). `classes`: class of each area
    (rows, as in the input) in each scenario; <NA> also where the only indicator known there is left out.
    `stability`, per area: share of the scenarios in which it keeps its class (0–1, NaN without an index).
    `weights_change`, `cuts_change`: by how much was varied; None: not at all.
    """

    scenarios: pd.DataFrame
    classes: pd.DataFrame
    stability: pd.Series
    own_class: pd.Series
    weights_change: float | None
    cuts_change: float | None
    method: str

    def __repr__(self) -> str:
        known = self.stability.dropna()
        steady = int((known == 1).sum())
        return (
            f"Sensitivity({self.method}: {len(self.scenarios)} scenarios, {steady} of {len(known)} areas "
            "keep their class in all)"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: its class, its stability, its class in every scenario."""
        table = pd.DataFrame({"class": self.own_class, "stability": self.stability})
        return table.join(self.classes)

    def summary(self) -> pd.DataFrame:
        """Return one row per scenario."""
        return self.scenarios


def sensitivity(
    values: pd.DataFrame,
    statuses: pd.DataFrame,
    method: Method,
    *,
    labels: pd.DataFrame | None = None,
    weights: float | None = 0.1,
    leave_one_out: bool = True,
    cuts: float | None = 0.1,
) -> Sensitivity:
    """Compute a method again with each weight raised and lowered, each indicator left out, each cut moved.

    Parameters
    ----------
    values, statuses, method, labels
        As `indicators.composite.status_index`. The method needs classes.
    weights : float, optional
        Part by which each weight is raised and lowered, one at a time; None: weights are not varied. Plain sums and
        means count as equal weights.
    leave_one_out : bool
        Whether each indicator is left out once.
    cuts : float, optional
        By how much each cut is moved down and up, one at a time; None, and for groups by rank: no cut is moved.
        [points of the index]

    Returns
    -------
    Sensitivity
        On the index of `values`. The same areas are valid in all scenarios.

    Raises
    ------
    InputError, StatusError, DefinitionError, TooFewAreasError, ConstantColumnError
        As `indicators.composite.status_index`.
    ParameterError
        If a change is out of range, or a cut would meet its neighbour.

    Examples
    --------
    >>> from indicators.methods import shipped_method
    >>> method = shipped_method("leipzig-status")
    >>> values = pd.DataFrame({name: [10.0, 12, 14, 16, 30] for name in method.columns}, index=list("abcde"))
    >>> found = sensitivity(values, values.notna().replace(True, "measured"), method, cuts=0.3)
    >>> found
    Sensitivity(leipzig-status: 15 scenarios, 4 of 5 areas keep their class in all)
    >>> found.scenarios.loc[found.scenarios["share_kept"] < 1, "areas_less_need"].to_dict()
    {'cut_-1_+0.3': 1}
    """
    prepared = prepare(values, statuses, method, labels=labels)
    rules = prepared.rules
    own = prepared.own_values
    rows: dict[str, tuple[str, str, float]] = {}
    tables: list[tuple[Floats, NDArray[np.int64]]] = []

    def keep(name: str, told: tuple[str, str, float], index: Floats, classes: NDArray[np.int64]) -> None:
        rows[name] = told
        tables.append((index, classes))

    for variants in [] if weights is None else weight_variants(method.indices, weights):
        result = prepared.evaluate(weights={variants.index: variants.weights}).values[method.result]
        shape = (len(variants.varied), len(own))
        index = np.broadcast_to(result, shape)
        classes = prepared.classes(index)
        for number, (name, factor) in enumerate(variants.varied):
            told = f"weight_{variants.index}_{name}_{factor:.4g}"
            keep(told, ("weight", name, factor), index[number], classes[number])
    if leave_one_out and len(method.indicators) > 1:
        for name in method.indicators:
            keep(f"without_{name}", ("left_out", name, 0.0), *_left_out(prepared, name))
    if cuts is not None and rules.groups is None:
        for cut, way, moved in moved_cuts(rules, cuts):
            told = f"cut_{cut:g}_{way:+g}"
            keep(told, ("cut", f"{cut:g}", way), own, prepared.classes(own, moved))
    scenarios = pd.DataFrame(
        [_row(prepared, told, *table) for told, table in zip(rows.values(), tables, strict=True)],
        index=pd.Index(list(rows), name="scenario"),
        columns=[
            "kind",
            "what",
            "change",
            "areas_kept",
            "areas_less_need",
            "areas_more_need",
            "share_kept",
            "rank_correlation",
        ],
    )
    numbers = {
        name: prepared.spread(np.where(classes > 0, classes, np.nan), name).astype("Int64")
        for name, (_, classes) in zip(rows, tables, strict=True)
    }
    kept = np.array([classes == prepared.own_classes for _, classes in tables], dtype=float)
    stability = kept.mean(axis=0) if tables else np.ones(len(own))
    return Sensitivity(
        scenarios=scenarios,
        classes=pd.DataFrame(numbers, index=values.index),
        stability=prepared.spread(stability, "stability"),
        own_class=prepared.result.classes,
        weights_change=weights,
        cuts_change=cuts if rules.groups is None else None,
        method=method.id,
    )


def _left_out(prepared: Prepared, indicator: str) -> tuple[Floats, NDArray[np.int64]]:
    """Return index and class without an indicator; NaN and 0 for areas that know nothing else."""
    indices = without(prepared.method, indicator)
    unknown = np.isnan(prepared.numbers)
    lost = np.zeros(len(unknown), dtype=bool)
    for index in indices:
        if all(one.missing == "leave_out" for one in index.inputs):
            lost |= unknown[:, [prepared.columns.index(one.id) for one in index.inputs]].all(axis=1)
    others = prepared.some(~lost) if lost.any() else prepared
    index_values, classes = np.full(len(lost), np.nan), np.zeros(len(lost), dtype=np.int64)
    index_values[~lost] = others.evaluate(indices=indices).values[prepared.method.result]
    classes[~lost] = others.classes(index_values[~lost])
    return index_values, classes


def _row(
    prepared: Prepared, told: tuple[str, str, float], index: Floats, classes: NDArray[np.int64]
) -> dict[str, object]:
    rises = 1 if prepared.rules.class_1 == "least_need" else -1
    moved = np.where(classes > 0, rises * (classes - prepared.own_classes), 0)
    kept = int((classes == prepared.own_classes).sum())
    return dict(zip(("kind", "what", "change"), told, strict=True)) | {
        "areas_kept": kept,
        "areas_less_need": int((moved < 0).sum()),
        "areas_more_need": int((moved > 0).sum()),
        "share_kept": kept / len(moved),
        "rank_correlation": _correlation(prepared, index),
    }


def _correlation(prepared: Prepared, index: Floats) -> float:
    """Return the mean over the universes of Spearman's correlation with the index as it is; NaN without spread."""
    own, found = prepared.own_values, []
    for group in prepared.groups:
        known = group[~np.isnan(index[group])]
        one, other = (pd.Series(values[known]).rank() for values in (own, index))
        if all(len(ranked) and ranked.max() > ranked.min() for ranked in (one, other)):
            found.append(float(np.corrcoef(one, other)[0, 1]))
    return float(np.mean(found)) if found else float("nan")
