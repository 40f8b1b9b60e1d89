"""A file is there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from maps.whole_files import unfinished, write_whole


def test_a_file_takes_the_place_of_the_one_before_with_its_last_byte(tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    write_whole(path, b"old")
    with unfinished(path) as part:
        part.write_bytes(b"new")
        assert part.suffix == ".html"
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_after_an_error_the_one_before_is_there_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    write_whole(path, b"old")
    with pytest.raises(FileNotFoundError), unfinished(path):
        """Nothing is written."""
    with pytest.raises(TypeError), unfinished(path) as part, part.open("wb") as file:
        file.writelines([b"ne", None])
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_that_write_one_file_at_once_do_not_share_a_place(tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    with unfinished(path) as first, unfinished(path) as second:
        first.write_bytes(b"first")
        second.write_bytes(b"second")
    assert path.read_bytes() in (b"first", b"second")


def test_a_name_as_long_as_a_name_may_be_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 250 + ".html")
    write_whole(path, b"x")
    assert path.read_bytes() == b"x"
