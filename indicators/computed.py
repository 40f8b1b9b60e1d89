"""Indicators that are computed for every city: the composite status index and its classes."""

from __future__ import annotations

from indicators.definition import Indicator

__all__ = ["STATUS_CLASS", "STATUS_INDEX"]

STATUS_INDEX = Indicator(
    id="status_index",
    title_de="Status-Index",
    title_en="Status index",
    unit="index",
    kind="intensive",
    direction="higher_is_more_need",
    decimals=2,
    source="computed",
    caution_de="Höher bedeutet mehr Unterstützungsbedarf, gemessen am Durchschnitt aller gültigen Gebiete "
    "desselben Zeitpunkts; die Zahl sagt nichts über einzelne Menschen.",
    caution_en="Higher means more need for support, relative to the average of all valid areas at the same time; "
    "the figure says nothing about individual people.",
)

STATUS_CLASS = Indicator(
    id="status_class",
    title_de="Status-Klasse",
    title_en="Status class",
    unit="class",
    kind="ordinal",
    direction="higher_is_more_need",
    source="computed",
    caution_de=STATUS_INDEX.caution_de,
    caution_en=STATUS_INDEX.caution_en,
    labels_de=("hoch", "mittel", "niedrig", "sehr niedrig"),
    labels_en=("high", "medium", "low", "very low"),
)
