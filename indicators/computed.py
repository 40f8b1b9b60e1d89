"""Indicators that are computed for every city by its method: status and dynamics, their classes, and the pairs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from indicators.definition import Indicator
from indicators.methods.schema import Classes, Method

__all__ = [
    "DYNAMICS_CLASS",
    "DYNAMICS_INDEX",
    "STATUS_CLASS",
    "STATUS_DYNAMICS_CLASS",
    "STATUS_INDEX",
    "Computed",
    "computed_by",
    "index_behind",
]

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

DYNAMICS_INDEX = Indicator(
    id="dynamics_index",
    title_de="Dynamik-Index",
    title_en="Dynamics index",
    unit="index",
    kind="intensive",
    direction="higher_is_more_need",
    decimals=2,
    source="computed",
    caution_de="Höher bedeutet eine ungünstigere Entwicklung als im Durchschnitt aller gültigen Gebiete: ein Gebiet "
    "kann sich verbessern und doch „negativ“ sein, wenn andere sich stärker verbessern.",
    caution_en="Higher means a less favourable development than the average of all valid areas: an area may improve "
    "and still be “negative” when others improve more.",
)

DYNAMICS_CLASS = Indicator(
    id="dynamics_class",
    title_de="Dynamik-Klasse",
    title_en="Dynamics class",
    unit="class",
    kind="ordinal",
    direction="higher_is_more_need",
    source="computed",
    caution_de=DYNAMICS_INDEX.caution_de,
    caution_en=DYNAMICS_INDEX.caution_en,
    labels_de=("positiv", "stabil", "negativ"),
    labels_en=("positive", "stable", "negative"),
)

STATUS_DYNAMICS_CLASS = Indicator(
    id="status_dynamics_class",
    title_de="Status und Dynamik",
    title_en="Status and dynamics",
    unit="class",
    kind="ordinal",
    source="computed",
    caution_de=f"{STATUS_INDEX.caution_de} {DYNAMICS_INDEX.caution_de}",
    caution_en=f"{STATUS_INDEX.caution_en} {DYNAMICS_INDEX.caution_en}",
    labels_de=tuple(
        f"{one}, {other}" for one in STATUS_CLASS.labels_de for other in DYNAMICS_CLASS.labels_de
    ),
    labels_en=tuple(
        f"{one}, {other}" for one in STATUS_CLASS.labels_en for other in DYNAMICS_CLASS.labels_en
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """Under which indicators the results of a method are kept; None for what it does not have."""

    index: Indicator
    classes: Indicator | None
    dynamics: Indicator | None
    dynamics_classes: Indicator | None
    pairs: Indicator | None

    def indicators(self) -> tuple[Indicator, ...]:
        """Return all that there are."""
        every = (self.index, self.classes, self.dynamics, self.dynamics_classes, self.pairs)
        return tuple(one for one in every if one is not None)


def computed_by(method: Method) -> Computed:
    """Return under which indicators the results of a method are kept.

    Parameters
    ----------
    method : Method
        Says the labels of the classes.

    Returns
    -------
    Computed
        The common indicators where the labels are the common ones; otherwise classes get an id of the method's
        own, because an id means the same in all cities.

    Examples
    --------
    >>> from indicators.methods import shipped_method
    >>> computed_by(shipped_method("berlin-mss-2019")).dynamics_classes.id
    'dynamics_class'
    >>> computed_by(shipped_method("england-imd-2019")).classes.id
    'status_class_england_imd_2019'
    """
    dynamics = method.dynamics
    return Computed(
        index=STATUS_INDEX,
        classes=_of_classes(STATUS_CLASS, method, method.classes),
        dynamics=DYNAMICS_INDEX if dynamics else None,
        dynamics_classes=_of_classes(DYNAMICS_CLASS, method, dynamics.classes if dynamics else None),
        pairs=_labelled(STATUS_DYNAMICS_CLASS, method, method.pairs("de"), method.pairs("en"))
        if method.combined
        else None,
    )


def index_behind(indicator_id: str) -> str | None:
    """Return the index that an indicator is, or whose classes it shows.

    Parameters
    ----------
    indicator_id : str
        Any indicator; also classes that a method has under an id of its own.

    Returns
    -------
    str or None
        Id of the index; None for indicators that are neither.

    Examples
    --------
    >>> index_behind("status_class_england_imd_2019"), index_behind("dynamics_class"), index_behind("residents")
    ('status_index', 'dynamics_index', None)
    """
    for index, classes in ((STATUS_INDEX, STATUS_CLASS), (DYNAMICS_INDEX, DYNAMICS_CLASS)):
        if indicator_id in (index.id, classes.id) or indicator_id.startswith(f"{classes.id}_"):
            return index.id
    return None


def _of_classes(common: Indicator, method: Method, classes: Classes | None) -> Indicator | None:
    if classes is None:
        return None
    own = _labelled(common, method, classes.labels_de, classes.labels_en)
    return own if classes.class_1 == "least_need" else replace(own, direction="lower_is_more_need")


def _labelled(
    common: Indicator, method: Method, labels_de: tuple[str, ...], labels_en: tuple[str, ...]
) -> Indicator:
    if (labels_de, labels_en) == (common.labels_de, common.labels_en):
        return common
    name = f"{common.id}_{method.id.replace('-', '_')}"
    return replace(common, id=name, labels_de=labels_de, labels_en=labels_en)
