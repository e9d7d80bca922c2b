"""What the contracts processes are told by their environment. Must never hold a rule: values of rules are policies."""

from pathlib import Path

from pydantic import Field

from shared.settings import ServiceSettings

SERVICE = "contracts"


class ContractsSettings(ServiceSettings):
    """The settings of every service, with the port of this one and where its policies and mails are."""

    http_port: int = Field(8101, ge=0, le=65535)
    policies_dir: Path | None = Field(None, description="Policy versions beside those that are shipped.")
    profile_versions_by_name: bool = Field(
        False, description="An offer may name its profile version: for benchmarks and rehearsals.")
    smtp_host: str | None = Field(None, description="Unset: mails go to the local mailbox, GET /v1/mails.")
    smtp_port: int = Field(25, ge=1, le=65535)
    smtp_starttls: bool = True
    mail_from: str = "contracts@holdfast.invalid"
    link_base_url: str = Field("http://127.0.0.1:8101", description="What the paths of mailed links are put behind.")
