"""Start the service: `python -m api`."""

from __future__ import annotations

import errno
import logging
import socket
import sys
from contextlib import suppress

import uvicorn
from pydantic import ValidationError

from api.app import create_app
from api.settings import ServiceSettings

__all__ = ["main"]


def main() -> int:
    """Read the settings, take the port, serve until interrupted; 1 with one line when that is impossible."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        settings = ServiceSettings()  # type: ignore[call-arg]  # from the environment
    except ValidationError as error:
        missing = ", ".join(
            f"SOZIALRAUM_{'_'.join(map(str, finding['loc']))}".upper() for finding in error.errors()
        )
        sys.stderr.write(
            f"settings missing or wrong: {missing}; set them, or start with 'sozialraum serve'\n"
        )
        return 1
    try:
        listener = _listen(settings.host, settings.port)
    except OSError as error:
        reason = (
            "is already in use" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        )
        sys.stderr.write(
            f"port {settings.port} on {settings.host} {reason}; choose another one, for example PORT={settings.port + 1}\n"
        )
        return 1
    server = _Server(uvicorn.Config(create_app(settings), log_level="warning", access_log=False))
    with suppress(KeyboardInterrupt):  # uvicorn ends in order first, then passes the interrupt on
        server.run(sockets=[listener])
    return 0


class _Server(uvicorn.Server):
    """A server that ends in order also when it is told twice: Ctrl+C reaches it, and `sozialraum serve` passes it on."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close what is open; uvicorn leaves the application open when it is hurried, and logs that as an error."""
        await super().shutdown(sockets=sockets)
        if self.force_exit:
            await self.lifespan.shutdown()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(128)
    return listener


if __name__ == "__main__":
    sys.exit(main())
