"""The composition root of timesheets: the only place that builds its adapters and plugs them in. Must never decide."""

from fastapi import FastAPI

from services.timesheets.adapters.documents import DOCUMENTS
from services.timesheets.api.submissions import submission_routes
from services.timesheets.api.time_entries import time_routes
from services.timesheets.application.handlers import due_handlers, event_handlers
from services.timesheets.settings import SERVICE, TimesheetsSettings
from shared.messaging.worker import Worker
from shared.running import Foundation, build_service_api, lay_foundation, migrate, run_worker, serve_api

DESCRIPTION = "Time, billing weeks and submissions. Every refusal is a problem document with a stable `code`."


def foundation(role: str) -> Foundation:
    """Return what `role` stands on."""
    return lay_foundation(
        TimesheetsSettings(), service=SERVICE, role=role, handlers=event_handlers(), dues=due_handlers())


def build_api(ground: Foundation) -> FastAPI:
    """Return the HTTP API."""
    routers = [time_routes(ground.committer, ground.reading), submission_routes(ground.committer, ground.reading)]
    return build_service_api(ground, routers, description=DESCRIPTION)


def build_worker(ground: Foundation) -> Worker:
    """Return the worker: it keeps the copies, locks the weeks and relays the outbox."""
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
