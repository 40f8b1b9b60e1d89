"""Methods of index construction as data: their schema, their files, and the arithmetic."""

from __future__ import annotations

from indicators.methods.classes import class_numbers, classify
from indicators.methods.compute import Evaluation, evaluate
from indicators.methods.errors import DocumentError, MethodFileError, Problem
from indicators.methods.reading import read_method
from indicators.methods.remarks import remarks
from indicators.methods.schema import (
    Classes,
    Combined,
    Dynamics,
    Index,
    Input,
    Method,
    Minimum,
    Validity,
)
from indicators.methods.shipped import method_names, shipped_method, shipped_text
from indicators.methods.steps import STEPS, Step

__all__ = [
    "STEPS",
    "Classes",
    "Combined",
    "DocumentError",
    "Dynamics",
    "Evaluation",
    "Index",
    "Input",
    "Method",
    "MethodFileError",
    "Minimum",
    "Problem",
    "Step",
    "Validity",
    "class_numbers",
    "classify",
    "evaluate",
    "method_names",
    "read_method",
    "remarks",
    "shipped_method",
    "shipped_text",
]
