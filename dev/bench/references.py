"""What the ingress is compared with: the same server program and flags; the database is named by the environment.

`hello` answers and does nothing, `parsed` has the framework read the body besides: the ceiling. `ordinary` is what most
services of this kind do: a thread, an ORM object, a commit and a message in the request. `careful` awaits one INSERT a
request on a driver made for it.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from fastapi import FastAPI, Request
from pydantic import BaseModel
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from shared.config import get_settings
from shared.queue import PROCESS_RECORD, create_producer
from shared.storage.models import WebhookRecord


class Envelope(BaseModel):
    company_id: int
    resource: str
    resource_id: int
    status: str
    data: dict[str, Any]

    def as_row(self) -> dict[str, Any]:
        body = self.model_dump()
        key = f"reference:{self.resource_id}:{self.data['id']}"
        return {**{name: body[name] for name in body if name != "data"}, "dedup_key": key, "body": body}


hello = FastAPI()


@hello.post("/")
async def say_hello(request: Request) -> dict[str, bool]:
    await request.body()
    return {"success": True}


parsed = FastAPI()


@parsed.post("/")
async def read_and_say_hello(_: dict[str, Any]) -> dict[str, bool]:
    return {"success": True}


def make_ordinary() -> FastAPI:
    app = FastAPI()
    settings = get_settings()
    sessions = sessionmaker(create_engine(settings.database_url, pool_size=20), class_=Session)
    producer = create_producer(settings)

    @producer.task(name=PROCESS_RECORD)
    def process_record(row_id: int) -> None:
        """Sent, never run here."""

    @app.post("/")
    def receive(envelope: Envelope) -> dict[str, Any]:
        row = WebhookRecord(**envelope.as_row())
        with sessions() as session:
            session.add(row)
            session.commit()
            row_id = row.id
        process_record.apply_async(args=(row_id,))
        return {"success": True, "record_id": row_id}

    return app


_INSERT = """
INSERT INTO webhook_records (company_id, resource, resource_id, status, dedup_key, body) VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id
"""


def make_careful() -> FastAPI:
    @asynccontextmanager
    async def connect(app: FastAPI) -> AsyncIterator[None]:
        url = os.environ["DATABASE_URL"].replace("+psycopg2", "")
        app.state.pool = await asyncpg.create_pool(url, min_size=10, max_size=20)
        yield
        await app.state.pool.close()

    app = FastAPI(lifespan=connect)

    @app.post("/")
    async def receive(envelope: Envelope) -> dict[str, Any]:
        *columns, body = envelope.as_row().values()
        row_id = await app.state.pool.fetchval(_INSERT, *columns, json.dumps(body, ensure_ascii=False))
        return {"success": True, "record_id": row_id}

    return app
