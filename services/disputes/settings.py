"""What the disputes processes are told by their environment. Must never hold a rule: deadlines are policy values."""

from pydantic import Field

from shared.settings import ServiceSettings

SERVICE = "disputes"


class DisputesSettings(ServiceSettings):
    """The settings of every service, with the port of this one."""

    http_port: int = Field(8105, ge=0, le=65535)
