"""The servers that production uses, in containers: a broker that takes records, a replica set with transactions.

Skipped with the reason where no container engine answers.
"""

import re
from collections.abc import Iterator

import docker
import pymongo
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from testcontainers.community.mongodb import MongoDbContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from deploy.local.ports import free_ports

pytestmark = [pytest.mark.containers, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", autouse=True)
def _engine() -> None:
    try:
        docker.from_env(timeout=5).ping()
    except Exception as error:
        pytest.skip(f"no container engine answers: {error}")


class _ReplicaSet(MongoDbContainer):  # type: ignore[misc]
    """A replica set of one member, without users: transactions need a replica set, users would need a key file."""

    def _configure(self) -> None:
        self.with_command("mongod --replSet rs0 --bind_ip_all")

    def get_connection_url(self) -> str:
        return f"mongodb://{self.get_container_host_ip()}:{self.get_exposed_port(self.port)}/?directConnection=true"


@pytest.fixture(scope="module")
def mongodb() -> Iterator[str]:
    """Address of a replica set whose member is primary."""
    initiate = "rs.initiate(); while (!db.hello().isWritablePrimary) { sleep(50) }"
    with _ReplicaSet("mongo:8.0") as container:
        code, output = container.exec(["mongosh", "--quiet", "--eval", initiate])
        assert code == 0, output
        yield container.get_connection_url()


@pytest.fixture(scope="module")
def kafka() -> Iterator[str]:
    """Address of one KRaft node of the image that the compose file runs."""
    (port,) = free_ports(1)
    node = DockerContainer("apache/kafka:4.2.1").with_bind_ports(9092, port)
    for name, value in _kraft(port).items():
        node.with_env(name, value)
    node.waiting_for(LogMessageWaitStrategy(re.compile(r"Kafka Server started")))
    with node:
        yield f"127.0.0.1:{port}"


def _kraft(port: int) -> dict[str, str]:
    """One node, broker and controller, that tells clients to come to the published port."""
    return {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }


def test_replica_set_commits_and_aborts_transactions(mongodb: str) -> None:
    client = pymongo.MongoClient[dict[str, object]](mongodb)
    with client, client.start_session() as session:
        with session.start_transaction():
            client["containers"]["kept"].insert_one({"_id": "kept"}, session=session)
        session.start_transaction()
        client["containers"]["kept"].insert_one({"_id": "dropped"}, session=session)
        session.abort_transaction()
        assert [row["_id"] for row in client["containers"]["kept"].find()] == ["kept"]


async def test_broker_takes_records_of_an_idempotent_producer(kafka: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic("containers.tests", num_partitions=1, replication_factor=1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True) as producer:
        written = await producer.send_and_wait("containers.tests", b"one")
    assert written.offset == 0
