"""Which operating-system account runs the private server: PostgreSQL refuses root, so root steps down."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from db.errors import AccountError

__all__ = ["Account", "server_account"]

# The server gets nothing of our environment but what it takes to find programs and libraries: no settings, no
# secrets, no PGDATA, no locale (on macOS a locale makes the server multithreaded, and it then refuses to
# start).
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the operating system that runs the server and owns its data."""

    name: str
    uid: int
    gid: int
    home: str

    @property
    def is_other(self) -> bool:
        """Whether we are root and step down to this account."""
        return os.geteuid() != self.uid

    def run(
        self,
        command: Sequence[str | Path],
        *,
        text: str = "",
        stderr: int = subprocess.STDOUT,
        keep_open: Sequence[int] = (),
        timeout: float = 120.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this account, in a session of its own, and return what it wrote.

        `keep_open` are descriptors the program inherits; `timeout` is in seconds.
        """
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return subprocess.run(
            [os.fspath(part) for part in command],
            input=text,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=timeout,
            env=environment | {"HOME": self.home, "LC_ALL": "C"},
            cwd="/",  # the one folder that everybody may enter
            umask=0o077,
            pass_fds=tuple(keep_open),
            start_new_session=True,  # an interrupt from the keyboard is not for the server
            user=self.uid if self.is_other else None,
            group=self.gid if self.is_other else None,
            extra_groups=[] if self.is_other else None,
        )

    def can_enter(self, folder: Path) -> bool:
        """Whether this account gets into the folder; tried out, as modes do not tell of lists and mounts."""
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", folder]).returncode == 0

    def give(self, target: Path | int) -> None:
        """Make this account the owner of a file or folder that root has just made."""
        if self.is_other:
            os.chown(target, self.uid, self.gid)


def server_account(data: Path, folder: Path) -> Account:
    """Choose the account that runs the server.

    A normal user runs it himself. Root steps down: to the owner of the cluster in `data` when there is one,
    else to the system's `postgres`, else to whoever owns the place around `folder` (the checkout), else to
    `nobody`.
    """
    if os.geteuid() != 0:
        try:
            return _account(pwd.getpwuid(os.geteuid()))
        except KeyError:
            raise AccountError(
                f"user id {os.geteuid()} has no name on this system and PostgreSQL needs one; "
                "run as a user that is listed in /etc/passwd, "
                "or set SOZIALRAUM_DATABASE_URL to a server that has PostGIS"
            ) from None
    if data.exists():
        owner = data.stat().st_uid
        if owner != 0:
            try:
                return _account(pwd.getpwuid(owner))
            except KeyError:
                raise AccountError(
                    f"{data} belongs to user id {owner}, which has no name on this system; "
                    "give it to an account that is listed in /etc/passwd (chown -R), "
                    "or choose another folder with SOZIALRAUM_STATE_DIR"
                ) from None
    around = next(place for place in (folder, *folder.parents) if place.exists())
    for entry in (_named("postgres"), _numbered(around.stat().st_uid), _named("nobody")):
        if entry is not None and entry.pw_uid != 0:
            return _account(entry)
    raise AccountError(
        "PostgreSQL does not run as root and there is no account to step down to; "
        "add one (adduser --system postgres) or run as a normal user"
    )


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid, home=entry.pw_dir)


def _named(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _numbered(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None
