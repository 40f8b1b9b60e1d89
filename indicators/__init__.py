"""What an indicator is, and what is computed from indicators: rates with their uncertainty, indices, budgets.

Early warning and confidentiality are subjects of their own, with lists of their own: `indicators.alerts`,
`indicators.confidentiality`.
"""

from indicators.apportionment import apportion
from indicators.budget import Allocation, compare_variants, distribute, need_from_index
from indicators.budget_limits import BudgetError
from indicators.catalogue import (
    Catalogue,
    DefinitionFileError,
    catalogue,
    city_catalogue,
    definition,
    read_definitions,
)
from indicators.comparison import against_city, rank_intervals
from indicators.composite import CompositeIndex, classify, combined_classes, dynamics_index, status_index
from indicators.computed import Computed, computed_by
from indicators.definition import AtLeast, Direction, Indicator, IndicatorDefinition, Kind
from indicators.derived import DERIVED_COLUMNS, derived_values
from indicators.errors import (
    ConstantColumnError,
    DefinitionError,
    IndicatorError,
    InputError,
    ShareError,
    StatusError,
    TooFewAreasError,
)
from indicators.explanation import (
    ClassDistances,
    Edition,
    EditionComparison,
    Explanation,
    FlippingChanges,
    Sensitivity,
    Simulation,
    Transitions,
    class_distances,
    compare_editions,
    explain,
    flipping_changes,
    sensitivity,
    simulate,
    transitions,
)
from indicators.goals import SegregatedAreas, segregated_areas
from indicators.growth import GrowthDispersion, growth_dispersion, growth_over_time
from indicators.known import definition_of, known_by_id
from indicators.methods import (
    Classes,
    DocumentError,
    Method,
    MethodFileError,
    evaluate,
    method_names,
    read_method,
    remarks,
    shipped_method,
)
from indicators.selection import Selection, computable
from indicators.shares import indicator_values, share
from indicators.smoothing import Smoothed, empirical_bayes
from indicators.status import WITH_VALUE, WITHOUT_VALUE, ValueStatus, weakest
from indicators.sums import add_sums, pool
from indicators.uncertainty import (
    chance_model,
    difference_interval,
    indicator_interval,
    quotient_interval,
    rate_interval,
    share_interval,
)

__all__ = [
    "DERIVED_COLUMNS",
    "WITHOUT_VALUE",
    "WITH_VALUE",
    "Allocation",
    "AtLeast",
    "BudgetError",
    "Catalogue",
    "ClassDistances",
    "Classes",
    "CompositeIndex",
    "Computed",
    "ConstantColumnError",
    "DefinitionError",
    "DefinitionFileError",
    "Direction",
    "DocumentError",
    "Edition",
    "EditionComparison",
    "Explanation",
    "FlippingChanges",
    "GrowthDispersion",
    "Indicator",
    "IndicatorDefinition",
    "IndicatorError",
    "InputError",
    "Kind",
    "Method",
    "MethodFileError",
    "SegregatedAreas",
    "Selection",
    "Sensitivity",
    "ShareError",
    "Simulation",
    "Smoothed",
    "StatusError",
    "TooFewAreasError",
    "Transitions",
    "ValueStatus",
    "add_sums",
    "against_city",
    "apportion",
    "catalogue",
    "chance_model",
    "city_catalogue",
    "class_distances",
    "classify",
    "combined_classes",
    "compare_editions",
    "compare_variants",
    "computable",
    "computed_by",
    "definition",
    "definition_of",
    "derived_values",
    "difference_interval",
    "distribute",
    "dynamics_index",
    "empirical_bayes",
    "evaluate",
    "explain",
    "flipping_changes",
    "growth_dispersion",
    "growth_over_time",
    "indicator_interval",
    "indicator_values",
    "known_by_id",
    "method_names",
    "need_from_index",
    "pool",
    "quotient_interval",
    "rank_intervals",
    "rate_interval",
    "read_definitions",
    "read_method",
    "remarks",
    "segregated_areas",
    "sensitivity",
    "share",
    "share_interval",
    "shipped_method",
    "simulate",
    "status_index",
    "transitions",
    "weakest",
]
