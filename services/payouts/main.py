"""The composition root of payouts: the only place that builds its adapters and plugs them in. Must never decide."""

from dataclasses import replace

from fastapi import FastAPI

from services.payouts.adapters.book_reads import StoredBooks
from services.payouts.adapters.bulk_reads import BulkPayoutLoader
from services.payouts.adapters.documents import DOCUMENTS
from services.payouts.adapters.live_ticks import live_ticks
from services.payouts.adapters.policy_files import PAYOUT_METHODS_FILE, method_policies
from services.payouts.adapters.reconciliation import reconciliation
from services.payouts.adapters.simulated_rail import DOCUMENTS as RAIL_DOCUMENTS
from services.payouts.adapters.simulated_rail import SimulatedRail
from services.payouts.api.accounts import account_routes
from services.payouts.api.desk import Desk
from services.payouts.api.operations import operator_routes
from services.payouts.api.payees import payee_routes
from services.payouts.api.payouts import payout_routes
from services.payouts.application.handlers import due_handlers, event_handlers
from services.payouts.application.request_payout import RAIL_SEND
from services.payouts.application.send_payout import RailSender
from services.payouts.domain.payout_methods import MethodPolicies
from services.payouts.settings import RAIL, SERVICE, PayoutsSettings
from shared.messaging.worker import Worker
from shared.persistence.store import Store
from shared.running import Foundation, build_service_api, lay_foundation, migrate, run_worker, serve_api
from shared.settings import ServiceSettings

DESCRIPTION = (
    "The books: holds, balances, payout methods, schedules and payouts. Every refusal is a problem document with a "
    "stable `code`."
)


def foundation(role: str) -> Foundation:
    """Return what `role` stands on."""
    settings = PayoutsSettings()
    return lay_foundation(settings, service=SERVICE, role=role, handlers=event_handlers(),
                          dues=due_handlers(policies_of(settings)))


def policies_of(settings: ServiceSettings) -> MethodPolicies:
    """Return the dated policies of payout methods that the settings name."""
    named = settings.payout_methods_file if isinstance(settings, PayoutsSettings) else None
    return method_policies(named or PAYOUT_METHODS_FILE)


def rail_store(ground: Foundation) -> Store:
    """Return the simulated rail's own database: outside of our transactions, as a real rail's record is."""
    return ground.open_store(RAIL)


def build_api(ground: Foundation) -> FastAPI:
    """Return the HTTP API."""
    desk = Desk(
        committer=ground.committer, books=StoredBooks(ground.store), reading=ground.reading,
        policies=policies_of(ground.settings), rail=SimulatedRail(rail_store(ground), clock=ground.clock))
    routers = [payout_routes(desk), payee_routes(desk), account_routes(desk), operator_routes(desk)]
    return build_service_api(ground, routers, description=DESCRIPTION)


def build_worker(ground: Foundation) -> Worker:
    """Return the worker: it keeps the books, calls the rail, ticks for the processors and reconciles."""
    settings = ground.settings if isinstance(ground.settings, PayoutsSettings) else PayoutsSettings()
    books = StoredBooks(ground.store)
    sender = RailSender(SimulatedRail(rail_store(ground), clock=ground.clock), BulkPayoutLoader(books))
    return Worker(
        ground.settings, service=SERVICE, store=ground.store, committer=ground.committer, clock=ground.clock,
        metrics=ground.metrics, log=ground.log, bell=ground.bell, intents={RAIL_SEND: sender},
        background=[live_ticks(settings.tick_interval_ms), reconciliation(books, settings)])


def api() -> None:
    """Serve the API."""
    ground = foundation("api")
    serve_api(build_api(ground), ground)


def worker() -> None:
    """Run the worker."""
    ground = foundation("worker")
    run_worker(build_worker(ground), ground)


def migrate_database() -> None:
    """Create what is missing in the service's database and in the simulated rail's."""
    ground = foundation("migrate")
    migrate(ground, DOCUMENTS)
    migrate(replace(ground, store=rail_store(ground)), RAIL_DOCUMENTS)
