"""Delivered shares that are too high to be shown exactly: the profile of the source says from where on."""

from __future__ import annotations

from dataclasses import replace

from etl.delivery import Delivery
from indicators.definition import Indicator
from indicators.status import ValueStatus

__all__ = ["top_coded"]


def top_coded(delivery: Delivery) -> Delivery:
    """Show delivered percentages above the top percentage of their profile as that number, called uncertain.

    Shares that are computed here are another matter: their numerators are withheld, and they with them.
    """
    declared, values = delivery.confidentiality, delivery.values
    value, status, repairs = values["value"], values["status"], dict(delivery.repairs)
    for one in filter(_is_share, delivery.indicators):
        rule = declared.rules([one.id])[one.id]
        if rule is None or rule.top_percent is None:
            continue
        high = (values["indicator_id"] == one.id) & (values["value"] > rule.top_percent)
        if high.any():
            step = f"shares above {rule.top_percent:g} % shown as {rule.top_percent:g} %"
            repairs[step] = repairs.get(step, 0) + int(high.sum())
            value, status = value.mask(high, rule.top_percent), status.mask(high, ValueStatus.UNCERTAIN.value)
    if repairs == delivery.repairs:
        return delivery
    return replace(delivery, values=values.assign(value=value, status=status), repairs=repairs)


def _is_share(indicator: Indicator) -> bool:
    return indicator.kind == "intensive" and indicator.unit == "%" and indicator.form in (None, "share")
