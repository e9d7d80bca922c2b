"""The composition root of invoicing: the only place that builds its adapters and plugs them in. Must never decide."""

from dataclasses import replace

from fastapi import APIRouter, FastAPI

from services.invoicing.adapters.bulk_reads import BulkChargeLoader
from services.invoicing.adapters.documents import DOCUMENTS
from services.invoicing.adapters.simulated_gateway import DOCUMENTS as GATEWAY_DOCUMENTS
from services.invoicing.adapters.simulated_gateway import SimulatedGateway
from services.invoicing.api.clients import client_routes
from services.invoicing.api.contract_acts import contract_act_routes
from services.invoicing.api.invoices import invoice_routes
from services.invoicing.api.reviews import review_routes
from services.invoicing.api.simulator import simulator_routes
from services.invoicing.application.ask_gateway import GatewayCaller
from services.invoicing.application.handlers import due_handlers, event_handlers
from services.invoicing.application.intents import CHARGE_INTENT, REFUND_INTENT
from services.invoicing.application.ports import GatewaySimulator
from services.invoicing.settings import GATEWAY, SERVICE, InvoicingSettings
from shared.messaging.worker import Worker
from shared.persistence.group_commit import Committer
from shared.persistence.reading import Reading
from shared.persistence.store import Store
from shared.running import Foundation, build_service_api, lay_foundation, migrate, run_worker, serve_api

DESCRIPTION = (
    "Reviews, invoices, charges and bonuses. Every refusal is a problem document with a stable `code`. What the "
    "payment gateway answers follows later: read the invoice or hear its events."
)


def foundation(role: str) -> Foundation:
    """Return what `role` stands on."""
    return lay_foundation(
        InvoicingSettings(), service=SERVICE, role=role, handlers=event_handlers(), dues=due_handlers())


def gateway_store(ground: Foundation) -> Store:
    """Return the simulated gateway's own database: outside of our transactions, as a real gateway's record is."""
    return ground.open_store(GATEWAY)


def routes(committer: Committer, reading: Reading, gateway: GatewaySimulator) -> list[APIRouter]:
    """Return every route of this service."""
    return [
        review_routes(committer, reading), invoice_routes(committer, reading), contract_act_routes(committer),
        client_routes(committer, reading), simulator_routes(gateway),
    ]


def build_api(ground: Foundation) -> FastAPI:
    """Return the HTTP API."""
    gateway = SimulatedGateway(gateway_store(ground), clock=ground.clock)
    return build_service_api(ground, routes(ground.committer, ground.reading, gateway), description=DESCRIPTION)


def build_worker(ground: Foundation) -> Worker:
    """Return the worker: it opens reviews, makes invoices, calls the gateway and relays the outbox."""
    gateway = SimulatedGateway(gateway_store(ground), clock=ground.clock)
    caller = GatewayCaller(gateway, BulkChargeLoader(ground.reading))
    return Worker(
        ground.settings, service=SERVICE, store=ground.store, committer=ground.committer, clock=ground.clock,
        metrics=ground.metrics, log=ground.log, bell=ground.bell,
        intents={CHARGE_INTENT: caller, REFUND_INTENT: caller})


def api() -> None:
    """Serve the API."""
    ground = foundation("api")
    serve_api(build_api(ground), ground)


def worker() -> None:
    """Run the worker."""
    ground = foundation("worker")
    run_worker(build_worker(ground), ground)


def migrate_database() -> None:
    """Create what is missing in the service's database and in the simulated gateway's."""
    ground = foundation("migrate")
    migrate(ground, DOCUMENTS)
    migrate(replace(ground, store=gateway_store(ground)), GATEWAY_DOCUMENTS)
