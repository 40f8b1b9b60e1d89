"""Which pieces of a long computation are finished already? Kept in a file, so that a restart goes on where it was killed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

import numpy as np

from etl.errors import EtlError
from spatial.segregation.counts import Floats

__all__ = ["Journal"]

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS origin (identity TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS piece (key TEXT PRIMARY KEY, rows INTEGER, columns INTEGER, numbers BLOB) WITHOUT ROWID",
)


class Journal:
    """Finished pieces under their keys; those of other code (`identity`) are dropped when the journal is opened.

    A program that is killed while it writes leaves every piece that was written before: SQLite sees to that.
    """

    def __init__(self, path: Path, *, identity: str) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = self._open(identity)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def read(self, keys: Iterable[str]) -> dict[str, Floats]:
        """Return the finished ones of these pieces, each of shape (rows, columns)."""
        wanted = set(keys)
        return {
            key: np.frombuffer(numbers, dtype="<f8").reshape(rows, columns)
            for key, rows, columns, numbers in self._database.execute("SELECT * FROM piece")
            if key in wanted
        }

    def write(self, key: str, values: Floats) -> None:
        """Keep one finished piece of shape (rows, columns)."""
        numbers = np.ascontiguousarray(values, dtype="<f8")
        try:
            with self._database:
                self._database.execute(
                    "INSERT OR REPLACE INTO piece VALUES (?, ?, ?, ?)",
                    (key, *numbers.shape, numbers.tobytes()),
                )
        except sqlite3.OperationalError as error:
            raise EtlError(
                f"{self.path}: cannot be written ({error}); check space and permissions"
            ) from error

    def discard(self) -> None:
        """Forget everything: the result is stored where it belongs."""
        self._database.close()
        self._remove()

    def _open(self, identity: str) -> sqlite3.Connection:
        try:
            return self._connected(identity)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise EtlError(
                    f"{self.path}: cannot be opened ({error}); check space and permissions"
                ) from error
            # Not a journal, or broken: it only saves time, so a new one is begun.
            self._remove()
            return self._connected(identity)

    def _connected(self, identity: str) -> sqlite3.Connection:
        database = sqlite3.connect(self.path)
        try:
            # Without waiting for the disk after each piece: a crash of the machine may cost the last ones.
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            with database:
                for statement in _SCHEMA:
                    database.execute(statement)
                if database.execute("SELECT identity FROM origin").fetchall() != [(identity,)]:
                    database.execute("DELETE FROM piece")
                    database.execute("DELETE FROM origin")
                    database.execute("INSERT INTO origin VALUES (?)", (identity,))
        except sqlite3.Error:
            database.close()
            raise
        return database

    def _remove(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
