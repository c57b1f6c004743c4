"""What stands beside the pages: fonts that know every sign, icons and the manifest of the home screen."""

import json
import re
import struct

import pytest
from fastapi.testclient import TestClient

from api.acquire.show.assets import FOLDER, PATH, hash_asset, link_asset
from api.acquire.words.i18n import LANGUAGES
from api.main import app
from tests.unit.api.acquire.test_words import translations

FONTS = ("fonts/inter-400.woff2", "fonts/inter-600.woff2")
ICONS = {"icons/icon-192.png": 192, "icons/icon-512.png": 512, "icons/maskable-512.png": 512, "icons/touch-180.png": 180}


@pytest.fixture(scope="module")
def browser() -> TestClient:
    return TestClient(app)


def read_manifest() -> dict[str, object]:
    return dict(json.loads((FOLDER / "manifest.webmanifest").read_text(encoding="utf-8")))


def test_the_sheet_names_the_fonts_by_what_is_in_them() -> None:
    sheet = (FOLDER / "page.css").read_text(encoding="utf-8")
    assert re.findall(r'url\("([^"?]+)\?v=([0-9a-f]+)"\)', sheet) == [(name, hash_asset(name)) for name in FONTS]
    assert sheet.count("font-display: swap") == len(FONTS)


@pytest.mark.parametrize("name", FONTS)
def test_fonts_are_small_and_kept_for_a_year(browser: TestClient, name: str) -> None:
    answer = browser.get(link_asset(name))
    assert answer.status_code == 200
    assert answer.content[:4] == b"wOF2"
    assert len(answer.content) < 16 * 1024
    assert "immutable" in answer.headers["cache-control"]
    assert "SIL OPEN FONT LICENSE" in (FOLDER / "fonts" / "LICENSE.txt").read_text(encoding="utf-8")


def test_the_subset_has_every_sign_that_pages_say() -> None:
    """By the list that made it: a sign that is missing there would be drawn by another font."""
    known = read_signs()
    said = {sign for language in LANGUAGES for _, text in translations(language) for sign in text} - {"\n"}
    assert {sign for sign in said if ord(sign) not in known} == set()
    assert {sign for sign in "әғқңөұүһіӘҒҚҢӨҰҮҺІ₸№«»…→←−×·•✓0123456789" if ord(sign) not in known} == set()


def read_signs() -> set[int]:
    script = (FOLDER.parents[1] / "dev" / "assets.sh").read_text(encoding="utf-8")
    known: set[int] = set()
    for first, last in re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", script):
        known.update(range(int(first, 16), int(last or first, 16) + 1))
    return known


def test_the_manifest_puts_the_page_on_a_home_screen(browser: TestClient) -> None:
    answer = browser.get(link_asset("manifest.webmanifest"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/manifest+json"
    manifest = read_manifest()
    assert manifest["short_name"] == "Чеки"
    assert (manifest["start_url"], manifest["display"]) == ("/acquire", "standalone")
    assert {"theme_color", "background_color", "scope", "id", "lang"} <= set(manifest)


def test_its_icons_are_there_in_the_sizes_that_it_names(browser: TestClient) -> None:
    icons = read_manifest()["icons"]
    assert isinstance(icons, list)
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in icons}
    assert any(icon.get("purpose") == "maskable" for icon in icons)
    for icon in icons:
        answer = browser.get(f"{PATH}/{icon['src']}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, icon["type"])


@pytest.mark.parametrize(("name", "side"), ICONS.items())
def test_icons_have_the_size_of_their_name(name: str, side: int) -> None:
    assert struct.unpack(">II", (FOLDER / name).read_bytes()[16:24]) == (side, side)


def test_pages_link_what_a_home_screen_needs() -> None:
    base = (FOLDER.parents[1] / "templates" / "acquire" / "base.html").read_text(encoding="utf-8")
    for link in ("manifest.webmanifest", "icons/touch-180.png", "theme-color"):
        assert link in base
