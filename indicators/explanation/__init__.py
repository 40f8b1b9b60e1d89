"""Why does an area have its index and its class, and how sure is that? For any method file."""

from __future__ import annotations

from indicators.explanation.contributions import Explanation, explain
from indicators.explanation.distance import ClassDistances, class_distances
from indicators.explanation.draws import Draws
from indicators.explanation.editions import CAUSES, Edition, EditionComparison, compare_editions
from indicators.explanation.explained import ExplainedIndex, explained_index
from indicators.explanation.flips import FlippingChanges, flipping_changes
from indicators.explanation.names import admissible_ranges, titles
from indicators.explanation.sensitivity import Sensitivity, sensitivity
from indicators.explanation.shapley import shapley
from indicators.explanation.simulation import Simulation, index_draws, simulate
from indicators.explanation.stored import told_area
from indicators.explanation.told import Sentence, ToldArea, sentences
from indicators.explanation.transitions import Transitions, class_transitions, transitions

__all__ = [
    "CAUSES",
    "ClassDistances",
    "Draws",
    "Edition",
    "EditionComparison",
    "ExplainedIndex",
    "Explanation",
    "FlippingChanges",
    "Sensitivity",
    "Sentence",
    "Simulation",
    "ToldArea",
    "Transitions",
    "admissible_ranges",
    "class_distances",
    "class_transitions",
    "compare_editions",
    "explain",
    "explained_index",
    "flipping_changes",
    "index_draws",
    "sensitivity",
    "sentences",
    "shapley",
    "simulate",
    "titles",
    "told_area",
    "transitions",
]
