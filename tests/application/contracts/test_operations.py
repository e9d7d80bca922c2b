"""Test clocks, profile versions by name, parties and mailboxes."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from services.contracts.adapters.mailboxes import LocalMailbox, MailServer
from services.contracts.application.collections import TEST_CLOCKS
from services.contracts.application.drive_test_clocks import (
    CLOCK_ADVANCE,
    Logbook,
    close_if_ready,
)
from services.contracts.application.offer_contract import OfferContract, OfferRules, offer_contract
from services.contracts.application.register_party import RegisterParty, register_party
from services.contracts.application.test_clocks import (
    AdvanceTestClock,
    CreateTestClock,
    advance_test_clock,
    create_test_clock,
)
from services.contracts.domain.mails import invitation
from services.contracts.domain.parties import Role
from services.contracts.domain.policies import Cadence, Kind, PolicyBook
from services.contracts.domain.test_clocks import ClockStatus, TestClock
from shared.kernel.decisions import NotFound, Refusal
from shared.messaging.clock_owner import ClockState
from shared.persistence.records import INTENTS
from shared.persistence.store import Conflict
from tests.application.contracts.office import POLICIES, START, CountingTokens, Office, usd

pytestmark = pytest.mark.asyncio


async def _arrive(office: Office, clock: TestClock) -> None:
    """Let the clock be where it was sent, as its driver does."""
    logbook = await Logbook.open(office.store, clock.id)
    assert logbook is not None
    await logbook.write_down(ClockState(clock.id, clock.to, 4, clock.to, clock.wave + 9, status="ready"))


async def _open_intents(office: Office) -> list[str]:
    return [row["kind"] for row in await office.store.find(INTENTS.name, {})]


async def test_a_new_clock_is_ready_when_its_first_round_is_over(office: Office) -> None:
    clock = await office.act(create_test_clock, CreateTestClock(START))
    assert (clock.status, clock.now, await _open_intents(office)) == (ClockStatus.ADVANCING, START, [CLOCK_ADVANCE])
    with pytest.raises(Refusal, match="CLOCK_ADVANCING"):
        await office.committer.run(register_party, RegisterParty(Role.CLIENT), clock=clock.id)
    await _arrive(office, clock)
    await office.act(close_if_ready, clock.id)
    assert await _open_intents(office) == []
    leaving = await office.act(advance_test_clock, AdvanceTestClock(clock.id, START + timedelta(days=1)))
    assert (leaving.status, leaving.now, leaving.to) == (ClockStatus.ADVANCING, START, START + timedelta(days=1))
    with pytest.raises(Refusal, match="CLOCK_ADVANCING"):
        await office.act(advance_test_clock, AdvanceTestClock(clock.id, START + timedelta(days=2)))


async def test_a_round_on_the_way_is_kept_while_the_clock_advances_and_never_afterwards(office: Office) -> None:
    clock = await office.act(create_test_clock, CreateTestClock(START))
    logbook, late = await Logbook.open(office.store, clock.id), await Logbook.open(office.store, clock.id)
    assert logbook is not None
    assert late is not None
    await logbook.write_down(ClockState(clock.id, START, 2, START, 7, blocked=("payouts",)))
    with pytest.raises(Conflict):   # A second driver that has not seen it.
        await late.write_down(ClockState(clock.id, START, 1, START, 6))
    await logbook.write_down(ClockState(clock.id, START, 3, START, 8))
    kept = TEST_CLOCKS.from_document((await office.store.load(TEST_CLOCKS.name, [clock.id]))[0])
    assert (kept.phase, kept.wave, kept.blocked, kept.status) == (3, 8, (), ClockStatus.ADVANCING)
    await logbook.write_down(ClockState(clock.id, START, 4, START, 9, status="ready"))
    with pytest.raises(Conflict):
        await late.write_down(ClockState(clock.id, START, 4, START, 9, status="ready"))
    assert await Logbook.open(office.store, clock.id) is None
    assert await Logbook.open(office.store, "clk_nobody") is None


async def test_the_intent_of_a_clock_that_was_sent_on_meanwhile_stays_open(office: Office) -> None:
    clock = await office.act(create_test_clock, CreateTestClock(START))
    await office.act(close_if_ready, clock.id)
    assert await _open_intents(office) == [CLOCK_ADVANCE]
    await _arrive(office, clock)
    await office.act(advance_test_clock, AdvanceTestClock(clock.id, START + timedelta(days=1)))
    await office.act(close_if_ready, clock.id)
    assert await _open_intents(office) == [CLOCK_ADVANCE]


async def test_a_clock_never_goes_back_and_an_unknown_one_is_not_found(office: Office) -> None:
    clock = await office.act(create_test_clock, CreateTestClock(START))
    await _arrive(office, clock)
    with pytest.raises(Refusal, match="CLOCK_BACKWARDS"):
        await office.act(advance_test_clock, AdvanceTestClock(clock.id, START - timedelta(milliseconds=1)))
    with pytest.raises(NotFound):
        await office.act(advance_test_clock, AdvanceTestClock("clk_nobody", START))
    with pytest.raises(NotFound):
        await office.committer.run(register_party, RegisterParty(Role.CLIENT), clock="clk_nobody")


async def test_a_party_is_told_to_everybody_without_its_name(office: Office) -> None:
    command = RegisterParty(Role.MEDIATOR, name="Ada", email="ada@example.org")
    party = await office.committer.run(register_party, command, clock="live")
    assert party.id.startswith("me_")
    (_, told) = (await office.events())[-1]
    assert (told.id, told.role, told.clock, told.registered_at) == (party.id, "mediator", "live", START)
    assert set(told.model_dump()) == {"id", "role", "clock", "registered_at"}


async def test_a_version_is_named_only_where_the_operator_allows_it(office: Office) -> None:
    shipped = POLICIES.of("any_hire")[0]
    quick = replace(shipped, version="2026-01-01.bench", labelled=True, hold_seconds=2)
    book = PolicyBook((*POLICIES.versions, quick))
    command = OfferContract(
        party_id=office.acme, other_id=office.mia, profile="any_hire", kind=Kind.SINGLE, currency="USD",
        amount=usd("10.00"), cadence=Cadence.WEEKLY, profile_version="2026-01-01.bench")
    forbidden = OfferRules(book, CountingTokens())
    with pytest.raises(Refusal, match="NOT_OFFERED"):
        await office.act(partial(offer_contract, rules=forbidden), command)
    allowed = replace(forbidden, versions_by_name=True)
    contract = await office.act(partial(offer_contract, rules=allowed), command)
    assert (contract.terms.hold_seconds, contract.named_version) == (2, "2026-01-01.bench")
    for wrong in ({"profile_version": "2026-01-02"}, {"profile": "barter", "profile_version": None}):
        with pytest.raises(Refusal, match="NOT_OFFERED"):
            await office.act(partial(offer_contract, rules=allowed), replace(command, **wrong))


async def test_the_local_mailbox_keeps_each_mail_once_and_pages_by_id(office: Office) -> None:
    mailbox = LocalMailbox(office.store)
    written = [invitation(mail_id=f"mail_{number}", clock="live", client_id="cl_1", address=None, contract_id="ct_1",
                          token=f"token-{number}", now=START) for number in (1, 2, 3)]
    for mail in (*written, written[0]):
        await mailbox.send(mail)
    assert list(await mailbox.mails(clock=None, after=None, limit=2)) == written[:2]
    assert list(await mailbox.mails(clock="live", after="mail_2", limit=2)) == written[2:]
    assert list(await mailbox.mails(clock="clk_1", after=None, limit=2)) == []


async def test_a_mail_server_gets_a_whole_link_and_one_message_id() -> None:
    server = MailServer("127.0.0.1", 25, starttls=False, sender="x@example.org", base_url="https://pay.example.org/")
    mail = invitation(mail_id="mail_1", clock="live", client_id="cl_1", address="ada@example.org", contract_id="ct_1",
                      token="secret", now=START)
    message = server.message(mail)
    assert message["Message-ID"] == "<mail_1@holdfast.invalid>"
    assert message["To"] == "ada@example.org"
    assert "https://pay.example.org/v1/contract_links/secret" in message.get_content()
    with pytest.raises(ValueError, match="no address"):
        await server.send(replace(mail, to_address=None))
