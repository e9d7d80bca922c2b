"""What a process of payouts is told by its environment. Must never hold a policy value: fees and waits are data."""

from pathlib import Path

from pydantic import Field

from shared.settings import ServiceSettings

SERVICE = "payouts"
RAIL = "rail"
"""The simulated rail's own database."""


class PayoutsSettings(ServiceSettings):
    """The settings of every process, and those of the payouts worker."""

    http_port: int = Field(8104, ge=0, le=65535, description="0 asks the operating system for a free port.")
    payout_methods_file: Path | None = Field(
        None, description="The dated policies of payout methods, instead of those that are shipped.")
    tick_interval_ms: int = Field(
        1000, ge=50, le=60_000, description="How often live time is announced to the processors: how exact holds are.")
    reconciliation_interval_ms: int = Field(5_000, ge=100, description="How often books and log are compared.")
    available_grace_ms: int = Field(
        30_000, ge=1_000, description="Money that is due for longer than this and not available raises an alarm.")
