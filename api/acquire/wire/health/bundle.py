"""Packs what whoever helps needs to know into a file: health, versions, settings, deliveries, alerts; no secrets."""

import io
import platform
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlsplit

import simplejson
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from api.acquire.access.salons import Salons
from api.acquire.wire.masks import mask_body, mask_words
from shared.config import Settings
from shared.storage.models import Alert, Receipt, WebhookRecord

MOST_DELIVERIES, MOST_ALERTS = 200, 100
_PACKAGES = ("fastapi", "starlette", "uvicorn", "sqlalchemy", "psycopg2", "psycopg2-binary", "celery", "kombu", "redis")
# Addresses without a user or a token in them; of others only that they are set.
_PLAIN_URLS = ("public_url", "altegio_api_url", "webkassa_api_url", "flower_url")
_TELLING = ("url", "login", "password", "secret", "token", "key", "contact", "from", "user")


def build_bundle(session: Session, salons: Salons, settings: Settings, app_version: str, health: str) -> bytes:
    """Returns the bytes of a zip file. Deliveries are of the salons; what is of all, for whoever belongs to all."""
    files = {
        "health.txt": health + "\n",
        "versions.json": _lay_out(_list_versions(session, app_version)),
        "settings.json": _lay_out(list_settings(settings) if salons.are_all else {}),
        "deliveries.json": _lay_out(list(_list_deliveries(session, salons))),
        "alerts.json": _lay_out(list(_list_alerts(session)) if salons.are_all else []),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def list_settings(settings: Settings) -> dict[str, Any]:
    """Returns every setting; of those that hold a secret, or may, only whether they are set."""
    return {name.upper(): _show_setting(name, getattr(settings, name)) for name in type(settings).model_fields}


def _show_setting(name: str, value: Any) -> Any:
    if isinstance(value, SecretStr):
        return "set" if value.get_secret_value() else "not set"
    if not isinstance(value, str):
        return value if value is None or isinstance(value, bool | int | float) else str(value)
    if name in _PLAIN_URLS:
        return f"{urlsplit(value).scheme}://{urlsplit(value).hostname}" if "://" in value else value
    if any(word in name for word in _TELLING):
        return "set" if value else "not set"
    return mask_words(value)


def _list_versions(session: Session, app_version: str) -> dict[str, str]:
    known = {"altegio-webkassa": app_version, "python": sys.version.split()[0], "system": platform.platform()}
    for package in _PACKAGES:
        try:
            known[package] = version(package)
        except PackageNotFoundError:
            continue
    known["migration"] = str(session.scalar(text("SELECT version_num FROM alembic_version")))
    known["postgresql"] = str(session.scalar(text("SHOW server_version")))
    return known


def _list_deliveries(session: Session, salons: Salons) -> Iterator[dict[str, Any]]:
    newest = (
        select(WebhookRecord, Receipt)
        .outerjoin(Receipt, Receipt.id == WebhookRecord.receipt_id)
        .where(salons.allow(WebhookRecord.company_id))
        .order_by(WebhookRecord.id.desc())
        .limit(MOST_DELIVERIES)
    )
    for row, receipt in session.execute(newest):
        yield {
            "id": row.id,
            "salon": row.company_id,
            "resource": row.resource,
            "resource_id": row.resource_id,
            "status": row.status,
            "state": row.state,
            "reason": mask_words(row.reason),
            "code": row.error_code,
            "received": row.created_at.isoformat(),
            "ended": row.processed_at.isoformat() if row.processed_at else None,
            "receipt": _describe(receipt) if receipt is not None else None,
            "body": mask_body(row.body),
        }


def _describe(receipt: Receipt) -> dict[str, Any]:
    return {
        "number": receipt.external_check_number,
        "state": receipt.state,
        "total": receipt.total,
        "attempts": receipt.attempts,
        "code": receipt.error_code,
        "said": mask_words(receipt.error_text),
        "fiscal_number": receipt.fiscal_number,
    }


def _list_alerts(session: Session) -> Iterator[dict[str, Any]]:
    for alert in session.scalars(select(Alert).order_by(Alert.id.desc()).limit(MOST_ALERTS)):
        yield {
            "kind": alert.kind,
            "key": mask_words(alert.key),
            "text": mask_words(alert.text),
            "raised": alert.raised_at.isoformat(),
            "cleared": alert.cleared_at.isoformat() if alert.cleared_at else None,
        }


def _lay_out(value: Any) -> str:
    return str(simplejson.dumps(value, use_decimal=True, ensure_ascii=False, indent=2))
