"""The composition root of disputes: the only place that builds its adapters and plugs them in. Must never decide."""

from fastapi import FastAPI

from services.disputes.adapters.documents import DOCUMENTS
from services.disputes.api.disputes import dispute_routes
from services.disputes.application.handlers import build_handlers
from services.disputes.settings import SERVICE, DisputesSettings
from shared.messaging.worker import Worker
from shared.running import Foundation, build_service_api, lay_foundation, migrate, run_worker, serve_api

DESCRIPTION = "Cases, deadlines, evidence and decisions. Every refusal is a problem document with a stable `code`."


def foundation(role: str) -> Foundation:
    """Return what `role` stands on."""
    return lay_foundation(DisputesSettings(), service=SERVICE, role=role, handlers=build_handlers())


def build_api(ground: Foundation) -> FastAPI:
    """Return the HTTP API."""
    return build_service_api(ground, [dispute_routes(ground.committer, ground.reading)], description=DESCRIPTION)


def build_worker(ground: Foundation) -> Worker:
    """Return the worker: it keeps the copies and relays the outbox."""
    return Worker(ground.settings, service=SERVICE, store=ground.store, committer=ground.committer,
                  clock=ground.clock, metrics=ground.metrics, log=ground.log, bell=ground.bell)


def api() -> None:
    """Serve the API."""
    ground = foundation("api")
    serve_api(build_api(ground), ground)


def worker() -> None:
    """Run the worker."""
    ground = foundation("worker")
    run_worker(build_worker(ground), ground)


def migrate_database() -> None:
    """Create what is missing in the database."""
    migrate(foundation("migrate"), DOCUMENTS)
