"""Makes the HTTP application. Importing it builds routes only; connections are made when the process starts."""

import gc
import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.types import Receive, Scope, Send

from api import health, metrics, security_contact
from api.acquire import routes as acquire
from api.acquire.frame.state import FrameStates
from api.acquire.live.reader import Reader, close_at_signal
from api.acquire.show import assets
from api.errors import add_error_handlers
from api.live_settings import SettingsWatch
from api.middleware import RequestContext
from api.webhook import routes as webhook
from api.webhook.endpoint import WebhookDoor, is_webhook
from api.webhook.guide import write_guide
from api.webhook.openapi import ENVELOPE_SCHEMA
from api.webhook.salon_addresses import SalonAddresses
from api.webhook.salon_limit import SalonLimit
from api.webhook.security import Doorman
from api.webhook.status_link import StatusLinks
from api.webhook.store.batch_writer import GroupWriter
from api.webhook.store.connection import Link
from api.webhook.store.publisher import Publisher
from shared.config import Settings, get_settings
from shared.logging import configure_logging
from shared.queue import create_producer
from shared.redis_client import open_redis
from shared.salon.live_settings import LiveSettings
from shared.storage.db import build_url, create_database_engine, create_session_factory
from shared.tracing import start_tracing, stop_tracing

ROOT = Path(__file__).resolve().parent.parent
READER_CONNECTIONS = 10


class Bridge(FastAPI):
    """Serves people and probes by the framework; webhooks go in by a door of their own."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_webhook(scope):
            await self.state.door(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Returns the application. `settings` are for tests; else they are read when it starts."""
    app = Bridge(
        title="altegio-webkassa", version="0.1.0", description=write_guide(), docs_url=None, redoc_url=None, lifespan=_run
    )
    app.state.settings = settings
    app.add_middleware(RequestContext)
    add_error_handlers(app)
    app.include_router(webhook.router)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(security_contact.router)
    app.include_router(acquire.router)
    _add_docs(app)
    return app


@asynccontextmanager
async def _run(app: FastAPI) -> AsyncIterator[None]:
    """Raises ConfigurationError before anything is opened when the environment is not fit to receive webhooks."""
    settings: Settings = app.state.settings or get_settings()
    settings.check_for_api()
    configure_logging(settings)
    start_tracing("api")
    engine = create_database_engine(settings, pool_size=READER_CONNECTIONS)
    producer = create_producer(settings)
    publisher = Publisher(producer)
    writer = GroupWriter(Link(build_url(settings)), publisher.publish)
    app.state.settings = settings
    app.state.sessions = create_session_factory(engine)
    app.state.live_settings = LiveSettings(settings, app.state.sessions)
    watch = SettingsWatch(app, app.state.live_settings)
    addresses = SalonAddresses(app.state.sessions)
    app.state.doorman = Doorman(
        settings.webhook_secrets,
        open_to_all=settings.debug,
        keys=settings.signing_keys,
        is_in_force=addresses.is_in_force,
    )
    app.state.status_links = StatusLinks(settings.signing_keys, settings.public_url)
    app.state.redis = open_redis(settings.redis_url, timeout=1)
    app.state.producer = producer
    app.state.publisher = publisher
    limit = SalonLimit(settings.webhooks_per_salon_minute)
    app.state.door = WebhookDoor(app.state.doorman, writer, limit, app.state.status_links)
    app.state.frames = FrameStates(app.state.sessions)
    app.state.live = Reader(app.state.sessions, settings)
    close_at_signal(app.state.live)
    publisher.start()
    writer.start()
    await addresses.start()
    await watch.start()
    # What is loaded by now stays for good: without this a full collection walks it all, and no request moves for 40 ms.
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        await app.state.live.stop()
        await watch.stop()
        await addresses.stop()
        await writer.stop()
        publisher.stop()
        app.state.redis.close()
        engine.dispose()
        stop_tracing()


def _add_docs(app: FastAPI) -> None:
    """Swagger UI from our own host: nothing is loaded from a CDN."""
    templates = Jinja2Templates(ROOT / "templates")
    app.mount("/static/swagger", StaticFiles(directory=_find_swagger_files()), name="swagger")
    app.mount(assets.PATH, assets.HashedFiles(directory=assets.FOLDER), name="acquire-assets")
    app.mount("/static", StaticFiles(directory=ROOT / "static"), name="static")

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        return templates.TemplateResponse(request, "docs.html", {"title": app.title})

    build = app.openapi

    def openapi_with_envelope() -> dict[str, Any]:
        schema = build()
        schema.setdefault("components", {}).setdefault("schemas", {})["Envelope"] = ENVELOPE_SCHEMA
        return schema

    app.openapi = openapi_with_envelope  # type: ignore[method-assign]


def _find_swagger_files() -> Path:
    """The package is a source of files only; importing it would load a second application class."""
    spec = importlib.util.find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise RuntimeError("fastapi-offline is not installed; run the install step again")
    return Path(spec.origin).parent / "static"


app = create_app()
