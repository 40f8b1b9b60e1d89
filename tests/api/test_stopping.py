"""The service as a process: told to stop once or twice, it closes what is open and says nothing of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("times", [1, 2])
def test_an_interrupt_stops_the_service_without_a_traceback(times: int) -> None:
    """Ctrl+C reaches the service and the command that started it, which passes it on: two signals at once."""
    port = _free_port()
    environment = os.environ | {
        "SOZIALRAUM_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none",
        "SOZIALRAUM_HOST": "127.0.0.1",
        "SOZIALRAUM_PORT": str(port),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "api"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/openapi.json", process)
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.01)  # two signals of one kind at the same moment are one
        out, told = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in out + told
    assert process.returncode == 0


def _wait_for(address: str, process: subprocess.Popen[str]) -> None:
    for _ in range(600):
        assert process.poll() is None
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail("the service did not start within a minute")
