"""What an indicator is, and what is computed from indicators: shares and composite indices."""

from indicators.composite import CompositeIndex, classify, status_index
from indicators.definition import Direction, Indicator, Kind
from indicators.errors import (
    ConstantColumnError,
    DefinitionError,
    IndicatorError,
    InputError,
    ShareError,
    StatusError,
    TooFewAreasError,
)
from indicators.methods import (
    BERLIN_MSS_2013,
    BERLIN_MSS_2017,
    BERLIN_MSS_2019,
    LEIPZIG_STATUS,
    METHODS,
    Method,
)
from indicators.shares import share
from indicators.status import WITH_VALUE, WITHOUT_VALUE, ValueStatus, weakest

__all__ = [
    "BERLIN_MSS_2013",
    "BERLIN_MSS_2017",
    "BERLIN_MSS_2019",
    "LEIPZIG_STATUS",
    "METHODS",
    "WITHOUT_VALUE",
    "WITH_VALUE",
    "CompositeIndex",
    "ConstantColumnError",
    "DefinitionError",
    "Direction",
    "Indicator",
    "IndicatorError",
    "InputError",
    "Kind",
    "Method",
    "ShareError",
    "StatusError",
    "TooFewAreasError",
    "ValueStatus",
    "classify",
    "share",
    "status_index",
    "weakest",
]
