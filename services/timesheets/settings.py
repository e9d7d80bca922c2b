"""What the timesheets processes are told by their environment. Must never hold a rule: weeks are no settings."""

from pydantic import Field

from shared.settings import ServiceSettings

SERVICE = "timesheets"


class TimesheetsSettings(ServiceSettings):
    """The settings of every service, with the port of this one."""

    http_port: int = Field(8102, ge=0, le=65535)
