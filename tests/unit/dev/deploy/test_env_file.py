"""`make secrets`: a `.env` that the service starts with, made by a bare Python, and nobody's value overwritten."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dev.demo.children import ROOT
from dev.deploy.env_file import BY_HAND, main
from shared.config import ConfigurationError, Settings

EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
OURS = {"POSTGRES_PASSWORD", "SECRET_KEY", "ALTEGIO_WEBHOOK_SECRET", "FLOWER_BASIC_AUTH"}
GIVEN = {
    "WEBKASSA_API_TOKEN": "key",
    "WEBKASSA_SHOP_ID": "SWK00067890",
    "WEBKASSA_LOGIN": "cashier",
    "WEBKASSA_PASSWORD": "pass",
    "SERVER_NAME": "r.example.kz",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    (tmp_path / ".env.example").write_text(EXAMPLE, "utf-8")
    return tmp_path


def read(folder: Path) -> dict[str, str]:
    return dict(re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", (folder / ".env").read_text("utf-8"), re.MULTILINE))


def start(folder: Path) -> Settings:
    settings = Settings(_env_file=folder / ".env")
    settings.check_for_api()
    return settings


def test_a_new_file_has_secrets_the_service_starts_with(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(folder)
    said, values, examples = capsys.readouterr().out, read(folder), dict(re.findall(r"^(\w+)=(.*)$", EXAMPLE, re.MULTILINE))
    made = {name for name, value in values.items() if value != examples[name]}
    assert made >= OURS
    assert made & set(BY_HAND) == set()
    assert values["FLOWER_BASIC_AUTH"].startswith("ops:")
    assert (folder / ".env").stat().st_mode & 0o777 == 0o600
    assert list(folder.glob(".env-*")) == []
    assert all(name in said for name in (*made, *BY_HAND))
    assert [value for name, value in values.items() if name in OURS and value in said] == []
    settings = start(folder)
    assert settings.list_weak_secrets() == []
    with pytest.raises(ConfigurationError, match="WEBKASSA_PASSWORD"):
        settings.check_for_worker()


def test_what_is_filled_in_stays(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = EXAMPLE.replace("SECRET_KEY=change-me", "SECRET_KEY=0f1e2d3c4b5a69788796a5b4c3d2e1f0")
    for name, value in GIVEN.items():
        text = re.sub(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
    (folder / ".env").write_text(f"{text}OWN=1\n", "utf-8")
    main(folder)
    values = read(folder)
    assert values.items() >= {**GIVEN, "SECRET_KEY": "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "OWN": "1"}.items()
    assert "WEBKASSA_LOGIN" not in capsys.readouterr().out
    start(folder).check_for_worker()
    before = (folder / ".env").read_text("utf-8")
    main(folder)
    assert (folder / ".env").read_text("utf-8") == before
    assert "nothing, no placeholder was left" in capsys.readouterr().out


def test_two_files_share_no_secret(folder: Path) -> None:
    main(folder)
    first = read(folder)
    (folder / ".env").unlink()
    main(folder)
    assert [name for name in OURS if read(folder)[name] == first[name]] == []


def test_a_python_without_any_package_is_enough(folder: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pathlib import Path; from dev.deploy.env_file import main;"
    command = [sys.executable, "-I", "-S", "-c", f"{code} main(Path({str(folder)!r}))"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "random values for" in done.stdout
    start(folder)
