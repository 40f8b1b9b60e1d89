"""Crosswalks: values brought from one edition or level of areas to another (Umsteigeschlüssel)."""

from spatial.crosswalk.bridge import BridgedSeries, bridge, edition_breaks
from spatial.crosswalk.chain import chain
from spatial.crosswalk.conversion import extensive, intensive
from spatial.crosswalk.converted import Converted
from spatial.crosswalk.errors import CrosswalkError
from spatial.crosswalk.grades import GRADES
from spatial.crosswalk.key_table import by_key
from spatial.crosswalk.residents import by_population
from spatial.crosswalk.result import Crosswalk
from spatial.crosswalk.statuses import STATUSES
from spatial.crosswalk.surface import by_area

__all__ = [
    "GRADES",
    "STATUSES",
    "BridgedSeries",
    "Converted",
    "Crosswalk",
    "CrosswalkError",
    "bridge",
    "by_area",
    "by_key",
    "by_population",
    "chain",
    "edition_breaks",
    "extensive",
    "intensive",
]
