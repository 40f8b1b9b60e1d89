"""Do equations between indicators hold? "rate = 100 * unemployed / residents", read without running any code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etl.datasets.check_parts import ChecksPart
from etl.datasets.plausibility.cells import Cells
from etl.datasets.plausibility.doubts import Doubt, Shown

__all__ = ["Identity", "identity_doubts", "read_identity"]

_ROUNDING = 1e-9
_LONGEST = 500  # [characters]
_PLAIN = {ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply}
_RULE = re.compile(r"^([^=<>]+)(<=|>=|=)([^=<>]+)$")
_WHAT_TO_DO = (
    "correct the value that is wrong, or the rule; rounding is forgiven with tolerance",
    "den falschen Wert oder die Regel berichtigen; Rundung erlaubt tolerance",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A rule that was read: what stands left and right of the sign, and which indicators it names."""

    left: ast.expr
    sign: str
    right: ast.expr
    names: tuple[str, ...]


def read_identity(rule: str) -> Identity:
    """Read an equation or inequality of indicators and numbers with + - * / and brackets, or raise `ValueError`."""
    found = _RULE.match(rule.strip()) if len(rule) <= _LONGEST else None
    if found is None:
        raise ValueError(f"{rule[:80]!r} is no rule with one of =, <= and >=")
    sides = []
    for text in (found[1], found[3]):
        try:
            side = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ValueError(f"{text.strip()!r} cannot be read") from error
        _require_arithmetic(side)
        sides.append(side)
    named = [[one for one in ast.walk(side) if isinstance(one, ast.Name)] for side in sides]
    names = [one.id for group in named for one in sorted(group, key=lambda name: name.col_offset)]
    if not names:
        raise ValueError(f"{rule!r} names no indicator")
    return Identity(left=sides[0], sign=found[2], right=sides[1], names=tuple(dict.fromkeys(names)))


def identity_doubts(cells: Cells, checks: ChecksPart, shown: Shown) -> Iterator[Doubt]:
    """Yield the places at which a rule does not hold; where an indicator is not known, nothing is said."""
    there = set(cells.indicators)
    for one in checks.identity:
        rule = read_identity(one.rule)
        if one.severity == "off" or not there.issuperset(rule.names):
            continue
        numbers = {name: cells.of(name)[0] for name in rule.names}
        left, right = _computed(rule.left, numbers, len(cells)), _computed(rule.right, numbers, len(cells))
        allowed = one.tolerance + _ROUNDING * np.fmax(np.abs(left), np.abs(right))
        difference = left - right
        wrong = {
            "=": np.abs(difference) > allowed,
            "<=": difference > allowed,
            ">=": -difference > allowed,
        }[rule.sign]
        for at in np.flatnonzero(wrong).tolist():
            geography, area, period = cells.place(at)
            yield Doubt(
                check="identity",
                severity=one.severity,
                geography=geography,
                indicator=rule.names[0],
                area_id=area,
                period=period,
                what=_sentence(one.rule, rule, numbers, at, shown.area(geography, area), period, shown),
                todo=_WHAT_TO_DO,
                weight=abs(float(difference[at])) / max(abs(float(right[at])), 1.0),
            )


def _sentence(
    text: str,
    rule: Identity,
    numbers: Mapping[str, NDArray[np.float64]],
    at: int,
    area: str,
    period: str,
    shown: Shown,
) -> tuple[str, str]:
    told = [(name, shown.number(name, float(numbers[name][at]))) for name in rule.names]
    english = ", ".join(f"{name} {number[0]}" for name, number in told)
    german = ", ".join(f"{shown.title(name)} {number[1]}" for name, number in told)
    return (
        f"area {area} in {period}: {text.strip()!r} does not hold: {english}",
        f"Gebiet {area} in {period}: „{text.strip()}“ gilt nicht: {german}",
    )


def _require_arithmetic(tree: ast.expr) -> None:
    for node in ast.walk(tree):
        is_number = isinstance(node, ast.Constant) and type(node.value) in (int, float)
        is_plain = isinstance(
            node,
            ast.BinOp
            | ast.UnaryOp
            | ast.Name
            | ast.Load
            | ast.Add
            | ast.Sub
            | ast.Mult
            | ast.Div
            | ast.USub
            | ast.UAdd,
        )
        if not (is_number or is_plain):
            raise ValueError(f"{ast.unparse(tree)!r} is more than indicators, numbers, + - * / and brackets")


def _computed(node: ast.expr, numbers: Mapping[str, NDArray[np.float64]], places: int) -> NDArray[np.float64]:
    if isinstance(node, ast.Constant):
        return np.full(places, float(node.value))  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return numbers[node.id]
    if isinstance(node, ast.UnaryOp):
        inner = _computed(node.operand, numbers, places)
        return -inner if isinstance(node.op, ast.USub) else inner
    if not isinstance(node, ast.BinOp):
        raise ValueError(f"{ast.unparse(node)!r} is no arithmetic")
    left, right = _computed(node.left, numbers, places), _computed(node.right, numbers, places)
    if isinstance(node.op, ast.Div):  # of nobody there is no rate: such a place says nothing
        return np.divide(left, right, out=np.full(places, np.nan), where=right != 0)
    return _PLAIN[type(node.op)](left, right)
