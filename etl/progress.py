"""Progress of long steps, on standard error: a live bar in a terminal, one line per step elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from etl.source import Progress as Report

__all__ = ["console", "steps"]


def console() -> Console:
    """Return the console all commands report to: standard error, so that data on standard output stays clean."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def steps(title: str, *, quiet: bool = False) -> Iterator[Report]:
    """Give a function to call with a step's name and, when known, the share done."""
    out = console()
    if quiet:
        yield _silent
        return
    if not out.is_terminal:
        last = ""
        started = time.monotonic()

        def line(name: str, _share: float | None = None) -> None:
            nonlocal last
            if name != last:
                last = name
                out.print(f"{title}: {name} ({time.monotonic() - started:.1f} s)", markup=False)

        yield line
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[title]}: {task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out, transient=True) as bar:
        task: TaskID = bar.add_task("", total=1.0, title=title)

        def update(name: str, share: float | None = None) -> None:
            bar.update(task, description=name, total=None if share is None else 1.0, completed=share or 0.0)

        yield update


def _silent(_name: str, _share: float | None = None) -> None:
    """Report nothing."""
