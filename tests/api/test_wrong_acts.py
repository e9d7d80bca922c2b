"""Acts that are well-formed and wrong: foreign ids, wrong roles, mixed currencies. All are refused, nothing changes."""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.api.in_process import InProcessSuite
from tests.api.seeds import Seeds, sow, usd
from tests.api.test_wrong_bodies import assert_problem

EUR = {"amount_minor": 4_500, "currency": "EUR"}
HOURS, SINGLE, STAGES = "/v1/contracts/{hours}", "/v1/contracts/{single}", "/v1/contracts/{stages}"
OFFER = {"freelancer_id": "{mia}", "profile": "any_hire", "kind": "hourly", "cadence": "weekly", "currency": "USD"}
TIME = {"source": "tracker", "memo": "x"}


@dataclass(frozen=True)
class Act:
    """One wrong act and what must answer; `{name}` stands for a seeded id."""

    why: str
    service: str
    request: str
    who: str
    status: int
    code: str
    body: dict[str, Any] = field(default_factory=dict)


CONTRACTS = [
    Act("a rate in another currency", "contracts", "POST /v1/contracts", "acme", 422, "VALIDATION",
        {**OFFER, "hourly_rate": EUR}),
    Act("an unknown freelancer", "contracts", "POST /v1/contracts", "acme", 404, "NOT_FOUND",
        {**OFFER, "freelancer_id": "fr_nobody", "hourly_rate": usd(4_500)}),
    Act("an offer to oneself", "contracts", "POST /v1/contracts", "acme", 404, "NOT_FOUND",
        {**OFFER, "freelancer_id": "{acme}", "hourly_rate": usd(4_500)}),
    Act("an amount below the minimum", "contracts", "POST /v1/contracts", "acme", 422, "AMOUNT_BELOW_MINIMUM",
        {**OFFER, "profile": "byo", "kind": "single", "cadence": None, "amount": usd(499)}),
    Act("a stranger reads", "contracts", f"GET {HOURS}", "other", 404, "NOT_FOUND"),
    Act("a stranger reads the escrow", "contracts", f"GET {STAGES}/escrow", "stranger", 404, "NOT_FOUND"),
    Act("a stranger accepts", "contracts", "POST /v1/contracts/{offered}/accept", "stranger", 404, "NOT_FOUND"),
    Act("the client accepts for the freelancer", "contracts", "POST /v1/contracts/{offered}/accept", "acme", 409,
        "NOT_A_PARTY"),
    Act("a stranger ends", "contracts", f"POST {HOURS}/end", "other", 404, "NOT_FOUND"),
    Act("a stranger activates", "contracts", f"POST {STAGES}/milestones/{{stages.1}}/activate", "other", 404,
        "NOT_FOUND"),
    Act("the freelancer activates", "contracts", f"POST {STAGES}/milestones/{{stages.1}}/activate", "mia", 409,
        "NOT_A_PARTY"),
    Act("the second milestone first", "contracts", f"POST {STAGES}/milestones/{{stages.2}}/activate", "acme", 409,
        "MILESTONE_OUT_OF_ORDER"),
    Act("another contract's milestone", "contracts", f"POST {SINGLE}/milestones/{{stages.1}}/activate", "acme", 404,
        "NOT_FOUND"),
    Act("a milestone in another currency", "contracts", f"POST {STAGES}/milestones", "acme", 422, "",
        {"title": "more", "amount": EUR}),
    Act("a client registers a party", "contracts", "POST /v1/parties", "acme", 403, "ROLE", {"role": "client"}),
    Act("a client decides a classification", "contracts", f"POST {HOURS}/classification", "acme", 403, "ROLE",
        {"outcome": "contractor"}),
]
TIMESHEETS = [
    Act("a stranger logs", "timesheets", f"POST {HOURS}/time_entries", "stranger", 404, "NOT_FOUND",
        {**TIME, "segments": 1}),
    Act("the client logs", "timesheets", f"POST {HOURS}/time_entries", "acme", 409, "NOT_A_PARTY",
        {**TIME, "segments": 1}),
    Act("hours on a single payment", "timesheets", f"POST {SINGLE}/time_entries", "mia", 409, "NOT_OFFERED",
        {**TIME, "segments": 1}),
    Act("time off the marks", "timesheets", f"POST {HOURS}/time_entries", "mia", 422, "TIME_NOT_ON_MARK",
        {**TIME, "started_at": "2026-02-24T08:03:00Z", "ended_at": "2026-02-24T09:00:00Z"}),
    Act("time that ends before it starts", "timesheets", f"POST {HOURS}/time_entries", "mia", 422, "VALIDATION",
        {**TIME, "started_at": "2026-02-24T09:00:00Z", "ended_at": "2026-02-24T08:00:00Z"}),
    Act("a naive instant", "timesheets", f"POST {HOURS}/time_entries", "mia", 422, "VALIDATION",
        {**TIME, "started_at": "2026-02-24T08:00:00", "ended_at": "2026-02-24T09:00:00Z"}),
    Act("a stranger's entry", "timesheets", "DELETE /v1/time_entries/{entry}", "stranger", 404, "NOT_FOUND"),
    Act("a stranger edits", "timesheets", "PATCH /v1/time_entries/{entry}", "stranger", 404, "NOT_FOUND",
        {"memo": "mine now"}),
    Act("work for hours", "timesheets", f"POST {HOURS}/submissions", "mia", 409, "NOT_OFFERED", {"note": "done"}),
    Act("a stranger submits", "timesheets", f"POST {SINGLE}/submissions", "stranger", 404, "NOT_FOUND", {"note": "x"}),
]
INVOICING = [
    Act("a foreign client", "invoicing", "GET /v1/clients/{acme}", "other", 404, "NOT_FOUND"),
    Act("a foreign client's standing", "invoicing", "GET /v1/clients/{acme}", "mia", 404, "NOT_FOUND"),
    Act("a foreign billing method", "invoicing", "POST /v1/billing_methods", "other", 404, "NOT_FOUND",
        {"client_id": "{acme}", "kind": "card"}),
    Act("a review of nothing", "invoicing", "POST /v1/reviews/sub_nothing/approve", "acme", 404, "NOT_FOUND"),
    Act("a stranger approves", "invoicing", "POST /v1/reviews/{work}/approve", "other", 404, "NOT_FOUND"),
    Act("the freelancer approves", "invoicing", "POST /v1/reviews/{work}/approve", "mia", 409, "NOT_A_PARTY"),
    Act("half an approval where nothing is in escrow", "invoicing", "POST /v1/reviews/{work}/approve", "acme", 409,
        "NOT_OFFERED", {"amount": EUR}),
    Act("a bonus in another currency", "invoicing", f"POST {HOURS}/bonuses", "acme", 422, "", {"amount": EUR}),
    Act("a bonus by the freelancer", "invoicing", f"POST {HOURS}/bonuses", "mia", 409, "NOT_A_PARTY",
        {"amount": usd(500)}),
    Act("a stranger's bonus", "invoicing", f"POST {HOURS}/bonuses", "other", 404, "NOT_FOUND", {"amount": usd(500)}),
    Act("a stranger objects", "invoicing", f"POST {HOURS}/objection", "other", 404, "NOT_FOUND", {}),
    Act("the freelancer objects", "invoicing", f"POST {HOURS}/objection", "mia", 409, "NOT_A_PARTY", {}),
    Act("the outcomes of the gateway", "invoicing", "PUT /v1/simulator/gateway", "acme", 403, "ROLE",
        {"client_id": "{acme}", "outcomes": "ok"}),
]
PAYOUTS = [
    Act("a foreign balance", "payouts", "GET /v1/accounts/{mia}/balance", "stranger", 404, "NOT_FOUND"),
    Act("a client's look at a balance", "payouts", "GET /v1/accounts/{mia}/balance", "acme", 404, "NOT_FOUND"),
    Act("foreign holds", "payouts", "GET /v1/accounts/{mia}/holds", "stranger", 404, "NOT_FOUND"),
    Act("a payout of nothing", "payouts", "POST /v1/payouts", "mia", 409, "", {"amount": usd(500)}),
    Act("a payout in two currencies", "payouts", "POST /v1/payouts", "mia", 422, "",
        {"amount": usd(500), "currency": "EUR"}),
    Act("the outcomes of the rail", "payouts", "PUT /v1/simulator/rail", "mia", 403, "ROLE",
        {"account_id": "{mia}", "outcomes": ["settled"]}),
    Act("the books", "payouts", "GET /v1/books/check", "acme", 403, "ROLE"),
]
DISPUTES = [
    Act("no disputes on any_hire", "disputes", "POST /v1/disputes", "acme", 409, "DISPUTES_NOT_OFFERED",
        {"contract_id": "{hours}", "segments": 1, "reason": "x"}),
    Act("a stranger files", "disputes", "POST /v1/disputes", "other", 404, "NOT_FOUND",
        {"contract_id": "{hours}", "segments": 1, "reason": "x"}),
    Act("redelivery by a party", "disputes", "POST /v1/events/redeliver", "acme", 403, "ROLE",
        {"topic": "dispute.opened"}),
]
ACTS = [*CONTRACTS, *TIMESHEETS, *INVOICING, *PAYOUTS, *DISPUTES]


@pytest.fixture(name="seeds", scope="module")
def _seeds(suite: InProcessSuite) -> Seeds:
    return sow(suite)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: f"{act.service}: {act.why}")
def test_a_wrong_act_is_refused_and_changes_nothing(suite: InProcessSuite, seeds: Seeds, act: Act) -> None:
    method, path = _filled(act.request, seeds).split(" ")
    before = {service: suite.state(service) for service in suite.ports}
    sent = {} if method == "GET" else {"json": _filled(act.body, seeds)}
    answer = suite.ask(act.service, method, path, seeds.callers[act.who], **sent)
    document = assert_problem(answer, act.why)
    assert answer.status_code == act.status, answer.text
    if act.code:
        assert document["code"] == act.code, answer.text
    suite.settle()
    assert {service: suite.state(service) for service in suite.ports} == before


def _filled(told: Any, seeds: Seeds) -> Any:
    if isinstance(told, str):
        return re.sub(r"\{([a-z.0-9]+)\}", lambda found: seeds.ids[found.group(1)], told)
    if isinstance(told, dict):
        return {name: _filled(value, seeds) for name, value in told.items()}
    return told


def test_unknown_and_foreign_answer_alike(suite: InProcessSuite, seeds: Seeds) -> None:
    for service, path, known in (
        ("contracts", "/v1/contracts/{}", "hours"), ("timesheets", "/v1/time_entries/{}", "entry"),
        ("payouts", "/v1/accounts/{}/balance", "mia"),
    ):
        foreign = suite.ask(service, "GET", path.format(seeds.ids[known]), seeds.callers["stranger"])
        unknown = suite.ask(service, "GET", path.format(f"{seeds.ids[known][:-1]}_"), seeds.callers["stranger"])
        alike = [{name: value for name, value in answer.json().items() if name != "correlation_id"}
                 for answer in (foreign, unknown)]
        assert alike[0] == alike[1]
        assert foreign.headers["retry-after"] == unknown.headers["retry-after"]
