"""The published interface: generated files are fresh, envelopes are CloudEvents, strangers are refused."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cloudevents.v1.http import from_json
from jsonschema import Draft202012Validator

from shared.events.catalogue import BY_TOPIC, EVENTS, PROCESSORS, SERVICES, envelope_of
from shared.events.codec import UndecodableEvent, decode, encode
from shared.events.envelope import Envelope
from shared.events.funds import Deltas, FundsHeld, Hold, Movement
from shared.kernel.money import Money
from tools import events as tool
from tools.events import __main__ as generator

NOW = datetime(2026, 3, 2, 12, 0, 0, 5000, tzinfo=UTC)


def held(**changes: Any) -> Envelope[Any]:
    usd = Money(1250, "USD")
    payload = FundsHeld(
        object=Hold(id="hld_1", version=1, account_id="fr_1", clock="live", contract_id="ct_1", invoice_id="inv_1",
                    amount=usd, frozen=Money.zero("USD"), state="pending", reason="security_period", rule="P1",
                    started_at=NOW, due_at=NOW, caused_by="evt_0"),
        movement=Movement(account_id="fr_1", clock="live", version=1, currency="USD", deltas=Deltas(pending=1250),
                          entry_id="ent_1", at=NOW))
    event = BY_TOPIC["funds.held"]
    return envelope_of("funds.held")(
        id="evt_1", source="/billing/payouts", type=event.type, subject="hld_1", time=NOW, dataschema=event.dataschema,
        partitionkey="fr_1", sequence=1, causationid="evt_0", correlationid="evt_0", livemode=True, data=payload,
        **changes)


def test_an_event_comes_back_as_it_was_sent() -> None:
    assert decode("funds.held", encode(held())) == held()


def test_instants_have_milliseconds_and_money_is_whole_numbers() -> None:
    written = json.loads(encode(held()))
    assert written["time"] == "2026-03-02T12:00:00.005Z"
    assert written["data"]["object"]["amount"] == {"amount_minor": 1250, "currency": "USD"}


def test_every_envelope_is_a_cloud_event() -> None:
    event = from_json(encode(held()))
    assert (event["id"], event["type"], event["partitionkey"]) == ("evt_1", "billing.funds.held.v1", "fr_1")


def test_an_event_fits_its_committed_schema() -> None:
    schema = json.loads((generator.SCHEMAS / "funds.held.v1.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(encode(held())))


def faults() -> Iterator[tuple[str, Any]]:
    yield "data.object.amount.amount_minor", 12.5
    yield "data.object.amount.amount_minor", "1250"
    yield "data.object.due_at", "2026-03-02T12:00:00"
    yield "data.object.version", None
    yield "data.movement.deltas.pending", 1.0
    yield "specversion", "0.3"


@pytest.mark.parametrize(("path", "value"), list(faults()))
def test_a_wrong_value_is_undecodable_and_named(path: str, value: Any) -> None:
    document = json.loads(encode(held()))
    target = document
    *parents, last = path.split(".")
    for name in parents:
        target = target[name]
    target[last] = value
    with pytest.raises(UndecodableEvent, match=last):
        decode("funds.held", json.dumps(document).encode())


@pytest.mark.parametrize("raw", [None, b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"specversion":"1.0"}'])
def test_bytes_that_are_no_event_are_undecodable(raw: bytes | None) -> None:
    with pytest.raises(UndecodableEvent):
        decode("funds.held", raw)


def test_unknown_fields_of_a_newer_producer_are_ignored() -> None:
    document = json.loads(encode(held()))
    document["newer"] = 1
    document["data"]["object"]["newer"] = {"a": 1}
    assert decode("funds.held", json.dumps(document).encode()) == held()


def test_the_catalogue_names_only_known_owners_and_readers_and_no_topic_twice() -> None:
    known = {*SERVICES, *PROCESSORS}
    assert {event.owner for event in EVENTS} | {reader for event in EVENTS for reader in event.readers} <= known
    assert len({event.topic for event in EVENTS}) == len(EVENTS) == len({event.payload for event in EVENTS})
    assert {"contract.funded", "work.submitted", "period.closed", "invoice.paid", "payout.released"} <= set(BY_TOPIC)


def test_the_generated_files_are_fresh() -> None:
    assert tool.__doc__
    assert generator.stale() == []


def test_a_stale_file_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(generator, "ROOT", tmp_path)
    monkeypatch.setattr(generator, "SCHEMAS", tmp_path / "schemas")
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "gone.v1.json").write_text("{}")
    monkeypatch.setattr(generator, "ASYNCAPI", tmp_path / "a.json")
    monkeypatch.setattr(generator, "PAGE", tmp_path / "p.md")
    assert "schemas/gone.v1.json" in generator.stale()
    assert "schemas/funds.held.v1.json" in generator.stale()
