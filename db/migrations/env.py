"""Entry point of Alembic: works on the connection it is given (see `db.migrate`)."""

from __future__ import annotations

from alembic import context

from db.models import Base

# Written with the extension, or not described by the models: not ours to compare.
_FOREIGN = {"spatial_ref_sys"}


def _include(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
    return not (kind == "table" and name in _FOREIGN)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=_include,
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
