"""Is this option what it should be? A number, a whole number, one of its names: asked at the door, of every option."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, Final, get_args

import numpy as np
from numpy.typing import NDArray

from spatial.errors import ParameterError

__all__ = [
    "LONGEST",
    "SHORTEST",
    "require_choice",
    "require_flag",
    "require_mapping",
    "require_number",
    "require_numbers",
    "require_seed",
    "require_several",
    "require_whole_number",
    "seed_of",
]

SHORTEST: Final = 1e-6
LONGEST: Final = 1e15
"""Between a micrometre and 10¹² km squares of lengths, and of their ratios, neither vanish nor overflow. [m]"""

_FEW: Final = 3
_TRUTH: Final = (bool, np.bool_)


def require_number(
    name: str, value: object, expected: str, within: Callable[[float], bool] = math.isfinite
) -> float:
    """Return an option that is a number in its range.

    Parameters
    ----------
    name : str
        Name of the option.
    value : object
        What was given.
    expected : str
        What it should be, for the message.
    within : function of float to bool
        Whether a number is in the range; NaN never is. Default: all finite numbers.

    Returns
    -------
    float

    Raises
    ------
    ParameterError
        If it is text, a truth value, a list or anything else but a number, or out of the range.

    Examples
    --------
    >>> require_number("level", 0.95, "a share between 0 and 1", lambda share: 0 < share < 1)
    0.95
    """
    if isinstance(value, Real) and not isinstance(value, _TRUTH):
        try:
            number = float(value)
        except OverflowError:
            number = math.nan
        if not math.isnan(number) and within(number):
            return number
    raise ParameterError(name, value, expected)


def require_numbers(
    name: str, value: object, expected: str, within: Callable[[NDArray[np.float64]], Any] = np.isfinite
) -> NDArray[np.float64]:
    """Return an option that is a list of numbers, each in its range.

    Parameters
    ----------
    name : str
        Name of the option.
    value : object
        What was given: numbers in an array, a Series or a sequence.
    expected : str
        What they should be, for the message.
    within : function of an array of float to an array of bool
        Which numbers are in the range. Default: all finite numbers.

    Returns
    -------
    array of float, of the shape of the given

    Raises
    ------
    ParameterError
        If it is no list, or one of it is no number or out of the range.

    Examples
    --------
    >>> require_numbers("at", [0, 1], "ranks from 0 to 1").tolist()
    [0.0, 1.0]
    """
    try:
        found = np.asarray(value)
    except (TypeError, ValueError):
        found = np.empty(())
    if found.dtype.kind == "O" and all(isinstance(one, Real) for one in found.flat):
        found = found.astype(float)
    if found.ndim and (found.dtype.kind in "iuf" or not found.size):
        numbers = found.astype(float)
        if np.all(within(numbers)):
            return numbers
    raise ParameterError(name, value, expected)


def require_several(name: str, value: object, expected: str) -> list[Any]:
    """Return an option that is a list of anything; one text, a table or a mapping is none.

    Parameters
    ----------
    name : str
        Name of the option.
    value : object
        What was given.
    expected : str
        What it should be, for the message.

    Returns
    -------
    list

    Raises
    ------
    ParameterError
        If it is no list.

    Examples
    --------
    >>> require_several("areas", ("00", "01"), "a list of areas")
    ['00', '01']
    """
    is_table = getattr(value, "ndim", 1) != 1
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable) or is_table:
        raise ParameterError(name, value, expected)
    return list(value)


def require_mapping(name: str, value: object, expected: str) -> dict[Any, Any]:
    """Return an option that is a mapping, empty where nothing was given.

    Parameters
    ----------
    name : str
        Name of the option.
    value : object
        What was given.
    expected : str
        What it should be, for the message.

    Returns
    -------
    dict

    Raises
    ------
    ParameterError
        If it is anything else.

    Examples
    --------
    >>> require_mapping("options", None, "options by their names")
    {}
    """
    if value is not None and not isinstance(value, Mapping):
        raise ParameterError(name, value, expected)
    return dict(value or {})


def require_whole_number(
    name: str, value: object, expected: str, *, least: int = 0, most: int | None = None
) -> int:
    """Return an option that is a whole number in its range; 2.0 is one, 2.5 and True are none.

    Parameters
    ----------
    name : str
        Name of the option.
    value : object
        What was given.
    expected : str
        What it should be, for the message.
    least : int, default 0
        The smallest number.
    most : int, optional
        The largest number.

    Returns
    -------
    int

    Raises
    ------
    ParameterError
        If it is no whole number, or out of the range.

    Examples
    --------
    >>> require_whole_number("neighbours", 5.0, "a whole number of at least 1", least=1)
    5
    """
    whole = value
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        whole = int(value)
    if isinstance(whole, Integral) and not isinstance(whole, _TRUTH):
        number = int(whole)
        if number >= least and (most is None or number <= most):
            return number
    raise ParameterError(name, value, expected)


def require_choice(name: str, value: object, choices: object, *, why: str = "") -> None:
    """Refuse an option that is not one of its names.

    Parameters
    ----------
    name : str
        Name of the option.
    value : object
        What was given.
    choices : Literal type alias, or tuple of str
        What there is.
    why : str, optional
        What is said after the choices.

    Raises
    ------
    ParameterError
        With all choices in the message.

    Examples
    --------
    >>> require_choice("contiguity", "rook", ("rook", "queen"))
    """
    known = choices if isinstance(choices, tuple) else get_args(choices)
    if not (isinstance(value, str) and value in known):
        *others, last = (repr(one) for one in known)
        few = f"{', '.join(others)} or {last}" if others else last
        expected = few if len(known) <= _FEW else f"one of {', '.join(known)}"
        raise ParameterError(name, value, expected + why)


def require_flag(name: str, value: object) -> None:
    """Refuse an option that is neither true nor false.

    Parameters
    ----------
    name : str
        Name of the option.
    value : object
        What was given.

    Raises
    ------
    ParameterError
        If it is anything else, also where Python would take it for true.

    Examples
    --------
    >>> require_flag("paired", True)
    """
    if not isinstance(value, _TRUTH):
        raise ParameterError(name, value, "True or False")


def seed_of(rng: object) -> int:
    """Return the number that a run starts from, and that repeats it.

    Parameters
    ----------
    rng : numpy Generator or int
        A generator, from which one number is taken, or the number itself.

    Returns
    -------
    int
        At least 0.

    Raises
    ------
    ParameterError
        If it is neither, or negative.

    Examples
    --------
    >>> seed_of(7), seed_of(np.random.default_rng(7)) == seed_of(np.random.default_rng(7))
    (7, True)
    """
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(0, 2**63))
    if isinstance(rng, Integral) and not isinstance(rng, _TRUTH) and int(rng) >= 0:
        return int(rng)
    raise ParameterError("rng", rng, "a numpy Generator or a whole number of at least 0")


def require_seed(seed: object, name: str = "seed") -> tuple[int, ...]:
    """Return the numbers of a seed.

    Parameters
    ----------
    seed : int or sequence of int
        One number, or several, for example (run, city, year).
    name : str, default "seed"
        Name of the option, for the message.

    Returns
    -------
    tuple of int
        Each at least 0.

    Raises
    ------
    ParameterError
        If it is anything else, or empty.

    Examples
    --------
    >>> require_seed(7), require_seed((7, 2011))
    ((7,), (7, 2011))
    """
    numbers: Sequence[Any] = seed if isinstance(seed, Sequence) else (seed,)
    for number in numbers or (None,):
        if not isinstance(number, Integral) or isinstance(number, _TRUTH) or int(number) < 0:
            raise ParameterError(name, seed, "one or several whole numbers of at least 0")
    return tuple(int(number) for number in numbers)
