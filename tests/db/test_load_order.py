"""Which load is in force after loads, undos, and undos of undos."""

from __future__ import annotations

import pytest

from db.queries.load_order import in_force_after


@pytest.mark.parametrize(
    ("undoes", "in_force"),
    [
        ([], None),
        ([None], 1),
        ([None, None], 2),
        ([None, None, 2], 1),  # the second is taken back
        ([None, None, 2, 1], None),  # and then the first
        ([None, None, 2, 3], 2),  # the undo is taken back
        ([None, None, 2, 3, 4], 1),  # and the undo of the undo
        ([None, None, 2, 3, 2], 1),  # the second, which was back, once more
        ([None, None, 2, None], 4),  # another load after the undo
        ([None, None, 2, None, 4], 1),  # taken back: what was before it
        ([None, 1, None, 3], None),  # nothing was before it
    ],
)
def test_the_load_in_force_is_the_one_that_is_left(undoes: list[int | None], in_force: int | None) -> None:
    loads = [{"id": number, "undoes": one} for number, one in enumerate(undoes, start=1)]
    assert in_force_after(loads)[len(loads) or None] == in_force
