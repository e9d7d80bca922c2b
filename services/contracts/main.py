"""The composition root of contracts: the only place that builds its adapters and plugs them in. Must never decide."""

from fastapi import FastAPI

from services.contracts.adapters.documents import DOCUMENTS
from services.contracts.adapters.mailboxes import LocalMailbox, MailServer
from services.contracts.adapters.policy_files import SHIPPED, read_policies
from services.contracts.adapters.questionnaire_files import read_questionnaire
from services.contracts.adapters.tokens import RandomTokens
from services.contracts.api.classification import classification_routes
from services.contracts.api.contracts import contract_routes
from services.contracts.api.desk import Desk
from services.contracts.api.links import link_routes
from services.contracts.api.milestones import milestone_routes
from services.contracts.api.operations import operation_routes, party_routes
from services.contracts.api.test_clocks import test_clock_routes
from services.contracts.application.drive_test_clocks import CLOCK_ADVANCE, drive_test_clock
from services.contracts.application.handlers import due_handlers, event_handlers
from services.contracts.application.invite_by_mail import MAIL_SEND
from services.contracts.application.offer_contract import OfferRules
from services.contracts.application.ports import Mailer
from services.contracts.application.send_mail import send_mail
from services.contracts.settings import SERVICE, ContractsSettings
from shared.messaging.clock_owner import ClockDriver, ReportBoard
from shared.messaging.log import ReaderSettings
from shared.messaging.worker import Worker
from shared.running import Foundation, build_service_api, lay_foundation, migrate, run_worker, serve_api

DESCRIPTION = ("Parties, contracts, milestones, escrow, policy profiles and test clocks. "
               "Every refusal is a problem document with a stable `code`.")


def foundation(role: str) -> Foundation:
    """Return what `role` stands on."""
    return lay_foundation(
        ContractsSettings(), service=SERVICE, role=role, handlers=event_handlers(), dues=due_handlers())


def _settings(ground: Foundation) -> ContractsSettings:
    if not isinstance(ground.settings, ContractsSettings):
        raise TypeError("contracts stands on settings of its own")
    return ground.settings


def build_desk(ground: Foundation) -> Desk:
    """Return what the routes are given; PolicyFileWrong where a policy file cannot be used."""
    settings = _settings(ground)
    folders = [SHIPPED] if settings.policies_dir is None else [SHIPPED, settings.policies_dir]
    rules = OfferRules(read_policies(folders), RandomTokens(), versions_by_name=settings.profile_versions_by_name)
    return Desk(ground.committer, ground.reading, rules, LocalMailbox(ground.store),
                test_clocks_enabled=settings.test_clocks_enabled)


def build_api(ground: Foundation) -> FastAPI:
    """Return the HTTP API."""
    desk = build_desk(ground)
    routers = [party_routes(desk), contract_routes(desk), milestone_routes(desk), link_routes(desk),
               classification_routes(desk, read_questionnaire()), operation_routes(desk), test_clock_routes(desk)]
    return build_service_api(ground, routers, description=DESCRIPTION)


def build_mailer(ground: Foundation) -> Mailer:
    """Return the mail server that the settings name, or the local mailbox."""
    settings = _settings(ground)
    if settings.smtp_host is None:
        return LocalMailbox(ground.store)
    return MailServer(settings.smtp_host, settings.smtp_port, starttls=settings.smtp_starttls,
                      sender=settings.mail_from, base_url=settings.link_base_url)


def build_worker(ground: Foundation) -> Worker:
    """Return the worker: it moves escrow and test clocks, sends mail, ends offers and relays the outbox."""
    settings = ground.settings
    instance = settings.instance_id or f"{SERVICE}-worker"
    board = ReportBoard(ReaderSettings(
        settings.kafka_bootstrap_servers, group=f"{SERVICE}-clock-owner", instance_id=f"{instance}-clock-owner",
        topic_prefix=settings.topic_prefix), ground.log)
    driver = ClockDriver(ground.log.producer(f"{instance}-clock-owner"), board)
    return Worker(
        settings, service=SERVICE, store=ground.store, committer=ground.committer, clock=ground.clock,
        metrics=ground.metrics, log=ground.log, bell=ground.bell,
        intents={MAIL_SEND: send_mail(build_mailer(ground)), CLOCK_ADVANCE: drive_test_clock(driver)},
        background=[board.run] if settings.test_clocks_enabled else [],
    )


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
