"""What a journal keeps, what it forgets, and what becomes of a broken one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from etl.errors import EtlError
from etl.journal import Journal

NUMBERS = np.array([[1.0, np.nan, -0.0], [0.1, 2.0**-1074, 3.0]])


def test_numbers_come_back_bit_by_bit(tmp_path: Path) -> None:
    with Journal(tmp_path / "deep" / "journal", identity="a") as journal:
        journal.write("one", NUMBERS)
    with Journal(tmp_path / "deep" / "journal", identity="a") as journal:
        found = journal.read(["one", "two"])
    assert found.keys() == {"one"}
    assert found["one"].tobytes() == NUMBERS.tobytes()
    assert found["one"].shape == (2, 3)


def test_pieces_of_other_code_are_dropped(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal", identity="a") as journal:
        journal.write("one", NUMBERS)
    with Journal(tmp_path / "journal", identity="b") as journal:
        assert journal.read(["one"]) == {}


def test_a_discarded_journal_leaves_nothing(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal", identity="a") as journal:
        journal.write("one", NUMBERS)
        journal.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"not a journal, but long enough to look at" * 50, b"SQLite format 3\0broken"]
)
def test_a_broken_journal_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal"
    path.write_bytes(content)
    with Journal(path, identity="a") as journal:
        assert journal.read(["one"]) == {}
        journal.write("one", NUMBERS)
        assert len(journal.read(["one"])) == 1


def test_a_journal_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    with pytest.raises(EtlError, match=r"journal: cannot be opened .*; check space and permissions"):
        Journal(tmp_path / "journal", identity="a")
