"""What the sample city withholds in one year does not stand in the next, where nothing else changed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from etl.sample_city.confidentiality import withhold
from etl.sample_city.nested import Nesting

STILL = {
    "residents": 50,
    "residents_u18": 9,
    "residents_80p": 4,
    "migration_background": 12,
    "households": 30,
    "households_single": 13,
    "dwellings": 31,
}


def two_years(**changed: int) -> tuple[dict[str, NDArray[np.int64]], Nesting]:
    """Three blocks in two years: the first never changes, the second has too few unemployed in the second year."""
    nesting = Nesting.of([np.zeros(3, dtype=np.int64)])
    blocks = {
        name: [[one, changed.get(name, one)], [one + 20, one + 21], [one + 60, one + 61]]
        for name, one in STILL.items()
    }
    blocks["unemployed"] = [[4, 4], [9, 2], [12, 13]]
    return {name: nesting.add_up(np.array(one, dtype=np.int64)) for name, one in blocks.items()}, nesting


def withheld(**changed: int) -> list[tuple[int, int]]:
    """Block and year of what is withheld of the unemployed."""
    mask = withhold(*two_years(**changed))["unemployed"]
    return [(int(area) - 1, int(year)) for area, year in np.argwhere(mask)]


def test_the_partner_of_an_unchanged_block_is_withheld_in_both_years():
    # 2 takes the 4 with it; the 4 stood a year before, where it takes the 9.
    assert withheld() == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_one_other_count_that_changed_makes_it_a_guess_like_any_other():
    assert withheld(dwellings=32) == [(0, 1), (1, 1)]
