"""Draws a story from a seed: acts that make sense and acts that must be refused, and what the second opinion expects.

The same seed draws the same story. Must never look at a service: it asks `world` what an act does.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from tests.reference.rules import DAY, DIGITS, MINIMUM, NOON, PROFILES, WEEK, monday, written
from tests.reference.world import SEGMENT, Client, Contract, Freelancer, Milestone, World

KNOWN_CODES = frozenset((
    "CONTRACT_NOT_ACTIVE", "AMOUNT_BELOW_MINIMUM", "MILESTONE_ALREADY_ACTIVE", "WEEK_LOCKED", "OVERLAPPING_TIME",
    "MANUAL_TIME_NOT_ALLOWED", "REVIEW_WINDOW_CLOSED", "INSUFFICIENT_AVAILABLE", "PAYOUT_METHOD_MISSING",
    "PAYOUT_BELOW_MINIMUM", "KNOWN_FROM_MARKETPLACE", "ESCROW_NOT_EMPTY", "CLIENT_SUSPENDED", "TIME_NOT_ON_MARK",
    "MILESTONE_OUT_OF_ORDER", "MILESTONE_NOT_EDITABLE", "NOT_OFFERED", "NOT_A_PARTY"))
"""The codes that the scenario language fixes: a story expects no others."""

MS = timedelta(milliseconds=1)
Act = dict[str, Any]
Verdict = str | None


@dataclass
class Tried:
    """An act as a story writes it, and what the world says of it."""

    do: str
    by: str
    fields: Act
    apply: Callable[[], Verdict]


@dataclass
class Drawing:
    """A story in the making."""

    seed: int
    dice: random.Random
    world: World = field(init=False)
    steps: list[Act] = field(default_factory=list)
    parties: dict[str, Act] = field(default_factory=dict)
    risky: set[str] = field(default_factory=set)
    """Clients whose charges may be declined: they have one contract, so that it is clear which charge is."""
    names: int = 0

    def __post_init__(self) -> None:
        start = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=self.dice.randrange(120))
        self.world = World(start + timedelta(minutes=self.dice.choice([0, 9 * 60, 24 * 60 - 10])))

    def ref(self, kind: str) -> str:
        """A new name."""
        self.names += 1
        return f"{kind}{self.names}"

    # ---- the whole story --------------------------------------------------------------------------------------

    def story(self, acts: int) -> str:
        """Draw everything; return the YAML."""
        start = self.world.now
        self._cast()
        for _ in range(self.dice.randint(1, 3)):
            self._try(self._new_offer())
        for _ in range(acts):
            self._move()
            tried = self.dice.choice(list(self._temptations()))()
            if tried is not None:
                self._try(tried)
            if self.dice.random() < 0.4:
                self._expect(self._some())
        for days in (3, 5, 25):
            self._advance(self.world.now + days * DAY)
            self._expect(self._everything())
        return str(yaml.safe_dump(
            {"name": f"drawn-{self.seed}", "title": f"Drawn from seed {self.seed}", "start": stamp(start),
             "parties": self.parties, "steps": self.steps}, sort_keys=False, width=1000, default_flow_style=None))

    def _cast(self) -> None:
        for name in ("acme", "bolt")[:self.dice.randint(1, 2)]:
            self.world.clients[name] = Client()
            self.parties[name] = {"role": "client"}
            if self.dice.random() < 0.4:
                self.risky.add(name)
        for name in ("mia", "noa")[:self.dice.randint(1, 2)]:
            has = self.dice.random() < 0.9
            self.world.freelancers[name] = Freelancer(has_method=has)
            self.parties[name] = {"role": "freelancer"} | ({} if has else {"payout_method": "none"})
        self.parties["ops"] = {"role": "operator"}

    def _try(self, tried: Tried) -> None:
        before = self.world.now
        verdict = tried.apply()
        if verdict is not None and verdict not in KNOWN_CODES:
            return
        self.world.settle()
        step: Act = {"do": tried.do, "as": tried.by, "with": tried.fields}
        if verdict is not None:
            step["refused"] = verdict
        self._append(before, step)

    def _append(self, at: datetime, step: Act) -> None:
        last = self.steps[-1] if self.steps else {}
        if last.get("at") == stamp(at) and set(last) == {"at"}:
            self.steps[-1] = {**last, **step}
        else:
            self.steps.append(step)

    def _advance(self, to: datetime) -> None:
        self.world.advance(to)
        if self.steps and set(self.steps[-1]) == {"at"}:
            self.steps.pop()
        self.steps.append({"at": stamp(to)})

    def _move(self) -> None:
        kind, now = self.dice.random(), self.world.now
        due = self.world.next_due()
        if kind < 0.25:
            return
        if kind < 0.5 and due is not None and due - now < 20 * DAY and due > now:
            to = self.dice.choice([due - MS, due, due])
        elif kind < 0.65:
            to = monday(now) + WEEK + self.dice.choice([timedelta(0), NOON - MS, NOON, NOON])
        else:
            to = now + timedelta(minutes=10 * self.dice.randint(1, 900))
            to -= (to - monday(to)) % SEGMENT
        if to > now:
            self._advance(to)

    # ---- what is expected -------------------------------------------------------------------------------------

    def _expect(self, expected: list[Act]) -> None:
        if not expected:
            return
        if self.steps and "expect" not in self.steps[-1]:
            self.steps[-1]["expect"] = expected
        else:
            self.steps.append({"expect": expected})

    def _some(self) -> list[Act]:
        everything = self._everything()
        return self.dice.sample(everything, min(len(everything), 4))

    def _everything(self) -> list[Act]:
        found: list[Act] = [{"books": "balanced"}]
        currencies = sorted({one.currency for one in self.world.contracts.values()})
        for contract in self.world.contracts.values():
            found += self._of_contract(contract)
        for name, client in self.world.clients.items():
            found += [{"client": {"ref": name, "currency": currency,
                                  "status": "suspended" if client.suspended else "good",
                                  "charged_total": written(client.charged[currency], currency)}}
                      for currency in currencies]
        for name, freelancer in self.world.freelancers.items():
            for currency in currencies:
                purse = freelancer.purse(currency)
                found.append({"balance": {
                    "of": name, "currency": currency, "pending": written(purse.pending, currency),
                    "available": written(purse.available, currency), "paid_out": written(purse.paid_out, currency),
                    "frozen": written(0, currency), "reserved": written(0, currency),
                    "arrears": written(0, currency)}})
            found += [{"hold": {
                "of": name, "amount": written(hold.amount, hold.invoice.contract.currency), "due_at": stamp(hold.due),
                "reason": "objection" if hold.invoice.objection else "security_period",
                "currency": hold.invoice.contract.currency}}
                for hold in freelancer.holds if not hold.over]
        return found

    def _of_contract(self, contract: Contract) -> Iterator[Act]:
        money = contract.currency
        yield {"contract": {"ref": contract.ref, "status": contract.status}}
        if contract.prefunded:
            yield {"escrow": {"contract": contract.ref, "amount": written(contract.escrow, money)}}
        if contract.kind == "milestones":
            for one in contract.milestones:
                yield {"milestone": {"ref": one.ref, "status": one.status, "amount": written(one.amount, money),
                                     "deposit": written(one.deposit, money)}}
        for each in contract.submissions:
            ends = {"review_ends_at": stamp(each.ends)} if each.ends and each.status == "in_review" else {}
            yield {"submission": {"ref": each.ref, "status": each.status, **ends}}
        for invoice in contract.invoices:
            due = {"due_at": stamp(invoice.next_attempt)} if invoice.next_attempt else {}
            yield {"invoice": {
                "contract": contract.ref, "number": invoice.number, "status": invoice.status,
                "gross": written(invoice.gross, money), "fee": written(invoice.fee, money),
                "net": written(invoice.gross - invoice.fee, money),
                "client_total": written(invoice.client_total, money), **due}}
        kinds = ["period.closed", "invoice.issued", "invoice.paid", "invoice.charge_failed", "deposit.declined",
                 "escrow.refunded", *([] if contract.staged else ["work.submitted"])]
        yield {"events": {"contract": contract.ref, "count": {kind: contract.events[kind] for kind in kinds}}}

    # ---- what may be tried ------------------------------------------------------------------------------------

    def _temptations(self) -> Iterator[Callable[[], Tried | None]]:
        yield from [self._answer_offer] * 3
        yield from [self._log_time] * 5
        yield from [self._hand_in] * 3
        yield from [self._review] * 4
        yield from [self._activate] * 3
        yield from [self._ask_payout] * 2
        yield from [self._give_bonus, self._object, self._withdraw, self._describe, self._edit_milestone]
        yield from [self._accept_milestone, self._end, self._answer_refund, self._pause, self._resume, self._set_limit]
        yield from [self._delete_time, self._set_charges, self._pay_by_hand, self._schedule, self._set_rail]
        yield from [self._new_offer, self._redeliver]

    def _some_contract(self, *kinds: str) -> Contract | None:
        fitting = [one for one in self.world.contracts.values() if not kinds or one.kind in kinds]
        if not fitting or self.dice.random() < 0.05:
            fitting = list(self.world.contracts.values())
        return self.dice.choice(fitting) if fitting else None

    def _side(self, contract: Contract, usual: str, *, wrong: float = 0.06) -> str:
        other = contract.freelancer if usual == contract.client else contract.client
        return other if self.dice.random() < wrong else usual

    def _amount(self, currency: str) -> int:
        digits: int = 10 ** DIGITS[currency]
        return self.dice.choice([self.dice.randint(6, 900) * digits, self.dice.randint(6 * digits, 900 * digits)])

    def _new_offer(self) -> Tried:
        dice = self.dice
        profile = dice.choice(["marketplace", "marketplace", "any_hire", "any_hire", "byo", "direct"])
        kind = dice.choice(PROFILES[profile].kinds)
        client, freelancer = dice.choice(list(self.world.clients)), dice.choice(list(self.world.freelancers))
        taken = [one for one in self.world.contracts.values() if one.client == client]
        if client in self.risky and taken:
            return self._redeliver()
        currency = dice.choices(["USD", "EUR", "JPY", "KWD"], [12, 2, 1, 1])[0]
        cadence = dice.choice(["weekly", "bi_weekly"]) if profile == "any_hire" or kind == "fixed_rate" else None
        contract = Contract(self.ref("c"), client, freelancer, profile, kind, currency, cadence,
                            self.world.now + 30 * DAY)
        by = freelancer if profile == "direct" else client
        fields: Act = {"ref": contract.ref, "client" if profile == "direct" else "freelancer":
                       client if profile == "direct" else freelancer, "profile": profile, "kind": kind,
                       "currency": currency} | ({"cadence": cadence} if cadence else {})
        fields |= self._terms_of(contract)
        return Tried("contract.offer", by, fields, lambda: self.world.offer(by, contract))

    def _terms_of(self, contract: Contract) -> Act:
        money, dice = contract.currency, self.dice
        low = dice.random() < 0.08
        if contract.kind == "single":
            amount = MINIMUM[money] - 1 if low else self._amount(money)
            contract.milestones = [Milestone(contract.ref, amount)]
            return {"amount": written(amount, money)}
        if contract.kind == "milestones":
            contract.milestones = [Milestone(self.ref("m"), max(MINIMUM[money], self._amount(money)))
                                   for _ in range(dice.randint(1, 3))]
            return {"milestones": [{"ref": one.ref, "title": one.ref, "amount": written(one.amount, money)}
                                   for one in contract.milestones]}
        contract.rate = dice.randint(1000, 9999) if money != "JPY" else dice.randint(900, 9000)
        if contract.kind == "fixed_rate":
            return {"rate": written(contract.rate, money)}
        contract.manual = dice.random() < 0.4
        fields: Act = {"hourly_rate": written(contract.rate, money)}
        if dice.random() < 0.4:
            hours = dice.randint(1, 12)
            contract.limits.append((monday(self.world.now), hours))
            fields["weekly_limit_hours"] = hours
        return fields | ({"manual_time": True} if contract.manual else {})

    def _answer_offer(self) -> Tried | None:
        sent = [one for one in self.world.contracts.values() if one.status == "sent"]
        if not sent:
            return None
        contract = self.dice.choice(sent)
        answerer = contract.client if contract.profile == "direct" else contract.freelancer
        if self.world.clients[contract.client].suspended:
            return None
        by = self._side(contract, answerer)
        if self.dice.random() < 0.08:
            return Tried("contract.decline", by, {"contract": contract.ref}, lambda: self.world.decline(by, contract))
        return Tried("contract.accept", by, {"contract": contract.ref}, lambda: self.world.accept(by, contract))

    def _log_time(self) -> Tried | None:
        contract = self._some_contract("hourly")
        if contract is None:
            return None
        by, ref, now = self._side(contract, contract.freelancer, wrong=0.0), self.ref("t"), self.world.now
        segments = self.dice.randint(1, 60)
        fields: Act = {"contract": contract.ref, "ref": ref, "memo": "work"}
        back = timedelta(minutes=10 * self.dice.choice([0, 0, 0, self.dice.randint(1, 1100)]))
        end = now - (now - monday(now)) % SEGMENT - back
        if self.dice.random() < 0.06:
            end -= timedelta(minutes=3)
        start = end - segments * SEGMENT
        if end == now and self.dice.random() < 0.5:
            fields["segments"] = segments
        else:
            fields |= {"started_at": stamp(start), "ended_at": stamp(end)}
        manual = self.dice.random() < 0.25
        fields["source"] = "manual" if manual else "tracker"
        return Tried("time.log", by, fields, lambda: self.world.log(by, contract, ref, start, end, manual=manual))

    def _delete_time(self) -> Tried | None:
        entries = [(contract, ref) for contract in self.world.contracts.values() for ref in contract.entries]
        if not entries:
            return None
        contract, ref = self.dice.choice(entries)
        return Tried("time.delete", contract.freelancer, {"ref": ref}, lambda: self.world.delete(contract, ref))

    def _hand_in(self) -> Tried | None:
        contract = self._some_contract("single", "milestones")
        if contract is None:
            return None
        one = contract.in_work
        if contract.kind == "milestones" and one is None:
            return None
        by, ref = self._side(contract, contract.freelancer, wrong=0.0), self.ref("w")
        fields: Act = {"contract": contract.ref, "ref": ref}
        if contract.kind == "milestones" and one is not None and self.dice.random() < 0.8:
            fields["milestone"] = one.ref
        return Tried("work.submit", by, fields, lambda: self.world.submit(by, contract, ref, one))

    def _review(self) -> Tried | None:
        if not self.world.submissions:
            return None
        found = list(self.world.submissions.values())[-1 - min(self.dice.randrange(3), len(self.world.submissions) - 1)]
        contract = found.contract
        if found.status != "in_review" and self.dice.random() < 0.7:
            return None
        if found.milestone.status not in ("active", "submitted") and found.status == "in_review":
            return None   # Its escrow went back: nothing is left to approve.
        by = contract.client
        if self.dice.random() < 0.25:
            return Tried("work.request_changes", by, {"submission": found.ref},
                         lambda: self.world.request_changes(by, found))
        whole = found.milestone.amount
        amount = self.dice.randint(max(1, whole // 3), whole - 1) if self.dice.random() < 0.3 else None
        fields = {"submission": found.ref} | ({"amount": written(amount, contract.currency)} if amount else {})
        return Tried("work.approve", by, fields, lambda: self.world.approve(by, found, amount))

    def _activate(self) -> Tried | None:
        contract = self._some_contract("single", "milestones")
        if contract is None or not contract.milestones:
            return None
        planned = [one for one in contract.milestones if one.status == "planned"]
        one = planned[0] if planned and self.dice.random() < 0.85 else self.dice.choice(contract.milestones)
        by = self._side(contract, contract.client)
        fields = {"contract": contract.ref} | ({"ref": one.ref} if contract.kind == "milestones" else {})
        return Tried("milestone.activate", by, fields, lambda: self.world.activate(by, contract, one))

    def _describe(self) -> Tried | None:
        contract = self._some_contract("milestones")
        if contract is None or contract.kind != "milestones":
            return None
        by, ref = self.dice.choice([contract.client, contract.freelancer]), self.ref("m")
        amount = MINIMUM[contract.currency] - self.dice.choice([0, 1]) if self.dice.random() < 0.2 else max(
            MINIMUM[contract.currency], self._amount(contract.currency))
        word = "add" if by == contract.client else "propose"
        return Tried(f"milestone.{word}", by,
                     {"contract": contract.ref, "ref": ref, "amount": written(amount, contract.currency)},
                     lambda: self.world.describe(by, contract, ref, amount))

    def _accept_milestone(self) -> Tried | None:
        proposed = [(contract, one) for contract in self.world.contracts.values() for one in contract.milestones
                    if one.status == "proposed"]
        if not proposed:
            return None
        contract, one = self.dice.choice(proposed)
        by = self._side(contract, contract.client)
        return Tried("milestone.accept", by, {"contract": contract.ref, "ref": one.ref},
                     lambda: self.world.accept_milestone(by, contract, one))

    def _edit_milestone(self) -> Tried | None:
        contract = self._some_contract("milestones")
        if contract is None or contract.kind != "milestones":
            return None
        one = self.dice.choice(contract.milestones)
        by = contract.freelancer if one.status == "proposed" else contract.client
        amount = max(MINIMUM[contract.currency], self._amount(contract.currency))
        return Tried("milestone.edit", by,
                     {"contract": contract.ref, "ref": one.ref, "amount": written(amount, contract.currency)},
                     lambda: self.world.edit_milestone(by, contract, one, amount))

    def _end(self) -> Tried | None:
        contract = self._some_contract()
        if contract is None or contract.status in ("declined", "expired") or self.dice.random() < 0.4:
            return None
        by = self.dice.choice([contract.client, contract.client, contract.freelancer])
        refund = self.dice.random() < 0.5
        fields = {"contract": contract.ref} | ({"refund": True} if refund else {})
        return Tried("contract.end", by, fields, lambda: self.world.end(by, contract, refund=refund))

    def _answer_refund(self) -> Tried | None:
        asked = [one for one in self.world.contracts.values() if one.question is not None]
        if not asked:
            return None
        contract, accepted = self.dice.choice(asked), self.dice.random() < 0.6
        by = contract.freelancer
        return Tried(f"refund.{'accept' if accepted else 'decline'}", by, {"contract": contract.ref},
                     lambda: self.world.answer_refund(by, contract, accepted=accepted))

    def _pause(self) -> Tried | None:
        contract = self._some_contract()
        if contract is None or contract.kind == "fixed_rate":
            return None
        by = self.dice.choice([contract.client, contract.freelancer])
        return Tried("contract.pause", by, {"contract": contract.ref}, lambda: self.world.pause(contract))

    def _resume(self) -> Tried | None:
        paused = [one for one in self.world.contracts.values() if "party" in one.pauses]
        if not paused:
            return None
        contract = self.dice.choice(paused)
        return Tried("contract.resume", contract.client, {"contract": contract.ref},
                     lambda: self.world.resume(contract))

    def _set_limit(self) -> Tried | None:
        contract = self._some_contract("hourly")
        if contract is None:
            return None
        hours = self.dice.randint(0, 12)
        return Tried("limit.set", contract.client, {"contract": contract.ref, "weekly_limit_hours": hours},
                     lambda: self.world.set_limit(contract, hours))

    def _give_bonus(self) -> Tried | None:
        contract = self._some_contract()
        if contract is None:
            return None
        amount = self._amount(contract.currency)
        return Tried("bonus.give", contract.client,
                     {"contract": contract.ref, "amount": written(amount, contract.currency), "ref": self.ref("b")},
                     lambda: self.world.bonus(contract.client, contract, amount))

    def _object(self) -> Tried | None:
        contract = self._some_contract("hourly", "fixed_rate")
        if contract is None:
            return None
        return Tried("hours.object", contract.client, {"contract": contract.ref},
                     lambda: self.world.object(contract.client, contract))

    def _withdraw(self) -> Tried | None:
        objected = [one for one in self.world.contracts.values() if any(each.objection for each in one.invoices)]
        if not objected:
            return None
        contract = self.dice.choice(objected)
        return Tried("hours.withdraw_objection", contract.client, {"contract": contract.ref},
                     lambda: self.world.withdraw(contract.client, contract))

    def _set_charges(self) -> Tried | None:
        if not self.risky:
            return None
        name = self.dice.choice(sorted(self.risky))
        client = self.world.clients[name]
        for_ever = self.dice.random() < 0.3
        outcomes = [self.dice.choice(["ok", "declined", "declined"]) for _ in range(self.dice.randint(1, 4))]

        def apply() -> Verdict:
            client.always_declined, client.outcomes = for_ever, [] if for_ever else list(outcomes)
            return None

        return Tried("charges.set", "ops", {"of": name, "outcomes": "declined" if for_ever else outcomes}, apply)

    def _pay_by_hand(self) -> Tried | None:
        failed = [each for one in self.world.contracts.values() for each in one.invoices
                  if each.status == "charge_failed"]
        if not failed:
            return None
        invoice = self.dice.choice(failed)
        contract = invoice.contract
        return Tried("invoice.pay", contract.client, {"contract": contract.ref, "number": invoice.number},
                     lambda: self.world.pay_by_hand(contract.client, invoice))

    def _ask_payout(self) -> Tried | None:
        by = self.dice.choice(list(self.world.freelancers))
        purses = [(money, purse) for money, purse in self.world.freelancers[by].purses.items() if purse.available]
        if not purses and self.dice.random() < 0.7:
            return None
        money, available = (self.dice.choice(purses)[0], 0) if purses else ("USD", 0)
        available = self.world.freelancers[by].purse(money).available
        amount: int | None = self.dice.choice([None, available, available + 1, max(1, available // 2),
                                               self.dice.randint(1, 900)])
        ref = self.ref("p")
        fields: Act = {"ref": ref, "currency": money}
        fields |= {"all": True} if amount is None else {"amount": written(amount, money)}
        return Tried("payout.request", by, fields, lambda: self.world.payout(by, ref, money, amount))

    def _schedule(self) -> Tried | None:
        by = self.dice.choice(list(self.world.freelancers))
        money = {one.currency for one in self.world.contracts.values()}
        if len(money) != 1 or not self.world.freelancers[by].has_method:
            return None
        currency = next(iter(money))
        every = self.dice.choice(["weekly", "twice_monthly", "monthly", "none"])
        threshold = max(MINIMUM[currency] * 4, self._amount(currency) // 3)
        fields: Act = {"every": every}
        if every != "none":
            fields |= {"threshold": written(threshold, currency), "currency": currency}

        def apply() -> Verdict:
            self.world.schedule(by, every, {} if every == "none" else {currency: threshold})
            return None

        return Tried("payout.schedule", by, fields, apply)

    def _set_rail(self) -> Tried | None:
        name = self.dice.choice(list(self.world.freelancers))
        outcomes = [self.dice.choice(["settled", "failed", "lost_answer", "returned"]) for _ in range(2)]

        def apply() -> Verdict:
            self.world.freelancers[name].rail = list(outcomes)
            return None

        return Tried("rail.set", "ops", {"of": name, "outcomes": outcomes}, apply)

    def _redeliver(self) -> Tried:
        topic = self.dice.choice(["invoice.paid", "period.closed", "work.submitted", "contract.funded",
                                  "funds.available", "work.approved", "deposit.captured", "escrow.released"])
        return Tried("redeliver", "ops", {"topic": topic}, lambda: None)


def stamp(at: datetime) -> str:
    """RFC 3339."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def drawn_story(seed: int, *, acts: int = 30) -> str:
    """Return the YAML of the story that `seed` draws."""
    return Drawing(seed, random.Random(seed)).story(acts)
