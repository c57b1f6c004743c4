"""What the images and the compose file promise about privileges and secrets, read from the files themselves."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.demo.children import ROOT
from dev.deploy import audit
from dev.deploy.images import OLDEST, list_named, read_table, report_ages
from shared.config import Settings
from shared.salon.choices import CHOICES, SETTING_OF

VENDORS = ("ALTEGIO_PARTNER_TOKEN", "ALTEGIO_USER_TOKEN", "WEBKASSA_API_TOKEN", "WEBKASSA_LOGIN", "WEBKASSA_PASSWORD")
DOCKERFILES = ["Dockerfile.api", "Dockerfile.worker"]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}


@pytest.mark.parametrize("name", DOCKERFILES)
def test_an_image_runs_as_nobody_and_holds_neither_tools_nor_secrets(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    final = text.rpartition("FROM ")[2]
    assert re.findall(r"^USER (.*)$", final, re.MULTILINE) == ["10001:10001"]
    assert "HEALTHCHECK" in final
    assert re.search(r"^ARG PYTHON_IMAGE=python:\d+\.\d+\.\d+-slim-\w+$", text, re.MULTILINE), "pinned to a patch"
    assert not re.search(r"(?i)^(ARG|ENV) .*(secret|password|token|key)", text, re.MULTILINE)
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE))
    assert not {word for line in copied for word in line.split()} & {".", "dev", "tests", ".env"}


def test_celery_meets_our_commands_before_flowers() -> None:
    """In the order of the folders of PYTHONPATH, then of site-packages; among those of one folder it is chance."""
    text = (ROOT / "Dockerfile.worker").read_text("utf-8")
    assert re.search(r"mv \S+/site-packages/altegio_webkassa-\*\.dist-info /app/ ", text)
    assert "PYTHONPATH=/app" in text


def test_only_what_is_named_reaches_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert not {"!dev", "!tests", "!.env"} & set(rules)
    assert "**/.env*" in rules


def list_held(name: str) -> set[str]:
    assert "env_file" not in SERVICES[name], "a file with everything"
    return set(SERVICES[name].get("environment", {}))


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_holds_only_secrets_it_needs(name: str) -> None:
    owner, database = {"POSTGRES_PASSWORD"}, {"POSTGRES_SERVICE_PASSWORD"}
    channels = {"ALERT_URLS", "SMTP_URL", "SMS_URL", "RECEIPT_WEBHOOK_SECRET"}
    expected = {
        "api": {*database, "SECRET_KEY", "ALTEGIO_WEBHOOK_SECRET"},
        "worker": {*database, "SECRET_KEY", "CREDENTIALS_KEY", "ALTEGIO_WEBHOOK_SECRET", *VENDORS, *channels},
        "flower": {"FLOWER_BASIC_AUTH"},
        "migrate": owner | database,
        "db": owner,
        "redis": {"REDIS_PASSWORD"},
        "backup": {"PGPASSWORD"},
    }
    secret = re.compile(r"PASSWORD|TOKEN|SECRET|KEY$|LOGIN|AUTH|ALERT_URLS|SMTP_URL|SMS_URL")
    assert {word for word in list_held(name) if secret.search(word)} == expected.get(name, set())


def test_every_setting_reaches_the_worker_or_who_alone_reads_it() -> None:
    page = {
        *("CASHIER_IDLE_MINUTES", "CASHIER_SESSION_HOURS", "CASHIER_WITHDRAWAL_CEILING", "CASHIER_RETURN_CEILING"),
        *("MANAGER_IDLE_MINUTES", "MANAGER_SESSION_HOURS", "MANAGERS_NEED_SECOND_FACTOR"),
    }
    elsewhere = {
        "api": {"WEBHOOKS_PER_SALON_MINUTE", "SECURITY_CONTACT", "FLOWER_URL", *page},
        "flower": {"FLOWER_BASIC_AUTH"},
        "migrate": {"POSTGRES_USER", "POSTGRES_PASSWORD"},
    }
    assert all(names <= list_held(name) for name, names in elsewhere.items())
    settings = {name.upper() for name in Settings.model_fields}
    of_the_image = {name for name in settings if f"ENV {name}=" in (ROOT / "Dockerfile.worker").read_text("utf-8")}
    assert settings - list_held("worker") - of_the_image == set().union(*elsewhere.values())
    choices = {SETTING_OF.get(name, name).upper() for name in CHOICES}
    assert choices <= list_held("api")


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_starts_without_powers_and_with_an_end_to_its_processes(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert not {"ALL", "SYS_ADMIN", "NET_ADMIN", "NET_RAW", "SYS_PTRACE", "DAC_READ_SEARCH"} & set(
        service.get("cap_add", [])
    )
    assert "cap_add" not in service or name == "nginx", "it binds two ports and has its own user"
    assert "no-new-privileges:true" in service["security_opt"]
    assert 0 < service["pids_limit"] <= 256


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_change_nothing_and_become_nobody_else(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    assert "user" not in service


def test_only_nginx_is_published_and_the_stores_have_no_way_out() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert COMPOSE["networks"]["data"]["internal"] is True
    for store in ("db", "redis"):
        assert SERVICES[store]["networks"] == ["data"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_has_limits_and_a_log_of_bounded_size(name: str) -> None:
    service = SERVICES[name]
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
    limits = service["deploy"]["resources"]["limits"]
    assert {"cpus", "memory"} == set(limits)


def test_what_runs_all_the_time_fits_two_gigabytes() -> None:
    def read(service: dict[str, Any]) -> int:
        deploy = service["deploy"]
        return int(deploy["resources"]["limits"]["memory"].removesuffix("m")) * int(deploy.get("replicas", 1))

    always = [service for service in SERVICES.values() if "profiles" not in service and service.get("restart") != "no"]
    assert sum(map(read, always)) <= 1920


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_container_keeps_in_memory_has_a_size(name: str) -> None:
    sizes = [re.search(r":(?:.*,)?size=(\d+)m", mount) for mount in SERVICES[name].get("tmpfs", [])]
    assert None not in sizes
    limit = int(SERVICES[name]["deploy"]["resources"]["limits"]["memory"].removesuffix("m"))
    assert sum(int(size[1]) for size in sizes if size) <= limit / 2


def test_nginx_has_its_own_settings_and_as_many_files_as_they_need() -> None:
    nginx, text = SERVICES["nginx"], (ROOT / "nginx" / "nginx.conf").read_text("utf-8")
    assert nginx["command"] == ["nginx", "-c", "/etc/nginx/templates/nginx.conf"]
    assert "./nginx:/etc/nginx/templates:ro" in nginx["volumes"]
    found = dict(re.findall(r"^ *(worker_\w+) (\d+);$", text, re.MULTILINE))
    assert int(found["worker_connections"]) < int(found["worker_rlimit_nofile"])


def test_images_are_pinned_and_no_secret_is_written_down() -> None:
    """To the version of the table, and to its digest where that is known."""
    assert set(list_named()) == {image.reference for image in read_table()}
    for image in read_table():
        assert re.match(r"v?\d+\.\d+", image.version), image
        assert re.fullmatch(r"(sha256:[0-9a-f]{64})?", image.digest), image
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert not re.search(r"(?i)(password|secret|token|auth): (?!\$\{)\S", text)


def test_a_container_has_longer_to_end_than_a_task_may_take() -> None:
    from worker.entry.celery import app  # noqa: PLC0415 -- reads the environment

    assert int(SERVICES["worker"]["stop_grace_period"].removesuffix("s")) > app.conf.task_time_limit


def test_every_variable_of_compose_is_in_the_example(tmp_path: Path) -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    named = set(re.findall(r"\$\{(\w+)", text))
    example = (ROOT / ".env.example").read_text("utf-8")
    assert {name for name in named if not re.search(rf"^#? ?{name}=", example, re.MULTILINE)} == set()


def test_an_image_of_more_than_120_days_fails_the_audit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest, newest = min(image.released for image in read_table()), max(image.released for image in read_table())
    assert report_ages(oldest + OLDEST)
    assert "TOO OLD" not in capsys.readouterr().out
    assert not report_ages(newest + OLDEST + timedelta(days=1))
    assert capsys.readouterr().out.count("TOO OLD") == len(read_table())
    monkeypatch.setattr(audit, "report_vulnerabilities", lambda: True)
    monkeypatch.setattr(audit, "report_ages", lambda _: False)
    assert (audit.main([]), audit.main(["--packages"])) == (1, 0)
