"""The documents of contracts: which value lives in which collection. Must never be read by another service."""

from typing import Any

from services.contracts.domain.contracts import Contract
from services.contracts.domain.links import Link
from services.contracts.domain.mails import Mail
from services.contracts.domain.parties import ClientStanding, Pair, Party
from services.contracts.domain.test_clocks import TestClock
from shared.persistence.collections import Collection

PARTIES = Collection("parties", Party)
CONTRACTS = Collection("contracts", Contract, indexes=(("client_id",), ("freelancer_id",)))
PAIRS = Collection("pairs", Pair)
CLIENTS = Collection("client_standings", ClientStanding)
LINKS = Collection("acceptance_links", Link)
MAILS = Collection("mails", Mail)
TEST_CLOCKS = Collection("test_clocks", TestClock)

OWN: tuple[Collection[Any], ...] = (PARTIES, CONTRACTS, PAIRS, CLIENTS, LINKS, MAILS, TEST_CLOCKS)
"""What `migrate` makes indexes for."""
