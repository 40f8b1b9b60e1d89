"""What could the tables of two cities or periods be, if they did not differ? Exchanged labels, persons, or bootstraps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np

from spatial.errors import ParameterError
from spatial.parameters import require_choice
from spatial.segregation.counts import Floats
from spatial.segregation.inference.models import sampler, whole_persons
from spatial.segregation.inference.sampling import permutation_of_persons, require_drawable

__all__ = ["PairDraw", "PairModel", "Statistic", "pair_sampler", "require_pair_model"]

PairModel: TypeAlias = Literal[
    "bootstrap_persons", "bootstrap_areas", "random_label", "person_label", "person_permutation"
]
"""What is drawn anew or exchanged.

bootstrap_persons, bootstrap_areas
    Persons (or inhabited areas) are drawn with replacement, in each of the two; paired: the same areas in both.
random_label
    The inhabited areas of both are put together and dealt out anew; paired: each area keeps its place, a coin
    decides which of its two tables counts as the first.
person_label (paired)
    In each area the persons of both periods are put together and dealt out anew; residents stay as they are.
person_permutation
    The persons of both are put together and dealt out anew to all areas of both; residents stay as they are.
"""

Statistic: TypeAlias = Literal["difference", "space", "composition"]

PairDraw: TypeAlias = Callable[[np.random.Generator, Floats, Floats], None]
"""(rng, first, second): fill two arrays (n_replicates, n_groups, n_areas)."""


def require_pair_model(model: str, *, paired: bool, spatial: bool) -> None:
    """Refuse a model that is unknown or does not fit the two tables or the map.

    Parameters
    ----------
    model : str
        The model asked for.
    paired : bool
        Whether both tables are of the same areas.
    spatial : bool
        Whether the measure looks at the map.

    Raises
    ------
    ParameterError
        If the model is unknown; if persons of one area are to be exchanged between different areas; if areas
        are to leave their place on the map.

    Examples
    --------
    >>> require_pair_model("random_label", paired=True, spatial=True)
    """
    require_choice("model", model, PairModel)
    if model == "person_label" and not paired:
        raise ParameterError("model", model, "paired=True: it exchanges persons between periods of one area")
    if spatial and model == "bootstrap_areas":
        raise ParameterError(
            "model",
            model,
            "bootstrap_persons: on the map an area cannot be drawn twice, its place is taken",
        )
    if spatial and model == "random_label" and not paired:
        raise ParameterError(
            "model", model, "another model, or paired=True: an area of one map has no place on the other"
        )


def pair_sampler(model: PairModel, first: Floats, second: Floats, *, paired: bool) -> PairDraw:
    """Prepare the draws of a comparison.

    Parameters
    ----------
    model : PairModel
        What is drawn or exchanged.
    first, second : arrays of float, shapes (n_groups, n_areas)
        Checked counts of the same groups; when paired, of the same areas in the same order. [persons]
    paired : bool
        Whether both tables are of the same areas.

    Returns
    -------
    PairDraw

    Raises
    ------
    ParameterError
        If persons are to be dealt out and their numbers are not whole, or nobody lives in one of the two.

    Examples
    --------
    >>> tables = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0], [6.0]])
    >>> drawn = np.empty((1, 2, 2)), np.empty((1, 2, 1))
    >>> pair_sampler("random_label", *tables, paired=False)(np.random.default_rng(1), *drawn)
    >>> float(drawn[0].sum() + drawn[1].sum())
    21.0
    """
    for counts in (first, second):
        if not counts.any():
            raise ParameterError("counts", "nobody", "at least one resident in both")
    match model:
        case "random_label":
            draw = _exchanged_in_place(first, second) if paired else _dealt_out(first, second)
        case "person_label":
            draw = _persons_of_each_area(first, second)
        case "person_permutation":
            draw = _persons_of_both(first, second)
        case "bootstrap_areas" if paired:
            draw = _same_areas(first, second)
        case "bootstrap_persons" | "bootstrap_areas":
            draw = _each_by_itself(model, first, second)
    return draw


def _each_by_itself(
    model: Literal["bootstrap_persons", "bootstrap_areas"], first: Floats, second: Floats
) -> PairDraw:
    draw_first, draw_second = sampler(model, first), sampler(model, second)

    def fill(rng: np.random.Generator, one: Floats, other: Floats) -> None:
        draw_first(rng, one)
        draw_second(rng, other)

    return fill


def _same_areas(first: Floats, second: Floats) -> PairDraw:
    groups = len(first)
    draw = sampler("bootstrap_areas", np.concatenate([first, second]))

    def fill(rng: np.random.Generator, one: Floats, other: Floats) -> None:
        both = np.empty((len(one), 2 * groups, first.shape[1]))
        draw(rng, both)
        one[:], other[:] = both[:, :groups], both[:, groups:]

    return fill


def _dealt_out(first: Floats, second: Floats) -> PairDraw:
    first_lived, second_lived = first[:, first.any(axis=0)], second[:, second.any(axis=0)]
    both = np.concatenate([first_lived, second_lived], axis=1)
    n_first = first_lived.shape[1]

    def fill(rng: np.random.Generator, one: Floats, other: Floats) -> None:
        for replicate_one, replicate_other in zip(one, other, strict=True):
            order = rng.permutation(both.shape[1])
            replicate_one[:, :n_first] = both[:, order[:n_first]]
            replicate_other[:, : len(order) - n_first] = both[:, order[n_first:]]
        one[..., n_first:] = 0.0
        other[..., both.shape[1] - n_first :] = 0.0

    return fill


def _exchanged_in_place(first: Floats, second: Floats) -> PairDraw:
    def fill(rng: np.random.Generator, one: Floats, other: Floats) -> None:
        exchanged = rng.random((len(one), 1, first.shape[1])) < 0.5
        one[:] = np.where(exchanged, second, first)
        other[:] = np.where(exchanged, first, second)

    return fill


def _persons_of_each_area(first: Floats, second: Floats) -> PairDraw:
    both = whole_persons(first + second, "persons of a group in an area")
    wanted = whole_persons(first.sum(axis=0), "residents of an area")
    require_drawable(both.sum(axis=0).max())
    members = both[::-1].cumsum(axis=0)[::-1]

    def fill(rng: np.random.Generator, one: Floats, other: Floats) -> None:
        left = np.broadcast_to(wanted, (len(one), len(wanted)))
        for group in range(len(both) - 1):
            taken = rng.hypergeometric(both[group], members[group + 1], left)
            one[:, group] = taken
            left = left - taken
        one[:, -1] = left
        np.subtract(both, one, out=other)

    return fill


def _persons_of_both(first: Floats, second: Floats) -> PairDraw:
    together = np.concatenate([first, second], axis=1)
    draw = permutation_of_persons(
        whole_persons(together.sum(axis=0), "residents of an area"),
        whole_persons(together.sum(axis=1), "members of a group"),
    )
    n_first = first.shape[1]

    def fill(rng: np.random.Generator, one: Floats, other: Floats) -> None:
        both = np.empty((len(one), *together.shape))
        draw(rng, both)
        one[:], other[:] = both[..., :n_first], both[..., n_first:]

    return fill
