"""What a method file may well mean otherwise: nothing that forbids to compute, but what its author should look at."""

from __future__ import annotations

import math
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from indicators.definition import Indicator
from indicators.methods.documents import line_at
from indicators.methods.errors import Problem
from indicators.methods.positions import Path, lines_of
from indicators.methods.schema import Dynamics, Index, Input, Method, turns
from indicators.methods.steps import (
    Exponential,
    Log,
    MinMax,
    PercentileRank,
    Rank,
    RankShare,
    Reverse,
    Round,
    Shrinkage,
    Step,
)

__all__ = ["remarks"]

_Span = tuple[float, float]  # between which values a quantity lies for sure

_ANY = (-math.inf, math.inf)
_ABOVE_0 = sys.float_info.min
_RESULTS: Mapping[type[Step], _Span] = {
    RankShare: (_ABOVE_0, 1.0),
    PercentileRank: (0.0, 1.0),
    Rank: (1.0, math.inf),
    Exponential: (0.0, 100.0),
}
_NOT_NEGATIVE = ("count", "quotient", "rate", "ratio")
_ABOVE_ZERO = ("mean", "median")


def remarks(method: Method, text: str, *, known: Mapping[str, Indicator]) -> tuple[Problem, ...]:
    r"""Return what the author of a method file should look at, although it can be computed.

    Parameters
    ----------
    method : Method
        As read from the file.
    text : str
        The file.
    known : mapping of id to Indicator
        What exists without being declared, such as `indicators.known.known_by_id()`.

    Returns
    -------
    tuple of Problem
        In the order of the lines: steps that may meet values they refuse, ids that mean something else elsewhere,
        what is declared and not used, weights whose sum is not said.

    Examples
    --------
    >>> from indicators.methods.reading import read_method
    >>> text = '''id = "m"
    ... title_de = "M"
    ... title_en = "M"
    ... index = [{id = "i", combine = "weighted_sum", input = [{id = "a", weight = 0.5}, {id = "b", weight = 0.4}]}]'''
    >>> [one.sentence("m.toml") for one in remarks(read_method(text, file="m.toml"), text, known={})]
    ["m.toml, line 4: the weights of 'i' add up to 0.9, not to 1 or 100; correct one, or write weights_sum = 0.9"]
    """
    document, lines = tomllib.loads(text), lines_of(text)
    found: dict[tuple[int, str], list[str]] = {}
    for path, subject, reason in _all(method, document, known):
        found.setdefault((line_at(lines, path), reason), []).append(subject)
    return tuple(
        Problem(line=line, reason=f"{', '.join(dict.fromkeys(subjects))}{reason}")
        for (line, reason), subjects in sorted(found.items(), key=lambda one: one[0][0])
    )


def _all(
    method: Method, document: Mapping[str, Any], known: Mapping[str, Indicator]
) -> Iterator[tuple[Path, str, str]]:
    """Yield path, what it is about, and what is said of it; the same words about several things become one remark."""
    yield from _declared(method, known)
    defined = {**known, **{one.id: one for one in method.declared}}
    parts: list[tuple[Path, Method | Dynamics, Mapping[str, Any]]] = [((), method, document)]
    if method.dynamics is not None:
        parts.append((("dynamics",), method.dynamics, document["dynamics"]))
    for outer, part, holder in parts:
        written = {one["id"]: number for number, one in enumerate(holder["index"])}
        is_change = isinstance(part, Dynamics) and part.change != "given"
        yield from _unused(part, outer, written)
        spans: dict[str, _Span] = {}
        for index in part.indices:
            path = (*outer, "index", written[index.id])
            yield from _weights(index, path)
            made = []
            for place, one in enumerate(index.inputs):
                own = "transform" in holder["index"][written[index.id]]["input"][place]
                steps = (*path, "input", place, "transform") if own else (*path, "transform")
                if one.id in spans:
                    start, starts_low = spans[one.id], turns(_index(part, one.id).then)
                else:
                    start = _ANY if is_change else _span_of(defined.get(one.id), method)
                    starts_low = one.direction == "lower_is_more_need"
                negated = starts_low != turns(one.transform)
                span = _filled(one, start)
                span = (-span[1], -span[0]) if negated else span
                for number, step in enumerate(one.transform):
                    if said := _refused(step, span, is_negated=negated and number == 0):
                        yield (*steps, number), repr(one.id), said
                    span = _after(step, span)
                made.append(span)
            span = _combined(index, made)
            for number, step in enumerate(index.then):
                if said := _refused(step, span, is_negated=False):
                    yield (*path, "then", number), repr(index.id), said
                span = _after(step, span)
            spans[index.id] = span


def _declared(method: Method, known: Mapping[str, Indicator]) -> Iterator[tuple[Path, str, str]]:
    used = {*method.columns, *method.dynamics_columns}
    for number, one in enumerate(method.declared):
        path: Path = ("indicator", number, "id")
        if one.id not in used:
            yield path, repr(one.id), " is declared and not used; name it in an input, or leave it out"
        other = known.get(one.id)
        if other is not None and _means(one) != _means(other):
            unit = f" [{other.unit}]" if other.unit else ""
            yield (
                path,
                repr(one.id),
                f" means “{other.title_en}”{unit} in the catalogue; leave [[indicator]] out to use that, or choose "
                "another id: an id means the same everywhere",
            )


def _means(one: Indicator) -> tuple[str, str, str]:
    return one.title_de.casefold(), one.title_en.casefold(), one.unit


def _unused(
    part: Method | Dynamics, outer: Path, written: Mapping[str, int]
) -> Iterator[tuple[Path, str, str]]:
    used, open_ones = set[str](), [part.result]
    own = {index.id: index for index in part.indices}
    while open_ones:
        name = open_ones.pop()
        used |= {name, *(one.id for one in own[name].inputs)}
        open_ones += [one.id for one in own[name].inputs if one.id in own]
    # An index of what the result is made of, such as the rank of a theme, is shown beside it.
    for name in [one for one in own if one not in used and not used & {each.id for each in own[one].inputs}]:
        yield (
            (*outer, "index", written[name], "id"),
            f"index {name!r}",
            f" is no part of the result, {part.result!r}; name it in an input there, or leave it out",
        )


def _weights(index: Index, path: Path) -> Iterator[tuple[Path, str, str]]:
    if index.weights_sum is not None or not index.combine.startswith("weighted"):
        return
    total = f"{math.fsum(one.weight for one in index.inputs):.10g}"
    subject = f"the weights of {index.id!r} add up to {total}"
    if total in ("1", "100"):
        yield (*path, "combine"), subject, f"; write weights_sum = {total}, so that a slip is noticed"
    else:
        yield (
            (*path, "combine"),
            subject,
            f", not to 1 or 100; correct one, or write weights_sum = {total}",
        )


def _index(part: Method | Dynamics, name: str) -> Index:
    return next(index for index in part.indices if index.id == name)


def _span_of(indicator: Indicator | None, method: Method) -> _Span:
    """Return between which values an indicator lies by its definition."""
    if indicator is None or indicator in method.declared:
        return _ANY
    if indicator.is_share or indicator.form == "share":
        return 0.0, 100.0
    if indicator.kind == "extensive" or indicator.form in _NOT_NEGATIVE:
        return 0.0, math.inf
    return (_ABOVE_0, math.inf) if indicator.form in _ABOVE_ZERO else _ANY


def _filled(one: Input, span: _Span) -> _Span:
    if isinstance(one.missing, str):
        return span
    return min(span[0], one.missing), max(span[1], one.missing)


def _refused(step: Step, span: _Span, *, is_negated: bool) -> str | None:
    """Return what a step may refuse; None where the values are surely fit for it."""
    if isinstance(step, Exponential) and not (span[0] >= 0 and span[1] <= 1):
        return (
            ": exponential needs shares from 0 to 1 and nothing before it makes them; put rank and rank_share, or "
            "percentile_rank, before it"
        )
    if isinstance(step, Log) and span[0] + step.offset <= 0:
        if is_negated and (step.offset <= 0 or span[1] + step.offset <= 0):
            return (
                ": less is more need, so the value is negated before log, and nothing below 0 has a logarithm; end "
                'the steps with { step = "reverse", about = 0 }'
            )
        return ": log needs values above 0; give it an offset if a value may be 0 or less"
    return None


def _after(step: Step, span: _Span) -> _Span:
    """Return between which values the result of a step lies."""
    result = _RESULTS.get(type(step), _ANY)
    if isinstance(step, MinMax) and step.lowest is None and step.highest is None:
        result = (0.0, 1.0)
    elif isinstance(step, Shrinkage):
        result = (0.0, step.per)
    elif isinstance(step, Reverse):
        result = (step.about - span[1], step.about - span[0])
    elif isinstance(step, Round):
        result = (round(span[0], step.decimals), round(span[1], step.decimals))
    return result


def _combined(index: Index, made: Sequence[_Span]) -> _Span:
    weights = [one.weight for one in index.inputs]
    whole = math.fsum(weights) if index.combine in ("mean", "weighted_mean") else 1.0
    low, high = (
        sum(weight * span[side] for weight, span in zip(weights, made, strict=True)) / whole
        for side in (0, 1)
    )
    return low, high
