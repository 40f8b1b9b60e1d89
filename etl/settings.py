"""Settings of the pipelines, read once by the command line and passed down."""

from __future__ import annotations

import getpass
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["PipelineSettings"]


class PipelineSettings(BaseSettings):
    """Settings from the environment, each with the prefix `SOZIALRAUM_`; an empty value counts as not set."""

    model_config = SettingsConfigDict(
        env_prefix="SOZIALRAUM_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    state_dir: Path = Field(
        default=Path(".sozialraum"),
        validate_default=True,
        description="Folder for everything that is kept between runs; raw files are in raw/.",
    )
    user: str = Field(
        default="", description="Who is named in loads and runs; the account's name by default."
    )

    webhook_private_addresses: bool = Field(
        default=False,
        description="Whether alerts may be sent to private and local addresses, such as a server inside the city's network.",
    )

    @field_validator("state_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @property
    def raw_dir(self) -> Path:
        """Folder of the raw files."""
        return self.state_dir / "raw"

    @property
    def user_name(self) -> str:
        """Who loads or computes."""
        return self.user or getpass.getuser()
