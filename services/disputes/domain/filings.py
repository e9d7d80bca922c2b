"""May a dispute be filed? The first steps of "which refusal answers": role, then what the contract offers (D1)."""

from dataclasses import dataclass

from services.disputes.domain.contracts import KnownContract
from shared.kernel.decisions import Accepted, Decision, Refused


@dataclass(frozen=True, slots=True)
class Filer:
    """Who files, as the bearer token says."""

    party_id: str
    role: str

    def knows(self, contract: KnownContract) -> bool:
        """Return whether the contract exists for the caller: strangers get the 404 of the unknown."""
        return self.role == "operator" or contract.has_party(self.party_id)


def may_file(contract: KnownContract, filer: Filer) -> Decision[KnownContract]:
    """Let a party of a contract with a dispute path file; `any_hire` offers none (D1)."""
    side = {"client": contract.client_id, "freelancer": contract.freelancer_id}.get(filer.role)
    if side != filer.party_id:
        return Refused("NOT_A_PARTY", "only the client or the freelancer of a contract files a dispute")
    if contract.disputes == "none":
        return Refused("DISPUTES_NOT_OFFERED", f"contracts of the profile {contract.profile} have no disputes")
    return Accepted(contract)
