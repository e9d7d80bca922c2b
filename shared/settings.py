"""What every Holdfast process is told by its environment, and the defaults of the local platform.

Each service extends `ServiceSettings` in its own `settings.py`. This file must never read the environment at import
time and never hold a business rule: windows, fees and holds are policy values, not settings.
"""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Where a process finds its servers, who may call it, and where it keeps its files.

    Names are read from the environment in upper case (`KAFKA_BOOTSTRAP_SERVERS`, `MONGODB_URI`, ...).
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    kafka_bootstrap_servers: str = "127.0.0.1:19092"
    mongodb_uri: str = "mongodb://127.0.0.1:27117/?directConnection=true"
    database_prefix: str = Field("holdfast_", description="A service's database is this prefix and its name.")
    kafka_replication_factor: int = Field(1, ge=1, description="For topics that a process creates.")
    topic_prefix: str = Field("", description="Put before every topic name, so that test runs can share one broker.")

    http_host: str = "127.0.0.1"
    http_port: int = Field(8100, ge=0, le=65535, description="0 asks the operating system for a free port.")

    relay_address: str | None = Field(
        None, pattern=r"^[^:]+:\d+$",
        description="Host and port of the service's worker: an api tells it by a datagram that there is something to "
        "relay. Unset, the worker looks twice a second.")

    auth_issuer: str = "https://issuer.holdfast.invalid"
    auth_audience: str = "holdfast"
    auth_jwks_file: Path | None = Field(None, description="Public keys on disk, instead of an address.")
    auth_jwks_url: str | None = None

    test_clocks_enabled: bool = Field(False, description="Test clocks answer 404 unless this is on.")
    instance_id: str | None = Field(None, description="Stable name of this process, e.g. `contracts-api`.")
    failpoints_dir: Path | None = Field(None, description="Unset switches failpoints off; production never sets it.")
    state_dir: Path = Field(Path(".run/state"), description="Files that a process may rebuild, such as table caches.")
    log_level: str = "info"

    def database_name(self, service: str) -> str:
        """The MongoDB database that belongs to one service alone, e.g. `holdfast_contracts`."""
        return f"{self.database_prefix}{service}"
