"""Collects the evidence from MongoDB and Kafka with plain drivers. Must never write."""

import json
from datetime import UTC
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from bson.codec_options import CodecOptions
from pymongo import AsyncMongoClient

from tools.audit.evidence import Books, Evidence, Log, Outside, Row

SERVICES = ("contracts", "timesheets", "invoicing", "payouts", "disputes")
_CODEC: CodecOptions[Row] = CodecOptions(tz_aware=True, tzinfo=UTC)
_IGNORED = ("clock.", "__", "payouts-holds-state", "payouts-balances-state")


async def collect(bootstrap_servers: str, mongodb_uri: str, *, database_prefix: str, topic_prefix: str) -> Evidence:
    """Read all four witnesses; the log last, so that it is never behind the books."""
    evidence = Evidence()
    client: AsyncMongoClient[Row] = AsyncMongoClient(mongodb_uri, serverSelectionTimeoutMS=5_000)
    try:
        evidence.books = await _books(client, database_prefix)
        evidence.outside = await _outside(client, database_prefix)
        for service in SERVICES:
            evidence.unsent += len(await _rows(client, f"{database_prefix}{service}", "outbox"))
            evidence.parked += [f"{service}: {row['topic']} {row['key']}: {row['reason'][:100]}" for row in
                                await _rows(client, f"{database_prefix}{service}", "parked_events")]
    finally:
        await client.close()
    evidence.log, evidence.processors, parked = await read_log(bootstrap_servers, topic_prefix)
    evidence.parked += parked
    return evidence


async def _rows(client: AsyncMongoClient[Row], database: str, collection: str) -> list[Row]:
    rows: list[Row] = await client.get_database(database, codec_options=_CODEC)[collection].find({}).to_list(None)
    return rows


async def _books(client: AsyncMongoClient[Row], prefix: str) -> Books:
    database = f"{prefix}payouts"
    return Books(
        entries=await _rows(client, database, "entries"),
        accounts={row["_id"]: row for row in await _rows(client, database, "accounts")},
        holds={row["_id"]: row for row in await _rows(client, database, "holds")},
        payouts={row["_id"]: row for row in await _rows(client, database, "payouts")})


async def _outside(client: AsyncMongoClient[Row], prefix: str) -> Outside:
    return Outside(
        charges={row["_id"]: row for row in await _rows(client, f"{prefix}gateway", "charges")},
        refunds={row["_id"]: row for row in await _rows(client, f"{prefix}gateway", "refunds")},
        transfers={row["_id"]: row for row in await _rows(client, f"{prefix}rail", "transfers")})


async def read_log(bootstrap_servers: str, prefix: str) -> tuple[Log, dict[str, Row], list[str]]:
    """Read every topic from its beginning to its present end."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, enable_auto_commit=False,
                                auto_offset_reset="earliest", max_partition_fetch_bytes=4 * 1024 * 1024)
    await consumer.start()
    log, parked = Log(), list[str]()
    processors: dict[str, Row] = {}
    bodies: dict[str, bytes] = {}
    try:
        names = [name for name in await consumer.topics() if name.startswith(prefix)
                 and not name.removeprefix(prefix).startswith(_IGNORED)]
        partitions = await _partitions(bootstrap_servers, names)
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        begins = await consumer.beginning_offsets(partitions)
        open_ends = {tp for tp in partitions if ends[tp] > begins[tp]}
        while open_ends:
            for tp, messages in (await consumer.getmany(timeout_ms=1_000, max_records=5_000)).items():
                topic = tp.topic.removeprefix(prefix)
                for message in messages:
                    if message.offset >= ends[tp]:
                        continue
                    if topic == "parked":
                        parked.append(f"processor: {(message.key or b'').decode(errors='replace')}")
                    elif topic == "balance.updated":
                        _newest(processors, message.value)
                    elif topic != "hold.due":
                        _note(log, topic, message.value, bodies)
            for tp in list(open_ends):
                if await consumer.position(tp) >= ends[tp]:
                    open_ends.discard(tp)
    finally:
        await consumer.stop()
    return log, processors, parked


async def _partitions(bootstrap_servers: str, names: list[str]) -> list[TopicPartition]:
    """Ask the broker: a consumer that is assigned nothing knows topics by name, not always their partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        described = await admin.describe_topics(names) if names else []
    finally:
        await admin.close()
    return [TopicPartition(topic["topic"], row["partition"]) for topic in described for row in topic["partitions"]]


def _newest(processors: dict[str, Row], value: bytes | None) -> None:
    if value is None:
        return
    event: Row = json.loads(value)
    balance: Any = event["data"]["object"]
    known = processors.get(balance["account_id"])
    if known is None or known["data"]["object"]["version"] <= balance["version"]:
        processors[balance["account_id"]] = event


def _note(log: Log, topic: str, value: bytes, bodies: dict[str, bytes]) -> None:
    try:
        event: Row = json.loads(value)
        id = event["id"]
    except (ValueError, KeyError, TypeError):
        return   # Not an event: its readers park it, and the audit reports what is parked.
    if id in bodies:
        log.copies += 1
        if bodies[id] != value:
            log.forged.append(id)
        return
    bodies[id] = value
    log.events.setdefault(topic, []).append(event)
