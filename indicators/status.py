"""What a value *is*: measured, a true zero, missing, withheld, or usable with care.

Everybody who stores, computes with or draws a value asks here, so that "nothing there", "unknown" and "secret"
are never mixed up.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["PRECEDENCE", "WITHOUT_VALUE", "WITH_VALUE", "ValueStatus", "weakest"]


class ValueStatus(StrEnum):
    """State of one value; the words are the ones stored in the database and sent to the map."""

    MEASURED = "measured"
    ZERO = "zero"  # nothing present (sign "-"): a true zero
    MISSING = "missing"  # nobody knows it (sign "...", empty cell), or too few to relate it to
    SUPPRESSED = "suppressed"  # exists, but is withheld by the publisher (sign "." or "x")
    PROVISIONAL = "provisional"  # sign "p"
    CORRECTED = "corrected"  # sign "r"
    UNCERTAIN = "uncertain"  # limited validity (sign "( )")


WITH_VALUE = frozenset(
    {
        ValueStatus.MEASURED,
        ValueStatus.ZERO,
        ValueStatus.PROVISIONAL,
        ValueStatus.CORRECTED,
        ValueStatus.UNCERTAIN,
    }
)
WITHOUT_VALUE = frozenset({ValueStatus.MISSING, ValueStatus.SUPPRESSED})

# The first of these that occurs among the inputs is the state of what is computed from them.
PRECEDENCE = (
    ValueStatus.SUPPRESSED,
    ValueStatus.MISSING,
    ValueStatus.UNCERTAIN,
    ValueStatus.PROVISIONAL,
    ValueStatus.CORRECTED,
    ValueStatus.MEASURED,
    ValueStatus.ZERO,
)


def weakest(*statuses: ValueStatus) -> ValueStatus:
    """Return the state a computed value inherits from its inputs.

    A withheld input makes the result withheld (otherwise it could be computed back), an unknown one makes it
    unknown, and doubts are passed on.

    Parameters
    ----------
    *statuses : ValueStatus
        States of all inputs, at least one.

    Returns
    -------
    ValueStatus
        `zero` only when every input is a true zero.

    Raises
    ------
    ValueError
        If no state is given.

    Examples
    --------
    >>> weakest(ValueStatus.MEASURED, ValueStatus.SUPPRESSED).value
    'suppressed'
    >>> weakest(ValueStatus.ZERO, ValueStatus.MEASURED).value
    'measured'
    """
    if not statuses:
        raise ValueError("weakest() needs at least one status")
    return next(status for status in PRECEDENCE if status in statuses)
