"""Which values are sensitive themselves, and what must an attacker still believe possible? The problem to solve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from indicators.confidentiality.cells import Cells
from indicators.confidentiality.errors import ProfileError, TableError
from indicators.confidentiality.problem import Problem
from indicators.confidentiality.profiles import Profile
from indicators.confidentiality.rounding import shown_as
from indicators.confidentiality.system import Assembly

__all__ = ["Rules", "least_possible", "pose", "rules_of"]

Rules = Mapping[str, Profile | None]

_PUBLIC = "public already"


def rules_of(cells: Cells, profile: Profile | Rules) -> dict[str, Profile | None]:
    """Return the profile of each indicator of a table.

    Parameters
    ----------
    cells : Cells
        The table.
    profile : Profile or mapping of str to Profile or None
        One for all indicators, or one for each; None for what needs no protection, such as dwellings.

    Returns
    -------
    dict
        A profile, or None, for every indicator of the table.

    Raises
    ------
    ProfileError
        If an indicator has no profile, or rules for amounts while the table brings no contributions.

    Examples
    --------
    >>> import pandas as pd
    >>> from indicators.confidentiality.cells import read_cells
    >>> from indicators.confidentiality.profiles import STRICT
    >>> cells = read_cells(pd.DataFrame({"area_id": ["00"], "period": ["2023"], "indicator_id": ["unemployed"],
    ...                                  "value": [7]}))
    >>> rules_of(cells, STRICT)["unemployed"].id
    'strict'
    """
    names = sorted(set(cells.indicator))
    _require_contributions(cells, [profile] if isinstance(profile, Profile) else profile.values())
    if isinstance(profile, Profile):
        return dict.fromkeys(names, profile)
    without = [name for name in names if name not in profile]
    if without:
        raise ProfileError(
            f"no profile for {', '.join(without)}; give each indicator one, or None when it needs no protection"
        )
    return {name: profile[name] for name in names}


def _require_contributions(cells: Cells, profiles: Iterable[Profile | None]) -> None:
    """Refuse rules of dominance for a table that says of no value who contributes to it: they would not act."""
    if not np.isnan(cells.contributors).all():
        return
    for one in profiles:
        if one is not None and (one.dominance is not None or one.p_percent is not None):
            raise ProfileError(
                f"profile {one.id!r}: dominance and p_percent need the columns contributors, largest and second_largest;"
                " add them to the table, or leave the rules out"
            )


def least_possible(cells: Cells, rules: Rules) -> NDArray[np.float64]:
    """Return what a withheld value is at least, because zeros are never withheld.

    Parameters
    ----------
    cells : Cells
        The table.
    rules : mapping of str to Profile or None
        Profile of each indicator.

    Returns
    -------
    ndarray of float, shape (n_cells,)
        1 for counts whose zeros are public, else 0.

    Examples
    --------
    >>> import pandas as pd
    >>> from indicators.confidentiality.cells import read_cells
    >>> from indicators.confidentiality.profiles import STRICT
    >>> cells = read_cells(pd.DataFrame({"area_id": ["00"], "period": ["2023"], "indicator_id": ["unemployed"],
    ...                                  "value": [7]}))
    >>> least_possible(cells, {"unemployed": STRICT}).tolist()
    [1.0]
    """
    public = {name for name, one in rules.items() if one is not None and one.zeros == "public"}
    is_amount = ~np.isnan(cells.contributors)
    return np.where(np.isin(cells.indicator, sorted(public)) & ~is_amount, 1.0, 0.0)


def pose(cells: Cells, assembly: Assembly, rules: Rules) -> Problem:
    """Find the sensitive values and say what must remain possible for them.

    Parameters
    ----------
    cells : Cells
        The table.
    assembly : Assembly
        Its values and relations as arrays.
    rules : mapping of str to Profile or None
        Profile of each indicator.

    Returns
    -------
    Problem
        Sensitive values are withheld from the start, unless the profile rounds or raises them. What is public already
        stays public: everybody knows it, and its reason says so. Where it leaves too few others of a whole that is
        not public yet, the whole is withheld in its place.

    Raises
    ------
    TableError
        If a value that the publisher withholds is said to be public.

    Examples
    --------
    >>> import pandas as pd
    >>> from indicators.confidentiality.cells import read_cells
    >>> from indicators.confidentiality.profiles import RECOMMENDED
    >>> from indicators.confidentiality.tables import no_relations
    >>> cells = read_cells(pd.DataFrame({"area_id": ["00", "01"], "period": "2023", "value": [2, 7],
    ...                                  "indicator_id": "unemployed"}))
    >>> from indicators.confidentiality.system import assemble
    >>> pose(cells, assemble(cells, no_relations(), least_unknown=np.ones(2)), {"unemployed": RECOMMENDED}).withheld
    array([ True, False])
    """
    draft = _Draft(cells, assembly, rules)
    draft.small_counts()
    draft.amounts()
    draft.complements()
    draft.whole_in_one_category()
    return draft.problem()


class _Draft:
    """Collects the demands, rule after rule, in arrays over all columns."""

    def __init__(self, cells: Cells, assembly: Assembly, rules: Rules) -> None:
        self._cells, self._assembly, self._rules = cells, assembly, rules
        n, n_columns = len(cells), len(assembly.value)
        self._of = [rules[name] for name in cells.indicator]
        self._value = assembly.value
        self._protects = np.array([one is not None for one in self._of], dtype=bool) & ~cells.missing
        self._k = self._each("minimum_count", 1.0)
        self._width = self._each("width", 0.0)
        self._is_amount = ~np.isnan(cells.contributors)
        self._least = np.zeros(n_columns)
        self._least[:n] = np.where(self._value[:n] > 0, least_possible(cells, rules), 0.0)
        self._may_hide_zero = np.array(
            [one is not None and one.zeros == "secret" for one in self._of], dtype=bool
        )
        self._must_reach = np.full(n_columns, -np.inf)
        self._must_fall = np.full(n_columns, np.inf)
        self._wide = np.zeros(n_columns)
        self._wide[:n] = np.where(self._is_amount, 0.0, self._width)
        self._sensitive = np.zeros(n_columns, dtype=bool)
        self._hide = np.zeros(n, dtype=bool)
        self._reason = np.full(n_columns, "", dtype=object)

    def _each(self, name: str, otherwise: float) -> NDArray[np.float64]:
        return np.array([otherwise if one is None else getattr(one, name) for one in self._of], dtype=float)

    def _mark(self, where: NDArray[np.bool_] | NDArray[np.int64] | int, reason: str) -> None:
        self._sensitive[where] = True
        first = self._reason[where] == ""
        self._reason[where] = np.where(first, reason, self._reason[where])

    def small_counts(self) -> None:
        """Mark counts below the minimum, and what the publisher withheld."""
        n, x = len(self._cells), self._value[: len(self._cells)]
        unknown = self._cells.unknown & self._protects
        small = self._protects & ~self._is_amount & (x > 0) & (x < self._k) | unknown
        is_public = self._cells.released & small
        self._reason[np.flatnonzero(is_public)] = _PUBLIC
        both = np.flatnonzero(is_public & unknown)
        if len(both):
            raise TableError(
                "a value is withheld and public",
                self._cells.key[both],
                "give its number, or leave out that it was released",
            )
        small &= ~is_public
        at = np.flatnonzero(small)
        # A rounded 1 is shown as 0: that it is small is said, which of the small ones is not.
        rounds = np.array([one is not None and one.treatment == "round" for one in self._of], dtype=bool)
        self._must_reach[at] = np.where(rounds & ~unknown, -np.inf, self._k)[at]
        self._hide |= small
        self._mark(np.flatnonzero(unknown), "publisher")
        self._mark(at, "count")
        self._wide[:n] = np.where(self._protects, self._wide[:n], 0.0)

    def amounts(self) -> None:
        """Mark sums of amounts with too few contributors, or with one that rules."""
        cells, x = self._cells, self._value[: len(self._cells)]
        for at in np.flatnonzero(self._is_amount & self._protects & (x > 0)):
            rule = self._of[at]
            reach = x[at] if rule is None else self._reach_of_amount(int(at), rule)
            if rule is None or reach <= x[at]:
                continue
            if cells.released[at]:
                self._reason[at] = _PUBLIC
                continue
            few = cells.contributors[at] < rule.minimum_count
            self._must_reach[at] = reach
            self._must_fall[at] = max(2 * x[at] - reach, 0.0)
            self._wide[at] = reach - self._must_fall[at]
            self._hide[at] = True
            self._mark(int(at), "count" if few else "dominance")

    def _reach_of_amount(self, at: int, rule: Profile) -> float:
        """Return the amount that must remain possible, which is the amount itself when it is not sensitive."""
        cells, x = self._cells, float(self._value[at])
        reach = x
        if 0 < cells.contributors[at] < rule.minimum_count:
            reach = x * (1 + rule.safety_range / 100)
        first, second = np.nan_to_num([cells.largest[at], cells.second_largest[at]])
        if rule.dominance is not None:
            held = first + (second if rule.dominance.largest == 2 else 0.0)
            if held > rule.dominance.percent / 100 * x:
                reach = max(reach, held * 100 / rule.dominance.percent)
        if rule.p_percent is not None:
            lacking = rule.p_percent / 100 * first - (x - first - second)
            reach = max(reach, x + lacking) if lacking > 0 else reach
        return reach

    def complements(self) -> None:
        """Mark parts that leave too few others of their whole, and shares shown as "above the limit"."""
        kinds, assembly = self._assembly.kinds, self._assembly
        for relation in np.flatnonzero(kinds["complement"].to_numpy(dtype=bool) & (assembly.rest >= 0)):
            columns, factors = assembly.members(int(relation))
            inside = columns < len(self._cells)
            part, whole = columns[inside & (factors > 0)], columns[inside & (factors < 0)]
            if len(part) != 1 or len(whole) != 1:
                continue  # a member is missing: nobody knows how many are left
            self._one_complement(
                int(part[0]),
                int(whole[0]),
                int(assembly.rest[relation]),
                bool(kinds["top_coded"].iloc[relation]),
            )

    def _one_complement(self, part: int, whole: int, rest: int, top_coded: bool) -> None:
        rule = self._of[part]
        if rule is None or self._value[part] <= 0:
            return
        is_public = bool(self._cells.released[part])
        n, k = self._value[whole], float(rule.minimum_count)
        if rule.complement and n >= k and self._value[rest] < k:
            if is_public and (self._cells.released[whole] or not self._protects[whole]):
                self._reason[part] = _PUBLIC
                return
            reach = min(k, n - self._least[part])
            self._must_reach[rest] = reach
            self._wide[rest] = min(self._width[part], reach)
            self._hide[part] = not is_public
            self._mark(rest, "complement")
            self._reason[part] = self._reason[part] or (_PUBLIC if is_public else "complement")
        elif top_coded and rule.top_percent is not None and self._value[part] > rule.top_percent / 100 * n:
            if is_public:
                self._reason[part] = _PUBLIC
                return
            least = np.floor(rule.top_percent / 100 * n) + 1
            self._hide[part] = True
            self._mark(part, "top")
            if n - k - least >= self._width[part]:
                # What is shown, "above the limit", is known; and that more than a few are left.
                self._least[part], self._least[rest] = least, min(k, self._value[rest])
            else:
                self._reason[part] = "complement"

    def whole_in_one_category(self) -> None:
        """Mark categories that hold nearly everybody; the zeros beside them may then be withheld, too."""
        kinds, assembly = self._assembly.kinds, self._assembly
        for relation in np.flatnonzero(kinds["complement"].to_numpy(dtype=bool) & (assembly.rest < 0)):
            columns, factors = assembly.members(int(relation))
            parts, whole = columns[factors > 0], columns[factors < 0]
            if len(whole) != 1:
                continue
            n = self._value[whole[0]]
            for part in parts:
                rule = self._of[part]
                if rule is None or not rule.complement or self._value[part] <= 0:
                    continue
                k = float(rule.minimum_count)
                if n >= k and n - self._value[part] < k:
                    if self._cells.released[part]:
                        self._reason[part] = _PUBLIC
                        continue
                    self._least[parts] = 0.0
                    self._may_hide_zero[parts] = True
                    self._must_fall[part] = min(self._must_fall[part], max(n - k, 0.0))
                    self._hide[part] = True
                    self._mark(int(part), "complement")

    def problem(self) -> Problem:
        """Return what was collected."""
        cells, n_columns = self._cells, len(self._value)
        n = len(cells)
        low, high, is_coarse = shown_as(self._value[:n], self._of)
        shown_low, shown_high = self._value.copy(), self._value.copy()
        shown_low[:n], shown_high[:n] = (
            np.where(self._protects, low, shown_low[:n]),
            np.where(self._protects, high, shown_high[:n]),
        )
        coarse = np.zeros(n_columns, dtype=bool)
        coarse[:n] = is_coarse & self._protects
        withheld = np.ones(n_columns, dtype=bool)
        withheld[:n] = self._hide & (~coarse[:n] | cells.unknown)
        self._sensitive[:n] |= self._hide
        eligible = np.zeros(n_columns, dtype=bool)
        eligible[:n] = (
            self._protects & ~cells.released & ~withheld[:n] & ((self._value[:n] > 0) | self._may_hide_zero)
        )
        zeros = np.zeros(n_columns, dtype=bool)
        zeros[:n] = self._protects & ~cells.released & ~withheld[:n] & (self._value[:n] == 0) & ~eligible[:n]
        whole = np.ones(n_columns, dtype=bool)
        whole[:n] = ~self._is_amount & (self._value[:n] == np.round(self._value[:n]))
        whole[n:] = self._value[n:] == np.round(self._value[n:])
        return Problem(
            matrix=self._assembly.matrix,
            value=self._value,
            shown_low=np.minimum(shown_low, self._value),
            shown_high=np.maximum(shown_high, self._value),
            least=np.minimum(self._least, np.where(coarse, shown_low, self._value)),
            most=np.full(n_columns, np.inf),
            must_reach=self._must_reach,
            must_fall=np.maximum(self._must_fall, self._least),
            width=self._wide,
            sensitive=self._sensitive,
            withheld=withheld,
            eligible=eligible,
            usefulness=np.concatenate([cells.usefulness, np.zeros(n_columns - n)]),
            is_whole=whole,
            reason=self._reason,
            public_zeros=zeros,
            group=np.concatenate(
                [np.unique(cells.indicator.astype(str), return_inverse=True)[1], np.full(n_columns - n, -1)]
            ).astype(np.int64),
            n_cells=n,
        )
