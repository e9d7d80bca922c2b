"""What the invoicing processes are told by their environment. Must never hold a rule: windows and fees are terms."""

from pydantic import Field

from shared.settings import ServiceSettings

SERVICE = "invoicing"
GATEWAY = "gateway"
"""The simulated gateway's own database."""


class InvoicingSettings(ServiceSettings):
    """The settings of every service, with the port of this one."""

    http_port: int = Field(8103, ge=0, le=65535)
