"""Direct contracts, links by mail, and classification (C9, C10)."""

from functools import partial

import pytest

from services.contracts.adapters.questionnaire_files import read_questionnaire
from services.contracts.application.accept_by_link import AcceptByLink, accept_by_link, read_by_link
from services.contracts.application.accept_contract import AcceptContract, accept_contract
from services.contracts.application.decide_classification import (
    AnswerQuestionnaire,
    DecideClassification,
    answer_questionnaire,
    decide_classification,
)
from services.contracts.application.send_mail import MailNamed, note_sent, send_mail, waiting_mail
from services.contracts.application.send_offer import SendOffer, send_offer
from services.contracts.domain.contracts import Classification, Status
from services.contracts.domain.mails import Mail
from services.contracts.domain.policies import Kind
from shared.kernel.decisions import NotFound, Refusal
from shared.persistence.records import INTENTS
from tests.application.contracts.office import POLICIES, Office, usd

pytestmark = pytest.mark.asyncio


async def test_the_freelancer_drafts_and_the_client_is_invited_by_mail(office: Office) -> None:
    """Proves C9."""
    contract = await office.offer("direct", Kind.SINGLE)
    assert contract.status is Status.SENT
    (mail,) = await office.mails()
    assert (mail.to_party_id, mail.contract_id, mail.token) == (office.acme, contract.id, "token-1")
    with pytest.raises(Refusal, match="NOT_A_PARTY"):
        await office.offer("direct", Kind.SINGLE, party_id=office.acme, other_id=office.mia)
    with pytest.raises(Refusal, match="NOT_OFFERED"):
        await office.offer("direct", Kind.FIXED_RATE)


async def test_a_draft_is_its_authors_alone_until_it_is_sent(office: Office) -> None:
    """Proves C2 and C9."""
    draft = await office.offer("direct", Kind.SINGLE, draft=True)
    assert (draft.status, await office.topics(draft.id), await office.mails()) == (Status.DRAFTED, [], [])
    with pytest.raises(NotFound):
        await office.accept(draft)
    await office.wait(days=40)
    sent = await office.act(partial(send_offer, rules=office.rules), SendOffer(office.mia, draft.id))
    assert (sent.status, sent.offered_at) == (Status.SENT, office.now())
    assert await office.topics(draft.id) == ["contract.offered"]
    assert (await office.accept(sent)).status is Status.ACCEPTED
    with pytest.raises(Refusal, match="NOT_OFFERED"):
        await office.offer("any_hire", draft=True)


async def test_a_link_accepts_its_contract_once(office: Office) -> None:
    """Proves C9."""
    contract = await office.offer("direct", Kind.HOURLY)
    accept = partial(accept_by_link, policies=POLICIES)
    assert (await office.act(read_by_link, "token-1")).id == contract.id
    assert (await office.act(accept, AcceptByLink("token-1"))).status is Status.ACTIVE
    with pytest.raises(Refusal, match="LINK_NOT_VALID"):
        await office.act(accept, AcceptByLink("token-1"))
    with pytest.raises(Refusal, match="LINK_NOT_VALID"):
        await office.act(read_by_link, "token-1")
    with pytest.raises(NotFound):
        await office.act(read_by_link, "token-2")


async def test_a_link_is_good_until_its_offer_ends_and_not_at_that_instant(office: Office) -> None:
    """Proves C9 and I4."""
    await office.offer("direct", Kind.HOURLY)
    await office.wait(days=29, hours=23, minutes=59, seconds=59)
    assert (await office.act(read_by_link, "token-1")).status is Status.SENT
    await office.wait(seconds=1)
    with pytest.raises(Refusal, match="LINK_NOT_VALID"):
        await office.act(read_by_link, "token-1")


async def test_a_guest_is_registered_by_its_address(office: Office) -> None:
    """Proves C9."""
    contract = await office.offer("direct", Kind.HOURLY, other_id=None, guest_email="ada@example.org")
    (mail,) = await office.mails()
    assert (mail.to_address, mail.to_party_id) == ("ada@example.org", contract.client_id)
    registered = [party for topic, party in await office.events() if topic == "party.registered"]
    assert registered[-1].id == contract.client_id
    assert "ada" not in registered[-1].model_dump_json()
    with pytest.raises(Refusal, match="NOT_OFFERED"):
        await office.offer("marketplace", other_id=None, guest_email="ada@example.org")


async def test_a_mail_is_sent_again_until_it_is_known_to_be_sent_and_then_forgets_its_token(office: Office) -> None:
    """Proves C9."""
    class Unsure:
        sent: list[Mail]

        def __init__(self) -> None:
            self.sent = []

        async def send(self, mail: Mail) -> None:
            self.sent.append(mail)
            if len(self.sent) == 1:
                raise ConnectionError("the answer was lost")

    await office.offer("direct", Kind.HOURLY)
    (intent,) = [INTENTS.from_document(row) for row in await office.store.find(INTENTS.name, {})]
    mailer = Unsure()
    handle = send_mail(mailer)
    with pytest.raises(ConnectionError):
        await handle(intent, office.committer)
    await handle(intent, office.committer)
    await handle(intent, office.committer)
    assert [mail.token for mail in mailer.sent] == ["token-1", "token-1"]
    (mail,) = await office.mails()
    assert (mail.token, mail.text, mail.sent_at) == (None, "", office.now())
    assert await office.store.find(INTENTS.name, {}) == []
    assert await office.act(waiting_mail, MailNamed("mail_gone")) is None
    await office.act(note_sent, MailNamed("mail_gone"))


async def test_a_classification_is_decided_before_acceptance_and_once(office: Office) -> None:
    """Proves C10."""
    contract = await office.offer("marketplace", classification_required=True)
    accept = partial(accept_contract, policies=POLICIES)
    with pytest.raises(Refusal, match="CLASSIFICATION_PENDING"):
        await office.act(accept, AcceptContract(office.mia, contract.id))
    decide = DecideClassification(contract.id, Classification.EMPLOYEE)
    await office.act(decide_classification, decide)
    with pytest.raises(Refusal, match="CLASSIFICATION_DECIDED"):
        await office.act(decide_classification, decide)
    accepted = await office.accept(contract)
    assert accepted.employer_of_record
    assert accepted.terms.freelancer_fee_basis_points == 0
    assert accepted.terms.client_fee_basis_points == 500
    assert (await office.events(contract.id))[-1][1].employer_of_record is True


async def test_what_was_not_asked_is_not_decided(office: Office) -> None:
    """Proves C10."""
    contract = await office.offer()
    with pytest.raises(Refusal, match="NOT_OFFERED"):
        await office.act(decide_classification, DecideClassification(contract.id, Classification.CONTRACTOR))


async def test_a_direct_milestone_costs_its_client_three_percent_and_no_initiation(office: Office) -> None:
    """Proves C6."""
    contract = await office.agreed("direct", Kind.MILESTONES)
    await office.activate(contract, 0)
    (requested,) = await office.published("deposit.requested", contract.id)
    assert (requested.client_fee, requested.initiation_fee) == (usd("18.00"), usd("0.00"))


async def test_the_questionnaire_recommends_and_the_operator_decides(office: Office) -> None:
    """Proves C10."""
    questionnaire = read_questionnaire()
    use_case = partial(answer_questionnaire, questionnaire=questionnaire)
    contract = await office.offer(classification_required=True)
    no = {question.id: False for question in questionnaire.questions}

    async def recommended(**yes: bool) -> Classification | None:
        command = AnswerQuestionnaire(office.acme, contract.id, {**no, **yes})
        return (await office.act(use_case, command)).recommendation  # type: ignore[no-any-return]

    assert await recommended(sets_hours=True, sets_method=True) is Classification.CONTRACTOR
    assert await recommended(sets_hours=True, sets_method=True, no_end=True) is Classification.EMPLOYEE
    assert await recommended(sets_hours=True, sets_method=True, only_client=True) is Classification.EMPLOYEE
    with pytest.raises(Refusal, match="CLASSIFICATION_PENDING"):
        await office.accept(contract)
    with pytest.raises(Refusal, match="ANSWERS_INCOMPLETE"):
        await office.act(use_case, AnswerQuestionnaire(office.acme, contract.id, {"sets_hours": True}))
    with pytest.raises(Refusal, match="NOT_A_PARTY"):
        await office.act(use_case, AnswerQuestionnaire(office.mia, contract.id, no))
    await office.act(decide_classification, DecideClassification(contract.id, Classification.CONTRACTOR))
    with pytest.raises(Refusal, match="CLASSIFICATION_DECIDED"):
        await recommended()
    assert not (await office.accept(contract)).employer_of_record
