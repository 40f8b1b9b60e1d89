"""Print the description of the API: `python -m api.openapi`."""

from __future__ import annotations

import json
import sys

from api.app import create_app
from api.settings import ServiceSettings

__all__ = ["main"]


def main() -> None:
    """Write the OpenAPI document to standard output; no database is asked."""
    app = create_app(ServiceSettings(database_url="postgresql+psycopg://unused/unused"))
    json.dump(app.openapi(), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
