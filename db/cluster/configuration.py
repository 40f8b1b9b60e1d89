"""What the private server is told: its settings, who may come in, and as whom.

The files are written anew at every start, so that better settings reach clusters that exist already. Own
wishes go into `ALTER SYSTEM SET …`, which PostgreSQL puts above these.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from db.cluster.account import Account
from db.cluster.place import write_file

__all__ = ["DATABASE", "PORT", "ROLE", "server_arguments", "write_configuration"]

ROLE = "sozialraum"
DATABASE = "sozialraum"
PORT = 5432  # names the socket's file only; nothing listens on it

_MAP = "sozialraum"
_INCLUDED = "sozialraum.conf"
_INCLUDE = f"include_if_exists = '{_INCLUDED}'"

_SETTINGS = """\
# Written by sozialraum at every start; changes here are lost. Use ALTER SYSTEM SET for your own.
# For a machine with two cores and some GB of memory that does other things as well.
max_connections = 50
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 32MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
wal_compression = on
random_page_cost = 1.1
max_parallel_workers_per_gather = 1
jit = off

# Memory shared by parallel queries lies in the cluster: /dev/shm is 64 MB in containers, and some systems
# empty it when the user who started the server logs out.
dynamic_shared_memory_type = mmap

log_destination = 'stderr'
logging_collector = off
log_checkpoints = off
log_line_prefix = '%m [%p] '
log_timezone = 'UTC'
timezone = 'UTC'
lc_messages = 'C'
cluster_name = 'sozialraum'
"""

_THROW_AWAY = """
# A cluster for tests: lost when the machine loses power.
fsync = off
full_page_writes = off
max_wal_size = 512MB
"""

_HBA = f"""\
# Written by sozialraum at every start. No network, no passwords: the operating system says who is calling.
local all all peer map={_MAP}
"""


def write_configuration(data: Path, account: Account, *, fsync: bool) -> None:
    """Write our settings and the list of who may come in into the data folder of a stopped server."""
    write_file(data / _INCLUDED, _SETTINGS + ("" if fsync else _THROW_AWAY), account)
    write_file(data / "pg_hba.conf", _HBA, account)
    write_file(data / "pg_ident.conf", _ident(account), account)
    main = data / "postgresql.conf"
    text = os.fsdecode(main.read_bytes())
    if _INCLUDE not in text:
        write_file(main, f"{text.rstrip()}\n\n{_INCLUDE}\n", account)


def server_arguments(data: Path, socket_folder: Path) -> list[str]:
    """Return the server's arguments; what keeps others out is here, where no file can change it."""
    folder = str(socket_folder).replace('"', '""')
    return [
        "-D",
        str(data),
        "-c",
        "listen_addresses=",
        "-c",
        f"port={PORT}",
        "-c",
        f'unix_socket_directories="{folder}"',
        "-c",
        "unix_socket_permissions=0700",
    ]


def _ident(account: Account) -> str:
    """Let the server's account and root in as our role."""
    names = {account.name, pwd.getpwuid(0).pw_name}
    lines = "".join(f'{_MAP} "{name}" {ROLE}\n' for name in sorted(names))
    return f"# Written by sozialraum at every start: map, user of the system, role of the database.\n{lines}"
