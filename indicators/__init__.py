"""What an indicator is, and what is computed from indicators: rates with their uncertainty, indices, budgets."""

from indicators.apportionment import apportion
from indicators.budget import Allocation, compare_variants, distribute, need_from_index
from indicators.budget_limits import BudgetError
from indicators.catalogue import Catalogue, DefinitionFileError, catalogue, definition, read_definitions
from indicators.comparison import against_city, rank_intervals
from indicators.composite import CompositeIndex, classify, combined_classes, dynamics_index, status_index
from indicators.definition import AtLeast, Direction, Indicator, IndicatorDefinition, Kind
from indicators.errors import (
    ConstantColumnError,
    DefinitionError,
    IndicatorError,
    InputError,
    ShareError,
    StatusError,
    TooFewAreasError,
)
from indicators.goals import SegregatedAreas, segregated_areas
from indicators.growth import GrowthDispersion, growth_dispersion, growth_over_time
from indicators.methods import (
    Classes,
    Method,
    MethodFileError,
    evaluate,
    method_names,
    read_method,
    shipped_method,
)
from indicators.shares import indicator_values, share
from indicators.smoothing import Smoothed, empirical_bayes
from indicators.status import WITH_VALUE, WITHOUT_VALUE, ValueStatus, weakest
from indicators.sums import add_sums, pool
from indicators.uncertainty import (
    difference_interval,
    indicator_interval,
    quotient_interval,
    rate_interval,
    share_interval,
)

__all__ = [
    "WITHOUT_VALUE",
    "WITH_VALUE",
    "Allocation",
    "AtLeast",
    "BudgetError",
    "Catalogue",
    "Classes",
    "CompositeIndex",
    "ConstantColumnError",
    "DefinitionError",
    "DefinitionFileError",
    "Direction",
    "GrowthDispersion",
    "Indicator",
    "IndicatorDefinition",
    "IndicatorError",
    "InputError",
    "Kind",
    "Method",
    "MethodFileError",
    "SegregatedAreas",
    "ShareError",
    "Smoothed",
    "StatusError",
    "TooFewAreasError",
    "ValueStatus",
    "add_sums",
    "against_city",
    "apportion",
    "catalogue",
    "classify",
    "combined_classes",
    "compare_variants",
    "definition",
    "difference_interval",
    "distribute",
    "dynamics_index",
    "empirical_bayes",
    "evaluate",
    "growth_dispersion",
    "growth_over_time",
    "indicator_interval",
    "indicator_values",
    "method_names",
    "need_from_index",
    "pool",
    "quotient_interval",
    "rank_intervals",
    "rate_interval",
    "read_definitions",
    "read_method",
    "segregated_areas",
    "share",
    "share_interval",
    "shipped_method",
    "status_index",
    "weakest",
]
