"""Who gets how much of a sum? Distribution by need and population, to the cent, with the formula beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Literal, get_args

import numpy as np
import pandas as pd

from indicators.apportionment import apportion
from indicators.budget_limits import Limits
from indicators.errors import InputError
from indicators.statuses import checked_status, require_same_index
from spatial.errors import ParameterError

__all__ = ["Allocation", "WithoutNeed", "compare_variants", "distribute", "need_from_index"]

Money = Decimal | int | str
WithoutNeed = Literal["refuse", "mean", "base_only"]

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Allocation:
    """A sum distributed over areas, with everything needed to explain and repeat it.

    Indexed by area_id in the order of the input: `cents` (int, adds up to the sum exactly), `population`
    [persons], `need` (as used), `need_is_own` (False where the mean stands in), `before_limits` (what the area
    would get without floor and cap) [€], `limited_by` ("floor", "cap" or empty).
    """

    cents: pd.Series
    population: pd.Series
    need: pd.Series
    need_is_own: pd.Series
    before_limits: pd.Series
    limited_by: pd.Series
    total: Decimal
    base_share: Decimal
    floor: Decimal | None
    cap: Decimal | None
    limits_per: Literal["area", "resident"]
    without_need: WithoutNeed

    def __repr__(self) -> str:
        limited = self.limited_by.value_counts()
        return (
            f"Allocation({self.total:,} € over {len(self.cents)} areas, base share {self.base_share:.0%}; "
            f"{limited.get('floor', 0)} at the floor, {limited.get('cap', 0)} at the cap)"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: `amount` [€], `per_resident` [€], and what it was made from."""
        return pd.DataFrame(
            {
                "amount": self.cents / 100,
                "per_resident": self.cents / 100 / self.population.where(self.population > 0),
                "cents": self.cents,
                "population": self.population,
                "need": self.need,
                "need_is_own": self.need_is_own,
                "before_limits": self.before_limits,
                "limited_by": self.limited_by,
            }
        )

    def formula(self, language: Literal["de", "en"] = "de") -> str:
        """Return the formula with its numbers, for the head of an export."""
        per = {"area": ("je Gebiet", "per area"), "resident": ("je Einwohner", "per resident")}[
            self.limits_per
        ]
        base = self.base_share
        if language == "de":
            text = (
                f"Betrag = {_money(self.total, 'de')} × ({_percent(base, 'de')} × Einwohner / alle Einwohner"
                f" + {_percent(1 - base, 'de')} × Bedarf × Einwohner / Summe aus Bedarf × Einwohner)"
            )
            floor, cap, tail = "mindestens", "höchstens", "; auf den Cent nach größten Resten"
        else:
            text = (
                f"amount = {_money(self.total, 'en')} × ({_percent(base, 'en')} × residents / all residents"
                f" + {_percent(1 - base, 'en')} × need × residents / sum of need × residents)"
            )
            floor, cap, tail = "at least", "at most", "; to the cent by largest remainders"
        limits = [
            f"{word} {_money(limit, language)} {per[language == 'en']}"
            for word, limit in ((floor, self.floor), (cap, self.cap))
            if limit is not None
        ]
        again = (
            ("; was die Grenzen verschieben, verteilt sich im selben Verhältnis auf die übrigen")
            if language == "de"
            else "; what the limits move is spread over the others in the same proportion"
        )
        return text + (", " + ", ".join(limits) + again if limits else "") + tail


def distribute(
    total: Money,
    need: pd.Series,
    population: pd.Series,
    *,
    need_status: pd.Series | None = None,
    base_share: float | Decimal | str = 0,
    floor: Money | None = None,
    cap: Money | None = None,
    limits_per: Literal["area", "resident"] = "area",
    without_need: WithoutNeed = "refuse",
) -> Allocation:
    r"""Distribute a sum by need × population, with a base share by population alone, a floor and a cap.

    .. math:: x_i = \min\Bigl(u_i, \max\bigl(l_i, \lambda S (\beta \frac{P_i}{\sum P}
              + (1 - \beta) \frac{b_i P_i}{\sum b P})\bigr)\Bigr)

    with the factor :math:`\lambda` for which the amounts add up to the sum :math:`S` (1 when no limit is met).
    All of it is computed in whole numbers; cents that are left over go to the largest remainders, then to the
    higher need, then by area id.

    Parameters
    ----------
    total : Decimal, int or str
        Sum to distribute, in whole cents; a float is refused because 0.1 is not 0.1 in binary. [€]
    need : Series of float, indexed by area_id
        Need, at least 0 and twice as high for twice the need; an index around 0 first goes through
        `need_from_index`. Missing where it is not known.
    population : Series of int or float, same index
        People the sum is meant for. [persons]
    need_status : Series of ValueStatus or str, same index, optional
        State of each need, checked against the values.
    base_share : float, Decimal or str
        Part of the sum that goes by population alone, 0–1.
    floor, cap : Decimal, int or str, optional
        Least and greatest amount. [€ per area or per resident]
    limits_per : {"area", "resident"}
        What floor and cap are per. Amounts per resident are rounded to whole cents inwards.
    without_need : {"refuse", "mean", "base_only"}
        What an area gets whose need is unknown or withheld: nobody decides that silently. *mean*: as if it had
        the mean need of all people with a known one; *base_only*: need 0.

    Returns
    -------
    Allocation
        On the index of `need`. The cents add up to the sum exactly. Of two areas with the same population, the
        one with more need never gets less; more need never means less money.

    Raises
    ------
    InputError
        If the inputs do not have the same rows, a need is negative or infinite, a population missing or
        negative, or a need is unknown and `without_need` refuses.
    StatusError
        If a need and its status contradict each other.
    ParameterError
        If the sum, the base share or a limit is no amount.
    BudgetError
        If the floors take more than the sum, or the caps leave a part of it over; it names the limit and the
        nearest one that could be kept.

    Examples
    --------
    >>> ids = ["00", "01", "02"]
    >>> result = distribute(1000, pd.Series([1.0, 2.0, 0.5], index=ids), pd.Series([100, 100, 200], index=ids))
    >>> result.to_frame()["amount"].tolist()
    [250.0, 500.0, 250.0]
    >>> result
    Allocation(1,000.00 € over 3 areas, base share 0%; 0 at the floor, 0 at the cap)
    """
    money, base = _amount("total", total), _share("base_share", base_share)
    least, most = (
        None if one is None else _amount(name, one) for name, one in (("floor", floor), ("cap", cap))
    )
    if limits_per not in ("area", "resident"):
        raise ParameterError("limits_per", limits_per, "'area' or 'resident'")
    used, is_own = _known_need(need, population, need_status, without_need)
    people = [Fraction(one) for one in population.astype(float)]
    weights = _weights(people, [Fraction(one) for one in used], Fraction(base))
    cents = int(money * 100)
    sizes = people if limits_per == "resident" else [Fraction(1)] * len(people)
    limits = Limits(total=cents, sizes=sizes, has_weight=[one > 0 for one in weights], per=limits_per)
    low, high = limits.of(least, most)
    parts, at = apportion(cents, weights, low, high, _precedence(used))
    whole = sum(weights)
    names = {"": "", "low": "floor", "high": "cap"}
    return Allocation(
        cents=pd.Series(parts, index=need.index, dtype="int64"),
        population=population,
        need=used,
        need_is_own=is_own,
        before_limits=pd.Series(
            [float(Fraction(cents * one, whole * 100)) for one in weights], index=need.index
        ),
        limited_by=pd.Series([names[one] for one in at], index=need.index, dtype="str"),
        total=money,
        base_share=base,
        floor=least,
        cap=most,
        limits_per=limits_per,
        without_need=without_need,
    )


def need_from_index(index: pd.Series, *, ratio: float = 2.0) -> pd.Series:
    r"""Turn an index around 0, such as a status index, into a need that can be multiplied.

    .. math:: b_i = q^{I_i}

    Parameters
    ----------
    index : Series of float, indexed by area_id
        Higher = more need; in standard deviations. Missing stays missing.
    ratio : float
        How many times the need of an area is that of one a standard deviation below; above 1.

    Returns
    -------
    Series on the same index
        Need, above 0; 1 at the mean of the city. It never changes the order of areas.

    Raises
    ------
    ParameterError
        If the ratio is not above 1.

    Examples
    --------
    >>> need_from_index(pd.Series([-1.0, 0.0, 2.0])).tolist()
    [0.5, 1.0, 4.0]
    """
    if not (math.isfinite(ratio) and ratio > 1):
        raise ParameterError("ratio", ratio, "a finite number above 1, for example 2")
    return ratio ** index.astype(float)


def compare_variants(variants: Mapping[str, Allocation]) -> pd.DataFrame:
    """Put variants of one distribution side by side.

    Parameters
    ----------
    variants : mapping of name to Allocation
        At least one; all over the same areas, in any order.

    Returns
    -------
    DataFrame, one row per area in the order of the first variant
        Columns in two levels: the name of the variant, and `amount` [€], `per_resident` [€], `difference` from the
        first variant [€], `limited_by`.

    Raises
    ------
    ParameterError
        If there is no variant.
    InputError
        If the variants are of different areas.

    Examples
    --------
    >>> ids = ["00", "01"]
    >>> need, people = pd.Series([1.0, 3.0], index=ids), pd.Series([100, 100], index=ids)
    >>> both = {"need only": distribute(100, need, people), "half base": distribute(100, need, people, base_share=0.5)}
    >>> compare_variants(both)["half base", "difference"].tolist()
    [12.5, -12.5]
    """
    if not variants:
        raise ParameterError("variants", "none", "at least one Allocation")
    first = next(iter(variants.values()))
    tables = {}
    for name, one in variants.items():
        unlike = first.cents.index.symmetric_difference(one.cents.index)
        if len(unlike):
            raise InputError(f"variant {name!r} is of other areas", unlike, "distribute over the same areas")
        table = one.to_frame().reindex(first.cents.index)
        difference = (table["cents"] - first.cents) / 100
        tables[name] = table[["amount", "per_resident"]].assign(
            difference=difference, limited_by=table["limited_by"]
        )
    return pd.concat(tables, axis=1)


def _known_need(
    need: pd.Series, population: pd.Series, status: pd.Series | None, without: WithoutNeed
) -> tuple[pd.Series, pd.Series]:
    """Check need and population, and stand in for what is unknown as the caller decided."""
    if without not in get_args(WithoutNeed):
        raise ParameterError("without_need", without, f"one of {', '.join(get_args(WithoutNeed))}")
    require_same_index(need, population, "need and population")
    if not len(need):
        raise ParameterError("need", "no areas", "at least one area")
    if status is not None:
        checked_status(need, status, "need")
    people = population.to_numpy(dtype=float, na_value=np.nan)
    wrong = ~np.isfinite(people) | (people < 0)
    if wrong.any():
        raise InputError(
            "population missing, infinite or negative", need.index[wrong], "correct it or leave the areas out"
        )
    values = need.to_numpy(dtype=float, na_value=np.nan)
    wrong = np.isinf(values) | (values < 0)
    if wrong.any():
        raise InputError(
            "need negative or infinite",
            need.index[wrong],
            "an index around 0 goes through need_from_index first",
        )
    known = ~np.isnan(values)
    if not known.all() and without == "refuse":
        raise InputError(
            "need unknown",
            need.index[~known],
            "choose without_need='mean' or 'base_only', or leave the areas out",
        )
    if without == "mean" and known.any() and people[known].sum() > 0:
        stand_in = float((values[known] * people[known]).sum() / people[known].sum())
    else:
        stand_in = 0.0
    used = pd.Series(np.where(known, values, stand_in), index=need.index, name=need.name)
    return used, pd.Series(known, index=need.index)


def _weights(people: Sequence[Fraction], need: Sequence[Fraction], base: Fraction) -> list[int]:
    """Return whole numbers in proportion to what each area would get without limits."""
    pulls = [one * persons for one, persons in zip(need, people, strict=True)]
    all_people, all_pull = sum(people), sum(pulls)
    if all_people == 0:
        raise ParameterError("population", 0, "people in at least one area")
    if all_pull == 0 and base < 1:
        raise ParameterError("need", "0 wherever people live", "a need above 0 in one area, or base_share=1")
    exact = [
        base * persons / all_people + ((1 - base) * pull / all_pull if base < 1 else 0)
        for persons, pull in zip(people, pulls, strict=True)
    ]
    scale = math.lcm(*(Fraction(one).denominator for one in exact))
    return [int(one * scale) for one in exact]


def _precedence(need: pd.Series) -> list[int]:
    """Return who is first at equal remainders: the higher need, then the smaller area id."""
    order = sorted(range(len(need)), key=lambda one: (-need.iloc[one], str(need.index[one])))
    place = [0] * len(order)
    for number, one in enumerate(order):
        place[one] = number
    return place


def _amount(name: str, value: Money) -> Decimal:
    """Return an amount in whole cents."""
    try:
        if isinstance(value, bool | float):
            raise InvalidOperation
        amount = Decimal(value)
        if not amount.is_finite() or amount < 0 or amount != amount.quantize(_CENT):
            raise InvalidOperation
    except (InvalidOperation, TypeError, ValueError):
        raise ParameterError(
            name, value, "an amount of at least 0 € in whole cents, as Decimal, int or text such as '1000.50'"
        ) from None
    return amount.quantize(_CENT)


def _share(name: str, value: float | Decimal | str) -> Decimal:
    try:
        share = Decimal(str(value))
    except InvalidOperation:
        share = Decimal("NaN")
    if not (share.is_finite() and 0 <= share <= 1):
        raise ParameterError(name, value, "a share of 0 to 1, for example 0.3")
    return share


def _money(amount: Decimal, language: str) -> str:
    text = f"{amount:,.2f}"
    return (text.translate(str.maketrans(",.", ".,")) if language == "de" else text) + " €"


def _percent(share: Decimal, language: str) -> str:
    text = f"{(share * 100).normalize():f}"
    return (text.replace(".", ",") if language == "de" else text) + " %"
