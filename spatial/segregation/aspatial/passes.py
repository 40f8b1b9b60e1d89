"""How are the counts of a million areas read once for many measures of many groups? As parts that they share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from spatial.segregation.aspatial.sums import SHORT_BLOCK, TINY, blocks, blocks_of_tables, times_log
from spatial.segregation.counts import Floats
from spatial.segregation.measure import Evaluator

__all__ = ["GroupSums", "Part", "Recipe", "at_once", "evaluate", "group_sums", "prepared"]

Part: TypeAlias = Literal["gap", "square", "log", "rank"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class GroupSums:
    """What a pass over the areas found, for each replicate of the counts.

    `total`, shape (…,), are the residents [persons], `share`, shape (…, n_groups), the groups' shares of
    them. `parts`, each of shape (…, n_groups), are sums over the areas i with residents t and share p of the
    group, which has the share P of all:

    - "gap": t |p - P| [persons],
    - "square": t (p - P)² [persons],
    - "log": t p ln(p / P) [persons × nat],
    - "rank": t t' |p - p'| over all pairs of areas [persons²].
    """

    total: Floats
    share: Floats
    parts: Mapping[Part, Floats]

    def __repr__(self) -> str:
        return f"GroupSums({self.share.shape[-1]} groups, {', '.join(self.parts) or 'totals only'})"

    def mixing(self) -> Floats:
        """Return the chance that two people, drawn with replacement, are of different groups."""
        return np.asarray((self.share * (1 - self.share)).sum(axis=-1))

    def entropy(self) -> Floats:
        """Return the entropy of the groups' shares [nat]; an absent group adds nothing."""
        # Minus (…) would turn the 0 of a single group into -0.
        return np.asarray(0.0 - times_log(self.share).sum(axis=-1))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Recipe:
    """A measure as the parts of a pass that it needs, and what it makes of them."""

    parts: frozenset[Part]
    finish: Callable[[GroupSums], Floats]

    def __repr__(self) -> str:
        return f"Recipe({', '.join(sorted(self.parts)) or 'totals only'})"


def evaluate(recipe: Recipe, counts: Floats) -> Floats:
    """Return the value of a measure for each replicate of the counts."""
    return _finish(recipe, group_sums(counts, recipe.parts))


def prepared(recipe: Recipe) -> Evaluator:
    """Return the evaluator of a measure that needs nothing but counts."""
    return lambda counts: evaluate(recipe, counts)


def _finish(recipe: Recipe, sums: GroupSums) -> Floats:
    # Nobody at all, or everybody in one group, divides 0 by 0: undefined, which comes out as NaN.
    with np.errstate(invalid="ignore", divide="ignore"):
        return recipe.finish(sums)


def at_once(recipes: Mapping[str, Recipe], counts: Floats) -> dict[str, Floats]:
    """Return the values of several measures from one pass over the counts."""
    wanted: frozenset[Part] = frozenset().union(*(recipe.parts for recipe in recipes.values()))
    sums = group_sums(counts, wanted)
    return {name: _finish(recipe, sums) for name, recipe in recipes.items()}


def group_sums(counts: Floats, wanted: frozenset[Part]) -> GroupSums:
    """Pass over the areas once and sum what is wanted.

    Parameters
    ----------
    counts : array of float, shape (…, n_groups, n_areas)
        Checked counts. [persons]
    wanted : set of {"gap", "square", "log", "rank"}
        Parts to sum; "rank" sorts the areas, the others need one pass together.

    Returns
    -------
    GroupSums
        With leading axes like `counts`.

    Examples
    --------
    >>> group_sums(np.array([[3.0, 1.0], [1.0, 3.0]]), frozenset({"gap"})).parts["gap"].tolist()
    [2.0, 2.0]
    """
    *leading, n_groups, n_areas = counts.shape
    flat = counts.reshape(-1, n_groups, n_areas)
    of_group = flat.sum(axis=-1)
    total = of_group.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = of_group / total[:, None]
        parts = _in_blocks(flat, share, wanted - {"rank"})
        if "rank" in wanted:
            parts["rank"] = _ranked(flat, share)
    return GroupSums(
        total=total.reshape(leading),
        share=share.reshape(*leading, n_groups),
        parts={name: values.reshape(*leading, n_groups) for name, values in parts.items()},
    )


def _in_blocks(flat: Floats, share: Floats, wanted: frozenset[Part]) -> dict[Part, Floats]:
    parts: dict[Part, Floats] = {name: np.zeros(share.shape) for name in sorted(wanted)}
    if not parts:
        return parts
    first = second = np.empty(0)
    for rows, areas in blocks(*flat.shape, longest=SHORT_BLOCK):
        here = flat[rows, :, areas]
        if here.size > len(first):
            first, second = np.empty((2, here.size))
        residents = here.sum(axis=1)[:, None, :]
        expected = first[: here.size].reshape(here.shape)
        work = second[: here.size].reshape(here.shape)
        np.multiply(share[rows, :, None], residents, out=expected)
        if "log" in parts:
            # Nobody of the group: 0 ln 0 = 0; in an empty area 0 / 0, which fmax passes over.
            np.fmax(np.divide(here, expected, out=work), TINY, out=work)
            parts["log"][rows] += np.vecdot(np.log(work, out=work), here)
        if "gap" not in parts and "square" not in parts:
            continue
        np.subtract(here, expected, out=work)
        if "square" in parts:
            np.maximum(residents, TINY, out=residents)
            parts["square"][rows] += np.vecdot(np.divide(work, residents, out=expected), work)
        if "gap" in parts:
            parts["gap"][rows] += np.abs(work, out=work).sum(axis=-1)
    return parts


def _ranked(flat: Floats, share: Floats) -> Floats:
    """Sum t t' |p - p'| over all pairs of areas, for each group, by sorting the areas by p.

    With u = t (p - P), which adds to 0, and the running sum T of t in the order of p, the sum is
    2 (2 Σ u T - Σ u t).
    """
    n_replicates, n_groups, n_areas = flat.shape
    found = np.empty(share.shape)
    for rows in blocks_of_tables(n_replicates, n_areas):
        residents = flat[rows].sum(axis=1)
        at_least = np.maximum(residents, TINY)
        begin = n_areas * np.arange(len(residents))[:, None]
        for group in range(n_groups):
            members = flat[rows, group]
            order = np.argsort(members / at_least, axis=-1)
            order += begin
            weight = residents.take(order)
            gap = members.take(order)
            gap -= share[rows, group, None] * weight
            running = np.cumsum(weight, axis=-1)
            running *= 2.0
            running -= weight
            running *= gap
            found[rows, group] = 2.0 * running.sum(axis=-1)
    return found
