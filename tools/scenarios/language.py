"""The language of scenarios as data: every act, who may do it, every expectation, and their fields.

The reader, the runner, the documentation's test and any other tool follow these tables; nothing else lists the words.
Must never say how an act reaches a service: that is `acts` and `findings`.
"""

from tools.scenarios.fields import (
    Amount,
    Choice,
    CurrencyCode,
    Either,
    EventName,
    Field,
    Flag,
    KnownName,
    ListOf,
    NewName,
    PartyName,
    Record,
    TallyOf,
    Text,
    When,
    Whole,
    may,
    need,
)
from tools.scenarios.forms import ActForm, Condition, ExpectationForm

ROLES = ("client", "freelancer", "mediator", "operator")
PAYOUT_METHODS = ("bank", "none")
PROFILES = ("marketplace", "byo", "direct", "any_hire")
KINDS = ("single", "milestones", "hourly", "fixed_rate")

CONTRACT_STATUSES = (
    "drafted", "sent", "accepted", "active", "paused", "completed", "ended", "cancelled", "declined", "expired",
)
MILESTONE_STATUSES = ("planned", "proposed", "active", "submitted", "released", "cancelled")
SUBMISSION_STATUSES = ("in_review", "changes_requested", "approved")
INVOICE_STATUSES = ("open", "charge_failed", "paid", "refunded")
PAYOUT_STATUSES = ("requested", "released", "settled", "failed", "returned")
DISPUTE_STATUSES = ("open", "in_mediation", "in_arbitration", "resolved", "withdrawn")
CLIENT_STATUSES = ("good", "suspended")
HOLD_REASONS = ("security_period", "objection", "dispute")

CADENCES = Choice(("weekly", "bi_weekly"))
CONTRACT = need("contract", KnownName("contract"))
NOTE = may("note", Text())


CLIENT, FREELANCER, MEDIATOR, OPERATOR = (("client",), ("freelancer",), ("mediator",), ("operator",))
PARTY = ("client", "freelancer")

_OTHERS = {
    "single": ("milestones", "hourly_rate", "weekly_limit_hours", "manual_time", "rate"),
    "milestones": ("amount", "hourly_rate", "weekly_limit_hours", "manual_time", "rate"),
    "hourly": ("amount", "milestones", "rate"),
    "fixed_rate": ("amount", "milestones", "hourly_rate", "weekly_limit_hours", "manual_time"),
}
_NEEDED = {"single": ("amount",), "milestones": ("milestones",), "hourly": ("hourly_rate",),
           "fixed_rate": ("rate", "cadence")}
_WITHOUT_CADENCE = ("marketplace", "byo", "direct")

OFFER_CONDITIONS = (
    *(Condition((("kind", (kind,)),), needs=_NEEDED[kind], forbids=_OTHERS[kind]) for kind in KINDS),
    Condition((("profile", ("any_hire",)),), needs=("cadence",)),
    Condition((("profile", _WITHOUT_CADENCE), ("kind", ("single", "milestones", "hourly"))), forbids=("cadence",)),
    Condition((("profile", ("direct",)),), needs=("client",), forbids=("freelancer",), who=FREELANCER),
    Condition((("profile", ("marketplace", "byo", "any_hire")),), needs=("freelancer",), forbids=("client",),
              who=CLIENT),
)

_MILESTONE = KnownName("milestone")
_TIME_FIELDS = (
    may("memo", Text()),
    may("activity", Either((Whole(0, 100), Choice(("active", "idle"))))),
    may("segments", Whole(1)),
    may("started_at", When()),
    may("ended_at", When()),
)
_SOURCE = Choice(("tracker", "manual"))

_FORMS = (
    ActForm("contract.offer", PARTY, (
        need("ref", NewName("contract")),
        may("freelancer", PartyName(FREELANCER)),
        may("client", PartyName(CLIENT)),
        need("profile", Choice(PROFILES)),
        need("kind", Choice(KINDS)),
        need("currency", CurrencyCode()),
        may("cadence", CADENCES),
        may("amount", Amount()),
        may("milestones", ListOf(Record((need("ref", NewName("milestone")), need("title", Text()),
                                         need("amount", Amount()))))),
        may("hourly_rate", Amount()),
        may("weekly_limit_hours", Whole(0)),
        may("manual_time", Flag()),
        may("rate", Amount()),
        may("classification", Choice(("required",))),
    ), conditions=OFFER_CONDITIONS),
    ActForm("contract.accept", PARTY, (CONTRACT,)),
    ActForm("contract.decline", PARTY, (CONTRACT,)),
    ActForm("contract.end", PARTY, (CONTRACT, may("refund", Flag()))),
    ActForm("contract.pause", PARTY, (CONTRACT,)),
    ActForm("contract.resume", PARTY, (CONTRACT,)),
    ActForm("milestone.add", PARTY, (CONTRACT, need("ref", NewName("milestone")), may("title", Text()),
                                     need("amount", Amount()))),
    ActForm("milestone.propose", PARTY, (CONTRACT, need("ref", NewName("milestone")), may("title", Text()),
                                         need("amount", Amount()))),
    ActForm("milestone.accept", PARTY, (CONTRACT, need("ref", _MILESTONE), may("title", Text()),
                                        may("amount", Amount()))),
    ActForm("milestone.edit", PARTY, (CONTRACT, need("ref", _MILESTONE), may("title", Text()),
                                      may("amount", Amount()))),
    ActForm("milestone.activate", PARTY, (CONTRACT, may("ref", _MILESTONE), may("title", Text()),
                                          may("amount", Amount()))),
    ActForm("limit.set", CLIENT, (CONTRACT, need("weekly_limit_hours", Whole(0)))),
    ActForm("work.submit", FREELANCER, (CONTRACT, may("milestone", _MILESTONE), need("ref", NewName("submission")),
                                        NOTE)),
    ActForm("work.approve", CLIENT, (need("submission", KnownName("submission")), may("amount", Amount()), NOTE)),
    ActForm("work.request_changes", CLIENT, (need("submission", KnownName("submission")), may("amount", Amount()),
                                             NOTE)),
    ActForm("time.log", FREELANCER, (CONTRACT, need("ref", NewName("time entry")), need("source", _SOURCE),
                                     *_TIME_FIELDS),
            exactly_one=(("segments",), ("started_at", "ended_at"))),
    ActForm("time.edit", FREELANCER, (need("ref", KnownName("time entry")), may("source", _SOURCE), *_TIME_FIELDS)),
    ActForm("time.delete", FREELANCER, (need("ref", KnownName("time entry")),)),
    ActForm("hours.object", CLIENT, (CONTRACT, NOTE)),
    ActForm("hours.withdraw_objection", CLIENT, (CONTRACT, NOTE)),
    ActForm("bonus.give", CLIENT, (CONTRACT, need("amount", Amount()), may("ref", NewName("bonus")))),
    ActForm("refund.give", FREELANCER, (CONTRACT, need("amount", Amount()), may("ref", NewName("refund")))),
    ActForm("refund.accept", FREELANCER, (CONTRACT,)),
    ActForm("refund.decline", FREELANCER, (CONTRACT,)),
    ActForm("invoice.pay", CLIENT, (CONTRACT, need("number", Whole(1)))),
    ActForm("charges.set", OPERATOR, (
        need("of", PartyName(CLIENT)),
        need("outcomes", Either((ListOf(Choice(("ok", "declined"))), Choice(("declined",))))),
    )),
    ActForm("rail.set", OPERATOR, (
        need("of", PartyName(FREELANCER)),
        need("outcomes", ListOf(Choice(("settled", "failed", "lost_answer", "returned")))),
    )),
    ActForm("payout.method", FREELANCER, (
        need("kind", Choice(("bank", "wire", "wallet", "card"))),
        may("ref", NewName("payout method")),
        may("currency", CurrencyCode()),
    )),
    ActForm("payout.request", FREELANCER, (
        need("ref", NewName("payout")),
        may("amount", Amount()),
        may("all", Flag(only_true=True)),
        may("method", KnownName("payout method")),
        may("currency", CurrencyCode()),
    ), exactly_one=(("amount",), ("all",))),
    ActForm("payout.schedule", FREELANCER, (
        need("every", Choice(("weekly", "twice_monthly", "monthly", "quarterly", "none"))),
        may("threshold", Amount()),
        may("currency", CurrencyCode()),
    ), conditions=(Condition((("every", ("weekly", "twice_monthly", "monthly", "quarterly")),),
                             needs=("threshold",)),)),
    ActForm("dispute.open", PARTY, (
        need("ref", NewName("dispute")),
        CONTRACT,
        may("amount", Amount()),
        may("segments", Whole(1)),
        may("milestone", _MILESTONE),
        need("reason", Text()),
    ), exactly_one=(("amount",), ("segments",), ("milestone",))),
    *(ActForm(f"dispute.{verb}", PARTY, (need("dispute", KnownName("dispute")),))
      for verb in ("accept", "withdraw", "respond", "opt_in")),
    ActForm("dispute.decide", MEDIATOR, (need("dispute", KnownName("dispute")), need("to_freelancer", Amount()))),
    ActForm("chargeback.file", OPERATOR, (CONTRACT, need("number", Whole(1)), may("ref", NewName("chargeback")))),
    ActForm("chargeback.won", OPERATOR, (CONTRACT, need("number", Whole(1)), may("ref", KnownName("chargeback")))),
    ActForm("classification.decide", OPERATOR, (CONTRACT, need("outcome", Choice(("contractor", "employee"))))),
    ActForm("redeliver", OPERATOR, (need("topic", EventName()),)),
)

ACTS: dict[str, ActForm] = {form.name: form for form in _FORMS}
"""Every act by its name."""

MONEY_STATES = ("pending", "available", "frozen", "reserved", "paid_out", "arrears")
_OF_FREELANCER = need("of", PartyName(FREELANCER))
_CURRENCY = may("currency", CurrencyCode())


def _amounts(*names: str) -> tuple[Field, ...]:
    return tuple(may(name, Amount()) for name in names)


_EXPECTATIONS = (
    ExpectationForm("balance", (_OF_FREELANCER, _CURRENCY, *_amounts(*MONEY_STATES)), ("of", "currency"),
                    states=MONEY_STATES),
    ExpectationForm("escrow", (CONTRACT, need("amount", Amount())), ("contract",)),
    ExpectationForm("invoice", (CONTRACT, need("number", Whole(1)), may("status", Choice(INVOICE_STATUSES)),
                                *_amounts("gross", "fee", "net", "client_total"), may("due_at", When())),
                    ("contract", "number")),
    ExpectationForm("contract", (need("ref", KnownName("contract")), need("status", Choice(CONTRACT_STATUSES))),
                    ("ref",)),
    ExpectationForm("milestone", (need("ref", _MILESTONE), may("status", Choice(MILESTONE_STATUSES)),
                                  *_amounts("amount", "deposit")), ("ref",), states=("status", "amount", "deposit")),
    ExpectationForm("submission", (need("ref", KnownName("submission")), may("status", Choice(SUBMISSION_STATUSES)),
                                   may("review_ends_at", When())), ("ref",), states=("status", "review_ends_at")),
    ExpectationForm("payout", (need("ref", KnownName("payout")), may("status", Choice(PAYOUT_STATUSES)),
                               may("amount", Amount()), may("arrives", When())), ("ref",),
                    states=("status", "amount", "arrives")),
    ExpectationForm("dispute", (need("ref", KnownName("dispute")), may("status", Choice(DISPUTE_STATUSES)),
                                *_amounts("to_freelancer", "to_client")), ("ref",),
                    states=("status", "to_freelancer", "to_client")),
    ExpectationForm("hold", (_OF_FREELANCER, _CURRENCY, may("amount", Amount()), may("due_at", When()),
                             may("reason", Choice(HOLD_REASONS))), ("of", "currency")),
    ExpectationForm("client", (need("ref", PartyName(CLIENT)), _CURRENCY, may("status", Choice(CLIENT_STATUSES)),
                               may("charged_total", Amount())), ("ref", "currency"),
                    states=("status", "charged_total")),
    ExpectationForm("events", (may("contract", KnownName("contract")), may("of", PartyName(FREELANCER)),
                               may("include", ListOf(EventName())), may("exclude", ListOf(EventName())),
                               may("count", TallyOf())), ("contract", "of"), states=("include", "exclude", "count")),
)

EXPECTATIONS: dict[str, ExpectationForm] = {form.name: form for form in _EXPECTATIONS}
"""Every expectation with fields by its name; `books: balanced` is the one without."""

BOOKS, BALANCED = "books", "balanced"
