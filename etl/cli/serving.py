"""`sozialraum serve` and `sozialraum worker`: the two processes that stay."""

from __future__ import annotations

from typing import Annotated

import typer

from etl.cli import alert, service
from etl.cli.session import open_session
from etl.jobs.contract import Outcome
from etl.progress import steps
from etl.worker import work_once

__all__ = ["serve", "worker"]


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
) -> None:
    """Serve the web map and the API."""
    with service.checked_port(host, port), open_session() as session:
        url = session.url
    raise typer.Exit(service.serve(url, host=host, port=port, path=""))


def worker(
    once: Annotated[bool, typer.Option("--once", help="Stop when there is no open job.")] = False,
) -> None:
    """Do the jobs that were asked for, and send what webhooks wait for."""
    with open_session() as session, steps("worker") as progress:

        def step() -> Outcome | str | None:
            done = work_once(session.engine, code_version=session.code_version, progress=progress)
            return alert.send_due(session, progress) if done is None else done

        service.work(step, once=once)
