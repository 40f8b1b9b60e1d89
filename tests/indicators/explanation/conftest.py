"""Methods and tables of which every part can be written down."""

from collections.abc import Callable

import pandas as pd
import pytest

from indicators.methods import Classes, Index, Input, Method
from indicators.methods.steps import ZScore

LOW = "lower_is_more_need"


@pytest.fixture(scope="session")
def low() -> str:
    """The direction of what is less need when it is more."""
    return LOW


def _index(id_, *inputs, combine="sum", then=()):
    made = tuple(Input(id=one) if isinstance(one, str) else one for one in inputs)
    return Index(id=id_, combine=combine, inputs=made, then=then)


@pytest.fixture(scope="session")
def index() -> Callable[..., object]:
    """Make an index of indicators."""
    return _index


_STANDARDISED = (ZScore(),)


def _scored(*names, steps=_STANDARDISED):
    return tuple(Input(id=name, transform=steps) for name in names)


@pytest.fixture(scope="session")
def scored() -> Callable[..., object]:
    """Make inputs that are standardised."""
    return _scored


def _method(*indices, **more):
    return Method(id="m", title_de="M", title_en="M", indices=indices, **more)


@pytest.fixture(scope="session")
def method() -> Callable[..., object]:
    """Make a method of indices."""
    return _method


def _cuts(*limits, **more):
    labels = tuple(str(number + 1) for number in range(len(limits) + 1))
    return Classes(cuts=limits, labels_de=labels, labels_en=labels, **more)


@pytest.fixture(scope="session")
def cuts() -> Callable[..., object]:
    """Make classes by cuts."""
    return _cuts


def _groups(count, **more):
    labels = tuple(str(number + 1) for number in range(count))
    return Classes(groups=count, labels_de=labels, labels_en=labels, **more)


@pytest.fixture(scope="session")
def groups() -> Callable[..., object]:
    """Make classes of equal size."""
    return _groups


def _table(**columns):
    values = pd.DataFrame(columns, dtype=float)
    values.index = pd.Index([f"{number:02d}" for number in range(len(values))], name="area_id")
    return values, values.notna().replace({True: "measured", False: "suppressed"}).astype(object)


@pytest.fixture(scope="session")
def table() -> Callable[..., object]:
    """Return values and their states, areas in rows."""
    return _table
