"""Why does an area have its index and its class, and how sure is that? For any method file."""

from __future__ import annotations

from indicators.explanation.contributions import Explanation, explain
from indicators.explanation.distance import ClassDistances, class_distances
from indicators.explanation.draws import Draws
from indicators.explanation.editions import CAUSES, Edition, EditionComparison, compare_editions
from indicators.explanation.flips import FlippingChanges, flipping_changes
from indicators.explanation.names import admissible_ranges, titles
from indicators.explanation.sensitivity import Sensitivity, sensitivity
from indicators.explanation.shapley import shapley
from indicators.explanation.simulation import Simulation, simulate
from indicators.explanation.transitions import Transitions, transitions

__all__ = [
    "CAUSES",
    "ClassDistances",
    "Draws",
    "Edition",
    "EditionComparison",
    "Explanation",
    "FlippingChanges",
    "Sensitivity",
    "Simulation",
    "Transitions",
    "admissible_ranges",
    "class_distances",
    "compare_editions",
    "explain",
    "flipping_changes",
    "sensitivity",
    "shapley",
    "simulate",
    "titles",
    "transitions",
]
